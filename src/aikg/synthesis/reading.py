"""One trial as an estimate may use it: its counts or ratios, and the reasons against others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

from aikg.synthesis.evidence import Evidence, Figure, Question
from aikg.synthesis.trials import Trial
from aikg.synthesis.verdicts import Refusal

#: Two treatments.
Pair = frozenset[str]

#: Measures of one group that never make a ratio, and the words for those that could.
_MEDIANS = ("Median", "KaplanMeierEstimate", "Mean", "TimeToEffect", "SingleValue")
_MEASURE_WORDS = {"CrudeProportion": "proportion", "Count": "count"}


@dataclass(frozen=True)
class Reading:
    """A trial as one estimate may use it.

    Attributes:
        trial: The trial.
        figures: Whose figures are used: `review` or `paper`.
        used: The figure of each cell.
        options: The counts of each cell that are possible.
        corners: Estimate and standard error of each ratio, as printed and at its corners.
        problems: Why a treatment of the trial cannot be used.
        pairs: Why a pair of its treatments cannot be used.
        caveats: The caveats of each of its numbers.
        together: Whether more than two of its treatments can enter one network: the covariance of
            their contrasts is known.
    """

    trial: Trial
    figures: str
    used: Mapping[str, Figure] = field(default_factory=dict)
    options: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    corners: Mapping[str, list[tuple[float, float]]] = field(default_factory=dict)
    problems: Mapping[str, Refusal] = field(default_factory=dict)
    pairs: Mapping[Pair, Refusal] = field(default_factory=dict)
    caveats: frozenset[str] = frozenset()
    together: bool = True

    def refusals(self, one: str, other: str) -> list[Refusal]:
        """Return why a pair of its treatments has no number, in the same order either way."""
        ends = sorted((one, other))
        found = [self.problems[node] for node in ends if node in self.problems]
        pair = self.pairs.get(frozenset(ends))
        return found or ([pair] if pair else [])

    @property
    def usable(self) -> tuple[str, ...]:
        """The treatments that enter a network: each has a number against each other one."""
        nodes = [node for node in self.trial.nodes if node not in self.problems]
        kept: list[str] = []
        for node in nodes:
            if not any(self.refusals(node, other) for other in kept):
                kept.append(node)
        kept = kept if self.together else kept[:2]
        return tuple(kept) if len(kept) > 1 else ()


def names_of(trial: Trial, evidence: Evidence, **more: str) -> dict[str, str]:
    """Return what fills in the words of a refusal."""
    return {
        "study": evidence.name(trial.study.id),
        "outcome": evidence.name(trial.outcome),
        "population": evidence.name(trial.population.id),
        **more,
    }


def whole_trial(trial: Trial, evidence: Evidence, question: Question) -> Refusal | None:
    """Return what keeps every figure of a trial out."""
    names = names_of(trial, evidence)
    if trial.study.retracted:
        return Refusal("retracted", names, (trial.study.id,))
    if trial.outcome != question.outcome:
        names |= {
            "study1": evidence.name(trial.study.id),
            "outcome1": evidence.name(trial.outcome),
            "outcome2": evidence.name(question.outcome),
        }
        return Refusal("different-outcome", names, (trial.study.id, trial.outcome))
    if trial.measure == question.measure:
        return None
    if trial.measure in _MEDIANS:
        return Refusal("no-effect-measure", names, (trial.study.id,))
    names |= {
        "study1": evidence.name(trial.study.id),
        "measure1": _MEASURE_WORDS.get(trial.measure, trial.measure.replace("-", " ")),
        "measure2": question.measure.replace("-", " "),
    }
    return Refusal("different-measure", names, (trial.study.id,))


def unrandomised(trial: Trial, evidence: Evidence) -> dict[Pair, Refusal]:
    """Refuse pairs that chance did not decide between."""
    refused = {}
    for one, other in combinations(trial.nodes, 2):
        if frozenset((one, other)) not in trial.randomised:
            names = names_of(
                trial,
                evidence,
                drug1=evidence.name(one),
                drug2=evidence.name(other),
                studies=evidence.name(trial.study.id),
            )
            refused[frozenset((one, other))] = Refusal("not-randomised", names, (trial.study.id,))
    return refused
