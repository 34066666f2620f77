"""Each check on the figures of a trial finds every variant of its mistake, and no near miss."""

from __future__ import annotations

import csv
import io

import pyoxigraph as ox
import pytest
from conftest import ROOT
from matrix import GENERATORS, variants

from aikg.intake.examination import examine
from aikg.intake.verdict import Rules
from aikg.rules import checks

CHECKS = {check.name: check for check in checks.load(ROOT / "queries" / "checks")}
CAUGHT = "https://w3id.org/aikg/submission/case/caught"
#: How many variants of each mistake are made.
COUNT = 40


def rows(rule: str, text: str) -> list[checks.Problem]:
    """Return what a check finds in Turtle."""
    store = ox.Store()
    store.load(text.encode(), format=ox.RdfFormat.TURTLE)
    return checks.run(store, [CHECKS[rule]])


@pytest.mark.parametrize("rule", GENERATORS)
def test_a_mistake_is_found_at_its_property(rule: str) -> None:
    """The row is about the wrong node, and names the wrong property."""
    made = [bad for bad, _ in variants(rule, COUNT)]
    assert len({bad.text for bad in made}) >= 5
    for bad in made:
        found = {(p.node, (p.path or "").rpartition("/")[2]) for p in rows(rule, bad.text)}
        assert found == {(CAUGHT, bad.path)}, bad.text


@pytest.mark.parametrize("rule", GENERATORS)
def test_a_near_miss_stays_quiet(rule: str) -> None:
    """No check of these finds anything in a figure that only looks like a mistake against one."""
    for _, near in variants(rule, COUNT):
        assert not rows(rule, near.text), near.text


#: Code, heading of the cell, and what a row needs so that the mistake can be planted in it.
PLANTED = [
    ("check/identifier-form", "Publication identifiers", "doi 10.1056", {}),
    ("check/level-as-fraction", "CI level", "0.95", {"Measure": "hazard ratio", "CI level": "95"}),
    ("check/outside-interval", "Value", "4.5", {"Measure": "hazard ratio", "CI level": "95"}),
    ("check/printed-differs", "Value", "7.1", {"Measure": "median"}),
]


def test_a_mistake_in_a_sheet_is_found_at_its_cell(shipped: ox.Store, rules: Rules) -> None:
    """Each mistake is planted in a row of its own of a real sheet, and no other row is reported."""
    sheet = ROOT / "docs" / "tutorials" / "trials" / "bolero-2.csv"
    table = list(csv.DictReader(io.StringIO(sheet.read_text())))
    expected = set()
    for code, heading, wrong, needs in PLANTED:
        used = {at for _, at, _ in expected}
        at = next(
            number
            for number, row in enumerate(table, start=2)
            if number not in used and all(row[name] == value for name, value in needs.items())
        )
        table[at - 2][heading] = wrong
        expected.add((code, at, heading))
    text = io.StringIO()
    writer = csv.DictWriter(text, table[0])
    writer.writeheader()
    writer.writerows(table)
    body = text.getvalue().encode()
    found = examine(shipped, body, media_type="text/csv", file="s.csv", name="s", rules=rules)
    told = {
        (code, f.place.line, f.place.heading) for f in found.report.findings for code in f.codes
    }
    assert expected <= told
    wrong_rows = {f.place.line for f in found.report.findings if f.severity == "Error"}
    assert wrong_rows == {at for _, at, _ in expected}


def test_a_note_that_asks_nothing_is_not_shown(rules: Rules) -> None:
    """The audit has it, and the verdict; a report has what somebody can act on."""
    body = (ROOT / "cases" / "checks" / "untestable-percentage" / "caught.ttl").read_bytes()
    store = ox.Store()
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in rules.ontology)
    found = examine(store, body, media_type=None, file="caught.ttl", name="case", rules=rules)
    assert "check/untestable-percentage" in {p.code for p in found.verdict.problems}
    assert "check/untestable-percentage" not in {f.code for f in found.report.findings}


def test_each_of_two_wrong_numbers_is_reported(rules: Rules) -> None:
    """They are two mistakes, although one rule finds them at one property of one node."""
    text = (
        "@prefix aikg: <https://w3id.org/aikg/ontology/> . <t> a aikg:Trial ; "
        "<http://purl.org/dc/terms/identifier> 'NCT0191358' , 'NCTO1958021' , 'NCT00000000' ."
    )
    store = ox.Store()
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in rules.ontology)
    found = examine(
        store, text.encode(), media_type="text/turtle", file="t.ttl", name="t", rules=rules
    )
    messages = [f.found for f in found.report.findings if f.code == "check/identifier-form"]
    assert len(messages) == 2
    assert {message.split('"')[1] for message in messages if message} == {
        "NCT0191358",
        "NCTO1958021",
    }
