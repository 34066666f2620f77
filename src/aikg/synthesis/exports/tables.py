"""Shared by all exports: the trials of an estimate as rows, refusals, and CSV that is safe."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from aikg.characters import visible

Json = dict[str, Any]

#: A program that opens CSV as a workbook would compute a text that begins so.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Arm:
    """One treatment of one trial.

    Attributes:
        study: The study.
        drug: The treatment.
        events: How many people had the event.
        size: How many people.
    """

    study: str
    drug: str
    events: int
    size: int


@dataclass(frozen=True)
class Variant:
    """An estimate with one choice of counts.

    Attributes:
        name: Its name for files: `direct-review`, `direct-review.low`.
        estimate: The estimate.
        counts: The count of each cell.
    """

    name: str
    estimate: Json
    counts: dict[str, int]


def text(columns: Sequence[str], rows: Iterable[Sequence[object]], *, mark: bool = False) -> str:
    """Return CSV with line feeds.

    Args:
        columns: The header; none for a matrix.
        rows: The rows; None is an empty cell.
        mark: Whether a mark of byte order comes first.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    if columns:
        writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return ("\ufeff" if mark else "") + buffer.getvalue()


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, str):
        seen = visible(value)
        return "'" + seen if value.startswith(_FORMULA) else seen
    return repr(value) if isinstance(value, float) else value


def short(identifier: str) -> str:
    """Return the last part of an identifier."""
    return identifier.rstrip("/").rsplit("/", 1)[-1]


def variants(answer: Json) -> Iterator[Variant]:
    """Return each estimate of the common model: once, or at its least and its greatest."""
    for estimate in answer["estimates"]:
        repeated = estimate["interval_method"] in {"newcombe", "mover"}
        if estimate["model"] != "common" or repeated:
            continue
        name = estimate["id"].replace("/", "-")
        low, high = estimate["atLow"]["counts"], estimate["atHigh"]["counts"]
        if low == high:
            yield Variant(name, estimate, low)
        else:
            yield Variant(f"{name}.low", estimate, low)
            yield Variant(f"{name}.high", estimate, high)


def arms(answer: Json, variant: Variant) -> dict[str, list[Arm]]:
    """Return the arms of each study of an estimate, in alphabetical order."""
    cells = {cell["id"]: cell for cell in answer["cells"]}
    merged: dict[tuple[str, str], Arm] = {}
    for name, count in variant.counts.items():
        cell = cells[name]
        key = (cell["study"], cell["drug"])
        before = merged.get(key, Arm(*key, 0, 0))
        merged[key] = Arm(*key, before.events + count, before.size + cell["size"])
    studies: dict[str, list[Arm]] = {}
    for key in sorted(merged):
        studies.setdefault(key[0], []).append(merged[key])
    return studies


def ratios(answer: Json, estimate: Json) -> list[Json]:
    """Return the printed ratios that enter an estimate."""
    used = set(estimate["cells"])
    return [ratio for ratio in answer["ratios"] if ratio["id"] in used and ratio["sei"]]


def verdict(estimate: Json) -> str:
    """Return the verdict of an estimate with its caveats."""
    return " ".join([estimate["verdict"], *estimate["caveats"]])


def common_files(answer: Json) -> dict[str, str]:
    """Return the refusals, and every count that may stand behind a figure."""
    refused = [
        (
            item["path"],
            " ".join(map(short, item["through"])),
            " ".join(map(short, item["studies"])),
            item["figures"],
            " ".join(item["codes"]),
            item["words"],
        )
        for item in answer["refused"]
    ]
    columns = ("path", "through", "studies", "figures", "codes", "words")
    files = {"refused.csv": text(columns, refused)}
    if any("counts-not-unique" in each["caveats"] for each in answer["estimates"]):
        rows = [
            (
                short(cell["study"]),
                short(cell["drug"]),
                source,
                figure["printed"],
                cell["size"],
                candidate["count"],
                " ".join(candidate["by"]),
            )
            for cell in answer["cells"]
            for source, figure in cell["figures"].items()
            if figure
            for candidate in figure["candidates"]
        ]
        names = ("study", "treatment", "figures", "printed", "n", "count", "by")
        files["candidates.csv"] = text(names, rows)
    return files


def estimates(answer: Json) -> str:
    """Return the estimates and the refusals as one table."""
    rows: list[Sequence[object]] = [
        (
            each["id"], each["path"], each["setting"],
            " ".join(map(short, each["populations"])), each["figures"], each["measure"],
            each["model"], each["interval_method"], each["point"], each["estimate"]["low"],
            each["estimate"]["high"], each["interval"]["low"], each["interval"]["high"],
            each["combinations"], each["k"], each["verdict"], " ".join(each["caveats"]), "",
        )
        for each in answer["estimates"]
    ]  # fmt: skip
    rows += [
        (
            "", item["path"], "", "", item["figures"], answer["question"]["measure"], "", "", None,
            None, None, None, None, None, None, "refused", " ".join(item["codes"]), item["words"],
        )
        for item in answer["refused"]
    ]  # fmt: skip
    columns = (
        "id", "path", "setting", "populations", "figures", "measure", "model",
        "interval_method", "point", "low", "high", "ci_low", "ci_high",
        "combinations", "k", "verdict", "codes", "words",
    )  # fmt: skip
    return text(columns, rows)


def league(answer: Json) -> str:
    """Return all pairs of all networks."""
    rows = [
        (
            stratum["setting"], stratum["figures"], short(pair["experimental"]),
            short(pair["reference"]), each["model"], each["point"], each["estimate"]["low"],
            each["estimate"]["high"], each["interval"]["low"], each["interval"]["high"],
            each["verdict"], " ".join(each["caveats"]),
        )
        for stratum in answer["strata"]
        for pair in stratum["pairs"]
        for each in pair["estimates"]
    ]  # fmt: skip
    columns = (
        "setting", "figures", "experimental", "reference", "model", "point", "low", "high",
        "ci_low", "ci_high", "verdict", "codes",
    )  # fmt: skip
    return text(columns, rows)


def evidence_map(answer: Json) -> str:
    """Return each pair with its evidence, or what is missing."""
    rows = [
        (
            short(row["a"]),
            short(row["b"]),
            sum(each["trials"] for each in row["direct"]),
            sum(each["patients"] for each in row["direct"]),
            "; ".join(" ".join(map(short, each["through"])) for each in row["indirect"]),
            row["verdict"],
            " ".join(row["codes"]),
            "; ".join(" ".join(map(short, each["cells"])) for each in row["wouldOpen"]),
        )
        for row in answer["pairs"]
    ]
    columns = ("a", "b", "trials", "patients", "through", "verdict", "codes", "would_open")
    return text(columns, rows)
