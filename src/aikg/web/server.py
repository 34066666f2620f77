"""The server: one process, which reads requests as they come and answers them in threads."""

from __future__ import annotations

import errno
import math
import signal
import socket
import sys
import time
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from aikg.errors import PortInUse
from aikg.settings import Settings

#: How long a client may neither send nor read, in seconds.
_SILENCE = 60
#: How many clients may be connected; most of them wait, or are slow.
_CONNECTIONS = 1000
#: How much of an answer lies ready for a client that reads slowly, in bytes.
_READY = 1 << 20
_FORWARDED = {"x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto"}


class _Channel(HTTPChannel):
    """A connection; it knows since when its request is answered."""

    served_since = math.inf

    def writable(self) -> bool:
        """Tell whether there is something to send, which no thread is sending at this moment.

        The loop could not send it either: it would turn round and round, and keep the thread from
        the interpreter's lock. A thread that leaves something behind wakes the loop.
        """
        if not super().writable():
            return False
        free = bool(self.outbuf_lock.acquire(False))
        if free:
            self.outbuf_lock.release()
        return free

    def service(self) -> None:
        """Answer one request."""
        self.served_since = time.time()
        super().service()
        self.served_since = math.inf


class _Threads(ThreadedTaskDispatcher):
    """The threads that answer, no more than there ever were requests at once.

    They take turns, and one that has slept while a hundred others worked wakes with a cold cache.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def add_task(self, task: HTTPChannel) -> None:
        """Let a thread answer what a connection asks, once one is free."""
        if self.active_count + len(self.queue) >= len(self.threads) < self._most:
            self.set_thread_count(len(self.threads) + 1)
        super().add_task(task)


class Server(TcpWSGIServer):
    """Waitress, which lets a client read as slowly as it likes; this one lets go of its thread."""

    channel_class = _Channel
    patience = math.inf
    _stop_at: float | None = None

    def maintenance(self, now: float) -> None:
        """Hang up on those that are silent, and on those that do not take their answer."""
        super().maintenance(now)
        for channel in list(self.active_channels.values()):
            if channel.served_since < now - self.patience and channel.total_outbufs_len:
                channel.handle_close()

    def stop(self, *_: object) -> None:
        """Take no more connections, and end when what has begun is answered; asked twice, now."""
        if self._stop_at is not None:
            sys.exit()
        self._stop_at = time.time() + self.patience
        self.pull_trigger()  # the loop may be asleep

    def run(self) -> None:
        """Answer until it is told to stop."""
        open_to_all = True
        while self._stop_at is None or (self._is_busy() and time.time() < self._stop_at):
            if self._stop_at is not None and open_to_all:
                self.del_channel()
                self.socket.close()  # type: ignore[union-attr]
                open_to_all = False
            self.asyncore.loop(timeout=1, map=self._map, use_poll=True, count=1)
        self.task_dispatcher.shutdown()

    def _is_busy(self) -> bool:
        channels = self.active_channels.values()
        return any(channel.requests or channel.total_outbufs_len for channel in channels)


def run(app: Any, listener: socket.socket, settings: Settings, most_body: int) -> None:
    """Answer requests until SIGINT or SIGTERM, then those that have begun."""
    server = make(app, listener, settings, most_body)
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, server.stop)
    server.run()


def make(app: Any, listener: socket.socket, settings: Settings, most_body: int) -> Server:
    """Make the server that listens there."""
    proxy: dict[str, Any] = {}
    if settings.proxy:
        proxy = {"trusted_proxy": settings.proxy, "trusted_proxy_headers": _FORWARDED}
    adjustments = Adjustments(
        sockets=[listener],
        threads=settings.threads,
        channel_timeout=_SILENCE,
        connection_limit=_CONNECTIONS,
        cleanup_interval=10,
        # A client that hangs up while it waits is noticed only if more of it is read.
        channel_request_lookahead=1,
        outbuf_high_watermark=_READY,
        asyncore_use_poll=True,
        max_request_body_size=most_body,
        clear_untrusted_proxy_headers=True,
        ident=None,
        **proxy,
    )
    server = Server(
        app,
        _sock=listener,
        bind_socket=False,
        adj=adjustments,
        dispatcher=_Threads(settings.threads),
        sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
    )
    server.patience = settings.deadline + _SILENCE
    return server


def listen(host: str, port: int) -> socket.socket:
    """Open the port; 0 takes one that is free.

    Raises:
        PortInUse: Another program listens there.
    """
    try:
        return socket.create_server((host, port), backlog=_CONNECTIONS)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortInUse(
            f"Another program listens on port {port} of {host}.",
            advice=f"End it, or choose another port: `--port {port + 1}`.",
        ) from error
