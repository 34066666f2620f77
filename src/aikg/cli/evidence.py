"""`aikg build | audit | query | reason | claims`: the graph from its files, and its content."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

from aikg import audit as auditing
from aikg import build as building
from aikg import claims as judging
from aikg import graph, settings
from aikg.cli.console import (
    FILE,
    console,
    counted,
    data_output,
    format_option,
    print_rows,
    remark,
    rows_option,
    say,
    say_json,
    stages,
    text_output,
)
from aikg.files.turtle import Statement
from aikg.names import RDF_TYPE
from aikg.sparql.evaluation import as_text

#: Standard input, as everywhere on a command line.
STDIN = "-"

_FILES = click.argument("files", nargs=-1, type=FILE)
_FORMAT = format_option("table", "json", "csv")


@click.command()
@format_option("text", "json")
def build(form: str) -> None:
    """Read, validate, reason and check the files, and write the graph."""
    configured = settings.from_environment()
    began = time.monotonic()
    with stages() as progress:
        result = building.build(configured, progress)
    if form == "json":
        counts = {"stated": len(result.asserted), "inferred": len(result.inferred)}
        say_json(
            {
                "version": result.version,
                **counts,
                "remarks": result.remarks,
                "graph": str(configured.graph),
            }
        )
        return
    if result.remarks:
        console.print(f"{counted(result.remarks, 'remark')}: see `aikg audit`")
    console.print(
        f"version {result.version}: {len(result.asserted)} triples stated, "
        f"{len(result.inferred)} inferred, {time.monotonic() - began:.1f} s, {configured.graph}",
        soft_wrap=True,
    )


@click.command()
@_FILES
@_FORMAT
def audit(files: tuple[Path, ...], form: str) -> None:
    """List impossible, unlikely and untestable figures of the graph, or of FILES.

    Exit status: 1 if an error is not recorded as a data issue of its source.
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
    """Print the problems that rules found, then those that were recorded by hand."""
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
    type=FILE,
    help="A file of another vocabulary, as a named graph; can be repeated.",
)
def query(question: str | None, form: str, vocabularies: tuple[Path, ...]) -> None:
    """Answer QUESTION: the name of a registered question, a file, or - for standard input.

    Without QUESTION, list the registered questions.
    """
    configured = settings.from_environment()
    if question is None:
        listed = [(q.name, q.summary) for q in graph.registered()]
        print_rows(("question", "asks"), listed, form)
        return
    text = sys.stdin.read() if question == STDIN else graph.find_text(question)
    with stages() as progress:
        opened = graph.open_graph(configured, vocabularies, progress)
    if form == "table":
        names, rows = opened.table(text)
        print_rows(names, rows)
    else:
        with data_output() as output:
            opened.write(text, form, output)


@click.command()
@rows_option
@click.option("--hermit", is_flag=True, help="Compare them with HermiT (needs aikg[java]).")
def reason(form: str, hermit: bool) -> None:
    """Show the inferred types and properties."""
    configured = settings.from_environment()
    with stages() as progress:
        result = building.compile_graph(configured, progress)
    rows = [
        (as_text(s), "a" if p.value == RDF_TYPE else as_text(p), as_text(o))
        for s, p, o in result.inferred
    ]
    print_rows(("subject", "property", "follows"), rows, form)
    if hermit:
        _prove(result.asserted, configured.root / "queries" / "rules")


def _prove(asserted: Sequence[Statement], rules: Path) -> None:
    """Let HermiT reason over the same triples, and show the differences."""
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


@click.command()
@_FILES
@click.option(
    "--since",
    type=click.IntRange(1900, 2200),
    metavar="YEAR",
    help="Only claims of which something has changed since then, in words.",
)
@_FORMAT
def claims(files: tuple[Path, ...], since: int | None, form: str) -> None:
    """Show the status of each claim that findings can test, with the reasons.

    FILES are added to the graph first: a trial, or your own margin. The output marks each status
    that they change. With --since, expectations have a status too: met, or not.
    """
    configured = settings.from_environment()
    if since is not None:
        _show_changes(files, since, form, configured)
        return
    with stages() as progress:
        assessed = judging.assess(files, configured, progress)
    if form != "table":
        with text_output() as output:
            judging.write(assessed, form, output)
        return
    for each in assessed:
        margin = f", under {each.margin}" if each.margin else ""
        was = f" (was {each.was})" if each.was else ""
        why = f": {each.why}" if each.why else ""
        say(f"{each.status}{was}{margin}{why}  {each.claim}")
        say(f"    {each.says}")
        for line in each.lines:
            reasons = f": {line.reasons}" if line.reasons else ""
            say(f"    {line.direction}  {line.figure}{reasons}  [{line.finding}, {line.found_by}]")
        say()
    for rule, data in {(each.rule, each.data) for each in assessed}:
        say(f"By the rule {rule}, on the data of version {data}.")
    say("docs/explanation/claims.md explains each status and reason. A likeness is supported")
    say("only with a margin. Judgements, expectations and recommendations are not computed.")


def _show_changes(
    files: Sequence[Path], since: int, form: str, configured: settings.Settings
) -> None:
    """Print what has changed since a year: a few to read first, then the others."""
    with stages() as progress:
        found = judging.changes(files, configured, since, progress)
    if form != "table":
        with text_output() as output:
            judging.write_changes(found, form, output)
        return
    for first in (True, False):
        chosen = [each for each in found if each.first == first]
        say(f"{'Read first' if first else 'Also changed'}: {len(chosen)}")
        say()
        for each in chosen:
            margin = f", under {each.margin}" if each.margin else ""
            say(f"{each.state}{margin}  {each.claim}")
            say(f"    {each.says}")
            say(f"    {each.sentence}")
            if each.figures:
                say(f"    {each.figures}")
            say()
    say("docs/explanation/claims.md explains each status, and by which rule some come first.")
    say("The trials were chosen by hand; `aikg query trials-chosen` lists them.")
