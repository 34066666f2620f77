"""Homes that version 0.1.0 (commit 91ae9ed) made, for the tests of what opens them.

A file of `tests/homes/` is the text of a ledger, as `sqlite3 ledger.db .dump` writes it.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

FOLDER = Path(__file__).parent / "homes"
#: The numbers of the tokens of `home-0.1.0`. Two bear the same label; 5 was revoked.
ANN, ANOTHER_ANN, BEN, ADMINISTRATOR = 1, 2, 3, 4


def secret(token: int) -> str:
    """Return what makes a token of an old home."""
    return f"aikg_of-a-test-{token}"


def make(name: str, home: Path, graph: Path | None = None) -> Path:
    """Make an old home, with the rights of its files as 0.1.0 left them.

    Args:
        name: The name of a file of `tests/homes/`, without `.sql`.
        home: The folder; it is made where there is none.
        graph: A built graph, which the home gets a copy of.

    Returns:
        The ledger.
    """
    home.mkdir(exist_ok=True)
    ledger = home / "ledger.db"
    with closing(sqlite3.connect(ledger)) as connection:
        connection.executescript((FOLDER / f"{name}.sql").read_text(encoding="utf-8"))
        for number in range(1, 6):
            digest = hashlib.sha256(secret(number).encode()).hexdigest()
            connection.execute("UPDATE token SET hash = ? WHERE id = ?", (digest, number))
        connection.commit()
        connection.execute("PRAGMA journal_mode=WAL")
    if graph:
        shutil.copy(graph, home)
    ledger.chmod(0o644)
    home.chmod(0o755)
    return ledger
