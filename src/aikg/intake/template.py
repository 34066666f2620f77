"""The empty extraction sheet: headings, an example row, drop-downs of the closed lists."""

from __future__ import annotations

import csv
import io

from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from aikg.intake.cells import Cells
from aikg.intake.columns import COLUMNS
from aikg.intake.sheets import SHEET

#: The last row that has drop-downs.
_ROWS = 5_000

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


def as_csv() -> bytes:
    """Write the sheet as CSV, in UTF-8 with the byte order mark that spreadsheets need."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(column.heading for column in COLUMNS)
    writer.writerow(column.example for column in COLUMNS)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(cells: Cells) -> bytes:
    """Write the sheet as a workbook, with a sheet of help and one of the lists."""
    book = Workbook()
    sheet = book.active
    sheet.title = SHEET
    _fill(sheet)
    _choose(sheet, book.create_sheet("Lists"), cells)
    _explain(book.create_sheet("How to fill in"))
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _fill(sheet: Worksheet) -> None:
    for at, column in enumerate(COLUMNS, start=1):
        heading = sheet.cell(1, at, column.heading)
        heading.font = Font(bold=column.needed)
        heading.alignment = Alignment(wrap_text=True, vertical="top")
        heading.comment = Comment(column.meaning, "aikg")
        example = sheet.cell(2, at, column.example or None)
        example.font = Font(italic=True)
        letter = get_column_letter(at)
        sheet.column_dimensions[letter].width = min(max(len(column.example), 12), 40)
        # As text: a spreadsheet turns 3-4 into a date and drops the last zero of 30.0.
        sheet.column_dimensions[letter].number_format = "@"
        example.number_format = "@"
    sheet.freeze_panes = "B2"


def _choose(sheet: Worksheet, lists: Worksheet, cells: Cells) -> None:
    """Put each closed list into a column of its own, and a drop-down on it."""
    headings = [column.heading for column in COLUMNS]
    for at, (heading, items) in enumerate(sorted(cells.choices.items()), start=1):
        lists.cell(1, at, heading).font = Font(bold=True)
        for row, item in enumerate(items, start=2):
            lists.cell(row, at, item)
        source, column = get_column_letter(at), get_column_letter(headings.index(heading) + 1)
        validation = DataValidation(
            type="list",
            formula1=f"Lists!${source}$2:${source}${len(items) + 1}",
            allow_blank=True,
            showErrorMessage=True,
            errorTitle=heading,
            error="Choose an item of the list.",
        )
        sheet.add_data_validation(validation)
        validation.add(f"{column}2:{column}{_ROWS}")


def _explain(sheet: Worksheet) -> None:
    sheet.column_dimensions["A"].width = 28
    sheet.column_dimensions["B"].width = 100
    for line in _HELP:
        sheet.append(["", line])
    sheet.append([])
    for column in COLUMNS:
        several = " Separate several by semicolons." if column.several else ""
        sheet.append([column.heading, column.meaning + several])
