"""A server whose ledger others share follows it: the graph takes each new step of the others."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from aikg.engine.client import Engine
from aikg.engine.process import Change
from aikg.errors import AikgError, EngineUnavailable, LedgerUnreachable
from aikg.ledger import announced, overlay, records
from aikg.ledger.opening import open_ledger
from aikg.publication.replay import replay
from aikg.rules.delta import Delta
from aikg.settings import Settings

#: How long to wait for a notification before the ledger is asked all the same, in seconds.
_POLL = 1.0
#: How long to wait before a ledger is asked again that did not answer, in seconds.
_PAUSE = 0.5


class Following:
    """What one server knows of a ledger that it shares; threads may share it.

    Attributes:
        lock: Held while the graph is brought from one version to the next.
        reachable: Whether the ledger answered last.
        decides: Whether the ledger rests on the files of this server. If not, the graph stays as it
            is, and the server takes no step.
        changed: When the graph changed last by a step, in UTC, or None.
        releases: The names of all releases that were made.
        withheld: The submissions that are published and not in the graph, each with the reason.
    """

    def __init__(self, settings: Settings, files: str) -> None:
        self._database: Any = open_ledger(settings)
        self._files = files
        self._engine: Engine | None = None
        self._known: tuple[Delta[str], str] | None = None
        self._ended = threading.Event()
        self.lock = threading.RLock()
        self.reachable = self.decides = True
        self.changed: str | None = None
        self.releases: list[str] = []
        self.withheld: dict[str, str] = {}

    def changes(self) -> list[Change]:
        """Return the changes since the build, for an engine that starts.

        If the ledger does not answer, or rests on other files, these are the ones that this server
        knows.
        """
        with contextlib.suppress(LedgerUnreachable):
            found = self._read("")
            if self._known is None:
                self._known = found
            if found:
                return [Change(*found[0].to_nquads(), found[1])]
        return [Change(*self._known[0].to_nquads(), self._known[1])] if self._known else []

    def _read(self, present: str) -> tuple[Delta[str], str] | None:
        """Read the ledger, if it has another version than the present one, and rests on our files.

        Returns:
            By what the graph differs from the built one, and the version.
        """
        database, found = self._database, None
        with database.snapshot():
            stands = overlay.stands_on(database, self._files)
            version = overlay.version_of_data(database, self._files)
            if stands and version != present:
                delta = replay(database, self._files)
                found = None if delta is None else (delta, version)
            self.changed = records.changed(database)
            self.releases = announced.every(database)
            held = records.in_states(database, records.WITHHELD)
            self.withheld = {one.address: records.history(database, one)[-1].why for one in held}
        self.decides = stands
        return found

    def follow(self) -> bool:
        """Bring the graph to the last step of the ledger; return whether it changed.

        Raises:
            LedgerUnreachable: The ledger does not answer; the graph stays as it is.
        """
        with self.lock:
            delta, version = self._known or (Delta(), "")
            moved = not self.decides
            try:
                found = self._read("" if moved else version)
            except LedgerUnreachable:
                self.reachable = False
                raise
            self.reachable = True
            if found is None or self._engine is None:
                return False
            added, removed = delta.reversed().then(found[0]).to_nquads()
            try:
                self._engine.apply(add=added, remove=removed, version=found[1])
            except EngineUnavailable:
                self._engine.restart()
            self._known = found
        return True

    def note(self, delta: Delta[str], version: str) -> None:
        """Note a change that this server itself has made in the graph, with `lock`."""
        before = self._known[0] if self._known else Delta[str]()
        self._known = before.then(delta), version

    def set(self, delta: Delta[str], version: str) -> None:
        """Note by what the graph of this server differs from the built one."""
        self._known = delta, version

    @contextmanager
    def running(self, engine: Engine, after: Callable[[], object]) -> Iterator[None]:
        """Follow the ledger in a thread, until the end of the block.

        Args:
            engine: The graph.
            after: Called after each change.
        """
        self._engine = engine
        thread = threading.Thread(target=self._run, args=[after], name="follows", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join(_POLL + 1)
            self._database.close()

    def _run(self, after: Callable[[], object]) -> None:
        while not self._ended.is_set():
            try:
                self._database.listen()
                if self.follow():
                    after()
                self._database.wait_for_step(_POLL)
            except LedgerUnreachable:
                self.reachable = False
                self._ended.wait(_PAUSE)
            except AikgError:
                self._ended.wait(_PAUSE)
