"""The command line: `aikg COMMAND`, a module of this package for each kind of command."""

from __future__ import annotations

import click

from aikg.cli import claims, evidence, intake, ledger, links, lookup, server, submissions
from aikg.cli.console import Commands


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aikg")
def main() -> None:
    """Evidence on aromatase inhibitors as a graph: build it, ask it, serve it.

    Exit status: 0 done, 1 an error that is named, 2 a mistake in the command.
    """


for command in (
    evidence.build,
    intake.validate,
    intake.template,
    evidence.audit,
    claims.claims,
    evidence.query,
    evidence.reason,
    links.links,
    lookup.resolve,
    lookup.search,
    lookup.names,
    server.serve,
    submissions.submit,
    submissions.review,
    submissions.publish,
    submissions.reject,
    submissions.withdraw,
    submissions.purge,
    submissions.export,
    ledger.token,
    ledger.backup,
    ledger.restore,
):
    main.add_command(command)
