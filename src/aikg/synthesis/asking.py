"""From names that a user writes to a question, and from the question to its answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from aikg.errors import ComparisonMalformed, ComparisonNameUnknown
from aikg.links.identifiers import expand_own
from aikg.links.lookup import LookUp
from aikg.names import BASE
from aikg.synthesis import cells
from aikg.synthesis.answer import compare, refuse
from aikg.synthesis.effects import HAZARD_RATIO, MEASURES, ODDS_RATIO
from aikg.synthesis.evidence import Cell, Evidence, Question, Ratio
from aikg.synthesis.excerpt import Ask, Texts, about, short
from aikg.synthesis.leagues import evidence_map, league
from aikg.synthesis.report import SUBMITTED, Json
from aikg.synthesis.verdicts import Refusal

#: The folders in which a short name may lie: `exemestane` is `drug/exemestane`.
_FOLDERS = {
    "Drug": "drug/",
    "DrugClass": "drug-class/",
    "Outcome": "outcome/",
    "Population": "population/",
}
#: The part of an address after the base, of which no query is made without looking at it.
_IDENTIFIER = re.compile(r"[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*")


@dataclass(frozen=True)
class Words:
    """A comparison as a user writes it.

    Attributes:
        outcome: The outcome.
        experimental: The treatment, or "" for all pairs.
        reference: What it is compared with, or "" for all pairs.
        population: The population, or "" for all.
        measure: One of `effects.MEASURES`, or "" for the one that is usual for the outcome.
        figures: `review`, `paper` or `both`.
        nodes: `drug` or `regimen`.
        correct: The number added to the cells of a trial with a zero cell: 0 or 0.5.
        curated: Whether submissions are left out.
    """

    outcome: str
    experimental: str = ""
    reference: str = ""
    population: str = ""
    measure: str = ""
    figures: str = "both"
    nodes: str = "drug"
    correct: str = "0"
    curated: bool = False


class Asker:
    """Answers comparisons on one version of the graph.

    Args:
        ask: Asks a query; a row is the text of its terms.
        names: Makes the look-up of names; called once a name is not an identifier.
        texts: The queries of a comparison.
        version: The version of the data.
    """

    def __init__(self, ask: Ask, names: Callable[[], LookUp], texts: Texts, version: str) -> None:
        self._ask = ask
        self._names = names
        self._texts = texts
        self._version = version
        self._labels: dict[str, str] = {}

    def compare(self, words: Words) -> Json:
        """Answer how two treatments compare.

        Raises:
            ComparisonMalformed: The comparison cannot be asked for.
            ComparisonNameUnknown: A name is unknown or stands for several.
        """
        one, other = (
            self.resolve(text, ("Drug", "DrugClass"), role)
            for text, role in ((words.experimental, "treatment"), (words.reference, "treatment"))
        )
        if one == other:
            raise ComparisonMalformed(
                f"Both treatments are {self._label(one)}.",
                advice="Name two different treatments.",
                code="same-treatment",
                choices=[],
            )
        evidence, question = self.evidence(words)
        asked = replace(question, experimental=one, reference=other)
        for name in (one, other):
            if name.startswith(_FOLDERS["DrugClass"]):
                drugs = self._drugs_of(name, evidence)
                if len(drugs) == 1:
                    names = {"class": self._label(name), "drug": evidence.name(drugs[0])}
                    reason = Refusal("class-of-one-drug", names, (drugs[0],))
                    return refuse(reason, evidence, asked, self._version)
        return compare(evidence, asked, self._version)

    def league(self, words: Words) -> Json:
        """Answer every pair of the network.

        Raises:
            ComparisonMalformed: The comparison cannot be asked for.
            ComparisonNameUnknown: A name is unknown or stands for several.
        """
        return league(*self.evidence(words), self._version)

    def map(self, words: Words) -> Json:
        """Answer which pairs have which evidence, and which cell is missing.

        Raises:
            ComparisonMalformed: The comparison cannot be asked for.
            ComparisonNameUnknown: A name is unknown or stands for several.
        """
        return evidence_map(*self.evidence(words), self._version)

    def evidence(self, words: Words) -> tuple[Evidence, Question]:
        """Read the evidence on an outcome, and the question without its treatments.

        Raises:
            ComparisonMalformed: The comparison cannot be asked for.
            ComparisonNameUnknown: A name is unknown or stands for several.
        """
        outcome = self.resolve(words.outcome, ("Outcome",), "outcome")
        population = None
        if words.population:
            population = self.resolve(words.population, ("Population",), "population")
        evidence = cells.read(self._ask, self._texts, outcome, words.nodes)
        if population and population not in evidence.populations:
            known = cells.population(self._ask, self._texts, population)
            evidence = replace(evidence, populations={**evidence.populations, **known})
        if words.curated:
            evidence = _curated(evidence)
        measure = self._measure(words.measure, outcome, evidence)
        return evidence, Question(
            experimental="",
            reference="",
            outcome=outcome,
            population=population,
            measure=measure,
            figures=words.figures,
            nodes=words.nodes,
            correct=Fraction(words.correct),
        )

    def _measure(self, measure: str, outcome: str, evidence: Evidence) -> str:
        """Return the measure to use; without one the usual one of the outcome."""
        known = evidence.outcomes.get(outcome)
        if known and not known.of_people:
            raise ComparisonMalformed(
                f"{self._label(outcome)} does not happen to people on a treatment: "
                "it has no measure of effect.",
                advice="Ask for an outcome of efficacy or an adverse event.",
                code="outcome-without-measure",
                choices=[],
            )
        over_time = bool(known and known.time_to_event)
        if not measure:
            ratios = {ratio.measure for ratio in evidence.ratios}
            counts = any(cell.measure == "CrudeProportion" for cell in evidence.cells)
            hazard = over_time or (HAZARD_RATIO in ratios and not counts)
            return HAZARD_RATIO if hazard else ODDS_RATIO
        if measure not in MEASURES:
            raise ComparisonMalformed(
                f"{measure!r} is not a measure.",
                advice=f"Choose one of: {', '.join(MEASURES)}.",
                code="unknown-measure",
                choices=list(MEASURES),
            )
        if over_time and measure != HAZARD_RATIO:
            raise ComparisonMalformed(
                f"{self._label(outcome)} is a time to an event, which has no {measure}.",
                advice="Ask for the hazard ratio.",
                code="measure-does-not-fit",
                choices=[HAZARD_RATIO],
            )
        return measure

    def _drugs_of(self, class_: str, evidence: Evidence) -> list[str]:
        """Return the drugs of a class that have figures; more than one is a mistake of the user.

        Raises:
            ComparisonMalformed: Several drugs of the class have figures.
        """
        treated = {cell.group.treatment for cell in evidence.cells}
        treated |= {g.treatment for r in evidence.ratios for g in (r.experimental, r.reference)}
        drugs = sorted(
            drug for drug in treated if drug and class_ in evidence.classes.get(drug, frozenset())
        )
        if len(drugs) < 2:
            return drugs
        names = [evidence.name(drug) for drug in drugs]
        raise ComparisonMalformed(
            f"{self._label(class_)} is a class, and its drugs are not merged.",
            advice=f"Ask drug by drug: {', '.join(names)}.",
            code="class-of-several-drugs",
            choices=drugs,
        )

    def _label(self, identifier: str) -> str:
        return self._labels.get(identifier, identifier)

    def resolve(self, text: str, kinds: tuple[str, ...], role: str) -> str:
        """Return the identifier of a name.

        Args:
            text: A name, a short identifier or an IRI.
            kinds: What it may be: `Drug`, ...
            role: What it is asked as, for the message.

        Raises:
            ComparisonNameUnknown: It is unknown, or stands for several.
        """
        found = self._identified(text.strip(), kinds) or self._named(text, kinds, role)
        if found not in self._labels:
            rows = about(self._ask, self._texts, "names", [found])
            self._labels |= {short(node): label for node, _, label in rows}
        return found

    def _identified(self, text: str, kinds: tuple[str, ...]) -> str | None:
        """Return the identifier that a text is, or abbreviates; None where it is a name."""
        slug = text.lower().replace(" ", "-")
        own = short(text if text.startswith(BASE) else expand_own(text) or text)
        possible = [own, *(_FOLDERS[kind] + slug for kind in kinds)]
        asked = [each for each in possible if _IDENTIFIER.fullmatch(each)]
        rows = about(self._ask, self._texts, "names", asked)
        wanted = {f"{BASE}ontology/{kind}" for kind in kinds}
        labels = {short(node): label for node, class_, label in rows if class_ in wanted}
        self._labels |= labels
        return next((each for each in asked if each in labels), None)

    def _named(self, text: str, kinds: tuple[str, ...], role: str) -> str:
        """Return the identifier of the one thing of that name."""
        hits = [hit for hit in self._names().search(text, 1000)["hits"] if hit["kind"] in kinds]
        exact = [hit for hit in hits if hit["score"] == 100]
        if len(exact) == 1:
            return short(exact[0]["entity"])
        choices = [short(hit["entity"]) for hit in (exact or hits[:5])]
        listed = ", ".join(choice.split("/", 1)[1] for choice in choices)
        many = len(exact) > 1
        raise ComparisonNameUnknown(
            f"{text!r} stands for several: {listed}." if many else f"No {role} is called {text!r}.",
            advice=f"Write one of: {listed}." if choices else "Search for it: `aikg search`.",
            code="ambiguous-name" if many else "unknown-name",
            choices=choices,
        )


def _curated(evidence: Evidence) -> Evidence:
    """Leave out what submissions state."""

    def ours(part: Cell | Ratio) -> bool:
        return not part.graph.startswith(SUBMITTED)

    parts: list[Cell | Ratio] = [*evidence.cells, *evidence.ratios]
    left = [part.id for part in parts if not ours(part)]
    return replace(
        evidence,
        cells=tuple(cell for cell in evidence.cells if ours(cell)),
        ratios=tuple(ratio for ratio in evidence.ratios if ours(ratio)),
        not_used=(*evidence.not_used, *((each, "a submission") for each in left)),
    )
