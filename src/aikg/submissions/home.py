"""An open home: the life of a submission in its ledger and its graph."""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from typing import Any

from aikg.engine.client import Engine
from aikg.errors import (
    NotAllowed,
    StateConflict,
    SubmissionInvalid,
    SubmissionMalformed,
    SubmissionTooLarge,
    UnsupportedMediaType,
)
from aikg.intake.formats import recognise
from aikg.ledger import namespaces, records, steps
from aikg.ledger.database import Database
from aikg.ledger.records import Submission
from aikg.ledger.steps import Actor, Judgement, Remarks, Sent
from aikg.names import graph_of
from aikg.publication.change import counted
from aikg.releases import purging
from aikg.rules.delta import Delta
from aikg.submissions import quota
from aikg.submissions.following import Following
from aikg.submissions.stepping import Stepping

_N_TRIPLES = "application/n-triples"


class Home(Stepping):
    """An open home; see `Stepping`."""

    def __init__(
        self, database: Database, engine: Engine, files: str, following: Following | None = None
    ) -> None:
        super().__init__(database, engine, files, following)
        self._receiving = threading.Lock()

    def receive(
        self, sent: Sent, actor: Actor, *, any_name: bool = False, draft: str = ""
    ) -> Submission:
        """Keep a file, and judge it.

        The same bytes from the same sender are one submission, however often they come.

        Args:
            sent: The file.
            actor: The sender.
            any_name: Whether the sender may use a name that another person began.
            draft: The draft that the file is, if it is one.

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
        with self._receiving, self.database.transaction():
            submission = self.present(sent, actor) or self._keep(sent, actor, any_name, draft)
        if submission.state != records.RECEIVED:
            return submission
        deadline = self.engine.settings.deadline
        try:
            answer = self.run("receive", self.arguments(submission), sent.content, deadline)
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
        with self.changing():
            self._require(submission, records.WAITING)
            content = records.content(self.database, submission)
            answer = self.ask("publish", self.arguments(submission), content)
            if not answer["accepted"]:
                raise SubmissionInvalid(
                    f"{submission.address} is valid no longer, since the graph has changed.",
                    advice="Read the report; then reject it, or send a corrected version.",
                    report=answer["report"],
                )
            delta, stated = delta_of(answer), answer["statements"].encode()
            also = why + read_again(answer["reread"])

            def step() -> Submission:
                self.restate(answer["reread"])
                return steps.publish(self.database, submission, actor, also, delta, stated)

            versions = lambda: records.versions(self.database, submission.name)  # noqa: E731
            return self.apply(delta, step, versions)

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
        with self.changing():
            present = self._require(submission, records.PUBLISHED, records.WITHHELD)
            delta: Delta[str] = Delta()
            others, taken, reread = "", list[Submission](), dict[str, str]()
            if present.state == records.PUBLISHED:
                options = {"force": force, "with_dependents": with_dependents}
                answer = self.ask("withdraw", self._leaving(submission, alone=True) | options)
                delta, reread = delta_of(answer), answer["reread"]
                taken = [s for s in self.published() if s.graph in answer["dependents"]]
                others = _still_pointing(answer["users"]) + _with_it(answer["dependents"])
                others += read_again(reread)

            def step() -> Submission:
                self.restate(reread)
                for one in reversed(taken):
                    also = f"Withdrawn with {submission.address}."
                    steps.bring(self.database, one, records.WITHDRAWN, actor, also)
                return steps.bring(
                    self.database, submission, records.WITHDRAWN, actor, why + others, delta
                )

            names = {submission.name, *(one.name for one in taken)}
            return self.apply(
                delta,
                step,
                lambda: [one for name in names for one in records.versions(self.database, name)],
            )

    def reject(self, submission: Submission, actor: Actor, why: str) -> Submission:
        """Decide that a submission will not be published.

        Raises:
            StateConflict: It does not wait.
        """
        self.require_same_files()
        return steps.bring(self.database, submission, records.REJECTED, actor, why)

    def send_back(
        self, submission: Submission, actor: Actor, why: str, *, remarks: Remarks = ()
    ) -> Submission:
        """Send a submission back to its sender, with remarks on places of the file.

        Raises:
            StateConflict: It does not wait.
        """
        self.require_same_files()
        return steps.send_back(self.database, submission, actor, why, remarks)

    def purge(self, submission: Submission, actor: Actor, why: str) -> Submission:
        """Remove a file and its sender for ever; the record that it was there stays.

        Raises:
            StateConflict: It is published.
        """
        with self.changing():
            purged = self.apply(
                Delta(),
                lambda: steps.purge(self.database, submission, actor, why),
                lambda: records.ever_published(self.database),  # others may share its persons
            )
            self.purge_releases()
        self.database.erase()
        return purged

    def purge_releases(self) -> list[str]:
        """Remove what was purged from every release; return the names of the changed ones."""
        purged = [one.graph for one in records.in_states(self.database, records.PURGED)]
        return purging.purge(self.engine.settings, purged, records.now()[:10]) if purged else []

    def impact(self, submission: Submission) -> dict[str, Any]:
        """Return what would change if it were published; if it is published, if it went.

        Raises:
            StateConflict: It neither waits nor is it published.
        """
        if submission.state == records.PUBLISHED:
            return self.ask("impact-of-withdrawing", self._leaving(submission, alone=True))
        self._require(submission, records.WAITING)
        content = records.content(self.database, submission)
        return self.ask("impact-of-publishing", self.arguments(submission), content)

    def present(self, sent: Sent, actor: Actor) -> Submission | None:
        """Find the same bytes, sent before by the same person; those of others are not looked at.

        Raises:
            StateConflict: They bear another name.
        """
        present = records.same_content(self.database, sent.sha256, actor.token)
        if present and sent.name not in (None, present.name):
            raise StateConflict(
                f"The same bytes are here already: {present.address} is {present.state}.",
                advice="Look there; to change it, send a file that differs.",
                present=present.address,
            )
        return present

    def refuse_taken(self, sent: Sent, actor: Actor, any_name: bool) -> None:
        """Refuse a name that another person began.

        Raises:
            NotAllowed: The name is not free.
        """
        before = records.versions(self.database, sent.name) if sent.name else []
        owner = records.owner(before)
        if before and not any_name and (owner is None or owner != actor.person):
            raise NotAllowed(
                f"The name {sent.name} is not free.",
                advice="Choose another name; or ask an administrator to send it for you.",
            )

    def _keep(self, sent: Sent, actor: Actor, any_name: bool, draft: str) -> Submission:
        self.refuse_taken(sent, actor, any_name)
        quota.check(self.database, self.engine.settings, sent, actor, draft)
        return steps.receive(self.database, sent, actor)

    def arguments(self, submission: Submission) -> dict[str, Any]:
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

    def published(self) -> list[Submission]:
        """Return all that is published or withheld, in the order of publication.

        Later submissions may point at earlier ones.
        """

        def when(submission: Submission) -> int:
            events = records.history(self.database, submission)
            return max(event.number for event in events if event.state == records.PUBLISHED)

        found = records.in_states(self.database, records.PUBLISHED, records.WITHHELD)
        return sorted(found, key=when)

    def restate(self, reread: dict[str, str]) -> None:
        """Record what submissions say that were read again."""
        for one in self.published() if reread else ():
            if one.graph in reread:
                steps.restate(self.database, one, reread[one.graph].encode())

    def _require(self, submission: Submission, *states: str) -> Submission:
        present = records.find(self.database, submission.name, submission.version)
        if present.state not in states:
            raise StateConflict(
                f"{records.decided(self.database, present)}, not {' or '.join(states)}.",
                advice="Look at its page: someone else may have decided meanwhile.",
            )
        return present

    def ask(self, job: str, arguments: dict[str, Any], body: bytes = b"") -> dict[str, Any]:
        """Run a job of publication; it gets the submissions that it reads again, if it needs any.

        Raises:
            StateConflict: The graph changed meanwhile.
        """
        answer = self.run(job, arguments, body)
        if "needs" not in answer:
            return answer
        others = [self.as_sent(one) for one in self.published() if one.graph in answer["needs"]]
        answer = self.run(job, arguments | {"others": others}, body)
        if "needs" in answer:
            raise StateConflict("The graph has changed meanwhile.", advice="Ask again.")
        return answer

    def as_sent(self, submission: Submission) -> dict[str, Any]:
        """Return a submission as it was sent, for the jobs of the engine."""
        return {
            "graph": submission.graph,
            "name": submission.name,
            "file": submission.filename or submission.name,
            "media_type": submission.media_type,
            "content": b64encode(records.content(self.database, submission)).decode(),
        }


def delta_of(answer: dict[str, Any]) -> Delta[str]:
    """Return the change of the graph in the answer of a job."""
    return Delta.from_lines(answer["added"], answer["removed"])


def _with_it(dependents: dict[str, int]) -> str:
    return f" With it: {counted(dependents)}." if dependents else ""


def read_again(reread: dict[str, str]) -> str:
    """Name, for the record, the submissions whose trials or papers have another address now."""
    names = [graph.removeprefix(graph_of("submission/")) for graph in sorted(reread)]
    return f" Read again: {', '.join(names)}." if names else ""


def _still_pointing(graphs: list[str]) -> str:
    """Name, for the record, the submissions that a forced withdrawal leaves without their nodes."""
    names = [graph.removeprefix(graph_of("submission/")) for graph in graphs]
    return f" Forced: {', '.join(names)} still pointed at it." if names else ""
