"""The inventory: what the review states, row by row, as patterns that the data must match.

`tests/inventory/facts.tsv` lists the facts in words. The `.rq` files beside it say for each fact
how it is found in the graph: a block begins with `#+ ` and the number of the row, and holds a
basic graph pattern. A pattern finds its fact by what it says and where, never by the name of a
finding or a claim.

Numbers with F are rows of the list. The list takes for granted what its facts are about and where
they stand; rows with E have it, so that all of the data belongs to a row: drugs, classes, outcomes,
populations, arms, paragraphs, and the findings that a claim cites. P are figures of primary papers,
D those that are derived, I the problems that a curator recorded.

Run as a program (`make mutate`), it changes every triple of the data in turn, in memory, and names
each change that no pattern notices.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from aikg.files import turtle
from aikg.names import PREFIXES

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "inventory"

#: Labels that only name a node; a claim's label is its statement, and so a fact.
NAMES_ONLY = PREFIXES["rdfs"] + "label"
CLAIM = PREFIXES["claim"]

_DECLARED = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())


@dataclass(frozen=True)
class Row:
    """A row of the inventory: its number, what it says in words, and its pattern."""

    number: str
    words: str
    pattern: str

    def solutions(self, store: ox.Store) -> int:
        """Count the ways in which the data match the pattern."""
        query = f"{_DECLARED}SELECT * WHERE {{\n{self.pattern}\n}}"
        return sum(1 for _ in store.query(query))

    def covers(self, store: ox.Store) -> set[ox.Triple]:
        """Return the triples that the pattern rests on, with literals as the store writes them."""
        pattern = f"{{\n{self.pattern}\n}}"
        found = store.query(f"{_DECLARED}CONSTRUCT {pattern} WHERE {pattern}")
        return {quad.triple for quad in store_of(found)}


def rows() -> list[Row]:
    """Read the patterns of all files, in the order of their names."""
    found = []
    for path in sorted(FOLDER.glob("*.rq")):
        for block in re.split(r"^#\+ ", path.read_text(), flags=re.MULTILINE)[1:]:
            head, _, pattern = block.partition("\n")
            number, _, words = head.partition(" ")
            found.append(Row(number, words, pattern.strip()))
    return found


def facts() -> list[dict[str, str]]:
    """Read the facts in words, with what each column says."""
    with (FOLDER / "facts.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def data() -> dict[ox.Triple, str]:
    """Read the data without the later trials, whose facts are in their sheets.

    Returns:
        Each triple with its place.
    """
    read = turtle.read_folder(ROOT / "data" / "turtle", ROOT)
    statements = [said for said in read if not said.path.startswith("data/turtle/later")]
    return {statement.triple: statement.place for statement in statements}


def store_of(triples: Iterable[ox.Triple]) -> ox.Store:
    """Put triples into the default graph of a new store."""
    store = ox.Store()
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    return store


def carries_a_fact(triple: ox.Triple) -> bool:
    """Say whether a triple states something, rather than only naming a node."""
    return triple.predicate.value != NAMES_ONLY or triple.subject.value.startswith(CLAIM)


def changed(triple: ox.Triple) -> ox.Triple:
    """Return the triple with another object of the same kind."""
    term = triple.object
    if isinstance(term, ox.NamedNode):
        other: ox.NamedNode | ox.Literal = ox.NamedNode(term.value + "-changed")
    elif term.language:
        other = ox.Literal(term.value + " changed", language=term.language)
    elif term.datatype.value.endswith(("decimal", "integer")):
        other = ox.Literal(f"9{term.value}", datatype=term.datatype)
    elif term.datatype.value.endswith("boolean"):
        flipped = "false" if term.value == "true" else "true"
        other = ox.Literal(flipped, datatype=term.datatype)
    else:
        other = ox.Literal(term.value + " changed")
    return ox.Triple(triple.subject, triple.predicate, other)


class Mutation:
    """Changes triples of the data one at a time, and asks whether a row notices."""

    def __init__(self) -> None:
        self.places = data()
        self.triples = {_stored(t): place for t, place in self.places.items() if carries_a_fact(t)}
        self.store = store_of(self.places)
        self.rows: dict[ox.Triple, list[Row]] = defaultdict(list)
        for row in rows():
            for triple in row.covers(self.store):
                self.rows[triple].append(row)

    def notices(self, triple: ox.Triple) -> bool:
        """Change one triple, see whether a row that rests on it fails, and change it back."""
        quad = ox.Quad(triple.subject, triple.predicate, triple.object)
        other = changed(triple)
        other_quad = ox.Quad(other.subject, other.predicate, other.object)
        self.store.remove(quad)
        self.store.add(other_quad)
        try:
            return any(row.solutions(self.store) != 1 for row in self.rows[triple])
        finally:
            self.store.remove(other_quad)
            self.store.add(quad)

    def unnoticed(self, triples: Iterable[ox.Triple]) -> list[str]:
        """Name the triples whose change no row notices, with their places."""
        return sorted(f"{self.triples[t]}: {t}" for t in triples if not self.notices(t))


def _stored(triple: ox.Triple) -> ox.Triple:
    """Return a triple with the literal as the store rewrites it (38.0 becomes 38)."""
    return next(iter(store_of([triple]))).triple


def main() -> int:
    """Change every triple that carries a fact; print what goes unnoticed."""
    mutation = Mutation()
    missed = mutation.unnoticed(mutation.triples)
    sys.stdout.write("".join(f"{line}\n" for line in missed))
    total = len(mutation.triples)
    sys.stdout.write(f"{total} changes, {total - len(missed)} noticed, {len(missed)} not\n")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
