"""A desk for whoever works at the machine itself: what they may see of a file, they may do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aikg.ledger import records
from aikg.ledger.records import Submission
from aikg.ledger.steps import Actor, Sent
from aikg.submissions import receipts
from aikg.submissions.desk import Desk


class LocalDesk:
    """The desk of a home that this process holds; `RemoteDesk` is the same over HTTP."""

    def __init__(self, desk: Desk, name: str) -> None:
        self._desk = desk
        self._actor = Actor(name, desk.files)

    def submit(self, sent: Sent) -> dict[str, Any]:
        """Send something in, and tell what became of it."""
        return self._receipt(self._desk.receive(sent, self._actor, any_name=True))

    def listing(self) -> list[dict[str, Any]]:
        """List all submissions."""
        found = records.in_states(self._desk.database, *records.STATES)
        return [receipts.line(submission) for submission in found]

    def show(self, name: str, version: int) -> dict[str, Any]:
        """Tell all of a submission."""
        return self._receipt(self._find(name, version))

    def impact(self, name: str, version: int) -> dict[str, Any]:
        """Tell what would change if it were published, or withdrawn."""
        return self._desk.impact(self._find(name, version))

    def step(
        self, verb: str, name: str, version: int, why: str, *, force: bool = False
    ) -> dict[str, Any]:
        """Publish, reject, withdraw or purge it."""
        take: Callable[..., Submission] = {
            "publish": self._desk.publish,
            "reject": self._desk.reject,
            "withdraw": self._desk.withdraw,
            "purge": self._desk.purge,
        }[verb]
        options = {"force": True} if force else {}
        return self._receipt(take(self._find(name, version), self._actor, why, **options))

    def statements(self, name: str, version: int) -> bytes:
        """Give what it states, as N-Triples."""
        return records.statements(self._desk.database, self._find(name, version))

    def _find(self, name: str, version: int) -> Submission:
        return records.find(self._desk.database, name, version)

    def _receipt(self, submission: Submission) -> dict[str, Any]:
        return receipts.receipt(self._desk.database, submission)
