"""`make bench`: all that is measured, and the page that says so."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import click

from aikg import settings
from aikg.graph import ensure_built
from bench import peers
from bench.parts import ONCE, PARTS
from bench.results import Results
from bench.setting import prepare

PAGE = Path(__file__).parents[1] / "docs" / "measurements" / "benchmark.md"
SIZES = (100_000, 1_000_000)


@click.command()
@click.option("--triples", "sizes", type=int, multiple=True, help="Sizes of the graph.")
@click.option(
    "--only", multiple=True, type=click.Choice(list(PARTS)), help="Parts; without it, all."
)
@click.option("--quick", is_flag=True, help="One size, few rounds, and no page is written.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where peers and graphs are kept.")
def main(sizes: tuple[int, ...], only: tuple[str, ...], quick: bool, folder: Path | None) -> None:
    """Measure the endpoint beside others, and write docs/measurements/benchmark.md."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # and so ends what it started
    shipped = settings.from_environment()
    ensure_built(shipped)
    folder = (folder or shipped.home / "bench").resolve()
    programs = peers.fetch(folder / "peers")
    results = Results(folder / ("quick.json" if quick else "results.json"))
    sizes = sizes or SIZES[: 1 if quick else None]
    for size in sizes:
        setting = prepare(shipped, programs, size, folder)
        for name in only or PARTS:
            if name in ONCE and size != sizes[0]:
                continue
            click.echo(f"{size} triples: {name} ...")
            began = time.monotonic()
            results.keep(0 if name in ONCE else size, name, PARTS[name](setting, quick), shipped)
            click.echo(f"  {time.monotonic() - began:.0f} s")
    text = results.markdown()
    click.echo(text)
    if not quick:
        results.put(PAGE)


if __name__ == "__main__":
    main()
