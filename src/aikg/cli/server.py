"""`aikg serve`: the endpoint over HTTP."""

from __future__ import annotations

import os
from pathlib import Path

import click

from aikg import settings
from aikg.cli.console import remark, stages
from aikg.engine.process import start_ahead
from aikg.graph import ensure_built

#: The marks of a container: a file that its engine makes, or a variable.
_CONTAINER_FILES = (Path("/.dockerenv"), Path("/run/.containerenv"))
_CONTAINER_VARIABLES = ("container", "KUBERNETES_SERVICE_HOST")


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
    """Answer SPARQL over HTTP at http://HOST:PORT/sparql; build first if files have changed."""
    configured = settings.from_environment()
    if os.geteuid() == 0 and not _in_container():
        remark(
            "Warning: the server runs as root and does not need to. Run it as a user of its own, "
            "who owns AIKG_HOME."
        )
    with stages() as progress:
        ensure_built(configured, progress)
    if not configured.store:
        start_ahead(configured)  # the graph loads while Flask does
    from aikg import web  # noqa: PLC0415  only this command needs Flask

    web.serve(configured, host, port)


def _in_container() -> bool:
    return any(file.exists() for file in _CONTAINER_FILES) or any(
        name in os.environ for name in _CONTAINER_VARIABLES
    )
