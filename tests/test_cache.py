"""Answers that are kept, and compression: what a client gets is what it would have got anyway."""

from __future__ import annotations

import gzip
import signal
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from werkzeug.test import Client, TestResponse

from aikg.engine.client import Engine
from aikg.errors import WorkerLost
from aikg.settings import Settings
from aikg.web import create_app
from aikg.web.cache import VERSION, Cache

VALUES = "SELECT ?o { <urn:s1> <urn:p> ?o }"
NEW = b'<urn:s1> <urn:p> "new" .'


@pytest.fixture
def client(request: pytest.FixtureRequest, shared_engine: Engine) -> FlaskClient:
    """A client of the application on the small graph, with a cache of its own."""
    own = "engine" in request.fixturenames
    engine = request.getfixturevalue("engine") if own else shared_engine
    return create_app(engine, []).test_client()


def get(client: FlaskClient, query: str = VALUES, **headers: str) -> TestResponse:
    """Ask a query for CSV; an underscore in the name of a header is a hyphen."""
    named = {"Accept": "text/csv"} | {k.replace("_", "-"): v for k, v in headers.items()}
    return client.get(f"/sparql?query={quote(query)}", headers=named, buffered=True)


def evaluations(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record what the engine is asked."""
    asked: list[str] = []
    run = engine.run
    monkeypatch.setattr(engine, "run", lambda *a, **k: asked.append(a[0]) or run(*a, **k))
    return asked


def test_the_same_again_is_not_evaluated_again(
    client: FlaskClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second answer is the first, header for header; also one in many pieces."""
    asked = evaluations(engine, monkeypatch)
    for query in (VALUES, "SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 20000"):
        first, second = get(client, query), get(client, query)
        assert first.data == second.data
        assert first.headers["ETag"] == second.headers["ETag"]
        assert first.headers["Content-Type"] == second.headers["Content-Type"]
        assert first.headers["Vary"] == second.headers["Vary"]
    assert len(asked) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"headers": {"Accept": "text/tab-separated-values"}},
        {"path": f"/sparql?query={quote(VALUES)}&default-graph-uri=urn:g"},
        {"path": f"/sparql?query={quote(VALUES)}&named-graph-uri=urn:g"},
        {"path": f"/sparql?query={quote(VALUES)}&format=json"},
        {"path": f"/sparql?query={quote(VALUES.replace('<urn:s1>', '<urn:s2>'))}"},
        {"method": "POST", "path": "/sparql", "data": {"query": VALUES}},
        {"method": "POST", "path": "/sparql", "data": {"query": VALUES.replace("s1", "s3")}},
        {"headers": {"Accept": "text/html"}},
    ],
)
def test_whatever_differs_is_another_answer(client: FlaskClient, other: dict[str, object]) -> None:
    """Query, format, graphs and the way to ask are parts of the tag."""
    same: dict[str, object] = {
        "path": f"/sparql?query={quote(VALUES)}",
        "headers": {"Accept": "text/csv"},
    }
    first, second = (client.open(**asked) for asked in (same, same | other))  # type: ignore[arg-type]
    assert first.headers["ETag"] != second.headers["ETag"]


def test_a_change_of_the_graph_makes_another_answer(client: FlaskClient, engine: Engine) -> None:
    """At once: tag and rows are those of the new version, and of the old one when it is back."""
    before = get(client)
    engine.apply(add=NEW, version="one")
    after = get(client)
    assert set(after.data.split()) == {b"o", b"1", b"new"}
    assert after.headers["ETag"] != before.headers["ETag"]
    assert get(client, If_None_Match=before.headers["ETag"]).status_code == 200
    engine.apply(remove=NEW, version="0123456789ab")
    assert get(client).data == before.data


@pytest.mark.parametrize("kept", [True, False])
def test_a_client_that_has_the_answer_gets_304(small: Settings, kept: bool) -> None:
    """Without a body, whether the server has kept the answer itself or not."""
    with Engine(replace(small, cache=64 << 20 if kept else 1)) as engine:
        client = create_app(engine, []).test_client()
        tag = get(client).headers["ETag"]
        reply = get(client, If_None_Match=f'"x", {tag}')
        assert (reply.status_code, reply.data) == (304, b"")
        assert reply.headers["ETag"] == tag
        assert "Accept" in reply.headers["Vary"]
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        assert get(client, If_None_Match='"x"').status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (NOW() AS ?o) {}",
        "SELECT (rand() AS ?o) {}",
        "SELECT (UUID() AS ?o) {}",
        "SELECT (STRUUID() AS ?o) {}",
        "SELECT (BNODE() AS ?o) {}",
        "SELECT * { <urn:s1> ?p",
        "SELECT * { SERVICE <urn:x> {} }",
    ],
)
def test_what_may_change_has_no_tag(client: FlaskClient, query: str) -> None:
    """Neither have errors."""
    assert "ETag" not in get(client, query).headers
    assert "ETag" in get(client, f"SELECT ('''{query}''' AS ?o) {{}} # {query}").headers


def test_the_most_recent_answers_are_kept(small: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the size that was set; an answer that is a large part of it is not kept."""
    with Engine(replace(small, cache=1 << 20)) as engine:
        client = create_app(engine, []).test_client()
        asked = evaluations(engine, monkeypatch)
        queries = [VALUES.replace("s1", f"s{n}") for n in range(600)]
        for query in queries:
            get(client, query)
        get(client, queries[-1])
        assert len(asked) == 600
        get(client, queries[0])
        assert len(asked) == 601
        for _ in range(2):
            get(client, "SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 20000")
        assert len(asked) == 603


def test_an_answer_that_breaks_off_is_not_kept(client: FlaskClient, engine: Engine) -> None:
    """Nobody gets it again as if it were whole."""
    query = "SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 20000"
    whole = get(client, query).data
    engine.apply(add=NEW, version="one")
    broken = client.get(f"/sparql?query={quote(query)}&format=csv")
    with pytest.raises(WorkerLost):
        kill_and_read(broken, engine)
    assert get(client, query).data.count(b"\n") == whole.count(b"\n")


def kill_and_read(reply: TestResponse, engine: Engine) -> None:
    """End the worker of an answer that has begun, then read on."""
    pieces: Iterator[bytes] = reply.iter_encoded()
    next(pieces)
    for worker in engine._pool._busy:
        signal.pidfd_send_signal(worker._handle, signal.SIGKILL)  # type: ignore[arg-type]
    for _ in pieces:
        pass


@pytest.mark.parametrize(
    ("accepted", "compressed"),
    [("gzip", True), ("gzip, deflate, br", True), ("gzip;q=0", False), ("br", False), ("", False)],
)
@pytest.mark.parametrize("rows", [1, 1_500, 20_000])
def test_the_answer_is_compressed_where_that_helps(
    client: FlaskClient, accepted: str, compressed: bool, rows: int
) -> None:
    """And where the client takes it; unpacked it is the same, also from the cache."""
    query = f"SELECT * {{ ?a ?b ?c . ?d ?e ?f }} LIMIT {rows}"
    plain = get(client, query)
    for _ in range(2):
        reply = get(client, query, Accept_Encoding=accepted)
        assert "Accept-Encoding" in reply.headers["Vary"]
        packed = reply.headers.get("Content-Encoding") == "gzip"
        assert packed == (compressed and rows > 1)
        assert (gzip.decompress(reply.data) if packed else reply.data) == plain.data


@pytest.mark.parametrize(
    ("header", "kept"),
    [
        (("Set-Cookie", "a=b"), False),
        (("Vary", "Accept, Cookie"), False),
        (("Vary", "Authorization"), False),
        (("Vary", "*"), False),
        (("Cache-Control", "no-store"), False),
        (("Cache-Control", "max-age=1, Private"), False),
        (("Vary", "Accept, Accept-Encoding"), True),
        (("Cache-Control", "max-age=60"), True),
        (("X-Cookie", "a=b"), True),
    ],
)
def test_an_answer_that_depends_on_who_asks_is_not_kept(
    header: tuple[str, str], kept: bool
) -> None:
    """Whatever its view says of the version; another answer is."""
    asked: list[str] = []

    def app(environ, start_response):
        environ[VERSION] = "one"
        asked.append(environ["PATH_INFO"])
        start_response("200 OK", [("Content-Type", "text/plain"), header])
        return [str(len(asked)).encode()]

    client = Client(Cache(app, lambda: "one", 100_000, 1000))
    replies = [client.get("/drug/exemestane", buffered=True) for _ in range(3)]
    assert [reply.data for reply in replies] == ([b"1"] * 3 if kept else [b"1", b"2", b"3"])
    assert [("ETag" in reply.headers) for reply in replies] == [kept] * 3
