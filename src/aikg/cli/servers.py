"""`aikg migrate | renew | erase`: a ledger in PostgreSQL, which several servers share."""

from __future__ import annotations

import getpass
from pathlib import Path
from types import ModuleType

import click

from aikg import settings
from aikg.characters import visible
from aikg.cli.console import FILE, counted, remark, say, stages
from aikg.errors import SettingError
from aikg.graph import ensure_built
from aikg.ledger.records import Submission
from aikg.settings import Settings
from aikg.submissions.opening import open_home


def _driver(configured: Settings) -> ModuleType:
    """Return the module for the owner of the tables.

    Raises:
        SettingError: The ledger is a file, or the driver is not installed.
    """
    if not configured.ledger:
        raise SettingError(
            "The ledger is a file of AIKG_HOME; a server does this for it at its start.",
            advice="Set AIKG_LEDGER to the address of a database of PostgreSQL.",
        )
    try:
        from aikg.ledger import owner  # noqa: PLC0415  the driver is optional
    except ImportError as error:
        raise SettingError(
            "The driver of PostgreSQL is not installed.", advice="Install `aikg[postgres]`."
        ) from error
    return owner


@click.command()
@click.option("--grant", default="", help="The role of the servers: it may read and write rows.")
@click.option(
    "--from", "file", type=FILE, help="Fill the empty ledger with that of a file, or a backup."
)
def migrate(grant: str, file: Path | None) -> None:
    """Make the tables of the ledger in PostgreSQL, or bring them to the present form.

    Run it as the role that owns the tables; stop the servers first, if there are any.
    """
    configured = settings.from_environment()
    owner = _driver(configured)
    before = owner.migrate(configured.ledger, grant)
    say(f"the ledger had form {before}, and has form {len(owner.MIGRATIONS)}")
    if file is not None:
        count = owner.take_over(configured.ledger, file)
        say(f"{counted(count, 'submission')} taken over; {file} stays as it is")


@click.command()
def renew() -> None:
    """Let the ledger rest on the files of this version: all that is published is judged again.

    Servers with other files read on, and take no step from then on.
    """
    configured = settings.from_environment()
    _driver(configured)
    with stages() as progress:
        ensure_built(configured, progress)
        progress("judge all that is published")
        holder = f"a command of {getpass.getuser()}"
        with open_home(configured, holder, _report_failing, renewing=True) as home:
            say(f"the ledger rests on version {home.files} of the files")


def _report_failing(submission: Submission, found: list[str]) -> None:
    for line in found or ["It breaks a rule."]:
        remark(f"submission {submission.address} is published and fails: {visible(line)}")


@click.command()
def erase() -> None:
    """Remove purged bytes from the tables of PostgreSQL, as the role that owns them.

    The write-ahead log, standbys and backups are yours: docs/how-to/many-servers.md.
    """
    configured = settings.from_environment()
    _driver(configured).erase(configured.ledger)
    say("No table of the ledger contains what was purged.")
