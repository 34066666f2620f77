"""Reports of trials that were once refused or read wrongly, in a few rows each."""

from __future__ import annotations

import pytest
from conftest import ROOT
from shelf import Shelf, blocking
from test_many_trials import table

from aikg.build import Built
from aikg.engine.publishing import Knowledge
from aikg.names import PREFIXES
from aikg.shared import keys

CSV = "text/csv"
#: The first report of a trial with a registry number, and an update of it under another name.
REPORT = {
    "Trial": "HARBOUR 3X",
    "Registry numbers": "NCT99999931",
    "Design": "randomized trial",
    "Trial population": "women (HARBOUR 3X)",
    "Publication": "Ann 2017 (HARBOUR)",
    "Section": "Abstract",
    "Arm": "calm + NSAI",
    "Drugs": "new: calm 150 mg (twice daily) + anastrozole or letrozole",
    "Compared with": "placebo + NSAI",
    "Drugs compared with": "anastrozole or letrozole",
    "Analysis set": "intention to treat",
    "Outcome": "overall survival",
    "Measure": "hazard ratio",
    "As printed": "0.79",
    "Value": "0.79",
    "Analysis": "interim",
}
UPDATE = {
    **dict.fromkeys(("Design", "Trial population", "Drugs", "Drugs compared with"), ""),
    "Trial": "HARBOUR 3",
    "Publication": "Ben 2023 (HARBOUR, update)",
    "Subgroup": "visceral disease",
    "As printed": "0.80",
    "Value": "0.80",
    "Analysis": "update",
}


@pytest.fixture(scope="module")
def known() -> Knowledge:
    """What submissions are judged by."""
    return Knowledge.load(ROOT)


def send(shelf: Shelf, name: str, *rows: dict[str, str]) -> list[tuple[str, str]]:
    """Publish rows; return what stands against them, with its column."""
    told = shelf.publish(name, table(*rows).decode(), CSV)
    return [(f["code"], f["place"]["heading"]) for f in blocking(told)]


def test_an_update_joins_the_trial_that_has_its_number(built: Built, known: Knowledge) -> None:
    """Under another name, and before the first report too."""
    dumps = set()
    for order in (("report", "update"), ("update", "report")):
        shelf = Shelf(built, known)
        for name in order:
            assert send(shelf, name, REPORT if name == "report" else {**REPORT, **UPDATE}) == []
        dumps.add(shelf.dump())
        trial = keys.address(keys.trial("NCT99999931"))
        assert shelf.values(trial, "acronym") == {"HARBOUR 3", "HARBOUR 3X"}
        ratios = shelf.select(
            f"SELECT ?v {{ ?f a aikg:Contrast ; aikg:value ?v ; "
            f"aikg:experimental/aikg:ofArm/aikg:ofStudy <{trial}> }}"
        )
        assert sorted(row["v"] for row in ratios) == ["0.79", "0.8"]
    assert len(dumps) == 1


def test_a_trial_of_the_review_by_its_label_keeps_its_arms(built: Built, known: Knowledge) -> None:
    """Whatever else the cell says of the drug."""
    shelf = Shelf(built, known)
    campos = "head-to-head trial of exemestane and anastrozole in visceral metastases (Campos)"
    row = {
        **REPORT,
        **dict.fromkeys(("Registry numbers", "Design", "Trial population", "Compared with"), ""),
        **{"Drugs compared with": "", "Trial": campos, "Arm": "exemestane"},
        **{"Drugs": "exemestane 25 mg (camp)", "Measure": "median", "Unit": "mo"},
        **{"As printed": "30.5", "Value": "30.5"},
    }
    assert send(shelf, "campos", row) == []
    arms = shelf.select(
        "SELECT ?arm { GRAPH ?g { ?f aikg:value 30.5 ; aikg:ofGroup/aikg:ofArm ?arm } }"
    )
    assert {row["arm"] for row in arms} == {PREFIXES["arm"] + "campos-exemestane"}


ONE_ARM = {
    **REPORT, "Trial": "PIER", "Registry numbers": "", "Arm": "exe", "Drugs": "exemestane 25 mg",
    "Compared with": "", "Drugs compared with": "",
}  # fmt: skip
SAFETY = {
    **ONE_ARM, "Analysis set": "safety set", "Outcome": "hot flushes", "Unit": "%",
    "Measure": "crude proportion", "As printed": "6.6", "Value": "6.6", "Analysis": "",
}  # fmt: skip
SIZE = {
    **ONE_ARM, "Arm": "all", "Drugs": "", "Outcome": "number of patients", "Unit": "{person}",
    "Measure": "count", "Counts": "persons", "As printed": "304", "Value": "304", "Analysis": "",
}  # fmt: skip
OTHER_SIZE = {**SIZE, "Publication": "Q 2022 (PIER)", "As printed": "313", "Value": "313"}
WORDS = {**REPORT, "Trial": "PIER", "Registry numbers": "", "Drugs": "exemestane 25 mg"}

#: Rows, and what stands against them.
CASES = {
    "sizes differ by source": ([SIZE, OTHER_SIZE], []),
    "sizes of a subgroup differ by source": (
        [{**row, "Subgroup": "visceral disease (T)"} for row in (SIZE, OTHER_SIZE)], [],
    ),
    "an arm against itself": (
        [{**WORDS, "Compared with": "calm + NSAI", "Subgroup": "non-visceral v visceral (T)",
          "Drugs compared with": ""}],
        [("rule/same-group", "Compared with")],
    ),
    "two subgroups of one arm": (
        [{**WORDS, "Compared with": "", "Drugs compared with": "",
          "Subgroup": "non-visceral disease", "Compared subgroup": "visceral disease"}], [],
    ),
    "a result of three trials, which are not named": (
        [{**WORDS, "Trial": "A; B; C", "Design": "pooled analysis"}], [("rule/needed", "Pools")],
    ),
    "a choice of two drugs": (
        [{**WORDS, "Drugs": "anastrozole 1 mg (x) or letrozole 2 mg (x)"}], [],
    ),
    "one adverse event with two values": (
        [SAFETY, {**SAFETY, "As printed": "8.3", "Value": "8.3"}],
        [("check/identity", "Outcome")],
    ),
    "the two are a term and a group of terms": (
        [{**SAFETY, "Event details": "preferred term"},
         {**SAFETY, "Event details": "group of terms", "As printed": "8.3", "Value": "8.3"}], [],
    ),
    "two spellings of one grade": (
        [{**SAFETY, "Grade": "3/4", "As printed": "5", "Value": "5"},
         {**SAFETY, "Grade": "3 or 4", "As printed": "4", "Value": "4"}],
        [("check/identity", "Outcome")],
    ),
    "no place": ([{**WORDS, "Section": ""}], [("rule/needed", "Section")]),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "expected"), CASES.values(), ids=CASES)
def test_a_report_in_a_few_rows(
    built: Built,
    known: Knowledge,
    rows: list[dict[str, str]],
    expected: list[tuple[str, str]],
) -> None:
    """Each is carried, or one error at its cell says what to write."""
    shelf = Shelf(built, known)
    assert send(shelf, "case", *rows) == expected
    if not expected:
        found = shelf.select(
            'SELECT ?a { ?a aikg:randomizedAgainst ?b FILTER(CONTAINS(STR(?a), "/case/")) }'
        )
        assert bool(found) == any(row.get("Compared with") for row in rows)
