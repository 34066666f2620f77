"""/resolve and /search: from identifiers and names of others to ours."""

from __future__ import annotations

import threading

from flask import Blueprint, Response, jsonify, make_response, render_template, request

from aikg.engine.client import Engine
from aikg.links.lookup import LookUp
from aikg.web import problems
from aikg.web.parameters import malformed


class _Current:
    """The look-up of the version that the engine holds; made anew when that changes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._made: tuple[str, LookUp] | None = None

    def get(self) -> LookUp:
        version = str(self._engine.describe()["version"])
        with self._lock:
            if self._made is None or self._made[0] != version:
                self._made = version, LookUp(self._ask, self._engine.settings.root)
            return self._made[1]

    def _ask(self, query: str) -> bytes:
        return self._engine.query(query, format="json").read()


def blueprint(engine: Engine) -> Blueprint:
    """Make the routes of the look-up."""
    routes = Blueprint("lookup", __name__)
    current = _Current(engine)

    @routes.get("/resolve/<path:identifier>")
    def resolve(identifier: str) -> Response:
        query = request.query_string.decode(errors="replace")
        whole = f"{identifier}?{query}" if "://" in identifier and query else identifier
        return _answer("resolve.html", current.get().resolve(whole))

    @routes.get("/search")
    def search() -> Response:
        text = request.args.get("q", "").strip()
        if not text and not problems.wants_page():
            raise malformed("There is nothing to search for", "Give a text: /search?q=aromasin")
        return _answer("search.html", current.get().search(text))

    return routes


def _answer(page: str, found: dict[str, object]) -> Response:
    if problems.wants_page():
        return make_response(render_template(page, **found))
    return jsonify(found)
