"""A row of the extraction sheet: its cells, and what is wrong with them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import pyoxigraph as ox

from aikg.intake import suggestions
from aikg.intake.cells import Cells
from aikg.intake.columns import BY_HEADING, PLAIN
from aikg.intake.places import Place
from aikg.intake.sheets import Cell
from aikg.intake.statements import Statements, decimal
from aikg.names import OTHER_PREFIXES

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_XSD = OTHER_PREFIXES["xsd"]
_AMBIGUOUS = "not-reported-or-not-reached"


@dataclass(slots=True)
class Row:
    """One row.

    Attributes:
        number: Its number.
        cells: Its cells that are not empty, by heading.
        node: The finding that it describes.
        headings: The place of each heading.
        passage: The passage that prints it; set when the row is read.
        trial: The trial; set when the row is read.
        group: The group of people; set when the row is read.
        other: The group that they are compared with, or None.
    """

    number: int
    cells: dict[str, Cell]
    node: ox.NamedNode
    headings: dict[str, Place]
    passage: ox.NamedNode = field(init=False)
    trial: ox.NamedNode = field(init=False)
    group: ox.NamedNode = field(init=False)
    other: ox.NamedNode | None = None

    def text(self, heading: str) -> str:
        """Return the text of a cell, or an empty one."""
        cell = self.cells.get(heading)
        return cell.text if cell else ""

    def texts(self, heading: str) -> list[str]:
        """Return each of the values of a cell that may have several, or its one."""
        if not BY_HEADING[heading].several:
            return [self.text(heading)] if heading in self.cells else []
        return [text for text in re.split(r"\s*;\s*", self.text(heading)) if text]

    def place(self, heading: str) -> Place:
        """Return the place of a cell, also of one that is empty."""
        cell = self.cells.get(heading)
        if cell:
            return cell.place
        if heading in self.headings:
            return replace(self.headings[heading], line=self.number)
        some = next(iter(self.cells.values())).place
        return Place(self.number, 1, some.sheet, heading)


class Reader:
    """Turns single cells into statements, or reports what is wrong with them.

    Args:
        cells: What cells may contain.
        statements: Where the statements go.
    """

    def __init__(self, cells: Cells, statements: Statements) -> None:
        self.cells = cells
        self.statements = statements
        self._given: dict[tuple[ox.NamedNode, str], str] = {}

    def read(self, row: Row, heading: str, node: ox.NamedNode, name: str | None = None) -> bool:
        """State what a cell says of a node; return whether it could be read.

        Args:
            row: The row.
            heading: The column.
            node: The node that the cell is about.
            name: The property, where it is not that of the column.
        """
        name = name or BY_HEADING[heading].property or ""
        values = []
        if self._readable(row, heading, node):
            values = [self.value(row, heading, node, text) for text in row.texts(heading)]
        for value in values:
            if value is not None:
                self.statements.say(node, name, value, row.place(heading))
        return bool(values) and None not in values

    def about(self, row: Row, subject: str, node: ox.NamedNode) -> None:
        """State the cells on one subject that need no function of their own."""
        for column in PLAIN[subject]:
            if column.heading not in row.cells:
                continue
            if column.read == "row" or self.agrees(row, column.heading, node):
                self.read(row, column.heading, node)

    def agrees(self, row: Row, heading: str, node: ox.NamedNode, asked: str | None = None) -> bool:
        """Return whether a cell says the same of a node as the rows above; report it if not.

        Args:
            row: The row.
            heading: The column of the cell.
            node: The node that the cell is about.
            asked: The column under which it is remembered, where two columns say the same.
        """
        text = row.text(heading)
        before = self._given.setdefault((node, asked or heading), text)
        if before != text:
            what = f"“{text}” here, but “{before}” in a row above."
            advice = "Write the same in each row, or in one row only."
            self.wrong(row, heading, "said-twice", what, advice, node)
        return before == text

    def remember(self, row: Row, heading: str, node: ox.NamedNode) -> None:
        """Remember what a row says of a node in a column, where no row above says it."""
        self._given.setdefault((node, heading), row.text(heading))

    def given(self, node: ox.NamedNode, heading: str) -> str | None:
        """Return what the rows above said of a node in a column."""
        return self._given.get((node, heading))

    def chosen(self, row: Row, heading: str) -> ox.NamedNode | ox.Literal | None:
        """Return the item of a closed list that a cell names, or None."""
        if not self._readable(row, heading, row.node):
            return None
        return self.value(row, heading, row.node, row.text(heading))

    def value(
        self, row: Row, heading: str, node: ox.NamedNode, text: str
    ) -> ox.NamedNode | ox.Literal | None:
        """Return the value that a text means in a column, or report why it has none."""
        if heading in self.cells.choices:
            item = self.cells.item(heading, text)
            if item is None:
                self._off_the_list(row, heading, node, text)
            return item
        datatype = self.cells.datatypes.get(heading, "").removeprefix(_XSD)
        if datatype in {"decimal", "integer"}:
            return self.number(row, heading, node, datatype)
        if datatype == "date" and not _DAY.fullmatch(text):
            advice = "Write year, month and day: 2013-11-29."
            self.wrong(row, heading, "no-day", f"“{text}” is not a valid day.", advice, node)
            return None
        return ox.Literal(text, datatype=ox.NamedNode(_XSD + (datatype or "string")))

    def number(
        self, row: Row, heading: str, node: ox.NamedNode, datatype: str = "decimal"
    ) -> ox.Literal | None:
        """Return the number of a cell, or report why it is none."""
        text, whole = row.text(heading), datatype == "integer"
        if not _NUMBER.fullmatch(text) or (whole and "." in text):
            self.wrong(row, heading, *_not_a_number(text, whole), node)
            return None
        return ox.Literal(text, datatype=ox.NamedNode(_XSD + datatype)) if whole else decimal(text)

    def ambiguous(self, row: Row, heading: str, text: str, advice: str) -> None:
        """Ask whether NR means not reported or not reached."""
        what = f"“{text}” is ambiguous: does it mean not reported or not reached?"
        self.wrong(row, heading, _AMBIGUOUS, what, advice)

    def wrong(  # noqa: PLR0913, PLR0917  a cell, and what is reported of it
        self,
        row: Row,
        heading: str,
        rule: str,
        message: str,
        advice: str,
        node: ox.NamedNode | None = None,
        level: str = "Error",
    ) -> None:
        """Report what is wrong with a cell, of the row's figure or of another node."""
        name = BY_HEADING[heading].property or "printed"
        place, text = row.place(heading), row.text(heading)
        self.statements.wrong(node or row.node, name, rule, place, text, message, advice, level)

    def _off_the_list(self, row: Row, heading: str, node: ox.NamedNode, text: str) -> None:
        if text.casefold() == "nr":
            self.ambiguous(row, heading, text, "Look it up in the source's legend.")
            return
        items = list(self.cells.choices[heading])
        message = f"“{text}” is not on the list of “{heading}”."
        advice = f"{suggestions.question(text, items)}Choose one of: {', '.join(items)}."
        self.wrong(row, heading, "off-the-list", message, advice, node)

    def _readable(self, row: Row, heading: str, node: ox.NamedNode) -> bool:
        """Return whether a cell is there and contains a text or a number."""
        cell = row.cells.get(heading)
        if cell is None:
            return False
        found = None
        if cell.kind in {"formula", "error"}:
            found = "formula", f"The cell contains a formula or an error, {cell.text[:60]}."
            advice = "Write the result as a value."
        elif cell.kind == "date" and not self.cells.datatypes.get(heading, "").endswith("date"):
            found = "date-for-value", f"The spreadsheet turned the cell into a date, {cell.text}."
            advice = "Set the cell's format to Text, and write what the source prints."
        elif "\ufffd" in cell.text:
            found = "lost-character", f"A character was lost in “{cell.text}”."
            advice = "Write it again, and save the file in UTF-8."
        if found:
            self.wrong(row, heading, *found, advice, node)
        return found is None


def _not_a_number(text: str, whole: bool) -> tuple[str, str, str]:
    """Return the rule, the message and the advice for a text that is not a number."""
    if re.fullmatch(r"[+-]?\d+[,·]\d+ *%?", text):
        decimal, thousands = re.sub("[,·]", ".", text).rstrip(" %"), re.sub("[^0-9]", "", text)
        return (
            "decimal-comma",
            f"“{text}” has a comma or a raised point, which may separate decimals or thousands.",
            f"Write {decimal} if it separates decimals, or {thousands} if thousands.",
        )
    if text.casefold() in {"nr", "not reported", "not reached", "ne", "na"}:
        return (
            _AMBIGUOUS,
            f"The cell needs a number, but contains “{text}”.",
            "Leave the cell empty, and write not reported or not reached in the column Status.",
        )
    kind, example = ("whole number", "3") if whole else ("number", "0.58")
    advice = f"Write a {kind}, such as {example}."
    if text.endswith("%"):
        advice = f"Write {text.rstrip(' %')}, and % in the column Unit."
    return "number", f"“{text}” is not a valid {kind}.", advice
