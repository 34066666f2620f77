"""A published submission as a file for `data/turtle/`."""

from __future__ import annotations

from typing import cast

import pyoxigraph as ox

from aikg.names import BASE, PREFIXES


def as_turtle(statements: bytes, name: str) -> bytes:
    """Write statements as Turtle, with numbers as they were sent and the usual prefixes.

    A statement that no parser reads stands at the end, in a comment.

    Args:
        statements: N-Triples.
        name: The submission's name; its nodes get a prefix of their own.
    """
    readable, refused = _parted(statements)
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
    return len(_parted(statements)[1])


def _parted(statements: bytes) -> tuple[bytes, list[str]]:
    """Part the lines that are N-Triples from those that the parser refuses."""
    readable, refused = [], []
    for line in statements.decode().split("\n"):
        try:
            list(ox.parse(line, format=ox.RdfFormat.N_TRIPLES))
        except (SyntaxError, ValueError):
            refused.append(line)
        else:
            readable.append(line)
    return "\n".join(readable).encode(), refused
