"""A row of the extraction sheet: its cells, and what is wrong with them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pyoxigraph as ox

from aikg.intake import suggestions
from aikg.intake.cells import Cells
from aikg.intake.columns import BY_HEADING
from aikg.intake.places import Place
from aikg.intake.sheets import Cell
from aikg.intake.statements import Statements

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_XSD = "http://www.w3.org/2001/XMLSchema#"


@dataclass(slots=True)
class Row:
    """One row.

    Attributes:
        number: Its number.
        cells: Its cells that are not empty, by heading.
        node: The finding that it describes.
        headings: Where each heading stands.
    """

    number: int
    cells: dict[str, Cell]
    node: ox.NamedNode
    headings: dict[str, Place]

    def text(self, heading: str) -> str:
        """Give what a cell holds, or nothing."""
        cell = self.cells.get(heading)
        return cell.text if cell else ""

    def texts(self, heading: str) -> list[str]:
        """Give each of the values of a cell that may hold several, or its one."""
        if not BY_HEADING[heading].several:
            return [self.text(heading)] if heading in self.cells else []
        return [text for text in re.split(r"\s*;\s*", self.text(heading)) if text]

    def place(self, heading: str) -> Place:
        """Give the place of a cell, or of where it would be."""
        cell = self.cells.get(heading)
        if cell:
            return cell.place
        if heading in self.headings:
            return replace(self.headings[heading], line=self.number)
        some = next(iter(self.cells.values())).place
        return Place(self.number, 1, some.sheet, heading)


class Reader:
    """Turns single cells into statements, or tells what is wrong with them.

    Args:
        cells: What cells may hold.
        statements: Where the statements go.
    """

    def __init__(self, cells: Cells, statements: Statements) -> None:
        self.cells = cells
        self.statements = statements

    def read(self, row: Row, heading: str, node: ox.NamedNode) -> bool:
        """State what a cell says of a node; say whether it says anything."""
        cell = row.cells.get(heading)
        name = BY_HEADING[heading].property
        if cell is None or name is None or not self._sound(row, heading, node):
            return False
        if heading in self.cells.choices:
            return self._choose(row, heading, node, name)
        datatype = self.cells.datatypes.get(heading, "").removeprefix(_XSD)
        if datatype in {"decimal", "integer"}:
            return self.number(row, heading, node, name, whole=datatype == "integer")
        if datatype == "date":
            return self._day(row, heading, node, name)
        self.statements.text(node, name, cell.text, cell.place)
        return True

    def chosen(
        self, row: Row, heading: str, node: ox.NamedNode
    ) -> ox.NamedNode | ox.Literal | None:
        """Give the item of a closed list that a cell names, if it names one."""
        if heading not in row.cells or not self._sound(row, heading, node):
            return None
        value = self._item(heading, row.text(heading))
        if value is None:
            self._off_the_list(row, heading, node, row.text(heading))
        return value

    def _item(self, heading: str, text: str) -> ox.NamedNode | ox.Literal | None:
        items = self.cells.choices[heading]
        return items.get(text) or next(
            (item for name, item in items.items() if name.casefold() == text.casefold()), None
        )

    def _choose(self, row: Row, heading: str, node: ox.NamedNode, name: str) -> bool:
        """State the item of a closed list, or the several items, that a cell names."""
        for text in row.texts(heading):
            value = self._item(heading, text)
            if value is None:
                self._off_the_list(row, heading, node, text)
                return False
            self.statements.say(node, name, value, row.place(heading))
        return True

    def number(
        self, row: Row, heading: str, node: ox.NamedNode, name: str, whole: bool = False
    ) -> bool:
        """State the number of a cell; say whether it is one."""
        cell = row.cells[heading]
        if not self._sound(row, heading, node):
            return False
        if not _NUMBER.fullmatch(cell.text) or (whole and "." in cell.text):
            self.wrong(row, heading, node, *_no_number(cell, whole))
            return False
        if whole:
            self.statements.integer(node, name, cell.text, cell.place)
        else:
            self.statements.number(node, name, cell.text, cell.place)
        return True

    def _day(self, row: Row, heading: str, node: ox.NamedNode, name: str) -> bool:
        cell = row.cells[heading]
        if not _DAY.fullmatch(cell.text):
            advice = "Write year, month and day: 2013-11-29."
            self.wrong(row, heading, node, "no-day", f"“{cell.text}” is no day.", advice)
            return False
        self.statements.day(node, name, cell.text, cell.place)
        return True

    def _off_the_list(self, row: Row, heading: str, node: ox.NamedNode, text: str) -> None:
        items = list(self.cells.choices[heading])
        if text.casefold() == "nr":
            self.wrong(
                row,
                heading,
                node,
                "not-reported-or-not-reached",
                "NR may mean not reported, or not reached.",
                "Look it up in the source's legend, and write the one that it means.",
            )
            return
        near = suggestions.near_label(text, items)
        asked = f"Did you mean “{near}”? " if near else ""
        listed = f"Choose one of: {', '.join(items)}."
        message = f"“{text}” is not on the list of “{heading}”."
        self.wrong(row, heading, node, "off-the-list", message, asked + listed)

    def _sound(self, row: Row, heading: str, node: ox.NamedNode) -> bool:
        """Say whether a cell holds what can be read at all."""
        cell = row.cells[heading]
        if cell.kind == "formula":
            message = f"The cell holds a formula, {cell.text[:60]}."
            self.wrong(row, heading, node, "formula", message, "Write its result as a value.")
        elif cell.kind == "error":
            message = f"The cell holds an error of the spreadsheet, {cell.text}."
            self.wrong(row, heading, node, "formula", message, "Write the value.")
        elif cell.kind == "date" and not self.cells.datatypes.get(heading, "").endswith("date"):
            self.wrong(
                row,
                heading,
                node,
                "date-for-value",
                f"The spreadsheet has made a date of the cell, {cell.text}.",
                "Set the cell's format to Text, and write what the source prints.",
            )
        elif "\ufffd" in cell.text:
            message = f"A character was lost in “{cell.text}”."
            advice = "Write it again, and save the file in UTF-8."
            self.wrong(row, heading, node, "lost-character", message, advice)
        else:
            return True
        return False

    def wrong(  # noqa: PLR0913, PLR0917  a cell, and what is told of it
        self, row: Row, heading: str, node: ox.NamedNode, rule: str, message: str, advice: str
    ) -> None:
        """Tell what is wrong with a cell."""
        name = BY_HEADING[heading].property or "printed"
        place, text = row.place(heading), row.text(heading)
        self.statements.wrong(node, name, rule, place, text, message, advice)


def _no_number(cell: Cell, whole: bool) -> tuple[str, str, str]:
    text = cell.text
    if re.fullmatch(r"[+-]?\d+[,·]\d+ *%?", text):
        decimal, thousands = re.sub("[,·]", ".", text).rstrip(" %"), re.sub("[^0-9]", "", text)
        return (
            "decimal-comma",
            f"“{text}” has a comma or a raised point, which may part decimals or thousands.",
            f"Write {decimal} if it parts decimals, or {thousands} if it parts thousands.",
        )
    if text.endswith("%"):
        number = text.rstrip(" %")
        return "number", f"“{text}” is no number.", f"Write {number}, and % in the column Unit."
    if text.casefold() in {"nr", "not reported", "not reached", "ne", "na"}:
        return (
            "not-reported-or-not-reached",
            f"“{text}” stands where a number belongs.",
            "Leave the cell empty, and choose in the column Status whether the source does not "
            "report it (not reported) or the figure was not reached (not reached).",
        )
    what, example = ("whole number", "3") if whole else ("number", "0.58")
    return "number", f"“{text}” is no {what}.", f"Write a {what}, such as {example}."
