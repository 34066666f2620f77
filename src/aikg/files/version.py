"""The version of the data: a hash of the files that a graph was built from."""

from __future__ import annotations

import hashlib
import os
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


def program_version() -> str:
    """Hash the modules and tables of the program, to twelve digits: others may make other triples.

    The times of files do not show it: installers set them as they like.
    """
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for path in sorted(path for ending in ("py", "tsv") for path in package.rglob(f"*.{ending}")):
        if "shipped" not in path.relative_to(package).parts:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def glance(root: Path) -> str:
    """Digest the sizes and times of all files of the build and of the program, without reading."""
    digest = hashlib.sha256()
    for folder in (Path(__file__).resolve().parents[1], *(root / source for source in SOURCES)):
        for path, folders, names in os.walk(folder):
            folders.sort()
            for name in sorted(names):
                if not name.endswith(".pyc"):
                    found = os.stat(os.path.join(path, name))
                    digest.update(f"{name}\0{found.st_size} {found.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def stamp_of(root: Path) -> str:
    """Return the version of the data and that of the program, as a built graph states them."""
    return f"{version_of(root)} {program_version()}"


def stamp(graph: Path) -> str | None:
    """Read the first line of a built graph: the stamp; None if there is no graph."""
    try:
        with graph.open(encoding="utf-8") as lines:
            return lines.readline().removeprefix("# aikg ").strip()
    except FileNotFoundError:
        return None


def built_version(graph: Path) -> str | None:
    """Read the version of the data of a built graph; None if there is no graph."""
    found = stamp(graph)
    return None if found is None else found.partition(" ")[0]
