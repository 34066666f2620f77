"""The pages: what this is, the form for a query, and an answer as a table."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, make_response, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from aikg.engine.answer import Answer
from aikg.engine.client import Engine
from aikg.files.queries import Query
from aikg.names import BASE, OTHER_PREFIXES, shorten
from aikg.sparql.formats import SOLUTIONS, TRIPLES
from aikg.web import description, nodes

#: What a page is made from: rows, or else Turtle.
ACCEPT = f"{SOLUTIONS[0].media_type}, {TRIPLES[0].media_type}"
#: How much of an answer a page shows, and reads, in rows and in bytes.
ROWS, BYTES = 1000, 4_000_000

_BINDINGS = '"bindings":['
_STRINGS = {OTHER_PREFIXES["xsd"] + "string", OTHER_PREFIXES["rdf"] + "langString"}


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


def blueprint(
    engine: Engine, registered: Sequence[Query], withheld: Callable[[], Iterable[str]] = tuple
) -> Blueprint:
    """Make the routes of the front page and of the server's health.

    Args:
        engine: The graph.
        registered: The questions that the front page shows.
        withheld: Returns the submissions that are published and that the graph cannot take.
    """
    routes = Blueprint("pages", __name__)

    @routes.get("/")
    def front() -> Response:
        if not description.prefers_page():
            return nodes.data(engine, BASE, request.args.get("format"))
        described = description.dataset(engine)
        page = render_template(
            "front.html", questions=registered, graph=engine.describe(), dataset=described
        )
        return description.add_signposts(make_response(page))

    @routes.get("/health")
    def health() -> dict[str, Any]:
        return {"status": "ok", **engine.describe(), "withheld": list(withheld())}

    @routes.app_template_filter("iri")
    def shortened(iri: str) -> str:
        return shorten(iri)

    routes.add_app_template_filter(link, "link")

    @routes.app_template_filter("words")
    def words(iri: str) -> str:
        """Make the name of a node readable that has no label: the end of its IRI, as words."""
        if not iri.startswith(BASE):
            return shorten(iri)
        return iri.removeprefix(BASE).partition("/")[2].replace("-", " ") or iri

    @routes.app_template_test("boolean_type")
    def boolean_type(datatype: str) -> bool:
        return datatype == OTHER_PREFIXES["xsd"] + "boolean"

    @routes.app_template_test("plain")
    def plain(datatype: str) -> bool:
        return datatype in _STRINGS

    return routes


def link(iri: str) -> str | None:
    """Say where an IRI leads: one of ours to its page here, never to a script."""
    if iri.startswith(BASE):
        return request.script_root + "/" + quote(iri.removeprefix(BASE), safe="/?=&:@~+,;")
    return iri if iri.startswith(("http://", "https://")) else None


def form(registered: Sequence[Query], text: str = "") -> dict[str, Any]:
    """Give what the form needs: the text in it, the questions beside it, the formats below it."""
    formats = {"a SELECT or ASK": SOLUTIONS, "a CONSTRUCT or DESCRIBE": TRIPLES}
    return {"text": text, "questions": registered, "formats": formats}


def show_form(registered: Sequence[Query]) -> str:
    """Show the form alone."""
    return render_template("sparql.html", **form(registered))


def show_answer(
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
        **form(registered, text),
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
    """Give the rows that the text holds whole."""
    decoder = json.JSONDecoder()
    at = 0
    while bindings.startswith("{", at):
        try:
            row, at = decoder.raw_decode(bindings, at)
        except ValueError:
            return
        yield row
        at += bindings.startswith(",", at)
