"""The forest plot: a row for each trial, diamonds for estimates, refused rows in grey."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from aikg.synthesis.plots import svg
from aikg.synthesis.words import between, figure, measure_name, p_value, patients

Json = dict[str, Any]

_WIDTH, _LEFT, _RIGHT, _ROW = 1240.0, 560.0, 920.0, 26.0
_FIGURES = 300.0
_TICKS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0)


@dataclass(frozen=True)
class Axis:
    """Where a value stands on the paper.

    Attributes:
        low: The least value that is shown.
        high: The greatest.
        ratio: Whether the axis is logarithmic.
    """

    low: float
    high: float
    ratio: bool

    def at(self, value: float) -> float:
        """Return the place of a value, at the edge where it lies outside."""
        scale = math.log if self.ratio else float
        value = min(max(value, self.low), self.high)
        share = (scale(value) - scale(self.low)) / (scale(self.high) - scale(self.low))
        return _LEFT + share * (_RIGHT - _LEFT)

    @property
    def null(self) -> float:
        """No difference."""
        return 1.0 if self.ratio else 0.0

    @property
    def ticks(self) -> list[float]:
        """The values that are written below."""
        if self.ratio:
            return [tick for tick in _TICKS if self.low <= tick <= self.high]
        step = 10 ** math.floor(math.log10(self.high - self.low))
        first = math.ceil(self.low / step)
        return [i * step for i in range(first, math.floor(self.high / step) + 1)]


def draw(answer: Json) -> str:
    """Return the forest plot of a comparison."""
    asked = answer["question"]
    one, other = svg.name(answer, asked["experimental"]), svg.name(answer, asked["reference"])
    axis = _axis(answer)
    parts = [svg.text(20, 28, f"{one} against {other}", size=17, bold=True)]
    where = f"{svg.name(answer, asked['outcome'])}, {svg.name(answer, asked['population'])}"
    parts.append(svg.text(20, 48, svg.cut(where, 900)))
    parts += [
        svg.text(_RIGHT + 20, 76, measure_name(asked["measure"]) + " (95% interval)", bold=True),
        svg.text(20, 76, "trial or estimate", bold=True),
    ]
    y = 100.0
    for estimate in answer["estimates"]:
        rows, y = _estimate(estimate, answer, axis, y)
        parts += rows
    for item in answer["refused"]:
        parts += _refused(item, answer, y)
        y += _ROW
    parts += _below(answer, axis, y, one, other)
    title = f"Forest plot: {one} against {other}"
    return svg.document("forest", (_WIDTH, y + 80), title, answer["summary"], parts)


def _axis(answer: Json) -> Axis:
    """Return an axis that shows all intervals, within bounds."""
    ratio = answer["question"]["measure"] != "risk-difference"
    intervals = [each["interval"] for each in answer["estimates"]]
    intervals += [trial["interval"] for each in answer["estimates"] for trial in each["trials"]]
    ends = [interval[end] for interval in intervals for end in ("low", "high")]
    known = [end for end in ends if end is not None]
    if ratio:
        low = max(0.05, min([0.5, *known]) / 1.1)
        return Axis(low, min(20.0, max([2.0, *known]) * 1.1), ratio)
    return Axis(min([-10.0, *known]) - 1, max([10.0, *known]) + 1, ratio)


def _estimate(estimate: Json, answer: Json, axis: Axis, y: float) -> tuple[list[str], float]:
    """Return the rows of one estimate, and where the next begins."""
    label = f"{estimate['path']} ({estimate['figures']}, {estimate['model']})"
    if estimate["through"]:
        through = ", ".join(svg.name(answer, node) for node in estimate["through"])
        label = f"{estimate['path']} through {through} ({estimate['figures']}, {estimate['model']})"
    rows = [svg.text(20, y + 4, svg.cut(label, _LEFT - 30), bold=True)]
    rows += _diamond(estimate, axis, y)
    low, high = estimate["interval"]["low"], estimate["interval"]["high"]
    value = f"{between(estimate['estimate'])} ({figure(low)} to {figure(high)})"
    rows.append(svg.text(_RIGHT + 20, y + 4, value))
    y += _ROW
    whom = patients(estimate, lambda one: svg.name(answer, one))
    details = f"{estimate['setting']}; {p_value(estimate['p'])}; {whom}".replace("; ; ", "; ")
    rows.append(svg.text(36, y, svg.cut(details, _LEFT - 50, 12), size=12))
    heterogeneity = _heterogeneity(estimate)
    if heterogeneity:
        rows.append(svg.text(_RIGHT + 20, y, heterogeneity, size=12))
    y += _ROW * 0.8
    for weight in estimate["weights"]:
        rows += _trial(weight, estimate, answer, axis, y)
        y += _ROW * 0.8
    if estimate["prediction"]:
        ends = estimate["prediction"]
        rows.append(svg.text(36, y, "prediction interval", size=12))
        x1, x2 = axis.at(ends["low"]), axis.at(ends["high"])
        rows.append(svg.line(x1, y - 4, x2, y - 4, width=4, stroke=svg.GREY))
        rows.append(svg.text(_RIGHT + 20, y, f"{figure(ends['low'])} to {figure(ends['high'])}",
                             size=12))  # fmt: skip
        y += _ROW * 0.8
    return rows, y + 8


def _heterogeneity(estimate: Json) -> str:
    if not estimate["q"]:
        return ""
    text = f"Q {between(estimate['q'])} on {estimate['df']}; I² {between(estimate['i2'])}%"
    return text + (f"; tau² {between(estimate['tau2'])}" if estimate["tau2"] else "")


def _diamond(estimate: Json, axis: Axis, y: float) -> list[str]:
    """Return the interval with its band, and a diamond, or two hollow squares for a range."""
    low, high = estimate["interval"]["low"], estimate["interval"]["high"]
    if low is None or high is None:
        return []
    x1, x2 = axis.at(low), axis.at(high)
    rows = []
    least, most = axis.at(estimate["estimate"]["low"]), axis.at(estimate["estimate"]["high"])
    if estimate["combinations"] > 1:
        rows.append(svg.rectangle(x1, y - 7, x2 - x1, 14, fill=svg.BAND))
        rows += [
            svg.rectangle(x - 4, y - 4, 8, 8, fill="#ffffff", stroke=svg.INK) for x in (least, most)
        ]
        rows.append(svg.line(x1, y, x2, y))
    else:
        rows.append(svg.polygon([(x1, y), (least, y - 8), (x2, y), (least, y + 8)]))
    return rows + _arrows(low, high, axis, y)


def _arrows(low: float, high: float, axis: Axis, y: float) -> list[str]:
    """Return an arrowhead at each end of an interval that lies outside."""
    ends = ((axis.at(low), 6, low < axis.low), (axis.at(high), -6, high > axis.high))
    return [
        svg.polygon([(x, y), (x + turn, y - 5), (x + turn, y + 5)]) for x, turn, out in ends if out
    ]


def _trial(weight: Json, estimate: Json, answer: Json, axis: Axis, y: float) -> list[str]:
    """Return the row of one trial: its figures and its weight."""
    arms = []
    used = set(estimate["cells"])
    for cell in answer["cells"]:
        if cell["study"] == weight["study"] and cell["id"] in used:
            low = estimate["atLow"]["counts"].get(cell["id"])
            high = estimate["atHigh"]["counts"].get(cell["id"])
            counts = str(low) if low == high else f"{min(low, high)}-{max(low, high)}"
            arms.append(f"{svg.name(answer, cell['drug'])} {counts}/{cell['size']}")
    for ratio in answer["ratios"]:
        if ratio["study"] == weight["study"] and ratio["id"] in used:
            arms.append(ratio["printed"])
    share = between({"low": weight["low"], "high": weight["high"]})
    label = svg.name(answer, weight["study"])
    rows = [
        svg.text(36, y, svg.cut(label, _FIGURES - 40, 12), size=12),
        svg.text(_FIGURES, y, svg.cut("; ".join(arms), _LEFT - _FIGURES, 12), size=12),
        svg.text(_RIGHT + 20, y, f"weight {share}%", size=12),
    ]
    for trial in estimate["trials"]:
        if trial["study"] == weight["study"] and trial["interval"]["low"] is not None:
            rows += _square(trial, weight, axis, y - 4)
    return rows


def _square(trial: Json, weight: Json, axis: Axis, y: float) -> list[str]:
    """Return the interval of one trial, and a square whose area grows with its weight."""
    ends = [axis.at(trial["interval"][end]) for end in ("low", "high")]
    side = 3 + 9 * math.sqrt(max(weight["low"], 0) / 100)
    middles = dict.fromkeys(axis.at(trial["estimate"][end]) for end in ("low", "high"))
    return [
        svg.line(ends[0], y, ends[1], y),
        *(svg.rectangle(x - side / 2, y - side / 2, side, side) for x in middles),
        *_arrows(trial["interval"]["low"], trial["interval"]["high"], axis, y),
    ]


def _refused(item: Json, answer: Json, y: float) -> list[str]:
    studies = ", ".join(svg.name(answer, study) for study in item["studies"])
    through = "".join(f" through {svg.name(answer, node)}" for node in item["through"])
    label = f"{item['path']}{through}: {studies}" if studies else f"{item['path']}{through}"
    reason = f"not computed: {', '.join(item['codes'])}"
    return [
        svg.text(20, y + 4, svg.cut(label, _LEFT - 40), fill=svg.GREY),
        svg.text(_LEFT + 4, y + 4, svg.cut(reason, _WIDTH - _LEFT), fill=svg.GREY),
    ]


def _below(answer: Json, axis: Axis, y: float, one: str, other: str) -> list[str]:
    """Return the axis, the line at no difference, and what each side favours."""
    parts = [svg.line(_LEFT, y, _RIGHT, y), svg.line(axis.at(axis.null), 84, axis.at(axis.null), y,
                                                     dashes="4 3")]  # fmt: skip
    for tick in axis.ticks:
        x = axis.at(tick)
        parts += [
            svg.line(x, y, x, y + 5),
            svg.text(x, y + 20, f"{tick:g}", anchor="middle", size=12),
        ]
    good = answer["question"]["eventIsGood"]
    below, above = ("less in", "more in")
    left, right = f"{below} {one}", f"{above} {one}"
    if good is not None:
        left, right = (f"favours {other if good else one}", f"favours {one if good else other}")
    middle = axis.at(axis.null)
    parts.append(svg.text(middle - 12, y + 42, left, anchor="end", size=12))
    parts.append(svg.text(middle + 12, y + 42, right, size=12))
    return parts
