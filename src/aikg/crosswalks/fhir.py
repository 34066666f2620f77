"""FHIR R5: a `ResearchStudy` for each trial and a `Citation` for each paper that reports one."""

from __future__ import annotations

from typing import Any

from aikg.crosswalks.facts import Arm, Facts, Node
from aikg.links.identifiers import Identifier

Json = dict[str, Any]


def describe(facts: Facts, node: Node) -> Json:
    """Describe a paper as a Citation, and the trials of any other node as a Bundle."""
    if node.kind == "Publication":
        return _citation(node)
    studies = facts.studies(node)
    papers = {p.iri: p for study in studies for p in facts.publications(study)}
    resources = [_study(facts, study) for study in studies]
    resources += [_citation(paper) for paper in papers.values()]
    entries = [{"fullUrl": one["url"], "resource": one} for one in resources]
    return _filled({"resourceType": "Bundle", "type": "collection", "entry": entries})


def _filled(found: Json) -> Json:
    """Leave out what is empty, which FHIR forbids."""
    return {key: value for key, value in found.items() if value not in ([], {}, "", None)}


def _identifier(identifier: Identifier) -> Json:
    """Return an identifier; its system is the address of the vocabulary's terms."""
    system = identifier.iri.removesuffix(identifier.local)
    return {"system": system, "value": identifier.local}


def _study(facts: Facts, study: Node) -> Json:
    arms = facts.arms(study)
    drugs = {drug.iri: drug.name for arm in arms for drug in arm.drugs}
    phases = [f"phase {value}" for value in study.own("phase")]
    papers = facts.publications(study)
    reasons = study.own("reasonForStopping")
    return _filled({
        "resourceType": "ResearchStudy",
        "url": study.iri,
        "identifier": [_identifier(one) for one, _ in study.links],
        "title": study.name,
        "label": [{"value": name} for name in study.names],
        "status": "active",
        "phase": {"text": phases[0]} if len(phases) == 1 else {},
        "focus": [{"concept": {"text": name}} for name in drugs.values()],
        "whyStopped": {"text": reasons[0]} if reasons else {},
        "comparisonGroup": [_arm(arm) for arm in arms],
        "outcomeMeasure": [
            {"name": other.name, "type": [{"text": "primary"}]}
            for other in study.others("hasPrimaryOutcome")
        ],
        "relatedArtifact": [
            {"type": "citation", "display": paper.name, "resource": paper.iri} for paper in papers
        ],
    })  # fmt: skip


def _arm(arm: Arm) -> Json:
    return _filled({"name": arm.name, "description": arm.regimen})


def _citation(paper: Node) -> Json:
    form = _filled({
        "publishedIn": _filled({"title": "".join(paper.own("journal")[:1])}),
        "volume": "".join(paper.own("volume")[:1]),
        "publicationDateText": "".join(paper.own("year")[:1]),
        "pageString": "".join(paper.own("pages")[:1]),
    })  # fmt: skip
    artifact = _filled({
        "identifier": [_identifier(one) for one, _ in paper.links],
        "title": [{"text": title} for title in paper.titles()],
        "publicationForm": [form] if form else [],
    })  # fmt: skip
    return _filled({
        "resourceType": "Citation",
        "url": paper.iri,
        "title": paper.name,
        "status": "active",
        "citedArtifact": artifact,
    })  # fmt: skip
