"""An answer as plain data, with the keys of `docs/reference/compare.md`: what every output shows.

Ratios are ratios, differences percentage points; numbers are unrounded. Nothing is NaN or infinite.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from aikg.synthesis import caveats, settings
from aikg.synthesis.distributions import LEVEL
from aikg.synthesis.effects import RISK_DIFFERENCE, is_ratio, limits
from aikg.synthesis.estimates import DIRECT, INDIRECT, MIXED, NETWORK, Estimate
from aikg.synthesis.evidence import PAPER, REVIEW, Cell, Evidence, Question
from aikg.synthesis.findings import Refused
from aikg.synthesis.network import Floats
from aikg.synthesis.reading import Reading
from aikg.synthesis.verdicts import ordered, verdict_of

#: How the name of a graph begins that is a submission, or a file that nobody has published.
SUBMITTED, FILES = "graph/submission/", "graph/file/"

_PATHS = (DIRECT, INDIRECT, MIXED, NETWORK)

Json = dict[str, Any]


def scale_of(question: Question) -> Callable[[float], float]:
    """Return how a number of the analysis becomes one that is reported."""
    return math.exp if is_ratio(question.measure) else lambda value: 100 * value


def number(value: float) -> float | None:
    """Return a number for JSON: None where it is not finite."""
    return float(value) if math.isfinite(value) else None


def span(values: Floats, scale: Callable[[float], float] = float) -> Json:
    """Return the least and the greatest of some values."""
    return {"low": number(scale(float(values.min()))), "high": number(scale(float(values.max())))}


def estimate(found: Estimate, figures: str, evidence: Evidence, question: Question) -> Json:
    """Return one estimate as data."""
    scale = scale_of(question)
    codes = caveats.of_estimate(found, evidence, question)
    several = found.q is not None and found.df
    printed = found.combinations.printed
    data: Json = {
        "id": "",
        "path": found.path,
        "through": list(found.through),
        "studies": list(dict.fromkeys(r.trial.study.id for r in found.readings)),
        "setting": _setting(found.readings, evidence),
        "populations": list(dict.fromkeys(r.trial.population.id for r in found.readings)),
        "figures": _figures(found.readings, figures),
        "measure": question.measure,
        "model": found.model,
        "interval_method": found.method,
        "verdict": verdict_of(codes),
        "caveats": codes,
        "combinations": found.combinations.size,
        "point": None if printed is None else number(scale(float(found.y[printed]))),
        "estimate": span(found.y, scale),
        "interval": {
            "level": LEVEL,
            "low": number(scale(float(found.low.min()))),
            "high": number(scale(float(found.high.max()))),
        },
        "p": None if found.p is None else span(found.p),
        "asPrinted": None if printed is None else _at(found, printed, scale),
        "atLow": _at(found, int(np.argmin(found.y)), scale),
        "atHigh": _at(found, int(np.argmax(found.y)), scale),
        "excludingNoDifference": sum(caveats.excludes_null(found)),
        "direction": "not-stable" if "direction-not-stable" in codes else "stable",
        "risks": _risks(found) if found.path == DIRECT else {},
        "k": len({r.trial.study.id for r in found.readings}),
        "q": span(found.q) if several and found.q is not None else None,
        "df": found.df if several else None,
        "tau2": span(found.tau2) if found.tau2 is not None else None,
        "i2": _i2(found),
        "prediction": _limits(found.prediction, scale),
        "knappHartung": _limits(found.knapp_hartung, scale),
        "weights": [_weight(study, share) for study, share in sorted(found.weights.items())],
        "trials": _trials(found, question) if found.path == DIRECT else [],
        "cells": sorted([*found.combinations.cells, *found.combinations.ratios]),
    }
    return data


def _trials(found: Estimate, question: Question) -> list[Json]:
    """Return what each trial of a direct estimate says by itself, on the scale that is reported."""
    scale, pair = scale_of(question), sorted((question.experimental, question.reference))
    if question.experimental not in pair or "" in pair:
        return []
    sign = 1.0 if pair[1] == question.experimental else -1.0
    rows = []
    for reading in found.readings:
        block = found.combinations.block(reading, pair)
        y, se = sign * block.y[:, 0], np.sqrt(block.v[:, 0, 0])
        low, high = limits(y, se)
        ends = {"low": number(scale(low.min())), "high": number(scale(high.max()))}
        rows.append({"study": reading.trial.study.id, "estimate": span(y, scale), "interval": ends})
    return rows


def _figures(readings: Sequence[Reading], figures: str) -> str:
    papers = all(reading.figures == PAPER for reading in readings)
    mixed = any(reading.figures == PAPER for reading in readings)
    return PAPER if papers or (mixed and figures == PAPER) else REVIEW


def _setting(readings: Iterable[Reading], evidence: Evidence) -> str:
    populations = {r.trial.population.id: r.trial.population for r in readings}
    return settings.describe([populations[each] for each in sorted(populations)], evidence)


def _at(found: Estimate, index: int, scale: Callable[[float], float]) -> Json:
    return {
        "counts": found.combinations.counts_at(index),
        "estimate": number(scale(float(found.y[index]))),
        "interval": [
            number(scale(float(found.low[index]))),
            number(scale(float(found.high[index]))),
        ],
        "p": None if found.p is None else number(float(found.p[index])),
    }


def _limits(limits: tuple[Floats, Floats] | None, scale: Callable[[float], float]) -> Json | None:
    if limits is None:
        return None
    low, high = float(limits[0].min()), float(limits[1].max())
    return {"level": LEVEL, "low": number(scale(low)), "high": number(scale(high))}


def _i2(found: Estimate) -> Json | None:
    if found.q is None or not found.df:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(found.q > 0, np.maximum(0.0, 1 - found.df / found.q), 0.0)
    return span(shares, lambda share: 100 * share)


def _weight(study: str, share: Floats) -> Json:
    low, high = float(share.min()), float(share.max())
    same = math.isclose(low, high, rel_tol=1e-12)
    return {"study": study, "percent": low if same else None, "low": low, "high": high}


def _risks(found: Estimate) -> Json:
    """Return how many of 100 people had the event on each treatment, over all its trials."""
    risks: Json = {}
    if any(reading.trial.ratios for reading in found.readings):
        return risks
    nodes = {node for reading in found.readings for node in reading.usable}
    pair = [node for node in sorted(nodes) if all(node in r.trial.cells for r in found.readings)]
    entering = set(found.combinations.cells)
    for node in pair:
        if not {c.id for r in found.readings for c in r.trial.cells[node]} <= entering:
            continue
        arms = [found.combinations.events(reading, node) for reading in found.readings]
        share = sum(events for events, _ in arms) / sum(size for _, size in arms)
        risks[node] = span(np.asarray(100 * share))
    return risks


def refused(item: Refused) -> Json:
    """Return one refusal as data: it has no number."""
    return {
        "path": item.path,
        "through": list(item.through),
        "studies": list(item.studies),
        "figures": item.figures,
        "codes": item.codes,
        "words": " ".join(dict.fromkeys(reason.words for reason in item.reasons)),
        "blockedBy": list(
            dict.fromkeys(each for reason in item.reasons for each in reason.blocked_by)
        ),
    }


def cell(found: Cell) -> Json:
    """Return one cell as data, with every count behind each figure."""
    figures: Json = {REVIEW: None, PAPER: None}
    for source, figure in found.figures.items():
        figures[source] = {
            "printed": figure.printed,
            "finding": figure.finding,
            "place": figure.place,
            "candidates": [
                {"count": each.count, "by": list(each.by)} for each in figure.candidates
            ],
        }
    return {
        "id": found.id,
        "study": found.group.study,
        "group": found.group.id,
        "drug": found.group.treatment,
        "outcome": found.outcome,
        "status": found.status,
        "size": found.group.size,
        "analysisSet": found.group.analysis_set.rsplit("/", 1)[-1],
        "population": found.group.population,
        "graph": found.graph,
        "figures": figures,
    }


def sources(graphs: Iterable[str], evidence: Evidence) -> list[Json]:
    """Return whose evidence an answer rests on: each file or submission, in fixed order."""
    found: list[Json] = []
    for graph in sorted(set(graphs) - {""}):
        since, by = evidence.senders.get(graph, ("", ""))
        named = {SUBMITTED: "submission", FILES: "file"}
        kind = next((what for start, what in named.items() if graph.startswith(start)), "curated")
        found.append({"graph": graph, "kind": kind, "by": by or None, "since": since or None})
    return found


def order(estimates: list[Json]) -> list[Json]:
    """Put estimates in their fixed order, and name each."""
    estimates.sort(
        key=lambda e: (
            _PATHS.index(e["path"]), e["through"], e["figures"] != REVIEW, e["setting"],
            e["populations"], e["model"] != "common", e["interval_method"],
        )
    )  # fmt: skip
    seen: dict[str, int] = {}
    for each in estimates:
        parts = [each["path"]]
        if each["path"] in {INDIRECT, MIXED}:
            parts += [name.rsplit("/", 1)[-1] for name in each["through"]]
        parts.append(each["figures"])
        if each["model"] != "common":
            parts.append(each["model"])
        if each["measure"] == RISK_DIFFERENCE:
            parts.append(each["interval_method"])
        name = "/".join(parts)
        seen[name] = seen.get(name, 0) + 1
        each["id"] = name if seen[name] == 1 else f"{name}/{seen[name]}"
    return estimates


def network(readings: Sequence[Reading], evidence: Evidence) -> Json:
    """Return the network of all trials of the question, with what may and may not be used."""
    nodes: dict[str, Json] = {}
    edges: dict[tuple[str, str, str], Json] = {}
    for reading in readings:
        trial = reading.trial
        setting = settings.describe([trial.population], evidence)
        for node in trial.nodes:
            size = sum(g.size or 0 for g in trial.groups if g.treatment == node)
            entry = nodes.setdefault(node, {"drug": node, "trials": 0, "patients": 0})
            entry["trials"] += 1
            entry["patients"] += size
        for i, one in enumerate(trial.nodes):
            for other in trial.nodes[i + 1 :]:
                reasons = reading.refusals(one, other)
                edge = edges.setdefault(
                    (one, other, setting),
                    {"a": one, "b": other, "studies": [], "setting": setting,
                     "verdict": "refused", "codes": []},
                )  # fmt: skip
                edge["studies"].append(trial.study.id)
                if not reasons:
                    edge["verdict"] = verdict_of(caveats.of_readings([reading], evidence))
                edge["codes"] = ordered([*edge["codes"], *(reason.code for reason in reasons)])
    return {
        "nodes": [nodes[node] for node in sorted(nodes)],
        "edges": [edges[key] for key in sorted(edges)],
    }
