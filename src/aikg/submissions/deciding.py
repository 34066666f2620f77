"""Decisions that concern no single submission, taken and undone in an open home."""

from __future__ import annotations

from dataclasses import asdict

from aikg.errors import StateConflict
from aikg.ledger import decisions
from aikg.ledger.decisions import Decision
from aikg.ledger.steps import Actor
from aikg.publication import decided
from aikg.submissions.home import Home, delta_of, read_again


def decide(home: Home, kind: str, said: dict[str, str], actor: Actor, why: str) -> Decision:
    """Take a decision that concerns no single submission.

    Args:
        home: The home.
        kind: The kind; `decided.PARTS` has all.
        said: Its parts.
        actor: Who takes it.
        why: The reason.

    Raises:
        RequestMalformed: It is not valid.
        StateConflict: Another decision in force is about the same.
    """
    said = decided.checked(kind, said)
    with home.changing():
        for other in decisions.in_force(home.database):
            if decided.excludes(other.kind, other.said, kind, said):
                raise StateConflict(
                    f"Decision {other.id} is about the same: {other.why}",
                    advice=f"Undo decision {other.id} first, if another should be in force.",
                )
        number = decisions.next_id(home.database)
        answer = home.ask("decide", {"decision": {"id": number, "kind": kind, "said": said}})
        whole, delta = answer["said"], delta_of(answer)

        def step() -> Decision:
            home.restate(answer["reread"])
            also = why + read_again(answer["reread"])
            return decisions.add(home.database, kind, whole, actor, also, delta)

        return home.apply(delta, step, list)


def undo(home: Home, number: int, actor: Actor, why: str) -> Decision:
    """Take a decision back.

    Raises:
        UnknownDecision: There is none with that number.
        StateConflict: It was undone.
    """
    with home.changing():
        found = decisions.find(home.database, number)
        answer = home.ask("decide", {"decision": asdict(found), "undo": True})

        def step() -> Decision:
            home.restate(answer["reread"])
            also = why + read_again(answer["reread"])
            return decisions.undo(home.database, found, actor, also, delta_of(answer))

        return home.apply(delta_of(answer), step, list)
