"""From a file to triples: the format is known by the ending of the name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TypeAlias

import pyoxigraph as ox

from aikg.errors import VocabularyUnreadable
from aikg.links.identifiers import Prefixes
from aikg.vocabularies import obo, packed, rdf, records, rxnorm, tables
from aikg.vocabularies.packed import Budget, Share, Source
from aikg.vocabularies.reading import Fault, Reading

_Reader: TypeAlias = Callable[[Source, Reading], Iterator[ox.Triple]]
_READERS: dict[str, _Reader] = {
    ".obo": obo.read,
    ".json": records.read,
    ".rrf": rxnorm.read,
    **{ending: partial(rdf.read, ending=ending) for ending in rdf.FORMATS},
    **{ending: partial(tables.read_table, ending=ending) for ending in tables.SEPARATORS},
}
_NAMES = {
    ".obo": "OBO",
    ".json": "a list of records",
    ".rrf": "RxNorm's RRF",
    ".owl": "RDF/XML or OWL/XML",
    ".ttl": "Turtle",
    ".nt": "N-Triples",
    ".jsonld": "JSON-LD",
    **dict.fromkeys(tables.SEPARATORS, "a table"),
    **dict.fromkeys((".rdf", ".xml"), "RDF/XML or OWL/XML"),
}
#: The endings of archives, which may follow that of the format.
PACKED = (".gz", ".zip")
_PLACE = re.compile(r"(?:Parser error )?(?:at|between) line \d+[^:]*: |\(line \d+\)$|\(<[^)]*\)$")


def endings() -> list[str]:
    """Return the endings of files that are read."""
    return sorted([*_READERS, *PACKED])


def named_after(path: Path, prefixes: Prefixes) -> str | None:
    """Find the vocabulary that the first word of a file's name names: `mesh_labels.tsv`."""
    word = re.split(r"[^A-Za-z.]", path.name.partition(".")[0])[0].lower()
    return next((prefix for prefix in prefixes.known if prefix.lower() == word), None)


def read(
    path: Path, file: Reading, budget: Budget, share: Share = lambda share: None
) -> Iterator[ox.Triple]:
    """Read the triples of a file, one after the other.

    Args:
        path: The file; its ending says its format.
        file: Knows its identifiers, and counts what is left out.
        budget: How many bytes may be read.
        share: Called with the share that was read.

    Raises:
        VocabularyUnreadable: It cannot be read; the message has the line.
    """
    for source in packed.sources(path, budget, share):
        reader, name = _reader(source.name, path)
        with packed.unpacking(source.name):
            try:
                yield from reader(source, file)
            except (SyntaxError, ValueError, TypeError) as error:
                if source.failed:
                    raise source.failed from error
                line = getattr(error, "lineno", None) or getattr(error, "line", None)
                line = line or _line_of(path, source.name, budget.most)
                raise _unreadable(source.name, line, name, error) from error


def _reader(name: str, path: Path) -> tuple[_Reader, str]:
    ending = PurePosixPath(name.lower().removesuffix(".gz")).suffix
    if ending not in _READERS:
        raise VocabularyUnreadable(
            f"{path} ends in {ending or 'nothing'}"
            + (f", by the file {name} in it." if path.suffix.lower() == ".zip" else "."),
            advice=f"Use a file that ends in one of {', '.join(endings())}.",
        )
    return _READERS[ending], _NAMES[ending]


def _line_of(path: Path, name: str, most: int) -> int:
    """Return the line at which a parser that does not say it finds the mistake."""
    for source in packed.sources(path, Budget(most), by_line=True):
        if source.name != name:
            continue
        reader, _ = _reader(name, path)
        with suppress(SyntaxError, ValueError, TypeError):
            for _ in reader(source, Reading(Prefixes.none())):
                pass
        return max(source.lines, 1)
    return 1


def _unreadable(name: str, line: int, form: str, error: Exception) -> VocabularyUnreadable:
    reason = error.msg if isinstance(error, SyntaxError) else str(error)
    reason = _PLACE.sub("", str(reason)).strip().rstrip(".")
    said = (
        reason
        if isinstance(error, Fault) and reason.startswith(("it ", "of ", "the "))
        else (f"this cannot be read as {form}: {reason}")
    )
    return VocabularyUnreadable(
        f"{name}:{line}: {said}.",
        advice="Check that the file is whole, and in the format that its name says.",
    )
