"""What a check writes to a store: under names of its own, so that all of it can be removed."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

import pyoxigraph as ox

from aikg.errors import StoreRefused
from aikg.store.protocol import Store, insert_data

#: How the name of each graph and node begins that a check writes.
PREFIX = "urn:aikg-store-check:"

_DEFAULT = "default graph"
_GRAPHS = f"""SELECT DISTINCT ?g {{
  GRAPH ?g {{ ?s ?p ?o }} FILTER(STRSTARTS(STR(?g), "{PREFIX}"))
}}"""
_NODES = f'?s ?p ?o FILTER(STRSTARTS(STR(?s), "{PREFIX}"))'


class Traces:
    """The graphs and nodes of one check.

    Args:
        store: The store, with an address for updates.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._prefix = f"{PREFIX}{secrets.token_hex(6)}:"

    def name(self, local: str) -> ox.NamedNode:
        """Return a name of this check, for a graph, a node or a property."""
        return ox.NamedNode(self._prefix + local)

    def write(self, quads: Iterable[ox.Quad]) -> None:
        """Add quads by one update."""
        self.store.update(insert_data(quads))


def left(store: Store) -> list[str]:
    """Return what checks have left in a store: their graphs, and `default graph`."""
    _, rows = store.select(_GRAPHS)
    found = sorted(str(getattr(row[0], "value", row[0])) for row in rows)
    return found + ([_DEFAULT] if store.holds(f"ASK {{ {_NODES} }}") else [])


def remove(store: Store) -> list[str]:
    """Remove all that checks have written to a store, this one's and those that were killed.

    Returns:
        The names of the graphs, and `default graph`.

    Raises:
        StoreRefused: Something is still there.
    """
    found = left(store)
    for graph in found:
        if graph != _DEFAULT:
            name = ox.NamedNode(graph)
            store.update(f"DELETE WHERE {{ GRAPH {name} {{ ?s ?p ?o }} }}")
    # Graphs that are still there have terms which a pattern does not find; and where the default
    # graph is the union of all, its part is gone by now.
    for graph in left(store):
        if graph == _DEFAULT:
            store.update(f"DELETE {{ ?s ?p ?o }} WHERE {{ {_NODES} }}")
        else:
            store.update(f"DROP SILENT GRAPH {ox.NamedNode(graph)}")
    if still := left(store):
        raise StoreRefused(
            f"The store still contains {', '.join(still[:3])}, which the check wrote.",
            advice=f"Remove the graphs whose names begin with {PREFIX} by the store's own means.",
        )
    return found
