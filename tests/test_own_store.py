"""The application on a SPARQL store: queries, pages, judgement, steps, and what a crash leaves."""

from __future__ import annotations

import contextlib
import json
import shutil
import urllib.parse
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from desk import Desk, opened, trial
from serving import SLOW
from stores import Fuseki, SmallStore, fuseki, fuseki_jar, serving

from aikg.build import Built
from aikg.cli import main
from aikg.description import void
from aikg.errors import EngineUnavailable, SettingError
from aikg.files.queries import read_queries
from aikg.ledger.opening import open_ledger
from aikg.names import BASE
from aikg.publication.replay import replay
from aikg.rules.delta import Delta
from aikg.settings import Settings, from_environment
from aikg.store import updates
from aikg.store.figures import FIGURES, on_store
from aikg.store.loading import connect
from aikg.submissions import filling
from aikg.submissions.opening import open_home

DRUG = f"{BASE}drug/exemestane"
COMPARED = "experimental=exemestane&reference=anastrozole&outcome=objective-response"
#: A node that every trial of the tests describes.
GROUP = "SELECT ?drug {{ <https://w3id.org/aikg/submission/{}/group-all-letrozole> "
GROUP += "<https://w3id.org/aikg/ontology/receives> ?drug }}"


@dataclass
class Own:
    """A server on a store.

    Attributes:
        desk: The server.
        settings: Its settings.
        small: The store of the test, or None.
        fuseki: Fuseki, or None.
    """

    desk: Desk
    settings: Settings
    small: SmallStore | None = None
    fuseki: Fuseki | None = None

    start: frozenset[ox.Quad] = frozenset()

    def quads(self) -> frozenset[ox.Quad]:
        """Return all that the store has; equal numbers are written alike."""
        if self.small:
            return _as_stored(self.small.store)
        pattern = "{ ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } }"
        rows = connect(self.settings).select(f"SELECT ?s ?p ?o ?g WHERE {{ {pattern} }}")[1]
        return _as_stored(ox.Quad(s, p, o, g or ox.DefaultGraph()) for s, p, o, g in rows)  # type: ignore

    def assert_as_recorded(self) -> None:
        """The store differs from the built graph as the ledger has it, and its figures are right.

        Raises:
            AssertionError: It does not.
        """
        now, version = self.quads(), self.desk.version()
        with contextlib.closing(open_ledger(self.settings)) as database:
            found = replay(database, version.partition("-")[0])
        assert found is not None
        delta = Delta.from_nquads(*found.to_nquads())
        changed = {q for q in now ^ self.start if q.graph_name != FIGURES and not _has_blank(q)}
        assert changed == _as_stored(delta.added | delta.removed)
        counted = ox.Store()
        counted.extend(quad for quad in now if quad.graph_name != FIGURES)
        figures = {on_store(quad) for quad in void.describe(counted, version)}
        assert {quad for quad in now if quad.graph_name == FIGURES} == figures


def _as_stored(quads: Iterable[ox.Quad]) -> frozenset[ox.Quad]:
    """Return quads with equal numbers written alike."""
    store = ox.Store()
    store.extend(quads)
    return frozenset(store)


def _has_blank(quad: ox.Quad) -> bool:
    return isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode)


@pytest.fixture(scope="module", params=["small", "fuseki"])
def own(
    request: pytest.FixtureRequest,
    built: Built,
    settings: Settings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Own]:
    """A server on a filled store; what a test sends bears its own name."""
    home, jar = tmp_path_factory.mktemp("own"), fuseki_jar()
    shutil.copy(settings.graph, home)
    with ExitStack() as stack:
        small = running = None
        if request.param == "small":
            small = SmallStore()
            address = stack.enter_context(serving(small))
        elif jar is None:
            pytest.skip("AIKG_FUSEKI_JAR does not name the jar of Apache Jena Fuseki")
        else:
            running = stack.enter_context(fuseki(jar, tmp_path_factory.mktemp("fuseki") / "f"))
            address = running.address
        here = replace(settings, home=home, store=address, publish_own=True, deadline=60)
        filling.fill(here, "a test", lambda submission, found: None)
        desk = stack.enter_context(opened(here, home))
        own = Own(desk, here, small, running)
        own.start = own.quads()
        yield own


def test_health_names_the_store_and_what_it_does_without(own: Own) -> None:
    """The version is that of the ledger; the address and the losses are there."""
    said = json.loads(own.desk.ask("GET", "/health").body)
    assert said["store"]["address"] == own.settings.store
    assert "no questions and no comparisons in the impact of a step" in said["store"]["without"]
    assert said["triples"] > 20_000
    assert said["isolation"].startswith("none")


def test_a_question_has_the_answer_of_the_graph(own: Own, shipped: ox.Store) -> None:
    """Rows and columns are those of the graph in this process, in each format of SPARQL."""
    questions = {q.name: q for q in read_queries(own.settings.root / "queries" / "competency")}
    for name in ("review-table-1", "not-reported", "drug-types"):
        expected = shipped.query(questions[name].text).serialize(format=ox.QueryResultsFormat.CSV)
        reply = own.desk.ask("GET", f"/sparql?question={name}&format=csv")
        assert sorted(reply.body.splitlines()) == sorted((expected or b"").splitlines()), name
    for format in ("json", "xml", "tsv"):
        reply = own.desk.ask("GET", f"/sparql?question=drug-types&format={format}")
        assert reply.status == 200
        parsed = ox.parse_query_results(
            reply.body, format=ox.QueryResultsFormat.from_media_type(reply.media_type)
        )
        assert len(list(parsed)) == len(list(shipped.query(questions["drug-types"].text)))  # type: ignore


@pytest.mark.parametrize("format", ["turtle", "nt", "rdf", "jsonld", "nq", "trig"])
def test_triples_come_in_each_format(own: Own, format: str) -> None:
    """A CONSTRUCT has the same triple in each."""
    query = urllib.parse.quote(f"CONSTRUCT {{ ?d a <urn:x> }} {{ ?d a <{BASE}ontology/Drug> }}")
    reply = own.desk.ask("GET", f"/sparql?query={query}&format={format}")
    syntax = ox.RdfFormat.from_media_type(reply.media_type)
    assert syntax is not None
    assert DRUG in {getattr(q.subject, "value", "") for q in ox.parse(reply.body, format=syntax)}


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", 403, "SERVICE is refused"),
        ("DROP ALL", 400, "update"),
        ("LOAD <http://127.0.0.1:9/>", 400, "update"),
        ("SELECT * { ?s ?p }", 400, "line 1, column"),
        ("SELECT * { ?s drugs:p ?o }", 400, "prefix drugs:"),
        ("SELECT ?s { ?s ?p ?o } LIMIT 1 # " + "x" * 70_000, 413, "64000 bytes"),
    ],
)
def test_the_server_refuses_in_front_of_the_store(
    own: Own, query: str, status: int, says: str
) -> None:
    """The problem documents are those of a server with the graph in a process of its own."""
    form = "application/sparql-query"
    reply = own.desk.ask("POST", "/sparql", None, query.encode(), Content_Type=form)
    assert reply.status == status
    assert says in json.loads(reply.body)["detail"]
    reply = own.desk.ask("GET", "/sparql?query=ASK%7B%7D&format=turtle")
    assert reply.status == 406


def test_a_query_is_stopped_at_its_deadline(own: Own) -> None:
    """The store is asked to keep it; the message is that of a server with its own graph."""
    reply = own.desk.ask("GET", f"/sparql?query={urllib.parse.quote(SLOW)}&timeout=1")
    assert reply.status == 503
    assert "deadline of 1 seconds" in json.loads(reply.body)["detail"]


def test_tables_with_labels_and_graphs_by_name(own: Own) -> None:
    """Labels are joined here; a dataset that the request names is passed on."""
    query = urllib.parse.quote(f"SELECT ?d {{ ?d a <{BASE}ontology/Drug> }}")
    reply = own.desk.ask("GET", f"/sparql?query={query}&format=csv&labels=1")
    assert f"{DRUG},exemestane".encode() in reply.body.splitlines()
    assert own.desk.ask("GET", f"/sparql?query={query}&format=xlsx").status == 200
    graph = urllib.parse.quote(f"{BASE}graph/data/turtle/drugs/exemestane")
    reply = own.desk.ask("GET", f"/sparql?query={query}&format=csv&default-graph-uri={graph}")
    assert len(reply.body.splitlines()) > 1
    reply = own.desk.ask("GET", f"/sparql?query={query}&format=csv&default-graph-uri=urn:none")
    assert reply.body.splitlines() == [b"d"]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/", b"exemestane"),
        ("/drug/exemestane", b"Objective response"),
        ("/drug", b"anastrozole"),
        ("/study/campos", b"arm"),
        ("/ontology/Drug", b"drug"),
        ("/search?q=aromasin", b"exemestane"),
        ("/sparql?question=drug-types", b"exemestane"),
        ("/void.ttl", b"triples"),
        (f"/compare?{COMPARED}", b"trial"),
    ],
)
def test_a_page_shows_what_the_store_has(own: Own, path: str, says: bytes) -> None:
    """Each kind of page is made from the store."""
    reply = own.desk.ask("GET", path, Accept="text/html")
    assert reply.status in {200, 302, 303}, reply.body[:500]
    assert says.lower() in reply.body.lower()


def test_a_node_is_described_with_its_blank_nodes(own: Own, shipped: ox.Store) -> None:
    """A term of the ontology has its restrictions; an unknown node is 404."""
    for name in ("drug/exemestane", "ontology/Contrast"):
        reply = own.desk.ask("GET", f"/{name}.nt")
        assert reply.status == 200
        here = {q.predicate for q in ox.parse(reply.body, format=ox.RdfFormat.N_TRIPLES)}
        node = ox.NamedNode(BASE + name)
        assert here >= {q.predicate for q in shipped.quads_for_pattern(node, None, None, None)}
    assert own.desk.ask("GET", "/drug/nothing", Accept="text/turtle").status == 404
    assert own.desk.ask("GET", "/drug/nothing", Accept="text/html").status == 404


def test_one_graph_is_written_and_all_together_are_not(own: Own) -> None:
    """The Graph Store Protocol reads one graph; the dump is the store's own matter."""
    graph = urllib.parse.quote(f"{BASE}graph/data/turtle/outcomes/efficacy")
    reply = own.desk.ask("GET", f"/store?graph={graph}&format=nt")
    assert reply.status == 200
    assert len(reply.body.splitlines()) > 100
    assert own.desk.ask("GET", "/store?graph=urn:none").status == 404
    reply = own.desk.ask("GET", "/store?format=nq")
    assert reply.status == 501
    assert json.loads(reply.body)["type"].endswith("not-on-store")


def test_names_are_linked_on_the_store(own: Own) -> None:
    """The look-up of names reads its tables from the store."""
    reply = own.desk.ask("POST", "/names", None, b"aromasin", Content_Type="text/plain")
    assert reply.status == 200
    assert b"drug:exemestane" in reply.body


def test_a_story_of_steps_leaves_the_store_as_the_ledger_has_it(own: Own) -> None:
    """Sent, judged, published, replaced, withdrawn: each step is one update, figures included."""
    desk = own.desk
    before = desk.version()
    assert desk.submit("life").status == 201
    assert desk.version() == before
    broken = desk.submit("broken", trial("broken").replace(b"aikg:ofStudy :trial ;", b"", 1))
    assert broken.status == 422
    published = desk.step("publish", "life/1")
    assert published.status == 200, published.body
    assert desk.version() == published.headers["AIKG-Version"] != before
    assert desk.select(GROUP.format("life")) == [{"drug": f"{BASE}drug/letrozole"}]
    assert desk.submit("life", trial("life") + b"\n# again\n").status == 201
    assert desk.step("publish", "life/2").status == 200
    own.assert_as_recorded()
    assert desk.step("withdraw", "life/2").status == 200
    assert desk.select(GROUP.format("life")) == []
    own.assert_as_recorded()


def test_the_impact_names_what_was_not_asked(own: Own) -> None:
    """The findings of the audit are there; questions and comparisons are named as left out."""
    own.desk.submit("impact")
    address = "/submissions/impact/1/impact"
    said = json.loads(own.desk.ask("GET", address, "review", Accept="application/json").body)
    assert said["not_asked"] == ["questions", "comparisons"]
    assert said["findings"]["come"]
    page = own.desk.ask("GET", address, "review", Accept="text/html")
    assert b"the questions and the comparisons were not asked" in page.body


def test_a_file_is_validated_against_the_store(own: Own) -> None:
    """The report of a file with a mistake names its line."""
    body = trial("mistake").replace(b"aikg:ofStudy :trial ;", b"", 1)
    target = "/validate?name=mistake&format=json"
    reply = own.desk.ask("POST", target, None, body, Content_Type="text/turtle")
    assert reply.status == 200
    assert json.loads(reply.body)["findings"]


def test_a_store_that_ends_within_a_step_has_all_of_it_or_nothing(own: Own) -> None:
    """The ledger has the step; the store gets it once it answers again."""
    desk = own.desk
    for at, applied in (("before", False), ("after", True)):
        name = f"kill-{at}"
        desk.submit(name)
        if own.small:
            own.small.break_next(applied=applied)
        elif own.fuseki and not applied:
            own.fuseki.kill_soon()
        reply = desk.step("publish", f"{name}/1")
        if own.fuseki and own.fuseki.process is None:
            own.fuseki.start()
        assert reply.status in {200, 503}, reply.body
        present = bool(desk.select(GROUP.format(name)))
        assert present == (desk.state(f"{name}/1") == "published")
    own.assert_as_recorded()


@pytest.mark.endurance
def test_a_server_starts_only_on_the_graph_of_its_ledger(own: Own) -> None:
    """A store with another version, or half a graph, is named with what to do."""
    home = own.settings.home.parent / f"{own.settings.home.name}-other"
    home.mkdir()
    shutil.copy(own.settings.graph, home)
    own.desk.submit("other")
    assert own.desk.step("publish", "other/1").status == 200
    with (
        pytest.raises(EngineUnavailable, match="and the ledger") as wrong,
        open_home(replace(own.settings, home=home), "a test"),
    ):
        pass
    assert "aikg store load" in wrong.value.advice


def test_an_update_of_another_version_changes_nothing(own: Own) -> None:
    """Two servers cannot both apply a step: the second one's update finds another version."""
    quad = ox.Quad(ox.NamedNode("urn:a"), ox.NamedNode("urn:b"), ox.NamedNode("urn:c"))
    before = own.quads()
    connect(own.settings).update(updates.guarded([quad], [], "another"))
    assert quad not in own.quads()
    assert len(own.quads()) == len(before)


@pytest.mark.parametrize("address", ["http://a:b@h/ds", "ftp://h/ds", "h:3030/ds", "http://h/?x"])
def test_an_address_with_a_password_is_refused(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """It is not shown."""
    monkeypatch.setenv("AIKG_STORE", address)
    with pytest.raises(SettingError) as wrong:
        from_environment()
    assert "a:b" not in f"{wrong.value} {wrong.value.advice}"


def test_store_load_needs_the_name_of_a_store(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The command says what to set."""
    monkeypatch.delenv("AIKG_STORE", raising=False)
    monkeypatch.setenv("AIKG_HOME", str(tmp_path))
    result = CliRunner().invoke(main, ["store", "load"])
    assert result.exit_code == 1
    assert "AIKG_STORE" in result.output
