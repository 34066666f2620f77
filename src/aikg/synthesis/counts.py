"""The numbers of people that may stand behind a printed percentage."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

#: How many combinations of counts one estimate enumerates at most; more are refused, not sampled.
COMBINATIONS = 20_000

#: The rules by which a percentage may have been made from a count.
ROUNDED, TRUNCATED, COUNTED = "rounded", "truncated", "counted"

_NUMBER = re.compile(r"\d+(?:[.\u00b7]\d+)?")


@dataclass(frozen=True)
class Candidate:
    """A count that prints as the source does.

    Attributes:
        count: How many people.
        by: The rules that allow it: `rounded`, `truncated`, or `counted` where the source counts.
    """

    count: int
    by: tuple[str, ...]


def decimals_of(printed: str, value: Decimal | Fraction) -> int | None:
    """Return how many decimals a source prints of a value; None where the text lacks the value.

    Args:
        printed: The figure as printed: "13.50%".
        value: The same as a number, whose trailing zeros are lost.
    """
    wanted = Fraction(value)
    for token in _NUMBER.findall(printed):
        text = token.replace("\u00b7", ".")
        if Fraction(text) == wanted:
            return len(text.partition(".")[2])
    return None


def candidates(percentage: Fraction, decimals: int, size: int) -> tuple[Candidate, ...]:
    """Return every count whose percentage prints as given, the smallest first.

    A tie may be rounded either way. Of more than `COMBINATIONS` counts only one more is returned:
    nothing enumerates them.

    Args:
        percentage: The percentage as printed, exactly.
        decimals: How many decimals are printed.
        size: How many people the percentage is of.
    """
    unit = Fraction(1, 10**decimals)
    half = unit / 2
    lowest = max(0, math.ceil((percentage - half) * size / 100))
    highest = min(size, math.floor((percentage + unit) * size / 100))
    found = []
    for count in range(lowest, min(highest, lowest + COMBINATIONS) + 1):
        exact = Fraction(100 * count, size)
        by: tuple[str, ...] = (ROUNDED,) if abs(exact - percentage) <= half else ()
        by += (TRUNCATED,) if percentage <= exact < percentage + unit else ()
        if by:
            found.append(Candidate(count, by))
    return tuple(found)


def common_rules(cells: Iterable[Iterable[Candidate]]) -> set[str]:
    """Return the rules, rounded or truncated, by which all cells of a table can be made at once."""
    rules = {ROUNDED, TRUNCATED}
    for cell in cells:
        allowed = {rule for candidate in cell for rule in candidate.by}
        if allowed and COUNTED not in allowed:
            rules &= allowed
    return rules
