"""A finding stands at the cell that is wrong; the worst comes first, then the first row."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from bare import built, rules, settings, shipped  # noqa: F401
from blunders import Row, sheets
from test_false_alarms import written

from aikg.intake.examination import examine
from aikg.intake.report import Finding
from aikg.intake.verdict import Rules
from aikg.rules.checks import LEVELS

#: Sheet, row, the cells with their new texts, the code, and the column of the finding.
WRONG: dict[str, tuple[str, int, dict[str, str], str, str]] = {
    "a median without a unit": (
        *("bolero-2", 8, {"Unit": ""}),
        *("shape/finding-number-with-unit", "Unit"),
    ),
    "a percentage without a unit": (
        *("falcon", 35, {"Unit": ""}),
        *("shape/finding-number-with-unit", "Unit"),
    ),
    "a ratio with a unit": (
        *("paloma-2", 4, {"Unit": "mo"}),
        *("shape/finding-ratio-unit", "Unit"),
    ),
    "a proportion in months": (
        *("falcon", 33, {"Unit": "mo", "As printed": "10.3"}),
        *("shape/finding-proportion-unit", "Unit"),
    ),
    "a percentage above 100": (
        *("falcon", 33, {"Value": "103", "As printed": "103%"}),
        *("shape/finding-share-possible", "Value"),
    ),
    "a count below 0": (
        *("falcon", 2, {"Value": "-524", "As printed": "-524"}),
        *("shape/finding-not-negative", "Value"),
    ),
    "not reached, with a figure": (
        *("face", 19, {"Value": "27.6", "Unit": "mo"}),
        *("shape/finding-no-result", "Value"),
    ),
    "no figure": (*("bolero-2", 24, {"Value": ""}), *("shape/finding-one-result", "Value")),
    "a sign without p": (*("paloma-2", 4, {"p value": ""}), *("shape/finding-p", "p value")),
    "an interval without a level": (
        *("paloma-2", 4, {"CI level": ""}),
        *("shape/finding-interval", "CI level"),
    ),
    "a follow-up without a unit": (
        *("bolero-2", 15, {"Follow-up unit": ""}),
        *("shape/analysis-follow-up-whole", "Follow-up unit"),
    ),
    "a cut-off after the paper": (
        *("paloma-2", 2, {"Data cut-off": "2026-02-26"}),
        *("check/after-its-paper", "Data cut-off"),
    ),
}


def findings(
    shipped: ox.Store, rules: Rules, sheet: str, row: int, cells: dict[str, str]
) -> list[Finding]:
    """Return what is found in a sheet with other cells, and not in the sheet itself."""
    headings, rows = sheets()[sheet]
    changed: list[Row] = [dict(one) for one in rows]
    changed[row - 2] |= cells
    reports = (
        examine(
            *(shipped, written(headings, one)),
            **{"media_type": "text/csv", "file": "s.csv", "name": sheet, "rules": rules},
        ).report.findings
        for one in (rows, changed)
    )
    before, after = reports
    known = {(f.code, f.node, f.found) for f in before}
    return [f for f in after if (f.code, f.node, f.found) not in known]


@pytest.mark.parametrize(("sheet", "row", "cells", "code", "column"), WRONG.values(), ids=WRONG)
def test_a_finding_stands_at_its_cell(
    sheet: str,
    row: int,
    cells: dict[str, str],
    code: str,
    column: str,
    shipped: ox.Store,
    rules: Rules,
) -> None:
    """The row and the column of the wrong or missing value; once."""
    found = [f for f in findings(shipped, rules, sheet, row, cells) if code in f.codes]
    assert [(f.place.line, f.place.heading) for f in found] == [(row, column)]
    at = sheets()[sheet][0]
    number = at.index(column) + 1 if column in at else len(at) + 1
    assert found[0].place.column == number


def test_what_matters_comes_first(shipped: ox.Store, rules: Rules) -> None:
    """Errors, then Checks, then Notes; within each by row and column."""
    headings, rows = sheets()["bolero-2"]
    changed: list[Row] = [dict(one) for one in rows]
    changed[30]["Value"], changed[3]["CI low"] = "163", "0.9"
    changed[20]["Unit"], changed[5]["Unit"], changed[14]["CI level"] = "", "wk", "97"
    changed[8]["Publication"] = "The BOLERO-2 trial, Future Onkology 2012"
    found = examine(
        *(shipped, written(headings, changed)),
        **{"media_type": "text/csv", "file": "s.csv", "name": "s", "rules": rules},
    ).report.findings
    order = [
        (LEVELS.index(f.severity), not f.blocks, f.place.line or 0, f.place.column or 0)
        for f in found
    ]
    assert order == sorted(order)
    assert {f.severity for f in found} >= {"Error", "Check"}


def test_two_cells_that_disagree_are_named_once(shipped: ox.Store, rules: Rules) -> None:
    """One finding has both cells: its own, and the other one in words or as another place."""
    found = findings(shipped, rules, "confirm", 3, {"Value": "326", "As printed": "326"})
    (finding,) = [f for f in found if f.code.startswith("check/arms-")]
    assert (finding.place.heading, finding.place.line) == ("Value", 2)
    assert "700" in (finding.found or "")


def test_two_arms_of_one_row_have_places_of_their_own(shipped: ox.Store, rules: Rules) -> None:
    """An arm that a row compares with is not at the columns of the first arm."""
    headings, rows = sheets()["paloma-2"]
    kept = [h for h in headings if h != "Drugs"]
    body = written(kept, [{h: row[h] for h in kept} for row in rows[2:4]])
    found = examine(
        *(shipped, body),
        **{"media_type": "text/csv", "file": "s.csv", "name": "s", "rules": rules},
    ).report.findings
    places = [f.place.heading for f in found if "regimen" in f.code or "arm-assigned" in f.code]
    assert len(places) == len(set(places)) == 2
    assert "Compared with" in places


#: Two arms of 444 and 222 people, a percentage of each, and their odds ratio.
ARMS = ("exemestane", "anastrozole")


def _small(first: str, second: str, ratio: str) -> bytes:
    row: Row = {
        **{"Trial": "SMALL", "Publication": "Small report 2020", "Section": "Results"},
        **{"Trial population": "postmenopausal women (SMALL)", "Analysis set": "safety set"},
        **{"Design": "randomized trial", "Status": "reported"},
    }
    count = {"Outcome": "number of patients", "Measure": "count", "Unit": "{person}"}
    share = {"Outcome": "objective response", "Measure": "crude proportion", "Unit": "%"}
    odds = {"Outcome": "objective response", "Measure": "odds ratio"}
    one, other = ({"Arm": name[:3], "Drugs": name} for name in ARMS)
    rows = [
        row | one | count | {"Value": "444", "As printed": "444", "Counts": "persons"},
        row | other | count | {"Value": "222", "As printed": "222", "Counts": "persons"},
        row | one | share | {"Value": first, "As printed": first},
        row | other | share | {"Value": second, "As printed": second},
        row | one | odds | {"Compared with": "ana", "Value": ratio, "As printed": ratio},
    ]
    if not ratio:
        rows.pop()
    headings = list(dict.fromkeys(heading for each in rows for heading in each))
    return written(headings, rows)


@pytest.mark.parametrize(
    ("first", "second", "ratio", "found"),
    [
        pytest.param("48.2", "29.3", "2.24", {}, id="right"),
        pytest.param(
            *("0.664", "29.3", ""),
            {("check/fraction-for-percent", "Error", 4)},
            id="a fraction that is not a whole number of people in percent",
        ),
        pytest.param("0.45", "29.3", "", {("check/fraction-for-percent", "Check", 4)}, id="small"),
        pytest.param(
            "48.3", "29.3", "", {("check/impossible-percentage", "Error", 4)}, id="impossible"
        ),
        pytest.param(
            "48.2", "29.3", "0.44", {("check/ratio-against-groups", "Check", 6)}, id="turned round"
        ),
        pytest.param(
            "48.2", "29.3", "22.4", {("check/ratio-far-from-groups", "Check", 6)}, id="ten times"
        ),
        pytest.param(
            *("48.2", "29.3", "0.044"),
            {
                ("check/ratio-against-groups", "Check", 6),
                ("check/ratio-far-from-groups", "Check", 6),
            },
            id="turned round and ten times",
        ),
    ],
)
def test_one_mistake_is_reported_once(
    *, first: str, second: str, ratio: str, found: set[object], shipped: ox.Store, rules: Rules
) -> None:
    """Where two checks find one mistake, the one that knows its reason reports it."""
    report = examine(
        *(shipped, _small(first, second, ratio)),
        **{"media_type": "text/csv", "file": "s.csv", "name": "small", "rules": rules},
    ).report
    at_values = {
        (f.code, f.severity, f.place.line) for f in report.findings if f.place.heading == "Value"
    }
    assert at_values == set(found)
