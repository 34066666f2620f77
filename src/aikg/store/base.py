"""The part of the graph that each server on a store has itself: what rules read as a whole.

It is all about the terms of the ontology, and all statements with blank nodes, whose names are
another store's own. It changes with the files only.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox

from aikg.files.turtle import write_nquads
from aikg.files.version import stamp
from aikg.store.figures import FIGURES
from aikg.store.slices import is_own_term


def write(graph: Path, base: Path) -> None:
    """Write the part of a built graph, unless it is there.

    Args:
        graph: The built graph.
        base: The file of the part; its folder is made.
    """
    found = stamp(graph)
    if found == stamp(base):
        return
    base.parent.mkdir(mode=0o700, exist_ok=True)
    unfinished = base.with_suffix(".unfinished")
    quads = part_of(ox.parse(path=str(graph), format=ox.RdfFormat.N_QUADS))
    unfinished.write_bytes(f"# aikg {found}\n".encode() + write_nquads(quads))
    os.replace(unfinished, base)


def part_of(quads: Iterable[ox.Quad]) -> Iterator[ox.Quad]:
    """Yield the quads that are part of it."""
    for quad in quads:
        if quad.graph_name == FIGURES:
            continue
        subject = quad.subject
        is_term = isinstance(subject, ox.NamedNode) and is_own_term(subject.value)
        if is_term or isinstance(subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode):
            yield quad
