"""Drafts: files that a person has checked and not sent yet; each goes after a day."""

from __future__ import annotations

import datetime
import json
import secrets
from dataclasses import asdict, dataclass, fields
from typing import Any

from aikg.errors import UnknownSubmission
from aikg.ledger.database import Database
from aikg.ledger.steps import Sent

#: How long a draft is kept; looking at it does not make it longer.
LENGTH = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft, without its bytes.

    Attributes:
        id: A random text, which is a part of its address.
        person: The number of the person whose it is.
        name: The name that the submission will have.
        licence: The licence, as an IRI.
        orcid: The ORCID of its author, or None.
        media_type: Of the bytes.
        filename: The name of the file, or None.
        report: The report of its validation, as JSON.
        created: When it was checked, in UTC.
        expires: When it goes.
    """

    id: str
    person: int
    name: str
    licence: str
    orcid: str | None
    media_type: str | None
    filename: str | None
    report: str
    created: str
    expires: str

    @property
    def described(self) -> dict[str, Any]:
        """Its public description, for its person."""
        parts = asdict(self) | {"draft": self.id, "report": json.loads(self.report)}
        return {name: value for name, value in parts.items() if name not in {"id", "person"}}


_COLUMNS = ", ".join(field.name for field in fields(Draft))


def add(database: Database, sent: Sent, person: int, report: str, period: tuple[str, str]) -> Draft:
    """Keep a file as a draft.

    Args:
        database: The ledger.
        sent: The file; it has a name.
        person: Whose it is.
        report: The report of its validation, as JSON.
        period: When it was checked, and when it goes, in UTC.
    """
    draft = Draft(
        secrets.token_urlsafe(16),
        person,
        str(sent.name),
        *(sent.licence, sent.orcid, sent.media_type, sent.filename, report, *period),
    )
    with database.transaction():
        values = [*asdict(draft).values(), sent.content]
        marks = ", ".join("?" * len(values))
        database.write(f"INSERT INTO draft ({_COLUMNS}, content) VALUES ({marks})", values)  # noqa: S608
    return draft


def find(database: Database, draft: str, at: str) -> Draft:
    """Find a draft.

    Raises:
        UnknownSubmission: There is none, or its time has passed.
    """
    found = _select(database, "WHERE id = ? AND expires > ?", (draft, at))
    if not found:
        raise unknown()
    return found[0]


def unknown() -> UnknownSubmission:
    """Make the error for a draft that does not exist, or that the caller may not know of."""
    return UnknownSubmission(
        "There is no such draft: it was sent, or its day has passed.",
        advice="See /submissions for what you have sent; or check the file again.",
    )


def of_person(database: Database, person: int, at: str) -> list[Draft]:
    """Return the drafts of a person, the newest first."""
    return _select(
        database, "WHERE person = ? AND expires > ? ORDER BY created DESC, rowid DESC", (person, at)
    )


def content(database: Database, draft: Draft) -> bytes:
    """Return the bytes of a draft."""
    rows = database.rows("SELECT content FROM draft WHERE id = ?", (draft.id,))
    return bytes(rows[0]["content"]) if rows else b""


def remove(database: Database, draft: Draft) -> None:
    """Remove a draft."""
    with database.transaction():
        database.write("DELETE FROM draft WHERE id = ?", (draft.id,))


def expire(database: Database, at: str) -> None:
    """Remove all drafts whose time has passed."""
    if database.rows("SELECT 1 AS one FROM draft WHERE expires <= ? LIMIT 1", (at,)):
        with database.transaction():
            database.write("DELETE FROM draft WHERE expires <= ?", (at,))
            database.forget_deleted()


def kept_of(database: Database, person: int, but: str = "") -> int:
    """Count the bytes of a person's drafts, without one of them."""
    rows = database.rows(
        "SELECT coalesce(sum(length(content) + length(report)), 0) AS bytes FROM draft "
        "WHERE person = ? AND id <> ?",
        (person, but),
    )
    return int(rows[0]["bytes"])


def _select(database: Database, condition: str, values: tuple[Any, ...]) -> list[Draft]:
    rows = database.rows(f"SELECT {_COLUMNS} FROM draft {condition}", values)  # noqa: S608
    return [Draft(**row) for row in rows]
