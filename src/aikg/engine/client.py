"""The client of the process that holds the graph: starts it, asks it, starts it again."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NoReturn, Self

from aikg import errors
from aikg.engine.frames import DATA, END, Broken, Frames
from aikg.engine.process import GRACE, Change, Process
from aikg.errors import DeadlineExceeded, EngineUnavailable, QueryTooLarge, WorkerLost
from aikg.settings import Settings

#: Gives the changes since the build, in their order; asked for at each start of the process.
Replay = Callable[[], Iterable[Change]]


class Answer:
    """An answer as it arrives; iterate over its pieces once, and close it.

    Where it breaks off, iterating raises DeadlineExceeded or WorkerLost: an answer in pieces never
    ends as if it were whole.

    Attributes:
        media_type: The type that the pieces together are of.
    """

    def __init__(self, connection: socket.socket, request: dict[str, Any], body: bytes) -> None:
        self._connection = connection
        self._frames = Frames(connection)
        self._deadline = request["timeout"]
        self._began = time.monotonic()
        try:
            self.media_type = self._begin(request, body)
        except BaseException:
            self.close()
            raise

    def _begin(self, request: dict[str, Any], body: bytes) -> str:
        """Send the request, wait for the head of the answer, and raise the error it may hold."""
        with contextlib.suppress(OSError):  # what is broken here is told by what comes back
            self._frames.send_message(request, body)
        try:
            head = self._frames.receive_head()
        except OSError:
            self._raise_broken()
        if "error" in head:
            raise getattr(errors, head.pop("error"))(head.pop("message"), **head)
        return str(head["media_type"])

    def __iter__(self) -> Iterator[bytes]:
        """Give the pieces of the answer."""
        try:
            kind, content = self._frames.receive()
            while kind == DATA:
                yield content
                kind, content = self._frames.receive()
            if kind != END:
                raise Broken("a frame that does not belong into an answer")
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


class Engine:
    """The graph, held by another process; threads may share it.

    Args:
        settings: The limits, and where the built graph lies.
        replay: Gives what was applied to the graph since its build, at each start of the process.
            Without it, what was applied is lost when the process must be started again.

    Raises:
        EngineUnavailable: The process did not start; the message has what it said.
    """

    def __init__(self, settings: Settings, replay: Replay = tuple) -> None:
        self.settings = settings
        self._replay = replay
        self._lock = threading.Lock()
        self._process = Process(settings, replay())

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
        query = text.encode()
        if len(query) > self.settings.query_bytes:
            raise QueryTooLarge(
                f"The query has more than {self.settings.query_bytes} bytes.",
                advice="Split it, or move long lists of values into several queries.",
            )
        arguments = {
            "accept": accept,
            "format": format,
            "default_graphs": list(default_graphs),
            "named_graphs": list(named_graphs),
        }
        shorter = min(timeout or self.settings.deadline, self.settings.deadline)
        return self.run("query", arguments, query, timeout=shorter)

    def run(
        self,
        job: str,
        arguments: dict[str, Any],
        body: bytes = b"",
        *,
        timeout: float | None = None,
    ) -> Answer:
        """Do a job of `jobs.JOBS` in a worker, and wait until its answer begins.

        Args:
            job: The name in the table.
            arguments: What it is told, of the types of JSON.
            body: What a stranger sent; it is read only by the worker.
            timeout: The deadline in seconds, shorter or longer than that of the settings.

        Raises:
            AikgError: Any of those that the job raises, or a limit that it met.
        """
        request = {
            "job": job,
            "arguments": arguments,
            "timeout": timeout or self.settings.deadline,
        }
        process = self._running()
        try:
            return self._ask(process, request, body)
        except (OSError, WorkerLost):
            if not process.ended(within=0.2):
                raise
            return self._ask(self._running(), request, body)

    def _ask(self, process: Process, request: dict[str, Any], body: bytes) -> Answer:
        return Answer(process.connect(request["timeout"] + GRACE), request, body)

    def apply(self, *, add: bytes = b"", remove: bytes = b"", version: str) -> None:
        """Change the graph in one step; what is asked from then on sees it.

        Args:
            add: The quads that come, as N-Quads of our own writing.
            remove: The quads that go, likewise.
            version: The version of the data from then on.

        Raises:
            EngineUnavailable: Nothing was changed; the message says why.
        """
        change = Change(add, remove, version)
        process = self._running()
        try:
            process.apply(change)
        except EngineUnavailable:
            if not process.ended(within=0.2):
                raise
            self._running().apply(change)

    def _running(self) -> Process:
        """Give the process; one that has ended is started again."""
        with self._lock:
            if self._process.ended():
                self._process.end()
                self._process = Process(self.settings, self._replay())
            return self._process

    def describe(self) -> dict[str, Any]:
        """Tell the graph's version, its size in triples, and how well queries are isolated."""
        return dict(self._running().description)

    def close(self) -> None:
        """Stop the process and all that it does."""
        self._process.end()

    def __enter__(self) -> Self:
        """Give the engine itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the process."""
        self.close()
