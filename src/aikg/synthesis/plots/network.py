"""The network of trials: a fixed circle of treatments in alphabetical order."""

from __future__ import annotations

import math
from typing import Any

from aikg.synthesis.plots import svg

Json = dict[str, Any]

_WIDTH, _HEIGHT, _RADIUS = 900.0, 640.0, 210.0


def draw(answer: Json) -> str:
    """Return the network of an answer."""
    found = answer["network"]
    drugs = sorted(node["drug"] for node in found["nodes"])
    at = {drug: _place(i, len(drugs)) for i, drug in enumerate(drugs)}
    parts = [svg.text(20, 28, _title(answer), size=17, bold=True)]
    parts += _areas(found, at)
    shown = sorted({edge["setting"] for edge in found["edges"] if edge["verdict"] != "refused"})
    for number, edge in enumerate(found["edges"]):
        parts += _edge(edge, at, shown, number)
    most = max((node["patients"] for node in found["nodes"]), default=0) or 1
    for node in found["nodes"]:
        x, y = at[node["drug"]]
        parts.append(svg.circle(x, y, 6 + 18 * math.sqrt(node["patients"] / most)))
        outward = 34 if y >= _HEIGHT / 2 else -28
        label = f"{svg.name(answer, node['drug'])} ({node['patients']} people)"
        parts.append(svg.text(x, y + outward, label, anchor="middle"))
    parts += _legend(shown)
    words = " ".join(_sentence(edge, answer) for edge in found["edges"])
    return svg.document(
        "network", (_WIDTH, _HEIGHT + 24 * len(shown)), _title(answer), words, parts
    )


def _title(answer: Json) -> str:
    return f"Network of trials: {svg.name(answer, answer['question']['outcome'])}"


def _place(index: int, count: int) -> tuple[float, float]:
    angle = -math.pi / 2 + 2 * math.pi * index / max(count, 1)
    x, y = _WIDTH / 2, _HEIGHT / 2 + 10
    return x + 1.3 * _RADIUS * math.cos(angle), y + _RADIUS * math.sin(angle)


def _areas(found: Json, at: dict[str, tuple[float, float]]) -> list[str]:
    """Shade the treatments of each trial of three arms or more."""
    arms: dict[str, set[str]] = {}
    for edge in found["edges"]:
        for study in edge["studies"]:
            arms.setdefault(study, set()).update((edge["a"], edge["b"]))
    return [
        svg.polygon([at[drug] for drug in sorted(nodes)], fill=svg.BAND, opacity=0.5)
        for _, nodes in sorted(arms.items())
        if len(nodes) > 2
    ]


def _edge(
    edge: Json, at: dict[str, tuple[float, float]], shown: list[str], number: int
) -> list[str]:
    """Return one edge: dotted and grey where refused, dashed by setting."""
    (x1, y1), (x2, y2) = at[edge["a"]], at[edge["b"]]
    trials = len(set(edge["studies"]))
    share = 0.5 + 0.12 * (number % 3 - 1)
    x, y = x1 + (x2 - x1) * share, y1 + (y2 - y1) * share
    if edge["verdict"] == "refused":
        label = ", ".join(edge["codes"])
        return [
            svg.line(x1, y1, x2, y2, stroke=svg.GREY, dashes="2 5"),
            svg.text(x, y, label, anchor="middle", size=11, fill=svg.GREY),
        ]
    dashes = ("", "10 5", "4 4", "12 4 3 4")[shown.index(edge["setting"]) % 4]
    label = f"{trials} trial{'' if trials == 1 else 's'}"
    return [
        svg.line(x1, y1, x2, y2, width=1 + trials, dashes=dashes),
        svg.text(x, y - 6, label, anchor="middle", size=12),
    ]


def _legend(shown: list[str]) -> list[str]:
    parts = []
    for i, setting in enumerate(shown):
        y = _HEIGHT + 24 * i - 4
        dashes = ("", "10 5", "4 4", "12 4 3 4")[i % 4]
        parts += [svg.line(20, y, 80, y, width=2, dashes=dashes), svg.text(90, y + 4, setting)]
    return parts


def _sentence(edge: Json, answer: Json) -> str:
    verdict = edge["verdict"] if edge["verdict"] != "refused" else ", ".join(edge["codes"])
    pair = f"{svg.name(answer, edge['a'])} and {svg.name(answer, edge['b'])}"
    return f"{pair}, {edge['setting']}: {len(set(edge['studies']))} trial(s), {verdict}."
