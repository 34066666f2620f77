"""`aikg completion`: what a shell needs to complete the commands of aikg."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from aikg.cli.console import say_lines

#: The variable by which the shell asks aikg for completions.
_VARIABLE = "_AIKG_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Write the completion of commands and options for SHELL.

    bash: `aikg completion bash > ~/.local/share/bash-completion/completions/aikg`; zsh: into a file
    `_aikg` of a folder in `$fpath`; fish: into `~/.config/fish/completions/aikg.fish`.
    """
    kind = get_completion_class(shell)
    assert kind  # noqa: S101  click has the three
    say_lines(kind(ctx.find_root().command, {}, "aikg", _VARIABLE).source() + "\n")
