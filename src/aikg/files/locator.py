"""Where a node stands in the files: from a fault back to file and line."""

from __future__ import annotations

from collections.abc import Iterable

from aikg.files.turtle import Statement


class Locator:
    """Finds the place of a node, of one of its properties, or of one value.

    Args:
        statements: What was read; the first place of a node wins.
        only: The files whose nodes are asked about; None: all.
    """

    def __init__(self, statements: Iterable[Statement], only: Iterable[str] | None = None) -> None:
        self._only = None if only is None else set(only)
        self._files: dict[str, set[str]] = {}
        self._first: dict[tuple[str, ...], Statement] = {}
        for statement in statements:
            triple = statement.triple
            subject = getattr(triple.subject, "value", "")
            predicate = triple.predicate.value
            value = getattr(triple.object, "value", "")
            self._files.setdefault(subject, set()).add(statement.path)
            for key in ((subject,), (subject, predicate), (subject, predicate, value)):
                self._first.setdefault(key, statement)

    def place(self, node: str, path: str | None = None, value: str | None = None) -> str:
        """Give `file:line` as near as what is known allows: value, property, node."""
        for key in ((node, path, value), (node, path), (node,)):
            statement = self._first.get(tuple(part for part in key if part is not None))
            if statement is not None:
                return statement.place
        return "(no file)"

    def holds(self, node: str) -> bool:
        """Say whether one of the files that are asked about describes a node."""
        return self._only is None or not self._only.isdisjoint(self._files.get(node, ()))
