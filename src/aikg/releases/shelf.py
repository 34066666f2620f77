"""The releases of a home: one folder each, written whole or not at all, and never changed."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from aikg.errors import ReleaseRefused, UnknownRelease
from aikg.releases import artefacts, difference
from aikg.releases.artefacts import SUMS, Release, nquads_name
from aikg.releases.content import Content
from aikg.releases.content import read as read_graph
from aikg.settings import Settings

#: The name of a release, such as 2026-12 or 2026-12.1, which is a part of addresses.
VERSION = re.compile(r"\d{4}-\d{2}(?:\.\d{1,3})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NAME_THE_DAY = "Name the day: `aikg release 2026-12 --date 2026-12-01`."
#: The file with the members of a release.
_ABOUT = "release.json"


class Shelf:
    """The releases below a home."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.folder = settings.home / "releases"

    def versions(self) -> list[str]:
        """Return the names of the releases, the oldest first."""
        if not self.folder.is_dir():
            return []
        found = [path.name for path in self.folder.iterdir() if VERSION.fullmatch(path.name)]
        return sorted(found, key=_order)

    def path(self, version: str, name: str) -> Path:
        """Return the path of a file of a release.

        Raises:
            UnknownRelease: The release does not exist, or has no such file.
        """
        folder = self._folder(version)
        if name not in self.files(version):
            raise UnknownRelease(
                f"The release {version} has no file {name!r}.",
                advice=f"{SUMS} lists its files.",
            )
        return folder / PurePosixPath(name)

    def files(self, version: str) -> dict[str, str]:
        """Return the checksum of each file of a release, by its name."""
        lines = (self._folder(version) / SUMS).read_text(encoding="utf-8").splitlines()
        own = hashlib.sha256((self._folder(version) / SUMS).read_bytes()).hexdigest()
        return {line[66:]: line[:64] for line in lines} | {SUMS: own}

    def about(self, version: str) -> dict[str, str]:
        """Return the members of a release: `version`, `date`, `data`, `before`."""
        found: dict[str, str] = json.loads(self.path(version, _ABOUT).read_text(encoding="utf-8"))
        return found

    def content(self, version: str) -> Content:
        """Read the graph of a release.

        Raises:
            UnknownRelease: It does not exist.
        """
        text = gzip.decompress(self.path(version, nquads_name(version)).read_bytes()).decode()
        return Content(text.split("\n")[:-1], self.about(version)["data"])

    def make(self, version: str, date: str | None = None) -> Path:
        """Make a release of the served graph, and put it on the shelf.

        Args:
            version: Its name.
            date: The day on which it is issued; None: the day of the ledger's last step.

        Raises:
            ReleaseRefused: The name or the day is not valid, or the release exists with other
                content.
        """
        if not VERSION.fullmatch(version):
            raise ReleaseRefused(
                f"{version!r} is not the name of a release.",
                advice="Name it after its month: 2026-12, or 2026-12.1 for a second one.",
            )
        if date and not _DATE.fullmatch(date):
            raise ReleaseRefused(f"{date!r} is not a day.", advice=_NAME_THE_DAY)
        content = read_graph(self._settings)
        day = date or content.day
        if day is None:
            raise ReleaseRefused("There is no day of issue.", advice=_NAME_THE_DAY)
        release = Release(version, day)
        before = next((v for v in reversed(self.versions()) if _order(v) < _order(version)), "")
        files = self.files_of(content, release, before)
        return self._put(version, files)

    def files_of(
        self,
        content: Content,
        release: Release,
        before: str,
        marks: Mapping[str, str] = MappingProxyType({}),
    ) -> dict[str, bytes]:
        """Make the files of a release.

        Args:
            content: The graph.
            release: Its name and day.
            before: The name of the release that it is compared with; empty: none.
            marks: Further members of the release.
        """
        about = {
            "version": release.version, "date": release.date, "data": content.version,
            "before": before, **marks,
        }  # fmt: skip
        changes = {_ABOUT: (json.dumps(about, indent=2, sort_keys=True) + "\n").encode()}
        if before:
            found = difference.compare(self.content(before), content)
            lines = difference.words(found, before, release.version)
            listed = [asdict(change) for change in found.changes]
            changes["CHANGES.md"] = ("\n".join(lines) + "\n").encode()
            changes["changes.json"] = (
                json.dumps(listed, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
            ).encode()
        return artefacts.make(content, release, self._settings.root, changes)

    def _put(self, version: str, files: dict[str, bytes]) -> Path:
        folder = self.folder / version
        if folder.exists():
            if (folder / SUMS).read_bytes() == files[SUMS]:
                return folder
            raise ReleaseRefused(
                f"The release {version} exists, and its content differs.",
                advice=f"A release never changes: choose another name, such as {version}.1.",
            )
        with self._written(version, files) as part:
            part.rename(folder)
        return folder

    def replace(self, version: str, files: dict[str, bytes]) -> None:
        """Put other files in place of those of a release, which are deleted."""
        old = self.folder / f"{version}.old-{os.getpid()}"
        with self._written(version, files) as part:
            (self.folder / version).rename(old)
            part.rename(self.folder / version)
        shutil.rmtree(old)

    @contextmanager
    def _written(self, version: str, files: dict[str, bytes]) -> Iterator[Path]:
        part = self.folder / f"{version}.part-{os.getpid()}"
        try:
            for name, content in files.items():
                path = part / PurePosixPath(name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            yield part
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def _folder(self, version: str) -> Path:
        folder = self.folder / version
        if not VERSION.fullmatch(version) or not folder.is_dir():
            known = ", ".join(self.versions()) or "none yet"
            raise UnknownRelease(
                f"No release is called {version!r}.", advice=f"The releases: {known}."
            )
        return folder


def _order(version: str) -> tuple[str, int]:
    month, _, number = version.partition(".")
    return month, int(number or 0)
