"""The SQLite file: how it is opened, migrated, written in whole transactions, and copied.

https://www.sqlite.org/wal.html: with `synchronous=FULL` a transaction that has ended is on the
disk, whatever happens to the process or to the power.
"""

from __future__ import annotations

import contextlib
import errno
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from aikg.errors import LedgerUnreadable, StorageFull
from aikg.ledger import private

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
    """
    CREATE TABLE person (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      label TEXT NOT NULL,
      created TEXT NOT NULL
    );
    -- Equal labels are not one person, so each token becomes a person of its own.
    INSERT INTO person (id, label, created) SELECT id, label, created FROM token;
    ALTER TABLE token ADD COLUMN person INTEGER REFERENCES person (id);
    UPDATE token SET person = id;
    -- The owner: the person who began the name, whoever sent this version for them.
    ALTER TABLE submission ADD COLUMN person INTEGER REFERENCES person (id);
    UPDATE submission SET person = (
      SELECT first.token FROM submission AS first
      WHERE first.name = submission.name AND first.token IS NOT NULL
      ORDER BY first.version LIMIT 1
    ) WHERE state <> 'purged';
    -- Who took the step. Of earlier steps only the sender's is known without doubt.
    ALTER TABLE event ADD COLUMN person INTEGER REFERENCES person (id);
    UPDATE event SET person = (
      SELECT token FROM submission WHERE submission.id = event.submission
    ) WHERE state IN ('received', 'waiting', 'invalid');
    -- The id of a session is a hash of what the browser keeps.
    CREATE TABLE session (
      id TEXT PRIMARY KEY,
      token INTEGER NOT NULL REFERENCES token (id),
      created TEXT NOT NULL,
      expires TEXT NOT NULL,
      ended TEXT
    ) WITHOUT ROWID;
    -- Namespaces outside ours that an administrator registered for a person.
    CREATE TABLE namespace (
      iri TEXT PRIMARY KEY,
      person INTEGER NOT NULL REFERENCES person (id),
      registered TEXT NOT NULL,
      by TEXT NOT NULL
    ) WITHOUT ROWID;
    -- Sessions are signed with a secret that lies in a file of its own from now on.
    DELETE FROM fact WHERE name = 'session secret';
    """,
)

#: What SQLite says when a write finds no room: on the disk, under a quota, under a limit of size.
_FULL = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_IOERR_TRUNCATE,
}
#: What the system says then.
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
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
        self._forgets = False
        with _explained(path, OSError):
            private.folder(path.parent)
            private.file(path)
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
            if present:
                self._save(present)
            self._migrate()

    def _migrate(self) -> None:
        with self.transaction():
            (present,) = self._connection.execute("PRAGMA user_version").fetchone()
            for script in MIGRATIONS[present:]:
                for statement in script.split(";"):
                    self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version={len(MIGRATIONS)}")
        self.forget_old_pages()

    def _save(self, version: int) -> None:
        """Write a copy of the file beside it, before a migration changes its form.

        Another process may migrate it meanwhile: then its copy stays.
        """
        saved = saved_before(self.path, version)
        with private.written(saved) as part:
            self._connection.execute("VACUUM INTO ?", (str(part),))
            with contextlib.closing(sqlite3.connect(part)) as copy:
                (copied,) = copy.execute("PRAGMA user_version").fetchone()
            if copied != version:
                part.unlink()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Self]:
        """Write all that is written within, or nothing; other writers wait.

        A transaction within another is a part of it.

        Raises:
            StorageFull: There was no room; nothing was written.
        """
        with self._lock, _explained(self.path):
            if self._connection.in_transaction:
                yield self
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self
                self._connection.execute("COMMIT")
            except BaseException:
                self._forgets = False
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            if self._forgets:
                self.forget_old_pages()

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

    def forget_saved(self) -> None:
        """Delete the copies that migrations left beside the file: they hold what was purged."""
        for version in range(1, len(MIGRATIONS)):
            saved_before(self.path, version).unlink(missing_ok=True)

    def forget_old_pages(self) -> None:
        """Fold the write-ahead log into the file and empty it: it may hold what was deleted.

        Within a transaction this is done at its end.
        """
        with self._lock, _explained(self.path):
            self._forgets = self._connection.in_transaction
            if self._forgets:
                return
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def copy(self, target: Path) -> None:
        """Write a copy as of now to a file that is not there yet; writers go on meanwhile.

        Its owner alone may read the copy, and no session of a browser is in it.

        Raises:
            LedgerUnreadable: There is a file already, or the folder cannot be written to.
        """
        with self._lock, _explained(target, OSError):
            if target.exists():
                raise sqlite3.OperationalError("output file already exists")
            with private.written(target) as part:
                self._connection.execute("VACUUM INTO ?", (str(part),))
                with contextlib.closing(sqlite3.connect(part)) as copy:
                    copy.execute("PRAGMA secure_delete=ON")
                    copy.execute("DELETE FROM session")
                    copy.commit()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


def copy_of_backup(backup: Path, target: Path) -> None:
    """Write a copy of a backup, which stays as it is, to a file that is not there yet.

    Raises:
        LedgerUnreadable: The backup is damaged or not a ledger.
        StorageFull: There is no room for the copy.
    """
    with _explained(backup, OSError), private.written(target) as part:
        uri = f"{backup.resolve().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as source:
            (found,) = source.execute("PRAGMA integrity_check(1)").fetchone()
            if found != "ok":
                raise LedgerUnreadable(
                    f"{backup} is damaged: {found}.", advice="Take another backup."
                )
            source.execute("VACUUM INTO ?", (str(part),))
        with contextlib.closing(Database(part)) as copy, copy.transaction():
            copy.write("DELETE FROM session")  # one that has ended since must not begin again
        saved_before(part, 1).unlink(missing_ok=True)


def saved_before(path: Path, version: int) -> Path:
    """Name the copy of a ledger that is made before it is brought from a version to a later one."""
    return path.with_name(f"{path.name}.version-{version}")


@contextlib.contextmanager
def _explained(path: Path, *also: type[OSError]) -> Iterator[None]:
    """Raise what SQLite or the system says as an error of ours."""
    kinds: tuple[type[Exception], ...] = (sqlite3.DatabaseError, *also)
    try:
        yield
    except kinds as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code in _FULL or getattr(error, "errno", None) in _NO_ROOM:
            raise StorageFull(
                f"{path.parent} has no room left; nothing was written, and nothing was lost.",
                advice="Make room on the disk, then send it again; reading goes on meanwhile.",
            ) from error
        raise LedgerUnreadable(
            f"{path} cannot be read or written as a ledger: {error}.",
            advice="Look at the file and its folder; `aikg restore` brings a backup back.",
        ) from error
