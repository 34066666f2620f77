"""Other spellings of what a cell says: numbers and grades."""

from __future__ import annotations

import re

_ZEROS = re.compile(r"([+-]?\d+)\.0+")
_GRADES = re.compile(
    r"([1-5])(?: *(?:-|\u2013|/|or|to|and) *([1-5])|( *\+| or (?:higher|more|worse)))?"
)


def without_zeros(text: str) -> str:
    """Return a number without the zeros that programs write behind a whole one: 18 for 18.0."""
    match = _ZEROS.fullmatch(text)
    return match[1] if match else text


def _grade(text: str) -> str:
    """Return a grade, or the lowest and the highest of a band, as the closed list spells it."""
    bare = re.sub(r"^(?:grades?|any grade|all grades) *", "", text.casefold()) or "any"
    bare = re.sub(r"^(?:>=|≥|at least) *([1-5])$", r"\1+", bare)
    match = _GRADES.fullmatch(bare)
    if bare == "any":
        return "1-5"
    if match is None:
        return text
    highest = "5" if match[3] else match[2]
    return f"{match[1]}-{highest}" if highest and highest != match[1] else match[1]


#: Columns whose items have many spellings.
SPELLINGS = {"Grade": _grade}
