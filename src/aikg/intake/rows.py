"""A row of the extraction sheet: its cells, and what is wrong with them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import pyoxigraph as ox

from aikg.intake import suggestions
from aikg.intake.cells import Cells
from aikg.intake.columns import BY_HEADING, COLUMNS, PLAIN, REST, Column, Part
from aikg.intake.places import Place
from aikg.intake.sheets import Cell
from aikg.intake.spellings import SPELLINGS, without_zeros
from aikg.intake.statements import Statements, decimal
from aikg.links.forms import separate
from aikg.names import OTHER_PREFIXES
from aikg.shared.numbers import canonical

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
#: A percentage.
_PERCENT = re.compile(r"([+-]?\d+(?:\.\d+)?) ?%")
#: The columns whose numbers are percentages, and those whose numbers have the unit of the row.
_IN_PERCENT = {"CI level", "Maturity"}
_IN_UNIT = {"Value", "CI low", "CI high", "Range low", "Range high"}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_XSD = OTHER_PREFIXES["xsd"]
_SEPARATED = re.compile(r"([+-]?[\d.]+)\s*(?:-|\u2013|to|,)\s*([+-]?[\d.]+)")
_IDENTIFIER = OTHER_PREFIXES["dcterms"] + "identifier"
_AMBIGUOUS = "not-reported-or-not-reached"


@dataclass(slots=True)
class Row:
    """One row.

    Attributes:
        number: Its number.
        cells: Its cells that are not empty, by heading.
        node: The finding that it describes.
        headings: The place of each heading.
        paper: The publication that prints it; set when the row is read, like the next ones.
        passage: The passage in it.
        trial: The trial.
        group: The group of people.
        other: The group that they are compared with, or None.
    """

    number: int
    cells: dict[str, Cell]
    node: ox.NamedNode
    headings: dict[str, Place]
    paper: ox.NamedNode = field(init=False)
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
        if BY_HEADING[heading].property == _IDENTIFIER:
            return separate(self.text(heading))
        return [text for text in re.split(r"\s*;\s*", self.text(heading)) if text]

    def figure(self, heading: str) -> str:
        """Return the number of a cell: of 84% it is 84, where the number is a percentage."""
        cell = self.cells[heading]
        match = _PERCENT.fullmatch(cell.text)
        if not match and not cell.percent:
            return cell.number or cell.text
        if heading in _IN_PERCENT or (heading in _IN_UNIT and self.text("Unit") == "%"):
            return cell.number or (match[1] if match else cell.text)
        return cell.text

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
        #: The values of texts by column: most rows repeat those of the last one.
        self._values: dict[tuple[str, str], ox.NamedNode | ox.Literal] = {}

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
        if self.readable(row, heading, node):
            numeric = self.cells.datatype(heading).endswith(("decimal", "integer"))
            texts = [row.figure(heading)] if numeric else row.texts(heading)
            values = [self.value(row, heading, node, text) for text in texts]
        for value in values:
            if value is not None:
                self.statements.say(node, name, value, row.place(heading))
        return bool(values) and None not in values

    def about(self, row: Row, subject: str, node: ox.NamedNode) -> None:
        """State the cells on one subject that need no function of their own."""
        for column in PLAIN[subject]:
            if column.heading not in row.cells:
                continue
            if column.read == "parts":
                self.parts(row, column, node)
            elif column.read == "row" or self.agrees(row, column.heading, node):
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

    def given(self, node: ox.NamedNode, heading: str) -> str | None:
        """Return what the rows above said of a node in a column."""
        return self._given.get((node, heading))

    def chosen(self, row: Row, heading: str) -> ox.NamedNode | ox.Literal | None:
        """Return the item of a closed list that a cell names, or None."""
        if not self.readable(row, heading, row.node):
            return None
        return self.value(row, heading, row.node, row.text(heading))

    def value(
        self, row: Row, heading: str, node: ox.NamedNode, text: str
    ) -> ox.NamedNode | ox.Literal | None:
        """Return the value that a text means in a column, or report why it has none."""
        if (heading, text) not in self._values:
            value = self._value(row, heading, node, text)
            if value is None:
                return None
            self._values[heading, text] = value
        return self._values[heading, text]

    def _value(
        self, row: Row, heading: str, node: ox.NamedNode, text: str
    ) -> ox.NamedNode | ox.Literal | None:
        if heading in self.cells.choices:
            item = self.cells.item(heading, SPELLINGS.get(heading, without_zeros)(text))
            if item is None:
                self._off_the_list(row, heading, node, text)
            return item
        datatype = self.cells.datatype(heading).removeprefix(_XSD)
        if datatype in {"decimal", "integer"}:
            return self.number(row, heading, node, text, datatype)
        if datatype == "date" and not _DAY.fullmatch(text):
            advice = "Write year, month and day: 2013-11-29."
            self.wrong(row, heading, "no-day", f"“{text}” is not a valid day.", advice, node)
            return None
        said = canonical(text) if BY_HEADING[heading].property == _IDENTIFIER else text
        return ox.Literal(said, datatype=ox.NamedNode(_XSD + (datatype or "string")))

    def number(
        self, row: Row, heading: str, node: ox.NamedNode, text: str, datatype: str = "decimal"
    ) -> ox.Literal | None:
        """Return the number that a text of a cell is, or report why it is none."""
        whole = datatype == "integer"
        text = without_zeros(text) if whole else text
        if not _NUMBER.fullmatch(text) or (whole and "." in text):
            self.wrong(row, heading, *_not_a_number(text, whole), node)
            return None
        return ox.Literal(text, datatype=ox.NamedNode(_XSD + datatype)) if whole else decimal(text)

    def parts(self, row: Row, column: Column, node: ox.NamedNode) -> None:
        """State each of the several things that a cell says of a node."""
        if not self.readable(row, column.heading, node):
            return
        for text in row.texts(column.heading):
            for part, value in self._part(row, column, node, text):
                name = part.property
                if value is not None:
                    self.statements.say(node, name, value, row.place(column.heading))

    def _part(
        self, row: Row, column: Column, node: ox.NamedNode, text: str
    ) -> list[tuple[Part, ox.NamedNode | ox.Literal | None]]:
        """Return what one text of a cell states: an item of a list, or a word and its value."""
        item = (
            self.cells.item(column.heading, text) if column.heading in self.cells.choices else None
        )
        for part in column.parts:
            if item is not None and item in self.cells.list_of(part.shape).values():
                return [(part, item)]
        negated, said = text.casefold().startswith("not "), re.sub("(?i)^not ", "", text)
        word, _, rest = said.partition(" ")
        parts = [
            part for part in column.parts if part.word and part.word.casefold() == word.casefold()
        ]
        if parts and self.cells.datatype_of(parts[0].shape).endswith("boolean") and not rest:
            return [(parts[0], ox.Literal(not negated))]
        if parts and not negated and rest:
            if parts[0].shape is None:
                return [(parts[0], ox.Literal(rest))]
            texts = _SEPARATED.fullmatch(rest) if len(parts) > 1 else None
            numbers = texts.groups() if texts else [rest] * len(parts)
            read = [self.number(row, column.heading, node, number) for number in numbers]
            return list(zip(parts, read, strict=True))
        others = [part for part in column.parts if part.word == REST]
        if not others:
            self._off_the_list(row, column.heading, node, text)
        return [(part, ox.Literal(text)) for part in others]

    def digits(self, row: Row) -> None:
        """Report each cell that stores more digits than it shows; those that it shows are read."""
        for heading, cell in row.cells.items():
            if cell.stored and cell.kind != "format" and heading in BY_HEADING:
                what = f"The cell shows {cell.text}, which is read, and stores {cell.stored}."
                advice = "If the source prints more digits, set the cell's format to show them."
                self.wrong(row, heading, "stored-digits", what, advice, level="Note")

    def ambiguous(self, row: Row, heading: str, text: str, advice: str) -> None:
        """Ask whether NR means not reported or not reached."""
        what = f"“{text}” is ambiguous: does it mean not reported or not reached?"
        self.wrong(row, heading, _AMBIGUOUS, what, advice)

    def ignored(self, row: Row, named: str, *subjects: str) -> None:
        """Report the cells that are ignored, since the graph describes the node already.

        Args:
            row: The row.
            named: The column with the name of the node.
            subjects: What the other columns are about, or their headings.
        """
        what = f"The graph describes “{row.text(named)}” already, and this cell is ignored."
        advice = "Leave the cell empty. A figure may contradict those that the graph contains."
        for column in COLUMNS:
            heading = column.heading
            asked = {column.about, heading} & {*subjects}
            if asked and heading != named and heading in row.cells:
                place, text = row.place(heading), row.text(heading)
                found = ("known-node", place, text, what, advice, "Note")
                self.statements.wrong(row.node, "printed", *found)

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
        items = list(self.cells.choices.get(heading, ()))
        words = {f"{p.word} ..." for p in BY_HEADING[heading].parts if p.word not in {"", REST}}
        message = f"“{text}” is not on the list of “{heading}”."
        listed = ", ".join([*items, *sorted(words)])
        advice = f"{suggestions.question(text, items)}Choose one of: {listed}."
        self.wrong(row, heading, "off-the-list", message, advice, node)

    def readable(self, row: Row, heading: str, node: ox.NamedNode) -> bool:
        """Return whether a cell is there and contains a text or a number."""
        cell = row.cells.get(heading)
        if cell is None:
            return False
        found = None
        if cell.kind in {"formula", "error"}:
            found = "formula", f"The cell contains a formula or an error, {cell.text[:60]}."
            advice = "Write the result as a value."
        elif cell.kind == "date" and not self.cells.datatype(heading).endswith("date"):
            found = "date-for-value", f"The spreadsheet turned the cell into a date, {cell.text}."
            advice = "Set the cell's format to Text, and write what the source prints."
        elif cell.kind == "format":
            found = "cell-format", f"How the format “{cell.stored}” shows {cell.text} is not known."
            advice = "Set the cell's format to General, and write what the source prints."
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
