"""A trial that is sent changes comparisons: before and after, by HTTP and by command."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest
from bare import built, settings  # noqa: F401
from click.testing import CliRunner
from conftest import ROOT
from desk import Desk

from aikg.build import Built
from aikg.cli import main
from aikg.engine import comparing
from aikg.engine.naming import make
from aikg.engine.publishing import Knowledge
from aikg.settings import Settings
from aikg.synthesis import changes
from aikg.synthesis.asking import Asker

SHEETS = ROOT / "data" / "sheets"
FALCON = SHEETS / "falcon.csv"
PROGRESSION = {
    "experimental": "fulvestrant",
    "reference": "anastrozole",
    "outcome": "progression-free-survival",
}


def impact(desk: Desk, address: str) -> dict[str, Any]:
    """Ask what would change."""
    reply = desk.ask("GET", f"/submissions/{address}/impact", "review", Accept="application/json")
    assert reply.status == 200, reply.body
    return dict(json.loads(reply.body)["comparisons"])


def compared(desk: Desk, accept: str = "application/json", **more: str) -> Any:
    """Compare over HTTP."""
    target = f"/compare?{urlencode(PROGRESSION | more)}"
    body = desk.ask("GET", target, Accept=accept).body
    return json.loads(body) if accept == "application/json" else body.decode()


def side(estimates: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Return what both an impact and an answer say of estimates."""
    return [(e["id"], e["setting"], e["k"], e["estimate"], e["interval"]) for e in estimates]


def test_one_submission_changes_comparisons_before_and_after(desk: Desk) -> None:
    """The impact says what `/compare` says afterwards; withdrawing would bring all of it back."""
    target = "/submissions?licence=CC-BY-4.0&name=falcon"
    sent = desk.ask("POST", target, "submit", FALCON.read_bytes(), Content_Type="text/csv")
    assert sent.status == 201, sent.body
    before = compared(desk)
    told = impact(desk, "falcon/1")
    (row,) = (
        each
        for each in told["changed"]
        if (each["experimental"], each["reference"], each["outcome"])
        == ("drug/fulvestrant", "drug/anastrozole", "outcome/progression-free-survival")
    )
    assert row["measure"] == "hazard-ratio"
    assert row["before"] is None
    assert row["after"]["estimates"]
    assert before["estimates"] == []
    assert impact(desk, "falcon/1") == told, "asking changes nothing"

    page = desk.ask("GET", "/submissions/falcon/1/impact", "review", Accept="text/html")
    assert "fulvestrant against anastrozole" in page.body.decode()
    printed = CliRunner().invoke(
        main,
        ["review", "falcon/1", "--impact", "--server", desk.server.url.removesuffix("/sparql"),
         "--token", desk.tokens["review"]],
    )  # fmt: skip
    assert printed.exit_code == 0, printed.output
    assert "fulvestrant against anastrozole on progression-free survival" in printed.output
    assert "- no trial of this pair" in printed.output

    assert desk.step("publish", "falcon/1").status == 200
    after = compared(desk)
    visible = side(after["estimates"])
    assert visible == side(row["after"]["estimates"])
    (source,) = after["sources"]
    assert (source["kind"], source["graph"]) == ("submission", "graph/submission/falcon/1")
    assert source["by"] == "Test submit"
    assert source["since"].startswith("20")
    assert compared(desk, curated="true")["estimates"] == []
    shown = compared(desk, "text/html")
    assert (
        'href="/submissions/falcon/1">submission falcon/1</a> by Test submit, published 20' in shown
    )

    back = impact(desk, "falcon/1")
    turned = [{**r, "before": r["after"], "after": r["before"]} for r in back["changed"]]
    assert turned == told["changed"]
    assert back["unchanged"] == told["unchanged"]


def test_what_one_look_leaves_out_is_counted_and_is_not_a_change(
    built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look does only so much work; a pair that it leaves out has no before and no after."""
    store = ox.Store()
    store.extend(built.quads())
    known = Knowledge.load(ROOT)

    def look(trials: int) -> changes.Look:
        monkeypatch.setattr(changes, "TRIALS", trials)
        asker = Asker(
            lambda query: comparing._rows(store, query),
            lambda: make(store, known),
            known.synthesis,
            "",
        )
        return changes.Look(asker, {"outcome/objective-response"})

    whole, short = look(changes.TRIALS), look(200)
    assert whole.left_out == set()
    assert whole.found.keys() == short.found.keys() | short.left_out
    assert short.found
    assert short.left_out
    for before, after in ((whole, short), (short, whole)):
        told = changes.differences(before, after)
        assert (told["changed"], told["left_out"]) == ([], len(short.left_out))


@pytest.fixture
def run(built: Built, settings: Settings) -> Any:
    """Run `aikg` with the test's home."""

    def command(*words: str) -> Any:
        return CliRunner().invoke(
            main, words, env={"AIKG_HOME": str(settings.home), "AIKG_ROOT": str(settings.root)}
        )

    return command


def test_a_sheet_that_is_not_published_is_compared(run: Any) -> None:
    """As it would be when published; the answer says that it is from a file."""
    words = ("compare", *PROGRESSION.values())
    words = (*words[:3], "--outcome", words[3], "--format", "json")
    found = run(*words, "--file", str(FALCON))
    assert found.exit_code == 0, found.output
    answer = json.loads(found.stdout)
    assert answer["estimates"]
    assert answer["sources"] == [
        {"graph": "graph/file/falcon", "kind": "file", "by": None, "since": None}
    ]
    assert answer["dataVersion"].endswith(" + falcon.csv")
    assert answer["labels"][answer["estimates"][0]["studies"][0]] == "FALCON (NCT01602380)"
    assert "in people of FALCON, first line" in answer["summary"]
    assert "2 more groups of patients are listed apart" in answer["summary"]
    assert run(*words, "--file", str(FALCON), "--curated").exit_code == 0
    assert json.loads(run(*words).stdout)["estimates"] == []


def test_a_sheet_with_a_mistake_is_refused_at_its_row(run: Any, tmp_path: Path) -> None:
    """With the report of `aikg validate`, and nothing is computed."""
    rows = list(csv.reader(FALCON.read_text(encoding="utf-8").splitlines()))
    rows[5][rows[0].index("Outcome")] = "progresion"
    broken = tmp_path / "falcon.csv"
    with broken.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    found = run("compare", "fulvestrant", "anastrozole", "--outcome", "time-to-progression",
                "--file", str(broken))  # fmt: skip
    assert found.exit_code != 0
    assert "row 6" in found.output
    assert "progresion" in found.output
    assert "Traceback" not in found.output
