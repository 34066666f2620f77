"""Figures as VoID, and back: the form in which a graph holds its own description."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import TypeAlias

import pyoxigraph as ox

from aikg.names import BASE, OTHER_PREFIXES, PREFIXES, RDF_TYPE

#: The graph that holds the figures; its name is the address where crawlers look for them.
GRAPH = ox.NamedNode(BASE + ".well-known/void")
#: What all of the graph is called; its page is the front page.
DATASET = ox.NamedNode(BASE)
#: What tells of which version it is.
VERSION = ox.NamedNode(PREFIXES["dcat"] + "version")
#: How the default graph is called in a tally.
DEFAULT = ""

TRIPLES, SUBJECTS, OBJECTS = "triples", "distinctSubjects", "distinctObjects"
PROPERTY, CLASS, LINK = "propertyPartition", "classPartition", "Linkset"

#: How often, by graph and what is counted: `(graph, TRIPLES)`, `(graph, PROPERTY, p)`,
#: `(graph, CLASS, c)`, `(DEFAULT, CLASS, c, PROPERTY, p)`, `(DEFAULT, LINK, p, namespace)`.
Tally: TypeAlias = Counter[tuple[str, ...]]
Node: TypeAlias = ox.NamedNode | ox.BlankNode
Value: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal

_VOID, _SD = PREFIXES["void"], PREFIXES["sd"]
_INTEGER = ox.NamedNode(OTHER_PREFIXES["xsd"] + "integer")


def write(tally: Tally, version: str) -> list[ox.Quad]:
    """Describe a dataset by what was counted."""
    return [*write_version(version), *write_some(tally, sorted(tally))]


def write_version(version: str) -> list[ox.Quad]:
    """Tell that there is a dataset, and of which version."""
    writer = _Writer()
    writer.add(DATASET, RDF_TYPE, ox.NamedNode(_VOID + "Dataset"))
    writer.add(DATASET, VERSION.value, ox.Literal(version))
    return writer.quads


def write_some(tally: Tally, keys: Iterable[tuple[str, ...]]) -> list[ox.Quad]:
    """Tell some of the figures of graphs, and the sizes of each.

    Args:
        tally: All that was counted of these graphs.
        keys: Which figures to tell.
    """
    writer = _Writer()
    for key in keys:
        if key in tally:
            writer.figure(key, tally[key])
    sizes: dict[str, Counter[str]] = defaultdict(Counter)
    for key, number in tally.items():
        if len(key) == 2:
            sizes[key[0]][key[1]] = number
        elif len(key) == 3:
            sizes[key[0]][{PROPERTY: "properties", CLASS: "classes"}[key[1]]] += 1
    for graph, counted in sizes.items():
        writer.graph(graph, counted)
    return writer.quads


def read(store: ox.Store) -> Tally:
    """Give what a store's own description counts; nothing, where it holds none."""
    tally: Tally = Counter()
    told: dict[object, dict[str, list[Value]]] = defaultdict(lambda: defaultdict(list))
    for quad in store.quads_for_pattern(None, None, None, GRAPH):
        name = quad.predicate.value.removeprefix(_VOID)
        told[quad.subject][name].append(quad.object)  # type: ignore[arg-type]

    def one(node: object, name: str) -> str:
        return str(getattr(told[node][name][0], "value", ""))

    for node in [*told]:
        graph = DEFAULT if node == DATASET else str(getattr(node, "value", ""))
        if "properties" not in told[node]:
            continue
        for name in (TRIPLES, SUBJECTS, OBJECTS):
            tally[graph, name] = int(one(node, name))
        for part in told[node][PROPERTY]:
            tally[graph, PROPERTY, one(part, "property")] = int(one(part, TRIPLES))
        for part in told[node][CLASS]:
            kind = one(part, "class")
            tally[graph, CLASS, kind] = int(one(part, "entities"))
            for inner in told[part][PROPERTY]:
                key = (graph, CLASS, kind, PROPERTY, one(inner, "property"))
                tally[key] = int(one(inner, TRIPLES))
    for links in [node for node in [*told] if "linkPredicate" in told[node]]:
        space = one(told[links]["objectsTarget"][0], "uriSpace")
        tally[DEFAULT, LINK, one(links, "linkPredicate"), space] = int(one(links, TRIPLES))
    return tally


class _Writer:
    """Collects quads; a partition is a blank node, named after what it is a partition of."""

    def __init__(self) -> None:
        self.quads: list[ox.Quad] = []

    def add(self, node: Node, name: str, value: Value) -> None:
        self.quads.append(ox.Quad(node, ox.NamedNode(name), value, GRAPH))

    def number(self, node: Node, name: str, number: int) -> None:
        self.add(node, _VOID + name, ox.Literal(str(number), datatype=_INTEGER))

    def part(self, of: Node, relation: str, key: str) -> ox.BlankNode:
        """Name a part, which is the same part whenever it is named."""
        return ox.BlankNode(hashlib.sha256(f"{of} {relation} {key}".encode()).hexdigest()[:32])

    def graph(self, name: str, counted: Counter[str]) -> None:
        """Tell a graph's sizes, and that it is a graph of the dataset."""
        node = _node(name)
        for what in (TRIPLES, SUBJECTS, OBJECTS, "properties", "classes"):
            self.number(node, what, counted[what])
        if name == DEFAULT:
            return
        for kind in (_SD + "NamedGraph", _SD + "Graph", _VOID + "Dataset"):
            self.add(node, RDF_TYPE, ox.NamedNode(kind))
        self.add(node, _SD + "name", node)
        self.add(DATASET, _SD + "namedGraph", node)
        self.add(DATASET, _VOID + "subset", node)

    def figure(self, key: tuple[str, ...], number: int) -> None:
        """Tell one figure of a partition."""
        node: Node = _node(key[0])
        match key[1:]:
            case (what, name) if what == CLASS:
                part = self._partition(node, CLASS, "class", name)
                self.number(part, "entities", number)
            case (what, name) if what == PROPERTY:
                part = self._partition(node, PROPERTY, "property", name)
                self.number(part, TRIPLES, number)
            case (_, kind, what, name) if what == PROPERTY:
                inner = self._partition(self.part(node, CLASS, kind), PROPERTY, "property", name)
                self.number(inner, TRIPLES, number)
            case (_, predicate, namespace):
                self._links(predicate, namespace, number)

    def _partition(self, of: Node, relation: str, names: str, name: str) -> ox.BlankNode:
        part = self.part(of, relation, name)
        self.add(of, _VOID + relation, part)
        self.add(part, _VOID + names, ox.NamedNode(name))
        return part

    def _links(self, predicate: str, namespace: str, number: int) -> None:
        node = self.part(DATASET, LINK, f"{predicate} {namespace}")
        target = self.part(node, "objectsTarget", namespace)
        self.add(DATASET, _VOID + "subset", node)
        self.add(node, RDF_TYPE, ox.NamedNode(_VOID + LINK))
        self.add(node, _VOID + "linkPredicate", ox.NamedNode(predicate))
        self.add(node, _VOID + "subjectsTarget", DATASET)
        self.add(node, _VOID + "objectsTarget", target)
        self.add(target, _VOID + "uriSpace", ox.Literal(namespace))
        self.number(node, TRIPLES, number)


def _node(graph: str) -> ox.NamedNode:
    return ox.NamedNode(graph) if graph else DATASET
