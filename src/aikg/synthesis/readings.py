"""One trial read with the review's figures or with the paper's: its counts, or why it has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

from aikg.synthesis.counts import COMBINATIONS
from aikg.synthesis.effects import RISK_DIFFERENCE, corners, fault
from aikg.synthesis.evidence import PAPER, REVIEW, Cell, Evidence, Figure, Question, Ratio
from aikg.synthesis.trials import Trial
from aikg.synthesis.verdicts import Refusal

#: Two treatments.
Pair = frozenset[str]

#: Measures of one group that never make a ratio, and the words for those that could.
_MEDIANS = ("Median", "KaplanMeierEstimate", "Mean", "TimeToEffect", "SingleValue")
_MEASURE_WORDS = {"CrudeProportion": "proportion", "Count": "count"}


@dataclass(frozen=True)
class Reading:
    """A trial as one estimate may use it.

    Attributes:
        trial: The trial.
        figures: Whose figures are used: `review` or `paper`.
        used: The figure of each cell.
        options: The counts of each cell that are possible.
        corners: Estimate and standard error of each ratio, as printed and at its corners.
        problems: Why a treatment of the trial cannot be used.
        pairs: Why a pair of its treatments cannot be used.
        caveats: What stands beside each number of it.
    """

    trial: Trial
    figures: str
    used: Mapping[str, Figure] = field(default_factory=dict)
    options: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    corners: Mapping[str, list[tuple[float, float]]] = field(default_factory=dict)
    problems: Mapping[str, Refusal] = field(default_factory=dict)
    pairs: Mapping[Pair, Refusal] = field(default_factory=dict)
    caveats: frozenset[str] = frozenset()

    def refusal(self, one: str, other: str) -> Refusal | None:
        """Return why a pair of its treatments has no number, or None."""
        for node in (one, other):
            if node in self.problems:
                return self.problems[node]
        return self.pairs.get(frozenset((one, other)))

    @property
    def usable(self) -> tuple[str, ...]:
        """The treatments that enter a network: each has a number against each other one."""
        nodes = [node for node in self.trial.nodes if node not in self.problems]
        kept: list[str] = []
        for node in nodes:
            if all(self.refusal(node, other) is None for other in kept):
                kept.append(node)
        return tuple(kept) if len(kept) > 1 else ()


def read(trial: Trial, prefer: str, evidence: Evidence, question: Question) -> Reading:
    """Read a trial, with the review's figures first or with the paper's."""
    if trial.ratios:
        return _read_ratios(trial, evidence, question)
    return _read_counts(trial, prefer, evidence, question)


def _names(trial: Trial, evidence: Evidence, **more: str) -> dict[str, str]:
    return {
        "study": evidence.name(trial.study.id),
        "outcome": evidence.name(trial.outcome),
        "population": evidence.name(trial.population.id),
        **more,
    }


def _read_counts(trial: Trial, prefer: str, evidence: Evidence, question: Question) -> Reading:
    cells = [cell for cells in trial.cells.values() for cell in cells]
    source, caveats = _source(cells, prefer)
    used = {cell.id: figure for cell in cells if (figure := _figure(cell, source))}
    whole = _whole_trial(trial, evidence, question)
    problems: dict[str, Refusal] = {}
    for node, of_node in trial.cells.items():
        for cell in of_node:
            problem = whole or _problem(cell, used.get(cell.id), trial, evidence)
            if problem and node not in problems:
                problems[node] = problem
    options = {
        cell.id: tuple(each.count for each in used[cell.id].candidates)
        for node, of_node in trial.cells.items()
        for cell in of_node
        if node not in problems
    }
    if not question.correct:
        _add_zero_cells(trial, options, problems, evidence, question)
    if any(len(counts) > 1 for counts in options.values()):
        caveats.add("counts-not-unique")
    papers = [
        cell.figures[PAPER]
        for cell in cells
        if PAPER in cell.figures and cell.figures[PAPER] is used[cell.id]
    ]
    both = bool(papers) and len(papers) == len(used)
    if both and any(figure.inferred for figure in papers):
        caveats.add("paper-inferred")
    return Reading(
        trial=trial,
        figures=PAPER if both else REVIEW,
        used=used,
        options=options,
        problems=problems,
        pairs=_pairs(trial, evidence),
        caveats=frozenset(caveats),
    )


def _source(cells: list[Cell], prefer: str) -> tuple[str, set[str]]:
    """Return whose figures the whole trial is read with, and what is to be said of them."""
    caveats: set[str] = set()
    papers = [cell.figures.get(PAPER) for cell in cells]
    reviews = [cell.figures.get(REVIEW) for cell in cells]
    source = prefer
    for paper, review in zip(papers, reviews, strict=True):
        if not paper or not review:
            continue
        exact_review = review.exact and bool(review.candidates)
        if not paper.exact and exact_review:
            caveats.add("source-hedged")
            source = REVIEW
        elif paper.exact and not paper.candidates and exact_review:
            caveats.add("paper-fits-no-count")
            source = REVIEW
        elif paper.candidates and review.candidates:
            ours = {each.count for each in paper.candidates}
            if not ours & {each.count for each in review.candidates}:
                caveats.add("figures-differ")
    if not all(papers) and all(reviews):
        source = REVIEW
    return source, caveats


def _figure(cell: Cell, source: str) -> Figure | None:
    other = PAPER if source == REVIEW else REVIEW
    return cell.figures.get(source) or cell.figures.get(other)


def _whole_trial(trial: Trial, evidence: Evidence, question: Question) -> Refusal | None:
    """Return what keeps every figure of a trial out."""
    names = _names(trial, evidence)
    if trial.study.retracted:
        return Refusal("retracted", names, (trial.study.id,))
    if trial.outcome != question.outcome:
        names |= {
            "study1": evidence.name(trial.study.id),
            "outcome1": evidence.name(trial.outcome),
            "outcome2": evidence.name(question.outcome),
        }
        return Refusal("different-outcome", names, (trial.study.id, trial.outcome))
    if trial.measure == question.measure:
        return None
    if trial.measure in _MEDIANS:
        return Refusal("no-effect-measure", names, (trial.study.id,))
    names |= {
        "study1": evidence.name(trial.study.id),
        "measure1": _MEASURE_WORDS.get(trial.measure, trial.measure.replace("-", " ")),
        "measure2": question.measure.replace("-", " "),
    }
    return Refusal("different-measure", names, (trial.study.id,))


def _problem(cell: Cell, figure: Figure | None, trial: Trial, evidence: Evidence) -> Refusal | None:
    """Return why a cell has no counts."""
    names = _names(
        trial,
        evidence,
        source=evidence.name(trial.study.id),
        drugs=evidence.name(cell.group.treatment or ""),
        place=evidence.name(cell.place),
        printed=figure.printed if figure else "",
        size=str(cell.group.size),
    )
    if cell.status != "Reported" or figure is None:
        return Refusal("not-reported", names, (cell.place,) if cell.place else ())
    if not figure.exact:
        return Refusal("figure-not-exact", names, (figure.place,))
    if cell.group.size is None:
        return Refusal("no-denominator", names, (cell.group.id,))
    if not figure.candidates:
        return Refusal("impossible-percentage", names, (figure.place,))
    if len(figure.candidates) > COMBINATIONS:
        names["combinations"] = f"more than {COMBINATIONS}"
        return Refusal("too-many-combinations", names, (figure.place,))
    return None


def _add_zero_cells(
    trial: Trial,
    options: dict[str, tuple[int, ...]],
    problems: dict[str, Refusal],
    evidence: Evidence,
    question: Question,
) -> None:
    """Refuse treatments for which a combination has nobody, or everybody, with the event.

    A difference is refused only where two arms may be so, for then it has no variance.
    """
    extreme: dict[str, set[str]] = {}
    for node, cells in trial.cells.items():
        if node in problems:
            continue
        size = sum(cell.group.size or 0 for cell in cells)
        least = sum(min(options[cell.id]) for cell in cells)
        most = sum(max(options[cell.id]) for cell in cells)
        if sides := {side for side, is_so in (("none", not least), ("all", most == size)) if is_so}:
            extreme[node] = sides
    names = _names(trial, evidence)
    difference = question.measure == RISK_DIFFERENCE
    for node, sides in extreme.items():
        others = [other for name, other in extreme.items() if name != node]
        if any(difference or sides & other for other in others):
            problems[node] = Refusal("both-arms-zero", names, (trial.study.id,))
        elif not difference:
            problems[node] = Refusal("zero-cell", names, (trial.study.id,))


def _pairs(trial: Trial, evidence: Evidence) -> dict[Pair, Refusal]:
    """Refuse pairs that chance did not decide between."""
    refused = {}
    for one, other in combinations(trial.nodes, 2):
        if frozenset((one, other)) not in trial.randomised:
            names = _names(
                trial,
                evidence,
                drug1=evidence.name(one),
                drug2=evidence.name(other),
                studies=evidence.name(trial.study.id),
            )
            refused[frozenset((one, other))] = Refusal("not-randomised", names, (trial.study.id,))
    return refused


def _read_ratios(trial: Trial, evidence: Evidence, question: Question) -> Reading:
    refused = _pairs(trial, evidence)
    whole = _whole_trial(trial, evidence, question)
    found: dict[str, list[tuple[float, float]]] = {}
    caveats: set[str] = set()
    for ratio in trial.ratios:
        pair = frozenset((ratio.experimental.treatment or "", ratio.reference.treatment or ""))
        problem = whole or _ratio_problem(ratio, trial, evidence)
        if problem:
            refused.setdefault(pair, problem)
        elif ratio.printed:
            found[ratio.id] = corners(ratio.printed, trial.measure)
            caveats |= _ratio_caveats(ratio)
    if not whole:
        refused |= _unprinted(trial, refused, found, evidence)
        refused |= _not_closing(trial, found, evidence)
    return Reading(
        trial=trial, figures=PAPER, corners=found, pairs=refused, caveats=frozenset(caveats)
    )


def _ratio_problem(ratio: Ratio, trial: Trial, evidence: Evidence) -> Refusal | None:
    names = _names(
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
    names = _names(trial, evidence)
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
                    "multi-arm-inconsistent", _names(trial, evidence), (trial.study.id,)
                )
                refused |= {frozenset(pair): refusal for pair in ((a, b), (b, c), (a, c))}
    return refused
