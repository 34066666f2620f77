"""What generated evidence builds on: the shipped ontology, drugs, outcomes and populations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from aikg.names import PREFIXES, RDF_TYPE

#: What a population takes over from the wider ones that it lies within.
INHERITED = ("sites", "stage", "receptorStatus", "menopausalStatus", "therapyLine", "visceralMeans")

AIKG = PREFIXES["aikg"]
TYPE = f"<{RDF_TYPE}>"
SUBCLASS = f"<{PREFIXES['rdfs']}subClassOf>"


@dataclass(frozen=True)
class Shipped:
    """The facts of the built graph that decide what follows from a trial; terms as in N-Triples.

    Attributes:
        path: The built graph.
        superclasses: Each class of the ontology with all the classes above it.
        populations: Each population with what those within it inherit: pairs of property
            and value, and types.
        drugs: Each drug with what an arm that is given it receives: pairs of property and value.
        regimens: Each regimen with its drugs.
        events: The adverse events.
        triples: The size of the default graph.
    """

    path: Path
    superclasses: dict[str, list[str]]
    populations: dict[str, list[tuple[str, str]]]
    drugs: dict[str, list[tuple[str, str]]]
    regimens: dict[str, list[str]]
    events: list[str]
    triples: int


def term(name: str) -> str:
    """Return a term of the ontology as N-Triples has it."""
    return f"<{AIKG}{name}>"


def read(path: Path) -> Shipped:
    """Read the facts from a built graph, in which all that follows is stated."""
    store = ox.Store()
    store.bulk_load(path=str(path), format=ox.RdfFormat.N_QUADS)
    facts: dict[tuple[str, str], list[str]] = defaultdict(list)
    count = 0
    for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph()):
        facts[str(quad.subject), str(quad.predicate)].append(str(quad.object))
        count += 1

    def select(kind: str) -> list[str]:
        nodes = store.quads_for_pattern(None, ox.NamedNode(RDF_TYPE), ox.NamedNode(AIKG + kind))
        return sorted({str(quad.subject) for quad in nodes})

    classes = [node for node, predicate in facts if predicate == SUBCLASS]
    return Shipped(
        path=path,
        superclasses={node: _above(facts, [node]) for node in classes},
        populations={node: _inherited(facts, node) for node in select("Population")},
        drugs={node: _received(facts, node) for node in select("Drug")},
        regimens={node: _given(facts, node) for node in select("Regimen")},
        events=select("AdverseEvent"),
        triples=count,
    )


def _above(facts: dict[tuple[str, str], list[str]], nodes: Iterable[str]) -> list[str]:
    found: set[str] = set()
    waiting = list(nodes)
    while waiting:
        wider = {node for node in facts.get((waiting.pop(), SUBCLASS), ()) if node[0] == "<"}
        waiting += wider - found
        found |= wider
    return sorted(found)


def _inherited(facts: dict[tuple[str, str], list[str]], node: str) -> list[tuple[str, str]]:
    properties = [term(name) for name in ("within", *INHERITED)]
    passed_on = [(p, value) for p in properties for value in facts.get((node, p), ())]
    kinds = [kind for kind in facts[node, TYPE] if kind.endswith("VisceralPopulation>")]
    return passed_on + [(TYPE, kind) for kind in kinds]


def _received(facts: dict[tuple[str, str], list[str]], node: str) -> list[tuple[str, str]]:
    classes = facts.get((node, term("inDrugClass")), [])
    return [(term("receives"), node), *((term("receivesClass"), each) for each in classes)]


def _given(facts: dict[tuple[str, str], list[str]], node: str) -> list[str]:
    components = facts[node, term("hasComponent")]
    return [drug for each in components for drug in facts.get((each, term("gives")), [])]
