"""The tables of links: mappings (SSSOM), other names, look-alikes, obsolete identifiers.

SSSOM/TSV: https://mapping-commons.github.io/sssom/spec-formats-tsv/
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from aikg.links import tables
from aikg.links.identifiers import Identifier, Prefixes
from aikg.links.tables import Cell, Table
from aikg.names import PREFIXES, is_absolute

#: Where the tables are, below the root.
FOLDER = Path("ontology", "mappings")

#: The page that describes SSSOM, for anyone who has to fix a table.
SSSOM = "https://mapping-commons.github.io/sssom/spec-formats-tsv/"

#: How our term relates to the external one, from the strongest to the weakest.
PREDICATES = (
    "skos:exactMatch",
    "skos:closeMatch",
    "skos:broadMatch",
    "skos:narrowMatch",
    "skos:relatedMatch",
)
EXACT = PREDICATES[0]

#: Each row was decided by a person who saw both terms.
JUSTIFICATION = "semapv:ManualMappingCuration"

#: The kinds of other names.
NAME_KINDS = ("abbreviation", "brand", "code", "synonym")


@dataclass(frozen=True)
class Mapping:
    """A link from one of our terms to a term of another vocabulary.

    Attributes:
        subject: The address of our term.
        subject_label: Its label.
        predicate: One of `PREDICATES`.
        object: The external identifier.
        object_label: Its label, as the vocabulary spells it.
        justification: The kind of reasoning behind the row.
        confidence: How sure its author is, above 0 and at most 1.
        sightings: Where identifier and label were seen together.
        date: The day of the sighting.
        comment: Why the two differ, if they are not the same.
        place: `file:line`.
    """

    subject: str
    subject_label: str
    predicate: str
    object: Identifier
    object_label: str
    justification: str
    confidence: Decimal
    sightings: tuple[str, ...]
    date: str
    comment: str
    place: str

    @property
    def kind(self) -> str:
        """The table: `drugs` for `drugs.sssom.tsv`."""
        return self.place.rpartition("/")[2].partition(".")[0]


@dataclass(frozen=True)
class Name:
    """Another name of one of our terms: a brand, a code, a synonym.

    Attributes:
        subject: The address of our term.
        name: The name, as its source spells it.
        kind: One of `NAME_KINDS`.
        sightings: Where the name was seen for this very thing.
        date: The day of the sighting.
        place: `file:line`.
    """

    subject: str
    name: str
    kind: str
    sightings: tuple[str, ...]
    date: str
    place: str


@dataclass(frozen=True)
class LookAlike:
    """A name of another thing that looks like a typo of one of our names.

    Androstanedione differs by one letter from androstenedione, and is another substance.

    Attributes:
        subject: The address of our term, which it could be taken for.
        name: The name.
        identifier: The identifier of the other thing.
        label: The label of the other thing.
        sightings: Where the name was seen.
        date: The day of the sighting.
        place: `file:line`.
    """

    subject: str
    name: str
    identifier: Identifier
    label: str
    sightings: tuple[str, ...]
    date: str
    place: str


@dataclass(frozen=True)
class Obsolete:
    """An external identifier that is still in use and no longer valid.

    Attributes:
        identifier: The identifier.
        label: Its former label; empty if its vocabulary keeps only the number.
        replaced_by: The identifier to use instead, or None.
        replacement_label: The label of that one, or empty.
        sightings: Where its end, its label and its replacement were seen.
        date: The day of the sighting.
        place: `file:line`, or the graph.
    """

    identifier: Identifier
    label: str
    replaced_by: Identifier | None
    replacement_label: str
    sightings: tuple[str, ...]
    date: str
    place: str


def mapping_table(prefixes: Prefixes) -> Table[Mapping]:
    """Return the columns of a mapping table, which are SSSOM's."""
    columns: dict[str, Cell] = {
        "subject_id": tables.entity(),
        "subject_label": str,
        "predicate_id": tables.one_of("predicate", *PREDICATES),
        "object_id": tables.identifier(prefixes),
        "object_label": tables.label,
        "mapping_justification": tables.one_of("justification", JUSTIFICATION),
        "confidence": tables.confidence,
        "see_also": tables.sightings,
        "mapping_date": tables.day,
        "comment": str,
    }
    question = "where were number and label seen together?"
    return Table(Mapping, columns, empty={"comment": ""}, asked={"see_also": question})


def read_mapping(path: Path, root: Path, prefixes: Prefixes) -> list[Mapping]:
    """Read one mapping table.

    Raises:
        MappingInvalid: The metadata or some rows are not valid; the message has a line for each.
    """
    rows, faults = _mapping(path, root, prefixes)
    tables.refuse(faults, SSSOM)
    return rows


def read_mappings(root: Path, prefixes: Prefixes) -> list[Mapping]:
    """Read every mapping table of a checkout, in the order of their names.

    Raises:
        MappingInvalid: See `read_mapping`.
    """
    found = [_mapping(p, root, prefixes) for p in sorted((root / FOLDER).glob("*.sssom.tsv"))]
    tables.refuse([fault for _, faults in found for fault in faults], SSSOM)
    return [row for rows, _ in found for row in rows]


def read_metadata(root: Path) -> dict[str, dict[str, Any]]:
    """Read the metadata of every mapping table, which `read_mappings` has checked."""
    paths = sorted((root / FOLDER).glob("*.sssom.tsv"))
    return {path.name.partition(".")[0]: yaml.safe_load(_metadata(path)) for path in paths}


def _metadata(path: Path) -> str:
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    return "\n".join(line.removeprefix("#").rstrip() for line in tables.header(lines))


def _mapping(path: Path, root: Path, prefixes: Prefixes) -> tuple[list[Mapping], list[str]]:
    rows, faults = tables.read_table(mapping_table(prefixes), path, root)
    name = path.relative_to(root) if path.is_relative_to(root) else path
    faulty = _check_metadata(_metadata(path), prefixes)
    return rows, [f"{name}:1: {m}" for m in faulty] + faults


def _check_metadata(text: str, prefixes: Prefixes) -> Iterator[str]:
    """Yield what is wrong with the metadata: each prefix must mean what it means elsewhere."""
    try:
        metadata: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        yield f"the metadata are not YAML: {getattr(error, 'problem', error)}."
        return
    declared = metadata.get("curie_map") if isinstance(metadata, dict) else None
    if not isinstance(declared, dict):
        yield "the metadata have no curie_map."
        return
    if not is_absolute(str(metadata.get("license", SSSOM))):
        yield f"the license {metadata['license']} is not an address."
    for prefix, namespace in declared.items():
        known = prefix in prefixes.known
        wanted = PREFIXES.get(prefix) or (prefixes.namespace(prefix) if known else None)
        if wanted != namespace:
            yield f"the prefix {prefix} stands for {namespace}, and should stand for {wanted}."


def read_names(root: Path, labels: Dictionary[str, str]) -> list[Name]:
    """Read the other names of our terms; without a table there are none.

    Raises:
        MappingInvalid: Some rows are not valid, or a name occurs twice.
    """
    columns: dict[str, Cell] = {
        "subject_id": tables.entity(labels),
        "name": str,
        "kind": tables.one_of("kind", *NAME_KINDS),
        "see_also": tables.sightings,
        "date": tables.day,
    }
    names, faults = tables.read_table(Table(Name, columns), root / FOLDER / "names.tsv", root)
    seen: dict[str, Name] = {}
    for name in names:
        earlier = seen.setdefault(name.name.casefold(), name)
        if earlier is not name:
            faults.append(f"{name.place}: the name {name.name!r} is in {earlier.place} as well.")
    tables.refuse(faults)
    return names


def read_look_alikes(
    root: Path, prefixes: Prefixes, labels: Dictionary[str, str]
) -> list[LookAlike]:
    """Read the names of other things that look like ours; without a table there are none.

    Raises:
        MappingInvalid: Some rows are not valid.
    """
    columns: dict[str, Cell] = {
        "subject_id": tables.entity(labels),
        "name": str,
        "identifier": tables.identifier(prefixes),
        "label": str,
        "see_also": tables.sightings,
        "date": tables.day,
    }
    path = root / FOLDER / "neighbours.tsv"
    found, faults = tables.read_table(Table(LookAlike, columns), path, root)
    tables.refuse(faults)
    return found


def read_obsolete(root: Path, prefixes: Prefixes) -> list[Obsolete]:
    """Read the external identifiers that are obsolete; without a table there are none.

    Vocabularies merge their terms and retire them, and databases keep the old numbers for years.

    Raises:
        MappingInvalid: Some rows are not valid, or contradict each other.
    """
    columns: dict[str, Cell] = {
        "identifier": tables.identifier(prefixes),
        "label": str,
        "replaced_by": tables.identifier(prefixes),
        "replacement_label": str,
        "see_also": tables.sightings,
        "date": tables.day,
    }
    # A vocabulary that merges a term keeps its number, not its label; some have no replacement.
    empty = {"label": "", "replaced_by": None, "replacement_label": ""}
    path = root / FOLDER / "obsolete.tsv"
    found, faults = tables.read_table(Table(Obsolete, columns, empty), path, root)
    first = {row.identifier: row for row in reversed(found)}
    tables.refuse(faults + [f"{r.place}: {m}" for r in found for m in _mistakes(r, first)])
    return found


def _mistakes(row: Obsolete, first: Dictionary[Identifier, Obsolete]) -> Iterator[str]:
    if bool(row.replaced_by) != bool(row.replacement_label):
        yield "replaced_by and replacement_label must both be filled, or both be empty."
    if not row.label and not row.replaced_by:
        yield "the row has neither a label nor a replacement."
    if first[row.identifier] is not row:
        yield f"{row.identifier.curie} is in {first[row.identifier].place} as well."
    if row.replaced_by and row.replaced_by in first:
        yield f"{row.replaced_by.curie} is obsolete as well."
