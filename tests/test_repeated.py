"""Heads that repeat themselves: the quick way reads, and refuses, what the usual way does."""

from __future__ import annotations

from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from waitress.adjustments import Adjustments

from aikg.web.arriving import Bounds, Parser
from aikg.web.repeated import _KEPT, Known

METHODS = ("GET", "POST", "QUERY", "HEAD", "get", "GE-T")
TARGETS = (
    *(
        "/",
        "//a",
        "/a",
        "/a%20b",
        "/%e9",
        "/%C3%A9",
        "/a?b=c&d=%zz",
        "/a?b?c",
        "/?",
        "/a#f",
        "/a:b",
    ),
    *(
        "/a:b",
        "/a?x#f",
        "http://h/a?b",
        "*",
        "/a\tb",
        "/\x7f",
        "/é",
        "/./..",
        "/a//b",
        "?",
        "/%2Fa",
    ),
)
VERSIONS = ("HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "", "HTTP/1.1 ", " HTTP/1.1", "http/1.1")
LINES = (
    *("Host: a", "Host: b:1", "Host:", "host: x y", "Accept: */*", "accept:  a/b ; q=1 ", "TE: x"),
    *("X_Y: 1", "X-Y:1", "Connection: close", "connection: Keep-Alive", "Content-Length: 0"),
    *(
        "Content-Length: 5",
        "Content-Length: x",
        "Transfer-Encoding: chunked",
        "TE: x",
        "Bad",
        ": x",
    ),
    *("Expect: 100-continue", "Cookie: a=b", "Authorization: Basic x", "B ad: 1", " fold"),
    *("X: a\x00b", "X: a\nb", "X: a\rb", "X:\t1\t", "X-Forwarded-For: 192.0.2.7"),
)
READ = (
    *("command", "version", "request_uri", "path", "query", "fragment", "headers", "url_scheme"),
    *("connection_close", "completed", "headers_finished", "chunked", "content_length", "empty"),
    *("expect_continue", "proxy_scheme", "proxy_netloc", "client"),
)


class Nothing:
    """Knows no head."""

    def read(self, head: bytes) -> None:
        """Read nothing."""


def parse(head: bytes, known: Any) -> dict[str, Any]:
    """Read a head; return what was read, or the refusal."""
    bodies = SimpleNamespace(take=lambda *a: None, give_back=lambda *a: None)
    settings = SimpleNamespace(proxy="127.0.0.1")
    bounds: Any = Bounds(settings, lambda path: 1000, bodies, None, known)  # type: ignore[arg-type]
    parser = Parser(bounds, "127.0.0.1", Adjustments())
    taken = parser.received(head)
    if parser.error:
        return {"taken": taken, "error": parser.error.to_response(), "version": parser.version}
    return {"taken": taken} | {name: getattr(parser, name) for name in READ}


def heads(random: Random) -> bytes:
    """Invent a head, often one that is valid."""
    most = random.random() < 0.8
    lines = ["Host: a"] if random.random() < 0.7 else []
    lines += random.choices(LINES, k=random.choice([0, 0, 1, 1, 2, 4]))
    first = (
        random.choice(METHODS[: 4 if most else None]),
        random.choice(TARGETS),
        VERSIONS[0] if most else random.choice(VERSIONS),
    )
    text = "\r\n".join([" ".join(first), *lines, "", ""])
    return text.encode("utf-8" if random.random() < 0.9 else "latin-1")


def test_the_quick_way_reads_as_the_usual_one() -> None:
    """Of invented heads: each is read alike or refused alike, and many are read the quick way."""
    random, known, quick = Random(25), Known(Adjustments()), 0
    for _ in range(4000):
        head = heads(random)
        usual = parse(head, Nothing())
        assert parse(head, known) == usual, head
        assert parse(head, known) == usual, head  # its lines may be known by now
        quick += "error" not in usual and known.read(head) is not None
    assert quick > 500


@pytest.mark.parametrize("secret", ["Authorization: Bearer x", "cookie: a=b"])
def test_few_lines_are_kept_and_no_secret(secret: str) -> None:
    """The most recent lists of lines, none that is long, none with a token or a cookie."""
    known = Known(Adjustments())
    for number in range(2 * _KEPT):
        assert known.read(f"GET / HTTP/1.1\r\nHost: a\r\nX: {number}\r\n\r\n".encode())
    assert len(known._kept) == _KEPT
    for line in (secret, f"X: {'a' * 3000}"):
        head = known.read(f"GET / HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n".encode())
        assert head is not None
        assert head.lines.headers
        assert all(line.encode() not in block for block in known._kept)
