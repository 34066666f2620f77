"""A provider's file as a stream: as it is, in gzip, or in a zip archive, up to a bound.

A small archive may unpack to more than a disk can store. So the unpacked bytes are counted while
they are read, and reading ends at the bound.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, cast

from aikg.errors import VocabularyUnreadable

#: Called with the share of a file that has been read, from 0 to 1.
Share = Callable[[float], object]
#: The files of RxNorm's archive that are read, in this order.
RXNORM = ("RXNCONSO.RRF", "RXNREL.RRF")


@dataclass
class Budget:
    """How many unpacked bytes may be read.

    Attributes:
        most: The bound, in bytes.
        used: How many were read.
    """

    most: int
    used: int = 0

    def spend(self, number: int, name: str) -> None:
        """Count bytes.

        Raises:
            VocabularyUnreadable: There are more than the bound.
        """
        self.used += number
        if self.used > self.most:
            raise VocabularyUnreadable(
                f"{name} has more than {self.most} bytes when it is unpacked.",
                advice="Use a part of the vocabulary, or raise AIKG_VOCABULARY_BYTES.",
            )


@dataclass
class Source(io.RawIOBase):
    """A file that is read in pieces, of at most a line each if `by_line`.

    Attributes:
        name: Its name, in an archive also that of the archive.
        lines: How many line breaks were read.
        failed: Why it could not be read on; libraries may report another error in its place.
    """

    name: str
    stream: IO[bytes]
    budget: Budget
    by_line: bool = False
    on_read: Callable[[], object] = lambda: None
    lines: int = 0
    failed: Exception | None = None
    _ahead: bytes = field(default=b"", repr=False)

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read the next piece."""
        piece = self._next(len(buffer))
        self.lines += piece.count(b"\n")
        buffer[: len(piece)] = piece
        return len(piece)

    def _next(self, size: int) -> bytes:
        if self._ahead:
            piece, self._ahead = self._ahead[:size], self._ahead[size:]
            return piece
        try:
            piece = self.stream.readline(size) if self.by_line else self.stream.read(size)
            self.budget.spend(len(piece), self.name)
        except Exception as error:
            self.failed = error
            raise
        self.on_read()
        return piece

    def head(self, size: int) -> bytes:
        """Return the beginning, which is read again later."""
        self._ahead = b"".join(self._pieces(size))
        return self._ahead

    def _pieces(self, size: int) -> Iterator[bytes]:
        while size > 0 and (piece := self._next(size)):
            yield piece
            size -= len(piece)


@contextmanager
def unpacking(name: str) -> Iterator[None]:
    """Report that a file cannot be unpacked."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, NotImplementedError) as e:
        raise VocabularyUnreadable(
            f"{name} cannot be unpacked: {e}.",
            advice="Download the file again, or unpack it with another program.",
        ) from e
    except OSError as error:
        raise VocabularyUnreadable(
            f"{name} cannot be read: {error.strerror or error}.", advice="Check the file's name."
        ) from error


def sources(
    path: Path, budget: Budget, share: Share = lambda share: None, by_line: bool = False
) -> Iterator[Source]:
    """Open a file: itself, what gzip packed, or the files of a zip archive that are read.

    Raises:
        VocabularyUnreadable: It cannot be opened, or the archive has not one file to read.
    """
    with unpacking(path.name), path.open("rb") as raw:
        size = path.stat().st_size or 1

        def on_read() -> None:
            share(min(raw.tell() / size, 1.0))

        def source(name: str, stream: IO[bytes]) -> Source:
            return Source(name, stream, budget, by_line, on_read)

        ending = path.suffix.lower()
        if ending == ".gz":
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield source(path.name, cast("IO[bytes]", unpacked))
        elif ending == ".zip":
            with zipfile.ZipFile(raw) as archive:
                for member in _members(archive, path.name):
                    with archive.open(member) as stream:
                        yield source(f"{path.name}/{PurePosixPath(member.filename).name}", stream)
        else:
            yield source(path.name, raw)


def _members(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    files = [member for member in archive.infolist() if not member.is_dir()]
    if any(member.flag_bits & 1 for member in files):
        raise VocabularyUnreadable(
            f"{name} is encrypted.", advice="Unpack it, and add the file that it contains."
        )
    by_name: dict[str, zipfile.ZipInfo] = {}
    for member in sorted(files, key=lambda member: -len(member.filename)):
        by_name[PurePosixPath(member.filename).name.upper()] = member
    found = [by_name[one] for one in RXNORM if one in by_name] or files
    if len(found) != 1 and found == files:
        raise VocabularyUnreadable(
            f"{name} has {len(files)} files, so it is not clear which is the vocabulary.",
            advice="Unpack the archive, and add the one file.",
        )
    return found
