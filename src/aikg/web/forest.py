"""A forest plot of printed ratios with their intervals: a row for each, drawn on the server."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from aikg.synthesis.plots import svg
from aikg.web.sections import Row

#: The most rows of a plot; the table below it has all.
MOST = 14
_WIDTH, _LEFT, _RIGHT, _ROW = 1000.0, 520.0, 800.0, 40.0
_LOW, _HIGH = 0.2, 5.0
_INTERVAL = re.compile(r"(\d+(?:\.\d+)?) to (\d+(?:\.\d+)?)")
_NUMBER = re.compile(r"\d+(?:[.\u00b7]\d+)?")


def draw(key: str, title: str, rows: Sequence[Row]) -> str | None:
    """Draw the ratios among some comparisons; None if there is none.

    Args:
        key: A name that the page has once.
        title: The title of the drawing.
        rows: Rows with `figure_label`, `measure`, `interval`, and names of outcome and groups.
    """
    ratios = [(row, found) for row in rows if (found := _ratio(row))][:MOST]
    if not ratios:
        return None
    parts = [
        svg.text(10, 24, svg.cut("comparison", _LEFT - 20), bold=True),
        svg.text(_RIGHT + 20, 24, "as printed (interval)", bold=True),
    ]
    y = 24 + _ROW
    bottom = y + _ROW * (len(ratios) - 0.5)
    parts.append(svg.line(_at(1), 34, _at(1), bottom, dashes="4 3"))
    for row, (value, low, high) in ratios:
        parts.append(svg.text(10, y - 3, svg.cut(_label(row), _LEFT - 20, 12), size=12))
        parts.append(svg.text(10, y + 13, svg.cut(_groups(row), _LEFT - 20, 11), size=11))
        parts.append(svg.line(_at(low), y, _at(high), y, width=1.5))
        for end, turn in ((low, 7), (high, -7)):
            if not _LOW <= end <= _HIGH:
                x = _at(end)
                parts.append(svg.polygon([(x, y), (x + turn, y - 4), (x + turn, y + 4)]))
        parts.append(svg.rectangle(_at(value) - 4, y - 4, 8, 8))
        parts.append(svg.text(_RIGHT + 20, y + 4, f"{value:g} ({low:g} to {high:g})", size=12))
        y += _ROW
    parts.append(svg.line(_LEFT, bottom, _RIGHT, bottom))
    for tick in (0.25, 0.5, 1, 2, 4):
        parts.append(svg.line(_at(tick), bottom, _at(tick), bottom + 5))
        parts.append(svg.text(_at(tick), bottom + 20, f"{tick:g}", anchor="middle", size=12))
    words = "; ".join(
        f"{_label(row)}, {_groups(row)}: {v:g} ({a:g} to {b:g})" for row, (v, a, b) in ratios
    )
    return svg.document(key, (_WIDTH, bottom + 30), title, words, parts)


def _at(value: float) -> float:
    share = math.log(min(max(value, _LOW), _HIGH) / _LOW) / math.log(_HIGH / _LOW)
    return _LEFT + share * (_RIGHT - _LEFT)


def _words(row: Row, name: str) -> str:
    return str(row.get(f"{name}_label", row.get(name, {})).get("value", ""))


def _label(row: Row) -> str:
    names = ("outcome", "study", "assessed_by", "analysis")
    return ", ".join(filter(None, (_words(row, name) for name in names)))


def _groups(row: Row) -> str:
    """Name the two groups: a ratio below 1 means fewer events in the first."""
    return " against ".join(filter(None, (_words(row, "group"), _words(row, "against"))))


def _ratio(row: Row) -> tuple[float, float, float] | None:
    """Return a printed ratio and its limits; None without limits, or for another measure."""
    if "ratio" not in str(row.get("measure", {}).get("value", "")):
        return None
    ends = _INTERVAL.match(str(row.get("interval", {}).get("value", "")))
    if not ends:
        return None
    low, high = float(ends[1]), float(ends[2])
    texts = _NUMBER.findall(str(row.get("figure_label", {}).get("value", "")))
    values = [float(text.replace("\u00b7", ".")) for text in texts]
    value = next((v for v in values if low <= v <= high), None)
    return (value, low, high) if value and 0 < low < high else None
