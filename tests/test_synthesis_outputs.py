"""The exports and the plots of an answer: read back by their programs, or by the named check."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from evidence import EIGHT, cells, evidence, question, ratio
from fhir.resources.bundle import Bundle

from aikg.synthesis import output, view
from aikg.synthesis.answer import compare
from aikg.synthesis.effects import HAZARD_RATIO
from aikg.synthesis.evidence import Work
from aikg.synthesis.exports import revman, stata
from aikg.synthesis.leagues import evidence_map, league

RECORDED = ROOT / "tests" / "cases" / "synthesis" / "metafor.tsv"

#: Made-up trials with unique counts, with several, and with what is refused.
UNIQUE = "S1 A 20/100 B 28/102; S2 A 25/80 B 12/79; S3 A 10/50 B 9/48"
SEVERAL = "S1 A 20%/300 B 28%/310; S2 A NR/80 C 12/79; S3 B 25/80 C 12/79"
RATIOS = [ratio("S1", "B A", "0.80 (0.64-1.00)"), ratio("S2", "A B", "1.10 (0.88-1.38)")]


def answers() -> dict[str, dict[str, Any]]:
    """Return answers of each kind."""
    return {
        "eight": compare(evidence(cells(EIGHT)), question()),
        "unique": compare(evidence(cells(UNIQUE)), question()),
        "several": compare(evidence(cells(SEVERAL)), question()),
        "ratios": compare(evidence(ratios=RATIOS), question(measure=HAZARD_RATIO)),
        "refused": compare(evidence(cells("S1 A NR/100 B 28/102")), question()),
    }


def rows(text: str) -> list[dict[str, str]]:
    """Read CSV."""
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def metafor_files(folder: Path) -> list[Path]:
    """Write what metafor is to read, and return its files."""
    found = []
    for name, answer in answers().items():
        for file, text in output.write(answer, "compare", "metafor").items():
            path = folder / f"{name}-{file}"
            path.write_text(text, encoding="utf-8")
            if file not in {"refused.csv", "candidates.csv"} and not file.endswith(".V.csv"):
                found.append(path)
    return sorted(found)


def oracle(lines: str) -> dict[tuple[str, str, str], float]:
    """Read what metafor has computed: by file, quantity and name."""
    parts = (line.split("\t") for line in lines.splitlines())
    return {(file, quantity, name): float(value) for file, quantity, name, value in parts}


def hold(found: dict[tuple[str, str, str], float]) -> None:
    """Hold the answers against metafor."""
    eight = answers()["eight"]
    network = next(
        e for e in eight["estimates"] if (e["path"], e["model"]) == ("network", "common")
    )
    file = "eight-network-review.csv"
    assert math.log(network["point"]) == pytest.approx(found[file, "beta", "B"], abs=1e-8)
    assert network["q"]["low"] == pytest.approx(found[file, "QE", ""], abs=1e-8)
    half = math.log(network["interval"]["high"]) - math.log(network["point"])
    assert half / 1.959963984540054 == pytest.approx(found[file, "se", "B"], abs=1e-8)
    for name in ("unique", "ratios"):
        file = "unique-direct-review.csv" if name == "unique" else "ratios-direct-paper.ratios.csv"
        direct = {e["model"]: e for e in answers()[name]["estimates"] if e["path"] == "direct"}
        for model, method in (("common", "FE"), ("random", "DL")):
            if (file, "beta", method) in found:
                point = math.log(direct[model]["point"])
                assert point == pytest.approx(found[file, "beta", method], abs=1e-8)
                tau2 = direct["random"]["tau2"]["low"] if name == "unique" else None
                if tau2 is not None and method == "DL":
                    assert tau2 == pytest.approx(found[file, "tau2", "DL"], abs=1e-8)
    several = next(e for e in answers()["several"]["estimates"] if e["path"] == "direct")
    for end, key in (("low", "atLow"), ("high", "atHigh")):
        effect = found[f"several-direct-review.{end}.csv", "yi", "S1 B A"]
        assert math.log(several[key]["estimate"]) == pytest.approx(effect, abs=1e-8)


def test_the_answers_equal_what_metafor_computed() -> None:
    """The recorded lines of `tools/metafor_oracle.R` on these very files."""
    hold(oracle(RECORDED.read_text(encoding="utf-8")))


@pytest.mark.slow
@pytest.mark.oracle
@pytest.mark.skipif(
    not shutil.which("Rscript"), reason="R is not installed; its lines are recorded"
)
def test_metafor_computes_the_same_again(tmp_path: Path) -> None:
    """Metafor reads the exports as they are written, and says what is recorded."""
    files = metafor_files(tmp_path)
    done = subprocess.run(
        ["Rscript", str(ROOT / "tools" / "metafor_oracle.R"), *map(str, files)],
        capture_output=True, text=True, check=True, timeout=120,
        env={**os.environ, "MEASURE": "odds-ratio"},
    )  # fmt: skip
    found = oracle(done.stdout)
    hold(found)
    recorded = oracle(RECORDED.read_text(encoding="utf-8"))
    assert found == pytest.approx(recorded, rel=1e-9, abs=1e-12)


def test_a_refused_answer_has_no_number_in_any_format() -> None:
    """Only its reasons."""
    answer = answers()["refused"]
    for form in output.FORMATS["compare"]:
        for name, text in output.write(answer, "compare", form).items():
            if name == "refused.csv":
                assert rows(text)[0]["codes"] == "not-reported"
            elif name.endswith(".csv"):
                numbers = {"point", "low", "high", "ci_low", "ci_high"}
                assert not any(row.get(n) for row in rows(text) for n in numbers)
    bundle = json.loads(output.write(answer, "compare", "fhir")["evidence.json"])
    kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    assert kinds == ["OperationOutcome"]


def test_counts_that_are_not_unique_have_two_files_and_all_candidates() -> None:
    """The least and the greatest estimate, and every count."""
    files = output.write(answers()["several"], "compare", "netmeta")
    assert {"direct-review.low.arms.csv", "direct-review.high.arms.csv"} <= set(files)
    counts = {row["count"] for row in rows(files["candidates.csv"]) if row["printed"] == "20%"}
    assert counts == {"59", "60", "61", "62"}
    low, high = (rows(files[f"direct-review.{end}.arms.csv"]) for end in ("low", "high"))
    assert [row["treat"] for row in low] == ["A", "B"]
    assert (low[0]["event"], high[0]["event"]) == ("62", "59")


def test_netmeta_gets_contrasts_that_close() -> None:
    """It stops where the three ratios of one study do not."""
    triangle = [
        ratio("S1", "B A", "0.80 (0.64-1.00)"),
        ratio("S1", "C A", "0.70 (0.56-0.88)"),
        ratio("S1", "C B", "0.87 (0.70-1.09)"),
        ratio("S2", "D C", "0.90 (0.72-1.13)"),
    ]
    answer = compare(evidence(ratios=triangle), question("D", "A", measure=HAZARD_RATIO))
    answer["estimates"] = [{**answer["estimates"][0], "cells": [r["id"] for r in answer["ratios"]]}]
    (text,) = (t for n, t in output.write(answer, "compare", "netmeta").items() if "contrasts" in n)
    found = {(r["treat1"], r["treat2"]): float(r["TE"]) for r in rows(text) if r["studlab"] == "S1"}
    assert found["C", "B"] == pytest.approx(found["C", "A"] - found["B", "A"], abs=1e-12)


def test_revman_gets_its_own_columns() -> None:
    """In its order, with a mark of byte order for the web."""
    files = output.write(answers()["unique"], "compare", "revman")
    web = files["revman-web.csv"]
    assert web.startswith("\ufeffAnalysis group,Analysis number,Analysis name,Subgroup,")
    assert list(rows(web)[0]) == list(revman.WEB)
    assert [row["Experimental cases"] for row in rows(web)] == ["28", "12", "9"]
    five = rows(files["revman-5.csv"])
    assert list(five[0]) == list(revman.FIVE)
    assert [row["Data Type"] for row in five] == ["DIC", "", "", ""]
    assert [row["Events 1"] for row in five[1:]] == ["28", "12", "9"]


def test_stata_gets_names_that_it_can_have() -> None:
    """ASCII, at most 32 characters, a letter first, no two alike."""
    names = stata._names(["study/5-é", "study/" + "a" * 40, "study/" + "a" * 39, "study/x y"])
    assert all(re.fullmatch(r"[A-Za-z]\w{0,31}", name, re.ASCII) for name in names.values())
    assert len(set(names.values())) == 4
    files = output.write(answers()["unique"], "compare", "stata")
    first = rows(files["direct-review.csv"])[0]
    assert [first[name] for name in "abcd"] == ["28", "74", "20", "80"]


@pytest.mark.parametrize("name", ["eight", "several", "ratios", "refused"])
def test_fhir_reads_the_bundle_and_our_own_checks_hold(name: str) -> None:
    """The library accepts levels of 95, reversed ranges and a statistic without a number."""
    answer = answers()[name]
    text = output.write(answer, "compare", "fhir")["evidence.json"]
    assert Bundle.model_validate_json(text).type == "collection"
    found = [e["resource"] for e in json.loads(text)["entry"]]
    resources = [each for each in found if each["resourceType"] == "Evidence"]
    assert len(resources) == len(answer["estimates"])
    for resource in resources:
        assert resource["status"] in {"active", "draft"}
        (statistic,) = resource["statistic"]
        assert isinstance(statistic["quantity"]["value"], float)
        interval = statistic["attributeEstimate"][0]
        assert interval["level"] == 0.95
        assert interval["range"]["low"]["value"] < interval["range"]["high"]["value"]
        roles = [v["variableRole"]["coding"][0]["code"] for v in resource["variableDefinition"]]
        assert roles == ["population", "exposure", "referenceExposure", "measuredVariable"]


def drawings() -> dict[str, str]:
    """Return every plot of some answers."""
    found = {}
    for name, answer in answers().items():
        found[f"{name} forest"] = output.write(answer, "compare", "svg")["forest.svg"]
    for name, text in (("eight", EIGHT), ("several", SEVERAL)):
        made, asked = evidence(cells(text)), question()
        for kind, whole in (("network", league(made, asked)), ("map", evidence_map(made, asked))):
            for file, drawing in output.write(whole, kind, "svg").items():
                found[f"{name} {file}"] = drawing
    return found


def test_each_plot_is_well_formed_has_words_and_no_script() -> None:
    """A title and a description stand in each; nothing in it is run or loaded."""
    for name, drawing in drawings().items():
        root = ET.fromstring(drawing)  # noqa: S314
        space = "{http://www.w3.org/2000/svg}"
        assert root.findtext(f"{space}title"), name
        assert root.findtext(f"{space}desc"), name
        assert not re.search(r"<script|<style|\bon\w+=|href|nan|inf\b", drawing, re.IGNORECASE)
        assert drawing == drawings()[name]


def test_refused_rows_stay_on_the_forest_plot_in_grey() -> None:
    """With their reason in place of the figures."""
    drawing = drawings()["several forest"]
    assert "not computed: not-reported" in drawing
    assert "favours" not in drawings()["eight forest"]


def test_a_name_that_a_user_chose_is_only_text() -> None:
    """In a plot, in a table, and in JSON."""
    bad = '<script>alert("x")</script>\u202e\n'
    made = evidence(cells(UNIQUE))
    made = type(made)(
        **{**vars(made), "labels": {**made.labels, "study/S1": bad, "drug/A": "=1+1"}}
    )
    answer = compare(made, question())
    drawing = output.write(answer, "compare", "svg")["forest.svg"]
    assert "<script" not in drawing
    assert "\u202e" not in drawing
    assert "\u202e" not in output.write(answer, "compare", "json")["answer.json"]
    five = output.write(answer, "compare", "revman")["revman-5.csv"]
    assert rows(five)[0]["Group Label 2"] == "'=1+1"
    whole = {"compare": answer, "network": league(made, question())}
    for kind, found in (whole | {"map": evidence_map(made, question())}).items():
        for form in output.FORMATS[kind]:
            for name, text in output.write(found, kind, form).items():
                assert "\u202e" not in text, name
                assert name.endswith(".json") or "<script" not in text, name
        assert "\u202e" not in output.as_json(view.page(found, kind))


def test_a_map_is_one_job_with_one_bound() -> None:
    """The work of all pairs is counted together; the pairs beyond it are refused in words."""
    made = evidence(cells(EIGHT))
    free = question()
    evidence_map(made, free)
    needed = Work().left - free.work.left
    asked = replace(question(), work=Work(needed // 2))
    rows = evidence_map(made, asked)["pairs"]
    refused = [row for row in rows if "too-many-combinations" in row["codes"]]
    assert 0 < len(refused) < len(rows)
    assert asked.work.left >= 0
    enough = replace(question(), work=Work(needed))
    rows = evidence_map(made, enough)["pairs"]
    assert not any("too-many-combinations" in row["codes"] for row in rows)


def test_a_map_names_the_one_cell_that_would_open_a_path() -> None:
    """A against C is blocked by one cell that is not reported."""
    found = evidence_map(evidence(cells(SEVERAL)), question())
    (pair,) = (row for row in found["pairs"] if (row["a"], row["b"]) == ("drug/A", "drug/C"))
    assert pair["wouldOpen"] == [{"path": "direct", "through": [], "cells": ["passage/S2-A-t"]}]
    assert [each["through"] for each in pair["indirect"]] == [["drug/B"]]


def test_a_league_table_answers_each_pair_both_ways() -> None:
    """And tests each edge."""
    (stratum,) = league(evidence(cells(EIGHT)), question())["strata"]
    pairs = {(p["experimental"], p["reference"]): p["estimates"][0] for p in stratum["pairs"]}
    assert len(pairs) == 20
    for (one, other), each in pairs.items():
        assert each["point"] == pytest.approx(1 / pairs[other, one]["point"])
    methods = [row["method"] for row in stratum["inconsistency"]]
    assert methods[0] == "design"
    assert methods.count("edge") == 7
