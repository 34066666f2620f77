"""The part of a graph that rules and checks can read because of a change.

A rule or a check reads the nodes that a node points to, and so on; the program follows those by
itself. The header names what it reads against the direction of a property:
`#+ joins: aikg:ofGroup/^aikg:ofGroup` says that a changed finding meets the others of its group.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from aikg.errors import QueryMalformed
from aikg.files.queries import Query
from aikg.names import PREFIXES, RDF_TYPE, stands_aside
from aikg.rules.reasoning import INFERRED

_STEP = re.compile(r"(\^?)([\w-]+:[\w-]+)(\+?)|\(([\w-]+:[\w-]+)\|\^\4\)\+")

#: Inferred both ways between groups that may be many: nothing beyond it is read.
_NOT_FOLLOWED = {RDF_TYPE, PREFIXES["aikg"] + "sharesPatientsWith"}

_DEFAULT = ox.DefaultGraph()


@dataclass(frozen=True, slots=True)
class Step:
    """One property of a path.

    Attributes:
        property: The property.
        forward: Whether it is followed from its node to its value.
        backward: Whether it is followed from its value to its node.
        repeated: Whether it is followed as often as it leads on.
    """

    property: ox.NamedNode
    forward: bool
    backward: bool
    repeated: bool


#: Properties one after the other.
Path = tuple[Step, ...]


def joins(queries: Iterable[Query]) -> frozenset[Path]:
    """Read the paths in the headers of rules and checks, which are separated by spaces.

    Raises:
        QueryMalformed: A header is not a list of paths.
    """
    return frozenset(
        path
        for query in queries
        for path in read_paths(query.header.get("joins", ""), str(query.path))
    )


def read_paths(text: str, where: str) -> Iterator[Path]:
    """Read paths, which are separated by spaces.

    Args:
        text: The paths, as in a header.
        where: What has them, for a message.

    Raises:
        QueryMalformed: It is not a list of paths.
    """
    for path in text.split():
        yield tuple(_step(step, where) for step in path.split("/"))


def _step(text: str, where: str) -> Step:
    match = _STEP.fullmatch(text)
    prefix, _, local = ((match[2] or match[4]) if match else "").partition(":")
    if match is None or prefix not in PREFIXES:
        raise QueryMalformed(
            f"{where}: `#+ joins:` has the step {text!r}, which is not a prefixed name.",
            advice="Write paths such as aikg:ofGroup/^aikg:ofGroup, with spaces between them.",
        )
    both = match[4] is not None
    return Step(
        ox.NamedNode(PREFIXES[prefix] + local),
        forward=both or not match[1],
        backward=both or bool(match[1]),
        repeated=both or bool(match[3]),
    )


def around(store: ox.Store, changed: Iterable[str], paths: Iterable[Path]) -> Iterator[ox.Quad]:
    """Yield the statements about changed nodes, about the nodes they join, and on from both.

    Args:
        store: The graph with the change in it, in the default graph.
        changed: The IRIs of the nodes with a new statement.
        paths: The paths of `joins`.
    """
    known = {ox.NamedNode(iri) for iri in changed}
    reached = joined(store, known, paths)  # with texts, where a text stands in a node's place
    waiting = list(known | {node for node in reached if not isinstance(node, ox.Literal)})
    seen = set(waiting)
    while waiting:
        for quad in store.quads_for_pattern(waiting.pop(), None, None, _DEFAULT):
            yield quad
            if quad.object not in seen and leads_on(quad):
                seen.add(quad.object)
                waiting.append(quad.object)


def leads_on(quad: ox.Quad) -> bool:
    """Say whether to read on at a value: a node that is not a term of the ontology."""
    value = quad.object
    if not isinstance(value, ox.NamedNode) or value.value.startswith(PREFIXES["aikg"]):
        return False
    return quad.predicate.value not in _NOT_FOLLOWED


def joined(store: ox.Store, nodes: Iterable[Any], paths: Iterable[Path]) -> set[Any]:
    """Return the nodes to which paths lead from some nodes."""
    found: set[Any] = set()
    reached: dict[Path, set[Any]] = {(): set(nodes)}  # paths begin alike
    for path in paths:
        for length, step in enumerate(path):
            begun, further = path[:length], path[: length + 1]
            if further not in reached:
                reached[further] = _follow(store, reached[begun], step)
        found |= reached[path]
    return found


def with_dependents(store: ox.Store, nodes: Iterable[Any]) -> set[Any]:
    """Add the nodes that point at some nodes, and so on: a rule's path may pass through them."""
    found = set(nodes)
    new = found
    while new:
        pointing = (quad for n in new for quad in store.quads_for_pattern(None, None, n, None))
        new = {
            q.subject
            for q in pointing
            if q.graph_name not in (_DEFAULT, INFERRED) and not stands_aside(q.graph_name)
        } - found
        found |= new
    return found


def _follow(store: ox.Store, nodes: set[Any], step: Step) -> set[Any]:
    found: set[Any] = set()
    waiting: Sequence[Any] = list(nodes)
    while waiting:
        reached = {other for node in waiting for other in _values(store, node, step)}
        waiting = list(reached - found) if step.repeated else []
        found |= reached
    return found


def _values(store: ox.Store, node: Any, step: Step) -> Iterator[Any]:
    if step.backward:
        for quad in store.quads_for_pattern(None, step.property, node, _DEFAULT):
            yield quad.subject
    if step.forward and not isinstance(node, ox.Literal):
        for quad in store.quads_for_pattern(node, step.property, None, _DEFAULT):
            yield quad.object
