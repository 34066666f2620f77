"""`aikg mcp`: tools for language models, over standard input and output."""

from __future__ import annotations

import click

from aikg import settings
from aikg.cli.console import stages
from aikg.errors import AikgError
from aikg.graph import ensure_built


@click.command()
def mcp() -> None:
    """Offer read-only tools to a language model (MCP, over standard input and output)."""
    try:
        from aikg.mcp import make, open_engine  # noqa: PLC0415  an extra that few install
    except ModuleNotFoundError as error:
        raise AikgError(
            "The package mcp is not installed.", advice='Install it: pip install "aikg[mcp]".'
        ) from error
    configured = settings.from_environment()
    with stages() as progress:
        ensure_built(configured, progress)
    with open_engine(configured) as engine:
        make(engine).run("stdio")
