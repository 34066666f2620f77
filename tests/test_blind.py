"""Some of the mistakes that people make while copying; `make soak` plants them all."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from bare import built, rules, settings, shipped  # noqa: F401
from blind import Sheets, results
from blunders import KINDS

from aikg.intake.verdict import Rules

#: Kinds that are found.
FOUND = [
    "a fraction in the row of a percentage",
    "cut-off ten years later",
    "decimal point of a percentage moved, text right",
    "digits of a count exchanged, text too",
    "interval of another row, text right",
    "weeks for months in one arm",
]
#: Kinds that pass, since a paper could print that figure.
SILENT = ["digits of p exchanged", "phase 2 for 3"]


@pytest.mark.slow
def test_what_is_found_stays_found(shipped: ox.Store, rules: Rules) -> None:
    """A kind that becomes silent fails, and so does one of `SILENT` that is found."""
    assert len(KINDS) > 100
    found = results(Sheets(shipped, rules), [*FOUND, *SILENT], 1)
    assert {kind for kind, counts in found.items() if counts["silent"]} == set(SILENT)
    assert all(counts.total() == 1 for counts in found.values())
