"""For Stata: non-events for `meta esize`, and arms for `network setup`; names are ASCII."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from aikg.synthesis.exports.tables import arms, common_files, ratios, short, text, variants, verdict

Json = dict[str, Any]

#: The longest name that Stata has.
LONGEST = 32


def write(answer: Json) -> dict[str, str]:
    """Return the files: pairs and arms of each estimate."""
    asked = answer["question"]
    files = common_files(answer)
    for variant in variants(answer):
        found = arms(answer, variant)
        words = verdict(variant.estimate)
        names = _names([*found, *(arm.drug for of_study in found.values() for arm in of_study)])
        by_study = {study: {arm.drug: arm for arm in each} for study, each in found.items()}
        pairs = [
            (names[study], one.events, one.size - one.events, other.events,
             other.size - other.events, words)
            for study, each in by_study.items()
            if (one := each.get(asked["experimental"])) and (other := each.get(asked["reference"]))
        ]  # fmt: skip
        if pairs:
            files[f"{variant.name}.csv"] = text(("study", "a", "b", "c", "d", "verdict"), pairs)
        rows = [
            (names[study], names[arm.drug], arm.events, arm.size, words)
            for study, each in found.items()
            for arm in each
        ]
        if rows:
            files[f"{variant.name}.arms.csv"] = text(("study", "trt", "d", "n", "verdict"), rows)
        printed = ratios(answer, variant.estimate)
        names = _names(
            [end for r in printed for end in (r["study"], r["experimental"], r["reference"])]
        )
        contrasts = [
            (names[r["study"]], names[r["experimental"]], names[r["reference"]], r["yi"], r["sei"],
             words)
            for r in printed
        ]  # fmt: skip
        if contrasts:
            files[f"{variant.name}.ratios.csv"] = text(
                ("study", "trt1", "trt2", "es", "se", "verdict"), contrasts
            )
    return files


def _names(identifiers: list[str]) -> dict[str, str]:
    """Return a name of each identifier that Stata can have, no two alike."""
    found: dict[str, str] = {}
    for identifier in dict.fromkeys(identifiers):
        plain = unicodedata.normalize("NFKD", short(identifier)).encode("ascii", "ignore").decode()
        name = re.sub(r"\W", "_", plain)
        name = (name if re.match(r"[A-Za-z]", name) else f"s_{name}")[:LONGEST]
        number = 1
        while name in found.values():
            number += 1
            name = f"{name[: LONGEST - len(str(number)) - 1]}_{number}"
        found[identifier] = name
    return found
