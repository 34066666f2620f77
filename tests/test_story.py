"""The story of the page on submissions, by a server and the command line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bare import built, root, settings  # noqa: F401
from conftest import ROOT
from serving import start

from aikg.build import Built
from aikg.settings import Settings

PAGE = ROOT / "docs" / "tutorials" / "a-submission.md"
BLOCKS = re.findall(r"```console\n(.*?)```", PAGE.read_text(), re.DOTALL)
ADDRESS = "http://127.0.0.1:8080"


def commands(block: str) -> list[tuple[str, str]]:
    """Return the commands of a block, each with what the page prints below it."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    told = [part.partition("\n") for part in parts]
    return [(command, printed) for command, _, printed in told]


def run(told: list[tuple[str, str]], folder: Path, home: Path) -> list[str]:
    """Run all commands in one shell, as a reader does; give what each printed."""
    mark = "--- the next command ---"
    script = "".join(f"{command}\necho '{mark}'\n" for command, _ in told)
    env = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "AIKG_HOME": str(home),
        "AIKG_ROOT": str(root()),
    }
    done = subprocess.run(
        ["bash"], input=script, cwd=folder, env=env, capture_output=True, text=True, check=True
    )
    return [part.removeprefix("\n") for part in done.stdout.split(mark)][:-1]


@pytest.mark.slow
def test_the_story_is_told_as_it_happens(built: Built, settings: Settings, tmp_path: Path) -> None:
    """Each command prints what the page has below it, but for the day."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(settings.graph, home)
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    told = [pair for block in BLOCKS for pair in commands(block)]
    with start(settings, home=home) as server:
        here = [(c.replace(ADDRESS, server.url.removesuffix("/sparql")), p) for c, p in told]
        printed = run(here, tmp_path, home)
    days = r"\d{4}-\d\d-\d\d"
    assert [re.sub(days, "", text) for text in printed] == [
        re.sub(days, "", text) for _, text in told
    ]
