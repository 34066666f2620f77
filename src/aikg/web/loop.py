"""What the loop of the server answers without a thread: kept answers, and short queries.

The loop waits for nothing. A query goes to an idle worker, and the loop reads its answer as it
reads from clients. An answer that is long, late or an error gets a thread, which goes on with it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from aikg.engine.answer import Answer
from aikg.web.connections import Channel
from aikg.web.plain import Begin
from aikg.web.polling import Poller
from aikg.web.prompt import Prompt
from aikg.web.tasks import BEGUN, Made

#: How long a request waits on the loop, in seconds: then a thread waits in its place.
_PATIENCE = 0.05
#: How many requests wait on the loop for a slot.
_QUEUE = 64
#: A longer answer gets a thread, which may also have to compress it, in bytes.
_SHORT = 1 << 14


class _Asked:
    """A query that a worker answers, as an object of the loop's map."""

    accepting = False

    def __init__(self, channel: Channel, answer: Answer, end: Callable[[_Asked], None]) -> None:
        self.channel, self.answer, self._end = channel, answer, end
        self.descriptor, self.since = answer.fileno(), time.monotonic()

    def readable(self) -> bool:
        """Return True: the worker's answer is awaited."""
        return True

    def writable(self) -> bool:
        """Return False: the worker has the whole query."""
        return False

    def handle_read_event(self) -> None:
        """Read what the worker has sent."""
        if self.answer.look():
            self._end(self)

    def handle_close(self) -> None:
        """Let a thread meet the end of the stream, or the error, and report it."""
        self._end(self)

    handle_error = handle_close


class Loop:
    """The requests that the loop of a server handles.

    Args:
        map: The objects that the loop watches, by their descriptors.
        poller: Watches them.
        prompt: Answers without waiting; None: threads answer everything.
        threads: Lets a thread answer a connection's request.
        translate: Reads what a proxy says into an environment; returns whether it could be read.
    """

    def __init__(
        self,
        map: dict[int, Any],
        poller: Poller,
        prompt: Prompt | None,
        threads: Callable[[Channel], None],
        translate: Callable[[dict[str, Any]], bool],
    ) -> None:
        self._translate = translate
        self._map, self._poller, self._prompt, self._threads = map, poller, prompt, threads
        self._arrived: deque[Channel] = deque()
        self._waiting: deque[tuple[float, Channel, Begin]] = deque()
        self._asked: dict[int, _Asked] = {}

    def add(self, channel: Channel) -> None:
        """Take a connection whose first request has arrived; any thread may call this."""
        self._arrived.append(channel)

    def pause(self, most: float) -> float:
        """Return how long the loop may sleep, in seconds.

        Args:
            most: The longest time.
        """
        end = most + (now := time.monotonic())
        if self._asked:
            end = min(end, next(iter(self._asked.values())).since + _PATIENCE)
        if self._waiting:
            end = min(end, self._waiting[0][0] + _PATIENCE)
        return max(end - now, 0.0)

    def turn(self) -> None:
        """Handle what has arrived; nothing of it waits."""
        while self._arrived:
            self._attend(self._arrived.popleft())
        now = time.monotonic()
        if self._waiting:
            self._try_again(now)
        while self._asked and now > (first := next(iter(self._asked.values()))).since + _PATIENCE:
            self._end(first)

    def _try_again(self, now: float) -> None:
        """Begin the queries that wait and can have a slot, in their order."""
        waiting, self._waiting = self._waiting, deque()
        without = set()
        for since, channel, begin in waiting:
            client = channel.requests[0].client
            if client not in without and self._begin(channel, begin):
                continue
            without.add(client)
            if now > since + _PATIENCE:
                self._threads(channel)
            else:
                self._waiting.append((since, channel, begin))

    def _attend(self, channel: Channel) -> None:
        if channel.requests[0].error:
            channel.service()
            self._poller.look(channel._fileno)
            return
        if self._prompt is None or channel.total_outbufs_len:
            self._threads(channel)
            return
        environ = channel.prepare_task().get_environment()
        begin = None
        try:
            made = self._prompt.kept(environ) if self._translate(environ) else None
            if made is None:
                begin = self._prompt.prepare(environ)
        except Exception:  # whatever it is, the thread meets it too, and reports it
            made = None
        if made is not None:
            self._answer(channel, made)
        elif begin is None:
            self._threads(channel)
        elif not self._begin(channel, begin):
            if len(self._waiting) < _QUEUE:
                self._waiting.append((time.monotonic(), channel, begin))
            else:
                self._threads(channel)

    def _begin(self, channel: Channel, begin: Begin) -> bool:
        """Ask the engine; return whether it could be asked."""
        if (answer := begin()) is None:
            return False
        channel.prepare_task().get_environment()[BEGUN] = answer
        asked = _Asked(channel, answer, self._end)
        self._asked[asked.descriptor] = self._map[asked.descriptor] = asked
        self._poller.await_answer(asked.descriptor, asked)
        return True

    def _answer(self, channel: Channel, made: Made) -> None:
        """Send an answer; the next request of the client may have come."""
        try:
            channel.answer(made)
        except ValueError:
            self._threads(channel)
        self._poller.look(channel._fileno)

    def _end(self, asked: _Asked) -> None:
        """Answer a request whose answer has come whole; or let a thread go on with it."""
        if self._asked.get(asked.descriptor) is not asked:
            return  # it has ended already
        del self._asked[asked.descriptor], self._map[asked.descriptor]
        self._poller.release(asked.descriptor)
        channel, answer = asked.channel, asked.answer
        if self._prompt and channel.connected and answer.is_short(_SHORT):
            try:
                environ = channel.prepare_task().get_environment()
                made = self._prompt.make(environ, answer.wait())  # which does not wait now
            except Exception:  # as above
                made = None
            if made is not None:
                self._answer(channel, made)
                return
        self._threads(channel)
