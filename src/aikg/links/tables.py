"""One reader for the tables of links: rows of TSV, with a message for each cell that is wrong.

A `Table` names the columns in their order, and the function that reads the cells of each. Such a
function returns the value of a cell, or raises ValueError with a sentence for the curator.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import takewhile
from pathlib import Path
from typing import Any, Generic, TypeVar

import pyoxigraph as ox

from aikg.errors import IdentifierMalformed, MappingInvalid
from aikg.links.identifiers import Identifier, Prefixes, expand_own

#: Reads the text of a cell that is not empty.
Cell = Callable[[str], Any]
Row = TypeVar("Row")

#: How a sighting begins: a page, or a file of a package (https://github.com/package-url).
_SIGHTINGS = ("https://", "http://", "pkg:")
#: SSSOM separates the values of a cell by `|`; a backslash before it makes it a character.
_SEVERAL = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Table(Generic[Row]):
    """How a table is read.

    Attributes:
        record: Makes a row from the values of its cells, in the order of the columns, and from
            its place, `file:line`.
        columns: Reads the cells of each column.
        empty: The columns whose cells may be empty, each with the value of an empty cell.
        asked: Columns, each with a question for the curator who left a cell of it empty.
    """

    record: Callable[..., Row]
    columns: Mapping[str, Cell]
    empty: Mapping[str, Any] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)


def read_table(table: Table[Row], path: Path, root: Path) -> tuple[list[Row], list[str]]:
    """Read a table; a file that does not exist has no rows.

    Args:
        table: The columns.
        path: The file, in UTF-8; lines that begin with `#` may stand at its top.
        root: The folder below which files are named in messages.

    Returns:
        The valid rows, and a message with its place for each fault of the others.
    """
    if not path.is_file():
        return [], []
    name = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()  # spreadsheets write a mark
    except UnicodeDecodeError as error:
        return [], [f"{name}:1: the file is not in UTF-8: {error.reason}."]
    head = len(header(lines))
    reader = csv.reader(lines[head:], delimiter="\t", quoting=csv.QUOTE_NONE)
    if _trimmed(next(reader, []), 0) != list(table.columns):
        return [], [f"{name}:{head + 1}: the columns must be {', '.join(table.columns)}."]
    rows: list[Row] = []
    faults: list[str] = []
    for cells in reader:
        place = f"{name}:{head + reader.line_num}"
        values, mistakes = _read_row(table, cells)
        faults += [f"{place}: {mistake}" for mistake in mistakes]
        if not mistakes:
            rows.append(table.record(*values, place))
    return rows, faults


def header(lines: list[str]) -> list[str]:
    """Return the lines of metadata at the top of a table."""
    return list(takewhile(lambda line: line.startswith("#"), lines))


def _read_row(table: Table[Row], cells: list[str]) -> tuple[list[Any], list[str]]:
    cells = _trimmed(cells, len(table.columns))
    if len(cells) > len(table.columns):
        return [], [f"there are more than {len(table.columns)} columns."]
    values: list[Any] = []
    mistakes: list[str] = []
    padded = cells + [""] * (len(table.columns) - len(cells))
    for (column, parse), cell in zip(table.columns.items(), padded, strict=True):
        try:
            if cell.strip():
                values.append(parse(cell))
            elif column in table.empty:
                values.append(table.empty[column])
            else:
                question = table.asked.get(column)
                mistakes.append(f"{column} is empty" + (f": {question}" if question else "."))
        except (ValueError, IdentifierMalformed) as error:
            mistakes.append(str(error))
    return values, mistakes


def _trimmed(cells: list[str], least: int) -> list[str]:
    """Return a row without the empty cells at its end, which a spreadsheet adds."""
    while len(cells) > least and not cells[-1].strip():
        cells = cells[:-1]
    return cells


def label(cell: str) -> str:
    """Read a label of another vocabulary; a remark in its place begins with a bracket."""
    if cell.startswith("("):
        raise ValueError(f"the label {cell} is a remark, not a label that was seen.")
    return cell


def one_of(column: str, *allowed: str) -> Cell:
    """Return the reader of a cell that has one of a few values."""

    def read_cell(cell: str) -> str:
        if cell not in allowed:
            raise ValueError(f"the {column} {cell} is not one of {', '.join(allowed)}.")
        return cell

    return read_cell


def day(cell: str) -> str:
    """Read a date."""
    try:
        if date.fromisoformat(cell).isoformat() == cell:
            return cell
    except ValueError:
        pass
    raise ValueError(f"the date {cell} is not like 2026-11-25.")


def confidence(cell: str) -> Decimal:
    """Read a number above 0 and at most 1."""
    try:
        number = Decimal(cell)
        if 0 < number <= 1:
            return number.normalize()
    except ArithmeticError:
        raise ValueError(f"the confidence {cell} is not a number.") from None
    raise ValueError(f"the confidence {cell} is not above 0 and at most 1.")


def sightings(cell: str) -> tuple[str, ...]:
    """Read where something was seen: one or more addresses, with `|` between them."""
    found = tuple(part.strip().replace(r"\|", "%7C") for part in _SEVERAL.split(cell))
    for address in found:
        if not address.startswith(_SIGHTINGS):
            raise ValueError(
                f"the sighting {address} is neither a page nor a file of a package (pkg:...)."
            )
        _check_address(address, f"the sighting {address}")
    return found


def identifier(prefixes: Prefixes) -> Cell:
    """Return the reader of identifiers of other vocabularies, which must be spelt canonically."""

    def read_cell(cell: str) -> Identifier:
        found = prefixes.parse(cell)
        if found.curie != cell:
            raise ValueError(f"{cell} is spelt {found.curie}.")
        _check_address(found.iri, cell)
        return found

    return read_cell


def entity(labels: Mapping[str, str] | None = None) -> Cell:
    """Return the reader of our own short names; with labels, only of those that have one."""

    def read_cell(cell: str) -> str:
        address = expand_own(cell)
        if address is None and labels is None:
            raise ValueError(f"the subject {cell} has no prefix of this project.")
        if address is None or (labels is not None and address not in labels):
            raise ValueError(f"{cell} is not in the graph.")
        return address

    return read_cell


def _check_address(address: str, name: str) -> None:
    try:
        ox.NamedNode(address)
    except ValueError as error:
        raise ValueError(f"{name} does not make a valid address: {error}.") from None


def refuse(faults: list[str], reference: str | None = None) -> None:
    """Raise the error that lists the faults of tables, if there are any.

    Raises:
        MappingInvalid: There are faults; the message has a line for each.
    """
    if faults:
        raise MappingInvalid(
            "\n".join(faults),
            advice="Fix the rows. If a link is not certain, use a weaker predicate or delete it.",
            reference=reference,
        )
