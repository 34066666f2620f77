"""What is told about a submission: to a program as JSON, to a person as a page."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from aikg.ledger import records
from aikg.ledger.database import Database
from aikg.ledger.records import Submission

#: The states of what anyone may see.
OPEN = (records.PUBLISHED, records.WITHDRAWN, records.PURGED)


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
        "follows": records.followed(database, submission).decode().splitlines(),
    }


def line(submission: Submission) -> dict[str, Any]:
    """Tell of a submission what a list has room for."""
    return {
        "submission": submission.address,
        "state": submission.state,
        "licence": submission.licence,
        "filename": submission.filename,
    }


def is_open(database: Database, submission: Submission) -> bool:
    """Tell whether anyone may see it: it is a part of the graph, or was."""
    if submission.state == records.SUPERSEDED:
        states = {event.state for event in records.history(database, submission)}
        return records.PUBLISHED in states
    return submission.state in OPEN


def story(database: Database, submission: Submission) -> str:
    """Tell in a sentence each what happened to a submission."""
    return " ".join(
        f"{event.state.capitalize()} on {event.at[:10]}"
        f"{f' by {event.by}' if event.by else ''}{f': {event.why}' if event.why else ''}."
        for event in records.history(database, submission)
    )
