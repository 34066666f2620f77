"""The figures of a graph in VoID: how many triples, of which classes and properties.

https://www.w3.org/TR/void/#statistics. The default graph is described with the properties of each
class; each named graph with its classes and its properties. Nearly every figure is a sum over
subjects: after a change only what it touches is counted again.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

import pyoxigraph as ox

from aikg.description import void
from aikg.description.void import CLASS, DEFAULT, LINK, OBJECTS, PROPERTY, SUBJECTS, TRIPLES, Tally
from aikg.names import OTHER_PREFIXES, RDF_TYPE

_TYPE = ox.NamedNode(RDF_TYPE)
#: Predicates that say what another vocabulary calls a thing.
_LINKS = {
    *(
        f"{OTHER_PREFIXES['skos']}{kind}Match"
        for kind in ("exact", "close", "broad", "narrow", "related")
    ),
    OTHER_PREFIXES["owl"] + "sameAs",
    OTHER_PREFIXES["rdfs"] + "seeAlso",
}
_LOCAL = re.compile(r"[^/#:_]*$")


def describe(store: ox.Store, version: str) -> list[ox.Quad]:
    """Describe all graphs of a store; an earlier description does not count."""
    tally: Tally = Counter()
    objects: dict[str, set[object]] = defaultdict(set)
    subjects = set()
    for quad in store:
        if quad.graph_name != void.GRAPH:
            subjects.add(quad.subject)
            objects[_name(quad.graph_name)].add(quad.object)
    for subject in subjects:
        _count(store, subject, tally)
    for graph, found in objects.items():
        tally[graph, OBJECTS] = len(found)
    return void.write(tally, version)


class Figures:
    """The figures of a store that changes, in the store itself and here.

    Args:
        store: The store; one that holds no description of itself gets none.
    """

    def __init__(self, store: ox.Store) -> None:
        self._store = store
        #: By graph: a change touches few of them.
        self._tally: dict[str, Tally] = defaultdict(Counter)
        for key, number in void.read(store).items():
            self._tally[key[0]][key] = number

    def change(self, remove: Collection[ox.Quad], add: Collection[ox.Quad], version: str) -> None:
        """Change the store, and its description with it: `remove` goes, then `add` comes."""
        quads = {*remove, *add}
        before = self._figures(quads)
        self._exchange(remove, add)
        if not self._tally:
            return
        after = self._figures(quads)
        changed: dict[str, Tally] = defaultdict(Counter)
        for key in {*before, *after}:
            if before[key] != after[key]:
                changed[key[0]][key] = after[key] - before[key]
        said = self._store.quads_for_pattern(void.DATASET, void.VERSION, None, void.GRAPH)
        old, new = set(said), set(void.write_version(version))
        for graph, difference in changed.items():
            old.update(void.write_some(self._tally[graph], difference))
            self._tally[graph].update(difference)
            self._tally[graph] += Counter()  # what is zero now is told no more
            new.update(void.write_some(self._tally[graph], difference))
        self._exchange(old - new, new - old)

    def _exchange(self, remove: Collection[ox.Quad], add: Collection[ox.Quad]) -> None:
        for quad in remove:
            self._store.remove(quad)
        self._store.extend(add)

    def _figures(self, quads: Iterable[ox.Quad]) -> Tally:
        """Count what the subjects and the objects of some quads give."""
        tally: Tally = Counter()
        for subject in {quad.subject for quad in quads}:
            _count(self._store, subject, tally)
        for value, graph in {(quad.object, quad.graph_name) for quad in quads}:
            there = any(self._store.quads_for_pattern(None, None, value, graph))
            tally[_name(graph), OBJECTS] += there
        return tally


def _count(store: ox.Store, subject: ox.NamedNode | ox.BlankNode | ox.Triple, tally: Tally) -> None:
    """Add what the statements of one subject give."""
    graphs, links = set(), set()
    kinds, properties = [], Counter[str]()
    for quad in store.quads_for_pattern(subject, None, None, None):
        if quad.graph_name == void.GRAPH:
            continue
        graph, name = _name(quad.graph_name), quad.predicate.value
        graphs.add(graph)
        tally[graph, TRIPLES] += 1
        tally[graph, PROPERTY, name] += 1
        if quad.predicate == _TYPE and isinstance(quad.object, ox.NamedNode):
            tally[graph, CLASS, quad.object.value] += 1
            if graph == DEFAULT:
                kinds.append(quad.object.value)
        if graph == DEFAULT:
            properties[name] += 1
        if name in _LINKS and isinstance(quad.object, ox.NamedNode):
            links.add((name, quad.object.value))
    for graph in graphs:
        tally[graph, SUBJECTS] += 1
    for kind in kinds:
        for name, times in properties.items():
            tally[DEFAULT, CLASS, kind, PROPERTY, name] += times
    for name, target in links:
        tally[DEFAULT, LINK, name, _LOCAL.sub("", target)] += 1


def _name(graph: object) -> str:
    return DEFAULT if isinstance(graph, ox.DefaultGraph) else str(getattr(graph, "value", graph))
