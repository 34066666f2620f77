"""/sparql: the query operation of the SPARQL 1.1 Protocol; /update says where evidence goes.

https://www.w3.org/TR/sparql11-protocol/#query-operation, and of version 1.2 the method QUERY
(RFC 10008) and the parameter `version`: https://www.w3.org/TR/sparql12-protocol/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from aikg.engine.client import Engine
from aikg.errors import AikgError
from aikg.files.queries import Query, find_query
from aikg.web import description, pages, parameters, problems
from aikg.web.cache import VERSION


def blueprint(engine: Engine, registered: Sequence[Query]) -> Blueprint:
    """Make the route of the endpoint."""
    endpoint = Blueprint("sparql", __name__)

    @endpoint.route("/sparql/", methods=["GET", "POST", "QUERY"])
    @endpoint.route("/sparql", methods=["GET", "POST", "QUERY"])
    def query() -> Response | str:
        given = parameters.read()
        page = problems.wants_page() and not given.get("format")
        if page and not any(map(given.get, ("query", "question"))):
            return pages.show_form(registered)
        if request.method in {"GET", "HEAD"} and not given:
            return description.service(engine)
        text = _only_query(given, registered)
        try:
            answer = engine.query(
                text,
                accept=pages.ACCEPT if page else request.headers.get("Accept"),
                format=given.get("format") or None,
                timeout=parameters.timeout(given.get("timeout")),
                default_graphs=given.getlist("default-graph-uri"),
                named_graphs=given.getlist("named-graph-uri"),
            )
            if answer.repeatable:
                request.environ[VERSION] = answer.version
            if not page:
                content = answer if answer.whole is None else answer.whole
                return Response(content, mimetype=answer.media_type)
            with answer:
                return pages.show_answer(registered, given, text, answer)
        except AikgError as error:
            context = pages.form(registered, text)
            return problems.respond(problems.problem(error), "sparql.html", **context)

    @endpoint.post("/update/")
    @endpoint.post("/update")
    def update() -> NoReturn:
        raise parameters.no_update()

    return endpoint


def _only_query(given: MultiDict[str, str], registered: Sequence[Query]) -> str:
    texts = given.getlist("query")
    texts += [find_query(registered, name).text for name in given.getlist("question")]
    if len(texts) != 1:
        raise parameters.malformed(
            f"The request has {len(texts) or 'no'} queries, where it must have one",
            "Send one parameter `query`, or open the address in a browser for a form.",
        )
    return texts[0]
