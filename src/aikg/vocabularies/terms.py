"""The labels of a vocabulary's terms, and which terms are obsolete, by identifier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from aikg.errors import IdentifierMalformed, VocabularyUnreadable
from aikg.links.identifiers import Identifier, Prefixes
from aikg.names import PREFIXES
from aikg.vocabularies import formats, reading
from aikg.vocabularies.packed import Budget
from aikg.vocabularies.reading import OBO_IN_OWL, Reading

_SYNONYMS = {
    reading.ALT_LABEL,
    *(
        ox.NamedNode(f"{OBO_IN_OWL}has{scope}Synonym")
        for scope in ("Exact", "Related", "Broad", "Narrow")
    ),
}
_LABELS = {reading.LABEL, reading.PREF_LABEL}
_REPLACED_BY = {reading.REPLACED_BY, ox.NamedNode(PREFIXES["dcterms"] + "isReplacedBy")}
_KINDS = {*_SYNONYMS, *_LABELS, *_REPLACED_BY, reading.DEPRECATED, reading.TYPE}
#: The largest file that is read, in bytes.
_MOST = 4 << 30


@dataclass
class Term:
    """A term of another vocabulary.

    Attributes:
        label: Its label; empty if the file has none.
        synonyms: Its other names.
        obsolete: Whether it should no longer be used.
        replaced_by: The term to use instead, if the file names one.
    """

    label: str = ""
    synonyms: set[str] = field(default_factory=set)
    obsolete: bool = False
    replaced_by: str = ""


#: The terms of a file, by their identifiers.
Vocabulary = dict[Identifier, Term]


def read_vocabulary(path: Path, prefixes: Prefixes, prefix: str | None = None) -> Vocabulary:
    """Read the terms of a file whose prefixes are known; others are skipped.

    Args:
        path: The file; its ending says its format.
        prefixes: The vocabularies that are known.
        prefix: The vocabulary of identifiers without a prefix in a table; None: the first word
            of the file's name.

    Raises:
        VocabularyUnreadable: The file does not exist, or its format is not one that is read.
    """
    file = Reading(prefixes, prefix or formats.named_after(path, prefixes))
    parse = _parser(prefixes)
    found: Vocabulary = {}
    for triple in formats.read(path, file, Budget(_MOST)):
        if triple.predicate not in _KINDS or not isinstance(triple.subject, ox.NamedNode):
            continue
        if identifier := parse(triple.subject.value):
            _note(found.setdefault(identifier, Term()), triple, parse)
    if not found:
        raise VocabularyUnreadable(
            f"{path} has no term of a vocabulary that is known here.",
            advice="Name the vocabulary of its identifiers: `--prefix mesh`.",
        )
    return found


def _parser(prefixes: Prefixes) -> Callable[[str], Identifier | None]:
    known: dict[str, Identifier | None] = {}

    def parse(iri: str) -> Identifier | None:
        if iri not in known:
            try:
                known[iri] = prefixes.parse(iri)
            except IdentifierMalformed:
                known[iri] = None
        return known[iri]

    return parse


def _note(term: Term, triple: ox.Triple, parse: Callable[[str], Identifier | None]) -> None:
    value = str(getattr(triple.object, "value", ""))
    if triple.predicate in _SYNONYMS:
        term.synonyms.add(value)
    elif triple.predicate == reading.DEPRECATED:
        term.obsolete = value in {"true", "1"}
    elif triple.predicate in _REPLACED_BY:
        known = parse(value)
        term.replaced_by = known.curie if known else value
    elif triple.predicate in _LABELS:
        # An English label goes before another; of others the first counts.
        english = getattr(triple.object, "language", None) == "en"
        if english or not term.label:
            term.label = value.strip()
