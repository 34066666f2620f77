"""Names that others give to ours: brands, codes and synonyms, with the place of each.

A table of its own, `ontology/mappings/names.tsv`, as SSSOM joins terms, not words.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from pathlib import Path

from aikg.errors import MappingInvalid
from aikg.links.identifiers import expand_own
from aikg.links.sssom import SIGHTINGS

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
    path = root / FILE
    if not path.is_file():
        return []
    names: list[Name] = []
    faults: list[str] = []
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines, delimiter="\t", restval="", restkey="surplus")
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise _invalid([f"{FILE}:1: the columns must be {', '.join(COLUMNS)}."])
        for row in reader:
            place = f"{FILE}:{reader.line_num}"
            mistakes = list(_mistakes(row, labels))
            faults += [f"{place}: {mistake}" for mistake in mistakes]
            subject = expand_own(row["subject_id"]) or ""
            names.append(Name(subject, row["name"], row["kind"], row["see_also"], place))
    faults += _twice(names)
    if faults:
        raise _invalid(faults)
    return names


def _mistakes(row: dict[str, str], labels: Dictionary[str, str]) -> Iterator[str]:
    if row.get("surplus"):
        yield f"there are more than {len(COLUMNS)} columns."
    for column in COLUMNS:
        if not row[column].strip():
            yield f"{column} is empty."
    if (expand_own(row["subject_id"]) or "") not in labels:
        yield f"{row['subject_id']} is not in the graph."
    if row["kind"] not in KINDS:
        yield f"the kind {row['kind']} is none of {', '.join(KINDS)}."
    if row["see_also"] and not row["see_also"].startswith(SIGHTINGS):
        yield f"the sighting {row['see_also']} is neither a page nor a file of a package (pkg:...)."


def _twice(names: list[Name]) -> Iterator[str]:
    """Yield names that two of ours claim, or that one has twice."""
    seen: dict[str, Name] = {}
    for name in names:
        earlier = seen.setdefault(name.name.casefold(), name)
        if earlier is not name:
            yield f"{name.place}: the name {name.name!r} stands in {earlier.place} as well."


def _invalid(faults: list[str]) -> MappingInvalid:
    return MappingInvalid(
        "\n".join(faults), advice="Mend the rows, or leave out a name that is not certain."
    )
