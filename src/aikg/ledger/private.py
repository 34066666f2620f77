"""Files and folders that their owner alone can read: the ledger, its copies, the home."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

_FOLDER, _FILE = 0o700, 0o600
#: What the group and others may do.
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def folder(path: Path) -> None:
    """Make a folder that its owner alone can open, or close one that is there.

    A folder of another user stays as it is, and so does one that users share (`/tmp`).
    """
    path.mkdir(parents=True, exist_ok=True, mode=_FOLDER)
    found = path.stat()
    if not found.st_mode & stat.S_ISVTX:
        _close(path, found)


def file(path: Path) -> None:
    """Make an empty file that its owner alone can read, or close one that is there."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _FILE))
    _close(path, path.stat())


@contextlib.contextmanager
def written(path: Path) -> Iterator[Path]:
    """Let a file be written beside its place; it takes that place whole, or not at all.

    Yields:
        An empty file to write to. If it is deleted within, nothing takes the place.
    """
    part = path.with_name(f"{path.name}.part-{os.getpid()}")
    part.unlink(missing_ok=True)
    try:
        file(part)
        yield part
        if part.exists():
            with part.open("rb") as whole:
                os.fsync(whole.fileno())
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def remove(path: Path) -> None:
    """Remove a ledger in a file, with its log."""
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _close(path: Path, found: os.stat_result) -> None:
    if found.st_mode & _OTHERS and found.st_uid == os.geteuid():
        path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
