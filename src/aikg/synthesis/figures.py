"""One finding as a figure: as printed, its place, its source, and the counts behind it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from aikg.synthesis.counts import COUNTED, Candidate, candidates, decimals_of
from aikg.synthesis.evidence import PAPER, REVIEW, Figure, Group
from aikg.synthesis.excerpt import Excerpt

#: The measure that counts are made from.
PERCENT = "CrudeProportion"


def source_of(finding: str, excerpt: Excerpt) -> str:
    """Return whether a finding is a review's or a paper's own."""
    for place in excerpt.all(finding, "statedAt"):
        document = excerpt.one(place, "inDocument")
        if any(excerpt.is_a(study, "Review") for study in excerpt.all(document, "reports")):
            return REVIEW
    return REVIEW if excerpt.all(finding, "attributedTo") else PAPER


def place_of(finding: str, excerpt: Excerpt) -> str:
    """Return the passage of a finding: a cell of a table before other passages."""
    places = excerpt.all(finding, "statedAt")
    return min(places, key=lambda p: (not excerpt.one(p, "tableRow"), p), default="")


def figure_of(finding: str, group: Group, excerpt: Excerpt) -> Figure | None:
    """Return the figure of a finding; None where it has none."""
    if excerpt.one(finding, "status") != "ontology/Reported":
        return None
    place = place_of(finding, excerpt)
    printed = excerpt.one(finding, "printed")
    text = excerpt.one(finding, "value")
    vague = ("hedge", "bound", "rangeLow", "rangeHigh")
    exact = bool(text) and not any(excerpt.one(finding, name) for name in vague)
    exact = exact and excerpt.one(finding, "counts") != "ontology/Events"
    found: tuple[Candidate, ...] = ()
    measure = measure_of(finding, excerpt)
    if exact and group.size and measure in {PERCENT, "Count"}:
        found = _candidates(Decimal(text), printed, group.size, measure)
    document = excerpt.one(place, "inDocument")
    return Figure(
        finding=finding,
        outcome=excerpt.one(finding, "ofOutcome"),
        printed=printed or text,
        place=place,
        candidates=found,
        exact=exact,
        inferred=source_of(finding, excerpt) == PAPER and _is_inferred(document, excerpt),
        table=f"{document}#{excerpt.one(place, 'tableNumber')}",
    )


def _candidates(value: Decimal, printed: str, size: int, measure: str) -> tuple[Candidate, ...]:
    if measure == "Count":
        count = int(value) if value == int(value) else -1
        return (Candidate(count, (COUNTED,)),) if 0 <= count <= size else ()
    decimals = decimals_of(printed, value)
    if decimals is None:
        decimals = max(0, -int(value.normalize().as_tuple().exponent))
    return candidates(Fraction(value), decimals, size)


def _is_inferred(document: str, excerpt: Excerpt) -> bool:
    """Return whether a reference is taken to be this paper on grounds other than its entry."""
    for reference in excerpt.of_class("CitedPublication"):
        if document in excerpt.all(reference, "identifiedAs"):
            return "ontology/Bibliographic" not in excerpt.all(reference, "identificationBasis")
    return False


def measure_of(finding: str, excerpt: Excerpt) -> str:
    """Return the measure of a finding: `CrudeProportion`."""
    return excerpt.one(finding, "measure").rsplit("/", 1)[-1]
