"""How far the links reach: by kind and vocabulary, and who has none, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from aikg.files.turtle import Statement
from aikg.links import tables
from aikg.links.sssom import EXACT, Mapping
from aikg.names import BASE, RDFS_LABEL, shorten

#: The kinds of which every entity is looked for in other vocabularies.
KINDS = (
    "drug",
    "drug-class",
    "target",
    "population",
    "outcome",
    "study",
    "publication",
    "ontology",
)

#: Why some have no term elsewhere: patterns of names, and the reason; the first that fits holds.
FILE = Path("ontology", "mappings", "unlinked.tsv")

COLUMNS = ("pattern", "reason")

#: What stands where no reason is given.
NO_REASON = "no reason is given"


@dataclass(frozen=True)
class Coverage:
    """How far one vocabulary covers one kind.

    Attributes:
        kind: The table, `drugs`.
        vocabulary: The prefix.
        entities: How many of ours have a link to it.
        rows: How many links there are.
        exact: How many of them are exact matches.
    """

    kind: str
    vocabulary: str
    entities: int
    rows: int
    exact: int


def count(mappings: Iterable[Mapping]) -> list[Coverage]:
    """Count links by kind and vocabulary."""
    rows: Counter[tuple[str, str]] = Counter()
    exact: Counter[tuple[str, str]] = Counter()
    entities: dict[tuple[str, str], set[str]] = {}
    for row in mappings:
        key = row.kind, row.object.prefix
        rows[key] += 1
        exact[key] += row.predicate == EXACT
        entities.setdefault(key, set()).add(row.subject)
    return [
        Coverage(kind, vocabulary, len(entities[kind, vocabulary]), rows[key], exact[key])
        for key in sorted(rows, key=lambda pair: (pair[0], pair[1].lower()))
        for kind, vocabulary in [key]
    ]


def entities(statements: Iterable[Statement]) -> dict[str, str]:
    """Give the label of each entity of the kinds, by its address."""
    roots = tuple(f"{BASE}{kind}/" for kind in KINDS)
    found = {}
    for statement in statements:
        subject = str(getattr(statement.triple.subject, "value", ""))
        if statement.triple.predicate.value == RDFS_LABEL and subject.startswith(roots):
            found[subject] = str(getattr(statement.triple.object, "value", ""))
    return found


def reach(
    labels: Dictionary[str, str], mappings: Iterable[Mapping]
) -> list[tuple[str, int, int, int]]:
    """Give for each kind of ours: how many there are, have a link, and have an exact match."""
    mappings = list(mappings)
    linked = {row.subject for row in mappings}
    exact = {row.subject for row in mappings if row.predicate == EXACT}
    table = []
    for kind in KINDS:
        ours = {iri for iri in labels if iri.startswith(f"{BASE}{kind}/")}
        table.append((kind, len(ours), len(ours & linked), len(ours & exact)))
    return table


def read_reasons(root: Path) -> list[tuple[str, str]]:
    """Read why some of ours have no term elsewhere.

    Raises:
        MappingInvalid: The table breaks its form.
    """
    rows = tables.read(root, FILE, COLUMNS)
    faults = [f"{place}: {m}" for place, row in rows for m in tables.mistakes(row, COLUMNS)]
    if faults:
        raise tables.invalid(faults)
    return [(row["pattern"], row["reason"]) for _, row in rows]


def unlinked(
    labels: Dictionary[str, str],
    mappings: Iterable[Mapping],
    reasons: Iterable[tuple[str, str]],
) -> list[tuple[str, str, str]]:
    """Give short name, label and reason of each entity that no row is about."""
    linked = {row.subject for row in mappings}
    reasons = list(reasons)
    missing = []
    for iri, label in sorted(labels.items()):
        if iri not in linked:
            name = shorten(iri)
            fits = (why for pattern, why in reasons if fnmatchcase(name, pattern))
            missing.append((name, label, next(fits, NO_REASON)))
    return missing
