"""The names of the releases that each server of a shared ledger should have."""

from __future__ import annotations

from aikg.ledger.database import Database

_START, _END = "release ", "release!"


def add(database: Database, version: str) -> None:
    """Note that a release was made."""
    with database.transaction():
        database.write(
            "INSERT INTO fact VALUES (?, '') ON CONFLICT (name) DO NOTHING", (_START + version,)
        )


def every(database: Database) -> list[str]:
    """Return the names of all releases that were made."""
    rows = database.rows(
        "SELECT name FROM fact WHERE name >= ? AND name < ? ORDER BY name", (_START, _END)
    )
    return [row["name"].removeprefix(_START) for row in rows]
