"""XML and JSON-LD that give back each term as it is, or are refused before they begin.

A parser of XML reads a raw carriage return as a line feed (XML 1.0, section 2.11); most control
characters are no part of XML at all (section 2.2); RDF/XML writes a predicate as the name of an
element; JSON-LD 1.1 has no triple terms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import IO, NoReturn

import pyoxigraph as ox

from aikg.errors import NotAcceptable

#: The formats that cannot carry every answer.
NARROW = ("application/sparql-results+xml", "application/rdf+xml", "application/ld+json")
#: How much is held back, in bytes: so much is known to be right before the answer begins.
BEGINNING = 1 << 16

#: The UTF-8 of what no XML document can hold.
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
#: What an element can be called by, at the end of an IRI.
_LOCAL_NAME = re.compile(r"[^\W\d][\w.-]*$")


class ExactOutput:
    """An output for a narrow format; it begins the answer when its beginning is known to be right.

    What it refuses is a NotAcceptable; where the answer has begun by then, it has to break off.
    """

    def __init__(self, media_type: str, output: IO[bytes], begin: Callable[[str], None]) -> None:
        self._media_type = media_type
        self._output = output
        self._begin = begin
        self._held = bytearray()
        self._begun = False

    def write(self, content: bytes) -> int:
        """Take a piece of the document."""
        self._held += content
        if len(self._held) >= BEGINNING:
            self._hand_on(bytes(self._held[:-2]))  # a forbidden character has up to three bytes
            del self._held[:-2]
        return len(content)

    def writable(self, triples: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
        """Let the triples through that the format has a form for."""
        for triple in triples:
            predicate = triple.predicate.value
            if self._media_type == "application/ld+json":
                if isinstance(triple.object, ox.Triple):
                    self._refuse("a triple term", "json-ld11/#data-model")
            elif not _LOCAL_NAME.search(predicate):
                name = f"the predicate <{predicate}>"
                self._refuse(name, "rdf-syntax-grammar/#section-Serialising")
            yield triple

    def flush(self) -> None:
        """Do nothing: what is held back is handed on by `end`."""

    def end(self) -> None:
        """Hand on the rest."""
        self._hand_on(bytes(self._held))
        self._held.clear()

    def _hand_on(self, content: bytes) -> None:
        if self._media_type.endswith("+xml"):
            if found := _FORBIDDEN.search(content):
                self._refuse(f"the character U+{ord(found[0].decode()):04X}", "xml/#charsets")
            content = content.replace(b"\r", b"&#13;")
        if not self._begun:
            self._begun = True
            self._begin(self._media_type)
        self._output.write(content)

    def _refuse(self, what: str, section: str) -> NoReturn:
        raise NotAcceptable(
            f"The answer holds {what}, which {self._media_type} cannot.",
            advice="Ask for another format, or leave out of the query what holds it.",
            reference=f"https://www.w3.org/TR/{section}",
        )
