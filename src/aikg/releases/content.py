"""The served graph as lines of N-Quads, as a release publishes it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from aikg.description import void
from aikg.errors import ReleaseRefused
from aikg.files.turtle import load_nquads, write_nquads
from aikg.files.version import built_version
from aikg.ledger import overlay
from aikg.ledger.opening import has_ledger, open_ledger
from aikg.names import BASE
from aikg.publication.replay import replay
from aikg.settings import Settings
from aikg.vocabularies import prepared

_VOID = f" <{void.GRAPH.value}> ."
_ONTOLOGY = BASE + "graph/ontology/"


@dataclass(frozen=True)
class Content:
    """A graph.

    Attributes:
        lines: Its quads as N-Quads, sorted, without line breaks.
        version: The version of the data.
        day: The day of the last step in the ledger, as in 2026-11-30; None without any step.
    """

    lines: list[str]
    version: str
    day: str | None = None

    def nquads(self) -> bytes:
        """Return the N-Quads."""
        return "".join(f"{line}\n" for line in self.lines).encode()

    def store(self) -> ox.Store:
        """Load the graph."""
        store = ox.Store()
        load_nquads(store, self.nquads())
        return store

    def quads(self) -> Iterator[ox.Quad]:
        """Parse the quads, in the order of the lines, with numbers as they are written."""
        yield from ox.parse(self.nquads(), format=ox.RdfFormat.N_QUADS)

    def evidence(self) -> list[ox.Triple]:
        """Return the triples of the default graph."""
        return [quad.triple for quad in self.quads() if quad.graph_name == ox.DefaultGraph()]

    def ontology(self) -> list[ox.Triple]:
        """Return the triples of the ontology's own graphs."""
        return [
            quad.triple
            for quad in self.quads()
            if isinstance(quad.graph_name, ox.NamedNode)
            and quad.graph_name.value.startswith(_ONTOLOGY)
        ]


def read(settings: Settings) -> Content:
    """Read the built graph with the published submissions, and count its figures.

    Vocabularies that may not be passed on are not in it.

    Raises:
        ReleaseRefused: The published submissions were judged with other files.
    """
    files = built_version(settings.graph) or ""
    with settings.graph.open(encoding="utf-8") as built:
        next(built)
        lines = {line.rstrip("\n") for line in built if not line.endswith(f"{_VOID}\n")}
    version, day = files, None
    if has_ledger(settings):
        with contextlib.closing(open_ledger(settings)) as database:
            delta = replay(database, files)
            version = overlay.version_of_data(database, files)
            (last,) = database.rows("SELECT max(at) AS at FROM event")
            day = last["at"] and last["at"][:10]
        if delta is None:
            raise ReleaseRefused(
                "The published submissions were judged with an earlier version of the files.",
                advice="Start the server once, which judges them again; then make the release.",
            )
        lines = (lines - delta.removed) | delta.added
    passed_on = [head for head in prepared.heads(settings.home) if head.passed_on]
    version = prepared.version_with(version, passed_on)
    lines |= set(prepared.lines(settings.home, passed_on))
    return Content(counted(lines, version), version, day)


def counted(lines: Iterable[str], version: str) -> list[str]:
    """Return the lines of a graph with its figures in VoID, sorted."""
    bare = {line for line in lines if not line.endswith(_VOID)}
    store = Content(sorted(bare), version).store()
    figures = void.describe(store, version)
    return sorted(bare | set(write_nquads(figures).decode().split("\n")[:-1]))
