"""The client of an engine whose graph is on a SPARQL store outside this program.

Queries and pages are asked of the store. Jobs that judge, or look names up, get the part of the
graph that they need, and run in a worker of a process here.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pyoxigraph as ox

from aikg.engine.answer import Answer
from aikg.engine.client import Body, Engine, Question, Replies
from aikg.engine.onstore import OnStore
from aikg.engine.pool import Pool
from aikg.engine.process import Change, Process
from aikg.engine.relay import left
from aikg.engine.slicing import Slicing
from aikg.engine.slots import Caller
from aikg.errors import (
    AikgError,
    ChangeRefused,
    EngineUnavailable,
    NotOnStore,
    StoreRefused,
)
from aikg.rules.delta import Delta
from aikg.settings import Settings
from aikg.sparql.exact import NARROW
from aikg.sparql.formats import SOLUTIONS, TRIPLES, named
from aikg.store import base, updates
from aikg.store.figures import COUNT, DATASET, FIGURES

#: How long a version of the store counts as the present one, in seconds.
_RECENT = 1.0
#: How long a change may take, in seconds.
_PATIENCE = 600.0
#: What a server on a store does without; `/health` lists it.
LOST = (
    "no bound of the kernel on the memory of a query: the store has its own",
    "no preview of the page of a submission",
    "no questions and no comparisons in the impact of a step",
    "no rehearsal of a step on a copy of the graph",
    "no dump of all graphs",
    "the sections of a page may come from two versions",
    "numbers, blank nodes and the order of rows are as the store writes them",
)
_LINES = named("nt", TRIPLES)
#: The jobs that need no graph.
_WITHOUT = frozenset({"template", "parse"})


@dataclass(frozen=True)
class Step:
    """A step of the ledger that the store may not have.

    Attributes:
        before: The version that it begins from.
        change: The change of the graph.
    """

    before: str
    change: Change


class StoreEngine(Engine):
    """The graph on a store; threads may share it.

    Args:
        settings: The limits, the store, and where the built graph lies.
        unapplied: Returns the last step of the ledger, while it is not known to be on the store.

    Raises:
        EngineUnavailable: The process for jobs did not start.
        SettingError: The address of the store is not valid.
    """

    outside = True

    def __init__(
        self, settings: Settings, unapplied: Callable[[], Step | None] = lambda: None
    ) -> None:
        self._part = replace(settings, home=settings.home / "store")
        base.write(settings.graph, self._part.graph)
        self._unapplied, self._behind = unapplied, True
        self._looking = threading.RLock()
        self._present, self._looked, self._triples = "", -math.inf, 0
        self._prepared: tuple[str, str, Delta[ox.Quad]] | None = None
        super().__init__(settings)
        self._on_store = OnStore(settings, self.slots, self._look)
        self._slicing = Slicing(self._on_store, super().run, self._look)

    def _start(self) -> Pool:
        self._starts += 1
        return Pool(Process(self._part), self.settings.workers)

    def ask(self, question: Question, begun: Answer | None = None) -> Answer:
        """Ask the store a query, which is parsed here before; see `Engine.ask`."""
        self.refuse_long(question.text)
        seconds = question.within(self.settings.deadline)
        media_type = self._parse(question.arguments, question.body, seconds)
        graphs = question.default_graphs, question.named_graphs
        if media_type not in NARROW:
            return self._on_store.relay(question.text, media_type, seconds, *graphs)
        is_rows = any(form.media_type == media_type for form in SOLUTIONS)
        form = (SOLUTIONS[0] if is_rows else _LINES).media_type
        found = self._on_store.relay(question.text, form, seconds, *graphs)
        content, as_asked = found.read(), {"media_type": media_type}
        written = super().run("written", as_asked, content, timeout=seconds)
        written.version, written.repeatable = found.version, found.repeatable
        return written

    def _parse(self, arguments: dict[str, Any], body: Body, seconds: float) -> str:
        """Return the media type of the answer of a query.

        Raises:
            AikgError: The query is not valid, or its answer cannot be written as asked.
        """
        return super().run("parse", arguments, body, timeout=seconds).read().decode()

    def begin(self, question: Question, who: Caller) -> Answer | None:
        """Return None: the store must be waited for."""
        return None

    def run(  # noqa: PLR0913  as of `Engine`
        self,
        job: str,
        arguments: dict[str, Any],
        body: Body = b"",
        *,
        timeout: float | None = None,
        begun: Answer | None = None,
        replies: Replies | None = None,
    ) -> Answer:
        """Do a job: on the store, or on the part of the graph that it needs; see `Engine.run`.

        Raises:
            NotOnStore: It needs the whole graph.
        """
        end = time.monotonic() + (timeout or self.settings.deadline)
        if job in _WITHOUT:
            return super().run(job, arguments, body, timeout=left(end))
        if job == "query" and isinstance(body, bytes):
            return self.ask(Question(body.decode(), timeout=left(end), **arguments))
        if job == "preview":
            raise NotOnStore(
                "This server runs on a SPARQL store, and has no preview of a page.",
                advice="Read the report of the submission; see docs/how-to/own-store.md.",
            )
        if job in self._on_store.jobs and isinstance(body, bytes):
            return self._on_store.run(job, arguments, body, left(end))
        if job == "table":
            asked = {n: arguments[n] for n in ("format", "default_graphs", "named_graphs")}
            self._parse(asked | {"accept": None, "table": True}, body, left(end))
        return self._slicing.run(job, arguments, body, end)

    def _look(self, most: float = _RECENT) -> str:
        """Return the version of the store; a step of the ledger that it lacks is applied.

        Args:
            most: How long ago it may have been read, in seconds.
        """
        with self._looking:
            if time.monotonic() - self._looked <= most:
                return self._present
            present = self._on_store.version()
            step = self._unapplied() if self._behind else None
            if step and step.before == present != step.change.version:
                self._send(step, self._measure(step.change, present))
                present = self._on_store.version()
                if present != step.change.version:
                    raise EngineUnavailable(
                        "The store did not take the last step of the ledger.", advice="Ask again."
                    )
            self._behind = False
            if present != self._present:
                count = f"GRAPH {FIGURES} {{ {DATASET} {COUNT} ?n }}"
                found = self._on_store.select(f"SELECT ?n WHERE {{ {count} }}")
                self._triples = next((int(row[0].value) for row in found), 0)
            self._present, self._looked = present, time.monotonic()
            return present

    def reach(self, version: str) -> None:
        """Require that the store has a version.

        Raises:
            EngineUnavailable: It has another one.
        """
        present = self._look(0)
        if present != version:
            raise EngineUnavailable(
                f"The store has version {present} of the data, and the ledger {version}.",
                advice="Run `aikg store load`.",
            )

    def rehearse(
        self, *, add: bytes = b"", remove: bytes = b"", version: str, before: str = ""
    ) -> None:
        """Let the store read a change, which it does not make; see `Engine.rehearse`."""
        change = Change(add, remove, version)
        self.reach(before)
        figures = self._measure(change, before)
        try:
            delta = _with_figures(change, figures)
            self._on_store.update(updates.guarded(delta.added, delta.removed, ""))
        except StoreRefused as error:
            raise ChangeRefused(
                f"The store cannot take this change, and nothing was recorded: {error}",
                advice="Reject the submission, or send a version without the value that is named.",
            ) from error
        self._prepared = version, before, figures

    def apply(self, *, add: bytes = b"", remove: bytes = b"", version: str) -> None:
        """Change the graph on the store in one update, if nobody else has; see `Engine.apply`."""
        change = Change(add, remove, version)
        made, before, figures = self._prepared or ("", "", Delta[ox.Quad]())
        self._prepared = None
        try:
            if self._on_store.version() != version:
                if made != version:
                    before = self._present
                    figures = self._measure(change, before)
                self._send(Step(before, change), figures)
            present = self._look(0)
        except AikgError as error:
            self._behind = True
            raise EngineUnavailable(
                f"The store did not take a change that the ledger has: {error}",
                advice="It is sent again once the store answers.",
            ) from error
        if present != version:
            raise EngineUnavailable(
                f"The store has version {present} of the data, and not {version}.",
                advice="Ask again; if that does not help, run `aikg store load`.",
            )

    def _send(self, step: Step, figures: Delta[ox.Quad]) -> None:
        delta = _with_figures(step.change, figures)
        self._on_store.update(updates.guarded(delta.added, delta.removed, step.before))
        self._slicing.advance(step.change.version, delta)

    def _measure(self, change: Change, version: str) -> Delta[ox.Quad]:
        """Return by what the figures change."""
        arguments = {
            "added": change.add.decode(),
            "removed": change.remove.decode(),
            "version": change.version,
        }
        end = time.monotonic() + _PATIENCE
        found = self._slicing.measure(arguments, version, end)
        return Delta.from_nquads(found["added"].encode(), found["removed"].encode())

    def restart(self) -> None:
        """Bring the store to the record of the ledger.

        Raises:
            EngineUnavailable: It does not answer.
        """
        self._behind = True
        try:
            self._look(0)
        except AikgError as error:
            raise EngineUnavailable(str(error), advice=error.advice) from error

    def describe(self) -> dict[str, Any]:
        """Return the graph's version, its size in triples, and what a store does without."""
        version = self._look()
        isolation = "none: the store evaluates queries, and keeps their deadline"
        store = {"address": self.settings.store, "without": list(LOST)}
        return {
            "version": version, "triples": self._triples, "isolation": isolation, "store": store
        }  # fmt: skip

    @property
    def version(self) -> str:
        """The version of the graph, as last known."""
        return self._present

    def version_now(self) -> str | None:
        """Return the version of the graph; None if it was not read just now. Never wait."""
        return self._present if time.monotonic() - self._looked <= _RECENT else None


def _with_figures(change: Change, figures: Delta[ox.Quad]) -> Delta[ox.Quad]:
    delta = Delta.from_nquads(change.add, change.remove)
    return Delta(delta.added | figures.added, delta.removed | figures.removed)
