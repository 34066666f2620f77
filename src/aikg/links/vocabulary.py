"""Vocabularies of others, as files: the labels of their terms, and which are obsolete.

OBO, RDF (RDF/XML, Turtle, N-Triples), tables (TSV, CSV) and lists of records in JSON are read.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fastobo
import pyoxigraph as ox
from fastobo.term import (
    AltIdClause,
    IsObsoleteClause,
    NameClause,
    ReplacedByClause,
    SynonymClause,
    TermFrame,
)

from aikg.errors import IdentifierMalformed, VocabularyUnreadable
from aikg.links.identifiers import Identifier, Prefixes
from aikg.names import PREFIXES, RDFS_LABEL

_OBO = "http://purl.obolibrary.org/obo/"
_OBO_IN_OWL = "http://www.geneontology.org/formats/oboInOwl#"
_LABELS = (RDFS_LABEL, PREFIXES["skos"] + "prefLabel")
_SYNONYMS = {
    PREFIXES["skos"] + "altLabel",
    *(_OBO_IN_OWL + f"has{scope}Synonym" for scope in ("Exact", "Related", "Broad", "Narrow")),
}
_DEPRECATED = PREFIXES["owl"] + "deprecated"
_REPLACED_BY = {_OBO + "IAO_0100001", PREFIXES["dcterms"] + "isReplacedBy"}

#: How tables call what we read of them.
_IDENTIFIERS = ("curie", "id", "identifier", "code", "iri", "atc_code", "hgnc id")
_NAMES = ("label", "name", "term", "atc_name", "approved symbol")

_RDF = {
    ".owl": ox.RdfFormat.RDF_XML,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".xml": ox.RdfFormat.RDF_XML,
    ".ttl": ox.RdfFormat.TURTLE,
    ".nt": ox.RdfFormat.N_TRIPLES,
}
_TABLES = {".tsv": "\t", ".csv": ","}


@dataclass
class Term:
    """What a vocabulary says of one of its terms.

    Attributes:
        label: Its label; empty where the file gives none.
        synonyms: Its other names.
        obsolete: Whether it should not be used any more.
        replaced_by: What to use in its place, where the file says so.
    """

    label: str = ""
    synonyms: set[str] = field(default_factory=set)
    obsolete: bool = False
    replaced_by: str = ""


#: The terms of a file, by their identifiers.
Vocabulary = dict[Identifier, Term]


def read(path: Path, prefixes: Prefixes, prefix: str | None = None) -> Vocabulary:
    """Read the terms of a file whose prefixes are known; others are passed over.

    Args:
        path: The file; its ending tells its form.
        prefixes: The vocabularies that are known.
        prefix: Whose identifiers a table has, where they stand without prefix; None: the
            first word of the file's name.

    Raises:
        VocabularyUnreadable: It is not there, or not in a form that is read.
    """
    ending = path.suffix.lower()
    readers = {".obo": _read_obo, ".json": _read_json} | dict.fromkeys(_RDF, _read_rdf)
    readers |= dict.fromkeys(_TABLES, _read_table)
    if ending not in readers:
        raise VocabularyUnreadable(
            f"{path} ends in {ending or 'nothing'}.",
            advice=f"Give a file that ends in one of {', '.join(sorted(readers))}.",
        )
    parse = _Spelling(prefixes, prefix or _named_after(path, prefixes))
    try:
        found = readers[ending](path, parse)
    except (OSError, SyntaxError, ValueError, csv.Error) as error:
        raise VocabularyUnreadable(
            f"{path} cannot be read: {error}.",
            advice="Check that the file is whole, and in the form that its name says.",
        ) from error
    if not found:
        raise VocabularyUnreadable(
            f"{path} has no term of a vocabulary that is known here.",
            advice="Say whose identifiers it has: `--prefix mesh`.",
        )
    return found


class _Spelling:
    """Reads identifiers with a prefix, or without the one that all of a table share."""

    def __init__(self, prefixes: Prefixes, prefix: str | None) -> None:
        self._prefixes = prefixes
        self._prefix = prefix

    def __call__(self, text: str) -> Identifier | None:
        whole = text if ":" in text or self._prefix is None else f"{self._prefix}:{text}"
        try:
            return self._prefixes.parse(whole)
        except IdentifierMalformed:
            return None


def _named_after(path: Path, prefixes: Prefixes) -> str | None:
    """Give the vocabulary that the first word of a file's name names: `mesh_labels.tsv`."""
    word = re.split(r"[^A-Za-z.]", path.stem)[0].lower()
    return next((prefix for prefix in prefixes.known if prefix.lower() == word), None)


def _read_obo(path: Path, parse: _Spelling) -> Vocabulary:
    found: Vocabulary = {}
    for frame in fastobo.load(str(path)):  # type: ignore[attr-defined]  # not in its stub
        identifier = parse(str(frame.id))
        if identifier is None or not isinstance(frame, TermFrame):
            continue
        term = found.setdefault(identifier, Term())
        for clause in frame:
            match clause:
                case NameClause():
                    term.label = clause.name
                case SynonymClause():
                    term.synonyms.add(clause.synonym.desc)
                case IsObsoleteClause():
                    term.obsolete = clause.obsolete
                case ReplacedByClause():
                    term.replaced_by = str(clause.term)
                case AltIdClause() if merged := parse(str(clause.alt_id)):
                    found[merged] = Term(obsolete=True, replaced_by=identifier.curie)
    return found


def _read_rdf(path: Path, parse: _Spelling) -> Vocabulary:
    with path.open("rb") as beginning:
        if (
            re.search(rb"<(owl:)?Ontology\s", head := beginning.read(4000))
            and b"rdf:RDF" not in head
        ):
            raise ValueError("it is OWL/XML, which is not read; save it as RDF/XML or Turtle")
    found: Vocabulary = {}
    for triple in ox.parse(path=str(path), format=_RDF[path.suffix.lower()], base_iri="urn:x:"):
        if isinstance(triple.subject, ox.NamedNode) and (about := parse(triple.subject.value)):
            _note(found, about, triple.predicate.value, triple.object)
    return {identifier: term for identifier, term in found.items() if term.label or term.obsolete}


def _note(found: Vocabulary, about: Identifier, predicate: str, value: Any) -> None:
    text = str(getattr(value, "value", ""))
    term = found.setdefault(about, Term())
    if predicate in _LABELS and (not term.label or getattr(value, "language", None) == "en"):
        term.label = text
    elif predicate in _SYNONYMS:
        term.synonyms.add(text)
    elif predicate == _DEPRECATED:
        term.obsolete = text in {"true", "1"}
    elif predicate in _REPLACED_BY:
        term.replaced_by = text


def _read_json(path: Path, parse: _Spelling) -> Vocabulary:
    records = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
        raise ValueError("it is no list of records with `id` and `name`")
    found: Vocabulary = {}
    for record in records:
        _add(found, parse, str(record.get("id", "")), str(record.get("name") or ""))
    return found


def _read_table(path: Path, parse: _Spelling) -> Vocabulary:
    found: Vocabulary = {}
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines, delimiter=_TABLES[path.suffix.lower()])
        first = next(rows, [])
        head = [cell.strip().lower() for cell in first]
        columns = _column(head, _IDENTIFIERS), _column(head, _NAMES)
        if columns == (None, None) and len(first) > 1:
            _add(found, parse, first[0], first[1])
        at, label = columns[0] or 0, columns[1] or 1
        for row in rows:
            if len(row) > max(at, label):
                _add(found, parse, row[at], row[label])
    return found


def _column(head: list[str], names: tuple[str, ...]) -> int | None:
    return next((head.index(name) for name in names if name in head), None)


def _add(found: Vocabulary, parse: _Spelling, text: str, label: str) -> None:
    """Add a term of a table, where labels begin with `obsolete` for want of a column for it."""
    if identifier := parse(text):
        obsolete = label.lower().startswith("obsolete ")
        found.setdefault(identifier, Term(label=label.strip(), obsolete=obsolete))


def triples(path: Path) -> Iterator[ox.Triple]:
    """Read an RDF file as triples, for a graph of its own beside the evidence.

    Raises:
        VocabularyUnreadable: It is not there, or not RDF.
    """
    try:
        form = _RDF[path.suffix.lower()]
        yield from (quad.triple for quad in ox.parse(path=str(path), format=form))
    except (KeyError, OSError, SyntaxError) as error:
        raise VocabularyUnreadable(
            f"{path} cannot be read as RDF: {error}.",
            advice=f"Give a file that ends in one of {', '.join(_RDF)}.",
        ) from error
