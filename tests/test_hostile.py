"""Whatever anyone sends: an answer or a clean error, and nobody else notices."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote, urlencode

import pytest
from processes import assert_unharmed, runs, workers
from serving import LARGE, ROWS, SLOW, Server, start

from aikg.settings import Settings

P = "<urn:s1> <urn:p> ?o"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def nest(opening: str, core: str, closing: str) -> str:
    """Nest a part a few times."""
    return opening * 20 + core + closing * 20


def times(part: str, join: str = " ") -> str:
    """Repeat a part a few times."""
    return join.join([part] * 20)


def numbered(part: str, join: str = " ") -> str:
    """Repeat with a number in place of N."""
    return join.join(part.replace("N", str(n)) for n in range(20))


#: Any engine answers these or refuses them. Only the server that is asked is narrow.
QUERIES = {
    "braces": f"SELECT * {{ {nest('{', P, '}')} }}",
    "parentheses": f"SELECT * {{ {P} FILTER({nest('(', '1', ')')}) }}",
    "brackets": f"SELECT * {{ ?s ?p {nest('[ ?p ', '1', ' ]')} }}",
    "collections": f"SELECT * {{ ?s ?p {nest('(', '1', ')')} }}",
    "triple terms": f"SELECT * {{ ?s ?p {nest('<<( ?s ?p ', '1', ' )>>')} }}",
    "not": f"ASK {{ FILTER({nest('!', 'true', '')}) }}",
    "minus signs": f"ASK {{ FILTER({nest('- ', '1', '')}) }}",
    "sum": f"ASK {{ FILTER({times('1', '+')}) }}",
    "and": f"ASK {{ FILTER({times('true', '&&')}) }}",
    "or": f"ASK {{ FILTER({times('false', '||')}) }}",
    "functions": f"SELECT ({nest('STR(', '1', ')')} AS ?x) {{}}",
    "if": f"SELECT ({nest('IF(true,', '1', ',1)')} AS ?x) {{}}",
    "exists": f"ASK {{ {nest('FILTER EXISTS {', P, '}')} }}",
    "not exists": f"ASK {{ {nest('FILTER NOT EXISTS {', P, '}')} }}",
    "optional": f"SELECT * {{ {nest('OPTIONAL {', P, '}')} }}",
    "minus": f"SELECT * {{ {nest('?s ?p ?o MINUS {', P, '}')} }}",
    "graph": f"SELECT * {{ {nest('GRAPH ?g {', P, '}')} }}",
    "subqueries": nest("SELECT * { {", "SELECT * { ?s ?p ?o }", "} }"),
    "unions": f"SELECT * {{ {times('{ ?s ?p ?o }', ' UNION ')} }}",
    "union in union": f"SELECT * {{ {nest('{ {', P, '} UNION {} }')} }}",
    "path of steps": f"SELECT * {{ ?s {times('<urn:p>', '/')} ?o }}",
    "path of choices": f"SELECT * {{ ?s {times('<urn:p>', '|')} ?o }}",
    "path in path": f"SELECT * {{ ?s {nest('(', '<urn:p>', '*)')} ?o }}",
    "inverse path": f"SELECT * {{ ?s {nest('^(', '<urn:p>', ')')} ?o }}",
    "negated path": f"SELECT * {{ ?s !({times('<urn:p>', '|')}) ?o }}",
    "values": f"SELECT * {{ ?s ?p ?o VALUES ?o {{ {times('1')} }} }}",
    "patterns with one join": f"SELECT * {{ {numbered('?s ?pN ?oN .')} }}",
    "prefixes": numbered("PREFIX pN: <urn:N>") + " ASK {}",
    "variables": f"SELECT {numbered('?vN')} {{ ?s ?p ?o }}",
    "count": SLOW,
    "order": "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?f ?c",
    "distinct": "SELECT DISTINCT * { ?a ?b ?c . ?d ?e ?f }",
    "group": "SELECT ?c (COUNT(DISTINCT ?f) AS ?n) { ?a ?b ?c . ?d ?e ?f } GROUP BY ?c",
    "concatenation": "SELECT (GROUP_CONCAT(?c) AS ?n) { ?a ?b ?c . ?d ?e ?f }",
    "large": LARGE,
    "offset": f"SELECT * {ROWS} OFFSET 99999999",
    "rows": f"SELECT * {ROWS}",
    "triples": f"CONSTRUCT {{ ?a ?b ?c . ?d ?e ?f }} {ROWS}",
    "construct template": f"CONSTRUCT {{ {numbered('?s <urn:qN> ?o .')} }} {{ ?s ?p ?o }}",
    "describe": f"DESCRIBE * {ROWS}",
    "many regular expressions": f"SELECT * {{ {{ SELECT * {ROWS} }} FILTER(REGEX(?c, '1$')) }}",
    "long name": f"ASK {{ <urn:{'x' * 900}> ?p ?o }}",
    "long text": f"ASK {{ ?s ?p '''{'x' * 900}''' }}",
    "longer than what is read": f"ASK {{ ?s ?p '''{'x' * 2_000}''' }}",
    "open text": "ASK { ?s ?p '''" + "x" * 900,
    "open brackets": "ASK " + "{" * 20,
    "escapes": "ASK { ?s ?p '" + "\\u0041" * 100 + "' }",
    "zero": "ASK { ?s ?p '\0' } # \0",
    "not characters": "ASK { ?s ?p '\ufffe\uffff' }",
}


@pytest.fixture(scope="module")
def narrow(small: Settings) -> Iterator[Server]:
    """A server with narrow limits: what is harmless elsewhere goes too far here."""
    with start(replace(small, stack=128 << 10, memory=64 << 20, query_bytes=2_000)) as running:
        yield running


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_query(narrow: Server, query: str) -> None:
    """It is answered, refused or stopped, in good order."""
    body = urlencode({"query": query, "timeout": 0.5}).encode()
    with contextlib.suppress(http.client.IncompleteRead):  # stopped when it had begun
        reply = narrow.send("POST", "/sparql", FORM, body)
        if reply.status != 200:
            assert reply.status in {400, 403, 413, 500, 503}, reply.body
            assert json.loads(reply.body)["advice"]
            assert json.loads(reply.body)["title"] != "Job failed"
    assert_unharmed(narrow)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port of this machine at which nobody may call."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        opened.settimeout(0.2)
        yield opened


OUTWARD = [
    "SELECT * { SERVICE <URL> { ?s ?p ?o } }",
    "SELECT * { service silent <URL> { ?s ?p ?o } }",
    "SELECT * { SERVICE<URL>{} }",
    "SELECT * { SERVICE # here\n <URL> {} }",
    "SELECT * { ?s ?p '\\'' . SERVICE <URL> {} }",
    'SELECT * { ?s ?p """ " "" """ . SERVICE <URL> {} }',
    "SELECT * { ?s ?p '''#''' . SERVICE <URL> {} }",
    "SELECT * { FILTER(1 < 2) SERVICE <URL> {} FILTER(2 > 1) }",
    "SELECT * { OPTIONAL { SERVICE <URL> {} } }",
    "SELECT * { {} UNION { SERVICE <URL> {} } }",
    "SELECT * { ?s ?p ?o MINUS { SERVICE <URL> { ?s ?p ?o } } }",
    "SELECT * { GRAPH ?g { SERVICE <URL> {} } }",
    "SELECT * { { SELECT * { SERVICE <URL> {} } } }",
    "SELECT * { FILTER EXISTS { SERVICE <URL> {} } }",
    "SELECT * { FILTER NOT EXISTS { SERVICE <URL> {} } }",
    "SELECT * { BIND(EXISTS { SERVICE <URL> {} } AS ?x) }",
    "SELECT (EXISTS { SERVICE <URL> {} } AS ?x) {}",
    "SELECT (COUNT(*) AS ?n) {} GROUP BY (EXISTS { SERVICE <URL> {} })",
    "SELECT (COUNT(*) AS ?n) {} HAVING (EXISTS { SERVICE <URL> {} })",
    "SELECT * {} ORDER BY (EXISTS { SERVICE <URL> {} })",
    "ASK { SERVICE <URL> {} }",
    "CONSTRUCT { ?s ?p ?o } { SERVICE <URL> { ?s ?p ?o } }",
    "DESCRIBE ?s { SERVICE <URL> { ?s ?p ?o } }",
    "SELECT * { VALUES ?x { <URL> } SERVICE ?x { ?s ?p ?o } }",
    "PREFIX x: <URL> SELECT * { SERVICE x: {} }",
    "PREFIX service: <URL> SELECT * { SERVICE service: {} }",
    "BASE <URL> SELECT * { SERVICE <> {} }",
    "SELECT * FROM <URL> { SERVICE <URL> {} }",
    "LOAD <URL>",
    "LOAD SILENT <URL> INTO GRAPH <urn:g>",
    "# LOAD\nload <URL>",
    "INSERT { ?s ?p ?o } WHERE { SERVICE <URL> { ?s ?p ?o } }",
    "DELETE WHERE { ?s ?p ?o } ; LOAD <URL>",
]


@pytest.mark.parametrize("query", OUTWARD)
def test_nothing_reaches_out(server: Server, listener: socket.socket, query: str) -> None:
    """Refused by name or no query at all; the port that it names is never called."""
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    target = f"/sparql?query={quote(query.replace('URL', address))}"
    assert server.send("GET", target, {}).status in {400, 403}
    update = urlencode({"update": query.replace("URL", address)}).encode()
    assert server.send("POST", "/sparql", FORM, update).status == 403
    with pytest.raises(TimeoutError):
        listener.accept()
    assert_unharmed(server)


@pytest.mark.parametrize("parameter", ["default-graph-uri", "named-graph-uri"])
def test_no_graph_is_fetched(server: Server, listener: socket.socket, parameter: str) -> None:
    """A graph that is not here is empty, wherever its name would lead."""
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    target = f"/sparql?query=ASK%7B%3Fs%20%3Fp%20%3Fo%7D&format=csv&{parameter}={quote(address)}"
    assert server.send("GET", target, {}).body == b"false"
    with pytest.raises(TimeoutError):
        listener.accept()


@pytest.mark.parametrize(
    "query",
    [
        "ASK {} # SERVICE <urn:x> {}",
        "SELECT ('SERVICE <urn:x> {}' AS ?x) {}",
        "SELECT (''' ' SERVICE '' LOAD ''' AS ?service) {}",
        "ASK { <urn:SERVICE> ?load $service }",
        "PREFIX service: <urn:> ASK { service:load a service: }",
        "ASK { _:service ?p 'x'@load }",
    ],
)
def test_words_that_are_no_keywords_are_allowed(server: Server, query: str) -> None:
    """In comments, texts, IRIs, names and variables."""
    assert server.send("GET", f"/sparql?query={quote(query)}", {}).status == 200


REQUESTS = [
    b"",
    b"GET",
    b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\n",
    b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: x\r\nAccept: te",
    b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
    b"Content-Type: application/sparql-query\r\n\r\nASK",
    b"POST /sparql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Type: application/sparql-query\r\n\r\n5\r\nASK{",
]


def test_slow_and_half_sent_requests(server: Server) -> None:
    """Three hundred of them keep nobody waiting, and come to their answer when they end."""
    opened = [
        # Four addresses: no client has more than a share of the connections.
        socket.create_connection(
            ("127.0.0.1", server.port), source_address=(f"127.0.3.{n % 4 + 1}", 0)
        )
        for n in range(300)
    ]
    for n, connection in enumerate(opened):
        connection.sendall(REQUESTS[n % len(REQUESTS)])
    assert_unharmed(server)
    opened[3].sendall(b"xt/csv\r\n\r\n")
    opened[5].sendall(b"}\r\n0\r\n\r\n")
    for n in (3, 5):
        opened[n].settimeout(30)
        assert opened[n].recv(1 << 16).startswith(b"HTTP/1.1 200")
    for connection in opened:
        connection.close()
    assert_unharmed(server)


@pytest.mark.parametrize("body", [b"", b"\r\n\r\n", b"\x16\x03\x01\x02\x00\x01" * 50, b"\0" * 9000])
def test_what_is_no_http(server: Server, body: bytes) -> None:
    """It is answered so, or the connection is closed."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(body)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1 << 16)[:12] in {b"", b"HTTP/1.0 400", b"HTTP/1.1 400"}
    assert_unharmed(server)


def test_hundreds_of_clients(server: Server) -> None:
    """Each has an answer, or is asked to come again; hostile ones among them change nothing."""
    requests = [
        f"GET /sparql?timeout=1&query={quote(query)} HTTP/1.1\r\nHost: x\r\n"
        "Connection: close\r\n\r\n"
        for query in ("ASK {}", SLOW, "ASK", LARGE)
    ]
    opened = []
    for n in range(400):
        # Eight addresses, as if they were as many clients.
        connection = socket.create_connection(
            ("127.0.0.1", server.port), timeout=60, source_address=(f"127.0.1.{n % 8 + 1}", 0)
        )
        connection.sendall(requests[n // 8 % 4].encode())
        opened.append(connection)
    statuses = []
    for connection in opened:
        with connection:
            statuses.append(int(connection.makefile("rb").readline().split()[1]))
    assert set(statuses) <= {200, 400, 429, 500, 503}
    assert statuses.count(200) + statuses.count(400) > 50
    assert_unharmed(server)


def test_others_are_answered_while_one_floods(small: Settings) -> None:
    """Ten slow queries of one client, and ten readers that do not read, leave room."""
    with start(replace(small, deadline=60)) as server:
        hostile = []
        for query in [SLOW, f"SELECT * {ROWS}"] * 10:
            connection = socket.create_connection(
                ("127.0.0.1", server.port), source_address=("127.0.0.7", 0)
            )
            target = f"/sparql?query={quote(query)}"
            connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            hostile.append(connection)
        for _ in range(20):
            assert server.send("GET", "/sparql?query=ASK%7B%7D", {}).status == 200
        for connection in hostile:
            connection.close()
        assert_unharmed(server)


@pytest.mark.parametrize("query", [SLOW, f"SELECT * {ROWS}"], ids=["silent", "stream"])
def test_when_the_client_goes_the_query_stops(small: Settings, query: str) -> None:
    """Long before its deadline, whether it has answered or not."""
    with start(replace(small, deadline=600)) as server:
        connection = socket.create_connection(("127.0.0.1", server.port))
        target = f"/sparql?query={quote(query)}"
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        while not any(runs(worker) for worker in workers(server)):
            time.sleep(0.01)
        connection.close()
        assert_unharmed(server)


def test_no_process_is_left_when_the_server_ends(small: Settings) -> None:
    """Neither the one that holds the graph nor a worker, though one still works."""
    with start(replace(small, deadline=600)) as server:
        thread = threading.Thread(target=_suppressed, args=[server, f"/sparql?query={quote(SLOW)}"])
        thread.start()
        while not any(runs(worker) for worker in workers(server)):
            time.sleep(0.01)
        below = workers(server)
        server.process.terminate()  # what has begun would be answered; the second time ends it
        with contextlib.suppress(ConnectionError):  # refused, or reset while it closes
            while True:
                socket.create_connection(("127.0.0.1", server.port)).close()
                time.sleep(0.01)
    thread.join()
    for _ in range(200):
        if not any(runs(worker) for worker in below):
            return
        time.sleep(0.05)
    pytest.fail("a worker works on")


def _suppressed(server: Server, target: str) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        server.send("GET", target, {})
