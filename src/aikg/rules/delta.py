"""Changes of a graph, quad by quad: as a value, and as a store that records its changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

import pyoxigraph as ox

from aikg.files.canonical import canonical_quad
from aikg.names import stands_aside
from aikg.rules.reasoning import INFERRED

DEFAULT = ox.DefaultGraph()
#: A quad in memory, or its line of N-Quads without the line break.
Q = TypeVar("Q", ox.Quad, str)


@dataclass(frozen=True)
class Delta(Generic[Q]):
    """The quads by which a graph differs from an earlier one; no quad is in both sets.

    A process that only passes a change on, or keeps it, has it as lines: it parses nothing.

    Attributes:
        added: Quads that were not there.
        removed: Quads that were.
    """

    added: set[Q] = field(default_factory=set)
    removed: set[Q] = field(default_factory=set)

    @staticmethod
    def from_nquads(added: bytes, removed: bytes) -> Delta[ox.Quad]:
        """Read both sets from N-Quads.

        Raises:
            SyntaxError: One of them is not N-Quads.
        """
        return Delta(*(set(ox.parse(part, ox.RdfFormat.N_QUADS)) for part in (added, removed)))

    @staticmethod
    def from_lines(added: str, removed: str) -> Delta[str]:
        """Split N-Quads into lines, without parsing them."""
        return Delta(*(set(filter(None, part.split("\n"))) for part in (added, removed)))

    def lines(self) -> Delta[str]:
        """Return the delta with each quad as a line of N-Quads."""
        return Delta(set(map(_line, self.added)), set(map(_line, self.removed)))

    def to_nquads(self) -> tuple[bytes, bytes]:
        """Write both sets as N-Quads, `added` first: the same quads, the same bytes."""
        lines = self.lines()
        return _joined(lines.added), _joined(lines.removed)

    def then(self, later: Delta[Q]) -> Delta[Q]:
        """Return the delta of two changes, one after the other."""
        return Delta(
            (self.added - later.removed) | (later.added - self.removed),
            (self.removed - later.added) | (later.removed - self.added),
        )

    def reversed(self) -> Delta[Q]:
        """Return the delta that undoes this one."""
        return Delta(self.removed, self.added)


def apply(delta: Delta[ox.Quad], store: ox.Store) -> None:
    """Change a store by a delta."""
    for quad in delta.removed:
        store.remove(quad)
    store.extend(delta.added)


class Recorder:
    """A store that records its changes.

    Attributes:
        store: The store.
        delta: The changes so far.
    """

    def __init__(self, store: ox.Store) -> None:
        self.store = store
        self.delta: Delta[ox.Quad] = Delta()

    def add(self, quad: ox.Quad) -> None:
        """Add a quad; one that was removed before is unchanged in all."""
        if quad not in self.store:
            self.store.add(quad)
            _note(quad, self.delta.added, self.delta.removed)

    def remove(self, quad: ox.Quad) -> None:
        """Remove a quad; one that was added before is unchanged in all."""
        if quad in self.store:
            self.store.remove(quad)
            _note(quad, self.delta.removed, self.delta.added)

    def conclude(self, triples: Iterable[ox.Triple]) -> bool:
        """Add inferred triples; return whether any of them is new."""
        new = [triple for triple in triples if quad_in(DEFAULT, triple) not in self.store]
        for triple in new:
            self.add(quad_in(DEFAULT, triple))
            self.add(quad_in(INFERRED, triple))
        return bool(new)

    def forget(self, nodes: Iterable[object]) -> None:
        """Remove all that is inferred about some nodes, unless a source states it."""
        for node in nodes:
            about = self.store.quads_for_pattern(cast(ox.NamedNode, node), None, None, INFERRED)
            for quad in list(about):
                self.remove(quad)
                if self.graphs_of(quad.triple) == {DEFAULT}:
                    self.remove(quad_in(DEFAULT, quad.triple))

    def graphs_of(self, triple: ox.Triple) -> set[object]:
        """Return the graphs of the evidence with a triple, the default graph among them."""
        terms = triple.subject, triple.predicate, triple.object
        graphs = {quad.graph_name for quad in self.store.quads_for_pattern(*terms, None)}
        return {graph for graph in graphs if not stands_aside(graph)}

    def revert(self) -> None:
        """Undo all changes."""
        apply(self.delta.reversed(), self.store)
        self.delta = Delta()


def quad_in(graph: ox.NamedNode | ox.DefaultGraph, triple: ox.Triple) -> ox.Quad:
    """Return a triple as a quad of a graph."""
    return ox.Quad(triple.subject, triple.predicate, triple.object, graph)


def _note(quad: ox.Quad, noted: set[ox.Quad], opposite: set[ox.Quad]) -> None:
    if quad in opposite:
        opposite.discard(quad)
    else:
        noted.add(quad)


def _line(quad: ox.Quad | str) -> str:
    if isinstance(quad, str):
        return quad
    written = ox.serialize([canonical_quad(quad)], format=ox.RdfFormat.N_QUADS)
    return cast(bytes, written).decode().rstrip("\n")


def _joined(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in sorted(lines)).encode()
