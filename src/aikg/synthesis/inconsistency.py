"""Tests of direct against indirect evidence: by design, and by edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aikg.synthesis.network import Block, Floats, solve


@dataclass(frozen=True)
class Decomposition:
    """Cochran's Q of a network, split by design (the set of treatments of a trial).

    Attributes:
        within: Q within designs, for each combination of counts.
        within_df: Its degrees of freedom.
        between: Q between designs.
        between_df: Its degrees of freedom; 0 where no loop of two studies is closed.
    """

    within: Floats
    within_df: int
    between: Floats
    between_df: int


def by_design(blocks: Sequence[Block], nodes: Sequence[str]) -> Decomposition:
    """Split Q into what trials of one design disagree about, and what the designs do."""
    whole = solve(blocks, nodes, random=False)
    within = np.zeros_like(whole.q)
    df = 0
    for design in sorted({tuple(sorted(block.nodes)) for block in blocks}):
        same = [block for block in blocks if tuple(sorted(block.nodes)) == design]
        part = solve(same, design, random=False)
        within += part.q
        df += part.df
    between_df = whole.df - df
    between = np.maximum(whole.q - within, 0.0) if between_df else np.zeros_like(whole.q)
    return Decomposition(within, df, between, between_df)


def by_edge(
    blocks: Sequence[Block], nodes: Sequence[str], first: str, second: str
) -> tuple[Floats, Floats] | None:
    """Return direct minus rest for `first` against `second`, and its standard error.

    The trials of both drugs have one further parameter, on the drug that is later in the alphabet:
    in trials of three arms the answer depends on the choice, so that it must not depend on which of
    the two is asked about first.

    Returns:
        None where nothing tests the edge: no trial has both, or no other path is independent.
    """
    earlier, later = sorted((first, second))
    nodes = [earlier, later, *(node for node in nodes if node not in {first, second})]
    extra = _further_column(blocks, later, earlier)
    plain = solve(blocks, nodes, random=False)
    if (
        not extra.any()
        or np.linalg.matrix_rank(np.column_stack([plain.x, extra])) == len(nodes) - 1
    ):
        return None
    split = solve(blocks, nodes, random=False, extra=extra)
    sign = 1.0 if first == later else -1.0
    return sign * split.b[:, -1], np.sqrt(split.covariance[:, -1, -1])


def _further_column(blocks: Sequence[Block], first: str, second: str) -> Floats:
    """Return what the further parameter adds to each contrast of each study."""
    column = []
    for block in blocks:
        holds = first in block.nodes and second in block.nodes
        baseline = block.nodes[0]
        column += [
            float(holds) * ((node == first) - (baseline == first)) for node in block.nodes[1:]
        ]
    return np.array(column)
