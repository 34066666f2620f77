"""A purge in releases: each that contains the submission is written anew without it."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable

import pyoxigraph as ox

from aikg.files.turtle import write_nquads
from aikg.names import BASE, PREFIXES
from aikg.releases.artefacts import SUMS, Release
from aikg.releases.content import Content, counted
from aikg.releases.shelf import Shelf
from aikg.rules import incremental
from aikg.settings import Settings

_PROVENANCE = ox.NamedNode(BASE + "graph/provenance")
_AGENTS = {
    ox.NamedNode(PREFIXES["prov"] + name) for name in ("wasAttributedTo", "wasAssociatedWith")
}


def purge(settings: Settings, graphs: Iterable[str], day: str) -> list[str]:
    """Remove submissions from every release that contains them; nothing old is kept.

    Args:
        settings: The home and the files.
        graphs: The named graphs of the submissions.
        day: The day of the purge, which each changed release states.

    Returns:
        The names of the changed releases.
    """
    shelf, changed = Shelf(settings), []
    for version in shelf.versions():
        content = shelf.content(version)
        text = content.nquads().decode()
        present = [graph for graph in graphs if f"<{graph}>" in text]
        if not present:
            continue
        about = shelf.about(version)
        sums = hashlib.sha256(shelf.path(version, SUMS).read_bytes()).hexdigest()
        lines = counted(_without(content, present, settings), content.version)
        release = Release(version, about["date"])
        marks = {"purged": day, "checksum_before": about.get("checksum_before", sums)}
        files = shelf.files_of(Content(lines, content.version), release, about["before"], marks)
        shelf.replace(version, files)
        changed.append(version)
    return changed


def _without(content: Content, graphs: list[str], settings: Settings) -> list[str]:
    """Return the lines of a graph without submissions, and without their senders' names."""
    store = content.store()
    rules = incremental.read_rules(settings.root / "queries" / "rules")
    for graph in graphs:
        name = ox.NamedNode(graph)
        stated = list(store.quads_for_pattern(None, None, None, name))
        incremental.change(store, rules, removed=stated)
        for quad in list(store):
            if f"<{graph}" in f"{quad.subject} {quad.object}":
                store.remove(quad)
        with contextlib.suppress(ValueError):
            store.remove_graph(name)
    kept = {q.object for p in _AGENTS for q in store.quads_for_pattern(None, p, None, _PROVENANCE)}
    for quad in list(store.quads_for_pattern(None, None, None, _PROVENANCE)):
        is_agent = f"{quad.subject}".startswith((f"<{BASE}agent/", "<https://orcid.org/"))
        if is_agent and quad.subject not in kept:
            store.remove(quad)
    return write_nquads(store).decode().split("\n")[:-1]
