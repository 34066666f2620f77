"""Workbooks in Office Open XML: the sheet of figures, its cells as a person sees them.

ISO/IEC 29500, through openpyxl.
"""

from __future__ import annotations

import datetime
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from openpyxl.reader.excel import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from aikg.errors import SubmissionTooLarge
from aikg.intake.places import Lost, Place
from aikg.intake.sheets import SHEET, Content, Table, malformed, table
from aikg.intake.shown import shown
from aikg.intake.submission import Limits

#: What a workbook may be unpacked to, per byte that may be sent.
_EXPANSION = 10

_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z]+[0-9]+:[A-Z]+[0-9]+)")
_COMMENT = re.compile(rb"<(?:\w+:)?comment\s[^>]*?ref=[\"'][A-Z]+([0-9]+)[\"']")
#: A character that XML cannot contain, as a workbook writes it.
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
#: The sheets of the template that are not figures.
_OTHERS = {"lists", "how to fill in"}

_BROKEN = (
    *(InvalidFileException, KeyError, ValueError, TypeError, OSError, EOFError, SyntaxError),
    *(zipfile.BadZipFile, zlib.error, AttributeError, IndexError),
)


def read_xlsx(data: bytes, known: Sequence[str], limits: Limits) -> Table:
    """Read the sheet of figures of a workbook.

    Raises:
        SubmissionMalformed: It is not a workbook, or its first row is not that of the template.
        SubmissionTooLarge: It has too many rows, or would be too large unpacked.
    """
    parts = unpacked(data, limits, _parts)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False)
        sheets = []
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what a file says of its size may leave out rows
            sheets.append((sheet.title, sheet.sheet_state == "visible", sheet))
        chosen, lost = choose([(t, seen, _first(sheet)) for t, seen, sheet in sheets], known)
        sheet = sheets[chosen][2]
        rows = (
            (number, [_content(cell) for cell in row])
            for number, row in enumerate(sheet.iter_rows(), start=1)
        )
        found = table(rows, known, limits, sheet.title)
        path = sheet._worksheet_path
    except _BROKEN as error:
        raise malformed(f"The workbook cannot be read: {error}.", None) from error
    found.merged = [cells.decode() for cells in _MERGED.findall(parts.get(path, b""))]
    found.lost += [*lost, *_comments(parts, found.sheet)]
    return found


def unpacked(
    data: bytes, limits: Limits, take: Callable[[zipfile.ZipFile], dict[str, bytes]]
) -> dict[str, bytes]:
    """Return parts of a workbook that is a small enough archive.

    Args:
        data: The workbook.
        limits: How much is read.
        take: Returns the parts, by name.

    Raises:
        SubmissionMalformed: It is not an archive.
        SubmissionTooLarge: It would be too large unpacked.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(member.file_size for member in archive.infolist())
            if size > limits.bytes * _EXPANSION:
                raise SubmissionTooLarge(
                    f"The workbook would be {size:,} bytes large, unpacked.",
                    advice="Send its trials as several workbooks, without pictures.",
                )
            return take(archive)
    except (*_BROKEN, zipfile.LargeZipFile, NotImplementedError, RuntimeError) as error:
        raise malformed("The file is not a workbook.", None) from error


def _parts(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """Return the parts that openpyxl does not read: merged cells, and comments."""
    names = archive.namelist()
    if "[Content_Types].xml" not in names:
        raise malformed("The file is an archive, but not a workbook.", None)
    if "_rels/.rels" in names and b"purl.oclc.org/ooxml" in archive.read("_rels/.rels"):
        raise malformed(
            "The workbook is saved as Strict Open XML, which is not read. Save it as Excel "
            "Workbook (.xlsx).",
            None,
        )
    return {name: archive.read(name) for name in names if name.endswith(".xml")}


def choose(
    sheets: list[tuple[str, bool, list[str]]], known: Sequence[str]
) -> tuple[int, list[Lost]]:
    """Choose the sheet of figures, and report each other that is not read.

    It is the one that the template calls so; or else the first visible one with its headings.

    Args:
        sheets: The title of each, whether it is visible, and its first row.
        known: The headings of the template.

    Returns:
        The number of the sheet, and what is not read.

    Raises:
        SubmissionMalformed: There is no sheet.
    """
    if not sheets:
        raise malformed("The workbook has no sheet with cells.", None)
    order = sorted(
        range(len(sheets)),
        key=lambda at: (
            not set(sheets[at][2]) & set(known),
            sheets[at][0].strip().casefold() != SHEET.casefold(),
            not sheets[at][1],
        ),
    )
    lost = []
    for at in order[1:]:
        title, visible, first = sheets[at]
        if not any(first) or title.strip().casefold() in _OTHERS:
            continue
        figures = visible and bool(set(first) & set(known))
        hidden = "" if visible else "hidden "
        what = f"The {hidden}sheet “{title}” is not read; the figures are those of one sheet."
        advice = f"Move its figures to the sheet {SHEET}, or take the sheet out."
        place = Place(1, 1, title, first[0] or None)
        lost.append(Lost("another-sheet", place, what, advice, "Error" if figures else "Note"))
    return order[0], lost


def _first(sheet: Any) -> list[str]:
    row = next(sheet.iter_rows(max_row=1), ())
    return [content.text.strip() if content else "" for content in map(_content, row)]


def _comments(parts: dict[str, bytes], sheet: str | None) -> Iterator[Lost]:
    rows = [
        int(row)
        for name, part in parts.items()
        if "comments" in name.lower()
        for row in _COMMENT.findall(part)
    ]
    if any(row > 1 for row in rows):
        what = "The workbook has comments on cells, which are not read."
        advice = "Write what belongs to a figure in a column of the template."
        place = Place(min(row for row in rows if row > 1), 1, sheet, None)
        yield Lost("another-sheet", place, what, advice, "Note")


def _content(cell: Any) -> Content | None:
    """Return the content of a cell, or None for an empty one."""
    value, kind = cell.value, cell.data_type
    if value is None:
        return None
    if kind == "f":
        text = str(getattr(value, "text", value))
        # XlsxWriter makes an empty formula of a text that is one sign.
        return Content(text, "" if text == "=" else "formula")
    if isinstance(value, str):
        return Content(_unescaped(value), "error" if kind == "e" else "")
    if isinstance(value, bool):
        return Content("yes" if value else "no")
    return _day(value) or _number(value, cell.number_format)


def _day(value: Any) -> Content | None:
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        value = value.date()
    if isinstance(value, datetime.date | datetime.time):
        return Content(value.isoformat(), "date")
    return None


def _number(value: Any, code: str) -> Content:
    number = None if isinstance(value, datetime.timedelta) else shown(value, code)
    if number is None:
        return Content(str(value), "format", stored=code)
    return Content(number.text, "", number.number, number.stored, number.percent)


def _unescaped(text: str) -> str:
    """Return a text as it is shown: with the characters that are escaped, and one line end."""
    if "_x" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
