"""Decisions of curators that concern no single submission: taken, undone, and who may."""

from __future__ import annotations

import json
import re
import shutil
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from desk import Desk, opened
from test_durable import BAD, rows
from test_home import run
from test_joining import EUDRACT, FIRST_NODE, LAST_NODE, NCT, TABLES, send, served
from test_many_trials import table
from test_who_asks import Browser, csrf

from aikg.build import Built
from aikg.errors import ChangeRefused
from aikg.intake.examination import read
from aikg.intake.verdict import Rules
from aikg.ledger import decisions
from aikg.ledger.sqlite import SQLite
from aikg.ledger.steps import Sent
from aikg.publication.rereading import renamed
from aikg.settings import Settings
from aikg.shared import keys
from aikg.shared.house import House
from aikg.submissions.curation import Curation
from aikg.submissions.opening import open_home

FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def desk(built: Built, settings: Settings, tmp_path_factory) -> Iterator[Desk]:
    """A server on which three reports of one trial are published: b joins a and c."""
    home = tmp_path_factory.mktemp("decisions")
    shutil.copy(settings.graph, home)
    with opened(settings, home) as running:
        for name in "abc":
            send(running, name, TABLES[name])
            assert running.step("publish", f"{name}/1").status == 200
        yield running


def ask(desk: Desk, path: str, scope: str | None = "review", **fields: str):
    """Send a form to a path below /submissions/decisions."""
    body = urllib.parse.urlencode(fields).encode()
    return desk.ask("POST", f"/submissions/decisions{path}", scope, body, Content_Type=FORM)


def told(reply) -> dict:
    """The answer."""
    return json.loads(reply.body)


def nodes(desk: Desk) -> dict[str, str]:
    """The trial of each submission, by its name."""
    rows = desk.select(
        "SELECT DISTINCT ?g ?t { GRAPH ?g { ?t <https://w3id.org/aikg/ontology/acronym> 'CALM' } }"
    )
    return {row["g"].split("/")[-2]: row["t"] for row in rows}


JOINED = dict.fromkeys("abc", FIRST_NODE)


def test_a_number_is_struck_and_comes_back(desk: Desk) -> None:
    """The submissions are read again; what names only that number has a trial of its own."""
    assert nodes(desk) == JOINED
    before, version = served(desk), desk.version()
    reply = ask(desk, "", kind="strike", number=f"eudract {EUDRACT}", why="not its number")
    assert reply.status == 201, reply.body
    decision = told(reply)
    assert decision["said"] == {"number": f"EUDRACT{EUDRACT}"}
    assert decision["why"] == "not its number Read again: c/1."
    assert nodes(desk) == {"a": FIRST_NODE, "b": FIRST_NODE}
    assert desk.select("SELECT ?t { ?t a <https://w3id.org/aikg/ontology/RandomizedTrial> ; "
                       "<http://www.w3.org/2000/01/rdf-schema#label> 'CALM'@en }")  # fmt: skip
    assert desk.version() != version
    again = ask(desk, "", kind="move", number=EUDRACT, to="NCT00065325", why="twice")
    assert (again.status, f"Decision {decision['id']}" in told(again)["detail"]) == (409, True)
    assert ask(desk, f"/{decision['id']}/undo", why="it is").status == 200
    assert nodes(desk) == JOINED
    assert served(desk) == before
    assert ask(desk, f"/{decision['id']}/undo", why="it is").status == 409


def test_a_number_is_moved_to_another_trial(desk: Desk) -> None:
    """Alone it means the other trial; beside another number it means nothing."""
    send(desk, "other", {**TABLES["a"], "Registry numbers": "NCT99999955", "Trial": "LULL",
                         "Publication": "Lou 2010 (LULL)",
                         "Publication identifiers": "PMID 99999955"})  # fmt: skip
    assert desk.step("publish", "other/1").status == 200
    decision = told(ask(desk, "", kind="move", number=EUDRACT, to="NCT 9999 9955", why="a typo"))
    assert nodes(desk)["b"] == FIRST_NODE
    assert nodes(desk)["c"] not in {FIRST_NODE, LAST_NODE}
    assert "nct99999955" in nodes(desk)["c"]
    assert told(ask(desk, f"/{decision['id']}/undo", why="no"))["undone_why"].startswith("no")
    assert nodes(desk) == JOINED


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"kind": "strike", "number": NCT}, 400),
        ({"kind": "strike", "why": "x"}, 400),
        ({"kind": "forget", "number": NCT, "why": "x"}, 400),
        ({"kind": "strike", "number": "a sponsor's 17", "why": "x"}, 400),
        ({"kind": "strike", "number": "NCT123", "why": "x"}, 400),
        ({"kind": "move", "number": NCT, "to": "PMID 99999901", "why": "x"}, 400),
        ({"kind": "move", "number": NCT, "to": NCT, "why": "x"}, 400),
        ({"kind": "strike", "number": "NCT99999999", "why": "x"}, 404),
    ],
)
def test_a_decision_that_is_not_valid_is_refused(
    desk: Desk, fields: dict[str, str], status: int
) -> None:
    """With what to do; nothing is recorded."""
    before = told(desk.ask("GET", "/submissions/decisions"))
    reply = ask(desk, "", **fields)
    assert reply.status == status, reply.body
    assert told(reply)["advice"]
    assert told(desk.ask("GET", "/submissions/decisions")) == before


def test_only_curators_decide(desk: Desk) -> None:
    """Anyone may read; a browser has the form with its token."""
    for scope, status in ((None, 401), ("submit", 403)):
        assert ask(desk, "", scope, kind="strike", number=NCT, why="x").status == status
        assert ask(desk, "/1/undo", scope, why="x").status == status
    assert desk.ask("GET", "/submissions/decisions").status == 200
    assert ask(desk, "/999/undo", why="x").status == 404
    why = "a reason \x1b[2J<b>"
    decision = told(ask(desk, "", kind="strike", number="PMID 99999902", why=why))
    page = Browser(desk).open("/submissions/decisions").body.decode()
    assert "<b>" not in page
    assert "\x1b" not in page
    assert "<button>Undo" not in page
    curator = Browser(desk)
    curator.sign_in("review")
    shown = curator.open("/submissions/decisions")
    action = f"/submissions/decisions/{decision['id']}/undo"
    assert re.search(rf'action="{action}"', shown.body.decode())
    fields = {"why": "no", "csrf_token": csrf(shown)}
    assert curator.open(action, {**fields, "csrf_token": "wrong"}).status == 403
    assert b"<button>Undo" not in curator.open(action, fields).body


def test_a_notice_marks_a_paper_and_its_findings(desk: Desk) -> None:
    """By whom, when and where it is said; it follows the paper; undone, all is as before."""
    before = served(desk)
    said = {
        "publication": "pubmed 99999903",
        "notice": "retraction",
        "by": "the journal <b>",
        "on": "2099-05-01",
        "stated_in": "doi:10.9999/notice",
    }
    reply = ask(desk, "", kind="notice", why="reported to us", **said)
    assert reply.status == 201, reply.body
    query = (
        "PREFIX aikg: <https://w3id.org/aikg/ontology/> SELECT ?f ?p ?by ?date ?where { "
        "?n aikg:noticeOn ?p ; aikg:noticeKind aikg:Retraction ; aikg:noticeBy ?by ; "
        "aikg:noticeDate ?date ; aikg:statedIn ?where . "
        "?f a aikg:Finding ; aikg:statedAt/aikg:inDocument ?p }"
    )
    (row,) = desk.select(query)
    parts = row["by"], row["date"], row["where"]
    assert parts == ("the journal <b>", "2099-05-01", "doi:10.9999/notice")
    for node in (row["p"], row["f"]):
        page = desk.ask("GET", node.removeprefix("https://w3id.org/aikg"), Accept="text/html")
        assert page.status == 200
        text = page.body.decode()
        assert "Notices on the publication" in text
        assert "the journal &lt;b&gt;" in text
    # The paper gets an earlier number: the notice stays on it.
    numbers = "PMID 99999903; 10.9999/calm.3"
    more = {**TABLES["c"], "Publication identifiers": numbers, "Outcome": "overall survival"}
    send(desk, "mover", more)
    published = desk.step("publish", "mover/1")
    assert published.status == 200, published.body
    moved = desk.select(query)
    assert len(moved) == 2
    assert {one["p"] for one in moved} != {row["p"]}
    assert desk.step("withdraw", "mover/1").status == 200
    assert desk.select(query) == [row]
    assert ask(desk, f"/{told(reply)['id']}/undo", why="an error").status == 200
    assert served(desk) == before
    bad = [
        ({"notice": "withdrawal"}, 400),
        ({"on": "1 May 2099"}, 400),
        ({"by": "a\x1b[2Jb"}, 400),
        ({"publication": NCT}, 400),
        ({"publication": "PMID 1"}, 404),
        ({"publication": "https://w3id.org/aikg/drug/exemestane"}, 404),
    ]
    for wrong, status in bad:
        assert ask(desk, "", kind="notice", why="x", **said | wrong).status == status, wrong


def test_the_page_of_a_shared_node_has_what_each_source_says(desk: Desk) -> None:
    """With the submission and the paper."""
    address = FIRST_NODE.removeprefix("https://w3id.org/aikg")
    page = desk.ask("GET", address, Accept="text/html").body.decode()
    section = page.partition('id="sources"')[2].partition("<h2")[0]
    for name in "abc":
        assert f"submission {name}/1" in section, name
    for text in (NCT, f"EUDRACT{EUDRACT}", "CALM", "Ben 2011 (CALM)", "Cleo 2012 (CALM)"):
        assert text in section, text
    house = desk.ask("GET", "/study/efect", Accept="text/html").body.decode()
    assert ">Sources<" not in house


SERENITY = keys.address(keys.outcome("EfficacyOutcome", "serenity", better="Higher"))
ADOPTED = "https://w3id.org/aikg/adopted/outcome/peace-of-mind"


def outcomes(desk: Desk) -> set[str]:
    """The outcomes of the findings of submissions."""
    rows = desk.select(
        "SELECT DISTINCT ?o { GRAPH ?g { ?f <https://w3id.org/aikg/ontology/ofOutcome> ?o } "
        "FILTER(CONTAINS(STR(?g), '/graph/submission/')) }"
    )
    return {row["o"] for row in rows}


def test_an_outcome_is_adopted_and_given_back(desk: Desk) -> None:
    """In the curator's words; the old address leads to the new one, for later tables too."""
    before = served(desk)
    assert outcomes(desk) == {SERENITY}
    said = {"outcome": SERENITY, "label": "peace of mind", "definition": "How calm a person is."}
    reply = ask(desk, "", kind="adopt", why="many trials report it", **said)
    assert reply.status == 201, reply.body
    assert "Read again: a/1, b/1, c/1" in told(reply)["why"]
    assert outcomes(desk) == {ADOPTED}
    old = SERENITY.removeprefix("https://w3id.org/aikg")
    for ending in ("", ".ttl"):
        moved = desk.ask("GET", old + ending)
        assert moved.status == 301
        assert moved.headers["Location"].endswith(f"/adopted/outcome/peace-of-mind{ending}")
    page = desk.ask("GET", "/adopted/outcome/peace-of-mind", Accept="text/html").body.decode()
    assert "peace of mind" in page
    assert "How calm a person is." in page
    for number, name in enumerate(("new efficacy outcome: Serenity (higher is better)",
                                   "peace of mind", "serenity")):  # fmt: skip
        row = {**TABLES["a"], "Registry numbers": f"NCT9999980{number}", "Trial": f"T{number}",
               "Publication": f"P{number}", "Publication identifiers": f"PMID 9999980{number}",
               "Outcome": name}  # fmt: skip
        send(desk, f"later-{number}", row)
        assert desk.step("publish", f"later-{number}/1").status == 200
        assert outcomes(desk) == {ADOPTED}
    number = told(reply)["id"]
    refused = ask(desk, f"/{number}/undo", why="no")
    assert (refused.status, "later-1/1" in told(refused)["detail"]) == (409, True)
    for at in (1, 2):
        assert desk.step("withdraw", f"later-{at}/1").status == 200
    assert desk.step("withdraw", "later-0/1").status == 200
    assert ask(desk, f"/{number}/undo", why="no").status == 200
    assert served(desk) == before
    assert desk.ask("GET", old).status == 200
    assert desk.ask("GET", "/adopted/outcome/peace-of-mind").status == 404
    bad = [
        ({"outcome": "https://w3id.org/aikg/outcome/death"}, 400),
        ({"outcome": SERENITY + "x"}, 404),
        ({"label": ""}, 400),
        ({"label": "a\x1b[2Jb"}, 400),
        ({"label": "overall survival"}, 400),
        ({"same_as": "https://w3id.org/aikg/drug/exemestane"}, 404),
    ]
    for wrong, status in bad:
        assert ask(desk, "", kind="adopt", why="x", **said | wrong).status == status, wrong


def test_an_outcome_is_adopted_as_one_that_the_graph_has(desk: Desk) -> None:
    """Then nothing new is described."""
    before, death = served(desk), "https://w3id.org/aikg/outcome/death"
    reply = ask(desk, "", kind="adopt", outcome=SERENITY, same_as=death, why="it is that one")
    assert reply.status == 201, reply.body
    assert outcomes(desk) == {death}
    assert ask(desk, f"/{told(reply)['id']}/undo", why="no").status == 200
    assert served(desk) == before


@pytest.mark.slow
def test_the_commands_on_numbers_and_a_restart(desk: Desk, tmp_path: Path) -> None:
    """With a server and without; hidden characters are written out."""
    at = ("--server", f"http://127.0.0.1:{desk.server.port}", "--token", desk.tokens["review"])
    done = run(desk.home, "number", "strike", EUDRACT, "--why", "why \x1b[2J", *at)
    assert done.returncode == 0, done.stderr
    number = re.match(r"decision (\d+): strike EUDRACT", done.stdout)
    assert number, done.stdout
    listed = run(desk.home, "number", "list", *at)
    assert "\x1b" not in done.stdout + listed.stdout
    assert "U+001B" in listed.stdout or "\\x1b" in listed.stdout
    refused = run(desk.home, "number", "strike", EUDRACT, "--why", "x", *at)
    assert refused.returncode == 1
    assert f"Undo decision {number[1]}" in refused.stderr
    undone = run(desk.home, "number", "undo", number[1], "--why", "enough", *at)
    assert "is undone" in undone.stdout, undone.stderr
    assert nodes(desk) == JOINED


@pytest.mark.slow
def test_decisions_outlive_a_restart_and_a_change_of_the_files(
    built: Built, settings: Settings, tmp_path: Path
) -> None:
    """Each kind; an adopted outcome outlives all that proposed it."""
    shutil.copy(settings.graph, tmp_path)
    with opened(settings, tmp_path) as desk:
        for name in "cb":
            send(desk, name, TABLES[name])
            assert desk.step("publish", f"{name}/1").status == 200
    assert run(tmp_path, "number", "strike", EUDRACT, "--why", "x").returncode == 0
    said = ("--label", "peace of mind", "--definition", "How calm a person is.", "--why", "x")
    done = run(tmp_path, "outcome", "adopt", SERENITY, *said)
    assert done.returncode == 0, done.stderr
    said = ("--kind", "concern", "--by", "the editor", "--on", "2099-01-02", "--stated-in", "x")
    done = run(tmp_path, "notice", "add", "PMID 99999903", *said, "--why", "x")
    assert done.returncode == 0, done.stderr
    dumps = []
    for sql in ("", "UPDATE fact SET value = 'others' WHERE name = 'overlay files'"):
        if sql:
            change(tmp_path, sql)
        with opened(settings, tmp_path) as desk:
            receipts = [told(desk.ask("GET", f"/submissions/{name}/1")) for name in "bc"]
            assert [receipt["state"] for receipt in receipts] == ["published"] * 2, receipts
            assert nodes(desk) == {"b": FIRST_NODE}
            assert outcomes(desk) == {ADOPTED}
            dumps.append(served(desk))
            assert any("PublicationNotice" in line for line in dumps[-1])
    assert dumps[0] == dumps[1]
    with opened(settings, tmp_path) as desk:
        assert ask(desk, "/1/undo", why="x").status == 200
        assert nodes(desk) == {"b": FIRST_NODE, "c": FIRST_NODE}
        for name in "bc":
            assert desk.step("withdraw", f"{name}/1").status == 200
        assert desk.ask("GET", "/adopted/outcome/peace-of-mind").status == 200
        assert ask(desk, "/2/undo", why="x").status == 200
        assert desk.ask("GET", "/adopted/outcome/peace-of-mind").status == 404


def test_files_take_over_an_outcome_that_names_its_old_address(
    rules: Rules, shipped: ox.Store
) -> None:
    """`dcterms:replaces` in the files: tables, files in RDF and published statements follow."""
    node = ox.NamedNode("https://w3id.org/aikg/outcome/peace")
    replaces = ox.NamedNode("http://purl.org/dc/terms/replaces")
    old = ox.Triple(node, replaces, ox.NamedNode(SERENITY))
    house = replace(rules.house, aliases=House.of([old]).aliases)
    assert house.aliases == {SERENITY: node.value}
    body = table(TABLES["a"])
    named = {"file": "a.csv", "name": "a", "store": shipped, "cells": rules.cells}
    before = read(body, "text/csv", house=rules.house, **named).triples
    after = read(body, "text/csv", house=house, **named).triples
    assert SERENITY in {t.object.value for t in before if isinstance(t.object, ox.NamedNode)}
    assert SERENITY not in str(after)
    assert node in {t.object for t in after}
    assert set(renamed(shipped, house, before, "a/1")) == set(after)


def change(home: Path, sql: str) -> None:
    """Change the ledger of a home that no program uses."""
    with closing(SQLite(home / "ledger.db")) as database, database.transaction():
        database.write(sql)


@pytest.mark.slow
def test_a_change_that_the_graph_refuses_leaves_all_as_it_was(
    settings: Settings, built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A publication that joins, a withdrawal that parts, and a decision: one step or none."""
    shutil.copy(settings.graph, tmp_path)
    licence = "https://creativecommons.org/licenses/by/4.0/"
    with open_home(replace(settings, home=tmp_path), "a test") as home:
        curation = Curation(home, "ann")
        for name in "cb":
            curation.submit(Sent(table(TABLES[name]), "text/csv", licence, name))
        curation.step("publish", "c", 1, "why")
        rehearse = home.engine.rehearse

        def refused(take: Callable[[], object]) -> None:
            before, described = rows(home.database), home.engine.describe()
            bad = lambda *, add=b"", **others: rehearse(add=add + BAD.encode(), **others)  # noqa: E731
            with monkeypatch.context() as patched:
                patched.setattr(home.engine, "rehearse", bad)
                with pytest.raises(ChangeRefused, match="nothing was recorded"):
                    take()
            assert (rows(home.database), home.engine.describe()) == (before, described)
            assert decisions.every(home.database) == []
            take()

        refused(lambda: curation.step("publish", "b", 1, "why"))
        assert "Read again: c/1." in curation.show("b", 1)["history"][-1]["why"]
        refused(lambda: curation.decide("strike", {"number": EUDRACT}, "why"))
        curation.undo(1, "why")
        assert curation.step("withdraw", "b", 1, "why")["state"] == "withdrawn"
