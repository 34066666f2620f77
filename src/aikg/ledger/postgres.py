"""A ledger in PostgreSQL, which many servers share.

One lock in the database lets one transaction write at a time, as SQLite does. So the numbers of
events have the order in which their transactions ended. Another lock lets one server decide at a
time. Each transaction notifies the other servers.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import psycopg
from psycopg import errors
from psycopg.rows import dict_row

from aikg.errors import LedgerUnreachable, LedgerUnreadable, RequestMalformed, StorageFull, TooBusy
from aikg.ledger.database import MIGRATIONS, Database

#: The channel on which a transaction notifies the servers.
CHANNEL = "aikg"
#: The locks of the database: of a transaction that writes, and of the server that decides.
_WRITES, _DECIDES = (0x61696B67, 1), (0x61696B67, 2)
#: How long a transaction and a decision wait for their lock, in milliseconds.
_PATIENCE = {_WRITES: 10_000, _DECIDES: 60_000}
#: How long nothing is asked of a database that did not answer, in seconds.
_PAUSE = 0.5
#: Rows of `fact`: the form of the ledger, the secret of cookies, since when bytes are to be erased.
FORM = "form of the ledger"
_SECRET = "session secret"  # noqa: S105  the name of the row, not the secret
UNFINISHED = "purge unfinished"
_Found = TypeVar("_Found")


class PostgreSQL(Database):
    """One open ledger in a database; threads may share it. It connects again where it must.

    Args:
        address: The address, without a password: the driver takes one from the file that
            `PGPASSFILE` names, or from a service.
        place: The place where a ledger in a file would be.
        any_form: Whether to open a ledger of an earlier form too, or an empty database.

    Raises:
        LedgerUnreachable: The database does not answer.
        LedgerUnreadable: It has no ledger of this form.
    """

    shared: ClassVar[bool] = True

    def __init__(self, address: str, place: Path = Path(), *, any_form: bool = False) -> None:
        super().__init__()
        self.address, self.path = address, place
        self._open: dict[str, psycopg.Connection[dict[str, Any]]] = {}
        self._closed_until = 0.0
        self._known_secret: str | None = None
        #: The connection of a snapshot, while its thread has `_reading`.
        self._seen: psycopg.Connection[dict[str, Any]] | None = None
        with contextlib.ExitStack() as opened:
            opened.callback(self.close)
            with self.explained():
                self._require(self.form(), any_form)
            opened.pop_all()

    @staticmethod
    def _require(form: int, any_form: bool) -> None:
        """Refuse a ledger of another form.

        Raises:
            LedgerUnreadable: It is of a later form; or of an earlier one, unless any form will do.
        """
        later = form > len(MIGRATIONS)
        if later or (form < len(MIGRATIONS) and not any_form):
            raise LedgerUnreadable(
                f"The ledger in PostgreSQL has form {form}; this aikg reads form "
                f"{len(MIGRATIONS)}.",
                advice="Update aikg; no ledger returns to an older form."
                if later
                else "Run `aikg migrate` as the role that owns the tables.",
            )

    def form(self, which: str = "reading") -> int:
        """Return the number of the ledger's form; 0 if there is none yet."""
        found = self._again(which, lambda one: one.execute("SELECT to_regclass('fact') AS it"))
        if found.fetchall()[0]["it"] is None:
            return 0
        rows = self._open[which].execute("SELECT value FROM fact WHERE name = %s", (FORM,))
        return int((rows.fetchone() or {"value": "0"})["value"])

    @contextlib.contextmanager
    def explained(self) -> Iterator[None]:
        """See `Database.explained`."""
        try:
            yield
        except (errors.DiskFull, errors.OutOfMemory) as error:
            raise StorageFull(
                "PostgreSQL has no room left; nothing was written, and nothing was lost.",
                advice="Make room on its disk, then send it again; reading goes on meanwhile.",
            ) from error
        except errors.LockNotAvailable as error:
            raise TooBusy(
                "Another server takes a step in the ledger for too long.", advice="Try again."
            ) from error
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise LedgerUnreachable(
                "The ledger in PostgreSQL does not answer; reading the graph goes on.",
                advice="Try again. If you sent something, look first whether it arrived.",
            ) from error
        except psycopg.Error as error:
            raise LedgerUnreadable(
                f"PostgreSQL refuses a statement of the ledger: {type(error).__name__}.",
                advice="Look at the log of PostgreSQL; `aikg doctor` examines the ledger.",
            ) from error

    def connected(self, which: str) -> psycopg.Connection[dict[str, Any]]:
        """Return a connection of a kind, which is made again if it has broken."""
        present = self._open.get(which)
        if present is not None and not present.closed:
            return present
        if time.monotonic() < self._closed_until:
            raise psycopg.OperationalError("it did not answer a moment ago")
        try:
            self._open[which] = connect(self.address)
        except psycopg.OperationalError:
            self._closed_until = time.monotonic() + _PAUSE
            raise
        return self._open[which]

    def _again(
        self, which: str, ask: Callable[[psycopg.Connection[dict[str, Any]]], _Found]
    ) -> _Found:
        """Ask something that changes nothing; once more if the connection has broken."""
        try:
            return ask(self.connected(which))
        except (psycopg.OperationalError, psycopg.InterfaceError):
            if not self._drop(which):
                raise
            return ask(self.connected(which))

    def _drop(self, which: str) -> bool:
        """Forget a connection; return whether it had broken."""
        present = self._open.get(which)
        broken = present is not None and present.closed
        if broken:
            del self._open[which]
        return broken

    def _lock(self, which: str, lock: tuple[int, int]) -> None:
        """Begin a transaction of a connection, in which it has a lock of the database."""

        def begin(connection: psycopg.Connection[dict[str, Any]]) -> None:
            connection.execute("BEGIN")
            try:
                connection.execute(f"SET LOCAL lock_timeout = {_PATIENCE[lock]}")
                connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", lock)
            except psycopg.Error:
                with contextlib.suppress(psycopg.Error):
                    connection.execute("ROLLBACK")
                raise

        self._again(which, begin)

    def _begin(self) -> None:
        self._lock("writing", _WRITES)

    def _commit(self) -> None:
        self._open["writing"].execute("SELECT pg_notify(%s, '')", (CHANNEL,))
        self._open["writing"].execute("COMMIT")

    def _roll_back(self) -> None:
        with contextlib.suppress(psycopg.Error):
            self._open["writing"].execute("ROLLBACK")

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[None]:
        """See `Database.exclusive`.

        Raises:
            TooBusy: Another server decides, for longer than a minute.
            LedgerUnreachable: The database does not answer.
        """
        with self.explained():
            self._lock("deciding", _DECIDES)
        try:
            yield
        finally:
            with contextlib.suppress(psycopg.Error):
                self._open["deciding"].execute("ROLLBACK")

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let this thread read the ledger as it is now, until the end of the block."""
        with self._reading, self.explained():
            begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
            self._again("reading", lambda one: one.execute(begin))
            self._seen = self._open["reading"]
            try:
                yield
            finally:
                with contextlib.suppress(psycopg.Error):
                    self._seen.execute("ROLLBACK")
                self._seen = None

    def listen(self) -> None:
        """Begin to collect notifications of steps, unless that has begun."""
        with self.explained():
            if "listening" not in self._open or self._open["listening"].closed:
                self.connected("listening").execute(f"LISTEN {CHANNEL}")

    def wait_for_step(self, timeout: float) -> None:
        """Wait until a server takes a step, or until the time is over, in seconds."""
        with self.explained():
            for _ in self._open["listening"].notifies(timeout=timeout, stop_after=1):
                pass

    def _select(self, sql: str, values: Sequence[Any], own: bool) -> list[dict[str, Any]]:
        sql, values = _translated(sql), _checked(values)
        if own:
            return self._open["writing"].execute(sql, values).fetchall()
        if self._seen is not None:  # another connection would not see the same
            return self._seen.execute(sql, values).fetchall()
        return self._again("reading", lambda one: one.execute(sql, values).fetchall())

    def _run(self, sql: str, values: Sequence[Any]) -> int:
        return self._open["writing"].execute(_translated(sql), _checked(values)).rowcount

    def _run_many(self, sql: str, values: Sequence[Sequence[Any]]) -> None:
        with self._open["writing"].cursor() as cursor:
            cursor.executemany(_translated(sql), [_checked(row) for row in values])

    def forget_deleted(self) -> None:
        """Note that deleted bytes stand in the files of PostgreSQL; see `erased`."""
        self.write(
            "INSERT INTO fact VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
            (UNFINISHED, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())),
        )

    def erased(self) -> bool:
        """See `Database.erased`; the owner of the tables removes the bytes: `owner.erase`."""
        return not self.rows("SELECT value FROM fact WHERE name = ?", (UNFINISHED,))

    def secret(self) -> str:
        """See `Database.secret`; a row has it, so that all servers know the same browsers.

        It is kept here: each invalid token asks for it, and must not take the lock that writes.
        """
        if self._known_secret is None:
            with self.transaction():
                self.write(
                    "INSERT INTO fact VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
                    (_SECRET, secrets.token_hex(32)),
                )
                rows = self.rows("SELECT value FROM fact WHERE name = ?", (_SECRET,))
            self._known_secret = str(rows[0]["value"])
        return self._known_secret

    def copy(self, target: Path) -> None:
        """Refuse: PostgreSQL has its own means.

        Raises:
            LedgerUnreadable: Always.
        """
        raise LedgerUnreadable(
            "The ledger is in PostgreSQL, which this command does not copy.",
            advice="Use `pg_dump` or `pg_basebackup`: see docs/how-to/many-servers.md.",
        )

    def close(self) -> None:
        """See `Database.close`."""
        for connection in self._open.values():
            connection.close()


def connect(address: str) -> psycopg.Connection[dict[str, Any]]:
    """Open a connection that ends its transactions itself, and notices a database that is gone."""
    return psycopg.connect(
        address,
        autocommit=True,
        row_factory=dict_row,
        prepare_threshold=None,  # a pool of connections in between need not know statements
        application_name="aikg",
        # It finds out that the other end is gone after some seconds, not after hours.
        connect_timeout=3,
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=3,
        tcp_user_timeout=10_000,
    )


def _translated(statement: str) -> str:
    return statement.replace("?", "%s")


def _checked(values: Sequence[Any]) -> Sequence[Any]:
    """Refuse a text with U+0000, which PostgreSQL cannot keep."""
    if any(isinstance(value, str) and "\0" in value for value in values):
        raise RequestMalformed(
            "A text contains the character U+0000.", advice="Remove it, and send it again."
        )
    return values
