"""The graph as it is served: that of the files, and the published submissions of the ledger."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pyoxigraph as ox

from aikg.ledger import overlay, records
from aikg.ledger.database import Database
from aikg.ledger.opening import open_ledger
from aikg.publication import provenance
from aikg.rules import incremental
from aikg.rules.delta import Delta, apply
from aikg.settings import Settings


def replay(database: Database, files: str) -> Delta[str] | None:
    """Read what the ledger adds to the graph of the files; None if it stands on other files.

    Args:
        database: The ledger.
        files: The version of the files that the graph was built from.
    """
    if not overlay.stands_on(database, files):
        return None
    origins = provenance.of(database, records.ever_published(database))
    return overlay.read(database).then(Delta(origins).lines())


def onto(store: ox.Store, settings: Settings, files: str) -> str:
    """Add the published submissions to a graph in this process; return the version of the data.

    If the files have changed since, or the graph cannot contain the overlay, everything is derived
    anew and not judged again: a server does that before it serves.
    """
    with contextlib.closing(open_ledger(settings)) as database:
        delta = _parsed(replay(database, files))
        if delta is not None:
            apply(delta, store)
        else:
            rules = incremental.read_rules(settings.root / "queries" / "rules")
            incremental.change(store, rules, added=_published(database))
            store.extend(provenance.of(database, records.ever_published(database)))
        return overlay.version_of_data(database, files)


def _parsed(delta: Delta[str] | None) -> Delta[ox.Quad] | None:
    """Parse a delta; None if that cannot be done."""
    with contextlib.suppress(SyntaxError, ValueError):
        return Delta.from_nquads(*delta.to_nquads()) if delta else None
    return None


def _published(database: Database) -> Iterator[ox.Quad]:
    """Read the published statements, without submissions that no parser reads."""
    for submission in records.in_states(database, records.PUBLISHED):
        graph = ox.NamedNode(submission.graph)
        with contextlib.suppress(SyntaxError, ValueError):
            stated = ox.parse(records.statements(database, submission), ox.RdfFormat.N_TRIPLES)
            yield from [ox.Quad(q.subject, q.predicate, q.object, graph) for q in stated]
