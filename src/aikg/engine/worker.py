"""The process that holds the graph: single-threaded, it forks one worker for each query.

Started by the client as `python -m aikg.engine.worker`. A worker may overflow, run for ever or ask
for all memory: it is a process of its own, which the kernel ends, and nobody else notices.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import shutil
import signal
import socket
import struct
import sys
import traceback
from pathlib import Path
from typing import IO, NoReturn, cast

import pyoxigraph as ox

from aikg.errors import AikgError
from aikg.sparql.evaluation import STACK, Request, deep, evaluate

#: Frames of the conversation: four bytes of length, one of kind, the content.
HEAD, DATA, END = b"H", b"D", b"E"
_FRAME = struct.Struct(">I1s")

#: Where Linux tells a process's size in pages, and lists its threads.
_SIZE, _THREADS = Path("/proc/self/statm"), Path("/proc/self/task")


class Frames:
    """A connection as framed bytes; its `write` makes a frame of data of each piece."""

    def __init__(self, connection: socket.socket) -> None:
        # Nothing is sent before the buffer is full: what fails early has a status of its own.
        self.stream = cast(IO[bytes], connection.makefile("rwb", buffering=1 << 16))

    def send(self, kind: bytes, content: bytes = b"") -> None:
        """Write one frame; it may stay in the buffer until `flush`."""
        self.stream.write(_FRAME.pack(len(content), kind) + content)

    def write(self, content: bytes) -> int:
        """Write one frame of data."""
        self.send(DATA, content)
        return len(content)

    def flush(self) -> None:
        """Send what the buffer holds."""
        self.stream.flush()

    def receive(self) -> tuple[bytes, bytes] | None:
        """Read one frame: its kind and its content; None where the stream ends before it does."""
        header = self.stream.read(_FRAME.size)
        if len(header) < _FRAME.size:
            return None
        length, kind = _FRAME.unpack(header)
        content = self.stream.read(length)
        return (kind, content) if len(content) == length else None


def main() -> None:
    """Load the graph, say `ready` on standard output, and serve until standard input closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's, which is meant for the parent
    graph, path, memory, deadline, workers = json.loads(sys.argv[1])
    with open(graph, encoding="utf-8") as lines:
        version = lines.readline().removeprefix("# aikg ").strip()
    store = ox.Store()
    store.bulk_load(path=graph, format=ox.RdfFormat.N_QUADS)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(128)
        triples = sum(1 for _ in store.quads_for_pattern(None, None, None, ox.DefaultGraph()))
        isolation = "full" if _SIZE.exists() else "no bound on a query's memory on this system"
        ready = {"version": version, "triples": triples, "isolation": isolation}
        print(json.dumps(ready), flush=True)  # noqa: T201  read by the engine
        _accept(store, listener, memory, deadline, workers)
    shutil.rmtree(Path(path).parent)  # a parent that was killed cannot do it


def _accept(
    store: ox.Store, listener: socket.socket, memory: int, deadline: float, limit: int
) -> None:
    """Fork a worker for each connection, at most `limit` at once, until the parent is gone."""
    workers: set[int] = set()
    ended, wake = socket.socketpair()
    for end in (ended, wake):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    while True:
        doors = [listener] if len(workers) < limit else []
        ready, _, _ = select.select([sys.stdin, ended, *doors], [], [])
        if sys.stdin in ready:
            break
        if ended in ready:
            ended.recv(4096)
            workers -= set(_reap())
        if listener in ready:
            connection, _ = listener.accept()
            with connection:
                workers.add(_fork(store, connection, memory, deadline))
    for worker in workers - set(_reap()):
        os.kill(worker, signal.SIGKILL)


def _reap() -> list[int]:
    reaped = []
    with contextlib.suppress(ChildProcessError):
        while worker := os.waitpid(-1, os.WNOHANG)[0]:
            reaped.append(worker)
    return reaped


def _fork(store: ox.Store, connection: socket.socket, memory: int, deadline: float) -> int:
    # A lock that another thread holds would stay locked in the child for ever.
    if _THREADS.exists() and len(list(_THREADS.iterdir())) != 1:
        raise RuntimeError("the process that holds the graph must have one thread to fork")
    worker = os.fork()
    if worker == 0:
        _work(store, connection, memory, deadline)
    return worker


def _work(store: ox.Store, connection: socket.socket, memory: int, deadline: float) -> NoReturn:
    """Answer one request and end; only the kernel's clock stands above it."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, deadline)
        _close_all_but(connection.fileno())
        frames = Frames(connection)
        limit(memory)
        received = frames.receive()
        if received:
            wanted = json.loads(received[1])
            signal.setitimer(signal.ITIMER_REAL, wanted.pop("timeout"))
            _answer(store, Request(**wanted), frames)
        status = 0
    except BrokenPipeError:
        status = 0  # the client has read enough
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _answer(store: ox.Store, request: Request, answer: Frames) -> None:
    def begin(media_type: str) -> None:
        answer.send(HEAD, json.dumps({"media_type": media_type}).encode())

    try:
        deep(lambda: evaluate(store, request, cast(IO[bytes], answer), begin))
    except AikgError as error:
        told = {"error": type(error).__name__, "message": str(error)} | vars(error)
        answer.send(HEAD, json.dumps(told).encode())
    answer.send(END)
    answer.flush()


def _close_all_but(kept: int) -> None:
    """Close what came with the fork: a listener kept open would let clients wait for nobody."""
    os.closerange(0, 2)
    os.closerange(3, kept)
    os.closerange(kept + 1, 1024)


def limit(memory: int) -> None:
    """Give up the right to open files and sockets, to leave a core, and to more than `memory`."""
    if _SIZE.exists():
        present = int(_SIZE.read_text().split()[0]) * resource.getpagesize()
        most = present + STACK + memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


if __name__ == "__main__":
    main()
