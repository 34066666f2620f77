"""The jobs that look names up: a list of names, and the Reconciliation Service API."""

from __future__ import annotations

import io
import json

import pyoxigraph as ox

from aikg.crosswalks import fhir, schema_org, wikidata
from aikg.crosswalks.facts import Facts
from aikg.engine.publishing import Arguments, Knowledge
from aikg.links.lookup import LookUp, as_tsv
from aikg.links.reconciliation import Reconciliation
from aikg.sparql.evaluation import Request, evaluate

#: The look-up of names, by version.
_MADE: dict[str, LookUp] = {}


def look_up(store: ox.Store, known: Knowledge, version: str) -> LookUp:
    """Return the look-up of names; a worker makes it once, for its graph stays as it is."""
    if version not in _MADE:
        _MADE[version] = make(store, known)
    return _MADE[version]


def make(store: ox.Store, known: Knowledge) -> LookUp:
    """Make the look-up of a graph as it is now."""

    def ask(query: str) -> bytes:
        answer = io.BytesIO()
        evaluate(store, Request(query, format="json"), answer, begin=lambda media_type: None)
        return answer.getvalue()

    return LookUp(ask, known.names)


def link(names: LookUp, arguments: Arguments, body: bytes) -> tuple[str, bytes]:
    """Link the names that the body lists, and write the table in the format of the arguments.

    Returns:
        The media type and the bytes.
    """
    rows = names.listed(json.loads(body))
    if arguments["format"] == "json":
        return "application/json", json.dumps(rows, ensure_ascii=False).encode()
    return "text/tab-separated-values", as_tsv(rows).encode()


def describe(names: LookUp, arguments: Arguments, body: bytes) -> tuple[str, bytes]:
    """Describe the node that the arguments name in another schema.

    Raises:
        UnknownNode: The graph has no statement about it.
        NotAcceptable: The schema has no word for it.
    """
    facts = Facts(names)
    node = facts.node(arguments["node"])
    if arguments["schema"] == "wikidata":
        return "text/tab-separated-values", wikidata.write(node).encode()
    media_type, describe = {
        "schema.org": ("application/ld+json", schema_org.describe),
        "fhir": ("application/fhir+json", fhir.describe),
    }[arguments["schema"]]
    return media_type, json.dumps(describe(facts, node), indent=1).encode()


def reconcile(names: LookUp, arguments: Arguments, body: bytes) -> tuple[str, bytes]:
    """Answer a request of the Reconciliation Service API; see `Reconciliation.answer`.

    Raises:
        RequestMalformed: The body does not have the form that the specification demands.
    """
    found = Reconciliation(names).answer(arguments["kind"], json.loads(body))
    return "application/json", json.dumps(found).encode()
