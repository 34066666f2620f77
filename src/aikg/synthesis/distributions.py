"""Tail areas and quantiles of the normal, chi-squared and t distributions, by closed sums.

Only whole degrees of freedom are needed, so scipy, which takes seconds to import, is not.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

#: The level of every interval that is reported.
LEVEL = 0.95


@lru_cache
def z_of(level: float = LEVEL) -> float:
    """Return the normal quantile of a two-sided interval: 1.959963985 for 0.95."""
    return NormalDist().inv_cdf(0.5 + level / 2)


def two_sided_p(z: float) -> float:
    """Return the two-sided p value of a standard normal deviate."""
    return math.erfc(abs(z) / math.sqrt(2))


def chi2_tail(x: float, df: int) -> float:
    """Return the probability that chi-squared on `df` degrees of freedom exceeds `x`."""
    if x <= 0:
        return 1.0
    half = x / 2
    odd = df % 2
    start = 0.5 if odd else 0.0
    terms = (
        math.exp(-half + power * math.log(half) - math.lgamma(power + 1))
        for power in (start + i for i in range(df // 2))
    )
    return (math.erfc(math.sqrt(half)) if odd else 0.0) + math.fsum(terms)


def t_cdf(t: float, df: int) -> float:
    """Return the probability that Student's t on `df` degrees of freedom is at most `t`."""
    angle = math.atan2(abs(t), math.sqrt(df))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = df % 2
    term = cosine if odd else 1.0
    total = term if df > 1 else 0.0
    for i in range(2 + odd, df - 1, 2):
        term *= cosine * cosine * (i - 1) / i
        total += term
    within = 2 / math.pi * (angle + sine * total) if odd else sine * total
    return 0.5 + math.copysign(within / 2, t)


@lru_cache
def t_quantile(p: float, df: int) -> float:
    """Return the quantile of Student's t on `df` degrees of freedom, for p above 0.5."""
    low, high = 0.0, 1.0
    while t_cdf(high, df) < p:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if t_cdf(middle, df) < p else (low, middle)
    return (low + high) / 2
