"""The figures of a graph in VoID: how many triples, of which classes and properties.

https://www.w3.org/TR/void/#statistics. The default graph is described with the properties of each
class, and the classes and datatypes of the values of each; each named graph with its classes and
its properties. Nearly every figure is a sum over subjects. So a change of the graph counts again
only the subjects that it touches, and those with a value whose class changes.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import TypeAlias

import pyoxigraph as ox

from aikg.files.turtle import write_nquads
from aikg.names import BASE, OTHER_PREFIXES, PREFIXES, RDF_TYPE

#: The graph with the figures; its name is the address where crawlers look for them.
GRAPH = ox.NamedNode(BASE + ".well-known/void")
#: The name of the whole dataset; its page is the front page.
DATASET = ox.NamedNode(BASE)
#: The property with the version of the dataset.
VERSION = ox.NamedNode(PREFIXES["dcat"] + "version")
#: The name of the default graph in a tally.
DEFAULT = ""

TRIPLES, SUBJECTS, OBJECTS = "triples", "distinctSubjects", "distinctObjects"
PROPERTY, CLASS, LINK = "propertyPartition", "classPartition", "Linkset"
DATATYPE = "datatypePartition"
#: The size that counts the partitions of a kind.
COUNTED = {PROPERTY: "properties", CLASS: "classes"}
_SIZES = (TRIPLES, SUBJECTS, OBJECTS, *COUNTED.values())

#: A figure: `(graph, TRIPLES)` and other sizes, `(graph, PROPERTY, p)`, `(graph, CLASS, c)`,
#: `(DEFAULT, CLASS, c, PROPERTY, p)`, `(DEFAULT, LINK, p, namespace)`; and of the values,
#: `(DEFAULT, CLASS, c, PROPERTY, p, CLASS, class)` and `(.., DATATYPE, datatype)`.
Key: TypeAlias = tuple[str, ...]
Tally: TypeAlias = Counter[Key]
_Node: TypeAlias = ox.NamedNode | ox.BlankNode
_Term: TypeAlias = _Node | ox.Literal | ox.Triple
#: The classes of nodes, as ends of keys.
_Ends: TypeAlias = dict[_Node, list[tuple[str, str]]]

_VOID, _SD = PREFIXES["void"], PREFIXES["sd"]
#: The datatypes of values, which VoID has no term for; editors read these.
_EXTENSION = "http://ldf.fi/void-ext#"
_OF_PART = {
    CLASS: (_VOID + CLASS, _VOID + "class"),
    PROPERTY: (_VOID + PROPERTY, _VOID + "property"),
    DATATYPE: (_EXTENSION + DATATYPE, _EXTENSION + "datatype"),
}
_INTEGER = ox.NamedNode(OTHER_PREFIXES["xsd"] + "integer")
_TYPE, _DEFAULT = ox.NamedNode(RDF_TYPE), ox.DefaultGraph()
#: Properties that link a thing to its term in another vocabulary.
_LINKS = {
    *(
        f"{OTHER_PREFIXES['skos']}{kind}Match"
        for kind in ("exact", "close", "broad", "narrow", "related")
    ),
    OTHER_PREFIXES["owl"] + "sameAs",
    OTHER_PREFIXES["rdfs"] + "seeAlso",
}
#: Their own links are not those of this dataset.
_VOCABULARIES = PREFIXES["graph"] + "vocabulary/"
_LOCAL = re.compile(r"[^/#:_]*$")


def describe(store: ox.Store, version: str) -> list[ox.Quad]:
    """Describe all graphs of a store, except an earlier description."""
    tally: Tally = Counter()
    objects: dict[str, set[object]] = defaultdict(set)
    subjects = set()
    ends: _Ends = {}
    for quad in store:
        if quad.graph_name != GRAPH:
            subjects.add(quad.subject)
            objects[_name(quad.graph_name)].add(quad.object)
    for subject in subjects:
        _count(store, subject, tally, ends)
    for graph, found in objects.items():
        tally[graph, OBJECTS] = len(found)
        for kind, size in COUNTED.items():
            keys = (k for k in tally if len(k) == 3 and k[:2] == (graph, kind))
            tally[graph, size] = sum(1 for _ in keys)
    return [*_dataset(version), *_figures(tally)]


def lines(tally: Tally) -> list[bytes]:
    """Return figures that were counted elsewhere, as lines of N-Quads."""
    return write_nquads(_figures(tally)).splitlines(keepends=True)


def _figures(tally: Tally) -> Iterator[ox.Quad]:
    for key, number in tally.items():
        yield from _figure(key, number)


def change(
    store: ox.Store, remove: Collection[ox.Quad], add: Collection[ox.Quad], version: str
) -> tuple[set[ox.Quad], set[ox.Quad]]:
    """Change a store and its description: `remove` goes, then `add` comes.

    A store without a description of itself gets none.

    Returns:
        The quads of the description that go, and those that come.
    """
    quads = {*remove, *add}
    described = any(store.quads_for_pattern(None, None, None, GRAPH))
    difference = Counter[Key]()
    if described:
        difference.subtract(_touched(store, quads))
    _exchange(store, remove, add)
    if not described:
        return set(), set()
    difference.update(_touched(store, quads))
    old = set(store.quads_for_pattern(DATASET, VERSION, None, GRAPH))
    new = set(_dataset(version))
    # A partition that comes or goes changes a size of its graph, so sizes come last.
    for key in sorted((k for k, number in difference.items() if number), key=len, reverse=True):
        before = _read(store, key)
        after = before + difference[key]
        if len(key) == 3:
            difference[key[0], COUNTED[key[1]]] += bool(after) - bool(before)
        if len(key) > 2:
            old.update(_figure(key, before) if before else ())
            new.update(_figure(key, after) if after else ())
    for graph in {key[0] for key, number in difference.items() if number}:
        sizes = {(graph, size): _read(store, (graph, size)) for size in _SIZES}
        triples = sizes[graph, TRIPLES]  # a graph without any is not described
        for key, before in sizes.items():
            old.update(_figure(key, before) if triples else ())
            new.update(
                _figure(key, before + difference[key])
                if triples + difference[graph, TRIPLES]
                else ()
            )
    gone, come = old - new, new - old
    _exchange(store, gone, come)
    return gone, come


def _exchange(store: ox.Store, remove: Iterable[ox.Quad], add: Iterable[ox.Quad]) -> None:
    for quad in remove:
        store.remove(quad)
    store.extend(add)


def _touched(store: ox.Store, quads: Iterable[ox.Quad]) -> Tally:
    """Count what the subjects and the objects of some quads contribute."""
    tally: Tally = Counter()
    subjects = {quad.subject for quad in quads}
    for node in {quad.subject for quad in quads if quad.predicate == _TYPE}:
        subjects.update(q.subject for q in store.quads_for_pattern(None, None, node, _DEFAULT))
    ends: _Ends = {}
    for subject in subjects:
        _count(store, subject, tally, ends)
    for value, graph in {(quad.object, quad.graph_name) for quad in quads}:
        there = _is_object(store, value, graph)
        tally[_name(graph), OBJECTS] += there
    return tally


def _is_object(store: ox.Store, value: _Term, graph: _Node | ox.DefaultGraph) -> bool:
    """Return whether a graph has a quad with an object; a slice of a graph asks for one only."""
    ask = getattr(store, "is_object", None)
    if ask is not None:
        return bool(ask(value, graph))
    return any(store.quads_for_pattern(None, None, value, graph))


def _count(
    store: ox.Store, subject: ox.NamedNode | ox.BlankNode | ox.Triple, tally: Tally, ends: _Ends
) -> None:
    """Add what the statements of one subject contribute.

    Args:
        store: The graphs.
        subject: The subject.
        tally: The figures that grow.
        ends: The kinds of values that are known, which grow too.
    """
    graphs, links = set(), set()
    kinds, properties = [], Counter[tuple[str, ...]]()
    for quad in store.quads_for_pattern(subject, None, None, None):
        if quad.graph_name == GRAPH:
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
            properties[PROPERTY, name] += 1
            for end in _kinds(store, quad.object, ends):
                properties[PROPERTY, name, *end] += 1
        is_link = name in _LINKS and not graph.startswith(_VOCABULARIES)
        if is_link and isinstance(quad.object, ox.NamedNode):
            links.add((name, quad.object.value))
    for graph in graphs:
        tally[graph, SUBJECTS] += 1
    for kind in kinds:
        for part, times in properties.items():
            tally[DEFAULT, CLASS, kind, *part] += times
    for name, target in links:
        tally[DEFAULT, LINK, name, _LOCAL.sub("", target)] += 1


def _kinds(store: ox.Store, value: _Term, ends: _Ends) -> list[tuple[str, str]]:
    """Return the classes of a node, or the datatype of a literal, as ends of keys."""
    if isinstance(value, ox.Literal):
        return [(DATATYPE, value.datatype.value)]
    if isinstance(value, ox.Triple):
        return []
    if value not in ends:
        found = store.quads_for_pattern(value, _TYPE, None, _DEFAULT)
        kinds = [quad.object.value for quad in found if isinstance(quad.object, ox.NamedNode)]
        ends[value] = [(CLASS, kind) for kind in kinds]
    return ends[value]


def _name(graph: object) -> str:
    return DEFAULT if isinstance(graph, ox.DefaultGraph) else str(getattr(graph, "value", graph))


def _node(key: Key) -> tuple[_Node, str]:
    """Return the node that has a figure, and the property of its number.

    A partition is a blank node that is named after its key, so that it keeps its name.
    """
    if len(key) == 1:
        return ox.NamedNode(key[0]) if key[0] else DATASET, TRIPLES
    if len(key) == 2:
        return _node(key[:1])[0], key[1]
    whole, (relation, name) = _node(key[:-2])[0], key[-2:]
    if key[1] == LINK:
        whole, relation, name = DATASET, LINK, " ".join(key[2:])
    number = "entities" if relation == CLASS and len(key) == 3 else TRIPLES
    return _blank(whole, relation, name), number


def _blank(whole: _Node, relation: str, name: str) -> ox.BlankNode:
    return ox.BlankNode(hashlib.sha256(f"{whole} {relation} {name}".encode()).hexdigest()[:32])


def _read(store: ox.Store, key: Key) -> int:
    """Return a figure that a store's own description has; 0 if it has none."""
    node, name = _node(key)
    found = store.quads_for_pattern(node, ox.NamedNode(_VOID + name), None, GRAPH)
    return next((int(getattr(quad.object, "value", 0)) for quad in found), 0)


def _dataset(version: str) -> list[ox.Quad]:
    """Describe the dataset, and its version."""
    kind = ox.Quad(DATASET, _TYPE, ox.NamedNode(_VOID + "Dataset"), GRAPH)
    return [kind, ox.Quad(DATASET, VERSION, ox.Literal(version), GRAPH)]


def _figure(key: Key, number: int) -> Iterator[ox.Quad]:
    """Describe a figure: its number, and the node that has it."""
    node, name = _node(key)
    literal = ox.Literal(str(number), datatype=_INTEGER)
    yield ox.Quad(node, ox.NamedNode(_VOID + name), literal, GRAPH)
    for subject, predicate, value in _about(key, node):
        yield ox.Quad(subject, ox.NamedNode(predicate), value, GRAPH)


def _about(
    key: Key, node: _Node
) -> Iterator[tuple[_Node, str, ox.NamedNode | ox.BlankNode | ox.Literal]]:
    if key[1] == LINK:
        target = _blank(node, "objectsTarget", key[3])
        yield DATASET, _VOID + "subset", node
        yield node, RDF_TYPE, ox.NamedNode(_VOID + LINK)
        yield node, _VOID + "linkPredicate", ox.NamedNode(key[2])
        yield node, _VOID + "subjectsTarget", DATASET
        yield node, _VOID + "objectsTarget", target
        yield target, _VOID + "uriSpace", ox.Literal(key[3])
    elif len(key) > 2:
        relation, name = key[-2:]
        leads, names = _OF_PART[relation]
        yield _node(key[:-2])[0], leads, node
        yield node, names, ox.NamedNode(name)
    elif key[0] and isinstance(node, ox.NamedNode):
        for kind in (_SD + "NamedGraph", _SD + "Graph", _VOID + "Dataset"):
            yield node, RDF_TYPE, ox.NamedNode(kind)
        yield node, _SD + "name", node
        yield DATASET, _SD + "namedGraph", node
        yield DATASET, _VOID + "subset", node
