"""Decisions of curators that concern no single submission; each can be undone."""

from __future__ import annotations

import json
from dataclasses import dataclass

from aikg.errors import StateConflict, UnknownDecision
from aikg.ledger import overlay
from aikg.ledger.database import Database
from aikg.ledger.records import now
from aikg.ledger.steps import Actor
from aikg.rules.delta import Delta


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision.

    Attributes:
        id: Its number in the ledger.
        kind: What it decides, such as `strike`.
        said: Its content, by the names of the parts.
        why: The reason.
        at: When, in UTC.
        by: Who took it: the label of a person, or the user who ran a command.
        person: The number of that person; None for a command.
        undone_at: When it was undone, or None; the others are likewise.
    """

    id: int
    kind: str
    said: dict[str, str]
    why: str
    at: str
    by: str
    person: int | None
    undone_at: str | None = None
    undone_by: str | None = None
    undone_person: int | None = None
    undone_why: str | None = None


def every(database: Database) -> list[Decision]:
    """Return all decisions, in their order."""
    rows = database.rows("SELECT * FROM decision ORDER BY id")
    return [Decision(**row | {"said": json.loads(row["said"])}) for row in rows]


def in_force(database: Database) -> list[Decision]:
    """Return the decisions that were not undone."""
    return [one for one in every(database) if one.undone_at is None]


def find(database: Database, number: int) -> Decision:
    """Return a decision that is in force.

    Raises:
        UnknownDecision: There is none with that number.
        StateConflict: It was undone.
    """
    found = next((one for one in every(database) if one.id == number), None)
    if found is None:
        raise UnknownDecision(
            f"There is no decision {number}.", advice="See the list of decisions for its number."
        )
    if found.undone_at:
        raise StateConflict(
            f"Decision {number} was undone on {found.undone_at[:10]}.",
            advice="Decide again, if it should be in force.",
        )
    return found


def next_id(database: Database) -> int:
    """Return the number of the decision that will be taken next."""
    return max((one.id for one in every(database)), default=0) + 1


def add(  # noqa: PLR0913, PLR0917  all that the record has
    database: Database, kind: str, said: dict[str, str], actor: Actor, why: str, delta: Delta[str]
) -> Decision:
    """Record a decision, and what the graph gains and loses by it."""
    with database.transaction():
        database.write(
            "INSERT INTO decision (id, kind, said, why, at, by, person) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (next_id(database), kind, json.dumps(said), why, now(), actor.name, actor.person),
        )
        overlay.change(database, actor.files, delta)
        return every(database)[-1]


def undo(
    database: Database, decision: Decision, actor: Actor, why: str, delta: Delta[str]
) -> Decision:
    """Record that a decision is not in force any more, and what the graph gains and loses."""
    with database.transaction():
        database.write(
            "UPDATE decision SET undone_at = ?, undone_by = ?, undone_person = ?, undone_why = ? "
            "WHERE id = ?",
            (now(), actor.name, actor.person, why, decision.id),
        )
        overlay.change(database, actor.files, delta)
        return next(one for one in every(database) if one.id == decision.id)
