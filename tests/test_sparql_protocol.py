"""The SPARQL 1.1 Protocol over a real socket: requests, statuses, types, headers."""

from __future__ import annotations

import json
import os
import signal
import socket
import zlib
from dataclasses import replace
from urllib.parse import quote, urlencode

import pytest
from processes import workers
from serving import LARGE, ROWS, SLOW, Server, start

from aikg.settings import Settings

ASK = "/sparql?query=ASK%7B%7D"
SELECT = "/sparql?" + urlencode({"query": "SELECT ?o { <urn:s1> <urn:p> ?o }"})
CONSTRUCT = "/sparql?" + urlencode({"query": "CONSTRUCT WHERE { <urn:s1> ?p ?o }"})
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DIRECT = {"Content-Type": "application/sparql-query"}
JSON, PROBLEM = "application/sparql-results+json", "application/problem+json"
CSV, TURTLE = "text/csv", "text/turtle"


def accept(media_type: str) -> dict[str, str]:
    """Make the header."""
    return {"Accept": media_type}


@pytest.mark.parametrize(
    ("method", "target", "headers", "body", "status", "media_type"),
    [
        # The three ways to send a query, and both spellings of the address.
        ("GET", ASK, {}, b"", 200, JSON),
        ("GET", ASK.replace("?", "/?"), {}, b"", 200, JSON),
        ("HEAD", ASK, {}, b"", 200, JSON),
        ("POST", "/sparql", FORM, b"query=ASK%7B%7D", 200, JSON),
        ("POST", "/sparql/", DIRECT, b"ASK{}", 200, JSON),
        ("POST", "/sparql", {"Content-Type": DIRECT["Content-Type"] + "; charset=UTF-8"},
         b"ASK{}", 200, JSON),
        # The format: by Accept, by name, by media type.
        ("GET", SELECT, accept("*/*"), b"", 200, JSON),
        ("GET", SELECT, accept(CSV), b"", 200, CSV),
        ("GET", CONSTRUCT, {}, b"", 200, TURTLE),
        ("GET", CONSTRUCT, accept("application/ld+json"), b"", 200, "application/ld+json"),
        ("GET", SELECT + "&format=tsv", accept(CSV), b"", 200, "text/tab-separated-values"),
        ("GET", SELECT + "&format=text/csv", {}, b"", 200, CSV),
        ("GET", SELECT + "&format=", {}, b"", 200, JSON),
        ("GET", SELECT, accept("image/png"), b"", 406, PROBLEM),
        ("GET", CONSTRUCT, accept(CSV), b"", 406, PROBLEM),
        ("GET", SELECT + "&format=turtle", {}, b"", 406, PROBLEM),
        # Exactly one query, in UTF-8.
        ("GET", "/sparql?query", {}, b"", 400, PROBLEM),
        ("GET", "/sparql?timeout=1", {}, b"", 400, PROBLEM),
        ("GET", ASK + "&query=ASK%7B%7D", {}, b"", 400, PROBLEM),
        ("POST", ASK, FORM, b"query=ASK%7B%7D", 400, PROBLEM),
        ("GET", "/sparql?query=ASK%7B%7D%20%23%E9", {}, b"", 400, PROBLEM),
        ("POST", "/sparql", FORM, b"query=ASK%7B%7D%20%23%E9", 400, PROBLEM),
        ("POST", "/sparql", DIRECT, b"ASK{} #\xe9", 400, PROBLEM),
        ("POST", "/sparql", {"Content-Type": DIRECT["Content-Type"] + "; charset=latin-1"},
         b"ASK{}", 400, PROBLEM),
        ("POST", "/sparql", {"Content-Type": "text/plain"}, b"ASK{}", 415, PROBLEM),
        ("POST", "/sparql", {}, b"ASK{}", 415, PROBLEM),
        # Texts that are not a query of this graph.
        ("GET", "/sparql?query=ASK", {}, b"", 400, PROBLEM),
        ("GET", ASK + "&default-graph-uri=here", {}, b"", 400, PROBLEM),
        ("GET", ASK + "&timeout=soon", {}, b"", 400, PROBLEM),
        ("GET", ASK + "&timeout=-1", {}, b"", 400, PROBLEM),
        ("GET", "/sparql?query=CLEAR+ALL", {}, b"", 400, PROBLEM),
        ("GET", "/sparql?query=" + quote("ASK { SERVICE <urn:x> { } }"), {}, b"", 403, PROBLEM),
        ("POST", "/sparql", FORM, b"update=CLEAR+ALL", 403, PROBLEM),
        ("POST", "/sparql", {"Content-Type": "application/sparql-update"}, b"CLEAR ALL", 403,
         PROBLEM),
        # Sizes.
        ("POST", "/sparql", DIRECT, b"ASK{} #".ljust(64_000, b"."), 200, JSON),
        ("POST", "/sparql", DIRECT, b"ASK{} #".ljust(64_001, b"."), 413, PROBLEM),
        ("POST", "/sparql", FORM, b"query=ASK{} %23" + b"%C3%A9" * 31_996, 200, JSON),
        ("POST", "/sparql", DIRECT, b"ASK{} #".ljust(300_000, b"."), 413, PROBLEM),
        ("GET", ASK + "%23" + "." * 64_001, {}, b"", 413, PROBLEM),
        # Questions by name, and other addresses.
        ("GET", "/sparql?question=drugs&format=csv", {}, b"", 200, CSV),
        ("GET", "/sparql?question=drgus", {}, b"", 404, PROBLEM),
        ("GET", "/nowhere", {}, b"", 404, PROBLEM),
        ("GET", "/health", {}, b"", 200, "application/json"),
        ("PUT", "/sparql", {}, b"", 405, PROBLEM),
    ],
)  # fmt: skip
def test_request(
    server: Server,
    method: str,
    target: str,
    headers: dict[str, str],
    body: bytes,
    status: int,
    media_type: str,
) -> None:
    """Each request has its status and its type; every answer can be cached and read elsewhere."""
    reply = server.send(method, target, headers, body)
    assert (reply.status, reply.media_type) == (status, media_type)
    assert "Accept" in reply.headers["Vary"]
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    if media_type == PROBLEM:
        problem = json.loads(reply.body)
        assert problem["status"] == status
        assert all(problem[member] for member in ("type", "title", "detail", "advice"))


def test_the_answer_is_the_graphs(server: Server) -> None:
    """The same row, sent in each of the three ways; a plus and a percent sign survive."""
    query = 'SELECT ?o ("a+b%20c é" AS ?text) { <urn:s1> <urn:p> ?o }'
    form = urlencode({"query": query}).encode()
    replies = [
        server.send("GET", f"/sparql?{form.decode()}", accept(CSV)),
        server.send("POST", "/sparql", FORM | accept(CSV), form),
        server.send("POST", "/sparql", DIRECT | accept(CSV), query.encode()),
    ]
    assert {reply.body.decode() for reply in replies} == {"o,text\r\n1,a+b%20c é\r\n"}


def test_head_has_no_body(server: Server) -> None:
    """HEAD gives what GET gives, without the answer."""
    assert server.send("HEAD", SELECT, {}).body == b""


def test_405_names_the_methods(server: Server) -> None:
    """Allow lists what /sparql takes."""
    allowed = server.send("DELETE", "/sparql", {}).headers["Allow"].split(", ")
    assert {"GET", "HEAD", "POST"} <= set(allowed)


@pytest.mark.parametrize(
    ("parameters", "value"),
    [
        ("", "13.5"),
        ("&default-graph-uri=https://w3id.org/aikg/graph/apart", "apart"),
        ("&named-graph-uri=https://w3id.org/aikg/graph/apart", None),
    ],
)
def test_the_dataset_is_chosen_by_parameters(
    server: Server, parameters: str, value: str | None
) -> None:
    """Graphs named in the request are the dataset."""
    query = "SELECT ?v { ?s <https://w3id.org/aikg/ontology/value> ?v }"
    reply = server.send("GET", f"/sparql?query={quote(query)}{parameters}", {})
    bindings = json.loads(reply.body)["results"]["bindings"]
    assert [row["v"]["value"] for row in bindings] == ([value] if value else [])


def test_a_mistake_has_its_place(server: Server) -> None:
    """The problem has line, column, advice and the grammar."""
    reply = server.send("GET", "/sparql?query=" + quote("ASK {\n ?s drug:x ?o }"), {})
    problem = json.loads(reply.body)
    assert (problem["line"], problem["column"]) == (2, 5)
    assert problem["type"] == "https://w3id.org/aikg/problem/query-malformed"
    assert problem["title"] == "Query malformed"
    assert "PREFIX drug: <https://w3id.org/aikg/drug/>" in problem["advice"]
    assert problem["reference"] == "https://www.w3.org/TR/sparql11-query/#grammar"


def test_a_deadline_is_503_and_harms_nobody(server: Server) -> None:
    """The client learns when to come again, and the next query is answered."""
    reply = server.send("GET", f"/sparql?query={quote(SLOW)}&timeout=0.3", {})
    assert (reply.status, reply.media_type) == (503, PROBLEM)
    assert int(reply.headers["Retry-After"]) > 0
    assert server.send("GET", ASK, {}).status == 200


def test_a_query_that_kills_its_worker_is_500_and_harms_nobody(small: Settings) -> None:
    """The problem says what happened, and the next query is answered.

    The memory is so low that it ends before the time does, on a busy machine too.
    """
    with start(replace(small, memory=40 << 20)) as server:
        reply = server.send("GET", f"/sparql?query={quote(LARGE)}", {})
        assert (reply.status, json.loads(reply.body)["title"]) == (500, "Worker lost")
        assert server.send("GET", ASK, {}).status == 200


def receive_raw(server: Server, target: str, accepted: str, kill: bool) -> tuple[bytes, bytes]:
    """Read a reply as it comes over the socket: its head, and all that follows."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(
            f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            f"Accept-Encoding: {accepted}\r\n\r\n".encode()
        )
        received = bytearray(connection.recv(1 << 16))
        for worker in workers(server) if kill else []:
            os.kill(worker, signal.SIGKILL)
        while piece := connection.recv(1 << 20):
            received += piece
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    return head, body


@pytest.mark.parametrize("accepted", ["identity", "gzip"])
@pytest.mark.parametrize(
    ("pattern", "kill", "whole"),
    [
        ("{ ?a ?b ?c . ?d ?e ?f } LIMIT 9000", False, True),
        (ROWS, False, False),
        (ROWS, True, False),
    ],
    ids=["whole", "deadline", "killed"],
)
def test_only_a_whole_answer_ends_cleanly(
    server: Server, pattern: str, kill: bool, whole: bool, accepted: str
) -> None:
    """What breaks off has no last chunk and no trailer, so no client takes it for an answer."""
    target = f"/sparql?query={quote(f'SELECT * {pattern}')}&timeout=0.5&format=csv"
    head, body = receive_raw(server, target, accepted, kill)
    assert head.startswith(b"HTTP/1.1 200"), body
    assert b"Transfer-Encoding: chunked" in head
    assert (b"Content-Encoding: gzip" in head) == (accepted == "gzip")
    assert len(body) > 1_000
    assert body.endswith(b"\r\n0\r\n\r\n") == whole
    if accepted == "gzip":
        unpacking = zlib.decompressobj(31)
        assert unpacking.decompress(dechunk(body)).count(b"\n") > 100
        assert unpacking.eof == whole


def dechunk(body: bytes) -> bytes:
    """Join the chunks of a body, as far as they came."""
    content = bytearray()
    while body:
        size, _, body = body.partition(b"\r\n")
        content += body[: int(size, 16)]
        body = body[int(size, 16) + 2 :]
    return bytes(content)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_stops_when_told(small: Settings, number: signal.Signals) -> None:
    """It ends by itself, without an error, and gives its port back."""
    with start(small) as server:
        server.send("GET", ASK, {})
        server.process.send_signal(number)
        assert server.process.wait(60) == 0
        with start(small, server.port) as successor:
            assert successor.send("GET", ASK, {}).status == 200


def test_a_port_in_use_is_told(server: Server, small: Settings) -> None:
    """The second server on a port ends at once, with an advice."""
    from aikg import web  # noqa: PLC0415  nothing else here needs Flask in this process
    from aikg.errors import PortInUse  # noqa: PLC0415

    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(PortInUse, match=f"port {server.port}") as caught:
        web.serve(small, "127.0.0.1", server.port)
    signal.signal(signal.SIGTERM, before)
    assert f"--port {server.port + 1}" in caught.value.advice
