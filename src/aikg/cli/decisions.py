"""`aikg number | notice | outcome`: decisions of curators that concern no single submission."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from aikg.cli.console import print_rows, rows_option, say
from aikg.cli.submissions import open_curation, with_server

_WHY = click.option("--why", required=True, help="The reason, which the record keeps.")


@click.group()
def number() -> None:
    """Strike or move a registry number, or the number of a paper."""


@number.command()
@click.argument("number")
@_WHY
@with_server
def strike(number: str, why: str, server: str | None, token: str) -> None:
    """Decide that NUMBER identifies nothing; it stays as a text."""
    _decide("strike", {"number": number}, why, server, token)


@number.command()
@click.argument("number")
@click.argument("to")
@_WHY
@with_server
def move(number: str, to: str, why: str, server: str | None, token: str) -> None:
    """Decide that NUMBER identifies the trial or paper with the number TO."""
    _decide("move", {"number": number, "to": to}, why, server, token)


@click.group()
def notice() -> None:
    """Mark a paper as retracted, corrected or of concern; its findings stay."""


@notice.command("add")
@click.argument("publication")
@click.option("--kind", required=True, help="retraction, correction or concern.")
@click.option("--by", required=True, help="Who issued it: the journal, the publisher, the authors.")
@click.option("--on", required=True, help="The day, as in 2012-05-01.")
@click.option(
    "--stated-in", required=True, help="The address, the DOI or the number of the notice."
)
@_WHY
@with_server
def add_notice(
    publication: str, kind: str, why: str, server: str | None, token: str, **said: str
) -> None:
    """Record a notice on PUBLICATION, which is a number or the address of its page."""
    _decide("notice", {"publication": publication, "notice": kind, **said}, why, server, token)


@click.group()
def outcome() -> None:
    """Adopt outcomes that submissions propose."""


@outcome.command()
@click.argument("outcome")
@click.option("--label", default="", help="Its label from now on.")
@click.option("--definition", default="", help="Its definition, one sentence.")
@click.option("--same-as", default="", help="The address of an outcome that the graph has.")
@_WHY
@with_server
def adopt(outcome: str, why: str, server: str | None, token: str, **said: str) -> None:
    """Make the proposed outcome at the address OUTCOME a part of the vocabulary."""
    _decide("adopt", {"outcome": outcome, **said}, why, server, token)


def _decide(kind: str, said: dict[str, str], why: str, server: str | None, token: str) -> None:
    with open_curation(server, token) as used:
        _say(used.decide(kind, said, why))


def _add_common(group: click.Group, kinds: Sequence[str]) -> None:
    """Add the commands that undo and list the decisions of some kinds."""

    @group.command("undo")
    @click.argument("decision", type=int)
    @_WHY
    @with_server
    def undo(decision: int, why: str, server: str | None, token: str) -> None:
        """Undo the decision DECISION, which is its number in the list."""
        with open_curation(server, token) as used:
            _say(used.undo(decision, why))

    @group.command("list")
    @rows_option
    @with_server
    def listing(form: str, server: str | None, token: str) -> None:
        """List the decisions, those that were undone too."""
        with open_curation(server, token) as used:
            found = [one for one in used.decisions() if one["kind"] in kinds]
        rows = [
            (
                *(one["id"], _said(one), one["why"], one["by"], one["at"][:10]),
                f"{one['undone_at'][:10]}: {one['undone_why']}" if one["undone_at"] else "",
            )
            for one in found
        ]
        print_rows(("number", "decision", "why", "by", "on", "undone"), rows, form)


def _say(decision: dict[str, Any]) -> None:
    undone = " is undone" if decision["undone_at"] else ""
    say(f"decision {decision['id']}{undone}: {_said(decision)}")
    say(decision["undone_why"] or decision["why"])


def _said(decision: dict[str, Any]) -> str:
    return " ".join([decision["kind"], *filter(None, decision["said"].values())])


_add_common(number, ("strike", "move"))
_add_common(notice, ("notice",))
_add_common(outcome, ("adopt",))
