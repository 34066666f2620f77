"""Nodes in other schemas: schema.org, FHIR, a table for Wikidata."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response, request

from aikg.crosswalks.facts import KINDS
from aikg.engine.client import Engine
from aikg.names import PREFIXES, is_absolute
from aikg.sparql.formats import preferred
from aikg.web.cache import VERSION
from aikg.web.problems import DATA_TYPES, HTML

FHIR = "application/fhir+json"
#: The values of `format`, each with its name on a page.
SCHEMAS = {"schema.org": "schema.org", "fhir": "FHIR", "wikidata": "Wikidata"}


def wanted() -> str | None:
    """Return the schema that the present request asks for; None if it asks for none."""
    named = request.args.get("format")
    if named:
        return {FHIR: "fhir"}.get(named, named if named in SCHEMAS else None)
    accept = request.headers.get("Accept")
    return "fhir" if preferred(accept, [*DATA_TYPES, HTML, FHIR]) == FHIR else None


def offered(kinds: Iterable[str]) -> dict[str, str]:
    """Return the schemas for a node of some classes."""
    return SCHEMAS if {PREFIXES["aikg"] + kind for kind in KINDS} & set(kinds) else {}


def respond(engine: Engine, iri: str, schema: str) -> Response | None:
    """Describe a node in a schema.

    Raises:
        UnknownNode: The graph has no statement about it.
        NotAcceptable: The schema has no word for it.
    """
    if not is_absolute(iri):
        return None
    answer = engine.run("crosswalk", {"node": iri, "schema": schema})
    if answer.repeatable:
        request.environ[VERSION] = answer.version
    return Response(answer.read(), mimetype=answer.media_type)
