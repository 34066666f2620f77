"""One HTTP client for all servers: a connection that is kept, a clock, and the whole answer."""

from __future__ import annotations

import contextlib
import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, urlsplit

#: What every server gives: results as JSON, graphs as N-Triples.
ACCEPT = "application/sparql-results+json, application/n-triples;q=0.9"
#: How long an answer is waited for, in seconds.
PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Timed:
    """An answer, and how long it took.

    Attributes:
        status: The status; 0 where the connection broke.
        body: The received bytes.
        first: Seconds to the first byte of the body.
        whole: Seconds to the last byte, or to the break.
        complete: Whether it ended cleanly.
    """

    status: int
    body: bytes
    first: float
    whole: float
    complete: bool

    @property
    def good(self) -> bool:
        """Whether it is a whole answer."""
        return self.status == 200 and self.complete


def target(url: str, query: str, parameters: Mapping[str, str] | None = None) -> str:
    """Return path and parameters of a request for a query."""
    pairs = {"query": query} | dict(parameters or {})
    return urlsplit(url).path + "?" + "&".join(f"{n}={quote(v, safe='')}" for n, v in pairs.items())


class Client:
    """A client of one endpoint, with one connection.

    Args:
        url: The address of the endpoint.
        source: The address that the client speaks from; 127.0.0.0/8 has many.
        accept: What it asks for.
    """

    def __init__(self, url: str, source: str = "127.0.0.1", accept: str = ACCEPT) -> None:
        self._url = url
        self._headers = {"Accept": accept}
        self._connection = http.client.HTTPConnection(
            urlsplit(url).netloc, timeout=PATIENCE, source_address=(source, 0)
        )

    def ask(self, query: str, **parameters: str) -> Timed:
        """Send a query, and read all of the answer."""
        address = target(self._url, query, parameters)
        began = time.perf_counter()
        status, pieces, first = 0, [], 0.0
        try:
            self._connection.request("GET", address, headers=self._headers)
            response = self._connection.getresponse()
            status = response.status
            while piece := response.read1(1 << 16):
                first = first or time.perf_counter() - began
                pieces.append(piece)
            response.read()  # which complains where less came than was announced
            complete = True
        except (OSError, http.client.HTTPException):
            complete = False
            self.close()
        whole = time.perf_counter() - began
        return Timed(status, b"".join(pieces), first or whole, whole, complete)

    def close(self) -> None:
        """Hang up; the next query connects again."""
        with contextlib.suppress(OSError):
            self._connection.close()

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self.close()
