"""The steps of a submission's life, each one transaction: all of it, or nothing."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from aikg.errors import StateConflict
from aikg.ledger import overlay, records
from aikg.ledger.database import Database
from aikg.ledger.records import BEFORE, Submission, now
from aikg.names import submission_namespace

#: The licences under which evidence is taken, by their short names (https://spdx.org/licenses/).
LICENCES = {
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who takes a step.

    Attributes:
        name: What the ledger calls them: a person's label, or who runs the command.
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
    """What a submitter sends.

    Attributes:
        content: The bytes as they came.
        media_type: What they are said to be.
        licence: The licence under which they are given, as an IRI.
        name: The name that the submission is to have; None for a new one.
        orcid: Who stands behind it, or None.
        filename: What the sender's file is called, or None.
    """

    content: bytes
    media_type: str
    licence: str
    name: str | None = None
    orcid: str | None = None
    filename: str | None = None

    def __post_init__(self) -> None:
        """Refuse a file name that cannot be shown, or kept, as it is.

        Raises:
            NameMalformed: It has a character that nobody sees.
        """
        records.refuse_hidden("file", self.filename)

    @property
    def sha256(self) -> str:
        """What the same bytes have in common."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class GraphChange:
    """What a step changes in the served graph, as N-Quads; no quad is in both.

    Attributes:
        added: Quads that were not there.
        removed: Quads that were.
        statements: What the submission states, as N-Triples.
        followed: Of what was added, what follows, as N-Triples.
    """

    added: bytes
    removed: bytes
    statements: bytes = b""
    followed: bytes = b""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a validation found.

    Attributes:
        state: What the submission becomes by it: waiting, or invalid.
        report: All that was found, as JSON.
        statements: What the submission states, as N-Triples.
    """

    state: str
    report: str
    statements: bytes = b""


def receive(database: Database, sent: Sent, actor: Actor) -> Submission:
    """Keep what was sent, as the next version of its name; who began the name owns each version.

    Raises:
        NameMalformed: The name is none.
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
    """Remove what was received and cannot be read: it never was a submission."""
    with database.transaction():
        kept = "SELECT id FROM submission WHERE id = ? AND state = 'received'"
        database.write(
            f"DELETE FROM event WHERE submission IN ({kept})",  # noqa: S608
            (submission.id,),
        )
        database.write(
            "DELETE FROM submission WHERE id = ? AND state = 'received'", (submission.id,)
        )


def judge(database: Database, submission: Submission, actor: Actor, found: Judgement) -> Submission:
    """Note the verdict on what was received; what waited under its name is superseded.

    Raises:
        StateConflict: It was judged already.
    """
    with database.transaction():
        database.write(
            "UPDATE submission SET report = ?, statements = ? WHERE id = ?",
            (found.report, found.statements, submission.id),
        )
        judged = _move(database, submission, found.state, actor, "")
        if found.state == records.WAITING:
            for other in records.versions(database, submission.name):
                if other.version < submission.version and other.state in (
                    records.INVALID,
                    records.WAITING,
                ):
                    _move(database, other, records.SUPERSEDED, actor, _by(submission))
    return judged


def publish(
    database: Database, submission: Submission, actor: Actor, why: str, change: GraphChange
) -> Submission:
    """Note that a submission is part of the graph; its published version before it is no longer.

    Raises:
        StateConflict: It does not wait (any more).
    """
    with database.transaction():
        published = _move(database, submission, records.PUBLISHED, actor, why)
        for other in records.versions(database, submission.name):
            if other.id != submission.id and other.state in (records.PUBLISHED, records.WITHHELD):
                _move(database, other, records.SUPERSEDED, actor, _by(submission))
        database.write(
            "UPDATE submission SET followed = ?, statements = ? WHERE id = ?",
            (change.followed, change.statements, submission.id),
        )
        overlay.change(database, actor.files, change.added, change.removed)
    return published


def withdraw(
    database: Database, submission: Submission, actor: Actor, why: str, change: GraphChange
) -> Submission:
    """Note that a submission is part of the graph no longer.

    Raises:
        StateConflict: It is not published.
    """
    with database.transaction():
        withdrawn = _move(database, submission, records.WITHDRAWN, actor, why)
        overlay.change(database, actor.files, change.added, change.removed)
    return withdrawn


def withhold(
    database: Database, submission: Submission, actor: Actor, why: str, change: GraphChange
) -> Submission:
    """Note that a published submission is not in the graph, since the graph cannot take it.

    Raises:
        StateConflict: It is not published.
    """
    with database.transaction():
        withheld = _move(database, submission, records.WITHHELD, actor, why)
        overlay.change(database, actor.files, change.added, change.removed)
    return withheld


def restore(database: Database, submission: Submission, actor: Actor) -> Submission:
    """Note that the graph takes a submission that was withheld.

    Raises:
        StateConflict: It is not withheld.
    """
    with database.transaction():
        return _move(database, submission, records.PUBLISHED, actor, "")


def reject(database: Database, submission: Submission, actor: Actor, why: str) -> Submission:
    """Note that a submission will not be published, and why.

    Raises:
        StateConflict: It does not wait.
    """
    with database.transaction():
        return _move(database, submission, records.REJECTED, actor, why)


def purge(database: Database, submission: Submission, actor: Actor, why: str) -> Submission:
    """Remove what was sent, who sent it and what was said about it; that it was there stays.

    Args:
        database: The ledger.
        submission: One that is not published.
        actor: Who does it.
        why: On which ground.

    Raises:
        StateConflict: It is published: withdraw it first.
    """
    with database.transaction():
        purged = _move(database, submission, records.PURGED, actor, why)
        database.write(
            "UPDATE submission SET token = NULL, person = NULL, orcid = NULL, filename = NULL, "
            "sha256 = NULL, content = NULL, statements = NULL, followed = NULL, report = NULL "
            "WHERE id = ?",
            (submission.id,),
        )
        database.write(
            "UPDATE event SET by = '', person = NULL, why = '' "
            "WHERE submission = ? AND state <> 'purged'",
            (submission.id,),
        )
        # Whoever sent this version superseded those before it.
        database.write(
            "UPDATE event SET by = '', person = NULL WHERE state = 'superseded' AND why = ? "
            "AND submission IN (SELECT id FROM submission WHERE name = ?)",
            (_by(submission), submission.name),
        )
    database.forget_old_pages()
    database.forget_saved()
    return purged


def _move(
    database: Database, submission: Submission, state: str, actor: Actor, why: str
) -> Submission:
    """Bring a submission from the state that it is in, which must be one before, to another."""
    before = BEFORE[state]
    marks = ", ".join("?" * len(before))
    changed = database.write(
        f"UPDATE submission SET state = ? WHERE id = ? AND state IN ({marks})",  # noqa: S608
        (state, submission.id, *before),
    )
    present = records.find(database, submission.name, submission.version)
    if not changed:
        raise StateConflict(
            f"{submission.address} is {present.state}; only what is {' or '.join(before)} "
            f"can become {state}.",
            advice="Look at its page: someone else may have decided meanwhile.",
        )
    _note(database, present, actor, why)
    return present


def _note(database: Database, submission: Submission, actor: Actor, why: str) -> None:
    database.write(
        "INSERT INTO event (submission, state, at, by, person, why, files) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (submission.id, submission.state, now(), actor.name, actor.person, why, actor.files),
    )


def _by(submission: Submission) -> str:
    return f"by {submission.address}"
