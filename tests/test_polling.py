"""The loop's watch over connections: it sees what happens to the present owner of a number only."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import Any

from aikg.web.polling import Poller


@dataclass
class Watched:
    """An object of the loop's map that counts how often it should read."""

    reads: bool = True
    read: int = 0
    accepting = False

    def readable(self) -> bool:
        """Return whether it waits for data."""
        return self.reads

    def writable(self) -> bool:
        """Return that it never has anything to send."""
        return False

    def handle_read_event(self) -> None:
        """Count."""
        self.read += 1


def test_a_number_belongs_to_the_present_connection() -> None:
    """Also while a process that starts still has the connection that had the number before."""
    map: dict[int, Any] = {}
    poller = Poller(map)
    ours, theirs = socket.socketpair()
    new, news = socket.socketpair()
    number = ours.fileno()
    kept = os.dup(number)
    with theirs, news, new:
        map[number] = Watched()
        poller.look(number)
        os.dup2(new.fileno(), number)  # closes what had the number
        owner = map[number] = Watched()
        poller.look(number)
        theirs.send(b"x")
        poller.poll(0.01)
        assert owner.read == 0
        news.send(b"x")
        poller.poll(1)
        assert owner.read == 1
        ours.close()
        os.close(kept)


def test_the_kernel_is_asked_about_what_waits_only() -> None:
    """One that reads no more, or is no longer in the map, is not called."""
    map: dict[int, Any] = {}
    poller = Poller(map)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        one = map[ours.fileno()] = Watched()
        poller.look_at_all()
        theirs.send(b"x")
        poller.poll(1)
        one.reads = False
        poller.look_at_all()
        poller.poll(0.01)
        assert one.read == 1
        one.reads = True
        poller.look_at_all()
        del map[ours.fileno()]
        poller.poll(1)
        poller.poll(0.01)
        assert one.read == 1
        assert not poller._watched
