"""Tables as text, and the form that tables of every kind are read into.

https://www.rfc-editor.org/rfc/rfc4180; workbooks are read in `workbook` and `opendocument`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from aikg.errors import SubmissionMalformed, SubmissionTooLarge
from aikg.intake.formats import as_text, decoded
from aikg.intake.places import Lost, Place
from aikg.intake.submission import Limits

#: The sheet of the workbook that is read, if there are several.
SHEET = "Figures"

#: How many rows there may be for each row that is not empty and may be read.
_EXPANSION = 10

#: A first line by which a spreadsheet learns the separator.
_SEPARATOR = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a cell, as a file has it.

    Attributes:
        text: The characters that a person sees.
        kind: What it is besides: formula, error, date, format (one that is not known), or nothing.
        number: The number that is shown, with digits and a point; nothing where the text says it.
        stored: The number that is stored, where it has more digits than are shown.
        percent: Whether the number is shown in percent.
    """

    text: str
    kind: str = ""
    number: str = ""
    stored: str = ""
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell that is not empty: its content as in `Content`, and its place."""

    text: str
    place: Place
    kind: str = ""
    number: str = ""
    stored: str = ""
    percent: bool = False


@dataclass
class Table:
    """A table, read row by row.

    Attributes:
        headings: The headings, each with its place.
        rows: Its rows that are not empty: the number, and the cells by heading.
        merged: The ranges of cells that were merged.
        sheet: The sheet of the workbook.
        lost: What of the file is not read.
    """

    headings: list[tuple[str, Place]]
    rows: list[tuple[int, dict[str, Cell]]]
    merged: list[str] = field(default_factory=list)
    sheet: str | None = None
    lost: list[Lost] = field(default_factory=list)


#: A row of a file: the content of each cell, or nothing.
Written = Sequence[str | Content | None]


def read_csv(data: bytes, known: Sequence[str], limits: Limits) -> Table:
    """Read CSV in UTF-8 or UTF-16, separated by comma, semicolon or tabulator.

    Raises:
        SubmissionMalformed: It is not CSV, or its first row is not that of the template.
        SubmissionTooLarge: It has too many rows.
    """
    text = as_text(decoded(data))
    if "\0" in text:
        raise malformed("The file is not a table of text: it contains the byte 0.", 1)
    stated = _SEPARATOR.match(text)
    text = text[stated.end() :] if stated else text
    first = text.partition("\n")[0]
    separator = max(
        ",;\t", key=lambda mark: len({h.strip('" \r') for h in first.split(mark)} & set(known))
    )
    separator = stated[1] if stated else separator
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        return table(enumerate(reader, start=1), known, limits)  # as a spreadsheet counts
    except csv.Error as error:
        raise malformed(
            f"Line {reader.line_num}: this is not CSV: {error}.", reader.line_num
        ) from error


def table(
    rows: Iterable[tuple[int, Written]],
    known: Sequence[str],
    limits: Limits,
    sheet: str | None = None,
) -> Table:
    """Read rows.

    Args:
        rows: The number of each row, and the contents of its cells.
        known: The headings of the template.
        limits: How much is read.
        sheet: The sheet of the workbook; None for a text, where a row has no cell too many.

    Raises:
        SubmissionMalformed: The first row is not that of the template.
        SubmissionTooLarge: There are too many rows.
    """
    rows = iter(rows)
    number, first = next(rows, (1, []))
    titles = [(cell if isinstance(cell, str) else cell.text if cell else "") for cell in first]
    headings = [
        (title.strip(), Place(number, at, sheet, title.strip() or None))
        for at, title in enumerate(titles, start=1)
    ]
    if not {heading for heading, _ in headings} & set(known):
        raise malformed("The first row has none of the template's headings.", number, sheet)
    found = Table(headings, [], sheet=sheet)
    named = {at for at, (heading, _) in enumerate(headings) if heading}
    unnamed: set[int] = set()
    for number, row in rows:
        cells = dict(_cells(number, row, headings, sheet))
        if sheet is None and cells and len(row) > len(headings):
            found.lost.append(_too_long(number, len(headings), len(row)))
            continue
        for at in set(cells) - named - unnamed:
            what = "The column has no heading; it is ignored."
            advice = "Give it the heading of a column of the template, or leave it out."
            found.lost.append(Lost("unread-column", cells[at].place, what, advice, "Note"))
            unnamed.add(at)
        if cells:
            kept = {headings[at][0]: cell for at, cell in cells.items() if at in named}
            found.rows += [(number, kept)] if kept else []
        if len(found.rows) > limits.rows or number > limits.rows * _EXPANSION:
            raise SubmissionTooLarge(
                f"The table has more than {limits.rows:,} rows.",
                advice="Send its trials as several tables.",
            )
    return found


def _cells(
    number: int, row: Written, headings: list[tuple[str, Place]], sheet: str | None
) -> Iterator[tuple[int, Cell]]:
    for at, cell in enumerate(row):
        if cell is None:
            continue
        text = (cell if isinstance(cell, str) else cell.text).strip()
        if not text:
            continue
        heading = headings[at][0] if at < len(headings) else ""
        place = Place(number, at + 1, sheet, heading or None)
        if isinstance(cell, str):
            yield at, Cell(text, place)
        else:
            yield at, Cell(text, place, cell.kind, cell.number, cell.stored, cell.percent)


def _too_long(number: int, most: int, has: int) -> Lost:
    what = f"The row has {has} cells, and there are {most} headings: it is not read."
    advice = "Put a text that contains the separator into quotes, or take the further cell out."
    return Lost("row-length", Place(number, most + 1, None, None), what, advice)


def malformed(what: str, row: int | None, sheet: str | None = None) -> SubmissionMalformed:
    """Make the error of a file that is not a table of figures."""
    where = f" (sheet {sheet}, row {row})" if sheet else ""
    return SubmissionMalformed(
        f"{what}{where}",
        advice="Take the template (`aikg template`, or /template.xlsx), keep its first row, and "
        "fill one row for each figure.",
        line=row,
    )
