"""`aikg token | person | namespace | backup | restore`: the ledger of a home."""

from __future__ import annotations

import contextlib
import getpass
from collections.abc import Iterator
from pathlib import Path

import click

from aikg import settings
from aikg.cli.console import FILE, counted, print_rows, rows_option, say
from aikg.errors import LedgerUnreadable
from aikg.ledger import namespaces, persons, records, sessions, tokens
from aikg.ledger.database import Database
from aikg.ledger.holding import hold
from aikg.ledger.opening import open_ledger
from aikg.ledger.sqlite import copy_of_backup
from aikg.links.identifiers import read_prefixes


@contextlib.contextmanager
def _ledger() -> Iterator[Database]:
    database = open_ledger(settings.from_environment())
    try:
        yield database
    finally:
        database.close()


@click.group()
def token() -> None:
    """Make, list and revoke tokens; a running server applies this at once."""


@token.command()
@click.argument("label")
@click.option("--scope", required=True, type=click.Choice(tokens.SCOPES))
@click.option("--person", type=int, help="The number of its person; without it, one is made.")
def create(label: str, scope: str, person: int | None) -> None:
    """Make a token with the label LABEL; it is shown only now."""
    with _ledger() as database:
        say(tokens.create(database, label, scope, person))


@token.command("list")
@rows_option
def listing(form: str) -> None:
    """List the tokens, without their secrets."""
    with _ledger() as database:
        rows = [
            (t.id, t.label, t.person, t.holder, t.scope, t.created, t.revoked or "")
            for t in tokens.every(database)
        ]
    print_rows(("number", "for", "person", "called", "scope", "made", "revoked"), rows, form)


@token.command()
@click.argument("number", type=int)
def revoke(number: int) -> None:
    """Revoke the token NUMBER, and end the sessions of browsers that signed in with it."""
    with _ledger() as database:
        tokens.revoke(database, number)
    say(f"token {number} is revoked")


@token.command("sessions")
@click.option("--end-all", is_flag=True, help="End all sessions: every browser must sign in again.")
@rows_option
def list_sessions(end_all: bool, form: str) -> None:
    """List the sessions of browsers that are signed in."""
    with _ledger() as database:
        if end_all:
            with database.transaction():
                ended = sessions.end_all(database)
            say(f"{counted(ended, 'session')} ended")
            return
        rows = [(s.token, s.label, s.created, s.expires) for s in sessions.in_force(database)]
    print_rows(("token", "for", "signed in", "ends"), rows, form)


@click.group()
def person() -> None:
    """Make, list and join persons, who own the names of submissions."""


@person.command()
@click.argument("label")
def add(label: str) -> None:
    """Make a person with the label LABEL; print the number for `aikg token create --person`."""
    with _ledger() as database, database.transaction():
        say(str(persons.add(database, label)))


@person.command("list")
@rows_option
def list_persons(form: str) -> None:
    """List the persons."""
    with _ledger() as database:
        rows = [(p.id, p.label, p.created) for p in persons.every(database)]
    print_rows(("number", "called", "made"), rows, form)


@person.command()
@click.argument("number", type=int)
@click.argument("into", type=int)
def join(number: int, into: int) -> None:
    """Join two persons: INTO owns all names of NUMBER; this cannot be undone."""
    with _ledger() as database:
        persons.join(database, number, into)
    say(f"person {number} is person {into} from now on")


@click.group()
def namespace() -> None:
    """Register external namespaces for persons; a running server applies this at once."""


@namespace.command("add")
@click.argument("iri")
@click.option("--person", required=True, type=int, help="Their number, as in `aikg person list`.")
def add_namespace(iri: str, person: int) -> None:
    """Register the namespace IRI, an https address that ends with / or #, for a person."""
    vocabularies = read_prefixes(settings.from_environment().root).namespaces
    with _ledger() as database:
        one = namespaces.add(database, iri, person, getpass.getuser(), vocabularies)
    say(f"{one.iri} is registered for {one.holder}")


@namespace.command("list")
@rows_option
def list_namespaces(form: str) -> None:
    """List the registered namespaces with their persons."""
    with _ledger() as database:
        rows = [
            (one.iri, one.person, one.holder, one.registered, one.by)
            for one in namespaces.every(database)
        ]
    print_rows(("namespace", "person", "called", "registered", "by"), rows, form)


@namespace.command("remove")
@click.argument("iri")
def remove_namespace(iri: str) -> None:
    """End the registration of IRI; its published nodes remain, and can be withdrawn."""
    with _ledger() as database:
        namespaces.remove(database, iri)
    say(f"{iri} is not registered any more")


@click.command()
@click.argument("file", type=FILE)
def backup(file: Path) -> None:
    """Copy the ledger to FILE; a server may run meanwhile."""
    with _ledger() as database:
        database.copy(file)
    say(f"{file}: {file.stat().st_size:,} bytes")


@click.command()
@click.argument("file", type=FILE)
def restore(file: Path) -> None:
    """Restore the ledger of a backup FILE into a home without a ledger."""
    configured = settings.from_environment()
    if configured.ledger:
        raise LedgerUnreadable(
            "The ledger is in PostgreSQL, which this command does not restore.",
            advice="Use `pg_restore`: see docs/how-to/many-servers.md.",
        )
    with hold(configured.home, "a restore"):
        if configured.ledger_file.exists():
            raise LedgerUnreadable(
                f"{configured.home} has a ledger already.",
                advice="Restore into an empty home: set AIKG_HOME to one, or move the ledger away.",
            )
        if not file.is_file():
            raise LedgerUnreadable(f"There is no file {file}.", advice="Check its name.")
        copy_of_backup(file, configured.ledger_file)
        with _ledger() as database:
            published = records.in_states(database, records.PUBLISHED)
    say(f"{configured.ledger_file}: {len(published)} published")
