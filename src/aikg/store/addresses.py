"""Where a store is, who asks it, and the connection to it, which ends at a deadline.

A password stands in a netrc file only, and no error contains it.
"""

from __future__ import annotations

import contextlib
import http.client
import netrc
import os
import socket
import ssl
import stat
import threading
import time
import urllib.parse
from base64 import b64encode
from pathlib import Path

from aikg.characters import visible
from aikg.errors import DeadlineExceeded, SettingError, StoreUnreachable


def parts_of(address: str) -> urllib.parse.SplitResult:
    """Return the parts of an address of HTTP; what may be a password is never shown."""
    try:
        parts = urllib.parse.urlsplit(address)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or any(c.isspace() or not c.isprintable() for c in address):
        raise SettingError(
            "The address of the store is not one of HTTP.",
            advice="Write it as in http://127.0.0.1:3030/aikg/query.",
        )
    if "@" in parts.netloc:
        raise SettingError(
            "The address of the store contains a user, and maybe a password, which others could "
            "read in a list of processes.",
            advice="Write both to a netrc file of mode 0600: `machine HOST login USER password "
            "PASSWORD`; the variable NETRC names it.",
        )
    return parts


def authorization(address: str) -> str:
    """Return the header for a store, from the netrc file; empty if that has no line for it.

    The file is the one that the variable NETRC names, or `.netrc` of the home.

    Raises:
        SettingError: Others can read the file, or it is not a netrc file.
    """
    file = Path(os.environ.get("NETRC") or Path.home() / ".netrc")
    if not file.is_file():
        return ""
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise SettingError(
            f"Others can read {file}, which contains passwords.", advice=f"Run `chmod 600 {file}`."
        )
    try:
        found = netrc.netrc(str(file)).authenticators(parts_of(address).hostname or "")
    except (netrc.NetrcParseError, UnicodeDecodeError):
        raise SettingError(
            f"{file} is not a netrc file.",
            advice="Write lines such as `machine HOST login USER password PASSWORD`.",
        ) from None
    if found is None:
        return ""
    return "Basic " + b64encode(f"{found[0]}:{found[2]}".encode()).decode()


def connected(parts: urllib.parse.SplitResult, timeout: float) -> http.client.HTTPConnection:
    """Return a connection to an address, which is not open yet.

    Args:
        parts: What `parts_of` returns.
        timeout: How long one read or write may take, in seconds.
    """
    host = parts.hostname or ""
    if parts.scheme == "https":
        secure = ssl.create_default_context()
        return http.client.HTTPSConnection(host, parts.port, timeout=timeout, context=secure)
    return http.client.HTTPConnection(host, parts.port, timeout=timeout)


class DeadlineTimer:
    """Shuts a connection down at a deadline, so that a store which answers slowly ends too."""

    def __init__(self, seconds: float) -> None:
        """Begin to count the seconds."""
        self._seconds = seconds
        self._end = time.monotonic() + seconds
        self._timer: threading.Timer | None = None

    @property
    def passed(self) -> bool:
        """Whether the deadline is over."""
        return time.monotonic() >= self._end

    def watch(self, sock: socket.socket) -> None:
        """Shut a connection down at the deadline."""
        sock.settimeout(self._seconds)

        def shut() -> None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

        self._timer = threading.Timer(max(0.0, self._end - time.monotonic()), shut)
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        """Let the connection be."""
        if self._timer is not None:
            self._timer.cancel()

    def explain(self, host: str, error: Exception) -> DeadlineExceeded | StoreUnreachable:
        """Return the error of a connection that broke, in words."""
        if self.passed or isinstance(error, TimeoutError):
            return DeadlineExceeded(
                f"The store at {host} did not answer within {self._seconds:g} s.",
                advice="Ask for less, or wait longer.",
            )
        said = visible(str(error) or type(error).__name__)
        return StoreUnreachable(
            f"The store at {host} does not answer: {said}.",
            advice="Check that it runs, and its address.",
        )
