"""Sessions of browsers: each has a row, an absolute end, and an id that only its browser knows."""

from __future__ import annotations

import datetime
import hashlib
import secrets
from dataclasses import dataclass

from aikg.ledger.database import Database
from aikg.ledger.records import now

#: How long a browser stays signed in; using it does not make it longer.
LENGTH = datetime.timedelta(hours=12)


def begin(database: Database, token: int) -> str:
    """Begin a session of a token, and return its id, this once."""
    secret = secrets.token_urlsafe(32)
    with database.transaction():
        # Sessions that have ended are not needed.
        database.write("DELETE FROM session WHERE expires <= ?", (now(),))
        database.write(
            "INSERT INTO session (id, token, created, expires) VALUES (?, ?, ?, ?)",
            (_hash(secret), token, now(), now(LENGTH)),
        )
    return secret


def token_of(database: Database, secret: str) -> int | None:
    """Return the number of the token that a session acts for; None where it has ended."""
    rows = database.rows(
        "SELECT token FROM session WHERE id = ? AND ended IS NULL AND expires > ?",
        (_hash(secret), now()),
    )
    return int(rows[0]["token"]) if rows else None


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in.

    Attributes:
        token: The number of the token that it signed in with.
        label: The label of that token.
        created: When it signed in.
        expires: When the session ends, whatever the browser does.
    """

    token: int
    label: str
    created: str
    expires: str


def in_force(database: Database) -> list[Session]:
    """List the sessions that have not ended, the oldest first."""
    rows = database.rows(
        "SELECT token, label, session.created, expires FROM session "
        "JOIN token ON token.id = session.token "
        "WHERE ended IS NULL AND expires > ? ORDER BY session.created",
        (now(),),
    )
    return [Session(**row) for row in rows]


def end(database: Database, secret: str) -> None:
    """End one session."""
    with database.transaction():
        database.write(
            "UPDATE session SET ended = ? WHERE id = ? AND ended IS NULL", (now(), _hash(secret))
        )


def end_all(database: Database, token: int | None = None) -> int:
    """End the sessions of one token, or all of them, within a transaction; return how many."""
    return database.write(
        "UPDATE session SET ended = ? "
        "WHERE ended IS NULL AND expires > ? AND token = coalesce(?, token)",
        (now(), now(), token),
    )


def _hash(secret: str) -> str:
    # It has 256 random bits: a fast hash is enough.
    return hashlib.sha256(secret.encode()).hexdigest()
