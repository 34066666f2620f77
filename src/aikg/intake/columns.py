"""The columns of the extraction sheet, from `columns.tsv`.

The table says what a cell is about and what it states. Datatypes and closed lists are not written
there: they are those of the shapes.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files

from aikg.names import PREFIXES

#: The trial of the template's example row, which is not evidence.
EXAMPLE = "EXAMPLE-1"

#: The word of a part that takes every text that no other part takes.
REST = "*"


@dataclass(frozen=True)
class Part:
    """One of the things that a cell may state.

    Attributes:
        property: The property, as a whole IRI.
        shape: The shape with its closed list or datatype, or None.
        word: The word before the value, `REST`, or "" for an item of the list.
    """

    property: str
    shape: str | None
    word: str


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        heading: Its heading.
        about: The subject of the cell, such as trial, publication, arm, group or figure.
        parts: What the cell may state: one thing, several if it is read by parts, or nothing.
        read: How the cell is read: "row" for each row by itself, "once" if it must be the same in
            all rows on one subject, "parts" if it states several things, or "" where the code has
            a function for it.
        needed: Whether each row needs it.
        several: Whether the cell may have several values, separated by semicolons.
        short: Whether it is in the short form of the template.
        example: The cell of the example row.
        meaning: What to write, for the person who fills in the sheet.
    """

    heading: str
    about: str
    parts: tuple[Part, ...]
    read: str
    needed: bool
    several: bool
    short: bool
    example: str
    meaning: str

    @property
    def shape(self) -> str | None:
        """The shape of that property, or None."""
        return self.parts[0].shape if self.parts else None

    @property
    def property(self) -> str | None:
        """The property that the cell states, or None where it only names something."""
        return self.parts[0].property if self.parts else None


def _columns() -> tuple[Column, ...]:
    text = files(__package__).joinpath("columns.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return tuple(
        Column(
            parts=_parts(row.pop("property"), row.pop("shape")),
            **row | {name: row[name] == "yes" for name in ("needed", "several", "short")},
        )
        for row in rows
    )


def _parts(properties: str, shapes: str) -> tuple[Part, ...]:
    stated = [name.rpartition("=") for name in properties.split()]
    checked = [None if name == "-" else _expand(name) for name in shapes.split()]
    checked += [None] * (len(stated) - len(checked))
    return tuple(
        Part(_expand(name), shape, word)
        for (word, _, name), shape in zip(stated, checked, strict=True)
    )


def _expand(name: str) -> str:
    prefix, _, local = name.partition(":")
    return PREFIXES[prefix] + local


COLUMNS = _columns()
BY_HEADING = {column.heading: column for column in COLUMNS}
HEADINGS = tuple(BY_HEADING)
NEEDED = tuple(column for column in COLUMNS if column.needed)
#: The columns that need no function of their own, by their subject.
PLAIN = {
    subject: tuple(column for column in COLUMNS if column.about == subject and column.read)
    for subject in {column.about for column in COLUMNS}
}
