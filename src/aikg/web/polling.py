"""Which connections can be read or written: the kernel is asked again only about what changed."""

from __future__ import annotations

import select
from typing import Any

from waitress.wasyncore import readwrite

_READ, _WRITE = select.POLLIN | select.POLLPRI, select.POLLOUT


class Poller:
    """Watches the objects of a map; only the thread of the loop may use it.

    It is `poll`, not `epoll`: while another process is started, `epoll` still reports what happens
    to a closed connection, under a number that a new one may have by then.

    Args:
        map: The objects by their descriptors, as waitress keeps them.
    """

    def __init__(self, map: dict[int, Any]) -> None:
        self._map = map
        self._kernel = select.poll()
        #: What the kernel watches: the object and its flags, by the descriptor.
        self._watched: dict[int, tuple[Any, int]] = {}

    def look(self, descriptor: int | None) -> None:
        """Let the kernel watch for what an object waits for at this moment."""
        if descriptor is None:
            return
        found = self._map.get(descriptor)
        flags = 0
        if found is not None:
            if found.readable():
                flags = _READ
            if not found.accepting and found.writable():
                flags |= _WRITE
        known = self._watched.get(descriptor)
        if known is None:
            if flags:
                self._register(descriptor, found, flags)
        elif not flags:
            self._forget(descriptor)
        elif known[0] is not found:  # another connection has the number now
            self._forget(descriptor)
            self._register(descriptor, found, flags)
        elif known[1] != flags:
            self._kernel.modify(descriptor, flags)
            self._watched[descriptor] = (found, flags)

    def await_answer(self, descriptor: int, found: Any) -> None:
        """Watch an object of the map that waits for something to read until it is released."""
        if descriptor in self._watched:
            self._forget(descriptor)
        self._register(descriptor, found, _READ)

    def release(self, descriptor: int) -> None:
        """Watch an object no more."""
        if descriptor in self._watched:
            self._forget(descriptor)

    def look_at_all(self) -> None:
        """Do so for every object; other threads may have changed any of them."""
        for descriptor in [*self._map, *self._watched]:
            self.look(descriptor)

    def poll(self, seconds: float) -> None:
        """Wait until something can be read or written, and let its object do it.

        Args:
            seconds: The longest time.
        """
        for descriptor, flags in self._kernel.poll(seconds * 1000):
            found = self._map.get(descriptor)
            # The number may be another connection's since.
            if found is not None and self._watched[descriptor][0] is found:
                readwrite(found, flags)
            self.look(descriptor)

    def _register(self, descriptor: int, found: Any, flags: int) -> None:
        self._kernel.register(descriptor, flags)
        self._watched[descriptor] = (found, flags)

    def _forget(self, descriptor: int) -> None:
        del self._watched[descriptor]
        self._kernel.unregister(descriptor)
