"""One trial and its paper, invented: a submission in the terms of docs/reference/model.md.

Percentages are whole numbers of people, benefit is not rarer than response, intervals hold their
estimates, and a whole is the sum of its two parts: so no check of level Error finds anything.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from random import Random

from bench.paper import REPORTED, Fact, Paper, decimal, integer, shipped, text
from bench.shipped import Shipped, term

#: Papers of this many triples describe their regimens with doses; smaller ones use the shipped.
DESCRIBES_REGIMENS = 200

#: How many triples a row of a table has: a finding with its cell for each arm.
_ROW = 28

_DOSES = {"anastrozole": 1, "exemestane": 25, "fulvestrant": 250, "letrozole": 2.5, "tamoxifen": 20}
_LINES = ("first-line", "second-line", "subsequent-line")
_PEOPLE = ("metastatic-breast-cancer", "postmenopausal-hormone-receptor-positive-metastatic")
_PARTS = ("visceral", "non-visceral")
_TIMES = ("time-to-progression", "overall-survival")


class Trial:
    """A randomised trial of two drugs, and the paper that reports it.

    Args:
        paper: What the trial is written to.
        events: The adverse events that a paper may count.
        random: Where the figures come from.
        size: How many triples the paper shall have, give or take half a row of a table.
    """

    def __init__(self, paper: Paper, events: Sequence[str], random: Random, size: int) -> None:
        self._paper, self._events, self._random = paper, events, random
        self._drugs = random.sample(sorted(_DOSES), 2)
        self._sizes = {part: [random.randint(20, 250) for _ in self._drugs] for part in _PARTS}
        self._sizes["all"] = [sum(two) for two in zip(*self._sizes.values(), strict=True)]
        self._describe(size)
        for _ in self._rows():
            if len(paper.triples) >= size - _ROW // 2:
                break

    def _describe(self, size: int) -> None:
        """Describe the paper, the trial, whom it enrols, and its arms."""
        paper, random = self._paper, self._random
        trial = paper.node("trial")
        year = ("year", integer(random.randint(1998, 2026)))
        paper.name("paper", "Publication", "paper", year, ("reports", trial))
        place = (("section", text("Methods")), ("paragraph", integer(1)))
        self._methods = ("statedAt", paper.passage("methods", *place))
        wider = (random.choice(_LINES), random.choice(_PEOPLE))
        within = [("within", shipped("population", name)) for name in wider]
        enrolled = paper.name("enrolled", "Population", "people", *within, self._methods)
        paper.name(
            "trial",
            "RandomizedTrial",
            "randomised trial",
            ("enrols", enrolled),
            ("hasPrimaryOutcome", shipped("outcome", "time-to-progression")),
            ("phase", integer(random.randint(2, 3))),
            self._methods,
        )
        regimens = [self._regimen(drug, size) for drug in self._drugs]
        self._arms = [
            paper.name(f"arm-{drug}", "Arm", f"{drug} arm", ("ofStudy", trial), regimen)
            for drug, regimen in zip(self._drugs, regimens, strict=True)
        ]
        self._groups = {"all": self._group("all", enrolled)}

    def _regimen(self, drug: str, size: int) -> Fact:
        if size < DESCRIBES_REGIMENS:
            return ("assignedRegimen", shipped("regimen", drug))
        dose = ("dose", decimal(_DOSES[drug]))
        unit = ("doseUnit", text("mg/mo" if drug == "fulvestrant" else "mg/d"))
        gives = ("gives", shipped("drug", drug))
        label = f"{drug} as given"
        component = self._paper.name(
            f"component-{drug}", "RegimenComponent", label, gives, dose, unit
        )
        has = ("hasComponent", component)
        return ("assignedRegimen", self._paper.name(f"regimen-{drug}", "Regimen", label, has))

    def _group(self, part: str, population: str) -> list[str]:
        """Describe those people of each arm who belong to a population."""
        people = (("inPopulation", population), ("analysisSet", term("IntentionToTreat")))
        return [
            self._paper.name(
                f"group-{part}-{drug}", "Group", f"{part} on {drug}", ("ofArm", arm), *people
            )
            for drug, arm in zip(self._drugs, self._arms, strict=True)
        ]

    def _rows(self) -> Iterator[None]:
        """Write the tables row by row: efficacy, subgroups, adverse events."""
        responders = {part: self._responders(part) for part in _PARTS}
        responders["all"] = [sum(two) for two in zip(*responders.values(), strict=True)]
        self._count(1, 1, "all")
        yield
        self._share((1, 2), "all", "objective-response", responders["all"])
        yield
        self._share((1, 3), "all", "clinical-benefit", self._more("all", responders["all"]))
        yield
        for row, outcome in enumerate(_TIMES, 4):
            self._times(row, outcome)
            yield
        yield from self._subgroups(responders)
        for row, event in enumerate(self._random.sample(self._events, len(self._events)), 1):
            self._event(row, event)
            yield

    def _responders(self, part: str) -> list[int]:
        return [round(size * self._random.betavariate(4, 9)) for size in self._sizes[part]]

    def _more(self, part: str, people: Sequence[int]) -> list[int]:
        pairs = zip(people, self._sizes[part], strict=True)
        return [few + self._random.randint(0, size - few) for few, size in pairs]

    def _count(self, table: int, row: int, part: str) -> None:
        for column, group in enumerate(self._groups[part], 1):
            size = self._sizes[part][column - 1]
            figure = _figure(decimal(size), "{person}", str(size))
            self._result((table, row, column), group, "number-of-patients", "Count", figure)

    def _share(self, place: tuple[int, int], part: str, outcome: str, people: list[int]) -> None:
        for column, group in enumerate(self._groups[part], 1):
            share = 100 * people[column - 1] / self._sizes[part][column - 1]
            figure = _figure(decimal(share), "%", f"{share:.1f}%")
            self._result((*place, column), group, outcome, "CrudeProportion", figure)

    def _result(
        self, cell: tuple[int, int, int], group: str, outcome: str, measure: str, figure: list[Fact]
    ) -> None:
        about = shipped("outcome", outcome)
        self._paper.find(cell, "GroupResult", about, measure, ("ofGroup", group), *figure)

    def _times(self, row: int, outcome: str) -> None:
        """State the median time of each arm, and the hazard ratio; some are not reached."""
        for column, group in enumerate(self._groups["all"], 1):
            median = self._random.lognormvariate(2.5, 0.5)
            low, high = median * 0.8, median * 1.3
            figure = _figure(decimal(median), "mo", f"{median:.1f} ({low:.1f}-{high:.1f})")
            figure += [("ciLow", decimal(low)), ("ciHigh", decimal(high)), _LEVEL]
            if self._random.random() < 0.1:
                figure = [("status", term("NotReached")), ("printed", text("NR"))]
            self._result((1, row, column), group, outcome, "Median", figure)
        self._ratio((1, row, 3), "all", outcome)

    def _ratio(self, cell: tuple[int, int, int], part: str, outcome: str) -> str:
        """State the hazard ratio of the second arm against the first."""
        error = 2 / math.sqrt(0.7 * sum(self._sizes[part]))
        logarithm = self._random.gauss(-0.15, 0.2)
        ratio, low, high = (math.exp(logarithm + z * error) for z in (0.0, -1.96, 1.96))
        p = max(math.erfc(abs(logarithm / error) / math.sqrt(2)), 0.001)
        reference, experimental = self._groups[part]
        return self._paper.find(
            cell,
            "Contrast",
            shipped("outcome", outcome),
            "HazardRatio",
            *(("experimental", experimental), ("reference", reference), REPORTED),
            *(("value", decimal(ratio, 2)), ("printed", text(f"{ratio:.2f}"))),
            *(("ciLow", decimal(low, 2)), ("ciHigh", decimal(high, 2)), _LEVEL),
            *(("pValue", decimal(p, 3)), ("pQualifier", text("<" if p <= 0.001 else "="))),
            ("pSides", integer(2)),
        )

    def _subgroups(self, responders: dict[str, list[int]]) -> Iterator[None]:
        """State response and hazard ratio in each part of the people, then the interaction."""
        ratios = []
        for row, part in enumerate(_PARTS):
            wider = (self._paper.node("enrolled"), shipped("population", f"metastatic-{part}"))
            within = [("within", node) for node in wider]
            label = f"people with {part} disease"
            people = self._paper.name(part, "Population", label, *within, self._methods)
            self._groups[part] = self._group(part, people)
            self._count(2, 3 * row + 1, part)
            yield
            self._share((2, 3 * row + 2), part, "objective-response", responders[part])
            yield
            ratios.append(self._ratio((2, 3 * row + 3, 3), part, _TIMES[0]))
            yield
        p = max(self._random.random(), 0.01)
        facts = [("comparesFinding", ratio) for ratio in ratios]
        facts += [("modifier", shipped("outcome", "visceral-involvement")), REPORTED]
        facts += [
            ("pValue", decimal(p, 2)),
            ("pQualifier", text("=")),
            ("printed", text(f"{p:.2f}")),
        ]
        self._paper.find(
            (2, 7, 3), "InteractionTest", shipped("outcome", _TIMES[0]), "HazardRatio", *facts
        )
        yield

    def _event(self, row: int, event: str) -> None:
        """State how many had an adverse event on each arm; some papers do not report one."""
        shares = [self._random.betavariate(1.5, 8) for _ in self._drugs]
        for column, group in enumerate(self._groups["all"], 1):
            size = self._sizes["all"][column - 1]
            share = 100 * round(size * shares[column - 1]) / size
            figure = _figure(decimal(share), "%", f"{share:.1f}%")
            if self._random.random() < 0.05:
                figure = [("status", term("NotReported")), ("printed", text("NR"))]
            self._paper.find(
                (3, row, column),
                "GroupResult",
                event,
                "CrudeProportion",
                ("ofGroup", group),
                *figure,
            )


_LEVEL = ("ciLevel", decimal(95))


def _figure(value: str, unit: str, printed: str) -> list[Fact]:
    """Return the facts of a figure that is reported."""
    return [REPORTED, ("value", value), ("unit", text(unit)), ("printed", text(printed))]


def trial(name: str, known: Shipped, seed: int, size: int) -> Paper:
    """Invent a trial and its paper: the same name, seed and size, the same triples."""
    paper = Paper(name)
    Trial(paper, known.events, Random(f"{name} {seed}"), size)
    return paper
