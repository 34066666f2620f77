"""The one update of a step: all that comes and goes, with the version, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from aikg.store.figures import DATASET, FIGURES, VERSION, on_store

#: Asks for the version of the data on a store.
VERSION_QUERY = f"SELECT ?version WHERE {{ GRAPH {FIGURES} {{ {DATASET} {VERSION} ?version }} }}"


def guarded(added: Iterable[ox.Quad], removed: Iterable[ox.Quad], before: str) -> str:
    """Return an update that a store applies whole if it has a version, and else not at all.

    Args:
        added: The quads that come, with the new version among them.
        removed: The quads that go, with the old version among them.
        before: The version that the store must have.
    """
    present = f"GRAPH {FIGURES} {{ {DATASET} {VERSION} {ox.Literal(before)} }}"
    return (
        f"DELETE {{\n{_template(removed)}}}\nINSERT {{\n{_template(added)}}}\nWHERE {{ {present} }}"
    )


def _template(quads: Iterable[ox.Quad]) -> str:
    by_graph: dict[str, list[str]] = {}
    for quad in map(on_store, quads):
        name = "" if quad.graph_name == ox.DefaultGraph() else str(quad.graph_name)
        by_graph.setdefault(name, []).append(f"{quad.subject} {quad.predicate} {quad.object} .\n")
    return "".join(
        f"GRAPH {name} {{\n{''.join(lines)}}}\n" if name else "".join(lines)
        for name, lines in sorted(by_graph.items())
    )
