"""Figures that papers really print are valid, and few of them are called unlikely."""

from __future__ import annotations

import csv
import io

import pyoxigraph as ox
from bare import built, rules, settings, shipped  # noqa: F401
from blunders import Row, sheets

from aikg.intake.examination import examine
from aikg.intake.verdict import Rules

#: The share of rows with a Check that an author may be asked about in vain, in percent.
MOST = 2


def written(headings: list[str], rows: list[Row]) -> bytes:
    """Write rows as CSV."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, headings, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def test_sheets_of_real_trials_raise_no_false_alarm(shipped: ox.Store, rules: Rules) -> None:
    """No error, and a Check in at most two rows of a hundred; recorded problems are none."""
    total, asked, errors = 0, set(), set()
    for name, (headings, rows) in sheets().items():
        total += len(rows)
        body = written(headings, rows)
        found = examine(
            shipped, body, media_type="text/csv", file="s.csv", name=name, rules=rules
        ).report.findings
        for finding in found:
            if finding.recorded is None:
                kept = {"Error": errors, "Check": asked}.get(finding.severity, set())
                kept.add((name, finding.place.line, finding.code))
    assert total > 390
    assert not errors
    assert 100 * len({row[:2] for row in asked}) <= MOST * total, sorted(map(str, asked))
