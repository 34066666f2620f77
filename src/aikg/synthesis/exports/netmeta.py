"""For netmeta (R): one row an arm for `pairwise`, and contrasts of printed ratios."""

from __future__ import annotations

from typing import Any

from aikg.synthesis.exports.tables import (
    arms,
    common_files,
    ratios,
    short,
    text,
    variants,
    verdict,
)

Json = dict[str, Any]


def write(answer: Json) -> dict[str, str]:
    """Return the files: one for each estimate, or two where its counts are not unique."""
    files = common_files(answer)
    for variant in variants(answer):
        rows = [
            (short(study), short(arm.drug), arm.events, arm.size, verdict(variant.estimate))
            for study, of_study in arms(answer, variant).items()
            for arm in of_study
        ]
        if rows:
            files[f"{variant.name}.arms.csv"] = text(
                ("studlab", "treat", "event", "n", "verdict"), rows
            )
        contrasts = _contrasts(ratios(answer, variant.estimate), verdict(variant.estimate))
        if contrasts:
            files[f"{variant.name}.contrasts.csv"] = text(
                ("studlab", "treat1", "treat2", "TE", "seTE", "verdict"), contrasts
            )
    return files


def _contrasts(found: list[Json], words: str) -> list[tuple[object, ...]]:
    """Return all contrasts; of a trial of three arms the last is the difference of the others.

    netmeta stops where the ratios of one study do not close exactly, and printed ones are rounded.
    """
    rows: list[tuple[object, ...]] = []
    against: dict[str, dict[tuple[str, str], float]] = {}
    for ratio in found:
        one, other = ratio["experimental"], ratio["reference"]
        known = against.setdefault(ratio["study"], {})
        effect = ratio["yi"]
        for middle in {end for pair in known for end in pair} - {one, other}:
            if (one, middle) in known and (other, middle) in known:
                effect = known[one, middle] - known[other, middle]
        known[one, other], known[other, one] = effect, -effect
        rows.append((short(ratio["study"]), short(one), short(other), effect, ratio["sei"], words))
    return rows
