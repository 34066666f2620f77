"""OWL/XML (https://www.w3.org/TR/owl2-xml-serialization/) as triples, read by owlready2's parser.

Its parser alone: to load an ontology, owlready2 would fetch what that imports.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

#: Subject, predicate, the value as text, and its language or None.
Triple = tuple[str, str, str, str | None]

#: Within how many bytes the root element begins.
_HEAD = 4000


def is_owl_xml(path: Path) -> bool:
    """Tell OWL/XML from RDF/XML, which goes by the same endings.

    Raises:
        OSError: It is not there.
    """
    with path.open("rb") as beginning:
        head = beginning.read(_HEAD)
    return bool(re.search(rb"<(\w+:)?Ontology\s", head)) and b"rdf:RDF" not in head


def read(path: Path) -> Iterator[Triple]:
    """Read the triples of a file.

    Raises:
        OSError: It is not there.
        ValueError: It is not OWL/XML; the message has the line.
    """
    from owlready2 import (  # noqa: PLC0415  it takes a second to import
        OwlReadyOntologyParsingError,
        owlxml_2_ntriples,
    )

    triples: list[Triple] = []

    def relate(subject: str, predicate: str, target: str) -> None:
        triples.append((subject, predicate, target, None))

    def describe(subject: str, predicate: str, text: str, kind: str) -> None:
        language = kind[1:] if str(kind).startswith("@") else None
        triples.append((subject, predicate, text, language))

    with path.open("rb") as file:
        try:
            owlxml_2_ntriples.parse(file, relate, describe)  # type: ignore[no-untyped-call]
        except OwlReadyOntologyParsingError as error:
            raise ValueError(str(error)) from error
    yield from triples
