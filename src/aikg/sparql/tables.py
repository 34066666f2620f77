"""An answer as a table for people: CSV with the label beside each address, or a workbook."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

import pyoxigraph as ox
import xlsxwriter

from aikg.characters import visible_lines
from aikg.errors import AnswerTooLarge, NotAcceptable
from aikg.names import OTHER_PREFIXES
from aikg.sparql.evaluation import Request, ask
from aikg.sparql.formats import SOLUTIONS, Format
from aikg.sparql.labels import label_of

#: A workbook; it is asked for by this name only.
WORKBOOK = Format(
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ("xlsx",), ending="xlsx"
)
#: The formats in which a table can have labels.
LABELLED = (next(form for form in SOLUTIONS if "csv" in form.names), WORKBOOK)
#: The rows of a sheet below its heading, and the longest text of a cell, as Excel has them.
MOST_ROWS, MOST_CHARACTERS = 1_048_575, 32_767
#: The beginning of a text that a spreadsheet takes for a formula; a number is none.
_FORMULA = re.compile(r"(?![+-]?[\d.,]+(?:[eE][+-]?\d+)?$)[=+\-@\t\r]")
_XSD = OTHER_PREFIXES["xsd"]
_NUMBERS = {_XSD + kind for kind in ("integer", "decimal", "double", "float", "int", "long")}
#: The digits that a number of a sheet keeps.
_DIGITS = 15

Cell = Any


@dataclass
class Table:
    """The rows of a SELECT.

    Attributes:
        columns: The variables; that of labels follows its own, as `drug_label` follows `drug`.
        rows: A term, a label (`str`) or None for each column.
    """

    columns: list[str] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)


def write_table(  # noqa: PLR0913, PLR0917  a request, and where it is answered
    store: ox.Store,
    request: Request,
    labels: bool,
    about: list[tuple[str, str]],
    output: IO[bytes],
    begin: Callable[[str], None],
) -> None:
    """Answer a SELECT as CSV or as a workbook.

    Args:
        store: The graph.
        request: The query; its format is one of `LABELLED`.
        labels: Whether each column with addresses is followed by one with their labels.
        about: What the second sheet of a workbook says of the first, line by line.
        output: Receives the answer.
        begin: Called with the media type before the first piece.

    Raises:
        NotAcceptable: The query is not a SELECT.
        AnswerTooLarge: A sheet has no room for all rows.
        AikgError: See `evaluation.evaluate`.
    """
    form = next(form for form in LABELLED if request.format in form.names)
    table = _read(store, request, labels)
    content = _as_workbook(table, about) if form == WORKBOOK else _as_csv(table)
    begin(form.media_type)
    output.write(content)


def _read(store: ox.Store, request: Request, labels: bool) -> Table:
    results = ask(store, request)
    if not isinstance(results, ox.QuerySolutions):
        raise NotAcceptable(
            f"This answer cannot be written as {request.format}: only a SELECT has rows.",
            advice="Ask with SELECT, or choose another format.",
        )
    rows: list[list[Cell]] = []
    for solution in results:
        if len(rows) == MOST_ROWS:
            raise AnswerTooLarge(
                f"The answer has more than {MOST_ROWS:,} rows, which is more than a sheet has.",
                advice="Ask for a part of it with LIMIT and OFFSET, or for CSV without labels.",
            )
        rows.append(list(solution))
    table = Table([variable.value for variable in results.variables], rows)
    return _labelled(store, table) if labels else table


def _labelled(store: ox.Store, table: Table) -> Table:
    known: dict[ox.NamedNode, str | None] = {}
    for row in table.rows:
        for term in row:
            if isinstance(term, ox.NamedNode) and term not in known:
                known[term] = label_of(store, term)
    with_iris = [
        any(isinstance(row[index], ox.NamedNode) for row in table.rows)
        and f"{name}_label" not in table.columns
        for index, name in enumerate(table.columns)
    ]

    def widened(values: list[Any], label: Callable[[Any], Cell]) -> Iterator[Cell]:
        for value, also in zip(values, with_iris, strict=True):
            yield value
            if also:
                yield label(value)

    columns = list(widened(table.columns, lambda name: f"{name}_label"))
    return Table(columns, [list(widened(row, known.get)) for row in table.rows])


def _text(cell: Cell) -> str:
    if cell is None or isinstance(cell, str):
        return cell or ""
    if isinstance(cell, ox.BlankNode | ox.Triple):
        return str(cell)
    return str(cell.value)


def _as_csv(table: Table) -> bytes:
    """Write CSV in which no spreadsheet takes a text for a formula: it gets an apostrophe."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows([harmless(_text(cell)) for cell in row] for row in table.rows)
    return text.getvalue().encode()


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula when it reads CSV."""
    return f"'{text}" if _FORMULA.match(text) else text


def _as_workbook(table: Table, about: list[tuple[str, str]]) -> bytes:
    """Write a workbook in memory: a worker can open no file. No cell is a formula or a link."""
    content = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(content, options) as book:
        bold = book.add_format({"bold": True, "valign": "top"})
        sheet = book.add_worksheet("answer")
        for index, name in enumerate(table.columns):
            sheet.write_string(0, index, name, bold)
            sheet.set_column(index, index, _width(table, index))
        for number, row in enumerate(table.rows, 1):
            for index, cell in enumerate(row):
                _write(sheet, number, index, cell)
        sheet.freeze_panes(1, 0)
        if table.rows:
            sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
        second = book.add_worksheet("about")
        second.set_column(0, 0, 14)
        second.set_column(1, 1, 90)
        for number, (name, value) in enumerate(about):
            second.write_string(number, 0, name, bold)
            second.write_string(number, 1, _fit(value))
    return content.getvalue()


def _write(sheet: Any, row: int, column: int, cell: Cell) -> None:
    if cell is None:
        return
    number = _number(cell)
    if number is None:
        sheet.write_string(row, column, _fit(_text(cell)))
    else:
        sheet.write_number(row, column, number)


def _number(cell: Cell) -> float | None:
    """Return a number that a sheet keeps as it is; None for anything else, such as NaN."""
    if not isinstance(cell, ox.Literal) or cell.datatype.value not in _NUMBERS:
        return None
    digits = sum(character.isdigit() for character in cell.value)
    value = float(cell.value) if digits <= _DIGITS else float("nan")
    return value if abs(value) < float("inf") else None


def _fit(text: str) -> str:
    """Write out hidden characters, which no workbook can contain; cut a text that is too long."""
    lines = visible_lines(text)
    return lines if len(lines) <= MOST_CHARACTERS else lines[: MOST_CHARACTERS - 2] + " …"


def _width(table: Table, index: int) -> int:
    longest = max((len(_text(row[index])) for row in table.rows[:200]), default=0)
    return min(max(longest, len(table.columns[index]), 8) + 2, 60)
