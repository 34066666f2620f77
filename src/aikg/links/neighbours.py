"""Names that look like ours by a slip of the pen, and are those of other things.

A table of its own, `ontology/mappings/neighbours.tsv`: androstanedione is a letter from
androstenedione, and another substance. Such names are found by holding all names of ours against
those of other vocabularies.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from pathlib import Path

from aikg.errors import IdentifierMalformed
from aikg.links import tables
from aikg.links.identifiers import Identifier, Prefixes, expand_own

#: Where the table lies, below the root.
FILE = Path("ontology", "mappings", "neighbours.tsv")

COLUMNS = ("subject_id", "name", "identifier", "label", "see_also", "date")


@dataclass(frozen=True)
class Neighbour:
    """A name of another thing that is a slip from one of ours.

    Attributes:
        subject: The address of ours, for which it may be taken.
        name: The name.
        identifier: Whose name it is.
        label: What that is called.
    """

    subject: str
    name: str
    identifier: Identifier
    label: str


def read(root: Path, prefixes: Prefixes, labels: Dictionary[str, str]) -> list[Neighbour]:
    """Read the table; where there is none, no name is known to be another's.

    Raises:
        MappingInvalid: Rows break the form, or are about nobody; a line for each.
    """
    found: list[Neighbour] = []
    faults: list[str] = []
    for place, row in tables.read(root, FILE, COLUMNS):
        mistakes = [*tables.mistakes(row, COLUMNS), *_mistakes(row, prefixes, labels)]
        faults += [f"{place}: {mistake}" for mistake in mistakes]
        if not mistakes:
            subject = expand_own(row["subject_id"]) or ""
            identifier = prefixes.parse(row["identifier"])
            found.append(Neighbour(subject, row["name"], identifier, row["label"]))
    if faults:
        raise tables.invalid(faults)
    return found


def _mistakes(row: tables.Row, prefixes: Prefixes, labels: Dictionary[str, str]) -> Iterator[str]:
    if (expand_own(row["subject_id"]) or "") not in labels:
        yield f"{row['subject_id']} is not in the graph."
    try:
        if row["identifier"] and prefixes.parse(row["identifier"]).curie != row["identifier"]:
            yield f"{row['identifier']} is spelt {prefixes.parse(row['identifier']).curie}."
    except IdentifierMalformed as error:
        yield str(error)
