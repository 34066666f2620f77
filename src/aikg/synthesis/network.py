"""Generalised least squares over the contrasts of trials, for every combination of counts at once.

An estimate from one trial, one from several of the same pair, and a whole network are the same
computation with other design matrices, so that all of them are solved here.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # The same bytes on machines of any size.

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[Any]

#: How many combinations are solved at a time: it bounds the memory.
_BATCH = 2_000


@dataclass(frozen=True)
class Block:
    """The contrasts of one study against its first arm, for each combination of counts.

    Attributes:
        study: The study.
        nodes: Its treatments; the first is the baseline.
        y: The contrasts of the others against it, combinations x rows.
        v: Their covariance, combinations x rows x rows.
    """

    study: str
    nodes: tuple[str, ...]
    y: Floats
    v: Floats


@dataclass(frozen=True)
class Solution:
    """The fit of one network, for each combination of counts (the first axis of each array).

    Attributes:
        nodes: The treatments, the reference first; parameters are of the others against it.
        b: The parameters.
        covariance: Their covariance.
        q: Cochran's Q, about the common effect also where `tau2` was added.
        df: The degrees of freedom of Q.
        tau2: The variance between trials, by the method of moments; 0 where df is 0.
        hat: How each row of contrasts enters each parameter: parameters x rows.
        x: The design matrix.
        rows: The study of each row.
        scale: The mean square about the model's own estimate: r'V^-1 r / df, 1 where df is 0.
    """

    nodes: tuple[str, ...]
    b: Floats
    covariance: Floats
    q: Floats
    df: int
    tau2: Floats
    hat: Floats
    x: Floats
    rows: tuple[str, ...]
    scale: Floats

    def contrast(self, first: str, second: str) -> Floats:
        """Return the weights of the parameters that make up `first` minus `second`."""
        weights = np.zeros(len(self.nodes) - 1)
        for node, sign in ((first, 1.0), (second, -1.0)):
            if position := self.nodes.index(node):
                weights[position - 1] += sign
        return weights

    def pair(self, first: str, second: str) -> tuple[Floats, Floats]:
        """Return the estimate of `first` minus `second` and its standard error."""
        weights = self.contrast(first, second)
        variance = np.einsum("p,mpq,q->m", weights, self.covariance, weights)
        return self.b @ weights, np.sqrt(variance)

    def shares(self, first: str, second: str) -> dict[str, Floats]:
        """Return how much each study contributes to the variance of a pair, in percent.

        The covariance of the rows times `hat` is `covariance @ x.T`, so that the variance of an
        estimate is a sum over the rows of each study.
        """
        weights = self.contrast(first, second)
        entering = np.einsum("p,mpr->mr", weights, self.hat)
        varying = np.einsum("p,mpq,rq->mr", weights, self.covariance, self.x)
        parts = entering * varying
        total = parts.sum(axis=1)
        where = {s: [i for i, row in enumerate(self.rows) if row == s] for s in self.rows}
        return {s: 100 * parts[:, at].sum(axis=1) / total for s, at in where.items()}


def components(edges: Sequence[Sequence[str]]) -> list[set[str]]:
    """Return the connected parts of a network of treatments.

    Args:
        edges: The treatments of each study.
    """
    parts: list[set[str]] = []
    for nodes in edges:
        joined = set(nodes)
        for part in [part for part in parts if part & joined]:
            joined |= part
            parts.remove(part)
        parts.append(joined)
    return parts


def design_matrix(blocks: Sequence[Block], nodes: Sequence[str]) -> Floats:
    """Return the design: a row for each contrast, a column for each node but the first."""
    rows = []
    for block in blocks:
        for node in block.nodes[1:]:
            row = np.zeros(len(nodes))
            row[nodes.index(node)] += 1
            row[nodes.index(block.nodes[0])] -= 1
            rows.append(row[1:])
    return np.array(rows)


def solve(
    blocks: Sequence[Block], nodes: Sequence[str], *, random: bool, extra: Floats | None = None
) -> Solution:
    """Fit one connected network.

    Args:
        blocks: The studies.
        nodes: The treatments, the reference first.
        random: Whether the variance between trials is added.
        extra: A further column of the design, for a test of inconsistency, or None.
    """
    x = design_matrix(blocks, nodes)
    names = tuple(nodes)
    if extra is not None:
        x = np.column_stack([x, extra])
        names = (*names, "")
    y = np.concatenate([block.y for block in blocks], axis=1)
    r = _between(blocks)
    parts = [
        _solve_batch(x, y[i : i + _BATCH], _covariance(blocks, i), r, random)
        for i in range(0, len(y), _BATCH)
    ]
    b, covariance, q, tau2, hat, scale = (
        np.concatenate(arrays) for arrays in zip(*parts, strict=True)
    )
    rows = tuple(block.study for block in blocks for _ in block.nodes[1:])
    df = len(x) - int(np.linalg.matrix_rank(x))
    return Solution(names, b, covariance, q, df, tau2, hat, x, rows, scale)


def _covariance(blocks: Sequence[Block], start: int) -> Floats:
    """Put the covariances of the studies on the diagonal, for one batch of combinations."""
    parts = [block.v[start : start + _BATCH] for block in blocks]
    size = sum(part.shape[1] for part in parts)
    whole = np.zeros((len(parts[0]), size, size))
    at = 0
    for part in parts:
        end = at + part.shape[1]
        whole[:, at:end, at:end] = part
        at = end
    return whole


def _between(blocks: Sequence[Block]) -> Floats:
    """Return how the variance between trials enters: 1, and 1/2 between rows of one study."""
    studies = np.concatenate([np.full(len(b.nodes) - 1, i) for i, b in enumerate(blocks)])
    same: Floats = studies[:, None] == studies[None, :]
    return np.where(same, 0.5, 0.0) + 0.5 * np.eye(len(studies))


def _solve_batch(
    x: Floats, y: Floats, v: Floats, r: Floats, random: bool
) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats]:
    weights: Floats = np.linalg.inv(v)
    b, covariance, hat, residual = _fit(x, y, weights)
    q = _square(residual, weights)
    df = len(x) - int(np.linalg.matrix_rank(x))
    tau2, scale = np.zeros(len(y)), np.ones(len(y))
    if df:
        p = weights - weights @ x @ hat
        tau2 = np.maximum(0.0, (q - df) / np.trace(p @ r, axis1=1, axis2=2))
    if random:
        weights = np.linalg.inv(v + tau2[:, None, None] * r)
        b, covariance, hat, residual = _fit(x, y, weights)
    if df:
        scale = _square(residual, weights) / df
    return b, covariance, q, tau2, hat, scale


def _fit(x: Floats, y: Floats, weights: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    xw = x.T @ weights
    covariance = np.linalg.inv(xw @ x)
    hat = covariance @ xw
    b = np.einsum("mpr,mr->mp", hat, y)
    return b, covariance, hat, y - b @ x.T


def _square(residual: Floats, weights: Floats) -> Floats:
    return np.asarray(np.einsum("mr,mrs,ms->m", residual, weights, residual))
