"""The caveats and notes that stand beside one estimate."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from aikg.synthesis import settings
from aikg.synthesis.distributions import chi2_tail
from aikg.synthesis.estimates import DIRECT, INDIRECT, NETWORK, Estimate
from aikg.synthesis.evidence import Cell, Evidence, Question, Ratio
from aikg.synthesis.reading import Reading
from aikg.synthesis.verdicts import ordered

#: Above this I² (a share), or below this p value of Q, trials are heterogeneous.
_I2, _P = 0.5, 0.10


def of_estimate(estimate: Estimate, evidence: Evidence, question: Question) -> list[str]:
    """Return the codes of one estimate, in the order of the table."""
    codes = set(of_readings(estimate.readings, evidence))
    codes |= _of_numbers(estimate)
    if question.correct and _has_zero_cell(estimate):
        codes.add("corrected")
    if estimate.path == DIRECT and len(estimate.readings) == 2:
        codes.add("too-few-studies")
    if estimate.path == INDIRECT:
        codes.add("indirect-only")
        codes.add("untestable")
    if estimate.path != DIRECT and _one_trial_per_edge(estimate):
        codes.add("one-trial-per-edge")
    if estimate.path == NETWORK and estimate.df is None:
        codes.add("untestable")
    return ordered(codes)


def of_readings(readings: Sequence[Reading], evidence: Evidence) -> set[str]:
    """Return what is to be said of the trials, whatever is computed from them."""
    codes: set[str] = set()
    for reading in readings:
        trial, study = reading.trial, reading.trial.study
        codes |= reading.caveats
        codes |= {
            code
            for code, holds in (
                ("trials-pooled-crudely", study.pooled),
                ("rounding-mixed", study.rounding_mixed and bool(reading.used)),
                ("stopped-early", study.stopped_early),
                ("no-test-planned", study.untested),
                ("crossover", study.crossover),
                ("dose-not-separated", any(group.dose_unclear for group in trial.groups)),
                ("dose-not-separated", any(len(cells) > 1 for cells in trial.cells.values())),
                ("subgroup", any(group.subgroup for group in trial.groups)),
                ("analysis-set-unstated", _unstated_set(trial.groups[0].analysis_set)),
                ("visceral-undefined", _visceral_undefined(reading)),
                ("follow-up-unstated", not all(part.follow_up for part in trial.parts)),
                ("assessor-unstated", not all(part.assessor for part in trial.parts)),
            )
            if holds
        }
    return codes | _of_several(readings, evidence)


def _unstated_set(analysis_set: str) -> bool:
    return analysis_set.endswith("/UnstatedSet") or not analysis_set


def _visceral_undefined(reading: Reading) -> bool:
    population = reading.trial.population
    visceral = any(site.endswith("/AnyVisceral") for site in population.sites)
    return visceral and len(population.visceral_means) != 1


def _of_several(readings: Sequence[Reading], evidence: Evidence) -> set[str]:
    """Return what is to be said of trials that are set against each other."""
    codes: set[str] = set()
    parts: list[Cell | Ratio] = [part for reading in readings for part in reading.trial.parts]
    cells = [part for part in parts if isinstance(part, Cell)]
    ratios = [part for part in parts if isinstance(part, Ratio)]
    if any(cell.others for cell in cells):
        codes.add("outcome-differs")
    if len({part.assessor for part in parts}) > 1:
        codes.add("assessor-differs")
    if ratios and (cells or len({ratio.adjusted for ratio in ratios}) > 1):
        codes.add("adjustment-mixed")
    populations = [reading.trial.population for reading in readings]
    pairs = combinations(populations, 2)
    if any(settings.relate(*pair, evidence.classes) == settings.NEAR for pair in pairs):
        codes.add("setting-near")
    if _definition_unstated(readings, evidence):
        codes.add("definition-unstated")
    return codes


def _definition_unstated(readings: Sequence[Reading], evidence: Evidence) -> bool:
    """Return whether trials may mean different minimum durations.

    Within one trial both arms share the definition, whatever it is.
    """
    outcome = readings[0].trial.outcome
    narrower = {o.id for o in evidence.outcomes.values() if outcome in o.broader}
    durations = {
        evidence.outcomes[each].duration
        for each in (outcome, *narrower)
        if each in evidence.outcomes
    } - {""}
    own = evidence.outcomes[outcome].duration if outcome in evidence.outcomes else ""
    several = len({reading.trial.study.id for reading in readings}) > 1
    restated = {
        evidence.outcomes[other].duration
        for reading in readings
        for cells in reading.trial.cells.values()
        for cell in cells
        for other in cell.others
        if other in evidence.outcomes
    }
    return bool((several and durations and not own) or restated - {own, ""})


def _of_numbers(estimate: Estimate) -> set[str]:
    """Return what changes over the combinations, and whether the trials disagree."""
    codes: set[str] = set()
    if not estimate.combinations.rounding_followed:
        codes.add("rounding-not-followed")
    if (estimate.y > 0).any() and (estimate.y < 0).any():
        codes.add("direction-not-stable")
    if len(set(excludes_null(estimate))) > 1:
        codes.add("conclusion-not-stable")
    if estimate.q is not None and estimate.df:
        i2 = 1 - estimate.df / estimate.q.max() if estimate.q.max() > 0 else 0.0
        if i2 > _I2 or chi2_tail(float(estimate.q.max()), estimate.df) < _P:
            codes.add("heterogeneous")
    return codes


def excludes_null(estimate: Estimate) -> list[bool]:
    """Return, for each combination, whether the interval excludes no difference."""
    return [bool(each) for each in (estimate.low > 0) | (estimate.high < 0)]


def _has_zero_cell(estimate: Estimate) -> bool:
    for reading in estimate.readings:
        for cells in reading.trial.cells.values():
            options = [reading.options[cell.id] for cell in cells if cell.id in reading.options]
            size = sum(cell.group.size or 0 for cell in cells)
            least, most = sum(map(min, options)), sum(map(max, options))
            if options and (least == 0 or most == size):
                return True
    return False


def _one_trial_per_edge(estimate: Estimate) -> bool:
    edges: dict[frozenset[str], set[str]] = {}
    for reading in estimate.readings:
        for pair in combinations(reading.usable, 2):
            edges.setdefault(frozenset(pair), set()).add(reading.trial.study.id)
    return all(len(studies) < 2 for studies in edges.values())
