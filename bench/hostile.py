"""Long queries: how far they overshoot their deadline, and who else feels them."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Sequence
from random import Random

from bench.client import Client
from bench.report import Goal, Section, milliseconds, percentile
from bench.servers import OURS, Server
from bench.workload import SMALL, Workload, unseen

#: Every query has an end. On the graphs of the benchmark it lies far behind the deadlines.
_ROWS = "{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } LIMIT 100000000"
_PAIRS = "{ SELECT ?c ?f { ?a ?b ?c . ?d ?e ?f } LIMIT 10000000 }"
QUERIES = {
    "product, counted": f"SELECT (COUNT(*) AS ?n) {{ {{ SELECT * {_ROWS} }} }}",
    "product, sorted": f"SELECT * {{ {_PAIRS} }} ORDER BY ?f ?c LIMIT 10",
    "product, distinct": f"SELECT (COUNT(DISTINCT ?x) AS ?n) {{ {_PAIRS} "
    "BIND(CONCAT(STR(?c), STR(?f)) AS ?x) }",
    "product, as rows": f"SELECT * {_ROWS}",
    "regular expression": f"SELECT (COUNT(*) AS ?n) {{ {_PAIRS} FILTER(REGEX(STR(?c), STR(?f))) }}",
    "path": "SELECT (COUNT(*) AS ?n) { { SELECT ?s ?o { ?s !<urn:x>/!<urn:x>/!<urn:x> ?o . "
    "?a ?b ?c } LIMIT 100000000 } }",
}
DEADLINES = (0.3, 0.5, 0.8, 1.2)
#: The address that hostile clients speak from; others speak from 127.0.0.1.
ELSEWHERE = "127.0.0.2"
CLIENTS = 10


def overshoot(server: Server, cases: int) -> Section:
    """Send queries with short deadlines, one after the other."""
    found: dict[str, list[float]] = {name: [] for name in QUERIES}
    ended_early = 0
    pairs = itertools.cycle(itertools.product(DEADLINES, QUERIES))
    for deadline, name in itertools.islice(pairs, cases):
        with Client(server.url) as client:
            timed = client.ask(unseen(QUERIES[name]), timeout=str(deadline))
        ended_early += timed.whole < deadline
        found[name].append(timed.whole - deadline)
    every = [seconds for each in found.values() for seconds in each]
    late = sum(seconds >= 0.1 for seconds in every)
    return Section(
        title="Deadlines",
        method=f"{cases} long queries, with deadlines of {DEADLINES[0]} to "
        f"{DEADLINES[-1]} s, one after the other; the time from the request to the last byte, or "
        f"to the end of the connection, above the deadline. {ended_early} of them ended before it, "
        "with an error of their own.",
        header=("query", "cases", "median, ms", "most, ms"),
        rows=[
            [name, str(len(each)), *(milliseconds(percentile(each, p)) for p in (50, 100))]
            for name, each in found.items()
            if each
        ],
        goals=[
            Goal(
                "a deadline is overshot by less than 100 ms in 99 of 100 cases",
                f"in {len(every) - late} of {len(every)}",
                late <= len(every) / 100,
            )
        ],
    )


def neighbours(servers: Sequence[Server], workload: Workload, samples: int) -> Section:
    """Time small queries alone, and beside clients that send long queries."""
    rows, goals = [], []
    for server in servers:
        quiet = _small(server, workload, samples)
        stop = threading.Event()
        threads = [
            threading.Thread(target=_attack, args=(server, number, stop))
            for number in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        time.sleep(2)
        busy = _small(server, workload, samples)
        stop.set()
        for thread in threads:
            thread.join()
        before, during = percentile(quiet, 95), percentile(busy, 95)
        rows.append([server.name, *map(milliseconds, (before, during)), f"{during / before:.1f}"])
        if server.name == OURS:
            text = "small queries' 95th percentile within three times, beside ten hostile queries"
            goals.append(Goal(text, f"{during / before:.1f} times", during <= 3 * before))
    return Section(
        title="Small queries beside hostile ones",
        method=f"{samples} small queries, new ones, one after the other: first alone, then while "
        f"{CLIENTS} clients at another address send long queries, each with a deadline "
        "of 5 s.",
        header=("server", "alone, 95th percentile, ms", "beside them, ms", "ratio"),
        rows=rows,
        goals=goals,
    )


def _small(server: Server, workload: Workload, samples: int) -> list[float]:
    random, templates = Random(samples), workload.of_kind(SMALL)
    with Client(server.url) as client:
        taken = [
            client.ask(unseen(workload.fill(random.choice(templates), random)))
            for _ in range(samples)
        ]
    return [timed.whole if timed.good else float("inf") for timed in taken]


def _attack(server: Server, number: int, stop: threading.Event) -> None:
    # Counted, not sent: the client's own work would be felt too.
    counted = [text for name, text in QUERIES.items() if name != "product, as rows"]
    with Client(server.url, source=ELSEWHERE) as client:
        for turn in itertools.count(number):
            if stop.is_set():
                return
            timed = client.ask(unseen(counted[turn % len(counted)]), timeout="5")
            if timed.whole < 0.05:
                time.sleep(0.05)  # refused at once: a client that tries again
