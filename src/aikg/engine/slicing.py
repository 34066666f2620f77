"""Jobs on a part of a store: what they lack is fetched, and they run again."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyoxigraph as ox

from aikg.engine.answer import Answer
from aikg.engine.client import Body
from aikg.engine.onstore import OnStore
from aikg.engine.relay import left
from aikg.engine.sliced import LACKS
from aikg.errors import EngineUnavailable
from aikg.files.turtle import load_nquads
from aikg.rules.delta import Delta, apply
from aikg.store.slices import Need, Slice

#: The most often that a job lacks something and runs again.
_ROUNDS = 60
#: The largest slice that is kept for the next job, in quads.
_MOST = 60_000
#: Jobs that stop at the first lack, and need nothing that statements lead to.
_CLOSE = frozenset({"node"})
#: Jobs that judge: what one has needed, the next one needs too.
_IMPACT = "impact"
_JUDGING = frozenset({"check", "receive", "publish", "decide", "withdraw", "figures"})


class Slicing:
    """Runs jobs in workers, each on the slice that it needs; threads may share it.

    Args:
        store: Asks the store.
        work: Runs a job in a worker, as `Engine.run`.
        look: Returns the version of the store, at most so old, in seconds.
    """

    def __init__(
        self, store: OnStore, work: Callable[..., Answer], look: Callable[[float], str]
    ) -> None:
        self._store, self._work, self._look = store, work, look
        self._lock = threading.Lock()
        self._kept: Slice | None = None

    def run(self, job: str, arguments: dict[str, Any], body: Body, end: float) -> Answer:
        """Run a job.

        Raises:
            EngineUnavailable: The graph changes all the time, or the job lacks more and more.
            AikgError: Any of those that the job raises.
        """
        if job.startswith(_IMPACT):
            arguments = arguments | {"on_store": True}
        part = self._begin(job, self._look(0), end)
        for _ in range(_ROUNDS):
            found = self._one(job, arguments, body, end, part)
            if not isinstance(found, Answer):
                part.fetch(found)
            version = self._store.version()
            if version != part.version:
                part = self._begin(job, version, end)
            elif isinstance(found, Answer):
                self._keep(job, part)
                return found
        raise EngineUnavailable(
            "The graph on the store changed again and again.", advice="Ask again."
        )

    def measure(self, arguments: dict[str, Any], version: str, end: float) -> dict[str, Any]:
        """Return by what the figures change: `added` and `removed`, as N-Quads."""
        part = self._begin("figures", version, end)
        for _ in range(_ROUNDS):
            found = self._one("figures", arguments, b"", end, part)
            if isinstance(found, Answer):
                self._keep("figures", part)
                return dict(json.loads(found.read()))
            part.fetch(found)
        raise EngineUnavailable("The figures cannot be counted.", advice="Ask again.")

    def advance(self, version: str, delta: Delta[ox.Quad]) -> None:
        """Bring the kept slice to the version after a step."""
        with self._lock:
            kept, self._kept = self._kept, None
            if kept is None:
                return
            store = ox.Store()  # which writes equal numbers alike
            load_nquads(store, _text(kept).encode())
            apply(delta, store)
            self._kept = replace(kept, version=version, lines={f"{quad} ." for quad in store})

    def _one(
        self, job: str, arguments: dict[str, Any], body: Body, end: float, part: Slice
    ) -> Answer | set[Need]:
        sent = {
            "quads": _text(part),
            "has": sorted(part.has),
            "stops": job in _CLOSE,
            "version": part.version,
        }

        def reply(asked: dict[str, Any]) -> bytes:
            return self._store.answer(asked, left(end))

        whole = arguments | {"slice": sent}
        answer = self._work(job, whole, body, timeout=left(end), replies=reply)
        if answer.media_type == LACKS:
            return {tuple(need) for need in json.loads(answer.read())}
        answer.version = part.version
        return answer

    def _begin(self, job: str, version: str, end: float) -> Slice:
        """Return a copy of the slice of the last job that judged, or an empty one."""

        def select(query: str) -> list[tuple[Any, ...]]:
            return self._store.select(query, left(end))

        follows = job not in _CLOSE and job not in {"figures", "table"}
        with self._lock:
            kept = self._kept
        if kept is None or kept.version != version or not _judges(job):
            return Slice(version, select, follows)
        return Slice(version, select, follows, set(kept.has), set(kept.lines))

    def _keep(self, job: str, part: Slice) -> None:
        if _judges(job):
            with self._lock:
                self._kept = part if len(part.lines) <= _MOST else None


def _judges(job: str) -> bool:
    return job in _JUDGING or job.startswith(_IMPACT)


def _text(part: Slice) -> str:
    return "".join(f"{line}\n" for line in part.lines)
