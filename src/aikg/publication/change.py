"""Evidence comes into the graph, or goes out of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

import pyoxigraph as ox

from aikg.errors import StillUsed
from aikg.intake.numbering import Numbering
from aikg.names import PREFIXES, RDF_TYPE, graph_of, shorten, stands_aside
from aikg.rules import incremental
from aikg.rules.delta import Delta
from aikg.rules.incremental import InferenceRules
from aikg.rules.reasoning import INFERRED
from aikg.shared.house import House

_FINDING = ox.NamedNode(PREFIXES["aikg"] + "Finding")
#: How many of the nodes that point at another are listed.
_LISTED = 20


def publish(
    store: ox.Store, rules: InferenceRules, graph: str, triples: Iterable[ox.Triple]
) -> Delta[ox.Quad]:
    """Put statements into a named graph, and what follows from them beside them.

    Args:
        store: The graph; it is changed.
        rules: The rules of inference.
        graph: The IRI of the named graph.
        triples: The statements.
    """
    name = ox.NamedNode(graph)
    added = [ox.Quad(t.subject, t.predicate, t.object, name) for t in triples]
    return incremental.change(store, rules, added=added)


class User(NamedTuple):
    """A node that points at another.

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
) -> Delta[ox.Quad]:
    """Take the statements of a named graph out of the graph, and what followed from them.

    Args:
        store: The graph; it is changed.
        rules: The rules of inference.
        graph: The IRI of the named graph.
        later: The named graphs that came later: they must not point at nodes that go.
        kept: Nodes that will be described again.

    Raises:
        StillUsed: Later graphs point at nodes that it alone describes and that are not kept.
    """
    found = users(store, graph, later, kept)
    if found:
        raise still_used(found)
    return incremental.change(store, rules, removed=statements(store, graph))


def still_used(found: Collection[User], dependents: Mapping[str, int] | None = None) -> StillUsed:
    """Return the error for a named graph that others point at.

    Args:
        found: The nodes that point at its nodes.
        dependents: See `dependents`.
    """
    with_it = f" With it would go {counted(dependents)}." if dependents else ""
    return StillUsed(
        f"Others point at what it describes: {listed([user.node for user in found])}.{with_it}",
        advice="Withdraw or replace those first, or withdraw all in one step "
        "(`with-dependents`); an administrator can withdraw it nevertheless (`force`).",
    )


def dependents(
    store: ox.Store, graph: str, later: Callable[[str], Collection[str]]
) -> dict[str, int]:
    """Return the named graphs that would point at nothing without another, sorted.

    A graph that points at one of these is one of them too.

    Args:
        store: The graph.
        graph: The IRI of the named graph.
        later: Returns the named graphs that came later than one.

    Returns:
        The IRIs, each with the number of its findings.
    """
    leaving = {graph}
    while True:
        used = (user for one in leaving for user in users(store, one, later(one), (), leaving))
        more = {user.graph for user in used} - leaving
        if not more:
            return {one: _findings(store, one) for one in sorted(leaving - {graph})}
        leaving |= more


def counted(dependents: Mapping[str, int]) -> str:
    """Return dependents as a list in words: `paloma-2/1 (3 findings)`."""
    start = graph_of("submission/")
    return ", ".join(
        f"{graph.removeprefix(start)} ({number} finding{'' if number == 1 else 's'})"
        for graph, number in dependents.items()
    )


def _findings(store: ox.Store, graph: str) -> int:
    pattern = ox.NamedNode(RDF_TYPE), _FINDING, ox.NamedNode(graph)
    return sum(1 for _ in store.quads_for_pattern(None, *pattern))


def statements(store: ox.Store, graph: str) -> list[ox.Quad]:
    """Return the statements of a named graph."""
    return list(store.quads_for_pattern(None, None, None, ox.NamedNode(graph)))


def set_aside(store: ox.Store, rules: InferenceRules, name: str) -> None:
    """Take what is published of a submission out of a graph, where a new version is judged."""
    prefix = graph_of(f"submission/{name}/")
    graphs = [g.value for g in store.named_graphs() if getattr(g, "value", "").startswith(prefix)]
    for graph in graphs:
        incremental.change(store, rules, removed=statements(store, graph))
        for quad in Numbering(store, House()).quads_of(graph):
            store.remove(quad)


def users(
    store: ox.Store,
    graph: str,
    later: Collection[str],
    kept: Collection[str] = (),
    leaving: Collection[str] = (),
) -> list[User]:
    """Return the nodes that would point at nothing without a named graph, sorted.

    A graph that was there before relied on nothing in it. A node that another source describes too
    stays described.

    Args:
        store: The graph.
        graph: The IRI of the named graph.
        later: The IRIs of the named graphs that count.
        kept: Nodes that do not go.
        leaving: The IRIs of other named graphs that go with it.
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
            if not _described_elsewhere(store, node, {graph, *leaving})
            for quad in store.quads_for_pattern(None, None, node, None)
            if quad.graph_name in names and isinstance(quad.graph_name, ox.NamedNode)
        }
    )


def _described_elsewhere(store: ox.Store, node: Any, leaving: Collection[str]) -> bool:
    apart = (ox.DefaultGraph(), INFERRED, *map(ox.NamedNode, leaving))
    return any(
        quad.graph_name not in apart and not stands_aside(quad.graph_name)
        for quad in store.quads_for_pattern(node, None, None, None)
    )


def listed(iris: Collection[str]) -> str:
    """Return IRIs as a list in words; of many, the first and how many more there are."""
    shown = sorted(iris)[:_LISTED]
    more = f", and {len(iris) - len(shown)} more" if len(iris) > len(shown) else ""
    return ", ".join(map(shorten, shown)) + more
