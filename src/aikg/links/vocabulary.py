"""Files of other vocabularies: the labels of their terms, and which terms are obsolete.

The readers know OBO, RDF (RDF/XML, Turtle, N-Triples), OWL/XML, tables (TSV, CSV) and lists of
records in JSON; among tables also those that list obsolete terms with their replacements.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
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

#: A statement about a term: its identifier as it is written, one of the kinds below, the value.
_Fact = tuple[str, str, str]
#: An English label goes before another; of others the first counts.
_LABEL, _ENGLISH, _SYNONYM = "label", "English label", "synonym"
_OBSOLETE, _REPLACED_BY = "obsolete", "replaced by"

_OBO_IN_OWL = "http://www.geneontology.org/formats/oboInOwl#"
_KINDS = {
    RDFS_LABEL: _LABEL,
    PREFIXES["skos"] + "prefLabel": _LABEL,
    PREFIXES["skos"] + "altLabel": _SYNONYM,
    PREFIXES["owl"] + "deprecated": _OBSOLETE,
    PREFIXES["dcterms"] + "isReplacedBy": _REPLACED_BY,
    "http://purl.obolibrary.org/obo/IAO_0100001": _REPLACED_BY,
    **{
        f"{_OBO_IN_OWL}has{scope}Synonym": _SYNONYM
        for scope in ("Exact", "Related", "Broad", "Narrow")
    },
}

_RDF = {
    ".owl": ox.RdfFormat.RDF_XML,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".xml": ox.RdfFormat.RDF_XML,
    ".ttl": ox.RdfFormat.TURTLE,
    ".nt": ox.RdfFormat.N_TRIPLES,
}
_TABLES = {".tsv": "\t", ".csv": ","}
#: The root element begins within so many bytes.
_HEAD = 4000

#: The names that tables give to the columns that are read.
_IDENTIFIER_COLUMNS = {"curie", "id", "identifier", "code", "iri", "cls", "atc_code"}
_IDENTIFIER_COLUMNS |= {"hgnc id", "ontology id"}
_LABEL_COLUMNS = {"label", "name", "term", "atc_name", "approved symbol"}
_REPLACEMENT_COLUMNS = {"replaced_by", "replcls", "replacement", "replacement term"}


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
    ending = path.suffix.lower()
    readers: dict[str, Callable[[Path], Iterator[_Fact]]] = {".obo": _read_obo, ".json": _read_json}
    readers |= dict.fromkeys(_RDF, _read_rdf) | dict.fromkeys(_TABLES, _read_table)
    if ending not in readers:
        raise VocabularyUnreadable(
            f"{path} ends in {ending or 'nothing'}.",
            advice=f"Use a file that ends in one of {', '.join(sorted(readers))}.",
        )
    parse = _parser(prefixes, prefix or _named_after(path, prefixes))
    found: Vocabulary = {}
    try:
        for text, kind, value in readers[ending](path):
            if identifier := parse(text):
                _note(found.setdefault(identifier, Term()), kind, value, parse)
    except (OSError, SyntaxError, ValueError, csv.Error) as error:
        raise VocabularyUnreadable(
            f"{path} cannot be read: {error}.",
            advice="Check that the file is whole, and in the format that its name says.",
        ) from error
    if not found:
        raise VocabularyUnreadable(
            f"{path} has no term of a vocabulary that is known here.",
            advice="Name the vocabulary of its identifiers: `--prefix mesh`.",
        )
    return found


def triples(path: Path) -> Iterator[ox.Triple]:
    """Read an RDF file as triples, for a graph of its own beside the evidence.

    Raises:
        VocabularyUnreadable: The file does not exist, or is not RDF.
    """
    try:
        form = _RDF[path.suffix.lower()]
        yield from (quad.triple for quad in ox.parse(path=str(path), format=form))
    except (KeyError, OSError, SyntaxError) as error:
        raise VocabularyUnreadable(
            f"{path} cannot be read as RDF: {error}.",
            advice=f"Use a file that ends in one of {', '.join(_RDF)}.",
        ) from error


def _named_after(path: Path, prefixes: Prefixes) -> str | None:
    """Find the vocabulary that the first word of a file's name names: `mesh_labels.tsv`."""
    word = re.split(r"[^A-Za-z.]", path.stem)[0].lower()
    return next((prefix for prefix in prefixes.known if prefix.lower() == word), None)


def _parser(prefixes: Prefixes, prefix: str | None) -> Callable[[str], Identifier | None]:
    """Return the reader of identifiers; one without a prefix gets that of the whole table."""

    def parse(text: str) -> Identifier | None:
        try:
            return prefixes.parse(text if ":" in text or not prefix else f"{prefix}:{text}")
        except IdentifierMalformed:
            return None

    return parse


def _note(term: Term, kind: str, value: str, parse: Callable[[str], Identifier | None]) -> None:
    if kind == _SYNONYM:
        term.synonyms.add(value)
    elif kind == _OBSOLETE:
        term.obsolete = value in {"true", "1"}
    elif kind == _REPLACED_BY:
        known = parse(value)
        term.replaced_by = known.curie if known else value
    elif kind == _ENGLISH or not term.label:
        term.label = value.strip()


def _read_obo(path: Path) -> Iterator[_Fact]:
    for frame in fastobo.load(str(path)):  # type: ignore[attr-defined]  # not in its stub
        if not isinstance(frame, TermFrame):
            continue
        term = str(frame.id)
        yield term, _LABEL, ""
        for clause in frame:
            match clause:
                case NameClause():
                    yield term, _LABEL, clause.name
                case SynonymClause():
                    yield term, _SYNONYM, clause.synonym.desc
                case IsObsoleteClause():
                    yield term, _OBSOLETE, str(clause.obsolete).lower()
                case ReplacedByClause():
                    yield term, _REPLACED_BY, str(clause.term)
                case AltIdClause():
                    yield from _merged(str(clause.alt_id), term)


def _merged(old: str, term: str) -> Iterator[_Fact]:
    yield old, _OBSOLETE, "true"
    yield old, _REPLACED_BY, term


def _read_rdf(path: Path) -> Iterator[_Fact]:
    form = _RDF[path.suffix.lower()]
    if form == ox.RdfFormat.RDF_XML and _is_owl_xml(path):
        yield from _read_owl_xml(path)
        return
    for quad in ox.parse(path=str(path), format=form, base_iri="urn:x:"):
        if kind := _KINDS.get(quad.predicate.value):
            english = getattr(quad.object, "language", None) == "en"
            value = str(getattr(quad.object, "value", ""))
            subject = str(getattr(quad.subject, "value", ""))
            yield subject, _ENGLISH if kind == _LABEL and english else kind, value


def _is_owl_xml(path: Path) -> bool:
    """Distinguish OWL/XML from RDF/XML, which has the same endings."""
    with path.open("rb") as beginning:
        head = beginning.read(_HEAD)
    return bool(re.search(rb"<(\w+:)?Ontology\s", head)) and b"rdf:RDF" not in head


def _read_owl_xml(path: Path) -> Iterator[_Fact]:
    """Read with owlready2's parser alone: to load an ontology, it would fetch the imports."""
    from owlready2 import (  # noqa: PLC0415  it takes a second to import
        OwlReadyOntologyParsingError,
        owlxml_2_ntriples,
    )

    facts: list[_Fact] = []

    def note(subject: str, predicate: str, value: str, tag: str = "") -> None:
        if kind := _KINDS.get(predicate):
            english = kind == _LABEL and str(tag) == "@en"
            facts.append((subject, _ENGLISH if english else kind, value))

    with path.open("rb") as file:
        try:
            owlxml_2_ntriples.parse(file, note, note)  # type: ignore[no-untyped-call]
        except OwlReadyOntologyParsingError as error:
            raise ValueError(str(error)) from error
    yield from facts


def _read_json(path: Path) -> Iterator[_Fact]:
    """Read a list of records with `id` and `name`, and optional `synonyms` and `alt_ids`."""
    records: Any = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
        raise ValueError("it is not a list of records with `id` and `name`")
    for record in records:
        term = str(record.get("id", ""))
        yield from _labelled(term, str(record.get("name") or ""))
        yield from ((term, _SYNONYM, str(name)) for name in record.get("synonyms") or ())
        for old in record.get("alt_ids") or ():
            yield from _merged(str(old), term)


def _read_table(path: Path) -> Iterator[_Fact]:
    """Read a row a term: identifier and label, or an obsolete identifier and its replacement."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines, delimiter=_TABLES[path.suffix.lower()])
        first = next(rows, [])
        head = [cell.strip().lstrip("?").lower() for cell in first]
        columns = (_IDENTIFIER_COLUMNS, _LABEL_COLUMNS, _REPLACEMENT_COLUMNS)
        at, label, new = (
            next((i for i, cell in enumerate(head) if cell in names), None) for names in columns
        )
        if at is not None and new is not None:
            for row in (row for row in rows if len(row) > max(at, new)):
                term = row[at].strip("<>")
                yield term, _LABEL, row[label] if label is not None else ""
                yield from _merged(term, row[new].strip("<>"))
            return
        if (at, label) == (None, None) and len(first) > 1:
            yield from _labelled(first[0], first[1])
        at, label = at or 0, label or 1
        for row in rows:
            if len(row) > max(at, label):
                yield from _labelled(row[at], row[label])


def _labelled(term: str, label: str) -> Iterator[_Fact]:
    """Yield a label; without a column for that, the label of an obsolete term says so."""
    yield term, _LABEL, label
    if label.lower().startswith("obsolete "):
        yield term, _OBSOLETE, "true"
