"""Curation: one person reads submissions, sends them and decides on them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict
from typing import Any

from aikg.ledger import decisions, records
from aikg.ledger.records import Submission
from aikg.ledger.steps import Actor, Sent
from aikg.ledger.tokens import Token
from aikg.submissions import deciding, receipts
from aikg.submissions.home import Home


class Curation:
    """A home, as one person may use it; `RemoteCuration` does the same over HTTP.

    The server makes one for each request. It checks scopes before it takes a step.

    Args:
        home: The home.
        user: The token of the person; None for anyone. The name of a user of the machine itself may
            do everything.
    """

    def __init__(self, home: Home, user: Token | str | None) -> None:
        self._home = home
        self._operates = isinstance(user, str)
        self._token, self._actor = None, Actor(str(user), home.files)
        if isinstance(user, Token):
            self._token, holder = user, user.holder
            self._actor = Actor(holder, home.files, user.id, user.person)

    def submit(self, sent: Sent) -> dict[str, Any]:
        """Send a file, and return its receipt."""
        any_name = self._may("admin")
        return self._receipt(self._home.receive(sent, self._actor, any_name=any_name))

    def listing(self) -> list[dict[str, Any]]:
        """List the submissions that the person may see; those of the public graph for anyone."""
        public = (records.PUBLISHED, records.WITHHELD)
        states = records.STATES if self._may("review") else public
        return [receipts.line(one) for one in records.in_states(self._home.database, *states)]

    def mine(self) -> list[dict[str, Any]]:
        """List the person's own submissions, the newest first, each with what happens next."""
        if self._token is None:
            return []
        found = records.in_states(self._home.database, *records.STATES)
        own = [one for one in reversed(found) if one.person == self._token.person]
        return [receipts.followed_line(self._home.database, one) for one in own]

    def show(self, name: str, version: int) -> dict[str, Any]:
        """Return the receipt of a submission."""
        return self._receipt(self.find(name, version))

    def word(self, name: str, version: int) -> dict[str, Any]:
        """Return what happens next, what was said last, and whether it is the person's own."""
        found = self.find(name, version)
        events = records.history(self._home.database, found)
        own = self._token is not None and self._token.person == found.person
        return {
            "next": receipts.NEXT[found.state],
            "said": events[-1] if events and events[-1].why else None,
            "own": own,
        }

    def impact(self, name: str, version: int) -> dict[str, Any]:
        """Return what would change if it were published, or withdrawn."""
        return self._home.impact(records.find(self._home.database, name, version))

    def step(
        self, verb: str, name: str, version: int, why: str, options: Collection[str] = ()
    ) -> dict[str, Any]:
        """Publish, reject, withdraw or purge it, and return its receipt.

        Args:
            verb: The name of the step.
            name: The name of the submission.
            version: Its version.
            why: The reason.
            options: For `withdraw`: `force`, `with_dependents`; see `Home.withdraw`.
        """
        take: Callable[..., Submission] = getattr(self._home, verb)
        found = records.find(self._home.database, name, version)
        return self._receipt(take(found, self._actor, why, **dict.fromkeys(options, True)))

    def decisions(self) -> list[dict[str, Any]]:
        """List the decisions that concern no single submission; anyone may see them."""
        return [asdict(one) for one in decisions.every(self._home.database)]

    def decide(self, kind: str, said: dict[str, str], why: str) -> dict[str, Any]:
        """Take such a decision, and return it; see `deciding.decide`."""
        return asdict(deciding.decide(self._home, kind, said, self._actor, why))

    def undo(self, number: int, why: str) -> dict[str, Any]:
        """Take a decision back, and return it."""
        return asdict(deciding.undo(self._home, number, self._actor, why))

    def statements(self, name: str, version: int) -> bytes:
        """Return its statements, as N-Triples."""
        return records.statements(self._home.database, self.find(name, version))

    def content(self, name: str, version: int) -> bytes:
        """Return the file as it was sent."""
        return records.content(self._home.database, self.find(name, version))

    def find(self, name: str, version: int) -> Submission:
        """Find a submission that the person may see.

        Raises:
            UnknownSubmission: It does not exist, or it was never public and is another person's;
                the person cannot distinguish the two.
            SubmissionGone: It was withdrawn or purged, or a later version was; curators and its
                owner see all that was not purged.
        """
        database = self._home.database
        found = records.find(database, name, version)
        token = self._token
        own = self._may("review") or (token is not None and token.person == found.person)
        if not (own or receipts.was_public(database, found)):
            raise records.unknown(name, version)
        ended = receipts.ended_by(database, found)
        if not self._operates and (found.state == records.PURGED or (ended and not own)):
            raise receipts.gone(database, ended or found)
        return found

    def _may(self, scope: str) -> bool:
        return self._operates or (self._token is not None and self._token.allows(scope))

    def _receipt(self, submission: Submission) -> dict[str, Any]:
        return receipts.receipt(self._home.database, submission)
