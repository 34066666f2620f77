"""The output of the command line: errors in three lines, stages on a terminal, rows as a table."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, TextIO, TypeVar

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from aikg.characters import escaped_json, visible, visible_lines
from aikg.errors import AikgError, GraphInvalid, TurtleSyntaxError

F = TypeVar("F", bound=Callable[..., Any])
#: The type of an argument that is a file.
FILE = click.Path(path_type=Path)
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


def print_rows(names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; into a pipe without a limit of width, so that nothing is cut."""
    table = Table(*names)
    for row in rows:
        table.add_row(*(_shown(str(cell)) for cell in row))
    terminal = Console(highlight=False, width=None if sys.stdout.isatty() else 10_000)
    terminal.print(table)
    terminal.print(counted(len(rows), "row"))


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural if there is not one: `2 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def format_option(*formats: str) -> Callable[[F], F]:
    """Return the option `--format`, whose first choice is the default."""
    return click.option(
        "--format", "form", default=formats[0], show_default=True, type=click.Choice(formats)
    )


def _shown(text: str) -> str:
    return escape(visible(text))
