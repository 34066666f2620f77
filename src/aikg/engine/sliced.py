"""A job on a slice of a store: it runs, or names what the slice lacks."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import pyoxigraph as ox

from aikg.engine.noted import Lacking, Noted, Reads
from aikg.errors import AikgError
from aikg.files.turtle import load_nquads
from aikg.rules import neighbourhood
from aikg.store.figures import DATASET, FIGURES, VERSION

if TYPE_CHECKING:
    from aikg.engine.publishing import Knowledge

#: The type of an answer that lists needs.
LACKS = "application/x-aikg-lacks+json"


class Kept:
    """The answer of a job, which counts if nothing is lacking."""

    def __init__(self, ask: Callable[[dict[str, Any]], bytes]) -> None:
        self.ask = ask
        self.media_type, self.repeatable = "", False
        self.content = bytearray()

    def begin(self, media_type: str, *, repeatable: bool = False) -> None:
        """Take the answer's type; see `jobs.Output`."""
        self.media_type, self.repeatable = media_type, repeatable

    def write(self, content: bytes) -> int:
        """Take a piece of the answer."""
        self.content += content
        return len(content)

    def flush(self) -> None:
        """Do nothing."""


def run(  # noqa: PLR0913, PLR0917  a job, and what it runs on
    part: dict[str, Any],
    store: ox.Store,
    knowledge: Knowledge | AikgError | None,
    name: str,
    ask: Callable[[dict[str, Any]], bytes],
    job: Callable[[ox.Store, Kept], None],
) -> tuple[str, bytes, bool]:
    """Run a job on a slice.

    Args:
        part: The slice: `quads`, `has`, `stops`.
        store: The worker's copy of its graph, which gets the quads.
        knowledge: What jobs need besides.
        name: The name of the submission that the job is about, or "".
        ask: Asks the store a whole query.
        job: Runs the job on a store, and writes its answer.

    Returns:
        The media type, the answer, and whether it is repeatable; or `LACKS` and the needs.
    """
    load_nquads(store, part["quads"].encode())
    store.add(ox.Quad(DATASET, VERSION, ox.Literal(part["version"]), FIGURES))
    has = {tuple(need) for need in part["has"]}
    reads = Reads()
    if knowledge is not None and not isinstance(knowledge, AikgError):
        reads = _reads(knowledge)
    noted = Noted(store, has, ask, reads, name, part["stops"])
    kept = Kept(ask)
    try:
        job(cast(ox.Store, noted), kept)
    except MemoryError:
        raise
    except (Lacking, Exception):  # what a job meets on too small a slice means nothing
        if not noted.lacks:
            raise
    if noted.lacks:
        return LACKS, json.dumps(sorted(noted.lacks)).encode(), False
    return kept.media_type, bytes(kept.content), kept.repeatable


def _reads(known: Knowledge) -> Reads:
    claims = known.follows.claims
    findings = frozenset[neighbourhood.Path]().union(*claims.meetings)
    return Reads(known.rules.joined_by_rules, findings, claims.margins)
