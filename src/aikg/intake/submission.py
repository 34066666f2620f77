"""A submission as it was read: its triples, each with its place, and what was seen on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import pyoxigraph as ox

from aikg.intake.numbering import Called
from aikg.intake.places import Place, Places
from aikg.intake.terms import node_of
from aikg.iris import lies_under
from aikg.names import submission_namespace
from aikg.rules.checks import Problem


@dataclass(frozen=True)
class Limits:
    """The limits on a file from an unknown user.

    Attributes:
        bytes: The size, unpacked.
        triples: How many triples it may say.
        rows: How many rows a table may have.
        depth: How deep values of JSON and elements of XML may be nested.
        statement: How long one statement may be, in bytes of N-Quads.
    """

    bytes: int = 20_000_000
    triples: int = 300_000
    rows: int = 20_000
    depth: int = 100
    statement: int = 4_000_000


@dataclass(frozen=True)
class ParsedSubmission:
    """A file of a sender, as it was read.

    Attributes:
        name: The name of the submission, which is part of its namespace.
        file: What the file is called in messages.
        format: The name of its format.
        triples: What it says, without repeats, in its order; no blank nodes.
        problems: The findings of the reader: graphs, or the cells of a table.
        headings: What a table calls the properties: its columns' headings.
        registered: The namespaces outside ours that are registered for its sender.
        columns: The number of each column of a table, by its heading.
        called: What it calls trials and papers that have numbers.
    """

    name: str
    file: str
    format: str
    triples: list[ox.Triple]
    problems: list[Problem] = field(default_factory=list)
    headings: dict[str, str] = field(default_factory=dict)
    _locate: Callable[[], Places] = Places
    registered: tuple[str, ...] = ()
    columns: dict[str, int] = field(default_factory=dict)
    called: tuple[Called, ...] = ()

    @property
    def namespace(self) -> str:
        """The address under which the submission names its nodes."""
        return submission_namespace(self.name)

    def owns(self, node: str) -> bool:
        """Say whether a node lies in a namespace of the submission's, or of its sender's."""
        return any(lies_under(node, known) for known in (self.namespace, *self.registered))

    @cached_property
    def nodes(self) -> set[str]:
        """The IRIs of what it describes."""
        return {node_of(triple) for triple in self.triples}

    @cached_property
    def places(self) -> Places:
        """Where everything stands; found when it is asked for, since most files have no fault."""
        return self._locate()

    def place(self, node: str, path: str | None = None, value: str | None = None) -> Place:
        """Return the place of a node, of its property or of a value, as near as it is known."""
        return self.places.find(node, path, value)

    def cell(self, node: str, path: str | None, place: Place) -> Place:
        """Return the empty cell of a property that a row does not state, or else the place.

        A sheet without the column has it after its last one.
        """
        heading = self.headings.get(path or "")
        if heading is None or place.line is None or self.places.knows(node, path or ""):
            return place
        if (place.heading, heading) == ("Compared with", "Drugs"):
            return place  # the drugs of the first arm are not those of the second
        last = max(self.columns.values(), default=0)
        return replace(place, column=self.columns.get(heading, last + 1), heading=heading)
