"""Invalid tokens of the last minute, counted by all servers that share a ledger."""

from __future__ import annotations

import hashlib
import time

from aikg.ledger.database import Database

#: How long an invalid token counts, in seconds.
_WINDOW = 60.0


def hit(database: Database, client: str, most: int) -> bool:
    """Count an invalid token of a client, unless the client has sent too many.

    Args:
        database: The ledger, which has the table `guess`: that of PostgreSQL.
        client: The name of the client; the table has a hash of it.
        most: How many a client may send in a minute.

    Returns:
        Whether it was counted; if not, the client has to wait.
    """
    name = hashlib.sha256(f"{database.secret()} {client}".encode()).hexdigest()
    if _count(database, name) >= most:
        return False
    with database.transaction():
        if _count(database, name) >= most:
            return False
        database.write("DELETE FROM guess WHERE at <= ?", (time.time() - _WINDOW,))
        database.write("INSERT INTO guess (client, at) VALUES (?, ?)", (name, time.time()))
    return True


def _count(database: Database, name: str) -> int:
    since = time.time() - _WINDOW
    rows = database.rows(
        "SELECT count(*) AS number FROM guess WHERE client = ? AND at > ?", (name, since)
    )
    return int(rows[0]["number"])
