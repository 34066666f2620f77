"""A graph while it is changed: what it gained and lost, and how to undo it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import pyoxigraph as ox

from aikg.names import stands_aside
from aikg.rules.reasoning import INFERRED

DEFAULT = ox.DefaultGraph()


@dataclass(frozen=True)
class Difference:
    """How a graph differs from what it was, quad by quad; no quad is in both.

    Attributes:
        added: Quads that were not there.
        removed: Quads that were.
    """

    added: set[ox.Quad]
    removed: set[ox.Quad]

    def then(self, later: Difference) -> Difference:
        """Give the difference that two make, one after the other."""
        return Difference(
            (self.added - later.removed) | (later.added - self.removed),
            (self.removed - later.added) | (later.removed - self.added),
        )


class Change:
    """A store while it is changed; it knows what it was before."""

    def __init__(self, store: ox.Store) -> None:
        self.store = store
        self.added: set[ox.Quad] = set()
        self.removed: set[ox.Quad] = set()

    def add(self, quad: ox.Quad) -> None:
        """Add a quad; the one that was removed before is as it was."""
        if quad not in self.store:
            self.store.add(quad)
            self._note(quad, self.added, self.removed)

    def remove(self, quad: ox.Quad) -> None:
        """Remove a quad; the one that was added before never was."""
        if quad in self.store:
            self.store.remove(quad)
            self._note(quad, self.removed, self.added)

    @staticmethod
    def _note(quad: ox.Quad, noted: set[ox.Quad], opposite: set[ox.Quad]) -> None:
        if quad in opposite:
            opposite.discard(quad)
        else:
            noted.add(quad)

    def conclude(self, triples: Iterable[ox.Triple]) -> bool:
        """Add what follows, unless it is there; say whether anything is new."""
        new = [triple for triple in triples if quad_in(DEFAULT, triple) not in self.store]
        for triple in new:
            self.add(quad_in(DEFAULT, triple))
            self.add(quad_in(INFERRED, triple))
        return bool(new)

    def forget(self, nodes: Iterable[object]) -> None:
        """Remove all that follows about some nodes, unless a source states it."""
        for node in nodes:
            about = self.store.quads_for_pattern(cast(ox.NamedNode, node), None, None, INFERRED)
            for quad in list(about):
                self.remove(quad)
                if self.graphs_of(quad.triple) == {DEFAULT}:
                    self.remove(quad_in(DEFAULT, quad.triple))

    def graphs_of(self, triple: ox.Triple) -> set[object]:
        """Give the graphs of the evidence that hold a triple, the default graph among them."""
        terms = triple.subject, triple.predicate, triple.object
        graphs = {quad.graph_name for quad in self.store.quads_for_pattern(*terms, None)}
        return {graph for graph in graphs if not stands_aside(graph)}

    def revert(self) -> None:
        """Make the store what it was."""
        for quad in self.added:
            self.store.remove(quad)
        self.store.extend(self.removed)
        self.added, self.removed = set(), set()


def quad_in(graph: ox.NamedNode | ox.DefaultGraph, triple: ox.Triple) -> ox.Quad:
    """Put a triple into a graph."""
    return ox.Quad(triple.subject, triple.predicate, triple.object, graph)
