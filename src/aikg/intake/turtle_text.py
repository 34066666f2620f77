"""Where each triple stands in a text of the Turtle family, which pyoxigraph has parsed before.

Only the places are taken from here: the parser reads the content. The tokens are
those of https://www.w3.org/TR/turtle/#sec-grammar-grammar, which N-Triples, N-Quads and TriG share.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from aikg.intake.places import Mention, Place, line_starts
from aikg.intake.terms import resolve
from aikg.names import OTHER_PREFIXES, RDF_TYPE

_FIRST = OTHER_PREFIXES["rdf"] + "first"
_LOCAL = r"(?:(?:[\w:%\-]|\\.)(?:(?:[\w:.%\-]|\\.)*(?:[\w:%\-]|\\.))?)?"

_TOKEN = re.compile(
    r"(?P<skip>[\s]+|#[^\n\r]*)"
    r"|(?P<string>\"{3}(?:\"{0,2}(?:[^\"\\]|\\.))*\"{3}|'{3}(?:'{0,2}(?:[^'\\]|\\.))*'{3}"
    r"|\"(?:[^\"\\\n\r]|\\.)*\"|'(?:[^'\\\n\r]|\\.)*')"
    r"|(?P<iri><(?:[^\x00-\x20<>\"{}|^`\\]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>)"
    r"|(?P<directive>@(?:prefix|base|version)\b|(?:PREFIX|BASE|VERSION|GRAPH)\b(?!:))"
    r"|(?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*(?:--[a-z]+)?)"
    r"|(?P<blank>_:[\w](?:[\w.\-]*[\w\-])?)"
    r"|(?P<name>(?:[^\W\d_](?:[\w.\-]*[\w\-])?)?:" + _LOCAL + r")"
    r"|(?P<number>[+-]?(?:\d+\.?\d*[eE][+-]?\d+|\.\d+[eE][+-]?\d+|\d*\.\d+|\d+))"
    r"|(?P<word>[A-Za-z]+)"
    r"|(?P<mark>\^\^|.)",
    re.DOTALL | re.IGNORECASE,
)

_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_CONTROL = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    place: Place


def mentions(text: str, base: str) -> Iterator[Mention]:
    """Return each triple that a text spells, in its order.

    Args:
        text: A text that a parser has accepted.
        base: The IRI against which relative ones resolve.
    """
    yield from _Reader(text, base).read()


def _tokens(text: str) -> Iterator[_Token]:
    starts = line_starts(text)
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "skip":
            line = bisect_right(starts, match.start())
            place = Place(line, match.start() - starts[line - 1] + 1)
            yield _Token(str(match.lastgroup), match[0], place)


class _Reader:
    """Walks over the tokens and keeps what is open: subject, property, bracket."""

    def __init__(self, text: str, base: str) -> None:
        self._tokens = _tokens(text)
        self._base = base
        self._prefixes: dict[str, str] = {}
        self._open: list[tuple[_Term | None, _Term | None, str]] = []
        self._subject: _Term | None = None
        self._property: _Term | None = None
        self._awaited = "subject"

    def read(self) -> Iterator[Mention]:
        for token in self._tokens:
            if token.kind == "directive":
                self._direct(token)
            elif token.kind == "mark":
                yield from self._mark(token)
            elif token.kind != "language":
                yield from self._term(_Term(self._value(token), token.place))

    def _direct(self, token: _Token) -> None:
        """Read a prefix or a base; GRAPH is followed by a name that nothing hangs on."""
        word = token.text.lstrip("@").lower()
        if word == "prefix":
            prefix = next(self._tokens).text
            self._prefixes[prefix.rstrip(":")] = self._value(next(self._tokens)) or ""
        elif word == "base":
            self._base = self._value(next(self._tokens)) or self._base
        elif word == "version":
            next(self._tokens)

    def _mark(self, token: _Token) -> Iterator[Mention]:
        if token.text == "^^":
            next(self._tokens)  # the datatype
        elif token.text in "[(":
            yield from self._enter(token)
        elif token.text in "])":
            self._subject, self._property, self._awaited = self._open.pop()
        elif token.text == ";":
            self._awaited = "property"
        elif token.text == ",":
            self._awaited = "object"
        elif token.text in ".{}":
            self._awaited = "subject"

    def _enter(self, token: _Token) -> Iterator[Mention]:
        """Begin a node without a name, or a list of which each item is a triple of its own."""
        node = _Term(None, token.place)
        yield from self._term(node)
        self._open.append((self._subject, self._property, self._awaited))
        self._subject = node
        self._awaited = "property"
        if token.text == "(":
            self._property, self._awaited = _Term(_FIRST, token.place), "item"

    def _term(self, term: _Term) -> Iterator[Mention]:
        if self._awaited == "subject":
            self._subject, self._awaited = term, "property"
        elif self._awaited == "property":
            self._property, self._awaited = term, "object"
        elif self._awaited in {"object", "item"} and self._subject and self._property:
            if self._awaited == "object":
                self._awaited = "end"
            yield Mention(
                self._subject.value,
                self._property.value or "",
                term.value,
                self._subject.place,
                self._property.place if self._awaited == "end" else term.place,
                term.place,
            )

    def _value(self, token: _Token) -> str | None:
        text = token.text
        if token.kind == "iri":
            return resolve(self._base, _unescape(text[1:-1]))
        if token.kind == "name":
            prefix, _, local = text.partition(":")
            return self._prefixes.get(prefix, "") + re.sub(r"\\(.)", r"\1", local)
        if token.kind == "string":
            quotes = 3 if text[:3] in {'"""', "'''"} else 1
            return _unescape(text[quotes:-quotes])
        if token.kind == "word" and text == "a":
            return RDF_TYPE
        return None if token.kind == "blank" else text


@dataclass(frozen=True, slots=True)
class _Term:
    value: str | None
    place: Place


def _unescape(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] in "uU" and len(code) > 1:
            return chr(int(code[1:], 16))
        return _CONTROL.get(code, code)

    return _ESCAPE.sub(character, text) if "\\" in text else text
