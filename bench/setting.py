"""The graph to measure on, of one size, in all the forms that servers load, made once."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click
import pyoxigraph as ox

from aikg.files.version import stamp_of
from aikg.settings import Settings
from bench import generate, servers, workload
from bench.peers import Peers
from bench.servers import AGAIN, CONTROL, DISK, FUSEKI, OURS, RDFLIB, Data, Server
from bench.workload import Workload

#: The same data in each run.
SEED = 1
#: Fuseki's heap for 10^6 triples, in megabytes; other sizes in proportion.
_HEAP = 4000
#: From here on single rounds take minutes: few of them, beside the control only.
LARGE = 5_000_000
#: What rdflib holds in memory, and answers within a minute.
RDFLIB_TRIPLES = 200_000


@dataclass(frozen=True)
class Setting:
    """One graph, and what is asked of it.

    Attributes:
        shipped: The settings of `aikg` as it is.
        settings: Those of `aikg`, with the generated graph as the built one.
        peers: The programs of the peers.
        size: How many triples the default graph has, about.
        data: The graph's files.
        store: The graph in this process.
        workload: The queries, with parameters of this graph.
    """

    shipped: Settings
    settings: Settings
    peers: Peers
    size: int
    data: Data
    store: ox.Store
    workload: Workload


def prepare(shipped: Settings, peers: Peers, size: int, folder: Path) -> Setting:
    """Generate a graph, unless it is there, and load it into this process."""
    version = stamp_of(shipped.root)
    home = folder / f"{version.replace(' ', '-')}-{size}"
    settings = replace(shipped, home=home)
    data = Data(home, home / "default.nt")
    if not data.triples.exists():
        click.echo(f"Generating {size} triples ...")
        home.mkdir(parents=True, exist_ok=True)
        lines = generate.graph(generate.built(shipped), size, SEED, version)
        with settings.graph.open("w", encoding="utf-8") as target:
            target.writelines(lines)
    settings.graph.touch()  # `aikg serve` builds what is older than the program
    store = ox.Store()
    store.bulk_load(path=str(settings.graph), format=ox.RdfFormat.N_QUADS)
    if not data.triples.exists():
        with data.triples.open("wb") as file:
            store.dump(file, ox.RdfFormat.N_TRIPLES, from_graph=ox.DefaultGraph())
        load = ["load", "--location", str(home / "disk"), "--file", str(data.quads)]
        subprocess.run([peers.oxigraph, *load], check=True, capture_output=True)
    return Setting(shipped, settings, peers, size, data, store, workload.read(store))


@contextmanager
def running(
    setting: Setting, only: tuple[str, ...] = (), leave: tuple[str, ...] = ()
) -> Iterator[list[Server]]:
    """Run the servers until the end of the block, the control first, then ours.

    Args:
        setting: The graph that they serve.
        only: Which servers; none: all that can hold the graph.
        leave: Which of all not.
    """
    starts = _starts(setting)
    with ExitStack() as stack:
        yield [
            stack.enter_context(start())
            for name, start in starts.items()
            if name in (only or starts) and name not in leave
        ]


def _starts(setting: Setting) -> dict[str, Callable[[], AbstractContextManager[Server]]]:
    peers, data = setting.peers, setting.data
    starts: dict[str, Callable[[], AbstractContextManager[Server]]] = {
        CONTROL: lambda: servers.oxigraph_memory(peers, data, CONTROL),
        OURS: lambda: servers.ours(data),
    }
    if setting.size < LARGE:
        starts[AGAIN] = lambda: servers.oxigraph_memory(peers, data, AGAIN)
        starts[DISK] = lambda: servers.oxigraph_disk(peers, data.home / "disk")
    if setting.size < LARGE and (jar := peers.fuseki):
        heap = f"{max(1000, _HEAP * setting.size // 1_000_000)}m"
        starts[FUSEKI] = lambda: servers.fuseki(jar, data, heap)
    if setting.size <= RDFLIB_TRIPLES:
        starts[RDFLIB] = lambda: servers.rdflib_endpoint(peers, data)
    return starts
