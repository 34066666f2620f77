"""The figures of one vocabulary's graph, counted from its lines in their order."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from aikg.description import void
from aikg.description.void import CLASS, OBJECTS, PROPERTY, SUBJECTS, TRIPLES
from aikg.links.identifiers import Prefixes
from aikg.names import RDF_TYPE
from aikg.vocabularies import prepared
from aikg.vocabularies.licences import CLOSED


class Figures:
    """Counts while lines are written.

    Args:
        name: The vocabulary.
        prefixes: The vocabularies that are known.

    Attributes:
        tally: The figures.
    """

    def __init__(self, name: str, prefixes: Prefixes) -> None:
        self._graph = prepared.graph_of(name).value
        self.tally: Counter[tuple[str, ...]] = Counter()
        self._closed: Counter[str] = Counter()
        self._starts = {f"<{prefixes.namespace(one)}".encode(): one
                        for one in CLOSED if one in prefixes.known}  # fmt: skip
        self._digest = hashlib.sha256()

    def write(self, lines: Iterable[bytes], path: Path) -> None:
        """Write lines of N-Quads, which are sorted, and count them."""
        with path.open("wb") as file:
            for subject, about in groupby(lines, lambda line: line.split(b" ", 1)[0]):
                self.tally[self._graph, SUBJECTS] += 1
                self._closed.update(one for start, one in self._starts.items()
                                    if subject.startswith(start))  # fmt: skip
                for line in about:
                    self._count(line)
                    file.write(line)
                    self._digest.update(line)

    def _count(self, line: bytes) -> None:
        _, predicate, rest = line.split(b" ", 2)
        name = predicate[1:-1].decode()
        self.tally[self._graph, TRIPLES] += 1
        self.tally[self._graph, PROPERTY, name] += 1
        if name == RDF_TYPE and rest.startswith(b"<"):
            self.tally[self._graph, CLASS, rest.split(b" ", 1)[0][1:-1].decode()] += 1

    def end(self, objects: Iterable[bytes]) -> None:
        """Count the different objects, and the properties and classes."""
        graph = self._graph
        self.tally[graph, OBJECTS] = sum(1 for _ in objects)
        for kind, size in void.COUNTED.items():
            self.tally[graph, size] = sum(1 for key in self.tally if key[1] == kind)

    @property
    def triples(self) -> int:
        """How many triples there are."""
        return self.tally[self._graph, TRIPLES]

    @property
    def terms(self) -> int:
        """How many things they are about."""
        return self.tally[self._graph, SUBJECTS]

    @property
    def content(self) -> str:
        """A hash of the lines."""
        return self._digest.hexdigest()

    def closed(self) -> str | None:
        """Return the prefix of a closed vocabulary of which most terms are, or None."""
        return next((one for one, n in self._closed.items() if 2 * n > self.terms), None)

    def lines(self) -> Iterator[bytes]:
        """Yield the figures as N-Quads."""
        yield from void.lines(self.tally)
