"""What all readers of formats share: the addresses of terms, and the count of what is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

import pyoxigraph as ox

from aikg.links.identifiers import Prefixes
from aikg.names import OTHER_PREFIXES, RDF_TYPE

OBO = "http://purl.obolibrary.org/obo/"
OBO_IN_OWL = "http://www.geneontology.org/formats/oboInOwl#"
_OWL, _SKOS = OTHER_PREFIXES["owl"], OTHER_PREFIXES["skos"]
_RDFS, _DCT = OTHER_PREFIXES["rdfs"], OTHER_PREFIXES["dcterms"]
TYPE = ox.NamedNode(RDF_TYPE)
LABEL = ox.NamedNode(_RDFS + "label")
COMMENT = ox.NamedNode(_RDFS + "comment")
SUBCLASS = ox.NamedNode(_RDFS + "subClassOf")
CLASS = ox.NamedNode(_OWL + "Class")
ONTOLOGY = ox.NamedNode(_OWL + "Ontology")
DEPRECATED = ox.NamedNode(_OWL + "deprecated")
VERSION = ox.NamedNode(_OWL + "versionInfo")
LICENCE = ox.NamedNode(_DCT + "license")
TITLE = ox.NamedNode(_DCT + "title")
CONCEPT = ox.NamedNode(_SKOS + "Concept")
PREF_LABEL = ox.NamedNode(_SKOS + "prefLabel")
ALT_LABEL = ox.NamedNode(_SKOS + "altLabel")
DEFINITION = ox.NamedNode(_SKOS + "definition")
NOTATION = ox.NamedNode(_SKOS + "notation")
BROADER = ox.NamedNode(_SKOS + "broader")
#: "term replaced by" and "definition" of the Information Artifact Ontology.
REPLACED_BY = ox.NamedNode(OBO + "IAO_0100001")
OBO_DEFINITION = ox.NamedNode(OBO + "IAO_0000115")
TRUE = ox.Literal("true", datatype=ox.NamedNode(OTHER_PREFIXES["xsd"] + "boolean"))
#: The characters of an address that stay as they are.
_SAFE = "/:?#[]@!$&'()*+,;=%~-._"


class Fault(ValueError):
    """A mistake in a file.

    Attributes:
        line: The line, counted from 1.
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


@dataclass
class Reading:
    """The reading of one file.

    Attributes:
        prefixes: The vocabularies that are known; their terms have the addresses of our links.
        prefix: The vocabulary of identifiers without a prefix, or None.
        left_out: How many statements or rows were left out, by the reason.
    """

    prefixes: Prefixes
    prefix: str | None = None
    left_out: Counter[str] = field(default_factory=Counter)

    def term(self, text: str, prefix: str | None = None) -> ox.NamedNode | None:
        """Return the address of an identifier: a CURIE, an address, or a code of `prefix`."""
        text, prefix = text.strip().strip("<>"), prefix or self.prefix
        if text.startswith(("http://", "https://")):
            return node(self.prefixes.canonical(text))
        found = self.prefixes.curie(text if ":" in text or not prefix else f"{prefix}:{text}")
        return node(found.iri) if found else None


def node(iri: str) -> ox.NamedNode | None:
    """Return an address as a node, with escapes where it needs them; None if it is not valid."""
    try:
        return ox.NamedNode(quote(iri, safe=_SAFE))
    except ValueError:
        return None


def escaped(iri: str) -> ox.NamedNode:
    """Return an address as a node, with each character that is not plain as an escape."""
    return ox.NamedNode(quote(iri, safe="/:#"))


def obsolete(old: ox.NamedNode, new: ox.NamedNode | None = None) -> Iterator[ox.Triple]:
    """State that a term is obsolete, and what replaces it."""
    yield ox.Triple(old, DEPRECATED, TRUE)
    if new is not None:
        yield ox.Triple(old, REPLACED_BY, new)
