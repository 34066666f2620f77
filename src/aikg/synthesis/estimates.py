"""Direct, indirect and mixed estimates of one pair, in each combination of counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from aikg.synthesis import effects, proportions
from aikg.synthesis.combinations import Combinations
from aikg.synthesis.distributions import LEVEL, t_quantile, two_sided_p
from aikg.synthesis.effects import RISK_DIFFERENCE
from aikg.synthesis.evidence import Question
from aikg.synthesis.network import Floats, Solution, solve
from aikg.synthesis.reading import Reading

COMMON, RANDOM = "common", "random"
DIRECT, INDIRECT, MIXED, NETWORK = "direct", "indirect", "mixed", "network"


@dataclass(frozen=True)
class Estimate:
    """An estimate on the scale of its analysis; arrays have one element for each combination.

    Attributes:
        path: `direct`, `indirect`, `mixed` or `network`.
        through: The treatments in between.
        model: `common` or `random`.
        method: How the interval is made: `woolf`, `delta`, `wald`, `newcombe`, `mover`, `printed`.
        readings: The trials.
        combinations: The enumerated combinations of counts.
        y: The estimate.
        low: The lower limit.
        high: The upper limit.
        p: The two-sided p value, or None where the method has none.
        q: Cochran's Q, where the trials can disagree.
        df: Its degrees of freedom.
        tau2: The variance between trials, where there is one.
        prediction: The limits of the prediction interval, where there is one.
        knapp_hartung: The limits of the modified Knapp-Hartung interval, where there is one.
        weights: The share of each study in the variance, in percent.
    """

    path: str
    through: tuple[str, ...]
    model: str
    method: str
    readings: tuple[Reading, ...]
    combinations: Combinations
    y: Floats
    low: Floats
    high: Floats
    p: Floats | None
    q: Floats | None = None
    df: int | None = None
    tau2: Floats | None = None
    prediction: tuple[Floats, Floats] | None = None
    knapp_hartung: tuple[Floats, Floats] | None = None
    weights: Mapping[str, Floats] = field(default_factory=dict)


@dataclass(frozen=True)
class Leg:
    """The direct evidence on one pair.

    Attributes:
        y: The estimate.
        variance: Its variance.
        solution: The fit behind it.
    """

    y: Floats
    variance: Floats
    solution: Solution


@dataclass(frozen=True)
class Triangle:
    """The evidence on a pair through one comparator, and beside it.

    Attributes:
        pair: The two treatments.
        through: The comparator.
        legs: The trials of the first against the comparator, and of the second against it.
        direct: The trials of the pair itself; none for an indirect estimate.
    """

    pair: tuple[str, str]
    through: str
    legs: tuple[tuple[Reading, ...], tuple[Reading, ...]]
    direct: tuple[Reading, ...] = ()

    @property
    def readings(self) -> tuple[Reading, ...]:
        """All trials."""
        return (*self.direct, *self.legs[0], *self.legs[1])

    @property
    def several(self) -> bool:
        """Whether a pair has more than one trial."""
        return max(map(len, (self.direct, *self.legs))) > 1

    @property
    def uses(self) -> list[tuple[Reading, tuple[str, ...]]]:
        """The trials with the treatments that enter."""
        one, other = self.pair
        pairs = (self.pair, (one, self.through), (other, self.through))
        return [
            (reading, tuple(sorted(pair)))
            for readings, pair in zip((self.direct, *self.legs), pairs, strict=True)
            for reading in readings
        ]


def p_values(y: Floats, se: Floats) -> Floats:
    """Return two-sided p values."""
    return np.array([two_sided_p(z) for z in y / se])


def leg(
    uses: Sequence[Reading], pair: tuple[str, str], combinations: Combinations, *, random: bool
) -> Leg:
    """Return the direct evidence of trials on `pair[0]` against `pair[1]`."""
    first, second = pair
    blocks = [combinations.block(reading, sorted(pair)) for reading in uses]
    solution = solve(blocks, [second, first], random=random)
    y, se = solution.pair(first, second)
    return Leg(y, se**2, solution)


def direct(
    uses: Sequence[Reading], pair: tuple[str, str], combinations: Combinations, question: Question
) -> list[Estimate]:
    """Return the direct estimates: one study, or several under both models."""
    found = []
    for model in (COMMON, RANDOM) if len(uses) > 1 else (COMMON,):
        part = leg(uses, pair, combinations, random=model == RANDOM)
        se = np.sqrt(part.variance)
        low, high = effects.limits(part.y, se)
        solution, several = part.solution, len(uses) > 1
        found.append(
            Estimate(
                DIRECT, (), model, interval_method(uses, question), tuple(uses), combinations,
                part.y, low, high, p_values(part.y, se),
                q=solution.q if several else None,
                df=solution.df if several else None,
                tau2=solution.tau2 if several else None,
                prediction=prediction_limits(part.y, se, solution, len(uses) - 2, model),
                knapp_hartung=_knapp_hartung(part.y, se, solution, model),
                weights=solution.shares(*pair),
            )
        )  # fmt: skip
    if question.measure == RISK_DIFFERENCE and len(uses) == 1 and not uses[0].trial.ratios:
        found.append(_newcombe(uses[0], pair, combinations, found[0]))
    return found


def _newcombe(
    reading: Reading, pair: tuple[str, str], combinations: Combinations, wald: Estimate
) -> Estimate:
    (a, n1), (c, n2) = (combinations.events(reading, node) for node in pair)
    low, high = proportions.newcombe(a, n1, c, n2)
    return replace(wald, method="newcombe", low=low, high=high, p=None)


def interval_method(uses: Sequence[Reading], question: Question) -> str:
    """Return how the intervals of the single trials are made."""
    if all(reading.trial.ratios for reading in uses):
        return "printed"
    names = {effects.ODDS_RATIO: "woolf", effects.RISK_RATIO: "delta", RISK_DIFFERENCE: "wald"}
    return names.get(question.measure, "printed")


def prediction_limits(
    y: Floats, se: Floats, solution: Solution, df: int, model: str
) -> tuple[Floats, Floats] | None:
    """Return where the effect of a further trial lies, by t on `df`; None below 1."""
    if model != RANDOM or df < 1:
        return None
    half = t_quantile(0.5 + LEVEL / 2, df) * np.sqrt(se**2 + solution.tau2)
    return y - half, y + half


def _knapp_hartung(
    y: Floats, se: Floats, solution: Solution, model: str
) -> tuple[Floats, Floats] | None:
    """Return the Knapp-Hartung interval, whose factor is never below 1; None below 3 trials."""
    if model != RANDOM or solution.df < 2:
        return None
    factor = np.sqrt(np.maximum(solution.scale, 1.0))
    half = t_quantile(0.5 + LEVEL / 2, solution.df) * se * factor
    return y - half, y + half


def indirect(triangle: Triangle, combinations: Combinations, question: Question) -> list[Estimate]:
    """Return Bucher's adjusted indirect estimates through one comparator."""
    found = []
    uses = triangle.readings
    for model in (COMMON, RANDOM) if triangle.several else (COMMON,):
        one, other = _legs(triangle, combinations, random=model == RANDOM)
        y, variance = one.y - other.y, one.variance + other.variance
        low, high = effects.limits(y, np.sqrt(variance))
        found.append(
            Estimate(
                INDIRECT, (triangle.through,), model, interval_method(uses, question), uses,
                combinations, y, low, high, p_values(y, np.sqrt(variance)),
                q=one.solution.q + other.solution.q if triangle.several else None,
                df=one.solution.df + other.solution.df if triangle.several else None,
                weights=_leg_weights((one, other), variance),
            )
        )  # fmt: skip
    single = len(uses) == 2 and not any(reading.trial.ratios for reading in uses)
    if question.measure == RISK_DIFFERENCE and single:
        found.append(_mover(triangle, combinations, found[0]))
    return found


def _legs(triangle: Triangle, combinations: Combinations, *, random: bool) -> tuple[Leg, Leg]:
    (one, other), through = triangle.pair, triangle.through
    return (
        leg(triangle.legs[0], (one, through), combinations, random=random),
        leg(triangle.legs[1], (other, through), combinations, random=random),
    )


def _leg_weights(parts: Sequence[Leg], variance: Floats) -> dict[str, Floats]:
    """Return the share of each study in a variance that is a sum over legs."""
    weights: dict[str, Floats] = {}
    for part in parts:
        reference, treatment = part.solution.nodes
        for study, share in part.solution.shares(treatment, reference).items():
            entering = share * part.variance / variance
            weights[study] = weights.get(study, np.zeros_like(entering)) + entering
    return weights


def _mover(triangle: Triangle, combinations: Combinations, wald: Estimate) -> Estimate:
    differences, intervals = [], []
    for node, uses in zip(triangle.pair, triangle.legs, strict=True):
        pair = (node, triangle.through)
        (a, n1), (c, n2) = (combinations.events(uses[0], each) for each in pair)
        differences.append(a / n1 - c / n2)
        intervals.append(proportions.newcombe(a, n1, c, n2))
    low, high = effects.mover(differences[0], intervals[0], differences[1], intervals[1])
    return replace(wald, method="mover", low=low, high=high, p=None)


@dataclass(frozen=True)
class Loop:
    """Direct minus indirect evidence of one loop, in each combination.

    Attributes:
        through: The third treatment.
        readings: The trials.
        y: The difference.
        se: Its standard error.
    """

    through: str
    readings: tuple[Reading, ...]
    y: Floats
    se: Floats


def mixed(
    triangle: Triangle, combinations: Combinations, question: Question
) -> tuple[list[Estimate], Loop]:
    """Return direct and indirect evidence together, by inverse variance, and how they differ."""
    found: list[Estimate] = []
    uses = triangle.readings
    loops = []
    for model in (COMMON, RANDOM) if triangle.several else (COMMON,):
        random = model == RANDOM
        here = leg(triangle.direct, triangle.pair, combinations, random=random)
        one, other = _legs(triangle, combinations, random=random)
        around, variance = one.y - other.y, one.variance + other.variance
        loops.append(
            Loop(triangle.through, uses, here.y - around, np.sqrt(here.variance + variance))
        )
        share = variance / (here.variance + variance)
        y, se = share * here.y + (1 - share) * around, np.sqrt(share * here.variance)
        low, high = effects.limits(y, se)
        weights = _leg_weights((here,), se**2 / share**2)
        weights |= _leg_weights((one, other), se**2 / (1 - share) ** 2)
        found.append(
            Estimate(
                MIXED, (triangle.through,), model, interval_method(uses, question), uses,
                combinations, y, low, high, p_values(y, se), weights=weights,
            )
        )  # fmt: skip
    return found, loops[0]
