"""Groups, studies, populations and outcomes, as an excerpt of the graph describes them."""

from __future__ import annotations

import re
from collections import defaultdict

from aikg.synthesis.evidence import Group, Outcome, Population, Study
from aikg.synthesis.excerpt import Excerpt


def groups_of(excerpt: Excerpt, nodes: str) -> dict[str, Group]:
    """Return the groups that have a population.

    Args:
        excerpt: The excerpt.
        nodes: `drug`, or `regimen`, for what a treatment is.
    """
    regimens = _regimens_by_study(excerpt)
    found = {}
    for group in excerpt.of_class("Group"):
        arms = excerpt.all(group, "ofArm")
        population = excerpt.one(group, "inPopulation")
        study = excerpt.one(arms[0], "ofStudy") if arms else excerpt.one(group, "ofStudy")
        if not population or not study:
            continue
        against = {other for arm in arms for other in excerpt.all(arm, "randomizedAgainst")}
        sizes = excerpt.all(group, "size")
        found[group] = Group(
            id=group,
            study=study,
            arms=frozenset(arms),
            treatment=_treatment(group, arms, nodes, excerpt),
            against=frozenset(against),
            population=population,
            analysis_set=excerpt.one(group, "analysisSet"),
            size=int(float(sizes[0])) if sizes and float(sizes[0]) >= 1 else None,
            subgroup=excerpt.is_a(group, "Subgroup"),
            shares=frozenset(excerpt.all(group, "sharesPatientsWith")),
            dose_unclear=nodes == "drug" and _dose_unclear(arms, study, regimens, excerpt),
        )
    return found


def _treatment(group: str, arms: list[str], nodes: str, excerpt: Excerpt) -> str | None:
    """Return the one drug, or the one regimen, of a group; None for combinations."""
    drugs = excerpt.all(group, "receives")
    regimens = [excerpt.one(arm, "assignedRegimen") for arm in arms]
    single = all(len(excerpt.all(regimen, "hasComponent")) == 1 for regimen in regimens)
    if len(drugs) != 1 or not regimens or not single:
        return None
    if nodes == "drug":
        return drugs[0]
    return regimens[0] if len(set(regimens)) == 1 else None


def _regimens_by_study(excerpt: Excerpt) -> dict[tuple[str, str], set[str]]:
    """Return the regimens of each drug in each study."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for arm in excerpt.of_class("Arm"):
        for drug in excerpt.all(arm, "receives"):
            found[excerpt.one(arm, "ofStudy"), drug].add(excerpt.one(arm, "assignedRegimen"))
    return found


def _dose_unclear(
    arms: list[str], study: str, regimens: dict[tuple[str, str], set[str]], excerpt: Excerpt
) -> bool:
    """Return whether a group joins doses, or its trials have several and it states none."""
    mine = {excerpt.one(arm, "assignedRegimen") for arm in arms}
    if len(mine) > 1:
        return True
    for regimen in mine:
        components = excerpt.all(regimen, "hasComponent")
        if any(excerpt.one(component, "dose") for component in components):
            continue
        drugs = {drug for arm in arms for drug in excerpt.all(arm, "receives")}
        for part in (study, *excerpt.all(study, "pools")):
            if any(len(regimens[part, drug]) > 1 for drug in drugs):
                return True
    return False


def studies_of(excerpt: Excerpt, mixing: set[str]) -> dict[str, Study]:
    """Return the studies.

    Args:
        excerpt: The excerpt.
        mixing: Those of which one table rounds some percentages and cuts others off.
    """
    untested = set()
    for finding in excerpt.of_class("Contrast"):
        if excerpt.one(finding, "status") == "ontology/NotPerformed":
            group = excerpt.one(finding, "experimental")
            untested.add(excerpt.one(excerpt.one(group, "ofArm") or group, "ofStudy"))
    crossing = {
        excerpt.one(arm, "ofStudy")
        for arm in excerpt.of_class("Arm")
        if excerpt.one(arm, "crossoverStated")
    }
    rated = {excerpt.one(node, "ofStudy") for node in excerpt.of_class("BiasJudgement")}
    return {
        study: Study(
            id=study,
            pools=frozenset(excerpt.all(study, "pools")),
            pooled=excerpt.is_a(study, "PooledAnalysis"),
            stopped_early=excerpt.one(study, "stoppedEarly") == "true",
            untested=study in untested,
            crossover=study in crossing,
            rounding_mixed=study in mixing,
            bias_rated=study in rated,
        )
        for study in excerpt.of_class("Study")
    }


def populations_of(excerpt: Excerpt) -> dict[str, Population]:
    """Return the populations; earlier treatment is inherited where none is stated."""
    issues = {
        node for issue in excerpt.of_class("DataIssue") for node in excerpt.all(issue, "concerns")
    }
    found = {}
    for population in excerpt.of_class("Population"):
        wider = excerpt.all(population, "within")
        prior = excerpt.all(population, "priorTherapy") or [
            each for other in wider for each in excerpt.all(other, "priorTherapy")
        ]

        def stated(name: str, nodes: tuple[str, ...] = (population, *wider)) -> frozenset[str]:
            return frozenset(value for node in nodes for value in excerpt.all(node, name))

        found[population] = Population(
            id=population,
            within=frozenset(wider),
            stages=stated("stage"),
            lines=stated("therapyLine"),
            prior=frozenset(prior),
            sites=stated("sites"),
            visceral_means=stated("visceralMeans"),
            has_issue=population in issues,
        )
    return found


def outcomes_of(excerpt: Excerpt) -> dict[str, Outcome]:
    """Return the outcomes."""
    return {
        outcome: Outcome(
            id=outcome,
            broader=frozenset(excerpt.all(outcome, "broaderOutcome")),
            duration=" ".join(
                excerpt.one(outcome, name)
                for name in ("minimumDurationBound", "minimumDuration", "minimumDurationUnit")
                if excerpt.one(outcome, name)
            ),
            time_to_event=excerpt.is_a(outcome, "TimeToEvent"),
            good=_good(outcome, excerpt),
            of_people=not any(
                excerpt.is_a(outcome, name) for name in ("PharmacologyOutcome", "ConductOutcome")
            ),
        )
        for outcome in excerpt.of_class("Outcome")
    }


def _good(outcome: str, excerpt: Excerpt) -> bool | None:
    """Return whether an event is good: a figure that is better when it is higher counts one.

    Of a time to an event the longer time is better, so that its event is bad.
    """
    better = excerpt.one(outcome, "betterWhen")
    if not better:
        return None
    return (better == "ontology/Higher") != excerpt.is_a(outcome, "TimeToEvent")


def classes_of(excerpt: Excerpt) -> dict[str, frozenset[str]]:
    """Return the classes of each drug, and the wider classes of each class."""

    def wider(node: str, seen: frozenset[str]) -> frozenset[str]:
        found = frozenset(excerpt.all(node, "inDrugClass") + excerpt.all(node, "broaderClass"))
        for each in found - seen:
            found |= wider(each, seen | found)
        return found

    nodes = (*excerpt.of_class("Drug"), *excerpt.of_class("DrugClass"))
    return {node: wider(node, frozenset()) - {node} for node in nodes}


def labels_of(excerpt: Excerpt) -> dict[str, str]:
    """Return what each node is called; a passage by its place in its document."""
    labels = {node: excerpt.one(node, "label") for node in excerpt.nodes}
    for passage in excerpt.of_class("Passage"):
        parts = [
            f"{word}{excerpt.one(passage, name)}"
            for name, word in (
                ("tableNumber", "table "),
                ("tableRow", "row "),
                ("tableColumn", "column "),
                ("section", ""),
                ("paragraph", "paragraph "),
            )
            if excerpt.one(passage, name)
        ]
        document = labels.get(excerpt.one(passage, "inDocument"), "")
        labels[passage] = ", ".join(parts) + (f" of the {document}" if document else "")
    return _with_acronyms({node: label for node, label in labels.items() if label}, excerpt)


def _with_acronyms(labels: dict[str, str], excerpt: Excerpt) -> dict[str, str]:
    """Put the acronym of a trial in the place of its number, which few readers know by heart."""
    acronyms = {
        number: acronym
        for study in excerpt.of_class("Study")
        if (acronym := excerpt.one(study, "acronym"))
        if (number := labels.get(study, "")) in excerpt.all(study, "identifier")
    }
    if not acronyms:
        return labels
    numbers = re.compile("|".join(rf"\b{re.escape(number)}\b" for number in sorted(acronyms)))
    return {
        node: f"{acronyms[label]} ({label})"
        if label in acronyms
        else numbers.sub(lambda match: acronyms[match[0]], label)
        for node, label in labels.items()
    }
