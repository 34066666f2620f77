"""/sparql: the query operation of the SPARQL 1.1 Protocol, as data and as a page.

https://www.w3.org/TR/sparql11-protocol/#query-operation, and of version 1.2 the method QUERY
(RFC 10008) and the parameter `version`: https://www.w3.org/TR/sparql12-protocol/
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from aikg.engine.answer import Answer
from aikg.engine.client import Engine
from aikg.errors import AikgError
from aikg.files.queries import Query, find_query
from aikg.sparql.formats import SOLUTIONS, TRIPLES
from aikg.web import description, parameters, problems
from aikg.web.cache import VERSION

#: A page is made from rows, or else from Turtle.
ACCEPT = f"{SOLUTIONS[0].media_type}, {TRIPLES[0].media_type}"
#: How much of an answer a page shows, and reads, in rows and in bytes.
ROWS, BYTES = 1000, 4_000_000
_BINDINGS = '"bindings":['


@dataclass
class Shown:
    """The beginning of an answer, as a page shows it.

    Attributes:
        columns: The variables of a SELECT.
        rows: Its rows, each a term of the JSON format for a variable that is bound.
        boolean: The answer of an ASK.
        prefixes: The first lines of the answer of a CONSTRUCT or DESCRIBE.
        turtle: The others.
        whole: Whether this is all of the answer.
    """

    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    boolean: bool | None = None
    prefixes: str = ""
    turtle: str | None = None
    whole: bool = True


def blueprint(engine: Engine, registered: Sequence[Query]) -> Blueprint:
    """Make the route of the endpoint."""
    endpoint = Blueprint("sparql", __name__)

    @endpoint.route("/sparql/", methods=["GET", "POST", "QUERY"])
    @endpoint.route("/sparql", methods=["GET", "POST", "QUERY"])
    def query() -> Response | str:
        given = parameters.read()
        page = problems.wants_page(named=given.get("format"))
        if page and not any(map(given.get, ("query", "question"))):
            return render_template("sparql.html", **_form(registered))
        if request.method in {"GET", "HEAD"} and not given:
            return description.service(engine)
        text = _only_query(given, registered)
        try:
            answer = engine.query(
                text,
                accept=ACCEPT if page else request.headers.get("Accept"),
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
                return _show_answer(registered, given, text, answer)
        except AikgError as error:
            context = _form(registered, text)
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
            f"The request has {len(texts) or 'no'} queries instead of one",
            "Send one parameter `query`, or open the address in a browser for a form.",
        )
    return texts[0]


def _form(registered: Sequence[Query], text: str = "") -> dict[str, Any]:
    """Return the values of the form: its text, the questions beside it, the formats below it."""
    formats = {"a SELECT or ASK": SOLUTIONS, "a CONSTRUCT or DESCRIBE": TRIPLES}
    return {"text": text, "questions": registered, "formats": formats}


def _show_answer(
    registered: Sequence[Query], parameters: MultiDict[str, str], text: str, answer: Answer
) -> str:
    """Show the form and the beginning of an answer, with links to all of it.

    Raises:
        DeadlineExceeded: The answer broke off at the deadline.
        WorkerLost: The answer broke off.
    """
    shown = _read(answer)
    available = SOLUTIONS if shown.turtle is None else TRIPLES
    asked: dict[str, Any] = {
        name: values for name, values in parameters.lists() if name != "format"
    }
    downloads = {f.names[0]: url_for("sparql.query", **asked, format=f.names[0]) for f in available}
    heading = next((q.summary for q in registered if q.text == text), None)
    return render_template(
        "sparql.html",
        **_form(registered, text),
        heading=heading,
        shown=shown,
        downloads=downloads,
    )


def _read(answer: Answer) -> Shown:
    """Read as much of an answer as a page shows."""
    beginning = bytearray()
    whole = True
    for piece in answer:
        beginning += piece
        if len(beginning) >= BYTES:
            whole = False
            break
    text = beginning.decode(errors="ignore")  # a character may be cut at the end
    if answer.media_type == TRIPLES[0].media_type:
        prefixes = list(itertools.takewhile(lambda line: line.startswith("@"), text.splitlines()))
        triples = "\n".join(text.splitlines()[len(prefixes) :])
        return Shown(prefixes="\n".join(sorted(prefixes)), turtle=triples, whole=whole)
    if _BINDINGS not in text:
        return Shown(boolean=json.loads(text)["boolean"])
    head, _, bindings = text.partition(_BINDINGS)
    rows = list(_rows(bindings))
    columns = json.loads(head + "}}")["head"]["vars"]
    return Shown(columns, rows[:ROWS], whole=whole and len(rows) <= ROWS)


def _rows(bindings: str) -> Iterator[dict[str, Any]]:
    """Yield the rows that the text contains whole."""
    decoder = json.JSONDecoder()
    at = 0
    while bindings.startswith("{", at):
        try:
            row, at = decoder.raw_decode(bindings, at)
        except ValueError:
            return
        yield row
        at += bindings.startswith(",", at)
