"""The evidence as the engine reads it: cells, printed ratios, and what they stand on.

An identifier is an IRI without the base of this graph: `drug/exemestane`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from aikg.synthesis.counts import Candidate
from aikg.synthesis.effects import Printed

#: The two places of a cell's figure: the review's own table, or the paper that it credits.
REVIEW, PAPER = "review", "paper"


@dataclass(frozen=True)
class Population:
    """Who was treated.

    Attributes:
        id: The population.
        within: Every wider population.
        stages: How far the disease has spread; empty where it is not stated.
        lines: Which line of treatment follows.
        prior: The drugs and drug classes that were given before.
        sites: Where the disease is.
        visceral_means: The definitions of visceral that are in force.
        has_issue: Whether a data issue concerns it.
    """

    id: str
    within: frozenset[str] = frozenset()
    stages: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()
    prior: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()
    visceral_means: frozenset[str] = frozenset()
    has_issue: bool = False


@dataclass(frozen=True)
class Study:
    """A study.

    Attributes:
        id: The study.
        pools: The studies whose people it puts together.
        pooled: Whether it is a combined analysis.
        stopped_early: Whether it ended before it had enrolled all.
        untested: Whether a source says that a comparison of it was not tested.
        crossover: Whether people may change to the other arm's treatment.
        retracted: Whether its source was retracted.
        rounding_mixed: Whether no one rule makes all percentages that one table prints of it.
        bias_rated: Whether somebody judged its risk of bias.
    """

    id: str
    pools: frozenset[str] = frozenset()
    pooled: bool = False
    stopped_early: bool = False
    untested: bool = False
    crossover: bool = False
    retracted: bool = False
    rounding_mixed: bool = False
    bias_rated: bool = False


@dataclass(frozen=True)
class Group:
    """A set of people.

    Attributes:
        id: The group.
        study: Its study.
        arms: Its arms; empty where it is of the whole study.
        treatment: The drug, or the regimen, that all of them receive; None for combinations and
            where it is not one.
        against: The arms that chance might have assigned its people to instead.
        population: Its population.
        analysis_set: Who of those who entered is counted.
        size: How many people, or None.
        subgroup: Whether its population is only a part of the study's.
        shares: Groups that may hold some of the same people.
        dose_unclear: Whether doses of its drug are not separated.
    """

    id: str
    study: str
    arms: frozenset[str]
    treatment: str | None
    against: frozenset[str]
    population: str
    analysis_set: str
    size: int | None = None
    subgroup: bool = False
    shares: frozenset[str] = frozenset()
    dose_unclear: bool = False


@dataclass(frozen=True)
class Figure:
    """A figure of one document.

    Attributes:
        finding: The finding.
        outcome: The outcome under which the document prints it.
        printed: As printed.
        place: The passage.
        candidates: The counts that print so; empty where none does.
        exact: Whether it is one figure, without hedge, bound or range.
        inferred: Whether the paper behind it is inferred from matching figures.
        table: The table of the document that it stands in, or the document.
    """

    finding: str
    outcome: str
    printed: str
    place: str
    candidates: tuple[Candidate, ...] = ()
    exact: bool = True
    inferred: bool = False
    table: str = ""


@dataclass(frozen=True)
class Cell:
    """One figure of one group for one outcome, restatements joined.

    Attributes:
        id: The finding that stands for all.
        group: The group.
        outcome: The outcome that was asked for, or the narrower one where only that is there.
        measure: The measure: `CrudeProportion`, `Median`.
        status: `Reported`, or why there is no figure.
        place: The passage that prints it, or says that it is not reported.
        figures: The review's and the paper's.
        others: The other outcomes under which restatements print it.
        analysis: The analysis, its cut-off and follow-up: the later ones sort last.
        assessor: Who judged, or "".
        time: The time point, or "".
        follow_up: Whether the analysis states a follow-up.
        graph: The named graph that states it.
    """

    id: str
    group: Group
    outcome: str
    measure: str = "CrudeProportion"
    status: str = "Reported"
    place: str = ""
    figures: Mapping[str, Figure] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    analysis: tuple[str, ...] = ()
    assessor: str = ""
    time: str = ""
    follow_up: bool = False
    graph: str = ""


@dataclass(frozen=True)
class Ratio:
    """A printed contrast of two groups with its figure.

    Attributes:
        id: The finding.
        experimental: The group above the line.
        reference: The group below it.
        outcome: The outcome.
        measure: `hazard-ratio`, ...
        text: As printed.
        place: The passage.
        printed: The numbers; None where there is no figure.
        status: `Reported`, or why there is no figure.
        adjusted: Whether it is adjusted for other variables; None where that is not stated.
    """

    id: str
    experimental: Group
    reference: Group
    outcome: str
    measure: str
    text: str = ""
    place: str = ""
    printed: Printed | None = None
    status: str = "Reported"
    adjusted: bool | None = None
    analysis: tuple[str, ...] = ()
    assessor: str = ""
    time: str = ""
    follow_up: bool = False
    graph: str = ""


@dataclass(frozen=True)
class Outcome:
    """An outcome.

    Attributes:
        id: The outcome.
        broader: The wider outcomes that it is a kind of.
        duration: The minimum duration that counts, with its unit, or "".
        time_to_event: Whether it is a length of time.
        good: Whether an event is good; None where the graph does not say.
        of_people: Whether it happens to people, rather than to drugs or studies.
    """

    id: str
    broader: frozenset[str] = frozenset()
    duration: str = ""
    time_to_event: bool = False
    good: bool | None = None
    of_people: bool = True


@dataclass(frozen=True)
class Margin:
    """How small a difference somebody holds not to matter.

    Attributes:
        id: The margin.
        outcome: The outcome.
        measure: The measure.
        value: A ratio above 1, or a difference in percentage points.
    """

    id: str
    outcome: str
    measure: str
    value: float


@dataclass(frozen=True)
class Evidence:
    """All that one question needs.

    Attributes:
        cells: The cells.
        ratios: The printed contrasts.
        studies: The studies.
        populations: The populations.
        outcomes: The outcomes.
        classes: The classes of each drug, and the wider ones of each class.
        labels: What each identifier is called.
        margins: The margins.
        not_used: Findings that were left out when cells were made, with the reason.
        senders: Of each graph that is a submission, since when it is published, and its sender.
    """

    cells: tuple[Cell, ...] = ()
    ratios: tuple[Ratio, ...] = ()
    studies: Mapping[str, Study] = field(default_factory=dict)
    populations: Mapping[str, Population] = field(default_factory=dict)
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    classes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    margins: tuple[Margin, ...] = ()
    not_used: tuple[tuple[str, str], ...] = ()
    senders: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def name(self, identifier: str) -> str:
        """Return what an identifier is called; without a label its last part."""
        return self.labels.get(identifier) or identifier.rsplit("/", 1)[-1].replace("-", " ")


@dataclass
class Work:
    """The work that one job may still do; it is counted before anything is enumerated.

    Attributes:
        left: Combinations times the cube of the rows of contrasts, over all estimates.
    """

    left: int = 1_000_000_000

    def take(self, amount: int) -> bool:
        """Take some of it; return whether there was enough."""
        if amount > self.left:
            return False
        self.left -= amount
        return True


@dataclass(frozen=True)
class Question:
    """A comparison that is asked for.

    Attributes:
        experimental: The treatment whose effect is asked.
        reference: The treatment against which.
        outcome: The outcome.
        population: The population, or None for all.
        measure: One of `effects.MEASURES`.
        figures: `review`, `paper` or `both`.
        nodes: `drug` or `regimen`.
        correct: The number added to the cells of a trial with a zero cell, or 0.
        work: The work that its answer may do; all pairs of a map share it.
    """

    experimental: str
    reference: str
    outcome: str
    population: str | None = None
    measure: str = "odds-ratio"
    figures: str = "both"
    nodes: str = "drug"
    correct: Fraction = Fraction(0)
    work: Work = field(default_factory=Work, compare=False)
