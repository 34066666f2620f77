"""Changes of a graph, quad by quad: as a value, and as a store that records its changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast

import pyoxigraph as ox

from aikg.files.turtle import write_nquads
from aikg.names import stands_aside
from aikg.rules.reasoning import INFERRED

DEFAULT = ox.DefaultGraph()


@dataclass(frozen=True)
class Delta:
    """The quads by which a graph differs from an earlier one; no quad is in both sets.

    Attributes:
        added: Quads that were not there.
        removed: Quads that were.
    """

    added: set[ox.Quad] = field(default_factory=set)
    removed: set[ox.Quad] = field(default_factory=set)

    @classmethod
    def from_nquads(cls, added: bytes, removed: bytes) -> Delta:
        """Read both sets from N-Quads.

        Raises:
            SyntaxError: One of them is not N-Quads.
        """
        return cls(*(set(ox.parse(part, ox.RdfFormat.N_QUADS)) for part in (added, removed)))

    def to_nquads(self) -> tuple[bytes, bytes]:
        """Write both sets as N-Quads, `added` first: the same quads, the same bytes."""
        return write_nquads(self.added), write_nquads(self.removed)

    def then(self, later: Delta) -> Delta:
        """Return the delta of two changes, one after the other."""
        return Delta(
            (self.added - later.removed) | (later.added - self.removed),
            (self.removed - later.added) | (later.removed - self.added),
        )


class Recorder:
    """A store that records its changes.

    Attributes:
        store: The store.
        delta: The changes so far.
    """

    def __init__(self, store: ox.Store) -> None:
        self.store = store
        self.delta = Delta()

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
        for quad in self.delta.added:
            self.store.remove(quad)
        self.store.extend(self.delta.removed)
        self.delta = Delta()


def quad_in(graph: ox.NamedNode | ox.DefaultGraph, triple: ox.Triple) -> ox.Quad:
    """Return a triple as a quad of a graph."""
    return ox.Quad(triple.subject, triple.predicate, triple.object, graph)


def _note(quad: ox.Quad, noted: set[ox.Quad], opposite: set[ox.Quad]) -> None:
    if quad in opposite:
        opposite.discard(quad)
    else:
        noted.add(quad)
