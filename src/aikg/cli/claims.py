"""`aikg claims`: what the findings say for and against each claim."""

from __future__ import annotations

from pathlib import Path

import click

from aikg import claims as judging
from aikg import settings
from aikg.cli.console import say, stages, text_output


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    default="table",
    show_default=True,
    type=click.Choice(("table", "json", "csv")),
)
def claims(files: tuple[Path, ...], form: str) -> None:
    """Show the status of each claim that findings can test, and why it is so.

    FILES are judged together with the graph: a trial, or a margin of your own. What they change is
    marked.
    """
    configured = settings.from_environment()
    with stages() as progress:
        assessed = judging.assess(files, configured, progress)
    if form != "table":
        with text_output() as output:
            judging.write(assessed, form, output)
        return
    for each in assessed:
        margin = f", under {each.margin}" if each.margin else ""
        was = f" (was {each.was})" if each.was else ""
        why = f": {each.why}" if each.why else ""
        say(f"{each.status}{was}{margin}{why}  {each.claim}")
        say(f"    {each.says}")
        for line in each.lines:
            reasons = f": {line.reasons}" if line.reasons else ""
            say(
                f"    {line.direction}  {line.printed} {line.outcome}{reasons}"
                f"  [{line.finding}, {line.found_by}]"
            )
        say()
    for rule, data in {(each.rule, each.data) for each in assessed}:
        say(f"By the rule {rule}, on the data of version {data}.")
    say("What a status and a reason mean: docs/claims.md. Without a margin no likeness is")
    say("ever supported. Judgements, expectations and recommendations are not computed.")
