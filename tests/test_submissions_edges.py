"""Submissions at their edges: gone, revoked, forbidden by new files, without room, interrupted."""

from __future__ import annotations

import re
import resource
import shutil
import signal
import threading
import time
import urllib.parse
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from desk import Desk, opened, trial
from processes import worked, workers
from test_submissions import SUBMISSION, browser, known, told

from aikg import build
from aikg.build import Built
from aikg.files.version import SOURCES
from aikg.ledger import tokens
from aikg.ledger.sqlite import SQLite
from aikg.names import BASE
from aikg.settings import Settings
from aikg.submissions.export import as_turtle

#: A rule that the files have then.
SHAPE = """@prefix aikg: <https://w3id.org/aikg/ontology/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix shape: <https://w3id.org/aikg/shape/> .

shape:of-a-test a sh:NodeShape ;
    sh:targetClass aikg:Publication ;
    sh:property shape:of-a-test-year .

shape:of-a-test-year a sh:PropertyShape ;
    sh:path aikg:year ;
    sh:maxExclusive 2026 ;
    sh:name "of a test: year" ;
    sh:message "Nothing is later than 2025."@en .
"""


def test_the_addresses_of_what_is_gone_tell_its_story(desk: Desk) -> None:
    """Of its nodes and of its graph, to a person and to a program; of others they are unknown."""
    desk.submit("gone")
    desk.submit("never")
    desk.step("publish", "gone/1")
    addresses = ["/submission/gone/trial", "/submission/gone/trial.ttl", "/graph/submission/gone/1"]
    assert {desk.ask("GET", address).status for address in addresses} == {200}
    desk.step("withdraw", "gone/1", why="retracted by its authors")
    for address in addresses:
        reply = desk.ask("GET", address)
        assert reply.status == 410
        assert "retracted by its authors" in told(reply)["detail"]
    page = desk.ask("GET", addresses[0], Accept="text/html")
    assert (page.status, b"retracted by its authors" in page.body) == (410, True)
    assert desk.ask("GET", "/submission/never/trial").status == 404
    assert desk.ask("GET", "/graph/submission/none/1").status == 404


@pytest.mark.parametrize("graph", ["graph/data/turtle/drugs/exemestane", "graph/inferred"])
def test_nobody_writes_into_another_graph(desk: Desk, graph: str) -> None:
    """A submission has one graph, its own, whatever its N-Quads say; the report says so."""
    name = f"writes-{graph.rpartition('/')[2]}"
    size = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{BASE}{graph}> {{ ?s ?p ?o }} }}"
    before = desk.select(size)
    base = f"{SUBMISSION}{name}/"
    quads = ox.parse(trial(name), format=ox.RdfFormat.TURTLE, base_iri=base)
    named = (ox.Quad(q.subject, q.predicate, q.object, ox.NamedNode(BASE + graph)) for q in quads)
    target = f"/submissions?licence=CC-BY-4.0&name={name}"
    body = ox.serialize(named, format=ox.RdfFormat.N_QUADS)
    reply = desk.ask("POST", target, "submit", body, Content_Type="application/n-quads")
    findings = told(reply)["report"]["findings"]
    assert [f["code"] for f in findings if "graph" in f["code"]] == ["rule/one-graph"]
    desk.step("publish", f"{name}/1")
    own = desk.select(size.replace(graph, f"graph/submission/{name}/1"))
    assert int(own[0]["n"]) == len(list(ox.parse(body, format=ox.RdfFormat.N_QUADS)))
    desk.step("withdraw", f"{name}/1")
    assert desk.select(size) == before


def test_a_revoked_token_ends_at_once_and_so_does_its_session(
    built: Built, settings: Settings, tmp_path: Path
) -> None:
    """While the server runs; a browser that signed in with it is signed out."""
    shutil.copy(settings.graph, tmp_path)
    with opened(settings, tmp_path) as desk:
        visitor, address = browser(), f"http://127.0.0.1:{desk.server.port}"
        form = visitor.open(f"{address}/submissions/sign-in", timeout=60).read().decode()
        csrf = re.findall(r'name="csrf_token" value="([^"]+)"', form)[0]
        fields = urllib.parse.urlencode({"token": desk.tokens["review"], "csrf_token": csrf})
        visitor.open(f"{address}/submissions/sign-in", fields.encode(), timeout=60)
        page = f"{address}/submissions"
        assert b"signed in as" in visitor.open(page, timeout=60).read()
        desk.submit("revoked")
        database = SQLite(tmp_path / "ledger.db")
        number = tokens.find(database, desk.tokens["review"]).id
        tokens.revoke(database, number)
        database.close()
        assert desk.step("publish", "revoked/1").status == 401
        assert b"signed in as" not in visitor.open(page, timeout=60).read()
        assert desk.step("publish", "revoked/1", "admin").status == 200


def test_a_step_that_finds_no_room_is_not_taken(
    built: Built, settings: Settings, tmp_path: Path
) -> None:
    """Publishing and rejecting too answer 507, and reading goes on; with room again all is well."""
    shutil.copy(settings.graph, tmp_path)
    with opened(settings, tmp_path) as desk:
        desk.submit("before")
        version, process = desk.version(), desk.server.process.pid
        _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (0, hard))
        refused = [desk.submit("late"), desk.step("publish", "before/1")]
        refused += [desk.step("reject", "before/1")]
        assert [reply.status for reply in refused] == [507] * 3
        assert (desk.state("before/1"), desk.version()) == ("waiting", version)
        assert known(desk, "before") == 0
        resource.prlimit(process, resource.RLIMIT_FSIZE, (hard, hard))
        assert desk.step("publish", "before/1").status == 200
        assert known(desk, "before") > 0


@pytest.mark.slow
def test_what_the_new_files_forbid_or_take_over_is_told_and_stays(
    built: Built, settings: Settings, tmp_path: Path
) -> None:
    """Rebuilt and started again: what breaks a new rule is listed; what the files state stays."""
    root, home, said = tmp_path / "root", tmp_path / "home", tmp_path / "said"
    for source in SOURCES:
        shutil.copytree(settings.root / source, root / source)
    home.mkdir()
    moved = replace(settings, root=root, home=home)
    shutil.copy(settings.graph, home)
    late = trial("late").replace(b"aikg:year 2005", b"aikg:year 2026")
    with opened(moved, home) as desk:
        for name, body in (("kept", None), ("late", late), ("filed", None)):
            desk.submit(name, body)
            assert desk.step("publish", f"{name}/1").status == 200
        before = [known(desk, name) for name in ("kept", "late", "filed")]
        stated = desk.ask("GET", "/submissions/filed/1/statements").body
    (root / "shapes" / "of-a-test.ttl").write_text(SHAPE)
    (root / "data" / "turtle" / "filed.ttl").write_bytes(as_turtle(stated, "filed"))
    files = build.build(moved).version
    with opened(moved, home, said) as desk:
        assert "late/1 is published and fails: Nothing is later than 2025." in said.read_text()
        assert "kept/1" not in said.read_text()
        assert [known(desk, name) for name in ("kept", "late", "filed")] == before
        assert desk.version().startswith(files)
        for name in ("kept", "late", "filed"):
            assert desk.step("withdraw", f"{name}/1").status == 200
        assert (known(desk, "kept"), known(desk, "late")) == (0, 0)
        assert known(desk, "filed") == before[2], "what the files state stays"


def test_a_server_that_is_told_to_stop_answers_what_has_begun(
    built: Built, settings: Settings, tmp_path: Path
) -> None:
    """It takes nothing new meanwhile, and ends well."""
    shutil.copy(settings.graph, tmp_path)
    with opened(settings, tmp_path) as desk:
        desk.submit("begun")
        replies: list = []
        impact = ("GET", "/submissions/begun/1/impact", "review")
        asking = threading.Thread(target=lambda: replies.append(desk.ask(*impact)))
        used = {worker: worked(worker) for worker in workers(desk.server)}
        asking.start()
        while not any(worked(w) > used.get(w, 0) + 0.1 for w in workers(desk.server)):
            time.sleep(0.01)  # a worker that was just forked has used less
        desk.server.process.send_signal(signal.SIGTERM)
        asking.join()
        assert replies[0].status == 200
        assert told(replies[0])["unchanged"] > 0
        assert desk.server.process.wait(30) == 0
        with pytest.raises(ConnectionRefusedError):
            desk.version()
