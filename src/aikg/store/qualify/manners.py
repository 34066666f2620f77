"""Probes of what an open endpoint needs: deadlines, clients that go, and no way out."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from aikg.errors import AikgError, DeadlineExceeded, StoreRefused
from aikg.store.qualify.probe import Probe, Tried, refused
from aikg.store.qualify.work import Work

#: The deadline that is asked for, and how much later the store may answer, in seconds.
DEADLINE, GRACE = 1.0, 2.0
#: How long the query of these probes takes without a deadline, in seconds, and how many clients go.
LONG, CLIENTS = 6.0, 4
#: How long the query takes that is timed beside theirs, in seconds.
SHORT = 0.3


@contextmanager
def listening() -> Iterator[tuple[int, list[bool]]]:
    """Listen on a port of loopback; yield it, and a list that is filled if somebody connects."""
    came: list[bool] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        over = threading.Event()

        def accept() -> None:
            while not over.is_set():
                with suppress(TimeoutError):
                    listener.accept()[0].close()
                    came.append(True)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield int(listener.getsockname()[1]), came
        finally:
            over.set()
            thread.join()


def _keeps_deadline(tried: Tried) -> tuple[bool, str]:
    work = Work(tried, "deadline")
    work.size_for(LONG)
    began = time.monotonic()
    try:
        # The client waits longer than the deadline: the store is to end the query by itself.
        with tried.store.ask(work.query, _ROWS, DEADLINE, grace=LONG * 3) as answer:
            answer.read()
    except (DeadlineExceeded, StoreRefused):
        took = time.monotonic() - began
        return took < DEADLINE + GRACE, f"timeout={DEADLINE:g} ended the query after {took:.1f} s"
    took = time.monotonic() - began
    return False, f"timeout={DEADLINE:g} did not end a query, which was answered after {took:.1f} s"


_ROWS = "application/sparql-results+json"


def _ends_with_client(tried: Tried) -> tuple[bool, str]:
    """Compare a short query alone, beside clients that have gone, and beside clients that wait."""
    work, short = Work(tried, "gone"), Work(tried, "short")
    work.size_for(LONG)
    short.size_for(SHORT)
    idle = min(short.seconds(60) for _ in range(3))
    _start_and_leave(tried, work)
    time.sleep(0.5)
    after = min(short.seconds(60) for _ in range(2))
    ratio = after / idle
    found = f"{CLIENTS} clients gone: another query takes {ratio:.1f} times as long as alone"
    return ratio < 1.6, found


def _start_and_leave(tried: Tried, work: Work) -> None:
    def ask() -> None:
        with (
            suppress(AikgError),
            tried.store.ask(work.query, _ROWS, 0.5, deadline=False, grace=0.0),
        ):
            pass

    threads = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _refuses_service(tried: Tried) -> tuple[bool, str]:
    with listening() as (port, came):
        query = f"SELECT * {{ SERVICE <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}"
        said = refused(lambda: tried.store.select(query, 10))
    return _outward(bool(came), said, "SERVICE")


def _refuses_load(tried: Tried) -> tuple[bool, str]:
    with listening() as (port, came):
        graph = tried.traces.name("load")
        said = refused(
            lambda: tried.store.update(f"LOAD <http://127.0.0.1:{port}/> INTO GRAPH {graph}", 10)
        )
    return _outward(bool(came), said, "LOAD")


def _outward(came: bool, said: str, word: str) -> tuple[bool, str]:
    if came:
        return False, f"{word} opens a connection that the query names"
    if not said:
        return False, f"{word} is not refused"
    return True, f"refused: {said[:100]}"


def _refuses_update_as_query(tried: Tried) -> tuple[bool, str]:
    node, value = tried.traces.name("smuggled"), tried.traces.name("smuggled-value")
    said = refused(lambda: tried.store.select(f"INSERT DATA {{ {node} {value} 'x' }}", 10))
    written = tried.store.holds(f"ASK {{ {node} {value} ?o }}")
    if written:
        return False, "the address for queries takes an update"
    return bool(said), f"refused: {said[:100]}" if said else "an update was answered as a query"


PROBES = [
    Probe(
        "a deadline is kept",
        "A query could use the store for hours, and others would wait.",
        _keeps_deadline,
    ),
    Probe(
        "a query ends with its client",
        "A query that nobody waits for runs on until its deadline; aikg always names one.",
        _ends_with_client,
        needed=False,
    ),
    Probe(
        "SERVICE is refused",
        "Nobody but aikg may reach the store: aikg refuses SERVICE, and the store would follow it.",
        _refuses_service,
        writes=False,
        needed=False,
    ),
    Probe(
        "LOAD is refused",
        "Nobody but aikg may reach the store: aikg refuses LOAD, and the store would follow it.",
        _refuses_load,
        needed=False,
    ),
    Probe(
        "updates only at their own address",
        "Nobody but aikg may reach the store: a query could change the graph.",
        _refuses_update_as_query,
        needed=False,
    ),
]
