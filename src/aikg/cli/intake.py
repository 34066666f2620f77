"""`aikg validate | template`: does a file fit, what is to be mended in it, a sheet to fill."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import click

from aikg import build as building
from aikg import graph, settings
from aikg.characters import escaped_rdf
from aikg.cli.console import remark, say, say_lines, stages
from aikg.errors import AikgError, MissingFolder
from aikg.graph import ensure_built
from aikg.intake import template as sheet
from aikg.intake import texts
from aikg.intake.examination import Examined, examine
from aikg.intake.verdict import Rules
from aikg.ledger import namespaces, tokens
from aikg.ledger.database import Database
from aikg.publication import change
from aikg.rules import incremental
from aikg.settings import Settings


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--name", help="The submission's name; without it, the file's.")
@click.option(
    "--format",
    "form",
    default="text",
    show_default=True,
    type=click.Choice(("text", "json", "turtle")),
)
@click.option("--token", help="Yours in this home; namespaces registered for you then count.")
def validate(files: tuple[Path, ...], name: str | None, form: str, token: str | None) -> None:
    """Say whether FILES fit: Turtle, TriG, N-Triples, N-Quads, JSON-LD, RDF/XML; CSV and XLSX.

    Each is judged as a submission, together with the graph. A file below data/turtle/ takes the
    place of what is built from it.

    Exit status: 1 if one of them does not fit.
    """
    configured = settings.from_environment()
    curated = [path for path in files if _is_curated(path, configured)]
    submitted = [path for path in files if path not in curated]
    if curated:
        _validate_curated(curated, configured)
    if submitted and not _validate_submitted(submitted, name, form, token, configured):
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def template(file: Path) -> None:
    """Write the extraction sheet to FILE, as .xlsx with drop-downs or as .csv."""
    ending = file.suffix.lower()
    if ending not in {".xlsx", ".csv"}:
        raise click.UsageError("FILE ends with .xlsx or .csv")
    cells = Rules.load(settings.from_environment().root).cells
    file.write_bytes(sheet.as_csv() if ending == ".csv" else sheet.as_xlsx(cells))
    say(f"{file}: one row a figure; then aikg validate {file}")


def _is_curated(path: Path, configured: Settings) -> bool:
    folders = [configured.root / "data", configured.root / "ontology"]
    return any(path.resolve().is_relative_to(folder.resolve()) for folder in folders)


def _validate_curated(files: Sequence[Path], configured: Settings) -> None:
    with stages() as progress:
        remarks = building.validate_files(files, configured, progress)
    for one in remarks:
        remark(one)
    say(f"{len(files)} file{'s' if len(files) > 1 else ''} valid")


def _validate_submitted(
    files: Sequence[Path], name: str | None, form: str, token: str | None, configured: Settings
) -> bool:
    known = _namespaces(configured, token)
    with stages() as progress:
        ensure_built(configured, progress)
        progress("load")
        store, rules = graph.open_graph(configured).store, Rules.load(configured.root)
        follows = incremental.read_rules(configured.root / "queries" / "rules")
        examined = []
        for path in files:
            progress(f"validate {path}")
            called = name or named_after(path)
            change.set_aside(store, follows, called)
            examined.append(
                examine(
                    store,
                    _read(path),
                    media_type=None,
                    file=str(path),
                    name=called,
                    rules=rules,
                    namespaces=known,
                    progress=partial(_told_row, progress, path),
                )
            )
    for one in examined:
        say_lines(_write(one, form))
    return all(one.verdict.accepted for one in examined)


def _namespaces(configured: Settings, token: str | None) -> list[str]:
    if token is None:
        return []
    with contextlib.closing(Database(configured.ledger)) as database:
        return namespaces.of(database, tokens.find(database, token).person)


def _told_row(progress: Callable[[str], object], path: Path, row: int) -> None:
    progress(f"validate {path}, row {row + 1:,}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MissingFolder(
            f"{path} cannot be read: {error.strerror}.", advice="Check the name of the file."
        ) from error


def named_after(path: Path) -> str:
    """Give the name of a submission after that of its file."""
    name = re.sub(r"[^a-z0-9]+", "-", path.name.partition(".")[0].lower()).strip("-")
    if not name:
        raise AikgError(f"{path} gives no name.", advice="Give one: --name my-trial.")
    return name[:64]


def _write(examined: Examined, form: str) -> str:
    if form == "json":
        return texts.as_json(examined.report) + "\n"
    if form == "turtle":
        return escaped_rdf(texts.as_rdf(examined.verdict, "turtle").decode())
    return texts.as_text(examined.report)
