"""Every combination of the counts and the roundings that may stand behind one estimate.

The same cell has the same count wherever it enters, so that all trials of an estimate are
enumerated together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from aikg.synthesis.counts import COMBINATIONS
from aikg.synthesis.effects import arm_effect
from aikg.synthesis.evidence import Question
from aikg.synthesis.network import Block, Floats
from aikg.synthesis.reading import Reading

#: Combinations times the cube of the rows of contrasts: what one estimate may cost at most.
WORK = 200_000_000


class TooMany(Exception):
    """More combinations than are enumerated.

    Attributes:
        combinations: How many there would be.
    """

    def __init__(self, combinations: int) -> None:
        super().__init__(combinations)
        self.combinations = combinations


class Combinations:
    """The combinations of one estimate.

    Attributes:
        size: How many.
        printed: The combination in which each ratio is as printed, where the counts are unique.
        rounding_followed: Whether the corners of the printed ratios are enumerated too.
        cells: The cells whose count varies or not.
    """

    def __init__(self, uses: Sequence[tuple[Reading, tuple[str, ...]]], question: Question) -> None:
        """Count the combinations, then enumerate them.

        Args:
            uses: The trials, with the treatments of each that enter.
            question: The question, for its measure and its correction.

        Raises:
            TooMany: There are more than are enumerated, or the job has done its work.
        """
        self._question = question
        self._options: dict[str, tuple[int, ...]] = {}
        self._corners: dict[str, list[tuple[float, float]]] = {}
        for reading, nodes in uses:
            for node in nodes:
                for cell in reading.trial.cells.get(node, ()):
                    self._options[cell.id] = reading.options[cell.id]
            for ratio in reading.trial.ratios:
                ends = {ratio.experimental.treatment, ratio.reference.treatment}
                if ratio.id in reading.corners and ends <= set(nodes):
                    self._corners[ratio.id] = reading.corners[ratio.id]
        counts = math.prod(map(len, self._options.values()))
        corners = math.prod(len(each) - 1 for each in self._corners.values())
        rows = sum(len(nodes) - 1 for _, nodes in uses)
        self.rounding_followed = not self._corners or _affordable(counts * (1 + corners), rows)
        self.size = counts * (1 + corners if self._corners and self.rounding_followed else 1)
        if not (_affordable(self.size, rows) and question.work.take(self.size * rows**3)):
            raise TooMany(self.size)
        self.printed = 0 if counts == 1 else None
        self._index = self._enumerate(counts, corners)

    def _enumerate(self, counts: int, corners: int) -> dict[str, Floats]:
        """Return which option of each cell and ratio each combination takes."""
        index: dict[str, Floats] = {}
        repeats = self.size // counts
        shape = [len(each) for each in self._options.values()]
        for name, at in zip(self._options, _grid(shape, counts), strict=True):
            index[name] = np.repeat(at, repeats)
        followed = self._corners and self.rounding_followed
        shape = [len(each) - 1 for each in self._corners.values()]
        grid = _grid(shape, corners) if followed else [np.zeros(0, int)] * len(shape)
        for name, at in zip(self._corners, grid, strict=True):
            index[name] = np.tile(np.concatenate([[0], at + 1]) if followed else [0], counts)
        return index

    @property
    def cells(self) -> list[str]:
        """The cells that enter."""
        return list(self._options)

    @property
    def ratios(self) -> list[str]:
        """The printed ratios that enter."""
        return list(self._corners)

    def counts_at(self, combination: int) -> dict[str, int]:
        """Return the count of each cell in one combination."""
        return {
            cell: options[int(self._index[cell][combination])]
            for cell, options in self._options.items()
        }

    def events(self, reading: Reading, node: str) -> tuple[Floats, Floats]:
        """Return events and size of one treatment of a trial, in each combination."""
        cells = reading.trial.cells[node]
        events = np.zeros(self.size)
        for cell in cells:
            events += np.array(self._options[cell.id], float)[self._index[cell.id]]
        size = np.full(self.size, float(sum(cell.group.size or 0 for cell in cells)))
        return events, size

    def block(self, reading: Reading, nodes: Sequence[str]) -> Block:
        """Return the contrasts of a trial against the first of these treatments."""
        if reading.trial.ratios:
            return self._block_of_ratios(reading, nodes)
        arms = [self.events(reading, node) for node in nodes]
        if add := float(self._question.correct):
            zero = np.any([(e == 0) | (e == n) for e, n in arms], axis=0)
            arms = [(e + add * zero, n + 2 * add * zero) for e, n in arms]
        effects = [arm_effect(self._question.measure, events, size) for events, size in arms]
        (base, base_variance), *others = effects
        y = np.stack([effect - base for effect, _ in others], axis=1)
        v = np.repeat(base_variance[:, None, None], len(others), axis=1).repeat(len(others), axis=2)
        for i, (_, variance) in enumerate(others):
            v[:, i, i] += variance
        return Block(reading.trial.study.id, tuple(nodes), y, v)

    def _block_of_ratios(self, reading: Reading, nodes: Sequence[str]) -> Block:
        """Return the same from printed ratios.

        The variance that two contrasts of one trial share follows from the three ratios.
        """
        y: dict[tuple[str, str], Floats] = {}
        variance: dict[frozenset[str], Floats] = {}
        for ratio in reading.trial.ratios:
            one, other = ratio.experimental.treatment or "", ratio.reference.treatment or ""
            if ratio.id in self._corners:
                values = np.array(self._corners[ratio.id])[self._index[ratio.id]]
                y[one, other], y[other, one] = values[:, 0], -values[:, 0]
                variance[frozenset((one, other))] = values[:, 1] ** 2
        base, *others = nodes
        v = np.zeros((self.size, len(others), len(others)))
        for i, one in enumerate(others):
            for j, other in enumerate(others):
                with_base = variance[frozenset((base, one))]
                if i == j:
                    v[:, i, i] = with_base
                else:
                    both = with_base + variance[frozenset((base, other))]
                    v[:, i, j] = (both - variance[frozenset((one, other))]) / 2
        estimates = np.stack([y[node, base] for node in others], axis=1)
        return Block(reading.trial.study.id, tuple(nodes), estimates, v)


def _affordable(combinations: int, rows: int) -> bool:
    return combinations <= COMBINATIONS and combinations * rows**3 <= WORK


def _grid(shape: Sequence[int], size: int) -> list[Floats]:
    """Return the index of each factor in each element of a product, the last varying fastest.

    numpy's own function has a bound of 64 factors.
    """
    found, repeats = [], size
    for count in shape:
        repeats //= count
        found.append(np.arange(size) // repeats % count)
    return found
