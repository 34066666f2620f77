"""Which forms a typed literal may have: the grammars of XSD 1.1, and what the engine computes with.

https://www.w3.org/TR/xmlschema11-2/, section 3. The readers and engines behind this module accept
different forms ("4.39E1", "4_3.9" and " 43.9 " as xsd:decimal, for instance). So a literal is
judged here before any of them reads it.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyoxigraph as ox

from aikg.names import OTHER_PREFIXES

_XSD = OTHER_PREFIXES["xsd"]

_INTEGER = r"[+-]?[0-9]+"
_DECIMAL = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_DOUBLE = rf"{_DECIMAL}(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN"
_YEAR = r"-?(?:[1-9][0-9]{3,}|0[0-9]{3})"
_MONTH, _DAY = r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12][0-9]|3[01])"
_ZONE = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
_CLOCK = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
_DATE = rf"({_YEAR})-({_MONTH})-({_DAY})"
_DAYS = r"(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?"
_TIMES = r"(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+(?:\.[0-9]+)?S)?"
_SOME = r"(?!$)"
_64 = "(?:[A-Za-z0-9+/] ?)"

_BITS = (("Long", 64), ("Int", 32), ("Short", 16), ("Byte", 8))
#: The least and the greatest value of the types of whole numbers; None is without a bound.
_BOUNDS: dict[str, tuple[int | None, int | None]] = {
    "integer": (None, None),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
    **{f"unsigned{n}": (0, (1 << bits) - 1) for n, bits in _BITS},
    **{n.lower(): (-(1 << bits - 1), (1 << bits - 1) - 1) for n, bits in _BITS},
}

_ANY = r"(?s).*"
_FORMS = {
    name: re.compile(pattern)
    for name, pattern in {
        "string": _ANY,
        "anyURI": _ANY,
        "normalizedString": r"[^\t\n\r]*",
        "token": r"(?![ ])(?!.*  )[^\t\n\r]*(?<! )|",
        "language": r"[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*",
        "boolean": r"true|false|1|0",
        "decimal": _DECIMAL,
        "double": _DOUBLE,
        "float": _DOUBLE,
        "date": _DATE + _ZONE,
        "dateTime": rf"{_DATE}T{_CLOCK}{_ZONE}",
        "dateTimeStamp": rf"{_DATE}T{_CLOCK}{_ZONE[:-1]}",
        "time": _CLOCK + _ZONE,
        "gYear": _YEAR + _ZONE,
        "gYearMonth": f"{_YEAR}-{_MONTH}{_ZONE}",
        "gMonth": f"--{_MONTH}{_ZONE}",
        "gMonthDay": f"--(?!02-30|(?:0[2469]|11)-31){_MONTH}-{_DAY}{_ZONE}",
        "gDay": f"---{_DAY}{_ZONE}",
        "duration": rf"-?P{_SOME}{_DAYS}(?:T{_SOME}{_TIMES})?",
        "yearMonthDuration": rf"-?P{_SOME}(?:[0-9]+Y)?(?:[0-9]+M)?",
        "dayTimeDuration": rf"-?P{_SOME}(?:[0-9]+D)?(?:T{_SOME}{_TIMES})?",
        "hexBinary": r"(?:[0-9a-fA-F]{2})*",
        "base64Binary": rf"(?:{_64}{{4}})*(?:{_64}{{2}}[AEIMQUYcgkosw048] ?=|{_64}[AQgw] ?= ?=)?",
        **dict.fromkeys(_BOUNDS, _INTEGER),
    }.items()
}

_HOW = {
    "decimal": "Write digits and a point, such as 43.9: no exponent, no blank, no other sign.",
    "integer": "Write digits only, such as 444.",
    "date": "Write year, month and day of a day that exists: 2013-11-29.",
    "boolean": "Write true or false.",
}

#: The engine's decimals have 128 bits with 18 digits after the point; its whole numbers have 64.
_PLACES, _MOST_DECIMAL, _MOST_INTEGER = 18, Decimal(2**127) / 10**18, 2**63
#: The greatest value of a type of floating point, and the digits that it keeps.
_FLOATING = {"double": (sys.float_info.max, 17), "float": (3.4028235e38, 9)}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a literal cannot be read as its datatype says.

    Attributes:
        rule: The rule: literal-form or literal-size.
        message: The fault.
        advice: The remedy.
    """

    rule: str
    message: str
    advice: str


def fault(literal: ox.Literal) -> Fault | None:
    """Say what is wrong with a typed literal; None for one that every reader takes alike.

    Datatypes outside XSD have no grammar here.
    """
    datatype = literal.datatype.value
    if not datatype.startswith(_XSD):
        return None
    name, text = datatype.removeprefix(_XSD), literal.value
    form = _FORMS.get(name)
    if form is None:
        what = f"XSD has no datatype {_short(name)} for literals."
        advice = "Use xsd:string, xsd:decimal, xsd:integer, xsd:date or xsd:boolean."
        return Fault("literal-form", what, advice)
    match = form.fullmatch(text)
    if match is None or not _exists(match) or not _within(name, text):
        reference = f"Write it as https://www.w3.org/TR/xmlschema11-2/#{name} says."
        how = _HOW.get("integer" if name in _BOUNDS else name, reference)
        return Fault("literal-form", f"“{_short(text)}” is not a valid xsd:{name}.", how)
    return _size(name, text)


def _exists(match: re.Match[str]) -> bool:
    """Say whether the day of a date is one of its month; all others are."""
    if match.re.groups == 0:
        return True
    year, month, day = (int(part) for part in match.groups())
    try:
        date(400 + year % 400, month, day)  # the calendar repeats itself
    except ValueError:
        return False
    return True


def _within(name: str, text: str) -> bool:
    """Say whether a whole number lies within the bounds of its datatype."""
    least, most = _BOUNDS.get(name, (None, None))
    if least is None and most is None:
        return True
    digits = text.lstrip("+-").lstrip("0")
    if len(digits) > 20:
        return least is None if text.startswith("-") else most is None
    number = int(text)
    return (least is None or least <= number) and (most is None or number <= most)


def _size(name: str, text: str) -> Fault | None:
    """Return a fault if the engine cannot represent the number, or None."""
    what = ""
    if name == "decimal":
        whole, _, places = text.lstrip("+-").partition(".")
        if len(places.rstrip("0")) > _PLACES:
            what = f"has more than {_PLACES} digits after the point"
        elif len(whole.lstrip("0")) > 21 or Decimal(text.rstrip(".")).copy_abs() >= _MOST_DECIMAL:
            what = "is larger than 1.7e20"
    elif name in _BOUNDS:
        digits = text.lstrip("+-").lstrip("0")
        if len(digits) > 19 or not -_MOST_INTEGER <= int(text) < _MOST_INTEGER:
            what = "is larger than a whole number of 64 bits"
    elif name in _FLOATING and text.lstrip("+-") not in {"INF", "NaN"}:
        what = _rounded(text, *_FLOATING[name])
    if not what:
        return None
    advice = "Write the figure with the digits that the source prints."
    what = f"“{_short(text)}” {what}, and nothing can be computed with it."
    return Fault("literal-size", what, advice)


def _rounded(text: str, most: float, digits: int) -> str:
    """Say what a number of floating point would lose."""
    if abs(float(text)) > most:
        return f"is larger than {most:.1e}"
    mantissa = text.lower().partition("e")[0]
    if len(re.sub(r"[+\-.]", "", mantissa).strip("0")) > digits:
        return f"has more than {digits} digits"
    return ""


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"
