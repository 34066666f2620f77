"""A query about some nodes is announced to a slice of a graph, which must have what it can read."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox


def announce(store: ox.Store, nodes: Iterable[ox.NamedNode]) -> None:
    """Announce a query about some nodes; a whole graph needs no notice.

    Args:
        store: The graph, or a slice of one.
        nodes: The nodes that the query names.
    """
    expect = getattr(store, "expect", None)
    if expect is not None:
        expect(nodes)
