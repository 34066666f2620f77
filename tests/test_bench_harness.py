"""The harness of `make bench`, in short: it measures answers that are right, and can be shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pyoxigraph as ox
import pytest
import rdflib

from aikg.build import Built
from aikg.files.queries import Query
from aikg.files.version import stamp_of
from aikg.settings import Settings
from bench import (
    answers,
    generate,
    hostile,
    latency,
    publication,
    servers,
    shipped,
    streaming,
    workload,
)
from bench.client import Client
from bench.peers import Peers
from bench.report import Goal, Section
from bench.results import BEGIN, END, Results
from bench.servers import CONTROL, OURS, Data, Server
from bench.setting import Setting

pytestmark = pytest.mark.slow

TEMPLATES = workload.read(ox.Store()).templates


@pytest.fixture(scope="module")
def setting(built: Built, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Setting:
    """Some generated trials beside the shipped graph."""
    home = tmp_path_factory.mktemp("bench")
    known = shipped.read(settings.graph)
    size = known.triples + 6_000
    lines = generate.graph(known, size, seed=2, version=stamp_of(settings.root))
    own = replace(settings, home=home)
    own.graph.write_text("".join(lines))
    store = ox.Store()
    store.bulk_load(path=str(own.graph), format=ox.RdfFormat.N_QUADS)
    data, none = Data(home, home / "default.nt"), Peers(Path(), Path(), None)
    return Setting(settings, own, none, size, data, store, workload.read(store))


@pytest.fixture(scope="module")
def server(setting: Setting) -> Iterator[Server]:
    """Ours, by its own command."""
    with servers.ours(setting.data) as running:
        yield running


@pytest.fixture(scope="module")
def other(setting: Setting) -> rdflib.Graph:
    """Another engine with the same triples."""
    graph = rdflib.Graph()
    triples = ox.serialize(
        (
            quad.triple
            for quad in setting.store.quads_for_pattern(None, None, None, ox.DefaultGraph())
        ),
        format=ox.RdfFormat.N_TRIPLES,
    )
    return graph.parse(data=triples, format="nt")


@pytest.mark.parametrize("template", TEMPLATES, ids=[each.name for each in TEMPLATES])
def test_another_engine_gives_the_same_answer(
    template: Query, setting: Setting, server: Server, other: rdflib.Graph
) -> None:
    """A time counts only where the answer is right: two engines agree on each query."""
    exact = template.header.get("compare") != "count"
    texts = [setting.workload.fill(template, Random(f"{template.name} {n}")) for n in range(8)]
    with Client(server.url) as client:
        replies = [client.ask(text) for text in texts]
    assert all(reply.good for reply in replies)
    said = [answers.summary(reply.body, exact) for reply in replies]
    assert any(said), "a query without rows times nothing"
    if template.name != "describe":  # SPARQL leaves open what a description is
        result = other.query(texts[0])
        form = "nt" if result.type == "CONSTRUCT" else "json"
        theirs = result.serialize(format=form)
        assert theirs is not None
        assert said[0] == answers.summary(theirs, exact)


def test_servers_that_agree_are_told_from_those_that_do_not(
    setting: Setting, server: Server
) -> None:
    """The look that goes before the times finds a server that gives no answer."""
    assert not answers.disagreements([server, server], setting.workload)
    wrong = replace(server, name="wrong", path="/nowhere")
    lines = answers.disagreements([server, wrong], setting.workload)
    assert len(lines) == len(setting.workload.templates)


@pytest.mark.parametrize(("value", "same"), [("1.5", True), ("1.50", True), ("1.6", False)])
def test_answers_are_compared_by_value(value: str, same: bool) -> None:
    """Engines write a number in ways of their own."""
    one, other = (
        f'{{"results": {{"bindings": [{{"n": {{"value": "{text}", '
        f'"datatype": "http://www.w3.org/2001/XMLSchema#decimal"}}}}]}}}}'.encode()
        for text in ("1.5", value)
    )
    assert (answers.summary(one, exact=True) == answers.summary(other, exact=True)) is same


def test_the_tables_have_a_row_for_each_query(setting: Setting, server: Server) -> None:
    """One server under two names is measured, new and repeated, and the table says all of it."""
    both = [replace(server, name=CONTROL), server]
    new = latency.rounds(both, setting, 1, {})
    again = latency.rounds(both, setting, 1, {}, repeat=True)
    names = [CONTROL, OURS, latency.IN_PROCESS]
    text = latency.new_queries(new, setting.workload, names).markdown()
    assert all(f"| {template.name} |" in text for template in setting.workload.templates)
    assert "no answer" not in text
    assert "| small" in latency.repeated_queries(again, setting.workload, [OURS]).markdown()


def test_hostile_queries_and_streams_are_measured(server: Server) -> None:
    """Each hostile query ends by its deadline or before, and a stream is read to its end."""
    section = hostile.overshoot(server, len(hostile.QUERIES))
    assert [row[0] for row in section.rows] == list(hostile.QUERIES)
    stream = streaming.read(server, "SELECT ?s ?p ?o { ?s ?p ?o }", "text/csv")
    assert stream.size > 1_000_000
    assert stream.first <= stream.whole


def test_results_replace_those_of_an_earlier_run(settings: Settings, tmp_path: Path) -> None:
    """A part that is measured again takes its own place on the page, and no other."""
    page = tmp_path / "page.md"
    page.write_text(f"above\n{BEGIN}\nold\n{END}\nbelow\n")
    for reached in ("1 s", "2 s"):
        results = Results(tmp_path / "results.json")
        goal = Goal("be quick", reached, met=True)
        results.keep(10, "one", [Section("One", "by hand", ["a"], [["b"]], [goal])], settings)
        results.keep(10, "two", [Section("Two", "by hand", ["c"], [["d"]])], settings)
    results.put(page)
    text = page.read_text()
    assert text.startswith("above\n")
    assert text.endswith("below\n")
    assert "old" not in text
    assert text.count("### One") == text.count("### Two") == 1
    assert "2 s" in text
    assert "1 s" not in text
    assert len(json.loads((tmp_path / "results.json").read_text())) == 2


@pytest.mark.endurance
def test_a_paper_comes_in_on_each_graph(setting: Setting) -> None:
    """Sent, shown, published and withdrawn on all three; what has a goal has a figure."""
    section = publication.measure(setting, 1)
    assert [row[0] for row in section.rows] == [
        "sent in, until it waits", "asked what it would change", "published, until a query sees it",
        "withdrawn",
    ]  # fmt: skip
    assert all(float(cell) > 0 for row in section.rows for cell in row[1:])
    assert len(section.goals) == 2
