"""The questions, with none, one and all of the later trials published.

The answers below were written from the sheets before a query ran; those of `printed` are read from
the cells of the sheets.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict

import pytest
from bare import built, root, settings  # noqa: F401
from later import ONE, TRIALS, ask, stages
from orders import SHEETS, publish
from shelf import Shelf

from aikg.build import Built
from aikg.engine.publishing import Knowledge

#: The answers of a stage, by question.
Answers = dict[str, list[dict[str, str]]]

ASKED = [
    "direct-comparisons", "hazard-ratios", "latest-analyses", "adverse-events-by-grade",
    "later-evidence-on-claims", "visceral-against-non-visceral", "exemestane-trials",
]  # fmt: skip


@pytest.fixture(scope="module")
def known() -> Knowledge:
    """The questions, and the rules that later trials are judged by."""
    return Knowledge.load(root())


@pytest.fixture(scope="module")
def few(built: Built, known: Knowledge) -> dict[str, Answers]:
    """The answers with none and with one."""
    shelf, found = Shelf(built, known), dict[str, Answers]()
    for stage in stages(shelf):
        found[stage] = {name: ask(shelf, known, name) for name in ASKED}
        if stage == "one":
            break
    publish(shelf, ["falcon-more"])
    found["more"] = {name: ask(shelf, known, name) for name in ASKED}
    return found


@pytest.fixture(scope="module")
def many(built: Built, known: Knowledge) -> Answers:
    """The answers with all."""
    shelf = Shelf(built, known)
    for _ in stages(shelf):
        pass
    return {name: ask(shelf, known, name) for name in ASKED}


def trials(answers: Answers, one: str, other: str) -> set[str]:
    """The trials that compare two drugs, by the first word of their names."""
    rows = answers["direct-comparisons"]
    return {row["trial"] for row in rows if (row["drug_1"], row["drug_2"]) == (one, other)}


def of(answers: Answers, question: str, **wanted: str) -> list[dict[str, str]]:
    """The rows with some values; a trial is known by how its name begins."""
    return [
        row
        for row in answers[question]
        if all(
            row[name].startswith(value) if name == "trial" else row[name] == value
            for name, value in wanted.items()
        )
    ]


def printed(rows: list[dict[str, str]]) -> set[str]:
    """What rows print."""
    return {row["printed"] for row in rows}


PFS, OS = "progression-free survival", "overall survival"
OUTCOME = "https://w3id.org/aikg/outcome/"
EXPECTED = "https://w3id.org/aikg/claim/review-2010-abstract-confirmation-expected"
UNLIKELY = "https://w3id.org/aikg/claim/review-2010-efficacy-differences-another-trial-unlikely"


def test_with_none(few: dict[str, Answers]) -> None:
    """The shipped documents: three trials of exemestane and anastrozole, no hazard ratio."""
    none = few["none"]
    assert len(trials(none, "anastrozole", "exemestane")) == 3
    assert none["hazard-ratios"] == none["latest-analyses"] == []
    for claim in (EXPECTED, UNLIKELY):
        assert [row["printed"] for row in of(none, "later-evidence-on-claims", claim=claim)] == [""]


def test_with_one(few: dict[str, Answers]) -> None:
    """FALCON: fulvestrant against anastrozole, with an interim and a final analysis of survival."""
    none, one = few["none"], few["one"]
    new = trials(one, "anastrozole", "fulvestrant") - trials(none, "anastrozole", "fulvestrant")
    assert new == {"FALCON (NCT01602380)"}
    assert trials(one, "anastrozole", "exemestane") == trials(none, "anastrozole", "exemestane")
    (overall,) = (
        row
        for row in of(one, "hazard-ratios", endpoint=PFS)
        if "visceral" not in row["population"] and row["source"].startswith("10.1093")
    )
    assert {name: overall[name] for name in ("printed", "interval", "p", "patients")} == {
        "printed": "0.797 (0.637-0.999)",
        "interval": "0.637 to 0.999 (95%)",
        "p": "= 0.0486",
        "patients": "230 / 232",
    }
    assert overall["analysis"].startswith("primary")
    survival = of(one, "latest-analyses", trial="FALCON", outcome=f"{OUTCOME}overall-survival")
    assert {row["kind_of_analysis"] for row in survival} == {"final analysis"}
    assert "31% maturity" not in printed(survival)
    assert "0.97 (0.77-1.21)" in printed(survival)
    pairs = of(one, "visceral-against-non-visceral", measure="hazard ratio")
    assert ("0.99 (0.74-1.33)", "0.59 (0.42-0.84)") in {
        (row["printed"], row["non_visceral"]) for row in pairs
    }


def test_an_update_replaces_the_primary_analysis(few: dict[str, Answers]) -> None:
    """No day is known of either: what replaces what decides."""
    wanted = {"trial": "FALCON", "outcome": f"{OUTCOME}progression-free-survival"}
    before, after = (printed(of(few[s], "latest-analyses", **wanted)) for s in ("one", "more"))
    assert {"0.797 (0.637-0.999)", "16.6", "13.8"} <= before
    assert after == {"0.805 (0.644-1.006)", "11.5"}


@pytest.mark.slow
def test_with_all(few: dict[str, Answers], many: Answers) -> None:
    """A combination is another treatment: SoFEA compares exemestane with fulvestrant only."""
    old = trials(few["none"], "anastrozole", "exemestane")
    assert trials(many, "anastrozole", "exemestane") - old == {"GEICAM 2001-03", "Iwata 2013"}
    sofea = of(many, "direct-comparisons", trial="SoFEA")
    assert [(row["drug_1"], row["drug_2"]) for row in sofea] == [("exemestane", "fulvestrant")]
    assert not of(many, "direct-comparisons", trial="SWOG S0226")
    assert "anastrozole" not in {
        row["comparator"] for row in many["exemestane-trials"] if "nct00253422" in row["trial"]
    }
    lethargy = of(many, "adverse-events-by-grade", adverse_event="lethargy", grade="3-4")
    assert sorted(row["printed"] for row in lethargy) == ["11", "11", "3"]
    assert {row["trial"] for row in lethargy} == {"SoFEA (NCT00253422)"}
    answer = of(many, "later-evidence-on-claims", claim=EXPECTED)
    told = {row["printed"] for row in answer if row["outcome"].endswith("-survival")}
    assert {"0.93 (0.80-1.07)", "0.98 (0.82-1.17)", "0.69", "1.02 (0.87-1.18)"} <= told
    heads = {row["trial"] for row in of(many, "later-evidence-on-claims", claim=UNLIKELY)}
    assert heads == {"GEICAM 2001-03", "Iwata 2013"}


@pytest.mark.slow
def test_each_hazard_ratio_of_the_sheets_is_in_the_answer(many: Answers) -> None:
    """By what the cells say, whatever the reader makes of them."""
    expected = defaultdict[str, set[str]](set)
    for name in TRIALS:
        for row in csv.DictReader(io.StringIO(SHEETS[name].decode())):
            compared = row["Measure"] == "hazard ratio" and not row.get("Interaction of")
            if compared and row["As printed"] and not row.get("Repeats"):
                expected[row["Trial"]].add(row["As printed"])
    assert len(expected) > 10
    assert ONE.upper() in expected
    for trial, ratios in expected.items():
        found = printed(of(many, "hazard-ratios", trial=trial))
        assert ratios - found == set(), trial
