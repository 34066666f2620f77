"""`aikg release | diff`: dated releases of the graph, and the difference between two graphs."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict

import click

from aikg import settings
from aikg.cli.console import data_output, format_option, say, say_json, say_lines, stages
from aikg.graph import ensure_built
from aikg.ledger import announced
from aikg.ledger.opening import open_ledger
from aikg.releases import content, difference
from aikg.releases.content import Content
from aikg.releases.shelf import Shelf

#: The name of the served graph, as it is now.
NOW = "now"


@click.command()
@click.argument("version")
@click.option("--date", help="The day of issue, as in 2026-12-01; without it, of the last step.")
@format_option("text", "json")
def release(version: str, date: str | None, form: str) -> None:
    """Write the served graph as the release VERSION, such as 2026-12, into the home.

    The same inputs give the same bytes.
    """
    configured = settings.from_environment()
    with stages() as progress:
        ensure_built(configured, progress)
        progress("write")
        shelf = Shelf(configured)
        folder = shelf.make(version, date)
        if configured.ledger:
            with closing(open_ledger(configured)) as database:
                announced.add(database, version)
        files = shelf.files(version)
    if form == "json":
        say_json({**shelf.about(version), "folder": str(folder), "files": files})
        return
    size = sum((folder / name).stat().st_size for name in files)
    say(f"{folder}: {len(files)} files, {size:,} bytes; check them with `sha256sum -c SHA256SUMS`")


@click.command()
@click.argument("older")
@click.argument("newer", default=NOW)
@format_option("text", "json", "patch")
def diff(older: str, newer: str, form: str) -> None:
    """Show what changed from the release OLDER to NEWER: a release, or the graph as it is now.

    The patch is RDF Patch: quads that are gone (D) and new (A).
    """
    configured = settings.from_environment()
    with stages() as progress:
        ensure_built(configured, progress)
        progress("compare")
        shelf = Shelf(configured)

        def read(name: str) -> Content:
            return content.read(configured) if name == NOW else shelf.content(name)

        found = difference.compare(read(older), read(newer))
    if form == "json":
        say_json([asdict(change) for change in found.changes])
    elif form == "patch":
        with data_output() as output:
            output.write(found.rdf())
    else:
        say_lines("\n".join(difference.words(found, older, newer)) + "\n")
