"""`aikg compare | network | map`: how treatments compare, and what stands in the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from aikg import comparison, settings
from aikg.characters import visible
from aikg.cli.console import print_rows, remark, say, say_json, stages, text_output
from aikg.errors import ComparisonMalformed
from aikg.synthesis import output
from aikg.synthesis.asking import Words
from aikg.synthesis.effects import MEASURES
from aikg.synthesis.output import FORMATS

_F = TypeVar("_F", bound=Callable[..., Any])


def _options(function: _F) -> _F:
    """Add the options that all three commands have."""
    for option in reversed(
        (
            click.option("--outcome", required=True, help="The outcome."),
            click.option("--population", default="", help="The population; all without it."),
            click.option("--measure", default="", help=f"One of: {', '.join(MEASURES)}."),
            click.option(
                "--figures",
                default="both",
                show_default=True,
                type=click.Choice(("review", "paper", "both")),
                help="Whose figures are used.",
            ),
            click.option(
                "--nodes",
                default="drug",
                show_default=True,
                type=click.Choice(("drug", "regimen")),
                help="A treatment is a drug, or a drug at one dose.",
            ),
            click.option(
                "--correct",
                default="0",
                type=click.Choice(("0", "0.5")),
                help="The number added to the cells of a trial with a zero cell.",
            ),
            click.option("--curated", is_flag=True, help="Leave submissions out."),
            click.option(
                "--file",
                "files",
                multiple=True,
                type=click.Path(path_type=Path),
                help="A sheet or RDF of a trial that is not published; may be repeated.",
            ),
            click.option(
                "--output",
                "folder",
                type=click.Path(path_type=Path, file_okay=False),
                help="The folder for formats of several files.",
            ),
        )
    ):
        function = option(function)
    return function


def _format(kind: str) -> Callable[[_F], _F]:
    names = ("table", *FORMATS[kind])
    return click.option(
        "--format", "form", default="table", show_default=True, type=click.Choice(names)
    )


@click.command()
@click.argument("experimental")
@click.argument("reference")
@_options
@_format("compare")
def compare(form: str, folder: Path | None, **words: Any) -> None:
    """Compare EXPERIMENTAL with REFERENCE on an outcome.

    Names are found as by `aikg search`. A refusal is an answer. docs/reference/compare.md
    describes how each number is computed, and what each code means.
    """
    _answer("compare", form, folder, words)


@click.command()
@_options
@_format("network")
def network(form: str, folder: Path | None, **words: Any) -> None:
    """Compare every pair of treatments of each network on an outcome."""
    _answer("network", form, folder, words)


@click.command("map")
@_options
@_format("map")
def map_(form: str, folder: Path | None, **words: Any) -> None:
    """Map which pairs of treatments have which evidence, and which cell is missing."""
    _answer("map", form, folder, words)


globals()["map"] = map_  # The name of the command.


def _answer(
    kind: str,
    form: str,
    folder: Path | None,
    words: dict[str, Any],
) -> None:
    files = words.pop("files")
    try:
        with stages() as progress:
            progress("read")
            asker = comparison.asker(settings.from_environment(), files)
            progress("compute")
            answer = output.answer(asker, kind, Words(**words))
    except ComparisonMalformed as error:
        if form == "json":
            problem = {"code": error.code, "message": str(error), "advice": error.advice}
            say_json({**problem, "choices": error.choices})
            raise SystemExit(2) from None
        raise click.UsageError(visible(f"{error} {error.advice}")) from None
    if form == "table":
        _print(answer, kind)
        return
    texts = output.write(answer, kind, form)
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8", newline="")
            remark(str(folder / name))
    elif len(texts) == 1:
        with text_output() as stream:
            stream.write(next(iter(texts.values())))
    else:
        raise click.UsageError(
            f"{form} has {len(texts)} files: {', '.join(texts)}. Name a folder with --output."
        )


def _print(answer: dict[str, Any], kind: str) -> None:
    """Print an answer for readers."""
    say(answer["summary"])
    say()
    names, rows = output.table(answer, kind)
    print_rows(names, rows)
    for line in output.reasons(answer):
        say(line)
