"""A table of a page as a file: CSV, a workbook, or the query behind it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from xlsxwriter import Workbook

from aikg.characters import visible
from aikg.engine.client import Engine
from aikg.errors import NotAcceptable, UnknownQuestion
from aikg.files.queries import Query, read_queries
from aikg.names import BASE, is_absolute
from aikg.sparql.tables import harmless
from aikg.web import parameters, sections
from aikg.web.cache import VERSION
from aikg.web.sections import Row

#: The formats, each with its media type.
TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


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
        if form not in TYPES:
            raise NotAcceptable(
                f"A table cannot be written as {form}.", advice="Ask for csv, xlsx or query."
            )
        answer = sections.ask(engine, node, [query])
        (found,) = json.loads(answer.read())
        if answer.repeatable:
            request.environ[VERSION] = answer.version
        names = [n for n in found["head"]["vars"] if n != "this"]
        rows = [[_text(row, column) for column in names] for row in found["results"]["bindings"]]
        content = _csv(names, rows) if form == "csv" else _workbook(query.summary, names, rows)
        response = Response(content, mimetype=TYPES[form])
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


def _text(row: Row, column: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return harmless(visible(str(row.get(column, {}).get("value", ""))))


def _csv(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerows([names, *rows])
    return buffer.getvalue().encode()


def _workbook(title: str, names: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    buffer = io.BytesIO()
    # No text becomes a formula or a link, and nothing is written to the disk.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(buffer, options) as book:
        sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", title)[:31])
        bold = book.add_format({"bold": True})
        for number, row in enumerate((names, *rows)):
            for column, text in enumerate(row):
                sheet.write_string(number, column, text, None if number else bold)
        sheet.freeze_panes(1, 0)
        sheet.autofit()
    return buffer.getvalue()
