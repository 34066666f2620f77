"""The response cache, ETags, and compression.

A view sets VERSION in the request's environment to the version of the graph that its answer is
from. The same request on that version then has the same answer, and the answer is cached. An answer
that depends on who asks is never cached, whatever its view says.
"""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from cachetools import LRUCache
from werkzeug.http import parse_accept_header
from werkzeug.wsgi import ClosingIterator

from aikg.web.tasks import AT_ONCE, BEGUN, ROUTE, Postponed

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
#: Headers that a 304 has too, beside the tag (RFC 9110, section 15.4.5).
_OF_304 = ("vary", "cache-control", "etag", "access-control-")
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
        """Answer a request.

        Raises:
            Postponed: The answer should come at once, and is not kept.
        """
        asked = environ.get(ASKED)
        if asked is None:
            asked = environ[ASKED] = self._digest(environ)
        if environ.get(BEGUN):
            return self._ask(environ, start_response, asked)
        at_once = AT_ONCE in environ
        try:
            version = self._known() if at_once else self._version() if asked else None
        except Exception:
            version = None  # the application meets the same error, and reports it
        tag = _tag(version, asked) if version and asked else ""
        with self._lock:
            kept = self._kept.get(tag)
        if at_once and (kept is None or len(kept.body) > _SENT_AT_ONCE):
            raise Postponed
        if not tag:
            return self.app(environ, start_response)
        if kept is None:
            return self._ask(environ, start_response, asked)
        with self._lock:
            self._hits += 1
        environ[ROUTE] = kept.route
        status, headers, pieces = _unless_known(environ, tag, kept.headers, [kept.body])
        start_response(status, headers)
        return pieces

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
        names = (
            *("wsgi.url_scheme", "HTTP_HOST", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING"),
            *("HTTP_ACCEPT", "CONTENT_TYPE"),
        )
        parts = [method, *(environ.get(name, "") for name in names), str(_takes_gzip(environ))]
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
        with self._lock:
            self._misses += bool(asked)
        if VERSION in environ and status.startswith("200") and not _is_personal(headers):
            tag = _tag(environ[VERSION], asked)
            headers = [*headers, ("ETag", tag), ("Cache-Control", "no-cache")]
            route = environ.get(ROUTE, "other")
            if isinstance(pieces, list):
                self._add(tag, headers, b"".join(pieces), route)
                status, headers, pieces = _unless_known(environ, tag, headers, pieces)
            else:
                close: Callable[[], None] = getattr(pieces, "close", lambda: None)
                kept = ClosingIterator(self._keep(pieces, tag, headers, route), close)
                status, headers, pieces = _unless_known(environ, tag, headers, kept)
                if not pieces:
                    close()
        start_response(status, headers)
        return pieces

    def _keep(
        self, pieces: Iterable[bytes], tag: str, headers: list[tuple[str, str]], route: str
    ) -> Iterator[bytes]:
        """Pass pieces on, and cache them once the last one has come."""
        body: bytearray | None = bytearray()
        for piece in pieces:
            if body is not None:
                body = body + piece if len(body) + len(piece) <= self._most else None
            yield piece
        if body is not None:
            self._add(tag, headers, bytes(body), route)

    def _add(self, tag: str, headers: list[tuple[str, str]], body: bytes, route: str) -> None:
        """Keep an answer, unless it is a large part of the cache."""
        length = ("Content-Length", str(len(body)))
        if length not in headers:
            headers = [*(h for h in headers if h[0].lower() != "content-length"), length]
        if len(body) <= self._most:
            with self._lock:
                self._kept[tag] = _Kept(headers, body, route)


def _is_personal(headers: list[tuple[str, str]]) -> bool:
    """Return whether an answer sets a cookie, was made with one, or forbids that it is kept."""
    for name, value in headers:
        match name.lower():
            case "set-cookie":
                return True
            case "vary" if any(word in value.lower() for word in ("cookie", "authorization", "*")):
                return True
            case "cache-control" if any(word in value.lower() for word in ("no-store", "private")):
                return True
    return False


def _unless_known(
    environ: WSGIEnvironment, tag: str, headers: list[tuple[str, str]], pieces: Iterable[bytes]
) -> tuple[str, list[tuple[str, str]], Iterable[bytes]]:
    """Return an answer, or 304 to a client that has it already."""
    if tag not in environ.get("HTTP_IF_NONE_MATCH", ""):
        return "200 OK", headers, pieces
    return "304 Not Modified", [h for h in headers if h[0].lower().startswith(_OF_304)], ()


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
    environ: WSGIEnvironment,
    start_response: StartResponse,
    headers: list[tuple[str, str]],
    body: bytes,
) -> list[bytes]:
    """Answer with all of a body, compressed where that helps and the client accepts it.

    Args:
        environ: The request.
        start_response: Takes status and headers.
        headers: The headers, without length, coding and Vary.
        body: The body.
    """
    headers.append(("Vary", "Accept, Accept-Encoding"))
    if _takes_gzip(environ) and len(body) >= _SHORT:
        headers.append(("Content-Encoding", "gzip"))
        body = b"".join(_compress([body]))
    headers.append(("Content-Length", str(len(body))))
    start_response("200 OK", headers)
    return [body]


def _takes_gzip(environ: WSGIEnvironment) -> bool:
    """Return whether the client accepts gzip."""
    accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
    return "gzip" in accepted and parse_accept_header(accepted).quality("gzip") > 0


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
