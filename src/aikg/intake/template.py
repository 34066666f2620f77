"""The empty extraction sheet: headings, an example row, drop-downs of the closed lists."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from aikg.intake.cells import Cells
from aikg.intake.columns import COLUMNS, Column
from aikg.intake.sheets import SHEET

#: The last row that has drop-downs.
_ROWS = 5_000

#: The place of the example figure in the short form, which has no columns for tables.
_PLACE = {"Section": "Table 2"}

_HELP = (
    "One row is one figure, as one document prints it: a ratio, a median, a percentage, a count.",
    "Each row needs the cells under a bold heading. Delete the example row before you begin.",
    "Describe a trial, a publication or an arm in one row, or in the same way in each row.",
    "Numbers have a point: 0.58. Copy the characters of the source into As printed.",
    "NR is ambiguous: look up whether it means not reported or not reached, and choose in Status.",
    "For a figure of one arm, leave Compared with empty; for a ratio, write the other arm there.",
    "For an interaction test, name the rows whose effects it compares in Interaction of.",
    "If the source prints something impossible, copy it unchanged and explain it in the column "
    "Problem in the source.",
)


def as_csv(long: bool = False) -> bytes:
    """Write the sheet as CSV, in UTF-8 with the byte order mark that spreadsheets need.

    Args:
        long: Whether it has all columns, or those of the common case.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(column.heading for column in _columns(long))
    writer.writerow(example(long).values())
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(cells: Cells, long: bool = False) -> bytes:
    """Write the sheet as a workbook, with a sheet of help and one of the lists.

    Args:
        cells: What cells may contain.
        long: Whether it has all columns, or those of the common case.
    """
    book = Workbook()
    sheet = book.active
    sheet.title = SHEET
    _fill(sheet, long)
    _choose(sheet, book.create_sheet("Lists"), cells, _columns(long))
    _explain(book.create_sheet("How to fill in"), _columns(long))
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def example(long: bool = False) -> dict[str, str]:
    """Return the example row, by heading."""
    row = {column.heading: column.example for column in _columns(long)}
    return row if long else row | _PLACE


def _columns(long: bool) -> list[Column]:
    return [column for column in COLUMNS if long or column.short]


def _fill(sheet: Worksheet, long: bool) -> None:
    row = example(long)
    for at, column in enumerate(_columns(long), start=1):
        heading = sheet.cell(1, at, column.heading)
        heading.font = Font(bold=column.needed)
        heading.alignment = Alignment(wrap_text=True, vertical="top")
        heading.comment = Comment(column.meaning, "aikg")
        cell = sheet.cell(2, at, row[column.heading] or None)
        cell.font = Font(italic=True)
        letter = get_column_letter(at)
        sheet.column_dimensions[letter].width = min(max(len(column.example), 12), 40)
        # As text: a spreadsheet turns 3-4 into a date and drops the last zero of 30.0.
        sheet.column_dimensions[letter].number_format = "@"
        cell.number_format = "@"
    sheet.freeze_panes = "B2"


def _choose(sheet: Worksheet, lists: Worksheet, cells: Cells, columns: Sequence[Column]) -> None:
    """Put each closed list into a column of its own, and a drop-down on it."""
    listed = [(at, column) for at, column in enumerate(columns, start=1)]
    listed = [(at, column) for at, column in listed if column.heading in cells.choices]
    for number, (at, column) in enumerate(listed, start=1):
        items = cells.choices[column.heading]
        lists.cell(1, number, column.heading).font = Font(bold=True)
        for row, item in enumerate(items, start=2):
            lists.cell(row, number, item)
        source, letter = get_column_letter(number), get_column_letter(at)
        validation = DataValidation(
            type="list",
            formula1=f"Lists!${source}$2:${source}${len(items) + 1}",
            allow_blank=True,
            # Several items, or an item with other words, are valid too.
            showErrorMessage=not column.several,
            errorTitle=column.heading,
            error="Choose an item of the list.",
        )
        sheet.add_data_validation(validation)
        validation.add(f"{letter}2:{letter}{_ROWS}")


def _explain(sheet: Worksheet, columns: Sequence[Column]) -> None:
    sheet.column_dimensions["A"].width = 28
    sheet.column_dimensions["B"].width = 100
    for line in _HELP:
        sheet.append(["", line])
    sheet.append([])
    for column in columns:
        several = " Separate several by semicolons." if column.several else ""
        sheet.append([column.heading, column.meaning + several])
