"""`aikg vocabulary add | list | remove`: vocabularies of other providers, beside the evidence."""

from __future__ import annotations

from pathlib import Path

import click

from aikg import settings
from aikg.cli.console import (
    FILE,
    print_rows,
    remark,
    rows_option,
    say,
    stages,
)
from aikg.vocabularies.shelf import Shelf

_NEXT = "A server that runs takes this over at its next start."


@click.group()
def vocabulary() -> None:
    """Keep vocabularies of other providers, each as a named graph beside the evidence."""


@vocabulary.command()
@click.argument("file", type=FILE)
@click.option("--name", default="", help="The end of the graph's name; else after the file.")
@click.option("--title", default="", help="What it is called, if the file does not say it.")
@click.option("--release", default="", help="Its version, if the file does not say it.")
@click.option("--licence", default="", help="The address of its licence, likewise.")
@click.option("--prefix", default="", help="The vocabulary of identifiers without a prefix.")
@click.option("--around-links", is_flag=True, help="Only the linked terms and those above them.")
@click.option(
    "--pass-on/--keep",
    "passed_on",
    default=None,
    help="Whether dumps and releases contain it; else only with a licence that is known as open.",
)
@click.option("--replace", is_flag=True, help="Take the place of the one of that name.")
def add(  # noqa: PLR0913, PLR0917  the options
    file: Path,
    name: str,
    title: str,
    release: str,
    licence: str,
    prefix: str,
    around_links: bool,
    passed_on: bool | None,
    replace: bool,
) -> None:
    """Read FILE, a vocabulary as its provider has it, and copy it into the folder.

    The formats are OBO, OWL, SKOS, SSSOM, tables (ATC too) and RxNorm's RRF, also in .gz or .zip.
    """
    from aikg.vocabularies.preparing import About  # noqa: PLC0415  its readers load slowly

    about = About(title, release, licence, passed_on, around_links, prefix)
    with stages() as progress:
        head = Shelf(settings.from_environment()).add(file, name, about, replace, progress)
    say(f"{head.name}: {head.title}, {head.triples:,} triples about {head.terms:,} things")
    say(f"graph: {head.graph.value}")
    for why, number in head.left_out.items():
        say(f"left out: {number:,} {why}")
    if not head.passed_on:
        say("not passed on: dumps and releases do not contain it")
    remark(_NEXT)


@vocabulary.command("list")
@rows_option
def list_(form: str) -> None:
    """List the vocabularies, with version and licence."""
    configured = settings.from_environment()
    with stages() as progress:
        heads = Shelf(configured).prepare(progress)
    columns = ("name", "title", "version", "licence", "passed_on", "triples", "left_out", "file")
    rows = [
        (
            *(head.name, head.title, head.version, head.licence),
            "yes" if head.passed_on else "no",
            head.triples,
            sum(head.left_out.values()),
            head.file,
        )
        for head in heads
    ]
    print_rows(columns, rows, form)


@vocabulary.command()
@click.argument("name")
def remove(name: str) -> None:
    """Delete the vocabulary NAME and its file in the folder."""
    path = Shelf(settings.from_environment()).remove(name)
    say(f"{name}: {path.name} is deleted")
    remark(_NEXT)
