"""JSON-LD in the vocabulary of schema.org, for search engines and other crawlers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aikg.crosswalks.facts import Facts, Node, Other
from aikg.links.identifiers import Identifier
from aikg.names import BASE

Json = dict[str, Any]

CONTEXT = "https://schema.org/"


def describe(facts: Facts, node: Node) -> Json:
    """Describe a node."""
    kinds: dict[str, Callable[[Facts, Node], Json]] = {
        "Drug": _drug,
        "Study": _trial,
        "Outcome": _term,
        "Publication": lambda facts, paper: _article(paper),
    }
    return {"@context": CONTEXT, **kinds[node.kind](facts, node)}


def _thing(kind: str, node: Node) -> Json:
    """Return what any thing has; keys without a value are left out."""
    return _filled({
        "@id": node.iri,
        "@type": kind,
        "name": node.name,
        "alternateName": node.names,
        "url": node.iri,
        "identifier": [_number(identifier) for identifier, _ in node.links],
        "sameAs": [identifier.iri for identifier, _ in node.links],
    })  # fmt: skip


def _filled(found: Json) -> Json:
    return {key: value for key, value in found.items() if value not in ([], "", None)}


def _number(identifier: Identifier) -> Json:
    return {
        "@type": "PropertyValue",
        "propertyID": identifier.prefix,
        "value": identifier.local,
        "url": identifier.iri,
    }


def _other(kind: str, other: Other) -> Json:
    return {"@type": kind, "@id": other.iri, "name": other.name}


def _drug(facts: Facts, node: Node) -> Json:
    classes = [_other("DrugClass", other) for other in node.others("inDrugClass")]
    studies = [_other("MedicalTrial", Other(s.iri, s.name)) for s in facts.studies(node)]
    return _thing("Drug", node) | _filled({"drugClass": classes, "study": studies})


def _trial(facts: Facts, node: Node) -> Json:
    """Describe a trial; a pooled analysis and a review are studies and no trials."""
    is_trial = node.is_a("Trial")
    drugs = {drug.iri: drug for arm in facts.arms(node) for drug in arm.drugs}
    found = {
        "trialDesign": CONTEXT + "RandomizedTrial" if node.is_a("RandomizedTrial") else "",
        "studySubject": [_other("Drug", drug) for drug in drugs.values()],
        "subjectOf": [_article(paper) for paper in facts.publications(node)],
    }
    return _thing("MedicalTrial" if is_trial else "MedicalStudy", node) | _filled(found)


def _term(_: Facts, node: Node) -> Json:
    return _thing("DefinedTerm", node) | {"inDefinedTermSet": BASE}


def _article(node: Node) -> Json:
    found = {"headline": node.titles()[:1], "datePublished": node.own("year")[:1]}
    return _thing("ScholarlyArticle", node) | {k: v[0] for k, v in found.items() if v}
