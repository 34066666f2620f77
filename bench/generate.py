"""Trial evidence of any size, in our own vocabulary: `python -m bench.generate --help`.

The same arguments give the same bytes. Each trial is a submission, with nodes and a named graph of
its own; it conforms to the shapes, and no check of level Error finds anything in it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import cast

import click
import pyoxigraph as ox

from aikg import settings
from aikg.graph import ensure_built
from aikg.names import PREFIXES
from bench import shipped
from bench.inference import follow
from bench.paper import Paper, Triple
from bench.shipped import Shipped
from bench.trials import trial

#: How many triples a paper has in a graph of many.
SIZES = (150, 600)

_INFERRED = f"<{PREFIXES['graph']}inferred>"


def papers(known: Shipped, seed: int) -> Iterator[Paper]:
    """Invent papers without end."""
    sizes = Random(seed)
    number = 0
    while True:
        number += 1
        yield trial(f"synthetic-{number}", known, seed, sizes.randint(*SIZES))


def graph(known: Shipped, triples: int, seed: int, version: str | None = None) -> Iterator[str]:
    """Return a built graph: the shipped one, then trials until the default graph is that large.

    As `aikg build` writes it, each triple stands twice, in the default graph and in that of its
    source; what follows from a trial is in `graph:inferred`. Under the version of the files it
    takes the place of the graph that `aikg build` makes of them.
    """
    yield f"# aikg {version or f'synthetic-{triples}-{seed}'}\n"
    with known.path.open(encoding="utf-8") as lines:
        next(lines)
        yield from lines
    count = known.triples
    for paper in papers(known, seed):
        if count >= triples:
            break
        inferred = follow(paper.triples, known)
        yield "".join(_twice(paper.triples, paper.graph))
        yield "".join(_twice(inferred, _INFERRED))
        count += len(paper.triples) + len(inferred)


def _twice(triples: list[Triple], source: str) -> Iterator[str]:
    for subject, predicate, value in triples:
        statement = f"{subject} {predicate} {value} "
        yield f"{statement}.\n{statement}{source} .\n"


def turtle(paper: Paper) -> bytes:
    """Return a paper as a person would submit it."""
    triples = "".join(f"{' '.join(triple)} .\n" for triple in paper.triples)
    parsed = ox.parse(triples.encode(), format=ox.RdfFormat.N_TRIPLES)
    used = {prefix: iri for prefix, iri in PREFIXES.items() if f"<{iri}" in triples}
    prefixes = used | {"": paper.base}
    return cast(bytes, ox.serialize(parsed, format=ox.RdfFormat.TURTLE, prefixes=prefixes))


def built(configured: settings.Settings) -> Shipped:
    """Read the shipped graph, which is built first where files have changed."""
    return shipped.read(ensure_built(configured))


@click.command()
@click.option("--triples", default=100_000, show_default=True, help="Size of the default graph.")
@click.option(
    "--submission", type=int, help="Instead: one paper of about so many triples, as Turtle."
)
@click.option("--name", default="synthetic", show_default=True, help="The submission's name.")
@click.option("--seed", default=1, show_default=True, help="Another seed, other figures.")
@click.option("--output", type=click.Path(path_type=Path), help="A file; without it, the terminal.")
def main(triples: int, submission: int | None, name: str, seed: int, output: Path | None) -> None:
    """Write a built graph of generated trials as N-Quads, or one submission as Turtle."""
    known = built(settings.from_environment())
    pieces: Iterator[bytes] = (line.encode() for line in graph(known, triples, seed))
    if submission is not None:
        pieces = iter([turtle(trial(name, known, seed, submission))])
    with output.open("wb") if output else sys.stdout.buffer as target:
        target.writelines(pieces)


if __name__ == "__main__":
    main()
