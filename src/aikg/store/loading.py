"""A store is filled: all quads in one request, and then the version of the data."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox

from aikg.settings import Settings
from aikg.store import protocol
from aikg.store.addresses import authorization
from aikg.store.figures import DATASET, FIGURES, VERSION, on_store

#: How long a store may take to load a graph, in seconds.
_PATIENCE = 3600.0


def connect(settings: Settings, most: int = protocol.MOST) -> protocol.Store:
    """Return the store of the settings, by the addresses that Apache Jena Fuseki uses.

    Args:
        settings: The store.
        most: The longest answer that is read, in bytes.
    """
    address = settings.store
    key = authorization(address)
    return protocol.Store(f"{address}/query", f"{address}/update", key, most)


def write(quads: Iterable[ox.Quad], file: Path) -> int:
    """Write quads as a store has them, without the version; return their number."""
    count = 0
    with file.open("wb") as out:
        for quad in quads:
            if (quad.subject, quad.predicate) != (DATASET, VERSION) or quad.graph_name != FIGURES:
                out.write(f"{on_store(quad)} .\n".encode())
                count += 1
    return count


def fill(settings: Settings, file: Path, version: str) -> None:
    """Replace all that a store has by the quads of a file, and write the version last.

    A server does not start on a store without a version: one whose filling broke off.

    Args:
        settings: The store.
        file: The quads.
        version: The version of the data.

    Raises:
        StoreRefused: The store answered with an error.
        StoreUnreachable: It does not answer; nobody knows what it has.
    """
    store = connect(settings)
    store.replace(f"{settings.store}/data", file, _PATIENCE)
    quad = ox.Quad(DATASET, VERSION, ox.Literal(version), FIGURES)
    store.update(protocol.insert_data([quad]))
