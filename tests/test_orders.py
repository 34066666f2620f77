"""Many sheets in any order are one graph, from which each may go; every cell is read back."""

from __future__ import annotations

import csv
import io
from random import Random

import orders
import pytest
from bare import built, root, settings  # noqa: F401
from orders import SHEETS
from readback import FIELDS, Readback
from shelf import Shelf, blocking

from aikg.build import Built
from aikg.engine.publishing import Knowledge
from aikg.names import PREFIXES
from aikg.settings import Settings

#: Two trials, each with an addition; a set that pools one of them; a trial of the house.
FEW = ["falcon", "falcon-more", "sofea", "sofea-more", "efect-sofea-esr1", "campos-2009"]


@pytest.fixture(scope="module")
def known() -> Knowledge:
    """What submissions are judged by."""
    return Knowledge.load(root())


def test_some_sheets_in_two_orders(built: Built, known: Knowledge) -> None:
    """The whole takes minutes; `make soak` runs twenty orders of all sheets."""
    found, _ = orders.compare(built, known, FEW, Random(4), 2)
    assert 0 < found.before < 4
    assert found.withdrawn == 2
    assert found.cells > 1200


@pytest.mark.endurance
def test_some_sheets_on_a_server_that_restarts(
    built: Built, known: Knowledge, settings: Settings
) -> None:
    """It has the graph that one process makes of them; `make soak` does so with all sheets."""
    found = orders.Figures()
    there = orders.served(settings, settings.graph, FEW, Random(3), found)
    few = Shelf(built, known)
    orders.publish(few, FEW)
    assert there == orders.without_times(few.dump())
    assert found.restarts == 3


#: Texts that stand in a cell instead, where a letter more would not make it wrong.
OTHERWISE = {
    "Drugs": "tamoxifen 20 mg",
    "Design": "single-arm trial",
    "Problem concerns": "publication",
}
#: Cells that only a curator's node could contradict.
NEVER = {"Figure", "Primary outcome"}


def test_a_changed_cell_is_noticed(built: Built, known: Knowledge) -> None:
    """Else the comparison above would prove nothing: each heading in turn has another text."""
    shelf, tried = Shelf(built, known), set()
    for name in ("sofea", "falcon", "confirm"):
        orders.publish(shelf, [name])
        rows = list(csv.DictReader(io.StringIO(SHEETS[name].decode())))
        for heading in rows[0].keys() - tried - NEVER:
            filled = [at for at, row in enumerate(rows) if row[heading]]
            if not filled:
                continue
            tried.add(heading)
            changed = [dict(row) for row in rows]
            cell = changed[filled[0]][heading]
            changed[filled[0]][heading] = OTHERWISE.get(heading, f"{cell}7")
            sheet = Readback(shelf.store, name, _csv(changed), known.rules.house.numbers)
            told = list(sheet.differences())
            assert any(f"row {filled[0] + 2}, {heading}" in line for line in told), (heading, told)
    assert len(tried) > 40
    assert tried <= FIELDS.keys()


def _csv(rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def test_an_analysis_of_another_source_is_named_before_it_comes(
    built: Built, known: Knowledge
) -> None:
    """It is the same analysis after it came; the sender learns that the graph has it not yet."""
    shelf = Shelf(built, known)
    told = shelf.publish("falcon-more", SHEETS["falcon-more"].decode(), orders.CSV)
    assert blocking(told) == []
    (check,) = (f for f in told["report"]["findings"] if f["code"] == "rule/unknown-analysis")
    assert (check["severity"], check["place"]["heading"]) == ("Check", "Supersedes")
    orders.publish(shelf, ["falcon"])
    rows = shelf.select(
        "SELECT ?kind { ?f aikg:value 0.805 ; "
        "aikg:ofAnalysis/aikg:supersedes/aikg:analysisKind ?kind }"
    )
    assert rows == [{"kind": PREFIXES["aikg"] + "PrimaryAnalysis"}]


def test_an_analysis_that_is_nearly_there_is_asked_about(built: Built, known: Knowledge) -> None:
    """A typo would make another analysis; another day is only a reason to look."""
    shelf = Shelf(built, known)
    orders.publish(shelf, ["falcon"])
    body = SHEETS["falcon-more"].decode()
    for written, level in {"primery": "Error", "primary 2016-04-11": "Check"}.items():
        text = body.replace(",update,update,primary", f",update,update,{written}")
        told = shelf.publish("falcon-more", text, orders.CSV)
        (found,) = (f for f in told["report"]["findings"] if f["code"] == "rule/unknown-analysis")
        assert found["severity"] == level, written
        assert "the graph has: final; interim; primary" in found["found"]
        shelf.withdraw("falcon-more")


def test_the_primary_outcome_of_a_trial_of_the_house_is_a_note(
    built: Built, known: Knowledge
) -> None:
    """Nothing is stated of a curated trial, and no cell is lost in silence."""
    told = Shelf(built, known).publish("face", SHEETS["face"].decode(), orders.CSV)
    notes = [f for f in told["report"]["findings"] if f["code"] == "rule/known-node"]
    places = [place for note in notes for place in (note["place"], *note["also_at"])]
    told_at = {place["heading"] for place in places}
    assert "Primary outcome" in told_at
    assert "Arm" not in told_at  # it names the arm of the graph
    assert PREFIXES["aikg"] + "hasPrimaryOutcome" not in told["statements"]
