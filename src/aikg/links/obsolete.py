"""Identifiers of others that are in use and no longer valid, with what replaces each.

Vocabularies merge their terms and give them up, and databases keep the old numbers for years. No
row of a mapping may have one, and whoever comes with one is told which to use.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aikg.errors import IdentifierMalformed
from aikg.links import tables
from aikg.links.identifiers import Identifier, Prefixes

#: Where the table lies, below the root.
FILE = Path("ontology", "mappings", "obsolete.tsv")

COLUMNS = ("identifier", "label", "replaced_by", "replacement_label", "see_also", "date")
#: A vocabulary that merges a term keeps its number, not its label; some terms have no heir.
_MAY_BE_EMPTY = COLUMNS[1:4]


@dataclass(frozen=True)
class Obsolete:
    """An identifier that is no longer valid.

    Attributes:
        identifier: The identifier.
        label: What it was called; empty where its vocabulary keeps the number alone.
        replaced_by: What its vocabulary says to use instead, or None.
        replacement_label: What that is called, or empty.
        sightings: Where its end, its label and its replacement were seen.
        place: `file:line`.
    """

    identifier: Identifier
    label: str
    replaced_by: Identifier | None
    replacement_label: str
    sightings: tuple[str, ...]
    place: str


def read(root: Path, prefixes: Prefixes) -> list[Obsolete]:
    """Read the table; where there is none, nothing is obsolete.

    Raises:
        MappingInvalid: Rows break the form or contradict one another; a line for each.
    """
    found: list[Obsolete] = []
    faults: list[str] = []
    for place, row in tables.read(root, FILE, COLUMNS):
        mistakes = [*tables.mistakes(row, COLUMNS, _MAY_BE_EMPTY), *_mistakes(row, prefixes)]
        faults += [f"{place}: {mistake}" for mistake in mistakes]
        if not mistakes:
            found.append(_obsolete(row, place, prefixes))
    faults += _contradictions(found)
    if faults:
        raise tables.invalid(faults)
    return found


def _mistakes(row: tables.Row, prefixes: Prefixes) -> Iterator[str]:
    for column in ("identifier", "replaced_by"):
        try:
            if row[column] and prefixes.parse(row[column]).curie != row[column]:
                yield f"{row[column]} is spelt {prefixes.parse(row[column]).curie}."
        except IdentifierMalformed as error:
            yield str(error)
    if bool(row["replaced_by"]) != bool(row["replacement_label"]):
        yield "replaced_by and replacement_label stand together, or neither does."
    if not row["label"] and not row["replaced_by"]:
        yield "there is neither a label nor what replaces it."


def _obsolete(row: tables.Row, place: str, prefixes: Prefixes) -> Obsolete:
    return Obsolete(
        identifier=prefixes.parse(row["identifier"]),
        label=row["label"],
        replaced_by=prefixes.parse(row["replaced_by"]) if row["replaced_by"] else None,
        replacement_label=row["replacement_label"],
        sightings=tuple(row["see_also"].split(tables.SEVERAL)),
        place=place,
    )


def _contradictions(found: list[Obsolete]) -> Iterator[str]:
    """Yield what stands twice, and what would be replaced by another that is obsolete."""
    seen: dict[Identifier, Obsolete] = {}
    for row in found:
        earlier = seen.setdefault(row.identifier, row)
        if earlier is not row:
            yield f"{row.place}: {row.identifier.curie} stands in {earlier.place} as well."
    for row in found:
        if row.replaced_by in seen:
            yield f"{row.place}: {row.replaced_by.curie} is obsolete as well."
