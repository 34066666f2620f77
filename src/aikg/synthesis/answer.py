"""The answer to one question: A against B, on one outcome, in one population."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from aikg.synthesis import absences, inconsistency, report, words
from aikg.synthesis.distributions import chi2_tail, two_sided_p
from aikg.synthesis.effects import corners, fault, is_ratio, limits
from aikg.synthesis.estimates import Loop
from aikg.synthesis.evidence import Evidence, Question, Ratio
from aikg.synthesis.findings import Found, Refused, find_all
from aikg.synthesis.network import Floats
from aikg.synthesis.report import Json
from aikg.synthesis.trials import Selection, select
from aikg.synthesis.verdicts import PERMISSIBLE, REFUSED, WITH_CAVEATS, Refusal, fill

#: What made an answer, and by which version of the rules.
METHOD = {"name": "aikg compare", "version": "1"}


def compare(evidence: Evidence, question: Question, version: str = "") -> Json:
    """Answer a question, as data with the keys of `docs/reference/compare.md`.

    Args:
        evidence: The evidence on the outcome.
        question: The question; its names are known.
        version: The version of the data.
    """
    selection = select(evidence, question)
    both = find_all(selection, evidence, question)
    estimates: list[Json] = []
    refused: dict[str, Json] = {}
    inconsistencies: list[Json] = []
    for found in both:
        for each in found.estimates:
            _add(estimates, report.estimate(each, found.figures, evidence, question))
        explained = absences.explain(selection, found, evidence, question)
        for item in [*found.refused, *explained]:
            _add_refused(refused, report.refused(item))
        for each_inconsistency in _inconsistency(found, evidence, question):
            if each_inconsistency not in inconsistencies:
                inconsistencies.append(each_inconsistency)
    answer: Json = {
        "question": question_of(question, evidence),
        "dataVersion": version,
        "method": METHOD,
        "verdict": _best(estimates),
        "summary": "",
        "caveats": []
        if selection.trials and all(trial.study.bias_rated for trial in selection.trials)
        else ["risk-of-bias-unrated"],
        "estimates": report.order(estimates),
        "refused": sorted(
            refused.values(),
            key=lambda r: (r["path"], r["through"], r["studies"], r["figures"] != "review"),
        ),
        "inconsistency": inconsistencies,
        "equivalence": _equivalence(estimates, evidence, question),
        "cells": [
            report.cell(cell)
            for trial in selection.trials
            for cells in trial.cells.values()
            for cell in cells
        ],
        "ratios": [_ratio(ratio) for trial in selection.trials for ratio in trial.ratios],
        "not_used": [
            {"finding": finding, "reason": reason}
            for finding, reason in sorted(set(selection.not_used))
        ],
        "sources": sources_of(selection, evidence),
        "network": report.network(both[0].readings, evidence),
        "labels": {},
    }
    answer["labels"] = labels_of(answer, evidence)
    answer["summary"] = words.summary(answer, evidence, question)
    return answer


def refuse(reason: Refusal, evidence: Evidence, question: Question, version: str = "") -> Json:
    """Answer a question that cannot be computed whatever the figures are, with its reason."""
    nothing = Evidence(labels=evidence.labels, outcomes=evidence.outcomes)
    answer = compare(nothing, question, version)
    refused = Refused("direct", (), (), "review", (reason,))
    answer["refused"] = [report.refused(refused)]
    answer["labels"] = labels_of(answer, evidence)
    answer["summary"] = words.summary(answer, evidence, question)
    return answer


def question_of(question: Question, evidence: Evidence) -> Json:
    """Return a question as data."""
    outcome = evidence.outcomes.get(question.outcome)
    return {
        "experimental": question.experimental,
        "reference": question.reference,
        "outcome": question.outcome,
        "population": question.population,
        "measure": question.measure,
        "nodes": question.nodes,
        "correct": float(question.correct),
        "eventIsGood": outcome.good if outcome else None,
    }


def _ratio(ratio: Ratio) -> Json:
    """Return one printed ratio as data; one that cannot be used has no numbers."""
    printed = ratio.printed
    usable = printed is not None and ratio.status == "Reported"
    usable = usable and printed is not None and fault(printed, ratio.measure) is None
    y, se = corners(printed, ratio.measure)[0] if usable and printed else (None, None)
    return {
        "yi": y,
        "sei": se,
        "id": ratio.id,
        "study": ratio.experimental.study,
        "experimental": ratio.experimental.treatment,
        "reference": ratio.reference.treatment,
        "outcome": ratio.outcome,
        "measure": ratio.measure,
        "status": ratio.status,
        "printed": ratio.text,
        "place": ratio.place,
        "population": ratio.experimental.population,
        "graph": ratio.graph,
    }


def _add(estimates: list[Json], data: Json) -> None:
    """Add an estimate, unless the other choice of figures has come to the same one."""
    compared = ("path", "through", "studies", "populations", "model", "interval_method")
    for known in estimates:
        same = all(known[key] == data[key] for key in compared)
        if same and known["atLow"] == data["atLow"] and known["atHigh"] == data["atHigh"]:
            return
    estimates.append(data)


def _add_refused(refused: dict[str, Json], data: Json) -> None:
    """Add a refusal, unless it is known of the other choice of figures; there may be thousands."""
    refused.setdefault(json.dumps({**data, "figures": ""}), data)


def _best(estimates: Sequence[Json]) -> str:
    verdicts = {each["verdict"] for each in estimates}
    return next((v for v in (PERMISSIBLE, WITH_CAVEATS) if v in verdicts), REFUSED)


def _inconsistency(found: Found, evidence: Evidence, question: Question) -> list[Json]:
    """Return how direct and indirect evidence differ, by loop, design and edge."""
    rows = [_loop(loop, found, question) for loop in found.loops]
    for network in found.networks:
        studies = sorted({reading.trial.study.id for reading, _ in network.readings})
        split = inconsistency.by_design(network.blocks, network.nodes)
        if not split.between_df:
            continue
        p = [chi2_tail(float(q), split.between_df) for q in split.between]
        row = _row("design", studies, found.figures)
        row |= {"q": report.span(split.between), "df": split.between_df}
        row |= {"p": report.span(np.array(p)), "within": report.span(split.within)}
        rows.append({**row, "withinDf": split.within_df, "words": words.inconsistency(min(p))})
        pair = (question.experimental, question.reference)
        edge = inconsistency.by_edge(network.blocks, network.nodes, *pair)
        if edge is not None:
            row = _row("edge", studies, found.figures)
            rows.append(row | _difference(*edge, question))
    return rows


def _row(method: str, studies: Sequence[str], figures: str) -> Json:
    return {"method": method, "studies": list(studies), "figures": figures}


def _loop(loop: Loop, found: Found, question: Question) -> Json:
    studies = sorted({reading.trial.study.id for reading in loop.readings})
    row = _row("loop", studies, found.figures) | {"through": loop.through}
    return row | _difference(loop.y, loop.se, question)


def _difference(y: Floats, se: Floats, question: Question) -> Json:
    """Return a difference of two estimates on the scale of the analysis, and as a ratio."""
    low, high = limits(y, se)
    p = np.array([two_sided_p(each) for each in y / se])
    ratio = is_ratio(question.measure)
    return {
        "difference": report.span(y),
        "ratio": report.span(y, report.scale_of(question)) if ratio else None,
        "interval": {"low": report.number(low.min()), "high": report.number(high.max())},
        "q": report.span((y / se) ** 2),
        "df": 1,
        "p": report.span(p),
        "words": words.inconsistency(float(p.min())),
    }


def _equivalence(estimates: Sequence[Json], evidence: Evidence, question: Question) -> Json:
    """Hold each interval against the margins of the outcome; without one nothing is said."""
    asked = (question.outcome, question.measure)
    margins = [m for m in evidence.margins if (m.outcome, m.measure) == asked]
    if not margins:
        return {"verdict": "not-computed", "codes": ["no-margin"], "words": fill("no-margin", {})}
    rows = []
    for margin in margins:
        bound = margin.value
        low = 1 / bound if is_ratio(question.measure) else -bound
        for each in estimates:
            interval = each["interval"]
            within = interval["low"] > low and interval["high"] < bound
            rows.append({"estimate": each["id"], "margin": margin.id, "within": within})
    return {"verdict": "computed", "codes": [], "margins": rows}


def sources_of(selection: Selection, evidence: Evidence) -> list[Json]:
    """Return whose evidence the trials of a question are."""
    graphs = [part.graph for trial in selection.trials for part in trial.parts]
    return report.sources(graphs, evidence)


def labels_of(answer: Json, evidence: Evidence) -> dict[str, str]:
    """Return what each identifier of an answer is called."""
    found: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for key, each in value.items():
                walk(key)
                walk(each)
        elif isinstance(value, list):
            for each in value:
                walk(each)
        elif isinstance(value, str) and value in evidence.labels:
            found.add(value)

    walk({key: value for key, value in answer.items() if key != "labels"})
    return {each: evidence.labels[each] for each in sorted(found)}
