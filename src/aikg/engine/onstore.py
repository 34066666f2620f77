"""Jobs that a store answers itself: queries, the sections of a page, labels, and one graph."""

from __future__ import annotations

import json
import time
import urllib.parse
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pyoxigraph as ox

from aikg.engine import asking
from aikg.engine.answer import Answer
from aikg.engine.relay import Given, Relayed, left
from aikg.engine.slots import Slots
from aikg.errors import EngineUnavailable, NotOnStore, NotPassedOn, UnknownGraph, UnknownNode
from aikg.settings import Settings
from aikg.sparql import grammar
from aikg.sparql.formats import TRIPLES, choose
from aikg.sparql.labels import best
from aikg.store import protocol, updates
from aikg.store.loading import connect

#: How long the store may take for its version, and for an update, in seconds.
_SHORT, _LONG = 10.0, 300.0
#: The longest answer that is read as a whole, in bytes.
_WHOLE = 256 << 20
_ROWS, _JSON = "application/sparql-results+json", "application/json"
#: The answer of a query that is not asked.
_NOTHING = b'{"head":{"vars":[]},"results":{"bindings":[]}}'


class OnStore:
    """Asks a store; threads may share it.

    Args:
        settings: The store, and the limits.
        slots: The slots; each request to the store has one.
        look: Returns the version of the store.

    Attributes:
        jobs: The names of the jobs that `run` does.
    """

    jobs = frozenset({"rows", "labels", "graph"})

    def __init__(self, settings: Settings, slots: Slots, look: Callable[[], str]) -> None:
        self._store = connect(settings, _WHOLE)
        self._relay = replace(self._store, most=settings.answer_bytes + 1)
        self._most, self._slots, self._look = settings.answer_bytes, slots, look

    def version(self) -> str:
        """Return the version of the data on the store.

        Raises:
            EngineUnavailable: It has none, because nobody has filled it.
            AikgError: It does not answer.
        """
        rows = self.select(updates.VERSION_QUERY, _SHORT)
        if len(rows) != 1:
            raise EngineUnavailable(
                "The store does not have a whole graph of this program.",
                advice="Fill it with `aikg store load`.",
            )
        return str(rows[0][0].value)

    def select(self, query: str, timeout: float = _LONG) -> list[tuple[Any, ...]]:
        """Answer a SELECT as rows of terms; None is unbound."""
        return self._store.select(query, timeout)[1]

    def answer(self, asked: dict[str, Any], timeout: float) -> bytes:
        """Answer a whole query as SPARQL JSON: `query`, on the graphs `default` and `named`."""
        store = _on_graphs(self._store, asked["default"], asked["named"])
        with store.ask(asking.on_base(asked["query"]), _ROWS, timeout) as answer:
            return answer.read()

    def update(self, text: str) -> None:
        """Send an update."""
        self._store.update(text, _LONG)

    def relay(
        self,
        query: str,
        media_type: str,
        seconds: float,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
    ) -> Answer:
        """Answer a query in a format, piece by piece as the store does.

        Raises:
            AikgError: The store refuses it, or a limit was met.
        """
        version = self._look()
        slot = self._slots.take(seconds)
        store = _on_graphs(self._relay, default_graphs, named_graphs)
        opened = store.ask(asking.on_base(query), media_type, max(slot.left, 0.001))
        finish = partial(self._slots.leave, slot)
        repeatable = grammar.is_repeatable(query)
        return Relayed(opened, slot, self._most, finish, version, repeatable).wait()

    def run(self, job: str, arguments: dict[str, Any], body: bytes, seconds: float) -> Answer:
        """Do a job of `jobs`; see `engine.jobs`."""
        if job == "graph":
            return self._graph(seconds, **arguments)
        end, version = time.monotonic() + seconds, self._look()
        slot = self._slots.take(left(end))
        try:
            if job == "rows":
                content = self._rows(arguments["node"], json.loads(body), end)
            else:
                content = self._labels(json.loads(body), end)
        finally:
            self._slots.leave(slot)
        return Given(_JSON, content, version, self._look() == version)

    def _rows(self, iri: str, queries: Sequence[tuple[str, str, str]], end: float) -> bytes:
        """Answer the sections of the page of a node; see `sparql.resources.write_rows`."""
        node = ox.NamedNode(iri)
        kinds = {row[0].value for row in self.select(asking.kinds_of(node), left(end))}
        if not kinds and not self._store.holds(asking.is_known(node), left(end)):
            raise UnknownNode(
                f"Nothing is known of <{iri}>.",
                advice="Check the spelling; /sparql finds things by their label.",
            )
        answers = []
        for kind, apart, query in queries:
            if (kind and kind not in kinds) or not kinds.isdisjoint(apart.split()):
                answers.append(_NOTHING)
                continue
            with self._store.ask(asking.about(query, node), _ROWS, left(end)) as answer:
                answers.append(answer.read())
        return b"[" + b",".join(answers) + b"]"

    def _labels(self, iris: Sequence[str], end: float) -> bytes:
        rows = self.select(asking.labels_of(iris), left(end)) if iris else []
        labels: dict[str, list[ox.Literal]] = {}
        for node, label in rows:
            if isinstance(label, ox.Literal):
                labels.setdefault(node.value, []).append(label)
        found = {iri: best(labels[iri]) for iri in dict.fromkeys(iris) if iri in labels}
        return json.dumps(found).encode()

    def _graph(
        self, seconds: float, graph: str | None, format: str | None, accept: str | None
    ) -> Answer:
        if graph is None:
            raise NotOnStore(
                "This server runs on a SPARQL store, and does not write all graphs together.",
                advice="Ask for one graph, or ask the store itself.",
            )
        if graph and not self._store.holds(asking.graph_exists(graph), seconds):
            raise UnknownGraph(
                f"There is no graph <{graph}>.",
                advice="Ask /sparql for a list of all graphs: "
                "SELECT DISTINCT ?graph { GRAPH ?graph { ?s ?p ?o } }",
                reference="https://www.w3.org/TR/sparql11-http-rdf-update/#http-get",
            )
        if graph and self._store.holds(asking.is_kept_back(graph), seconds):
            raise NotPassedOn(
                f"The graph <{graph}> may not be passed on as a whole, by its licence.",
                advice="Ask /sparql for what you need of it, or get it from its provider.",
            )
        media_type = choose(format, accept, TRIPLES).media_type
        return self.relay(asking.graph(graph), media_type, seconds)


def _on_graphs(
    store: protocol.Store, default: Sequence[str], named: Sequence[str]
) -> protocol.Store:
    """Return the store with the dataset of a request (SPARQL 1.1 Protocol, section 2.1.4)."""
    if not default and not named:
        return store
    fields = [("default-graph-uri", iri) for iri in default]
    fields += [("named-graph-uri", iri) for iri in named]
    return replace(store, address=f"{store.address}?{urllib.parse.urlencode(fields)}")
