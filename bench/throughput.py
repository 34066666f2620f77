"""How many requests a second: `wrk` with eight connections on each server in turn."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from bench.client import target
from bench.memory import worked
from bench.report import Goal, Section, median, times
from bench.servers import AGAIN, CONTROL, OURS, Server
from bench.workload import SMALL, Workload

SCRIPT = Path(__file__).with_name("wrk.lua")
CONNECTIONS, THREADS = 8, 2
#: How many different queries a run asks; the second word says which ones are new, for `wrk.lua`.
KINDS = {
    "lookup, new": ("lookup", "new"),
    "ASK, new": ("ask", "new"),
    "all small, new": (SMALL, "new"),
    "all small, repeated": (SMALL, "repeated"),
    "all small, half of them new": (SMALL, "mix"),
}
_QUERIES = 40


def measure(
    servers: Sequence[Server], workload: Workload, folder: Path, count: int, seconds: int
) -> Section | None:
    """Count requests a second; None where wrk is not installed."""
    wrk = shutil.which("wrk")
    if wrk is None:
        return None
    found: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    random = Random(count)
    for number in range(count):
        for kind, (queries, mode) in KINDS.items():
            templates = [t for t in workload.templates if queries in {t.name, t.header["kind"]}]
            texts = [workload.fill(random.choice(templates), random) for _ in range(_QUERIES)]
            for server in random.sample(list(servers), len(servers)):
                file = folder / f"targets-{number}"
                file.write_text("".join(target(server.url, text) + "\n" for text in texts))
                ran = run_wrk([wrk, f"-d{seconds}s"], server, file, mode)
                found[kind][server.name].append(ran)
    return _section(found, [server.name for server in servers], seconds)


def run_wrk(command: list[str], server: Server, file: Path, mode: str) -> tuple[float, float]:
    """Run wrk once; what failed is not counted.

    Returns:
        The requests a second, and the processor time of one, in microseconds, of all processes of
        the server.
    """
    load = [f"-c{CONNECTIONS}", f"-t{THREADS}", "--timeout", "20s", "-s", str(SCRIPT)]
    url = f"http://127.0.0.1:{server.port}/"
    before = worked(server.pid)
    done = subprocess.run(
        [*command, *load, url, "--", str(file), mode], capture_output=True, text=True, check=True
    )
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    whole = re.search(r"(\d+) requests in", done.stdout)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    if rate is None or whole is None:
        raise RuntimeError(f"wrk says: {done.stdout}{done.stderr}")
    bad = int(failed[1]) / int(whole[1]) if failed and int(whole[1]) else 0.0
    used = worked(server.pid) - before
    return float(rate[1]) * (1 - bad), used / max(int(whole[1]) * (1 - bad), 1) * 1e6


def _section(
    found: Mapping[str, Mapping[str, list[tuple[float, float]]]], names: Sequence[str], seconds: int
) -> Section:
    others = [name for name in names if name != CONTROL]
    rows, ratios, costs = [], {}, {}
    for kind, runs in found.items():
        for name in others:
            pairs = zip(runs[name], runs[CONTROL], strict=True)
            ratios[kind, name] = median([one[0] / other[0] for one, other in pairs if other[0]])
        used = {name: median([run[1] for run in runs[name]]) for name in (CONTROL, OURS)}
        costs[kind] = used[OURS] / max(used[CONTROL], 1e-9)
        absolute = [f"{median([run[0] for run in runs[name]]):.0f}" for name in used]
        absolute += [f"{used[name]:.0f}" for name in used]
        rows.append([kind, *absolute, *(times(ratios[kind, name]) for name in others)])
    new = [ratios[kind, OURS] for kind in KINDS if kind.endswith(" new") and "half" not in kind]
    again = ratios["all small, repeated", OURS]
    count = len(next(iter(found.values()))[CONTROL])
    return Section(
        title="Requests a second",
        method=f"`wrk`, {CONNECTIONS} connections, {THREADS} threads, {seconds} s each, median of "
        f"{count} rounds, the servers in turn; the ratio is to `oxigraph serve` in memory, below 1 "
        f"is slower; *{AGAIN}* is a second one. Only answers with status 200 are counted. "
        "wrk takes its part of the same cores. Processor time is that of one request, in all "
        "processes of a server.",
        header=(
            *("requests", f"{CONTROL}, 1/s", "aikg, 1/s", f"{CONTROL}, µs", "aikg, µs"),
            *(f"{n}, ratio" for n in others),
        ),
        rows=rows,
        goals=[
            Goal(
                "small, new: requests a second at least a quarter of oxigraph's",
                " / ".join(map(times, new)) + " (lookup / ASK / all)",
                min(new) >= 0.25,
            ),
            Goal(
                "a new lookup: at most 4.5 times oxigraph's processor time",
                times(costs["lookup, new"]),
                costs["lookup, new"] <= 4.5,
            ),
            Goal("repeated: requests a second level with oxigraph's", times(again), again >= 1),
        ],
    )
