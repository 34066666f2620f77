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
        #: Those that wait, and shall not: their place in the queue is another client's.
        self._displaced: set[Caller] = set()

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
            self._waiting[who] = threading.Condition(self._lock)
            try:
                if who not in self._next():
                    self._refuse_surplus(who)
                while who not in self._next():
                    self._wait(who, deadline)
                place = Place(who, timeout, deadline)
                self._held.append(place)
                return place
            finally:
                del self._waiting[who]
                self._displaced.discard(who)
                self._wake_next()

    def leave(self, place: Place) -> None:
        """Give a place back."""
        with self._lock:
            place.stop = bool
            if place in self._held:
                self._held.remove(place)
                self._wake_next()

    def _refuse_surplus(self, who: Caller) -> None:
        """Refuse the newest that waits, or the newest of the client that has most in the queue."""
        most = self._settings.queue
        waiting = Counter(other.name for other in self._waiting)
        if who.name and waiting[who.name] > most // 2:
            raise ShareExceeded(
                f"{most // 2} requests of yours wait already, which is as many as one client may.",
                advice=QUIETER,
            )
        if len(self._waiting) <= most:
            return
        name, count = waiting.most_common(1)[0]
        if not who.name or count <= waiting[who.name]:
            raise TooBusy(f"{most} requests wait already.", advice=QUIETER)
        newest = next(other for other in reversed(self._waiting) if other.name == name)
        self._displaced.add(newest)
        self._waiting[newest].notify()

    def _wait(self, who: Caller, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TooBusy("The request waited for its turn until its deadline.", advice=QUIETER)
        self._waiting[who].wait(min(TICK, left))
        if who in self._displaced:
            raise TooBusy("The queue was needed for clients with fewer requests.", advice=QUIETER)
        if who.gone():
            raise ClientGone("The client has hung up.", advice="Ask again.")
        self._take_back()

    def _next(self) -> list[Caller]:
        """Return those whose turn it is: as many as there are places, the longest wait first."""
        held = Counter(place.caller.name for place in self._held)
        free = self._settings.workers - len(self._held)
        found = []
        for who in self._waiting:
            if free <= 0:
                break
            if who not in self._displaced and self._may_have(who.name, held, free):
                found.append(who)
                held[who.name] += 1
                free -= 1
        return found

    def _wake_next(self) -> None:
        """Wake those whose turn it is."""
        for who in self._next():
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
