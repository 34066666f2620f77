"""An answer as it arrives from a worker, piece by piece."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import IO, Any, NoReturn, Self

from aikg.engine.frames import ASK, DATA, END, HEAD, LEAVE, Broken, Frames, decode
from aikg.engine.pool import Worker
from aikg.engine.slots import QUIETER, TICK, Slot
from aikg.errors import (
    AikgError,
    AnswerTooLarge,
    ClientGone,
    DeadlineExceeded,
    TooBusy,
    WorkerLost,
    describe,
    revive,
)

#: Why a job was ended: the memory or stack of its worker, its deadline, the share of its client,
#: the size of its answer, the client hung up.
CAUSES = ("resources", "deadline", "share", "size", "client")

#: The advice where a query takes too much.
LESS = (
    "Ask for less: begin with rare values, join each pattern to another, and use LIMIT. "
    "The same query would be stopped again."
)
#: What a job is called, and the advice at its deadline, where it is not a query.
_OTHERS = {
    "check": (
        "examination",
        "Send a part of it at a time, or run `aikg validate FILE`, which has no deadline.",
    ),
    "compare": (
        "comparison",
        "Name a population, or ask for one pair; `aikg compare` in a shell has no deadline.",
    ),
}


class NotAsked(WorkerLost):
    """The worker had ended before it read the request, which can be sent to another."""


class Answer:
    """An answer as it arrives; `send` the request, `wait`, iterate once, and close it.

    If it breaks off, iterating raises an error, so that a part never looks like the whole.

    Args:
        worker: The worker, which waits for work.
        slot: The slot that the job holds.
        job: What the worker is asked to do.
        most: The longest answer, in bytes.
        finish: Called once at the end, with whether the worker can be asked again, and with why the
            job did not end: one of `CAUSES`, or empty.

    Attributes:
        media_type: The type that the pieces together are of.
        version: The version of the graph that it is from.
        repeatable: Whether the same request on the same version has the same answer.
        whole: All of the answer, where it is short and has come.
        replies: Answers the queries that a job on a part of a store asks of the store.
    """

    media_type: str
    repeatable: bool
    whole: bytes | None = None
    replies: Callable[[dict[str, Any]], bytes] | None = None
    _first: tuple[bytes, bytes]
    #: Whether the worker ended before it had read the request, as the kernel says once.
    _unread = False

    def __init__(
        self,
        worker: Worker,
        slot: Slot,
        job: str,
        most: int,
        finish: Callable[[bool, str], None],
    ) -> None:
        self._worker, self._slot, self._most, self._finish = worker, slot, most, finish
        self._frames = Frames(worker.connection, self._look_around)
        self._open, self._begun = True, False
        self._failure: AikgError | None = None
        self._what, self._shorter = _OTHERS.get(job, ("query", LESS))
        self.version = worker.version()
        slot.stop = worker.stop

    def send(self, request: dict[str, Any], body: bytes | IO[bytes]) -> None:
        """Send the worker the job, its arguments, and what goes with them.

        Raises:
            NotAsked: The worker has ended.
        """
        try:
            # The kernel ends the worker if nobody else does.
            self._frames.send_message(request | {"timeout": max(self._slot.left, TICK)}, body)
        except ConnectionError:  # it ended before it had read the request
            self._raise_not_asked()
        except BaseException:
            self.close()
            raise

    def send_at_once(self, head: bytes, body: bytes) -> bool:
        """Send an idle worker a small job; return whether it could be sent.

        Args:
            head: The job, its arguments and its timeout, encoded.
            body: What goes with them; with the head it has room in the socket's buffer.
        """
        try:
            self._frames.send((HEAD, head), (END, body))
        except OSError:  # the worker has ended
            self.close()
            return False
        return True

    def wait(self) -> Self:
        """Wait until the answer begins; if it has failed, every call raises the same error.

        Raises:
            AikgError: What the job raised, or the limit that it met.
        """
        if self._failure:
            raise self._failure
        if self._begun:
            return self
        try:
            head = self._await_head()
            self._first = self._receive()
            if "error" in head:
                raise revive(head)
        except BaseException as error:
            self._failure = error if isinstance(error, AikgError) else None
            self.close()
            raise
        self.whole = self._first[1] if self._first[0] != DATA else None
        self.media_type = str(head["media_type"])
        self.repeatable = bool(head["repeatable"])
        return self

    def look(self) -> bool:
        """Read what has come, without waiting; return whether `wait` has something to return.

        That is so when head and first piece are there, or when nothing more will come.
        """
        try:
            goes_on = self._frames.gather()
        except BlockingIOError:
            return False
        except OSError as error:
            self._unread = isinstance(error, ConnectionError)
            return True
        return not goes_on or len(self._frames.gathered) > 1

    def is_short(self, most: int) -> bool:
        """Return whether all of the answer has come, in one piece.

        Args:
            most: The longest that is short, in bytes.
        """
        return self._has_come() and len(self._frames.gathered[1][1]) <= most

    def _has_come(self) -> bool:
        gathered = self._frames.gathered
        return len(gathered) == 2 and gathered[1][0] in {END, LEAVE}

    def fileno(self) -> int:
        """Return the descriptor of the worker's connection; -1 after the end."""
        return self._frames.fileno()

    def _await_head(self) -> dict[str, Any]:
        if self._unread:
            self._raise_not_asked()
        try:
            if not self._has_come():
                self._worker.connection.settimeout(max(min(TICK, self._slot.left), 0.001))
            kind, content = self._receive()
            while kind == ASK and self.replies:
                self._frames.send_message(*self._reply(content))
                kind, content = self._receive()
        except ConnectionError:
            self._raise_not_asked()
        if kind != HEAD:
            self._raise_broken()
        self._begun = True
        return decode(content)

    def _reply(self, content: bytes) -> tuple[dict[str, Any], bytes]:
        """Answer what the worker asks."""
        assert self.replies is not None  # noqa: S101  the caller has looked
        try:
            return {}, self.replies(decode(content))
        except AikgError as error:
            return describe(error), b""

    def _raise_not_asked(self) -> NoReturn:
        self.close()
        raise NotAsked("The worker was ended while it waited.", advice="Ask again.") from None

    def __iter__(self) -> Iterator[bytes]:
        """Yield the pieces of the answer."""
        sent = 0
        kind, content = self._first
        while True:
            sent += len(content)
            if sent > self._most:
                self._end(False, "size")
                raise AnswerTooLarge(
                    f"The answer has more than {self._most} bytes.",
                    advice="Ask for a part of it at a time, with LIMIT and OFFSET, or count first.",
                )
            self._slot.offered = time.monotonic()
            yield content
            self._slot.offered = math.inf
            if kind != DATA:
                return
            kind, content = self._receive()

    def _receive(self) -> tuple[bytes, bytes]:
        try:
            kind, content = self._frames.receive()
            if kind not in {HEAD, DATA, END, LEAVE, ASK}:
                raise Broken("no frame of an answer")
        except ConnectionResetError:
            if not self._begun:
                raise
            self._raise_broken()
        except OSError:
            self._raise_broken()
        if kind in {END, LEAVE}:
            self._end(kind == END)
        return kind, content

    def _look_around(self) -> None:
        """While nothing comes, give up if the client is gone or the time is over."""
        if self._slot.left <= 0:
            self._raise_broken()
        if self._slot.caller.gone():
            self._end(False, "client")
            raise ClientGone("The client has hung up.", advice="Ask again.")
        self._worker.connection.settimeout(max(min(TICK, self._slot.left), 0.001))

    def _raise_broken(self) -> NoReturn:
        is_late = self._slot.left <= 0
        lost = "share" if self._slot.lost else "deadline" if is_late else "resources"
        self._end(False, lost)
        if self._slot.lost:
            raise TooBusy(
                "The query was stopped: it ran for long, and other clients wait for its slot.",
                advice=QUIETER,
            )
        if is_late:
            raise DeadlineExceeded(
                f"The {self._what} was stopped at its deadline of {self._slot.timeout:g} seconds.",
                advice=self._shorter,
            )
        raise WorkerLost(
            "The query used more memory or stack than one query may, and was stopped.",
            advice="Ask for less: sort, group or deduplicate fewer rows at once, and nest less.",
        )

    def _end(self, reusable: bool, cause: str = "") -> None:
        if self._open:
            self._open = False
            self._finish(reusable, cause)

    def read(self) -> bytes:
        """Read the whole answer, and close it."""
        with self:
            return b"".join(self)

    def close(self) -> None:
        """Hang up; a worker that still works is ended."""
        self._end(False)

    def __enter__(self) -> Self:
        """Return the answer itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()
