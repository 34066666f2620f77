"""What the endpoint says about itself, at the addresses where programs look for it.

The service description (https://www.w3.org/TR/sparql11-service-description/), VoID
(https://www.w3.org/TR/void/#discovery), the ontology whole, a catalogue of the addresses (RFC 9727)
and their OpenAPI document, and the dataset for search engines
(https://bioschemas.org/profiles/Dataset/1.0-RELEASE).
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for

from aikg.engine.client import Engine
from aikg.names import BASE, PREFIXES, is_absolute
from aikg.sparql.formats import TRIPLES, preferred
from aikg.web import nodes

ENDPOINT, VOID = BASE + "sparql", BASE + ".well-known/void"
#: The graphs of the files that describe dataset and endpoint.
_FILES = f"<{BASE}graph/description/dataset> <{BASE}graph/description/service>"

_VOID = f"""CONSTRUCT {{ ?subject ?p ?object }} WHERE {{
  VALUES ?graph {{ <{VOID}> {_FILES} }} GRAPH ?graph {{ ?s ?p ?o }}
  BIND(IF(?s = <{ENDPOINT}>, <urn:here>, ?s) AS ?subject)
  BIND(IF(?o = <{ENDPOINT}>, <urn:here>, ?o) AS ?object) }}"""

#: The partitions, which are blank nodes, are left to VoID.
_SERVICE = f"""CONSTRUCT {{ ?subject ?p ?object }} WHERE {{
  VALUES ?graph {{ <{VOID}> {_FILES} }} GRAPH ?graph {{ ?s ?p ?o }}
  FILTER(!isBlank(?s) && !isBlank(?o))
  BIND(IF(?s = <{ENDPOINT}>, <urn:here>, ?s) AS ?subject)
  BIND(IF(?o = <{ENDPOINT}>, <urn:here>, ?o) AS ?object) }}"""

_ONTOLOGY = f"""CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH ?graph {{ ?s ?p ?o }}
  FILTER(STRSTARTS(STR(?graph), "{BASE}graph/ontology/")) }}"""

_DATASET = f"""CONSTRUCT {{ ?s ?p ?o }} WHERE {{
  GRAPH <{BASE}graph/description/dataset> {{ ?s ?p ?o }}
  FILTER(STRSTARTS(STR(?p), "{PREFIXES["schema"]}") || STRSTARTS(STR(?o), "{PREFIXES["schema"]}")
    || ?p = <{PREFIXES["dcterms"]}conformsTo>) }}"""


def blueprint(engine: Engine) -> Blueprint:
    """Make the routes of the descriptions."""
    routes = Blueprint("description", __name__)

    @routes.get("/.well-known/void")
    def void() -> Response:
        return nodes.page(engine, VOID) if nodes.page_wanted() else _void(engine)

    @routes.get("/void.ttl")
    def void_file() -> Response:
        return _void(engine, "turtle")

    @routes.get("/ontology/")
    @routes.get("/ontology")
    def ontology() -> Response:
        if nodes.page_wanted():
            return nodes.page(engine, BASE + "ontology")
        return _answer(engine, _ONTOLOGY)

    @routes.get("/ontology.ttl")
    def ontology_file() -> Response:
        return _answer(engine, _ONTOLOGY, "turtle")

    @routes.get("/.well-known/api-catalog")
    def catalogue() -> Response:
        response = jsonify({"linkset": [_links_of_endpoint(), _links_of_others()]})
        response.mimetype = "application/linkset+json"
        return response

    @routes.get("/openapi.json")
    def openapi() -> Response:
        return jsonify(load_openapi())

    return routes


def service(engine: Engine) -> Response:
    """Describe the endpoint under the address that the client has for it."""
    here = request.base_url if is_absolute(request.base_url) else ENDPOINT
    return _answer(engine, _SERVICE.replace("urn:here", here))


def _void(engine: Engine, format: str | None = None) -> Response:
    """Describe dataset and endpoint; the endpoint under its public address, where it has one."""
    public = engine.settings.url
    here = f"{public}/sparql" if public else ENDPOINT
    return _answer(engine, _VOID.replace("urn:here", here), format)


def dataset(engine: Engine) -> str:
    """Describe the dataset for search engines: JSON-LD that can stand in a page."""
    described = engine.query(_DATASET, format="jsonld").read().decode()
    return described.replace("<", "\\u003c")


def prefers_page() -> bool:
    """Tell whether the front page is wanted rather than RDF: without a preference, it is."""
    types = ["text/html", *(form.media_type for form in TRIPLES)]
    return preferred(request.headers.get("Accept"), types) == "text/html"


def load_openapi() -> dict[str, Any]:
    """Read the description of all addresses that speak no SPARQL, a file for each group of them."""
    document: dict[str, Any] = {}
    for file in sorted(resources.files("aikg.web").joinpath("openapi").iterdir(), key=str):
        document = _joined(document, json.loads(file.read_text(encoding="utf-8")))
    return document


def _joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Join two objects of JSON, and those that stand at the same place in both."""
    both = {
        name: _joined(one[name], other[name])
        for name in one.keys() & other.keys()
        if isinstance(one[name], dict)
    }
    return one | other | both


def add_signposts(response: Response) -> Response:
    """Add the links of FAIR Signposting to the front page, which is the dataset's landing page."""
    for address, relation, media_type in (
        (BASE, "cite-as", None),
        (nodes.LICENSE, "license", None),
        (BASE + "maintainers", "author", None),
        (PREFIXES["schema"] + "Dataset", "type", None),
        (url_for("description.void"), "describedby", "text/turtle"),
        (url_for("store.store") + "?default", "item", "text/turtle"),
        (url_for("description.catalogue"), "api-catalog", "application/linkset+json"),
    ):
        kind = f'; type="{media_type}"' if media_type else ""
        response.headers.add("Link", f'<{address}>; rel="{relation}"{kind}')
    return response


def _answer(engine: Engine, query: str, format: str | None = None) -> Response:
    answer = engine.query(
        query,
        accept=request.headers.get("Accept"),
        format=format or request.args.get("format") or None,
    )
    return Response(answer, mimetype=answer.media_type)


def _links_of_endpoint() -> dict[str, Any]:
    endpoint = url_for("sparql.query", _external=True)
    return {
        "anchor": endpoint,
        "service-desc": [{"href": endpoint, "type": "text/turtle"}],
        "service-meta": [
            {"href": url_for("description.void", _external=True), "type": "text/turtle"}
        ],
        "service-doc": [{"href": endpoint, "type": "text/html"}],
    }


def _links_of_others() -> dict[str, Any]:
    described = url_for("description.openapi", _external=True)
    return {
        "anchor": url_for("pages.front", _external=True),
        "service-desc": [{"href": described, "type": "application/openapi+json"}],
        "status": [{"href": url_for("pages.health", _external=True), "type": "application/json"}],
    }
