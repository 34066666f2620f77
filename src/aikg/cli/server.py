"""`aikg serve`: the endpoint over HTTP."""

from __future__ import annotations

import click

from aikg import settings
from aikg.built import ensure_built
from aikg.cli.console import stages


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 for all.")
@click.option(
    "--port",
    default=8080,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="0 takes one that is free.",
)
def serve(host: str, port: int) -> None:
    """Answer SPARQL over HTTP at http://HOST:PORT/sparql; build first where files have changed."""
    from aikg import web  # noqa: PLC0415  only this command needs Flask

    configured = settings.from_environment()
    with stages() as progress:
        ensure_built(configured, progress)
    web.serve(configured, host, port)
