"""Numbers of one trial in several submissions: one node, whatever the order, and parted again."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from itertools import permutations
from pathlib import Path
from random import Random

import pyoxigraph as ox
import pytest
from conftest import ROOT
from desk import TURTLE, Desk, opened
from shelf import Shelf, blocking
from test_many_trials import CSV, FIRST, HOUSE, LATER, codes, table

from aikg.build import Built
from aikg.engine.publishing import Knowledge
from aikg.ledger.sqlite import SQLite
from aikg.names import BASE, PREFIXES
from aikg.settings import Settings
from aikg.shared import keys

NCT, EUDRACT = "NCT99999901", "2099-000001-11"
FIRST_NODE = keys.address(keys.trial(NCT))
LAST_NODE = keys.address(keys.trial(EUDRACT))
#: A report under each set of numbers, and an addition under the last number alone.
TABLES = {
    "a": {**FIRST, "Registry numbers": NCT, "Publication identifiers": "PMID 99999901"},
    "b": {
        **FIRST,
        "Registry numbers": f"{NCT}; EudraCT {EUDRACT}",
        "Publication": "Ben 2011 (CALM)",
        "Publication identifiers": "PMID 99999902; doi:10.9999/calm.2",
        "Year": "2011",
        "As printed": "0.61",
        "Value": "0.61",
    },
    "c": {
        **FIRST,
        "Registry numbers": f"EudraCT {EUDRACT}",
        "Publication": "Cleo 2012 (CALM)",
        "Publication identifiers": "PMID 99999903",
        "Year": "2012",
        "As printed": "0.63",
        "Value": "0.63",
        "Analysis": "interim",
    },
    "d": {
        **LATER,
        "Registry numbers": EUDRACT,
        "Publication": "Ben again (CALM)",
        "Publication identifiers": "PMID 99999902",
        "Year": "2011",
    },
}


@pytest.fixture(scope="module")
def known() -> Knowledge:
    """What submissions are judged by."""
    return Knowledge.load(ROOT)


def filled(shelf: Shelf, names) -> Shelf:
    """Publish tables in an order; each is accepted."""
    for name in names:
        told = shelf.publish(name, table(TABLES[name]).decode(), CSV)
        assert blocking(told) == [], (names, name)
    return shelf


@pytest.mark.slow
@pytest.mark.parametrize("many", [2, pytest.param(6, marks=pytest.mark.endurance)])
def test_all_orders_and_withdrawals_give_one_graph(
    many: int, built: Built, known: Knowledge
) -> None:
    """And what is left is as if the one that went had never come."""
    random, base = Random(17), set(Shelf(built, known).store)
    whole: dict[frozenset[str], set] = {frozenset(): set()}

    def compare(shelf: Shelf, names) -> None:
        apart = set(shelf.store) ^ base
        expected = whole.setdefault(frozenset(names), apart)
        assert sorted(map(str, apart ^ expected)) == [], names

    for three in random.sample(list(permutations("abc")), many):
        order = list(three)
        order.insert(random.randrange(4), "d")
        shelf = filled(Shelf(built, known), order)
        compare(shelf, order)
        left = list(order)
        for gone in random.sample(order, len(order)):
            assert shelf.withdraw(gone)["users"] == []
            left.remove(gone)
            compare(shelf, left)


def test_the_node_is_that_of_the_first_number(built: Built, known: Knowledge) -> None:
    """A later one moves to it when a third joins both, and back when that goes."""
    shelf = filled(Shelf(built, known), "ca")
    assert shelf.values(LAST_NODE, "acronym") == shelf.values(FIRST_NODE, "acronym") == {"CALM"}
    told = shelf.publish("b", table(TABLES["b"]).decode(), CSV)
    assert set(told["reread"]) == {graph("c")}
    assert "rule/joined" in codes(told)
    assert shelf.values(LAST_NODE, "acronym") == set()
    assert shelf.values(FIRST_NODE, PREFIXES["dcterms"] + "identifier") >= {
        NCT,
        f"EUDRACT{EUDRACT}",
    }
    assert set(shelf.withdraw("b")["reread"]) == {graph("c")}
    assert shelf.values(LAST_NODE, "acronym") == {"CALM"}


def test_a_broken_number_in_a_second_row_is_one_error(built: Built, known: Knowledge) -> None:
    """Of a paper that has a valid number in the first row."""
    second = {
        **TABLES["a"],
        "Publication identifiers": "PMID 99999901; doi:11.1/x",
        "Outcome": "overall survival",
    }
    body = table(TABLES["a"], second).decode()
    found = blocking(Shelf(built, known).publish("bad", body, CSV))
    assert [(f["code"], f["place"]["line"]) for f in found] == [("check/identifier-form", 3)]


def graph(name: str) -> str:
    """The named graph of a submission."""
    return f"{BASE}graph/submission/{name}/1"


def evidence(shelf: Shelf) -> set:
    """All quads but those about numbers, which have the names of the cells."""
    return {q for q in shelf.store if q.graph_name != ox.NamedNode(f"{BASE}graph/numbers")}


def test_a_submission_in_turtle_moves_too(built: Built, known: Knowledge) -> None:
    """Its shared nodes get the addresses that a table would have."""
    alone = Shelf(built, known).publish("c", table(TABLES["c"]).decode(), CSV)
    shelves = []
    for body, media_type in ((table(TABLES["c"]).decode(), CSV), (alone["statements"], TURTLE)):
        shelf = Shelf(built, known)
        assert blocking(shelf.publish("c", body, media_type)) == []
        before = evidence(shelf)
        filled(shelf, "b")
        shelves.append(evidence(shelf))
        assert shelf.values(LAST_NODE, "acronym") == set()
        shelf.withdraw("b")
        assert evidence(shelf) == before
    assert shelves[0] == shelves[1]


#: Of a trial of the files, under a number that they do not have, and the row that joins both.
OF_HOUSE = {
    "x": {
        **HOUSE,
        "Trial": "EFECT (Europe)",
        "Registry numbers": f"EudraCT {EUDRACT}",
        "Design": "randomized trial",
        "Trial population": "women (EFECT, Europe)",
        "Publication identifiers": "PMID 99999904",
        "Drugs": "exemestane 25 mg (once daily)",
        "Drugs compared with": "fulvestrant 250 mg (monthly)",
    },
    "y": {
        **HOUSE,
        "Registry numbers": f"EudraCT {EUDRACT}",
        "Publication": "Eva 2013 (EFECT)",
        "Year": "2013",
    },
}


def test_a_number_joins_a_trial_of_the_files_before_or_after(
    built: Built, known: Knowledge
) -> None:
    """Its arms are those of the files then."""
    bodies = {name: table(row).decode() for name, row in OF_HOUSE.items()}
    shelves = []
    for order in ("xy", "yx"):
        shelf = Shelf(built, known)
        for name in order:
            assert blocking(shelf.publish(name, bodies[name], CSV)) == []
        shelves.append(set(shelf.store))
        rows = shelf.select(
            f"SELECT DISTINCT ?arm {{ GRAPH <{graph('x')}> {{ ?group aikg:ofArm ?arm }} }}"
        )
        arms = {f"{BASE}arm/efect-exemestane", f"{BASE}arm/efect-fulvestrant"}
        assert {row["arm"] for row in rows} == arms
        shelf.withdraw("y")
        assert shelf.values(LAST_NODE, "acronym") == {"EFECT (Europe)"}
    assert shelves[0] == shelves[1]


def send(desk: Desk, name: str, row: dict[str, str]) -> None:
    """Send a table in."""
    target = f"/submissions?licence=CC-BY-4.0&name={name}"
    sent = desk.ask("POST", target, "submit", table(row), Content_Type=CSV)
    assert sent.status == 201, sent.body


def served(desk: Desk) -> list[str]:
    """All triples of the default graph."""
    rows = desk.select("SELECT ?s ?p ?o { ?s ?p ?o FILTER(!isBlank(?s) && !isBlank(?o)) }")
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


@pytest.mark.slow
def test_a_restart_keeps_what_was_joined_and_a_refusal_changes_nothing(
    built: Built, settings: Settings, tmp_path: Path
) -> None:
    """Also when all is judged again, as after a change of the files."""
    shutil.copy(settings.graph, tmp_path)
    with opened(settings, tmp_path) as desk:
        for name in "cab":
            send(desk, name, TABLES[name])
            assert desk.step("publish", f"{name}/1").status == 200
        receipt = json.loads(desk.ask("GET", "/submissions/b/1", "review").body)
        assert receipt["history"][-1]["why"] == "because Read again: c/1."
        joined = served(desk)
    with closing(SQLite(tmp_path / "ledger.db")) as database, database.transaction():
        database.write("UPDATE fact SET value = 'others' WHERE name = 'overlay files'")
    for _ in range(2):
        with opened(settings, tmp_path) as desk:
            assert served(desk) == joined
    with opened(settings, tmp_path) as desk:
        impact = json.loads(desk.ask("GET", "/submissions/b/1/impact", "review").body)
        assert impact["users"] == []
        assert desk.step("withdraw", "b/1").status == 200
        parted = served(desk)
        assert any(LAST_NODE in line for line in parted)
        # A table whose arms the trial of the files does not have cannot become one about it.
        bad = {**OF_HOUSE["x"], "Registry numbers": "EudraCT 2099-000002-22", "Arm": "calm",
               "Drugs": "letrozole 5 mg (once daily)"}  # fmt: skip
        send(desk, "x", bad)
        assert desk.step("publish", "x/1").status == 200
        before = served(desk), ledger_rows(tmp_path)
        send(desk, "y", {**OF_HOUSE["y"], "Registry numbers": "EudraCT 2099-000002-22"})
        refused = desk.step("publish", "y/1")
        assert refused.status == 409
        told = json.loads(refused.body)
        assert told["type"].endswith("rereading-refused")
        assert "x/1" in told["detail"]
        assert "calm" in told["detail"]
        assert desk.state("y/1") == "waiting"
        assert (served(desk), ledger_rows(tmp_path)) == before
    with opened(settings, tmp_path) as desk:
        assert served(desk) == before[0]


def ledger_rows(home: Path) -> list[dict]:
    """What the ledger has of published submissions and of the graph."""
    with closing(SQLite(home / "ledger.db")) as database:
        published = "SELECT * FROM submission WHERE state = 'published'"
        return [*database.rows(published), *database.rows("SELECT * FROM overlay")]
