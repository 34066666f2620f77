"""The steps of a submission's life, each one transaction: all of it, or nothing."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from aikg.characters import hidden, visible
from aikg.errors import RequestMalformed, StateConflict
from aikg.ledger import overlay, records
from aikg.ledger.database import Database
from aikg.ledger.records import BEFORE, Submission, now
from aikg.names import submission_namespace
from aikg.rules.delta import Delta
from aikg.rules.reasoning import INFERRED

#: The licences under which evidence is accepted, by their short names (https://spdx.org/licenses/).
LICENCES = {
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
}
#: The longest place and the longest text of a remark, in characters.
LONGEST_PLACE, LONGEST_REMARK = 80, 1000
#: Places of a file, each with what is to change there.
Remarks = Iterable[tuple[str, str]]
#: How a line of N-Quads ends that is inferred.
_INFERRED = f" {INFERRED} ."


@dataclass(frozen=True, slots=True)
class Actor:
    """Who takes a step.

    Attributes:
        name: Their name in the ledger: a person's label, or the user who runs the command.
        files: The version of the files that are in force.
        token: The number of their token, or None.
        person: The number of the person, or None.
    """

    name: str
    files: str
    token: int | None = None
    person: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as a submitter sends it.

    Attributes:
        content: Its bytes.
        media_type: Its media type, as the sender states it.
        licence: Its licence, as an IRI.
        name: The name of the submission; None for a new one.
        orcid: The ORCID of its author, or None.
        filename: The name of the sender's file, or None.
    """

    content: bytes
    media_type: str
    licence: str
    name: str | None = None
    orcid: str | None = None
    filename: str | None = None

    def __post_init__(self) -> None:
        """Refuse a file name that cannot be shown or kept as it is, and a wrong ORCID.

        Raises:
            NameMalformed: The file name has a hidden character.
            RequestMalformed: The ORCID is not valid.
        """
        records.refuse_hidden("file", self.filename)
        object.__setattr__(self, "orcid", records.checked_orcid(self.orcid))

    @property
    def sha256(self) -> str:
        """The hash of the bytes."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result of a validation.

    Attributes:
        state: The new state of the submission: waiting, or invalid.
        report: All findings, as JSON.
        statements: The statements of the submission, as N-Triples.
    """

    state: str
    report: str
    statements: bytes = b""


def receive(database: Database, sent: Sent, actor: Actor) -> Submission:
    """Keep a file as the next version of its name; the person who began the name owns each version.

    Raises:
        NameMalformed: The name is not valid.
        StorageFull: There is no room; nothing was kept.
    """
    name = f"s-{secrets.token_hex(6)}" if sent.name is None else sent.name
    submission_namespace(name)
    with database.transaction():
        before = records.versions(database, name)
        version = before[0].version + 1 if before else 1
        person = records.owner(before) if before else actor.person
        database.write(
            "INSERT INTO submission (name, version, state, token, person, orcid, licence, "
            "media_type, filename, sha256, content) "
            "VALUES (?, ?, 'received', ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(name, version, actor.token, person, sent.orcid, sent.licence),
                *(sent.media_type, sent.filename, sent.sha256, sent.content),
            ),
        )
        submission = records.find(database, name, version)
        _note(database, submission, actor, "")
    return submission


def forget(database: Database, submission: Submission) -> None:
    """Remove a file that was received and cannot be read: it never was a submission."""
    with database.transaction():
        for table, key in (("event", "submission"), ("submission", "id")):
            database.write(
                f"DELETE FROM {table} WHERE {key} IN "  # noqa: S608  from the line above
                "(SELECT id FROM submission WHERE id = ? AND state = 'received')",
                (submission.id,),
            )


def judge(database: Database, submission: Submission, actor: Actor, found: Judgement) -> Submission:
    """Record the verdict on a submission; what waited under its name is superseded.

    Raises:
        StateConflict: It was judged already.
    """
    with database.transaction():
        database.write(
            "UPDATE submission SET report = ?, statements = ? WHERE id = ?",
            (found.report, found.statements, submission.id),
        )
        judged = bring(database, submission, found.state, actor)
        undecided = (records.INVALID, records.WAITING, records.RETURNED)
        for other in records.versions(database, judged.name):
            before = other.version < judged.version and other.state in undecided
            if before and judged.state == records.WAITING:
                bring(database, other, records.SUPERSEDED, actor, _by(judged))
    return judged


def publish(  # noqa: PLR0913, PLR0917  all that the record has
    database: Database,
    submission: Submission,
    actor: Actor,
    why: str,
    delta: Delta[str],
    statements: bytes,
) -> Submission:
    """Record that a submission is part of the graph, in place of its version before it.

    Args:
        database: The ledger.
        submission: The submission.
        actor: Who publishes it.
        why: The reason, or nothing.
        delta: What the graph gains and loses.
        statements: The statements of the submission, as N-Triples.

    Raises:
        StateConflict: It does not wait (any more).
    """
    lines = sorted(line for line in delta.added if line.endswith(_INFERRED))
    followed = "".join(f"{line.removesuffix(_INFERRED)} .\n" for line in lines).encode()
    with database.transaction():
        published = bring(database, submission, records.PUBLISHED, actor, why, delta)
        for other in records.versions(database, published.name):
            if other.id != published.id and other.state in (records.PUBLISHED, records.WITHHELD):
                bring(database, other, records.SUPERSEDED, actor, _by(published))
        database.write(
            "UPDATE submission SET followed = ?, statements = ? WHERE id = ?",
            (followed, statements, submission.id),
        )
    return published


def restate(database: Database, submission: Submission, statements: bytes) -> None:
    """Record the statements of a published submission that was read again, in a transaction."""
    database.write("UPDATE submission SET statements = ? WHERE id = ?", (statements, submission.id))


def bring(  # noqa: PLR0913, PLR0917  all that the record has
    database: Database,
    submission: Submission,
    state: str,
    actor: Actor,
    why: str = "",
    delta: Delta[str] | None = None,
) -> Submission:
    """Bring a submission to another state, and the graph with it.

    Args:
        database: The ledger.
        submission: The submission.
        state: The state; `BEFORE` has the states from which it can be reached.
        actor: Who does it.
        why: The reason, or nothing.
        delta: What the graph gains and loses, if anything.

    Raises:
        StateConflict: It is not in one of those states (any more).
    """
    before = BEFORE[state]
    marks = ", ".join("?" * len(before))
    with database.transaction():
        changed = database.write(
            f"UPDATE submission SET state = ? WHERE id = ? AND state IN ({marks})",  # noqa: S608
            (state, submission.id, *before),
        )
        present = records.find(database, submission.name, submission.version)
        if not changed:
            raise StateConflict(
                f"{records.decided(database, present)}; only a submission that is "
                f"{' or '.join(before)} can become {state}.",
                advice="Look at its page: someone else may have decided meanwhile.",
            )
        _note(database, present, actor, why)
        if delta is not None:
            overlay.change(database, actor.files, delta)
    return present


def send_back(
    database: Database, submission: Submission, actor: Actor, why: str, remarks: Remarks = ()
) -> Submission:
    """Record that a submission goes back to its sender.

    Args:
        database: The ledger.
        submission: The submission.
        actor: Who does it.
        why: The reason.
        remarks: Places of the file, such as a cell, each with what is to change there.

    Raises:
        RequestMalformed: A remark has a hidden character, or is too long.
        StateConflict: It does not wait (any more).
    """
    rows = [_checked_remark(place, text) for place, text in remarks]
    with database.transaction():
        returned = bring(database, submission, records.RETURNED, actor, why)
        database.write_many(
            "INSERT INTO remark (submission, place, text) VALUES (?, ?, ?)",
            [(submission.id, *row) for row in rows],
        )
    return returned


def _checked_remark(place: str, text: str) -> tuple[str, str]:
    if hidden(place + text) or len(place) > LONGEST_PLACE or len(text) > LONGEST_REMARK:
        raise RequestMalformed(
            f"The remark on “{visible(place[:LONGEST_PLACE])}” is too long, or has a hidden "
            "character.",
            advice=f"Write a place of at most {LONGEST_PLACE} characters, such as C7, and one line "
            f"of at most {LONGEST_REMARK}.",
        )
    return place, text


def purge(database: Database, submission: Submission, actor: Actor, why: str) -> Submission:
    """Remove a file, its sender and all remarks on it; the record that it was there stays.

    Args:
        database: The ledger.
        submission: One that is not published.
        actor: Who does it.
        why: The reason.

    Raises:
        StateConflict: It is published: withdraw it first.
    """
    with database.transaction():
        purged = bring(database, submission, records.PURGED, actor, why)
        database.write(
            "UPDATE submission SET token = NULL, person = NULL, orcid = NULL, filename = NULL, "
            "sha256 = NULL, content = NULL, statements = NULL, followed = NULL, report = NULL "
            "WHERE id = ?",
            (submission.id,),
        )
        database.write("DELETE FROM remark WHERE submission = ?", (submission.id,))
        database.write(
            "UPDATE event SET by = '', person = NULL, why = '' "
            "WHERE submission = ? AND state <> 'purged'",
            (submission.id,),
        )
        # The sender of this version superseded those before it.
        database.write(
            "UPDATE event SET by = '', person = NULL WHERE state = 'superseded' AND why = ? "
            "AND submission IN (SELECT id FROM submission WHERE name = ?)",
            (_by(submission), submission.name),
        )
        database.forget_deleted()
    return purged


def _note(database: Database, submission: Submission, actor: Actor, why: str) -> None:
    database.write(
        "INSERT INTO event (submission, state, at, by, person, why, files) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (submission.id, submission.state, now(), actor.name, actor.person, why, actor.files),
    )


def _by(submission: Submission) -> str:
    return f"by {submission.address}"
