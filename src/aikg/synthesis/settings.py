"""Settings: are the people of two trials alike enough to be set against each other?

The setting is stage, line of treatment and earlier treatment. It is decided from what the sources
state, never by a test of heterogeneity.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from aikg.errors import ComparisonMalformed
from aikg.synthesis.evidence import Evidence, Population

SAME, NEAR, UNSTATED, DIFFERENT = "same", "near", "unstated", "different"

_FIRST_LINE = "ontology/FirstLine"

#: How many sets of compatible settings one question may have.
SETTINGS = 200


def relate(one: Population, other: Population, classes: Mapping[str, frozenset[str]]) -> str:
    """Return how two settings relate: `same`, `near`, `unstated` or `different`.

    Args:
        one: A population.
        other: Another, or the same.
        classes: The classes of each drug, and the wider ones of each class.
    """
    if one.id == other.id:
        return SAME
    if not all(population.lines or population.prior for population in (one, other)):
        return UNSTATED
    if one.stages and other.stages and not one.stages & other.stages:
        return DIFFERENT
    lines_differ = bool(one.lines and other.lines and one.lines != other.lines)
    both_first = _FIRST_LINE in one.lines & other.lines
    here, there = specific(one.prior, classes), specific(other.prior, classes)
    if both_first or (here == there and not lines_differ):
        return NEAR if one.has_issue or other.has_issue else SAME
    if not lines_differ and _covered(here, there, classes):
        return NEAR
    return DIFFERENT


def specific(prior: frozenset[str], classes: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return earlier treatments without the classes of others among them.

    The graph infers the classes of each drug that was given before; the drug says more.
    """
    wider = {each for treatment in prior for each in classes.get(treatment, frozenset())}
    return prior - wider


def _covered(
    one: frozenset[str], other: frozenset[str], classes: Mapping[str, frozenset[str]]
) -> bool:
    """Return whether each earlier treatment is also, or is of a class of, one on the other side."""

    def meets(treatment: str, others: frozenset[str]) -> bool:
        return any(
            treatment == each
            or each in classes.get(treatment, frozenset())
            or treatment in classes.get(each, frozenset())
            for each in others
        )

    return bool(one and other) and all(
        meets(treatment, there)
        for here, there in ((one, other), (other, one))
        for treatment in here
    )


def sites_meet(one: Population, other: Population) -> bool:
    """Return whether two populations may be joined as far as the sites of the disease go."""
    return one.sites == other.sites or bool(one.sites & other.sites)


def may_overlap(one: Population, other: Population) -> bool:
    """Return whether two populations of one study may hold the same people.

    They do not where both state a stage, a line or earlier treatment, and the two differ.
    """
    facets = ((one.stages, other.stages), (one.lines, other.lines), (one.prior, other.prior))
    return all(not here or not there or here & there for here, there in facets)


def strata(populations: Iterable[Population], evidence: Evidence) -> list[frozenset[str]]:
    """Return the largest sets of populations of which every two are same or near, in fixed order.

    Near is not transitive, so that one population may lie in two of them.

    Raises:
        ComparisonMalformed: There are more than `SETTINGS` of them.
    """
    known = {population.id: population for population in populations}
    if not known:
        return []
    names = sorted(known)
    joined = {name: {name} for name in names}
    for a, b in combinations(names, 2):
        related = relate(known[a], known[b], evidence.classes)
        if related in {SAME, NEAR} and sites_meet(known[a], known[b]):
            joined[a].add(b)
            joined[b].add(a)
    found: list[frozenset[str]] = []
    _cliques(set(), set(names), set(), joined, found)
    return sorted(found, key=sorted)


def _cliques(
    chosen: set[str],
    open_: set[str],
    closed: set[str],
    joined: Mapping[str, set[str]],
    found: list[frozenset[str]],
) -> None:
    """Bron and Kerbosch's search with a pivot."""
    if not open_ and not closed:
        found.append(frozenset(chosen))
        if len(found) > SETTINGS:
            raise ComparisonMalformed(
                f"The trials are in more than {SETTINGS} sets of settings.",
                advice="Ask for a narrower population.",
                code="too-many-settings",
                choices=[],
            )
        return
    pivot = max(sorted(open_ | closed), key=lambda name: len(joined[name] & open_))
    for name in sorted(open_ - (joined[pivot] - {pivot})):
        near = joined[name] - {name}
        _cliques(chosen | {name}, open_ & near, closed & near, joined, found)
        open_ = open_ - {name}
        closed = closed | {name}


def describe(populations: Sequence[Population], evidence: Evidence) -> str:
    """Return the setting of populations in words: "first line", "after tamoxifen"."""
    words: list[str] = []
    for population in populations:
        if population.prior:
            prior = specific(population.prior, evidence.classes)
            names = sorted(evidence.name(each) for each in prior)
            text = "after " + " and ".join(names)
        elif population.lines:
            text = " or ".join(sorted(evidence.name(line) for line in population.lines))
        else:
            text = "earlier treatment not stated"
        if text not in words:
            words.append(text)
    first = [word for word in words if not word.startswith("after ")]
    after = sorted(word.removeprefix("after ") for word in words if word.startswith("after "))
    return " or ".join([*sorted(first), *([f"after {' or '.join(after)}"] if after else [])])


def contains(asked: str | None, population: Population, evidence: Evidence) -> bool:
    """Return whether a population lies in the one that is asked for, or is of its kind.

    A population that is described by sites alone stands for all with these sites.
    """
    if asked is None or asked == population.id or asked in population.within:
        return True
    wanted = evidence.populations.get(asked)
    if wanted is None:
        return False
    alone = not (wanted.within or wanted.stages or wanted.lines or wanted.prior)
    return alone and bool(wanted.sites) and wanted.sites <= population.sites
