"""The slots for jobs: nobody takes all of them, and nobody waits without end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from aikg.engine import slots
from aikg.engine.slots import Caller, Slot, Slots, caller
from aikg.errors import ClientGone, ShareExceeded, TooBusy
from aikg.settings import Settings


@pytest.fixture
def limits(small: Settings) -> Settings:
    """Four slots, two of them at most one client's, one kept."""
    return replace(small, workers=4, share=2, reserve=1, queue=4)


def take(all_slots: Slots, name: str = "", timeout: float = 0.3, gone: bool = False) -> Slot:
    """Take a slot for somebody."""
    caller.set(Caller(name, lambda: gone))
    return all_slots.take(timeout)


@contextmanager
def waiting(all_slots: Slots, *names: str) -> Iterator[None]:
    """Let somebody wait in other threads, for as long as the block takes."""
    caller.set(Caller())

    def wait(name: str) -> None:
        with pytest.raises(TooBusy):
            take(all_slots, name, timeout=1)

    threads = [threading.Thread(target=wait, args=[name]) for name in names]
    for thread in threads:
        thread.start()
    while len(all_slots._waiting) < len(names):
        time.sleep(0.01)
    yield
    for thread in threads:
        thread.join()


def test_a_client_has_no_more_than_its_share(limits: Settings) -> None:
    """Its third request waits, though slots are free for others."""
    all_slots = Slots(limits)
    first, _ = take(all_slots, "a"), take(all_slots, "a")
    with pytest.raises(TooBusy, match="waited in the queue"):
        take(all_slots, "a")
    assert take(all_slots, "b")
    all_slots.leave(first)
    assert take(all_slots, "a")


def test_the_last_slots_are_for_those_who_have_none(limits: Settings) -> None:
    """A second request of the same client waits for a slot that is not kept."""
    all_slots = Slots(limits)
    held = [take(all_slots, name) for name in "aab"]
    with pytest.raises(TooBusy):
        take(all_slots, "b")
    assert take(all_slots, "c")
    all_slots.leave(held[0])
    with pytest.raises(TooBusy):
        take(all_slots, "b")


def test_a_client_without_a_name_has_no_share_to_keep_to(limits: Settings) -> None:
    """The program's own requests may take all."""
    all_slots = Slots(limits)
    assert [take(all_slots) for _ in range(4)]
    with pytest.raises(TooBusy):
        take(all_slots)


def test_what_waits_is_bounded(limits: Settings) -> None:
    """Beyond half the queue a client is sent away; beyond all of it, everyone."""
    all_slots = Slots(limits)
    for name in "aabc":
        take(all_slots, name)
    with waiting(all_slots, "a", "a"):
        with pytest.raises(ShareExceeded, match="2 of your requests"):
            take(all_slots, "a")
        with waiting(all_slots, "b", "b"), pytest.raises(TooBusy, match="4 requests wait"):
            take(all_slots, "")


def test_a_full_queue_of_as_many_clients_is_full(
    limits: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody has more in the queue than the newest would have, the newest is sent away."""
    monkeypatch.setattr(slots, "LONG", 60)
    all_slots = Slots(limits)
    for name in "aabc":
        take(all_slots, name)
    with waiting(all_slots, *"abcd"), pytest.raises(TooBusy, match="4 requests wait"):
        take(all_slots, "e")


def test_a_free_slot_is_taken_whatever_waits(limits: Settings) -> None:
    """Two clients that fill the queue do not keep a third from the slot that is kept for it."""
    all_slots = Slots(limits)
    for name in "aab":
        take(all_slots, name)
    with waiting(all_slots, "a", "a", "b", "b"):
        slot = take(all_slots, "c")
        all_slots.leave(slot)
        assert take(all_slots, "d")


def test_a_full_queue_makes_room_for_who_has_less_in_it(limits: Settings) -> None:
    """The newest of the client that waits with most goes; the others wait on, and so does it."""
    all_slots = Slots(limits)
    held = [take(all_slots, name) for name in "aabc"]
    ended: list[tuple[str, str]] = []

    def wait(name: str) -> None:
        try:
            all_slots.leave(take(all_slots, name, timeout=20))
            ended.append((name, "served"))
        except TooBusy as error:
            ended.append((name, str(error)))

    threads = []
    for name in ("a", "b", "a", "c", "d"):
        threads.append(threading.Thread(target=wait, args=[name]))
        threads[-1].start()
        while len(all_slots._waiting) + len(ended) < len(threads):
            time.sleep(0.01)
    threads[2].join()
    assert ended == [("a", "The queue is full, and other clients have fewer requests in it.")]
    for slot in held:
        all_slots.leave(slot)
    for thread in threads:
        thread.join()
    assert sorted(ended[1:]) == [(name, "served") for name in "abcd"]


def test_who_waits_longest_is_next(limits: Settings) -> None:
    """Of those who may have a slot; who may not, is passed over and keeps the turn."""
    all_slots = Slots(limits)
    held = [take(all_slots, name) for name in "aabc"]
    served = []

    def wait(name: str) -> None:
        slot = take(all_slots, name, timeout=20)
        served.append(name)
        all_slots.leave(slot)

    threads = []
    for name in ("a", "d", "e"):
        threads.append(threading.Thread(target=wait, args=[name]))
        threads[-1].start()
        while len(all_slots._waiting) + len(served) < len(threads):
            time.sleep(0.01)
    all_slots.leave(held[3])
    for thread in threads[1:]:
        thread.join()
    all_slots.leave(held[0])
    threads[0].join()
    assert served == ["d", "e", "a"]


def test_a_client_that_has_gone_waits_no_more(limits: Settings) -> None:
    """Its request gives up long before the deadline."""
    all_slots = Slots(limits)
    for name in "aabc":
        take(all_slots, name)
    with pytest.raises(ClientGone):
        take(all_slots, "d", timeout=60, gone=True)


def test_the_youngest_long_job_makes_room(
    limits: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where long jobs hold all slots, one ends as soon as another client waits; then no more."""
    monkeypatch.setattr(slots, "LONG", 0.05)
    all_slots, stopped = Slots(limits), []
    for name in "abcd":
        slot = take(all_slots, name)
        slot.deadline += 60
        slot.stop = lambda name=name: stopped.append(name)  # type: ignore[misc]
    time.sleep(0.06)
    take(all_slots, "e", timeout=60).since += 60
    assert stopped == ["d"]
    with pytest.raises(TooBusy):
        take(all_slots, "f")


def test_a_client_that_does_not_read_makes_room(
    limits: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where others wait, its job ends and its connection is closed; who reads keeps its own."""
    monkeypatch.setattr(slots, "LONG", 0.05)
    all_slots, closed = Slots(limits), []
    held = [take(all_slots, name, timeout=60) for name in "abcd"]
    for number in (1, 2):
        held[number].offered = time.monotonic()
        held[number].caller = replace(
            held[number].caller, hang_up=lambda number=number: closed.append(number)
        )
    time.sleep(0.06)
    held[0].offered = held[2].offered = time.monotonic() + 60
    assert take(all_slots, "e", timeout=60)
    assert [slot.lost for slot in held] == [False, True, False, False]
    assert closed == [1]


def test_a_slot_is_not_held_beyond_its_deadline(
    limits: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that reads an answer slowly, after its worker has gone, makes room as well."""
    monkeypatch.setattr(slots, "LONG", 0.05)
    all_slots = Slots(limits)
    held = [take(all_slots, name, timeout=60) for name in "abcd"]
    held[1].deadline = 0
    time.sleep(0.06)
    assert take(all_slots, "e", timeout=60)
    assert [slot.lost for slot in held] == [False, True, False, False]
