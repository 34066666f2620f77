"""Vocabularies of others, as files: the labels of their terms, and which are obsolete.

OBO, RDF (RDF/XML, Turtle, N-Triples), OWL/XML, tables (TSV, CSV) and lists of records in JSON are
read; of tables also those that list what is obsolete, and what replaces it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

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

from aikg.errors import VocabularyUnreadable
from aikg.links import owl_xml
from aikg.links.identifiers import Prefixes
from aikg.links.term_tables import TABLES, read_json, read_table
from aikg.links.terms import Spelling, Term, Vocabulary
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

_RDF = {
    ".owl": ox.RdfFormat.RDF_XML,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".xml": ox.RdfFormat.RDF_XML,
    ".ttl": ox.RdfFormat.TURTLE,
    ".nt": ox.RdfFormat.N_TRIPLES,
}


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
    readers = {".obo": _read_obo, ".json": read_json} | dict.fromkeys(_RDF, _read_rdf)
    readers |= dict.fromkeys(TABLES, read_table)
    if ending not in readers:
        raise VocabularyUnreadable(
            f"{path} ends in {ending or 'nothing'}.",
            advice=f"Give a file that ends in one of {', '.join(sorted(readers))}.",
        )
    parse = Spelling(prefixes, prefix or _named_after(path, prefixes))
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


def _named_after(path: Path, prefixes: Prefixes) -> str | None:
    """Give the vocabulary that the first word of a file's name names: `mesh_labels.tsv`."""
    word = re.split(r"[^A-Za-z.]", path.stem)[0].lower()
    return next((prefix for prefix in prefixes.known if prefix.lower() == word), None)


def _read_obo(path: Path, parse: Spelling) -> Vocabulary:
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


def _read_rdf(path: Path, parse: Spelling) -> Vocabulary:
    form = _RDF[path.suffix.lower()]
    found: Vocabulary = {}
    if form == ox.RdfFormat.RDF_XML and owl_xml.is_owl_xml(path):
        statements = owl_xml.read(path)
    else:
        statements = map(_plain, ox.parse(path=str(path), format=form, base_iri="urn:x:"))
    for subject, predicate, value, language in statements:
        if about := parse(subject):
            _note(found.setdefault(about, Term()), predicate, value, language)
    return {identifier: term for identifier, term in found.items() if term.label or term.obsolete}


def _plain(quad: ox.Quad) -> owl_xml.Triple:
    value = quad.object
    return (
        str(getattr(quad.subject, "value", "")),
        quad.predicate.value,
        str(getattr(value, "value", "")),
        getattr(value, "language", None),
    )


def _note(term: Term, predicate: str, text: str, language: str | None) -> None:
    if predicate in _LABELS and (not term.label or language == "en"):
        term.label = text
    elif predicate in _SYNONYMS:
        term.synonyms.add(text)
    elif predicate == _DEPRECATED:
        term.obsolete = text in {"true", "1"}
    elif predicate in _REPLACED_BY:
        term.replaced_by = text


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
