"""Where the served graph differs from what the files alone give: quads added, and removed.

It is kept as the difference itself, not as a list of changes, so that a replay is one step however
long the history, and what is purged leaves no trace in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aikg.ledger.database import Database

_FILES = "overlay files"


@dataclass(frozen=True, slots=True)
class Overlay:
    """The difference, against the graph of one version of the files.

    Attributes:
        files: The version of the files; None where nothing was ever published.
        added: Quads that the files do not give, one a line (N-Quads).
        removed: Quads that they give and that hold no longer.
    """

    files: str | None
    added: bytes
    removed: bytes


def read(database: Database) -> Overlay:
    """Read the difference."""
    rows = database.rows("SELECT quad, added FROM overlay")
    parts = ["".join(row["quad"] + "\n" for row in rows if row["added"] == kind) for kind in (1, 0)]
    return Overlay(files(database), parts[0].encode(), parts[1].encode())


def files(database: Database) -> str | None:
    """Tell against which version of the files the difference stands."""
    rows = database.rows("SELECT value FROM fact WHERE name = ?", (_FILES,))
    return rows[0]["value"] if rows else None


def change(database: Database, version: str, added: bytes, removed: bytes) -> None:
    """Apply a change of the served graph to the difference, within a transaction.

    Args:
        database: The ledger.
        version: The version of the files that the graph stands on.
        added: Quads that the graph did not hold before.
        removed: Quads that it held.
    """
    _settle(database, added, 1)
    _settle(database, removed, 0)
    _set_files(database, version)


def replace(database: Database, version: str, added: bytes, removed: bytes) -> None:
    """Put another difference in place of the one that is there, within a transaction."""
    database.write("DELETE FROM overlay")
    change(database, version, added, removed)


def drop(database: Database, lines: Iterable[str]) -> None:
    """Take quads out of the difference, within a transaction: no graph can contain them."""
    database.write_many("DELETE FROM overlay WHERE quad = ?", [(line,) for line in lines])


def version_of_data(database: Database, version: str) -> str:
    """Return the version of the data: that of the files, and the last row that changed the graph.

    A purge changes it too: who sent something stands in the graph, in its provenance.
    """
    rows = database.rows(
        "SELECT max(number) AS last FROM event "
        "WHERE state IN ('published', 'withheld', 'withdrawn', 'purged')"
    )
    return f"{version}-{rows[0]['last']}" if rows[0]["last"] else version


def _settle(database: Database, quads: bytes, kind: int) -> None:
    """Note quads as of one kind; what takes back an earlier change leaves nothing."""
    lines = list(_lines(quads))
    opposite = {
        line
        for line in lines
        if database.rows("SELECT 1 FROM overlay WHERE quad = ? AND added <> ?", (line, kind))
    }
    database.write_many("DELETE FROM overlay WHERE quad = ?", [(line,) for line in opposite])
    database.write_many(
        "INSERT INTO overlay (quad, added) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(line, kind) for line in lines if line not in opposite],
    )


def _set_files(database: Database, version: str) -> None:
    database.write(
        "INSERT INTO fact VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (_FILES, version),
    )


def _lines(quads: bytes) -> Iterable[str]:
    return filter(None, quads.decode().split("\n"))
