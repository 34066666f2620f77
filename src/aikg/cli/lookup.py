"""`aikg resolve | search | names`: from external identifiers and names to ours."""

from __future__ import annotations

import io
from typing import TextIO

import click

from aikg import graph, settings
from aikg.cli.console import format_option, print_rows, say, say_json, stages, text_output
from aikg.links.lookup import COLUMNS, LookUp, Sources, as_tsv
from aikg.names import shorten

_FORMAT = format_option("table", "json")


def _open() -> LookUp:
    configured = settings.from_environment()
    with stages() as progress:
        opened = graph.open_graph(configured, progress=progress, with_vocabularies=False)

    def ask(query: str) -> bytes:
        answer = io.BytesIO()
        opened.write(query, "json", answer)
        return answer.getvalue()

    return LookUp(ask, Sources.read(configured.root))


@click.command()
@click.argument("identifiers", nargs=-1, required=True)
@_FORMAT
def resolve(identifiers: tuple[str, ...], form: str) -> None:
    """Show our nodes for IDENTIFIERS: chebi:2704, atc:L02BG03, NCT00248170 with its prefix, ..."""
    look_up = _open()
    found = [look_up.resolve(text) for text in identifiers]
    if form == "json":
        say_json(found)
        return
    for answer in found:
        for entity in answer["entities"]:
            match = f" ({entity['match']})" if entity["match"] else ""
            say(f"{answer['identifier']} {answer['label']}{match}")
            say(f"{entity['name']} {entity['label']}: {len(entity['findings'])} findings")
            rows = [(link["curie"], link["match"], link["label"]) for link in entity["links"]]
            print_rows(("identifier", "match", "label"), rows)


@click.command()
@click.argument("text")
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, 100))
@_FORMAT
def search(text: str, limit: int, form: str) -> None:
    """Search labels, synonyms and brand names for TEXT, or for similar names."""
    found = _open().search(text, limit)
    if form == "json":
        say_json(found)
        return
    hits = found["hits"]
    print_rows(
        ("ours", "label", "found by", "score"),
        [(shorten(h["entity"]), h["label"], h["name"], h["score"]) for h in hits],
    )


@click.command()
@click.argument("file", type=click.File(encoding="utf-8"))
@format_option("tsv", "json", "csv")
def names(file: TextIO, form: str) -> None:
    """Link a list of names or identifiers, one a line, to our entities; - is standard input.

    The output is TSV: the name, our entity, its label, the match, and how it was found:
    identifier, name, wording, spelling (please check), ambiguous, obsolete, stranger (no match).
    """
    rows = _open().listed(line.strip() for line in file if line.strip())
    if form != "tsv":
        print_rows(COLUMNS, [tuple(row.values()) for row in rows], form)
        return
    with text_output() as output:
        output.write(as_tsv(rows))
