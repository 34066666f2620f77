"""The ontology: each term is documented, each list is closed, and the whole is OWL 2 DL."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import owl_profile
import owlready2
import pyhornedowl
import pyoxigraph as ox
import pytest
from conftest import ROOT

from aikg.build import Built
from aikg.description import obo
from aikg.files import turtle
from aikg.names import OTHER_PREFIXES, OWN_PREFIXES, RDF_TYPE, shorten
from aikg.rules import hermit
from aikg.settings import Settings

SKOS_DEFINITION = OTHER_PREFIXES["skos"] + "definition"
OWL = OTHER_PREFIXES["owl"]
STATEMENTS = turtle.read_folder(ROOT / "ontology", ROOT)
TRIPLES = [s.triple for s in STATEMENTS]

#: Words that add nothing to a label.
EMPTY_WORDS = {"a", "an", "by", "gives", "in", "is", "it", "of", "says", "the", "to", "which"}


def store() -> ox.Store:
    """The ontology in a store."""
    found = ox.Store()
    found.extend(ox.Quad(t.subject, t.predicate, t.object) for t in TRIPLES)
    return found


def of_kind(kind: str) -> set[str]:
    """The named terms that the ontology declares to be of a kind that OWL has."""
    return {
        t.subject.value
        for t in TRIPLES
        if t.predicate.value == RDF_TYPE
        and t.object == ox.NamedNode(OWL + kind)
        and isinstance(t.subject, ox.NamedNode)
    }


KINDS = ("Class", "ObjectProperty", "DatatypeProperty", "NamedIndividual")
#: Our terms that only describe rules.
ANNOTATIONS = {iri for iri in of_kind("AnnotationProperty") if iri.startswith(OWN_PREFIXES["aikg"])}
TERMS = sorted(ANNOTATIONS.union(*map(of_kind, KINDS)))


def words(text: str) -> set[str]:
    """The words of a text, in lower case, without those that say nothing."""
    return set(re.findall(r"[\w-]+", text.lower())) - EMPTY_WORDS


def is_documented(annotations: dict[str, list[Any]]) -> bool:
    """Whether a term has a label, a definition that says more than the label, and a source."""
    match annotations:
        case {"rdfs:label": [label], "skos:definition": [definition], "dcterms:source": [_, *_]}:
            return (
                label.language == definition.language == "en"
                and definition.value.endswith(".")
                and len(words(definition.value) - words(label.value)) > 1
            )
    return False


def own_kinds() -> dict[str, set[str]]:
    """Our terms that are kinds of our other terms: each with the labels of its kinds."""
    labels = {
        t.subject.value: t.object.value for t in TRIPLES if t.predicate.value.endswith("#label")
    }
    found: dict[str, set[str]] = {}
    for t in TRIPLES:
        is_kind = t.predicate.value in {RDF_TYPE, OTHER_PREFIXES["rdfs"] + "subClassOf"}
        if is_kind and getattr(t.object, "value", "") in labels and t.subject.value in labels:
            found.setdefault(t.subject.value, set()).add(labels[t.object.value])
    return found


def test_each_definition_begins_with_what_the_term_is_a_kind_of() -> None:
    """A definition names the genus: a word of the label of the class above stands in it."""
    definitions = {
        t.subject.value: t.object.value
        for t in TRIPLES
        if t.predicate.value == OTHER_PREFIXES["skos"] + "definition"
    }
    missing = [
        f"{shorten(term)}: {genus}"
        for term, kinds in own_kinds().items()
        for genus in kinds
        if not words(genus) & words(definitions[term])
    ]
    assert missing == []


def test_each_property_says_what_it_joins() -> None:
    """The definition of a property begins as a sentence about its subject does."""
    properties = of_kind("ObjectProperty") | of_kind("DatatypeProperty")
    definitions = [
        t.object.value
        for t in TRIPLES
        if t.subject in map(ox.NamedNode, properties)
        and t.predicate.value == OTHER_PREFIXES["skos"] + "definition"
    ]
    assert len(definitions) == len(properties)
    assert [d for d in definitions if not re.match(r"(Says|Gives)\b", d)] == []


def test_each_term_is_documented() -> None:
    """Each term has one label, one definition that says more than the label, and a source."""
    annotations: dict[str, dict[str, list[Any]]] = {term: {} for term in TERMS}
    for t in TRIPLES:
        if getattr(t.subject, "value", "") in annotations:
            values = annotations[t.subject.value].setdefault(shorten(t.predicate.value), [])
            values.append(t.object)
    assert [shorten(term) for term in TERMS if not is_documented(annotations[term])] == []


def test_every_own_term_that_an_axiom_uses_is_declared() -> None:
    """No axiom names a term that the ontology does not have."""
    used = {
        term.value
        for triple in TRIPLES
        for term in triple
        if isinstance(term, ox.NamedNode) and term.value.startswith(OWN_PREFIXES["aikg"])
    }
    assert used == set(TERMS)


def test_each_value_list_is_closed_by_the_statement_that_its_items_differ() -> None:
    """The items of each list are, all of them and no others, the members of one AllDifferent."""
    graph = store()
    prefixes = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in OTHER_PREFIXES.items())
    lists: dict[str, set[str]] = {}
    for row in graph.query(
        f"{prefixes} PREFIX aikg: <{OWN_PREFIXES['aikg']}>"
        "SELECT ?list ?item WHERE { ?item a ?list . ?list rdfs:subClassOf aikg:Value }"
    ):
        lists.setdefault(row["list"].value, set()).add(row["item"].value)
    different: dict[str, set[str]] = {}
    for row in graph.query(
        prefixes + "SELECT ?all ?item WHERE "
        "{ ?all a owl:AllDifferent ; owl:distinctMembers/rdf:rest*/rdf:first ?item }"
    ):
        different.setdefault(row["all"].value, set()).add(row["item"].value)
    assert sorted(map(sorted, different.values())) == sorted(map(sorted, lists.values()))


@pytest.fixture(scope="module")
def rdfxml(built: Built, settings: Settings) -> Path:
    """The ontology as the file that the build writes."""
    return settings.home / "aikg.owl"


def test_rdfxml_holds_the_same_triples(rdfxml: Path) -> None:
    """The RDF/XML says what the Turtle files and the additions for OBO tools say, each time."""
    triples = obo.ontology(STATEMENTS)
    assert set(triples) >= set(TRIPLES)
    assert len(triples) == len(TRIPLES) + len(list(obo.describe(STATEMENTS)))
    read_back = ox.Dataset(ox.parse(rdfxml.read_bytes(), format=ox.RdfFormat.RDF_XML))
    written = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    for dataset in (read_back, written):
        dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    assert read_back == written
    assert rdfxml.read_bytes() == turtle.write_rdfxml(triples)


def test_owlready2_reads_what_the_turtle_declares(rdfxml: Path) -> None:
    """owlready2 finds in the RDF/XML every class, property and individual."""
    world = owlready2.World()
    loaded = world.get_ontology(rdfxml.as_uri()).load()
    found = {
        "Class": {entity.iri for entity in loaded.classes()},
        "ObjectProperty": {entity.iri for entity in loaded.object_properties()},
        "DatatypeProperty": {entity.iri for entity in loaded.data_properties()},
        "NamedIndividual": {entity.iri for entity in loaded.individuals()},
    }
    world.close()
    assert found == {kind: of_kind(kind) for kind in KINDS}


def test_horned_owl_reads_what_the_turtle_declares(rdfxml: Path) -> None:
    """py-horned-owl finds in the RDF/XML every class, property and individual."""
    loaded = pyhornedowl.open_ontology(str(rdfxml))
    assert {
        "Class": set(loaded.get_classes()),
        "ObjectProperty": set(loaded.get_object_properties()),
        "DatatypeProperty": set(loaded.get_data_properties()),
        "NamedIndividual": set(loaded.get_named_individuals()),
    } == {kind: of_kind(kind) for kind in KINDS}


@pytest.mark.slow
def test_ontology_is_in_the_profile_owl_2_dl(rdfxml: Path) -> None:
    """Nothing in the ontology leaves OWL 2 DL, so that every DL reasoner can read it."""
    assert owl_profile.violations(rdfxml) == []


@pytest.mark.slow
def test_the_owl_api_reads_each_definition(rdfxml: Path) -> None:
    """The library with which Protégé loads a file finds the terms' definitions in its axioms."""
    axioms = owl_profile.axioms(rdfxml)
    defined = [axiom for axiom in axioms if f"AnnotationAssertion(<{obo.DEFINITION}>" in axiom]
    assert len(defined) == sum(t.predicate.value == SKOS_DEFINITION for t in TRIPLES) > 300
    assert len(axioms) > 2500


@pytest.mark.slow
@pytest.mark.parametrize(
    ("axiom", "violation"),
    [
        pytest.param(
            "aikg:Population rdfs:subClassOf [ a owl:Restriction ; owl:onProperty aikg:within ; "
            "owl:maxCardinality '1'^^xsd:nonNegativeInteger ] .",
            "non-simple property in ObjectMaxCardinality",
            id="cardinality of a transitive property",
        ),
        pytest.param(
            "aikg:within a owl:IrreflexiveProperty .",
            "non-simple property in IrrefexiveObjectProperty",
            id="transitive and irreflexive",
        ),
        pytest.param(
            "aikg:within owl:propertyChainAxiom ( aikg:sites aikg:stage ) .",
            "in chain causes cycle: <https://w3id.org/aikg/ontology/sites>",
            id="chains that run in a circle",
        ),
        pytest.param(
            "aikg:Drug rdfs:subClassOf [ a owl:Restriction ; "
            "owl:onProperty <https://example.org/unknown> ; owl:hasValue aikg:Yes ] .",
            "undeclared object property: <https://example.org/unknown>",
            id="a property that nobody declares",
        ),
    ],
)
def test_profile_check_finds(axiom: str, violation: str, tmp_path: Path) -> None:
    """A planted axiom outside OWL 2 DL is found, so that finding none means something."""
    prefixes = {**OTHER_PREFIXES, **OWN_PREFIXES}
    header = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in prefixes.items())
    planted = ox.parse((header + axiom).encode(), format=ox.RdfFormat.TURTLE)
    path = tmp_path / "planted.owl"
    path.write_bytes(
        turtle.write_rdfxml(
            [*TRIPLES, *(ox.Triple(q.subject, q.predicate, q.object) for q in planted)]
        )
    )
    assert any(violation in line for line in owl_profile.violations(path))


@pytest.mark.slow
def test_ontology_is_consistent_and_each_class_can_have_members() -> None:
    """HermiT finds no contradiction in the ontology by itself."""
    hermit.classify(TRIPLES)
