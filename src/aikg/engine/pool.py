"""The workers of one process: those that wait for work, and how each of them is ended."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time

from aikg.engine.frames import Broken, Frames
from aikg.engine.kinds import COMPARING, KNOWING, QUERYING
from aikg.engine.process import START, Process
from aikg.engine.slots import QUIETER, TICK, Slot
from aikg.errors import TooBusy

#: How many workers for queries are forked ahead of the next jobs.
_AHEAD = 2
#: How many workers that have the rules, or numpy too, are kept for the next jobs.
_KEPT = {KNOWING: 2, COMPARING: 1}


class Worker:
    """A connection to a worker, and what ends it.

    Attributes:
        kind: What it can do, of `kinds`.

    Raises:
        OSError: The process that should fork it is gone.
    """

    def __init__(self, process: Process, kind: bytes = QUERYING) -> None:
        self.kind = kind
        self.connection = process.connect(kind)
        self._handle: int | None = None
        self._version: str | None = None
        self._lock = threading.Lock()

    def version(self) -> str:
        """Return the version that it answers from; waits until it is forked."""
        if self._version is None:
            mark, handles, *_ = socket.recv_fds(self.connection, 1, 1)
            if not mark:
                raise Broken("the worker ended")
            self._handle = handles[0] if handles else None
            self._version = Frames(self.connection).receive_head()["version"]
        return self._version

    def waits(self, version: str) -> bool:
        """Return whether it waits for work on that version, or will once it is forked."""
        if self._version is None:
            return True
        self.connection.setblocking(False)
        try:
            # Nothing comes from a worker that was asked nothing, but its end.
            self.connection.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return self._version == version
        except OSError:
            pass
        return False

    def is_ready(self, version: str) -> bool:
        """Return whether it is forked, and answers from that version; it may have ended since.

        Its connection does not block then.
        """
        if self._version is None:
            try:
                self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
                self.connection.settimeout(TICK)
                self.version()
            except OSError:  # it is not forked yet, or has ended
                return False
        if self.connection.gettimeout() != 0.0:
            self.connection.setblocking(False)
        return self._version == version

    def stop(self) -> None:
        """End it, whatever it does; who reads from it finds the stream broken."""
        with self._lock, contextlib.suppress(OSError):
            if self._handle is not None:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            self.connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it, and hang up."""
        self.stop()
        with self._lock:
            if self._handle is not None:
                os.close(self._handle)
                self._handle = None
            self.connection.close()


class Pool:
    """The workers that wait; threads share it."""

    def __init__(self, process: Process, workers: int) -> None:
        self.process = process
        self._most = workers
        self._busy: set[Worker] = set()
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        self._retired = self._loaded = False
        self.prepare()

    def take(self, slot: Slot, kind: bytes = QUERYING) -> Worker:
        """Return a worker of a kind that answers from the present version.

        The time in which the process loads what the first such worker needs does not count.

        Raises:
            TooBusy: None was forked in time.
            OSError: The process is gone.
        """
        while True:
            with self._lock:
                worker = self._next(kind)
                self._busy.add(worker)
            try:
                version = self.process.description["version"]
                waits, began = worker.waits(version), time.monotonic()
                loads = kind != QUERYING and not self._loaded  # what the job needs is loaded first
                worker.connection.settimeout(START if loads else max(slot.left, TICK))
                if waits and worker.version() == version:
                    if loads:
                        self._loaded = True
                        slot.deadline += time.monotonic() - began
                    return worker
            except TimeoutError:
                self.drop(worker)
                raise TooBusy("No worker was free in time.", advice=QUIETER) from None
            except OSError:
                pass  # it was ended while it waited; where the process was, no other is forked
            self.drop(worker)

    def take_idle(self) -> Worker | None:
        """Return an idle worker for queries that answers from the present version; never wait."""
        version = self.process.description["version"]
        with self._lock:
            for at in reversed(range(len(self._idle))):
                worker = self._idle[at]
                if worker.kind == QUERYING:
                    if not worker.is_ready(version):
                        return None
                    del self._idle[at]
                    self._busy.add(worker)
                    return worker
        return None

    def _next(self, kind: bytes) -> Worker:
        """Return an idle worker of a kind, or a new one, in the place of an idle one if need be."""
        for at in reversed(range(len(self._idle))):
            if self._idle[at].kind == kind:
                return self._idle.pop(at)
        if self._idle and len(self._idle) + len(self._busy) >= self._most:
            self._idle.pop(0).close()
        return Worker(self.process, kind)

    def give_back(self, worker: Worker) -> None:
        """Let a worker wait for the next job."""
        with self._lock:
            self._busy.discard(worker)
            same = sum(idle.kind == worker.kind for idle in self._idle)
            if not self._retired and same < _KEPT.get(worker.kind, self._most):
                self._idle.append(worker)
                return
        worker.close()
        self.prepare()

    def drop(self, worker: Worker) -> None:
        """End a worker, and let another be forked in its place."""
        with self._lock:
            self._busy.discard(worker)
        worker.close()
        self.prepare()

    def prepare(self) -> None:
        """Let workers be forked ahead of the next jobs; end those that can do none."""
        version = self.process.description["version"]
        with self._lock, contextlib.suppress(OSError):
            if self._retired:
                return
            waiting = [worker for worker in self._idle if worker.waits(version)]
            for worker in set(self._idle) - set(waiting):
                worker.close()
            self._idle = waiting
            others = sum(worker.kind != QUERYING for worker in waiting)
            ahead = min(_AHEAD + others, self._most - len(self._busy))
            while len(waiting) < ahead:
                waiting.insert(0, Worker(self.process))

    def idle(self) -> int:
        """Return how many workers wait for a job."""
        with self._lock:
            return len(self._idle)

    def retire(self) -> None:
        """End the process and the idle workers; the others may finish their answers."""
        with self._lock:
            self._retired = True
            for worker in self._idle:
                worker.close()
            self._idle = []
        self.process.end()

    def close(self) -> None:
        """End all workers, and the process."""
        self.retire()
        with self._lock:
            for worker in self._busy:
                worker.stop()
