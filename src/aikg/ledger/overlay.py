"""The overlay: the quads by which the served graph differs from the graph of the files alone.

It is kept as one difference, not as a list of changes. So a replay is one step however long the
history, and a purge leaves no trace in it.
"""

from __future__ import annotations

import json

from aikg.ledger.database import Database
from aikg.rules.delta import Delta

_FILES = "overlay files"
#: The last step, until the store outside this program is known to have it.
_STEP = "step for the store"


def read(database: Database) -> Delta[str]:
    """Read the difference."""
    rows = database.rows("SELECT quad, added FROM overlay")
    return Delta(*({row["quad"] for row in rows if row["added"] == kind} for kind in (1, 0)))


def numbered(database: Database, graph: str) -> list[str]:
    """Return what the graph of numbers has of a submission, as lines of N-Quads.

    Args:
        database: The ledger.
        graph: The named graph of the submission.
    """
    start = f"<{graph}/numbered/"
    rows = database.rows(
        "SELECT quad FROM overlay WHERE added = 1 AND quad >= ? AND quad < ?",
        (start, start + "\U0010ffff"),
    )
    return [row["quad"] for row in rows]


def files(database: Database) -> str | None:
    """Return the version of the files that it stands on; None if nothing was ever published."""
    rows = database.rows("SELECT value FROM fact WHERE name = ?", (_FILES,))
    return rows[0]["value"] if rows else None


def stands_on(database: Database, version: str) -> bool:
    """Return whether it can be applied to the graph of a version of the files."""
    return files(database) in (None, version)


def change(database: Database, version: str, delta: Delta[str]) -> None:
    """Apply a change of the served graph to the overlay, within a transaction.

    Args:
        database: The ledger.
        version: The version of the files that the graph stands on.
        delta: The change; a quad that it takes back leaves nothing.
    """
    for kind, lines in ((1, delta.added), (0, delta.removed)):
        rows = [(line, kind) for line in sorted(lines)]
        # 2: taken back, so that the row goes.
        database.write_many("UPDATE overlay SET added = 2 WHERE quad = ? AND added <> ?", rows)
        database.write_many(
            "INSERT INTO overlay (quad, added) SELECT ?, ? "
            "WHERE NOT EXISTS (SELECT 1 FROM overlay WHERE quad = ?)",
            [(line, kind, line) for line, kind in rows],
        )
        database.write_many(
            "DELETE FROM overlay WHERE quad = ? AND added = 2", [(line,) for line, _ in rows]
        )
    database.write(
        "INSERT INTO fact VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (_FILES, version),
    )


def replace(database: Database, version: str, delta: Delta[str]) -> None:
    """Put another difference in place of the one that is there, within a transaction."""
    database.write("DELETE FROM overlay")
    change(database, version, delta)


def distrust(database: Database) -> None:
    """Note that no graph can be made with the overlay, so that it is made anew.

    The published submissions are then judged and applied again, one after the other, as after a
    change of the files.
    """
    with database.transaction():
        change(database, "", Delta())


def version_of_data(database: Database, version: str) -> str:
    """Return the version of the data: that of the files, and the last row that changed the graph.

    A purge changes it too: the sender's name is in the graph's provenance. After a decision, the
    number of decisions and of those that were undone stands at the end.
    """
    rows = database.rows(
        "SELECT max(number) AS last FROM event "
        "WHERE state IN ('published', 'withheld', 'withdrawn', 'purged')"
    )
    decided = database.rows("SELECT count(*) + count(undone_at) AS number FROM decision")
    last, decisions = rows[0]["last"] or 0, decided[0]["number"]
    since = f"{last}.{decisions}" if decisions else f"{last}"
    return f"{version}-{since}" if last or decisions else version


def keep_step(database: Database, before: str, version: str, added: bytes, removed: bytes) -> None:
    """Keep the change of a step for a store outside, within the transaction of the step.

    Args:
        database: The ledger.
        before: The version of the data before the step.
        version: The version after it.
        added: The quads that come, as N-Quads.
        removed: The quads that go.
    """
    text = json.dumps([before, version, added.decode(), removed.decode()])
    database.write(
        "INSERT INTO fact VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (_STEP, text),
    )


def kept_step(database: Database) -> tuple[str, str, bytes, bytes] | None:
    """Return what `keep_step` kept, if anything."""
    rows = database.rows("SELECT value FROM fact WHERE name = ?", (_STEP,))
    if not rows:
        return None
    before, version, added, removed = json.loads(rows[0]["value"])
    return before, version, added.encode(), removed.encode()


def forget_step(database: Database) -> None:
    """Forget the kept step: the store has it."""
    database.write("DELETE FROM fact WHERE name = ?", (_STEP,))
