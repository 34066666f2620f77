"""Whether a store answers as the embedded engine does, question by question."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pyoxigraph as ox

from aikg.errors import AikgError
from aikg.files.canonical import canonical
from aikg.files.queries import Query
from aikg.sparql.evaluation import deep
from aikg.store.protocol import Store

#: A row, or a triple, as text: columns in the order of their names.
Row = tuple[str, ...]
State = Literal["same", "repeated", "different", "failed"]


@dataclass(frozen=True)
class Compared:
    """One query, as both answer it.

    Attributes:
        kind: question, check or rule.
        name: The name of its file.
        state: `same`: the same rows, each as often. `repeated`: the same rows, some more often.
            `different`: other rows. `failed`: no answer.
        found: The difference in words; empty where there is none.
        seconds: How long the store took.
    """

    kind: str
    name: str
    state: State
    found: str
    seconds: float


def compare(
    store: Store, embedded: ox.Store, queries: Iterable[tuple[str, Query]], timeout: float
) -> Iterator[Compared]:
    """Ask the store and the embedded engine alike.

    Args:
        store: The store.
        embedded: The same graph in this process.
        queries: The kind of each query, and the query.
        timeout: How long the store may take for each, in seconds.
    """
    for kind, query in queries:
        began = time.monotonic()
        try:
            theirs = _rows_of(store, query, timeout)
        except AikgError as error:
            yield Compared(kind, query.name, "failed", str(error), time.monotonic() - began)
            continue
        took = time.monotonic() - began
        state, found = _judge(deep(lambda q=query: _rows_here(embedded, q)), theirs)  # type: ignore[misc]
        yield Compared(kind, query.name, state, found, took)


def _rows_of(store: Store, query: Query, timeout: float) -> Counter[Row]:
    if _constructs(query):
        return Counter(map(_triple, store.construct(query.text, timeout)))
    names, rows = store.select(query.text, timeout)
    return Counter(_row(names, row) for row in rows)


def _rows_here(embedded: ox.Store, query: Query) -> Counter[Row]:
    found: Any = embedded.query(query.text)
    if isinstance(found, ox.QueryTriples):
        return Counter(map(_triple, found))
    names = [variable.value for variable in found.variables]
    return Counter(_row(names, tuple(row)) for row in found)


def _constructs(query: Query) -> bool:
    return any(line.startswith("CONSTRUCT") for line in query.text.splitlines())


def _triple(triple: ox.Triple) -> Row:
    return tuple(as_text(term) for term in triple)


def _row(names: list[str], row: tuple[object, ...]) -> Row:
    found = zip(names, map(as_text, row), strict=True)
    return tuple(f"{name}={text}" for name, text in sorted(found) if text)


def as_text(term: object) -> str:
    """Return a term as text: numbers in one form, blank nodes without their names."""
    if term is None:
        return ""
    return "_:" if isinstance(term, ox.BlankNode) else str(canonical(term))


def _judge(ours: Counter[Row], theirs: Counter[Row]) -> tuple[State, str]:
    if ours == theirs:
        return "same", ""
    missing, more = ours - theirs, theirs - ours
    if not missing and set(theirs) == set(ours):
        return "repeated", f"{more.total()} rows more than once, such as {_shown(more)}"
    found = f"{missing.total()} rows missing" + (f", such as {_shown(missing)}" if missing else "")
    return "different", found + (
        f"; {more.total()} rows more, such as {_shown(more)}" if more else ""
    )


def _shown(rows: Counter[Row]) -> str:
    return " ".join(next(iter(rows)))[:300]
