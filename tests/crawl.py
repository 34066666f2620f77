"""Opens every page in chromium, for `make soak`: length, sideways scroll, raw identifiers, policy.

`python tests/crawl.py` builds the graph into a temporary home and serves it; `--sample N` opens N
pages of each kind.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pyoxigraph as ox
from serving import start

from aikg import build
from aikg.names import BASE
from aikg.settings import from_environment

HERE = Path(__file__).parent / "node"
#: How many addresses one browser opens.
_AT_ONCE = 150


def addresses(graph: Path, sample: int | None) -> list[str]:
    """Return the path of each node of a built graph, or of some of each kind."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for quad in ox.parse(path=graph, format=ox.RdfFormat.N_QUADS):
        if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(BASE):
            path = quad.subject.value.removeprefix(BASE)
            kinds[path.partition("/")[0]].add("/" + quote(path, safe="/?=&:"))
    chosen = random.Random(1)
    found: list[str] = []
    for _, paths in sorted(kinds.items()):
        listed = sorted(paths)
        found += chosen.sample(listed, min(sample, len(listed))) if sample else listed
    return found


def main() -> None:
    """Open the pages, and print each that is too long, scrolls, or shows a raw identifier."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int)
    sample = parser.parse_args().sample
    wrong = 0
    with tempfile.TemporaryDirectory() as home:
        settings = replace(from_environment(), home=Path(home), deadline=60)
        build.build(settings)
        paths = addresses(settings.graph, sample)
        with start(settings) as server:
            base = server.url.removesuffix("/sparql")
            for at in range(0, len(paths), _AT_ONCE):
                asked = [base + path for path in paths[at : at + _AT_ONCE]]
                command = ["node", str(HERE / "browser.js"), "shape", "on", *asked]
                for page, seen in json.loads(subprocess.check_output(command)).items():
                    faults = [
                        *([f"{seen['height']} px"] if seen["height"] > 6000 else []),
                        *(["scrolls sideways"] if seen["sideways"] else []),
                        *(f"raw: {text}" for text in seen["raw"][:3]),
                        *seen["refused"][:2],
                    ]
                    wrong += bool(faults)
                    if faults:
                        print(page.removeprefix(base), "; ".join(faults), flush=True)  # noqa: T201
        print(f"{len(paths)} pages, {wrong} with a fault")  # noqa: T201
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
