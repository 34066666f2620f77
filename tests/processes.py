"""The processes below a server, as Linux lists them."""

from __future__ import annotations

import os
import time
from pathlib import Path

from serving import Server


def children(process: int) -> list[int]:
    """List the processes that a process has forked and not reaped."""
    try:
        tasks = list(Path(f"/proc/{process}/task").iterdir())
        return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
    except OSError:
        return []


def holder(server: Server) -> int | None:
    """Find the process that holds the graph; None while there is none."""
    return next(iter(children(server.process.pid)), None)


def workers(server: Server) -> list[int]:
    """List the workers, idle or not."""
    return children(holder(server) or 0)


def runs(process: int) -> bool:
    """Return whether a process computes: one of its threads is running or ready to."""
    try:
        states = [
            (task / "stat").read_text().rpartition(")")[2].split()[0]
            for task in Path(f"/proc/{process}/task").iterdir()
        ]
    except OSError:
        return False
    return "R" in states


def worked(process: int) -> float:
    """Return how much processor time a process has used, in seconds."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def assert_unharmed(server: Server) -> None:
    """The server answers, by the same process as ever; no worker is left that works."""
    assert server.process.poll() is None
    assert server.send("GET", "/health", {}).status == 200
    reply = server.send("GET", "/sparql?query=ASK%7B%7D&format=csv", {"Connection": "close"})
    assert (reply.status, reply.body) == (200, b"true")
    for _ in range(200):
        left = [worker for worker in workers(server) if runs(worker)]
        if not left:
            return
        time.sleep(0.05)
    raise AssertionError(f"workers {left} still work")
