"""A ledger in an SQLite file: opened, migrated, written in whole transactions, and copied.

https://www.sqlite.org/wal.html: with `synchronous=FULL` a transaction that has ended is on the
disk, whatever happens to the process or to the power.
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import secrets
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from aikg.errors import LedgerUnreadable, StorageFull
from aikg.ledger import private
from aikg.ledger.database import MIGRATIONS, READERS, Database

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
#: How often a purge looks whether other programs still read the file, in seconds.
_AGAIN = 0.05
#: The row of `fact` that says since when deleted bytes may stand in the write-ahead log.
_UNFINISHED = "purge unfinished"
#: The query for it, with its values.
UNFINISHED = "SELECT value FROM fact WHERE name = ?", (_UNFINISHED,)


class SQLite(Database):
    """One open ledger in a file; threads may share it.

    Raises:
        LedgerUnreadable: The file is not a ledger, is damaged, or was written by a later aikg.
        StorageFull: There is no room to make it.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        #: Whether deleted bytes may stand in another place than the tables.
        self._unfinished = self._before = False
        with contextlib.ExitStack() as opened, _explained(path, OSError):
            private.folder(path.parent)
            private.file(path)
            self._connection, self._reader = (
                opened.enter_context(contextlib.closing(_connect(path))) for _ in range(2)
            )
            self._prepare()
            self._reader.execute("PRAGMA query_only=ON")
            opened.pop_all()
        self._unfinished = not self.erased()
        if self._unfinished:
            self._finish()

    def _prepare(self) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        # Deleted rows are overwritten: a purge leaves nothing behind in free pages.
        self._connection.execute("PRAGMA secure_delete=ON")
        (present,) = self._connection.execute("PRAGMA user_version").fetchone()
        if present > len(MIGRATIONS):
            raise LedgerUnreadable(
                f"{self.path} was written by a later version of aikg.",
                advice="Update aikg; no ledger returns to an older form.",
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
        self._empty_log()

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

    def explained(self) -> contextlib.AbstractContextManager[None]:
        """See `Database.explained`."""
        return _explained(self.path)

    def _begin(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._before = self._unfinished

    def _commit(self) -> None:
        self._connection.execute("COMMIT")

    def _roll_back(self) -> None:
        self._unfinished = self._before
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _ended(self) -> None:
        if self._unfinished:
            self._finish()

    def _select(self, sql: str, values: Sequence[Any], own: bool) -> list[dict[str, Any]]:
        cursor = (self._connection if own else self._reader).execute(sql, values)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def _run(self, sql: str, values: Sequence[Any]) -> int:
        return self._connection.execute(sql, values).rowcount

    def _run_many(self, sql: str, values: Sequence[Sequence[Any]]) -> None:
        self._connection.executemany(sql, values)

    def forget_deleted(self) -> None:
        """Let nothing that this transaction deletes stay in another place, once it has ended.

        The write-ahead log and the copies that migrations left may contain it. A transaction that
        fails leaves both alone. Another program that reads the file may prevent it: then each later
        transaction tries again, and so does the next program that opens the ledger.
        """
        self.write(
            "INSERT INTO fact VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
            (_UNFINISHED, datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")),
        )
        self._unfinished = True

    def erased(self) -> bool:
        """See `Database.erased`."""
        return not self.rows(*UNFINISHED)

    def erase(self, patience: float = READERS) -> bool:
        """See `Database.erase`."""
        end = time.monotonic() + patience
        while self._unfinished and not self._finish() and time.monotonic() < end:
            time.sleep(_AGAIN)
        return not self._unfinished

    def _finish(self) -> bool:
        """Try once to remove deleted bytes from everywhere else; return whether it is done."""
        with self._writing:
            if self._writer is not None or not self._empty_log():
                return False
            for version in range(1, len(MIGRATIONS)):
                saved_before(self.path, version).unlink(missing_ok=True)
            with _explained(self.path):
                self._connection.execute("DELETE FROM fact WHERE name = ?", (_UNFINISHED,))
            self._unfinished = False
        return True

    def _empty_log(self) -> bool:
        """Fold the write-ahead log into the file; return False if another program reads the log.

        https://www.sqlite.org/pragma.html#pragma_wal_checkpoint: the first column of the answer is
        1 if a reader or a writer prevented it.
        """
        with self._writing, self._reading, _explained(self.path):
            self._connection.execute("PRAGMA busy_timeout=0")
            try:
                (busy, *_) = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                self._connection.execute(f"PRAGMA busy_timeout={int(_PATIENCE * 1000)}")
        return not busy

    def secret(self) -> str:
        """See `Database.secret`; a file beside the ledger has it, so that no copy contains it."""
        path = self.path.with_name("session-secret")
        if not path.exists():
            with private.written(path) as part:
                part.write_text(secrets.token_hex(32), encoding="ascii")
        return path.read_text(encoding="ascii")

    def copy(self, target: Path) -> None:
        """Write a copy as of now to a file that is not there yet; writers go on meanwhile.

        Its owner alone may read the copy, and no session of a browser is in it.

        Raises:
            LedgerUnreadable: There is a file already, or the folder cannot be written to.
        """
        with self._writing, _explained(target, OSError):
            if target.exists():
                raise sqlite3.OperationalError("output file already exists")
            with private.written(target) as part:
                self._connection.execute("VACUUM INTO ?", (str(part),))
                with contextlib.closing(sqlite3.connect(part)) as copy:
                    copy.execute("PRAGMA secure_delete=ON")
                    copy.execute("DELETE FROM session")
                    copy.commit()

    def close(self) -> None:
        """See `Database.close`."""
        with self._writing, self._reading:
            self._reader.close()
            self._connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)


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
        with contextlib.closing(SQLite(part)) as copy, copy.transaction():
            copy.write("DELETE FROM session")  # one that has ended since must not begin again
        saved_before(part, 1).unlink(missing_ok=True)


def saved_before(path: Path, version: int) -> Path:
    """Name the copy of a ledger that is made before it is brought from a version to a later one."""
    return path.with_name(f"{path.name}.version-{version}")


@contextlib.contextmanager
def _explained(path: Path, *also: type[OSError]) -> Iterator[None]:
    """Raise what SQLite or the system reports as our own error."""
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
