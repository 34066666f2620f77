"""Where something stands in what was sent: a line and a column, a cell, or a JSON pointer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One place; what a format has not is None.

    Attributes:
        line: The line of a text, or the row of a table, counted from 1.
        column: The column of a text in characters, or of a table, counted from 1.
        sheet: The sheet of a workbook.
        heading: The heading of a table's column.
        pointer: The JSON pointer (RFC 6901) of a node or a value.
        file: The file, if it is not the one that the report is about.
    """

    line: int | None = None
    column: int | None = None
    sheet: str | None = None
    heading: str | None = None
    pointer: str | None = None
    file: str | None = None

    def after(self, file: str) -> str:
        """Say it with the file; for a text in the form that editors open: `file:line:column`."""
        if self.line is None or self.heading is not None or self.sheet is not None:
            return f"{file}, {self}" if self != Place() else file
        text = f"{self.file or file}:{self.line}{f':{self.column}' if self.column else ''}"
        return f"{text} ({self.pointer})" if self.pointer else text

    def __str__(self) -> str:
        """Say it as a person would."""
        if self.heading is not None or self.sheet is not None:
            parts = [f"sheet {self.sheet}"] if self.sheet else []
            parts += [f"row {self.line}"] if self.line else []
            parts += [f"column {self.heading or self.column}"] if self.column else []
            return ", ".join(parts)
        if self.line is None:
            return "the file"
        text = f"line {self.line}{f', column {self.column}' if self.column else ''}"
        if self.file is not None:
            text = f"{self.file}, {text}"
        return f"{text} ({self.pointer})" if self.pointer else text


@dataclass(frozen=True, slots=True)
class Mention:
    """A triple as a text spells it.

    Attributes:
        subject: The IRI, or None where the text gives it no name.
        predicate: The IRI.
        value: The IRI or the text of the object, or None likewise.
        node: Where the subject is named.
        property: Where the property is.
        object: Where the value is.
    """

    subject: str | None
    predicate: str
    value: str | None
    node: Place
    property: Place
    object: Place


@dataclass(frozen=True, slots=True)
class Lost:
    """A part of a text that no statement was made of.

    Attributes:
        rule: The rule that reports it.
        place: Where it stands.
        message: The part that is not read, and why.
        advice: What to do.
        level: Error, Check or Note.
    """

    rule: str
    place: Place
    message: str
    advice: str
    level: str = "Error"


class Places:
    """Finds the place of a node, of one of its properties, or of one value; the first one wins."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, ...], Place] = {}

    def add(self, node: str, path: str, value: str, mention: Mention) -> None:
        """Remember where a triple is."""
        self._first.setdefault((node,), mention.node)
        self._first.setdefault((node, path), mention.property)
        self._first.setdefault((node, path, value), mention.object)

    def knows(self, node: str, path: str) -> bool:
        """Say whether a property of a node has a place."""
        return (node, path) in self._first

    def find(self, node: str, path: str | None = None, value: str | None = None) -> Place:
        """Return the place as near as what is known allows: value, property, node, the whole."""
        keys: list[tuple[str, ...]] = [(node,)]
        if path is not None:
            keys.append((node, path))
            if value is not None:
                keys.append((node, path, value))
        for key in reversed(keys):
            if key in self._first:
                return self._first[key]
        return Place()


class Mentions:
    """The mentions of a text, given away one by one as triples ask for theirs."""

    def __init__(self, mentions: Iterable[Mention]) -> None:
        self._free: dict[tuple[str, str | None], list[Mention]] = {}
        self._near: dict[tuple[str | None, str], Mention] = {}
        for mention in mentions:
            self._free.setdefault((mention.predicate, mention.value), []).append(mention)
            self._near.setdefault((mention.subject, mention.predicate), mention)

    def claim(self, subject: str | None, predicate: str, value: str | None) -> Mention | None:
        """Take the first mention of a triple that no triple before it took; or else a near one."""
        for key in ((predicate, value), (predicate, None)):
            for at, mention in enumerate(self._free.get(key, ())):
                if subject is None or mention.subject in {None, subject}:
                    return self._free[key].pop(at)
        near = self._near.get((subject, predicate))
        return replace(near, object=near.property) if near else None


def line_starts(text: str) -> list[int]:
    """Return the offset at which each line begins."""
    return [0, *(at + 1 for at in _breaks(text))]


def _breaks(text: str) -> Iterator[int]:
    at = text.find("\n")
    while at >= 0:
        yield at
        at = text.find("\n", at + 1)
