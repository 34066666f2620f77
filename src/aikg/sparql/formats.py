"""The formats of answers, and which of them a client prefers (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from aikg.errors import NotAcceptable


@dataclass(frozen=True, eq=False)
class Format:
    """One way to write an answer.

    Attributes:
        media_type: The registered type, which the answer has.
        names: Its common names; the first is its name in this project.
        also: Types that clients ask for and that mean this one.
        ending: The ending of its files, if addresses can end in it.
    """

    media_type: str
    names: tuple[str, ...]
    also: tuple[str, ...] = ()
    ending: str = ""


#: For SELECT and ASK; the first is the default.
SOLUTIONS = (
    Format("application/sparql-results+json", ("json",), ("application/json",)),
    Format("application/sparql-results+xml", ("xml",), ("application/xml",)),
    Format("text/csv", ("csv",)),
    Format("text/tab-separated-values", ("tsv",)),
)

#: For CONSTRUCT and DESCRIBE; the first is the default. Other names are SPARQLWrapper's.
TRIPLES = (
    Format(
        "text/turtle",
        ("turtle", "ttl", "n3"),
        ("text/n3", "text/rdf+n3", "application/n3", "application/turtle", "application/x-turtle"),
        ending="ttl",
    ),
    Format("application/n-triples", ("ntriples", "nt"), ending="nt"),
    Format(
        "application/rdf+xml",
        ("rdfxml", "xml", "rdf", "rdf+xml"),
        ("application/xml",),
        ending="rdf",
    ),
    Format(
        "application/ld+json",
        ("jsonld", "json", "json-ld"),
        ("application/json",),
        ending="jsonld",
    ),
    Format("application/n-quads", ("nquads", "nq"), ending="nq"),
    Format("application/trig", ("trig",), ending="trig"),
)

#: For all graphs together; the first is the default.
DATASETS = tuple(f for f in TRIPLES if f.names[0] in {"nquads", "trig"})


def choose(name: str | None, accept: str | None, available: Sequence[Format]) -> Format:
    """Choose the format of a name; without one, that which an Accept header prefers.

    Raises:
        NotAcceptable: None of those available is called so, or the header excludes all.
    """
    return named(name, available) if name else negotiate(accept, available)


def negotiate(accept: str | None, available: Sequence[Format]) -> Format:
    """Choose the format that an Accept header prefers; without one, the first.

    Raises:
        NotAcceptable: The header excludes all of them.
    """
    return _negotiate(accept, tuple(available))


@lru_cache(256)  # a client asks again and again with the same header
def _negotiate(accept: str | None, available: tuple[Format, ...]) -> Format:
    # A wildcard must not bring back by its other name what the header excludes.
    types = {
        media_type: f
        for f in available
        for media_type in (f.media_type, *(name for name in f.also if name in (accept or "")))
    }
    chosen = preferred(accept, list(types))
    if chosen is None:
        raise _not_acceptable(f"Accept: {accept}", available)
    return types[chosen]


def named(name: str, available: Sequence[Format]) -> Format:
    """Find a format by one of its names or by its media type.

    Raises:
        NotAcceptable: None of those available is called so.
    """
    for candidate in available:
        if name.lower() in (*candidate.names, candidate.media_type):
            return candidate
    raise _not_acceptable(f"format={name}", available)


def preferred(accept: str | None, media_types: Sequence[str]) -> str | None:
    """Return the media type that an Accept header prefers, or None if it excludes all.

    Parameters such as `charset` do not count, for no type here has any that matters. At the same
    quality a type that is named goes before one that a wildcard allows, then the order counts.
    """
    return _preferred(accept, tuple(media_types)) if accept else media_types[0]


@lru_cache(256)  # a client asks again and again with the same header
def _preferred(accept: str, media_types: tuple[str, ...]) -> str | None:
    if not accept.strip():
        return media_types[0]
    # Java's own header has `q=.2`, which werkzeug does not take for a number.
    wanted = parse_accept_header(accept.replace("q=.", "q=0."), MIMEAccept)
    ranges = {(value.partition(";")[0].lower(), quality): None for value, quality in wanted}
    # Of a long header only a few can matter, and each that is left is held against each type.
    able = {"*/*", *media_types, *(f"{name.partition('/')[0]}/*" for name in media_types)}
    return MIMEAccept([one for one in ranges if one[0] in able]).best_match(media_types)


def _not_acceptable(asked: str, available: Sequence[Format]) -> NotAcceptable:
    types = ", ".join(f"{f.media_type} ({f.names[0]})" for f in available)
    return NotAcceptable(
        f"This answer cannot be written as asked: {asked}.",
        advice=f"Ask for one of {types}; or for */*.",
        reference="https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1",
    )
