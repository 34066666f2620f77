"""docs/tutorials/two-trials.md, as a new user follows it: its commands print what it says."""

from __future__ import annotations

import csv
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import ROOT
from openpyxl import load_workbook

from aikg.build import Built
from aikg.intake import template
from aikg.intake.examination import examine
from aikg.intake.verdict import Rules
from aikg.settings import Settings

PAGE = (ROOT / "docs" / "tutorials" / "two-trials.md").read_text()
COMMANDS = re.findall(r"```console\n\$ (.*?)\n(.*?)```", PAGE, re.DOTALL)
TRIALS = ROOT / "docs" / "tutorials" / "trials"
NAMES = ("bolero-2", "paloma-2")


def rows(name: str) -> list[dict[str, str]]:
    """Read a sheet."""
    with (TRIALS / f"{name}.csv").open(newline="") as sheet:
        return list(csv.DictReader(sheet))


@pytest.mark.parametrize(("command", "output"), COMMANDS, ids=[c for c, _ in COMMANDS])
def test_a_command_of_the_page_prints_what_it_says(
    command: str, output: str, built: Built, settings: Settings, tmp_path: Path
) -> None:
    """Run from the checkout, as a user would; what it writes goes elsewhere."""
    program, verb, *words = shlex.split(command)
    assert program == "aikg"
    done = subprocess.run(
        [sys.executable, "-m", "aikg", verb, *words],
        capture_output=True,
        text=True,
        env={**os.environ, "AIKG_HOME": str(settings.home), "AIKG_ROOT": str(ROOT)},
        cwd=tmp_path if verb == "template" else ROOT,
        check=False,
        timeout=300,
    )
    assert done.stdout == output
    assert done.returncode == ("is not valid" in output)


@pytest.mark.parametrize("name", NAMES)
def test_the_sheets_differ_where_the_page_says(name: str) -> None:
    """The tables of the page list each cell that was fixed, and no other."""
    section = PAGE.split(f"docs/tutorials/trials/{name}.first.csv\n", 1)[1].split("\n## ", 1)[0]
    told = re.findall(r"^\| (\d+) \| (.*?) \| ?(.*?) \| (.*?) \|$", section, re.MULTILINE)
    changed = [
        (str(number), heading, before.get(heading, ""), after[heading])
        for number, (before, after) in enumerate(
            zip(rows(f"{name}.first"), rows(name), strict=True), start=2
        )
        for heading in after
        if before.get(heading, "") != after[heading]
    ]
    assert told == changed


@pytest.mark.parametrize("name", NAMES)
def test_the_workbook_gives_the_same_report(shipped: ox.Store, rules: Rules, name: str) -> None:
    """Filled into the workbook of the template, a sheet has the same findings, by cell."""
    book = load_workbook(io.BytesIO(template.as_xlsx(rules.cells, long=True)))
    sheet = book["Figures"]
    headings = [cell.value for cell in sheet[1]]
    sheet.delete_rows(2)
    for number, row in enumerate(rows(f"{name}.first"), start=2):
        for heading, text in row.items():
            sheet.cell(number, headings.index(heading) + 1, text or None)
    written = io.BytesIO()
    book.save(written)

    def told(body: bytes, file: str) -> list[tuple[str, int | None, str | None, str | None]]:
        examined = examine(shipped, body, media_type=None, file=file, name=name, rules=rules)
        return [(f.code, f.place.line, f.place.heading, f.found) for f in examined.report.findings]

    as_csv = told((TRIALS / f"{name}.first.csv").read_bytes(), "sheet.csv")
    assert as_csv == told(written.getvalue(), "sheet.xlsx")
