"""Curation: one person reads submissions, sends them and decides on them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict
from typing import Any

from aikg.errors import NotAllowed
from aikg.ledger import decisions, records
from aikg.ledger.records import Submission
from aikg.ledger.steps import Actor, Remarks, Sent
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
            "must_leave": self._must_leave(found),
            "changes": self.changes(name, version) if own or self._may("review") else None,
        }

    def impact(self, name: str, version: int) -> dict[str, Any]:
        """Return what would change if it were published, or withdrawn."""
        return self._home.impact(records.find(self._home.database, name, version))

    def step(  # noqa: PLR0913, PLR0917  all that a step has
        self,
        verb: str,
        name: str,
        version: int,
        why: str,
        options: Collection[str] = (),
        remarks: Remarks = (),
    ) -> dict[str, Any]:
        """Publish, return, reject, withdraw or purge it, and return its receipt.

        Args:
            verb: The name of the step.
            name: The name of the submission.
            version: Its version.
            why: The reason.
            options: For `withdraw`: `force`, `with_dependents`; see `Home.withdraw`.
            remarks: For `return`: places of the file, each with what is to change there.

        Raises:
            NotAllowed: The person would publish what they sent themselves.
        """
        found = records.find(self._home.database, name, version)
        if verb == "publish" and self._must_leave(found):
            raise NotAllowed(
                f"You sent {found.address}, so another curator publishes it.",
                advice="Ask another curator; or the server's administrator sets "
                "AIKG_PUBLISH_OWN=yes.",
            )
        if verb == "return":
            returned = self._home.send_back(found, self._actor, why, remarks=remarks)
            return self._receipt(returned)
        take: Callable[..., Submission] = getattr(self._home, verb)
        return self._receipt(take(found, self._actor, why, **dict.fromkeys(options, True)))

    def _must_leave(self, submission: Submission) -> bool:
        """Return whether the person may not publish a submission, because it is their own."""
        own = self._token is not None and self._token.person == submission.person
        return own and not self._home.engine.settings.publish_own

    def changes(self, name: str, version: int) -> dict[str, Any]:
        """Return how the statements of a version differ from those of the version before it.

        Returns:
            `before`: the address of that version, or None; `come` and `go`: lines of N-Triples.
        """
        found, database = self.find(name, version), self._home.database
        earlier = [one for one in records.versions(database, name) if one.version < version]
        before = next((one for one in earlier if records.statements(database, one)), None)
        new = set(records.statements(database, found).decode().splitlines())
        old = set(records.statements(database, before).decode().splitlines()) if before else new
        return {
            "before": before.address if before else None,
            "come": sorted(new - old),
            "go": sorted(old - new),
        }

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
