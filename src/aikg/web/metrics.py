"""Counts and sizes of the server in the format of Prometheus, at an address of their own.

All of them are counted in this process. Labels come from closed lists: the patterns of routes,
statuses, causes, states; never from a path or a client.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)

from aikg.engine.client import Engine
from aikg.errors import AikgError, PortInUse, SettingError
from aikg.ledger import records
from aikg.settings import Settings
from aikg.submissions.home import Home
from aikg.web.cache import Cache
from aikg.web.logs import Exchange, Logs

#: The upper ends of the classes of durations, in seconds.
_BUCKETS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Watch:
    """The counts of requests, and the logs."""

    def __init__(self, settings: Settings) -> None:
        self.registry = CollectorRegistry()
        self._logs = Logs(settings)
        #: Routes and statuses come from closed lists, and finding a label costs more than counting.
        self._of = cache(
            lambda route, status: (
                self._requests.labels(route, str(status)),
                self._seconds.labels(route),
            )
        )
        self._requests = Counter(
            "aikg_requests", "Requests by route and status.", ["route", "status"],
            registry=self.registry,
        )  # fmt: skip
        self._cut = Counter(
            "aikg_answers_cut", "Answers that broke off.", ["route"], registry=self.registry
        )
        self._seconds = Histogram(
            "aikg_request_seconds", "From the whole request to the whole answer.", ["route"],
            buckets=_BUCKETS, registry=self.registry,
        )  # fmt: skip

    def note(self, exchange: Exchange) -> None:
        """Count a request and write it to the logs."""
        count, seconds = self._of(exchange.route, exchange.status)
        count.inc()
        seconds.observe(exchange.seconds)
        if not exchange.whole:
            self._cut.labels(exchange.route).inc()
        self._logs.note(exchange)

    @contextlib.contextmanager
    def shown(self, address: str, state: State) -> Iterator[str]:
        """Serve the counts at an address, such as `127.0.0.1:9464`.

        Yields:
            The whole address.

        Raises:
            PortInUse: Another program listens there.
            SettingError: The host is not an address of this machine.
        """
        host, _, port = address.rpartition(":")
        self.registry.register(state)
        try:
            server, thread = start_http_server(int(port), host.strip("[]"), self.registry)
        except OSError as error:
            kind = PortInUse if "in use" in str(error) else SettingError
            raise kind(
                f"AIKG_METRICS is {address}: {error.strerror}.",
                advice="Set AIKG_METRICS to another port, or to an address of this machine.",
            ) from error
        try:
            yield f"http://{host}:{server.server_port}/metrics"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class State:
    """The measures that are taken when somebody asks: engine, cache, ledger and memory."""

    def __init__(self, engine: Engine, home: Home | None, cache: Cache) -> None:
        self._engine, self._home, self._cache = engine, home, cache

    def collect(self) -> Iterator[Metric]:
        """Yield the measures; while the graph is not there, those that need no graph."""
        load = self._engine.load()
        ready = 0
        with contextlib.suppress(AikgError):
            described = self._engine.describe()
            ready = 1
            data = {"version": str(described["version"])}
            yield InfoMetricFamily("aikg_data", "The version of the data.", data)
            triples = described["triples"]
            yield GaugeMetricFamily("aikg_triples", "Triples of the default graph.", triples)
        yield GaugeMetricFamily("aikg_ready", "Whether the graph can be asked.", ready)
        yield GaugeMetricFamily("aikg_queue", "Requests that wait for a slot.", load.waiting)
        yield _by("aikg_workers", "Workers.", "state", {"busy": load.busy, "idle": load.idle})
        yield GaugeMetricFamily("aikg_slots", "The most jobs at once.", load.slots)
        starts = "Starts of the process with the graph."
        yield CounterMetricFamily("aikg_engine_starts", starts, load.starts)
        yield _counted("aikg_jobs_stopped", "Jobs that did not end.", "cause", load.stopped)
        held = self._cache.measure()
        yield GaugeMetricFamily("aikg_cache_bytes", "The size of the cache.", held["bytes"])
        yield GaugeMetricFamily("aikg_cache_answers", "Answers in the cache.", held["answers"])
        found = {"hit": held["hits"], "miss": held["misses"]}
        yield _counted("aikg_cache_requests", "Requests that can be cached.", "result", found)
        if self._home:
            with contextlib.suppress(AikgError, sqlite3.Error):
                states = dict.fromkeys(records.STATES, 0) | records.count_states(
                    self._home.database
                )
                yield _by("aikg_submissions", "Submissions by state.", "state", states)
        memory = {name: sum(map(_memory, pids)) for name, pids in load.processes.items()}
        yield _by("aikg_memory_bytes", "Memory, shared pages by halves.", "process", memory)


def _by(name: str, text: str, label: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _counted(name: str, text: str, label: str, values: dict[str, int]) -> Metric:
    family = CounterMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _memory(pid: int) -> int:
    """Return the memory of a process, in bytes: pages that several share count in part."""
    with contextlib.suppress(OSError, StopIteration, ValueError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) << 10
    return 0


def parts(app: Any) -> State:
    """Return the measures of an application that `create_app` made."""
    state: State = app.extensions["aikg"]
    return state
