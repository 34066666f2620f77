"""The desk: takes submissions in, has them judged, and brings them into the graph or out of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import Any, TypeVar

from aikg.engine.client import Engine
from aikg.errors import (
    AikgError,
    EngineUnavailable,
    NotAllowed,
    StateConflict,
    SubmissionInvalid,
    SubmissionMalformed,
    SubmissionTooLarge,
    UnsupportedMediaType,
)
from aikg.files.turtle import write_nquads
from aikg.intake.formats import recognise
from aikg.ledger import namespaces, overlay, records, steps, tokens
from aikg.ledger.database import Database
from aikg.ledger.records import Submission
from aikg.ledger.steps import Actor, GraphChange, Judgement, Sent
from aikg.names import graph_of
from aikg.publication import provenance, replay
from aikg.submissions import quota

#: How long a curator's step may take, in seconds: a large submission is judged and derived.
PATIENCE = 600.0

_N_TRIPLES = "application/n-triples"
#: How much of a quad that the graph cannot contain is shown, in characters.
_SHOWN = 200
_NOTHING = GraphChange(b"", b"")

_Taken = TypeVar("_Taken")


class Desk:
    """Threads may share it; the steps that change the graph are taken one after the other.

    Args:
        database: The ledger.
        engine: The graph, with what the ledger holds applied to it.
        files: The version of the files that the graph was built from.
    """

    def __init__(self, database: Database, engine: Engine, files: str) -> None:
        self.database = database
        self.engine = engine
        self.files = files
        #: What the sessions of curators' browsers are signed with.
        self.secret = tokens.session_secret(database)
        self._changing = threading.Lock()
        self._receiving = threading.Lock()

    def receive(self, sent: Sent, actor: Actor, *, any_name: bool = False) -> Submission:
        """Keep what was sent, and judge it.

        The same bytes from the same sender are one submission, however often they come.

        Args:
            sent: What was sent.
            actor: Who sent it.
            any_name: Whether the sender may use a name that another has begun.

        Returns:
            The submission, which waits, or is invalid; its report says why.

        Raises:
            NotAllowed: The name is not free.
            StateConflict: The same bytes came from the same person under another name.
            QuotaExceeded: The ledger keeps as much of the person's as it may.
            UnsupportedMediaType: It is of no format that is read; it is not kept.
            SubmissionMalformed: It is not of the format that it is said to be; it is not kept.
            SubmissionTooLarge: There is more than the limits allow; it is not kept.
            AikgError: It was not judged; what was sent is kept as received.
        """
        recognise(sent.media_type, sent.filename or "")
        with self._receiving:
            submission = self._present(sent, actor) or self._keep(sent, actor, any_name)
        if submission.state != records.RECEIVED:
            return submission
        told = self._told(submission)
        try:
            answer = self._run("receive", told, sent.content, self.engine.settings.deadline)
        except (UnsupportedMediaType, SubmissionMalformed, SubmissionTooLarge):
            steps.forget(self.database, submission)
            raise
        found = Judgement(
            records.WAITING if answer["accepted"] else records.INVALID,
            json.dumps(answer["report"]),
            answer["statements"].encode(),
        )
        try:
            return steps.judge(self.database, submission, actor, found)
        except StateConflict:  # the same bytes came twice at once, and the other was faster
            return records.find(self.database, submission.name, submission.version)

    def publish(self, submission: Submission, actor: Actor, why: str = "") -> Submission:
        """Judge a submission against the graph as it is, and make it part of it.

        Raises:
            StateConflict: It does not wait.
            SubmissionInvalid: It is valid no longer; the graph stays as it is.
            StillUsed: Others point at what the version before it described, and it does not.
        """
        with self._changing:
            self._require(submission, records.WAITING)
            content = records.content(self.database, submission)
            answer = self._run("publish", self._told(submission), content)
            if not answer["accepted"]:
                raise SubmissionInvalid(
                    f"{submission.address} is valid no longer, since the graph has changed.",
                    advice="Read the report; then reject it, or send a mended version.",
                    report=answer["report"],
                )
            change = _change(answer)
            return self._apply(
                change,
                lambda: steps.publish(self.database, submission, actor, why, change),
                lambda: records.versions(self.database, submission.name),
            )

    def withdraw(
        self, submission: Submission, actor: Actor, why: str, *, force: bool = False
    ) -> Submission:
        """Take a submission out of the graph, with what followed from it.

        Args:
            submission: The submission.
            actor: Who does it.
            why: For which reason.
            force: Whether to do it although later ones point at what it describes; the reason then
                names them.

        Raises:
            StateConflict: It is neither published nor withheld.
            StillUsed: Others that came later point at what it describes.
        """
        with self._changing:
            present = self._require(submission, records.PUBLISHED, records.WITHHELD)
            change = _NOTHING
            if present.state == records.PUBLISHED:
                answer = self._run("withdraw", self._leaving(submission) | {"force": force})
                change = _change(answer)
                why += _still_pointing(answer["users"])
            return self._apply(
                change,
                lambda: steps.withdraw(self.database, submission, actor, why, change),
                lambda: records.versions(self.database, submission.name),
            )

    def reject(self, submission: Submission, actor: Actor, why: str) -> Submission:
        """Decide that a submission will not be published.

        Raises:
            StateConflict: It does not wait.
        """
        return steps.reject(self.database, submission, actor, why)

    def purge(self, submission: Submission, actor: Actor, why: str) -> Submission:
        """Remove what was sent and who sent it, for ever; that it was there stays.

        Raises:
            StateConflict: It is published.
        """
        with self._changing:
            return self._apply(
                _NOTHING,
                lambda: steps.purge(self.database, submission, actor, why),
                lambda: records.ever_published(self.database),  # others may share its persons
            )

    def impact(self, submission: Submission) -> dict[str, Any]:
        """Tell what would change if it were published, or if what is published were withdrawn.

        Raises:
            StateConflict: It neither waits nor is it published.
        """
        if submission.state == records.PUBLISHED:
            return self._run("impact-of-withdrawing", self._leaving(submission))
        self._require(submission, records.WAITING)
        content = records.content(self.database, submission)
        return self._run("impact-of-publishing", self._told(submission), content)

    def renew(self) -> list[tuple[Submission, list[str]]]:
        """Judge and apply everything that is published, on files that have changed.

        Returns:
            Those that break a rule now, with what was found; they stay. What the graph cannot take
            is withheld.
        """
        fails = []
        refused: dict[Submission, str] = {}
        added: set[str] = set()
        removed: set[str] = set()
        for submission in self._published():
            try:
                answer = self._renewed(submission)
            except EngineUnavailable:
                raise
            except AikgError as error:
                refused[submission] = str(error)
                continue
            if not answer["accepted"]:
                fails.append(
                    (submission, [f["rule"] for f in answer["report"]["findings"] if f["blocks"]])
                )
            come, go = (set(answer[part].split("\n")) - {""} for part in ("added", "removed"))
            added, removed = (added - go) | (come - removed), (removed - come) | (go - added)
        with self.database.transaction():
            overlay.replace(self.database, self.files, _joined(added), _joined(removed))
            for submission in self._published():
                if submission in refused and submission.state == records.PUBLISHED:
                    self._withhold(submission, refused[submission], _NOTHING)
                elif submission not in refused and submission.state == records.WITHHELD:
                    steps.restore(self.database, submission, self._itself)
        told_of = write_nquads(provenance.of(self.database, records.ever_published(self.database)))
        self.engine.apply(add=told_of, version=self.version)
        return fails

    def repair(self, refused: Iterable[str]) -> None:
        """Withhold the submissions that brought quads which the graph cannot take.

        The graph is served without all that they state and all that follows from it; a curator
        can withdraw them. The ledger keeps them as they were sent.

        Args:
            refused: The quads, as `replay` returns them; the graph was loaded without them.
        """
        with self._changing:
            for graph, lines in replay.sources(self.database, refused).items():
                change = _change(self._run("remove", {"graph": graph})) if graph else _NOTHING
                self._apply(
                    change,
                    partial(self._set_aside, graph, lines, change),
                    lambda: records.ever_published(self.database),
                )

    def withheld(self) -> dict[str, str]:
        """Return the submissions that are published and not in the graph, each with the reason."""
        return {
            submission.address: records.history(self.database, submission)[-1].why
            for submission in records.in_states(self.database, records.WITHHELD)
        }

    @property
    def version(self) -> str:
        """The version of the data."""
        return overlay.version_of_data(self.database, self.files)

    def _present(self, sent: Sent, actor: Actor) -> Submission | None:
        """Find the same bytes, sent before by the same person; of others' nothing is said.

        Raises:
            StateConflict: They bear another name.
        """
        present = records.same_content(self.database, sent.sha256, actor.token)
        if present and sent.name not in (None, present.name):
            raise StateConflict(
                f"The same bytes are here already: {present.address} is {present.state}.",
                advice="Look there; to change it, send what differs.",
            )
        return present

    def _keep(self, sent: Sent, actor: Actor, any_name: bool) -> Submission:
        before = records.versions(self.database, sent.name) if sent.name else []
        owner = records.owner(before)
        if before and not any_name and (owner is None or owner != actor.person):
            raise NotAllowed(
                f"The name {sent.name} is not free.",
                advice="Choose another name; or ask an administrator to send it for you.",
            )
        quota.check(self.database, self.engine.settings, sent, actor)
        return steps.receive(self.database, sent, actor)

    def _told(self, submission: Submission) -> dict[str, Any]:
        """Give what the jobs are told of a submission."""
        versions = records.versions(self.database, submission.name)
        published = [v for v in versions if v.state == records.PUBLISHED]
        return {
            "name": submission.name,
            "graph": submission.graph,
            "media_type": submission.media_type,
            "filename": submission.filename or submission.name,
            "namespaces": namespaces.of(self.database, submission.person),
            "replaced": published[0].graph if published else None,
            "later": records.later(self.database, published[0]) if published else [],
        }

    def _leaving(self, submission: Submission) -> dict[str, Any]:
        """Return the arguments of the jobs that take a submission out of the graph."""
        return {
            "name": submission.name,
            "graph": submission.graph,
            "namespaces": namespaces.of(self.database, submission.person),
            "later": records.later(self.database, submission),
        }

    def _renewed(self, submission: Submission) -> dict[str, Any]:
        """Judge what is published, and bring it into the graph."""
        told = self._told(submission) | {"replaced": None, "media_type": _N_TRIPLES}
        answer = self._run("publish", told, records.statements(self.database, submission))
        change = {"add": answer["added"].encode(), "remove": answer["removed"].encode()}
        self.engine.rehearse(**change, version=self.files)
        self.engine.apply(**change, version=self.files)
        return answer

    def _set_aside(self, graph: str, lines: list[str], change: GraphChange) -> Submission | None:
        """Record that the graph is served without what a submission brought."""
        overlay.drop(self.database, lines)
        shown = lines[0] if len(lines[0]) <= _SHOWN else f"{lines[0][:_SHOWN]}…"
        reason = f"The graph cannot contain {len(lines)} of its quads, such as {shown}"
        for submission in self._published():
            if submission.graph == graph and submission.state == records.PUBLISHED:
                return self._withhold(submission, reason, change)
        # It is published no longer, or of unknown origin: only its quads were left.
        overlay.change(self.database, self.files, change.added, change.removed)
        return None

    def _withhold(self, submission: Submission, why: str, change: GraphChange) -> Submission:
        return steps.withhold(self.database, submission, self._itself, why, change)

    @property
    def _itself(self) -> Actor:
        """Who takes the steps that nobody asked for."""
        return Actor("the server", self.files)

    def _published(self) -> list[Submission]:
        """Give what is published, in the order in which it was: later ones point at earlier.

        What is withheld is among it.
        """

        def when(submission: Submission) -> int:
            events = records.history(self.database, submission)
            return max(event.number for event in events if event.state == records.PUBLISHED)

        found = records.in_states(self.database, records.PUBLISHED, records.WITHHELD)
        return sorted(found, key=when)

    def _apply(
        self,
        change: GraphChange,
        step: Callable[[], _Taken],
        of: Callable[[], Collection[Submission]],
    ) -> _Taken:
        """Take a step in the ledger and in the graph, with what is told of its origin.

        A copy of the graph takes the change first. The ledger records the step only then, and the
        graph shows it only after that. A process that dies in between loses nothing that was
        acknowledged: it begins with what the ledger has recorded.

        Raises:
            ChangeRefused: The graph cannot take the change; nothing was recorded.
        """
        with self.database.transaction():
            before = provenance.of(self.database, of())
            taken = step()
            after = provenance.of(self.database, of())
            made = {
                "add": change.added + write_nquads(after - before),
                "remove": change.removed + write_nquads(before - after),
            }
            version = self.version
            self.engine.rehearse(**made, version=version)
        try:
            self.engine.apply(**made, version=version)
        except EngineUnavailable:
            self.engine.restart()  # it begins with what the ledger has recorded
        return taken

    def _require(self, submission: Submission, *states: str) -> Submission:
        present = records.find(self.database, submission.name, submission.version)
        if present.state not in states:
            raise StateConflict(
                f"{submission.address} is {present.state}, not {' or '.join(states)}.",
                advice="Look at its page: someone else may have decided meanwhile.",
            )
        return present

    def _run(
        self, job: str, told: dict[str, Any], body: bytes = b"", timeout: float = PATIENCE
    ) -> dict[str, Any]:
        return dict(json.loads(self.engine.run(job, told, body, timeout=timeout).read()))


def _change(answer: dict[str, Any]) -> GraphChange:
    parts = (answer.get(part, "") for part in ("added", "removed", "statements", "followed"))
    return GraphChange(*(part.encode() for part in parts))


def _still_pointing(graphs: list[str]) -> str:
    """Name for the record what a forced withdrawal leaves pointing into the void."""
    names = [graph.removeprefix(graph_of("submission/")) for graph in graphs]
    return f" Forced: {', '.join(names)} still pointed at it." if names else ""


def _joined(lines: set[str]) -> bytes:
    return "".join(line + "\n" for line in sorted(lines)).encode()
