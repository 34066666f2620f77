"""A vocabulary for one query: read into a graph in this process, and not kept."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox

from aikg.files.turtle import load_nquads
from aikg.links.identifiers import read_prefixes
from aikg.names import name_after
from aikg.settings import Settings
from aikg.vocabularies import prepared
from aikg.vocabularies.preparing import About, Bounds, Conditions, Original, prepare


def load_file(
    store: ox.Store,
    path: Path,
    settings: Settings,
    progress: Callable[[str], object] = lambda stage: None,
) -> None:
    """Read a provider's file into a named graph, after the name of the file.

    Raises:
        VocabularyUnreadable: It cannot be read, or is not a vocabulary.
    """
    name = name_after(path.name)
    bounds = Bounds(settings.vocabulary_bytes, settings.vocabulary_triples)
    with tempfile.TemporaryDirectory() as folder:
        prepare(
            Original(path, name, About()),
            Conditions(read_prefixes(settings.root), set(), bounds),
            Path(folder),
            lambda share: progress(f"vocabulary {name}: {share:.0%}"),
        )
        load_nquads(store, prepared.path(Path(folder), name))
