"""The built graph on the disk: built anew unless it is of the files and the program as they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from aikg.files.version import built_version, version_of
from aikg.settings import Settings


def ensure_built(settings: Settings, progress: Callable[[str], None] = lambda stage: None) -> Path:
    """Build unless the graph at `settings.graph` is of the files and the program as they are."""
    graph = settings.graph
    if built_version(graph) != version_of(settings.root) or _is_older_than_program(graph):
        # What builds needs the libraries of shapes and links; a graph that is there needs none.
        from aikg import build  # noqa: PLC0415

        build.build(settings, progress)
    return graph


def _is_older_than_program(graph: Path) -> bool:
    """Say whether the program has changed since: another program may make other triples."""
    modules = Path(__file__).parent.rglob("*.py")
    return graph.stat().st_mtime < max(module.stat().st_mtime for module in modules)
