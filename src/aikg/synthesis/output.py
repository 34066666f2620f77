"""The formats of an answer, by name: what the command line and the pages write."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from aikg.characters import escaped_json
from aikg.synthesis.asking import Asker, Words
from aikg.synthesis.exports import fhir, metafor, netmeta, revman, stata, tables
from aikg.synthesis.plots import forest, league, matrix, network
from aikg.synthesis.words import between, figure, p_value, patients

Json = dict[str, Any]
Writer = Callable[[Json], dict[str, str]]


def as_json(answer: Json) -> str:
    """Return an answer as JSON, its hidden characters as escapes."""
    return escaped_json(json.dumps(answer, indent=2, ensure_ascii=False, allow_nan=False)) + "\n"


def _json(answer: Json) -> dict[str, str]:
    return {"answer.json": as_json(answer)}


#: The formats of each kind of answer; each writes files by name.
FORMATS: dict[str, dict[str, Writer]] = {
    "compare": {
        "json": _json,
        "csv": lambda answer: {"estimates.csv": tables.estimates(answer)},
        "metafor": metafor.write,
        "netmeta": netmeta.write,
        "revman": revman.write,
        "stata": stata.write,
        "fhir": fhir.write,
        "svg": lambda answer: {"forest.svg": forest.draw(answer)},
    },
    "network": {
        "json": _json,
        "csv": lambda answer: {"league.csv": tables.league(answer)},
        "svg": lambda answer: {
            "network.svg": network.draw(answer),
            "league.svg": league.draw(answer),
        },
        "league": lambda answer: {"league.svg": league.draw(answer)},
    },
    "map": {
        "json": _json,
        "csv": lambda answer: {"map.csv": tables.evidence_map(answer)},
        "svg": lambda answer: {"map.svg": matrix.draw(answer)},
    },
}


def answer(asker: Asker, kind: str, words: Words) -> Json:
    """Answer a question of a kind of `FORMATS`.

    Raises:
        ComparisonMalformed: The comparison cannot be asked for.
        ComparisonNameUnknown: A name is unknown or stands for several.
    """
    asked = {"compare": asker.compare, "network": asker.league, "map": asker.map}
    return asked[kind](words)


def write(answer: Json, kind: str, form: str) -> dict[str, str]:
    """Return the files of an answer in a format, by name."""
    return FORMATS[kind][form](answer)


def table(answer: Json, kind: str) -> tuple[Sequence[str], list[list[str]]]:
    """Return an answer as columns and rows for readers."""
    if kind == "map":
        rows = [
            [_name(answer, row["a"]), _name(answer, row["b"]), _paths(answer, row), row["verdict"]]
            for row in answer["pairs"]
        ]
        return ("treatment", "treatment", "evidence", "verdict"), rows
    estimates = answer.get("estimates")
    if estimates is None:
        estimates = [
            {**each, "id": f"{_name(answer, pair['experimental'])} v "
             f"{_name(answer, pair['reference'])}, {each['model']}"}
            for stratum in answer["strata"]
            for pair in stratum["pairs"]
            if pair["experimental"] < pair["reference"]
            for each in pair["estimates"]
        ]  # fmt: skip
    rows = [
        [
            each["id"], patients(each, lambda one: _name(answer, one)), each["setting"],
            between(each["estimate"]),
            f"{figure(each['interval']['low'])} to {figure(each['interval']['high'])}",
            p_value(each["p"]), str(each["k"]), str(each["combinations"]), each["verdict"],
        ]
        for each in estimates
    ]  # fmt: skip
    names = (
        "estimate",
        "patients",
        "setting",
        "value",
        "95% interval",
        "p",
        "trials",
        "combinations",
        "verdict",
    )
    return names, rows


def _name(answer: Json, identifier: str) -> str:
    return str(answer["labels"].get(identifier, identifier.rsplit("/", 1)[-1]))


def _paths(answer: Json, row: Json) -> str:
    """Say which evidence a pair of the map has, or what is missing."""
    parts = [
        f"direct, {each['trials']} trial(s), {each['patients']} people ({each['setting']})"
        for each in row["direct"]
    ]
    parts += [
        f"through {', '.join(_name(answer, t) for t in each['through'])} ({each['setting']})"
        for each in row["indirect"]
    ]
    if not parts and row["network"]:
        parts = ["network"]
    for each in row["wouldOpen"]:
        missing = "; ".join(_name(answer, cell) for cell in each["cells"])
        parts.append(f"missing: {missing}")
    return "; ".join(parts) or ", ".join(row["codes"])


def reasons(answer: Json) -> list[str]:
    """Return the refusals of an answer, and the caveats of its estimates, a line each."""
    lines = [
        f"Not computed, {' '.join([item['path'], *item['codes']])}: {item['words']}"
        for item in answer.get("refused", ())
    ]
    codes = dict.fromkeys(c for each in answer.get("estimates", ()) for c in each["caveats"])
    page = "docs/reference/compare.md"
    return [*dict.fromkeys(lines), *([f"Caveats: {', '.join(codes)} ({page})."] if codes else [])]
