"""A paper as a submission: nodes under its own name, each figure in its cell of a table."""

from __future__ import annotations

from collections.abc import Sequence

from aikg.names import BASE, OTHER_PREFIXES, PREFIXES
from bench.shipped import TYPE, term

#: A triple, each term as in N-Triples.
Triple = tuple[str, str, str]
#: A property, by its name in the ontology, and its value as in N-Triples.
Fact = tuple[str, str]
#: The number of a table, of a row, of a column.
Cell = tuple[int, int, int]

REPORTED = ("status", term("Reported"))

_LABEL = f"<{PREFIXES['rdfs']}label>"
_XSD = OTHER_PREFIXES["xsd"]


def shipped(kind: str, name: str) -> str:
    """Return a node of the shipped data, by its prefix and its name."""
    return f"<{PREFIXES[kind]}{name}>"


def text(value: str) -> str:
    """Return a plain string."""
    return f'"{value}"'


def decimal(value: float, places: int = 1) -> str:
    """Return a number with its point."""
    return f'"{value:.{places}f}"^^<{_XSD}decimal>'


def integer(value: int) -> str:
    """Return a number without a point."""
    return f'"{value}"^^<{_XSD}integer>'


class Paper:
    """What one submission states, as it grows.

    Args:
        name: The name of the submission; all nodes lie under it.

    Attributes:
        base: What the IRIs of its nodes begin with.
        graph: The named graph of the submission.
        triples: What it states.
    """

    def __init__(self, name: str) -> None:
        self.graph = f"<{PREFIXES['graph']}submission/{name}>"
        self.triples: list[Triple] = []
        self.base = f"{BASE}submission/{name}/"
        self._name = name
        self.document = self.node("paper")

    def node(self, local: str) -> str:
        """Name a node of the submission."""
        return f"<{self.base}{local}>"

    def state(self, local: str, kind: str, *facts: Fact) -> str:
        """Describe a node of a class; gives the node."""
        return self._describe(local, kind, [], facts)

    def name(self, local: str, kind: str, label: str, *facts: Fact) -> str:
        """Describe a node that people read about, with its label; gives the node."""
        called = f'"{label}, {self._name}"@en'
        return self._describe(local, kind, [(_LABEL, called)], facts)

    def _describe(
        self, local: str, kind: str, pairs: list[tuple[str, str]], facts: Sequence[Fact]
    ) -> str:
        node = self.node(local)
        pairs = [(TYPE, term(kind)), *pairs, *((term(name), value) for name, value in facts)]
        self.triples.extend((node, *pair) for pair in pairs)
        return node

    def passage(self, local: str, *place: Fact) -> str:
        """Describe a place in the document."""
        return self.state(local, "Passage", ("inDocument", self.document), *place)

    def find(self, cell: Cell, kind: str, outcome: str, measure: str, *facts: Fact) -> str:
        """State what a cell of a table prints, with the cell; gives the finding."""
        table, row, column = cell
        place = f"table-{table}-row-{row}-column-{column}"
        passage = self.passage(
            place,
            ("tableNumber", integer(table)),
            ("tableRow", integer(row)),
            ("tableColumn", integer(column)),
        )
        about = (("ofOutcome", outcome), ("measure", term(measure)), ("statedAt", passage))
        return self.state(f"finding-{place}", kind, *about, *facts)
