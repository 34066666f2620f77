"""Files in RDF: RDF/XML, Turtle, N-Triples and JSON-LD; and OWL/XML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any, cast

import pyoxigraph as ox

from aikg.vocabularies.packed import Source
from aikg.vocabularies.reading import Fault, Reading, node

FORMATS = {
    ".owl": ox.RdfFormat.RDF_XML,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".xml": ox.RdfFormat.RDF_XML,
    ".ttl": ox.RdfFormat.TURTLE,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".jsonld": ox.RdfFormat.JSON_LD,
}
#: The root element begins within so many bytes.
_HEAD = 4000
_LINE = re.compile(r"line (\d+)")


def read(source: Source, file: Reading, ending: str) -> Iterator[ox.Triple]:
    """Read triples; the terms of known vocabularies get the addresses of our links.

    Raises:
        SyntaxError: It is not of its format; the error has the line where the parser knows it.
        Fault: The same, of OWL/XML.
    """
    if FORMATS[ending] == ox.RdfFormat.RDF_XML and _is_owl_xml(source.head(_HEAD)):
        yield from _read_owl_xml(source, file)
        return
    stream = cast("IO[bytes]", source)
    for quad in ox.parse(stream, format=FORMATS[ending], base_iri="urn:x:"):
        subject, value = _canonical(quad.subject, file), _canonical(quad.object, file)
        if isinstance(subject, ox.Triple) or isinstance(value, ox.Triple):
            file.left_out["triples about triples"] += 1
        else:
            yield ox.Triple(subject, quad.predicate, value)


def _canonical(term: Any, file: Reading) -> Any:
    if not isinstance(term, ox.NamedNode):
        return term
    iri = file.prefixes.canonical(term.value)
    return term if iri == term.value else node(iri) or term


def _is_owl_xml(head: bytes) -> bool:
    """Distinguish OWL/XML from RDF/XML, which has the same endings."""
    return bool(re.search(rb"<(\w+:)?Ontology\s", head)) and b"rdf:RDF" not in head


def _read_owl_xml(source: Source, file: Reading) -> Iterator[ox.Triple]:
    """Read with owlready2's parser alone: to load an ontology, it would fetch the imports."""
    from owlready2 import (  # noqa: PLC0415  it takes a second to import
        OwlReadyOntologyParsingError,
        owlxml_2_ntriples,
    )

    found: list[ox.Triple] = []

    def term(text: Any) -> Any:
        if str(text).startswith("_"):
            return ox.BlankNode(str(text).strip("_:") or "0")
        return _canonical(node(str(text)), file)

    def note(subject: Any, predicate: str, value: Any) -> None:
        nodes = term(subject), node(predicate), value
        if any(one is None for one in nodes):
            file.left_out["addresses that are not valid"] += 1
        else:
            found.append(ox.Triple(*nodes))  # type: ignore[arg-type]

    def note_data(subject: Any, predicate: str, value: Any, tag: Any = "") -> None:
        note(subject, predicate, _literal(str(value), str(tag or "")))

    try:
        owlxml_2_ntriples.parse(  # type: ignore[no-untyped-call]
            source, lambda s, p, o: note(s, p, term(o)), note_data
        )
    except OwlReadyOntologyParsingError as error:
        line = _LINE.search(str(error))
        raise Fault(int(line[1]) if line else 1, "it is not well-formed OWL/XML") from error
    yield from found


def _literal(value: str, tag: str) -> ox.Literal:
    if tag.startswith("@"):
        return ox.Literal(value, language=tag[1:])
    datatype = node(tag.strip("<>")) if tag else None
    return ox.Literal(value, datatype=datatype)
