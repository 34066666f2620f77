"""/sparql: the query operation of the SPARQL 1.1 Protocol.

https://www.w3.org/TR/sparql11-protocol/#query-operation
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from urllib.parse import parse_qsl

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from aikg import questions
from aikg.engine.client import Engine
from aikg.errors import AikgError, QueryRefused, RequestMalformed, UnsupportedMediaType
from aikg.questions import Question
from aikg.web import pages, problems

PROTOCOL = "https://www.w3.org/TR/sparql11-protocol/#query-operation"
FORM = "application/x-www-form-urlencoded"
QUERY, UPDATE = "application/sparql-query", "application/sparql-update"


def blueprint(engine: Engine, registered: Sequence[Question]) -> Blueprint:
    """Make the route of the endpoint."""
    endpoint = Blueprint("sparql", __name__)

    @endpoint.route("/sparql/", methods=["GET", "POST"])
    @endpoint.route("/sparql", methods=["GET", "POST"])
    def query() -> Response | str:
        parameters = _read_parameters()
        page = problems.wants_page() and not parameters.get("format")
        if page and not any(map(parameters.get, ("query", "question"))):
            return pages.show_form(registered)
        text = _only_query(parameters, registered)
        try:
            answer = engine.query(
                text,
                accept=pages.ACCEPT if page else request.headers.get("Accept"),
                format=parameters.get("format") or None,
                timeout=_timeout(parameters.get("timeout")),
                default_graphs=parameters.getlist("default-graph-uri"),
                named_graphs=parameters.getlist("named-graph-uri"),
            )
            if not page:
                return Response(answer, mimetype=answer.media_type)
            with answer:
                return pages.show_answer(registered, parameters, text, answer)
        except AikgError as error:
            context = pages.form(registered, text)
            return problems.respond(problems.problem(error), "sparql.html", **context)

    return endpoint


def _read_parameters() -> MultiDict[str, str]:
    """Read the parameters of the address and of a form; a query as body is one of them."""
    try:
        parameters = _decode(request.query_string)
        if request.method == "POST":
            _add_body(parameters)
    except UnicodeDecodeError as error:
        raise _malformed("The request is not in UTF-8", "Send it in UTF-8.") from error
    return parameters


def _add_body(parameters: MultiDict[str, str]) -> None:
    charset = request.mimetype_params.get("charset", "utf-8")
    if charset.lower() not in {"utf-8", "utf8", "us-ascii"}:
        raise _malformed(f"The body is in {charset}", "Send it in UTF-8.")
    if request.mimetype == QUERY:
        parameters.add("query", request.get_data().decode())
    elif request.mimetype == FORM:
        parameters.update(_decode(request.get_data()))
    elif request.mimetype != UPDATE:
        raise UnsupportedMediaType(
            f"A body of type {request.mimetype or 'unknown'} is not read here.",
            advice=f"Send the query as {QUERY}, or as the field `query` of {FORM}.",
            reference=PROTOCOL,
        )
    if request.mimetype == UPDATE or "update" in parameters:
        raise QueryRefused(
            "Updates are not offered: this endpoint is for reading.",
            advice="Send a query; the graph changes with its files.",
            reference=PROTOCOL,
        )


def _decode(raw: bytes) -> MultiDict[str, str]:
    # Flask's own reading would put U+FFFD for what is not UTF-8.
    return MultiDict(parse_qsl(raw.decode(), keep_blank_values=True, errors="strict"))


def _only_query(parameters: MultiDict[str, str], registered: Sequence[Question]) -> str:
    texts = parameters.getlist("query")
    texts += [questions.find(registered, name).text for name in parameters.getlist("question")]
    if len(texts) != 1:
        raise _malformed(
            f"The request has {len(texts) or 'no'} queries, where it must have one",
            "Send one parameter `query`, or open the address in a browser for a form.",
        )
    return texts[0]


def _timeout(text: str | None) -> float | None:
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise _malformed(f"timeout={text} is not a time", "Give a number of seconds above 0.")
    return seconds


def _malformed(what: str, advice: str) -> RequestMalformed:
    return RequestMalformed(f"{what}.", advice=advice, reference=PROTOCOL)
