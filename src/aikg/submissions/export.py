"""A published submission as a file for `data/turtle/`."""

from __future__ import annotations

from typing import cast

import pyoxigraph as ox

from aikg.names import BASE, PREFIXES
from aikg.publication.replay import parted


def as_turtle(statements: bytes, name: str) -> bytes:
    """Write statements as Turtle, with numbers as they were sent and the usual prefixes.

    A statement that no parser reads stands at the end, in a comment.

    Args:
        statements: N-Triples.
        name: The submission's name; its nodes get a prefix of their own.
    """
    readable, refused = parted(statements)
    triples = sorted(ox.parse(readable, format=ox.RdfFormat.N_TRIPLES), key=str)
    text = "".join(map(str, triples))
    used = {
        prefix: namespace
        for prefix, namespace in {**PREFIXES, "sub": f"{BASE}submission/{name}/"}.items()
        if f"<{namespace}" in text
    }
    written = ox.serialize((q.triple for q in triples), format=ox.RdfFormat.TURTLE, prefixes=used)
    comments = "".join(f"# Left out, since no parser reads it: {line}\n" for line in refused)
    return cast(bytes, written) + comments.encode()


def left_out(statements: bytes) -> int:
    """Count the statements that no parser reads."""
    return len(parted(statements)[1])
