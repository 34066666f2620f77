"""Probes of updates: whole or not at all, for every reader, and after a failure too."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pyoxigraph as ox

from aikg.errors import AikgError
from aikg.store.protocol import Store, insert_data
from aikg.store.qualify.probe import NotTried, Probe, Tried, number_of, refused, row_of
from aikg.store.qualify.work import Work

#: How many nodes one update writes, each into the default and into a named graph.
MANY = 4_000
#: How often the update of many quads is made under readers.
ROUNDS = 3
#: How long the query takes that reads while values change, in seconds.
LONG = 2.0


@contextmanager
def closed_port() -> Iterator[int]:
    """Reserve a port of loopback on which nothing listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield int(reserved.getsockname()[1])


def _counts(
    store: Store, kind: ox.NamedNode, graph: ox.NamedNode, patience: float
) -> tuple[int, int]:
    """Count the nodes of a kind in the default graph and in a named one, by one query."""
    row = row_of(
        store,
        f"SELECT ?plain ?named {{ {{ SELECT (COUNT(*) AS ?plain) {{ ?s a {kind} }} }}"
        f" {{ SELECT (COUNT(*) AS ?named) {{ GRAPH {graph} {{ ?s a {kind} }} }} }} }}",
        patience,
    )
    plain, named = (int(getattr(term, "value", -1)) for term in row)
    return plain, named


def _whole_for_readers(tried: Tried) -> tuple[bool, str]:
    seen: list[tuple[int, int]] = []
    for number in range(ROUNDS):
        kind, graph = tried.traces.name(f"Whole{number}"), tried.traces.name(f"whole-{number}")
        nodes = [tried.traces.name(f"whole-{number}-{n}") for n in range(MANY)]
        quads = [
            ox.Quad(node, _TYPE, kind, g) for node in nodes for g in (graph, ox.DefaultGraph())
        ]
        read = partial(_counts, tried.store, kind, graph, tried.patience)
        with _reading(lambda r=read: seen.append(r())):  # type: ignore[misc]
            tried.traces.write(quads)
        seen.append(read())
        if seen[-1] != (MANY, MANY):
            return (
                False,
                f"after the update {seen[-1][0]} and {seen[-1][1]} of {MANY:,} nodes are there",
            )
    halves = [pair for pair in seen if pair not in {(0, 0), (MANY, MANY)}]
    found = (
        f"{len(seen)} reads during {ROUNDS} updates of {2 * MANY:,} quads, {len(halves)} saw a part"
    )
    return not halves, found + (f", such as {halves[0]} of {MANY:,}" if halves else "")


_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")


@contextmanager
def _reading(read: Callable[[], object]) -> Iterator[None]:
    """Read in a loop, in a thread, until the end of the block."""
    over = threading.Event()
    failed: list[Exception] = []

    def loop() -> None:
        while not over.is_set():
            try:
                read()
            except AikgError as error:
                failed.append(error)
                return

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        time.sleep(0.05)
        yield
    finally:
        over.set()
        thread.join()
    if failed:
        raise failed[0]


def _failure_leaves_nothing(tried: Tried) -> tuple[bool, str]:
    """Send updates whose second operation fails when it runs."""
    value, there = tried.traces.name("failing-value"), tried.traces.name("failing-there")
    tried.traces.write([ox.Quad(there, value, ox.Literal("x"), there)])
    with closed_port() as port:
        seconds = {
            "CREATE GRAPH of one that exists": f"CREATE GRAPH {there}",
            "DROP GRAPH of one that does not exist": f"DROP GRAPH {tried.traces.name('never')}",
            "LOAD from a closed port": f"LOAD <http://127.0.0.1:{port}/> INTO GRAPH {there}",
        }
        failed, left = [], []
        for number, (named, second) in enumerate(seconds.items()):
            node = tried.traces.name(f"failing-{number}")
            first = insert_data([ox.Quad(node, value, ox.Literal("first"))])
            if refused(lambda f=first, s=second: tried.store.update(f"{f} ;\n{s}")):  # type: ignore[misc]
                failed.append(named)
                if tried.store.holds(f"ASK {{ {node} {value} ?o }}"):
                    left.append(named)
    if not failed:
        raise NotTried("no operation failed that could be the second one")
    if left:
        return False, f"the first operation stays when the second one fails: {'; '.join(left)}"
    return True, f"nothing of the first operation stays: {'; '.join(failed)}"


def _guarded(tried: Tried) -> tuple[bool, str]:
    """Change the version and the data in one operation, if the version is the expected one."""
    graph, version, value = (tried.traces.name(f"guard-{n}") for n in ("graph", "version", "value"))
    tried.traces.write([ox.Quad(version, value, ox.Literal("one"), graph)])
    nodes = [tried.traces.name(f"guard-{n}") for n in range(500)]

    def step(before: str, after: str) -> None:
        new = " ".join(f"{node} {value} {ox.Literal(after)} ." for node in nodes)
        old = f"GRAPH {graph} {{ {version} {value} {ox.Literal(before)} }}"
        now = f"GRAPH {graph} {{ {version} {value} {ox.Literal(after)} . {new} }}"
        tried.store.update(f"DELETE {{ {old} }}\nINSERT {{ {new} {now} }}\nWHERE {{ {old} }}")

    step("zero", "wrong")
    step("one", "two")
    step("one", "late")
    counts = {}
    for text in ("wrong", "two", "late"):
        query = (
            f"SELECT (COUNT(*) AS ?n) {{ {{ ?s {value} '{text}' }} UNION"
            f" {{ GRAPH {graph} {{ ?s {value} '{text}' }} }} }}"
        )
        counts[text] = number_of(tried.store, query, tried.patience)
    good = counts == {"wrong": 0, "two": 2 * len(nodes) + 1, "late": 0}
    found_text = f"of {2 * len(nodes) + 1:,} quads, the right version wrote {counts['two']:,}"
    return good, f"{found_text}, other versions {counts['wrong'] + counts['late']:,}"


def _isolated(tried: Tried) -> tuple[bool, str]:
    """Change all values while a long query reads each of them many times."""
    work = Work(tried, "isolation")
    size = work.size_for(LONG)
    graph, value = work.graph, work.value
    query = f"""SELECT (MIN(?x) AS ?least) (MAX(?z) AS ?most) (COUNT(*) AS ?n) {{
      GRAPH {graph} {{ ?a {value} ?x . ?b {value} ?y . ?c {value} ?z }}
      FILTER(?x + ?y + ?z > -3) }}"""
    tried.store.update(_set_all(graph, value, 0))
    read: list[tuple[str, ...]] = []
    ended: list[float] = []

    def ask() -> None:
        row = row_of(tried.store, query, max(tried.patience, 60))
        read.append(tuple(str(getattr(term, "value", "")) for term in row))
        ended.append(time.monotonic())

    with _once(ask):
        time.sleep(LONG / 4)
        tried.store.update(_set_all(graph, value, 1), max(tried.patience, 60))
        wrote = time.monotonic()
    if not read:
        return False, "the long query got no answer while the store was written"
    ((least, most, count),) = read
    mixed = least != most or count != str(size**3)
    order = "before the reader ended" if wrote < ended[0] else "after the reader had ended"
    if mixed:
        return False, f"one query saw values from {least} to {most}, {count} of {size**3} rows"
    return True, f"a query of {size**3:,} rows saw one state; the update was done {order}"


@contextmanager
def _once(action: Callable[[], None]) -> Iterator[None]:
    failed: list[AikgError] = []

    def call() -> None:
        try:
            action()
        except AikgError as error:
            failed.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    if failed:
        raise failed[0]


def _set_all(graph: ox.NamedNode, value: ox.NamedNode, number: int) -> str:
    old, new = (f"GRAPH {graph} {{ ?s {value} {o} }}" for o in ("?o", number))
    return f"DELETE {{ {old} }} INSERT {{ {new} }} WHERE {{ {old} }}"


PROBES = [
    Probe(
        "an update is whole for each reader",
        "A page would show half of a publication.",
        _whole_for_readers,
    ),
    Probe(
        "a failing operation leaves nothing",
        "A publication that fails would leave a part of itself.",
        _failure_leaves_nothing,
    ),
    Probe(
        "an update by the version of the data",
        "Two servers could publish on one version, and one would be lost.",
        _guarded,
    ),
    Probe(
        "a long read sees one state",
        "An answer would mix the graph before a publication and after it.",
        _isolated,
    ),
]
