"""The part of a vocabulary around our links: the linked terms, and all that is above them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox

from aikg.links.identifiers import Prefixes
from aikg.links.records import read_mappings
from aikg.vocabularies import reading
from aikg.vocabularies.notes import WHOLE

_ABOVE = {reading.SUBCLASS, reading.BROADER}


def linked(root: Path, prefixes: Prefixes) -> set[str]:
    """Return the terms to which our tables link."""
    return {row.object.iri for row in read_mappings(root, prefixes)}


def around(triples: Iterable[ox.Triple], links: set[str]) -> set[str]:
    """Return the linked terms and those above them, and what describes the vocabulary."""
    above: dict[str, list[str]] = {}
    kept: set[str] = set()
    for triple in triples:
        if not isinstance(triple.subject, ox.NamedNode):
            continue
        if triple.predicate in _ABOVE and isinstance(triple.object, ox.NamedNode):
            above.setdefault(triple.subject.value, []).append(triple.object.value)
        elif triple.predicate == reading.TYPE and triple.object in WHOLE:
            kept.add(triple.subject.value)
    waiting = list(links)
    while waiting:
        term = waiting.pop()
        if term not in kept:
            kept.add(term)
            waiting.extend(above.get(term, ()))
    return kept


def only(triples: Iterable[ox.Triple], kept: set[str]) -> Iterator[ox.Triple]:
    """Yield the statements about some terms, without those that lead to a blank node."""
    for triple in triples:
        if (
            isinstance(triple.subject, ox.NamedNode)
            and triple.subject.value in kept
            and not isinstance(triple.object, ox.BlankNode)
        ):
            yield triple
