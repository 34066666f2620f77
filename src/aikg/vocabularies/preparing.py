"""From a provider's file to a file that is ready to load, in bounded memory."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import pyoxigraph as ox

from aikg.errors import VocabularyUnreadable
from aikg.links.identifiers import Prefixes
from aikg.names import BASE, OTHER_PREFIXES
from aikg.vocabularies import formats, licences, prepared, slices
from aikg.vocabularies.figures import Figures
from aikg.vocabularies.notes import Notes
from aikg.vocabularies.packed import Budget, Share
from aikg.vocabularies.prepared import Head
from aikg.vocabularies.reading import Reading
from aikg.vocabularies.sorting import Sorter

T = TypeVar("T")

_IMPORTS = ox.NamedNode(OTHER_PREFIXES["owl"] + "imports")
#: How many triples are written at once.
_BATCH = 10_000
_OURS = "statements about our addresses"


@dataclass(frozen=True)
class About:
    """What the operator says of a vocabulary; empty or None: what the file says.

    Attributes:
        title: What it is called.
        version: Its version.
        licence: The address or the name of its licence.
        passed_on: Whether dumps and releases may contain it.
        around_links: Whether only the part around our links is read.
        prefix: The vocabulary of identifiers without a prefix.
    """

    title: str = ""
    version: str = ""
    licence: str = ""
    passed_on: bool | None = None
    around_links: bool = False
    prefix: str = ""


@dataclass(frozen=True)
class Bounds:
    """How large a vocabulary may be.

    Attributes:
        unpacked: In bytes, unpacked.
        triples: In triples.
    """

    unpacked: int
    triples: int


@dataclass(frozen=True)
class Conditions:
    """The same for all vocabularies: what is known, and how large one may be.

    Attributes:
        prefixes: The vocabularies that are known.
        links: The terms to which our tables link.
        bounds: How large a vocabulary may be.
    """

    prefixes: Prefixes
    links: set[str]
    bounds: Bounds


@dataclass(frozen=True)
class Original:
    """A provider's file.

    Attributes:
        path: The file.
        name: The name of the vocabulary.
        about: What the operator says of it.
        stamp: What it is made from, for the description.
        kept: The name that the file has in the folder; empty: its own.
    """

    path: Path
    name: str
    about: About
    stamp: str = ""
    kept: str = ""


def prepare(
    original: Original,
    conditions: Conditions,
    home: Path,
    share: Share = lambda share: None,
) -> Head:
    """Write a vocabulary as a file that is ready to load, whole or not at all.

    Args:
        original: The provider's file.
        conditions: See `Conditions`.
        home: The folder for the result.
        share: Called with the share of the file that was read.

    Raises:
        VocabularyUnreadable: It cannot be read, is too large, or is not a vocabulary.
    """
    folder = prepared.folder(home)
    folder.mkdir(exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=folder, prefix=".part-"))
    try:
        reader = _Reader(original, conditions, share)
        quads, objects, notes = Sorter(work), Sorter(work), Notes()
        graph = prepared.graph_of(original.name)
        for batch in _batches(reader.triples(), _BATCH):
            notes.take(batch)
            made = [ox.Quad(t.subject, t.predicate, t.object, graph) for t in batch]
            text = ox.serialize(made, format=ox.RdfFormat.N_QUADS) or b""
            quads.add(line + b"\n" for line in text.split(b"\n") if line)
            objects.add(_digest(triple.object) for triple in batch)
        reader.refuse_other(notes)
        figures = Figures(original.name, conditions.prefixes)
        figures.write(quads.merged(), work / "quads")
        figures.end(objects.merged())
        head = _head(original, notes, figures, reader.left_out)
        _put(work, head, figures, prepared.path(home, original.name))
        return head
    finally:
        shutil.rmtree(work, ignore_errors=True)


class _Reader:
    """Reads a file within its bounds, once, or twice for the part around our links."""

    def __init__(self, original: Original, conditions: Conditions, share: Share) -> None:
        self._path, self._name = original.path, original.name
        self._slice = original.about.around_links
        prefix = original.about.prefix or formats.named_after(original.path, conditions.prefixes)
        self._file = Reading(conditions.prefixes, prefix)
        self._bounds, self._links, self._share = conditions.bounds, conditions.links, share
        self._nodes: dict[str, ox.BlankNode] = {}
        self._count = 0

    @property
    def left_out(self) -> dict[str, int]:
        """How many statements and rows were left out, by the reason."""
        return dict(sorted(self._file.left_out.items()))

    def triples(self) -> Iterator[ox.Triple]:
        """Yield the triples up to the bound; blank nodes are named by their order in the file.

        Raises:
            VocabularyUnreadable: There are more, or the file cannot be read.
        """
        found = self._read(self._share)
        if self._slice:
            kept = slices.around(self._read(lambda share: self._share(share / 2)), self._links)
            self._file.left_out.clear()
            found = slices.only(self._read(lambda share: self._share(0.5 + share / 2)), kept)
        for triple in found:
            self._count += 1
            if self._count > self._bounds.triples:
                raise VocabularyUnreadable(
                    f"{self._path.name} has more than {self._bounds.triples} triples.",
                    advice="Add it with --around-links, or raise AIKG_VOCABULARY_TRIPLES.",
                )
            subject, value = self._named(triple.subject), self._named(triple.object)
            yield ox.Triple(subject, triple.predicate, value)

    def _read(self, share: Share) -> Iterator[ox.Triple]:
        """Yield the triples, without imports and without those about our addresses."""
        left_out, budget = self._file.left_out, Budget(self._bounds.unpacked)
        for triple in formats.read(self._path, self._file, budget, share):
            if triple.predicate == _IMPORTS:
                left_out["imports"] += 1
            elif any(map(_is_ours, (triple.subject, triple.predicate, triple.object))):
                left_out[_OURS] += 1
            else:
                yield triple

    def _named(self, term: Any) -> Any:
        if not isinstance(term, ox.BlankNode):
            return term
        new = ox.BlankNode(f"vocabulary-{self._name}-{len(self._nodes) + 1}")
        return self._nodes.setdefault(term.value, new)

    def refuse_other(self, notes: Notes) -> None:
        """Refuse a file that is not a vocabulary.

        Raises:
            VocabularyUnreadable: No statement names a term.
        """
        if notes.has_terms:
            return
        read = f"{self._count} statements were read"
        left_out = "".join(f", {number} {why}" for why, number in self.left_out.items())
        raise VocabularyUnreadable(
            f"{self._path.name} is not a vocabulary: {read}{left_out and ', left out'}{left_out}. "
            "None names a term or its place in a hierarchy.",
            advice="Use the provider's own file; for a table, name the vocabulary of its "
            "identifiers: `--prefix mesh`.",
        )


def _is_ours(term: Any) -> bool:
    return isinstance(term, ox.NamedNode) and term.value.startswith(BASE)


def _digest(term: Any) -> bytes:
    text = str(term).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=12).hexdigest().encode() + b"\n"


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _head(original: Original, notes: Notes, figures: Figures, left_out: dict[str, int]) -> Head:
    about = original.about
    licence = about.licence or notes.said("licence")
    closed = figures.closed()
    return Head(
        name=original.name,
        file=original.kept or original.path.name,
        title=about.title or notes.said("title") or original.name,
        version=about.version or notes.said("version"),
        licence=licence,
        passed_on=licences.passes_on(licence, closed, about.passed_on, original.path.name),
        around_links=about.around_links,
        triples=figures.triples,
        terms=figures.terms,
        left_out=left_out,
        content=figures.content,
        stamp=original.stamp,
    )


def _put(work: Path, head: Head, figures: Figures, place: Path) -> None:
    """Join the parts of the file, and put it in its place."""
    with (work / "whole").open("wb") as whole, (work / "quads").open("rb") as quads:
        whole.write(head.line())
        whole.writelines(figures.lines())
        shutil.copyfileobj(quads, whole)
    os.replace(work / "whole", place)
