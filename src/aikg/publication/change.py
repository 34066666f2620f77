"""Evidence comes into the graph, or goes out of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from aikg.errors import StillUsed
from aikg.names import graph_of, shorten, stands_aside
from aikg.rules import incremental
from aikg.rules.delta import Delta
from aikg.rules.incremental import InferenceRules
from aikg.rules.reasoning import INFERRED

#: How many of those that point at something are listed.
_LISTED = 20


def publish(
    store: ox.Store, rules: InferenceRules, graph: str, triples: Iterable[ox.Triple]
) -> Delta:
    """Put statements into a named graph, and what follows from them beside them.

    Args:
        store: The graph; it is changed.
        rules: What follows.
        graph: The IRI of the named graph.
        triples: The statements.
    """
    name = ox.NamedNode(graph)
    added = [ox.Quad(t.subject, t.predicate, t.object, name) for t in triples]
    return incremental.change(store, rules, added=added)


@dataclass(frozen=True, order=True)
class User:
    """What points at something.

    Attributes:
        node: Its IRI.
        graph: The named graph that states it.
    """

    node: str
    graph: str


def withdraw(
    store: ox.Store,
    rules: InferenceRules,
    graph: str,
    later: Collection[str],
    kept: Collection[str] = (),
) -> Delta:
    """Take the statements of a named graph out of the graph, and what followed from them.

    Args:
        store: The graph; it is changed.
        rules: What follows.
        graph: The IRI of the named graph.
        later: The named graphs that came later: what they state must not point into the void.
        kept: Nodes that will be described again.

    Raises:
        StillUsed: Later graphs point at nodes that it alone describes and that are not kept.
    """
    found = users(store, graph, later, kept)
    if found:
        raise StillUsed(
            f"Others point at what it describes: {listed([user.node for user in found])}.",
            advice="Withdraw or replace those first, so that nothing points into the void; "
            "an administrator can withdraw it all the same (`force`).",
        )
    return incremental.change(store, rules, removed=statements(store, graph))


def statements(store: ox.Store, graph: str) -> list[ox.Quad]:
    """Return the statements of a named graph."""
    return list(store.quads_for_pattern(None, None, None, ox.NamedNode(graph)))


def set_aside(store: ox.Store, rules: InferenceRules, name: str) -> None:
    """Take what is published of a submission out of a graph, where a new version is judged."""
    prefix = graph_of(f"submission/{name}/")
    graphs = [g for g in store.named_graphs() if getattr(g, "value", "").startswith(prefix)]
    removed = [quad for g in graphs for quad in store.quads_for_pattern(None, None, None, g)]
    if removed:
        incremental.change(store, rules, removed=removed)


def users(
    store: ox.Store, graph: str, later: Collection[str], kept: Collection[str] = ()
) -> list[User]:
    """Return what would point into the void without a named graph, sorted.

    A graph that was there before relied on nothing in it; and what another source describes too
    stays described.

    Args:
        store: The graph.
        graph: The IRI of the named graph.
        later: The IRIs of the named graphs that count.
        kept: Nodes that do not go.
    """
    names = {*map(ox.NamedNode, later)} - {ox.NamedNode(graph)}
    if not names:
        return []
    still = {*map(ox.NamedNode, kept)}
    nodes: set[Any] = {quad.subject for quad in statements(store, graph)} - still
    return sorted(
        {
            User(getattr(quad.subject, "value", str(quad.subject)), quad.graph_name.value)
            for node in nodes
            if not _described_elsewhere(store, node, graph)
            for quad in store.quads_for_pattern(None, None, node, None)
            if quad.graph_name in names and isinstance(quad.graph_name, ox.NamedNode)
        }
    )


def _described_elsewhere(store: ox.Store, node: Any, graph: str) -> bool:
    apart = (ox.DefaultGraph(), INFERRED, ox.NamedNode(graph))
    return any(
        quad.graph_name not in apart and not stands_aside(quad.graph_name)
        for quad in store.quads_for_pattern(node, None, None, None)
    )


def listed(iris: Collection[str]) -> str:
    """Return IRIs as a list in words; of many, the first and how many more there are."""
    shown = sorted(iris)[:_LISTED]
    more = f", and {len(iris) - len(shown)} more" if len(iris) > len(shown) else ""
    return ", ".join(map(shorten, shown)) + more
