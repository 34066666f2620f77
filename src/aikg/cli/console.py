"""The output of the command line: errors in three lines, stages on a terminal, rows as a table."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, TextIO, TypeVar

import click
from click.shell_completion import CompletionItem
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from aikg.characters import escaped_json, visible, visible_lines
from aikg.errors import AikgError, GraphInvalid, TurtleSyntaxError

F = TypeVar("F", bound=Callable[..., Any])
#: The type of an argument that is a file.
FILE = click.Path(path_type=Path)
#: The width at which a column of a table may break its lines, in characters.
_READABLE = 14
#: Messages go to standard error, so that an answer can be piped.
console = Console(stderr=True, highlight=False)


class Commands(click.Group):
    """A group that prints each of our errors in three lines and exits with status 1.

    Args:
        modules: The module of each command, which is imported when the command runs. So no command
            waits for the libraries of another.
    """

    def __init__(self, *args: Any, modules: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, for the help."""
        return sorted(self._modules)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the name of a command without importing any."""
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        return [*map(CompletionItem, names), *click.Command.shell_complete(self, ctx, incomplete)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in self._modules:
            return None
        command: click.Command = getattr(import_module(self._modules[cmd_name]), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an unexpected error keeps its traceback."""
        try:
            return super().invoke(ctx)
        except AikgError as error:
            of_lines = isinstance(error, GraphInvalid | TurtleSyntaxError)
            lines = str(error).split("\n") if of_lines else [str(error)]
            said = "\n".join(map(_shown, lines))
            console.print(f"[bold red]error:[/] {said}", soft_wrap=True)
            console.print(f"[bold]do:[/] {_shown(error.advice)}", soft_wrap=True)
            if error.reference:
                console.print(f"[bold]see:[/] {error.reference}", soft_wrap=True)
            ctx.exit(1)


@contextmanager
def stages() -> Iterator[Callable[[str], None]]:
    """Show the current stage, on a terminal only; it is erased at the end."""
    with console.status("") as status:
        yield lambda stage: status.update(f"{_shown(stage)} ...")


def say(line: str = "") -> None:
    """Print a line; hidden characters in it, also newlines, are written out."""
    click.echo(visible(line))


def say_lines(text: str) -> None:
    """Print a text of whole lines; hidden characters in them are written out."""
    click.echo(visible_lines(text), nl=False)


def say_json(found: Any) -> None:
    """Print JSON; hidden characters in it are escaped, which changes no value."""
    say_lines(as_json(found))


def as_json(found: Any) -> str:
    """Return JSON, in which hidden characters are escapes, with a newline at its end."""
    return escaped_json(json.dumps(found, indent=2, ensure_ascii=False)) + "\n"


def remark(line: str) -> None:
    """Print a line to standard error."""
    console.print(_shown(line), soft_wrap=True)


@contextmanager
def data_output() -> Iterator[BinaryIO]:
    """Yield the output for programs: unchanged, unless it is a terminal."""
    if not sys.stdout.isatty():
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    held = io.BytesIO()
    yield held
    say_lines(held.getvalue().decode("utf-8", "replace"))


@contextmanager
def text_output() -> Iterator[TextIO]:
    """Yield the same for an answer that is written as text."""
    with data_output() as data:
        text = io.TextIOWrapper(data, encoding="utf-8", newline="", write_through=True)
        yield text
        text.detach()


def print_rows(names: Sequence[str], rows: Sequence[Sequence[object]], form: str = "table") -> None:
    """Print rows as a table, or as JSON or CSV.

    Into a pipe a table has no limit of width, so that nothing is cut. On a terminal that is too
    narrow for its columns each row is a block with a line for each cell.
    """
    if form == "json":
        say_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    if form == "csv":
        with text_output() as output:
            csv.writer(output).writerows([names, *rows])
        return
    terminal = Console(highlight=False, width=None if sys.stdout.isatty() else 10_000)
    cells = [[_shown(str(cell)) for cell in row] for row in rows]
    if _needed(names, cells) <= terminal.width:
        table = Table(*names)
        for row in cells:
            table.add_row(*row)
        terminal.print(table)
    else:
        for row in cells:
            for name, cell in zip(names, row, strict=True):
                terminal.print(f"[bold]{escape(name)}:[/] {cell}", soft_wrap=True)
            terminal.print()
    terminal.print(counted(len(rows), "row"))


def _needed(names: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Return the width that a table needs to be readable: each column a few words wide."""
    widths = [max(map(cell_len, column)) for column in zip(names, *rows, strict=True)]
    return sum(min(width, _READABLE) + 3 for width in widths) + 1


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural if there is not one: `2 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def format_option(*formats: str) -> Callable[[F], F]:
    """Return the option `--format`, whose first choice is the default."""
    return click.option(
        "--format", "form", default=formats[0], show_default=True, type=click.Choice(formats)
    )


#: The forms of a list.
rows_option = format_option("table", "json", "csv")


def _shown(text: str) -> str:
    return escape(visible(text))
