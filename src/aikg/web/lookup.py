"""/resolve and /search: from external identifiers and names to ours."""

from __future__ import annotations

import threading
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as Redirection

from aikg.engine.client import Engine
from aikg.errors import NotAcceptable
from aikg.links.lookup import LookUp, Sources
from aikg.links.records import EXACT
from aikg.names import BASE
from aikg.sparql.formats import TRIPLES, preferred
from aikg.web import problems
from aikg.web.nodes import link
from aikg.web.parameters import malformed
from aikg.web.problems import HTML

JSON = "application/json"
#: What readers call the kinds of node.
_KINDS = {
    "Drug": "drug",
    "DrugClass": "class of drugs",
    "Study": "trial",
    "Outcome": "outcome",
    "Population": "patients",
    "Publication": "publication",
    "Target": "target",
    "Compound": "compound",
    "Reaction": "reaction",
    "Value": "value of a list",
}
RDF = tuple(form.media_type for form in TRIPLES)


class _Current:
    """The look-up of the engine's current version; it is made again when that changes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._made: tuple[str, LookUp] | None = None

    def get(self) -> LookUp:
        version = str(self._engine.describe()["version"])
        with self._lock:
            if self._made is None or self._made[0] != version:
                self._made = version, LookUp(self._ask, Sources.read(self._engine.settings.root))
            return self._made[1]

    def _ask(self, query: str) -> bytes:
        return self._engine.query(query, format="json").read()


def blueprint(engine: Engine) -> Blueprint:
    """Make the routes of the look-up."""
    routes = Blueprint("lookup", __name__)
    current = _Current(engine)

    @routes.get("/resolve/<path:identifier>")
    def resolve(identifier: str) -> Response | Redirection:
        query = request.query_string.decode(errors="replace")
        whole = f"{identifier}?{query}" if "://" in identifier and query else identifier
        found = current.get().resolve(whole)
        if preferred(request.headers.get("Accept"), (JSON, HTML, *RDF)) in RDF:
            return redirect(_same(found), 303)
        return problems.show("resolve.html", found, **found)

    @routes.get("/search")
    def search() -> Response | Redirection:
        text = request.args.get("q", "").strip()
        if not text and not problems.wants_page():
            raise malformed("There is nothing to search for", "Send a text: /search?q=aromasin")
        found = current.get().search(text)
        pair = found["pair"]
        if pair and pair["certain"] and problems.wants_page():
            return redirect(comparison(pair), 303)
        return problems.show(
            "search.html", found, searched=text, comparison=comparison, kinds=_KINDS, **found
        )

    return routes


def comparison(pair: dict[str, Any]) -> str:
    """Return the address of the comparison of a pair, in the patients and the outcome it names."""
    named = {name: hit for name, hit in pair.items() if isinstance(hit, dict)}
    asked = {name: hit["entity"].removeprefix(BASE) for name, hit in named.items()}
    return url_for("compare.compare", **asked)


def _same(found: dict[str, Any]) -> str:
    """Return our address of the same thing: only that has RDF.

    Raises:
        NotAcceptable: The identifier leads to a wider, a narrower or another kind of thing.
    """
    strongest = found["entities"][0]
    address = link(strongest["iri"])
    if strongest["match"] not in {None, EXACT} or address is None:
        raise NotAcceptable(
            f"Nothing here is {found['identifier']} itself, so there is no RDF about it.",
            advice=f"Ask for {JSON} or {HTML}: they list the nodes that it leads to.",
        )
    return address
