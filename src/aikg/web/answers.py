"""The answer of a query on a page: as much as is shown, sorted, filtered, in parts, as bars."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from werkzeug.datastructures import MultiDict

from aikg.engine.answer import Answer
from aikg.names import OTHER_PREFIXES, shorten
from aikg.sparql.formats import TRIPLES
from aikg.web import parameters

#: How much of an answer a page reads, in rows and in bytes, and how many rows it shows at once.
ROWS, BYTES, AT_ONCE = 10_000, 4_000_000, 25
#: The parameters of a view; each leaves the answer itself as it is.
VIEW = ("sort", "order", "contains", "page", "labels", "view", "bar")
_BINDINGS = re.compile(r'\s*,\s*"results"\s*:\s*\{\s*"bindings"\s*:\s*\[\s*')
#: How the declarations before triples begin.
_PREFIXES = ("@", "PREFIX ")
#: The characters between two rows.
_BETWEEN = re.compile(r"[\s,]*")
_NUMBERS = {
    OTHER_PREFIXES["xsd"] + kind
    for kind in ("integer", "decimal", "double", "float", "int", "long", "nonNegativeInteger")
}

Term = dict[str, Any]
Row = dict[str, Term]


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
    rows: list[Row] = field(default_factory=list)
    boolean: bool | None = None
    prefixes: str = ""
    turtle: str | None = None
    whole: bool = True

    @property
    def iris(self) -> list[str]:
        """The addresses in the rows, each once."""
        terms = (term for row in self.rows for term in row.values() if term["type"] == "uri")
        return list(dict.fromkeys(str(term["value"]) for term in terms))


@dataclass
class View:
    """A part of the rows of an answer, as the parameters of a page ask for it.

    Attributes:
        rows: The rows of this part.
        found: How many rows contain the text that was asked for.
        page: The number of this part, from 1.
        pages: How many parts there are.
        sort: The column by which the rows are sorted, or "".
        descending: Whether the largest come first.
        contains: The text that each row contains.
        labels: The label of each address, or nothing where addresses are shown.
        named: Whether labels are shown.
        numeric: The columns that have numbers only.
        bars: The bars of the drawing, or nothing where the table is shown.
        bar: The column that the bars show.
    """

    rows: list[Row]
    found: int
    page: int
    pages: int
    sort: str
    descending: bool
    contains: str
    labels: dict[str, str]
    named: bool
    numeric: list[str]
    bars: list[dict[str, Any]] = field(default_factory=list)
    bar: str = ""


def read(answer: Answer) -> Shown:
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
        lines = text.splitlines()
        prefixes = list(itertools.takewhile(lambda line: line.startswith(_PREFIXES), lines))
        triples = "\n".join(text.splitlines()[len(prefixes) :])
        return Shown(prefixes="\n".join(sorted(prefixes)), turtle=triples, whole=whole)
    begun = _BINDINGS.search(text)
    if begun is None:
        return Shown(boolean=json.loads(text)["boolean"])
    rows = list(itertools.islice(_rows(text[begun.end() :]), ROWS + 1))
    columns = json.loads(text[: begun.start()] + "}")["head"]["vars"]
    return Shown(columns, rows[:ROWS], whole=whole and len(rows) <= ROWS)


def _rows(bindings: str) -> Iterator[Row]:
    """Yield the rows that the text contains whole."""
    decoder = json.JSONDecoder()
    at = 0
    while bindings.startswith("{", at):
        try:
            row, at = decoder.raw_decode(bindings, at)
        except ValueError:
            return
        yield row
        at = cast("re.Match[str]", _BETWEEN.match(bindings, at)).end()


def view(shown: Shown, given: MultiDict[str, str], labels: dict[str, str]) -> View:
    """Return the part of the rows that a request asks for.

    Args:
        shown: The rows.
        given: The parameters of the request; `VIEW` has those that count.
        labels: The label of each address that has one.

    Raises:
        RequestMalformed: A parameter is not valid.
    """
    named = given.get("labels", "1") != "0"
    labels = labels if named else {}
    sort, contains = _column(shown, given, "sort"), given.get("contains", "")
    descending = given.get("order") == "desc"
    rows = shown.rows
    if contains:
        wanted = contains.casefold()
        rows = [r for r in rows if any(wanted in _text(t, labels).casefold() for t in r.values())]
    if sort:
        rows = _sorted(rows, sort, descending, labels)
    pages = max(-(-len(rows) // AT_ONCE), 1)
    page = min(_page(given.get("page")), pages)
    part = rows[(page - 1) * AT_ONCE : page * AT_ONCE]
    numeric = [c for c in shown.columns if _is_numeric(shown.rows, c)]
    found = View(part, len(rows), page, pages, sort, descending, contains, labels, named, numeric)
    if given.get("view") == "bars" and numeric:
        found.bar = _column(shown, given, "bar") or numeric[0]
        found.bars = _bars(shown.columns, found)
    return found


def _column(shown: Shown, given: MultiDict[str, str], name: str) -> str:
    column = given.get(name, "")
    if column and column not in shown.columns:
        raise parameters.malformed(
            f"{name}={column} is not a column of the answer",
            f"Write one of {', '.join(shown.columns)}, or leave it out.",
        )
    return column


def _page(text: str | None) -> int:
    if not text:
        return 1
    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0):
        raise parameters.malformed(
            f"page={text} is not the number of a page", "Write a number from 1."
        )
    return int(text[:9])


def _text(term: Term, labels: dict[str, str]) -> str:
    value = term["value"]
    if term["type"] == "uri":
        return labels.get(value) or shorten(value)
    return value if isinstance(value, str) else json.dumps(value)


def _number(term: Term | None) -> float | None:
    if term is None or term.get("datatype") not in _NUMBERS:
        return None
    try:
        number = float(term["value"])
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _is_numeric(rows: Sequence[Row], column: str) -> bool:
    terms = [row[column] for row in rows if column in row]
    return bool(terms) and all(_number(term) is not None for term in terms)


def _sorted(rows: list[Row], column: str, descending: bool, labels: dict[str, str]) -> list[Row]:
    """Sort rows: numbers before texts, either way; those without a value come last."""

    def key(row: Row) -> tuple[bool, float, str]:
        number = _number(row[column])
        return number is None, number or 0.0, _text(row[column], labels).casefold()

    bound = sorted((row for row in rows if column in row), key=key, reverse=descending)
    return bound + [row for row in rows if column not in row]


def _bars(columns: Sequence[str], view: View) -> list[dict[str, Any]]:
    """Return a bar for each row: its name, its value as text, and where it begins and ends.

    Begin and end are shares of the width, from 0 to 1; a negative value ends at zero.
    """
    values = [_number(row.get(view.bar)) for row in view.rows]
    numbers = [value for value in values if value is not None]
    low, high = min([0.0, *numbers]), max([0.0, *numbers])
    span = (high - low) or 1.0
    others = [column for column in columns if column not in view.numeric]
    bars = []
    for row, value in zip(view.rows, values, strict=True):
        name = " · ".join(_text(row[column], view.labels) for column in others if column in row)
        start, end = sorted((0.0, value or 0.0))
        bars.append(
            {
                "name": name,
                "value": "" if value is None else row[view.bar]["value"],
                "start": (start - low) / span,
                "width": (end - start) / span,
            }
        )
    return bars
