"""The evidence map: above the diagonal direct evidence, below it the best other path."""

from __future__ import annotations

from typing import Any

from aikg.synthesis.plots import svg

Json = dict[str, Any]

_CELL, _HIGH, _LEFT, _TOP = 230.0, 78.0, 160.0, 90.0


def draw(answer: Json) -> str:
    """Return the map of an answer."""
    drugs = answer["drugs"]
    place = {drug: i for i, drug in enumerate(drugs)}
    title = f"Evidence map: {svg.name(answer, answer['question']['outcome'])}"
    parts = [
        svg.text(20, 28, title, size=17, bold=True),
        svg.text(20, 50, "above the diagonal: direct trials; below: the best other path", size=12),
    ]
    for drug, i in place.items():
        name = svg.cut(svg.name(answer, drug), _CELL - 10)
        parts.append(svg.text(_LEFT + _CELL * (i + 0.5), _TOP - 8, name, anchor="middle"))
        parts.append(svg.text(_LEFT - 8, _TOP + _HIGH * (i + 0.5), name, anchor="end"))
        parts.append(
            svg.rectangle(_LEFT + _CELL * i, _TOP + _HIGH * i, _CELL, _HIGH, fill="#e8e8e8")
        )
    for row in answer["pairs"]:
        i, j = place[row["a"]], place[row["b"]]
        parts += _box(i, j, _direct(row, answer))
        parts += _box(j, i, _other(row, answer))
    size = len(drugs)
    words = answer["summary"]
    paper = (_LEFT + _CELL * size + 20, _TOP + _HIGH * size + 20)
    return svg.document("map", paper, title, words, parts)


def _box(row: int, column: int, lines: tuple[list[str], bool]) -> list[str]:
    """Return one cell with its lines; grey where there is nothing."""
    words, there = lines
    x, y = _LEFT + _CELL * column, _TOP + _HIGH * row
    fill = svg.BAND if there else "#ffffff"
    parts = [svg.rectangle(x, y, _CELL, _HIGH, fill=fill, stroke=svg.GREY)]
    for i, each in enumerate(words[:4]):
        colour = svg.INK if there else svg.GREY
        parts.append(svg.text(x + 6, y + 16 + 16 * i, svg.cut(each, _CELL - 8, 11), size=11,
                              fill=colour))  # fmt: skip
    return parts


def _direct(row: Json, answer: Json) -> tuple[list[str], bool]:
    if row["direct"]:
        return [
            line
            for each in row["direct"]
            for line in (f"{each['trials']} trial(s), {each['patients']} people", each["setting"])
        ], True
    return _nothing(row, answer), False


def _other(row: Json, answer: Json) -> tuple[list[str], bool]:
    if row["indirect"]:
        return [
            line
            for each in row["indirect"]
            for line in (
                f"through {', '.join(svg.name(answer, node) for node in each['through'])}",
                each["setting"],
            )
        ], True
    if row["network"]:
        return ["network", row["network"][0]["setting"]], True
    return _nothing(row, answer), False


def _nothing(row: Json, answer: Json) -> list[str]:
    missing = [svg.name(answer, cell) for each in row["wouldOpen"] for cell in each["cells"]]
    return [*row["codes"][:2], *(f"missing: {each}" for each in missing)]
