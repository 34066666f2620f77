"""Answers in XML and JSON-LD that keep each term as it is, or are refused before they begin.

A parser of XML reads a raw carriage return as a line feed (XML 1.0, section 2.11); most control
characters are not allowed in XML at all (section 2.2); RDF/XML writes a predicate as the name of an
element; JSON-LD 1.1 has no triple terms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import IO, NoReturn, cast

import pyoxigraph as ox

from aikg.errors import NotAcceptable
from aikg.names import PREFIXES

#: The formats that cannot carry every answer.
NARROW = ("application/sparql-results+xml", "application/rdf+xml", "application/ld+json")
#: How much is held back, in bytes: so much is checked before the answer begins.
BEGINNING = 1 << 16

#: The UTF-8 of characters that no XML document may have.
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
#: A possible name of an element, at the end of an IRI.
_LOCAL_NAME = re.compile(r"[^\W\d][\w.-]*$")


class ExactOutput:
    """An output for a narrow format; it begins the answer after it has checked its beginning.

    It refuses a term by NotAcceptable; if the answer has begun by then, the answer breaks off.
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
        """Yield the triples, and refuse one that the format cannot express."""
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
        """Do nothing: `end` hands on the rest."""

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
            f"The answer contains {what}, which {self._media_type} cannot express.",
            advice="Ask for another format, or leave that part out of the query.",
            reference=f"https://www.w3.org/TR/{section}",
        )


def write_triples(
    triples: Iterable[ox.Triple],
    media_type: str,
    output: IO[bytes],
    begin: Callable[[str], None],
) -> None:
    """Write triples, with the prefixes of this project where the format has any.

    Args:
        triples: The triples.
        media_type: One of the types of `formats.TRIPLES`.
        output: Receives the answer, in pieces.
        begin: Called with the media type before the first piece.

    Raises:
        NotAcceptable: The format cannot express one of the triples.
    """
    syntax = ox.RdfFormat.from_media_type(media_type)
    if media_type in NARROW:
        exact = ExactOutput(media_type, output, begin)
        ox.serialize(exact.writable(triples), cast(IO[bytes], exact), syntax, prefixes=PREFIXES)
        exact.end()
    else:
        begin(media_type)
        ox.serialize(triples, output, syntax, prefixes=PREFIXES)
