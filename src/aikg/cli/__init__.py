"""The command line: `aikg COMMAND`, a module of this package for each kind of command."""

from __future__ import annotations

import click

from aikg.cli.console import Commands

#: The commands of each module of this package; it is imported when one of them is asked for.
COMMANDS = {
    "evidence": ("build", "audit", "query", "reason", "claims"),
    "intake": ("validate", "template"),
    "compare": ("compare", "network", "map"),
    "lookup": ("resolve", "search", "names"),
    "server": ("serve",),
    "doctor": ("doctor",),
    "completion": ("completion",),
    "releases": ("release", "diff"),
    "vocabularies": ("vocabulary",),
    "models": ("mcp",),
    "submissions": (
        *("submit", "review", "publish", "return", "reject", "withdraw", "purge", "export"),
    ),
    "decisions": ("number", "notice", "outcome"),
    "ledger": ("token", "person", "namespace", "backup", "restore"),
    "servers": ("migrate", "renew", "erase"),
    "store": ("store",),
}


@click.group(
    cls=Commands,
    modules={name: f"{__name__}.{module}" for module, names in COMMANDS.items() for name in names},
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="aikg")
def main() -> None:
    """Evidence on aromatase inhibitors as a graph: build it, ask it, serve it.

    Exit status: 0 done, 1 an error that is named, 2 a mistake in the command.
    docs/reference/command-line.md has the table.
    """
