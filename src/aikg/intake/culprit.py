"""Which property of a node breaks a shape on the whole node."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass

from rdflib import SH, Graph, Literal, URIRef
from rdflib.term import Node

_ALTERNATIVES = (SH["or"], SH["and"], SH.xone)


@dataclass(frozen=True)
class _Leaf:
    """A property shape within a shape.

    Attributes:
        paths: Its properties: one, or alternatives.
        needed: Whether it asks for a value.
        barred: Whether it allows none.
    """

    paths: tuple[str, ...]
    needed: bool
    barred: bool


def wrong_property(shapes: Graph, shape: str, stated: Container[str]) -> str | None:
    """Return the property that a node lacks, or has and must not have, or has with a wrong value.

    A shape on a whole node is mostly a choice: the rule is for other nodes, or the node satisfies
    it. The part that asks for a value names the missing one; otherwise the last part is the rule.

    Args:
        shapes: The graph of the shapes.
        shape: The IRI of the shape.
        stated: The properties that the node has.
    """
    node = URIRef(shape)
    one_of = [list(_leaves(shapes, part)) for part in _listed(shapes, node, SH.xone)]
    given = [path for leaves in one_of for path in _needed(leaves) if path in stated]
    if given:
        return given[-1]
    leaves = list(_leaves(shapes, node))
    missing = [path for path in _needed(leaves) if path not in stated]
    if missing:
        return missing[0]
    barred = [path for leaf in leaves if leaf.barred for path in leaf.paths if path in stated]
    if barred:
        return barred[0]
    others = [path for leaf in leaves if not leaf.barred for path in leaf.paths if path in stated]
    return others[-1] if others else None


def _needed(leaves: list[_Leaf]) -> list[str]:
    return [path for leaf in leaves if leaf.needed for path in leaf.paths]


def _leaves(shapes: Graph, node: Node) -> Iterator[_Leaf]:
    """Yield the property shapes within a shape, in the order of its lists."""
    path = shapes.value(node, SH.path)
    if path is not None:
        options = shapes.value(path, SH.alternativePath)
        paths = shapes.items(options) if options is not None else [path]
        least, most = shapes.value(node, SH.minCount), shapes.value(node, SH.maxCount)
        needed = isinstance(least, Literal) and int(least) > 0
        barred = isinstance(most, Literal) and int(most) == 0
        yield _Leaf(tuple(map(str, paths)), needed, barred)
        return
    for part in sorted(shapes.objects(node, SH.property), key=str):
        yield from _leaves(shapes, part)
    for kind in _ALTERNATIVES:
        for part in _listed(shapes, node, kind):
            yield from _leaves(shapes, part)


def _listed(shapes: Graph, node: Node, kind: URIRef) -> Iterator[Node]:
    """Yield the parts of a choice, also of one within a part of a choice."""
    for parts in shapes.objects(node, kind):
        yield from shapes.items(parts)
    if kind == SH.xone:
        for parts in shapes.objects(node, SH["or"]):
            for part in shapes.items(parts):
                yield from _listed(shapes, part, kind)
