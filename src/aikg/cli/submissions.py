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
from aikg.cli.console import console, print_rows, say, say_json, stages
from aikg.errors import MissingFolder, SubmissionInvalid
from aikg.graph import ensure_built
from aikg.ledger.steps import LICENCES, Sent
from aikg.submissions.export import as_turtle, left_out
from aikg.submissions.local import LocalDesk
from aikg.submissions.opening import open_desk
from aikg.submissions.remote import RemoteDesk

#: What a file's ending says, where the system's own table may not know it.
_TYPES = {
    ".ttl": "text/turtle",
    ".nt": "application/n-triples",
    ".nq": "application/n-quads",
    ".trig": "application/trig",
    ".rdf": "application/rdf+xml",
    ".jsonld": "application/ld+json",
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


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


def _at_desk(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say which desk a command goes to: a server's, or that of the home."""
    server = click.option(
        "--server",
        envvar="AIKG_SERVER",
        help="A running server's address; without it the home itself, which no server may hold.",
    )
    token = click.option("--token", envvar="AIKG_TOKEN", default="", help="Your token there.")
    return server(token(command))


@contextmanager
def _desk(server: str | None, token: str) -> Iterator[LocalDesk | RemoteDesk]:
    if server:
        yield RemoteDesk(server, token)
        return
    configured = settings.from_environment()
    with stages() as progress:
        ensure_built(configured, progress)
        progress("open the ledger")
        name = getpass.getuser()
        opened = open_desk(configured, f"a command of {name}")
        with opened as desk:
            yield LocalDesk(desk, name)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", help="What its addresses are called by; again, for a new version.")
@click.option(
    "--licence",
    required=True,
    type=click.Choice(tuple(LICENCES)),
    help="The licence under which you may and want to give it.",
)
@click.option("--orcid", help="Who stands behind it.")
@click.option("--type", "media_type", help="Its media type, where the ending does not say it.")
@_at_desk
def submit(  # noqa: PLR0913, PLR0917  what is told of a file
    file: Path,
    name: str | None,
    licence: str,
    orcid: str | None,
    media_type: str | None,
    server: str | None,
    token: str,
) -> None:
    """Send FILE in; a curator decides on it.

    Exit status: 1 if it breaks a rule; it is kept, and the report says what to mend.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise MissingFolder(
            f"{file} cannot be read: {error.strerror}.", advice="Check the name of the file."
        ) from error
    guessed = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0]
    sent = Sent(
        content,
        media_type or guessed or "application/octet-stream",
        LICENCES[licence],
        name=name,
        orcid=orcid,
        filename=file.name,
    )
    with _desk(server, token) as desk:
        try:
            told = desk.submit(sent)
        except SubmissionInvalid as error:
            _print_report(error.report)
            raise
    _print_report(told["report"])
    say(f"{told['submission']} is {told['state']}")
    if told["state"] == "invalid":
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("submission", required=False, type=_Address())
@click.option("--impact", is_flag=True, help="What would change in answers, claims and audit.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@_at_desk
def review(
    submission: tuple[str, int] | None,
    impact: bool,
    as_json: bool,
    server: str | None,
    token: str,
) -> None:
    """Show SUBMISSION (NAME/VERSION) with its report; without it, list what there is."""
    with _desk(server, token) as desk:
        if submission is None:
            listed = desk.listing()
            told: Any = listed
        else:
            told = desk.impact(*submission) if impact else desk.show(*submission)
    if as_json:
        say_json(told)
    elif submission is None:
        print_rows(("submission", "state", "file"), [_row(one) for one in told])
    elif impact:
        _print_impact(told)
    else:
        _print_submission(told)


def _step(verb: str, summary: str, needs_reason: bool = True) -> click.Command:
    """Make the command of one step."""

    @click.command(verb, help=summary)
    @_address
    @click.option("--why", required=needs_reason, default=None if needs_reason else "")
    @_at_desk
    def command(
        submission: tuple[str, int], why: str, server: str | None, token: str, force: bool = False
    ) -> None:
        with _desk(server, token) as desk:
            told = desk.step(verb, *submission, why, force=force)
        say(f"{told['submission']} is {told['state']}")

    return command


publish = _step("publish", "Make SUBMISSION (NAME/VERSION) part of the graph.", False)
reject = _step("reject", "Decide that SUBMISSION (NAME/VERSION) will not be published.")
withdraw = click.option(
    "--force",
    is_flag=True,
    help="Although others point at it, whom the record then names; for an administrator.",
)(_step("withdraw", "Take SUBMISSION (NAME/VERSION) out of the graph."))
purge = _step("purge", "Remove for ever what was sent as SUBMISSION, and who sent it.")


@click.command()
@_address
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="A file; without it, data/turtle/submissions/NAME.ttl.",
)
@_at_desk
def export(
    submission: tuple[str, int], output: Path | None, server: str | None, token: str
) -> None:
    """Write SUBMISSION (NAME/VERSION) as a file that is ready for data/turtle/."""
    with _desk(server, token) as desk:
        stated = desk.statements(*submission)
    root = settings.from_environment().root
    path = output or root / "data" / "turtle" / "submissions" / f"{submission[0]}.ttl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(as_turtle(stated, submission[0]))
    missing = left_out(stated)
    if missing:
        console.print(
            f"{missing} statement{'' if missing == 1 else 's'} cannot be read, and "
            f"{'stands' if missing == 1 else 'stand'} in a comment at the end of the file."
        )
    say(f"{path}: put it into its form with `make format`, then withdraw {submission[0]}")


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


def _print_submission(told: dict[str, Any]) -> None:
    say(f"{told['submission']} is {told['state']}; its graph: {told['graph']}")
    for event in told["history"]:
        why = f": {event['why']}" if event["why"] else ""
        say(f"{event['at']}  {event['state']} by {event['by'] or 'someone'}{why}")
    _print_report(told["report"])


def _print_impact(told: dict[str, Any]) -> None:
    for node in told.get("users", ()):
        say(f"points at it: {node}")
    for question in told["questions"]:
        say(f"{question['question']}: {question['summary']}")
        for sign, rows in (("-", question["go"]), ("+", question["come"])):
            for row in rows:
                say(f"  {sign} {' | '.join(row)}")
    for sign, findings in (("-", told["findings"]["go"]), ("+", told["findings"]["come"])):
        for level, check, node, message in findings:
            say(f"audit {sign} {level} {check}, {node}: {message}")
    for sign in ("go", "come"):
        for three in told["about_others"][sign]:
            say(f"about others {'+' if sign == 'come' else '-'} {' '.join(three)}")
    say(f"{told['unchanged']} questions keep their answers")
