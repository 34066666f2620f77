"""Submissions as the ledger knows them, and what happened to each."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, fields
from typing import Any

from aikg.characters import hidden, visible
from aikg.errors import NameMalformed, RequestMalformed, UnknownSubmission
from aikg.ledger.database import Database
from aikg.names import BASE, SUBMISSIONS

RECEIVED, INVALID, WAITING = "received", "invalid", "waiting"
PUBLISHED, REJECTED, SUPERSEDED = "published", "rejected", "superseded"
WITHDRAWN, PURGED = "withdrawn", "purged"
#: Back with its sender, who sends a corrected version.
RETURNED = "returned"
#: Published, but not in the graph, which cannot take it.
WITHHELD = "withheld"

#: The states from which each state can be reached.
BEFORE = {
    INVALID: (RECEIVED,),
    WAITING: (RECEIVED,),
    PUBLISHED: (WAITING, WITHHELD),
    WITHHELD: (PUBLISHED,),
    REJECTED: (WAITING,),
    RETURNED: (WAITING,),
    SUPERSEDED: (INVALID, WAITING, RETURNED, PUBLISHED, WITHHELD),
    WITHDRAWN: (PUBLISHED, WITHHELD),
    PURGED: (RECEIVED, INVALID, WAITING, REJECTED, RETURNED, SUPERSEDED, WITHDRAWN),
}

#: An ORCID (https://orcid.org), alone or as an address.
ORCID = re.compile(r"(?:https?://orcid\.org/)?([0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X])")

#: All states.
STATES = (RECEIVED, *BEFORE)


@dataclass(frozen=True, slots=True)
class Submission:
    """One version of a submission, without its bytes.

    Attributes:
        id: Its number in the ledger.
        name: A part of its IRIs.
        version: 1 for the first that bears the name, and so on.
        state: Where it stands in its life.
        token: The number of the token that it came with; None from the command line.
        person: The number of the person who owns its name; None from the command line, and after
            a purge.
        orcid: The ORCID of its author, if the sender stated one.
        licence: The licence under which it was sent, as an IRI.
        media_type: Of the bytes as sent.
        filename: The name of the sender's file, or None.
        sha256: Of the bytes as sent; None after a purge.
        report: The report of its validation, as JSON, or None.
    """

    id: int
    name: str
    version: int
    state: str
    token: int | None
    person: int | None
    orcid: str | None
    licence: str
    media_type: str | None
    filename: str | None
    sha256: str | None
    report: str | None

    @property
    def address(self) -> str:
        """Its name and version, as its address on a server has them."""
        return f"{self.name}/{self.version}"

    @property
    def namespace(self) -> str:
        """The address below which all its nodes lie; the same for each version."""
        return f"{SUBMISSIONS}{self.name}/"

    @property
    def graph(self) -> str:
        """The named graph of its statements."""
        return f"{BASE}graph/submission/{self.address}"


@dataclass(frozen=True, slots=True)
class Event:
    """A step of a submission's life.

    Attributes:
        number: Its number in the ledger; later is larger.
        state: What the submission became.
        at: When, in UTC.
        by: Who did it: the label of a person, or the user who ran a command.
        person: The number of that person; None for a command, and if it is not known.
        why: The reason, or nothing.
        files: The version of the files (ontology, shapes, checks) that were in force.
    """

    number: int
    state: str
    at: str
    by: str
    person: int | None
    why: str
    files: str


_COLUMNS = ", ".join(field.name for field in fields(Submission))


def now(later: datetime.timedelta = datetime.timedelta()) -> str:
    """Return the time in UTC, to the second; or a later time."""
    return (datetime.datetime.now(datetime.UTC) + later).strftime("%Y-%m-%dT%H:%M:%SZ")


def refuse_hidden(of: str, name: str | None) -> None:
    """Refuse a name that would control a terminal, or look different from its text.

    Args:
        of: The kind of thing: `file`, `person`.
        name: The name, or None.

    Raises:
        NameMalformed: It has a hidden character.
    """
    character = hidden(name or "")
    if character:
        raise NameMalformed(
            f"The {of} name “{visible(name or '')}” contains the hidden character {character}.",
            advice="Use letters of any script, digits, spaces and punctuation; no control "
            "characters, no line breaks and no marks of direction.",
        )


def checked_orcid(text: str | None) -> str | None:
    """Return an ORCID in its short form; None for none.

    Raises:
        RequestMalformed: It has another form, or a wrong check digit (ISO 7064, mod 11-2).
    """
    if not text:
        return None
    match = ORCID.fullmatch(text)
    digits = match[1].replace("-", "") if match else ""
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    if not match or "0123456789X"[(12 - total % 11) % 11] != digits[-1]:
        raise RequestMalformed(
            f"“{visible(text)}” is not a valid ORCID.",
            advice="Write it as 0000-0002-1825-0097, or leave it out.",
        )
    return match[1]


def find(database: Database, name: str, version: int) -> Submission:
    """Find one version of a submission.

    Raises:
        UnknownSubmission: There is none.
    """
    for submission in versions(database, name):
        if submission.version == version:
            return submission
    raise unknown(name, version)


def unknown(name: str, version: int) -> UnknownSubmission:
    """Make the error for a submission that does not exist, or that the caller may not know of."""
    return UnknownSubmission(
        f"There is no submission {name}/{version}.",
        advice="See /submissions for those that are published.",
    )


def versions(database: Database, name: str) -> list[Submission]:
    """Return all versions of a submission, the newest first."""
    return _select(database, "WHERE name = ? ORDER BY version DESC", (name,))


def owner(versions: list[Submission]) -> int | None:
    """Return the person who owns a name, by all versions that bear it.

    None where nobody does: it came from the command line, or all of it was purged.
    """
    return next((version.person for version in versions if version.person is not None), None)


def in_states(database: Database, *states: str) -> list[Submission]:
    """Return the submissions in some states, the oldest first."""
    marks = ", ".join("?" * len(states))
    return _select(database, f"WHERE state IN ({marks}) ORDER BY id", states)


def count_states(database: Database) -> dict[str, int]:
    """Return the number of submissions in each state that some of them have."""
    found = database.rows("SELECT state, count(*) AS count FROM submission GROUP BY state")
    return {row["state"]: row["count"] for row in found}


def ever_published(database: Database) -> list[Submission]:
    """Return the submissions that may have been a part of the graph, the oldest first."""
    return in_states(database, PUBLISHED, WITHHELD, SUPERSEDED, WITHDRAWN, PURGED)


def same_content(database: Database, sha256: str, token: int | None) -> Submission | None:
    """Find a submission of the same bytes from the same sender that can be published, or is.

    Args:
        database: The ledger.
        sha256: Of the bytes.
        token: The number of a token; every token of its person is the same sender. None stands for
            the command line.
    """
    found = _select(
        database,
        "WHERE sha256 = ? AND state IN ('received', 'waiting', 'published') AND "
        "coalesce((SELECT person FROM token WHERE id = submission.token), 0) = "
        "coalesce((SELECT person FROM token WHERE id = ?), 0) ORDER BY id",
        (sha256, token),
    )
    return found[0] if found else None


def kept_of(database: Database, person: int) -> int:
    """Count the bytes that are kept of a person's submissions which are not published."""
    rows = database.rows(
        "SELECT coalesce(sum(coalesce(length(content), 0) + coalesce(length(statements), 0) + "
        "coalesce(length(report), 0)), 0) AS bytes FROM submission "
        "WHERE person = ? AND state <> 'published'",
        (person,),
    )
    return int(rows[0]["bytes"])


def undecided_of(database: Database, person: int) -> set[str]:
    """Return the names of a person that wait for a decision."""
    rows = database.rows(
        "SELECT DISTINCT name FROM submission "
        "WHERE person = ? AND state IN ('received', 'invalid', 'waiting')",
        (person,),
    )
    return {row["name"] for row in rows}


def content(database: Database, submission: Submission) -> bytes:
    """Return the bytes as sent; none after a purge."""
    return _blob(database, submission, "content")


def statements(database: Database, submission: Submission) -> bytes:
    """Return its statements as N-Triples, those of the last validation."""
    return _blob(database, submission, "statements")


def followed(database: Database, submission: Submission) -> bytes:
    """Return the triples that followed from it when it was published, as N-Triples."""
    return _blob(database, submission, "followed")


def history(database: Database, submission: Submission) -> list[Event]:
    """Return the events of a submission, in order."""
    rows = database.rows(
        "SELECT number, state, at, by, person, why, files FROM event WHERE submission = ? "
        "ORDER BY number",
        (submission.id,),
    )
    return [Event(**row) for row in rows]


def remarks(database: Database, submission: Submission) -> list[dict[str, str]]:
    """Return what a curator remarked on places of a file: `place` and `text`, in their order."""
    return database.rows(
        "SELECT place, text FROM remark WHERE submission = ? ORDER BY number", (submission.id,)
    )


def decided(database: Database, submission: Submission) -> str:
    """Return a sentence: since when a submission is in its state, and who brought it there."""
    events = history(database, submission)
    who = f", by {events[-1].by}" if events and events[-1].by else ""
    since = f" since {events[-1].at[:10]}{who}" if events else ""
    return f"{submission.address} is {submission.state}{since}"


def later(database: Database, submission: Submission) -> list[str]:
    """Return the named graphs that were published after a submission, and still are.

    A version that took the place of another is as old as that one: others may rely on either.
    """
    began = _began(database, submission)
    return [one.graph for one, number in _published(database) if number > began]


def changed(database: Database) -> str | None:
    """Return when the graph changed by a step last, in UTC; None if it never did."""
    states = (PUBLISHED, WITHHELD, SUPERSEDED, WITHDRAWN, PURGED)
    rows = database.rows(
        f"SELECT max(at) AS at FROM event WHERE state IN ({', '.join('?' * len(states))})",  # noqa: S608
        states,
    )
    return rows[0]["at"] if rows else None


def periods(database: Database) -> dict[str, tuple[int, int]]:
    """Return all published named graphs, each with two numbers of events.

    The first is the event since which its name has been a part of the graph, the second its own
    publication. A graph can rely on another that began before its own publication.
    """
    return {one.graph: (_began(database, one), number) for one, number in _published(database)}


def _published(database: Database) -> list[tuple[Submission, int]]:
    """Return what is published, each with the number of the event that published it."""
    rows = database.rows(
        "SELECT max(number) AS number, submission FROM event WHERE state = ? GROUP BY submission",
        (PUBLISHED,),
    )
    since = {row["submission"]: row["number"] for row in rows}
    return [(one, since[one.id]) for one in in_states(database, PUBLISHED)]


def _began(database: Database, submission: Submission) -> int:
    """Return the number of the event since which a name has been a part of the graph."""
    began = 0
    for version in versions(database, submission.name):
        states = {event.state: event.number for event in history(database, version)}
        if version.version > submission.version or PUBLISHED not in states:
            continue
        if began and WITHDRAWN in states:
            break
        began = states[PUBLISHED]
    return began


def _select(database: Database, condition: str, values: tuple[Any, ...]) -> list[Submission]:
    rows = database.rows(f"SELECT {_COLUMNS} FROM submission {condition}", values)  # noqa: S608
    return [Submission(**row) for row in rows]


def _blob(database: Database, submission: Submission, column: str) -> bytes:
    rows = database.rows(
        f"SELECT {column} AS held FROM submission WHERE id = ?",  # noqa: S608
        (submission.id,),
    )
    return bytes(rows[0]["held"] or b"")
