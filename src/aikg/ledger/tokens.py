"""Tokens: shown once, kept as a hash, each with a scope; a wider scope holds the narrower ones."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from aikg.errors import Unauthenticated, UnknownToken
from aikg.ledger.database import Database
from aikg.ledger.records import now

#: From narrow to wide: send evidence in; publish and withdraw it; purge, and give out tokens.
SCOPES = ("submit", "review", "admin")

#: A token can be told from other secrets, by people and by programs that look for leaks.
_PREFIX = "aikg_"


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token; the token itself is not.

    Attributes:
        id: Its number.
        label: Whom it was given to.
        scope: What it allows, one of `SCOPES`.
        created: When it was made.
        revoked: When it was revoked, or None.
    """

    id: int
    label: str
    scope: str
    created: str
    revoked: str | None

    def allows(self, scope: str) -> bool:
        """Tell whether it may do what a scope allows."""
        return SCOPES.index(self.scope) >= SCOPES.index(scope)


def create(database: Database, label: str, scope: str) -> str:
    """Make a token and give it, this once."""
    secret = _PREFIX + secrets.token_urlsafe(32)
    with database.transaction():
        database.write(
            "INSERT INTO token (label, scope, hash, created) VALUES (?, ?, ?, ?)",
            (label, scope, _hash(secret), now()),
        )
    return secret


def find(database: Database, secret: str) -> Token:
    """Give what is known of a token.

    Raises:
        Unauthenticated: There is none, or it was revoked.
    """
    rows = database.rows(
        "SELECT id, label, scope, created, revoked FROM token WHERE hash = ? AND revoked IS NULL",
        (_hash(secret),),
    )
    if not rows:
        raise Unauthenticated(
            "The token is not one of this server's, or it was revoked.",
            advice="Ask whoever runs the server for a token: `aikg token create`.",
        )
    return Token(**rows[0])


def by_id(database: Database, number: int) -> Token | None:
    """Give the token of a number; None where it was revoked or never was."""
    rows = database.rows(
        "SELECT id, label, scope, created, revoked FROM token WHERE id = ? AND revoked IS NULL",
        (number,),
    )
    return Token(**rows[0]) if rows else None


def every(database: Database) -> list[Token]:
    """List all tokens, the revoked ones too."""
    rows = database.rows("SELECT id, label, scope, created, revoked FROM token ORDER BY id")
    return [Token(**row) for row in rows]


def revoke(database: Database, number: int) -> None:
    """End a token; what was done with it stays.

    Raises:
        UnknownToken: No token that is in force has that number.
    """
    with database.transaction():
        changed = database.write(
            "UPDATE token SET revoked = ? WHERE id = ? AND revoked IS NULL", (now(), number)
        )
    if not changed:
        raise UnknownToken(
            f"No token in force has the number {number}.", advice="See `aikg token list`."
        )


def session_secret(database: Database) -> str:
    """Give what the sessions of browsers are signed with; it is made once for each ledger."""
    with database.transaction():
        database.write(
            "INSERT INTO fact VALUES ('session secret', ?) ON CONFLICT DO NOTHING",
            (secrets.token_hex(32),),
        )
    return str(database.rows("SELECT value FROM fact WHERE name = 'session secret'")[0]["value"])


def _hash(secret: str) -> str:
    # A token has 256 random bits: nobody finds it by trying, so that a fast hash is enough.
    return hashlib.sha256(secret.encode()).hexdigest()
