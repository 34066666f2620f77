"""Answers that do not come from a worker: they are passed on from a store, or whole already."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Self

from aikg.engine.answer import LESS, Answer
from aikg.engine.slots import QUIETER, Slot
from aikg.errors import (
    AikgError,
    AnswerTooLarge,
    DeadlineExceeded,
    QueryMalformed,
    StoreRefused,
    TooBusy,
)
from aikg.store import protocol

#: How a store ends an answer that it has begun and cannot finish (Apache Jena Fuseki).
_UNFINISHED = b"##  ****          Incomplete results          ****   ##"
#: So much of the end of an answer is held back, in bytes, until it is known to be whole.
_END = 200


class Given(Answer):
    """An answer that is whole already."""

    def __init__(self, media_type: str, content: bytes, version: str, repeatable: bool) -> None:
        self.media_type, self.version = media_type, version
        self.repeatable, self.whole = repeatable, content

    def wait(self) -> Self:
        """Return the answer."""
        return self

    def __iter__(self) -> Iterator[bytes]:
        """Yield its one piece."""
        yield self.whole or b""

    def close(self) -> None:
        """Do nothing."""


class Relayed(Answer):
    """The answer of a store, passed on as it comes.

    Args:
        opened: Asks the store.
        slot: The slot that the request holds.
        most: The longest answer, in bytes.
        finish: Called once at the end.
        version: The version of the graph, as known before.
        repeatable: Whether the same request on the same version has the same answer.
    """

    def __init__(  # noqa: PLR0913, PLR0917  a request, and what bounds it
        self,
        opened: AbstractContextManager[protocol.Answer],
        slot: Slot,
        most: int,
        finish: Callable[[], None],
        version: str,
        repeatable: bool,
    ) -> None:
        self._opened, self._stack = opened, contextlib.ExitStack()
        self._slot, self._most = slot, most
        self.version, self.repeatable = version, repeatable
        self._stack.callback(finish)

    def wait(self) -> Self:
        """Wait until the answer begins.

        Raises:
            AikgError: What the store answered, in place of an answer.
        """
        try:
            self._answer = self._stack.enter_context(self._opened)
        except BaseException as error:
            self.close()
            raise self._in_words(error) from error
        self.media_type = self._answer.media_type
        return self

    def __iter__(self) -> Iterator[bytes]:
        """Yield the pieces of the answer."""
        sent, end = 0, b""
        with self:
            try:
                for piece in self._answer.pieces:
                    sent += len(piece)
                    if sent > self._most:
                        raise _too_large(self._most)
                    end += piece
                    if len(end) > _END:
                        yield end[:-_END]
                        end = end[-_END:]
            except AikgError as error:
                raise self._in_words(error) from error
            if _UNFINISHED in end and self._slot.left < self._slot.timeout / 2:
                raise self._late()
            yield end

    def _in_words(self, error: BaseException) -> BaseException:
        if self._slot.lost:
            return TooBusy(
                "The query was stopped: it ran for long, and other clients wait for its slot.",
                advice=QUIETER,
            )
        if isinstance(error, DeadlineExceeded):
            return self._late()
        if isinstance(error, StoreRefused) and error.answered == 400:
            return QueryMalformed(
                f"The store does not take this query. {error}", advice="Write it in another way."
            )
        return error

    def _late(self) -> DeadlineExceeded:
        return DeadlineExceeded(
            f"The query was stopped at its deadline of {self._slot.timeout:g} seconds.",
            advice=LESS,
        )

    def close(self) -> None:
        """Hang up."""
        self._stack.close()


def _too_large(most: int) -> AnswerTooLarge:
    return AnswerTooLarge(
        f"The answer has more than {most} bytes.",
        advice="Ask for a part of it at a time, with LIMIT and OFFSET, or count first.",
    )


def left(end: float) -> float:
    """Return how much time is left until an end on the monotonic clock, in seconds."""
    return max(end - time.monotonic(), 0.001)
