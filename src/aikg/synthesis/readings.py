"""One trial read with the review's figures or with the paper's: its counts, or why it has none."""

from __future__ import annotations

from aikg.synthesis.counts import COMBINATIONS
from aikg.synthesis.effects import RISK_DIFFERENCE
from aikg.synthesis.evidence import PAPER, REVIEW, Cell, Evidence, Figure, Question
from aikg.synthesis.ratio_readings import read_ratios
from aikg.synthesis.reading import Reading, names_of, unrandomised, whole_trial
from aikg.synthesis.trials import Trial
from aikg.synthesis.verdicts import Refusal


def read(trial: Trial, prefer: str, evidence: Evidence, question: Question) -> Reading:
    """Read a trial, with the review's figures first or with the paper's."""
    if trial.ratios:
        return read_ratios(trial, evidence, question)
    return _read_counts(trial, prefer, evidence, question)


def _read_counts(trial: Trial, prefer: str, evidence: Evidence, question: Question) -> Reading:
    cells = [cell for cells in trial.cells.values() for cell in cells]
    source, caveats = _source(cells, prefer)
    used = {cell.id: figure for cell in cells if (figure := _figure(cell, source))}
    whole = whole_trial(trial, evidence, question)
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
        pairs=unrandomised(trial, evidence),
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


def _problem(cell: Cell, figure: Figure | None, trial: Trial, evidence: Evidence) -> Refusal | None:
    """Return why a cell has no counts."""
    names = names_of(
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

    A difference is refused only where two arms may be so, for then it has no variance. A correction
    that was asked for helps one arm, not two: a trial without any event says nothing about a ratio.
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
    names = names_of(trial, evidence)
    difference = question.measure == RISK_DIFFERENCE
    for node, sides in extreme.items():
        others = [other for name, other in extreme.items() if name != node]
        if any(difference or sides & other for other in others):
            problems[node] = Refusal("both-arms-zero", names, (trial.study.id,))
        elif not difference and not question.correct:
            problems[node] = Refusal("zero-cell", names, (trial.study.id,))
