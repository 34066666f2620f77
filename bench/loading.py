"""From a file to the first answer."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

from aikg.engine.client import Engine
from aikg.settings import Settings
from bench import servers
from bench.memory import below
from bench.peers import Peers
from bench.report import Goal, Section, median, times
from bench.servers import Data
from bench.setting import Setting


def measure(setting: Setting, count: int) -> Section:
    """Load the graph with each, in turn."""
    ours, theirs, memory, data = [], [], 0, setting.data
    location = data.home / "loaded"
    for _ in range(count):
        began = time.monotonic()
        with Engine(setting.settings):
            ours.append(time.monotonic() - began)
            memory = below(os.getpid())
        theirs.append(_load(setting.peers, data, location))
        shutil.rmtree(location)
    ratio = median([other / own for own, other in zip(ours, theirs, strict=True)])
    rows = [
        (name, f"{median(taken):.1f}", f"{2 * setting.size / median(taken) / 1000:.0f}")
        for name, taken in (("aikg: the engine is ready", ours), ("`oxigraph load`", theirs))
    ]
    return Section(
        title="Loading",
        method=f"N-Quads, each triple twice, {data.quads.stat().st_size / 1e6:.0f} MB; median of "
        f"{count}, in turn. aikg loads into memory at each start, and then uses "
        f"{memory / 1e6:.0f} MB; `oxigraph load` writes to the disk once.",
        header=("what", "s", "1,000 quads a second"),
        rows=rows,
        goals=[Goal("loading: at least 0.8 of `oxigraph load`'s rate", times(ratio), ratio >= 0.8)],
    )


def _load(peers: Peers, data: Data, location: Path) -> float:
    began = time.monotonic()
    command = [str(peers.oxigraph), "load", "--location", str(location), "--file", str(data.quads)]
    subprocess.run(command, check=True, capture_output=True)
    return time.monotonic() - began


def first_answer(settings: Settings, count: int) -> Section:
    """Start `aikg serve` on the shipped graph, which is built, and wait for an answer."""
    taken = []
    for _ in range(count):
        with servers.ours(Data(settings.home, settings.home)) as server:
            taken.append(server.ready)
    return Section(
        title="First answer of the shipped graph",
        method=f"`aikg serve`, the graph built before: from the start of the program to the "
        f"first answer, which is asked for every 20 ms; {count} times.",
        header=("median, s", "most, s"),
        rows=[(f"{median(taken):.2f}", f"{max(taken):.2f}")],
        goals=[
            Goal("first answer within two seconds", f"{median(taken):.2f} s", median(taken) <= 2)
        ],
    )
