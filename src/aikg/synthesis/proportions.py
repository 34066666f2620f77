"""The interval of a difference of two proportions, for numbers and for arrays of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from aikg.synthesis.distributions import z_of

if TYPE_CHECKING:
    from aikg.synthesis.network import Floats

# The web process computes single differences, and has no numpy.
Number = TypeVar("Number", float, "Floats")


def wilson(events: Number, size: Number) -> tuple[Number, Number]:
    """Return Wilson's interval of a proportion, without continuity correction."""
    z = z_of()
    p = events / size
    centre = (p + z * z / (2 * size)) / (1 + z * z / size)
    half = z * (p * (1 - p) / size + z * z / (4 * size * size)) ** 0.5 / (1 + z * z / size)
    return centre - half, centre + half


def newcombe(a: Number, n1: Number, c: Number, n2: Number) -> tuple[Number, Number]:
    """Return Newcombe's interval (method 10) of the risk difference a/n1 - c/n2."""
    low1, high1 = wilson(a, n1)
    low2, high2 = wilson(c, n2)
    p1, p2 = a / n1, c / n2
    d = p1 - p2
    low = d - ((p1 - low1) ** 2 + (high2 - p2) ** 2) ** 0.5
    high = d + ((high1 - p1) ** 2 + (p2 - low2) ** 2) ** 0.5
    return low, high
