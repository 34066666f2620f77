"""The process with the graph: it has one thread, forks workers and applies changes.

Started by the client as `python -m aikg.engine`, with the other end of a socket pair as
standard input: there it receives changes, and the end of the stream ends it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from aikg.description import void
from aikg.engine import jobs, worker
from aikg.engine.frames import Broken, Frames
from aikg.engine.kinds import QUERYING
from aikg.errors import AikgError, EngineUnavailable
from aikg.files.turtle import load_nquads
from aikg.files.version import built_version, glance
from aikg.rules.delta import Delta
from aikg.vocabularies import prepared
from aikg.vocabularies.prepared import Head

if TYPE_CHECKING:
    from aikg.engine.publishing import Knowledge

#: Where Linux lists a process's threads.
_THREADS = Path("/proc/self/task")
#: The message of the copy in a rehearsal that could make the change.
_TAKEN = b"taken"
#: The longest reason that is passed on, in bytes.
_REASON = 2000


@dataclass
class Held:
    """The graph, what the jobs need besides, and how the graph is described."""

    store: ox.Store
    root: Path
    files: str
    version: str
    triples: int
    vocabularies: tuple[Head, ...] = ()
    known: Knowledge | AikgError | None = None

    @classmethod
    def load(cls, root: Path, path: str) -> Held:
        """Read a built graph."""
        store = ox.Store()
        load_nquads(store, Path(path))
        home = Path(path).parent
        heads = prepared.heads(home)
        version = prepared.version_with(built_version(Path(path)) or "", heads)
        prepared.load(store, home, heads, version)
        default = store.quads_for_pattern(None, None, None, ox.DefaultGraph())
        return cls(store, root, glance(root), version, sum(1 for _ in default), tuple(heads))

    def learn(self) -> None:
        """Read what some jobs need besides the graph, before a worker for them is forked.

        A worker may open no file. If it cannot be read, those jobs report it.
        """
        if self.known is not None:
            return
        gc.disable()
        try:
            if glance(self.root) != self.files:
                raise EngineUnavailable(
                    f"The program or the files in {self.root} have changed since the server began.",
                    advice="Start the server again.",
                )
            known: Knowledge = importlib.import_module(jobs.KNOWING_JOBS).load(self.root)
            self.known = known
        except AikgError as error:
            self.known = error
        except Exception as error:
            traceback.print_exc()
            self.known = EngineUnavailable(
                f"The files in {self.root} cannot be used: {type(error).__name__}: {error}",
                advice="Build the graph again with `aikg build`, then start the server.",
            )
        gc.freeze()
        gc.enable()

    def apply(self, add: bytes, remove: bytes, version: str) -> None:
        """Change the graph in one step: every later fork sees all of it, or none."""
        delta = Delta.from_nquads(add, remove)
        version = prepared.version_with(version, self.vocabularies)
        touched = {q for q in (*delta.added, *delta.removed) if q.graph_name == ox.DefaultGraph()}
        self.triples -= sum(quad in self.store for quad in touched)
        void.change(self.store, delta.removed, delta.added, version)
        self.triples += sum(quad in self.store for quad in touched)
        for graph in {quad.graph_name for quad in delta.removed} - {ox.DefaultGraph()}:
            if not any(self.store.quads_for_pattern(None, None, None, graph)):
                self.store.remove_graph(graph)  # an empty graph does not exist
        self.version = version

    def rehearse(self, add: bytes, remove: bytes, version: str) -> str | None:
        """Change a copy of the graph, which ends at once; return what went wrong, or None.

        Whatever ends the copy does not end this process.
        """
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                self.apply(add, remove, version)
            except BaseException as error:
                os.write(writing, f"{type(error).__name__}: {error}".encode()[:_REASON])
            else:
                os.write(writing, _TAKEN)
            os._exit(0)
        os.close(writing)
        with open(reading, "rb") as pipe:
            said = pipe.read()
        os.waitpid(pid, 0)
        if said == _TAKEN:
            return None
        return said.decode("utf-8", "replace") or "a copy of the process ended by the change"

    def describe(self) -> dict[str, Any]:
        """Return version, size and isolation."""
        bound = worker.SIZE.exists()
        isolation = "full" if bound else "no bound on a query's memory on this system"
        return {"version": self.version, "triples": self.triples, "isolation": isolation}


def main() -> None:
    """Load the graph, describe it on standard input's socket, and serve until that closes."""
    for meant_for_parent in (signal.SIGINT, signal.SIGTERM):  # a terminal signals the whole group
        signal.signal(meant_for_parent, signal.SIG_IGN)
    root, path, address, memory, stack, workers = json.loads(sys.argv[1])
    control = Frames(socket.socket(fileno=0))
    gc.disable()  # what is loaded stays; to look for garbage in it takes time
    try:
        held = Held.load(Path(root), path)
        jobs.warm_up()
    except Exception as error:
        control.send_message({"error": f"{type(error).__name__}: {error}"})
        return
    gc.freeze()  # a worker that looks for garbage would write to, and so copy, every page of it
    gc.enable()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(128)
        with contextlib.suppress(Broken, ConnectionError):
            control.send_message(held.describe())
            _serve(held, control, listener, worker.Bounds(memory, stack), workers)
    shutil.rmtree(Path(address).parent)  # a parent that was killed cannot do it


def _serve(
    held: Held, control: Frames, listener: socket.socket, bounds: worker.Bounds, most: int
) -> None:
    """Fork a worker for each connection, at most `most` at once, until the parent is gone."""
    workers: set[int] = set()
    ended, wake = socket.socketpair()
    for end in (ended, wake):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    try:
        while True:
            # A worker is reaped before its slot is used again.
            doors: list[socket.socket | Frames] = [listener] if len(workers) < most else []
            ready, _, _ = select.select([control, ended, *doors], [], [])
            if control in ready:
                _change(held, control)
            if ended in ready:
                ended.recv(4096)
                workers -= set(_reap())
            if listener in ready:
                connection, _ = listener.accept()
                with connection:
                    # The client sends the kind at once; the worker reads it too.
                    if connection.recv(1, socket.MSG_PEEK) not in {QUERYING, b""}:
                        held.learn()
                    workers.add(_fork(held, connection, bounds))
    finally:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        for pid in workers - set(_reap()):
            os.kill(pid, signal.SIGKILL)


def _change(held: Held, control: Frames) -> None:
    """Rehearse or apply one change that the parent sends, and report how the graph is now."""
    head = control.receive_head()
    add, remove = control.receive_body(), control.receive_body()
    if head["rehearse"]:
        refused = held.rehearse(add, remove, head["version"])
        control.send_message({"refused": refused} if refused else held.describe())
        return
    try:
        held.apply(add, remove, head["version"])
    except (SyntaxError, ValueError, MemoryError) as error:
        control.send_message({"error": f"{type(error).__name__}: {error}"})
    else:
        control.send_message(held.describe())


def _reap() -> list[int]:
    reaped = []
    with contextlib.suppress(ChildProcessError):
        while pid := os.waitpid(-1, os.WNOHANG)[0]:
            reaped.append(pid)
    return reaped


def _fork(held: Held, connection: socket.socket, bounds: worker.Bounds) -> int:
    # A lock of another thread would stay locked in the child for ever.
    if _THREADS.exists() and len(list(_THREADS.iterdir())) != 1:
        raise RuntimeError("the process with the graph must have one thread to fork")
    pid = os.fork()
    if pid == 0:
        worker.work(held.store, held.known, held.version, connection, bounds)
    return pid
