"""A ledger and the graph that follows from it: how a step changes both."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar

from aikg.engine.client import Engine
from aikg.errors import EngineUnavailable, FilesDiffer, StateConflict
from aikg.ledger import overlay, records
from aikg.ledger.database import Database
from aikg.ledger.records import Submission
from aikg.publication import provenance
from aikg.releases.shelf import Shelf
from aikg.rules.delta import Delta
from aikg.submissions.following import Following

#: How long a curator's step may take, in seconds: a large submission is judged and derived.
PATIENCE = 600.0

_Taken = TypeVar("_Taken")


class Stepping:
    """Threads may share it; the steps that change the graph are taken one after the other.

    Args:
        database: The ledger.
        engine: The graph, with the published submissions.
        files: The version of the files that the graph was built from.
        following: Follows the ledger, if other servers share it.
    """

    def __init__(
        self, database: Database, engine: Engine, files: str, following: Following | None = None
    ) -> None:
        self.database = database
        self.engine = engine
        self.files = files
        self.following = following
        self._changing = threading.Lock()
        self._decided_on = ""

    @property
    def version(self) -> str:
        """The version of the data."""
        return overlay.version_of_data(self.database, self.files)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Decide alone: no other thread and no other server decides within the block.

        The graph has all earlier steps then.

        Raises:
            FilesDiffer: The ledger rests on other files than those of this server.
            TooBusy: Another server decides, for longer than a minute.
            LedgerUnreachable: The ledger does not answer.
        """
        with self._changing, self.database.exclusive():
            self.require_same_files()
            self._decided_on = self.version
            self.engine.reach(self._decided_on)
            self._forget_step()
            yield

    def require_same_files(self) -> None:
        """Refuse a decision of a server with other files than those of the ledger.

        Raises:
            FilesDiffer: See `changing`.
            LedgerUnreachable: The ledger does not answer.
        """
        if self.following is None:
            return
        self.following.follow()
        if not self.following.decides:
            raise FilesDiffer(
                f"The ledger rests on version {overlay.files(self.database)} of the files, and "
                f"this server has version {self.files}; it only reads.",
                advice="Send it to a server with those files; or an administrator runs "
                "`aikg renew`.",
            )

    def ledger_state(self) -> dict[str, Any]:
        """Return where the ledger is, whether it answers, and whether this server decides.

        If servers share it: also the releases that this one lacks.
        """
        following = self.following
        if following is None:
            return {"kind": "sqlite", "reachable": True, "decides": True}
        here = Shelf(self.engine.settings).versions()
        return {
            "kind": "postgresql",
            "reachable": following.reachable,
            "decides": following.reachable and following.decides,
            "missing_releases": [one for one in following.releases if one not in here],
        }

    def changed(self) -> str | None:
        """Return when the graph changed by a step last, in UTC; None if it never did."""
        return self.following.changed if self.following else records.changed(self.database)

    def withheld(self) -> dict[str, str]:
        """Return the submissions that are published and not in the graph, each with the reason."""
        if self.following:
            return self.following.withheld
        return {
            submission.address: records.history(self.database, submission)[-1].why
            for submission in records.in_states(self.database, records.WITHHELD)
        }

    def apply(
        self,
        delta: Delta[str],
        step: Callable[[], _Taken],
        touched: Callable[[], Iterable[Submission]],
    ) -> _Taken:
        """Take a step in the ledger and in the graph, with its provenance.

        A copy of the graph takes the change first. The ledger records the step only then, and the
        graph shows it only after that. A process that dies in between loses nothing that was
        acknowledged: it begins with the record of the ledger.

        Args:
            delta: What the step changes in the graph.
            step: Takes the step in the ledger.
            touched: Returns the submissions whose provenance the step may change.

        Raises:
            ChangeRefused: The graph cannot take the change; nothing was recorded.
            StateConflict: Another server took a step meanwhile; nothing was recorded.
        """
        following = self.following
        with following.lock if following else nullcontext():
            taken, whole, version = self._recorded(delta, step, touched)
            added, removed = whole.to_nquads()
            try:
                self.engine.apply(add=added, remove=removed, version=version)
            except EngineUnavailable:
                self.engine.restart()  # it begins with the record of the ledger
            self._forget_step()
            if following:
                following.note(whole, version)
        return taken

    def _forget_step(self) -> None:
        """Forget the step that was kept for a store outside, which has it."""
        if self.engine.outside and overlay.kept_step(self.database):
            with self.database.transaction():
                overlay.forget_step(self.database)

    def _recorded(
        self,
        delta: Delta[str],
        step: Callable[[], _Taken],
        touched: Callable[[], Iterable[Submission]],
    ) -> tuple[_Taken, Delta[str], str]:
        """Record a step that the graph can take; return it, the change and the new version."""
        with self.database.transaction():
            if self.version != self._decided_on:
                raise StateConflict(
                    "Another server took a step meanwhile; nothing was recorded.",
                    advice="Send it again.",
                )
            before = provenance.of(self.database, touched())
            taken = step()
            after = provenance.of(self.database, touched())
            whole = delta.then(Delta(after - before, before - after).lines())
            added, removed = whole.to_nquads()
            version = self.version
            self.engine.rehearse(
                add=added, remove=removed, version=version, before=self._decided_on
            )
            if self.engine.outside:
                overlay.keep_step(self.database, self._decided_on, version, added, removed)
        return taken, whole, version

    def run(
        self, job: str, arguments: dict[str, Any], body: bytes = b"", timeout: float = PATIENCE
    ) -> dict[str, Any]:
        """Run a job of the engine, and return its answer."""
        return dict(json.loads(self.engine.run(job, arguments, body, timeout=timeout).read()))
