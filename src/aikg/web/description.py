"""The front page, and the descriptions of the endpoint at the addresses where programs look.

The service description (https://www.w3.org/TR/sparql11-service-description/), VoID
(https://www.w3.org/TR/void/#discovery), the ontology whole, a catalogue of the addresses (RFC 9727)
and their OpenAPI document, and the dataset for search engines
(https://bioschemas.org/profiles/Dataset/1.0-RELEASE).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from importlib import resources
from typing import Any

from flask import (
    Blueprint,
    Response,
    jsonify,
    make_response,
    request,
    url_for,
)

from aikg.engine.client import Engine
from aikg.files.queries import Query
from aikg.names import BASE, PREFIXES, RDF_TYPE, is_absolute
from aikg.sparql.formats import TRIPLES
from aikg.web import front as front_page
from aikg.web import nodes, problems
from aikg.web.frame import LICENSE

ENDPOINT, VOID = BASE + "sparql", BASE + ".well-known/void"
EXAMPLES = BASE + ".well-known/sparql-examples"
#: The endings of the address of the whole ontology.
_ENDINGS = ", ".join(form.ending for form in TRIPLES)
#: The graphs of the files that describe dataset and endpoint.
_FILES = f"<{BASE}graph/description/dataset> <{BASE}graph/description/service>"

_VOID = f"""CONSTRUCT {{ ?subject ?p ?object }} WHERE {{
  VALUES ?graph {{ <{VOID}> {_FILES} }} GRAPH ?graph {{ ?s ?p ?o }}
  BIND(IF(?s = <{ENDPOINT}>, <urn:here>, ?s) AS ?subject)
  BIND(IF(?o = <{ENDPOINT}>, <urn:here>, ?o) AS ?object) }}"""

#: Editors that find no examples, prefixes and partitions in the default graph read them here.
_SERVICE = _VOID.replace("VALUES ?graph {", f"VALUES ?graph {{ <{EXAMPLES}>", 1)

#: Types come first, the kind of term before all: readers of RDF/XML look for `<owl:Ontology>`.
_ONTOLOGY = f"""CONSTRUCT {{ ?s ?p ?o }} WHERE {{
  {{ SELECT DISTINCT ?s ?p ?o WHERE {{ GRAPH ?graph {{ ?s ?p ?o }}
    FILTER(STRSTARTS(STR(?graph), "{BASE}graph/ontology/")) }} }}
}} ORDER BY ?s (?p != <{RDF_TYPE}>) (!STRSTARTS(STR(?o), "{PREFIXES["owl"]}")) ?p ?o"""

_DATASET = f"""CONSTRUCT {{ ?s ?p ?o }} WHERE {{
  GRAPH <{BASE}graph/description/dataset> {{ ?s ?p ?o }}
  FILTER(STRSTARTS(STR(?p), "{PREFIXES["schema"]}") || STRSTARTS(STR(?o), "{PREFIXES["schema"]}")
    || ?p = <{PREFIXES["dcterms"]}conformsTo>) }}"""

#: The errors of any request: ambiguous, too slow, too large, too many, a broken server, too busy.
_ANYWHERE = {
    str(status): {"$ref": "#/components/responses/Problem"}
    for status in (400, 408, 413, 429, 431, 500, 501, 502, 503)
}


def blueprint(
    engine: Engine,
    registered: Sequence[Query],
    current: front_page.Current,
    withheld: Callable[[], Iterable[str]] = tuple,
    ledger: Callable[[], dict[str, Any] | None] = lambda: None,
) -> Blueprint:
    """Make the routes of the front page and of the descriptions.

    Args:
        engine: The graph.
        registered: The questions that the front page shows.
        current: What else it shows.
        withheld: Returns the submissions that are published and that the graph cannot take.
        ledger: Returns where the ledger is, and whether it answers; None without one.
    """
    routes = Blueprint("description", __name__)

    @routes.get("/")
    def front() -> Response:
        if not problems.wants_page(TRIPLES, by_default=True):
            return nodes.data(engine, BASE, request.args.get("format"))
        page = front_page.render(
            current.get(), registered, graph=engine.describe(), dataset=_dataset(engine)
        )
        return _add_signposts(make_response(page))

    @routes.get("/health")
    def health() -> dict[str, Any]:
        state = {"ledger": found} if (found := ledger()) else {}
        return {"status": "ok", **engine.describe(), "withheld": list(withheld()), **state}

    @routes.get("/health/live")
    def live() -> dict[str, str]:
        return {"status": "ok"}

    @routes.get("/health/ready")
    def ready() -> dict[str, str]:
        engine.describe()
        withheld()  # reads the ledger
        return {"status": "ok"}

    _add_documents(routes, engine)
    return routes


def _add_documents(routes: Blueprint, engine: Engine) -> None:
    """Add the routes of the descriptions that programs read."""

    @routes.get("/.well-known/void")
    def void() -> Response:
        return nodes.page(engine, VOID) if _wants_page() else _void(engine)

    @routes.get("/void.ttl")
    def void_file() -> Response:
        return _void(engine, "turtle")

    @routes.get("/ontology/")
    @routes.get("/ontology")
    def ontology() -> Response:
        if _wants_page():
            return nodes.page(engine, BASE + "ontology")
        return _answer(engine, _ONTOLOGY)

    @routes.get(f"/ontology.<any({_ENDINGS}):ending>")
    def ontology_file(ending: str) -> Response:
        return _answer(engine, _ONTOLOGY, ending)

    @routes.get("/.well-known/api-catalog")
    def catalogue() -> Response:
        response = jsonify({"linkset": [_links_of_endpoint(), _links_of_others()]})
        response.mimetype = "application/linkset+json"
        return response

    @routes.get("/openapi.json")
    def openapi() -> Response:
        return jsonify(load_openapi())


def service(engine: Engine) -> Response:
    """Describe the endpoint under the address that the client has for it."""
    here = request.base_url if is_absolute(request.base_url) else ENDPOINT
    return _answer(engine, _SERVICE.replace("urn:here", here))


def _void(engine: Engine, format: str | None = None) -> Response:
    """Describe dataset and endpoint; the endpoint under its public address, where it has one."""
    public = engine.settings.url
    here = f"{public}/sparql" if public else ENDPOINT
    return _answer(engine, _VOID.replace("urn:here", here), format)


def _dataset(engine: Engine) -> str:
    """Describe the dataset for search engines: JSON-LD that can stand in a page."""
    described = engine.query(_DATASET, format="jsonld").read().decode()
    return described.replace("<", "\\u003c")


def _wants_page() -> bool:
    return problems.wants_page(named=request.args.get("format"))


def load_openapi() -> dict[str, Any]:
    """Read the OpenAPI document: all addresses but those of SPARQL, a file for each group."""
    document: dict[str, Any] = {}
    for file in sorted(resources.files("aikg.web").joinpath("openapi").iterdir(), key=str):
        document = _joined(document, json.loads(file.read_text(encoding="utf-8")))
    for operations in document["paths"].values():
        for method in operations.keys() - {"parameters"}:
            operations[method]["responses"] = _ANYWHERE | operations[method]["responses"]
    return document


def _joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Join two objects of JSON, and the objects that both have under the same key."""
    both = {
        name: _joined(one[name], other[name])
        for name in one.keys() & other.keys()
        if isinstance(one[name], dict)
    }
    return one | other | both


def _add_signposts(response: Response) -> Response:
    """Add the links of FAIR Signposting to the front page, which is the dataset's landing page."""
    for address, relation, media_type in (
        (BASE, "cite-as", None),
        (LICENSE, "license", None),
        (BASE + "maintainers", "author", None),
        (PREFIXES["schema"] + "Dataset", "type", None),
        (url_for("description.void"), "describedby", "text/turtle"),
        (url_for("nodes.store") + "?default", "item", "text/turtle"),
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
    health = url_for("description.health", _external=True)
    return {
        "anchor": url_for("description.front", _external=True),
        "service-desc": [{"href": described, "type": "application/openapi+json"}],
        "status": [{"href": health, "type": "application/json"}],
    }
