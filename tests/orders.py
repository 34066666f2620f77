"""Publishes many sheets in orders of chance, withdraws each, and reads every cell back.

`make soak` runs it: python tests/orders.py --orders 20 --served 2
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pyoxigraph as ox
from bare import root
from conftest import CASES, ROOT
from desk import Desk, opened
from readback import Readback
from shelf import Shelf, blocking

from aikg import build
from aikg.build import Built
from aikg.engine.publishing import Knowledge
from aikg.intake.numbering import Numbering
from aikg.names import BASE
from aikg.rules import incremental
from aikg.settings import Settings, from_environment

CSV = "text/csv"
#: The graphs that a server writes: who sent what and when, and how many triples there are.
OF_THE_SERVER = (f"{BASE}graph/provenance", f"{BASE}.well-known/void")
FOLDERS = (ROOT / "docs" / "tutorials" / "trials", ROOT / "data" / "sheets", CASES / "additions")
#: The sheets by their names; those with mistakes on purpose are left out.
SHEETS = {
    path.stem: path.read_bytes()
    for folder in FOLDERS
    for path in sorted(folder.glob("*.csv"))
    if not path.stem.endswith(".first")
}
#: The additions, each with the trial that it adds to.
ADDITIONS = {"bolero-2-more": "bolero-2", "falcon-more": "falcon", "sofea-more": "sofea"}


@dataclass
class Figures:
    """What a run found.

    Attributes:
        orders: How many orders were published.
        before: How often an addition came before its trial.
        withdrawn: How many withdrawals were compared with a graph that never had the sheet.
        cells: How many cells were read back, and equal.
        restarts: How many servers were ended and started again in between.
    """

    orders: int = 0
    before: int = 0
    withdrawn: int = 0
    cells: int = 0
    restarts: int = 0


def publish(shelf: Shelf, names: Iterable[str]) -> None:
    """Publish sheets in an order.

    Raises:
        AssertionError: One of them is refused.
    """
    for name in names:
        told = shelf.publish(name, SHEETS[name].decode(), CSV)
        assert blocking(told) == [], (name, blocking(told))


def read_back(store: ox.Store, names: Iterable[str], known: Knowledge) -> int:
    """Compare each cell of the sheets with the graph; return how many are equal.

    Raises:
        AssertionError: A cell differs.
    """
    cells = 0
    for name in names:
        sheet = Readback(store, name, SHEETS[name], known.rules.house.numbers)
        assert list(sheet.differences()) == [], name
        cells += sheet.cells()
    return cells


def orders(names: Sequence[str], random: Random, number: int) -> list[list[str]]:
    """Return orders of chance; the last sheet of each is another one, as long as there are some."""
    last = random.sample(names, len(names))
    found = []
    for at in range(number):
        end = last[at % len(names)]
        found.append([*random.sample([n for n in names if n != end], len(names) - 1), end])
    return found


def compare(
    built: Built, known: Knowledge, names: Sequence[str], random: Random, number: int
) -> tuple[Figures, bytes]:
    """Publish the sheets in several orders, and withdraw each of them.

    The graph before the last sheet of an order is that of all others: the withdrawal of that sheet
    must give it back, in an order in which it was not the last.

    Args:
        built: The graph without the sheets.
        known: What they are judged by.
        names: The names of the sheets.
        random: The source of chance.
        number: How many orders.

    Returns:
        The figures, and the graph with all sheets.

    Raises:
        AssertionError: Two graphs differ, a sheet is refused, or a cell is lost.
    """
    found, dumps, without = Figures(), dict[bytes, list[str]](), dict[str, bytes]()
    shelf = Shelf(built, known)
    for order in orders(names, random, number):
        shelf = Shelf(built, known)
        publish(shelf, order[:-1])
        without[order[-1]] = shelf.dump()
        publish(shelf, order[-1:])
        dumps.setdefault(shelf.dump(), order)
        assert len(dumps) == 1, f"the graph depends on the order: {list(dumps.values())}"
        at = {name: order.index(name) for name in names}
        found.before += sum(at[a] < at[t] for a, t in ADDITIONS.items() if {a, t} <= at.keys())
        found.orders += 1
        sys.stderr.write(f"order {found.orders}: {', '.join(order)}\n")
    (dump,) = dumps
    found.cells = read_back(shelf.store, names, known)
    for name, expected in without.items():
        graph = ox.NamedNode(f"{BASE}graph/submission/{name}/1")
        gone = list(shelf.store.quads_for_pattern(None, None, None, graph))
        numbers = Numbering(shelf.store, known.rules.house).quads_of(graph.value)
        assert shelf.withdraw(name)["users"] == [], name
        assert shelf.dump() == expected, f"{name} leaves traces, or takes from others"
        shelf.store.extend(numbers)
        incremental.change(shelf.store, known.follows, added=gone)
        assert shelf.dump() == dump, name
        shelf.there.append(graph.value)
        found.withdrawn += 1
    return found, dump


def served(
    settings: Settings, graph: Path, names: Sequence[str], random: Random, found: Figures
) -> bytes:
    """Publish the sheets in an order of chance on a server that is restarted twice in between.

    Args:
        settings: The settings of the server.
        graph: The graph without the sheets, as the build writes it.
        names: The names of the sheets.
        random: The source of chance.
        found: Counts the restarts.

    Returns:
        What the server has at the end, as sorted N-Quads without the record of who sent it when.
    """
    order = random.sample(names, len(names))
    cuts = sorted(random.sample(range(1, len(order)), min(2, len(order) - 1)))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        shutil.copy(graph, home)
        for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True):
            with opened(replace(settings, submission_bytes=400_000), home) as desk:
                for name in order[start:end]:
                    _send(desk, name)
            found.restarts += end < len(order)
        with opened(settings, home) as desk:
            found.restarts += 1
            return without_times(desk.ask("GET", "/store?format=nq").body)


def _send(desk: Desk, name: str) -> None:
    target = f"/submissions?licence=CC-BY-4.0&name={name}"
    sent = desk.ask("POST", target, "submit", SHEETS[name], Content_Type=CSV)
    assert sent.status == 201, (name, sent.body[:2000])
    assert json.loads(sent.body)["state"] == "waiting", (name, sent.body[:2000])
    taken = desk.step("publish", f"{name}/1")
    assert taken.status == 200, (name, taken.body[:2000])


def without_times(nquads: bytes) -> bytes:
    """Return N-Quads, sorted, without the graphs of the server.

    Blank nodes have no lasting name; the shipped files have them, submissions do not.
    """
    aside = tuple(f" <{graph}> .".encode() for graph in OF_THE_SERVER)
    lines = {line for line in nquads.splitlines() if not line.endswith(aside)}
    return b"\n".join(sorted(line for line in lines if b"_:" not in line))


def main() -> int:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=20, help="orders within this process")
    parser.add_argument("--served", type=int, default=2, help="orders on servers, with restarts")
    parser.add_argument("--seed", type=int, default=17)
    chosen = parser.parse_args()
    random, began = Random(chosen.seed), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(from_environment(), root=root(), home=Path(folder))
        built = build.build(settings)
        found, dump = compare(built, Knowledge.load(root()), list(SHEETS), random, chosen.orders)
        expected = without_times(dump)
        for _ in range(chosen.served):
            assert served(settings, settings.graph, list(SHEETS), random, found) == expected
    sheets, lines = len(SHEETS), sum(len(body.splitlines()) - 1 for body in SHEETS.values())
    sys.stdout.write(
        f"{sheets} sheets ({lines} lines), {found.orders} orders: one graph of "
        f"{len(dump.splitlines()):,} quads;\n{found.before} of "
        f"{found.orders * len(ADDITIONS)} times an addition came before its trial;\n"
        f"{found.withdrawn} withdrawals, each left the graph of the other {sheets - 1} sheets;\n"
        f"{found.cells:,} cells read back by SPARQL, each equal;\n"
        f"{chosen.served} orders on servers, {found.restarts} restarts: the same graph;\n"
        f"{time.monotonic() - began:.0f} s\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
