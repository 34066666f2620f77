"""Where each triple stands in RDF/XML; and what an XML text may not have: a DOCTYPE.

https://www.w3.org/TR/rdf-syntax-grammar/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from aikg.errors import SubmissionMalformed
from aikg.intake.places import Mention, Place
from aikg.intake.terms import resolve
from aikg.names import OTHER_PREFIXES, RDF_TYPE

_RDF = OTHER_PREFIXES["rdf"]
_GRAMMAR = "https://www.w3.org/TR/rdf-syntax-grammar/"


@dataclass
class _Element:
    """An element that was read: a node, or a property, or both to whom has not seen its parent."""

    name: str
    place: Place
    attributes: dict[str, str]
    parent: _Element | None
    text: list[str] = field(default_factory=list)
    children: list[_Element] = field(default_factory=list)

    def named(self, base: str) -> str | None:
        """Give the IRI that the element gives itself."""
        if _RDF + "about" in self.attributes:
            return resolve(base, self.attributes[_RDF + "about"])
        if _RDF + "ID" in self.attributes:
            return resolve(base, "#" + self.attributes[_RDF + "ID"])
        return None


class _Reader:
    def __init__(self, depth: int) -> None:
        self.elements: list[_Element] = []
        self._depth = depth
        self._open: list[_Element] = []
        self._parser = expat.ParserCreate(namespace_separator="")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._character
        self._parser.StartDoctypeDeclHandler = self._refuse

    def read(self, data: bytes) -> None:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            raise SubmissionMalformed(
                f"Line {error.lineno}, column {error.offset + 1}: this is not XML: "
                f"{expat.errors.messages[error.code]}.",
                advice="Mend the line, or the element that is open there.",
                reference=_GRAMMAR,
                line=error.lineno,
                column=error.offset + 1,
            ) from error

    def _here(self) -> Place:
        return Place(self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        parent = self._open[-1] if self._open else None
        element = _Element(name, self._here(), attributes, parent)
        if parent:
            parent.children.append(element)
        self.elements.append(element)
        self._open.append(element)
        if len(self._open) > self._depth:
            place = self._here()
            raise SubmissionMalformed(
                f"Line {place.line}: elements are nested more than {self._depth} deep.",
                advice="Name nodes and point at them instead of nesting them.",
                line=place.line,
                column=place.column,
            )

    def _end(self, name: str) -> None:
        self._open.pop()

    def _character(self, text: str) -> None:
        if self._open:
            self._open[-1].text.append(text)

    def _refuse(self, *_: Any) -> None:
        place = self._here()
        raise SubmissionMalformed(
            f"Line {place.line}, column {place.column}: a DOCTYPE is not read, "
            "because what it declares could exceed the limits.",
            advice="Take the DOCTYPE out, and write what its entities stand for.",
            line=place.line,
            column=place.column,
        )


def check(data: bytes, depth: int) -> None:
    """See that bytes are XML that may be read.

    Raises:
        SubmissionMalformed: They are no XML, have a DOCTYPE, or are nested too deep.
    """
    _Reader(depth).read(data)


def mentions(data: bytes, base: str) -> Iterator[Mention]:
    """Give each triple that a text spells, in the order of its elements.

    Args:
        data: RDF/XML that a parser has accepted.
        base: The IRI against which relative ones resolve.
    """
    reader = _Reader(depth=len(data))
    reader.read(data)
    for element in reader.elements:
        node = element.parent
        if element.name == _RDF + "RDF":
            continue
        yield from _attributes(element, base)
        # Whether an element is a node or a property its place alone tells; both are offered, and
        # the triples that the parser gave take what is true.
        yield Mention(
            element.named(base), RDF_TYPE, element.name, element.place, element.place, element.place
        )
        if node is not None:
            subject = node.named(base)
            value = _value(element, base)
            yield Mention(subject, element.name, value, node.place, element.place, element.place)


def _attributes(element: _Element, base: str) -> Iterator[Mention]:
    for name, value in element.attributes.items():
        found = resolve(base, value) if name == RDF_TYPE else value
        place = element.place
        yield Mention(element.named(base), name, found, place, place, place)


def _value(element: _Element, base: str) -> str | None:
    if _RDF + "resource" in element.attributes:
        return resolve(base, element.attributes[_RDF + "resource"])
    if element.children:
        return element.children[0].named(base)
    return None if _RDF + "nodeID" in element.attributes else "".join(element.text)
