"""Mapping tables: reading one file of SSSOM/TSV, with a line for each mistake.

https://mapping-commons.github.io/sssom/spec-formats-tsv/
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from aikg.errors import IdentifierMalformed, MappingInvalid
from aikg.links.identifiers import Identifier, Prefixes, expand_own
from aikg.names import PREFIXES

#: What SSSOM is, for whoever has to mend a table.
SSSOM = "https://mapping-commons.github.io/sssom/spec-formats-tsv/"

#: The columns of a table; all but the last must be filled.
COLUMNS = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "object_id",
    "object_label",
    "mapping_justification",
    "confidence",
    "see_also",
    "mapping_date",
    "comment",
)

#: From the strongest to the weakest: what one term says about the other.
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

#: How a sighting begins: a page, or a file of a package (https://github.com/package-url).
SIGHTINGS = ("https://", "http://", "pkg:")


@dataclass(frozen=True)
class Mapping:
    """A row: one of ours, how it stands to one of theirs, and where that was seen.

    Attributes:
        kind: The table, `drugs`.
        subject: The address of ours.
        subject_label: Its label.
        predicate: One of `PREDICATES`.
        object: The identifier of theirs.
        object_label: Its label, as the vocabulary spells it.
        justification: The kind of reasoning behind the row.
        confidence: How sure its author is, from 0 to 1.
        sighting: Where identifier and label were seen together.
        date: The day of the sighting.
        comment: What keeps the two apart, where they are not the same.
        place: `file:line`.
    """

    kind: str
    subject: str
    subject_label: str
    predicate: str
    object: Identifier
    object_label: str
    justification: str
    confidence: float
    sighting: str
    date: str
    comment: str
    place: str


def read(path: Path, root: Path, prefixes: Prefixes) -> list[Mapping]:
    """Read one table.

    Args:
        path: A table, with its metadata as comments at the top.
        root: The folder below which files are named in messages.
        prefixes: The vocabularies that are known.

    Raises:
        MappingInvalid: Rows break the form; the message has a line for each.
    """
    name = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    header = [line for line in lines if line.startswith("#")]
    faults = [f"{name}:1: {fault}" for fault in _check_header(header, prefixes)]
    reader = csv.DictReader(lines[len(header) :], delimiter="\t", restkey="surplus", restval="")
    if tuple(reader.fieldnames or ()) != COLUMNS:
        faults.append(f"{name}:{len(header) + 1}: the columns must be {', '.join(COLUMNS)}.")
        raise _invalid(faults)
    mappings = []
    for row in reader:
        place = f"{name}:{len(header) + reader.line_num}"
        mistakes = list(_check_row(row, prefixes))
        faults += [f"{place}: {mistake}" for mistake in mistakes]
        if not mistakes:
            mappings.append(_mapping(row, path.name.removesuffix(".sssom.tsv"), place, prefixes))
    if faults:
        raise _invalid(faults)
    return mappings


def _check_header(lines: list[str], prefixes: Prefixes) -> Iterator[str]:
    """Yield what is wrong with the metadata: a prefix that means something else than everywhere."""
    try:
        metadata: Any = yaml.safe_load("\n".join(line.removeprefix("#") for line in lines))
    except yaml.YAMLError as error:
        yield f"the metadata are not YAML: {getattr(error, 'problem', error)}."
        return
    declared = metadata.get("curie_map") if isinstance(metadata, dict) else None
    if not isinstance(declared, dict):
        yield "the metadata have no curie_map."
        return
    for prefix, namespace in declared.items():
        ours = PREFIXES.get(prefix)
        if ours is None and prefix in prefixes.known:
            ours = prefixes.namespace(prefix)
        if ours != namespace:
            yield f"the prefix {prefix} stands for {namespace}, where it should for {ours}."


def _check_row(row: dict[str, Any], prefixes: Prefixes) -> Iterator[str]:
    if row.get("surplus"):
        yield f"there are more than {len(COLUMNS)} columns."
        return
    for column in COLUMNS[:-1]:
        if not row[column].strip():
            yield f"{column} is empty" + (
                ": where were number and label seen together?" if column == "see_also" else "."
            )
    if row["subject_id"] and expand_own(row["subject_id"]) is None:
        yield f"the subject {row['subject_id']} has no prefix of ours."
    if row["predicate_id"] and row["predicate_id"] not in PREDICATES:
        yield f"the predicate {row['predicate_id']} is none of {', '.join(PREDICATES)}."
    if row["mapping_justification"] not in {JUSTIFICATION, ""}:
        yield f"the justification {row['mapping_justification']} is not {JUSTIFICATION}."
    if row["object_label"].startswith("("):
        yield f"the label {row['object_label']} is a remark, not a label that was seen."
    if row["see_also"] and not row["see_also"].startswith(SIGHTINGS):
        yield f"the sighting {row['see_also']} is neither a page nor a file of a package (pkg:...)."
    yield from _check_values(row, prefixes)


def _check_values(row: dict[str, Any], prefixes: Prefixes) -> Iterator[str]:
    try:
        if row["object_id"] and prefixes.parse(row["object_id"]).curie != row["object_id"]:
            yield f"{row['object_id']} is spelt {prefixes.parse(row['object_id']).curie}."
    except IdentifierMalformed as error:
        yield str(error)
    try:
        if row["confidence"] and not 0 < float(row["confidence"]) <= 1:
            yield f"the confidence {row['confidence']} is not above 0 and at most 1."
    except ValueError:
        yield f"the confidence {row['confidence']} is not a number."
    try:
        if row["mapping_date"]:
            date.fromisoformat(row["mapping_date"])
    except ValueError:
        yield f"the date {row['mapping_date']} is not like 2026-11-25."


def _mapping(row: dict[str, str], kind: str, place: str, prefixes: Prefixes) -> Mapping:
    return Mapping(
        kind=kind,
        subject=expand_own(row["subject_id"]) or "",
        subject_label=row["subject_label"],
        predicate=row["predicate_id"],
        object=prefixes.parse(row["object_id"]),
        object_label=row["object_label"],
        justification=row["mapping_justification"],
        confidence=float(row["confidence"]),
        sighting=row["see_also"],
        date=row["mapping_date"],
        comment=row["comment"],
        place=place,
    )


def _invalid(faults: list[str]) -> MappingInvalid:
    return MappingInvalid(
        "\n".join(faults),
        advice="Mend the rows; a row that cannot be mended is left out.",
        reference=SSSOM,
    )
