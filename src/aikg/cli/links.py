"""`aikg links check | coverage`: the links to other vocabularies, and how they stand."""

from __future__ import annotations

from pathlib import Path

import click

from aikg import settings
from aikg.cli.console import print_rows, say
from aikg.cli.console import remark as say_remark
from aikg.files import turtle
from aikg.links import coverage as covering
from aikg.links import drift, mappings, neighbours, obsolete, vocabulary
from aikg.links.identifiers import read_prefixes
from aikg.links.other_names import read_names
from aikg.links.sssom import Mapping


@click.group()
def links() -> None:
    """Look after the links to other vocabularies."""


def _read() -> tuple[list[Mapping], dict[str, str]]:
    """Read the tables and the labels of ours, and hold the one against the other."""
    root = settings.from_environment().root
    statements = turtle.read_folder(root / "ontology", root)
    statements += turtle.read_folder(root / "data" / "turtle", root)
    labels = mappings.labels(statements)
    rows = mappings.read_folder(root)
    prefixes = read_prefixes(root)
    mappings.judge(rows, labels, obsolete.read(root, prefixes))
    read_names(root, labels)
    neighbours.read(root, prefixes, labels)
    return rows, covering.entities(statements)


@links.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--prefix", help="Whose identifiers a table has that stand without prefix.")
def check(files: tuple[Path, ...], prefix: str | None) -> None:
    """Check the mapping tables, by themselves and against vocabulary FILES.

    FILES are OBO, RDF, TSV, CSV or JSON; several may hold one vocabulary. A term that is absent or
    obsolete there, or is called otherwise, is told with its row.

    Exit status: 1 if a row must be mended.
    """
    rows, _ = _read()
    prefixes = read_prefixes(settings.from_environment().root)
    say(f"{len(rows)} rows keep their form and contradict neither each other nor the graph")
    read = {path.name: vocabulary.read(path, prefixes, prefix) for path in files}
    for name, terms in read.items():
        say(f"{name}: {len(terms)} terms, {sum(row.object in terms for row in rows)} rows")
    remarks = list(drift.compare(rows, read))
    for remark in remarks:
        say_remark(f"{remark.level}  {remark.place}: {remark.message}")
    if any(remark.level == drift.MEND for remark in remarks):
        raise click.exceptions.Exit(1)


@links.command()
@click.option("--missing", is_flag=True, help="List who has no link, and why.")
def coverage(missing: bool) -> None:
    """Show how far the links reach, by kind and vocabulary."""
    rows, entities = _read()
    if missing:
        reasons = covering.read_reasons(settings.from_environment().root)
        print_rows(("ours", "label", "why"), covering.unlinked(entities, rows, reasons))
        return
    found = covering.count(rows)
    print_rows(
        ("table", "vocabulary", "ours", "rows", "exact"),
        [(c.kind, c.vocabulary, c.entities, c.rows, c.exact) for c in found],
    )
    say(f"{sum(c.rows for c in found)} rows, {sum(c.exact for c in found)} of them exact")
    say()
    print_rows(
        ("ours", "all", "with a link", "with an exact match"), covering.reach(entities, rows)
    )
