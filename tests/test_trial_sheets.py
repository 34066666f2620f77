"""The sheets of later trials: each is valid, no row is lost, and the Turtle is made from them."""

from __future__ import annotations

import csv
from pathlib import Path

import pyoxigraph as ox
import pytest
from bare import built, rules, settings, shipped  # noqa: F401
from conftest import ROOT

from aikg.intake.examination import examine
from aikg.intake.verdict import Rules
from aikg.names import PREFIXES
from tools.sheets import DESCRIPTION, LATER, texts

SHEETS = sorted((ROOT / "data" / "sheets").glob("*.csv"))
PRINTED = PREFIXES["aikg"] + "printed"


def test_there_are_sheets() -> None:
    """Else the tests below would ask nothing."""
    assert len(SHEETS) >= 14


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.stem)
def test_a_sheet_is_valid_and_each_figure_is_read(
    sheet: Path, shipped: ox.Store, rules: Rules
) -> None:
    """What a source prints and cannot be is recorded; each row's figure stands as printed."""
    found = examine(
        shipped, sheet.read_bytes(), media_type=None, file=sheet.name, name=sheet.stem, rules=rules
    )
    assert found.verdict.accepted, [str(problem) for problem in found.report.findings]
    with sheet.open(encoding="utf-8", newline="") as file:
        expected = {row["As printed"] for row in csv.DictReader(file)} - {""}
    read = {t.object.value for t in found.verdict.triples if t.predicate.value == PRINTED}
    assert expected <= read


def test_the_turtle_is_that_of_the_sheets(shipped: ox.Store, rules: Rules) -> None:
    """`make sheets` writes it; nobody edits it."""
    made = texts(shipped, rules, ROOT)
    there = {path.relative_to(ROOT) for path in (ROOT / LATER).rglob("*")}
    assert set(made) == there | {DESCRIPTION}
    assert len(there) == len(SHEETS)
    for path, text in made.items():
        assert (ROOT / path).read_text(encoding="utf-8") == text, f"{path}: run `make sheets`"
