"""Numbers in one form: two literals of one datatype and one value are the same characters.

An engine may join literals by value or by their characters, and write them as it likes. Written in
one form, a graph says the same in each of them. The form is the canonical one of XSD 1.0, in which
a decimal always has a point, because engines that compute with decimals write those so.

https://www.w3.org/TR/2004/REC-xmlschema-2-20041028/#decimal-canonical-representation
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pyoxigraph as ox

from aikg.names import OTHER_PREFIXES

_XSD = OTHER_PREFIXES["xsd"]
_DECIMAL = re.compile(r"([+-]?)(?=\.?[0-9])([0-9]*)(?:\.([0-9]*))?", re.ASCII)
_DOUBLE = re.compile(r"[+-]?(?=\.?[0-9])[0-9]*(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)
_WHOLE = (
    "integer nonNegativeInteger positiveInteger nonPositiveInteger negativeInteger "
    "long int short byte unsignedLong unsignedInt unsignedShort unsignedByte"
)
_KINDS = {
    **{_XSD + name: "whole" for name in _WHOLE.split()},
    _XSD + "decimal": "decimal",
    _XSD + "double": "floating",
    _XSD + "float": "floating",
}


def canonical(term: Any) -> Any:
    """Return a number in its one form; every other term, and what is not a number, as it is."""
    if not isinstance(term, ox.Literal):
        return term
    kind = _KINDS.get(term.datatype.value)
    if kind is None:
        return term
    text = _floating(term.value) if kind == "floating" else _fixed(term.value, kind)
    return term if text == term.value else ox.Literal(text, datatype=term.datatype)


def canonical_quad(quad: ox.Quad) -> ox.Quad:
    """Return a quad with a number in its one form."""
    found = canonical(quad.object)
    if found is quad.object or found == quad.object:
        return quad
    return ox.Quad(quad.subject, quad.predicate, found, quad.graph_name)


def _fixed(text: str, kind: str) -> str:
    """Write digits without needless zeros; a decimal has a digit on both sides of its point."""
    match = _DECIMAL.fullmatch(text)
    if match is None or (kind == "whole" and match[3] is not None):
        return text
    whole, part = match[2].lstrip("0") or "0", (match[3] or "").rstrip("0")
    sign = "-" if match[1] == "-" and (whole != "0" or part) else ""
    return f"{sign}{whole}" if kind == "whole" else f"{sign}{whole}.{part or '0'}"


def _floating(text: str) -> str:
    """Write one digit, a point and an exponent: 9.0E-1. The digits stay."""
    if _DOUBLE.fullmatch(text) is None:
        return text
    number = Decimal(text)
    if not number:
        return "-0.0E0" if text.startswith("-") else "0.0E0"
    sign, digits, exponent = number.as_tuple()
    shown = "".join(map(str, digits)).rstrip("0")
    power = int(exponent) + len(digits) - 1
    return f"{'-' if sign else ''}{shown[0]}.{shown[1:] or '0'}E{power}"
