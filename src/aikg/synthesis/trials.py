"""The contribution of each study to a question: one contrast for each study and population.

Of several analyses the latest enters, of several assessors independent review before the
investigator, of several analysis sets intention to treat first. What else is there is listed with
the reason why it does not enter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aikg.synthesis import settings
from aikg.synthesis.effects import HAZARD_RATIO
from aikg.synthesis.evidence import Cell, Evidence, Group, Population, Question, Ratio, Study

#: Of these the first enters; what is not named comes after them.
_SETS = ("ontology/IntentionToTreat", "ontology/Treated", "ontology/SafetySet")
_ASSESSORS = ("ontology/IndependentReview", "ontology/Investigator")


#: Study, population, analysis set, outcome, measure; then analysis, assessor, time.
_Key: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True)
class Trial:
    """The contribution of one study in one population.

    Attributes:
        study: The study.
        population: The population.
        outcome: The outcome: the one asked for, or a narrower one where only that is there.
        measure: The measure asked for, or the one that is there instead: `hazard-ratio`, `Median`.
        cells: The cells of each treatment.
        ratios: The printed ratios; none where cells are used.
        randomised: The pairs of treatments that chance decided between.
    """

    study: Study
    population: Population
    outcome: str
    measure: str
    cells: Mapping[str, tuple[Cell, ...]] = field(default_factory=dict)
    ratios: tuple[Ratio, ...] = ()
    randomised: frozenset[frozenset[str]] = frozenset()

    @property
    def nodes(self) -> tuple[str, ...]:
        """The treatments, in alphabetical order."""
        ends = {g.treatment or "" for r in self.ratios for g in (r.experimental, r.reference)}
        return tuple(sorted(set(self.cells) | ends))

    @property
    def parts(self) -> list[Cell | Ratio]:
        """Its cells and ratios; there is at least one."""
        return [*(cell for cells in self.cells.values() for cell in cells), *self.ratios]

    @property
    def groups(self) -> list[Group]:
        """All groups whose people it counts."""
        found = [cell.group for cells in self.cells.values() for cell in cells]
        found += [group for r in self.ratios for group in (r.experimental, r.reference)]
        return list({group.id: group for group in found}.values())


@dataclass(frozen=True)
class Selection:
    """The trials of a question.

    Attributes:
        trials: Those that lie in the population asked for, each study once in each setting.
        elsewhere: Those of other populations.
        not_used: Findings that do not enter, with the reason.
    """

    trials: tuple[Trial, ...]
    elsewhere: tuple[Trial, ...]
    not_used: tuple[tuple[str, str], ...]


def select(evidence: Evidence, question: Question) -> Selection:
    """Choose what enters, one contrast for each study and setting."""
    not_used = list(evidence.not_used)
    frames = [*_count_frames(evidence, question), *_ratio_frames(evidence, question, not_used)]
    inside = [f for f in frames if settings.contains(question.population, f.population, evidence)]
    kept = {id(frame) for frame in inside}
    outside = [f for f in frames if id(f) not in kept]
    trials = _one_each(inside, question, not_used)
    trials = _without_pools(trials, not_used)
    return Selection(tuple(trials), tuple(_one_each(outside, question, [])), tuple(not_used))


def _relevant(outcome: str, evidence: Evidence, question: Question) -> bool:
    known = evidence.outcomes.get(outcome)
    return outcome == question.outcome or bool(known and question.outcome in known.broader)


def _count_frames(evidence: Evidence, question: Question) -> Iterable[Trial]:
    """Gather the cells that may be set against each other."""
    frames: dict[_Key, list[Cell]] = defaultdict(list)
    for cell in evidence.cells:
        if cell.group.treatment and _relevant(cell.outcome, evidence, question):
            group = cell.group
            head = (group.study, group.population, group.analysis_set, cell.outcome)
            key: _Key = (*head, cell.measure, cell.analysis, cell.assessor, cell.time)
            frames[key].append(cell)
    for key in sorted(frames, key=str):
        cells: dict[str, list[Cell]] = defaultdict(list)
        for cell in sorted(frames[key], key=lambda cell: cell.id):
            cells[cell.group.treatment or ""].append(cell)
        kept = {node: _widest(cells[node]) for node in sorted(cells)}
        groups = {node: [cell.group for cell in kept[node]] for node in kept}
        yield Trial(
            study=evidence.studies[str(key[0])],
            population=evidence.populations[str(key[1])],
            outcome=str(key[3]),
            measure=question.measure if _counts(key[4], question) else str(key[4]),
            cells=kept,
            randomised=_randomised(groups),
        )


def _counts(measure: object, question: Question) -> bool:
    return measure == "CrudeProportion" and question.measure != HAZARD_RATIO


def _widest(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """Leave out groups whose arms another group of the same treatment joins."""
    kept: list[Cell] = []
    for cell in sorted(cells, key=lambda c: (-len(c.group.arms), not c.figures, c.id)):
        if not any(cell.group.arms & other.group.arms for other in kept):
            kept.append(cell)
    return tuple(sorted(kept, key=lambda cell: cell.id))


def _randomised(groups: Mapping[str, Sequence[Group]]) -> frozenset[frozenset[str]]:
    return frozenset(
        frozenset((one, other))
        for one in groups
        for other in groups
        if one < other
        and all(
            a.against & b.arms or b.against & a.arms for a in groups[one] for b in groups[other]
        )
    )


def _one_each_pair(ratios: Sequence[Ratio], not_used: list[tuple[str, str]]) -> tuple[Ratio, ...]:
    """Keep one ratio of each pair of treatments: one with an interval, then the first by name."""
    kept: dict[frozenset[str], Ratio] = {}
    for ratio in sorted(ratios, key=lambda r: (not (r.printed and r.printed.low), r.id)):
        pair = frozenset((ratio.experimental.treatment or "", ratio.reference.treatment or ""))
        if kept.setdefault(pair, ratio) is not ratio:
            not_used.append((ratio.id, "another ratio of the same two treatments enters"))
    return tuple(sorted(kept.values(), key=lambda ratio: ratio.id))


def _ratio_frames(
    evidence: Evidence, question: Question, not_used: list[tuple[str, str]]
) -> Iterable[Trial]:
    frames: dict[_Key, list[Ratio]] = defaultdict(list)
    for ratio in evidence.ratios:
        one, other = ratio.experimental, ratio.reference
        same = (one.population, one.analysis_set) == (other.population, other.analysis_set)
        fit = one.treatment and other.treatment and one.treatment != other.treatment
        relevant = _relevant(ratio.outcome, evidence, question)
        if same and fit and one.study == other.study and relevant:
            key = (one.study, one.population, one.analysis_set, ratio.outcome, ratio.measure)
            frames[*key, ratio.analysis, ratio.assessor, ratio.time].append(ratio)
    for key in sorted(frames, key=str):
        ratios = _one_each_pair(frames[key], not_used)
        groups: dict[str, list[Group]] = defaultdict(list)
        for ratio in ratios:
            for group in (ratio.experimental, ratio.reference):
                groups[group.treatment or ""].append(group)
        yield Trial(
            study=evidence.studies[str(key[0])],
            population=evidence.populations[str(key[1])],
            outcome=str(key[3]),
            measure=str(key[4]),
            ratios=ratios,
            randomised=_randomised(groups),
        )


def _one_each(
    frames: Sequence[Trial],
    question: Question,
    not_used: list[tuple[str, str]],
) -> list[Trial]:
    """Keep one trial of each study and setting, and say of the others why they do not enter."""
    chosen: list[Trial] = []
    for frame in sorted(frames, key=lambda frame: _rank(frame, question)):
        rival = next((kept for kept in chosen if _same_slot(kept, frame)), None)
        if rival is None:
            chosen.append(frame)
            continue
        not_used += [(part.id, _why_not(frame, rival)) for part in frame.parts]
    return sorted(chosen, key=lambda trial: (trial.study.id, trial.population.id))


def _same_slot(one: Trial, other: Trial) -> bool:
    """Return whether two frames are of the same study, and of people whom one estimate may join."""
    here, there = one.population, other.population
    return (
        one.study.id == other.study.id
        and settings.sites_meet(here, there)
        and settings.may_overlap(here, there)
    )


def _rank(frame: Trial, question: Question) -> tuple[object, ...]:
    """Return a key that sorts what is to enter first."""
    parts = frame.parts
    first = parts[0]
    set_ = frame.groups[0].analysis_set
    reported = all(part.status == "Reported" for part in parts)
    size = sum(group.size or 0 for group in frame.groups)
    return (
        frame.study.id,
        frame.outcome != question.outcome,
        frame.measure != question.measure,
        not reported,
        len(frame.nodes) < 2,
        bool(frame.ratios) and question.measure != HAZARD_RATIO,
        tuple(-ord(c) for part in first.analysis for c in part) or (1,),
        _ASSESSORS.index(first.assessor) if first.assessor in _ASSESSORS else len(_ASSESSORS),
        _SETS.index(set_) if set_ in _SETS else len(_SETS),
        -size,
        frame.population.id,
        first.id,
    )


def _why_not(frame: Trial, kept: Trial) -> str:
    """Say why a frame gives way to another of its study."""
    one, other = frame.parts[0], kept.parts[0]
    reasons = (
        (frame.outcome != kept.outcome, "another outcome: the one asked for is reported"),
        (frame.measure != kept.measure, "another measure than the one that enters"),
        (one.status != other.status, f"no figure: {one.status}"),
        (frame.population.id != kept.population.id, "another population of the study enters"),
        (one.analysis != other.analysis, "an earlier analysis of the same study"),
        (one.assessor != other.assessor, "another assessor: independent review enters first"),
        (bool(frame.ratios) != bool(kept.ratios), "the counts of the arms are known"),
    )
    return next((why for holds, why in reasons if holds), "another analysis set enters")


def _without_pools(trials: Sequence[Trial], not_used: list[tuple[str, str]]) -> list[Trial]:
    """Let a combined analysis and the trials that it pools count once.

    The trials enter where all of them report, for they keep the randomisation; else the combined
    analysis does. Only trials of the same treatments replace each other, and a part of the people
    of a combined analysis never replaces all people of a trial.
    """
    by_study: dict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        by_study[trial.study.id].append(trial)
    dropped: set[str] = set()
    for pool in trials:
        parts = [part for name in pool.study.pools for part in by_study.get(name, ())]
        parts = [part for part in parts if set(part.nodes) == set(pool.nodes)]
        if not parts:
            continue
        whole = {part.study.id for part in parts if _reports(part)} == set(pool.study.pools)
        narrower = _of_a_part(pool) and not all(map(_of_a_part, parts))
        away = [pool] if whole or narrower else parts
        reason = (
            "the trials that this analysis pools enter"
            if whole
            else "a trial that this analysis pools enters with all of its people"
            if narrower
            else "the combined analysis that pools this trial enters"
        )
        for trial in away:
            dropped.add(trial.study.id)
            not_used += [(part.id, reason) for part in trial.parts]
    return [trial for trial in trials if trial.study.id not in dropped]


def _of_a_part(trial: Trial) -> bool:
    """Return whether a trial is of a part of the people of its study."""
    return all(group.subgroup for group in trial.groups)


def _reports(trial: Trial) -> bool:
    return all(part.status == "Reported" for part in trial.parts)
