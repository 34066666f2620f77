"""`aikg validate | template`: is a file valid, what to fix in it, and a sheet to fill in."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from aikg import build as building
from aikg import graph, settings
from aikg.cli.console import (
    FILE,
    as_json,
    counted,
    format_option,
    remark,
    say,
    say_json,
    say_lines,
    stages,
)
from aikg.errors import AikgError, MissingFolder, code
from aikg.graph import ensure_built
from aikg.intake import template as sheet
from aikg.intake import texts
from aikg.intake.examination import Examined, examine
from aikg.intake.verdict import Rules
from aikg.ledger import namespaces, tokens
from aikg.ledger.database import Database
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
    """Validate FILES: Turtle, TriG, N-Triples, N-Quads, JSON-LD, RDF/XML; CSV and XLSX.

    Each file is validated as a submission, together with the graph. A file below data/turtle/
    replaces the triples that the graph has from it. JSON is one object a file, or one for all files
    below data/turtle/ together.

    Exit status: 1 if a file is not valid.
    """
    configured = settings.from_environment()
    curated = [path for path in files if _is_curated(path, configured)]
    submitted = [path for path in files if path not in curated]
    valid = True
    if curated:
        valid = _validate_curated(curated, form, configured)
    if submitted:
        valid = _validate_submitted(submitted, name, form, token, configured) and valid
    if not valid:
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


def _validate_curated(files: Sequence[Path], form: str, configured: Settings) -> bool:
    said: dict[str, Any] = {"files": [str(path) for path in files], "accepted": True}
    try:
        with stages() as progress:
            said["remarks"] = building.validate_files(files, configured, progress)
    except AikgError as error:
        if form != "json":
            raise
        said |= {"accepted": False, "problem": _problem(error)}
    if form == "json":
        say_json(said)
    else:
        for one in said["remarks"]:
            remark(one)
        say(f"{counted(len(files), 'file')} valid")
    return bool(said["accepted"])


def _validate_submitted(
    files: Sequence[Path], name: str | None, form: str, token: str | None, configured: Settings
) -> bool:
    known = _namespaces(configured, token)
    found: list[tuple[str, bool]] = []
    with stages() as progress:
        ensure_built(configured, progress)
        progress("load")
        store, rules = graph.open_graph(configured).store, Rules.load(configured.root)
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
                found.append((_write(one, form), one.verdict.accepted))
            except AikgError as error:
                if form != "json":
                    raise
                said = {"file": str(path), "accepted": False, "problem": _problem(error)}
                found.append((as_json(said), False))
    for text, _ in found:
        say_lines(text)
    return all(accepted for _, accepted in found)


def _problem(error: AikgError) -> dict[str, Any]:
    return {"code": code(error), "detail": str(error), **error.members}


def _namespaces(configured: Settings, token: str | None) -> list[str]:
    if token is None:
        return []
    with contextlib.closing(Database(configured.ledger)) as database:
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


def _write(examined: Examined, form: str) -> str:
    if form == "json":
        return texts.as_json(examined.report) + "\n"
    if form == "turtle":
        return texts.as_rdf(examined.verdict, "turtle").decode()
    return texts.as_text(examined.report)
