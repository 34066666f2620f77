"""Where each triple stands in JSON-LD: the line and the JSON pointer of a node and of its values.

https://www.w3.org/TR/json-ld11/
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from aikg.errors import SubmissionMalformed
from aikg.intake.places import Mention, Place, line_starts
from aikg.intake.terms import resolve
from aikg.names import RDF_TYPE

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


@dataclass
class _Value:
    """A value of the text with its place; objects and arrays hold others."""

    place: Place
    scalar: Any = None
    members: dict[str, tuple[Place, _Value]] = field(default_factory=dict)
    items: list[_Value] = field(default_factory=list)


def check(text: str, depth: int) -> None:
    """See that a text is JSON-LD that may be read.

    Raises:
        SubmissionMalformed: It is no JSON, is nested too deep, or takes a context from elsewhere.
    """
    level = 0
    for place, part in _tokens(text):
        level += (part in "{[") - (part in "}]")
        if level > depth:
            raise _malformed(
                place, f"values are nested more than {depth} deep", "Name nodes and point at them."
            )
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        place = Place(error.lineno, error.colno)
        raise _malformed(place, f"this is not JSON: {error.msg}", "Mend the line.") from error
    _refuse_contexts(_read(text))


def _refuse_contexts(value: _Value) -> None:
    """Refuse a context that would have to be fetched."""
    for key, (_, inner) in value.members.items():
        wanted = [inner, *inner.items] if key == "@context" else [inner] if key == "@import" else []
        for context in wanted:
            if isinstance(context.scalar, str):
                raise _malformed(
                    context.place,
                    f"the context {context.scalar} would have to be fetched, and nothing is",
                    "Put the context itself here.",
                )
        _refuse_contexts(inner)
    for item in value.items:
        _refuse_contexts(item)


def _malformed(place: Place, what: str, advice: str) -> SubmissionMalformed:
    return SubmissionMalformed(
        f"Line {place.line}, column {place.column}: {what}.",
        advice=advice,
        reference="https://www.w3.org/TR/json-ld11/",
        line=place.line,
        column=place.column,
    )


def mentions(text: str, base: str) -> Iterator[Mention]:
    """Give each property that a text spells, its names expanded as simple contexts say.

    A term of a scoped or a nested context is not found; its triple then has the place of its node.
    """
    yield from _mentions(_read(text), base, {})


def _mentions(value: _Value, base: str, context: dict[str, str]) -> Iterator[Mention]:
    for item in value.items:
        yield from _mentions(item, base, context)
    if "@context" in value.members:
        context = context | _terms(value.members["@context"][1])
    node = _identity(value, base, context)
    for key, (place, inner) in value.members.items():
        if key == "@context":
            continue
        name = RDF_TYPE if key == "@type" else _expand(key, context)
        for one in inner.items or [inner]:
            for scalar in _readings(one, base, context):
                yield Mention(node, name, scalar, value.place, place, one.place)
        yield from _mentions(inner, base, context)


def _identity(value: _Value, base: str, context: dict[str, str]) -> str | None:
    for key, (_, inner) in value.members.items():
        if key == "@id" or context.get(key) == "@id":
            return resolve(base, _expand(str(inner.scalar), context, vocabulary=False))
    return None


def _readings(value: _Value, base: str, context: dict[str, str]) -> set[str | None]:
    """Give what a value may stand for: a text, an IRI, a term."""
    if value.members:
        inner = value.members.get("@value")
        return {_text(inner[1].scalar)} if inner else {_identity(value, base, context)}
    if isinstance(value.scalar, str):
        expanded = _expand(value.scalar, context, vocabulary=False)
        return {value.scalar, _expand(value.scalar, context), resolve(base, expanded)}
    return {_text(value.scalar), _as_double(value.scalar)}


def _text(scalar: Any) -> str:
    return json.dumps(scalar) if isinstance(scalar, bool) else str(scalar)


def _as_double(scalar: Any) -> str:
    """Spell a number as JSON-LD does one with a fraction: 1.5E0."""
    try:
        mantissa, _, exponent = f"{float(scalar):.15E}".partition("E")
    except (TypeError, ValueError):
        return ""
    digits = mantissa.rstrip("0")
    return f"{digits}{'0' if digits.endswith('.') else ''}E{int(exponent)}"


def _terms(context: _Value) -> dict[str, str]:
    terms: dict[str, str] = {}
    for item in context.items:
        terms |= _terms(item)
    for key, (_, inner) in context.members.items():
        value = inner.members["@id"][1].scalar if "@id" in inner.members else inner.scalar
        if isinstance(value, str):
            terms[key] = value
    return {key: _expand(value, terms) for key, value in terms.items()}


def _expand(name: str, context: dict[str, str], vocabulary: bool = True) -> str:
    if vocabulary and name in context and context[name] != name:
        return context[name]
    prefix, colon, local = name.partition(":")
    if colon and prefix in context and not local.startswith("//"):
        return context[prefix] + local
    if vocabulary and not colon and not name.startswith("@"):
        return context.get("@vocab", "") + name
    return name


def _tokens(text: str) -> Iterator[tuple[Place, str]]:
    starts = line_starts(text)
    for match in _TOKEN.finditer(text):
        line = bisect_right(starts, match.start())
        yield Place(line, match.start() - starts[line - 1] + 1), match[0]


def _read(text: str) -> _Value:
    """Read a text that is JSON, and keep the places; its depth was checked before."""
    return _read_value(_tokens(text), "")[0]


def _read_value(
    tokens: Iterator[tuple[Place, str]], pointer: str, first: tuple[Place, str] | None = None
) -> tuple[_Value, str]:
    place, part = first or next(tokens)
    value = _Value(Place(place.line, place.column, pointer=pointer or "/"))
    if part == "{":
        _read_members(tokens, pointer, value)
    elif part == "[":
        _read_items(tokens, pointer, value)
    else:
        value.scalar = json.loads(part, parse_float=Decimal)
    return value, part


def _read_members(tokens: Iterator[tuple[Place, str]], pointer: str, value: _Value) -> None:
    place, part = next(tokens)
    while part != "}":
        if part != ",":
            key = json.loads(part)
            next(tokens)  # the colon
            below = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            inner, _ = _read_value(tokens, below)
            value.members[key] = Place(place.line, place.column, pointer=below), inner
        place, part = next(tokens)


def _read_items(tokens: Iterator[tuple[Place, str]], pointer: str, value: _Value) -> None:
    place, part = next(tokens)
    while part != "]":
        if part != ",":
            below = f"{pointer}/{len(value.items)}"
            value.items.append(_read_value(tokens, below, (place, part))[0])
        place, part = next(tokens)
