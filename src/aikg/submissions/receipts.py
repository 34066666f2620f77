"""What is told about a submission: to a program as JSON, to a person as a page."""

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

#: The IRIs of what a submission describes, and of its named graph.
_NODE = re.compile(re.escape(SUBMISSIONS) + r"([^/]+)/.+")
_GRAPH = re.compile(re.escape(graph_of("submission/")) + r"([^/]+)/(\d+)")


def receipt(database: Database, submission: Submission) -> dict[str, Any]:
    """Tell of a submission what it is, what was found, and what became of it."""
    return {
        "submission": submission.address,
        "name": submission.name,
        "version": submission.version,
        "state": submission.state,
        "graph": submission.graph,
        "namespace": submission.namespace,
        "licence": submission.licence,
        "orcid": submission.orcid,
        "media_type": submission.media_type,
        "filename": submission.filename,
        "sha256": submission.sha256,
        "history": [asdict(event) for event in records.history(database, submission)],
        "report": json.loads(submission.report) if submission.report else None,
        "follows": records.followed(database, submission).decode().split("\n")[:-1],
    }


def line(submission: Submission) -> dict[str, Any]:
    """Tell of a submission what a list has room for."""
    return {
        "submission": submission.address,
        "state": submission.state,
        "licence": submission.licence,
        "filename": submission.filename,
    }


def was_public(database: Database, submission: Submission) -> bool:
    """Return whether it is a part of the graph, or ever was; a purge changes nothing here."""
    return any(event.state == records.PUBLISHED for event in records.history(database, submission))


def ended_by(database: Database, submission: Submission) -> Submission | None:
    """Return the version whose withdrawal or purge closed a version to the public.

    This is the version itself, or a later one: a withdrawn name gives away no earlier version.
    None where it is open, or was never public.
    """
    ended = (records.WITHDRAWN, records.PURGED)
    later = records.versions(database, submission.name)
    for version in reversed([v for v in later if v.version >= submission.version]):
        if version.state in ended and was_public(database, version):
            return version
    return None


def story(database: Database, submission: Submission) -> str:
    """Tell in a sentence each what happened to a submission."""
    return " ".join(
        f"{event.state.capitalize()} on {event.at[:10]}"
        f"{f' by {event.by}' if event.by else ''}{f': {event.why}' if event.why else ''}."
        for event in records.history(database, submission)
    )


def gone(database: Database, submission: Submission) -> SubmissionGone:
    """Make the error that tells the story of what is no longer a part of the graph."""
    return SubmissionGone(
        f"Submission {submission.address} was {submission.state}. {story(database, submission)}",
        advice=f"See /submissions for what is published; {submission.graph} names it for ever.",
    )


def refuse_gone(database: Database, iri: str) -> None:
    """Refuse an IRI that nothing describes, if it is of a submission that was once in the graph.

    Raises:
        SubmissionGone: It was; the message tells its story.
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
