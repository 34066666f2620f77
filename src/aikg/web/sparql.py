"""/sparql: the query operation of the SPARQL 1.1 Protocol, as data and as a page.

https://www.w3.org/TR/sparql11-protocol/#query-operation, and of version 1.2 the method QUERY
(RFC 10008) and the parameter `version`: https://www.w3.org/TR/sparql12-protocol/
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from flask import Blueprint, Response, current_app, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from aikg.engine.answer import Answer
from aikg.engine.client import Engine
from aikg.errors import AikgError, QueryMalformed
from aikg.files.queries import Query
from aikg.sparql.formats import SOLUTIONS, TRIPLES
from aikg.sparql.tables import LABELLED, WORKBOOK
from aikg.web import answers, description, parameters, plain, problems
from aikg.web.answers import Shown
from aikg.web.cache import VERSION
from aikg.web.frame import LICENSE
from aikg.web.snippets import LONGEST, snippets
from aikg.web.tasks import BEGUN, QUERY

#: A page is made from rows, or else from Turtle.
ACCEPT = f"{SOLUTIONS[0].media_type}, {TRIPLES[0].media_type}"
#: The editor, which `make editor` writes; without it the form has a text field.
EDITOR = "codemirror.js"
#: How many lines before and after a mistake a page shows.
_AROUND = 2


def blueprint(engine: Engine, registered: Sequence[Query]) -> Blueprint:
    """Make the route of the endpoint."""
    endpoint = Blueprint("sparql", __name__)

    @endpoint.route("/sparql/", methods=["GET", "POST", "QUERY"])
    @endpoint.route("/sparql", methods=["GET", "POST", "QUERY"])
    def query() -> Response | str:
        given = parameters.read()
        page = problems.wants_page(named=given.get("format"))
        if page and not any(map(given.get, ("query", "question"))):
            return render_template("sparql.html", **_form(registered, given))
        if request.method in {"GET", "HEAD"} and not given:
            return description.service(engine)
        text = plain.only_query(given, registered)
        if page:
            text = plain.as_typed(text)
        request.environ[QUERY] = text
        try:
            if page:
                return _page(engine, registered, given, text)
            return data(engine, registered, given, text)
        except AikgError as error:
            context = _form(registered, given, text) | _mistake(error, text)
            return problems.respond(problems.problem(error), "sparql.html", **context)

    @endpoint.post("/update/")
    @endpoint.post("/update")
    def update() -> NoReturn:
        raise parameters.no_update()

    return endpoint


def _ask(
    engine: Engine, given: MultiDict[str, str], text: str, accept: str | None, format: str | None
) -> Answer:
    question = replace(plain.question_of(given, text, accept), format=format)
    return engine.ask(question, request.environ.get(BEGUN))


def data(
    engine: Engine, registered: Sequence[Query], given: MultiDict[str, str], text: str
) -> Response:
    """Answer as data: in a format of SPARQL, or as a table for people."""
    format = given.get("format") or None
    labels = given.get("labels") == "1"
    if format in WORKBOOK.names or labels:
        answer = _table(engine, registered, given, text, labels)
    else:
        answer = _ask(engine, given, text, request.headers.get("Accept"), format)
    if answer.repeatable:
        request.environ[VERSION] = answer.version
    content = answer if answer.whole is None else answer.whole
    headers = plain.headers_of(answer, format, _question(registered, text), text)
    return Response(content, headers=headers)


def _table(
    engine: Engine,
    registered: Sequence[Query],
    given: MultiDict[str, str],
    text: str,
    labels: bool,
) -> Answer:
    """Ask for a table for people: with labels, or as a workbook.

    Raises:
        RequestMalformed: The format has no labels.
    """
    format = given.get("format", "")
    if not any(format in form.names for form in LABELLED):
        raise parameters.malformed(
            f"labels=1 is not for format={format or 'that of the header Accept'}",
            "Write format=csv or format=xlsx, or leave labels out.",
        )
    question = _question(registered, text)
    about = [
        ("question", question.summary if question else "(a query of your own)"),
        ("address", request.base_url),
        ("licence", LICENSE),
        ("query", text),
    ]
    arguments = {
        "format": format,
        "labels": labels,
        "about": about,
        "default_graphs": given.getlist("default-graph-uri"),
        "named_graphs": given.getlist("named-graph-uri"),
    }
    engine.refuse_long(text)
    seconds = parameters.timeout(given.get("timeout")) or engine.settings.deadline
    return engine.run(
        "table", arguments, text.encode(), timeout=min(seconds, engine.settings.deadline)
    )


def _question(registered: Sequence[Query], text: str) -> Query | None:
    typed = plain.as_typed(text).strip()
    return next((question for question in registered if question.text.strip() == typed), None)


def _form(
    registered: Sequence[Query], given: MultiDict[str, str], text: str = ""
) -> dict[str, Any]:
    """Return the values of the form: its text, the formats below it, the questions beside it."""
    formats = {"a SELECT or ASK": SOLUTIONS, "a CONSTRUCT or DESCRIBE": TRIPLES}
    tag, find = given.get("tag", ""), given.get("find", "")
    return {
        "text": text,
        "formats": formats,
        "editor": _has_editor(),
        "questions": [question for question in registered if _is_found(question, tag, find)],
        "tags": sorted({tag for question in registered for tag in tags(question)}),
        "tag": tag,
        "find": find,
    }


def _has_editor() -> bool:
    folder = current_app.static_folder
    return folder is not None and (Path(folder) / EDITOR).is_file()


def tags(question: Query) -> list[str]:
    """Return the tags of a question."""
    return [tag.strip() for tag in question.header.get("tags", "").strip("[]").split(",") if tag]


def _is_found(question: Query, tag: str, find: str) -> bool:
    said = f"{question.summary} {question.name} {question.header.get('tags', '')}".casefold()
    return (not tag or tag in tags(question)) and all(
        word in said for word in find.casefold().split()
    )


def _mistake(error: AikgError, text: str) -> dict[str, Any]:
    """Return the lines around a mistake, and the query with the fix that the error proposes."""
    if not isinstance(error, QueryMalformed) or not error.line:
        return {}
    lines, column = text.split("\n"), error.column or 1
    first = max(error.line - 1 - _AROUND, 0)
    around = list(enumerate(lines[first : error.line + _AROUND], first + 1))
    word = re.match(r"\S+", lines[error.line - 1][column - 1 :])
    fixed, does = None, ""
    if error.declare:
        fixed, does = f"{error.declare}\n{text}", f"Add {error.declare}"
    elif error.found and error.instead:
        line = lines[error.line - 1]
        after = line[column - 1 :].replace(error.found, error.instead, 1)
        lines[error.line - 1] = line[: column - 1] + after
        fixed, does = "\n".join(lines), f"Write {error.instead} in place of {error.found}"
    return {
        "around": around,
        "marked": len(word[0]) if word else 1,
        "fixed": fixed,
        "does": does,
    }


def _page(
    engine: Engine, registered: Sequence[Query], given: MultiDict[str, str], text: str
) -> str:
    """Show the beginning of an answer, and the form.

    Raises:
        DeadlineExceeded: The answer broke off at the deadline.
        WorkerLost: The answer broke off.
    """
    with _ask(engine, given, text, ACCEPT, None) as answer:
        shown = answers.read(answer)
    labels, same = _labels(engine, shown, answer.version)
    view = answers.view(shown, given, labels)
    if answer.repeatable and same:
        request.environ[VERSION] = answer.version
    question = _question(registered, text)
    return render_template(
        "sparql.html",
        **_form(registered, given, text),
        heading=question.summary if question else None,
        shown=shown,
        view=view,
        version=answer.version,
        downloads=_downloads(shown, given),
        snippets=_snippets(shown, given),
        address=_Addresses(given),
    )


def _labels(engine: Engine, shown: Shown, version: str) -> tuple[dict[str, str], bool]:
    """Return the labels of the addresses in an answer, and whether they are from its version."""
    if not shown.iris:
        return {}, True
    found = engine.run("labels", {}, json.dumps(shown.iris).encode())
    return json.loads(found.read()), found.version == version


def _asked(given: MultiDict[str, str]) -> list[tuple[str, str]]:
    """Return the parameters that make the answer, without those of the page."""
    of_page = {*answers.VIEW, "format", "tag", "find"}
    return [(name, value) for name, value in given.items(multi=True) if name not in of_page]


def _downloads(shown: Shown, given: MultiDict[str, str]) -> dict[str, str]:
    """Return the address of the whole answer in each format, those for people first."""
    asked: dict[str, Any] = MultiDict(_asked(given)).to_dict(flat=False)
    found = {}
    if shown.columns:
        also: dict[str, Any] = {} if given.get("labels") == "0" else {"labels": "1"}
        for form in LABELLED:
            name = form.names[0]
            found[name.upper()] = url_for("sparql.query", **asked, format=name, **also)
    for form in SOLUTIONS if shown.turtle is None else TRIPLES:
        found[form.names[0]] = url_for("sparql.query", **asked, format=form.names[0])
    return found


def _snippets(shown: Shown, given: MultiDict[str, str]) -> dict[str, str]:
    rows = bool(shown.columns)
    format = "csv" if rows else "json" if shown.turtle is None else "turtle"
    address = url_for("sparql.query", _external=True)
    return snippets(address, [*_asked(given), ("format", format)], rows=rows)


class _Addresses:
    """The addresses of other views of an answer."""

    def __init__(self, given: MultiDict[str, str]) -> None:
        self._given = given
        #: The parameters of the form that filters the rows: all but its own and the page.
        self.kept = [
            (name, value)
            for name, value in given.items(multi=True)
            if name not in {"contains", "page", "format"}
        ]
        #: A long query does not stand in an address, so its forms are sent by POST.
        self.method = "post" if sum(len(value) for _, value in self.kept) > LONGEST else "get"

    def __call__(self, **changed: str | None) -> str:
        """Return the address with some parameters changed; None leaves one out."""
        asked: dict[str, Any] = self._given.to_dict(flat=False)
        if "page" not in changed:
            asked.pop("page", None)
        for name, value in changed.items():
            asked.pop(name, None)
            if value is not None:
                asked[name] = [value]
        return url_for("sparql.query", **asked) + "#answer"
