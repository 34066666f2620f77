"""Processes of the engine are killed at random while clients ask: an answer, or an error.

`make soak` does the same some hundreds of times (`--rounds`).
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest
from processes import assert_unharmed, holder, runs, workers
from serving import Server, start

from aikg.settings import Settings

#: Queries with the size of their answer in CSV: short ones, one in many pieces, one that sorts.
QUERIES = {
    **{f"SELECT ?o {{ <urn:s{n}> <urn:p> ?o }}": len(f"o\r\n{n}\r\n") for n in range(100)},
    "SELECT ?o { ?a <urn:p> ?b . ?c <urn:p> ?d BIND('x' AS ?o) } LIMIT 200000": 3 + 3 * 200_000,
    "SELECT ?o { ?s <urn:p> ?o } ORDER BY DESC(?o) LIMIT 1": len("o\r\n999\r\n"),
}
CLIENTS = 6


@dataclass
class Seen:
    """What the clients got."""

    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def ask(server: Server, query: str) -> str:
    """Ask once; return how it ended, or what was wrong with the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    # The comment makes it another query, which no cache has.
    target = f"/sparql?format=csv&query={quote(f'{query} # {random.random()}')}"
    try:
        connection.request("GET", target)
        reply = connection.getresponse()
        body = reply.read()
    except http.client.IncompleteRead:
        return "broken off"
    except TimeoutError:
        return "wrong: no answer in a minute"
    finally:
        connection.close()
    if reply.status == 200:
        return "answered" if len(body) == QUERIES[query] else f"wrong: {query}: {body[:80]!r}"
    if reply.status in {500, 503} and json.loads(body)["advice"]:
        return f"status {reply.status}"
    return f"wrong: status {reply.status}"


def ask_until(server: Server, ended: threading.Event, seen: Seen) -> None:
    """Ask at random, until it is over."""
    while not ended.is_set():
        # Half of them are short, the others are not.
        query = random.choice(list(QUERIES)[-2:] if random.random() < 0.5 else list(QUERIES))
        outcome = ask(server, query)
        seen.outcomes[outcome] += 1
        if outcome.startswith("wrong"):
            seen.wrong.append(outcome)


def kill_one(server: Server) -> str:
    """Kill the process that holds the graph, or one of its workers."""
    held = holder(server)
    below = workers(server)
    which = held if random.random() < 0.3 or not below else random.choice(below)
    if which is None:
        return "nobody was there"
    with contextlib.suppress(ProcessLookupError):
        os.kill(which, signal.SIGKILL)
    return "holder" if which == held else "worker"


def await_workers(server: Server) -> None:
    """Wait until the engine is up again: who kills it before only sees it start."""
    for _ in range(600):
        if workers(server):
            return
        time.sleep(0.05)
    pytest.fail("the engine does not start again")


def test_kills_at_random(small: Settings, pytestconfig: pytest.Config) -> None:
    """No wrong answer, no hang; at the end all is as at the beginning, and nothing is left."""
    killed: Counter[str] = Counter()
    seen = Seen()
    everyone: set[int] = set()
    with start(small) as server:
        ended = threading.Event()
        arguments = [server, ended, seen]
        clients = [threading.Thread(target=ask_until, args=arguments) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        for _ in range(pytestconfig.getoption("rounds")):
            await_workers(server)
            time.sleep(random.uniform(0.02, 0.3))
            everyone |= {holder(server) or 0, *workers(server)}
            killed[kill_one(server)] += 1
        ended.set()
        for client in clients:
            client.join()
        for query in QUERIES:
            assert ask(server, query) == "answered"
        assert_unharmed(server)
    print(f"killed {dict(killed)}; clients saw {dict(seen.outcomes)}")  # noqa: T201
    assert not seen.wrong
    assert seen.outcomes["answered"] > 0
    for _ in range(100):
        if not any(map(runs, everyone)):
            return
        time.sleep(0.1)
    pytest.fail("a process is left")
