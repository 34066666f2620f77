"""What follows from the graph: OWL 2 RL rules over the ontology's axioms, and rules of evidence.

https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import cast

import pyoxigraph as ox

from aikg.files.queries import Query, read_queries
from aikg.names import graph_of

#: The named graph of all that follows.
INFERRED = ox.NamedNode(graph_of("inferred"))

#: The folders of rules, in their order. A rule of a later folder may ask for what is *not* there
#: (`NOT EXISTS`), since all that follows by the rules before it is there by then.
STRATA = ("owl", "evidence", "sizes")

#: The folders of rules that judge claims, in their order, after all others; each is applied once.
CLAIMS = tuple(
    f"claims/{name}"
    for name in ("lines", "cited", "margins", "reasons", "directions", "assessments")
)

#: Rule cax-dw: no individual is of two classes that exclude each other.
_DISJOINT = """
PREFIX owl: <http://www.w3.org/2002/07/owl#>
SELECT DISTINCT ?node ?class ?other
WHERE {
  ?class owl:disjointWith ?other .
  ?node a ?class , ?other .
}
ORDER BY ?node ?class ?other
"""


def derive(
    store: ox.Store,
    rules: Path,
    strata: Sequence[str] = STRATA,
    claims: Sequence[str] = CLAIMS,
) -> list[ox.Triple]:
    """Give all that follows from the default graph and is not in it, sorted.

    The store stays as it is. Nothing is concluded from domains and ranges (decision 8), and
    nothing about the classes and properties themselves.

    Args:
        store: The ontology and the data, in the default graph.
        rules: The folder `queries/rules/`: CONSTRUCT queries, in one folder a stratum.
        strata: Which folders of rules are used, in which order.
        claims: Which folders of rules judge claims by what follows, in which order.

    Raises:
        MissingFolder: One of the folders of rules is not there, or is empty.
        QueryMalformed: A rule has no summary.
    """
    return follow(store, load(rules, strata), load(rules, claims))


def load(rules: Path, strata: Sequence[str] = STRATA) -> list[list[Query]]:
    """Read the rules of each stratum; see `derive`."""
    return [read_queries(rules / stratum) for stratum in strata]


def follow(
    store: ox.Store,
    strata: Iterable[Sequence[Query]],
    claims: Iterable[Sequence[Query]] = (),
) -> list[ox.Triple]:
    """Derive by rules that were read before, for who may not open a file; see `derive`."""
    known = ox.Store()
    known.extend(store.quads_for_pattern(None, None, None, ox.DefaultGraph()))
    active: list[Query] = []
    derived: set[ox.Triple] = set()
    for stratum in strata:
        active += stratum
        derived |= _fixpoint(known, active)
    for stratum in claims:
        derived = derived.union(*(_apply(known, rule) for rule in stratum))
    return sorted(filter(is_about_named_nodes, derived), key=str)


def contradictions(store: ox.Store) -> list[tuple[str, str, str]]:
    """Give each individual that is of two disjoint classes, with both classes, as IRIs, sorted.

    Args:
        store: The graph with what follows from it, in the default graph.
    """
    rows = cast(ox.QuerySolutions, store.query(_DISJOINT))
    return [(row["node"].value, row["class"].value, row["other"].value) for row in rows]


def _fixpoint(known: ox.Store, rules: Iterable[Query]) -> set[ox.Triple]:
    """Apply rules, in their order, until none adds anything; `known` grows by what they add."""
    derived: set[ox.Triple] = set()
    before = -1
    while len(derived) > before:
        before = len(derived)
        for rule in rules:
            derived |= _apply(known, rule)
    return derived


def _apply(known: ox.Store, rule: Query) -> set[ox.Triple]:
    found = {
        triple
        for triple in cast(ox.QueryTriples, known.query(rule.text))
        if ox.Quad(triple.subject, triple.predicate, triple.object) not in known
    }
    known.extend(ox.Quad(t.subject, t.predicate, t.object) for t in found)
    return found


def is_about_named_nodes(triple: ox.Triple) -> bool:
    """Leave out what only carries a proof: the types and values that are anonymous classes."""
    return not isinstance(triple.subject, ox.BlankNode) and not isinstance(
        triple.object, ox.BlankNode
    )
