"""A published submission as a file for `data/turtle/`."""

from __future__ import annotations

from typing import cast

import pyoxigraph as ox

from aikg.names import BASE, PREFIXES


def as_turtle(statements: bytes, name: str) -> bytes:
    """Write statements as Turtle, with numbers as they were sent and the usual prefixes.

    Args:
        statements: N-Triples.
        name: The submission's name; its nodes get a prefix of their own.
    """
    triples = sorted(ox.parse(statements, format=ox.RdfFormat.N_TRIPLES), key=str)
    text = "".join(map(str, triples))
    used = {
        prefix: namespace
        for prefix, namespace in {**PREFIXES, "sub": f"{BASE}submission/{name}/"}.items()
        if f"<{namespace}" in text
    }
    written = ox.serialize((q.triple for q in triples), format=ox.RdfFormat.TURTLE, prefixes=used)
    return cast(bytes, written)
