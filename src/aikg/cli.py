"""The command line: `aikg build | validate | audit | query | reason | serve`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from aikg import audit as auditing
from aikg import build as building
from aikg import graph, settings
from aikg.errors import AikgError
from aikg.names import RDF_TYPE, shorten
from aikg.turtle import Statement

#: Messages go to standard error, so that an answer can be piped.
console = Console(stderr=True, highlight=False)

#: The file's own name for standard input, as everywhere on a command line.
STDIN = "-"


class Commands(click.Group):
    """Turns every error of ours into its three lines and exit status 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error that is not ours keeps its traceback."""
        try:
            return super().invoke(ctx)
        except AikgError as error:
            console.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)
            console.print(f"[bold]do:[/] {escape(error.advice)}", soft_wrap=True)
            if error.reference:
                console.print(f"[bold]see:[/] {error.reference}", soft_wrap=True)
            ctx.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aikg")
def main() -> None:
    """Evidence on aromatase inhibitors as a graph: build it, ask it, serve it.

    Exit status: 0 done, 1 an error that is named, 2 a mistake in the command.
    """


@main.command()
def build() -> None:
    """Read, validate, reason and check the files, and write the graph."""
    configured = settings.from_environment()
    began = time.monotonic()
    with _stages() as progress:
        result = building.build(configured, progress)
    if result.remarks:
        remarks = f"{len(result.remarks)} remark{'' if len(result.remarks) == 1 else 's'}"
        console.print(f"{remarks}: see `aikg audit`")
    console.print(
        f"version {result.version}: {len(result.asserted)} triples stated, "
        f"{len(result.inferred)} inferred, {time.monotonic() - began:.1f} s, {configured.graph}",
        soft_wrap=True,
    )


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def validate(files: tuple[Path, ...]) -> None:
    """Hold FILES against the shapes and checks, together with the graph's own files.

    A file below data/turtle/ takes the place of what is built from it.
    """
    configured = settings.from_environment()
    with _stages() as progress:
        remarks = building.validate_files(files, configured, progress)
    for remark in remarks:
        console.print(escape(remark), soft_wrap=True)
    click.echo(f"{len(files)} file{'s' if len(files) > 1 else ''} valid")


@main.command()
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
    with _stages() as progress:
        report = auditing.audit(files, configured, progress)
    if form == "table":
        _print_report(report)
    else:
        auditing.write(report, form, sys.stdout)
    if report.stops:
        raise click.exceptions.Exit(1)


def _print_report(report: auditing.Report) -> None:
    """Print what the rules found, and below it what was recorded by hand."""
    for by_rule in (True, False):
        entries = [e for e in report.entries if (e.level != auditing.RECORDED) == by_rule]
        click.echo(f"{'Found by rule' if by_rule else 'Recorded by hand'}: {len(entries)}\n")
        for e in entries:
            known = f", recorded as {e.recorded}" if e.recorded else ""
            click.echo(f"{e.level}{known}  {e.found_by}  {e.file}  {e.source_place}".rstrip())
            click.echo(f"    {e.message}")
            if e.issue:
                click.echo(f"    on record: {e.issue}")
            for hypothesis in e.hypotheses:
                click.echo(f"    may be: {hypothesis}")
        click.echo()


@main.command()
@click.argument("question", required=False)
@click.option(
    "--format",
    "form",
    default="table",
    show_default=True,
    help="table, json, xml, csv, tsv; for CONSTRUCT and DESCRIBE turtle, ntriples, rdfxml, "
    "jsonld, nquads, trig",
)
def query(question: str | None, form: str) -> None:
    """Ask QUESTION: the name of a registered question, a file, or - for standard input.

    Without QUESTION the registered questions are listed.
    """
    configured = settings.from_environment()
    if question is None:
        _print_rows(("question", "asks"), [(q.name, q.summary) for q in graph.registered()])
        return
    text = sys.stdin.read() if question == STDIN else graph.find_text(question)
    with _stages() as progress:
        building.ensure_built(configured, progress)
    opened = graph.open_graph(configured)
    if form == "table":
        names, rows = opened.table(text)
        _print_rows(names, rows)
    else:
        sys.stdout.flush()
        opened.write(text, form, sys.stdout.buffer)


@main.command()
@click.option("--hermit", is_flag=True, help="Prove it with HermiT (needs aikg[java]).")
def reason(hermit: bool) -> None:
    """Show what follows from the files: the types and the properties that nobody states."""
    configured = settings.from_environment()
    with _stages() as progress:
        result = building.compile_graph(configured, progress)
    rows = [
        (
            _short(t.subject),
            "a" if t.predicate.value == RDF_TYPE else _short(t.predicate),
            _short(t.object),
        )
        for t in result.inferred
    ]
    _print_rows(("subject", "property", "follows"), rows)
    if hermit:
        _prove(result.asserted, configured.root / "queries" / "rules")


def _prove(asserted: Sequence[Statement], rules: Path) -> None:
    """Let HermiT reason over the same slice, and show where it differs."""
    from aikg import hermit  # noqa: PLC0415  owlready2 takes a second to import

    with _stages() as progress:
        progress("HermiT")
        missing, surplus = hermit.disagreement(asserted, rules)
    for who, facts in (("HermiT", missing), ("the rules", surplus)):
        for fact in sorted(facts):
            console.print(f"only {who}: {escape(fact)}", soft_wrap=True)
    if missing or surplus:
        raise click.exceptions.Exit(1)
    console.print("HermiT agrees, and finds no contradiction.")


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 for all.")
@click.option(
    "--port",
    default=8080,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="0 takes one that is free.",
)
def serve(host: str, port: int) -> None:
    """Answer SPARQL over HTTP at http://HOST:PORT/sparql; build first where files have changed."""
    from aikg import web  # noqa: PLC0415  only this command needs Flask

    configured = settings.from_environment()
    with _stages() as progress:
        building.ensure_built(configured, progress)
    web.serve(configured, host, port)


@contextmanager
def _stages() -> Iterator[Callable[[str], None]]:
    """Show the stage that runs, on a terminal only; nothing stays behind."""
    with console.status("") as status:
        yield lambda stage: status.update(f"{stage} ...")


def _short(term: object) -> str:
    value = getattr(term, "value", str(term))
    return shorten(value) if value.startswith("http") else value


def _print_rows(names: tuple[str, ...] | list[str], rows: list[Any]) -> None:
    """Print a table; into a pipe as wide as it needs to be, so that nothing is cut."""
    table = Table(*names)
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    terminal = Console(highlight=False, width=None if sys.stdout.isatty() else 10_000)
    terminal.print(table)
    terminal.print(f"{len(rows)} row{'' if len(rows) == 1 else 's'}")
