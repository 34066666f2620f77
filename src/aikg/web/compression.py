"""Compression of what clients take compressed; an answer that breaks off has no trailer."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from werkzeug.datastructures import Headers
from werkzeug.http import parse_accept_header
from werkzeug.wsgi import ClosingIterator

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Below this size compression gains nothing, in bytes.
_SHORT = 1000
#: The fastest level: SPARQL results repeat themselves so much that others gain little.
_LEVEL = 1
#: zlib's mark for the format of gzip.
_GZIP = 31


class Compression:
    """An application whose answers are compressed with gzip, piece by piece as they come."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        began: list[tuple[str, Headers]] = []

        def begin(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> object:
            began.append((status, Headers(headers)))
            return lambda content: None

        pieces = self._app(environ, begin)  # type: ignore[arg-type]
        status, headers = began[-1]
        if headers.get("Content-Type"):
            headers["Vary"] = ", ".join(filter(None, [headers.get("Vary"), "Accept-Encoding"]))
        if takes_gzip(environ) and environ["REQUEST_METHOD"] != "HEAD" and _is_worth(headers):
            headers["Content-Encoding"] = "gzip"
            del headers["Content-Length"]
            pieces = ClosingIterator(_compress(pieces), getattr(pieces, "close", None))
        start_response(status, headers.to_wsgi_list())
        return pieces


def takes_gzip(environ: WSGIEnvironment) -> bool:
    """Tell whether the client takes gzip."""
    accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
    return "gzip" in accepted and parse_accept_header(accepted).quality("gzip") > 0


def _is_worth(headers: Headers) -> bool:
    length = headers.get("Content-Length", type=int)
    return bool(
        headers.get("Content-Type")
        and "Content-Encoding" not in headers
        and (length is None or length >= _SHORT)
    )


def _compress(pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    for piece in pieces:
        # What was found is sent at once, as it is without compression.
        yield packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield packer.flush()
