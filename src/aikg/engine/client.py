"""The client of the process that holds the graph: starts it, asks it, starts it again."""

from __future__ import annotations

import contextlib
import json
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn, Self

from aikg import errors
from aikg.engine.worker import DATA, HEAD, Frames
from aikg.errors import DeadlineExceeded, EngineUnavailable, QueryTooLarge, WorkerLost
from aikg.settings import Settings

#: A graph of 10^7 triples loads within this, in seconds.
START = 120.0
#: How long after its deadline a worker is waited for that the kernel should have ended, in seconds.
GRACE = 5.0


class Answer:
    """An answer as it arrives; iterate over its pieces once, and close it.

    Where it breaks off, iterating raises DeadlineExceeded or WorkerLost: an answer in pieces never
    ends as if it were whole.

    Attributes:
        media_type: The type that the pieces together are of.
    """

    def __init__(self, connection: socket.socket, request: dict[str, Any]) -> None:
        self._connection = connection
        self._frames = Frames(connection)
        self._deadline = request["timeout"]
        self._began = time.monotonic()
        try:
            self.media_type = self._begin(request)
        except BaseException:
            self.close()
            raise

    def _begin(self, request: dict[str, Any]) -> str:
        """Send the request, wait for the head of the answer, and raise the error it may hold."""
        self._frames.send(HEAD, json.dumps(request).encode())
        with contextlib.suppress(OSError):  # what is broken here is told by what comes back
            self._frames.flush()
        head = json.loads(self._receive()[1])
        if "error" in head:
            raise getattr(errors, head.pop("error"))(head.pop("message"), **head)
        return str(head["media_type"])

    def __iter__(self) -> Iterator[bytes]:
        """Give the pieces of the answer."""
        kind, content = self._receive()
        while kind == DATA:
            yield content
            kind, content = self._receive()

    def _receive(self) -> tuple[bytes, bytes]:
        try:
            return self._frames.receive() or self._raise_broken()
        except OSError:
            self._raise_broken()

    def _raise_broken(self) -> NoReturn:
        if time.monotonic() - self._began >= self._deadline:
            raise DeadlineExceeded(
                f"The query was stopped at its deadline of {self._deadline:g} seconds.",
                advice="Ask for less: begin with what is rare, join each pattern to another, "
                "and use LIMIT. The same query again would end the same way.",
            )
        raise WorkerLost(
            "The query used more memory or stack than one query may, and was stopped.",
            advice="Ask for less: sort, group or deduplicate fewer rows at once, and nest less.",
        )

    def read(self) -> bytes:
        """Read the whole answer, and close it."""
        with self:
            return b"".join(self)

    def close(self) -> None:
        """Hang up; a worker that still writes then ends."""
        with contextlib.suppress(OSError):
            self._frames.stream.close()
        self._connection.close()

    def __enter__(self) -> Self:
        """Give the answer itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()


class _Process:
    """One run of the worker: it ends when this process does, for it reads a pipe held open here."""

    def __init__(self, settings: Settings) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="aikg-"))
        self.path = str(self.folder / "engine")
        limits = [settings.memory, settings.deadline, settings.threads]
        arguments = json.dumps([str(settings.graph), self.path, *limits])
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115  open as long as the process
        self._child = subprocess.Popen(
            [sys.executable, "-m", "aikg.engine.worker", arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
        )
        try:
            self.description: dict[str, Any] = self._await_ready()
        except BaseException:
            self.end()
            raise

    def _await_ready(self) -> dict[str, Any]:
        assert self._child.stdout  # noqa: S101  it was asked for
        with self._child.stdout as output:
            line = output.readline() if select.select([output], [], [], START)[0] else b""
        if line:
            return dict(json.loads(line))
        self._complaints.seek(0)
        said = self._complaints.read().decode(errors="replace").strip() or f"nothing in {START:g} s"
        raise EngineUnavailable(
            f"The process that holds the graph did not start; it said: {said[-2000:]}",
            advice="Build the graph anew with `aikg build`, then serve again.",
        )

    def ended(self, within: float = 0.0) -> bool:
        """Tell whether it has ended, or does within some seconds."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(within)
        return self._child.returncode is not None

    def end(self) -> None:
        """Stop it, and its workers with it."""
        assert self._child.stdin  # noqa: S101  it was asked for
        self._child.stdin.close()
        try:
            self._child.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._complaints.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Engine:
    """The graph, held by another process; threads may share it.

    Raises:
        EngineUnavailable: The process did not start; the message has what it said.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._process = _Process(settings)

    def query(  # noqa: PLR0913  the parameters of the protocol
        self,
        text: str,
        *,
        accept: str | None = None,
        format: str | None = None,
        timeout: float | None = None,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
    ) -> Answer:
        """Ask one query, and wait until its answer begins.

        Args:
            text: The query.
            accept: An Accept header; None for the default format.
            format: The name of a format, which goes before `accept`.
            timeout: A shorter deadline than that of the settings, in seconds.
            default_graphs: See `evaluation.Request`.
            named_graphs: See `evaluation.Request`.

        Raises:
            AikgError: Any of those that a query can meet; the class tells which.
        """
        if len(text.encode()) > self.settings.query_bytes:
            raise QueryTooLarge(
                f"The query has more than {self.settings.query_bytes} bytes.",
                advice="Split it, or move long lists of values into several queries.",
            )
        request = {
            "query": text,
            "accept": accept,
            "format": format,
            "timeout": min(timeout or self.settings.deadline, self.settings.deadline),
            "default_graphs": list(default_graphs),
            "named_graphs": list(named_graphs),
        }
        process = self._running()
        try:
            return self._ask(process, request)
        except (OSError, WorkerLost):
            if not process.ended(within=0.2):
                raise
            return self._ask(self._running(), request)

    def _ask(self, process: _Process, request: dict[str, Any]) -> Answer:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(self.settings.deadline + GRACE)
        try:
            connection.connect(process.path)
        except OSError:
            connection.close()
            raise
        return Answer(connection, request)

    def _running(self) -> _Process:
        """Give the process; one that has ended is started again."""
        with self._lock:
            if self._process.ended():
                self._process.end()
                self._process = _Process(self.settings)
            return self._process

    def describe(self) -> dict[str, Any]:
        """Tell the graph's version, its size in triples, and how well queries are isolated."""
        return self._running().description

    def close(self) -> None:
        """Stop the process and all that it does."""
        self._process.end()

    def __enter__(self) -> Self:
        """Give the engine itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the process."""
        self.close()
