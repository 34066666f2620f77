"""One durable step, or none: no state is acknowledged that a restart cannot serve."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import threading
import urllib.parse
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import old_homes
import pyoxigraph as ox
import pytest
import terms
from desk import TURTLE, Desk, opened, trial
from old_homes import ADMINISTRATOR, BEN
from serving import start
from terms import COMMENT, RDF, Term
from test_submissions import SUBMISSION, known, told

from aikg.build import Built
from aikg.engine.client import Engine
from aikg.engine.process import Change, Process
from aikg.errors import ChangeRefused, EngineUnavailable
from aikg.files.version import built_version
from aikg.intake.examination import read
from aikg.intake.submission import Limits
from aikg.ledger import overlay, records, tokens
from aikg.ledger.database import Database
from aikg.ledger.sqlite import SQLite
from aikg.ledger.steps import Actor, Sent
from aikg.settings import Settings
from aikg.submissions.curation import Curation
from aikg.submissions.opening import open_home

XML, JSON_LD = "application/rdf+xml", "application/ld+json"
GRAPH = "https://w3id.org/aikg/graph/submission/"
WRITERS = {JSON_LD: terms.json_ld, XML: terms.rdf_xml, TURTLE: terms.turtle}
#: The line of the first term of each.
FIRST = {JSON_LD: 2, XML: 2, TURTLE: 1}
POISONED = "home-0.1.0-poisoned"


def send(desk: Desk, name: str, media_type: str, body: bytes):
    """Send a file in."""
    target = f"/submissions?licence=CC-BY-4.0&name={name}"
    return desk.ask("POST", target, "submit", body, Content_Type=media_type)


def findings(reply) -> list[dict]:
    """List what the report of a refused submission found."""
    return list(told(reply)["report"]["findings"])


def held(desk: Desk, graph: str) -> set[ox.Triple]:
    """Ask for a named graph."""
    target = f"/store?graph={urllib.parse.quote(graph)}&format=ntriples"
    body = desk.ask("GET", target).body
    return {quad.triple for quad in ox.parse(body, format=ox.RdfFormat.N_TRIPLES)}


def as_stored(triples: set[ox.Triple]) -> set[ox.Triple]:
    """Return triples as a store writes them: a number may get another form of equal value."""
    store = ox.Store()
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    return {quad.triple for quad in store}


@pytest.mark.parametrize("kind", ["langString", "dirLangString"])
@pytest.mark.parametrize("media_type", [XML, JSON_LD])
def test_a_text_that_n_quads_cannot_hold_is_refused_with_its_line(
    desk: Desk, media_type: str, kind: str
) -> None:
    """When it is examined, and when it is sent; the graph is as it was."""
    version = desk.version()
    body = WRITERS[media_type]([Term("fine", language="en"), Term("A remark", RDF + kind)])
    line = FIRST[media_type] + 1
    examined = desk.ask("POST", "/validate", None, body, Content_Type=media_type)
    report = json.loads(examined.body)
    assert [(f["code"], f["place"]["line"]) for f in report["findings"]] == [
        ("rule/kept-as-sent", line)
    ]
    name = f"refused-{kind.lower()}-{media_type[-3:]}"
    reply = send(desk, name, media_type, body)
    assert reply.status == 422
    (found,) = findings(reply)
    assert (found["code"], found["severity"]) == ("rule/kept-as-sent", "Error")
    assert found["place"]["line"] == line
    assert kind in found["found"]
    assert "datatype" in found["mend"]
    assert desk.step("publish", f"{name}/1").status == 409
    assert desk.version() == version


def test_a_statement_that_is_too_long_is_refused_and_the_longest_is_kept(desk: Desk) -> None:
    """The bound is that of the statement as N-Quads, where one letter may take six bytes."""
    limits = Limits(statement=500)
    for value, kept in (("x" * 300, True), ("\x7f" * 40, True), ("\x7f" * 100, False)):
        body = terms.turtle([Term(value)])
        submission = read(body, TURTLE, "a.ttl", "long", limits)
        told_of = [(p.check, "bytes as N-Quads" in p.message) for p in submission.problems]
        assert told_of == ([] if kept else [("kept-as-sent", True)])
        assert submission.place(f"{SUBMISSION}long/paper-0", COMMENT, value).line == 1
    reply = send(desk, "long", XML, terms.rdf_xml([Term("x" * 300_000)]))
    assert (reply.status, told(reply)["state"]) == (201, "waiting")


@pytest.mark.parametrize(
    ("media_type", "term"),
    [
        (JSON_LD, Term("a remark", language="EN-gb")),
        (JSON_LD, Term("a remark", language="en", direction="rtl")),
        (XML, Term("a remark", language="DE-ch")),
        (XML, Term("015.50", terms.XSD + "decimal")),
        (TURTLE, Term("+1e4", terms.XSD + "double")),
        (TURTLE, Term("a\x00b")),
    ],
)
def test_what_is_only_written_in_another_form_is_taken(
    desk: Desk, media_type: str, term: Term
) -> None:
    """Language tags in other case, directions, numbers in another form of equal value."""
    name = f"near-{abs(hash((media_type, term)))}"
    reply = send(desk, name, media_type, WRITERS[media_type]([term]))
    assert (reply.status, told(reply).get("state")) == (201, "waiting")


def test_nodes_whose_labels_no_iri_may_have_get_one(desk: Desk) -> None:
    """A blank node becomes a node with an address; some letters need another spelling there."""
    text = "_:a\U0001fffe a <https://w3id.org/aikg/ontology/Publication> ; "
    text += '<http://www.w3.org/2000/01/rdf-schema#label> "a paper"@en ; '
    text += "<https://w3id.org/aikg/ontology/year> 2016 ."
    assert send(desk, "labels", TURTLE, text.encode()).status == 201


def parted(body: bytes, media_type: str, name: str) -> set[ox.Triple]:
    """Read what was sent, as it should be served."""
    form = {JSON_LD: ox.RdfFormat.JSON_LD, XML: ox.RdfFormat.RDF_XML, TURTLE: ox.RdfFormat.TURTLE}
    quads = ox.parse(body, format=form[media_type], base_iri=f"{SUBMISSION}{name}/")
    return as_stored({quad.triple for quad in quads})


#: A form that its datatype does not have is refused too.
OF_LITERALS = {"rule/literal-form", "rule/literal-size"}


@pytest.mark.slow
def test_each_term_is_refused_with_its_place_or_served_after_a_restart(
    built: Built, settings: Settings, tmp_path: Path
) -> None:
    """About 1,800 made terms, in three formats: sent, published, killed, and renewed."""
    shutil.copy(settings.graph, tmp_path)
    expected: dict[str, set[ox.Triple]] = {}
    taken, refused = 0, 0
    with opened(replace(settings, deadline=120.0), tmp_path) as desk:
        for number, (media_type, write) in enumerate(WRITERS.items()):
            name = f"made-{number}"
            some = [t for at, t in enumerate(terms.every(name)) if at % 3 == number]
            some = [t for t in some if media_type != XML or t.spoken_in_xml]
            some = [t for t in some if media_type != TURTLE or t.spoken_in_turtle]
            some[0] = Term("a remark")  # others refer to its paper
            target = f"/validate?name={name}"
            reply = desk.ask("POST", target, None, write(some, name), Content_Type=media_type)
            found = json.loads(reply.body)["findings"]
            bad = set()
            for finding in found:
                assert finding["code"] in {"rule/kept-as-sent", *OF_LITERALS}
                places = (finding["place"], *finding["also_at"])
                lines = {place["line"] - FIRST[media_type] for place in places}
                if finding["code"] in OF_LITERALS:
                    assert all(some[line].datatype for line in lines)
                bad |= lines
            wrong = {at for at, term in enumerate(some) if not term.spoken_in_turtle}
            assert wrong <= bad
            good = [term for at, term in enumerate(some) if at not in bad]
            body = write(good, name)
            assert send(desk, name, media_type, body).status == 201
            assert desk.step("publish", f"{name}/1").status == 200
            expected[f"{GRAPH}{name}/1"] = parted(body, media_type, name)
            taken, refused = taken + len(good), refused + len(bad)
        served = {graph: held(desk, graph) for graph in expected}
        assert served == expected
        desk.server.process.send_signal(signal.SIGKILL)
        desk.server.process.wait(60)
    assert taken > 500
    assert refused > 20
    assert taken + refused > 1500
    with opened(settings, tmp_path) as desk:
        assert {graph: held(desk, graph) for graph in expected} == expected
        assert told(desk.ask("GET", "/health"))["withheld"] == []
    # As after a change of the files: all that is published is judged and applied once more.
    with closing(SQLite(tmp_path / "ledger.db")) as database, database.transaction():
        database.write("UPDATE fact SET value = 'others' WHERE name = 'overlay files'")
    for _ in range(2):
        with opened(settings, tmp_path) as desk:
            assert {graph: held(desk, graph) for graph in expected} == expected


# A home that contains what the graph cannot take


@pytest.fixture(
    params=["on the same files", pytest.param("on other files", marks=pytest.mark.endurance)]
)
def poisoned(
    built: Built, settings: Settings, tmp_path: Path, request: pytest.FixtureRequest
) -> Path:
    """A home of 0.1.0 in which two submissions are published; of one the graph has no form."""
    home = tmp_path / "home"
    ledger = old_homes.make(POISONED, home, settings.graph)
    if request.param == "on the same files":
        with closing(SQLite(ledger)) as database, database.transaction():
            version = built_version(settings.graph)
            database.write("UPDATE fact SET value = ? WHERE name = 'overlay files'", (version,))
    return home


def aikg(settings: Settings, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command on a home that no server holds."""
    environment = {"AIKG_ROOT": str(settings.root), "AIKG_HOME": str(home), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "aikg", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_server_starts_without_the_one_submission_that_the_graph_cannot_take(
    poisoned: Path, settings: Settings, tmp_path: Path
) -> None:
    """It says so in its health, its log and on the pages; the submission can be withdrawn."""
    said = tmp_path / "said"
    curator = {"Authorization": f"Bearer {old_homes.secret(BEN)}"}
    for _ in range(2):
        with start(settings, home=poisoned, said=said) as server:
            health = json.loads(server.send("GET", "/health", {}).body)
            assert (health["status"], health["withheld"]) == ("ok", ["poisoned/1"])
            desk = Desk(server, {"review": old_homes.secret(BEN)}, poisoned)
            assert (known(desk, "plain") > 0, known(desk, "poisoned")) == (True, 0)
            assert desk.ask("GET", "/graph/submission/poisoned/1").status == 410
            listed = json.loads(desk.ask("GET", "/submissions", "review").body)
            states = {one["submission"]: one["state"] for one in listed}
            assert states == {"plain/1": "published", "poisoned/1": "withheld"}
            receipt = told(desk.ask("GET", "/submissions/poisoned/1", "review"))
            (event,) = [e for e in receipt["history"] if e["state"] == "withheld"]
            assert (event["by"], "langString" in event["why"]) == ("the server", True)
            page = server.send("GET", "/submissions/poisoned/1", curator | {"Accept": "text/html"})
            assert b"withheld" in page.body
            assert re.search(rb'action="[^"]*/withdraw"', page.body)
            assert desk.ask("GET", "/submission/poisoned/paper").status == 410
        assert "submission poisoned/1 is withheld: " in said.read_text()
    with start(settings, home=poisoned) as server:
        desk = Desk(server, {"review": old_homes.secret(BEN)}, poisoned)
        desk.tokens["admin"] = old_homes.secret(ADMINISTRATOR)
        withdrawn = desk.step("withdraw", "poisoned/1", why="it cannot be served")
        assert (withdrawn.status, told(withdrawn)["state"]) == (200, "withdrawn")
        assert told(desk.ask("GET", "/health"))["withheld"] == []
        assert desk.step("purge", "poisoned/1", "admin", why="asked for").status == 200
        assert desk.step("withdraw", "plain/1", why="no more").status == 200
        assert known(desk, "plain") == 0
    with start(settings, home=poisoned) as server:
        assert json.loads(server.send("GET", "/health", {}).body)["withheld"] == []


def test_every_command_works_on_such_a_home(poisoned: Path, settings: Settings) -> None:
    """Before any server has opened it, and without one."""
    listing = poisoned.parent / "names.txt"
    listing.write_text("exemestane\n")
    names = aikg(settings, poisoned, "names", str(listing))
    assert names.returncode == 0, names.stderr
    assert "aikg" in names.stdout or "drug" in names.stdout
    listed = aikg(settings, poisoned, "review")
    assert listed.returncode == 0, listed.stderr
    assert re.search(r"poisoned/1 +│ withheld", listed.stdout)
    shown = aikg(settings, poisoned, "review", "poisoned/1")
    assert "withheld by the server: " in shown.stdout
    whole = poisoned.parent / "plain.ttl"
    assert aikg(settings, poisoned, "export", "plain/1", "--output", str(whole)).returncode == 0
    assert whole.read_text()
    part = poisoned.parent / "poisoned.ttl"
    exported = aikg(settings, poisoned, "export", "poisoned/1", "--output", str(part))
    assert exported.returncode == 0, exported.stderr
    assert "1 statement" in exported.stderr
    text = part.read_text()
    assert re.search(r"^# .*A remark.*langString", text, re.MULTILINE)
    assert list(ox.parse(text.encode(), format=ox.RdfFormat.TURTLE))
    assert aikg(settings, poisoned, "withdraw", "poisoned/1", "--why", "x").returncode == 0
    assert aikg(settings, poisoned, "purge", "poisoned/1", "--why", "x").returncode == 0
    assert "purged" in aikg(settings, poisoned, "review").stdout


def test_a_corrected_version_takes_the_place_of_what_is_withheld(
    poisoned: Path, settings: Settings
) -> None:
    """The sender sends it again under its name, and a curator publishes it."""
    with start(settings, home=poisoned) as server:
        desk = Desk(server, {}, poisoned)
        desk.tokens.update(review=old_homes.secret(BEN), admin=old_homes.secret(ADMINISTRATOR))
        sent = desk.submit("poisoned", trial("poisoned"), scope="admin")
        assert (sent.status, told(sent)["submission"]) == (201, "poisoned/2")
        assert desk.step("publish", "poisoned/2").status == 200
        assert desk.state("poisoned/1") == "superseded"
        assert told(desk.ask("GET", "/health"))["withheld"] == []
        assert known(desk, "poisoned") > 0


# The ledger and the graph take a step together, or neither does


NEW = b'<urn:s> <urn:p> "new" .\n'
ASKED = "SELECT (COUNT(*) AS ?n) { <urn:s> ?p ?o }"


def test_a_rehearsal_leaves_the_graph_as_it_is(engine: Engine) -> None:
    """What would be refused is refused, and what would be taken is not there yet."""
    before = engine.describe()
    engine.rehearse(add=NEW, version="one")
    with pytest.raises(ChangeRefused, match="nothing was recorded"):
        engine.rehearse(add=NEW + b"no quad", version="one")
    assert engine.describe() == before
    assert engine.query(ASKED, format="csv").read() == b"n\r\n0\r\n"
    engine.apply(add=NEW, version="one")
    assert engine.query(ASKED, format="csv").read() == b"n\r\n1\r\n"


#: What the parser of N-Quads refuses.
BAD = '<urn:s> <urn:p> "x"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#langString> .\n'


@pytest.fixture
def home(built: Built, settings: Settings, tmp_path: Path) -> Settings:
    """A home with the built graph."""
    shutil.copy(settings.graph, tmp_path)
    return replace(settings, home=tmp_path, workers=2)


def sent(name: str) -> Sent:
    """Return a trial as it is sent in."""
    return Sent(trial(name), TURTLE, "https://creativecommons.org/licenses/by/4.0/", name)


def rows(database: Database) -> dict[str, list]:
    """Read all that a step may change in a ledger."""
    tables = ("submission", "event", "overlay")
    return {table: database.rows(f"SELECT * FROM {table}") for table in tables}  # noqa: S608


@pytest.mark.parametrize("verb", ["publish", "withdraw", "purge"])
def test_a_step_that_the_graph_refuses_is_not_recorded(
    home: Settings, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer says so, the ledger has all it had, and the step can be taken later."""
    with open_home(home, "a test") as desk:
        actor = Actor("a test", desk.files)
        submission = desk.receive(sent("stays"), actor)
        if verb != "publish":
            submission = desk.publish(submission, actor)
        if verb == "purge":
            submission = desk.withdraw(submission, actor, "why")
        before, described = rows(desk.database), desk.engine.describe()
        with monkeypatch.context() as patched:
            rehearse = desk.engine.rehearse
            patched.setattr(
                desk.engine,
                "rehearse",
                lambda *, add=b"", **others: rehearse(add=add + BAD.encode(), **others),
            )
            with pytest.raises(ChangeRefused, match="nothing was recorded"):
                getattr(desk, verb)(submission, actor, "why")
        assert rows(desk.database) == before
        assert desk.engine.describe() == described
        getattr(desk, verb)(submission, actor, "why")
        assert rows(desk.database) != before


def test_others_read_while_the_graph_tries_a_change(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token is found and submissions are listed before the step ends, as they were before it."""
    with open_home(home, "a test") as desk:
        actor = Actor("a test", desk.files)
        submission = desk.receive(sent("tried"), actor)
        secret = tokens.create(desk.database, "Ann", "review")
        rehearse, read = desk.engine.rehearse, []

        def look() -> None:
            token = tokens.find(desk.database, secret)
            read.append([one["state"] for one in Curation(desk, token).listing()])

        def rehearse_and_look(**change) -> None:
            reader = threading.Thread(target=look, daemon=True)
            reader.start()
            reader.join(60)
            read.append("the graph tries it")
            rehearse(**change)

        monkeypatch.setattr(desk.engine, "rehearse", rehearse_and_look)
        desk.publish(submission, actor)
        assert read == [["waiting"], "the graph tries it"]


def test_a_step_that_is_recorded_is_shown_even_if_the_process_fails_then(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process begins anew with what the ledger has."""
    with open_home(home, "a test") as desk:
        actor = Actor("a test", desk.files)
        submission = desk.receive(sent("shown"), actor)

        def fail(**_: object) -> None:
            raise EngineUnavailable("of a test", advice="none")

        monkeypatch.setattr(desk.engine, "apply", fail)
        assert desk.publish(submission, actor).state == records.PUBLISHED
        assert desk.engine.describe()["version"] == desk.version
        asked = f"ASK {{ <{SUBMISSION}shown/trial> ?p ?o }}"
        assert desk.engine.query(asked, format="csv").read() == b"true"


def test_a_ledger_without_room_shows_nothing(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be recorded is not shown."""
    with open_home(home, "a test") as desk:
        actor = Actor("a test", desk.files)
        submission = desk.receive(sent("full"), actor)
        described = desk.engine.describe()
        monkeypatch.setattr(
            overlay, "change", lambda *_: (_ for _ in ()).throw(OSError("of a test"))
        )
        with pytest.raises(OSError, match="of a test"):
            desk.publish(submission, actor)
        assert desk.engine.describe() == described
        assert records.find(desk.database, "full", 1).state == records.WAITING


def test_a_renewal_withholds_what_the_graph_refuses_and_takes_it_back_later(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files changed: one submission is refused, the others are served."""
    with open_home(home, "a test") as desk:
        actor = Actor("a test", desk.files)
        for name in ("one", "two"):
            desk.publish(desk.receive(sent(name), actor), actor)
    rehearse = Engine.rehearse
    for refused, states in ((True, ["withheld", "published"]), (False, ["published"] * 2)):
        with closing(SQLite(home.ledger_file)) as database, database.transaction():
            database.write("UPDATE fact SET value = 'others' WHERE name = 'overlay files'")
        with monkeypatch.context() as patched:

            def refuse(engine: Engine, *, add: bytes = b"", refused: bool = refused, **others):
                bad = BAD.encode() if refused and b"/submission/one/" in add else b""
                return rehearse(engine, add=add + bad, **others)

            patched.setattr(Engine, "rehearse", refuse)
            with open_home(home, "a test") as desk:
                found = [records.find(desk.database, name, 1).state for name in ("one", "two")]
                assert found == states
                for name, state in zip(("one", "two"), states, strict=True):
                    asked = f"ASK {{ <{SUBMISSION}{name}/trial> ?p ?o }}"
                    answer = desk.engine.query(asked, format="csv").read()
                    assert answer == (b"true" if state == "published" else b"false")
                assert list(desk.withheld()) == (["one/1"] if refused else [])


def test_a_home_opens_without_what_the_graph_refuses_for_any_reason(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its overlay can be parsed, and the graph refuses it; all that was public stays so."""
    with open_home(home, "a test") as desk:
        actor = Actor("a test", desk.files)
        for name in ("one", "two"):
            desk.publish(desk.receive(sent(name), actor), actor)
    refuse = f"{SUBMISSION}one/trial".encode()
    apply, rehearse = Process.apply, Process.rehearse

    def apply_but_one(process: Process, change: Change) -> None:
        if refuse in change.add:
            raise EngineUnavailable("of a test", advice="none")
        apply(process, change)

    def rehearse_but_one(process: Process, change: Change) -> None:
        if refuse in change.add:
            raise ChangeRefused("of a test", advice="none")
        rehearse(process, change)

    with monkeypatch.context() as patched:
        patched.setattr(Process, "apply", apply_but_one)
        patched.setattr(Process, "rehearse", rehearse_but_one)
        for _ in range(2):
            with open_home(home, "a test") as desk:
                assert desk.withheld() == {"one/1": "of a test"}
                asked = f"ASK {{ <{SUBMISSION}two/trial> ?p ?o }}"
                assert desk.engine.query(asked, format="csv").read() == b"true"
                anyone = Curation(desk, None)
                states = {one["submission"]: one["state"] for one in anyone.listing()}
                assert states == {"one/1": "withheld", "two/1": "published"}
                assert anyone.content("one", 1) == sent("one").content
                assert anyone.show("one", 1)["state"] == "withheld"
                desk.engine.restart()
                assert desk.engine.query(asked, format="csv").read() == b"true"


def test_a_graph_that_cannot_be_loaded_leaves_the_overlay_as_it_is(home: Settings) -> None:
    """No submission is the reason, so none is withheld."""
    with open_home(home, "a test") as desk:
        actor = Actor("a test", desk.files)
        desk.publish(desk.receive(sent("kept"), actor), actor)
        files = desk.files
    whole = home.graph.read_bytes()
    home.graph.write_bytes(whole + b"no quad")
    with pytest.raises(EngineUnavailable), open_home(home, "a test"):
        pass
    with closing(SQLite(home.ledger_file)) as database:
        assert overlay.stands_on(database, files)
        assert records.find(database, "kept", 1).state == records.PUBLISHED
