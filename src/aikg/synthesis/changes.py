"""The comparisons that a change of the graph changes, each before and after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

from aikg.errors import ComparisonMalformed
from aikg.synthesis import trials
from aikg.synthesis.answer import compare
from aikg.synthesis.asking import Asker, Words
from aikg.synthesis.effects import HAZARD_RATIO
from aikg.synthesis.evidence import Evidence, Question, Work
from aikg.synthesis.report import Json

#: Outcome, measure, and the two treatments.
Key = tuple[str, str, str, str]

#: How many pairs one look compares at most.
PAIRS = 400
#: How many trials, squared, one look compares at most, over all its pairs. A pair sets each of its
#: trials against each other: 0.1 s with 100 trials of an outcome, 1.7 s with 400.
TRIALS = 200_000
#: The fields of an estimate that are shown.
_SHOWN = ("id", "setting", "k", "estimate", "interval", "verdict", "studies")


class Look:
    """All comparisons on some outcomes, at one moment.

    Args:
        asker: Asks the graph as it is now.
        outcomes: The outcomes, shortened.

    Attributes:
        found: Of each comparison its estimates and the codes of its refusals.
        labels: What everything is called.
        left_out: The pairs that are not compared, because they or their trials are too many.
    """

    def __init__(self, asker: Asker, outcomes: Iterable[str]) -> None:
        self.found: dict[Key, Json] = {}
        self.labels: dict[str, str] = {}
        self.left_out: set[Key] = set()
        self._trials = TRIALS
        work = Work()
        for outcome in sorted(outcomes):
            try:
                evidence, question = asker.evidence(Words(outcome))
            except ComparisonMalformed:
                continue  # what happens to no person, and what the graph does not know, yet
            measures = {question.measure}
            measures |= {r.measure for r in evidence.ratios if r.measure == HAZARD_RATIO}
            for measure in sorted(measures):
                self._add(evidence, replace(question, measure=measure, work=work))

    def _add(self, evidence: Evidence, question: Question) -> None:
        selection = trials.select(evidence, question)
        drugs = sorted({node for trial in selection.trials for node in trial.nodes})
        trials_squared = len(selection.trials) ** 2
        for reference, experimental in combinations(drugs, 2):
            key = (question.outcome, question.measure, experimental, reference)
            if len(self.found) >= PAIRS or trials_squared > self._trials:
                self.left_out.add(key)
                continue
            self._trials -= trials_squared
            asked = replace(question, experimental=experimental, reference=reference)
            answer = compare(evidence, asked)
            self.labels |= answer["labels"]
            self.labels[question.outcome] = evidence.name(question.outcome)
            self.found[key] = {
                "verdict": answer["verdict"],
                "estimates": [{name: e[name] for name in _SHOWN} for e in answer["estimates"]],
                "refused": sorted({c for item in answer["refused"] for c in item["codes"]}),
            }


def differences(before: Look, after: Look) -> Json:
    """Return the comparisons that differ.

    Returns:
        `changed`: each with `outcome`, `measure`, `experimental`, `reference`, and `before` and
        `after` (verdict, estimates and codes of refusals; None where no trial has the pair);
        `unchanged`: how many are the same; `left_out`: how many were not compared, before it or
        after it; `labels`.
    """
    left_out = before.left_out | after.left_out
    keys = sorted((before.found.keys() | after.found.keys()) - left_out)
    changed = [_changed(key, before.found, after.found) for key in keys]
    rows = [row for row in changed if row["before"] != row["after"]]
    labels = before.labels | after.labels
    named = {row[name] for row in rows for name in ("outcome", "experimental", "reference")}
    return {
        "changed": rows,
        "unchanged": len(keys) - len(rows),
        "left_out": len(left_out),
        "labels": {each: labels[each] for each in sorted(named & labels.keys())},
    }


def _changed(key: Key, before: Mapping[Key, Json], after: Mapping[Key, Json]) -> dict[str, Any]:
    names = ("outcome", "measure", "experimental", "reference")
    both = {"before": before.get(key), "after": after.get(key)}
    return dict(zip(names, key, strict=True)) | both
