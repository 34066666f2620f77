"""For RevMan: the analysis package of RevMan Web, and the "Data and analyses" table of RevMan 5."""

from __future__ import annotations

import math
from typing import Any

from aikg.synthesis.exports.tables import (
    Arm,
    Variant,
    arms,
    common_files,
    ratios,
    short,
    text,
    variants,
    verdict,
)

Json = dict[str, Any]

#: The columns of RevMan Web's own analysis package.
WEB = [
    "Analysis group",
    "Analysis number",
    "Analysis name",
    "Subgroup",
    "Applicability",
    "Study",
    "Study year",
    "GIV Mean",
    "GIV SE",
    "Experimental mean",
    "Experimental SD",
    "Experimental cases",
    "Experimental N",
    "Control mean",
    "Control SD",
    "Control cases",
    "Control N",
    "O-E",
    "Variance",
    "Weight",
    "Mean",
    "CI start",
    "CI end",
    "Footnotes",
]
#: The columns of RevMan 5.
FIVE = [
    "Comparison Number",
    "Outcome Number",
    "Subgroup Number",
    "Name",
    "Data Type",
    "Statistical Method",
    "Effect Measure",
    "Analysis Model",
    "Events 1",
    "Mean 1",
    "SD 1",
    "Total 1",
    "Events 2",
    "Mean 2",
    "SD 2",
    "Total 2",
    "Effect Estimate",
    "SE",
    "CI Start",
    "CI End",
    "Weight",
    "Q",
    "P(Q)",
    "I²(Q)",
    "Tau²",
    "Z",
    "P(Z)",
    "Qint",
    "P(Qint)",
    "I²(Qint)",
    "df",
    "Group Label 1",
    "Group Label 2",
    "Left Graph Label",
    "Right Graph Label",
    "Year of study",
    "User defined order",
]
_MEASURES = {
    "odds-ratio": "OR",
    "risk-ratio": "RR",
    "risk-difference": "RD",
    "hazard-ratio": "HR",
}


def write(answer: Json) -> dict[str, str]:
    """Return the files of the direct estimates; RevMan has no indirect ones."""
    files = common_files(answer)
    direct = [v for v in variants(answer) if v.estimate["path"] == "direct"]
    web = [row for i, variant in enumerate(direct, 1) for row in _web(answer, variant, i)]
    files["revman-web.csv"] = text(WEB, ([row.get(name) for name in WEB] for row in web), mark=True)
    five = [row for i, variant in enumerate(direct, 1) for row in _five(answer, variant, i)]
    files["revman-5.csv"] = text(FIVE, ([row.get(name) for name in FIVE] for row in five))
    return files


def _pairs(answer: Json, variant: Variant) -> list[tuple[str, Arm, Arm]]:
    """Return both arms of each study: experimental, then reference."""
    asked = answer["question"]
    found = []
    for study, of_study in arms(answer, variant).items():
        by_drug = {arm.drug: arm for arm in of_study}
        found.append((study, by_drug[asked["experimental"]], by_drug[asked["reference"]]))
    return found


def _web(answer: Json, variant: Variant, number: int) -> list[Json]:
    head = {
        "Analysis group": 1,
        "Analysis number": number,
        "Analysis name": variant.name,
        "Footnotes": verdict(variant.estimate),
    }
    rows = [
        {
            **head,
            "Study": short(study),
            "Experimental cases": one.events,
            "Experimental N": one.size,
            "Control cases": other.events,
            "Control N": other.size,
        }
        for study, one, other in _pairs(answer, variant)
    ]
    return rows + [
        {**head, "Study": short(r["study"]), "GIV Mean": _oriented(answer, r), "GIV SE": r["sei"]}
        for r in ratios(answer, variant.estimate)
    ]


def _oriented(answer: Json, ratio: Json) -> float:
    same = ratio["experimental"] == answer["question"]["experimental"]
    return float(ratio["yi"] if same else -ratio["yi"])


def _five(answer: Json, variant: Variant, number: int) -> list[Json]:
    """Return the outcome's row, then a row for each study."""
    asked, estimate = answer["question"], variant.estimate
    counts = bool(variant.counts)
    at = estimate["atHigh" if variant.name.endswith(".high") else "atLow"]
    labels = answer["labels"]
    outcome = {
        "Comparison Number": 1,
        "Outcome Number": number,
        "Subgroup Number": 0,
        "Name": variant.name,
        "Data Type": "DIC" if counts else "GIV",
        "Statistical Method": "IV",
        "Effect Measure": _MEASURES[asked["measure"]],
        "Analysis Model": "Fixed",
        "Effect Estimate": at["estimate"],
        "CI Start": at["interval"][0],
        "CI End": at["interval"][1],
        "P(Z)": at["p"],
        "df": estimate["df"],
        "Group Label 1": labels.get(asked["experimental"], short(asked["experimental"])),
        "Group Label 2": labels.get(asked["reference"], short(asked["reference"])),
    }
    base = {"Comparison Number": 1, "Outcome Number": number, "Subgroup Number": 0}
    rows: list[Json] = [
        {**base, "Name": short(study), "Events 1": one.events, "Total 1": one.size,
         "Events 2": other.events, "Total 2": other.size, "User defined order": i}
        for i, (study, one, other) in enumerate(_pairs(answer, variant), 1)
    ]  # fmt: skip
    rows += [
        {**base, "Name": short(r["study"]), "Effect Estimate": math.exp(_oriented(answer, r)),
         "SE": r["sei"]}
        for r in ratios(answer, estimate)
    ]  # fmt: skip
    return [outcome, *rows]
