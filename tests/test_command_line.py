"""The command line as people expect it: JSON everywhere, completion, colours, narrow terminals."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from conftest import ROOT

from aikg.cli import COMMANDS, console, main

#: Commands that show nothing but what they did.
SILENT = {
    "serve", "template", "export", "backup", "restore", "completion", "mcp",
    "create", "revoke", "add", "join", "remove", "strike", "move", "adopt", "undo",
    "migrate", "renew", "erase", "load",
}  # fmt: skip


def commands(group: click.Group, *path: str) -> list[tuple[tuple[str, ...], click.Command]]:
    """List all commands, each with its path."""
    found: list[tuple[tuple[str, ...], click.Command]] = []
    for name in group.list_commands(click.Context(group)):
        one = group.get_command(click.Context(group), name)
        assert one
        if isinstance(one, click.Group):
            found += commands(one, *path, name)
        else:
            found.append(((*path, name), one))
    return found


@pytest.mark.parametrize(
    ("path", "command"), commands(main), ids=[" ".join(path) for path, _ in commands(main)]
)
def test_a_command_that_shows_something_has_a_format(
    path: tuple[str, ...], command: click.Command
) -> None:
    """With JSON among the choices; the page lists it."""
    formats = [one for one in command.params if "--format" in one.opts]
    assert bool(formats) == (path[-1] not in SILENT)
    for one in formats:
        choices = getattr(one.type, "choices", None)
        assert "json" in (choices or one.help)  # type: ignore[attr-defined]
        page = (ROOT / "docs" / "reference" / "command-line.md").read_text()
        assert f"`{path[-1]}`" in page


def test_a_list_is_json_and_csv(tmp_path: Path) -> None:
    """The same rows; a hidden character is an escape in JSON."""
    runner = CliRunner(env={"AIKG_HOME": str(tmp_path / "home"), "AIKG_ROOT": str(ROOT)})
    assert runner.invoke(main, ["person", "add", "Ann, of a lab"]).exit_code == 0
    (person,) = json.loads(runner.invoke(main, ["person", "list", "--format", "json"]).stdout)
    assert person["called"] == "Ann, of a lab"
    text = runner.invoke(main, ["person", "list", "--format", "csv"]).stdout
    (row,) = csv.DictReader(io.StringIO(text))
    assert row == {name: str(value) for name, value in person.items()}
    questions = json.loads(runner.invoke(main, ["query", "--format", "json"]).stdout)
    assert {"question": "review-table-1"}.items() <= next(
        q for q in questions if q["question"] == "review-table-1"
    ).items()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion(shell: str) -> None:
    """The script asks by the variable that the program answers to."""
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert f"_AIKG_COMPLETE={shell}_complete" in done.stdout


@pytest.mark.parametrize(
    ("line", "expected"),
    [("aikg re", {"reason", "reject", "release", "renew", "resolve",
                  "restore", "return", "review"}),
     ("aikg audit --for", {"--format"}), ("aikg audit --format j", {"json"}),
     ("aikg token ", {"create", "list", "revoke", "sessions"})],
)  # fmt: skip
def test_commands_options_and_choices_are_completed(line: str, expected: set[str]) -> None:
    """As bash asks for them."""
    words = line.split(" ")
    environment = {
        "_AIKG_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    program = "from aikg.cli import main; main(prog_name='aikg')"
    done = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | environment, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert {found.partition(",")[2] for found in done.stdout.split()} == expected


def test_a_name_is_completed_without_importing_any_command() -> None:
    """So that a shell answers at once."""
    look = (
        "import sys, click; from aikg.cli import COMMANDS, main; "
        "print(len(main.shell_complete(click.Context(main), '')) >= len(COMMANDS), "
        "sorted({'rdflib', 'pyshacl', 'flask', 'openpyxl'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout == "True []\n"
    assert COMMANDS


def on_terminal(width: int, **environment: str) -> str:
    """Print a table with twelve columns on a terminal, and return what it received."""
    program = (
        "from aikg.cli.console import print_rows; "
        "print_rows([f'column {n}' for n in range(12)], [['several words in a cell'] * 12] * 2)"
    )
    reading, writing = pty.openpty()
    variables = os.environ | {"COLUMNS": str(width), "TERM": "xterm"} | environment
    with subprocess.Popen([sys.executable, "-c", program], stdout=writing, env=variables):
        os.close(writing)
        received = b""
        try:
            while piece := os.read(reading, 4096):
                received += piece
        except OSError:  # the other end is closed
            pass
    os.close(reading)
    return received.decode()


@pytest.mark.parametrize(("width", "is_table"), [(100, False), (60, False), (250, True)])
def test_a_table_that_is_too_wide_is_a_block_for_each_row(width: int, is_table: bool) -> None:
    """Each cell has a line of its own, and no word of it is cut."""
    text = re.sub(r"\x1b\[[\d;]*m", "", on_terminal(width))
    assert ("┃" in text) == is_table
    assert ("column 11: several words in a cell" in text) == (not is_table)
    assert max(map(len, text.splitlines())) <= width


def test_no_color_turns_colours_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error has no colour then; elsewhere it is red."""

    def colours(no_color: str) -> Any:
        monkeypatch.setenv("NO_COLOR", no_color)
        output = io.StringIO()
        console.Console(file=output, force_terminal=True, _environ=os.environ).print(
            "[bold red]error:[/]"
        )
        return "31" in output.getvalue()

    assert (colours(""), colours("1")) == (True, False)
