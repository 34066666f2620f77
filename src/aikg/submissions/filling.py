"""A store outside this program gets the graph as a server here would serve it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox

from aikg.description import void
from aikg.errors import EngineUnavailable
from aikg.files.turtle import load_nquads
from aikg.ledger import overlay
from aikg.publication.replay import replay
from aikg.rules.delta import Delta
from aikg.settings import Settings
from aikg.store import loading
from aikg.submissions.opening import Failing, open_home


def fill(settings: Settings, holder: str, failing: Failing) -> tuple[int, str]:
    """Fill the store of the settings; what is published is judged again if the files have changed.

    Args:
        settings: The store, and the home with the built graph and the ledger.
        holder: Who holds the home, for the message to others.
        failing: Called with each published submission that breaks a rule.

    Returns:
        The number of quads, and the version of the data.

    Raises:
        HomeHeld: A server uses the home.
        StoreRefused: The store answered with an error.
        StoreUnreachable: It does not answer.
    """
    with (
        open_home(replace(settings, store=""), holder, failing) as home,
        tempfile.TemporaryDirectory(dir=settings.home) as folder,
    ):
        file, version = Path(folder) / "store.nq", home.version
        delta = replay(home.database, home.files)
        if delta is None:
            raise EngineUnavailable("The ledger rests on other files.", advice="Try again.")
        count = loading.write(_served(settings.graph, delta, version), file)
        loading.fill(settings, file, version)
        with home.database.transaction():
            overlay.forget_step(home.database)
    return count, version


def _served(graph: Path, delta: Delta[str], version: str) -> Iterator[ox.Quad]:
    """Yield the quads of the graph as it is served; equal numbers are written alike."""
    store = ox.Store()
    load_nquads(store, graph)
    changed = Delta.from_nquads(*delta.to_nquads())
    void.change(store, changed.removed, changed.added, version)
    yield from store
