"""A name that is nearly the name of another node is asked about, once, at its first cell."""

from __future__ import annotations

from collections.abc import Callable

import pyoxigraph as ox
import pytest
from bare import built, rules, settings, shipped  # noqa: F401
from blunders import Row, sheets
from hypothesis import given
from hypothesis import strategies as st
from test_false_alarms import written

from aikg.intake.examination import examine
from aikg.intake.near_names import near
from aikg.intake.report import Finding
from aikg.intake.verdict import Rules

NEAR = [
    ("Visceral disease", "visceral disease"),
    ("non-visceral disease", "non visceral disease"),
    ("nonvisceral disease", "non-visceral disease"),
    ("liver metastasis", "liver metastases"),
    ("hot flush", "hot flushe"),
    ("neutropaenia", "neutropenia"),
    ("leucopenia", "leukopenia"),
    ("exemestane", "exmeestane"),
    ("injection site reaction", "injection site reactions"),
    ("BOLERO-2", "BOLERO 2"),
    ("placebo + exemestane", "Placebo+Exemestane"),
]
APART = [
    ("arm A", "arm B"),
    ("PALOMA-2", "PALOMA-3"),
    ("fulvestrant 250 mg", "fulvestrant 500 mg"),
    ("HER2 positive", "HER2 negative"),
    ("ER positive", "HR positive"),
    ("visceral disease", "non-visceral disease"),
    ("premenopausal", "postmenopausal"),
    ("hyperkalemia", "hypokalemia"),
    ("grade 3", "grade 4"),
    ("age below 65", "age above 65"),
    ("one", "one"),
    ("", "a"),
]


@pytest.mark.parametrize(("one", "other"), NEAR)
def test_a_near_name_is_near_both_ways(one: str, other: str) -> None:
    """Capitals, hyphens, plural, and one letter."""
    assert near(one, other)
    assert near(other, one)


@pytest.mark.parametrize(("one", "other"), APART)
def test_another_name_is_not_near(one: str, other: str) -> None:
    """Other numbers, other short words, several letters; and the same name."""
    assert not near(one, other)
    assert not near(other, one)


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_two_texts_are_compared(one: str, other: str) -> None:
    """The comparison ends, is the same both ways, and no name is near itself."""
    assert near(one, other) == near(other, one)
    assert not near(one, one)


def asked(shipped: ox.Store, rules: Rules, headings: list[str], rows: list[Row]) -> list[Finding]:
    """Return the questions about near names."""
    body = written(headings, rows)
    found = examine(shipped, body, media_type="text/csv", file="s.csv", name="s", rules=rules)
    return [f for f in found.report.findings if f.code == "rule/nearly-known"]


#: Sheet, column, row, another spelling.
RESPELT = [
    ("paloma-2", "Subgroup", 27, "Visceral metastasis (PALOMA-2)"),
    ("paloma-2", "Publication", 5, "Finn 2016 (Paloma-2, primary paper)"),
    ("bolero-2", "Subgroup", 17, "no visceral metastasis (BOLERO-2)"),
    ("bolero-2", "Publication", 33, "Rugo 2014 (BOLERO-2, adverse event)"),
    ("iwata-2013", "Arm", 13, "Exemestane."),
    ("bolero-2", "Trial", 20, "BOLERO 2"),
    ("face", "Subgroup", 22, "HER2-positive"),
]


@pytest.mark.parametrize(("sheet", "heading", "row", "text"), RESPELT)
def test_another_spelling_of_a_name_is_asked_about(
    sheet: str, heading: str, row: int, text: str, shipped: ox.Store, rules: Rules
) -> None:
    """Once, at the cell of the rarer spelling, with the other name and its cell."""
    headings, rows = sheets()[sheet]
    changed = [dict(one) for one in rows]
    before, changed[row - 2][heading] = changed[row - 2][heading], text
    found = asked(shipped, rules, headings, changed)
    assert [(f.severity, f.place.line, f.place.heading) for f in found] == [("Check", row, heading)]
    assert f"“{before}”" in (found[0].found or "")


def test_a_name_that_is_nearly_one_of_the_graph(shipped: ox.Store, rules: Rules) -> None:
    """A new outcome and a new subgroup are compared with the labels of the graph."""
    headings, rows = sheets()["paloma-2"]
    changed = [dict(one) for one in rows]
    changed[4]["Outcome"] = "new adverse event: fatique"
    found = asked(shipped, rules, headings, changed)
    assert [(f.place.line, f.place.heading) for f in found] == [(6, "Outcome")] or [
        (f.place.line, f.place.heading) for f in found
    ] == [(5, "Outcome"), (6, "Outcome")]


@pytest.mark.parametrize(
    ("respelt", "questions"),
    [
        pytest.param(str.upper, 1, id="capitals"),
        pytest.param(lambda text: text.replace("cancer", "cancers"), 1, id="plural"),
        pytest.param(lambda text: text.replace("tamoxifen", "tamoxiven"), 1, id="letter"),
        pytest.param(lambda text: text.replace("had had", "never had"), 0, id="other people"),
    ],
)
def test_the_people_of_a_trial_may_be_of_the_graph(
    respelt: Callable[[str], str], questions: int, shipped: ox.Store, rules: Rules
) -> None:
    """A sheet that describes the people of a trial in the words of another trial, or nearly."""
    people = "postmenopausal women with breast cancer who had had tamoxifen"
    people += " (trials of Jonat and of Buzdar)"
    assert any(shipped.quads_for_pattern(None, None, ox.Literal(people, language="en"), None))
    headings, rows = sheets()["paloma-2"]
    changed = [dict(one) for one in rows]
    changed[0]["Trial population"] = respelt(people)
    found = asked(shipped, rules, headings, changed)
    assert [f.place.heading for f in found] == ["Trial population"] * questions


@pytest.mark.parametrize("sheet", sheets())
def test_names_of_real_sheets_are_quiet(sheet: str, shipped: ox.Store, rules: Rules) -> None:
    """No name of a real sheet is nearly another one."""
    assert asked(shipped, rules, *sheets()[sheet]) == []
