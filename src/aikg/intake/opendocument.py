"""Spreadsheets in OpenDocument: the sheet of figures, its cells as a person sees them.

OASIS OpenDocument 1.3, part 3. A cell has the characters that are shown beside its value, so that
no number format needs to be followed.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from decimal import Context, Decimal, InvalidOperation
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from aikg.errors import SubmissionTooLarge
from aikg.intake.sheets import Content, Table, malformed, table
from aikg.intake.shown import plain
from aikg.intake.submission import Limits
from aikg.intake.workbook import choose, unpacked

_OASIS = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_OFFICE, _TABLE, _TEXT, _STYLE = (_OASIS % name for name in ("office", "table", "text", "style"))
#: As many equal cells of a row are written out; a template has fewer columns.
_WIDEST = 300
#: The exponent of the largest double.
_LARGEST = 308


def read_ods(data: bytes, known: Sequence[str], limits: Limits) -> Table:
    """Read the sheet of figures.

    Raises:
        SubmissionMalformed: It is not a spreadsheet, or its first row is not that of the template.
        SubmissionTooLarge: It has too many rows, or would be too large unpacked.
    """
    parts = unpacked(data, limits, _parts)
    try:
        root = fromstring(parts["content.xml"], forbid_dtd=True)
    except (ParseError, ValueError) as error:
        raise malformed(f"The spreadsheet cannot be read: {error}.", None) from error
    _refuse_large(root, limits)
    hidden = {
        style.get(f"{_STYLE}name")
        for style in root.iter(f"{_STYLE}style")
        for properties in style.iter(f"{_STYLE}table-properties")
        if properties.get(f"{_TABLE}display") == "false"
    }
    sheets = [
        (str(sheet.get(f"{_TABLE}name")), sheet.get(f"{_TABLE}style-name") not in hidden, sheet)
        for sheet in root.iter(f"{_TABLE}table")
    ]
    firsts = [
        [content.text.strip() if content else "" for content in next(_rows(sheet), (1, []))[1]]
        for _, _, sheet in sheets
    ]
    chosen, lost = choose(
        [(title, seen, first) for (title, seen, _), first in zip(sheets, firsts, strict=True)],
        known,
    )
    title, _, sheet = sheets[chosen]
    found = table(_rows(sheet), known, limits, title)
    found.merged = list(_merged(sheet))
    found.lost += lost
    return found


def _parts(archive: zipfile.ZipFile) -> dict[str, bytes]:
    if "content.xml" not in archive.namelist():
        raise malformed("The file is an archive, but not a spreadsheet.", None)
    return {"content.xml": archive.read("content.xml")}


def _rows(sheet: Element) -> Iterator[tuple[int, list[Content | None]]]:
    number = 0
    for row in sheet.iter(f"{_TABLE}table-row"):
        cells: list[Content | None] = []
        for cell in row:
            times = _times(cell, "columns")
            content = _content(cell)
            cells += [content] * (min(times, _WIDEST) if content or times <= _WIDEST else 0)
        times = _times(row, "rows")
        if any(cells):
            for further in range(1, times + 1):
                yield number + further, cells
        number += times


def _refuse_large(root: Element, limits: Limits) -> None:
    """Refuse what is small in the file and large, or deep, when it is read."""
    blanks = sum(_blanks(element) for element in root.iter(f"{_TEXT}s"))
    if blanks > limits.bytes:
        raise SubmissionTooLarge(
            f"The cells of the spreadsheet have {blanks:,} blanks, which are stored as a number.",
            advice="Remove the blanks from the cells.",
        )
    level, depth = [root], 0
    while level := [inner for element in level for inner in element]:
        depth += 1
        if depth > limits.depth:
            raise malformed(f"Elements are nested more than {limits.depth} deep.", None)


def _times(element: Element, name: str) -> int:
    """Return how often a cell or a row stands here; ODF has a positive integer."""
    return _count(element, _TABLE, f"number-{name}-repeated", least=1)


def _blanks(element: Element) -> int:
    """Return how many blanks an element stands for; ODF has a non-negative integer."""
    return _count(element, _TEXT, "c", least=0)


def _count(element: Element, namespace: str, name: str, least: int) -> int:
    text = element.get(namespace + name, "1")
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < least:
        kind = "positive" if least else "non-negative"
        raise malformed(f"{name} is “{text}”, not a {kind} integer below 10⁹.", None)
    return int(text)


def _merged(sheet: Element) -> Iterator[str]:
    for number, row in enumerate(sheet.iter(f"{_TABLE}table-row"), start=1):
        for at, cell in enumerate(row, start=1):
            spans = (
                cell.get(f"{_TABLE}number-{name}-spanned", "1") for name in ("columns", "rows")
            )
            if set(spans) != {"1"}:
                yield f"from row {number}, column {at}"


def _content(cell: Element) -> Content | None:
    """Return the content of a cell, or None for an empty one."""
    formula = cell.get(f"{_TABLE}formula")
    if formula is not None:
        return Content(formula.partition(":")[2] or formula, "formula")
    text = "\n".join(_characters(part) for part in cell if part.tag == f"{_TEXT}p")
    kind = cell.get(f"{_OFFICE}value-type", "")
    if kind == "boolean":
        return Content("yes" if cell.get(f"{_OFFICE}boolean-value") == "true" else "no")
    if kind == "date":
        day, _, clock = cell.get(f"{_OFFICE}date-value", "").partition("T")
        return Content(day if not clock.strip("0:") else f"{day}T{clock}", "date")
    if kind == "time":
        return Content(text, "date")
    if kind in {"float", "percentage", "currency"}:
        return _number(text, cell.get(f"{_OFFICE}value", ""))
    return Content(text) if text else None


def _number(text: str, value: str) -> Content:
    """Read the number that is shown: with a point or a comma, by the value that is stored."""
    stored = _decimal(value)
    if stored is None:
        return Content(text, "format", stored="unknown")
    stored = Context(prec=15).plus(stored)
    percent = text.endswith("%")
    if percent:
        stored *= 100
    digits = text.rstrip("%").strip().replace("\u2212", "-")
    for written in (digits.replace(",", ""), re.sub(r"[.\s]", "", digits).replace(",", ".")):
        number = _decimal(written)
        if number is None:
            continue
        last = Decimal(1).scaleb(int(number.as_tuple().exponent))
        if abs(number - stored) * 2 <= last:
            more = "" if number == stored else plain(stored)
            return Content(text, "", format(number, "f"), more, percent)
    return Content(text, "format", stored="unknown")


def _decimal(text: str) -> Decimal | None:
    """Return a finite number of a double's range."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= _LARGEST else None


def _characters(part: Any) -> str:
    """Return the characters of a paragraph: blanks and line ends are elements."""
    found = [part.text or ""]
    for inner in part:
        if inner.tag == f"{_TEXT}s":
            found.append(" " * _blanks(inner))
        elif inner.tag in {f"{_TEXT}line-break", f"{_TEXT}tab"}:
            found.append("\n" if inner.tag.endswith("break") else "\t")
        elif inner.tag != f"{_OFFICE}annotation":
            found.append(_characters(inner))
        found.append(inner.tail or "")
    return "".join(found)
