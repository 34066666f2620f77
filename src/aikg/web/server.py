"""The server: one process, which reads requests as they arrive and answers them in threads."""

from __future__ import annotations

import contextlib
import errno
import gc
import logging
import math
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from waitress.adjustments import Adjustments
from waitress.proxy_headers import proxy_headers_middleware
from waitress.server import TcpWSGIServer

from aikg.errors import PortInUse, SettingError, ShareExceeded, TooBusy
from aikg.settings import Settings
from aikg.web.arriving import Bounds, Refusal
from aikg.web.clients import Shares, client_name, is_same
from aikg.web.connections import Channel
from aikg.web.descriptors import affordable, raise_descriptors
from aikg.web.heads import MOST
from aikg.web.loop import Loop
from aikg.web.metrics import Watch
from aikg.web.polling import Poller
from aikg.web.prompt import PROMPT, Prompt
from aikg.web.repeated import Known
from aikg.web.threads import Threads

#: How long a client may neither send nor read, in seconds.
_SILENCE = 60
#: How many clients may wait for a connection.
_BACKLOG = 1000
#: How many connections are accepted in a row; the pause after a failure, in seconds.
_BURST, _REST = 64, 1.0
#: How much of an answer is kept ready for a slow client, in memory and in all (on the disk), in
#: bytes.
_IN_MEMORY, _READY = 1 << 18, 1 << 20
#: How much of a request is read at once, in bytes.
_AT_ONCE = 1 << 16
#: How often the loop looks at all connections, in seconds.
_GLANCE = 1.0
#: The log has the same line at most once in so many seconds.
_REPEAT = 10.0
_FORWARDED = {"x-forwarded-host", "x-forwarded-port", "x-forwarded-proto"}


class Server(TcpWSGIServer):
    """Waitress, with a share of each resource for each client.

    Waitress itself waits for a slow reader for ever; this server releases its thread.
    """

    channel_class = Channel
    patience = math.inf
    bounds: Bounds
    connections: Shares
    socket: Any
    _stop_at: float | None = None
    _rests_until = 0.0
    #: When all connections are looked at again; at once after another thread may have changed one.
    _look_at = 0.0
    #: The thread of the loop, which needs no trigger, because it looks before it sleeps.
    _awake: int | None = None

    def __init__(
        self,
        *arguments: Any,
        bounds: Bounds,
        connections: Shares,
        prompt: Prompt | None,
        **more: Any,
    ) -> None:
        self.bounds, self.connections = bounds, connections
        super().__init__(*arguments, **more)
        self.poller = Poller(self._map)
        self.loop = Loop(
            self._map, self.poller, prompt, self.task_dispatcher.add_task, _translator(self.adj)
        )

    def readable(self) -> bool:
        """Return whether more connections are accepted."""
        return bool(super().readable()) and time.monotonic() >= self._rests_until

    def handle_accept(self) -> None:
        """Accept waiting connections, each within its client's share."""
        for _ in range(_BURST):
            try:
                connection, address = self.socket.accept()
            except (BlockingIOError, ConnectionError, InterruptedError):
                return
            except OSError as error:
                # Without descriptors or memory the next try fails too, and each fills the log.
                self._rests_until = time.monotonic() + _REST
                self.logger.warning("no connection is accepted for a moment: %s", error)
                return
            with contextlib.suppress(OSError):
                self.set_socket_options(connection)
            self._admit(connection, address)

    def _admit(self, connection: socket.socket, address: Any) -> None:
        name, is_proxy = client_name(address[0]), is_same(address[0], self.bounds.settings.proxy)
        try:
            try:
                self.connections.take(name, whole=is_proxy)
            except TooBusy:
                self._close_idle()
                self.connections.take(name, whole=is_proxy)
        except (ShareExceeded, TooBusy) as error:
            with contextlib.suppress(OSError), connection:
                connection.setblocking(False)
                connection.send(Refusal(error).raw())
                connection.shutdown(socket.SHUT_WR)
        else:
            channel = self.channel_class(self, connection, address, self.adj, map=self._map)
            self.poller.look(channel._fileno)

    def _close_idle(self) -> None:
        """Close the connection that has been idle for longest, to make room for a new one."""
        idle = [channel for channel in self.active_channels.values() if channel.is_idle]
        if idle:
            min(idle, key=lambda channel: channel.last_activity).handle_close()

    def add_task(self, task: Channel) -> None:
        """Let the loop answer, or a thread if the answer must wait for something."""
        self.loop.add(task)
        self.pull_trigger()

    def pull_trigger(self) -> None:
        """Wake the loop, if it may be asleep; it looks at what its own thread has changed."""
        if threading.get_ident() != self._awake:
            self.look_again()
            super().pull_trigger()

    def look_again(self) -> None:
        """Let the loop look at all connections before it sleeps the next time."""
        self._look_at = 0.0

    def maintenance(self, now: float) -> None:
        """Close silent and slow connections, and those that do not read their answer."""
        super().maintenance(now)
        self._awake = None  # the loop sleeps after this
        for channel in list(self.active_channels.values()):
            if channel.served_since < now - self.patience and channel.total_outbufs_len:
                channel.handle_close()
            else:
                channel.hang_up_if_slow(time.monotonic())
        self._awake = threading.get_ident()

    def stop(self, *_: object) -> None:
        """Accept no more connections; end after the current answers, or at once if called again."""
        if self._stop_at is not None:
            sys.exit()
        self._stop_at = time.time() + self.patience
        super().pull_trigger()  # the loop may be asleep, and this its own thread

    def run(self) -> None:
        """Answer until `stop` is called."""
        open_to_all, self._awake = True, threading.get_ident()
        while self._stop_at is None or (self._is_busy() and time.time() < self._stop_at):
            if self._stop_at is not None and open_to_all:
                self.del_channel()
                self.socket.close()
                open_to_all = False
            if (now := time.monotonic()) >= self._look_at:
                self._look_at = now + _GLANCE
                self.poller.look_at_all()
            self.poller.poll(self.loop.pause(_GLANCE))
            self.loop.turn()
        self.task_dispatcher.shutdown()

    def _is_busy(self) -> bool:
        channels = self.active_channels.values()
        return any(channel.requests or channel.total_outbufs_len for channel in channels)


def _translator(adjustments: Any) -> Callable[[dict[str, Any]], bool]:
    """Return what reads the headers of a proxy into an environment, as waitress does."""
    names = ("trusted_proxy", "trusted_proxy_count", "trusted_proxy_headers")
    if not adjustments.trusted_proxy:
        return lambda environ: True
    read = proxy_headers_middleware(
        lambda environ, respond: [], **{name: getattr(adjustments, name) for name in names}
    )

    def translate(environ: dict[str, Any]) -> bool:
        refused: list[object] = []
        read(environ, lambda *error: refused.append(error))
        return not refused

    return translate


class _Sparing(logging.Filter):
    """Passes the same line once in a while, however often it is logged."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[object, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the line is written."""
        now = time.monotonic()
        if now - self._last.get(record.msg, -math.inf) < _REPEAT:
            return False
        self._last[record.msg] = now
        return True


def run(
    app: Any,
    listener: socket.socket,
    settings: Settings,
    most_body: Callable[[str], int],
    watch: Watch,
) -> None:
    """Answer requests until SIGINT or SIGTERM, then finish those that have begun."""
    server = make(app, listener, settings, most_body, watch)
    gc.collect()
    gc.freeze()  # what is loaded stays, and is not looked through again and again
    for received in (signal.SIGINT, signal.SIGTERM):
        signal.signal(received, server.stop)
    server.run()


def make(
    app: Any,
    listener: socket.socket,
    settings: Settings,
    most_body: Callable[[str], int],
    watch: Watch | None = None,
) -> Server:
    """Make the server that listens there.

    Args:
        app: The WSGI application; with `PROMPT` among its extensions, the loop answers too.
        listener: The open port.
        settings: The bounds of each client, the threads, the proxy.
        most_body: Returns the longest body for a path, in bytes.
        watch: Notes each answer; None: a count of its own.
    """
    for name in ("waitress", "waitress.queue"):
        logging.getLogger(name).addFilter(_Sparing())
    proxy: dict[str, Any] = {}
    if settings.proxy:
        proxy = {"trusted_proxy": settings.proxy, "trusted_proxy_headers": _FORWARDED}
    adjustments = Adjustments(
        sockets=[listener],
        threads=settings.threads,
        channel_timeout=_SILENCE,
        connection_limit=sys.maxsize,  # `_admit` counts them
        cleanup_interval=1,
        recv_bytes=_AT_ONCE,
        # The server notices that a waiting client hangs up only if it reads on.
        channel_request_lookahead=1,
        outbuf_overflow=_IN_MEMORY,
        outbuf_high_watermark=_READY,
        asyncore_use_poll=True,
        max_request_header_size=MOST + 1,
        max_request_body_size=sys.maxsize,  # each address has its own limit
        clear_untrusted_proxy_headers=bool(settings.proxy),  # else `Task` does it, once
        ident=None,
        **proxy,
    )
    most = min(settings.connections, affordable(settings, raise_descriptors()))
    server = Server(
        app,
        _sock=listener,
        bind_socket=False,
        adj=adjustments,
        dispatcher=Threads(settings.threads),
        sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
        bounds=Bounds(
            settings,
            most_body,
            Shares(settings.bodies, settings.bodies // 4, "bytes of bodies"),
            watch or Watch(settings),
            Known(adjustments),
        ),
        connections=Shares(most, min(settings.client_connections, most), "connections"),
        prompt=getattr(app, "extensions", {}).get(PROMPT),
    )
    server.patience = settings.deadline + _SILENCE
    return server


def listen(host: str, port: int) -> socket.socket:
    """Open the port; 0 takes one that is free.

    Raises:
        PortInUse: Another program listens there.
        SettingError: The host is not an address of this machine.
    """
    is_six = ":" in host
    try:
        return socket.create_server(
            (host, port),
            family=socket.AF_INET6 if is_six else socket.AF_INET,
            backlog=_BACKLOG,
            dualstack_ipv6=host == "::" and socket.has_dualstack_ipv6(),
        )
    except OSError as error:
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise SettingError(
                f"{host!r} is not an address of this machine.",
                advice="Use --host 127.0.0.1, ::1, 0.0.0.0 (all of IPv4) or :: (all).",
            ) from error
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortInUse(
            f"Another program listens on port {port} of {host}.",
            advice=f"Stop that program, or choose another port: `--port {port + 1}`.",
        ) from error
