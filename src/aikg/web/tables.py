"""A table of a page as a file: CSV, a workbook, or the query behind it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from aikg.engine.client import Engine
from aikg.errors import NotAcceptable, UnknownQuestion
from aikg.files.queries import Query, read_queries
from aikg.names import BASE, is_absolute
from aikg.web import parameters, sections
from aikg.web.cache import VERSION
from aikg.web.frame import LICENSE

#: The formats of a table.
FORMATS = ("csv", "xlsx")


def blueprint(engine: Engine, shown: Sequence[Query]) -> Blueprint:
    """Make the route of the tables.

    Args:
        engine: The graph.
        shown: The sections of the pages of nodes.
    """
    routes = Blueprint("tables", __name__)

    @routes.get("/table/<name>")
    def table(name: str) -> AnyResponse:
        query = _find(engine, shown, name)
        node = BASE + request.args.get("node", "")
        form = request.args.get("format") or "csv"
        if not is_absolute(node):
            raise parameters.malformed(
                "The parameter node is not the path of a node",
                "Send `node=` with the path of a page, such as drug/exemestane.",
            )
        if form == "query":
            return redirect(url_for("sparql.query", query=_about(query, node)), 303)
        if form not in FORMATS:
            raise NotAcceptable(
                f"A table cannot be written as {form}.", advice="Ask for csv, xlsx or query."
            )
        sections.ask(engine, node, []).close()
        about = [("table", query.summary), ("node", node), ("licence", LICENSE)]
        arguments = {"accept": None, "format": form, "labels": True, "about": about}
        answer = engine.run("table", arguments, _about(query, node).encode())
        if answer.repeatable:
            request.environ[VERSION] = answer.version
        response = Response(answer, mimetype=answer.media_type)
        place = re.sub(r"[^\w-]+", "-", node.removeprefix(BASE)) or "graph"
        file = f"{place}-{name}-{answer.version}.{form}"
        response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
        return response

    return routes


def _find(engine: Engine, shown: Sequence[Query], name: str) -> Query:
    lists = read_queries(engine.settings.root / "queries" / "lists")
    for query in (*shown, *lists):
        if query.name == name:
            return query
    raise UnknownQuestion(f"No table is called {name!r}.", advice="Follow the links of a page.")


def _about(query: Query, node: str) -> str:
    """Return the query as it is asked about a node, with its header."""
    head = "".join(line for line in query.text.splitlines(keepends=True) if line.startswith("#+"))
    body = query.text.removeprefix(head)
    opening = re.search(r"^SELECT\b.*?\{", body, re.MULTILINE | re.DOTALL)
    if not opening:
        return query.text
    return f"{body[: opening.end()]}\n  VALUES ?this {{ <{node}> }}{body[opening.end() :]}"
