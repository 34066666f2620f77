"""The columns of the extraction sheet, from `columns.tsv`.

The table says what a cell is about and what it states. Datatypes and closed lists are not written
there: they are those of the shapes.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files

from aikg.names import PREFIXES

#: The trial of the template's example row, which is no evidence.
EXAMPLE = "EXAMPLE-1"


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        heading: Its heading.
        about: The subject of the cell, such as trial, publication, arm, group or figure.
        property: The property that the cell states, or None where it only names something.
        shape: The shape that says what the cell may contain, or None.
        read: How the cell is read: "row" for each row by itself, "once" if it must be the same in
            all rows on one subject, or "" where the code has a function for it.
        needed: Whether each row needs it.
        several: Whether the cell may have several values, separated by semicolons.
        example: The cell of the example row.
        meaning: What to write, for the person who fills in the sheet.
    """

    heading: str
    about: str
    property: str | None
    shape: str | None
    read: str
    needed: bool
    several: bool
    example: str
    meaning: str


def _columns() -> tuple[Column, ...]:
    text = files(__package__).joinpath("columns.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return tuple(
        Column(
            **row
            | {name: _expand(row[name]) for name in ("property", "shape")}
            | {name: row[name] == "yes" for name in ("needed", "several")}
        )
        for row in rows
    )


def _expand(name: str) -> str | None:
    prefix, _, local = name.partition(":")
    return PREFIXES[prefix] + local if name else None


COLUMNS = _columns()
BY_HEADING = {column.heading: column for column in COLUMNS}
HEADINGS = tuple(BY_HEADING)
NEEDED = tuple(column for column in COLUMNS if column.needed)
#: The columns that need no function of their own, by their subject.
PLAIN = {
    subject: tuple(column for column in COLUMNS if column.about == subject and column.read)
    for subject in {column.about for column in COLUMNS}
}
