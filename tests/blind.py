"""Plant the mistakes of `blunders`, and count which pass without a word: a run of `make soak`."""

from __future__ import annotations

import argparse
import csv
import io
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
from bare import root
from blunders import KINDS, Planted, Row, sheets, variants

from aikg import build
from aikg.intake.examination import examine
from aikg.intake.verdict import Rules
from aikg.settings import from_environment

Found = frozenset[tuple[str, int | None, str | None]]


def written(headings: list[str], rows: list[Row]) -> bytes:
    """Write rows as CSV."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, headings, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


class Sheets:
    """Judges sheets, and keeps what is found in them without a mistake.

    Args:
        store: The published graph.
        rules: What sheets are judged by.
    """

    def __init__(self, store: ox.Store, rules: Rules) -> None:
        self._store = store
        self._rules = rules
        self._clean: dict[str, Found] = {}

    def result(self, planted: Planted) -> str:
        """Say what becomes of a mistake: found at its "cell", found "elsewhere", or "silent"."""
        name = planted.sheet
        if name not in self._clean:
            self._clean[name] = self._found(name, *sheets()[name])
        new = self._found(name, planted.headings, planted.rows) - self._clean[name]
        if not new:
            return "silent"
        cells = {(row + 2, heading) for row, heading in planted.cells}
        return "cell" if any(place[1:] in cells for place in new) else "elsewhere"

    def _found(self, name: str, headings: list[str], rows: list[Row]) -> Found:
        body = written(headings, rows)
        report = examine(
            self._store, body, media_type="text/csv", file="s.csv", name=name, rules=self._rules
        ).report
        return frozenset(
            (found.code, place.line, place.heading)
            for found in report.findings
            for place in (found.place, *found.also_at)
        )


def results(judge: Sheets, kinds: Iterable[str], count: int) -> dict[str, Counter[str]]:
    """Plant so many mistakes of each kind, and count what becomes of them."""
    return {
        kind: Counter(judge.result(planted) for planted in variants(kind, count)) for kind in kinds
    }


def main() -> int:
    """Plant them all, and print the kinds that pass and the sums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=3, help="mistakes of each kind")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(from_environment(), root=root(), home=Path(folder))
        built = build.build(settings)
    store = ox.Store()
    store.extend(built.quads())
    found = results(Sheets(store, Rules.load(root())), sorted(KINDS), chosen.count)
    for kind, counts in found.items():
        if counts["silent"]:
            sys.stdout.write(f"{counts['silent']} of {counts.total()} silent: {kind}\n")
    total = sum(found.values(), Counter[str]())
    sys.stdout.write(f"{len(found)} kinds, {total.total()} mistakes: {dict(total)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
