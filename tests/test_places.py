"""The places for jobs: nobody takes all of them, and nobody waits without end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from aikg.engine import places
from aikg.engine.places import Caller, Place, Places, caller
from aikg.errors import ClientGone, ShareExceeded, TooBusy
from aikg.settings import Settings


@pytest.fixture
def limits(small: Settings) -> Settings:
    """Four places, two of them at most one client's, one kept."""
    return replace(small, workers=4, share=2, reserve=1, queue=4)


def take(all_places: Places, name: str = "", timeout: float = 0.3, gone: bool = False) -> Place:
    """Take a place for somebody."""
    caller.set(Caller(name, lambda: gone))
    return all_places.take(timeout)


@contextmanager
def waiting(all_places: Places, *names: str) -> Iterator[None]:
    """Let somebody wait in other threads, for as long as the block takes."""
    caller.set(Caller())

    def wait(name: str) -> None:
        with pytest.raises(TooBusy):
            take(all_places, name, timeout=1)

    threads = [threading.Thread(target=wait, args=[name]) for name in names]
    for thread in threads:
        thread.start()
    while len(all_places._waiting) < len(names):
        time.sleep(0.01)
    yield
    for thread in threads:
        thread.join()


def test_a_client_has_no_more_than_its_share(limits: Settings) -> None:
    """Its third request waits, though places are free for others."""
    all_places = Places(limits)
    first, _ = take(all_places, "a"), take(all_places, "a")
    with pytest.raises(TooBusy, match="waited for its turn"):
        take(all_places, "a")
    assert take(all_places, "b")
    all_places.leave(first)
    assert take(all_places, "a")


def test_the_last_places_are_for_those_who_have_none(limits: Settings) -> None:
    """A second request of the same client waits for a place that is not kept."""
    all_places = Places(limits)
    held = [take(all_places, name) for name in "aab"]
    with pytest.raises(TooBusy):
        take(all_places, "b")
    assert take(all_places, "c")
    all_places.leave(held[0])
    with pytest.raises(TooBusy):
        take(all_places, "b")


def test_a_client_without_a_name_has_no_share_to_keep_to(limits: Settings) -> None:
    """The program's own requests may take all."""
    all_places = Places(limits)
    assert [take(all_places) for _ in range(4)]
    with pytest.raises(TooBusy):
        take(all_places)


def test_what_waits_is_bounded(limits: Settings) -> None:
    """Beyond half the queue a client is sent away; beyond all of it, everyone."""
    all_places = Places(limits)
    for name in "aabc":
        take(all_places, name)
    with waiting(all_places, "a", "a"):
        with pytest.raises(ShareExceeded, match="2 requests of yours"):
            take(all_places, "a")
        with waiting(all_places, "b", "b"), pytest.raises(TooBusy, match="4 requests wait"):
            take(all_places, "")


def test_a_full_queue_of_as_many_clients_is_full(
    limits: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody has more in the queue than the newest would have, the newest is sent away."""
    monkeypatch.setattr(places, "LONG", 60)
    all_places = Places(limits)
    for name in "aabc":
        take(all_places, name)
    with waiting(all_places, *"abcd"), pytest.raises(TooBusy, match="4 requests wait"):
        take(all_places, "e")


def test_a_free_place_is_taken_whatever_waits(limits: Settings) -> None:
    """Two clients that fill the queue do not keep a third from the place that is kept for it."""
    all_places = Places(limits)
    for name in "aab":
        take(all_places, name)
    with waiting(all_places, "a", "a", "b", "b"):
        place = take(all_places, "c")
        all_places.leave(place)
        assert take(all_places, "d")


def test_a_full_queue_makes_room_for_who_has_less_in_it(limits: Settings) -> None:
    """The newest of the client that waits with most goes; the others wait on, and so does it."""
    all_places = Places(limits)
    held = [take(all_places, name) for name in "aabc"]
    ended: list[tuple[str, str]] = []

    def wait(name: str) -> None:
        try:
            all_places.leave(take(all_places, name, timeout=20))
            ended.append((name, "served"))
        except TooBusy as error:
            ended.append((name, str(error)))

    threads = []
    for name in ("a", "b", "a", "c", "d"):
        threads.append(threading.Thread(target=wait, args=[name]))
        threads[-1].start()
        while len(all_places._waiting) + len(ended) < len(threads):
            time.sleep(0.01)
    threads[2].join()
    assert ended == [("a", "The queue was needed for clients with fewer requests.")]
    for place in held:
        all_places.leave(place)
    for thread in threads:
        thread.join()
    assert sorted(ended[1:]) == [(name, "served") for name in "abcd"]


def test_who_waits_longest_is_next(limits: Settings) -> None:
    """Of those who may have a place; who may not, is passed over and keeps the turn."""
    all_places = Places(limits)
    held = [take(all_places, name) for name in "aabc"]
    served = []

    def wait(name: str) -> None:
        place = take(all_places, name, timeout=20)
        served.append(name)
        all_places.leave(place)

    threads = []
    for name in ("a", "d", "e"):
        threads.append(threading.Thread(target=wait, args=[name]))
        threads[-1].start()
        while len(all_places._waiting) + len(served) < len(threads):
            time.sleep(0.01)
    all_places.leave(held[3])
    for thread in threads[1:]:
        thread.join()
    all_places.leave(held[0])
    threads[0].join()
    assert served == ["d", "e", "a"]


def test_a_client_that_has_gone_waits_no_more(limits: Settings) -> None:
    """Its request gives up long before the deadline."""
    all_places = Places(limits)
    for name in "aabc":
        take(all_places, name)
    with pytest.raises(ClientGone):
        take(all_places, "d", timeout=60, gone=True)


def test_the_youngest_long_job_makes_room(
    limits: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where long jobs hold all places, one ends as soon as another client waits; then no more."""
    monkeypatch.setattr(places, "LONG", 0.05)
    all_places, stopped = Places(limits), []
    for name in "abcd":
        place = take(all_places, name)
        place.deadline += 60
        place.stop = lambda name=name: stopped.append(name)  # type: ignore[misc]
    time.sleep(0.06)
    take(all_places, "e", timeout=60).since += 60
    assert stopped == ["d"]
    with pytest.raises(TooBusy):
        take(all_places, "f")


def test_a_place_is_not_held_beyond_its_deadline(
    limits: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads an answer slowly, after its worker has gone, makes room as well."""
    monkeypatch.setattr(places, "LONG", 0.05)
    all_places = Places(limits)
    held = [take(all_places, name, timeout=60) for name in "abcd"]
    held[1].deadline = 0
    time.sleep(0.06)
    assert take(all_places, "e", timeout=60)
    assert [place.lost for place in held] == [False, True, False, False]
