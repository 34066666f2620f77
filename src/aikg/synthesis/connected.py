"""Networks of trials that may all be set against each other, and the estimates within them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aikg.synthesis import effects
from aikg.synthesis.combinations import Combinations
from aikg.synthesis.estimates import (
    COMMON,
    NETWORK,
    RANDOM,
    Estimate,
    interval_method,
    p_values,
    prediction_limits,
)
from aikg.synthesis.evidence import Question
from aikg.synthesis.network import Block, Solution, components, solve
from aikg.synthesis.reading import Reading


@dataclass(frozen=True)
class Network:
    """One connected network of compatible trials, fitted under both models.

    Attributes:
        readings: The trials, with the treatments of each that enter.
        nodes: All treatments, in alphabetical order.
        blocks: The contrasts of each trial.
        combinations: The enumerated combinations of counts.
        common: The fit without variance between trials.
        random: The fit with it; None where it cannot be estimated.
    """

    readings: tuple[tuple[Reading, tuple[str, ...]], ...]
    nodes: tuple[str, ...]
    blocks: tuple[Block, ...]
    combinations: Combinations
    common: Solution
    random: Solution | None

    def pair(self, pair: tuple[str, str], question: Question) -> list[Estimate]:
        """Return the estimates of one pair within the network."""
        found = []
        readings = tuple(reading for reading, _ in self.readings)
        between = tuple(node for node in self.nodes if node not in pair)
        for model, solution in ((COMMON, self.common), (RANDOM, self.random)):
            if solution is None:
                continue
            y, se = solution.pair(*pair)
            low, high = effects.limits(y, se)
            # netmeta 3.6 predicts by t on the degrees of freedom of Q, from 2 upward.
            df = solution.df if solution.df > 1 else 0
            found.append(
                Estimate(
                    NETWORK, between, model, interval_method(readings, question), readings,
                    self.combinations, y, low, high, p_values(y, se),
                    q=solution.q if solution.df else None,
                    df=solution.df or None,
                    tau2=solution.tau2 if solution.df else None,
                    prediction=prediction_limits(y, se, solution, df, model),
                    weights=solution.shares(*pair),
                )
            )  # fmt: skip
        return found


def networks(readings: Sequence[Reading], question: Question) -> list[Network]:
    """Return the connected networks of trials that may all be set against each other.

    Raises:
        TooMany: One of them has more combinations than are enumerated.
    """
    uses = [(reading, reading.usable) for reading in readings if reading.usable]
    found = []
    for part in components([nodes for _, nodes in uses]):
        here = tuple(use for use in uses if set(use[1]) <= part)
        combinations = Combinations(here, question)
        blocks = tuple(combinations.block(reading, nodes) for reading, nodes in here)
        nodes = tuple(sorted(part))
        common = solve(blocks, nodes, random=False)
        random = solve(blocks, nodes, random=True) if common.df else None
        found.append(Network(here, nodes, blocks, combinations, common, random))
    return sorted(found, key=lambda network: network.nodes)
