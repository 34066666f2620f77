"""/store: the reading half of the SPARQL 1.1 Graph Store HTTP Protocol.

https://www.w3.org/TR/sparql11-http-rdf-update/. A graph is named by `?graph=` (section 4.2), or by
its own address here (section 4.1), which `nodes` answers.
"""

from __future__ import annotations

from typing import NoReturn

from flask import Blueprint, Response, request

from aikg.engine.client import Engine
from aikg.names import BASE, is_absolute
from aikg.web import nodes, parameters

PROTOCOL = "https://www.w3.org/TR/sparql11-http-rdf-update/"
#: What the default graph is called, which its page tells about.
DEFAULT = BASE + "store?default"
WRITING = ["PUT", "POST", "PATCH", "DELETE"]


def blueprint(engine: Engine) -> Blueprint:
    """Make the route of the graph store."""
    routes = Blueprint("store", __name__)

    @routes.get("/store/")
    @routes.get("/store")
    def store() -> Response:
        given = parameters.read()
        name = _only_graph(given.getlist("graph"), "default" in given)
        return nodes.page(engine, name or DEFAULT) if nodes.page_wanted() else graph(engine, name)

    @routes.route("/graph/<path:name>", methods=WRITING)
    @routes.route("/store/", methods=WRITING)
    @routes.route("/store", methods=WRITING)
    def write(**_: str) -> NoReturn:
        raise parameters.no_update()

    return routes


def graph(engine: Engine, iri: str | None) -> Response:
    """Answer with a graph, in the format that the request prefers.

    Args:
        engine: Where the graph is.
        iri: The graph's name, an absolute IRI; "" for the default graph; None for all graphs.

    Raises:
        UnknownGraph: There is no graph of that name.
        NotAcceptable: It cannot be written as the request asks.
    """
    arguments = {
        "graph": iri,
        "format": parameters.read().get("format") or None,
        "accept": request.headers.get("Accept"),
    }
    answer = engine.run("graph", arguments)
    return Response(answer, mimetype=answer.media_type)


def _only_graph(graphs: list[str], default: bool) -> str | None:
    """Give the one graph that the request names; "" for the default graph, None for all."""
    if len(graphs) + default > 1:
        raise parameters.malformed(
            "The request names several graphs, where it can name one",
            "Send `?default`, or `?graph=` with the IRI of a graph, or neither for all.",
            PROTOCOL + "#graph-identification",
        )
    if not graphs:
        return "" if default else None
    if not is_absolute(graphs[0]):
        raise parameters.malformed(
            f"{graphs[0]!r} is not an absolute IRI",
            "Name the graph by an absolute IRI, percent-encoded.",
            PROTOCOL + "#indirect-graph-identification",
        )
    return graphs[0]
