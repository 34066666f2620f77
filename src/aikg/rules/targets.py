"""Which nodes each shape is asked about: one of each kind that the shape can distinguish.

pyshacl runs each property of a node shape for each node by itself. Two changes to how it is asked
leave the results as they are and save most of the time:

* The properties of a node shape become shapes with targets of their own, which pyshacl checks for
  all nodes at once. SHACL lists the results of both forms alike.
* Where nodes have the same values of every property that a shape reads, the shape is asked about
  one of them. Only if that one breaks the shape, it is asked about the others too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from rdflib import RDF, RDFS, SH, Graph, URIRef
from rdflib.term import Node

#: A shape and a node that it is asked about.
Pair = tuple[Node, Node]
#: Nodes that are one to a shape.
Alike = tuple[Node, list[Node]]

#: Statements about a shape that ask nothing of a node.
_NOTATION = {RDF.type, SH.name, SH.message, SH.severity, SH.description, SH.order, SH.group}
#: Constraints on a node that look at no more of it than the shapes that they name.
_COMBINING = {SH["or"], SH["and"], SH.xone, SH["not"], SH.property, SH.node}
_LISTS = {SH["or"], SH["and"], SH.xone}
#: Constraints on values that compare them with those of another property of the node.
_COMPARING = {SH.lessThan, SH.lessThanOrEquals, SH.equals, SH.disjoint}


@dataclass(frozen=True)
class Aimed:
    """Shapes that are asked about given nodes, with the same results as if asked about all.

    Attributes:
        shapes: The shapes without their targets.
        asked: The same, as pyshacl gets them.
        targets: The shapes of each class.
        reads: The properties that a shape reads; None if it may distinguish any two nodes.
    """

    shapes: Graph
    asked: Graph
    targets: dict[Node, list[Node]]
    reads: dict[Node, frozenset[Node] | None]

    @classmethod
    def of(cls, shapes: Graph, each: bool = False) -> Aimed:
        """Take the targets off the shapes, once for many validations.

        Args:
            shapes: The shapes.
            each: Whether to ask each shape, as it stands, about each node: the control of tests.
        """
        targets: dict[Node, list[Node]] = {}
        aimless = Graph()
        for triple in shapes:
            if triple[1] == SH.targetClass:
                targets.setdefault(triple[2], []).append(triple[0])
            else:
                aimless.add(triple)
        if each:
            every = {shape for of_class in targets.values() for shape in of_class}
            return cls(aimless, aimless, targets, dict.fromkeys(every))
        asked = Graph()
        asked += aimless
        targets = {kind: _parted(asked, of_class) for kind, of_class in targets.items()}
        for shape, owned in list(asked.subject_objects(SH.property)):
            if _stands_alone(aimless, shape):
                asked.remove((shape, SH.property, owned))
        every = {shape for of_class in targets.values() for shape in of_class}
        return cls(aimless, asked, targets, {shape: _reads_of(asked, shape) for shape in every})

    def alike(self, nodes: Collection[str] | None, seen: Graph) -> Iterator[Alike]:
        """Yield each shape with nodes of its classes that are one to it.

        Args:
            nodes: The IRIs of the nodes that shapes are asked about; None: all.
            seen: The statements that the shapes see.
        """
        groups: dict[tuple[Node, object], list[Node]] = {}
        for node in set(seen.subjects(RDF.type)) if nodes is None else map(URIRef, nodes):
            values: dict[Node, set[Node]] = {}
            for predicate, value in seen.predicate_objects(node):
                values.setdefault(predicate, set()).add(value)
            frozen = {predicate: frozenset(found) for predicate, found in values.items()}
            asked = {s for kind in _classes(seen, node) for s in self.targets.get(kind, ())}
            for shape in asked:
                reads = self.reads[shape]
                key: object = node if reads is None else _read(frozen, reads)
                groups.setdefault((shape, key), []).append(node)
        for (shape, _), members in groups.items():
            yield shape, members

    def at(self, pairs: Iterable[Pair]) -> Graph:
        """Return the shapes of some pairs, each targeted at its nodes, and no other shape."""
        graph = Graph()
        done: set[Node] = set()
        for shape, node in pairs:
            self._copy(shape, graph, done)
            graph.add((shape, SH.targetNode, node))
        return graph

    def _copy(self, node: Node, into: Graph, done: set[Node]) -> None:
        """Copy what is stated about a shape, and about each part of it."""
        if node not in done:
            done.add(node)
            for triple in self.asked.triples((node, None, None)):
                into.add(triple)
                self._copy(triple[2], into, done)


def _read(values: dict[Node, frozenset[Node]], reads: frozenset[Node]) -> frozenset[object]:
    return frozenset((one, values[one]) for one in reads & values.keys())


def _classes(seen: Graph, node: Node) -> set[Node]:
    """Return the classes of a node, with those above them."""
    stated = seen.objects(node, RDF.type)
    above = (kind for one in stated for kind in seen.transitive_objects(one, RDFS.subClassOf))
    return {kind for kind in above if kind is not None}


def _stands_alone(shapes: Graph, shape: Node) -> bool:
    """Whether a node shape can be parted: no shape refers to it, and none of it is switched off."""
    return (
        (shape, SH.path, None) not in shapes
        and (shape, SH.deactivated, None) not in shapes
        and not any(predicate != SH.targetClass for predicate in shapes.predicates(None, shape))
    )


def _parted(shapes: Graph, targeted: Iterable[Node]) -> list[Node]:
    """Return the shapes of a class, with the properties of those that can be parted."""
    parts = [
        part
        for shape in targeted
        for part in (
            [shape, *shapes.objects(shape, SH.property)]
            if _stands_alone(shapes, shape)
            else [shape]
        )
    ]
    return list(dict.fromkeys(parts))


def _reads_of(shapes: Graph, shape: Node) -> frozenset[Node] | None:
    """Return what a targeted shape reads; its results are about the node and name the shape."""
    if (shape, SH.property, None) in shapes or (shape, SH.node, None) in shapes:
        return None  # results of shapes within it
    read = _reads(shapes, shape)
    return None if read is None else frozenset(read)


def _reads(shapes: Graph, shape: Node) -> set[Node] | None:
    if (shape, SH.path, None) in shapes:
        return _reads_of_property(shapes, shape)
    read: set[Node] = set()
    for predicate, value in shapes.predicate_objects(shape):
        if predicate in _NOTATION:
            continue
        if predicate not in _COMBINING:
            return None  # it looks at the node itself
        for part in shapes.items(value) if predicate in _LISTS else [value]:
            of_part = _reads(shapes, part)
            if of_part is None:
                return None
            read |= of_part
    return read


def _reads_of_property(shapes: Graph, shape: Node) -> set[Node] | None:
    """Return the property of a shape: what it asks of the values depends on the values alone."""
    path = shapes.value(shape, SH.path)
    listed = shapes.value(path, SH.alternativePath)
    steps = [path] if listed is None else shapes.items(listed)
    compared = (one for predicate in _COMPARING for one in shapes.objects(shape, predicate))
    read = {one for one in (*steps, *compared) if one is not None}
    return read if all(isinstance(one, URIRef) for one in read) else None
