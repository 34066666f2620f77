"""The loop of the server: what it answers without a thread is what a thread would answer."""

from __future__ import annotations

import gzip
import http.client
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from random import Random
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, urlencode

import pytest
from flask import Flask
from serving import ROWS, SLOW
from waitress import wasyncore

from aikg.engine.client import Engine
from aikg.engine.frames import DATA, END, HEAD, Frames
from aikg.settings import Settings
from aikg.web import create_app, loop, parameters, server

VALUES = "SELECT ?o { <urn:s1> <urn:p> ?o }"
TYPED = {"Content-Type": "application/sparql-query"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
#: Headers of the connection and the moment, not of the answer.
OF_THE_MOMENT = {"date", "x-request-id", "connection", "content-length"}
NUMBERS = count()


def new(query: str) -> str:
    """Return a query that no other test has asked."""
    return f"{query} # {next(NUMBERS)}"


@dataclass
class Running:
    """A server in this process, and the requests that needed a thread."""

    app: Flask
    engine: Engine
    port: int
    threads: list[str] = field(default_factory=list)

    def send(
        self, method: str, target: str, headers: dict[str, str] | None = None, body: str = ""
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """Send one request, and read the whole answer."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, target, body.encode() or None, headers or {})
            reply = connection.getresponse()
            return reply, reply.read()


@contextmanager
def run(settings: Settings, engine: Engine) -> Iterator[Running]:
    """Run a server in a thread of this process."""
    app = create_app(engine, [])
    with server.listen("127.0.0.1", 0) as listener:
        made = server.make(app, listener, settings, partial(parameters.most_body, settings))
        running = Running(app, engine, listener.getsockname()[1])
        to_threads = made.loop._threads

        def noted(channel: Any) -> None:
            running.threads.append(channel.requests[0].path)
            to_threads(channel)

        made.loop._threads = noted
        thread = threading.Thread(target=made.run)
        thread.start()
        try:
            running.send("GET", f"/sparql?query={quote(new(VALUES))}")  # a worker is forked by now
            running.threads.clear()
            yield running
        finally:
            made.stop()
            thread.join()
            wasyncore.close_all(made._map)


@pytest.fixture(scope="module")
def running(small: Settings, shared_engine: Engine) -> Iterator[Running]:
    """A server on the small graph, for all tests of this module."""
    with run(small, shared_engine) as one:
        yield one


@pytest.fixture
def threads(running: Running) -> list[str]:
    """The requests of a test that needed a thread."""
    running.threads.clear()
    return running.threads


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop waits for workers that are slow because the machine is busy."""
    monkeypatch.setattr(loop, "_PATIENCE", 60.0)


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize(
    ("method", "headers", "parts", "typed"),
    [
        ("GET", {}, {}, False),
        ("GET", {"Accept": "text/csv"}, {}, False),
        ("GET", {"Accept": "application/sparql-results+xml, */*;q=0.1"}, {}, False),
        ("GET", {}, {"format": "tsv"}, False),
        ("GET", {}, {"format": "auto", "timeout": "10", "version": "1.1"}, False),
        ("GET", {}, {"default-graph-uri": "urn:none", "named-graph-uri": ""}, False),
        ("GET", {"Accept-Encoding": "gzip"}, {}, False),
        ("POST", FORM, {}, False),
        ("POST", FORM, {"format": "csv"}, False),
        ("POST", TYPED | {"Accept": "text/csv"}, {}, True),
        ("QUERY", TYPED, {"format": "xml"}, True),
    ],
)
@pytest.mark.parametrize(
    "query",
    [VALUES, "ASK { ?s ?p ?o }", "SELECT * { ?a ?b ?c } LIMIT 60", "SELECT (NOW() AS ?n) {}"],
)
def test_it_answers_as_a_thread_would(
    running: Running,
    threads: list[str],
    query: str,
    method: str,
    headers: dict[str, str],
    parts: dict[str, str],
    typed: bool,
    again: bool,
) -> None:
    """Status, headers and body are those of the application alone, the first time and again."""
    text = new(query)
    sent = urlencode(parts if typed else {"query": text, **parts})
    target, body = ("/sparql", sent) if method == "POST" and not typed else (f"/sparql?{sent}", "")
    body = text if typed else body
    for _ in range(1 + again):
        reply, content = running.send(method, target, headers, body)
    alone = running.app.test_client().open(
        target, method=method, headers=headers | {"Host": f"127.0.0.1:{running.port}"}, data=body
    )
    assert threads == []
    assert reply.status == alone.status_code == 200
    found = {k.lower(): v for k, v in reply.getheaders() if k.lower() not in OF_THE_MOMENT}
    assert found == {k.lower(): v for k, v in alone.headers if k.lower() not in OF_THE_MOMENT}
    assert reply.getheader("Content-Length") == str(len(content))
    if "NOW" not in query:
        assert content == alone.data


@pytest.mark.usefixtures("patient")
def test_a_client_that_has_the_answer_gets_304(running: Running, threads: list[str]) -> None:
    """From the loop; whether the answer is kept or not."""
    for target in (f"/sparql?query={quote(new(VALUES))}" for _ in range(2)):
        reply, _ = running.send("GET", target)
        tag = reply.getheader("ETag", "")
        reply, content = running.send("GET", target, {"If-None-Match": tag})
        assert (reply.status, content, reply.getheader("ETag")) == (304, b"", tag)
    assert threads == []


@pytest.mark.parametrize(
    ("query", "parts", "headers", "status"),
    [
        ("SELECT * { ?s ?p", {}, {}, 400),
        ("SELECT * { SERVICE <urn:x> {} }", {}, {}, 403),
        ("INSERT DATA { <urn:a> <urn:b> 1 }", {}, {}, 400),
        (VALUES, {"timeout": "never"}, {}, 400),
        (VALUES, {"query": "ASK {}"}, {}, 400),
        (VALUES, {}, {"Accept": "image/png"}, 406),
        (VALUES, {"format": "xlsx"}, {}, 200),
        (VALUES, {"format": "csv", "labels": "1"}, {}, 200),
        (VALUES, {}, {"Accept": "text/html"}, 200),
        (VALUES, {}, {"Authorization": "Bearer aikg_x"}, 200),
        (SLOW, {"timeout": "0.4"}, {}, 503),
        (SLOW, {"timeout": "0.1"}, {}, 503),
        ("SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 20000", {}, {}, 200),
        ("SELECT * { ?a ?b ?c } LIMIT 900", {}, {"Accept-Encoding": "gzip"}, 200),
    ],
)
def test_the_rest_gets_a_thread(
    running: Running,
    threads: list[str],
    query: str,
    parts: dict[str, str],
    headers: dict[str, str],
    status: int,
) -> None:
    """Errors, pages, tables for people, what is late and what is long: each as it was."""
    sent = urlencode([("query", new(query)), *parts.items()])
    reply, content = running.send("GET", f"/sparql?{sent}", headers)
    assert reply.status == status
    assert threads == ["/sparql"]
    if status == 200 and "LIMIT" in query:
        packed = reply.getheader("Content-Encoding") == "gzip"
        plain = gzip.decompress(content) if packed else content
        assert plain.count(b'"c"') == int(query.rpartition(" ")[2]) + 1


def test_requests_in_a_row_are_answered_in_their_order(running: Running) -> None:
    """On one connection: short ones, a page, an error and a long one."""
    asked = [VALUES, "SELECT * { ?s", VALUES.replace("s1", "s2"), "", SLOW, VALUES]
    targets = [
        f"/sparql?query={quote(new(q))}&timeout=0.3&format=csv" if q else "/health" for q in asked
    ]
    sent = "".join(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n" for target in targets)
    with socket.create_connection(("127.0.0.1", running.port), timeout=60) as connection:
        connection.sendall(sent.encode())
        stream = connection.makefile("rb")
        statuses = []
        for _ in asked:
            statuses.append(int(stream.readline().split()[1]))
            head = dict(line.split(b": ", 1) for line in iter(stream.readline, b"\r\n"))
            stream.read(int(head[b"Content-Length"]))
    assert statuses == [200, 400, 200, 200, 503, 200]


def test_more_than_there_are_slots_are_answered(running: Running) -> None:
    """Each with its own rows, by one client with more connections than its share."""
    found: dict[int, bytes] = {}

    def ask(number: int) -> None:
        target = f"/sparql?format=csv&query={quote(new(VALUES.replace('s1', f's{number}')))}"
        found[number] = running.send("GET", target)[1]

    askers = [threading.Thread(target=ask, args=(number,)) for number in range(60)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert found == {number: f"o\r\n{number}\r\n".encode() for number in range(60)}
    assert running.engine.load().busy == 0


@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.2])
@pytest.mark.parametrize("query", [VALUES, SLOW, f"SELECT * {ROWS}"])
def test_a_client_that_goes_leaves_nothing_behind(
    running: Running, query: str, seconds: float
) -> None:
    """Whenever it goes: its slot is free again, and the next client is answered."""
    for _ in range(4):
        with socket.create_connection(("127.0.0.1", running.port), timeout=60) as connection:
            target = f"/sparql?query={quote(new(query))}"
            connection.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            time.sleep(seconds)
    for _ in range(200):
        if running.engine.load().busy == 0:
            break
        time.sleep(0.05)
    assert running.engine.load().busy == 0
    assert running.send("GET", f"/sparql?query={quote(new(VALUES))}")[0].status == 200


def test_parameters_are_decoded_as_the_standard_library_does() -> None:
    """Also escapes that are not whole, signs that mean something, and bytes that are not UTF-8."""
    parts = ("%", "=", "+", "&", "a", "\r\n", " ", "é", "%41", "%zz", "%4", "=41", "%0A", "%E9")
    random = Random(25)
    for _ in range(4000):
        text = "".join(random.choices(parts, k=random.randint(0, 9)))
        raw = (quote_plus(text) if random.random() < 0.3 else text).encode()
        found = []
        for decode in (
            lambda: sorted(parameters._decode(raw).items(multi=True)),  # noqa: B023  it is called here
            lambda: sorted(parse_qsl(raw.decode(), keep_blank_values=True, errors="strict")),  # noqa: B023
        ):
            try:
                found.append(decode())
            except UnicodeDecodeError:
                found.append([])
        assert found[0] == found[1], raw


def test_frames_are_whole_wherever_the_stream_is_cut() -> None:
    """Whatever the lengths of the frames and of the pieces in which they come."""
    random = Random(25)
    for _ in range(30):
        lengths = random.choices([0, 1, 4, 5, 100, 70_000], k=9)
        frames = [(random.choice([HEAD, DATA, END]), random.randbytes(n)) for n in lengths]
        raw = b"".join(struct.pack(">I1s", len(what), kind) + what for kind, what in frames)
        ours, theirs = socket.socketpair()
        with ours, theirs:

            def send(raw: bytes = raw, theirs: socket.socket = theirs) -> None:
                at = 0
                while at < len(raw):
                    at += theirs.send(raw[at : at + random.choice([1, 2, 4, 5, 6, 1000, 65_536])])

            sender = threading.Thread(target=send)
            sender.start()
            reader = Frames(ours)
            assert [reader.receive() for _ in frames] == frames
            sender.join()


@pytest.mark.parametrize("again", [False, True])
def test_the_process_with_the_graph_starts_again(small: Settings, again: bool) -> None:
    """With the next request, also if an idle worker, or the cache, could answer it."""
    with Engine(small) as engine, run(small, engine) as running:
        target = f"/sparql?query={quote(new(VALUES))}"
        for _ in range(2):
            running.send("GET", target)
        child = engine._pool.process.child
        child.kill()
        child.wait()
        asked = target if again else f"/sparql?query={quote(new(VALUES))}"
        assert running.send("GET", asked)[0].status == 200
        assert engine.load().starts == 2


def test_a_worker_that_ends_harms_nobody(small: Settings) -> None:
    """An idle one is replaced; the process with the graph is started again."""
    settings = replace(small, workers=2, reserve=0, share=2)
    with Engine(settings) as engine, run(settings, engine) as running:
        for end in (
            lambda: [worker.stop() for worker in engine._pool._idle],
            engine._pool.process.child.kill,
        ):
            end()
            for _ in range(3):
                reply, _ = running.send("GET", f"/sparql?query={quote(new(VALUES))}")
                assert reply.status == 200
