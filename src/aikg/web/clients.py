"""The name of a client, and the shares that are counted by it."""

from __future__ import annotations

import ipaddress
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from aikg.errors import ShareExceeded, TooBusy

#: The bits of an IPv6 address that are one client's: a provider's network for a household.
_HOUSEHOLD = 64
#: How many addresses are remembered, because each request asks about one.
_REMEMBERED = 1 << 12
#: An address with a port, as proxies write it in X-Forwarded-For.
_WITH_PORT = re.compile(r"\[(?P<six>[^\]]*)\](?::\d{1,5})?|(?P<four>\d+\.\d+\.\d+\.\d+):\d{1,5}")


@lru_cache(_REMEMBERED)
def client_name(address: str) -> str:
    """Return the name that a client's requests are counted by.

    Args:
        address: An IPv4 or IPv6 address.

    Returns:
        The IPv4 address, also of an IPv4-mapped IPv6 address; or the /64 network of an IPv6
        address; or the text itself where it is not an address.
    """
    parsed = _parse(address)
    if parsed is None:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, _HOUSEHOLD), strict=False))


@lru_cache(_REMEMBERED)
def is_same(one: str, other: str) -> bool:
    """Return whether two texts are the same address; IPv4-mapped IPv6 is IPv4."""
    parsed = _parse(one)
    return parsed is not None and parsed == _parse(other)


def forwarded_client(header: str) -> str | None:
    """Return the client's name from `X-Forwarded-For`: the address that the proxy itself added.

    Args:
        header: The header's value; each address may have a port.

    Returns:
        The name, or None where the last element is not an address.
    """
    last = header.rpartition(",")[2].strip().strip('"')
    if match := _WITH_PORT.fullmatch(last):
        last = match["six"] or match["four"] or ""
    return client_name(last) if _parse(last) else None


def _parse(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


class Shares:
    """A quantity that all clients share; threads may use it.

    Args:
        most: The most that all clients may have together.
        each: The most that one client may have.
        what: The counted things in the plural, for messages.
    """

    def __init__(self, most: int, each: int, what: str) -> None:
        self.most, self.each, self._what = most, each, what
        self._lock = threading.Lock()
        self._had: Counter[str] = Counter()
        self._all = 0

    def take(self, client: str, count: int = 1, *, whole: bool = False) -> None:
        """Count something as a client's.

        Args:
            client: The client's name.
            count: How much of it.
            whole: Whether this client may have all, as a proxy that speaks for many.

        Raises:
            ShareExceeded: The client would have more than one client may.
            TooBusy: All clients together would have too much.
        """
        with self._lock:
            if not whole and self._had[client] + count > self.each:
                raise ShareExceeded(
                    f"Your address has reached its limit of {self.each:,} {self._what} at once.",
                    advice="Close some, or wait until they are answered.",
                )
            if self._all + count > self.most:
                raise TooBusy(
                    f"The server has reached its limit of {self.most:,} {self._what} at once.",
                    advice="Try again in a few seconds.",
                )
            self._had[client] += count
            self._all += count

    @contextmanager
    def holding(self, client: str, count: int) -> Iterator[None]:
        """Count something as a client's until the end of the block; see `take`."""
        self.take(client, count)
        try:
            yield
        finally:
            self.give_back(client, count)

    def give_back(self, client: str, count: int = 1) -> None:
        """Return part of a client's share."""
        with self._lock:
            self._all -= count
            self._had[client] -= count
            if self._had[client] <= 0:
                del self._had[client]
