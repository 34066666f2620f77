"""`aikg validate | template`: a report on each file, and a sheet to fill in."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import click

from aikg import build as building
from aikg import graph, settings
from aikg.cli.console import FILE, as_json, format_option, say, say_lines, stages
from aikg.errors import AikgError, MissingFolder, code
from aikg.graph import ensure_built
from aikg.intake import template as sheet
from aikg.intake.examination import examine
from aikg.intake.verdict import Rules
from aikg.ledger import namespaces, tokens
from aikg.ledger.opening import open_ledger
from aikg.names import name_after, submission_namespace
from aikg.publication import change
from aikg.rules import incremental
from aikg.settings import Settings


@click.command()
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--name", help="The submission's name; without it, it is made from the file's name.")
@format_option("text", "json", "turtle")
@click.option(
    "--token", help="Your token in this home, for the namespaces that are registered for you."
)
def validate(files: tuple[Path, ...], name: str | None, form: str, token: str | None) -> None:
    """Validate FILES: Turtle, TriG, N-Triples, N-Quads, JSON-LD, RDF/XML; CSV, XLSX and ODS.

    Each file is judged as a submission, together with the graph. A file below data/ or ontology/ is
    judged as a part of the graph, in place of its last version. JSON is one object a file.

    Exit status: 1 if a file is not valid.
    """
    configured = settings.from_environment()
    curated = [path for path in files if _is_curated(path, configured)]
    submitted = [path for path in files if path not in curated]
    found = _validate_curated(curated, form, configured) if curated else []
    if submitted:
        found += _validate_submitted(submitted, name, form, token, configured)
    for text, _ in found:
        say_lines(text)
    if not all(accepted for _, accepted in found):
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("file", type=FILE)
@click.option("--long", is_flag=True, help="All columns, not only those of the common case.")
def template(file: Path, long: bool) -> None:
    """Write the extraction sheet to FILE, as .xlsx with drop-downs or as .csv.

    A sheet may have any columns of the long form.
    """
    ending = file.suffix.lower()
    if ending not in {".xlsx", ".csv"}:
        raise click.UsageError("FILE must end with .xlsx or .csv")
    cells = Rules.load(settings.from_environment().root).cells
    file.write_bytes(sheet.as_csv(long) if ending == ".csv" else sheet.as_xlsx(cells, long))
    say(f"{file}: fill in one row for each figure, then run `aikg validate {file}`")


def _is_curated(path: Path, configured: Settings) -> bool:
    folders = [configured.root / "data", configured.root / "ontology"]
    return any(path.resolve().is_relative_to(folder.resolve()) for folder in folders)


#: The report on a file, and whether the file is valid.
_Found = tuple[str, bool]


def _validate_curated(files: Sequence[Path], form: str, configured: Settings) -> list[_Found]:
    try:
        with stages() as progress:
            examined = building.validate_files(files, configured, progress)
    except AikgError as error:
        if form != "json":
            raise
        return [_unread(path, error) for path in files]
    return [(one.written(form), one.verdict.accepted) for one in examined]


def _validate_submitted(
    files: Sequence[Path], name: str | None, form: str, token: str | None, configured: Settings
) -> list[_Found]:
    known = _namespaces(configured, token)
    found: list[_Found] = []
    with stages() as progress:
        ensure_built(configured, progress)
        progress("load")
        store = graph.open_graph(configured, with_vocabularies=False).store
        rules = Rules.load(configured.root)
        follows = incremental.read_rules(configured.root / "queries" / "rules")
        for path in files:
            progress(f"validate {path}")
            called = name or name_after(path.name)
            try:
                submission_namespace(called)
                change.set_aside(store, follows, called)
                one = examine(
                    store,
                    _read(path),
                    media_type=None,
                    file=str(path),
                    name=called,
                    rules=rules,
                    namespaces=known,
                    progress=partial(_report_row, progress, path),
                )
                found.append((one.written(form), one.verdict.accepted))
            except AikgError as error:
                if form != "json":
                    raise
                found.append(_unread(path, error))
    return found


def _unread(path: Path, error: AikgError) -> _Found:
    """Report a file that cannot be read, in JSON."""
    problem = {"code": code(error), "detail": str(error), **error.members}
    return as_json({"file": str(path), "accepted": False, "problem": problem}), False


def _namespaces(configured: Settings, token: str | None) -> list[str]:
    if token is None:
        return []
    with contextlib.closing(open_ledger(configured)) as database:
        return namespaces.of(database, tokens.find(database, token).person)


def _report_row(progress: Callable[[str], object], path: Path, row: int) -> None:
    progress(f"validate {path}, row {row + 1:,}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MissingFolder(
            f"{path} cannot be read: {error.strerror}.", advice="Check the name of the file."
        ) from error
