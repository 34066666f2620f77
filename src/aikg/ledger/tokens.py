"""Tokens: shown once, kept as a hash, each with a scope; a wider scope includes the narrower."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass

from aikg.errors import Unauthenticated, UnknownToken
from aikg.ledger import persons, sessions
from aikg.ledger.database import Database
from aikg.ledger.records import now, refuse_hidden

#: From narrow to wide: send evidence in; publish and withdraw it; purge, and give out tokens.
SCOPES = ("submit", "review", "admin")

#: People, and programs that look for leaks, recognise a token by it.
_PREFIX = "aikg_"
PATTERN = re.compile(rf"{_PREFIX}[\w-]{{20,}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret.

    Attributes:
        id: Its number.
        label: Its label.
        person: The number of its person.
        holder: The label of that person.
        scope: One of `SCOPES`.
        created: When it was made.
        revoked: When it was revoked, or None.
    """

    id: int
    label: str
    person: int
    holder: str
    scope: str
    created: str
    revoked: str | None

    def allows(self, scope: str) -> bool:
        """Return whether it includes a scope."""
        return SCOPES.index(self.scope) >= SCOPES.index(scope)


_SELECT = (
    "SELECT token.id, token.label, token.person, person.label AS holder, token.scope, "
    "token.created, token.revoked FROM token JOIN person ON person.id = token.person "
)


def create(database: Database, label: str, scope: str, person: int | None = None) -> str:
    """Make a token and return it, this once.

    Args:
        database: The ledger.
        label: Its label.
        scope: One of `SCOPES`.
        person: The number of its person; None makes a new person of that label.

    Raises:
        UnknownPerson: There is no such person.
        NameMalformed: The label has a hidden character.
    """
    refuse_hidden("token", label)
    secret = _PREFIX + secrets.token_urlsafe(32)
    with database.transaction():
        owner = persons.add(database, label) if person is None else person
        persons.find(database, owner)
        database.write(
            "INSERT INTO token (label, person, scope, hash, created) VALUES (?, ?, ?, ?, ?)",
            (label, owner, scope, _hash(secret), now()),
        )
    return secret


def find(database: Database, secret: str) -> Token:
    """Return the token of a secret.

    Raises:
        Unauthenticated: There is none, or it was revoked.
    """
    rows = database.rows(_SELECT + "WHERE hash = ? AND revoked IS NULL", (_hash(secret),))
    if not rows:
        raise Unauthenticated(
            "This server does not know the token, or it was revoked.",
            advice="Ask the server's administrator for a token: `aikg token create`.",
        )
    return Token(**rows[0])


def of_session(database: Database, secret: str) -> Token | None:
    """Return the token that a session of a browser acts for; None where either has ended."""
    number = sessions.token_of(database, secret)
    rows = database.rows(_SELECT + "WHERE token.id = ? AND revoked IS NULL", (number,))
    return Token(**rows[0]) if rows else None


def every(database: Database) -> list[Token]:
    """List all tokens, the revoked ones too."""
    return [Token(**row) for row in database.rows(_SELECT + "ORDER BY token.id")]


def revoke(database: Database, number: int) -> None:
    """End a token; what was done with it stays.

    Raises:
        UnknownToken: No token that is in force has that number.
    """
    with database.transaction():
        changed = database.write(
            "UPDATE token SET revoked = ? WHERE id = ? AND revoked IS NULL", (now(), number)
        )
        sessions.end_all(database, number)
    if not changed:
        raise UnknownToken(
            f"No token in force has the number {number}.", advice="See `aikg token list`."
        )


def _hash(secret: str) -> str:
    # A token has 256 random bits: nobody finds it by trying, so that a fast hash is enough.
    return hashlib.sha256(secret.encode()).hexdigest()
