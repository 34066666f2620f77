"""The response cache, ETags, and compression.

A view sets VERSION in the request's environment to the version of the graph that its answer is
from. The same request on that version then has the same answer, and the answer is cached. An answer
that depends on who asks is never cached, whatever its view says.
"""

from __future__ import annotations

import hashlib
import io
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

from cachetools import LRUCache
from werkzeug.http import parse_accept_header
from werkzeug.wsgi import ClosingIterator

from aikg.web.tasks import BEGUN, NOT_MODIFIED, ROUTE, Made

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: The key of the environment for the version of the graph that all of an answer is from.
VERSION = "aikg.version"
#: The key of the environment for the digest of what an answer depends on; empty: never cached.
ASKED = "aikg.asked"
#: A longer answer is sent by a thread, which waits for the client, in bytes.
_SENT_AT_ONCE = 1 << 18
#: The part of the cache that one answer may take: one of so many.
_PARTS = 16
#: The size of an entry beside its body, roughly, in bytes.
_OVERHEAD = 2000
#: What an answer depends on beside the method, the body and the graph.
_ASKED_BY = (
    *("wsgi.url_scheme", "HTTP_HOST", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING"),
    *("HTTP_ACCEPT", "CONTENT_TYPE"),
)
#: Headers that a 304 has too, beside the tag (RFC 9110, section 15.4.5).
_KEPT_BY_304 = ("vary", "cache-control", "etag", "access-control-")
#: The words in the value of a header that make an answer one client's.
_PERSONAL = {
    "set-cookie": ("",),
    "vary": ("cookie", "authorization", "*"),
    "cache-control": ("no-store", "private"),
}
#: Below this size compression gains nothing, in bytes.
_SHORT = 1000
#: The fastest level: SPARQL results repeat themselves so much that others gain little.
_LEVEL = 1
#: zlib's mark for the format of gzip.
_GZIP = 31


@dataclass(frozen=True)
class _Kept:
    """An answer of status 200."""

    headers: list[tuple[str, str]]
    body: bytes
    route: str


class Cache:
    """An application with a cache of its repeatable answers, the most recent ones up to a size.

    Args:
        app: The application.
        version: Returns the present version of the graph; it may wait.
        most: The size of the cache, in bytes.
        longest_query: The longest body of a request that can be cached, in bytes.
        known: Returns the version too, or None if that would have to wait.
    """

    def __init__(
        self,
        app: WSGIApplication,
        version: Callable[[], str],
        most: int,
        longest_query: int,
        known: Callable[[], str | None] = lambda: None,
    ) -> None:
        self.app, self._version, self._longest = app, version, longest_query
        self._known = known
        self._most = most // _PARTS
        self._lock = Lock()
        self._kept: LRUCache[str, _Kept] = LRUCache(most, lambda kept: len(kept.body) + _OVERHEAD)
        self._hits = self._misses = 0

    def measure(self) -> dict[str, int]:
        """Return the size in bytes, and the numbers of answers, hits and misses."""
        with self._lock:
            sizes = {"bytes": int(self._kept.currsize), "answers": len(self._kept)}
            return {**sizes, "hits": self._hits, "misses": self._misses}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        asked = environ.get(ASKED)
        if asked is None:
            asked = environ[ASKED] = self._digest(environ)
        if environ.get(BEGUN):
            return self._ask(environ, start_response, asked)
        try:
            version = self._version() if asked else None
        except Exception:
            version = None  # the application meets the same error, and reports it
        if not version:
            return self.app(environ, start_response)
        if (made := self._find(environ, _tag(version, asked), sys.maxsize)) is None:
            return self._ask(environ, start_response, asked)
        start_response(made.status, made.headers)
        return [made.body] if made.body else []

    def find(self, environ: WSGIEnvironment) -> Made | None:
        """Return the kept answer to a request that the loop can send; never wait."""
        asked = environ[ASKED] = self._digest(environ)
        version = self._known() if asked else None
        return self._find(environ, _tag(version, asked), _SENT_AT_ONCE) if version else None

    def _find(self, environ: WSGIEnvironment, tag: str, most: int) -> Made | None:
        """Return a kept answer of at most so many bytes."""
        with self._lock:
            kept = self._kept.get(tag)
            if kept is None or len(kept.body) > most:
                return None
            self._hits += 1
        environ[ROUTE] = kept.route
        if _is_known(environ, tag):
            return Made(NOT_MODIFIED, _of_304(kept.headers), b"")
        return Made("200 OK", kept.headers, kept.body)

    def keep(self, environ: WSGIEnvironment, headers: list[tuple[str, str]], body: bytes) -> Made:
        """Return an answer of status 200, as the client is to have it; keep it if possible.

        Args:
            environ: The request, as `find` has seen it.
            headers: The headers of the answer.
            body: All of its body.
        """
        with self._lock:
            self._misses += 1
        if VERSION not in environ or _is_personal(headers):
            return Made("200 OK", headers, body)
        tag = _tag(environ[VERSION], environ[ASKED])
        headers = self._add(tag, [*headers, *_tagged(tag)], body, environ.get(ROUTE, "other"))
        if _is_known(environ, tag):
            return Made(NOT_MODIFIED, _of_304(headers), b"")
        return Made("200 OK", headers, body)

    def _digest(self, environ: WSGIEnvironment) -> str:
        """Digest all that the answer depends on beside the graph; empty: it cannot be cached."""
        method = environ["REQUEST_METHOD"]
        if method not in {"GET", "POST", "QUERY"} or "HTTP_AUTHORIZATION" in environ:
            return ""
        if environ["PATH_INFO"].startswith("/health"):
            return ""  # it must not wait for the graph, whose version is a part of the tag
        body = b""
        if method != "GET":
            length = int(environ.get("CONTENT_LENGTH") or 0)
            if not environ["PATH_INFO"].startswith("/sparql") or length > self._longest:
                return ""
            body = environ["wsgi.input"].read(length)
            environ["wsgi.input"] = io.BytesIO(body)
        parts = [method, *[environ.get(name, "") for name in _ASKED_BY], str(_takes_gzip(environ))]
        digest = hashlib.blake2b("\0".join(parts).encode() + b"\0" + body, digest_size=12)
        return digest.hexdigest()

    def _ask(
        self, environ: WSGIEnvironment, start_response: StartResponse, asked: str
    ) -> Iterable[bytes]:
        began: list[tuple[str, list[tuple[str, str]]]] = []

        def begin(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> object:
            began.append((status, headers))
            return lambda content: None

        pieces = self.app(environ, begin)  # type: ignore[arg-type]
        status, headers = began[-1]
        if isinstance(pieces, list) and VERSION in environ and status.startswith("200"):
            status, headers, body = self.keep(environ, headers, b"".join(pieces))
            start_response(status, headers)
            return [body] if body else []
        with self._lock:
            self._misses += bool(asked)
        if VERSION in environ and status.startswith("200") and not _is_personal(headers):
            tag = _tag(environ[VERSION], asked)
            headers = [*headers, *_tagged(tag)]
            close: Callable[[], None] = getattr(pieces, "close", lambda: None)
            route = environ.get(ROUTE, "other")
            pieces = ClosingIterator(self._keep(pieces, tag, headers, route), close)
            if _is_known(environ, tag):
                close()
                status, headers, pieces = NOT_MODIFIED, _of_304(headers), ()
        start_response(status, headers)
        return pieces

    def _keep(
        self, pieces: Iterable[bytes], tag: str, headers: list[tuple[str, str]], route: str
    ) -> Iterator[bytes]:
        """Pass pieces on, and cache them once the last one has come."""
        kept: list[bytes] | None = []
        size = 0
        for piece in pieces:
            if kept is not None:
                size += len(piece)
                kept = [*kept, piece] if size <= self._most else None
            yield piece
        if kept is not None:
            self._add(tag, headers, b"".join(kept), route)

    def _add(
        self, tag: str, headers: list[tuple[str, str]], body: bytes, route: str
    ) -> list[tuple[str, str]]:
        """Keep an answer, unless it is a large part of the cache; return its headers."""
        length = ("Content-Length", str(len(body)))
        if length not in headers:
            headers = [*(h for h in headers if h[0].lower() != "content-length"), length]
        if len(body) <= self._most:
            with self._lock:
                self._kept[tag] = _Kept(headers, body, route)
        return headers


def _is_personal(headers: list[tuple[str, str]]) -> bool:
    """Return whether an answer sets a cookie, was made with one, or forbids that it is kept."""
    for name, value in headers:
        words = _PERSONAL.get(name.lower())
        if words is not None and any(word in value.lower() for word in words):
            return True
    return False


def _is_known(environ: WSGIEnvironment, tag: str) -> bool:
    """Return whether the client has an answer already."""
    return tag in environ.get("HTTP_IF_NONE_MATCH", "")


def _of_304(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [header for header in headers if header[0].lower().startswith(_KEPT_BY_304)]


def _tagged(tag: str) -> list[tuple[str, str]]:
    return [("ETag", tag), ("Cache-Control", "no-cache")]


def _tag(version: str, asked: str) -> str:
    # Weak: the same rows may come in another order from a graph that was loaded anew.
    return f'W/"{version}-{asked}"'


class Compression:
    """An application whose answers are compressed with gzip, piece by piece as they come.

    An answer that breaks off has no trailer.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        began: list[tuple[str, list[tuple[str, str]]]] = []

        def begin(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> object:
            began.append((status, headers))
            return lambda content: None

        pieces = self._app(environ, begin)  # type: ignore[arg-type]
        status, headers = began[-1]
        said = {name.lower(): value for name, value in headers}
        if said.get("content-type"):
            vary = ", ".join(filter(None, [said.get("vary"), "Accept-Encoding"]))
            headers = [*(h for h in headers if h[0].lower() != "vary"), ("Vary", vary)]
        if _takes_gzip(environ) and environ["REQUEST_METHOD"] != "HEAD" and _is_worth(said):
            headers = [h for h in headers if h[0].lower() != "content-length"]
            headers.append(("Content-Encoding", "gzip"))
            pieces = ClosingIterator(_compress(pieces), getattr(pieces, "close", None))
        start_response(status, headers)
        return pieces


def compress(
    environ: WSGIEnvironment, headers: list[tuple[str, str]], body: bytes
) -> tuple[list[tuple[str, str]], bytes]:
    """Return headers and body of an answer, compressed where that helps and the client accepts it.

    Args:
        environ: The request.
        headers: The headers, without length, coding and Vary.
        body: All of the body.
    """
    headers = [*headers, ("Vary", "Accept, Accept-Encoding")]
    if _takes_gzip(environ) and len(body) >= _SHORT:
        headers.append(("Content-Encoding", "gzip"))
        body = b"".join(_compress([body]))
    headers.append(("Content-Length", str(len(body))))
    return headers, body


def _takes_gzip(environ: WSGIEnvironment) -> bool:
    """Return whether the client accepts gzip."""
    accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
    return "gzip" in accepted and _accepts_gzip(accepted)


@lru_cache(256)  # a client sends the same header again and again
def _accepts_gzip(accepted: str) -> bool:
    return bool(parse_accept_header(accepted).quality("gzip") > 0)


def _is_worth(said: dict[str, str]) -> bool:
    """Return whether an answer becomes shorter; the names of its headers are in lower case."""
    return bool(
        said.get("content-type")
        and "content-encoding" not in said
        and int(said.get("content-length", _SHORT)) >= _SHORT
    )


def _compress(pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    for piece in pieces:
        # Results are sent at once, as without compression.
        yield packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield packer.flush()
