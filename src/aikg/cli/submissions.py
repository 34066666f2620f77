"""`aikg submit | review | publish | reject | withdraw | purge | export`: the life of evidence."""

from __future__ import annotations

import getpass
import mimetypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from aikg import settings
from aikg.cli.console import (
    FILE,
    console,
    counted,
    format_option,
    print_rows,
    remark,
    say,
    say_json,
    stages,
)
from aikg.cli.impact import print_impact
from aikg.errors import MissingFolder, SubmissionInvalid
from aikg.graph import ensure_built
from aikg.intake.formats import FORMATS
from aikg.ledger.steps import LICENCES, Sent
from aikg.submissions.curation import Curation
from aikg.submissions.export import as_turtle, left_out
from aikg.submissions.opening import open_home
from aikg.submissions.remote import RemoteCuration


class _Address(click.ParamType[tuple[str, int]]):
    """A submission's name and version: `paloma-2/1`."""

    name = "submission"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        name, slash, version = str(value).partition("/")
        if not slash or not version.isdecimal():
            self.fail(f"{value!r} is not NAME/VERSION, as in paloma-2/1.", param, ctx)
        return name, int(version)


_address = click.argument("submission", type=_Address())


def with_server(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that send a command to a server instead of the home."""
    server = click.option(
        "--server",
        envvar="AIKG_SERVER",
        help="The address of a running server; without it, the home itself, if no server uses it.",
    )
    token = click.option("--token", envvar="AIKG_TOKEN", default="", help="Your token there.")
    return server(token(command))


@contextmanager
def open_curation(server: str | None, token: str) -> Iterator[Curation | RemoteCuration]:
    """Open the home for the user of this machine, or a server; see the options of `with_server`."""
    if server:
        yield RemoteCuration(server, token)
        return
    configured = settings.from_environment()
    with stages() as progress:
        ensure_built(configured, progress)
        progress("open the ledger")
        name = getpass.getuser()
        with open_home(configured, f"a command of {name}") as home:
            yield Curation(home, name)


@click.command()
@click.argument("file", type=FILE)
@click.option(
    "--name",
    help="The submission's name; again, for a new version.",
)
@click.option(
    "--licence",
    required=True,
    type=click.Choice(tuple(LICENCES)),
    help="The licence under which you may and want to publish it.",
)
@click.option("--orcid", help="The ORCID of the person who is responsible for it.")
@click.option("--type", "media_type", help="Its media type, if its ending does not say it.")
@format_option("text", "json")
@with_server
def submit(  # noqa: PLR0913, PLR0917  the options
    file: Path,
    name: str | None,
    licence: str,
    orcid: str | None,
    media_type: str | None,
    form: str,
    server: str | None,
    token: str,
) -> None:
    """Send FILE; a curator decides on it.

    Exit status: 1 if it breaks a rule; it is kept, and the report says how to fix it.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise MissingFolder(
            f"{file} cannot be read: {error.strerror}.", advice="Check the name of the file."
        ) from error
    known = {f".{ending}": form.media_type for form in FORMATS for ending in form.endings}
    guessed = known.get(file.suffix) or mimetypes.guess_type(file.name)[0]
    sent = Sent(
        content,
        media_type or guessed or "application/octet-stream",
        LICENCES[licence],
        name=name,
        orcid=orcid,
        filename=file.name,
    )
    with open_curation(server, token) as curation:
        try:
            found = curation.submit(sent)
        except SubmissionInvalid as error:
            _print_report(error.report)
            raise
    if form == "json":
        say_json(found)
    else:
        _print_report(found["report"])
        say(f"{found['submission']} is {found['state']}")
    if found["state"] == "invalid":
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("submission", required=False, type=_Address())
@click.option("--impact", is_flag=True, help="Show the changes in answers, claims and audit.")
@format_option("text", "json")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@with_server
def review(  # noqa: PLR0913, PLR0917  the options
    submission: tuple[str, int] | None,
    impact: bool,
    form: str,
    as_json: bool,
    server: str | None,
    token: str,
) -> None:
    """Show SUBMISSION (NAME/VERSION) with its report; without it, list all submissions."""
    with open_curation(server, token) as curation:
        if submission is None:
            found: Any = curation.listing()
        else:
            found = curation.impact(*submission) if impact else curation.show(*submission)
    if as_json or form == "json":
        say_json(found)
    elif submission is None:
        print_rows(("submission", "state", "file"), [_row(one) for one in found])
    elif impact:
        print_impact(found)
    else:
        _print_submission(found)


def _step(verb: str, summary: str, needs_reason: bool = True) -> click.Command:
    """Make the command of one step."""

    @click.command(verb, help=summary)
    @_address
    @click.option("--why", required=needs_reason, default=None if needs_reason else "")
    @format_option("text", "json")
    @with_server
    def command(  # noqa: PLR0913, PLR0917  the options
        submission: tuple[str, int],
        why: str,
        form: str,
        server: str | None,
        token: str,
        remark: tuple[str, ...] = (),
        **options: bool,
    ) -> None:
        chosen = [option for option, is_set in options.items() if is_set]
        remarks = [(place, text.strip()) for place, _, text in (r.partition(":") for r in remark)]
        with open_curation(server, token) as curation:
            found = curation.step(verb, *submission, why, chosen, remarks)
        if form == "json":
            say_json(found)
        else:
            say(f"{found['submission']} is {found['state']}")
            if chosen:
                say(found["history"][-1]["why"])
        if "erased" in found:
            _report_erasure(found["erased"], form)

    return command


def _report_erasure(erased: bool, form: str) -> None:
    """Say whether a purge is done; exit with 1 if not."""
    if erased:
        if form != "json":
            say("No file of the ledger contains it any longer.")
        return
    remark(
        "The purge is not done: files of the ledger may still contain what was purged. A file of "
        "SQLite that another program reads (a backup, a replicator, a shell) is cleaned by the "
        "next step after that program ends; a database of PostgreSQL by `aikg erase`. `aikg "
        "doctor` says whether it is done."
    )
    raise click.exceptions.Exit(1)


publish = _step("publish", "Make SUBMISSION (NAME/VERSION) part of the graph.", False)
reject = _step("reject", "Decide that SUBMISSION (NAME/VERSION) will not be published.")
# The name of the command is a word of Python.
globals()["return"] = click.option(
    "--remark", multiple=True, help="A place and what is to change there, as `C7: no such unit`."
)(_step("return", "Send SUBMISSION (NAME/VERSION) back to its sender, with remarks."))
withdraw = _step("withdraw", "Take SUBMISSION (NAME/VERSION) out of the graph.")
for _option, _help in (
    ("--with-dependents", "Withdraw all submissions that refer to it too, in one step."),
    ("--force", "Leave the submissions that refer to it as they are. For an administrator."),
):
    withdraw = click.option(_option, is_flag=True, help=_help)(withdraw)
purge = _step(
    "purge",
    "Remove the file of SUBMISSION and its sender for ever.\n\n"
    "Exit status: 1 if files of the ledger may still contain it.",
)


@click.command()
@_address
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="A file; without it, data/turtle/submissions/NAME.ttl of the checkout, or NAME.ttl here.",
)
@with_server
def export(
    submission: tuple[str, int], output: Path | None, server: str | None, token: str
) -> None:
    """Write SUBMISSION (NAME/VERSION) as a file that is ready for data/turtle/."""
    with open_curation(server, token) as curation:
        stated = curation.statements(*submission)
    root = settings.from_environment().root
    folder = Path() if root == settings.SHIPPED else root / "data" / "turtle" / "submissions"
    path = output or folder / f"{submission[0]}.ttl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(as_turtle(stated, submission[0]))
    missing = left_out(stated)
    if missing:
        console.print(
            f"{counted(missing, 'statement')} cannot be read; a comment at the end has them."
        )
    say(f"{path}: format it with `make format`, then withdraw {submission[0]}")


def _row(one: dict[str, Any]) -> tuple[str, str, str]:
    return one["submission"], one["state"], one["filename"] or ""


def _print_report(report: Any) -> None:
    for finding in (report or {}).get("findings", ()):
        about = f"{finding['severity']}, {finding['place']['text']}: {finding['rule']}"
        say(about)
        if finding["found"]:
            say(f"  found: {finding['found']}")
        say(f"  do: {finding['mend']}")
    for three in (report or {}).get("about_others", ()):
        say(f"follows about others: {' '.join(three)}")


def _print_submission(found: dict[str, Any]) -> None:
    say(f"{found['submission']} is {found['state']}; its graph: {found['graph']}")
    for event in found["history"]:
        why = f": {event['why']}" if event["why"] else ""
        say(f"{event['at']}  {event['state']} by {event['by'] or 'someone'}{why}")
    for one in found.get("remarks", ()):
        say(f"remark, {one['place'] or 'the whole'}: {one['text']}")
    _print_report(found["report"])
