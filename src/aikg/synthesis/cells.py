"""From statements of the graph to evidence: restatements joined, counts behind percentages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from aikg.synthesis import excerpt as excerpts
from aikg.synthesis.counts import Candidate, common_rules
from aikg.synthesis.evidence import (
    REVIEW,
    Cell,
    Evidence,
    Figure,
    Group,
    Margin,
    Population,
    Ratio,
)
from aikg.synthesis.excerpt import Ask, Excerpt, Texts
from aikg.synthesis.figures import PERCENT, figure_of, measure_of, place_of, source_of
from aikg.synthesis.people import (
    classes_of,
    groups_of,
    labels_of,
    outcomes_of,
    populations_of,
    studies_of,
)
from aikg.synthesis.printed import MEASURES, printed_of


def read(ask: Ask, texts: Texts, outcome: str, nodes: str = "drug") -> Evidence:
    """Read the evidence on one outcome.

    Args:
        ask: Asks the graph.
        texts: The queries.
        outcome: The outcome, without the base of this graph.
        nodes: `drug`, or `regimen` where doses are separate treatments.
    """
    excerpt = excerpts.read(ask, texts, [outcome])
    return evidence_of(excerpt, outcome, nodes)


def population(ask: Ask, texts: Texts, identifier: str) -> dict[str, Population]:
    """Return a population, and those that it lies within."""
    return populations_of(excerpts.read(ask, texts, [identifier]))


def evidence_of(excerpt: Excerpt, outcome: str, nodes: str) -> Evidence:
    """Make evidence from an excerpt of the graph."""
    groups = groups_of(excerpt, nodes)
    outcomes = outcomes_of(excerpt)
    family = {outcome, *(o.id for o in outcomes.values() if outcome in o.broader)}
    not_used: list[tuple[str, str]] = []
    results = [f for f in excerpt.of_class("GroupResult") if excerpt.one(f, "ofGroup") in groups]
    figures = {f: figure_of(f, groups[excerpt.one(f, "ofGroup")], excerpt) for f in results}
    reading = _Reading(outcome, family, groups, figures, excerpt, not_used)
    cells = [cell for part in _joined(results, excerpt) if (cell := reading.cell(part))]
    return Evidence(
        cells=tuple(_with_counts(cells, not_used)),
        ratios=tuple(_ratios(family, groups, excerpt)),
        studies=studies_of(excerpt, _mixing(results, figures, excerpt)),
        populations=populations_of(excerpt),
        outcomes=outcomes,
        classes=classes_of(excerpt),
        labels=labels_of(excerpt),
        margins=tuple(_margins(outcome, excerpt)),
        not_used=tuple(not_used),
        senders=dict(excerpt.senders),
    )


def _joined(findings: Sequence[str], excerpt: Excerpt) -> list[list[str]]:
    """Join findings that restate one another, over any number of steps.

    A sentence that sums up several groups restates all of them, and joins none: its figure is not
    that of any one group.
    """
    part = {finding: finding for finding in findings}

    def root(finding: str) -> str:
        while part[finding] != finding:
            part[finding] = part[part[finding]]
            finding = part[finding]
        return finding

    for finding in findings:
        restated = [earlier for earlier in excerpt.all(finding, "restates") if earlier in part]
        one_group = len({excerpt.one(earlier, "ofGroup") for earlier in restated}) == 1
        for earlier in restated:
            if one_group and _study(earlier, excerpt) == _study(finding, excerpt):
                part[root(finding)] = root(earlier)
    joined: dict[str, list[str]] = defaultdict(list)
    for finding in findings:
        joined[root(finding)].append(finding)
    return [joined[key] for key in sorted(joined)]


def _study(finding: str, excerpt: Excerpt) -> str:
    group = excerpt.one(finding, "ofGroup")
    arm = excerpt.one(group, "ofArm")
    return excerpt.one(arm or group, "ofStudy")


@dataclass
class _Reading:
    """The findings of one outcome, on their way to cells."""

    outcome: str
    family: set[str]
    groups: dict[str, Group]
    figures: dict[str, Figure | None]
    excerpt: Excerpt
    not_used: list[tuple[str, str]]

    def cell(self, part: Sequence[str]) -> Cell | None:
        """Make one cell of findings that restate one another; None where of another outcome."""
        excerpt = self.excerpt
        mine = [f for f in part if excerpt.one(f, "ofOutcome") in self.family]
        printed = [f for f in mine if not excerpt.all(f, "derivedFrom")]
        self._leave_out((f for f in mine if f not in printed), "computed, not printed")
        if not printed:
            return None
        ranked = sorted(printed, key=self._standing)
        first = ranked[0]
        own = excerpt.one(first, "ofOutcome")
        reported = any(self.figures[finding] for finding in printed)
        analysis = excerpt.one(first, "ofAnalysis")
        return Cell(
            id=first,
            group=self.groups[excerpt.one(first, "ofGroup")],
            outcome=own,
            measure=measure_of(first, excerpt),
            status="Reported" if reported else excerpt.one(first, "status").rsplit("/", 1)[-1],
            place=place_of(first, excerpt),
            figures=self._chosen(ranked),
            others=tuple(sorted({excerpt.one(f, "ofOutcome") for f in printed} - {own})),
            analysis=_analysis(analysis, excerpt),
            assessor=excerpt.one(first, "assessedBy"),
            time=_time(first, excerpt),
            follow_up=bool(excerpt.one(analysis, "followUp")),
            graph=excerpt.graphs.get(first, ""),
        )

    def _chosen(self, ranked: Sequence[str]) -> dict[str, Figure]:
        """Return one figure of the review and one of the paper: the first of each."""
        chosen: dict[str, Figure] = {}
        for finding in ranked:
            figure = self.figures[finding]
            source = source_of(finding, self.excerpt)
            if figure and chosen.setdefault(source, figure) is not figure:
                self._leave_out([finding], "says the same as another finding of its source")
        return chosen

    def _leave_out(self, findings: Iterable[str], reason: str) -> None:
        self.not_used += [(finding, reason) for finding in findings]

    def _standing(self, finding: str) -> tuple[object, ...]:
        """Return a key by which the finding that stands for a cell comes first."""
        figure, excerpt = self.figures[finding], self.excerpt
        return (
            excerpt.one(finding, "ofOutcome") != self.outcome,
            figure is None,
            source_of(finding, excerpt) != REVIEW,
            not excerpt.one(place_of(finding, excerpt), "tableRow"),
            figure is None or not figure.exact,
            finding,
        )


def _time(finding: str, excerpt: Excerpt) -> str:
    parts = (excerpt.one(finding, name) for name in ("timePoint", "timePointUnit", "grade"))
    return " ".join(part for part in parts if part)


def _analysis(analysis: str, excerpt: Excerpt) -> tuple[str, ...]:
    """Return what sorts the analyses of a study, the later ones last."""
    if not analysis:
        return ()
    follow_up = excerpt.one(analysis, "followUp")
    number = f"{float(follow_up):012.3f}" if follow_up else ""
    return (excerpt.one(analysis, "dataCutOff"), number, analysis)


def _with_counts(cells: Iterable[Cell], not_used: list[tuple[str, str]]) -> Iterable[Cell]:
    """Let a count of persons stand for the percentage of the same group."""
    slots: dict[tuple[object, ...], list[Cell]] = defaultdict(list)
    for cell in cells:
        measure = PERCENT if cell.measure == "Count" else cell.measure
        slots[cell.group.id, cell.outcome, measure, cell.analysis, cell.assessor, cell.time].append(
            cell
        )
    for slot in slots.values():
        best = min(slot, key=lambda c: (c.measure != "Count", c.status != "Reported", c.id))
        for cell in slot:
            if cell is not best:
                not_used.append((cell.id, "another figure of the same group enters"))
        yield replace(best, measure=PERCENT) if best.measure == "Count" else best


def _ratios(family: set[str], groups: dict[str, Group], excerpt: Excerpt) -> Iterable[Ratio]:
    """Make a ratio of each printed contrast that restates no other of the same study."""
    for finding in excerpt.of_class("Contrast"):
        one, other = (excerpt.one(finding, name) for name in ("experimental", "reference"))
        measure = MEASURES.get(measure_of(finding, excerpt))
        if measure is None or excerpt.one(finding, "ofOutcome") not in family:
            continue
        restated = any(excerpt.is_a(f, "Contrast") for f in excerpt.all(finding, "restates"))
        if restated or one not in groups or other not in groups:
            continue
        analysis = excerpt.one(finding, "ofAnalysis")
        yield Ratio(
            id=finding,
            experimental=groups[one],
            reference=groups[other],
            outcome=excerpt.one(finding, "ofOutcome"),
            measure=measure,
            text=excerpt.one(finding, "printed"),
            adjusted=_adjusted(excerpt.one(finding, "adjustment")),
            place=place_of(finding, excerpt),
            printed=printed_of(finding, excerpt),
            status=excerpt.one(finding, "status").rsplit("/", 1)[-1],
            analysis=_analysis(analysis, excerpt),
            assessor=excerpt.one(finding, "assessedBy"),
            time=_time(finding, excerpt),
            follow_up=bool(excerpt.one(analysis, "followUp")),
            graph=excerpt.graphs.get(finding, ""),
        )


def _adjusted(adjustment: str) -> bool | None:
    """Return whether a ratio is adjusted or stratified; None where that is not stated."""
    return adjustment != "ontology/Unadjusted" if adjustment else None


def _mixing(
    results: Sequence[str], figures: dict[str, Figure | None], excerpt: Excerpt
) -> set[str]:
    """Return the studies of which one table rounds some percentages and cuts others off."""
    tables: dict[tuple[str, str], list[tuple[Candidate, ...]]] = defaultdict(list)
    for finding in results:
        figure = figures[finding]
        if figure and figure.candidates and measure_of(finding, excerpt) == PERCENT:
            tables[_study(finding, excerpt), figure.table].append(figure.candidates)
    return {study for (study, _), found in tables.items() if not common_rules(found)}


def _margins(outcome: str, excerpt: Excerpt) -> Iterable[Margin]:
    for node in excerpt.nodes:
        for text in excerpt.all(node, "margin"):
            name, _, value = text.partition(" ")
            measure = MEASURES.get(name.rsplit("/", 1)[-1])
            try:
                number = float(Decimal(value))
            except InvalidOperation:
                continue
            if measure:
                yield Margin(node, outcome, measure, number)
