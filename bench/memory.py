"""Memory and processor time of a server's processes, as Linux reports them."""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections import defaultdict
from pathlib import Path
from typing import Self

#: How often the processes are looked at, in seconds.
EVERY = 0.02

_FIELDS = re.compile(r"^(Rss|Pss|Private_Clean|Private_Dirty): +(\d+) kB", re.MULTILINE)


def tree(pid: int) -> dict[int, int]:
    """Return a process and all that descend from it, each with its depth."""
    children: dict[int, list[int]] = defaultdict(list)
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):  # it has ended since
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            children[parent].append(int(status.parent.name))
    found, waiting = {pid: 0}, [pid]
    while waiting:
        parent = waiting.pop()
        for child in children[parent]:
            found[child] = found[parent] + 1
            waiting.append(child)
    return found


def fields(pid: int) -> dict[str, int]:
    """Return Rss, Pss and Private (which no other process shares) of a process, in bytes."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return {}
    read = {name: 1024 * int(number) for name, number in _FIELDS.findall(text)}
    if not read:
        return {}
    private = read["Private_Clean"] + read["Private_Dirty"]
    return {"Rss": read["Rss"], "Pss": read["Pss"], "Private": private}


def worked(pid: int) -> float:
    """Return the processor time of a process and all that descend from it, in seconds."""
    ticks = 0
    for each in tree(pid):
        with contextlib.suppress(OSError):
            values = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, values[11:15]))  # of a child that has ended, its parent's
    return ticks / os.sysconf("SC_CLK_TCK")


def below(pid: int) -> int:
    """Return what the descendants of a process hold together, what they share counted once."""
    return sum(fields(each).get("Pss", 0) for each, depth in tree(pid).items() if depth)


class Watch:
    """Watches a server's processes while the block runs.

    Attributes:
        peak: The most that one process of a depth held for itself, in bytes; depth 0 speaks HTTP,
            1 holds the graph, 2 is a worker.
    """

    def __init__(self, pid: int) -> None:
        self.peak: dict[int, int] = defaultdict(int)
        self._pid = pid
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._stop.wait(EVERY):
            for pid, depth in tree(self._pid).items():
                held = fields(pid).get("Private", 0)
                self.peak[depth] = max(self.peak[depth], held)

    def __enter__(self) -> Self:
        """Begin to watch."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._stop.set()
        self._thread.join()
