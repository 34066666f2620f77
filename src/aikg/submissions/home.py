"""An open home: its ledger, its graph, and the steps that change both."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
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
from aikg.intake.formats import recognise
from aikg.ledger import namespaces, overlay, records, steps
from aikg.ledger.database import Database
from aikg.ledger.records import Submission
from aikg.ledger.steps import Actor, Judgement, Sent
from aikg.names import graph_of
from aikg.publication import provenance
from aikg.publication.change import counted
from aikg.rules.delta import Delta
from aikg.submissions import quota

#: How long a curator's step may take, in seconds: a large submission is judged and derived.
PATIENCE = 600.0

_N_TRIPLES = "application/n-triples"
_Taken = TypeVar("_Taken")


class Home:
    """Threads may share it; the steps that change the graph are taken one after the other.

    Args:
        database: The ledger.
        engine: The graph, with the published submissions.
        files: The version of the files that the graph was built from.
    """

    def __init__(self, database: Database, engine: Engine, files: str) -> None:
        self.database = database
        self.engine = engine
        self.files = files
        self._changing = threading.Lock()
        self._receiving = threading.Lock()

    @property
    def version(self) -> str:
        """The version of the data."""
        return overlay.version_of_data(self.database, self.files)

    def withheld(self) -> dict[str, str]:
        """Return the submissions that are published and not in the graph, each with the reason."""
        return {
            submission.address: records.history(self.database, submission)[-1].why
            for submission in records.in_states(self.database, records.WITHHELD)
        }

    def receive(self, sent: Sent, actor: Actor, *, any_name: bool = False) -> Submission:
        """Keep a file, and judge it.

        The same bytes from the same sender are one submission, however often they come.

        Args:
            sent: The file.
            actor: The sender.
            any_name: Whether the sender may use a name that another person began.

        Returns:
            The submission, which waits, or is invalid; its report says why.

        Raises:
            NotAllowed: The name is not free.
            StateConflict: The same bytes came from the same person under another name.
            QuotaExceeded: The person has reached the quota.
            UnsupportedMediaType: No format of that type is read; the file is not kept.
            SubmissionMalformed: It does not follow its format; it is not kept.
            SubmissionTooLarge: It exceeds the limits; it is not kept.
            AikgError: It was not judged; it is kept as received.
        """
        recognise(sent.media_type, sent.filename or "")
        with self._receiving:
            submission = self._present(sent, actor) or self._keep(sent, actor, any_name)
        if submission.state != records.RECEIVED:
            return submission
        deadline = self.engine.settings.deadline
        try:
            answer = self._run("receive", self._arguments(submission), sent.content, deadline)
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
            SubmissionInvalid: It is not valid any more; the graph stays as it is.
            StillUsed: Others point at nodes of the version before it which it leaves out.
        """
        with self._changing:
            self._require(submission, records.WAITING)
            content = records.content(self.database, submission)
            answer = self._run("publish", self._arguments(submission), content)
            if not answer["accepted"]:
                raise SubmissionInvalid(
                    f"{submission.address} is valid no longer, since the graph has changed.",
                    advice="Read the report; then reject it, or send a corrected version.",
                    report=answer["report"],
                )
            delta, stated = _delta(answer), answer["statements"].encode()
            return self._apply(
                delta,
                lambda: steps.publish(self.database, submission, actor, why, delta, stated),
                lambda: records.versions(self.database, submission.name),
            )

    def withdraw(
        self,
        submission: Submission,
        actor: Actor,
        why: str,
        *,
        force: bool = False,
        with_dependents: bool = False,
    ) -> Submission:
        """Take a submission out of the graph, with all that followed from it.

        Args:
            submission: The submission.
            actor: Who does it.
            why: The reason.
            force: Whether to do it although later ones point at its nodes; the reason then names
                them.
            with_dependents: Whether to withdraw these with it, and those that point at them, all in
                one transaction; each has an event of its own.

        Raises:
            StateConflict: It is neither published nor withheld.
            StillUsed: Others that came later point at its nodes.
        """
        with self._changing:
            present = self._require(submission, records.PUBLISHED, records.WITHHELD)
            delta: Delta[str] = Delta()
            others, taken = "", list[Submission]()
            if present.state == records.PUBLISHED:
                options = {"force": force, "with_dependents": with_dependents}
                answer = self._run("withdraw", self._leaving(submission, alone=True) | options)
                delta = _delta(answer)
                taken = [s for s in self._published() if s.graph in answer["dependents"]]
                others = _still_pointing(answer["users"]) + _with_it(answer["dependents"])

            def step() -> Submission:
                for one in reversed(taken):
                    also = f"Withdrawn with {submission.address}."
                    steps.bring(self.database, one, records.WITHDRAWN, actor, also)
                return steps.bring(
                    self.database, submission, records.WITHDRAWN, actor, why + others, delta
                )

            names = {submission.name, *(one.name for one in taken)}
            return self._apply(
                delta,
                step,
                lambda: [one for name in names for one in records.versions(self.database, name)],
            )

    def reject(self, submission: Submission, actor: Actor, why: str) -> Submission:
        """Decide that a submission will not be published.

        Raises:
            StateConflict: It does not wait.
        """
        return steps.bring(self.database, submission, records.REJECTED, actor, why)

    def purge(self, submission: Submission, actor: Actor, why: str) -> Submission:
        """Remove a file and its sender for ever; the record that it was there stays.

        Raises:
            StateConflict: It is published.
        """
        with self._changing:
            return self._apply(
                Delta(),
                lambda: steps.purge(self.database, submission, actor, why),
                lambda: records.ever_published(self.database),  # others may share its persons
            )

    def impact(self, submission: Submission) -> dict[str, Any]:
        """Return what would change if it were published; if it is published, if it went.

        Raises:
            StateConflict: It neither waits nor is it published.
        """
        if submission.state == records.PUBLISHED:
            return self._run("impact-of-withdrawing", self._leaving(submission, alone=True))
        self._require(submission, records.WAITING)
        content = records.content(self.database, submission)
        return self._run("impact-of-publishing", self._arguments(submission), content)

    def renew(self) -> list[tuple[Submission, list[str]]]:
        """Judge and apply all that is published, one after the other, on a graph without it.

        This is done after a change of the files, and when no graph can be made with the overlay.
        A submission that the graph cannot take is withheld: the graph is served without all that
        it states and all that follows from it. The ledger keeps it as it was sent.

        Returns:
            The submissions that break a rule now, with the messages of the rules; they stay.
        """
        actor, fails, refused = Actor("the server", self.files), [], {}
        whole: Delta[str] = Delta()
        for submission in self._published():
            try:
                answer = self._renewed(submission)
            except EngineUnavailable:
                raise
            except AikgError as error:
                refused[submission] = str(error)
                continue
            whole = whole.then(_delta(answer))
            if not answer["accepted"]:
                broken = [f["rule"] for f in answer["report"]["findings"] if f["blocks"]]
                fails.append((submission, broken))
        with self.database.transaction():
            overlay.replace(self.database, self.files, whole)
            for submission in self._published():
                why = refused.get(submission, "")
                state = records.WITHHELD if submission in refused else records.PUBLISHED
                if submission.state != state:
                    steps.bring(self.database, submission, state, actor, why)
        origins = provenance.of(self.database, records.ever_published(self.database))
        self.engine.apply(add=Delta(origins).to_nquads()[0], version=self.version)
        return fails

    def _present(self, sent: Sent, actor: Actor) -> Submission | None:
        """Find the same bytes, sent before by the same person; those of others are not looked at.

        Raises:
            StateConflict: They bear another name.
        """
        present = records.same_content(self.database, sent.sha256, actor.token)
        if present and sent.name not in (None, present.name):
            raise StateConflict(
                f"The same bytes are here already: {present.address} is {present.state}.",
                advice="Look there; to change it, send a file that differs.",
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

    def _arguments(self, submission: Submission) -> dict[str, Any]:
        """Return the arguments of the jobs that judge a submission."""
        versions = records.versions(self.database, submission.name)
        published = next((v for v in versions if v.state == records.PUBLISHED), None)
        return self._leaving(submission) | {
            "media_type": submission.media_type,
            "filename": submission.filename or submission.name,
            "replaced": published.graph if published else None,
            "later": records.later(self.database, published) if published else [],
        }

    def _leaving(self, submission: Submission, *, alone: bool = False) -> dict[str, Any]:
        """Return the arguments of the jobs that take a submission out of the graph.

        If no other version takes its place, they say which submissions may depend on which.
        """
        return {
            "periods": records.periods(self.database) if alone else {},
            "name": submission.name,
            "graph": submission.graph,
            "namespaces": namespaces.of(self.database, submission.person),
            "later": records.later(self.database, submission),
        }

    def _renewed(self, submission: Submission) -> dict[str, Any]:
        """Judge a submission that is published, and bring it into the graph."""
        arguments = self._arguments(submission) | {"replaced": None, "media_type": _N_TRIPLES}
        answer = self._run("publish", arguments, records.statements(self.database, submission))
        added, removed = _delta(answer).to_nquads()
        self.engine.rehearse(add=added, remove=removed, version=self.files)
        self.engine.apply(add=added, remove=removed, version=self.files)
        return answer

    def _published(self) -> list[Submission]:
        """Return all that is published or withheld, in the order of publication.

        Later submissions may point at earlier ones.
        """

        def when(submission: Submission) -> int:
            events = records.history(self.database, submission)
            return max(event.number for event in events if event.state == records.PUBLISHED)

        found = records.in_states(self.database, records.PUBLISHED, records.WITHHELD)
        return sorted(found, key=when)

    def _apply(
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
        """
        with self.database.transaction():
            before = provenance.of(self.database, touched())
            taken = step()
            after = provenance.of(self.database, touched())
            whole = delta.then(Delta(after - before, before - after).lines())
            added, removed = whole.to_nquads()
            version = self.version
            self.engine.rehearse(add=added, remove=removed, version=version)
        try:
            self.engine.apply(add=added, remove=removed, version=version)
        except EngineUnavailable:
            self.engine.restart()  # it begins with the record of the ledger
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
        self, job: str, arguments: dict[str, Any], body: bytes = b"", timeout: float = PATIENCE
    ) -> dict[str, Any]:
        return dict(json.loads(self.engine.run(job, arguments, body, timeout=timeout).read()))


def _delta(answer: dict[str, Any]) -> Delta[str]:
    return Delta.from_lines(answer["added"], answer["removed"])


def _with_it(dependents: dict[str, int]) -> str:
    return f" With it: {counted(dependents)}." if dependents else ""


def _still_pointing(graphs: list[str]) -> str:
    """Name, for the record, the submissions that a forced withdrawal leaves without their nodes."""
    names = [graph.removeprefix(graph_of("submission/")) for graph in graphs]
    return f" Forced: {', '.join(names)} still pointed at it." if names else ""
