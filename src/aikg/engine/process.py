"""One run of the process with the graph, seen from the process that started it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aikg.engine.frames import Frames
from aikg.engine.kinds import QUERYING
from aikg.errors import ChangeRefused, EngineUnavailable
from aikg.settings import Settings

#: A graph of 10^7 triples loads within this, in seconds.
START = 120.0
#: How long it is believed that the process still runs, in seconds.
_RECENT = 0.002
#: How long the process may take to end by itself, in seconds.
GRACE = 5.0


@dataclass(frozen=True)
class Change:
    """A change of the graph.

    Attributes:
        add: The quads to add, as N-Quads; one that is there already changes nothing.
        remove: The quads to remove, as N-Quads; they are removed before the others are added.
        version: The version of the data from then on.
    """

    add: bytes
    remove: bytes
    version: str


#: Some workers load numpy, whose libraries start a thread for each core unless these forbid it.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


#: Where the process listens, below a folder of its own.
_SOCKET = "engine"

_Start = tuple[Path, socket.socket, subprocess.Popen[bytes]]
#: Those that are started, and that no engine uses yet.
_AHEAD: dict[Settings, _Start] = {}


def start_ahead(settings: Settings) -> None:
    """Let the process load the graph while this one loads what it needs to serve it."""
    _AHEAD[settings] = _start(settings)


def _start(settings: Settings) -> _Start:
    """Start the process; return its folder, the socket that controls it, and itself."""
    folder = Path(tempfile.mkdtemp(prefix="aikg-"))
    limits = [settings.memory, settings.stack, settings.workers]
    arguments = [str(settings.root), str(settings.graph), str(folder / _SOCKET), *limits]
    control, theirs = socket.socketpair()
    with theirs:
        child = subprocess.Popen(
            [sys.executable, "-m", "aikg.engine", json.dumps(arguments)],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            env=os.environ | _ONE_THREAD,
        )
    return folder, control, child


class Process:
    """The process: it ends when this one does, because it reads a socket that is open here.

    Raises:
        EngineUnavailable: It did not start; the message has its reason.
    """

    def __init__(self, settings: Settings, changes: Iterable[Change] = ()) -> None:
        start = _AHEAD.pop(settings, None) or _start(settings)
        self.folder, self._control, self.child = start
        self.path = str(self.folder / _SOCKET)
        self._frames, self._lock = Frames(self._control), threading.Lock()
        self._asked = 0.0
        try:
            self.description: dict[str, Any] = self._await_ready()
            for change in changes:
                self.apply(change)
        except BaseException:
            self.end()
            raise

    def _await_ready(self) -> dict[str, Any]:
        said = {"error": f"nothing in {START:g} seconds"}
        if select.select([self._control], [], [], START)[0]:
            try:
                said = self._frames.receive_head()
            except OSError:
                said = {"error": "nothing, and ended"}
        if "error" in said:
            raise EngineUnavailable(
                f"The process with the graph did not start. Its message: {said['error']}",
                advice="Build the graph again with `aikg build`, then start the server.",
            )
        return said

    def rehearse(self, change: Change) -> None:
        """Try a change on a copy of the graph; the graph itself stays as it is.

        Raises:
            ChangeRefused: The graph cannot take it; the message says why.
            EngineUnavailable: The process is gone.
        """
        with self._lock:
            said = self._send(change, rehearse=True)
        if "refused" in said:
            raise ChangeRefused(
                f"The graph cannot take this change, and nothing was recorded: {said['refused']}",
                advice="Reject the submission, or send a version without the value that is named.",
            )

    def apply(self, change: Change) -> None:
        """Change the graph; who connects from now on sees the change.

        Raises:
            EngineUnavailable: The change is not N-Quads, or the process is gone.
        """
        with self._lock:
            self.description = self._send(change, rehearse=False)

    def _send(self, change: Change, *, rehearse: bool) -> dict[str, Any]:
        head = {"version": change.version, "rehearse": rehearse}
        try:
            self._frames.send_message(head, change.add, change.remove)
            said = self._frames.receive_head()
        except OSError:
            said = {"error": "nothing, and ended"}
        if "error" in said:
            raise EngineUnavailable(
                f"The process with the graph did not answer. Its message: {said['error']}",
                advice="Check the state of the submission, then try again.",
            )
        return said

    def connect(self, kind: bytes = QUERYING) -> socket.socket:
        """Connect to a worker of a kind, which the process forks in its time.

        Raises:
            OSError: The process is gone.
        """
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(self.path)
            connection.sendall(kind)
        except OSError:
            connection.close()
            raise
        return connection

    def pids(self) -> dict[str, list[int]]:
        """Return the numbers of this process, of the one with the graph, and of its workers."""
        tasks = Path(f"/proc/{self.child.pid}/task/{self.child.pid}/children")
        workers: list[int] = []
        with contextlib.suppress(OSError):
            workers = [int(pid) for pid in tasks.read_text().split()]
        return {"server": [os.getpid()], "graph": [self.child.pid], "workers": workers}

    def ended(self, within: float = 0.0) -> bool:
        """Return whether it has ended, or ends within some seconds."""
        if within and self.child.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.child.wait(within)
        return self.child.poll() is not None

    def seems_ended(self) -> bool:
        """Return whether it had ended a moment ago; it is asked about rarely, for speed."""
        if self.child.returncode is None and (now := time.monotonic()) > self._asked + _RECENT:
            self._asked = now
            self.child.poll()
        return self.child.returncode is not None

    def end(self) -> None:
        """Stop it, and its workers with it."""
        self._control.close()
        try:
            self.child.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
