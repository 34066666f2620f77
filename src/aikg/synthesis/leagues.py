"""All pairs at once: the league table of a network, and the map of the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, permutations
from typing import Any

import numpy as np

from aikg.synthesis import inconsistency, report, settings, words
from aikg.synthesis.answer import METHOD, compare, labels_of, question_of, sources_of
from aikg.synthesis.combinations import TooMany
from aikg.synthesis.connected import Network, networks
from aikg.synthesis.distributions import chi2_tail, two_sided_p
from aikg.synthesis.evidence import PAPER, REVIEW, Evidence, Question
from aikg.synthesis.findings import Refused, read_all, shares_patients
from aikg.synthesis.reading import Reading
from aikg.synthesis.report import Json
from aikg.synthesis.trials import Selection, select
from aikg.synthesis.verdicts import Refusal

#: How many pairs one league table or map answers at most.
PAIRS = 400


def _head(evidence: Evidence, question: Question, version: str) -> Json:
    asked = question_of(question, evidence)
    asked.pop("experimental")
    asked.pop("reference")
    return {"question": asked, "dataVersion": version, "method": METHOD}


def _drugs(selection: Selection) -> list[str]:
    return sorted({node for trial in selection.trials for node in trial.nodes})


def league(evidence: Evidence, question: Question, version: str = "") -> Json:
    """Answer every pair of every network, with the design and edge tests of each.

    Args:
        evidence: The evidence on the outcome.
        question: The question; its treatments are not looked at.
        version: The version of the data.
    """
    selection = select(evidence, question)
    wanted = (REVIEW, PAPER) if question.figures == "both" else (question.figures,)
    strata: list[Json] = []
    for figures in wanted:
        readings = [r for r in read_all(selection, figures, evidence, question) if r.usable]
        populations = [reading.trial.population for reading in readings]
        for part in settings.strata(populations, evidence):
            here = [r for r in readings if r.trial.population.id in part]
            for row in _stratum(here, figures, evidence, question):
                same = [{**known, "figures": ""} for known in strata]
                if {**row, "figures": ""} not in same:
                    strata.append(row)
    everything = read_all(selection, wanted[0], evidence, question)
    answer = _head(evidence, question, version) | {
        "strata": strata,
        "sources": sources_of(selection, evidence),
        "network": report.network(everything, evidence),
        "summary": _league_summary(strata, evidence, question),
    }
    return {**answer, "labels": labels_of(answer, evidence)}


def _league_summary(strata: Sequence[Json], evidence: Evidence, question: Question) -> str:
    outcome = evidence.name(question.outcome)
    if not strata:
        return f"No trials can be put together on {outcome}. {words.SEARCH}"
    settings_ = dict.fromkeys(stratum["setting"] for stratum in strata)
    return f"Networks on {outcome}, each in one setting: {'; '.join(settings_)}. {words.SEARCH}"


def _stratum(
    readings: Sequence[Reading], figures: str, evidence: Evidence, question: Question
) -> list[Json]:
    """Return the networks of one setting."""
    populations = {r.trial.population.id: r.trial.population for r in readings}
    setting = settings.describe([populations[each] for each in sorted(populations)], evidence)
    base: Json = {"setting": setting, "figures": figures}
    studies = tuple(sorted({reading.trial.study.id for reading in readings}))
    shared = [
        Refusal(
            "double-counting",
            {
                "study1": evidence.name(one.trial.study.id),
                "study2": evidence.name(other.trial.study.id),
            },
            (one.trial.study.id, other.trial.study.id),
        )
        for one, other in combinations(readings, 2)
        if shares_patients(one, other)
    ]
    try:
        found = [] if shared else networks(readings, question)
    except TooMany as error:
        shared = [Refusal("too-many-combinations", {"combinations": f"{error.combinations:,}"})]
        found = []
    if shared:
        refused = Refused("network", (), studies, figures, tuple(shared))
        return [{**base, "nodes": [], "pairs": [], "refused": [report.refused(refused)],
                 "inconsistency": []}]  # fmt: skip
    return [base | _league(network, figures, evidence, question) for network in found]


def _league(network: Network, figures: str, evidence: Evidence, question: Question) -> Json:
    pairs = [
        {
            "experimental": one,
            "reference": other,
            "estimates": report.order(
                [
                    report.estimate(each, figures, evidence, question)
                    for each in network.pair((one, other), question)
                ]
            ),
        }
        for one, other in permutations(network.nodes, 2)
    ]
    return {
        "nodes": list(network.nodes),
        "pairs": pairs,
        "refused": [],
        "inconsistency": _tests(network, question),
    }


def _tests(network: Network, question: Question) -> list[Json]:
    """Return the design decomposition of a network, and direct against rest on each edge."""
    split = inconsistency.by_design(network.blocks, network.nodes)
    rows: list[Json] = []
    if split.between_df:
        p = np.array([chi2_tail(float(q), split.between_df) for q in split.between])
        rows.append(
            {
                "method": "design",
                "q": report.span(split.between),
                "df": split.between_df,
                "p": report.span(p),
                "within": report.span(split.within),
                "withinDf": split.within_df,
                "words": words.inconsistency(float(p.min())),
            }
        )
    for one, other in combinations(network.nodes, 2):
        edge = inconsistency.by_edge(network.blocks, network.nodes, other, one)
        if edge is not None:
            p = np.array([two_sided_p(each) for each in edge[0] / edge[1]])
            rows.append(
                {
                    "method": "edge",
                    "experimental": other,
                    "reference": one,
                    "difference": report.span(edge[0]),
                    "p": report.span(p),
                    "words": words.inconsistency(float(p.min())),
                }
            )
    return rows


def evidence_map(evidence: Evidence, question: Question, version: str = "") -> Json:
    """Answer which pairs have which evidence, and which cell would open a path.

    Args:
        evidence: The evidence on the outcome.
        question: The question; its treatments are not looked at.
        version: The version of the data.
    """
    selection = select(evidence, question)
    drugs = _drugs(selection)
    pairs = list(combinations(drugs, 2))
    rows = [_entry(compare(evidence, replace(question, experimental=b, reference=a)), a, b)
            for a, b in pairs[:PAIRS]]  # fmt: skip
    opened = sum(bool(row["direct"]) for row in rows)
    answer = _head(evidence, question, version) | {
        "drugs": drugs,
        "sources": sources_of(selection, evidence),
        "pairs": rows,
        "left_out": max(0, len(pairs) - PAIRS),
        "summary": (
            f"{len(drugs)} treatments have figures on {evidence.name(question.outcome)}: "
            f"{opened} of {len(rows)} pairs are compared directly. {words.SEARCH}"
        ),
    }
    return {**answer, "labels": labels_of(answer, evidence)}


def _entry(answer: Json, one: str, other: str) -> Json:
    """Return one pair of the map: its paths, or the cell that is missing."""
    sizes = {cell["id"]: (cell["study"], cell["size"] or 0) for cell in answer["cells"]}

    def described(path: str) -> list[Json]:
        found: dict[tuple[Any, ...], Json] = {}
        for each in answer["estimates"]:
            if each["path"] == path:
                key = (each["setting"], *each["through"])
                patients = sum(sizes[cell][1] for cell in each["cells"] if cell in sizes)
                found[key] = {
                    "setting": each["setting"],
                    "through": each["through"],
                    "trials": each["k"],
                    "patients": patients,
                    "verdict": each["verdict"],
                }
        return [found[key] for key in sorted(found)]

    missing = [r for r in answer["refused"] if r["codes"] == ["not-reported"]]
    return {
        "a": one,
        "b": other,
        "direct": described("direct"),
        "indirect": described("indirect"),
        "network": described("network"),
        "verdict": answer["verdict"],
        "codes": sorted({code for item in answer["refused"] for code in item["codes"]}),
        "wouldOpen": [
            {"path": item["path"], "through": item["through"], "cells": item["blockedBy"]}
            for item in sorted(missing, key=lambda r: (len(r["blockedBy"]), r["path"]))[:1]
        ],
    }
