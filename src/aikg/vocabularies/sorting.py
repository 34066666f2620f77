"""Sorting of more lines than memory has room for: sorted runs in files, which are merged."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

#: How many lines are sorted in memory.
_RUN = 200_000


class Sorter:
    """Collects lines; each has a line break at its end, and none within.

    Args:
        folder: A folder for the runs.
        run: How many lines a run has.
    """

    def __init__(self, folder: Path, run: int = _RUN) -> None:
        self._folder = Path(tempfile.mkdtemp(dir=folder))
        self._run = run
        self._lines: list[bytes] = []
        self._runs: list[Path] = []

    def add(self, lines: Iterable[bytes]) -> None:
        """Take lines."""
        self._lines.extend(lines)
        if len(self._lines) >= self._run:
            self._write()

    def _write(self) -> None:
        path = self._folder / f"{len(self._runs)}"
        with path.open("wb") as file:
            file.writelines(sorted(set(self._lines)))
        self._runs.append(path)
        self._lines = []

    def merged(self) -> Iterator[bytes]:
        """Yield all lines in order, each once."""
        with ExitStack() as stack:
            runs = [stack.enter_context(path.open("rb")) for path in self._runs]
            in_order = heapq.merge(*runs, sorted(set(self._lines)))
            yield from (line for line, _ in groupby(in_order))
