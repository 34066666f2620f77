"""Drafting: a person checks a file, sees the page that it would make, and sends the same bytes."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aikg.errors import NotAllowed, StateConflict, SubmissionInvalid
from aikg.intake.formats import recognise
from aikg.ledger import drafts, namespaces, records
from aikg.ledger.drafts import Draft
from aikg.ledger.records import Submission
from aikg.ledger.steps import Actor, Sent
from aikg.ledger.tokens import Token
from aikg.names import UNNAMED, name_after, submission_namespace
from aikg.submissions import quota
from aikg.submissions.home import Home

#: Returns the time in UTC, or a time that is later by so much.
Clock = Callable[[datetime.timedelta], str]
#: The queries of a page: the class that each is about, and its text.
Sections = list[tuple[str, str, str]]


class Drafting:
    """The drafts of a home, as one person may use them.

    Args:
        home: The home.
        token: The token of the person.
        clock: The time; the tests have their own.
    """

    def __init__(self, home: Home, token: Token, clock: Clock = records.now) -> None:
        self._home, self._token, self._clock = home, token, clock
        self._actor = Actor(token.holder, home.files, token.id, token.person)
        drafts.expire(home.database, self._now)

    @property
    def _now(self) -> str:
        return self._clock(datetime.timedelta())

    def check(self, sent: Sent) -> Draft:
        """Judge a file, and keep it as a draft if it is valid.

        Raises:
            SubmissionInvalid: It breaks a rule; the error has the report. Nothing was kept.
            NotAllowed: The name is not free.
            StateConflict: The person has sent the same bytes; the error has their address.
            QuotaExceeded: The person has reached the quota; nothing was kept.
            AikgError: It cannot be read; nothing was kept.
        """
        recognise(sent.media_type, sent.filename or "")
        name = sent.name or name_after(sent.filename or UNNAMED)
        submission_namespace(name)
        named = replace(sent, name=name)
        database = self._home.database
        self._home.refuse_taken(named, self._actor, self._token.allows("admin"))
        present = self._home.present(named, self._actor)
        if present:
            raise StateConflict(
                f"You have sent the same bytes already: {present.address} is {present.state}.",
                advice="Look there; to change it, send a file that differs.",
                present=present.address,
            )
        quota.check(database, self._home.engine.settings, named, self._actor)
        arguments = {
            "media_type": sent.media_type,
            "file": sent.filename or name,
            "name": name,
            "form": "json",
            "bytes": self._home.engine.settings.submission_bytes,
            "namespaces": namespaces.of(database, self._token.person),
        }
        report = self._home.engine.run("check", arguments, sent.content).read().decode()
        if not json.loads(report)["accepted"]:
            raise SubmissionInvalid(
                f"{sent.filename or name} breaks a rule; nothing of it was kept.",
                advice="Fix each Error of the report, and check the file again.",
                report=json.loads(report),
            )
        period = self._now, self._clock(drafts.LENGTH)
        return drafts.add(database, named, self._token.person, report, period)

    def listing(self) -> list[Draft]:
        """Return the drafts of the person, the newest first."""
        return drafts.of_person(self._home.database, self._token.person, self._now)

    def find(self, draft: str) -> Draft:
        """Find a draft: one's own, or as a curator.

        Raises:
            UnknownSubmission: There is none, its day has passed, or it is another person's; the
                person cannot distinguish them.
        """
        found = drafts.find(self._home.database, draft, self._now)
        if found.person != self._token.person and not self._token.allows("review"):
            raise drafts.unknown()
        return found

    def preview(self, draft: Draft, sections: Sections, node: str = "") -> dict[str, Any]:
        """Return the page that the draft would make, from a copy of the graph.

        Args:
            draft: The draft.
            sections: The queries of the page.
            node: Which of its trials; the first without it.

        Returns:
            `node`, `trials` (each with its label) and `answers`, those of the queries.
        """
        versions = records.versions(self._home.database, draft.name)
        submission = Submission(
            0,
            draft.name,
            versions[0].version + 1 if versions else 1,
            records.RECEIVED,
            *(self._token.id, draft.person, draft.orcid, draft.licence),
            *(draft.media_type, draft.filename, None, None),
        )
        arguments = self._home.arguments(submission) | {"sections": sections, "node": node}
        return self._home.ask("preview", arguments, drafts.content(self._home.database, draft))

    def send(self, draft: Draft) -> Submission:
        """Send the bytes of a draft; the draft goes when they are kept and judged.

        Raises:
            NotAllowed: It is another person's.
            AikgError: See `Home.receive`; the draft stays.
        """
        self._refuse_others(draft)
        sent = Sent(
            drafts.content(self._home.database, draft),
            draft.media_type or "",
            draft.licence,
            name=draft.name,
            orcid=draft.orcid,
            filename=draft.filename,
        )
        any_name = self._token.allows("admin")
        found = self._home.receive(sent, self._actor, any_name=any_name, draft=draft.id)
        drafts.remove(self._home.database, draft)
        return found

    def discard(self, draft: Draft) -> None:
        """Remove a draft.

        Raises:
            NotAllowed: It is another person's.
        """
        self._refuse_others(draft)
        drafts.remove(self._home.database, draft)

    def _refuse_others(self, draft: Draft) -> None:
        if draft.person != self._token.person:
            raise NotAllowed(
                "This draft is another person's.",
                advice="Only its person sends it or discards it.",
            )
