"""How the command line speaks: errors in three lines, stages on a terminal, rows as a table."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, BinaryIO, TextIO

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from aikg.characters import escaped_json, visible, visible_lines
from aikg.errors import AikgError

#: Messages go to standard error, so that an answer can be piped.
console = Console(stderr=True, highlight=False)


class Commands(click.Group):
    """Turns every error of ours into its three lines and exit status 1.

    Args:
        modules: The module of each command, which is imported when the command is asked for: what
            one of them needs, the others need not wait for.
    """

    def __init__(self, *args: Any, modules: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names of all commands, for the help."""
        return sorted(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in self._modules:
            return None
        command: click.Command = getattr(import_module(self._modules[cmd_name]), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error that is not ours keeps its traceback."""
        try:
            return super().invoke(ctx)
        except AikgError as error:
            console.print(f"[bold red]error:[/] {_shown(str(error))}", soft_wrap=True)
            console.print(f"[bold]do:[/] {_shown(error.advice)}", soft_wrap=True)
            if error.reference:
                console.print(f"[bold]see:[/] {error.reference}", soft_wrap=True)
            ctx.exit(1)


@contextmanager
def stages() -> Iterator[Callable[[str], None]]:
    """Show the stage that runs, on a terminal only; nothing stays behind."""
    with console.status("") as status:
        yield lambda stage: status.update(f"{_shown(stage)} ...")


def say(line: str = "") -> None:
    """Print a line; what is hidden in it, a newline too, is written out."""
    click.echo(visible(line))


def say_lines(text: str) -> None:
    """Print a text that ends its own lines, in each of which what others named is visible."""
    click.echo(visible_lines(text), nl=False)


def say_json(found: Any) -> None:
    """Print JSON; what is hidden in it is escaped, which changes no value."""
    say_lines(as_json(found))


def as_json(found: Any) -> str:
    """Return JSON, in which hidden characters are escapes, with a newline at its end."""
    return escaped_json(json.dumps(found, indent=2, ensure_ascii=False)) + "\n"


def remark(line: str) -> None:
    """Print a line to standard error."""
    console.print(_shown(line), soft_wrap=True)


@contextmanager
def data_output() -> Iterator[BinaryIO]:
    """Yield where an answer for programs goes: unchanged, unless a terminal would get it."""
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
    """Print a table; into a pipe as wide as it needs to be, so that nothing is cut."""
    table = Table(*names)
    for row in rows:
        table.add_row(*(_shown(str(cell)) for cell in row))
    terminal = Console(highlight=False, width=None if sys.stdout.isatty() else 10_000)
    terminal.print(table)
    terminal.print(f"{len(rows)} row{'' if len(rows) == 1 else 's'}")


def _shown(text: str) -> str:
    return escape(visible(text))
