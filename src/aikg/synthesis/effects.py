"""The effect of one study: from counts, or from a printed ratio and its interval.

Ratios are on the scale of their natural logarithm, risk differences are differences of proportions.
Each array has one element for each combination of counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

import numpy as np

from aikg.synthesis.distributions import LEVEL, z_of
from aikg.synthesis.network import Floats

#: The measures that can be asked for.
ODDS_RATIO, RISK_RATIO = "odds-ratio", "risk-ratio"
RISK_DIFFERENCE, HAZARD_RATIO = "risk-difference", "hazard-ratio"
MEASURES = (ODDS_RATIO, RISK_RATIO, RISK_DIFFERENCE, HAZARD_RATIO)


def is_ratio(measure: str) -> bool:
    """Return whether a measure is computed on a logarithmic scale."""
    return measure != RISK_DIFFERENCE


def arm_effect(measure: str, events: Floats, size: Floats) -> tuple[Floats, Floats]:
    """Return the effect of one arm and its variance; a contrast is the difference of two.

    Log odds with the variance of Woolf, log risk by the delta method, or the risk itself with the
    variance of Wald. A zero cell gives infinities, which callers refuse beforehand.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        others = size - events
        if measure == ODDS_RATIO:
            return np.log(events) - np.log(others), 1 / events + 1 / others
        if measure == RISK_RATIO:
            return np.log(events) - np.log(size), 1 / events - 1 / size
        risk = events / size
        return risk, risk * (1 - risk) / size


def mover(
    d1: Floats, limits1: tuple[Floats, Floats], d2: Floats, limits2: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """Return the interval of d1 - d2 from the intervals of both (Donner and Zou)."""
    d = d1 - d2
    low = d - np.sqrt((d1 - limits1[0]) ** 2 + (limits2[1] - d2) ** 2)
    high = d + np.sqrt((limits1[1] - d1) ** 2 + (d2 - limits2[0]) ** 2)
    return low, high


@dataclass(frozen=True)
class Printed:
    """A ratio or a difference with its interval, as a source prints them.

    Attributes:
        value: The figure.
        low: The lower limit, or None.
        high: The upper limit, or None.
        level: The level of the interval in percent, or None.
        half_value: Half a unit of the last decimal that is printed of the figure.
        half_limits: The same of the limits.
        p: A p value that is exact and two-sided, or None.
        precision_unstated: The decimals are guessed, for the printed text lacks the limits.
    """

    value: Decimal
    low: Decimal | None
    high: Decimal | None
    level: Decimal | None
    half_value: Decimal
    half_limits: Decimal
    p: Decimal | None = None
    precision_unstated: bool = False

    @property
    def uses_p(self) -> bool:
        """Whether the standard error can only come from the p value."""
        return (self.low is None or self.high is None) and self.p is not None


def fault(printed: Printed, measure: str) -> str | None:
    """Return the code of what makes a printed ratio or difference unusable, or None."""
    ratio = is_ratio(measure)
    if ratio and printed.value - printed.half_value <= 0:
        return "interval-unusable"
    if printed.uses_p:
        null = printed.value == (1 if ratio else 0)
        usable = printed.p is not None and 0 < printed.p < 1 and not null
        return None if usable else "interval-unusable"
    if printed.low is None or printed.high is None or printed.level is None:
        return "interval-unusable"
    low, high, half = printed.low, printed.high, printed.half_limits
    if (ratio and low - half <= 0) or high - low <= 2 * half or not 0 < printed.level < 100:
        return "interval-unusable"
    if ratio:
        middles = (math.sqrt((low - half) * (high - half)), math.sqrt((low + half) * (high + half)))
    else:
        middles = (float(low + high) / 2 - float(half), float(low + high) / 2 + float(half))
    box = (float(printed.value - printed.half_value), float(printed.value + printed.half_value))
    overlaps = middles[0] <= box[1] + 1e-12 and box[0] <= middles[1] + 1e-12
    return None if overlaps else "interval-not-symmetric"


def corners(printed: Printed, measure: str) -> list[tuple[float, float]]:
    """Return estimate and standard error as printed, then at each corner of their rounding.

    Call it only where `fault` returns None.
    """
    scale: Callable[[Decimal], float] = math.log if is_ratio(measure) else float
    h = printed.half_value
    if printed.uses_p:
        return _corners_of_p(printed, scale)
    if printed.low is None or printed.high is None or printed.level is None:
        raise ValueError("no interval: `fault` was not asked")
    low, high, half = printed.low, printed.high, printed.half_limits
    width = 2 * z_of(float(printed.level) / 100)

    def error(lower: Decimal, upper: Decimal) -> float:
        return (scale(upper) - scale(lower)) / width

    values = (scale(printed.value - h), scale(printed.value + h))
    errors = (error(low + half, high - half), error(low - half, high + half))
    return [(scale(printed.value), error(low, high)), *product(values, errors)]


def _corners_of_p(printed: Printed, scale: Callable[[Decimal], float]) -> list[tuple[float, float]]:
    """Return the same where the standard error comes from the p value."""
    z = z_of(1 - float(printed.p or 1))
    values = (printed.value, printed.value - printed.half_value, printed.value + printed.half_value)
    return [(scale(value), abs(scale(printed.value)) / z) for value in values]


def limits(y: Floats, se: Floats, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Return the limits of a normal interval."""
    z = z_of(level)
    return y - z * se, y + z * se
