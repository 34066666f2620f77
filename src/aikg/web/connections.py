"""One connection: its requests as they arrive, within the limits of its client."""

from __future__ import annotations

import contextlib
import json
import math
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser

from aikg.errors import (
    AikgError,
    BodyTooLarge,
    RequestMalformed,
    RequestTooSlow,
    UnsupportedCoding,
)
from aikg.settings import Settings
from aikg.web import heads
from aikg.web.clients import Shares, client_name, forwarded_client, is_same
from aikg.web.metrics import Watch
from aikg.web.problems import HEADERS, headers_of, problem
from aikg.web.repeated import Head, Known, Lines
from aikg.web.tasks import Made, Refused, Task

#: How long a refused client may go on sending before the connection is closed, in seconds: closing
#: it while data arrive would destroy the answer before the client reads it.
_LINGER = 2.0
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


class _Parser(HTTPRequestParser):
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


class Channel(HTTPChannel):
    """A connection; it knows when its current answer began."""

    error_task_class = Refused
    parser_class: Any
    request: Any
    socket: Any
    served_since = math.inf
    #: The header lines of an earlier request, and the environment that it had.
    like: tuple[Lines | None, dict[str, Any] | None] = (None, None)
    _answered = 0.0
    _lingers_until: float | None = None
    _counted = True
    _is_refused = False
    _task: Task | None = None

    def __init__(
        self, server: Any, sock: socket.socket, addr: Any, *others: Any, **more: Any
    ) -> None:
        self.peer = client_name(addr[0])
        self.parser_class = partial(_Parser, server.bounds, addr[0])
        super().__init__(server, sock, addr, *others, **more)
        self._opened = time.monotonic()

    @property
    def is_idle(self) -> bool:
        """Whether no request has begun, and nothing is to be sent."""
        return not (self.requests or self.request or self.total_outbufs_len)

    def readable(self) -> bool:
        """Return whether more is to be read."""
        return self._lingers_until is not None or bool(super().readable())

    def writable(self) -> bool:
        """Return whether there is something to send that no thread is sending at this moment.

        The loop could not send it either: it would spin, and keep the thread from the interpreter's
        lock. A thread that leaves something unsent wakes the loop.
        """
        if not super().writable():
            return False
        free = bool(self.outbuf_lock.acquire(False))
        if free:
            self.outbuf_lock.release()
        else:
            self.server.look_again()
        return free

    def handle_read(self) -> None:
        """Read data; those of a refused client are thrown away."""
        if self._lingers_until is not None:
            with contextlib.suppress(OSError):
                self.recv(self.adj.recv_bytes)
            return
        try:
            data = self.recv(self.adj.recv_bytes)
        except BlockingIOError:
            return  # nothing has come
        except OSError:
            self.handle_close()
            return
        if data:  # otherwise the client has gone, and `recv` has closed the connection
            self.last_activity = time.time()  # type: ignore[assignment]
            self.received(data)

    def handle_write(self) -> None:
        """Send the ready part; after a refusal, close only our side: the client can read it."""
        if not (self.close_when_flushed and self._is_refused):
            super().handle_write()
            return
        self._flush_exception(self._flush_some)
        if self.will_close:
            self.handle_close()
        elif self.connected and not self.total_outbufs_len:
            self.close_when_flushed = False
            self._lingers_until = time.monotonic() + _LINGER
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)

    def prepare_task(self) -> Task:
        """Return the task of the request that is next."""
        if self._task is None:
            self._task = Task(self, self.requests[0])
        return self._task

    def task_class(self, channel: Channel, request: Any) -> Task:  # type: ignore[override]
        """Return the task of the request that is next, once, for waitress's own code."""
        task, self._task = self.prepare_task(), None
        return task

    def answer(self, made: Made) -> None:
        """Send an answer to the next request from the loop.

        Raises:
            ValueError: A header is more than one line.
        """
        head = made.head()
        task = self.prepare_task()
        more = self.request is not None or len(self.requests) > 1 or self.total_outbufs_len
        if more or not self.connected or not task.goes_on():
            task.made = made
            self.service()
            return
        data = task.begin(made, head) + made.body
        try:
            sent = self.send(data, do_close=False)
        except OSError:
            self.handle_close()
            return
        if sent < len(data):
            self.write_soon(data[sent:])
            self.current_outbuf_count = self.adj.outbuf_high_watermark  # as `service` does
        task.note_sent()
        task.release()
        self.last_activity = time.time()  # type: ignore[assignment]
        self._task, self._answered = None, time.monotonic()
        with self.requests_lock:
            request = self.requests.pop(0)
        request.close()

    def service(self) -> None:
        """Answer one request."""
        self._is_refused, task = bool(self.requests[0].error), self._task
        since = self.served_since = time.time()
        try:
            super().service()
        finally:
            self._answered = time.monotonic()
            if self.served_since == since:  # otherwise another thread serves the next request
                self.served_since = math.inf
            if not self.connected:
                self._drop_requests()
            if task:
                task.release()

    def hang_up(self) -> None:
        """Let the loop close the connection at once; any thread may call this."""
        self.will_close = True
        self.server.pull_trigger()

    def refuse(self, error: AikgError) -> None:
        """End the arriving request with an error."""
        with self.requests_lock:
            request, self.request = self.request or self.parser_class(self.adj), None
            request.refuse(error)
            self.requests.append(request)
        self.server.add_task(self)

    def hang_up_if_slow(self, now: float) -> None:
        """Refuse a request whose head is late or whose body is too slow.

        Args:
            now: The time on the monotonic clock.
        """
        settings = self.server.bounds.settings
        if self._lingers_until is not None:
            if now > self._lingers_until:
                self.handle_close()
            return
        if self.requests or self.total_outbufs_len or self.will_close or self.close_when_flushed:
            return
        request = self.request
        if request is None:
            if not self._answered and now > self._opened + settings.head_seconds:
                self.handle_close()
            return
        taken = now - max(request.begun, self._answered)
        if not request.headers_finished and taken > settings.head_seconds:
            self.refuse(_too_slow(f"The head did not arrive within {settings.head_seconds:g} s"))
        elif request.headers_finished:
            due = settings.body_rate * (taken - settings.head_seconds)
            if request.body_bytes_received < due:
                rate = f"{settings.body_rate:,.0f} bytes a second"
                self.refuse(_too_slow(f"The body arrived at less than {rate}"))

    def handle_close(self) -> None:
        """Hang up, and release the received requests."""
        super().handle_close()
        if self.served_since == math.inf:
            self._drop_requests()

    def _drop_requests(self) -> None:
        for request in [*self.requests, self.request]:
            if request is not None:
                request.close()

    def del_channel(self, map: Any = None) -> None:
        """Count the connection no more."""
        super().del_channel(map)
        if self._counted:
            self._counted = False
            self.server.connections.give_back(self.peer)


def _too_slow(what: str) -> RequestTooSlow:
    return RequestTooSlow(f"{what}.", advice="Send the request again without pauses.")
