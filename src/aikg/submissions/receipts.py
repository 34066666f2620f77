"""Receipts: the public description of a submission, for programs and for pages."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import Any

from aikg.errors import SubmissionGone
from aikg.ledger import records
from aikg.ledger.database import Database
from aikg.ledger.records import Submission
from aikg.names import SUBMISSIONS, graph_of

#: The attributes of a submission that its receipt has as they are.
_PARTS = (
    *("name", "version", "state", "graph", "namespace", "licence"),
    *("orcid", "media_type", "filename", "sha256"),
)
#: The IRIs of a node of a submission, and of its named graph.
_NODE = re.compile(re.escape(SUBMISSIONS) + r"([^/]+)/.+")
_GRAPH = re.compile(re.escape(graph_of("submission/")) + r"([^/]+)/(\d+)")


def receipt(database: Database, submission: Submission) -> dict[str, Any]:
    """Return the record of a submission, its report and its history.

    After a purge, `erased` says whether nothing that was purged stands in the ledger's files.
    """
    purged = submission.state == records.PURGED
    return {
        "submission": submission.address,
        **{part: getattr(submission, part) for part in _PARTS},
        "history": [asdict(event) for event in records.history(database, submission)],
        "report": json.loads(submission.report) if submission.report else None,
        "remarks": records.remarks(database, submission),
        "follows": records.followed(database, submission).decode().split("\n")[:-1],
        **({"erased": database.erased()} if purged else {}),
    }


def line(submission: Submission) -> dict[str, Any]:
    """Return the row of a submission in a list."""
    parts = ("state", "licence", "filename")
    return {"submission": submission.address, **{part: getattr(submission, part) for part in parts}}


#: What happens next with a submission, by its state.
NEXT = {
    records.RECEIVED: "It is not judged yet. Send the same file again.",
    records.INVALID: "Fix the errors in its report, and send it again under the same name.",
    records.WAITING: "A curator decides. You need to do nothing.",
    records.PUBLISHED: "It is a part of the graph. To correct it, send it again under its name.",
    records.WITHHELD: "A curator looks into it: the graph cannot take it. It stays public.",
    records.RETURNED: "Change what the curator remarks, and send it again under the same name.",
    records.REJECTED: "It will not be published. The reason is in its history.",
    records.SUPERSEDED: "A newer version took its place.",
    records.WITHDRAWN: "It is no longer a part of the graph. The reason is in its history.",
    records.PURGED: "Its content is removed.",
}


def followed_line(database: Database, submission: Submission) -> dict[str, Any]:
    """Return the row of a submission in the list of its sender."""
    events = records.history(database, submission)
    said = next((event for event in reversed(events) if event.why), None)
    return line(submission) | {
        "name": submission.name,
        "version": submission.version,
        "since": events[-1].at,
        "next": NEXT[submission.state],
        "why": said.why if said and said.state == submission.state else "",
    }


def was_public(database: Database, submission: Submission) -> bool:
    """Return whether it is a part of the graph, or ever was; a purge changes nothing here."""
    return any(event.state == records.PUBLISHED for event in records.history(database, submission))


def ended_by(database: Database, submission: Submission) -> Submission | None:
    """Return the version whose withdrawal or purge closed a version to the public.

    This is the version itself, or a later one: a withdrawn name gives away no earlier version.
    None if it is open, or was never public. A submission that is withheld stays open: the graph
    does not have it, but all that was public stays so.
    """
    ended = (records.WITHDRAWN, records.PURGED)
    later = records.versions(database, submission.name)
    for version in reversed([v for v in later if v.version >= submission.version]):
        if version.state in ended and was_public(database, version):
            return version
    return None


def story(database: Database, submission: Submission) -> str:
    """Return the history of a submission, one sentence for each step."""
    return " ".join(
        f"{event.state.capitalize()} on {event.at[:10]}"
        f"{f' by {event.by}' if event.by else ''}{f': {event.why}' if event.why else ''}."
        for event in records.history(database, submission)
    )


def gone(database: Database, submission: Submission) -> SubmissionGone:
    """Return the error with the history of a submission that left the graph."""
    return SubmissionGone(
        f"Submission {submission.address} was {submission.state}. {story(database, submission)}",
        advice=f"See /submissions for what is published; {submission.graph} names it for ever.",
    )


def refuse_gone(database: Database, iri: str) -> None:
    """Refuse an IRI that nothing describes, if its submission was once in the graph.

    Raises:
        SubmissionGone: It was; the message has its story.
    """
    of_graph, of_node = _GRAPH.fullmatch(iri), _NODE.fullmatch(iri)
    if of_graph:
        number = int(of_graph[2])
        found = [s for s in records.versions(database, of_graph[1]) if s.version == number]
    elif of_node:
        found = records.versions(database, of_node[1])
    else:
        return
    published = any(submission.state == records.PUBLISHED for submission in found)
    once = [submission for submission in found if was_public(database, submission)]
    if once and not published:
        raise gone(database, once[0])
