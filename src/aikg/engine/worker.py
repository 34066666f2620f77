"""A worker: a fork of the process with the graph, which does one job after another.

A job may overflow, run for ever or ask for all memory: the kernel then ends the worker, and no
other job notices.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import resource
import signal
import socket
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pyoxigraph as ox

from aikg.engine.frames import ASK, DATA, END, HEAD, LEAVE, Broken, Frames, encode
from aikg.engine.jobs import COMPARING_JOBS, Task, do, find
from aikg.engine.kinds import COMPARING
from aikg.errors import AikgError, JobFailed, describe, revive
from aikg.sparql.evaluation import STACK, deep

if TYPE_CHECKING:
    from aikg.engine.publishing import Knowledge

#: Where Linux reports a process's size in pages.
SIZE = Path("/proc/self/statm")
#: Nothing is sent before there is so much: what fails early has a status of its own.
PIECE = 1 << 16
#: How much processor time a job has before it gives way to others, in seconds.
SHORT = 0.25
#: How far a long job gives way: a tenth of the share of a short one, where both want all.
_NICE = 10
#: How much a job may leave a worker grown by without being its last, in kilobytes.
_GROWTH = 64 << 10


@dataclass(frozen=True)
class Bounds:
    """Limits of a worker.

    Attributes:
        memory: Beyond the graph itself and its stack, in bytes.
        stack: For one job, in bytes.
    """

    memory: int
    stack: int = STACK


def work(
    store: ox.Store,
    known: Knowledge | AikgError | None,
    version: str,
    connection: socket.socket,
    bounds: Bounds,
) -> NoReturn:
    """Do the jobs of a connection, and end with it; only the kernel's clock limits them.

    The client has sent the kind of worker that it needs.
    """
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        _close_all_but(connection.fileno())
        _load_for(connection.recv(1))
        _introduce(connection, version)
        limit(bounds)
        worker = _Worker(store, known, version, Frames(connection))
        signal.signal(signal.SIGPROF, worker.give_way)
        while not worker.leaves:
            deep(worker.serve, bounds.stack)
            worker.await_end()
        status = 0
    except (Broken, ConnectionError):
        status = 0  # the client has read enough
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _load_for(kind: bytes) -> None:
    """Load what a worker of a kind needs, while it can still open files."""
    if kind == COMPARING:
        sys.modules.pop("numpy", None)
        importlib.import_module(COMPARING_JOBS)


def _introduce(connection: socket.socket, version: str) -> None:
    """Send the handle by which the client can kill this process, and the version of its graph."""
    if hasattr(os, "pidfd_open"):
        handle = os.pidfd_open(os.getpid())
        socket.send_fds(connection, [b"+"], [handle])
        os.close(handle)
    else:
        connection.sendall(b"-")
    Frames(connection).send_message({"version": version})


class _Worker:
    """The loop of a worker, in a thread with a deep stack; signals reach the main thread.

    Attributes:
        leaves: Whether it does nothing more.
    """

    def __init__(
        self, store: ox.Store, known: Knowledge | AikgError | None, version: str, frames: Frames
    ) -> None:
        self._store, self._known, self._version, self._frames = store, known, version, frames
        self._thread = 0
        self._slow = False
        self.leaves = False
        self._size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def serve(self) -> None:
        """Do jobs until one of them was long, or changed this worker."""
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGPROF])
        self._thread, self._slow = threading.get_native_id(), False
        while not (self._slow or self.leaves):
            request = self._frames.receive_head()
            body = self._frames.receive_body()
            signal.setitimer(signal.ITIMER_REAL, request["timeout"])
            signal.setitimer(signal.ITIMER_PROF, SHORT)
            self._answer(request, body)

    def await_end(self) -> None:
        """Wait until the kernel has ended the thread: there is no room for a second stack."""
        with contextlib.suppress(ProcessLookupError):
            for _ in range(1000):  # and no longer, for its number may be another's by then
                os.getpriority(os.PRIO_PROCESS, self._thread)
                time.sleep(0.001)

    def give_way(self, *_: object) -> None:
        """Lower the thread's priority; only a new thread has the old one again.

        A new worker had it too, but would have to copy anew what queries touch of the graph: the
        engine counts references in it, so that even who reads writes.
        """
        self._slow = True
        with contextlib.suppress(ProcessLookupError):  # it has ended by itself
            usual = os.getpriority(os.PRIO_PROCESS, self._thread)
            os.setpriority(os.PRIO_PROCESS, self._thread, usual + _NICE)

    def _answer(self, request: dict[str, Any], body: bytes) -> None:
        output = _Output(self._frames)
        try:
            job = find(request["job"])
            arguments = request["arguments"]
            changed = bool(arguments.get("slice", {}).get("quads"))
            self.leaves = not job.keeps or changed
            do(job, Task(self._store, self._known, self._version, arguments, body, output))
        except (MemoryError, ConnectionError):
            raise
        except Exception as error:
            if output.sent:  # an answer that has begun can only break off
                raise
            output.fail(error)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - self._size
        self.leaves = self.leaves or grown > _GROWTH
        signal.setitimer(signal.ITIMER_REAL, 0)
        output.end(LEAVE if self.leaves else END)


class _Output:
    """The output of a job; it is sent in pieces, the head with the first of them."""

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self._head: list[tuple[bytes, bytes]] = []
        self._piece = bytearray()
        self.sent = False

    def begin(self, media_type: str, *, repeatable: bool = False) -> None:
        """Begin the answer; see `jobs.Output`."""
        self._head = [(HEAD, _head(media_type, repeatable))]

    def fail(self, error: Exception) -> None:
        """Answer with an error, and drop the begun answer."""
        if not isinstance(error, AikgError):
            traceback.print_exception(error)
            error = JobFailed(
                f"The engine failed: {type(error).__name__}.",
                advice="This is a bug in the server; please report it with the request.",
            )
        self._head, self._piece = [(HEAD, encode(describe(error)))], bytearray()

    def write(self, content: bytes) -> int:
        """Add a part of the answer."""
        self._piece += content
        if len(self._piece) >= PIECE:
            self._send(DATA)
        return len(content)

    def ask(self, query: dict[str, Any]) -> bytes:
        """Ask the client for the answer of a query on a store outside, as SPARQL JSON.

        Raises:
            AikgError: What the store answered in place of an answer.
        """
        self._frames.send((ASK, encode(query)))
        head = self._frames.receive_head()
        content = self._frames.receive_body()
        if "error" in head:
            raise revive(head)
        return content

    def flush(self) -> None:
        """Do nothing: a piece goes out when it is full."""

    def end(self, kind: bytes) -> None:
        """Send the rest."""
        self._send(kind)

    def _send(self, kind: bytes) -> None:
        self._frames.send(*self._head, (kind, bytes(self._piece)))
        self.sent, self._head, self._piece = True, [], bytearray()


@lru_cache(32)
def _head(media_type: str, repeatable: bool) -> bytes:
    return encode({"media_type": media_type, "repeatable": repeatable})


def _close_all_but(kept: int) -> None:
    """Close the descriptors of the fork: clients would wait for ever on a listener kept open."""
    os.closerange(0, 2)
    os.closerange(3, kept)
    os.closerange(kept + 1, 1024)


def limit(bounds: Bounds) -> None:
    """Set the limits: no new file, no new socket, no core file, and no more memory than bounded."""
    if SIZE.exists():
        present = int(SIZE.read_text().split()[0]) * resource.getpagesize()
        most = present + bounds.stack + bounds.memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
