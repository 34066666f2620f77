"""Evidence comes into the graph, or goes out of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pyoxigraph as ox

from aikg.errors import StillUsed
from aikg.names import shorten
from aikg.rules import incremental
from aikg.rules.difference import Difference
from aikg.rules.incremental import Rules
from aikg.rules.reasoning import INFERRED

#: How many of those that point at something are listed.
_LISTED = 20


def publish(store: ox.Store, rules: Rules, graph: str, triples: Iterable[ox.Triple]) -> Difference:
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


def withdraw(store: ox.Store, rules: Rules, graph: str, kept: Collection[str] = ()) -> Difference:
    """Take the statements of a named graph out of the graph, and what followed from them.

    Args:
        store: The graph; it is changed.
        rules: What follows.
        graph: The IRI of the named graph.
        kept: Nodes that will be described again.

    Raises:
        StillUsed: Others point at nodes that it describes and that are not kept.
    """
    removed = statements(store, graph)
    still = {*map(ox.NamedNode, kept)}
    _refuse_if_used(store, graph, {q.subject for q in removed if q.subject not in still})
    return incremental.change(store, rules, removed=removed)


def statements(store: ox.Store, graph: str) -> list[ox.Quad]:
    """Give the statements of a named graph."""
    return list(store.quads_for_pattern(None, None, None, ox.NamedNode(graph)))


def users(store: ox.Store, graph: str, nodes: Iterable[object]) -> list[str]:
    """Give what in other graphs states something of nodes, as IRIs, sorted."""
    apart = (ox.DefaultGraph(), INFERRED, ox.NamedNode(graph))
    return sorted(
        {
            getattr(quad.subject, "value", str(quad.subject))
            for node in nodes
            for quad in store.quads_for_pattern(None, None, node, None)  # type: ignore[arg-type]
            if quad.graph_name not in apart
        }
    )


def _refuse_if_used(store: ox.Store, graph: str, nodes: Collection[object]) -> None:
    found = users(store, graph, nodes)
    if found:
        more = f", and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
        listed = ", ".join(shorten(iri) for iri in found[:_LISTED])
        raise StillUsed(
            f"Others point at what it describes: {listed}{more}.",
            advice="Withdraw or replace those first, so that nothing points into the void.",
        )
