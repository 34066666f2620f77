"""Opens the ledger that the settings name: a file of the home, or a database."""

from __future__ import annotations

from aikg.errors import SettingError
from aikg.ledger.database import Database
from aikg.ledger.sqlite import SQLite
from aikg.settings import Settings


def open_ledger(settings: Settings) -> Database:
    """Open the ledger; a file is made where there is none.

    Raises:
        SettingError: It is in PostgreSQL, whose driver is not installed.
        LedgerUnreadable: It cannot be opened; see `SQLite` and `PostgreSQL`.
        LedgerUnreachable: The database does not answer.
    """
    if not settings.ledger:
        return SQLite(settings.ledger_file)
    try:
        from aikg.ledger.postgres import PostgreSQL  # noqa: PLC0415  the driver is optional
    except ImportError as error:
        raise SettingError(
            "AIKG_LEDGER names a database of PostgreSQL, and its driver is not installed.",
            advice="Install `aikg[postgres]`.",
        ) from error
    return PostgreSQL(settings.ledger, settings.ledger_file)


def has_ledger(settings: Settings) -> bool:
    """Return whether there is a ledger already."""
    return bool(settings.ledger) or settings.ledger_file.exists()
