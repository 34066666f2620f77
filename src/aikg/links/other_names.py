"""Names that others give to ours: brands, codes and synonyms, with the place of each.

A table of its own, `ontology/mappings/names.tsv`, as SSSOM joins terms, not words.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from pathlib import Path

from aikg.links import tables
from aikg.links.identifiers import expand_own

#: Where the table lies, below the root.
FILE = Path("ontology", "mappings", "names.tsv")

COLUMNS = ("subject_id", "name", "kind", "see_also", "date")
KINDS = ("abbreviation", "brand", "code", "synonym")


@dataclass(frozen=True)
class Name:
    """A name of one of ours that is not its label.

    Attributes:
        subject: The address of ours.
        name: The name, as its source spells it.
        kind: One of `KINDS`.
        sighting: Where the name was seen for this very thing.
        place: `file:line`.
    """

    subject: str
    name: str
    kind: str
    sighting: str
    place: str


def read_names(root: Path, labels: Dictionary[str, str]) -> list[Name]:
    """Read the table of names; where there is none, there are no names.

    Raises:
        MappingInvalid: Rows break the form, or are about nobody; a line for each.
    """
    names: list[Name] = []
    faults: list[str] = []
    for place, row in tables.read(root, FILE, COLUMNS):
        mistakes = [*tables.mistakes(row, COLUMNS), *_mistakes(row, labels)]
        faults += [f"{place}: {mistake}" for mistake in mistakes]
        subject = expand_own(row["subject_id"]) or ""
        names.append(Name(subject, row["name"], row["kind"], row["see_also"], place))
    faults += _twice(names)
    if faults:
        raise tables.invalid(faults)
    return names


def _mistakes(row: tables.Row, labels: Dictionary[str, str]) -> Iterator[str]:
    if (expand_own(row["subject_id"]) or "") not in labels:
        yield f"{row['subject_id']} is not in the graph."
    if row["kind"] not in KINDS:
        yield f"the kind {row['kind']} is none of {', '.join(KINDS)}."


def _twice(names: list[Name]) -> Iterator[str]:
    """Yield names that two of ours claim, or that one has twice."""
    seen: dict[str, Name] = {}
    for name in names:
        earlier = seen.setdefault(name.name.casefold(), name)
        if earlier is not name:
            yield f"{name.place}: the name {name.name!r} stands in {earlier.place} as well."
