"""A query whose time can be chosen: it reads each triple of numbers of a small graph."""

from __future__ import annotations

import time

import pyoxigraph as ox

from aikg.errors import DeadlineExceeded, StoreRefused
from aikg.store.qualify.probe import NotTried, Tried, number_of

#: The sizes that are tried, in nodes: the query has the cube of them as rows.
_SIZES = (30, 60, 90, 120, 160, 200, 260, 340, 440, 560)


class Work:
    """A graph of numbers in the store, and the query over it.

    Args:
        tried: The store, and where to write.
        name: A name for the graph, unique in the check.
    """

    def __init__(self, tried: Tried, name: str) -> None:
        self._tried = tried
        self.graph = tried.traces.name(name)
        self.value = tried.traces.name(f"{name}-value")
        self._name = name
        self._size = 0

    @property
    def query(self) -> str:
        """The query: no store can answer it without looking at each row."""
        value = self.value
        return f"""SELECT (COUNT(*) AS ?n) {{
          GRAPH {self.graph} {{ ?a {value} ?x . ?b {value} ?y . ?c {value} ?z }}
          FILTER(?x + ?y + ?z > -1) }}"""

    def size_for(self, seconds: float) -> int:
        """Write as many nodes as make the query take at least so long; return their number.

        Raises:
            NotTried: No size takes so long.
        """
        for size in _SIZES:
            self._grow(size)
            took = self.seconds(max(1.0, seconds * 3))  # some stores take whole seconds only
            if took >= seconds:
                return size
            # The time grows with the cube: what is surely too small is left out.
            if took * (_SIZES[-1] / size) ** 3 < seconds:
                break
        raise NotTried("the store is too fast for the largest query of the check")

    def seconds(self, most: float) -> float:
        """Return how long the query takes; `most` if it takes longer.

        Raises:
            StoreRefused: The answer is not that of all rows, such as one that a deadline cut short.
        """
        began = time.monotonic()
        try:
            found = number_of(self._tried.store, self.query, most)
        except DeadlineExceeded:
            return most
        if found != self._size**3:
            raise StoreRefused(
                f"With timeout={most:g}, {found:,} of {self._size**3:,} rows were counted, and "
                "nothing says that some are missing.",
                advice="Look up what `timeout=` means to the store.",
            )
        return time.monotonic() - began

    def _grow(self, size: int) -> None:
        nodes = [self._tried.traces.name(f"{self._name}-{n}") for n in range(self._size, size)]
        self._tried.traces.write(
            ox.Quad(node, self.value, ox.Literal(n), self.graph)
            for n, node in enumerate(nodes, self._size)
        )
        self._size = size
