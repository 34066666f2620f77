"""RDF/XML read apart from the parser: the place of each statement, their number, and what is lost.

https://www.w3.org/TR/rdf-syntax-grammar/. A DOCTYPE is refused. The parser leaves out a property
whose `rdf:parseType` it does not know, and refuses `xml:lang=""`, which is valid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from xml.parsers import expat

import pyoxigraph as ox

from aikg.errors import SubmissionMalformed
from aikg.intake.places import Lost, Mention, Place
from aikg.intake.terms import resolve
from aikg.names import OTHER_PREFIXES, RDF_TYPE

_RDF = OTHER_PREFIXES["rdf"]
_XML = "http://www.w3.org/XML/1998/namespace"
#: The attributes that are not properties.
_OF_NODES = {_RDF + name for name in ("about", "ID", "nodeID")}
_OF_PROPERTIES = {
    _RDF + name for name in ("ID", "resource", "nodeID", "datatype", "parseType", "annotation")
} | {_RDF + "annotationNodeID"}
_ATTRIBUTE = re.compile(rb"\s([^\s=<>\"']+)\s*=\s*(\"[^\"]*\"|'[^']*')")
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
    remarks: bool = False

    def named(self, base: str) -> str | None:
        """Return the IRI that the element gives itself."""
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
        self._parser.CommentHandler = self._remark
        self._parser.ProcessingInstructionHandler = self._remark
        self.without_language: list[int] = []

    def read(self, data: bytes) -> None:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            raise SubmissionMalformed(
                f"Line {error.lineno}, column {error.offset + 1}: this is not XML: "
                f"{expat.errors.messages[error.code]}.",
                advice="Fix the line, or the element that is open there.",
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
        if attributes.get(_XML + "lang") == "":
            self.without_language.append(self._parser.CurrentByteIndex)
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

    def _remark(self, *_: Any) -> None:
        for element in self._open:
            element.remarks = True

    def _refuse(self, *_: Any) -> None:
        place = self._here()
        raise SubmissionMalformed(
            f"Line {place.line}, column {place.column}: a DOCTYPE is not read, "
            "because what it declares could exceed the limits.",
            advice="Take the DOCTYPE out, and write what its entities stand for.",
            line=place.line,
            column=place.column,
        )


@dataclass
class Reading:
    """What a text spells.

    Attributes:
        text: The text for the parser, which cannot read `xml:lang=""`.
        tag: The language tag that stands for no language in that text.
        statements: How many statements the text has.
        lost: What no statement is made of.
    """

    text: str
    tag: str
    statements: int = 0
    lost: list[Lost] = field(default_factory=list)


def read(data: bytes, depth: int) -> Reading:
    """Read a text before the parser does.

    Raises:
        SubmissionMalformed: It is not XML, has a DOCTYPE, or is nested too deep.
    """
    reader = _Reader(depth)
    reader.read(data)
    tag = next(tag for tag in (f"x-none{n}" for n in count()) if tag.encode() not in data.lower())
    reading = Reading(_with_marks(data, reader.without_language, tag).decode(), tag)
    root = reader.elements[0]
    for node in root.children if root.name == _RDF + "RDF" else [root]:
        _count_node(node, reading)
    return reading


def mended(tag: str, quad: ox.Quad) -> ox.Quad:
    """Return a quad without the mark that stands for no language."""
    value = quad.object
    if not isinstance(value, ox.Literal):
        return quad
    if value.language == tag:
        return ox.Quad(quad.subject, quad.predicate, ox.Literal(value.value), quad.graph_name)
    if value.datatype.value == _RDF + "XMLLiteral" and tag in value.value:
        text = value.value.replace(f'xml:lang="{tag}"', 'xml:lang=""')
        value = ox.Literal(text, datatype=value.datatype)
        return ox.Quad(quad.subject, quad.predicate, value, quad.graph_name)
    return quad


def _with_marks(data: bytes, starts: list[int], tag: str) -> bytes:
    """Put a language tag for private use into each `xml:lang=""`."""
    parts, done = [], 0
    for start in starts:
        for match in _ATTRIBUTE.finditer(data, start):
            if match[1] == b"xml:lang":
                parts += [data[done : match.start(2)], f'"{tag}"'.encode()]
                done = match.end(2)
                break
    return b"".join([*parts, data[done:]])


def _count_node(element: _Element, reading: Reading) -> None:
    """Count the statements of an element that is a node."""
    reading.statements += element.name != _RDF + "Description"
    _count_attributes(element, reading, _OF_NODES)
    for child in element.children:
        _count_property(child, reading)


def _count_property(element: _Element, reading: Reading) -> None:
    """Count the statements of an element that is a property, or report that it is not read."""
    parse_type = element.attributes.get(_RDF + "parseType")
    if parse_type not in {None, "Resource", "Literal", "Collection", "Triple"}:
        what = f"rdf:parseType “{parse_type}” is not one of RDF/XML, and the property is not read."
        advice = "Write Resource, Literal or Collection, or take rdf:parseType out."
        reading.lost.append(Lost("unread-xml", element.place, what, advice))
        return
    reading.statements += 1 + 4 * (_RDF + "ID" in element.attributes)
    reading.statements += bool(
        {_RDF + "annotation", _RDF + "annotationNodeID"} & set(element.attributes)
    )
    if parse_type == "Literal":
        if element.children or element.remarks:
            what = "The value is markup, which is read in another form than it is written in."
            advice = "Write it as plain text, without elements and comments."
            reading.lost.append(Lost("unread-xml", element.place, what, advice))
    elif parse_type == "Resource":
        for child in element.children:
            _count_property(child, reading)
    else:
        reading.statements += 2 * len(element.children) * (parse_type == "Collection")
        _count_attributes(element, reading, _OF_PROPERTIES)
        for child in element.children:
            _count_node(child, reading)


def _count_attributes(element: _Element, reading: Reading, others: set[str]) -> None:
    for name in element.attributes:
        if name == _RDF + "bagID":
            what = "rdf:bagID is not of RDF/XML any more, and is not read."
            reading.lost.append(Lost("unread-xml", element.place, what, "Take it out."))
        elif not name.startswith(_XML) and name not in others:
            reading.statements += 1


def mentions(data: bytes, base: str) -> Iterator[Mention]:
    """Return each triple that a text spells, in the order of its elements.

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
        # Only its place says whether an element is a node or a property; both are offered, and
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
