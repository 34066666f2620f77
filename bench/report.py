"""One measurement as a section of a page, and how figures are written."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Goal:
    """What should be reached, and what was.

    Attributes:
        text: What should be reached.
        reached: The measured figure, with its unit.
        met: Whether that is enough.
    """

    text: str
    reached: str
    met: bool


@dataclass(frozen=True)
class Section:
    """One measurement: its method, its table, its goals.

    Attributes:
        title: The subject of the measurement.
        method: How, in sentences.
        header: The heads of the columns.
        rows: The cells, as they are shown.
        goals: What the figures are held against.
    """

    title: str
    method: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    goals: Sequence[Goal] = field(default=())

    def markdown(self) -> str:
        """Write it as a section of a page."""
        parts = [f"### {self.title}", self.method, table(self.header, self.rows)]
        return "\n\n".join(part for part in parts if part)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def milliseconds(seconds: float) -> str:
    """Write a time with three significant digits at most."""
    number = 1000 * seconds
    return f"{number:.2f}" if number < 10 else f"{number:.1f}" if number < 100 else f"{number:.0f}"


def times(ratio: float) -> str:
    """Write a ratio, so that its size can be seen."""
    return f"{ratio:.3f}" if ratio < 0.1 else f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"


def median(values: Sequence[float]) -> float:
    """Return the median; what is empty has none, which is not a number."""
    return statistics.median(values) if values else float("nan")


def percentile(values: Sequence[float], share: int) -> float:
    """Return the value below which a share of the values lies, in percent."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share / 100 * (len(ordered) - 1)))]
