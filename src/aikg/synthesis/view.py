"""The content of an answer's page, as plain data: the process that writes the page has no numpy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aikg.synthesis import output
from aikg.synthesis.evidence import PAPER, REVIEW
from aikg.synthesis.plots import svg
from aikg.synthesis.verdicts import CODES, NOTE, PERMISSIBLE, REFUSED, WITH_CAVEATS, ordered
from aikg.synthesis.words import NOT_COMPUTED, SEARCH

Json = dict[str, Any]

#: The verdicts, for readers.
_VERDICTS = {
    PERMISSIBLE: "Can be compared",
    WITH_CAVEATS: "Can be compared, with caveats",
    REFUSED: "Cannot be compared",
}


def page(answer: Json, kind: str) -> Json:
    """Return the content of the page of an answer.

    Args:
        answer: The answer.
        kind: One of `output.FORMATS`.

    Returns:
        `question` with its labels, `verdict`, `search` (what every answer says of its evidence),
        `summary`, `sources`, `plots`, `tables`, `refused`, `caveats`, `cells`, `notUsed`,
        `formats`. A thing is its `id` with its `name`.
    """
    columns, rows = output.table(answer, kind)
    estimates = answer.get("estimates", ())
    return {
        "question": {key: _question(answer, key) for key in answer["question"]},
        "verdict": _VERDICTS[answer["verdict"]] if "verdict" in answer else None,
        "search": SEARCH,
        "summary": answer["summary"].removesuffix(SEARCH).partition(NOT_COMPUTED)[0].strip(),
        "sources": _sources(answer),
        "plots": [
            {"name": name.partition(".")[0], "svg": text}
            for name, text in output.write(answer, kind, "svg").items()
        ],
        "table": {"columns": list(columns), "rows": rows},
        "refused": _each_once(_refused(item, answer) for item in _all_refused(answer)),
        "caveats": _codes([*_codes_of(estimates), *answer.get("caveats", ())]),
        "inconsistency": list(_inconsistency(answer)),
        "equivalence": answer.get("equivalence"),
        "cells": [_cell(each, answer) for each in answer.get("cells", ())],
        "ratios": [_ratio(each, answer) for each in answer.get("ratios", ())],
        "notUsed": [
            {**_thing(answer, each["finding"]), "reason": each["reason"]}
            for each in answer.get("not_used", ())
        ],
        "leftOut": answer.get("left_out", 0),
        "version": answer["dataVersion"],
        "formats": [form for form in output.FORMATS[kind] if form != "svg"],
    }


def _thing(answer: Json, identifier: str) -> Json:
    return {"id": identifier, "name": svg.name(answer, identifier)}


def _question(answer: Json, key: str) -> Any:
    value = answer["question"][key]
    named = key in {"experimental", "reference", "outcome", "population"}
    return _thing(answer, value) if named and value else value


def _sources(answer: Json) -> list[Json]:
    """Return whose evidence it is: the curators' as one, then each submission."""
    used = answer["sources"]
    curated = [each for each in used if each["kind"] == "curated"]
    found = [{"kind": "curated", "files": len(curated)}] if curated else []
    return found + [
        {**each, "name": each["graph"].removeprefix("graph/submission/")}
        for each in used
        if each["kind"] != "curated"
    ]


def _inconsistency(answer: Json) -> Iterable[Json]:
    """Return each test of direct against indirect evidence, with what it is about."""
    names = ("method", "figures", "p", "words")
    for row in answer.get("inconsistency", ()):
        about = f"through {svg.name(answer, row['through'])}" if "through" in row else ""
        yield {name: row[name] for name in names} | {"about": about}
    for stratum in answer.get("strata", ()):
        for row in stratum["inconsistency"]:
            pair = [svg.name(answer, row[end]) for end in ("experimental", "reference")
                    if end in row]  # fmt: skip
            about = ", ".join([*([" against ".join(pair)] if pair else []), stratum["setting"]])
            yield {"figures": stratum["figures"], "about": about} | {
                name: row[name] for name in names if name in row
            }


def _all_refused(answer: Json) -> Iterable[Json]:
    yield from answer.get("refused", ())
    for stratum in answer.get("strata", ()):
        yield from stratum["refused"]


def _each_once(refused: Iterable[Json]) -> list[Json]:
    """Leave out what would be read twice: the same words of the same path."""
    return list({(item["what"], item["words"]): item for item in refused}.values())


def _refused(item: Json, answer: Json) -> Json:
    through = "".join(f" through {svg.name(answer, node)}" for node in item["through"])
    return {
        "what": f"{item['path']}{through}",
        "studies": [_thing(answer, study) for study in item["studies"]],
        "codes": item["codes"],
        "words": item["words"],
        "blockedBy": [_thing(answer, each) for each in item["blockedBy"]],
    }


def _codes_of(estimates: Iterable[Json]) -> list[str]:
    return [code for each in estimates for code in each["caveats"]]


def _codes(found: Iterable[str]) -> list[Json]:
    """Return caveats in words, those that change a verdict first."""
    return [
        {"code": code, "words": CODES[code].words, "note": CODES[code].kind == NOTE}
        for code in ordered(found)
    ]


def _cell(cell: Json, answer: Json) -> Json:
    """Return one figure that was read: as printed, what it may mean, whose it is."""
    figures = [
        {
            "by": source,
            "printed": figure["printed"],
            "counts": _counts(figure["candidates"]),
            "place": _thing(answer, figure["place"]),
        }
        for source in (REVIEW, PAPER)
        if (figure := cell["figures"][source])
    ]
    return {
        "study": _thing(answer, cell["study"]),
        "treatment": _thing(answer, cell["drug"]),
        "population": _thing(answer, cell["population"]),
        "size": cell["size"],
        "status": cell["status"],
        "figures": figures,
        "source": _source(cell, answer),
    }


def _counts(candidates: list[Json]) -> str:
    counts = [each["count"] for each in candidates]
    if not counts:
        return ""
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def _ratio(ratio: Json, answer: Json) -> Json:
    return {
        "study": _thing(answer, ratio["study"]),
        "treatment": _thing(answer, ratio["experimental"]),
        "against": _thing(answer, ratio["reference"]),
        "population": _thing(answer, ratio["population"]),
        "printed": ratio["printed"],
        "place": _thing(answer, ratio["place"]) if ratio.get("place") else None,
        "source": _source(ratio, answer),
    }


def _source(part: Json, answer: Json) -> Json:
    """Return whose a figure is: curated, or of a submission, by whom and since when."""
    known = {each["graph"]: each for each in answer["sources"]}
    graph = part["graph"]
    source = known.get(graph, {"kind": "curated", "by": None, "since": None})
    name = graph.removeprefix("graph/submission/") if source["kind"] == "submission" else graph
    return {"id": graph, "name": name, **{key: source[key] for key in ("kind", "by", "since")}}
