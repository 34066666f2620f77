"""A million rows in each format: when the first byte comes, and what the worker holds."""

from __future__ import annotations

import http.client
import time
from contextlib import closing
from dataclasses import dataclass

from bench.client import PATIENCE, target
from bench.memory import Watch
from bench.report import Goal, Section, milliseconds
from bench.servers import CONTROL, OURS, Server

ROWS = 1_000_000
SELECT = f"SELECT ?s ?p ?o WHERE {{ ?s ?p ?o }} LIMIT {ROWS}"
CONSTRUCT = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o }} LIMIT {ROWS}"
#: Goes through the whole graph, and holds nothing.
SCAN = "SELECT (COUNT(?o) AS ?n) WHERE { ?s ?p ?o }"
FORMATS = {
    "application/sparql-results+json": SELECT,
    "application/sparql-results+xml": SELECT,
    "text/csv": SELECT,
    "text/tab-separated-values": SELECT,
    "text/turtle": CONSTRUCT,
    "application/n-triples": CONSTRUCT,
    "application/rdf+xml": CONSTRUCT,
    "application/ld+json": CONSTRUCT,
    "application/n-quads": CONSTRUCT,
    "application/trig": CONSTRUCT,
}


@dataclass(frozen=True)
class Stream:
    """An answer: bytes, seconds to its first and its last byte, peak memory by depth of process."""

    size: int
    first: float
    whole: float
    peak: dict[int, int]


def read(server: Server, query: str, media_type: str) -> Stream:
    """Read an answer and throw it away, while the server's processes are watched."""
    with (
        closing(
            http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        ) as connection,
        Watch(server.pid) as watch,
    ):
        began = time.perf_counter()
        connection.request("GET", target(server.url, query), headers={"Accept": media_type})
        response = connection.getresponse()
        if response.status != 200:
            raise RuntimeError(f"{server.name}, {media_type}: {response.status}")
        size = len(response.read1(1))
        first = time.perf_counter() - began
        while piece := response.read(1 << 18):
            size += len(piece)
        return Stream(size, first, time.perf_counter() - began, watch.peak)


def measure(ours: Server, control: Server) -> Section:
    """Stream from our server and from the control, format by format."""
    scans = [read(ours, f"{SCAN}# {n}", "text/csv").peak for n in range(3)]
    rest = {depth: max(peak[depth] for peak in scans) for depth in (0, 2)}
    rows, firsts, workers = [], [], []
    for media_type, query in FORMATS.items():
        stream, other = read(ours, query, media_type), read(control, query, media_type)
        above = [(stream.peak[depth] - rest[depth]) / 1e6 for depth in (2, 0)]
        firsts.append(stream.first)
        workers.append(above[0])
        rows.append(
            [
                media_type,
                f"{stream.size / 1e6:.0f}",
                milliseconds(stream.first),
                f"{stream.whole:.1f}",
                f"{other.whole:.1f}",
                *(f"{megabytes:+.0f}" for megabytes in above),
            ]
        )
    return Section(
        title="A million rows",
        method="Each format once, read as fast as a client can. Memory is what no other process "
        f"shares, looked at every 20 ms: of the worker above a worker that has counted the same "
        f"graph ({rest[2] / 1e6:.0f} MB), and of the process that speaks HTTP above the same "
        f"moment ({rest[0] / 1e6:.0f} MB).",
        header=(
            "format",
            "MB",
            "first byte, ms",
            f"{OURS}, s",
            f"{CONTROL}, s",
            "worker, MB",
            "HTTP, MB",
        ),
        rows=rows,
        goals=[
            Goal(
                "a million rows: at most 50 MB above a worker at rest after a scan",
                f"{max(workers):+.0f} MB at most",
                max(workers) <= 50,
            ),
            Goal(
                "a million rows: first byte under 100 ms",
                f"{milliseconds(max(firsts))} ms at most",
                max(firsts) < 0.1,
            ),
        ],
    )
