"""The ontology by the rules of ROBOT's report, which OBO tools and registries apply.

Each rule is a query of our own, and is shown to find a planted breach. The real program runs where
`robot` is on the path; docs/measurements/tools.md has its last answer.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest

from aikg.build import Built
from aikg.description import obo
from aikg.names import OTHER_PREFIXES
from aikg.settings import Settings

HEADER = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in OTHER_PREFIXES.items())
HEADER += (
    "PREFIX aikg: <https://w3id.org/aikg/ontology/> PREFIX ao: <http://purl.obolibrary.org/obo/>\n"
)
#: The ontology's own terms.
TERM = "?x a ?kind . FILTER(STRSTARTS(STR(?x), STR(aikg:)) && STRSTARTS(STR(?kind), STR(owl:)))"

#: Rule: what breaks it; triples that break it.
RULES = {
    "missing_ontology_title": (
        "?x a owl:Ontology FILTER NOT EXISTS { ?x dcterms:title ?t }",
        "<urn:other> a owl:Ontology .",
    ),
    "missing_ontology_description": (
        "?x a owl:Ontology FILTER NOT EXISTS { ?x dcterms:description ?t }",
        "<urn:other> a owl:Ontology .",
    ),
    "missing_ontology_license": (
        "?x a owl:Ontology FILTER NOT EXISTS { ?x dcterms:license ?t }",
        "<urn:other> a owl:Ontology .",
    ),
    "missing_label": (TERM + " FILTER NOT EXISTS { ?x rdfs:label ?l }", "aikg:New a owl:Class ."),
    "multiple_labels": (
        "?x rdfs:label ?one, ?other FILTER(?one != ?other)",
        'aikg:Drug rdfs:label "Arzneistoff"@de .',
    ),
    "duplicate_label": (
        "?x rdfs:label ?l . ?y rdfs:label ?m FILTER(?x != ?y && LCASE(STR(?l)) = LCASE(STR(?m)))",
        'aikg:New rdfs:label "Drug"@en .',
    ),
    "missing_definition": (
        TERM + " FILTER NOT EXISTS { ?x ao:IAO_0000115 ?d }",
        "aikg:New a owl:Class .",
    ),
    "multiple_definitions": (
        "?x ao:IAO_0000115 ?one, ?other FILTER(?one != ?other)",
        'aikg:Drug ao:IAO_0000115 "Another."@en .',
    ),
    "duplicate_definition": (
        "?x ao:IAO_0000115 ?l . ?y ao:IAO_0000115 ?m FILTER(?x != ?y && STR(?l) = STR(?m))",
        'aikg:New ao:IAO_0000115 "Same." . aikg:Newer ao:IAO_0000115 "Same." .',
    ),
    "lowercase_definition": (
        '?x ao:IAO_0000115 ?d FILTER(REGEX(?d, "^[a-z]"))',
        'aikg:New ao:IAO_0000115 "small." .',
    ),
    "label_whitespace": (
        r'?x rdfs:label ?l FILTER(REGEX(?l, "^\\s|\\s$|\\s\\s"))',
        'aikg:New rdfs:label "new " .',
    ),
    "label_formatting": (
        r'?x rdfs:label ?l FILTER(REGEX(?l, "[\\n\\t\\r]"))',
        r'aikg:New rdfs:label "n\new" .',
    ),
    "missing_superclass": (
        "?x a owl:Class FILTER(!isBlank(?x)) FILTER NOT EXISTS { ?x rdfs:subClassOf ?p }",
        "aikg:New a owl:Class .",
    ),
    "deprecated_boolean_datatype": (
        "?x owl:deprecated ?d FILTER(DATATYPE(?d) != xsd:boolean)",
        'aikg:New owl:deprecated "true" .',
    ),
    "deprecated_class_reference": (
        "?x owl:deprecated true . ?y rdfs:subClassOf ?x",
        "aikg:New owl:deprecated true . aikg:Drug rdfs:subClassOf aikg:New .",
    ),
}


def breaches(ontology: bytes, rule: str, planted: str = "") -> int:
    """How many terms break a rule, in the ontology with some more triples."""
    store = ox.Store()
    store.bulk_load(ontology, format=ox.RdfFormat.RDF_XML)
    if planted:
        turtle = HEADER.replace("PREFIX", "\nPREFIX") + planted
        store.bulk_load(turtle.encode(), format=ox.RdfFormat.TURTLE)
    query = f"{HEADER} SELECT DISTINCT ?x {{ {RULES[rule][0]} }}"
    return len(list(store.query(query)))


@pytest.fixture(scope="module")
def written(built: Built, settings: Settings) -> bytes:
    """The ontology as the build writes it."""
    return (settings.home / "aikg.owl").read_bytes()


@pytest.mark.parametrize("rule", RULES)
def test_no_term_breaks_a_rule_of_the_report(written: bytes, rule: str) -> None:
    """Neither a rule of ROBOT's level ERROR nor one of the levels below."""
    assert breaches(written, rule, RULES[rule][1]) > 0
    assert breaches(written, rule) == 0


def test_the_additions_are_no_part_of_the_default_graph(built: Built) -> None:
    """They repeat definitions, so that a query that counts them would count twice."""
    added = [quad for quad in built.aside if quad.graph_name == obo.GRAPH]
    definitions = {
        (t.subject, t.object)
        for t in (s.triple for s in built.asserted if s.path.startswith("ontology/"))
        if t.predicate.value == OTHER_PREFIXES["skos"] + "definition"
    }
    copied = {(q.subject, q.object) for q in added if q.predicate.value == obo.DEFINITION}
    assert copied == definitions
    default = {q.triple for q in built.quads() if q.graph_name == ox.DefaultGraph()}
    assert not default & {q.triple for q in added if q.predicate.value == obo.DEFINITION}


def test_each_term_is_one_element(written: bytes) -> None:
    """Readers such as pronto read only the element that has the kind of a term."""
    namespaces = {"owl": OTHER_PREFIXES["owl"], "obo": obo.DEFINITION.rpartition("IAO")[0]}
    root = ElementTree.fromstring(written)  # noqa: S314  our own
    about = f"{{{OTHER_PREFIXES['rdf']}}}about"
    classes = [one for one in root.findall("owl:Class", namespaces) if about in one.attrib]
    assert len(classes) > 80
    assert [
        one.get(about) for one in classes if one.find("obo:IAO_0000115", namespaces) is None
    ] == []


@pytest.mark.skipif(not shutil.which("robot"), reason="ROBOT is not on the path")
@pytest.mark.slow
def test_robot_reports_no_violation(written: bytes, tmp_path: Path) -> None:
    """ROBOT itself finds nothing, at any of its levels, and ends with 0."""
    (tmp_path / "aikg.owl").write_bytes(written)
    command = ["robot", "report", "--input", "aikg.owl", "--output", "report.tsv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len((tmp_path / "report.tsv").read_text().splitlines()) == 1
