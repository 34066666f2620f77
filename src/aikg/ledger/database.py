"""A ledger: written in whole transactions, one at a time, and read beside them.

The statements of the ledger are written once, with `?` for a value. `sqlite` and `postgres` run
them.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar, Self

#: Each migration brings a ledger from one form to the next; it is never changed.
_FOLDER = resources.files(__package__) / "migrations"
MIGRATIONS = tuple((_FOLDER / f"{number}.sql").read_text("utf-8") for number in (1, 2, 3, 4))
#: How long a purge waits for other programs that read the ledger, in seconds.
READERS = 10.0


def migration_of(number: int, dialect: str) -> str:
    """Return the statements that a dialect needs after a migration; empty if it needs none."""
    file = _FOLDER / f"{number}.{dialect}.sql"
    return file.read_text("utf-8") if file.is_file() else ""


class Database(ABC):
    """One open ledger; threads may share it.

    A thread in a transaction reads what it has written. The other threads read through a
    connection of their own, which sees the last transaction that has ended: no reader waits for a
    writer.

    Attributes:
        path: The file of the ledger, or the place where it would be.
        shared: Whether several servers use it.
    """

    shared: ClassVar[bool] = False
    path: Path

    def __init__(self) -> None:
        self._writing, self._reading = threading.RLock(), threading.RLock()
        #: The thread that is in a transaction.
        self._writer: int | None = None

    @contextmanager
    def transaction(self) -> Iterator[Self]:
        """Write all that is written within, or nothing; other writers wait.

        A transaction within another is a part of it.

        Raises:
            StorageFull: There was no room; nothing was written.
            LedgerUnreachable: The ledger does not answer.
        """
        with self._writing, self.explained():
            if self._writer is not None:
                yield self
                return
            self._begin()
            self._writer = threading.get_ident()
            try:
                yield self
                self._commit()
            except BaseException:
                self._roll_back()
                raise
            finally:
                self._writer = None
            self._ended()

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Run one query and return its rows, each by the names of its columns."""
        own = self._writer == threading.get_ident()
        with self._writing if own else self._reading, self.explained():
            return self._select(sql, values, own)

    def write(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run one statement within a transaction; return the number of rows that it changed."""
        with self._writing:
            return self._run(sql, values)

    def write_many(self, sql: str, values: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each row of values, within a transaction."""
        with self._writing:
            self._run_many(sql, values)

    def snapshot(self) -> AbstractContextManager[None]:
        """Let this thread read the ledger as it is now, until the end of the block."""
        return nullcontext()

    def exclusive(self) -> AbstractContextManager[None]:
        """Let no other server decide until the end of the block."""
        return nullcontext()

    def erase(self, patience: float = READERS) -> bool:
        """Wait for programs that read the ledger, until nothing that was purged stands in it.

        Args:
            patience: How long to wait, in seconds; others read and write meanwhile.

        Returns:
            Whether it is done; see `forget_deleted` for what happens otherwise.
        """
        return self.erased()

    @abstractmethod
    def explained(self) -> AbstractContextManager[None]:
        """Raise errors of the database as our own, within a block."""

    @abstractmethod
    def forget_deleted(self) -> None:
        """Let nothing that this transaction deletes stay in another place, once it has ended."""

    @abstractmethod
    def erased(self) -> bool:
        """Return whether nothing that was purged can stand in a file of the ledger any more."""

    @abstractmethod
    def secret(self) -> str:
        """Return the secret that signs the cookies of browsers; it is made once for a ledger."""

    @abstractmethod
    def copy(self, target: Path) -> None:
        """Write a copy as of now to a file that is not there yet; writers go on meanwhile.

        Raises:
            LedgerUnreadable: There is a file already, or no copy can be made in this way.
        """

    @abstractmethod
    def close(self) -> None:
        """Close the ledger."""

    @abstractmethod
    def _begin(self) -> None: ...

    @abstractmethod
    def _commit(self) -> None: ...

    @abstractmethod
    def _roll_back(self) -> None: ...

    def _ended(self) -> None:  # noqa: B027  most need nothing
        """Do what is to be done after a transaction."""

    @abstractmethod
    def _select(self, sql: str, values: Sequence[Any], own: bool) -> list[dict[str, Any]]:
        """Return rows; `own`: by the connection that writes."""

    @abstractmethod
    def _run(self, sql: str, values: Sequence[Any]) -> int: ...

    @abstractmethod
    def _run_many(self, sql: str, values: Sequence[Sequence[Any]]) -> None: ...
