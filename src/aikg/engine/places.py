"""The places for jobs: who gets the next one, who waits, and who is sent away.

Nobody holds more than a share of them. The last ones are kept for those who hold none, and are
taken back from jobs that run for long.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from aikg.errors import ClientGone, ShareExceeded, TooBusy
from aikg.settings import Settings

#: How often a thread that waits looks whether its client is still there, in seconds.
TICK = 0.1
#: After this time a job is a long one, in seconds.
LONG = 1.0
QUIETER = "Send fewer queries at once, or ask again in some seconds."


@dataclass(frozen=True, eq=False)
class Caller:
    """Whom a job is for.

    Attributes:
        name: Who shares with whom: an address. Without a name there is no share to keep to.
        gone: Tells whether nobody waits for the answer any more.
    """

    name: str = ""
    gone: Callable[[], bool] = bool


_NOBODY = Caller()
#: Set by whoever serves many, for each request.
caller: ContextVar[Caller] = ContextVar("caller", default=_NOBODY)


@dataclass(eq=False)
class Place:
    """A place that a job holds.

    Attributes:
        caller: For whom.
        timeout: How long it may take, the waiting included, in seconds.
        deadline: When the job must have ended, on the monotonic clock.
        stop: Stops the job, which has the place no more.
        since: Since when it is held.
        lost: Whether it was taken back.
    """

    caller: Caller
    timeout: float
    deadline: float
    stop: Callable[[], object] = bool
    since: float = field(default_factory=time.monotonic)
    lost: bool = False

    @property
    def left(self) -> float:
        """How much time is left, in seconds."""
        return self.deadline - time.monotonic()


class Places:
    """All places; threads share them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._reserve = min(settings.reserve, settings.workers - 1)
        self._lock = threading.Lock()
        self._held: list[Place] = []
        #: In the order in which they came, each with what wakes it alone: who may not go, sleeps.
        self._waiting: dict[Caller, threading.Condition] = {}

    def take(self, timeout: float) -> Place:
        """Wait for a place.

        Raises:
            ShareExceeded: The caller has as many requests here as one may.
            TooBusy: As many as may do wait already, or the deadline has come first.
            ClientGone: Nobody waits any more.
        """
        deadline = time.monotonic() + timeout
        who = replace(caller.get())  # of each request its own
        with self._lock:
            self._refuse_surplus(who.name)
            self._waiting[who] = threading.Condition(self._lock)
            try:
                while self._next() is not who:
                    self._wait(who, deadline)
                place = Place(who, timeout, deadline)
                self._held.append(place)
                return place
            finally:
                del self._waiting[who]
                self._wake_next()

    def leave(self, place: Place) -> None:
        """Give a place back."""
        with self._lock:
            place.stop = bool
            if place in self._held:
                self._held.remove(place)
                self._wake_next()

    def _refuse_surplus(self, name: str) -> None:
        most = self._settings.queue
        if name and sum(other.name == name for other in self._waiting) >= most // 2:
            raise ShareExceeded(
                f"{most // 2} requests of yours wait already, which is as many as one client may.",
                advice=QUIETER,
            )
        if len(self._waiting) >= most:
            raise TooBusy(f"{most} requests wait already.", advice=QUIETER)

    def _wait(self, who: Caller, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TooBusy("The request waited for its turn until its deadline.", advice=QUIETER)
        self._waiting[who].wait(min(TICK, left))
        if who.gone():
            raise ClientGone("The client has hung up.", advice="Ask again.")
        self._take_back()

    def _next(self) -> Caller | None:
        """Give who has waited longest of those who may have a place."""
        held = Counter(place.caller.name for place in self._held)
        free = self._settings.workers - len(self._held)
        return next((who for who in self._waiting if self._may_have(who.name, held, free)), None)

    def _wake_next(self) -> None:
        """Wake whose turn it is."""
        if who := self._next():
            self._waiting[who].notify()

    def _may_have(self, name: str, held: Counter[str], free: int) -> bool:
        if not name or not held[name]:
            return free > 0
        return free > self._reserve and held[name] < self._settings.share

    def _take_back(self) -> None:
        """Where long jobs hold the last places, take back the one of the youngest of them."""
        if len(self._held) < self._settings.workers:
            return
        long = [place for place in self._held if time.monotonic() - place.since > LONG]
        # After its deadline a job may still be held by a client that reads slowly.
        over = [place for place in long if place.left < -LONG]
        if over or len(long) > self._settings.workers - self._reserve:
            place = over[0] if over else max(long, key=lambda place: place.since)
            place.lost = True
            place.stop()
            self._held.remove(place)
            self._wake_next()
