"""How long one client waits: each query on each server in turn, round by round."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from random import Random

import pyoxigraph as ox

from bench.client import Client
from bench.report import Goal, Section, median, milliseconds, percentile, times
from bench.servers import AGAIN, CONTROL, DISK, FUSEKI, OURS, RDFLIB, Server
from bench.setting import Setting
from bench.workload import HEAVY, SMALL, Workload, unseen

#: The engine's library without any server.
IN_PROCESS = "in process"

#: Asks one query: gives the seconds that it took, or None where there was no whole answer.
Ask = Callable[[str], float | None]
#: Server, then query, then the seconds of each round; None where there was no answer.
Times = Mapping[str, Mapping[str, list[float | None]]]


def over_http(client: Client) -> Ask:
    """Ask a server."""

    def ask(query: str) -> float | None:
        timed = client.ask(query)
        return timed.whole if timed.good else None

    return ask


def in_process(store: ox.Store) -> Ask:
    """Ask the engine's library itself, and write the answer as the servers do."""

    def ask(query: str) -> float | None:
        began = time.perf_counter()
        results = store.query(query)
        graph = isinstance(results, ox.QueryTriples)
        form = ox.RdfFormat.N_TRIPLES if graph else ox.QueryResultsFormat.JSON
        results.serialize(format=form)  # type: ignore[arg-type]
        return time.perf_counter() - began

    return ask


def rounds(
    servers: Sequence[Server],
    setting: Setting,
    count: int,
    few: Mapping[str, int],
    repeat: bool = False,
) -> Times:
    """Time every query on every server, in an order that changes from round to round.

    Args:
        servers: Who is asked.
        setting: The graph that they serve, and what is asked of it.
        count: How many rounds.
        few: Servers that take part in so many rounds only.
        repeat: Whether each query is always the same; otherwise each is one not seen before.
    """
    random, workload = Random(count), setting.workload
    found: dict[str, dict[str, list[float | None]]] = defaultdict(lambda: defaultdict(list))
    fixed = {template.name: workload.fill(template, random) for template in workload.templates}
    with ExitStack() as stack:
        asks = {s.name: over_http(stack.enter_context(Client(s.url))) for s in servers}
        asks[IN_PROCESS] = in_process(setting.store)
        if repeat:
            for ask in asks.values():
                for text in fixed.values():
                    ask(text)
        for number in range(count):
            for template in workload.templates:
                text = fixed[template.name]
                if not repeat:
                    text = unseen(workload.fill(template, random))
                taking_part = [name for name in asks if number < few.get(name, count)]
                for name in random.sample(taking_part, len(taking_part)):
                    found[name][template.name].append(asks[name](text))
    return found


def ratios(taken: Times, name: str, control: str, query: str) -> list[float]:
    """Return the ratio of each round in which both answered."""
    if name not in taken:
        return []
    pairs = zip(taken[name][query], taken[control][query], strict=False)
    return [one / other for one, other in pairs if one is not None and other is not None]


def geometric(taken: Times, name: str, control: str, queries: Sequence[str]) -> float:
    """Return the geometric mean over queries of the median ratio."""
    found = [ratios(taken, name, control, query) for query in queries]
    medians = [statistics.median(each) for each in found if each]
    return statistics.geometric_mean(medians) if medians else float("nan")


def new_queries(taken: Times, workload: Workload, servers: Sequence[str]) -> Section:
    """Write the table of queries that no cache has seen."""
    small, heavy = (
        [template.name for template in workload.of_kind(kind)] for kind in (SMALL, HEAVY)
    )
    others = [name for name in servers if name != CONTROL]
    rows = [_row(taken, query, others) for query in (*small, *heavy)]
    for title, queries in ((SMALL, small), (HEAVY, heavy), ("all", [*small, *heavy])):
        means = [times(geometric(taken, name, CONTROL, queries)) for name in others]
        rows.append([f"**{title}**, geometric mean", "", "", *means])
    return Section(
        title="New queries, one client",
        method=_method(taken, small, heavy),
        header=("query", f"{CONTROL}, ms", "aikg, ms", *(f"{n}, ratio" for n in others)),
        rows=rows,
        goals=_goals(taken, small, heavy),
    )


def _row(taken: Times, query: str, others: Sequence[str]) -> list[str]:
    cells = [milliseconds(_median(taken, name, query)) for name in (CONTROL, OURS)]
    for name in others:
        each = ratios(taken, name, CONTROL, query)
        cells.append(times(statistics.median(each)) if each else "no answer")
    return [query, *cells]


def _median(taken: Times, name: str, query: str) -> float:
    return median([seconds for seconds in taken[name][query] if seconds is not None])


def _method(taken: Times, small: Sequence[str], heavy: Sequence[str]) -> str:
    count = len(taken[CONTROL][small[0]])
    fewer = len(taken[RDFLIB][small[0]]) if RDFLIB in taken else 0
    return (
        f"Median of {count} rounds{f' (of {fewer} for rdflib-endpoint)' if fewer else ''}; all "
        "servers run at once, each query goes to each in turn, with parameters that change from "
        "round to round and a comment that no query had before. A ratio is that of one round to "
        "`oxigraph serve` in memory, the median over rounds; above 1 is slower. "
        f"{_noise(taken, (*small, *heavy))}*In process* is the library that both use, without any "
        "server."
    )


def _noise(taken: Times, queries: Sequence[str]) -> str:
    spread = [ratio for query in queries for ratio in ratios(taken, AGAIN, CONTROL, query)]
    if not spread:
        return ""
    low, high = (times(percentile(spread, share)) for share in (5, 95))
    return (
        "How far noise goes: a second `oxigraph serve` on the same graph has ratios from "
        f"{low} to {high} in nine of ten single queries. "
    )


def _goals(taken: Times, small: Sequence[str], heavy: Sequence[str]) -> list[Goal]:
    ratio = geometric(taken, OURS, CONTROL, heavy)
    goals = [Goal("heavy: at most 1.3 times oxigraph in memory", times(ratio), ratio <= 1.3)]
    for name in (DISK, FUSEKI):
        if name in taken:
            ratio = geometric(taken, OURS, name, heavy)
            goals.append(
                Goal(f"heavy: ahead of {name}", f"{times(ratio)} times its time", ratio < 1)
            )
    if RDFLIB in taken:
        ratio = 1 / geometric(taken, OURS, RDFLIB, [*small, *heavy])
        goals.append(Goal("all: 15 times ahead of rdflib-endpoint", times(ratio), ratio >= 15))
    above = [
        one - other
        for query in small
        for one, other in zip(taken[OURS][query], taken[IN_PROCESS][query], strict=True)
        if one is not None and other is not None
    ]
    over = median(above)
    text = "small: the median at most 2 ms above the engine's own time in process"
    return [*goals, Goal(text, f"{milliseconds(over)} ms", over <= 0.002)]


def repeated_queries(taken: Times, workload: Workload, servers: Sequence[str]) -> Section:
    """Write the table of queries that were asked before."""
    rows = []
    for kind in (SMALL, HEAVY):
        queries = [template.name for template in workload.of_kind(kind)]
        means = [times(geometric(taken, name, CONTROL, queries)) for name in servers]
        rows.append([f"{kind}, geometric mean", *means])
    every = [template.name for template in workload.templates]
    ratio = geometric(taken, OURS, CONTROL, every)
    return Section(
        title="Repeated queries, one client",
        method="The same, but each query is always the same text, and was asked once before.",
        header=("queries", *(f"{name}, ratio" for name in servers)),
        rows=rows,
        goals=[Goal("repeated: level with oxigraph in memory or better", times(ratio), ratio <= 1)],
    )
