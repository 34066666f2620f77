"""One connection: its requests as they arrive, within the limits of its client."""

from __future__ import annotations

import contextlib
import math
import socket
import time
from functools import partial
from typing import Any

from waitress.channel import HTTPChannel

from aikg.errors import (
    AikgError,
    RequestTooSlow,
)
from aikg.web.arriving import Parser
from aikg.web.clients import client_name
from aikg.web.repeated import Lines
from aikg.web.tasks import Made, Refused, Task

#: How long a refused client may go on sending before the connection is closed, in seconds: closing
#: it while data arrive would destroy the answer before the client reads it.
_LINGER = 2.0


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
        self.parser_class = partial(Parser, server.bounds, addr[0])
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
