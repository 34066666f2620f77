"""The graph as it is served: that of the files, and what the ledger says was published."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from aikg.files.turtle import write_nquads
from aikg.ledger import overlay, records
from aikg.ledger.database import Database
from aikg.ledger.records import Submission
from aikg.publication import provenance
from aikg.rules import incremental
from aikg.settings import Settings

#: The name of the graph at the end of a quad.
_GRAPH = re.compile(r" <([^<>\s]*)> \.$")


@dataclass(frozen=True)
class Replayed:
    """What the ledger adds to the graph of the files.

    Attributes:
        added: Quads that come, as N-Quads.
        removed: Quads that go, likewise.
        version: The version of the data with them.
        refused: Lines of the ledger that are not N-Quads to the parser; no graph contains them.
    """

    added: bytes
    removed: bytes
    version: str
    refused: list[str]


def replay(database: Database, files: str) -> Replayed | None:
    """Read what the ledger adds; None where it stands on other files than these.

    Args:
        database: The ledger.
        files: The version of the files that the graph was built from.
    """
    held = overlay.read(database)
    if held.files not in (None, files):
        return None
    added, refused = parted(held.added)
    removed, also = parted(held.removed)
    told = write_nquads(_origins(database))
    version = overlay.version_of_data(database, files)
    return Replayed(added + told, removed, version, refused + also)


def sources(database: Database, lines: Iterable[str]) -> dict[str, list[str]]:
    """Trace quads to the named graphs of the submissions that brought them.

    Args:
        database: The ledger.
        lines: Quads as the ledger keeps them, one a line.

    Returns:
        The lines by the IRI of the graph; below "" those of unknown origin.
    """
    known = records.ever_published(database)
    graphs = {submission.graph for submission in known}
    found: dict[str, list[str]] = {}
    stated: dict[str, str] | None = None
    for line in lines:
        match = _GRAPH.search(line)
        graph = match[1] if match and match[1] in graphs else ""
        if not graph:  # it stands in the default graph, or is inferred
            stated = stated or _stated(database, known)
            triples = (line, _GRAPH.sub(" .", line))
            graph = next((stated[triple] for triple in triples if triple in stated), "")
        if not graph:
            owners = (s.graph for s in known if line.startswith(f"<{s.namespace}"))
            graph = next(owners, "")
        found.setdefault(graph, []).append(line)
    return found


def onto(store: ox.Store, settings: Settings, files: str) -> str:
    """Add what was published to a graph in this process; give the version of the data.

    Where the files have changed since, it is derived anew and not judged again: that is for a
    server, before it serves.
    """
    with contextlib.closing(Database(settings.ledger)) as database:
        held = replay(database, files)
        if held is None:
            rules = incremental.read_rules(settings.root / "queries" / "rules")
            incremental.change(store, rules, added=_published(database))
            store.extend(_origins(database))
            return overlay.version_of_data(database, files)
        graphs = sorted(filter(None, sources(database, held.refused)))
    for quad in ox.parse(held.removed, format=ox.RdfFormat.N_QUADS):
        store.remove(quad)
    store.extend(ox.parse(held.added, format=ox.RdfFormat.N_QUADS))
    for graph in graphs:  # no server has withheld them yet
        rules = incremental.read_rules(settings.root / "queries" / "rules")
        gone = store.quads_for_pattern(None, None, None, ox.NamedNode(graph))
        incremental.change(store, rules, removed=list(gone))
    return held.version


def parted(quads: bytes) -> tuple[bytes, list[str]]:
    """Part the lines that are N-Quads (or N-Triples) from those that the parser refuses."""
    if _parses(quads):
        return quads, []
    lines = quads.decode().split("\n")
    refused = [line for line in lines if not _parses(line.encode())]
    apart = set(refused)
    return "\n".join(line for line in lines if line not in apart).encode(), refused


def _parses(quads: bytes) -> bool:
    try:
        for _ in ox.parse(quads, format=ox.RdfFormat.N_QUADS):
            pass
    except (SyntaxError, ValueError, MemoryError):
        return False
    return True


def _stated(database: Database, known: Iterable[Submission]) -> dict[str, str]:
    """Return the graph of each statement, and of each triple that followed from it."""
    return {
        line: submission.graph
        for submission in known
        for part in (records.statements, records.followed)
        for line in part(database, submission).decode().split("\n")
        if line
    }


def _published(database: Database) -> Iterator[ox.Quad]:
    for submission in records.in_states(database, records.PUBLISHED):
        graph = ox.NamedNode(submission.graph)
        stated = records.statements(database, submission)
        if not _parses(stated):
            continue
        for quad in ox.parse(stated, format=ox.RdfFormat.N_TRIPLES):
            yield ox.Quad(quad.subject, quad.predicate, quad.object, graph)


def _origins(database: Database) -> set[ox.Quad]:
    return provenance.of(database, records.ever_published(database))
