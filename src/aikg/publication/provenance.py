"""Where each published graph comes from, in PROV-O: https://www.w3.org/TR/prov-o/.

It is a view of the ledger, made anew for each replay; it stands in a named graph of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from aikg.ledger import records
from aikg.ledger.database import Database
from aikg.ledger.records import Event, Submission
from aikg.names import BASE, PREFIXES, RDF_TYPE, RDFS_LABEL, graph_of

#: The named graph of the provenance.
GRAPH = ox.NamedNode(graph_of("provenance"))

_PROV, _DCTERMS = PREFIXES["prov"], PREFIXES["dcterms"]
_DATE_TIME = ox.NamedNode(PREFIXES["xsd"] + "dateTime")

#: How a named graph is related to a step, by the state that it led to.
_RELATIONS = {
    records.PUBLISHED: ("wasGeneratedBy", "generatedAtTime"),
    records.SUPERSEDED: ("wasInvalidatedBy", "invalidatedAtTime"),
    records.WITHHELD: ("wasInvalidatedBy", "invalidatedAtTime"),
    records.WITHDRAWN: ("wasInvalidatedBy", "invalidatedAtTime"),
}


def of(database: Database, submissions: Iterable[Submission]) -> set[ox.Quad]:
    """Describe the sender and the steps of each submission that was ever published."""
    return {
        ox.Quad(subject, ox.NamedNode(predicate), value, GRAPH)
        for submission in submissions
        for subject, predicate, value in _described(
            submission,
            records.history(database, submission),
            _published_before(database, submission),
        )
    }


def _published_before(database: Database, submission: Submission) -> Submission | None:
    """Return the version before it that was published; the others are not public."""
    for other in records.versions(database, submission.name):
        if other.version < submission.version and any(
            event.state == records.PUBLISHED for event in records.history(database, other)
        ):
            return other
    return None


def _described(
    submission: Submission, events: list[Event], earlier: Submission | None
) -> Iterator[tuple[ox.NamedNode, str, ox.NamedNode | ox.Literal]]:
    published = next((event for event in events if event.state == records.PUBLISHED), None)
    if published is None:
        return
    graph = ox.NamedNode(submission.graph)
    yield graph, RDF_TYPE, ox.NamedNode(_PROV + "Entity")
    yield graph, RDFS_LABEL, ox.Literal(f"submission {submission.address}", language="en")
    yield graph, _DCTERMS + "license", ox.NamedNode(submission.licence)
    sender = _agent(events[0], submission.orcid)
    if sender:
        yield graph, _PROV + "wasAttributedTo", sender
        yield from _named(sender, events[0].by)
    if earlier:
        yield graph, _PROV + "wasRevisionOf", ox.NamedNode(earlier.graph)
    for event in events:
        if event.state in _RELATIONS and event.number >= published.number:
            yield from _step(graph, event)


def _step(
    graph: ox.NamedNode, event: Event
) -> Iterator[tuple[ox.NamedNode, str, ox.NamedNode | ox.Literal]]:
    """Describe one step: who, when, why, and by the rules of which version of the files."""
    relation, time = _RELATIONS[event.state]
    activity = ox.NamedNode(f"{BASE}activity/{event.number}")
    at = ox.Literal(event.at, datatype=_DATE_TIME)
    rules = ox.NamedNode(f"{BASE}version/{event.files}")
    yield graph, _PROV + relation, activity
    yield graph, _PROV + time, at
    yield activity, RDF_TYPE, ox.NamedNode(_PROV + "Activity")
    yield activity, RDFS_LABEL, ox.Literal(event.state, language="en")
    yield activity, _PROV + "endedAtTime", at
    yield activity, _PROV + "used", rules
    yield rules, RDF_TYPE, ox.NamedNode(_PROV + "Plan")
    yield (
        rules,
        RDFS_LABEL,
        ox.Literal(f"shapes and checks of version {event.files}", language="en"),
    )
    agent = _agent(event)
    if agent:
        yield activity, _PROV + "wasAssociatedWith", agent
        yield from _named(agent, event.by)
    if event.why:
        yield activity, PREFIXES["rdfs"] + "comment", ox.Literal(event.why)


def _agent(event: Event, orcid: str | None = None) -> ox.NamedNode | None:
    """Name who took a step; None after a purge, which forgets it.

    A person has a number, since two may have the same label. An earlier version accepted any text
    as ORCID on the command line, so the text may be unfit for an IRI.
    """
    match = records.ORCID.fullmatch(orcid or "")
    if match:
        return ox.NamedNode(f"https://orcid.org/{match[1]}")
    if event.person is not None:
        return ox.NamedNode(f"{BASE}agent/person/{event.person}")
    slug = re.sub(r"[^a-z0-9]+", "-", event.by.lower()).strip("-")
    return ox.NamedNode(f"{BASE}agent/{slug}") if slug else None


def _named(
    agent: ox.NamedNode, name: str
) -> Iterator[tuple[ox.NamedNode, str, ox.NamedNode | ox.Literal]]:
    yield agent, RDF_TYPE, ox.NamedNode(_PROV + "Agent")
    if name:
        yield agent, RDFS_LABEL, ox.Literal(name)
