"""JSON with the place of each value: its line, its column and its JSON pointer (RFC 6901).

https://www.rfc-editor.org/rfc/rfc8259
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

from aikg.errors import SubmissionMalformed
from aikg.intake.places import Place, line_starts
from aikg.names import OTHER_PREFIXES

_XSD = OTHER_PREFIXES["xsd"]
#: The types whose values have an exponent.
FLOATING = {_XSD + "double", _XSD + "float"}
#: The form in which a processor of JSON-LD writes a number with a fraction.
WRITTEN = re.compile(r"-?[0-9]\.[0-9]+E-?[0-9]+")
#: A whole number of up to so many digits is written plainly by every processor.
_WHOLE = 21
#: No number of a source has more digits; one that has keeps its exponent, and is reported.
_LONGEST = 400
#: A text in the form in which a processor of JSON-LD writes a number with a fraction; no key.
_LIKE_WRITTEN = re.compile(r'"(-?[0-9]\.[0-9]+E-?[0-9]+)"(?!\s*:)')
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


@dataclass
class Value:
    """A value of the text with its place.

    Attributes:
        place: Where it begins.
        scalar: The text, the number, true or false, where it is one.
        kind: "{" for an object, "[" for an array, or nothing.
        members: The members of an object: key, place of the key, value.
        items: The items of an array.
    """

    place: Place
    scalar: Any = None
    kind: str = ""
    members: list[tuple[str, Place, Value]] = field(default_factory=list)
    items: list[Value] = field(default_factory=list)

    def get(self, key: str) -> Value | None:
        """Return the value of a key; the last one counts, as in most readers of JSON."""
        return next((inner for known, _, inner in reversed(self.members) if known == key), None)

    def each(self) -> list[Value]:
        """Return the items of an array, out of arrays within it, or the value itself."""
        if self.kind != "[":
            return [self]
        return [one for item in self.items for one in item.each()]


def plain(value: Value) -> Any:
    """Return a value as the objects of Python."""
    if value.kind == "{":
        return {key: plain(inner) for key, _, inner in value.members}
    return [plain(item) for item in value.items] if value.kind == "[" else value.scalar


def read(text: str, depth: int) -> Value:
    """Read a text as JSON, with the place of each value.

    Raises:
        SubmissionMalformed: It is not valid JSON, is nested too deep, or takes a context from
            elsewhere.
    """
    level = 0
    for place, part in _tokens(text):
        level += (part in "{[") - (part in "}]")
        if level > depth:
            raise _malformed(
                place, f"values are nested more than {depth} deep", "Name nodes and point at them."
            )
    try:
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        place = Place(error.lineno, error.colno)
        raise _malformed(place, f"this is not JSON: {error.msg}", "Fix the line.") from error
    except _ConstantError as error:
        place = next((at for at, part in _tokens(text) if part == str(error)), Place(1, 1))
        raise _malformed(
            place, f"{error} is not a number of JSON", "Leave the value out, and state its status."
        ) from error
    value = _read_value(_tokens(text), "")[0]
    _refuse_contexts(value)
    return value


class _ConstantError(Exception):
    """A word that Python reads as a number, and JSON does not."""


def _refuse_constant(word: str) -> Any:
    raise _ConstantError(word)


def _refuse_contexts(value: Value, within: bool = False) -> None:
    """Refuse a context that would have to be fetched."""
    if within and isinstance(value.scalar, str):
        raise _malformed(
            value.place,
            f"the context {value.scalar} would have to be fetched, and no context is fetched",
            "Put the context itself here.",
        )
    for key, _, inner in value.members:
        _refuse_contexts(inner, key in {"@context", "@import"})
    for item in value.items:
        _refuse_contexts(item, within)


def _malformed(place: Place, what: str, advice: str) -> SubmissionMalformed:
    return SubmissionMalformed(
        f"Line {place.line}, column {place.column}: {what}.",
        advice=advice,
        reference="https://www.w3.org/TR/json-ld11/",
        line=place.line,
        column=place.column,
    )


def marked(text: str) -> tuple[str, str]:
    """Mark the texts that look like a number which a processor of JSON-LD has written.

    A processor writes the number 0.58 as "5.8E-1" under any datatype. The author of that text may
    also have written it as a text. With the mark before those, the reader distinguishes both.

    Returns:
        The text with marks, and the mark.
    """
    mark = next(m for m in (f"text-{n}-" for n in count()) if m not in text)
    return _LIKE_WRITTEN.sub(rf'"{mark}\1"', text), mark


def _tokens(text: str) -> Iterator[tuple[Place, str]]:
    starts = line_starts(text)
    for match in _TOKEN.finditer(text):
        line = bisect_right(starts, match.start())
        yield Place(line, match.start() - starts[line - 1] + 1), match[0]


def _read_value(
    tokens: Iterator[tuple[Place, str]], pointer: str, first: tuple[Place, str] | None = None
) -> tuple[Value, str]:
    place, part = first or next(tokens)
    value = Value(Place(place.line, place.column, pointer=pointer or "/"))
    value.kind = part if part in "{[" else ""
    if part == "{":
        _read_members(tokens, pointer, value)
    elif part == "[":
        _read_items(tokens, pointer, value)
    else:
        value.scalar = json.loads(part, parse_float=Decimal, parse_int=Decimal)
    return value, part


def _read_members(tokens: Iterator[tuple[Place, str]], pointer: str, value: Value) -> None:
    place, part = next(tokens)
    while part != "}":
        if part != ",":
            key = json.loads(part)
            next(tokens)  # the colon
            below = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            inner, _ = _read_value(tokens, below)
            value.members.append((key, Place(place.line, place.column, pointer=below), inner))
        place, part = next(tokens)


def _read_items(tokens: Iterator[tuple[Place, str]], pointer: str, value: Value) -> None:
    place, part = next(tokens)
    while part != "]":
        if part != ",":
            below = f"{pointer}/{len(value.items)}"
            value.items.append(_read_value(tokens, below, (place, part))[0])
        place, part = next(tokens)


def number(value: Decimal, datatype: str) -> str:
    """Return the form that a number of JSON has under a datatype: as it stands, if that can be.

    A number with a fraction, or of more than 21 digits, has an exponent under no datatype, or under
    one of floating point.
    """
    sign, digits, exponent = value.as_tuple()
    figures = "".join(map(str, digits)).lstrip("0")
    power = int(exponent) + len(figures) - len(figures.rstrip("0"))
    figures = figures.rstrip("0")
    size = len(figures) + power  # the digits before the point
    dash = "-" if sign and figures else ""
    whole = (power >= 0 and size <= _WHOLE) or not figures
    if datatype not in FLOATING and (whole or (datatype and max(size, -power) <= _LONGEST)):
        return (
            f"{dash}{figures or 0}{'0' * power}"
            if power >= 0 or not figures
            else dash + _with_point(figures, power)
        )
    return f"{dash}{figures[:1] or 0}.{figures[1:] or 0}E{size - 1 if figures else 0}"


def _with_point(figures: str, power: int) -> str:
    figures = figures.rjust(1 - power, "0")
    return f"{figures[:power]}.{figures[power:]}"
