"""The quota of one person in the ledger: bytes, and names that are undecided."""

from __future__ import annotations

from aikg.errors import QuotaExceeded
from aikg.ledger import drafts, records
from aikg.ledger.database import Database
from aikg.ledger.steps import Actor, Sent
from aikg.settings import Settings


def check(
    database: Database, settings: Settings, sent: Sent, actor: Actor, draft: str = ""
) -> None:
    """Refuse a file that would exceed the quota of its sender.

    A user of the machine itself has no quota. A new version of a name that waits does not count:
    it takes the place of the version before.

    Args:
        database: The ledger.
        settings: The quotas.
        sent: The file.
        actor: The sender.
        draft: The draft that is sent; its bytes are those of the file, and do not count twice.

    Raises:
        QuotaExceeded: It would exceed the quota; nothing was kept.
    """
    if actor.person is None:
        return
    kept = records.kept_of(database, actor.person)
    kept += drafts.kept_of(database, actor.person, draft)
    if kept + len(sent.content) > settings.quota_bytes:
        raise QuotaExceeded(
            f"Your drafts and unpublished submissions take {kept:,} bytes, and with this one they "
            f"would take more than {settings.quota_bytes:,}; it was not kept.",
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
