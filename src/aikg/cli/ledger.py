"""`aikg token | backup | restore`: the ledger of a home, at the machine itself."""

from __future__ import annotations

from pathlib import Path

import click

from aikg import settings
from aikg.cli.console import print_rows, say
from aikg.errors import LedgerUnreadable
from aikg.ledger import home, records, tokens
from aikg.ledger.database import Database


@click.group()
def token() -> None:
    """Make, list and revoke tokens; a running server heeds them at once."""


@token.command()
@click.argument("label")
@click.option("--scope", required=True, type=click.Choice(tokens.SCOPES))
def create(label: str, scope: str) -> None:
    """Make a token for LABEL, which is who gets it; it is shown this once."""
    database = Database(settings.from_environment().ledger)
    say(tokens.create(database, label, scope))
    database.close()


@token.command("list")
def listing() -> None:
    """List the tokens, without what makes them tokens."""
    database = Database(settings.from_environment().ledger)
    rows = [(t.id, t.label, t.scope, t.created, t.revoked or "") for t in tokens.every(database)]
    database.close()
    print_rows(("number", "for", "scope", "made", "revoked"), rows)


@token.command()
@click.argument("number", type=int)
def revoke(number: int) -> None:
    """End the token with NUMBER."""
    database = Database(settings.from_environment().ledger)
    tokens.revoke(database, number)
    database.close()
    say(f"token {number} is revoked")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Write the ledger to FILE, as it is now; a server may run and take submissions meanwhile."""
    database = Database(settings.from_environment().ledger)
    database.copy(file)
    database.close()
    say(f"{file}: {file.stat().st_size:,} bytes")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def restore(file: Path) -> None:
    """Put the ledger of a backup into a home that has none."""
    configured = settings.from_environment()
    with home.hold(configured.home, "a restore"):
        if configured.ledger.exists():
            raise LedgerUnreadable(
                f"{configured.home} has a ledger.",
                advice="Restore into an empty home: set AIKG_HOME to one, or move the ledger away.",
            )
        if not file.is_file():
            raise LedgerUnreadable(f"There is no file {file}.", advice="Check its name.")
        saved = Database(file)
        saved.check()
        saved.copy(configured.ledger)
        saved.close()
        database = Database(configured.ledger)
        published = records.in_states(database, records.PUBLISHED)
        database.close()
    say(f"{configured.ledger}: {len(published)} published")
