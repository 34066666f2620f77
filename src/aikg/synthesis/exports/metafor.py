"""For metafor (R): pairs for `escalc` and `rma`, networks for `rma.mv` with their covariance."""

from __future__ import annotations

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

_COUNTS = ("study", "experimental", "reference", "ai", "n1i", "ci", "n2i")
_RATIOS = ("study", "experimental", "reference", "yi", "vi", "sei")


def write(answer: Json) -> dict[str, str]:
    """Return the files: one for each estimate, or two where its counts are not unique."""
    files = common_files(answer)
    for variant in variants(answer):
        network = variant.estimate["path"] == "network"
        design = ("design",) if network else ()
        found = arms(answer, variant)
        rows = [
            (short(study), short(arm.drug), short(of_study[0].drug), arm.events, arm.size,
             of_study[0].events, of_study[0].size, *(_design(of_study) if network else ()),
             verdict(variant.estimate))
            for study, of_study in found.items()
            for arm in of_study[1:]
        ]  # fmt: skip
        if rows:
            files[f"{variant.name}.csv"] = text((*_COUNTS, *design, "verdict"), rows)
        if network and rows:
            files[f"{variant.name}.V.csv"] = text((), _covariance(found, answer))
        files |= _ratio_file(answer, variant)
    return files


def _design(of_study: list[Arm]) -> tuple[str]:
    return ("-".join(short(arm.drug) for arm in of_study),)


def _ratio_file(answer: Json, variant: Variant) -> dict[str, str]:
    rows = [
        (short(r["study"]), short(r["experimental"]), short(r["reference"]), r["yi"],
         r["sei"] ** 2, r["sei"], verdict(variant.estimate))
        for r in ratios(answer, variant.estimate)
    ]  # fmt: skip
    if not rows:
        return {}
    return {f"{variant.name}.ratios.csv": text((*_RATIOS, "verdict"), rows)}


def _covariance(found: dict[str, list[Arm]], answer: Json) -> list[list[float]]:
    """Return the covariance of all contrasts: those of one study share its first arm."""
    measure, correct = answer["question"]["measure"], answer["question"]["correct"]
    rows = [(study, arm, of_study[0]) for study, of_study in found.items() for arm in of_study[1:]]
    added = {
        study: correct if any(arm.events in {0, arm.size} for arm in of_study) else 0.0
        for study, of_study in found.items()
    }
    return [
        [
            0.0 if study != other else _variance(base, measure, added[study])
            + (_variance(arm, measure, added[study]) if arm is same else 0.0)
            for other, same, _ in rows
        ]
        for study, arm, base in rows
    ]  # fmt: skip


def _variance(arm: Arm, measure: str, added: float) -> float:
    """Return the variance of one arm, with what is added to its cells."""
    events, size = arm.events + added, arm.size + 2 * added
    if measure == "odds-ratio":
        return 1 / events + 1 / (size - events)
    if measure == "risk-ratio":
        return 1 / events - 1 / size
    risk = events / size
    return risk * (1 - risk) / size
