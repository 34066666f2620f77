"""A printed ratio or difference as numbers, with how precisely it is printed."""

from __future__ import annotations

from decimal import Decimal

from aikg.synthesis.counts import decimals_of
from aikg.synthesis.effects import (
    HAZARD_RATIO,
    ODDS_RATIO,
    RISK_DIFFERENCE,
    RISK_RATIO,
    Printed,
)
from aikg.synthesis.excerpt import Excerpt

#: The measures of the graph that compare two groups by a number.
MEASURES = {
    "HazardRatio": HAZARD_RATIO,
    "OddsRatio": ODDS_RATIO,
    "RiskRatio": RISK_RATIO,
    "RiskDifference": RISK_DIFFERENCE,
}


def printed_of(finding: str, excerpt: Excerpt) -> Printed | None:
    """Return the numbers of a printed contrast; None where it has no exact figure."""
    text = excerpt.one(finding, "value")
    vague = ("hedge", "bound", "rangeLow", "rangeHigh")
    if not text or any(excerpt.one(finding, name) for name in vague):
        return None
    value = Decimal(text)
    low, high = (_decimal(excerpt.one(finding, name)) for name in ("ciLow", "ciHigh"))
    printed = excerpt.one(finding, "printed")
    of_value = decimals_of(printed, abs(value))
    of_limits = [decimals_of(printed, abs(limit)) for limit in (low, high) if limit is not None]
    decimals = _shown(value) if of_value is None else of_value
    unstated = any(each is None for each in of_limits)
    if unstated and low is not None and high is not None:
        limits = min(decimals, max(_shown(low), _shown(high)))
    else:
        limits = min((each for each in of_limits if each is not None), default=decimals)
    scale = Decimal(100) if excerpt.one(finding, "unit") == "%" else Decimal(1)
    return Printed(
        value=value / scale,
        low=None if low is None else low / scale,
        high=None if high is None else high / scale,
        level=_decimal(excerpt.one(finding, "ciLevel")),
        half_value=_half(decimals) / scale,
        half_limits=_half(limits) / scale,
        p=_exact_p(finding, excerpt),
        precision_unstated=unstated,
    )


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _shown(value: Decimal) -> int:
    """Return how many decimals a number shows, trailing zeros left out."""
    return max(0, -int(value.normalize().as_tuple().exponent))


def _half(decimals: int) -> Decimal:
    return Decimal(1).scaleb(-decimals) / 2


def _exact_p(finding: str, excerpt: Excerpt) -> Decimal | None:
    """Return a p value that is exact and two-sided."""
    exact = excerpt.one(finding, "pQualifier") == "=" and excerpt.one(finding, "pSides") == "2"
    return _decimal(excerpt.one(finding, "pValue")) if exact else None
