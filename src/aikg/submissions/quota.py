"""The quota of one person in the ledger: bytes, and names that are undecided."""

from __future__ import annotations

from aikg.errors import QuotaExceeded
from aikg.ledger import records
from aikg.ledger.database import Database
from aikg.ledger.steps import Actor, Sent
from aikg.settings import Settings


def check(database: Database, settings: Settings, sent: Sent, actor: Actor) -> None:
    """Refuse a file that would exceed the quota of its sender.

    A user of the machine itself has no quota. A new version of a name that waits does not count:
    it takes the place of the version before.

    Args:
        database: The ledger.
        settings: The quotas.
        sent: The file.
        actor: The sender.

    Raises:
        QuotaExceeded: It would exceed the quota; nothing was kept.
    """
    if actor.person is None:
        return
    kept = records.kept_of(database, actor.person)
    if kept + len(sent.content) > settings.quota_bytes:
        raise QuotaExceeded(
            f"Your submissions that are not published take {kept:,} bytes, and with this one "
            f"they would take more than {settings.quota_bytes:,}; it was not kept.",
            advice="Wait until a curator has published some, or ask an administrator to purge "
            "those that you no longer need.",
        )
    undecided = records.undecided_of(database, actor.person)
    if sent.name not in undecided and len(undecided) >= settings.quota_undecided:
        raise QuotaExceeded(
            f"{len(undecided)} of your submissions wait for a decision, and no more than "
            f"{settings.quota_undecided} may; this one was not kept.",
            advice="Wait until a curator has decided, or send it as a new version of a name that "
            "waits.",
        )
