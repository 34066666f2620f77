"""The version of the data: a hash of the files that a graph was built from."""

from __future__ import annotations

import hashlib
from pathlib import Path

from aikg.errors import MissingFolder

#: The folders that the build reads, in this order, below the root.
SOURCES = ("ontology", "data/turtle", "shapes", "queries", "cases", "description")


def version_of(root: Path) -> str:
    """Hash the names and the bytes of all files that the build reads, to twelve digits.

    Raises:
        MissingFolder: One of the folders is not there.
    """
    digest = hashlib.sha256()
    for source in SOURCES:
        folder = root / source
        if not folder.is_dir():
            raise MissingFolder(
                f"The folder {source}/ is not in {root}.",
                advice="Run the command in a checkout of aikg, or set AIKG_ROOT to one.",
            )
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            digest.update(f"{path.relative_to(root)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def built_version(graph: Path) -> str | None:
    """Read the version in the first line of a built graph; None if there is no graph."""
    try:
        with graph.open(encoding="utf-8") as lines:
            return lines.readline().removeprefix("# aikg ").strip()
    except FileNotFoundError:
        return None
