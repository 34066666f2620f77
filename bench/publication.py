"""A paper comes in and is published: how long that takes on a small graph, and on a large one."""

from __future__ import annotations

import http.client
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from aikg.ledger import tokens
from aikg.ledger.sqlite import SQLite
from aikg.names import PREFIXES
from bench import generate, servers
from bench.client import PATIENCE, target
from bench.report import Goal, Section, median, milliseconds, times
from bench.servers import Data, Server
from bench.setting import Setting
from bench.trials import trial

#: The size of a paper, in triples.
SIZE = 95
#: How much slower a large graph may make it.
MOST = 2.0
#: Rounds that are not counted: they load what is loaded at its first use.
_WARM_UP = 2
_SENT, _SHOWN, _PUBLISHED, _WITHDRAWN = (
    "sent in, until it waits",
    "asked what it would change",
    "published, until a query sees it",
    "withdrawn",
)
#: What has a goal; the rest is shown only. What would change is asked of the whole graph.
_HELD = (_SENT, _PUBLISHED)


@dataclass
class Desk:
    """A server that takes submissions.

    Attributes:
        server: The server.
        token: A token of scope review.
        taken: Seconds of each round, by step.
    """

    server: Server
    token: str
    taken: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def round(self, name: str, paper: bytes) -> None:
        """Send a paper in, ask for its impact, publish and withdraw it; note how long each took."""
        address = f"/submissions/{name}/1"
        visible = f"ASK {{ GRAPH <{PREFIXES['graph']}submission/{name}/1> {{ ?s ?p ?o }} }}"
        with self._clock(_SENT):
            self._send("POST", f"/submissions?licence=CC0-1.0&name={name}", 201, paper)
        with self._clock(_SHOWN):
            self._send("GET", f"{address}/impact", 200)
        with self._clock(_PUBLISHED):
            self._send("POST", f"{address}/publish", 200, b"")
            while b"true" not in self._send("GET", target(self.server.url, visible), 200):
                pass
        with self._clock(_WITHDRAWN):
            self._send("POST", f"{address}/withdraw?why=measured", 200, b"")

    @contextmanager
    def _clock(self, step: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.taken[step].append(time.perf_counter() - began)

    def _send(self, method: str, path: str, status: int, body: bytes | None = None) -> bytes:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "text/turtle"
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)
        with closing(connection):
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            content = response.read()
        if response.status != status:
            raise RuntimeError(f"{method} {path}: {response.status} {content[:500]!r}")
        return content


def measure(setting: Setting, count: int) -> Section:
    """Take the same papers in on the shipped graph, twice, and on the large one, in turn."""
    known = generate.built(setting.shipped)
    with ExitStack() as stack:
        small, again, large = (
            stack.enter_context(_desk(graph))
            for graph in (setting.shipped.graph, setting.shipped.graph, setting.settings.graph)
        )
        for number in range(count + _WARM_UP):
            name = f"measured-{number}"
            paper = generate.turtle(trial(name, known, number, SIZE))
            for desk in (small, again, large):
                desk.round(name, paper)
    rows, goals = _compared(small, again, large, count)
    return Section(
        title="A paper comes in",
        method=f"{count} generated papers of about {SIZE} triples, each over HTTP to three servers "
        f"in turn: on the shipped graph ({known.triples:,} triples), on a copy of it, and on the "
        "large one. Medians, and medians of the ratios of a round; how far the copy is from the "
        "original is noise.",
        header=("step", "shipped, ms", "copy, ms", "large, ms", "copy/shipped", "large/shipped"),
        rows=rows,
        goals=goals,
    )


@contextmanager
def _desk(graph: Path) -> Iterator[Desk]:
    """Run a server on a graph, with a ledger of its own that goes when it ends."""
    with TemporaryDirectory(prefix="publication-", dir=graph.parent) as folder:
        home = Path(folder)
        os.link(graph, home / graph.name)
        database = SQLite(home / "ledger.db")
        token = tokens.create(database, "the benchmark", "review")
        database.close()
        with servers.ours(Data(home, home)) as server:
            yield Desk(server, token)


def _compared(
    small: Desk, again: Desk, large: Desk, count: int
) -> tuple[list[tuple[str, ...]], list[Goal]]:
    """Return a row for each step, and what the goals are held against."""
    rows, goals = [], []
    for step in (_SENT, _SHOWN, _PUBLISHED, _WITHDRAWN):
        own, copy, other = (desk.taken[step][-count:] for desk in (small, again, large))
        noise, ratio = (
            median([b / a for a, b in zip(own, taken, strict=True)]) for taken in (copy, other)
        )
        cells = (milliseconds(median(taken)) for taken in (own, copy, other))
        rows.append((step, *cells, times(noise), times(ratio)))
        if step in _HELD:
            text = f"a paper of {SIZE} triples, {step}: at most {MOST:.0f} times that at 10^4"
            goals.append(Goal(text, times(ratio), ratio <= MOST))
    return rows, goals
