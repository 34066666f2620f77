"""The slots for jobs: which request gets the next one, which waits, and which is refused.

No client has more than a share of them. The last ones are reserved for clients without a slot, and
are taken back from jobs that run for long. A client that does not read its answer loses its slot if
others wait.
"""

from __future__ import annotations

import math
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
QUIETER = "Send fewer requests at once, or try again in a few seconds."


@dataclass(frozen=True, eq=False)
class Caller:
    """The client whose request a job answers.

    Attributes:
        name: Its address, by which shares are counted. Without a name no share limits it.
        gone: Returns whether the client has hung up.
        hang_up: Closes its connection, which wakes a thread that sends to it.
    """

    name: str = ""
    gone: Callable[[], bool] = bool
    hang_up: Callable[[], object] = bool


_NOBODY = Caller()
#: A server of many clients sets it for each request.
caller: ContextVar[Caller] = ContextVar("caller", default=_NOBODY)


@dataclass(eq=False)
class Slot:
    """The slot of one job.

    Attributes:
        caller: The client.
        timeout: How long the job may take, the wait for the slot included, in seconds.
        deadline: When the job must have ended, on the monotonic clock.
        stop: Stops the job.
        since: When the job took it, on the monotonic clock.
        offered: Since when the client has been sent a piece, on that clock; never, while the job
            computes the next one.
        lost: Whether it was taken back.
    """

    caller: Caller
    timeout: float
    deadline: float
    stop: Callable[[], object] = bool
    since: float = field(default_factory=time.monotonic)
    offered: float = math.inf
    lost: bool = False

    @property
    def left(self) -> float:
        """How much time is left, in seconds."""
        return self.deadline - time.monotonic()


class Slots:
    """All slots; threads share them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._reserve = min(settings.reserve, settings.workers - 1)
        self._lock = threading.Lock()
        self._held: list[Slot] = []
        #: In the order of arrival, each with its own condition: only those whose turn it is wake.
        self._waiting: dict[Caller, threading.Condition] = {}
        #: Those that must leave the queue: it is full, and another client has fewer requests in it.
        self._displaced: set[Caller] = set()

    def take(self, timeout: float) -> Slot:
        """Wait for a slot.

        Raises:
            ShareExceeded: The client has as many waiting requests as one may have.
            TooBusy: The queue is full, or the deadline came first.
            ClientGone: The client has hung up.
        """
        deadline = time.monotonic() + timeout
        who = replace(caller.get())  # a key of its own for each request
        with self._lock:
            self._waiting[who] = threading.Condition(self._lock)
            try:
                if who not in self._next():
                    self._refuse_surplus(who)
                while who not in self._next():
                    self._wait(who, deadline)
                slot = Slot(who, timeout, deadline)
                self._held.append(slot)
                return slot
            finally:
                del self._waiting[who]
                self._displaced.discard(who)
                self._wake_next()

    def take_free(self, timeout: float, who: Caller) -> Slot | None:
        """Return a slot if one is free for a client, after those that wait already; never wait."""
        with self._lock:
            names = [slot.caller.name for slot in self._held]
            names += [other.name for other in self._next()]
            if not self._may_have(who.name, names.count(who.name), len(names)):
                return None
            slot = Slot(who, timeout, time.monotonic() + timeout)
            self._held.append(slot)
            return slot

    def counts(self) -> tuple[int, int]:
        """Return how many requests wait, and how many jobs run."""
        with self._lock:
            return len(self._waiting), len(self._held)

    def leave(self, slot: Slot) -> None:
        """Release a slot."""
        with self._lock:
            slot.stop = bool
            if slot in self._held:
                self._held.remove(slot)
                self._wake_next()

    def _refuse_surplus(self, who: Caller) -> None:
        """Refuse the newest that waits, or the newest of the client that has most in the queue."""
        most = self._settings.queue
        waiting = Counter(other.name for other in self._waiting)
        if who.name and waiting[who.name] > most // 2:
            raise ShareExceeded(
                f"{most // 2} of your requests wait already, and one client may have no more.",
                advice=QUIETER,
            )
        if len(self._waiting) <= most:
            return
        name, count = waiting.most_common(1)[0]
        if not who.name or count <= waiting[who.name]:
            raise TooBusy(f"The queue is full: {most} requests wait already.", advice=QUIETER)
        newest = next(other for other in reversed(self._waiting) if other.name == name)
        self._displaced.add(newest)
        self._waiting[newest].notify()

    def _wait(self, who: Caller, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TooBusy("The request waited in the queue until its deadline.", advice=QUIETER)
        self._waiting[who].wait(min(TICK, left))
        if who in self._displaced:
            raise TooBusy(
                "The queue is full, and other clients have fewer requests in it.", advice=QUIETER
            )
        if who.gone():
            raise ClientGone("The client has hung up.", advice="Ask again.")
        self._take_back()

    def _next(self) -> list[Caller]:
        """Return those that have a free slot now, the longest wait first."""
        if not self._waiting:
            return []
        held = Counter(slot.caller.name for slot in self._held)
        found: list[Caller] = []
        for who in self._waiting:
            taken = len(self._held) + len(found)
            if who not in self._displaced and self._may_have(who.name, held[who.name], taken):
                found.append(who)
                held[who.name] += 1
        return found

    def _wake_next(self) -> None:
        """Wake those whose turn it is."""
        for who in self._next():
            self._waiting[who].notify()

    def _may_have(self, name: str, held: int, taken: int) -> bool:
        """Return whether a client may take a slot, when it and all have so many."""
        free = self._settings.workers - taken
        if not name or not held:
            return free > 0
        return free > self._reserve and held < self._settings.share

    def _take_back(self) -> None:
        """If all slots are taken, stop a job whose client does not read, or the youngest long one.

        The latter only if long jobs occupy the reserved slots.
        """
        if len(self._held) < self._settings.workers:
            return
        now = time.monotonic()
        long = [slot for slot in self._held if now - slot.since > LONG]
        # After its deadline, a client that reads slowly may still keep a job.
        idle = [slot for slot in long if now - slot.offered > LONG or slot.left < -LONG]
        if idle or len(long) > self._settings.workers - self._reserve:
            slot = idle[0] if idle else max(long, key=lambda slot: slot.since)
            slot.lost = True
            slot.stop()
            self._held.remove(slot)
            self._wake_next()
            if idle:
                slot.caller.hang_up()
