"""`aikg store check | load`: whether aikg can be on a SPARQL store, and the graph on one."""

from __future__ import annotations

import getpass
import signal
from types import FrameType

import click

from aikg import settings
from aikg.characters import visible
from aikg.cli.console import format_option, print_rows, remark, say, say_json, stages
from aikg.errors import SettingError
from aikg.graph import ensure_built
from aikg.ledger.records import Submission
from aikg.store.addresses import authorization
from aikg.store.protocol import Store
from aikg.store.qualify import traces
from aikg.store.qualify.check import examine, writing
from aikg.store.qualify.probe import Tried


@click.group()
def store() -> None:
    """A SPARQL store in place of the embedded engine."""


@store.command()
@click.argument("url")
@click.option("--update", default="", help="Where the store takes updates.")
@click.option("--write", is_flag=True, help="Also run the probes that write, and remove all again.")
@click.option("--clean", is_flag=True, help="Only remove what a check that was killed has left.")
@click.option(
    "--timeout",
    default=60.0,
    show_default=True,
    type=click.FloatRange(min=1),
    help="How long the store may take for one answer, in seconds.",
)
@format_option("table", "json")
def check(url: str, update: str, write: bool, clean: bool, timeout: float, form: str) -> None:  # noqa: PLR0913, PLR0917  the options of the command
    """Ask the store at URL, and say in a table whether aikg can be on it.

    All registered questions, checks and rules are compared with the embedded engine: load
    `graph.nq` into the store first. Probes of terms, updates and deadlines need --write. They
    write graphs and nodes whose names begin with urn:aikg-store-check: and remove them at the end.
    Run one check of a store at a time.

    User and password come from the netrc file. Exit status: 0 if the store qualifies, 1 if not.
    """
    configured = settings.from_environment()
    outside = Store(url, update, authorization(url))
    if clean:
        _clean(outside)
        return
    signal.signal(signal.SIGTERM, _end)
    with stages() as progress:
        graph = ensure_built(configured, progress)
        with writing(outside, write) as names:
            tried = Tried(outside, names, timeout)
            result = examine(tried, graph, configured.root, write, progress)
    if form == "json":
        say_json({"store": url, **result.as_json()})
    else:
        rows = [(one.probe, one.state, one.found, one.consequence) for one in result.findings]
        print_rows(("probe", "state", "found", "what would go wrong in aikg"), rows)
        say(result.verdict)
    if not result.qualifies:
        raise click.exceptions.Exit(1)


def _clean(outside: Store) -> None:
    if not outside.update_address:
        raise SettingError(
            "No address for updates is known.", advice="Name it, as in --update URL."
        )
    found = traces.remove(outside)
    say(f"removed: {', '.join(found)}" if found else "nothing to remove")


def _end(number: int, frame: FrameType | None) -> None:
    """End as after Ctrl-C, so that what was written is removed; a second signal waits for that."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(128 + number)


@store.command()
def load() -> None:
    """Replace all that the store of AIKG_STORE has by the graph with all that is published.

    Stop the server before. If this breaks off, run it again: no server starts on half a graph.
    """
    configured = settings.from_environment()
    if not configured.store:
        raise SettingError(
            "No store is named.", advice="Set AIKG_STORE, as in http://127.0.0.1:3030/aikg."
        )
    from aikg.submissions.filling import fill  # noqa: PLC0415  only this command needs it

    with stages() as progress:
        ensure_built(configured, progress)
        progress("fill the store")
        count, version = fill(configured, f"a command of {getpass.getuser()}", _report_failing)
    say(f"{count} quads, version {version}, at {configured.store}")


def _report_failing(submission: Submission, found: list[str]) -> None:
    for line in found or ["It breaks a rule."]:
        remark(f"submission {submission.address} is published and fails: {visible(line)}")
