"""The league table of each network: column against row, without an order by effect."""

from __future__ import annotations

from typing import Any

from aikg.synthesis.plots import svg
from aikg.synthesis.words import between, figure

Json = dict[str, Any]

_CELL, _HIGH = 190.0, 66.0


def draw(answer: Json) -> str:
    """Return the league tables of an answer, one below the other."""
    title = f"League table: {svg.name(answer, answer['question']['outcome'])}"
    parts = [svg.text(20, 28, title, size=17, bold=True)]
    y, width = 60.0, 700.0
    for stratum in answer["strata"]:
        head = f"{stratum['setting']} ({stratum['figures']}); column against row"
        parts.append(svg.text(20, y, head, bold=True))
        for item in stratum["refused"]:
            y += 20
            reason = f"not computed: {', '.join(item['codes'])}"
            parts.append(svg.text(20, y, reason, fill=svg.GREY))
        y += 14
        parts += _table(stratum, answer, y)
        y += _HIGH * len(stratum["nodes"]) + 40
        width = max(width, 40 + _CELL * len(stratum["nodes"]))
    return svg.document("league", (width, y), title, answer["summary"], parts)


def _table(stratum: Json, answer: Json, top: float) -> list[str]:
    place = {drug: i for i, drug in enumerate(stratum["nodes"])}
    parts = []
    for drug, i in place.items():
        x, y = 20 + _CELL * i, top + _HIGH * i
        name = svg.cut(svg.name(answer, drug), _CELL - 10)
        parts.append(svg.rectangle(x, y, _CELL, _HIGH, fill="#e8e8e8", stroke=svg.GREY))
        parts.append(svg.text(x + _CELL / 2, y + _HIGH / 2 + 4, name, anchor="middle", bold=True))
    for pair in stratum["pairs"]:
        column, row = place[pair["experimental"]], place[pair["reference"]]
        x, y = 20 + _CELL * column, top + _HIGH * row
        parts.append(svg.rectangle(x, y, _CELL, _HIGH, fill="#ffffff", stroke=svg.GREY))
        for i, each in enumerate(pair["estimates"][:2]):
            ends = f"{figure(each['interval']['low'])} to {figure(each['interval']['high'])}"
            lines = (f"{each['model']}: {between(each['estimate'])}", f"({ends})")
            for j, words in enumerate(lines):
                at = y + 16 + 30 * i + 13 * j
                parts.append(svg.text(x + 6, at, svg.cut(words, _CELL - 8, 11), size=11))
    return parts
