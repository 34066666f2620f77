"""`aikg build | audit | query | reason`: the graph from its files, and what is in it."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

from aikg import audit as auditing
from aikg import build as building
from aikg import graph, settings
from aikg.built import ensure_built
from aikg.cli.console import (
    console,
    data_output,
    print_rows,
    remark,
    say,
    stages,
    text_output,
)
from aikg.files.turtle import Statement
from aikg.names import RDF_TYPE, shorten

#: The file's own name for standard input, as everywhere on a command line.
STDIN = "-"


@click.command()
def build() -> None:
    """Read, validate, reason and check the files, and write the graph."""
    configured = settings.from_environment()
    began = time.monotonic()
    with stages() as progress:
        result = building.build(configured, progress)
    if result.remarks:
        remarks = f"{len(result.remarks)} remark{'' if len(result.remarks) == 1 else 's'}"
        console.print(f"{remarks}: see `aikg audit`")
    console.print(
        f"version {result.version}: {len(result.asserted)} triples stated, "
        f"{len(result.inferred)} inferred, {time.monotonic() - began:.1f} s, {configured.graph}",
        soft_wrap=True,
    )


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    default="table",
    show_default=True,
    type=click.Choice(("table", "json", "csv")),
)
def audit(files: tuple[Path, ...], form: str) -> None:
    """Show what cannot be true, is unlikely or cannot be tested, in the graph or in FILES.

    Exit status: 1 if an error is recorded by no data issue of its source.
    """
    configured = settings.from_environment()
    with stages() as progress:
        report = auditing.audit(files, configured, progress)
    if form == "table":
        _print_report(report)
    else:
        with text_output() as output:
            auditing.write(report, form, output)
    if report.stops:
        raise click.exceptions.Exit(1)


def _print_report(report: auditing.Report) -> None:
    """Print what the rules found, and below it what was recorded by hand."""
    for by_rule in (True, False):
        entries = [e for e in report.entries if (e.level != auditing.RECORDED) == by_rule]
        say(f"{'Found by rule' if by_rule else 'Recorded by hand'}: {len(entries)}")
        say()
        for e in entries:
            known = f", recorded as {e.recorded}" if e.recorded else ""
            say(f"{e.level}{known}  {e.found_by}  {e.file}  {e.source_place}".rstrip())
            say(f"    {e.message}")
            if e.issue:
                say(f"    on record: {e.issue}")
            for hypothesis in e.hypotheses:
                say(f"    may be: {hypothesis}")
        say()


@click.command()
@click.argument("question", required=False)
@click.option(
    "--format",
    "form",
    default="table",
    show_default=True,
    help="table, json, xml, csv, tsv; for CONSTRUCT and DESCRIBE turtle, ntriples, rdfxml, "
    "jsonld, nquads, trig",
)
@click.option(
    "--vocabulary",
    "vocabularies",
    multiple=True,
    type=click.Path(path_type=Path),
    help="An RDF file of others, as a named graph beside the evidence; can be repeated.",
)
def query(question: str | None, form: str, vocabularies: tuple[Path, ...]) -> None:
    """Ask QUESTION: the name of a registered question, a file, or - for standard input.

    Without QUESTION the registered questions are listed.
    """
    configured = settings.from_environment()
    if question is None:
        print_rows(("question", "asks"), [(q.name, q.summary) for q in graph.registered()])
        return
    text = sys.stdin.read() if question == STDIN else graph.find_text(question)
    with stages() as progress:
        ensure_built(configured, progress)
    opened = graph.open_graph(configured, vocabularies)
    if form == "table":
        names, rows = opened.table(text)
        print_rows(names, rows)
    else:
        with data_output() as output:
            opened.write(text, form, output)


@click.command()
@click.option("--hermit", is_flag=True, help="Prove it with HermiT (needs aikg[java]).")
def reason(hermit: bool) -> None:
    """Show what follows from the files: the types and the properties that nobody states."""
    configured = settings.from_environment()
    with stages() as progress:
        result = building.compile_graph(configured, progress)
    rows = [
        (
            _short(t.subject),
            "a" if t.predicate.value == RDF_TYPE else _short(t.predicate),
            _short(t.object),
        )
        for t in result.inferred
    ]
    print_rows(("subject", "property", "follows"), rows)
    if hermit:
        _prove(result.asserted, configured.root / "queries" / "rules")


def _prove(asserted: Sequence[Statement], rules: Path) -> None:
    """Let HermiT reason over the same slice, and show where it differs."""
    from aikg.rules import hermit  # noqa: PLC0415  owlready2 takes a second to import

    with stages() as progress:
        progress("HermiT")
        missing, surplus = hermit.disagreement(asserted, rules)
    for who, facts in (("HermiT", missing), ("the rules", surplus)):
        for fact in sorted(facts):
            remark(f"only {who}: {fact}")
    if missing or surplus:
        raise click.exceptions.Exit(1)
    console.print("HermiT agrees, and finds no contradiction.")


def _short(term: object) -> str:
    value = getattr(term, "value", str(term))
    return shorten(value) if value.startswith("http") else value
