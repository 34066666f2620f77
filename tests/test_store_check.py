"""The check of a store: each fault is named, and nothing that the check wrote stays."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from sparql_store import ROWS, SparqlStore, serving

from aikg.errors import SettingError
from aikg.names import BASE
from aikg.store.protocol import Store, insert_data
from aikg.store.qualify import manners, terms, traces, transactions
from aikg.store.qualify.check import KINDS, examine, writing
from aikg.store.qualify.probe import Finding, Probe, Tried, run

VERSION = "0123456789ab"
VALUE = f"<{BASE}ontology/value>"
HALF = '"0.5"^^<http://www.w3.org/2001/XMLSchema#decimal>'
GRAPH = f"""# aikg {VERSION} 0
<{BASE}drug/a> {VALUE} {HALF} .
<{BASE}drug/b> {VALUE} "64.0"^^<http://www.w3.org/2001/XMLSchema#decimal> .
<{BASE}drug/a> {VALUE} {HALF} <{BASE}graph/x> .
<{BASE}data> <http://www.w3.org/ns/dcat#version> "{VERSION}" <{BASE}.well-known/void> .
"""
SELECT = f"#+ summary: Values?\nSELECT ?s ?v WHERE {{ ?s <{BASE}ontology/value> ?v }} ORDER BY ?s\n"
CONSTRUCT = (
    f"#+ summary: More.\nCONSTRUCT {{ ?s a ?s }}\nWHERE {{ ?s <{BASE}ontology/value> ?v }}\n"
)
#: Every probe, by its name.
PROBES = {p.name: p for p in (*terms.PROBES, *transactions.PROBES, *manners.PROBES)}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the probes short: each has its bounds as names of its module."""
    monkeypatch.setattr(terms, "MANY", 50)
    monkeypatch.setattr(terms, "LONG", 20_000)
    monkeypatch.setattr(transactions, "MANY", 400)
    monkeypatch.setattr(transactions, "LONG", 0.3)
    monkeypatch.setattr(manners, "LONG", 0.4)
    monkeypatch.setattr(manners, "SHORT", 0.02)
    monkeypatch.setattr(manners, "DEADLINE", 0.1)
    monkeypatch.setattr(manners, "GRACE", 0.25)
    monkeypatch.setattr(manners, "CLIENTS", 2)


@pytest.fixture
def behind() -> SparqlStore:
    """Return a store with the graph."""
    made = SparqlStore()
    made.store.load(GRAPH.encode(), format=ox.RdfFormat.N_QUADS)
    return made


@pytest.fixture
def store(behind: SparqlStore) -> Iterator[Store]:
    """Serve it."""
    with serving(behind) as address:
        yield Store(address, address)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a folder with a graph, and one query of each kind."""
    (tmp_path / "graph.nq").write_text(GRAPH)
    for kind, folder in KINDS.items():
        (tmp_path / "queries" / folder).mkdir(parents=True)
        text = CONSTRUCT if kind == "rule" else SELECT
        (tmp_path / "queries" / folder / f"one-{kind}.rq").write_text(text)
    return tmp_path


def checked(store: Store, home: Path, write: bool = True) -> dict[str, Finding]:
    """Check a store; return the findings by the names of their probes."""
    with writing(store, write) as names:
        tried = Tried(store, names, 5.0)
        result = examine(tried, home / "graph.nq", home, write, lambda stage: None)
    assert json.loads(json.dumps(result.as_json()))["verdict"] == result.verdict
    return {one.probe: one for one in result.findings}


def test_a_sound_store_qualifies_and_is_as_before(
    store: Store, behind: SparqlStore, home: Path
) -> None:
    """Each probe is sound; all that the check wrote is gone."""
    before = set(behind.store)
    found = checked(store, home)
    assert {one.probe for one in found.values() if one.state == "fails"} == set()
    notes = {one.probe for one in found.values() if one.state not in {"sound"}}
    assert notes <= {"a query ends with its client", "numbers are kept as written"}
    assert found["questions"].found == "1 of 1 are answered as by the embedded engine"
    assert set(behind.store) == before


def test_without_write_nothing_is_written(store: Store, behind: SparqlStore, home: Path) -> None:
    """The answers are compared all the same, and the verdict says what was not tried."""
    behind.update = lambda text: pytest.fail("an update")  # type: ignore[method-assign]
    found = checked(Store(store.address), home, write=False)
    assert found["rules"].state == "sound"
    assert found["every quad arrives"].found == "this needs --write"
    states = {one.state for one in found.values()}
    assert states == {"sound", "not tried"}


def test_a_store_without_the_graph(store: Store, behind: SparqlStore, home: Path) -> None:
    """The check says what is missing, and what to do; the probes run."""
    behind.store.clear()
    found = checked(store, home, write=False)
    assert "no graph of aikg" in found["the built graph is there"].found
    assert "load graph.nq first" in found["the built graph is there"].found
    assert found["questions"].state == "not tried"
    assert found["the text of a number"].state == "sound"


def test_a_store_with_a_part_of_the_graph(store: Store, behind: SparqlStore, home: Path) -> None:
    """A lost triple is found by the counts, and by the answers."""
    behind.update(f"DELETE WHERE {{ <{BASE}drug/b> ?p ?o }}")
    found = checked(store, home, write=False)
    failing = {name for name, one in found.items() if one.state == "fails"}
    assert failing == {"the built graph is there", "questions", "checks", "rules"}
    assert "the built graph has 2 and 2" in found["the built graph is there"].found
    assert "different: one-question" in found["questions"].found


# Faults, each of which breaks one behaviour.


def rewriting(change: Callable[[bytes], bytes]) -> Callable[[SparqlStore], None]:
    """Change the bodies of all answers."""

    def breaks(behind: SparqlStore) -> None:
        plain = behind.write_answer

        def write_answer(found: Any) -> tuple[str, bytes]:
            media_type, body = plain(found)
            return media_type, change(body)

        behind.write_answer = write_answer  # type: ignore[method-assign]

    return breaks


def updating(change: Callable[[str], str]) -> Callable[[SparqlStore], None]:
    """Change the texts of all updates."""

    def breaks(behind: SparqlStore) -> None:
        plain = behind.update
        behind.update = lambda text: plain(change(text))  # type: ignore[method-assign]

    return breaks


def drops_a_quad(behind: SparqlStore) -> None:
    """Lose one of the quads of an update."""
    plain = behind.update

    def update(text: str) -> None:
        plain(text)
        for quad in list(behind.store):
            if str(quad.subject).endswith("-7>"):
                behind.store.remove(quad)

    behind.update = update  # type: ignore[method-assign]


def half_commits(behind: SparqlStore) -> None:
    """Apply an update of many lines in two steps."""
    plain = behind.update

    def update(text: str) -> None:
        lines = text.splitlines()
        if len(lines) < 100 or not text.startswith("INSERT DATA"):
            return plain(text)
        quads = [line for line in lines if line.startswith("<urn")]
        plain("INSERT DATA {" + "\n".join(quads[: len(quads) // 2]) + "}")
        time.sleep(0.1)
        return plain(text)

    behind.update = update  # type: ignore[method-assign]


def keeps_the_first_operation(behind: SparqlStore) -> None:
    """Apply each operation by itself."""
    plain = behind.update

    def update(text: str) -> None:
        for operation in re.split(r" ;\n", text):
            plain(operation)

    behind.update = update  # type: ignore[method-assign]


def reads_in_two_steps(behind: SparqlStore) -> None:
    """Answer the first and the last column of a long query at two times."""
    plain = behind.query

    def query(text: str) -> tuple[str, bytes]:
        if "MIN(" not in text:
            return plain(text)
        first = json.loads(plain(text)[1])
        time.sleep(0.5)
        last = json.loads(plain(text)[1])
        last["results"]["bindings"][0]["least"] = first["results"]["bindings"][0]["least"]
        return ROWS, json.dumps(last).encode()

    behind.query = query  # type: ignore[method-assign]


def union_as_default(behind: SparqlStore) -> None:
    """Ask plain patterns over all graphs."""

    def query(text: str) -> tuple[str, bytes]:
        found = behind.store.query(text, use_default_graph_as_union=True)
        return behind.write_answer(found)

    behind.query = query  # type: ignore[method-assign]


def has_no_deadline(behind: SparqlStore) -> None:
    """Overlook `timeout=`."""
    behind.answer = lambda text, timeout: behind.query(text)  # type: ignore[method-assign]


def follows(behind: SparqlStore) -> None:
    """Open the connection that a query names."""

    def outward(text: str) -> None:
        if match := re.search(r"(?:SERVICE|LOAD) <http://127\.0\.0\.1:(\d+)/>", text):
            with socket.create_connection(("127.0.0.1", int(match[1]))):
                raise ValueError("nothing came")

    query, update = behind.query, behind.update
    behind.query = lambda text: outward(text) or query(text)  # type: ignore
    behind.update = lambda text: outward(text) or update(text)  # type: ignore


def updates_by_query(behind: SparqlStore) -> None:
    """Take an update at the address for queries."""
    plain = behind.query

    def query(text: str) -> tuple[str, bytes]:
        if text.startswith("INSERT"):
            behind.store.update(text)
            return ROWS, b'{"head":{},"boolean":true}'
        return plain(text)

    behind.query = query  # type: ignore[method-assign]


def fails_to_divide(behind: SparqlStore) -> None:
    """End a query that divides by zero."""
    plain = behind.query

    def query(text: str) -> tuple[str, bytes]:
        if "1/?n" in text:
            raise ValueError("division by zero")
        return plain(text)

    behind.query = query  # type: ignore[method-assign]


def repeats_rows(body: bytes) -> bytes:
    """Return each row of an answer twice, but not those of counts."""
    found = json.loads(body) if body.startswith(b"{") else {}
    if "results" not in found or "n" in found["head"]["vars"]:
        return body
    found["results"]["bindings"] *= 2
    return json.dumps(found).encode()


FAULTS: dict[str, tuple[str, Callable[[SparqlStore], None]]] = {
    "drops a quad": ("every quad arrives", drops_a_quad),
    "a union as the default graph": ("default graph apart from named graphs", union_as_default),
    "rows twice": ("no duplicates", rewriting(repeats_rows)),
    "trims texts": ("texts are kept", updating(lambda text: text.replace('" a  b "', '"a b"'))),
    "cuts texts": (
        "long texts are kept",
        updating(lambda text: re.sub(r'"([^"]{9999})[^"]*"', r'"\1"', text)),
    ),
    "loses tags": ("language tags are kept", updating(lambda text: text.replace('"@de', '"'))),
    "names blank nodes": (
        "blank nodes are kept",
        updating(lambda text: re.sub(r"_:(\w+)", r"<urn:\1>", text)),
    ),
    "rewrites a number": (
        "numbers keep their value",
        rewriting(lambda body: body.replace(b'"0.58"', b'"0.6"')),
    ),
    "rounds numbers": ("equal numbers join", updating(lambda t: t.replace('"0.5"', '"0.499"', 1))),
    "keeps numbers": (
        "numbers are removed again",
        updating(
            lambda text: re.sub(r'(?<=DELETE DATA)(.*)"64.0"', r'\1"64.01"', text, flags=re.S)
        ),
    ),
    "writes 24.0": ("the text of a number", rewriting(lambda b: b.replace(b'"24"', b'"24.0"'))),
    "fails to divide": ("division by zero leaves a value open", fails_to_divide),
    "half commits": ("an update is whole for each reader", half_commits),
    "keeps the first": ("a failing operation leaves nothing", keeps_the_first_operation),
    "overlooks the version": (
        "an update by the version of the data",
        updating(lambda text: re.sub(r"\nWHERE \{.*\}$", "\nWHERE {}", text)),
    ),
    "mixes states": ("a long read sees one state", reads_in_two_steps),
    "has no deadline": ("a deadline is kept", has_no_deadline),
}
#: Faults that do not exclude a store.
NOTED: dict[str, tuple[str, Callable[[SparqlStore], None]]] = {
    "follows SERVICE": ("SERVICE is refused", follows),
    "follows LOAD": ("LOAD is refused", follows),
    "updates by query": ("updates only at their own address", updates_by_query),
    "joins by form": (
        "numbers in another form join by value",
        updating(lambda text: text.replace('"64"', '"6400"')),
    ),
    "canonical numbers": (
        "numbers are kept as written",
        rewriting(lambda body: body.replace(b'"64"', b'"64.0"')),
    ),
}


def probed(store: Store, probe: Probe) -> Finding:
    """Run one probe."""
    names = traces.Traces(store)  # the store is thrown away, so nothing is removed
    (finding,) = run([probe], Tried(store, names, 5.0), True)
    return finding


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named(fault: str, store: Store, behind: SparqlStore) -> None:
    """The probe fails, and the table says what would go wrong."""
    name, breaks = FAULTS[fault]
    breaks(behind)
    finding = probed(store, PROBES[name])
    assert finding.state == "fails", finding
    assert finding.consequence
    assert finding.found


@pytest.mark.parametrize("fault", NOTED)
def test_what_an_operator_should_know_is_noted(
    fault: str, store: Store, behind: SparqlStore
) -> None:
    """Aikg can be on such a store; the table says what to do."""
    name, breaks = NOTED[fault]
    breaks(behind)
    finding = probed(store, PROBES[name])
    assert finding.state == "note", finding
    assert finding.consequence


def test_a_deadline_that_cuts_answers_short_is_named(store: Store, behind: SparqlStore) -> None:
    """A part of an answer that looks like the whole is a fault, however fast it came."""
    rewriting(lambda body: re.sub(rb'"value":"\d{3,}"', b'"value":"7"', body))(behind)
    finding = probed(store, PROBES["a deadline is kept"])
    assert finding.state == "fails"
    assert "7 of 27,000 rows were counted" in finding.found


def test_every_probe_that_is_needed_has_a_fault() -> None:
    """A new probe needs a test that it can fail."""
    assert {name for name, probe in PROBES.items() if probe.needed} == {
        name for name, _ in FAULTS.values()
    }


def test_rows_twice_in_the_answers(store: Store, behind: SparqlStore, home: Path) -> None:
    """A question with more rows fails; the triples of a rule are a set."""
    rewriting(repeats_rows)(behind)
    found = checked(store, home, write=False)
    assert "rows more than once: one-question" in found["questions"].found
    assert found["questions"].state == "fails"
    assert found["rules"].state == "sound"


def test_a_store_that_answers_late_is_reported(
    store: Store, behind: SparqlStore, home: Path
) -> None:
    """An answer that comes after the patience of the check does not count."""
    plain = behind.query

    def query(text: str) -> tuple[str, bytes]:
        time.sleep(0.4 if "ontology/value" in text else 0)
        return plain(text)

    behind.query = query  # type: ignore[method-assign]
    with writing(store, False) as names:
        tried = Tried(store, names, 0.1)
        result = examine(tried, home / "graph.nq", home, False, lambda stage: None)
    (questions,) = [one for one in result.findings if one.probe == "questions"]
    assert "no answer: one-question" in questions.found
    assert "did not answer" in result.compared[0].found or "stopped" in result.compared[0].found


def test_writing_needs_an_address(store: Store) -> None:
    """The message says how to name it."""
    with pytest.raises(SettingError) as caught, writing(Store(store.address), True):
        pass
    assert "--update" in caught.value.advice


def test_only_its_own_is_removed(store: Store, behind: SparqlStore) -> None:
    """What a killed check left goes; what others wrote stays, in both kinds of graphs."""
    other = ox.NamedNode("urn:aikg-store-checked:x")
    mine = ox.NamedNode(f"{traces.PREFIX}abc:x")
    quads = [ox.Quad(other, other, mine, graph) for graph in (other, ox.DefaultGraph())]
    store.update(insert_data(quads))
    before = set(behind.store)
    store.update(insert_data([ox.Quad(mine, other, other, g) for g in (mine, ox.DefaultGraph())]))
    store.update(insert_data([ox.Quad(other, other, ox.BlankNode(), mine)]))
    assert traces.remove(store) == [mine.value, "default graph"]
    assert set(behind.store) == before
    assert traces.remove(store) == []


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """Return the environment of a command that finds the small graph up to date."""
    for folder in ("ontology", "data/turtle", "shapes", "cases", "description"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    return os.environ | {"AIKG_ROOT": str(home), "AIKG_HOME": str(home)}


def stamped(home: Path) -> None:
    """Write the stamp of its files into the graph, so that no command builds it."""
    from aikg.files.version import stamp_of  # noqa: PLC0415

    graph = home / "graph.nq"
    stamp = stamp_of(home)
    text = graph.read_text().replace(f"{VERSION} 0", stamp).replace(VERSION, stamp.split()[0])
    graph.write_text(text)


def command(*words: str) -> list[str]:
    """Return a command line of aikg."""
    return [sys.executable, "-m", "aikg", "store", "check", *words]


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGTERM,
        pytest.param(signal.SIGINT, marks=pytest.mark.endurance),
        signal.SIGKILL,
    ],
)
def test_a_check_that_is_ended_leaves_nothing(
    number: signal.Signals,
    store: Store,
    behind: SparqlStore,
    home: Path,
    environment: dict[str, str],
) -> None:
    """After SIGTERM and SIGINT the check removes its traces; after SIGKILL --clean does."""
    stamped(home)
    before = set(behind.store)
    words = command(store.address, "--update", store.address, "--write")
    with subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL) as process:
        end = time.monotonic() + 60
        while not traces.left(store) and time.monotonic() < end:
            time.sleep(0.02)
        process.send_signal(number)
        process.wait(60)
    if number == signal.SIGKILL:
        assert traces.left(store)
        words = command(store.address, "--update", store.address, "--clean")
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.startswith("removed: ")
    assert set(behind.store) == before


def test_the_command_prints_a_table_and_a_verdict(
    store: Store, behind: SparqlStore, home: Path, environment: dict[str, str]
) -> None:
    """The exit status says whether the store qualifies; JSON has each query too."""
    stamped(home)
    behind.store.clear()
    behind.store.load((home / "graph.nq").read_bytes(), format=ox.RdfFormat.N_QUADS)
    done = subprocess.run(
        command(store.address), env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "what would go wrong in aikg" in done.stdout
    last = done.stdout.splitlines()[-1]
    assert re.fullmatch(r"does not qualify: \d+ not tried", last)
    words = command(store.address, "--format", "json")
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    assert [one["state"] for one in found["queries"]] == ["same"] * 3
    assert found["qualifies"] is False
