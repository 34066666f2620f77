"""Reasons why a treatment has no comparison: single arms, other subsets, no data at all."""

from __future__ import annotations

from aikg.synthesis.evidence import Evidence, Question
from aikg.synthesis.findings import Found, Refused
from aikg.synthesis.network import components
from aikg.synthesis.trials import Selection, Trial
from aikg.synthesis.verdicts import Refusal


def explain(
    selection: Selection, found: Found, evidence: Evidence, question: Question
) -> list[Refused]:
    """Return what is to be said where a pair has no path, and of trials of one arm always."""
    refused = [
        Refused(
            "direct",
            (),
            (trial.study.id,),
            found.figures,
            (Refusal("single-arm", {"study": evidence.name(trial.study.id)}, (trial.study.id,)),),
        )
        for trial in selection.trials
        if _is_single(trial) and set(trial.nodes) & {question.experimental, question.reference}
    ]
    if found.estimates or found.refused:
        return refused
    reasons = [
        *_missing(question.experimental, selection, evidence, question),
        *_missing(question.reference, selection, evidence, question),
    ]
    if not reasons:
        reasons = [_apart(selection, found, evidence, question)]
    return [*refused, Refused("direct", (), (), found.figures, tuple(reasons))]


def _is_single(trial: Trial) -> bool:
    """Return whether no arm is randomised against those of a trial."""
    return len(trial.nodes) == 1 and not any(group.against for group in trial.groups)


def _missing(
    drug: str, selection: Selection, evidence: Evidence, question: Question
) -> list[Refusal]:
    """Return why a treatment has no figure in the population that is asked for."""
    if any(drug in trial.nodes for trial in selection.trials):
        return []
    names = {"drug": evidence.name(drug), "outcome": evidence.name(question.outcome)}
    elsewhere = [trial for trial in selection.elsewhere if drug in trial.nodes]
    if not elsewhere:
        return [Refusal("no-data", names, (drug,))]
    populations = sorted({trial.population.id for trial in elsewhere})
    names["population"] = "; ".join(evidence.name(each) for each in populations)
    return [Refusal("other-subset", names, tuple(populations))]


def _apart(selection: Selection, found: Found, evidence: Evidence, question: Question) -> Refusal:
    """Say why two treatments that both have figures are not joined."""
    one, other = question.experimental, question.reference
    names = {"drug1": evidence.name(one), "drug2": evidence.name(other)}
    parts = components([reading.usable for reading in found.readings if reading.usable])
    inside = [any(node in part for part in parts) for node in (one, other)]
    if all(inside):
        return Refusal("not-connected", names, (one, other))
    studies = sorted(
        {trial.study.id for trial in selection.trials if {one, other} & set(trial.nodes)}
    )
    names["studies"] = ", ".join(evidence.name(study) for study in studies)
    return Refusal("not-randomised", names, tuple(studies))
