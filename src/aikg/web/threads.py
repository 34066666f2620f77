"""The threads that answer what the loop of the server does not."""

from __future__ import annotations

import threading
from collections import Counter, deque

from waitress.task import ThreadedTaskDispatcher

from aikg.web.connections import Channel


class _Turn:
    """One request of a connection, for one of the threads."""

    def __init__(self, threads: Threads, channel: Channel) -> None:
        self._threads, self._channel = threads, channel
        self._client = channel.requests[0].client
        self.cancel = channel.cancel

    def service(self) -> None:
        """Answer it; then the client may have the thread for its next request."""
        try:
            self._channel.service()
        finally:
            self._threads.end_task(self._client)


class Threads(ThreadedTaskDispatcher):
    """The threads that answer: no more than there ever were requests at once.

    More threads would be slower: each would wake with a cold cache. A client has at most two fifths
    of them; its other requests wait until one of its own ends.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most, self._share = most, max(1, most * 2 // 5)
        self._counting = threading.Lock()
        self._served: Counter[str] = Counter()
        self._waiting: dict[str, deque[Channel]] = {}

    def add_task(self, task: Channel) -> None:
        """Let a thread answer a connection, once one is free within the client's share."""
        client = task.requests[0].client
        with self._counting:
            if self._served[client] >= self._share:
                self._waiting.setdefault(client, deque()).append(task)
                return
            self._served[client] += 1
        self._start(task)

    def end_task(self, client: str) -> None:
        """Start the next request of a client after one of its requests is answered."""
        with self._counting:
            if waiting := self._waiting.get(client):
                task = waiting.popleft()
            else:
                self._waiting.pop(client, None)
                self._served[client] -= 1
                if not self._served[client]:
                    del self._served[client]
                return
        self._start(task)

    def _start(self, task: Channel) -> None:
        if self.active_count + len(self.queue) >= len(self.threads) < self._most:
            self.set_thread_count(len(self.threads) + 1)
        super().add_task(_Turn(self, task))
