"""The graph as it is served: that of the files, and what the ledger says was published."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from aikg.files.turtle import write_nquads
from aikg.ledger import overlay, records
from aikg.ledger.database import Database
from aikg.publication import provenance
from aikg.rules import incremental
from aikg.settings import Settings


@dataclass(frozen=True)
class Replayed:
    """What the ledger adds to the graph of the files.

    Attributes:
        added: Quads that come, as N-Quads.
        removed: Quads that go, likewise.
        version: The version of the data with them.
    """

    added: bytes
    removed: bytes
    version: str


def replay(database: Database, files: str) -> Replayed | None:
    """Read what the ledger adds; None where it stands on other files than these.

    Args:
        database: The ledger.
        files: The version of the files that the graph was built from.
    """
    held = overlay.read(database)
    if held.files not in (None, files):
        return None
    told = write_nquads(_origins(database))
    version = overlay.version_of_data(database, files)
    return Replayed(held.added + told, held.removed, version)


def onto(store: ox.Store, settings: Settings, files: str) -> str:
    """Add what was published to a graph in this process; give the version of the data.

    Where the files have changed since, it is derived anew and not judged again: that is for a
    server, before it serves.
    """
    with contextlib.closing(Database(settings.ledger)) as database:
        held = replay(database, files)
        if held is None:
            rules = incremental.read(settings.root / "queries" / "rules")
            incremental.change(store, rules, added=_published(database))
            store.extend(_origins(database))
            return overlay.version_of_data(database, files)
    for quad in ox.parse(held.removed, format=ox.RdfFormat.N_QUADS):
        store.remove(quad)
    store.extend(ox.parse(held.added, format=ox.RdfFormat.N_QUADS))
    return held.version


def _published(database: Database) -> Iterator[ox.Quad]:
    for submission in records.in_states(database, records.PUBLISHED):
        graph = ox.NamedNode(submission.graph)
        stated = records.statements(database, submission)
        for quad in ox.parse(stated, format=ox.RdfFormat.N_TRIPLES):
            yield ox.Quad(quad.subject, quad.predicate, quad.object, graph)


def _origins(database: Database) -> set[ox.Quad]:
    return provenance.of(database, records.ever_published(database))
