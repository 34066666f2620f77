"""Tables as strangers send them: CSV and XLSX, row by row, within limits.

https://www.rfc-editor.org/rfc/rfc4180 and ISO/IEC 29500 (through openpyxl).
"""

from __future__ import annotations

import csv
import datetime
import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from openpyxl.reader.excel import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from aikg.errors import SubmissionMalformed, SubmissionTooLarge
from aikg.intake.formats import as_text
from aikg.intake.places import Place
from aikg.intake.submission import Limits

#: The sheet of the workbook that is read, if there are several.
SHEET = "Figures"

#: What a workbook may be unpacked to, per byte that may be sent.
_EXPANSION = 10

_MERGED = re.compile(rb'<mergeCell ref="([A-Z]+[0-9]+:[A-Z]+[0-9]+)"')


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell that is not empty.

    Attributes:
        text: What it holds, as text.
        place: Where it is.
        kind: What it is besides a text: formula, date, or nothing.
    """

    text: str
    place: Place
    kind: str = ""


@dataclass
class Table:
    """A table, read row by row.

    Attributes:
        headings: The headings, each with its place.
        rows: Its rows that are not empty: the number, and the cells by heading.
        merged: The ranges of cells that were merged.
        decimal_comma: Whether it is separated by semicolons, as where decimals have commas.
    """

    headings: list[tuple[str, Place]]
    rows: list[tuple[int, dict[str, Cell]]]
    merged: list[str] = field(default_factory=list)
    sheet: str | None = None


def read_csv(data: bytes, known: Sequence[str], limits: Limits) -> Table:
    """Read CSV in UTF-8, separated by comma, semicolon or tabulator.

    Raises:
        SubmissionMalformed: It is no CSV, or its first row is not that of the template.
        SubmissionTooLarge: It has too many rows.
    """
    text = as_text(data)
    if "\0" in text:
        raise _malformed("The file is no table of text: it holds the byte 0.", 1)
    first = text.partition("\n")[0]
    separator = max(
        ",;\t", key=lambda mark: len({h.strip('" \r') for h in first.split(mark)} & set(known))
    )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        return _table(enumerate(reader, start=1), known, limits, None)  # as a spreadsheet counts
    except csv.Error as error:
        raise _malformed(
            f"Line {reader.line_num}: this is not CSV: {error}.", reader.line_num
        ) from error


def read_xlsx(data: bytes, known: Sequence[str], limits: Limits) -> Table:
    """Read the sheet of figures of a workbook.

    Raises:
        SubmissionMalformed: It is no workbook, or its first row is not that of the template.
        SubmissionTooLarge: It has too many rows, or would be too large unpacked.
    """
    merged = _merged(data, limits)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False)
        name = SHEET if SHEET in book.sheetnames else book.sheetnames[0]
        book[name].reset_dimensions()  # what a file says of its size may leave out rows
        rows = enumerate(book[name].iter_rows(), start=1)
        table = _table(rows, known, limits, name)
    except (
        InvalidFileException,
        KeyError,
        ValueError,
        TypeError,
        OSError,
        EOFError,
        SyntaxError,
        zipfile.BadZipFile,
        zlib.error,
        AttributeError,
        IndexError,
    ) as error:
        raise _malformed(f"The file is no workbook that can be read: {error}.", None) from error
    table.merged = merged
    return table


def _merged(data: bytes, limits: Limits) -> list[str]:
    """See that a workbook is a small enough archive; give the cells that are merged in it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(member.file_size for member in archive.infolist())
            if size > limits.bytes * _EXPANSION:
                raise SubmissionTooLarge(
                    f"The workbook would be {size:,} bytes large, unpacked.",
                    advice="Send its trials as several workbooks, without pictures.",
                )
            if "xl/workbook.xml" not in archive.namelist():
                raise _malformed("The file is an archive, and no workbook.", None)
            sheets = [n for n in archive.namelist() if n.startswith("xl/worksheets/sheet")]
            found = [m for name in sheets for m in _MERGED.findall(archive.read(name))]
            return [cells.decode() for cells in found]
    except (
        zipfile.BadZipFile,
        zlib.error,
        zipfile.LargeZipFile,
        NotImplementedError,
        RuntimeError,
        OSError,
        EOFError,
        ValueError,
    ) as error:
        raise _malformed("The file is no workbook (XLSX).", None) from error


def _table(rows: Any, known: Sequence[str], limits: Limits, sheet: str | None) -> Table:
    number, first = next(iter(rows), (1, []))
    headings = [
        (_text(cell)[0].strip(), Place(number, at, sheet, _text(cell)[0].strip() or None))
        for at, cell in enumerate(first, start=1)
    ]
    if not {heading for heading, _ in headings} & set(known):
        raise _malformed("The first row has none of the template's headings.", number, sheet)
    table = Table(headings, [], sheet=sheet)
    for number, row in rows:
        cells = _cells(number, row, headings, sheet)
        if cells:
            table.rows.append((number, cells))
        if len(table.rows) > limits.rows or number > limits.rows * _EXPANSION:
            raise SubmissionTooLarge(
                f"The table has more than {limits.rows:,} rows.",
                advice="Send its trials as several tables.",
            )
    return table


def _cells(
    number: int, row: Sequence[Any], headings: list[tuple[str, Place]], sheet: str | None
) -> dict[str, Cell]:
    cells = {}
    for at, cell in enumerate(row):
        text, kind = (cell, "") if isinstance(cell, str) else _text(cell)
        text = text.strip()
        if not text:
            continue
        heading = headings[at][0] if at < len(headings) else ""
        cells[heading or f"column {at + 1}"] = Cell(
            text, Place(number, at + 1, sheet, heading or None), kind
        )
    return cells


def _text(cell: Any) -> tuple[str, str]:
    """Give the text of a cell and what it is besides; a number keeps the digits that it needs."""
    if isinstance(cell, str):
        return cell, ""
    value = cell.value
    if value is None:
        return "", ""
    kind = {"f": "formula", "e": "error"}.get(cell.data_type, "")
    if isinstance(value, datetime.datetime):
        value = value.date()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat(), "date"
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if isinstance(value, float):
        value = int(value) if value.is_integer() else repr(value)
    return str(value), kind


def _malformed(what: str, row: int | None, sheet: str | None = None) -> SubmissionMalformed:
    where = f" (sheet {sheet}, row {row})" if sheet else ""
    return SubmissionMalformed(
        f"{what}{where}",
        advice="Take the template (`aikg template`, or /template.xlsx), keep its first row, and "
        "fill one row for each figure.",
        line=row,
    )
