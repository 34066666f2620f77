"""/compare, /network and /evidence-map: how treatments compare. A worker computes the answers."""

from __future__ import annotations

import json
import threading
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from aikg.engine.client import Engine
from aikg.errors import AikgError, ComparisonMalformed, NotAcceptable
from aikg.files.queries import find_query, read_queries
from aikg.names import BASE, is_absolute
from aikg.sparql.formats import Format, preferred
from aikg.web import problems
from aikg.web.cache import VERSION
from aikg.web.problems import HTML

#: The formats that a client can ask for by Accept; the first is the default.
FORMATS = (
    Format("application/json", ("json",)),
    Format("text/csv", ("csv",)),
    Format("image/svg+xml", ("svg",)),
)
#: Those that `format` can name besides, of each kind of answer.
MORE = {
    "compare": ("metafor", "netmeta", "revman", "stata", "fhir"),
    "network": ("league",),
    "map": (),
}
#: The values of the parameters that have a list, the default first.
CHOICES = {
    "measure": ("", "odds-ratio", "risk-ratio", "risk-difference", "hazard-ratio"),
    "figures": ("both", "review", "paper"),
    "nodes": ("drug", "regimen"),
    "correct": ("0", "0.5"),
    "curated": ("false", "true"),
}
_PAIR = ("experimental", "reference")
#: The treatments in the text of `outcomes.rq`, which others take the place of.
_EXAMPLE = ("drug:exemestane", "drug:anastrozole")
_NAMES = (*_PAIR, "outcome", "population")
_TITLES = {
    "compare": "Compare two treatments",
    "network": "Compare all treatments",
    "map": "Evidence map",
}


class _Lists:
    """What the form lists, of the engine's current version: treatments, outcomes, populations."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._read: tuple[str, dict[str, list[dict[str, str]]]] | None = None

    def get(self) -> dict[str, list[dict[str, str]]]:
        version = str(self._engine.describe()["version"])
        with self._lock:
            if self._read is None or self._read[0] != version:
                self._read = version, self._ask()
            return self._read[1]

    def _ask(self) -> dict[str, list[dict[str, str]]]:
        queries = read_queries(self._engine.settings.root / "queries" / "synthesis")
        answer = self._engine.query(find_query(queries, "choices").text, format="json").read()
        found: dict[str, list[dict[str, str]]] = {}
        for row in json.loads(answer)["results"]["bindings"]:
            thing = {"iri": row["node"]["value"], "label": row["label"]["value"]}
            found.setdefault(row["kind"]["value"], []).append(thing)
        return found

    def outcomes(self, one: str | None, other: str | None) -> list[dict[str, str]]:
        """Return the outcomes of two treatments that the same trial reports, the first ones first.

        Args:
            one: The path of a treatment: `drug/exemestane`; a name has no list.
            other: Likewise.
        """
        iris = [BASE + path for path in (one, other) if path and "/" in path]
        if len(iris) < 2 or not all(map(is_absolute, iris)):
            return []
        queries = read_queries(self._engine.settings.root / "queries" / "synthesis")
        text = find_query(queries, "outcomes").text
        for example, iri in zip(_EXAMPLE, iris, strict=True):
            text = text.replace(example, f"<{iri}>", 1)
        rows = json.loads(self._engine.query(text, format="json").read())["results"]["bindings"]
        return [
            {"iri": row["outcome"]["value"], "label": row["label"]["value"]}
            for row in rows
            if "outcome" in row
        ]


def blueprint(engine: Engine) -> Blueprint:
    """Make the routes of the comparisons."""
    routes = Blueprint("compare", __name__)
    lists = _Lists(engine)

    @routes.get("/compare")
    def compare() -> AnyResponse:
        return _respond(engine, lists, "compare")

    @routes.get("/network")
    def network() -> AnyResponse:
        return _respond(engine, lists, "network")

    @routes.get("/evidence-map")
    def evidence_map() -> AnyResponse:
        return _respond(engine, lists, "map")

    return routes


def _respond(engine: Engine, lists: _Lists, kind: str) -> AnyResponse:
    """Answer as the client prefers: a page, or a file of a format."""
    if not _wants_page():
        answer = _ask(engine, kind, _form(kind))
        return _response(answer.read(), answer.media_type, kind)
    context: dict[str, Any] = {"kind": kind, "title": _TITLES[kind], "lists": lists.get()}
    context |= {"choices": CHOICES, "asked": request.args, "shown": None, "here": _here}
    others = lists.outcomes(*map(request.args.get, _PAIR)) if kind == "compare" else []
    if not request.args.get("outcome"):
        if others:
            return redirect(_here(outcome=others[0]["iri"].removeprefix(BASE)), 303)
        if not any(map(request.args.get, _PAIR)):
            return Response(render_template("compare.html", **context), mimetype=HTML)
    context["others"] = others
    try:
        context["shown"] = json.loads(_ask(engine, kind, "page").read())
    except AikgError as error:
        return problems.respond(problems.problem(error), "compare.html", **context)
    return Response(render_template("compare.html", **context), mimetype=HTML)


def _here(**changed: str) -> str:
    """Return the address of the same question in another form."""
    asked: dict[str, Any] = request.args.to_dict() | changed
    return url_for(request.endpoint or "", **asked)


def _wants_page() -> bool:
    return problems.wants_page(FORMATS, named=request.args.get("format"))


def _form(kind: str) -> str:
    """Return the name of the format that the request asks for.

    Raises:
        NotAcceptable: There is no such format.
    """
    named = request.args.get("format")
    possible = {form.names[0]: form.media_type for form in FORMATS}
    if named in {*possible, *MORE[kind]}:
        return str(named)
    accepted = None if named else preferred(request.headers.get("Accept"), [*possible.values()])
    for name, media_type in possible.items():
        if accepted == media_type:
            return name
    raise NotAcceptable(
        f"This answer cannot be written as asked: {named or request.headers.get('Accept')}.",
        advice=f"Ask for one of {', '.join((*possible, *MORE[kind]))} with the parameter `format`.",
    )


def _ask(engine: Engine, kind: str, form: str) -> Any:
    """Let a worker answer; the answer is kept for the next one who asks the same."""
    arguments = {"kind": kind, "words": _words(kind), "format": form}
    answer = engine.run("compare", arguments)
    if answer.repeatable:
        request.environ[VERSION] = answer.version
    return answer


def _words(kind: str) -> dict[str, Any]:
    """Read the comparison from the address.

    Raises:
        ComparisonMalformed: A parameter is unknown, missing, repeated, or has an unknown value.
    """
    names = (_NAMES if kind == "compare" else _NAMES[2:]) + tuple(CHOICES)
    for name in request.args:
        if name not in {*names, "format"}:
            raise _malformed(
                f"{name!r} is not a parameter of a comparison", "unknown-parameter", names
            )
        if len(request.args.getlist(name)) > 1:
            raise _malformed(f"The parameter {name} is there more than once", "repeated-parameter")
    words: dict[str, Any] = {name: request.args.get(name, "").strip() for name in names}
    for name in (*(_PAIR if kind == "compare" else ()), "outcome"):
        if not words[name]:
            raise _malformed(f"The parameter {name} is missing", "missing-parameter", (name,))
    for name, values in CHOICES.items():
        words[name] = words[name] or values[0]
        if name != "measure" and words[name] not in values:
            raise _malformed(f"{name}={words[name]} is not a choice", "unknown-value", values)
    words["curated"] = words["curated"] == "true"
    return words


def _malformed(what: str, code: str, choices: tuple[str, ...] = ()) -> ComparisonMalformed:
    listed = ", ".join(filter(None, choices))
    advice = f"Send {'one of ' if len(choices) > 1 else ''}{listed}." if listed else "Send it once."
    return ComparisonMalformed(f"{what}.", advice=advice, code=code, choices=list(choices))


def _response(content: bytes, media_type: str, kind: str) -> Response:
    response = Response(content, mimetype=media_type)
    if media_type == "application/zip":
        name = f"{kind}-{request.args['format']}.zip"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
