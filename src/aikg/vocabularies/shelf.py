"""The vocabularies of a home: a folder with the providers' files, each made ready to load."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from aikg.errors import SettingError, UnknownVocabulary, VocabularyUnreadable
from aikg.files.version import program_version
from aikg.ledger import private
from aikg.names import LONGEST_NAME, SUBMISSION_NAME, name_after
from aikg.settings import Settings
from aikg.vocabularies import prepared
from aikg.vocabularies.prepared import Head

if TYPE_CHECKING:
    from aikg.vocabularies.preparing import About, Original

#: Called with the name of each stage.
Progress = Callable[[str], object]
#: The ending of the file that says what the operator knows of a vocabulary.
NOTES = ".about.json"
#: Files that may lie beside the vocabularies.
_OTHERS = re.compile(r"\..*|readme\b.*|licen[cs]e\b.*", re.IGNORECASE)


class Shelf:
    """The vocabularies of a home.

    Args:
        settings: The home, the folder, and the bounds.

    Attributes:
        folder: The folder with the providers' files.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.folder = settings.vocabulary_folder

    def heads(self) -> list[Head]:
        """Return the vocabularies that are ready to load."""
        return prepared.heads(self._settings.home)

    def prepare(self, progress: Progress = lambda stage: None) -> list[Head]:
        """Make each file ready that is new or has changed, and drop those that are gone.

        Raises:
            SettingError: The folder that is set does not exist.
            VocabularyUnreadable: A file is not a vocabulary.
        """
        home = self._settings.home
        originals = self._originals()
        known = {head.name: head for head in self.heads()}
        for name in known.keys() - originals.keys():
            prepared.path(home, name).unlink(missing_ok=True)
        maker = _Maker(self._settings, progress)
        return [maker.make(path, name, known.get(name)) for name, path in sorted(originals.items())]

    def _originals(self) -> dict[str, Path]:
        """Return the file of each vocabulary, by its name."""
        if not self.folder.is_dir():
            if self._settings.vocabularies:
                raise SettingError(
                    f"AIKG_VOCABULARIES is {str(self.folder)!r}, which is not a folder.",
                    advice="Make the folder, or leave the setting out.",
                )
            return {}
        found: dict[str, Path] = {}
        for path in sorted(self.folder.iterdir()):
            if path.name.endswith(NOTES) or _OTHERS.fullmatch(path.name) or not path.is_file():
                continue
            name = name_after(path.name)
            if name in found:
                raise VocabularyUnreadable(
                    f"{found[name].name} and {path.name} both make the vocabulary {name!r}.",
                    advice="Rename one of the two files.",
                )
            found[name] = path
        return found

    def add(self, path: Path, name: str, about: About, instead: bool, progress: Progress) -> Head:
        """Make a file ready, then copy it into the folder with what is known of it.

        Args:
            path: The provider's file.
            name: The name of the vocabulary; empty: after the file.
            about: What the operator says of it.
            instead: Whether it takes the place of one of that name.
            progress: Called with the name of each stage.

        Raises:
            VocabularyUnreadable: It is not a vocabulary, or the name is taken or not valid.
        """
        name = name or name_after(path.name)
        if not re.fullmatch(SUBMISSION_NAME, name) or len(name) > LONGEST_NAME:
            raise VocabularyUnreadable(
                f"{name!r} is not a valid name of a vocabulary.",
                advice="Use lower-case letters, digits and single hyphens, as in `hp`.",
            )
        old = self._originals().get(name)
        if old and not instead:
            raise VocabularyUnreadable(
                f"A vocabulary is called {name!r}: {old.name}.",
                advice="Choose another name with --name, or put this one in its place with "
                "--replace.",
            )
        private.folder(self._settings.home)
        maker = _Maker(self._settings, progress)
        about = maker.with_prefix(path, about)
        kept = self.folder / f"{name}{_endings(path)}"
        head = maker.make_from(path, name, about, kept.name)
        with _writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            part = self.folder / f".part-{os.getpid()}"
            shutil.copyfile(path, part)
            if old:
                old.unlink()
                _notes(old).unlink(missing_ok=True)
            part.replace(kept)
            _notes(kept).write_text(json.dumps(asdict(about), indent=2) + "\n", encoding="utf-8")
        return head

    def remove(self, name: str) -> Path:
        """Delete a vocabulary with its file, which is returned.

        Raises:
            UnknownVocabulary: None has that name.
        """
        path = self._originals().get(name)
        if path is None:
            known = ", ".join(sorted(self._originals())) or "none"
            raise UnknownVocabulary(
                f"No vocabulary is called {name!r}.", advice=f"The vocabularies: {known}."
            )
        with _writing(self.folder):
            path.unlink()
            _notes(path).unlink(missing_ok=True)
        prepared.path(self._settings.home, name).unlink(missing_ok=True)
        return path


class _Maker:
    """Makes files ready, and loads the libraries for that only if need be."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self._settings, self._progress = settings, progress

    def make(self, path: Path, name: str, known: Head | None) -> Head:
        """Make a file of the folder ready, unless it is."""
        from aikg.vocabularies.preparing import Original  # noqa: PLC0415  loads slowly

        about = _read_notes(_notes(path))
        original = Original(path, name, about, self._stamp(path, about))
        return known if known and known.stamp == original.stamp else self._prepare(original)

    def make_from(self, path: Path, name: str, about: About, kept: str) -> Head:
        """Make a file ready that will have another name in the folder."""
        from aikg.vocabularies.preparing import Original  # noqa: PLC0415

        if not path.is_file():
            raise VocabularyUnreadable(
                f"{path} cannot be read: it is not a file.", advice="Check the file's name."
            )
        return self._prepare(Original(path, name, about, self._stamp(path, about), kept))

    def with_prefix(self, path: Path, about: About) -> About:
        """Note the vocabulary that the name of a file names: the copy has another name."""
        from aikg.links.identifiers import read_prefixes  # noqa: PLC0415
        from aikg.vocabularies.formats import named_after  # noqa: PLC0415

        found = about.prefix or named_after(path, read_prefixes(self._settings.root))
        return replace(about, prefix=found or "")

    def _prepare(self, original: Original) -> Head:
        from aikg.links.identifiers import read_prefixes  # noqa: PLC0415
        from aikg.vocabularies import slices  # noqa: PLC0415
        from aikg.vocabularies.preparing import Bounds, Conditions, prepare  # noqa: PLC0415

        settings = self._settings
        prefixes = read_prefixes(settings.root)
        links = slices.linked(settings.root, prefixes) if original.about.around_links else set()
        bounds = Bounds(settings.vocabulary_bytes, settings.vocabulary_triples)

        def share(read: float) -> None:
            self._progress(f"vocabulary {original.name}: {read:.0%}")

        with _writing(settings.home):
            return prepare(original, Conditions(prefixes, links, bounds), settings.home, share)

    def _stamp(self, path: Path, about: About) -> str:
        """Hash what the result depends on: file, notes, program, tables of links."""
        digest = hashlib.sha256()
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
        said = json.dumps(asdict(about), sort_keys=True)
        digest.update(f"{said} {program_version()} {self._settings.vocabulary_bytes} "
                      f"{self._settings.vocabulary_triples}".encode())  # fmt: skip
        for table in sorted((self._settings.root / "ontology" / "mappings").glob("*")):
            digest.update(table.read_bytes())
        return digest.hexdigest()


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Report that a folder cannot be written to."""
    try:
        yield
    except OSError as error:
        raise SettingError(
            f"A vocabulary cannot be written to {folder}: {error.strerror}.",
            advice="Let the user of the program write there; or put the file into the folder "
            "yourself, where only AIKG_HOME must be writable.",
        ) from error


def _notes(path: Path) -> Path:
    return path.with_name(f"{path.name}{NOTES}")


def _endings(path: Path) -> str:
    """Return the ending of the format, with that of an archive after it."""
    *_, last = path.suffixes or [""]
    before = path.suffixes[-2] if last.lower() == ".gz" and len(path.suffixes) > 1 else ""
    return f"{before}{last}".lower()


def _read_notes(path: Path) -> About:
    """Read what the operator says of a vocabulary.

    Raises:
        VocabularyUnreadable: The notes are not valid.
    """
    from aikg.vocabularies.preparing import About  # noqa: PLC0415

    if not path.exists():
        return About()
    try:
        return About(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise VocabularyUnreadable(
            f"{path.name} is not valid: {error}.",
            advice="Delete it, and add the vocabulary again with `aikg vocabulary add`.",
        ) from error
