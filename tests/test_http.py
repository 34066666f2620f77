"""HTTP as anyone may speak it: what is ambiguous, too long or too slow is refused, and no more."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import load
import pytest
from desk import Desk, trial
from processes import assert_unharmed
from serving import SLOW, Server, start

from aikg.build import Built
from aikg.errors import SettingError
from aikg.settings import Settings, from_environment
from aikg.web import clients, heads
from aikg.web.descriptors import affordable

ASK = b"ASK%7B%7D"
QUERY = b"Content-Type: application/sparql-query\r\n"
#: The test's own bounds, low; a second is enough for what is sent at once on a busy machine.
HEAD_SECONDS = 3.0


@pytest.fixture(scope="module")
def bounded(small: Settings) -> Iterator[Server]:
    """A server with low bounds: of each client 8 connections, of each file 200,000 bytes."""
    low = replace(
        small,
        client_connections=8,
        head_seconds=HEAD_SECONDS,
        body_rate=1000,
        submission_bytes=200_000,
        bodies=1_200_000,
    )
    with start(low) as server:
        yield server


def connect(server: Server, source: str = "127.0.0.1") -> socket.socket:
    """Open a connection from an address of this machine."""
    return socket.create_connection(
        ("127.0.0.1", server.port), timeout=60, source_address=(source, 0)
    )


def read_to_end(connection: socket.socket) -> bytes:
    """Read until the server closes the connection."""
    pieces = []
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(1 << 16):
            pieces.append(piece)
    return b"".join(pieces)


def say(server: Server, request: bytes) -> bytes:
    """Send bytes, and read until the server closes the connection."""
    with connect(server) as connection:
        connection.sendall(request)
        return read_to_end(connection)


def status(reply: bytes) -> int:
    """Return the status of a response."""
    assert reply.startswith(b"HTTP/1."), reply
    return int(reply.split()[1])


BODY = b"POST /sparql HTTP/1.1\r\nHost: x\r\n" + QUERY
LINE = b"GET /sparql?query=" + ASK + b" HTTP/1.1\r\n"
REFUSED = [
    # Framing that two programs read in two ways.
    (BODY + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (BODY + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
    (BODY + b"transfer-encoding: chunked\r\nCONTENT-LENGTH: 5\r\n\r\n0\r\n\r\n", 400),
    (BODY + b"Transfer-Encoding:\r\nContent-Length: 6\r\n\r\nASK {}", 400),
    (BODY + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400),
    (BODY + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (BODY + b"Content-Length: 6\r\nContent-Length: 6\r\n\r\nASK {}", 400),
    (BODY + b"Content-Length: 6, 6\r\n\r\nASK {}", 400),
    (BODY + b"Content-Length: +6\r\n\r\nASK {}", 400),
    (BODY + b"Content-Length: -6\r\n\r\nASK {}", 400),
    (BODY + b"Content-Length: 0x6\r\n\r\nASK {}", 400),
    (BODY + b"Content-Length:\r\n\r\nASK {}", 400),
    (BODY + b"Content-Length: " + b"9" * 20 + b"\r\n\r\n", 413),
    (BODY + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    (BODY + b"Transfer-Encoding: identity\r\n\r\n", 501),
    (BODY + b"Transfer-Encoding: chunked\r\n\r\nnone\r\n\r\n", 400),
    (BODY + b"Transfer-Encoding: chunked\r\n\r\n5" + b"0" * 5000, 400),
    (BODY.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (BODY + b"X-Folded: a\r\n Content-Length: 6\r\n\r\n", 400),
    # The name of the server.
    (LINE + b"\r\n", 400),
    (LINE + b"Host: x\r\nHost: x\r\n\r\n", 400),
    (LINE + b"Host: x\r\nhost: y\r\n\r\n", 400),
    (LINE + b"Host:\r\n\r\n", 400),
    (LINE + b"Host: x/y\r\n\r\n", 400),
    (LINE + b"Host: user@x\r\n\r\n", 400),
    (LINE + b"Host: x y\r\n\r\n", 400),
    (LINE.replace(b"1.1", b"1.0") + b"Host: x\r\nHost: y\r\n\r\n", 400),
    # Bytes that are not UTF-8.
    (b"GET /drug/%FF HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    (b"GET /drug/%C3%28 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    (b"GET /drug/\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    (b"GET /%ED%A0%80 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    (b"GET /search?q=%FF HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    (b"GET /resolve/%FE HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    (LINE + b"Host: \xff\r\n\r\n", 400),
    (LINE + b"Host: x\r\nAccept: \xff\r\n\r\n", 400),
    (LINE + b"Host: x\r\nAuthorization: Bearer \xff\r\n\r\n", 400),
    (LINE + b"Host: x\r\nCookie: aikg=\xfe\r\n\r\n", 400),
    (LINE + b"Host: x\r\nIf-None-Match: \xe9\r\n\r\n", 400),
    # Too long.
    (LINE + b"Host: x\r\nX-Long: " + b"a" * 16_000 + b"\r\n\r\n", 431),
    (LINE + b"Host: x\r\nAccept-Encoding: " + b"gzip," * 4_000 + b"\r\n\r\n", 431),
    (LINE + b"Host: x\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431),
    (LINE + b"Host: x\r\n" + b"X: " + b"a" * heads.MOST, 431),
]


@pytest.mark.parametrize(("request_", "expected"), REFUSED)
def test_what_is_ambiguous_is_refused(bounded: Server, request_: bytes, expected: int) -> None:
    """With a problem document that says what to do, and the connection is closed."""
    reply = say(bounded, request_ + b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    assert status(reply) == expected, reply[:500]
    head, _, body = reply.partition(b"\r\n\r\n")
    assert b"connection: close" in head.lower()
    assert b"application/problem+json" in head
    assert json.loads(body)["advice"]  # one document: what came after it is not answered


TAKEN = [
    LINE + b"Host: x\r\nConnection: close\r\n\r\n",
    LINE + b"Host: x:80\r\nConnection: close\r\n\r\n",
    LINE + b"Host: [::1]:8080\r\nConnection: close\r\n\r\n",
    LINE + b"host:kg_1.example\r\nConnection: close\r\n\r\n",
    LINE.replace(b"1.1", b"1.0") + b"\r\n",
    b"\r\n" + LINE + b"Host: x\r\nConnection: close\r\n\r\n",
    LINE + b"Host: x\r\nX-Long: " + b"a" * 15_900 + b"\r\nConnection: close\r\n\r\n",
    LINE + b"Host: x\r\n" + b"X: y\r\n" * 90 + b"Connection: close\r\n\r\n",
    LINE + b"Host: x\r\nX-Name: \xc3\xa9\r\nConnection: close\r\n\r\n",
    BODY + b"Content-Length: 6\r\nConnection: close\r\n\r\nASK {}",
    BODY + b"Content-Length: 006\r\nConnection: close\r\n\r\nASK {}",
    BODY + b"Transfer-Encoding: Chunked\r\nConnection: close\r\n\r\n"
    b"3\r\nASK\r\n3;part=2\r\n {}\r\n0\r\nX-After: y\r\n\r\n",
    b"GET /sparql?query=" + ASK + b"%20%23" + b"%C3%A9" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n"
    b"Connection: close\r\n\r\n",
]


@pytest.mark.parametrize("request_", TAKEN)
def test_what_is_near_to_it_is_answered(bounded: Server, request_: bytes) -> None:
    """Any name of the server, headers up to their length, both framings, long queries."""
    reply = say(bounded, request_)
    assert status(reply) == 200, reply[:500]
    assert b"true" in reply


def test_a_connection_is_kept_between_requests(bounded: Server) -> None:
    """Several requests, one after the other and sent together, have an answer each."""
    once = LINE + b"Accept: text/csv\r\nHost: x\r\n\r\n"
    with connect(bounded) as connection:
        file = connection.makefile("rb")
        for sent in (once, once * 2):
            connection.sendall(sent)
            for _ in range(len(sent) // len(once)):
                assert file.readline().startswith(b"HTTP/1.1 200")
                while (line := file.readline().lower()) != b"\r\n":
                    if line.startswith(b"content-length"):
                        length = int(line.split()[1])
                assert file.read(length) == b"true"
            time.sleep(HEAD_SECONDS + 2)  # idle: no head has begun


def test_a_body_is_judged_before_it_is_read(bounded: Server) -> None:
    """By the limit of its own address, at its head; 100 Continue is not sent first."""
    for path, length in (("/sparql", 208_001), ("/validate", 264_001), ("/submissions", 1 << 40)):
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: text/turtle\r\n"
        head += f"Expect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
        reply = say(bounded, head.encode())
        assert status(reply) == 413
        assert json.loads(reply.partition(b"\r\n\r\n")[2])["advice"]


def test_a_refusal_is_read_by_a_client_that_goes_on_sending(bounded: Server) -> None:
    """It is not lost in a reset of the connection."""
    for _ in range(10):
        with connect(bounded) as connection:
            connection.sendall(b"POST /validate HTTP/1.1\r\nHost: x\r\n")
            connection.sendall(b"Content-Length: 5000000\r\n\r\n")
            for _ in range(20):
                connection.sendall(bytes(50_000))
                time.sleep(0.005)
            assert status(read_to_end(connection)) == 413


def test_a_body_in_chunks_is_judged_as_it_grows(bounded: Server) -> None:
    """Beyond the limit it is refused, long before its end; within it, it is read."""
    head = BODY + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    line = b"# nothing\n" * 1000
    chunk = b"%x\r\n%s\r\n" % (len(line), line)
    with connect(bounded) as connection:
        connection.sendall(head + chunk * 21)  # no end
        assert status(read_to_end(connection)) == 413
    assert status(say(bounded, head + b"7fffffffffff\r\n")) == 413
    reply = say(bounded, head + chunk * 6 + b"6\r\nASK {}\r\n0\r\n\r\n")
    assert status(reply) == 200, reply


def test_one_address_has_a_share_of_the_connections(bounded: Server) -> None:
    """Beyond it, 429 and the end; others come in, and so does the same one again."""
    held = [connect(bounded, "127.0.0.9") for _ in range(8)]
    for connection in held:
        connection.sendall(b"GET / HTTP/1.1\r\n")
    for _ in range(50):
        with connect(bounded, "127.0.0.9") as surplus:
            reply = read_to_end(surplus)
            assert status(reply) == 429
            assert b"Retry-After" in reply
    assert_unharmed(bounded)
    held.pop().close()
    for _ in range(100):
        with connect(bounded, "127.0.0.9") as again:
            with contextlib.suppress(OSError):
                again.sendall(LINE + b"Host: x\r\nConnection: close\r\n\r\n")
            if status(read_to_end(again)) == 200:
                break
        time.sleep(0.05)
    else:
        pytest.fail("a connection that is closed counts still")
    for connection in held:
        connection.close()


def test_a_head_has_a_deadline(bounded: Server) -> None:
    """However it trickles: 408, or the end where nothing came."""
    beginnings = [b"", b"G", LINE, LINE + b"Host: x\r\nAccept: te"]
    opened = [connect(bounded) for _ in beginnings]
    for connection, beginning in zip(opened, beginnings, strict=True):
        connection.sendall(beginning)
    trickle = opened[3]
    for _ in range(200):
        try:
            trickle.sendall(b"x")
        except OSError:
            break
        time.sleep(0.1)
    else:
        pytest.fail("a head that trickles is waited for")
    assert read_to_end(opened[0]) == b""
    for connection in opened[1:3]:
        assert status(read_to_end(connection)) == 408
    for connection in opened:
        connection.close()


def test_a_body_has_a_rate(bounded: Server) -> None:
    """A slower body is refused; a slow and steady one is read to its end."""
    slow, steady = connect(bounded), connect(bounded)
    query = b"ASK {} #" + b"-" * 20_000
    for connection in (slow, steady):
        connection.sendall(BODY + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(query))
    for at in range(0, len(query), 300):
        steady.sendall(query[at : at + 300])
        with contextlib.suppress(OSError):
            slow.sendall(b"-")
        time.sleep(0.1)  # 67 pieces: longer than a head may take
    assert status(read_to_end(steady)) == 200
    assert status(read_to_end(slow)) == 408
    slow.close()
    steady.close()


def test_bodies_that_wait_are_bounded_together(bounded: Server) -> None:
    """Of one client a quarter, then 429; of all the bound, then 503; and what is closed is free."""
    head = b"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n"
    held = []

    def send(source: str) -> None:
        held.append(connect(bounded, source))
        held[-1].sendall(head)

    send("127.0.0.11")
    with connect(bounded, "127.0.0.11") as connection:
        connection.sendall(head)
        assert status(read_to_end(connection)) == 429
    for last in range(12, 17):
        send(f"127.0.0.{last}")
    with connect(bounded, "127.0.0.17") as connection:
        connection.sendall(head)
        reply = read_to_end(connection)
        assert status(reply) == 503
        assert b"Retry-After" in reply
    assert_unharmed(bounded)
    for connection in held:
        connection.close()
    reply = b""
    for _ in range(100):
        reply = say(bounded, head.replace(b"Host", b"Connection: close\r\nHost") + b" " * 200_000)
        if status(reply) not in {429, 503}:
            break
        time.sleep(0.05)
    assert status(reply) not in {429, 503}, reply


def test_few_descriptors_are_enough(small: Settings, tmp_path: Path) -> None:
    """Half bodies and half heads of a crowd do not take the last; the log stays short."""
    said = tmp_path / "said"
    with start(small, said=said, files=700) as server:
        half = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\nASK"
        opened = []
        for number in range(600):
            source = f"127.0.2.{number % 10 + 1}"
            opened.append(connect(server, source))
            with contextlib.suppress(OSError):
                opened[-1].sendall(half if number % 10 == 0 else LINE)
        # A connection that has begun nothing makes room; what has begun is not cut off.
        assert {status(read_to_end(each)) for each in opened[-3:]} == {503}
        for connection in opened[:10]:
            connection.close()
        for _ in range(100):
            with contextlib.suppress(OSError, http.client.HTTPException):
                if server.send("GET", "/sparql?query=ASK%7B%7D", {}).status == 200:
                    break
            time.sleep(0.05)
        else:
            pytest.fail("nobody is served")
        for connection in opened:
            connection.close()
        assert_unharmed(server)
    assert said.stat().st_size < 5000


def test_two_clients_with_many_long_queries_leave_room(small: Settings) -> None:
    """A third is answered while both still wait."""
    with start(replace(small, deadline=120, workers=8)) as server:
        target = f"/sparql?query={quote(SLOW)}"
        opened = []
        for source in ("127.0.0.21", "127.0.0.22"):
            for _ in range(40):
                opened.append(connect(server, source))
                opened[-1].sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        for number in range(10):
            query = quote(f"ASK {{}} # {number}")
            assert server.send("GET", f"/sparql?query={query}", {}).status == 200
            assert server.send("GET", "/health", {}).status == 200
        waiting = 0
        for connection in opened:
            connection.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                if connection.recv(1, socket.MSG_PEEK):
                    continue
            waiting += 1
        assert waiting > 40  # the load is still on
        for connection in opened:
            connection.close()
        assert_unharmed(server)


def test_answers_that_nobody_reads_do_not_take_all_threads(small: Settings) -> None:
    """A client may send requests one after another, read nothing, and stop no one else."""
    rows = "SELECT * { ?s ?p ?o . ?a ?b ?c } LIMIT 30000"
    request = f"GET /sparql?query={quote(rows)} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    with start(replace(small, threads=10)) as server:
        opened = [connect(server, "127.0.0.31") for _ in range(20)]
        for connection in opened:
            connection.sendall(request * 3)
        for _ in range(5):
            assert server.send("GET", "/health", {}).status == 200
        for connection in opened:
            connection.close()
        assert_unharmed(server)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::ffff:c000:201", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:DB8:0:0:ffff::9", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix", "unix"),
    ],
)
def test_who_a_client_is(address: str, name: str) -> None:
    """IPv4-mapped IPv6 is IPv4; of IPv6 the network is one client."""
    assert clients.client_name(address) == name


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("198.51.100.9, 192.0.2.1:4711", "192.0.2.1"),
        ("[2001:db8::1]:4711", "2001:db8::/64"),
        ("[2001:db8::1]", "2001:db8::/64"),
        ("2001:db8::1", "2001:db8::/64"),
        ('"[2001:db8::1]:4711"', "2001:db8::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("[::ffff:192.0.2.1]:80", "192.0.2.1"),
        ("unknown", None),
        ("", None),
        ("192.0.2.1,", None),
    ],
)
def test_for_whom_a_proxy_asks(header: str, name: str | None) -> None:
    """The last element counts, which is the proxy's own, with or without a port."""
    assert clients.forwarded_client(header) == name


def test_clients_of_a_proxy_are_counted_apart(small: Settings) -> None:
    """The proxy has more connections than one client; each client its share of the places."""
    low = replace(small, proxy="127.0.0.1", client_connections=4, queue=2, workers=2, share=1)
    target = f"/sparql?query={quote(SLOW)}"
    with start(low) as server:
        opened = []
        for port in range(12):
            opened.append(connect(server))
            said = f"X-Forwarded-For: 198.51.100.7, [::ffff:192.0.2.1]:{port + 1024}"
            opened[-1].sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n{said}\r\n\r\n".encode())
        headers = {"X-Forwarded-For": "192.0.2.2:9"}
        assert server.send("GET", "/sparql?query=ASK%7B%7D", headers).status == 200
        headers = {"X-Forwarded-For": "192.0.2.1"}
        refused = server.send("GET", "/sparql?query=ASK%7B%7D%23", headers)
        assert refused.status == 429
        for connection in opened:
            connection.close()


def test_it_listens_on_ipv6(small: Settings) -> None:
    """`--host ::1` answers there, and says an address that can be opened."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with (
        start(small, host="::1") as server,
        contextlib.closing(http.client.HTTPConnection("::1", server.port)) as connection,
    ):
        connection.request("GET", "/.well-known/api-catalog")
        answer = connection.getresponse()
        assert answer.status == 200
        assert f'"http://[::1]:{server.port}/sparql"'.encode() in answer.read()


@pytest.mark.parametrize(
    ("media_type", "served"),
    [
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("text/turtle", "text/turtle"),
        ("application/x-turtle", "application/octet-stream"),
    ],
)
def test_a_senders_media_type_is_not_served(desk: Desk, media_type: str, served: str) -> None:
    """Its bytes are an attachment, of one of our types or of none."""
    name = "type-" + media_type.replace("/", "-").replace("+", "-")
    desk.ask(
        "POST",
        f"/submissions?licence=CC-BY-4.0&name={name}&filename={name}.ttl",
        "submit",
        trial(name),
        Content_Type=media_type,
    )
    reply = desk.ask("GET", f"/submissions/{name}/1/bytes", "review")
    if reply.status == 404:
        assert served == "application/octet-stream"  # of no format: it was not kept
        return
    assert (reply.status, reply.media_type) == (200, served)
    assert reply.headers["Content-Disposition"].startswith("attachment")


def test_the_public_address_is_the_one_that_is_written(small: Settings) -> None:
    """Whatever Host a client sends; without the setting it is the client's own."""
    host, catalogue = {"Host": "other.example"}, "/.well-known/api-catalog"
    with start(replace(small, url="https://kg.example/aikg")) as server:
        links = server.send("GET", catalogue, host).body
        assert b'"https://kg.example/aikg/.well-known/void"' in links
        page = server.send("GET", "/", host | {"Accept": "text/html"}).body
        assert b"https://kg.example/aikg/sparql" in page
        assert b"other.example" not in links + page
        assert b"/aikg/submissions/sign-in" in server.send("POST", "/submissions", host).body
    with start(small) as server:
        assert b'"http://other.example/sparql"' in server.send("GET", catalogue, host).body


@pytest.mark.parametrize("name", list(load.LOADS)[1:])
def test_others_are_answered_while_the_load_is_on(
    built: Built, settings: Settings, name: str
) -> None:
    """The short forms of the rows of `make soak`: all others are answered, none is refused."""
    few = {"half_open": {"count": 150}, "long_queries": {}, "validations": {"size": 1_000_000}}
    kind, row = load.LOADS[name], load.Row(name)
    with (
        start(replace(settings, submission_bytes=2_000_000)) as server,
        kind(server, row, **few[kind.__name__]),
    ):
        load.watch(server, row, 5)
    assert all(wait < float("inf") for waits in row.waits.values() for wait in waits)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AIKG_URL", "kg.example"),
        ("AIKG_URL", "ftp://kg.example"),
        ("AIKG_URL", "https://kg.example/?q=1"),
        ("AIKG_URL", "https://user@kg.example"),
        ("AIKG_URL", "https://kg.example/a b"),
        ("AIKG_URL", "https://"),
        ("AIKG_PROXY", "proxy.example"),
        ("AIKG_HEAD_SECONDS", "0"),
        ("AIKG_BODIES", "much"),
    ],
)
def test_a_bad_setting_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """With its name, its value and an example."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingError, match=re.escape(value)) as caught:
        from_environment()
    assert name in str(caught.value)
    assert caught.value.advice


@pytest.mark.parametrize(
    "url", ["https://kg.example", "http://[::1]:8080/", "https://kg.example:8443/aikg/"]
)
def test_a_public_address_is_read(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Without the slash at its end."""
    monkeypatch.setenv("AIKG_URL", url)
    assert from_environment().url == url.rstrip("/")


def test_too_few_descriptors_are_refused_at_the_start(small: Settings) -> None:
    """A server that could serve nobody does not start; one connection more is one."""
    least = 64 + 4 * small.workers + 2 * small.threads + 3
    assert affordable(small, least) == 1
    with pytest.raises(SettingError, match="may open"):
        affordable(small, least - 1)
