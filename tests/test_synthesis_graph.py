"""The synthesis on the shipped graph: what it reads, and what Table 1 comes to."""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from conftest import ROOT

from aikg.sparql.evaluation import select as ask_store
from aikg.synthesis import cells, output
from aikg.synthesis.answer import compare
from aikg.synthesis.distributions import z_of
from aikg.synthesis.evidence import Evidence, Question
from aikg.synthesis.excerpt import load, short
from aikg.synthesis.exports.tables import variants
from aikg.synthesis.leagues import evidence_map
from aikg.synthesis.trials import select

RESPONSE, BENEFIT = "outcome/objective-response", "outcome/clinical-benefit"


@pytest.fixture(scope="module")
def read(shipped: ox.Store) -> Any:
    """Read the evidence on an outcome from the shipped graph."""

    def ask(query: str) -> list[tuple[str, ...]]:
        _, rows = ask_store(shipped, query)
        return [tuple("" if term is None else term.value for term in row) for row in rows]

    known: dict[str, Evidence] = {}

    def reading(outcome: str) -> Evidence:
        if outcome not in known:
            known[outcome] = cells.read(ask, load(ROOT), outcome)
        return known[outcome]

    return reading


def visceral(one: str, other: str, outcome: str, **more: Any) -> Question:
    """Ask for two drugs in visceral disease."""
    return Question(f"drug/{one}", f"drug/{other}", outcome, "population/any-visceral", **more)


def test_a_study_enters_once_for_an_outcome_and_a_setting(read: Any) -> None:
    """Restatements multiply nothing: Table 1 is restated in the text, and restates the papers."""
    for outcome in (RESPONSE, BENEFIT):
        asked = visceral("exemestane", "anastrozole", outcome)
        trials = select(read(outcome), asked).trials
        assert set(Counter(trial.study.id for trial in trials).values()) == {1}


def test_table_1_has_one_direct_comparison_of_each_pair(read: Any) -> None:
    """Exemestane and anastrozole: 10 of 64 each, by cutting off; 24 and 21 of 64."""
    for outcome, counts in ((RESPONSE, (10, 10)), (BENEFIT, (24, 21))):
        answer = compare(read(outcome), visceral("exemestane", "anastrozole", outcome))
        (direct,) = (e for e in answer["estimates"] if e["path"] == "direct")
        assert direct["studies"] == ["study/campos"]
        found = direct["atLow"]["counts"]
        assert sorted(found.values()) == sorted(counts)
        assert {"rounding-mixed", "stopped-early"} <= set(direct["caveats"])


def test_the_loop_of_table_1_is_open_for_benefit_and_names_the_cell(read: Any) -> None:
    """Megestrol acetate joins both drugs for response; for benefit one cell is not reported."""
    answer = compare(read(RESPONSE), visceral("exemestane", "anastrozole", RESPONSE))
    assert ("indirect", ["drug/megestrol-acetate"]) in [
        (e["path"], e["through"]) for e in answer["estimates"]
    ]
    (mixed,) = (e for e in answer["estimates"] if e["path"] == "mixed")
    assert "setting-near" in mixed["caveats"]
    assert mixed["setting"] == "after antiestrogens or tamoxifen"
    answer = compare(read(BENEFIT), visceral("exemestane", "anastrozole", BENEFIT))
    (blocked,) = (r for r in answer["refused"] if r["through"] == ["drug/megestrol-acetate"])
    assert blocked["codes"] == ["not-reported"]
    assert blocked["blockedBy"] == ["passage/review-2010-table-1-row-4-column-5"]


def test_the_papers_figures_stand_beside_the_reviews(read: Any) -> None:
    """37.4% and 38.2% have one count each; 37% and 38% have three each."""
    answer = compare(read(BENEFIT), visceral("fulvestrant", "anastrozole", BENEFIT))
    review, paper = (e for e in answer["estimates"] if e["path"] == "direct")
    assert (review["figures"], review["combinations"], review["point"]) == ("review", 9, None)
    assert (paper["figures"], paper["combinations"]) == ("paper", 1)
    assert review["estimate"]["low"] < paper["point"] < review["estimate"]["high"]
    assert "paper-inferred" in paper["caveats"]


def test_medians_do_not_make_a_ratio(read: Any) -> None:
    """The one trial of the pair prints medians of survival."""
    outcome = "outcome/overall-survival"
    asked = visceral("exemestane", "anastrozole", outcome, measure="hazard-ratio")
    answer = compare(read(outcome), asked)
    assert (answer["verdict"], answer["estimates"]) == ("refused", [])
    assert [item["codes"] for item in answer["refused"]] == [["no-effect-measure"]]


def test_a_dose_that_no_figure_names_is_a_caveat(read: Any) -> None:
    """The trials behind row 1 have two doses; row 2's drug has one."""
    answer = compare(read(RESPONSE), visceral("anastrozole", "megestrol-acetate", RESPONSE))
    (direct,) = (e for e in answer["estimates"] if e["path"] == "direct")
    assert "dose-not-separated" in direct["caveats"]
    answer = compare(read(RESPONSE), visceral("anastrozole", "fulvestrant", RESPONSE))
    found = [e for e in answer["estimates"] if e["path"] == "direct"]
    assert found
    assert not any("dose-not-separated" in e["caveats"] for e in found)


def test_the_summary_has_a_number_its_setting_and_no_verdict_of_its_own(read: Any) -> None:
    """No difference shown is followed by what that does not show."""
    answer = compare(read(BENEFIT), visceral("exemestane", "anastrozole", BENEFIT))
    summary = answer["summary"]
    assert "after antiestrogens" in summary
    assert "No difference was shown; that does not show that there is none." in summary
    assert "No systematic search was made" in summary
    for word in ("equivalent", "comparable", "similar efficacy", "trend", "best"):
        assert word not in summary


def test_one_restatement_more_changes_no_estimate(shipped: ox.Store) -> None:
    """Whichever way it points, and from whichever document."""
    base = "https://w3id.org/aikg/"
    row = ox.NamedNode(base + "finding/review-2010-table-1-row-7-exemestane-rr")
    again = ox.NamedNode(base + "finding/said-again")
    store = ox.Store()
    store.extend(quad for quad in shipped if not isinstance(quad.graph_name, ox.NamedNode))

    def ask(query: str) -> list[tuple[str, ...]]:
        _, rows = ask_store(store, query)
        return [tuple("" if term is None else term.value for term in row) for row in rows]

    asked = visceral("exemestane", "anastrozole", RESPONSE)
    before = compare(cells.read(ask, load(ROOT), RESPONSE), asked)
    copied = list(store.quads_for_pattern(row, None, None))
    store.extend(ox.Quad(again, quad.predicate, quad.object) for quad in copied)
    store.add(ox.Quad(again, ox.NamedNode(base + "ontology/restates"), row))
    after = compare(cells.read(ask, load(ROOT), RESPONSE), asked)
    assert after["estimates"] == before["estimates"]
    assert after["refused"] == before["refused"]
    unused = {row["finding"] for row in after["not_used"]}
    assert unused - {row["finding"] for row in before["not_used"]} == {"finding/said-again"}


def test_the_question_has_the_counts_of_the_engine(read: Any, shipped: ox.Store) -> None:
    """By decimals in SPARQL, and by fractions in the engine: each figure of both is the same."""
    query = (ROOT / "queries" / "competency" / "counts-behind-percentages.rq").read_text()
    _, rows = ask_store(shipped, query)
    asked = {
        short(finding.value): range(int(float(least.value)), int(float(most.value)) + 1)
        for *_, least, most, finding in rows
    }
    compared = 0
    for outcome in (RESPONSE, BENEFIT):
        for cell in read(outcome).cells:
            for figure in cell.figures.values():
                group = cell.group
                known = group.size and group.treatment and group.arms
                if known and cell.measure == "CrudeProportion" and figure.exact:
                    counts = [each.count for each in figure.candidates]
                    assert counts == list(asked[figure.finding]), figure
                    compared += 1
    assert compared > 30


@pytest.mark.slow
@pytest.mark.oracle
@pytest.mark.skipif(not shutil.which("Rscript"), reason="R is not installed")
def test_each_pair_of_table_1_equals_metafor(read: Any, tmp_path: Path) -> None:
    """Every direct and indirect estimate of response and of benefit in visceral disease."""
    expected: dict[str, tuple[dict[str, Any], str]] = {}
    for outcome in (RESPONSE, BENEFIT):
        drugs = evidence_map(read(outcome), visceral("", "", outcome))["drugs"]
        for one, other in combinations(drugs, 2):
            asked = Question(one, other, outcome, "population/any-visceral")
            answer = compare(read(outcome), asked)
            for variant in variants(answer):
                if variant.estimate["path"] in {"direct", "indirect"}:
                    head = "-".join(each.rsplit("/", 1)[-1] for each in (outcome, one, other))
                    name = f"{head}-{variant.name}.csv"
                    files = output.write(answer, "compare", "metafor")
                    (tmp_path / name).write_text(files[f"{variant.name}.csv"])
                    end = "atHigh" if variant.name.endswith(".high") else "atLow"
                    expected[name] = (variant.estimate | {"at": variant.estimate[end]}, one)
    paths = [str(path) for path in sorted(tmp_path.iterdir())]
    done = subprocess.run(
        ["Rscript", str(ROOT / "tools" / "metafor_oracle.R"), *paths],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(expected) > 20
    for name, (estimate, one) in expected.items():
        effects = {what[2]: float(what[3]) for what in lines if what[:2] == [name, "yi"]}
        variances = [float(what[3]) for what in lines if what[:2] == [name, "vi"]]
        total = 0.0
        ends = {one.rsplit("/", 1)[-1]: 1.0}
        other = {end for pair in effects for end in pair.split()[1:]}
        through = {node.rsplit("/", 1)[-1] for node in estimate["through"]}
        ends |= dict.fromkeys(other - through - set(ends), -1.0)
        for pair, effect in effects.items():
            _, first, second = pair.split()
            total += effect * (ends[first] if first in ends else -ends[second])
        y = math.log(estimate["at"]["estimate"])
        assert y == pytest.approx(total, abs=1e-9), name
        half = math.log(estimate["at"]["interval"][1]) - y
        assert half == pytest.approx(z_of() * math.sqrt(sum(variances)), abs=1e-9), name


#: What the process that speaks HTTP has of the synthesis: they import nothing else of it.
DRAWING = {"aikg.synthesis"} | {
    f"aikg.synthesis.{name}"
    for name in ("counts", "distributions", "plots", "plots.svg", "proportions")
}


@pytest.mark.parametrize("module", ["aikg.engine.__main__", "aikg.web.server", "aikg.cli", "aikg"])
def test_no_process_loads_the_synthesis_before_it_is_asked(module: str) -> None:
    """Neither the holder of the graph nor the process that speaks HTTP; and neither has numpy.

    Pages draw figures and count people behind a percentage: for that they have two small modules.
    """
    code = f"import sys, {module}; print(*(m for m in sys.modules if sys.modules[m]))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(found.stdout.split())
    synthesis = {name for name in loaded if name.startswith("aikg.synthesis")}
    assert synthesis <= (DRAWING if module == "aikg.web.server" else set())
    assert "numpy" not in loaded
