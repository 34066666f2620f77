"""All that is published and decided, brought into a graph that has changed."""

from __future__ import annotations

from dataclasses import asdict
from itertools import count
from typing import Any

from aikg.errors import AikgError, EngineUnavailable
from aikg.ledger import decisions, overlay, records, steps
from aikg.ledger.records import Submission
from aikg.ledger.steps import Actor
from aikg.publication import provenance
from aikg.rules.delta import Delta
from aikg.submissions.home import Home, delta_of

_N_TRIPLES = "application/n-triples"
#: Numbers the changes of a graph while it is renewed.
_STEPS = count(1)


def renew(home: Home, *, recorded: bool = True) -> list[tuple[Submission, list[str]]]:
    """Judge and apply all that is published, one after the other, on a graph without it.

    This is done after a change of the files, and when no graph can be made with the overlay.
    A submission that the graph cannot take is withheld: the graph is served without all that
    it states and all that follows from it. The ledger keeps it as it was sent.

    Args:
        home: The home.
        recorded: Whether the ledger rests on the files of this server from then on. If not, only
            its graph does.

    Returns:
        The submissions that break a rule now, with the messages of the rules; they stay.
    """
    fails, refused = list[tuple[Submission, list[str]]](), dict[Submission, str]()
    whole, stated = _numbers(home), dict[str, str]()
    whole = whole.then(_decided(home, notices=False))
    for submission in home.published():
        try:
            answer = _renewed(home, submission)
        except EngineUnavailable:
            raise
        except AikgError as error:
            refused[submission] = str(error)
            gone = Delta(removed=set(overlay.numbered(home.database, submission.graph)))
            whole = whole.then(_applied(home, gone))
            continue
        whole = whole.then(delta_of(answer))
        stated[submission.graph] = answer["statements"]
        if not answer["accepted"]:
            broken = [f["rule"] for f in answer["report"]["findings"] if f["blocks"]]
            fails.append((submission, broken))
    whole = whole.then(_decided(home, notices=True))
    if recorded:
        _record(home, whole, stated, refused)
    origins = Delta(provenance.of(home.database, records.ever_published(home.database))).lines()
    home.engine.apply(add=origins.to_nquads()[0], version=home.version)
    if home.following:
        home.following.set(whole.then(origins), home.version)
    return fails


def _record(
    home: Home, whole: Delta[str], stated: dict[str, str], refused: dict[Submission, str]
) -> None:
    """Record in the ledger that all that is published rests on the files of this home."""
    actor = Actor("the server", home.files)
    with home.database.transaction():
        overlay.replace(home.database, home.files, whole)
        home.restate(stated)
        for submission in home.published():
            why = refused.get(submission, "")
            state = records.WITHHELD if submission in refused else records.PUBLISHED
            if submission.state != state:
                steps.bring(home.database, submission, state, actor, why)


def _numbers(home: Home) -> Delta[str]:
    """Bring in the numbers of all that is published: no submission has its nodes without them."""
    graphs = [submission.graph for submission in home.published()]
    return _applied(
        home, Delta({line for one in graphs for line in overlay.numbered(home.database, one)})
    )


def _decided(home: Home, *, notices: bool) -> Delta[str]:
    """Bring in the decisions in force: notices after the papers, all others before.

    One that the graph cannot take, such as a notice on a paper that is gone, stays in the ledger.
    """
    whole: Delta[str] = Delta()
    for decision in decisions.in_force(home.database):
        if (decision.kind == "notice") != notices:
            continue
        try:
            answer = home.run("decide", {"decision": asdict(decision), "settled": True})
            whole = whole.then(_applied(home, delta_of(answer)))
        except EngineUnavailable:
            raise
        except AikgError:
            continue
    return whole


def _applied(home: Home, delta: Delta[str]) -> Delta[str]:
    """Change the graph under a new version: no worker of the state before is asked again."""
    added, removed = delta.to_nquads()
    version = f"{home.files}-renewed-{next(_STEPS)}"
    home.engine.rehearse(add=added, remove=removed, version=version)
    home.engine.apply(add=added, remove=removed, version=version)
    return delta


def _renewed(home: Home, submission: Submission) -> dict[str, Any]:
    """Judge a submission that is published, and bring it into the graph."""
    arguments = home.arguments(submission) | {
        "replaced": None,
        "media_type": _N_TRIPLES,
        "renewed": True,
        "others": [home.as_sent(submission)],
    }
    answer = home.run("publish", arguments, records.statements(home.database, submission))
    _applied(home, delta_of(answer))
    return answer
