"""Tables of a page: the rows of a query, grouped, with the columns that have a value."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from aikg.engine.answer import Answer
from aikg.engine.client import Engine
from aikg.files.queries import Query
from aikg.names import PREFIXES

#: What makes a figure that figure: it stands below the figure, not in columns of its own.
DETAILS = (
    *("measure", "unit", "patients", "time", "analysis", "assessed_by", "grade", "interval", "p"),
)
#: The words before such a detail.
_BEFORE = {"patients": "n = ", "grade": "grade ", "p": "p "}
_FIGURES = ("figure", "finding")

Term = dict[str, Any]
Row = dict[str, Term]


@dataclass(frozen=True)
class Section:
    """A table of a page.

    Attributes:
        name: The name of its query.
        title: Its heading.
        order: Its position among the sections; those below 0 come before the statements.
        by: The variable that its parts share, or None.
        columns: The variables that it shows; each may have a text in `<column>_label`.
        parts: Its rows, under their common value, or under None.
        rows: How many rows there are.
    """

    name: str
    title: str
    order: int
    by: str | None
    columns: list[str]
    parts: list[tuple[Row | None, list[Row]]]
    rows: int


def about(query: Query) -> str:
    """Return the IRI of the class that a section is about; "" for a section about any node."""
    return query.header.get("about", "").replace("aikg:", PREFIXES["aikg"])


def _apart(query: Query) -> str:
    """Return the classes whose nodes a section is not about, each IRI after a blank."""
    return query.header.get("except", "").replace("aikg:", PREFIXES["aikg"])


def ask(engine: Engine, node: str, queries: Sequence[Query]) -> Answer:
    """Ask queries in which `?this` stands for a node; the answer is a list of JSON results.

    Raises:
        UnknownNode: No graph describes the node.
    """
    return engine.run("rows", {"node": node}, json.dumps(listed(queries)).encode())


def listed(queries: Sequence[Query]) -> list[tuple[str, str, str]]:
    """Return queries as a worker reads them: the class, the classes left out, and the text."""
    return [(about(query), _apart(query), query.text) for query in queries]


def section(query: Query, answer: dict[str, Any]) -> Section:
    """Make the table of a query's answer; `#+ by:` names the variable that its parts share."""
    rows: list[Row] = answer["results"]["bindings"]
    names = [n for n in answer["head"]["vars"] if n != "this" and not n.endswith("_label")]
    by = query.header.get("by")
    below = set(DETAILS) if any(name in names for name in _FIGURES) else set()
    columns = [
        name
        for name in names
        if name != by and name not in below and any(name in row for row in rows)
    ]
    parts: list[tuple[Row | None, list[Row]]] = [(None, rows)]
    if by:
        grouped = groupby(rows, key=lambda row: row.get(by, {}).get("value"))
        parts = [(part[0], part) for _, part in ((key, list(each)) for key, each in grouped)]
    order = int(query.header.get("order", 0))
    return Section(query.name, query.summary, order, by, columns, parts, len(rows))


def details(row: Row, column: str) -> str:
    """Return the text below a figure in its cell: measure, unit, patients, interval and so on."""
    if column not in _FIGURES:
        return ""
    found = [f"{_BEFORE.get(name, '')}{row[name]['value']}" for name in DETAILS if name in row]
    return " · ".join(found)
