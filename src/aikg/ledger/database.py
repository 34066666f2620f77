"""The SQLite file: how it is opened, migrated, written in whole transactions, and copied.

https://www.sqlite.org/wal.html: with `synchronous=FULL` a transaction that has ended is on the
disk, whatever happens to the process or to the power.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from aikg.errors import LedgerUnreadable, StorageFull

#: Each step brings the file from one `user_version` to the next; a step is never changed.
MIGRATIONS = (
    """
    CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE token (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      label TEXT NOT NULL,
      scope TEXT NOT NULL CHECK (scope IN ('submit', 'review', 'admin')),
      hash TEXT NOT NULL UNIQUE,
      created TEXT NOT NULL,
      revoked TEXT
    );
    CREATE TABLE submission (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL,
      version INTEGER NOT NULL,
      state TEXT NOT NULL,
      token INTEGER REFERENCES token (id),
      orcid TEXT,
      licence TEXT NOT NULL,
      media_type TEXT,
      filename TEXT,
      sha256 TEXT,
      content BLOB,
      statements BLOB,
      followed BLOB,
      report TEXT,
      UNIQUE (name, version)
    );
    CREATE INDEX submission_by_hash ON submission (sha256);
    CREATE TABLE event (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      submission INTEGER NOT NULL REFERENCES submission (id),
      state TEXT NOT NULL,
      at TEXT NOT NULL,
      by TEXT NOT NULL,
      why TEXT NOT NULL,
      files TEXT NOT NULL
    );
    CREATE INDEX event_by_submission ON event (submission);
    -- Where the graph differs from the one that the files alone give: 1 added, 0 removed.
    CREATE TABLE overlay (quad TEXT PRIMARY KEY, added INTEGER NOT NULL) WITHOUT ROWID;
    """,
)

#: What SQLite says when a write finds no room: on the disk, under a quota, under a limit of size.
_FULL = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_IOERR_TRUNCATE,
}
#: How long a writer waits for another process that writes, in seconds.
_PATIENCE = 10.0


class Database:
    """One open ledger; threads may share it.

    Raises:
        LedgerUnreadable: The file is no ledger, is damaged, or was written by a later aikg.
        StorageFull: There is no room to make it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        with _explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def _prepare(self) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        # What is deleted is overwritten: a purge leaves nothing behind in free pages.
        self._connection.execute("PRAGMA secure_delete=ON")
        (present,) = self._connection.execute("PRAGMA user_version").fetchone()
        if present > len(MIGRATIONS):
            raise LedgerUnreadable(
                f"{self.path} was written by a later version of aikg.",
                advice="Update aikg; a ledger is never taken back to an older form.",
            )
        if present < len(MIGRATIONS):
            self._migrate()

    def _migrate(self) -> None:
        with self.transaction():
            (present,) = self._connection.execute("PRAGMA user_version").fetchone()
            for script in MIGRATIONS[present:]:
                for statement in script.split(";"):
                    self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version={len(MIGRATIONS)}")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Self]:
        """Write all that is written within, or nothing; other writers wait.

        Raises:
            StorageFull: There was no room; nothing was written.
        """
        with self._lock, _explained(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Run one statement and give its rows, each by the names of its columns."""
        with self._lock, _explained(self.path):
            cursor = self._connection.execute(sql, values)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def write(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run one statement within a transaction; give the number of rows that it changed."""
        with self._lock:
            return self._connection.execute(sql, values).rowcount

    def write_many(self, sql: str, values: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each row of values, within a transaction."""
        with self._lock:
            self._connection.executemany(sql, values)

    def forget_old_pages(self) -> None:
        """Fold the write-ahead log into the file and empty it: it may hold what was deleted."""
        with self._lock, _explained(self.path):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def copy(self, target: Path) -> None:
        """Write a copy as of now to a file that is not there yet; writers go on meanwhile."""
        with self._lock, _explained(target):
            self._connection.execute("VACUUM INTO ?", (str(target),))

    def check(self) -> None:
        """Read the whole file, and hold each page and each index against the others.

        Raises:
            LedgerUnreadable: The file is damaged.
        """
        found = self.rows("PRAGMA integrity_check")
        if found != [{"integrity_check": "ok"}]:
            raise LedgerUnreadable(
                f"{self.path} is damaged: {found[0]['integrity_check']}.",
                advice="Take another backup.",
            )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Raise what SQLite or the system says as an error of ours."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code in _FULL:
            raise StorageFull(
                f"{path.parent} has no room left; nothing was written, and nothing was lost.",
                advice="Make room on the disk, then send it again; reading goes on meanwhile.",
            ) from error
        raise LedgerUnreadable(
            f"{path} cannot be read or written as a ledger: {error}.",
            advice="Look at the file and its folder; `aikg restore` brings a backup back.",
        ) from error
