"""Load from few clients, and how long the others wait meanwhile; `make soak` prints the rows.

Each row is one kind of load, alone on a server of its own with the shipped graph. Beside it a small
query and `/health` are asked from another address, all the time. The control asks the same of the
same server without the load. The bounds are those of issue and documentation: an answer within a
second, and no more memory in the process that speaks HTTP than `MEMORY`.
"""

from __future__ import annotations

import contextlib
import http.client
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

import click
from serving import SLOW, Server, start

from aikg import settings
from aikg.graph import ensure_built
from aikg.settings import Settings

#: The longest wait of another client, in seconds.
WAIT = 1.0
#: The most memory of the process that speaks HTTP, in bytes.
MEMORY = 512 << 20
#: From where the others ask, and from where the load comes.
_OTHERS, _LOAD = "127.0.0.1", "127.0.4."
#: How large a file is in the load, in bytes.
LARGE = 38_000_000


@dataclass
class Row:
    """What one kind of load did to the others.

    Attributes:
        name: The load.
        waits: How long each request of the others took, in seconds; infinite without an answer.
        memory: The most memory of the process that speaks HTTP, in bytes.
        answers: What the load itself was answered: how often each status, 0 for no answer.
    """

    name: str
    waits: dict[str, list[float]] = field(
        default_factory=lambda: {"/health": [], "a small query": []}
    )
    memory: int = 0
    answers: Counter[int] = field(default_factory=Counter)

    @property
    def is_good(self) -> bool:
        """Whether the others were answered within the bound, and the memory stayed within its."""
        longest = max(wait for waits in self.waits.values() for wait in waits)
        return longest <= WAIT and self.memory <= MEMORY

    def write(self) -> str:
        """Return the row as text."""
        parts = [
            f"{name} {len(waits)} times, median {1000 * sorted(waits)[len(waits) // 2]:.0f} ms, "
            f"longest {1000 * max(waits):.0f} ms"
            for name, waits in self.waits.items()
        ]
        answers = ", ".join(
            f"{n} x {status or 'none'}" for status, n in sorted(self.answers.items())
        )
        parts.append(f"memory {self.memory >> 20} MB")
        parts.append(f"the load was answered: {answers or 'nothing yet'}")
        return f"{'good' if self.is_good else 'BAD '} {self.name}: " + "; ".join(parts)


def _memory(process: int) -> int:
    """Return how much memory a process has now, in bytes."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) << 10


def watch(server: Server, row: Row, seconds: float) -> None:
    """Ask as another client does, for some time."""
    end = time.monotonic() + seconds
    number = 0
    while time.monotonic() < end:
        number += 1
        query = quote(f"ASK {{}} # {number}")  # new each time, so that no cache answers
        targets = {"/health": "/health", "a small query": f"/sparql?query={query}"}
        for name, target in targets.items():
            row.waits[name].append(_ask(server, target))
        row.memory = max(row.memory, _memory(server.process.pid))
        time.sleep(0.05)


def _ask(server: Server, target: str) -> float:
    began = time.monotonic()
    connection = http.client.HTTPConnection(
        "127.0.0.1", server.port, timeout=10, source_address=(_OTHERS, 0)
    )
    try:
        connection.request("GET", target)
        answer = connection.getresponse()
        answer.read()
        if answer.status == 200:
            return time.monotonic() - began
        click.echo(f"{target} was answered {answer.status} {answer.reason}", err=True)
    except (OSError, http.client.HTTPException) as error:
        click.echo(f"{target} was not answered: {error!r}", err=True)
    finally:
        connection.close()
    return float("inf")


@contextmanager
def no_load(server: Server, row: Row) -> Iterator[None]:
    """Do nothing: the control."""
    yield


@contextmanager
def half_open(server: Server, row: Row, count: int = 1_100) -> Iterator[None]:
    """Open connections of one address, each with half a head; open those anew that end."""
    with _repeating(
        count, 1, lambda stop, source: _send(server, source, b"GET / HTTP/1.1\r\n", row, stop)
    ):
        yield


@contextmanager
def long_queries(server: Server, row: Row, count: int = 40) -> Iterator[None]:
    """Send long queries of two clients, and each again once it is answered."""
    query = quote(SLOW)
    request = f"GET /sparql?query={query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    with _repeating(count, 2, lambda stop, source: _send(server, source, request, row, stop)):
        yield


@contextmanager
def validations(server: Server, row: Row, count: int = 20, size: int = LARGE) -> Iterator[None]:
    """Send large files of five clients, and each again once it is answered."""
    line = b"# nothing but a comment, which the parser reads and forgets " + b"." * 39 + b"\n"
    body = line * (size // len(line))
    head = "POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: text/turtle\r\n"
    head += f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    request = head.encode() + body
    with _repeating(count // 5, 5, lambda stop, source: _send(server, source, request, row, stop)):
        yield


@contextmanager
def _repeating(
    count: int, sources: int, send: Callable[[threading.Event, str], None]
) -> Iterator[None]:
    """Let each of some addresses do something so many times at once, until the end of the block."""
    stop = threading.Event()

    def repeat(source: str) -> None:
        while not stop.is_set():
            send(stop, source)
            stop.wait(0.5)

    threads = [
        threading.Thread(target=repeat, args=[f"{_LOAD}{number % sources + 1}"], daemon=True)
        for number in range(count * sources)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _send(server: Server, source: str, request: bytes, row: Row, stop: threading.Event) -> None:
    """Send bytes, and wait for the status of the answer or for the end of the load."""
    received = b""
    with contextlib.suppress(OSError), ExitStack() as stack:
        connection = stack.enter_context(
            socket.create_connection(
                ("127.0.0.1", server.port), timeout=60, source_address=(source, 0)
            )
        )
        with contextlib.suppress(ConnectionError):
            connection.sendall(request)
        connection.settimeout(0.2)
        while not stop.is_set() and len(received) < 12:
            try:
                piece = connection.recv(4096)
            except TimeoutError:
                continue
            if not piece:
                break
            received += piece
    if not stop.is_set() or received:
        row.answers[int(received.split()[1]) if len(received) >= 12 else 0] += 1


LOADS = {
    "control, no load": no_load,
    "1,100 half-open connections of one address": half_open,
    "40 long queries of each of two clients": long_queries,
    "20 waiting validations of 38 MB": validations,
}


def rows(configured: Settings, seconds: float) -> Iterator[Row]:
    """Put each load in turn on a server of its own, and the control before and after all.

    Args:
        configured: Where the built graph is.
        seconds: How long each load is kept up.
    """
    names = [*LOADS, next(iter(LOADS))]
    for name in names:
        row = Row(name)
        # With the defaults, most of what waits here would be refused at once: a file may have
        # 20 MB, and all bodies together 512 MB, a quarter of it one client's.
        wide = replace(configured, submission_bytes=40_000_000, bodies=2_000_000_000)
        with start(wide) as server:
            watch(server, Row("warm"), 1)
            with LOADS[name](server, row):
                watch(server, row, seconds)
        yield row


@click.command()
@click.option("--seconds", default=30.0, show_default=True, help="How long each load is kept up.")
def main(seconds: float) -> None:
    """Print a row for each load, with the control before and after; fail where one is bad."""
    configured = settings.from_environment()
    with tempfile.TemporaryDirectory() as folder:
        ensure_built(configured)
        shutil.copy(configured.graph, folder)
        found = []
        for row in rows(replace(configured, home=Path(folder)), seconds):
            click.echo(row.write())
            found.append(row)
    sys.exit(not all(row.is_good for row in found))


if __name__ == "__main__":
    main()
