"""One request as it arrives, read within the limits of its client."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from waitress.parser import HTTPRequestParser

from aikg.errors import AikgError, BodyTooLarge, RequestMalformed, UnsupportedCoding
from aikg.settings import Settings
from aikg.web import heads
from aikg.web.clients import Shares, client_name, forwarded_client, is_same
from aikg.web.metrics import Watch
from aikg.web.problems import HEADERS, headers_of, problem
from aikg.web.repeated import Head, Known, Lines

#: The longest line between two chunks, and the longest trailer, in bytes.
_CHUNK_LINE, _TRAILER = 4_000, 16_000


@dataclass(frozen=True)
class Bounds:
    """The limits of every connection of a server.

    Attributes:
        settings: Deadline of a head, rate of a body, proxy.
        most_body: Returns how long a body may be that is sent to a path, in bytes.
        bodies: The bytes of bodies that arrive, or have arrived and are not answered yet.
        watch: Notes each answer.
        known: The header lines that were read of late.
    """

    settings: Settings
    most_body: Callable[[str], int]
    bodies: Shares
    watch: Watch
    known: Known


class Refusal:
    """An error as waitress answers it: a problem document; the connection is closed after it."""

    def __init__(self, error: AikgError) -> None:
        self._error = error

    def to_response(self, ident: object = None) -> tuple[str, list[tuple[str, str]], bytes]:
        """Return status, headers and body."""
        members = problem(self._error)
        body = json.dumps(members).encode() + b"\n"
        headers = [("Content-Type", "application/problem+json"), ("Vary", "Accept")]
        headers += [*HEADERS, *headers_of(members)]
        status = HTTPStatus(self._error.status)
        return f"{status.value} {status.phrase}", headers, body

    def raw(self) -> bytes:
        """Return the whole response, for a connection that is not kept at all."""
        status, headers, body = self.to_response()
        headers += [("Content-Length", str(len(body))), ("Connection", "close")]
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers), "", ""]
        return "\r\n".join(lines).encode("latin-1") + body


class Parser(HTTPRequestParser):
    """A request as it arrives; it ends at the first mistake."""

    error: Any
    body_rcv: Any
    #: The header lines, where they were kept of another request.
    lines: Lines | None = None

    def __init__(self, bounds: Bounds, peer: str, adjustments: Any) -> None:
        super().__init__(adjustments)
        self._bounds, self._head, self._held, self._most = bounds, bytearray(), 0, 0
        self.client = client_name(peer)
        self._is_proxied = is_same(peer, bounds.settings.proxy)
        self.begun = time.monotonic()

    def received(self, data: bytes) -> int:
        """Receive data; return how much of it belongs to this request."""
        if self.completed:
            return 0
        try:
            consumed = self._receive_head(data) if self.body_rcv is None else self._receive(data)
        except AikgError as error:
            self.refuse(error)
            return len(data)
        if self.error and not isinstance(self.error, Refusal):
            is_coding = self.error.code == HTTPStatus.NOT_IMPLEMENTED
            kind = UnsupportedCoding if is_coding else RequestMalformed
            self.refuse(kind(f"{self.error.body}.", advice="Follow RFC 9112."))
            return len(data)
        return consumed

    def refuse(self, error: AikgError) -> None:
        """End the request with an error."""
        self.error, self.completed, self.expect_continue = Refusal(error), True, False
        if not self.headers:
            self.version = "1.1"  # it was not read; this is the server's own
        self.close()

    def _receive_head(self, data: bytes) -> int:
        before = len(self._head)
        self._head += data
        end = self._head.find(b"\r\n\r\n", max(before - 3, 0)) + 4
        if end < 4:
            if before + len(data) > heads.MOST:
                raise heads.too_long(f"The head of the request has more than {heads.MOST:,} bytes.")
            return len(data)
        head, self._head = bytes(self._head[:end]), bytearray()
        if known := self._bounds.known.read(head):
            self._repeat(known)
        else:
            if head.strip():
                heads.judge(head)
            super().received(head)
        self.begun = time.monotonic()
        if self._is_proxied and "X_FORWARDED_FOR" in self.headers:
            self.client = forwarded_client(self.headers["X_FORWARDED_FOR"]) or self.client
        if not self.error and self.body_rcv is not None:
            self._most = self._bounds.most_body("/" + self.path.lstrip("/"))
            self._hold(self.content_length)
        return end - before

    def _repeat(self, head: Head) -> None:
        """Take what waitress's parser would read in a head without a body."""
        self.command, self.request_uri, self.path, self.query, self.lines = head
        self.version, self.url_scheme = "1.1", self.adj.url_scheme
        self.fragment = self.proxy_scheme = self.proxy_netloc = ""
        self.headers, self.connection_close = self.lines.headers.copy(), self.lines.closes
        self.headers_finished = self.completed = True

    def _receive(self, data: bytes) -> int:
        consumed = int(super().received(data))
        if self.chunked and not self.error:
            receiver = self.body_rcv
            self._hold(len(receiver), coming=receiver.chunk_remainder)
            if len(receiver.control_line) > _CHUNK_LINE or len(receiver.trailer) > _TRAILER:
                raise RequestMalformed("A line between chunks is too long.", advice="Shorten it.")
        return consumed

    def _hold(self, length: int, coming: int = 0) -> None:
        """Count a body's bytes as the client's, from before they arrive until they are answered."""
        if length + coming > self._most:
            raise BodyTooLarge(
                f"The body of a request to this address may have at most {self._most:,} bytes.",
                advice="Send less at once; docs/reference/http-api.md lists the limits.",
            )
        if length > self._held:
            self._bounds.bodies.take(self.client, length - self._held)
            self._held = length

    def close(self) -> None:
        """Release the body."""
        held, self._held = self._held, 0
        if held:
            self._bounds.bodies.give_back(self.client, held)
        super().close()
