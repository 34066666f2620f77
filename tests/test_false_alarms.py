"""Figures that papers really print are valid, and few of them are called unlikely."""

from __future__ import annotations

import csv
import io
from typing import cast

import pyoxigraph as ox
from blunders import Row, sheets

from aikg.intake.examination import examine
from aikg.intake.verdict import Rules
from aikg.rules import checks

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


def test_the_shipped_graph_raises_no_false_alarm(shipped: ox.Store, rules: Rules) -> None:
    """No error that is not recorded, and a Check on at most two figures of a hundred."""
    rows = cast(
        "ox.QuerySolutions",
        shipped.query(
            "PREFIX aikg: <https://w3id.org/aikg/ontology/> "
            "SELECT DISTINCT ?f { ?f aikg:statedAt ?p ; aikg:ofOutcome ?o }"
        ),
    )
    figures = {row["f"].value for row in rows}
    problems = [p for p in checks.run(shipped, rules.checks) if p.recorded is None]
    assert not [p for p in problems if p.level == "Error"]
    asked = {(p.node, p.check) for p in problems if p.level == "Check" and p.node in figures}
    assert len(figures) > 150
    assert 100 * len({node for node, _ in asked}) <= MOST * len(figures), sorted(asked)
