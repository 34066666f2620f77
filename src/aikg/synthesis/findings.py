"""Every estimate that the evidence allows for one pair, and every one that it refuses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations as pairs_of

from aikg.synthesis import estimates as computing
from aikg.synthesis import settings
from aikg.synthesis.combinations import Combinations, TooMany
from aikg.synthesis.connected import Network, networks
from aikg.synthesis.estimates import DIRECT, INDIRECT, MIXED, NETWORK, Estimate, Loop, Triangle
from aikg.synthesis.evidence import PAPER, REVIEW, Evidence, Question
from aikg.synthesis.network import components
from aikg.synthesis.reading import Reading
from aikg.synthesis.readings import read
from aikg.synthesis.trials import Selection
from aikg.synthesis.verdicts import Refusal, ordered

#: A study with a smaller share of the variance, in percent, does not enter an estimate.
_TRACE = 1e-9


@dataclass(frozen=True)
class Refused:
    """An estimate that is not computed.

    Attributes:
        path: The path.
        through: The treatments in between.
        studies: The studies.
        figures: Whose figures.
        reasons: Why.
    """

    path: str
    through: tuple[str, ...]
    studies: tuple[str, ...]
    figures: str
    reasons: tuple[Refusal, ...]

    @property
    def codes(self) -> list[str]:
        """The codes, in the order of the table."""
        return ordered(reason.code for reason in self.reasons)


@dataclass
class Found:
    """All estimates and refusals of one pair, with one choice of figures.

    Attributes:
        figures: `review` or `paper`.
        readings: The trials of the question.
        estimates: The estimates.
        refused: The refusals.
        loops: Direct against indirect evidence.
        networks: The networks that hold both treatments.
    """

    figures: str
    readings: tuple[Reading, ...]
    estimates: list[Estimate] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    networks: list[Network] = field(default_factory=list)


def read_all(
    selection: Selection, figures: str, evidence: Evidence, question: Question
) -> tuple[Reading, ...]:
    """Read every trial of a question, with the review's figures first or with the paper's."""
    return tuple(read(trial, figures, evidence, question) for trial in selection.trials)


class Finder:
    """Finds what one choice of figures allows for a pair."""

    def __init__(
        self, readings: Sequence[Reading], figures: str, evidence: Evidence, question: Question
    ) -> None:
        self._evidence = evidence
        self._question = question
        self._pair = (question.experimental, question.reference)
        self._found = Found(figures, tuple(readings))

    def find(self) -> Found:
        """Return all paths: direct, through each comparator, and the network."""
        direct = self._direct()
        comparators = {node for r in self._found.readings for node in r.trial.nodes}
        for through in sorted(comparators - set(self._pair)):
            self._through(through, direct)
        self._network()
        return self._found

    def _strata(self, readings: Iterable[Reading]) -> list[list[Reading]]:
        """Split trials into sets of which every two may be set against each other."""
        listed = list(readings)
        populations = [reading.trial.population for reading in listed]
        return [
            [reading for reading in listed if reading.trial.population.id in part]
            for part in settings.strata(populations, self._evidence)
        ]

    def _refuse(
        self,
        path: str,
        through: tuple[str, ...],
        readings: Sequence[Reading],
        reasons: Iterable[Refusal],
    ) -> None:
        studies = tuple(dict.fromkeys(reading.trial.study.id for reading in readings))
        unique = {(reason.code, reason.words): reason for reason in reasons}
        self._found.refused.append(
            Refused(path, through, studies, self._found.figures, tuple(unique.values()))
        )

    def _direct(self) -> list[list[Reading]]:
        """Add the direct estimates; return the trials of each setting."""
        one, other = self._pair
        holding = [r for r in self._found.readings if {one, other} <= set(r.trial.nodes)]
        for reading in holding:
            if reasons := reading.refusals(one, other):
                self._refuse(DIRECT, (), [reading], reasons)
        good = [reading for reading in holding if not reading.refusals(one, other)]
        strata = [part for part in self._strata(good) if not self._shares(DIRECT, (), part)]
        for part in strata:
            uses = [(reading, tuple(sorted(self._pair))) for reading in part]
            combinations = self._enumerate(DIRECT, (), part, uses)
            if combinations:
                self._found.estimates += computing.direct(
                    part, self._pair, combinations, self._question
                )
        return strata

    def _enumerate(
        self,
        path: str,
        through: tuple[str, ...],
        readings: Sequence[Reading],
        uses: Sequence[tuple[Reading, tuple[str, ...]]],
    ) -> Combinations | None:
        try:
            return Combinations(uses, self._question)
        except TooMany as error:
            names = {"combinations": f"{error.combinations:,}"}
            self._refuse(path, through, readings, [Refusal("too-many-combinations", names)])
            return None

    def _shares(self, path: str, through: tuple[str, ...], readings: Sequence[Reading]) -> bool:
        """Refuse an estimate in which two trials count the same people."""
        reasons = []
        for one, other in pairs_of(readings, 2):
            if shares_patients(one, other):
                names = {
                    "study1": self._evidence.name(one.trial.study.id),
                    "study2": self._evidence.name(other.trial.study.id),
                }
                studies = (one.trial.study.id, other.trial.study.id)
                reasons.append(Refusal("double-counting", names, studies))
        if reasons:
            self._refuse(path, through, readings, reasons)
        return bool(reasons)

    def _legs(self, through: str) -> tuple[list[Reading], list[Reading]]:
        """Return the trials of each treatment against a comparator, without the other treatment."""
        one, other = self._pair
        readings = self._found.readings
        return tuple(  # type: ignore[return-value]
            [
                r
                for r in readings
                if {mine, through} <= set(r.trial.nodes) and theirs not in r.trial.nodes
            ]
            for mine, theirs in ((one, other), (other, one))
        )

    def _through(self, through: str, direct: Sequence[Sequence[Reading]]) -> None:
        """Add what one comparator allows: indirect estimates, and mixed with direct evidence."""
        legs = self._legs(through)
        if not all(legs):
            return
        refusals = [
            [(r, r.refusals(mine, through)) for r in readings]
            for mine, readings in zip(self._pair, legs, strict=True)
        ]
        good = [[r for r, reasons in part if not reasons] for part in refusals]
        if not all(good):
            reasons = [each for part in refusals for _, found in part for each in found]
            reasons += self._settings(*legs)
            self._refuse(INDIRECT, (through,), [*legs[0], *legs[1]], reasons)
            return
        joined: set[frozenset[str]] = set()
        for part in self._strata([*good[0], *good[1]]):
            ends = tuple(tuple(r for r in each if r in part) for each in good)
            joined |= {
                frozenset(pair) for pair in pairs_of([r.trial.population.id for r in part], 2)
            }
            joined |= {frozenset((r.trial.population.id,)) for r in part}
            if all(ends) and not self._shares(INDIRECT, (through,), part):
                self._triangle(Triangle(self._pair, through, (ends[0], ends[1])), direct)
        for one in good[0]:
            for other in good[1]:
                ids = frozenset((one.trial.population.id, other.trial.population.id))
                if ids not in joined:
                    reasons = self._settings([one], [other])
                    self._refuse(INDIRECT, (through,), [one, other], reasons)

    def _triangle(self, triangle: Triangle, direct: Sequence[Sequence[Reading]]) -> None:
        path, through = INDIRECT, (triangle.through,)
        combinations = self._enumerate(path, through, triangle.readings, triangle.uses)
        if combinations:
            self._found.estimates += computing.indirect(triangle, combinations, self._question)
        for uses in direct:
            everything = [*uses, *triangle.readings]
            reasons = [
                reason
                for one, other in pairs_of(everything, 2)
                for reason in self._settings([one], [other])
            ]
            if reasons:
                self._refuse(MIXED, through, everything, reasons)
                continue
            if self._shares(MIXED, through, everything):
                continue
            closed = Triangle(triangle.pair, triangle.through, triangle.legs, tuple(uses))
            if combinations := self._enumerate(MIXED, through, everything, closed.uses):
                found, loop = computing.mixed(closed, combinations, self._question)
                self._found.estimates += found
                self._found.loops.append(loop)

    def _settings(self, one: Sequence[Reading], other: Sequence[Reading]) -> list[Refusal]:
        """Return why no trial of one side may be set against any of the other."""
        reasons = []
        for here in one:
            for there in other:
                reason = setting_refusal(here, there, self._evidence, self._question)
                if reason is None:
                    return []
                reasons.append(reason)
        return reasons

    def _network(self) -> None:
        """Add the network estimates that say more than the simpler paths."""
        one, other = self._pair
        simple = {frozenset(r.trial.study.id for r in e.readings) for e in self._found.estimates}
        usable = [reading for reading in self._found.readings if reading.usable]
        for part in self._strata(usable):
            nodes = {node for reading in part for node in reading.usable}
            if not {one, other} <= nodes or self._shares(NETWORK, (), part):
                continue
            try:
                found = [n for n in networks(part, self._question) if {one, other} <= set(n.nodes)]
            except TooMany as error:
                names = {"combinations": f"{error.combinations:,}"}
                self._refuse(NETWORK, (), part, [Refusal("too-many-combinations", names)])
                continue
            for network in found:
                self._found.networks.append(network)
                estimates = network.pair(self._pair, self._question)
                if _entering(network, estimates[0]) not in simple:
                    self._found.estimates += estimates


def _entering(network: Network, estimate: Estimate) -> frozenset[str]:
    """Return the studies that an estimate of a network rests on.

    Those with no share in the variance count only if they add to what is known of heterogeneity.
    """
    shares = estimate.weights
    entering = {study for study, share in shares.items() if share.max() > _TRACE}
    uses = [nodes for reading, nodes in network.readings if reading.trial.study.id in entering]
    df = sum(len(nodes) - 1 for nodes in uses) - sum(len(part) - 1 for part in components(uses))
    return frozenset(entering if df == network.common.df else shares)


def shares_patients(one: Reading, other: Reading) -> bool:
    """Return whether two trials may count the same people."""
    a, b = one.trial, other.trial
    if a.study.id == b.study.id or a.study.id in b.study.pools or b.study.id in a.study.pools:
        return True
    names = {group.id for group in b.groups}
    return bool(a.study.pools & b.study.pools) or any(group.shares & names for group in a.groups)


def setting_refusal(
    one: Reading, other: Reading, evidence: Evidence, question: Question
) -> Refusal | None:
    """Return why two trials may not be set against each other, or None."""
    here, there = one.trial.population, other.trial.population
    related = settings.relate(here, there, evidence.classes)
    if related in {settings.SAME, settings.NEAR} and settings.sites_meet(here, there):
        return None
    names = {
        "study1": evidence.name(one.trial.study.id),
        "study2": evidence.name(other.trial.study.id),
        "setting1": settings.describe([here], evidence),
        "setting2": settings.describe([there], evidence),
    }
    if related == settings.UNSTATED:
        unstated = here if not (here.lines or here.prior) else there
        names["study"] = names["study1"] if unstated is here else names["study2"]
        return Refusal("setting-unstated", names, (unstated.id,))
    if related == settings.DIFFERENT:
        return Refusal("different-setting", names, (here.id, there.id))
    names |= {"drug": evidence.name(question.reference), "population": evidence.name(there.id)}
    return Refusal("other-subset", names, (there.id,))


def find_all(selection: Selection, evidence: Evidence, question: Question) -> list[Found]:
    """Return what the review's figures allow, then what the paper's do where they differ."""
    wanted = (REVIEW, PAPER) if question.figures == "both" else (question.figures,)
    return [
        Finder(read_all(selection, figures, evidence, question), figures, evidence, question).find()
        for figures in wanted
    ]
