"""Tables of many senders about the same trials, papers and drugs, published in any order."""

from __future__ import annotations

import csv
import io
from random import Random
from typing import Any

import pytest
from conftest import ROOT
from shelf import Shelf, blocking

from aikg.build import Built
from aikg.engine.publishing import Knowledge
from aikg.names import BASE, PREFIXES
from aikg.shared import keys

CSV = "text/csv"
PAGES = ROOT / "docs" / "tutorials" / "trials"
#: A row of the first report of a trial.
FIRST = {
    "Trial": "CALM",
    "Registry numbers": "NCT99999901; EudraCT 2099-000001-11",
    "Design": "randomized trial",
    "Phase": "3",
    "Trial population": "women (CALM)",
    "Publication": "Ann 2090 (CALM)",
    "Publication identifiers": "PMID 99999901",
    "Year": "2010",
    "Section": "Abstract",
    "Arm": "quieten + letrozole",
    "Drugs": "new: Quieten 125 mg (once daily, 3 weeks of 4) + letrozole 2.50 mg (once daily)",
    "Compared with": "letrozole",
    "Drugs compared with": "letrozole 2.5 mg/day",
    "Analysis set": "intention to treat",
    "Outcome": "new efficacy outcome: serenity (higher is better)",
    "Measure": "hazard ratio",
    "As printed": "0.58",
    "Value": "0.58",
    "Analysis": "primary",
}
#: What a later report changes: another name of the trial, the number in another spelling, no drugs.
LATER = {
    **FIRST,
    "Trial": "the calm trial",
    "Registry numbers": "nct 9999 9901",
    "Trial population": "",
    "Design": "",
    "Phase": "",
    "Publication": "Ben 2093 (CALM)",
    "Publication identifiers": "doi:10.9999/CALM.2",
    "Year": "2013",
    "Drugs": "",
    "Drugs compared with": "",
    "As printed": "0.66",
    "Value": "0.66",
    "Analysis": "final",
    "Subgroup": "liver metastases",
}
#: Another trial with the same drugs, written otherwise.
OTHER = {
    **FIRST,
    "Trial": "STILL",
    "Registry numbers": "",
    "Trial population": "women (STILL)",
    "Publication": "Cleo 2091 (STILL)",
    "Publication identifiers": "",
    "Year": "2011",
    "Drugs": "new: quieten. 125.0 mg/d (3 weeks on, 1 week off) + Letrozole 2,5 mg daily",
    "Outcome": "new efficacy outcome: Serenity (higher is better)",
}
#: A paper on a trial of the house, by its label, and its arms by their drugs.
HOUSE = {
    **FIRST,
    "Trial": "EFECT",
    "Registry numbers": "",
    "Design": "",
    "Phase": "",
    "Trial population": "",
    "Publication": "Dora 2092 (EFECT)",
    "Publication identifiers": "",
    "Year": "2012",
    "Arm": "exemestane",
    "Drugs": "",
    "Compared with": "fulvestrant",
    "Drugs compared with": "",
    "Outcome": "overall survival",
    "Analysis": "",
}


def table(*rows: dict[str, str]) -> bytes:
    """Write rows as CSV."""
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, headings, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


TABLES = {
    "first": table(FIRST),
    "later": table(LATER),
    "other": table(OTHER),
    "house": table(HOUSE),
    "bolero-2": (PAGES / "bolero-2.csv").read_bytes(),
    "paloma-2": (PAGES / "paloma-2.csv").read_bytes(),
}


@pytest.fixture(scope="module")
def known() -> Knowledge:
    """What submissions are judged by."""
    return Knowledge.load(ROOT)


def codes(told: dict[str, Any]) -> set[str]:
    """The rules that a report names."""
    return {finding["code"] for finding in told["report"]["findings"]}


def filled(shelf: Shelf, names: list[str]) -> Shelf:
    """Publish tables in an order; each is accepted."""
    for name in names:
        told = shelf.publish(name, TABLES[name].decode(), CSV)
        assert blocking(told) == [], (names, name)
    return shelf


@pytest.mark.endurance
def test_the_order_of_publication_is_no_matter(built: Built, known: Knowledge) -> None:
    """An addition before its trial or after; and each may go without harm to the others."""
    random, dumps = Random(17), set()
    empty = Shelf(built, known).dump()
    orders = [list(TABLES), random.sample(list(TABLES), len(TABLES))]
    for order in orders:
        shelf = filled(Shelf(built, known), order)
        dumps.add(shelf.dump())
        gone = random.choice(order)
        assert shelf.withdraw(gone)["users"] == []
        left = [name for name in order if name != gone]
        assert shelf.dump() == filled(Shelf(built, known), left).dump(), (order, gone)
        for name in random.sample(left, len(left)):
            assert shelf.withdraw(name)["users"] == []
        assert shelf.dump() == empty
    assert len(dumps) == 1


def test_two_trials_with_the_same_drugs_share_them(built: Built, known: Knowledge) -> None:
    """One regimen and one outcome, whatever the spelling; 91ae9ed refused the second trial."""
    shelf = filled(Shelf(built, known), ["first", "other"])
    rows = shelf.select(
        "SELECT DISTINCT ?regimen ?outcome { ?f a aikg:Contrast ; aikg:ofOutcome ?outcome ; "
        "aikg:experimental/aikg:ofArm/aikg:assignedRegimen ?regimen . "
        "?outcome aikg:sharedKey ?k }"
    )
    assert len(rows) == 1
    (row,) = rows
    assert row["regimen"].startswith(f"{keys.SHARED}regimen/")
    label = shelf.values(row["regimen"], "http://www.w3.org/2000/01/rdf-schema#label")
    assert label == {"letrozole 2.5 mg/d + quieten 125 mg/d (3 weeks of 4)"}


def test_a_number_joins_a_trial_under_another_name(built: Built, known: Knowledge) -> None:
    """In any spelling; the sender learns it, and both names stay."""
    shelf = filled(Shelf(built, known), ["first"])
    told = shelf.publish("later", TABLES["later"].decode(), CSV)
    assert told["accepted"]
    assert "rule/joined" in codes(told)
    trial = keys.address(keys.trial("NCT99999901"))
    assert shelf.values(trial, "acronym") == {"CALM", "the calm trial"}
    rows = shelf.select(
        f"SELECT ?arm {{ ?arm a aikg:Arm ; aikg:ofStudy <{trial}> ; aikg:assignedRegimen ?r }}"
    )
    assert len(rows) == 2
    shelf.withdraw("first")
    assert shelf.values(trial, "acronym") == {"the calm trial"}
    rows = shelf.select(f"SELECT ?arm {{ ?arm a aikg:Arm ; aikg:ofStudy <{trial}> }}")
    assert len(rows) == 2


def test_a_trial_of_the_house_keeps_its_arms(built: Built, known: Knowledge) -> None:
    """By label, acronym or number, and nothing is stated about a curated node."""
    shelf = Shelf(built, known)
    study = PREFIXES["study"] + "efect"
    for name, row in {
        "house": HOUSE,
        "house-2": {
            **HOUSE,
            "Trial": "a second name",
            "Registry numbers": "NCT 00065325",
            "Publication": "Dora 2094 (EFECT)",
        },
    }.items():
        told = shelf.publish(name, table(row).decode(), CSV)
        assert blocking(told) == []
        assert not any(
            line.startswith((f"<{study}>", f"<{BASE}arm/"))
            for line in told["statements"].splitlines()
        )
        graph = f"{BASE}graph/submission/{name}/1"
        found = shelf.select(f"SELECT ?arm {{ GRAPH <{graph}> {{ ?g aikg:ofArm ?arm }} }}")
        arms = {row["arm"] for row in found}
        assert arms == {f"{BASE}arm/efect-exemestane", f"{BASE}arm/efect-fulvestrant"}


BAD = {
    "an arm of the house misspelt": ({**HOUSE, "Arm": "exemestan"}, "rule/which-arm", "Arm"),
    "an arm that it does not have": ({**HOUSE, "Arm": "letrozole"}, "rule/which-arm", "Arm"),
    "two trials of the house": (
        {**HOUSE, "Registry numbers": "NCT00022672"},
        "rule/two-trials",
        "Trial",
    ),
    "a broken number": ({**FIRST, "Registry numbers": "NCT9999990"}, "check/identifier-form",
                        "Registry numbers"),
    "a broken identifier": ({**FIRST, "Publication identifiers": "doi:11.1/x"},
                            "check/identifier-form", "Publication identifiers"),
}  # fmt: skip


@pytest.mark.parametrize(("row", "code", "heading"), BAD.values(), ids=BAD)
def test_a_conflict_is_told_at_its_cell(
    built: Built, known: Knowledge, row: dict[str, str], code: str, heading: str
) -> None:
    """With what it meets."""
    found = blocking(Shelf(built, known).publish("bad", table(row).decode(), CSV))
    assert [(f["code"], f["place"]["heading"]) for f in found] == [(code, heading)]
    assert "which" not in code or "exemestane" in found[0]["mend"]


def test_an_arm_of_a_known_trial_misspelt_is_asked_about(built: Built, known: Knowledge) -> None:
    """And `new arm:` says that it is meant."""
    shelf = filled(Shelf(built, known), ["first"])
    row = {**LATER, "Arm": "quieten + letrozol"}
    (found,) = blocking(shelf.publish("typo", table(row).decode(), CSV))
    assert (found["code"], found["place"]["heading"]) == ("rule/which-arm", "Arm")
    assert "quieten + letrozole" in found["mend"]
    row = {**LATER, "Trial": "CALM", "Arm": "new arm: quieten + letrozol",
           "Drugs": "letrozole 5 mg (once daily)"}  # fmt: skip
    shelf = filled(Shelf(built, known), ["first"])
    told = shelf.publish("meant", table(row).decode(), CSV)
    assert told["accepted"]
    assert "rule/joined" in codes(told)


def test_words_outside_the_grammar_are_the_submissions_own(built: Built, known: Knowledge) -> None:
    """No error: a Note, and two submissions with the same words do not meet."""
    shelf = Shelf(built, known)
    for name in ("one", "two"):
        row = {
            **OTHER,
            "Trial": name,
            "Trial population": f"women ({name})",
            "Publication": f"Paper ({name})",
            "Drugs": "letrozole 2.5 mg (with food)",
        }
        told = shelf.publish(name, table(row).decode(), CSV)
        assert told["accepted"]
        assert "rule/own-regimen" in codes(told)
    shelf.withdraw("one")
