"""Every IRI of this project, at its own path: a page for a person, RDF for a program.

The path after `https://w3id.org/aikg` is the path here, on any host. The queries of
`queries/pages/` are the sections of a page; a section without rows is not shown.

`/store` is the reading half of the SPARQL 1.1 Graph Store HTTP Protocol
(https://www.w3.org/TR/sparql11-http-rdf-update/). A graph is named by `?graph=` (section 4.2), or
by its own address here (section 4.1).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.wrappers import Response as AnyResponse

from aikg.description import obo
from aikg.engine.answer import Answer
from aikg.engine.client import Engine
from aikg.errors import UnknownGraph, UnknownNode
from aikg.files.queries import Query, read_queries
from aikg.names import BASE, OTHER_PREFIXES, PREFIXES, RDF_TYPE, RDFS_LABEL, is_absolute, shorten
from aikg.sparql.formats import TRIPLES
from aikg.web import cells, crosswalks, layout, parameters, problems, sections, sentences
from aikg.web.cache import VERSION
from aikg.web.frame import LICENSE
from aikg.web.sections import Row

#: The beginnings of the addresses of nodes that another one may replace.
_MAY_MOVE = (BASE + "shared/", BASE + "adopted/")
STORE_PROTOCOL = "https://www.w3.org/TR/sparql11-http-rdf-update/"
#: The name of the default graph, which has a page.
DEFAULT = BASE + "store?default"
#: The names of graphs begin so; their RDF is their whole content.
GRAPHS = (BASE + "graph/", BASE + ".well-known/sparql-examples")
#: The properties that describe a thing in a sentence, the best first.
_SENTENCES = (
    OTHER_PREFIXES["skos"] + "definition",
    OTHER_PREFIXES["dcterms"] + "description",
    OTHER_PREFIXES["rdfs"] + "comment",
)
#: Properties of a node that are not for readers, and those that they read last.
_ASIDE = (OTHER_PREFIXES["skos"] + "hiddenLabel", PREFIXES["aikg"] + "sharedKey", obo.DEFINITION)
_LAST = {"skos:altLabel", "aikg:statedAt", "dcterms:identifier", "rdfs:seeAlso"}
#: The properties that name a thing, the best first.
_NAMES = (RDFS_LABEL, OTHER_PREFIXES["dcterms"] + "title", OTHER_PREFIXES["schema"] + "name")
_STATEMENTS = "statements"
_ACRONYM = PREFIXES["aikg"] + "acronym"
WRITING = ["PUT", "POST", "PATCH", "DELETE"]
#: Their pages show the figures of the graph.
_COUNTED = (BASE, BASE + ".well-known/void", DEFAULT)
_STRINGS = {OTHER_PREFIXES["xsd"] + "string", OTHER_PREFIXES["rdf"] + "langString"}
#: The characters that are not percent-encoded in the address of a header.
_SAFE = "/:?=&%~+.,;@!$'()*"


def blueprint(engine: Engine, refuse_gone: Callable[[str], object] | None = None) -> Blueprint:
    """Make the routes of the graph store, and of every address that has no other route.

    Args:
        engine: The graph.
        refuse_gone: Raises an error for a node that was once in the graph; without it, such a node
            is unknown.
    """
    routes = Blueprint("nodes", __name__)
    routes.add_app_template_filter(shorten, "iri")
    routes.add_app_template_filter(link, "link")
    routes.add_app_template_filter(_words, "words")
    routes.add_app_template_filter(lambda iri: iri.removeprefix(BASE), "own")
    routes.add_app_template_global(cells.writer(link, _words), "cell")
    routes.add_app_template_test(lambda iri: iri in _STRINGS, "plain")

    @routes.get("/store/")
    @routes.get("/store")
    def store() -> Response:
        name = _only_graph(parameters.read())
        if problems.wants_page(named=request.args.get("format")):
            return page(engine, name or DEFAULT)
        answer = _run(engine, "graph", name, parameters.read().get("format"))
        return Response(answer, mimetype=answer.media_type)

    @routes.route("/graph/<path:name>", methods=WRITING)
    @routes.route("/store/", methods=WRITING)
    @routes.route("/store", methods=WRITING)
    def write(**_: str) -> NoReturn:
        raise parameters.no_update()

    @routes.get("/<path:name>")
    def node(name: str) -> AnyResponse:
        _refuse_if_written_only(name)
        stem, _, last = name.rpartition(".")
        has_ending = bool(stem) and any(last == form.ending for form in TRIPLES)
        iri = BASE + (stem if has_ending else name)
        moved = _replaced_by(engine, iri)
        if moved:
            there = moved.removeprefix(BASE) + (f".{last}" if has_ending else "")
            asked = request.args.get("format")
            return redirect(url_for("nodes.node", name=there, format=asked), 301)
        try:
            schema = None if has_ending else crosswalks.wanted()
            if schema and (described := crosswalks.respond(engine, iri, schema)):
                return described
            named = last if has_ending else request.args.get("format")
            if problems.wants_page(named=named):
                return page(engine, iri)
            return data(engine, iri, named)
        except (UnknownGraph, UnknownNode):
            if refuse_gone:
                refuse_gone(iri)
            raise

    return routes


def _replaced_by(engine: Engine, iri: str) -> str | None:
    """Return the one of our nodes that was adopted in place of another, or None."""
    if not iri.startswith(_MAY_MOVE) or not is_absolute(iri):
        return None
    path = f"{OTHER_PREFIXES['dcterms']}replaces"
    found = engine.query(f"SELECT ?new {{ ?new <{path}> <{iri}> }} LIMIT 1", format="json")
    rows = json.loads(found.read())["results"]["bindings"]
    new = str(rows[0]["new"]["value"]) if rows else ""
    return new if new.startswith(BASE) else None


def _run(engine: Engine, job: str, iri: str | None, format: str | None) -> Answer:
    accept = request.headers.get("Accept")
    return engine.run(job, {job: iri, "format": format or None, "accept": accept})


def link(iri: str) -> str | None:
    """Return the address of an IRI: our own page, a web address, or None; never a script."""
    if iri.startswith(BASE):
        return request.script_root + "/" + quote(iri.removeprefix(BASE), safe="/?=&:@~+,;")
    return iri if iri.startswith(("http://", "https://")) else None


def _words(iri: str) -> str:
    """Return the end of an IRI as words, for a node without a label."""
    if iri == DEFAULT:
        return "all evidence, the default graph"
    if not iri.startswith(BASE):
        return shorten(iri)
    return iri.removeprefix(BASE).partition("/")[2].replace("-", " ") or iri


def load(folder: Path) -> list[Query]:
    """Read the queries for the page of a node, in the order of its sections."""
    found = read_queries(folder, required=("summary", "order"))
    return sorted(found, key=lambda query: int(query.header["order"]))


def data(engine: Engine, iri: str, format: str | None) -> Response:
    """Answer with a node's description, or with a graph, as RDF.

    Raises:
        UnknownNode: No graph describes it.
        UnknownGraph: There is no such graph.
        NotAcceptable: It cannot be written as the request asks.
    """
    _refuse_unsafe(iri)
    job = "graph" if iri.startswith(GRAPHS) and "examples/" not in iri else "node"
    answer = _run(engine, job, iri, format)
    _keep(answer, iri)
    response = Response(answer, mimetype=answer.media_type)
    if not format:
        response.headers["Content-Location"] = (
            f"{quote(request.path, safe=_SAFE)}.{ending(answer.media_type)}"
        )
    _add_links(response, iri)
    return response


def page(engine: Engine, iri: str) -> Response:
    """Show the page of a node.

    Raises:
        UnknownNode: No graph describes it.
    """
    _refuse_unsafe(iri)
    answer = sections.ask(engine, iri, current_app.config["SECTIONS"])
    answers = json.loads(answer.read())
    _keep(answer, iri)
    shown = context(iri, answers)
    shown["labels"] = layout.names_of(engine, answers)
    shown["schemas"] = crosswalks.offered(row["value"]["value"] for row in shown["kinds"])
    response = make_response(render_template("node.html", **shown))
    _add_links(response, iri)
    return response


def context(iri: str, answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the variables of `node.html` for a node, also for one that is only in a draft.

    Args:
        iri: The node.
        answers: The answers of the queries of all sections, in their order.
    """
    queries: Sequence[Query] = current_app.config["SECTIONS"]
    found = {query.name: (query, answer) for query, answer in zip(queries, answers, strict=True)}
    statements = found.pop(_STATEMENTS)[1]["results"]["bindings"]
    shown = {
        name
        for query, answer in found.values()
        if answer["results"]["bindings"]
        for name in query.header.get("shows", "").split()
    }
    laid_out = layout.lay_out(found, statements)
    return {
        "iri": iri,
        "label": _value(statements, _NAMES),
        "called": _value(statements, [_ACRONYM]),
        "sentence": _value(statements, _SENTENCES) or sentences.of(statements, found),
        "kinds": _kinds(statements),
        "properties": _properties(statements, shown),
        "graphs": sorted({row["graph"]["value"] for row in statements}),
        "labels": {},
        "formats": TRIPLES,
        **laid_out,
    }


def _refuse_if_written_only(name: str) -> None:
    """Answer 405 where another route has the address, for other methods than GET."""
    adapter = current_app.create_url_adapter(request)
    methods = set(adapter.allowed_methods() if adapter else ()) - {"GET", "HEAD"}
    if methods > {"OPTIONS"} and not name.startswith("graph/"):
        raise MethodNotAllowed(sorted(methods))


def ending(media_type: str) -> str:
    """Return the ending of the address of a node in a format."""
    return next(f.ending for f in TRIPLES if f.media_type == media_type)


def _keep(answer: Answer, iri: str) -> None:
    """Let the answer be cached, unless it has figures, which change after each step."""
    if answer.repeatable and iri not in _COUNTED:
        request.environ[VERSION] = answer.version


def _refuse_unsafe(iri: str) -> None:
    if not is_absolute(iri):
        raise NotFound


def _add_links(response: Response, iri: str) -> None:
    """Add the links of FAIR Signposting (https://signposting.org/FAIR/)."""
    add = response.headers.add
    add("Link", f'<{quote(iri, safe=_SAFE)}>; rel="cite-as"')
    add("Link", f'<{LICENSE}>; rel="license"')
    add("Link", f'<{BASE}>; rel="collection"')
    if response.mimetype == "text/html":
        for form in TRIPLES:
            address = f"{quote(request.path, safe=_SAFE)}.{form.ending}"
            add("Link", f'<{address}>; rel="describedby"; type="{form.media_type}"')
    else:
        add("Link", f'<{quote(iri, safe=_SAFE)}>; rel="describes"')


def _value(statements: Sequence[Row], properties: Iterable[str]) -> str | None:
    """Return the text of the first of some properties that is stated."""
    for name in properties:
        for row in statements:
            if row["property"]["value"] == name:
                return str(row["value"]["value"])
    return None


def _kinds(statements: Sequence[Row]) -> list[Row]:
    """Return the classes of the node: those of this project, which have a label, or else all."""
    kinds = {r["value"]["value"]: r for r in statements if r["property"]["value"] == RDF_TYPE}
    ours = [row for row in kinds.values() if "value_label" in row]
    return ours or list(kinds.values())


def _properties(statements: Sequence[Row], shown: Container[str]) -> list[tuple[Row, list[Row]]]:
    """Return each property once with its values, but not those that the page shows elsewhere."""
    head = {RDFS_LABEL, RDF_TYPE, *_SENTENCES, *_ASIDE}
    found: dict[str, dict[str, Row]] = {}
    for row in statements:
        name = row["property"]["value"]
        if name not in head and shorten(name) not in shown:
            key = json.dumps(row["value"], sort_keys=True)
            found.setdefault(row["property"]["value"], {}).setdefault(key, row)
    pairs = [(next(iter(values.values())), list(values.values())) for values in found.values()]
    return sorted(pairs, key=lambda pair: shorten(pair[0]["property"]["value"]) in _LAST)


def _only_graph(given: MultiDict[str, str]) -> str | None:
    """Return the one graph that the request names; "" for the default graph, None for all."""
    graphs, default = given.getlist("graph"), "default" in given
    if len(graphs) + default > 1:
        raise parameters.malformed(
            "The request names more than one graph",
            "Send `?default`, or `?graph=` with the IRI of one graph, or neither for all graphs.",
            STORE_PROTOCOL + "#graph-identification",
        )
    if not graphs:
        return "" if default else None
    if not is_absolute(graphs[0]):
        raise parameters.malformed(
            f"{graphs[0]!r} is not an absolute IRI",
            "Name the graph by an absolute IRI, percent-encoded.",
            STORE_PROTOCOL + "#indirect-graph-identification",
        )
    return graphs[0]
