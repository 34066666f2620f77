"""One trial that prints ratios: which can be used, and whether those of three arms agree."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from aikg.synthesis.effects import corners, fault
from aikg.synthesis.evidence import PAPER, Evidence, Question, Ratio
from aikg.synthesis.reading import Pair, Reading, names_of, unrandomised, whole_trial
from aikg.synthesis.trials import Trial
from aikg.synthesis.verdicts import Refusal


def read_ratios(trial: Trial, evidence: Evidence, question: Question) -> Reading:
    """Read a trial that prints ratios."""
    refused = unrandomised(trial, evidence)
    if whole := whole_trial(trial, evidence, question):
        return Reading(trial=trial, figures=PAPER, problems=dict.fromkeys(trial.nodes, whole))
    found: dict[str, list[tuple[float, float]]] = {}
    caveats: set[str] = set()
    for ratio in trial.ratios:
        pair = frozenset((ratio.experimental.treatment or "", ratio.reference.treatment or ""))
        problem = _ratio_problem(ratio, trial, evidence)
        if problem:
            refused.setdefault(pair, problem)
        elif ratio.printed:
            found[ratio.id] = corners(ratio.printed, trial.measure)
            caveats |= _ratio_caveats(ratio)
    refused |= _unprinted(trial, refused, found, evidence)
    refused |= _not_closing(trial, found, evidence)
    return Reading(
        trial=trial,
        figures=PAPER,
        corners=found,
        pairs=refused,
        caveats=frozenset(caveats),
        together=_has_covariance(trial, found),
    )


def _ratio_problem(ratio: Ratio, trial: Trial, evidence: Evidence) -> Refusal | None:
    names = names_of(
        trial,
        evidence,
        printed=ratio.text,
        source=evidence.name(trial.study.id),
        place=evidence.name(ratio.place),
        drugs=evidence.name(ratio.experimental.treatment or ""),
    )
    if ratio.status != "Reported" or ratio.printed is None:
        return Refusal("not-reported", names, (ratio.place,))
    printed = ratio.printed
    if printed.low is None and printed.high is None and not printed.uses_p:
        return Refusal("no-effect-measure", names, (ratio.place,))
    if code := fault(printed, trial.measure):
        return Refusal(code, names, (ratio.place,))
    return None


def _ratio_caveats(ratio: Ratio) -> set[str]:
    caveats = set()
    if ratio.printed and ratio.printed.uses_p:
        caveats.add("se-from-p")
    if ratio.printed and ratio.printed.precision_unstated:
        caveats.add("precision-unstated")
    if ratio.adjusted is None:
        caveats.add("adjustment-unstated")
    return caveats


def _unprinted(
    trial: Trial,
    refused: Mapping[Pair, Refusal],
    found: Mapping[str, list[tuple[float, float]]],
    evidence: Evidence,
) -> dict[Pair, Refusal]:
    """Refuse pairs of a trial of three arms or more whose ratio is not printed."""
    printed = {
        frozenset((ratio.experimental.treatment or "", ratio.reference.treatment or ""))
        for ratio in trial.ratios
        if ratio.id in found
    }
    names = names_of(trial, evidence)
    return {
        frozenset(pair): Refusal("multi-arm-covariance-unknown", names, (trial.study.id,))
        for pair in combinations(trial.nodes, 2)
        if frozenset(pair) not in printed and frozenset(pair) not in refused
    }


def _not_closing(
    trial: Trial, found: Mapping[str, list[tuple[float, float]]], evidence: Evidence
) -> dict[Pair, Refusal]:
    """Refuse the pairs of three arms whose printed ratios contradict one another."""
    spans: dict[tuple[str, str], tuple[float, float]] = {}
    for ratio in trial.ratios:
        if ratio.id in found:
            one, other = ratio.experimental.treatment or "", ratio.reference.treatment or ""
            values = [y for y, _ in found[ratio.id]]
            spans[one, other] = (min(values), max(values))
            spans[other, one] = (-max(values), -min(values))
    refused: dict[Pair, Refusal] = {}
    for a, b, c in combinations(trial.nodes, 3):
        if {(a, b), (b, c), (a, c)} <= set(spans):
            low = spans[a, b][0] + spans[b, c][0] - spans[a, c][1]
            high = spans[a, b][1] + spans[b, c][1] - spans[a, c][0]
            if not low <= 0 <= high:
                refusal = Refusal(
                    "multi-arm-inconsistent", names_of(trial, evidence), (trial.study.id,)
                )
                refused |= {frozenset(pair): refusal for pair in ((a, b), (b, c), (a, c))}
    return refused


def _has_covariance(trial: Trial, found: Mapping[str, list[tuple[float, float]]]) -> bool:
    """Return whether each arm of every three has a variance above 0, however all are rounded."""
    least: dict[Pair, float] = {}
    most: dict[Pair, float] = {}
    for ratio in trial.ratios:
        if ratio.id in found:
            pair = frozenset((ratio.experimental.treatment or "", ratio.reference.treatment or ""))
            errors = [error for _, error in found[ratio.id]]
            least[pair], most[pair] = min(errors) ** 2, max(errors) ** 2
    for three in combinations(trial.nodes, 3):
        sides = [frozenset(pair) for pair in combinations(three, 2)]
        if all(side in least for side in sides):
            for far in sides:
                near = sum(least[side] for side in sides if side != far)
                if near <= most[far]:
                    return False
    return True
