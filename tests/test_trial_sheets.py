"""The sheets of later trials: each is valid against the shipped graph, and no row is lost."""

from __future__ import annotations

import csv
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import ROOT

from aikg.intake.examination import examine
from aikg.intake.verdict import Rules
from aikg.names import PREFIXES

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
