"""Checks of the mapping tables, for those who maintain them; not part of the installed package.

.venv/bin/python tools/mapping_tables.py check hp.obo stato.owl
.venv/bin/python tools/mapping_tables.py coverage --missing
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import click

from aikg import settings
from aikg.cli.console import print_rows, say
from aikg.errors import AikgError
from aikg.files import turtle
from aikg.files.turtle import Statement
from aikg.links import mappings, records, tables
from aikg.links.identifiers import read_prefixes
from aikg.links.records import EXACT, Mapping
from aikg.links.tables import Table
from aikg.names import BASE, shorten
from aikg.vocabularies.terms import Term, Vocabulary, read_vocabulary

#: The kinds whose entities are looked up in other vocabularies.
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

#: Patterns of names, each with the reason why such an entity has no link; the first match counts.
REASONS = records.FOLDER / "unlinked.tsv"
NO_REASON = "no reason is given"

#: The levels of a remark: a row that must be fixed, or a label that is only spelt otherwise.
FIX, NOTE = "Fix", "Note"


@dataclass(frozen=True)
class Coverage:
    """The links of one table to one vocabulary.

    Attributes:
        kind: The table, `drugs`.
        vocabulary: The prefix.
        entities: How many of our entities have a link to it.
        rows: How many links there are.
        exact: How many of them are exact matches.
    """

    kind: str
    vocabulary: str
    entities: int
    rows: int
    exact: int


@dataclass(frozen=True)
class Remark:
    """A difference between a row and a vocabulary file.

    Attributes:
        level: `Fix` or `Note`.
        place: `file:line` of the row.
        message: The difference, as a sentence.
    """

    level: str
    place: str
    message: str


@dataclass(frozen=True)
class Reason:
    """Why some entities have no link.

    Attributes:
        pattern: A pattern of short names, `outcome:duration-of-*`.
        reason: The reason.
        place: `file:line`.
    """

    pattern: str
    reason: str
    place: str


def count(rows: Iterable[Mapping]) -> list[Coverage]:
    """Count links by table and vocabulary."""
    groups: dict[tuple[str, str], list[Mapping]] = {}
    for row in rows:
        groups.setdefault((row.kind, row.object.prefix), []).append(row)
    return [
        Coverage(
            *key,
            entities=len({row.subject for row in group}),
            rows=len(group),
            exact=sum(row.predicate == EXACT for row in group),
        )
        for key, group in sorted(groups.items(), key=lambda g: (g[0][0], g[0][1].lower()))
    ]


def entities(statements: Iterable[Statement]) -> dict[str, str]:
    """Return the label of each entity of the kinds, by its address."""
    roots = tuple(f"{BASE}{kind}/" for kind in KINDS)
    return {iri: name for iri, name in mappings.labels(statements).items() if iri.startswith(roots)}


def reach(labels: Dictionary[str, str], rows: Sequence[Mapping]) -> list[tuple[str, int, int, int]]:
    """Count for each kind: its entities, those with a link, those with an exact match."""
    linked = {row.subject for row in rows}
    exact = {row.subject for row in rows if row.predicate == EXACT}
    table = []
    for kind in KINDS:
        ours = {iri for iri in labels if iri.startswith(f"{BASE}{kind}/")}
        table.append((kind, len(ours), len(ours & linked), len(ours & exact)))
    return table


def read_reasons(root: Path) -> list[Reason]:
    """Read why some entities have no link.

    Raises:
        MappingInvalid: The table is not valid.
    """
    columns = {"pattern": str, "reason": str}
    reasons, faults = tables.read_table(Table(Reason, columns), root / REASONS, root)
    tables.refuse(faults)
    return reasons


def unlinked(
    labels: Dictionary[str, str], rows: Iterable[Mapping], reasons: Sequence[Reason]
) -> list[tuple[str, str, str]]:
    """Return short name, label and reason of each entity without a link."""
    linked = {row.subject for row in rows}
    missing = []
    for iri, label in sorted(labels.items()):
        if iri not in linked:
            name = shorten(iri)
            matching = (r.reason for r in reasons if fnmatchcase(name, r.pattern))
            missing.append((name, label, next(matching, NO_REASON)))
    return missing


def compare(rows: Sequence[Mapping], files: Dictionary[str, Vocabulary]) -> Iterator[Remark]:
    """Compare rows with vocabulary files, given by name; one vocabulary may have several files."""
    for name, terms in files.items():
        for row in rows:
            if row.object in terms:
                yield from _compare(row, terms[row.object], name)
    whole = [terms for terms in files.values() if not all(t.obsolete for t in terms.values())]
    prefixes = {main_prefix(terms) for terms in whole}
    for row in rows:
        if row.object.prefix in prefixes and not any(row.object in t for t in files.values()):
            yield Remark(FIX, row.place, f"{row.object.curie} is in none of the files.")


def main_prefix(terms: Vocabulary) -> str:
    """Return the prefix of most terms of a file, which should have all terms with it."""
    return Counter(identifier.prefix for identifier in terms).most_common(1)[0][0]


def _compare(row: Mapping, term: Term, name: str) -> Iterator[Remark]:
    theirs = row.object.curie
    if term.obsolete:
        use = f"; use {term.replaced_by}" if term.replaced_by else ""
        yield Remark(FIX, row.place, f"{theirs} is obsolete in {name}{use}.")
    elif term.label and term.label != row.object_label:
        known = {synonym.casefold() for synonym in term.synonyms} | {term.label.casefold()}
        level = NOTE if row.object_label.casefold() in known else FIX
        called = f"called {term.label!r} in {name}, and {row.object_label!r} in the row"
        yield Remark(level, row.place, f"{theirs} is {called}.")


@click.group()
def main() -> None:
    """Check the links to other vocabularies."""


def _read(root: Path) -> tuple[list[Mapping], dict[str, str]]:
    """Read and check all tables; return the mappings, and the labels of our entities."""
    statements = turtle.read_folder(root / "ontology", root)
    statements += turtle.read_folder(root / "data" / "turtle", root)
    mappings.read_graphs(root, statements)
    return records.read_mappings(root, read_prefixes(root)), entities(statements)


@main.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--prefix", help="The vocabulary of identifiers that a table has without prefix.")
def check(files: tuple[Path, ...], prefix: str | None) -> None:
    """Check the mapping tables, by themselves and against vocabulary FILES.

    FILES are OBO, RDF, TSV, CSV or JSON; one vocabulary may have several. The report names each row
    whose term is absent, obsolete, or called otherwise.

    Exit status: 1 if a row must be fixed.
    """
    root = settings.from_environment().root
    try:
        rows, _ = _read(root)
        known = read_prefixes(root)
        read = {path.name: read_vocabulary(path, known, prefix) for path in files}
    except AikgError as error:
        raise click.ClickException(f"{error}\n{error.advice}") from error
    say(f"{len(rows)} rows are valid and contradict neither each other nor the graph")
    for name, terms in read.items():
        say(f"{name}: {len(terms)} terms, {sum(row.object in terms for row in rows)} rows")
    remarks = list(compare(rows, read))
    for remark in remarks:
        say(f"{remark.level}  {remark.place}: {remark.message}")
    if any(remark.level == FIX for remark in remarks):
        raise click.exceptions.Exit(1)


@main.command()
@click.option("--missing", is_flag=True, help="List the entities without a link, and why.")
def coverage(missing: bool) -> None:
    """Count the links, by table and vocabulary."""
    root = settings.from_environment().root
    try:
        rows, labels = _read(root)
        reasons = read_reasons(root)
    except AikgError as error:
        raise click.ClickException(f"{error}\n{error.advice}") from error
    if missing:
        print_rows(("entity", "label", "why"), unlinked(labels, rows, reasons))
        return
    found = count(rows)
    print_rows(
        ("table", "vocabulary", "entities", "rows", "exact"),
        [(c.kind, c.vocabulary, c.entities, c.rows, c.exact) for c in found],
    )
    say(f"{sum(c.rows for c in found)} rows, {sum(c.exact for c in found)} of them exact")
    say()
    print_rows(("kind", "all", "with a link", "with an exact match"), reach(labels, rows))


if __name__ == "__main__":
    main()
