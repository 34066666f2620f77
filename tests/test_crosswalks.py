"""Drugs, trials, outcomes and papers in other schemas: only words that these schemas have."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import bioregistry
import pyoxigraph as ox
import pytest
from conftest import ROOT
from fhir.resources import get_fhir_model_class
from rdflib import SDO
from serving import Server, start

from aikg import graph
from aikg.build import Built
from aikg.crosswalks import fhir, schema_org, wikidata
from aikg.crosswalks.facts import KINDS, Facts, Node
from aikg.links.lookup import LookUp, Sources
from aikg.names import BASE, RDF_TYPE
from aikg.settings import Settings

SCHEMA = "https://schema.org/"
NASTY = "<b>ex</b>&\"'</script>{{ 7*7 }}\t\n=1+1"


@pytest.fixture(scope="module")
def facts(built: Built, settings: Settings) -> Facts:
    """The facts of the repository's graph."""
    opened = graph.open_graph(settings)

    def ask(query: str) -> bytes:
        answer = io.BytesIO()
        opened.write(query, "json", answer)
        return answer.getvalue()

    return Facts(LookUp(ask, Sources.read(ROOT)))


@pytest.fixture(scope="module")
def nodes(facts: Facts) -> list[Node]:
    """Every drug, trial and publication, and every fifth outcome."""
    known = sorted(facts._look_up.index.entities.values(), key=lambda one: one.iri)
    chosen = [one for one in known if one.kind in KINDS and one.kind != "Outcome"]
    chosen += [one for one in known if one.kind == "Outcome"][::5]
    return [facts.node(one.iri) for one in chosen]


def terms(found: Any) -> Iterator[str]:
    """The keys and the types of JSON-LD."""
    if isinstance(found, list):
        for item in found:
            yield from terms(item)
    elif isinstance(found, dict):
        for key, value in found.items():
            if key == "@type":
                yield value
            elif not key.startswith("@"):
                yield key
            yield from terms(value)


def test_schema_org_has_each_term(facts: Facts, nodes: list[Node]) -> None:
    """No key and no type is made up, and JSON-LD leads to the words of schema.org alone."""
    kinds = set()
    for node in nodes:
        found = schema_org.describe(facts, node)
        assert set(terms(found)) <= set(SDO.__annotations__), node.iri
        assert found["@context"] == SCHEMA
        kinds.add(found["@type"])
        local = json.dumps(found | {"@context": {"@vocab": SCHEMA}})
        triples = list(ox.parse(local, format=ox.RdfFormat.JSON_LD))
        assert {t.subject.value for t in triples if isinstance(t.subject, ox.NamedNode)}
        predicates = {t.predicate.value for t in triples}
        assert {p for p in predicates if not p.startswith(SCHEMA)} <= {RDF_TYPE}
    assert kinds >= {"Drug", "MedicalTrial", "MedicalStudy", "DefinedTerm", "ScholarlyArticle"}


def test_fhir_reads_each_resource_back(facts: Facts, nodes: list[Node]) -> None:
    """`fhir.resources` (R5) accepts each, with codes of its lists, and writes it unchanged."""
    seen = set()
    for node in nodes:
        found = fhir.describe(facts, node)
        resources = [entry["resource"] for entry in found.get("entry", [])] or [found]
        for one in resources:
            if one["resourceType"] == "Bundle":
                continue  # without a trial
            seen.add(one["resourceType"])
            model = get_fhir_model_class(one["resourceType"])
            assert json.loads(model.model_validate(one).model_dump_json()) == one
            assert one["status"] in codes(model, "status")
        assert (node.kind == "Publication") == (found["resourceType"] == "Citation")
    assert seen == {"ResearchStudy", "Citation"}


def codes(model: Any, name: str) -> list[str]:
    """The codes that a field may have."""
    return list(model.model_fields[name].json_schema_extra["enum_values"])


def test_fhir_says_what_the_trial_is(facts: Facts) -> None:
    """Arms, primary outcome, reason of the stop, and the paper with its number."""
    found = fhir.describe(facts, facts.node(BASE + "study/campos"))
    study, *papers = (entry["resource"] for entry in found["entry"])
    assert {arm["name"] for arm in study["comparisonGroup"]} == {
        "exemestane arm of the Campos trial",
        "anastrozole arm of the Campos trial",
    }
    assert study["whyStopped"]["text"] == "slow accrual"
    assert study["outcomeMeasure"][0]["type"] == [{"text": "primary"}]
    numbers = [one["value"] for paper in papers for one in paper["citedArtifact"]["identifier"]]
    assert "19299239" in numbers


def test_each_property_of_wikidata_is_the_one_that_bioregistry_names(nodes: list[Node]) -> None:
    """And each value has the form that Wikidata wants."""
    for prefix, (name, _) in wikidata.PROPERTIES.items():
        assert bioregistry.get_resource(prefix).wikidata["prefix"] == name, prefix
    seen = set()
    for identifier in (one for node in nodes for one, _ in node.links):
        if identifier.prefix in wikidata.PROPERTIES:
            name, value = wikidata.statement(identifier)
            assert has_form(identifier.prefix, value), (name, value)
            seen.add(name)
    assert {"P267", "P231", "P683", "P715", "P486", "P652", "P3098", "P356", "P698"} <= seen


def has_form(prefix: str, value: str) -> bool:
    """Whether a value matches Wikidata's pattern, if that one matches Wikidata's own examples."""
    described = bioregistry.get_resource(prefix).wikidata
    pattern = described.get("pattern", ".*").replace("^(?i)", "(?i)^")
    if not all(re.fullmatch(pattern, example) for example in described["examples"]):
        return True
    return bool(re.fullmatch(pattern, value))


def table(text: str) -> list[list[str]]:
    """The cells of a table, each row with as many as there are columns."""
    rows = [line.split("\t") for line in text.splitlines()]
    assert rows[0] == list(wikidata.COLUMNS)
    assert {len(row) for row in rows} == {len(wikidata.COLUMNS)}
    return rows[1:]


def test_the_table_has_a_row_for_each_exact_match(facts: Facts) -> None:
    """With the item of Wikidata, where one is linked."""
    node = facts.node(BASE + "drug/exemestane")
    rows = table(wikidata.write(node))
    ((item, *_),) = {tuple(row[:1]) for row in rows}
    assert item == next(one.local for one, _ in node.links if one.prefix == "wikidata")
    assert ["P267", '"L02BG06"'] in [row[1:3] for row in rows]
    linked = [one for one, _ in node.links if one.prefix in wikidata.PROPERTIES]
    assert len(rows) == len(linked) > 5


@pytest.mark.parametrize(
    ("target", "accept", "media_type"),
    [
        ("/drug/exemestane?format=schema.org", "*/*", "application/ld+json"),
        ("/drug/exemestane?format=fhir", "text/html", "application/fhir+json"),
        ("/study/campos", "application/fhir+json", "application/fhir+json"),
        ("/outcome/overall-survival?format=wikidata", "*/*", "text/tab-separated-values"),
        ("/publication/campos-2009?format=fhir", "*/*", "application/fhir+json"),
        ("/study/campos", "application/ld+json", "application/ld+json"),
        ("/study/campos", "application/fhir+json;q=0.1, text/turtle", "text/turtle"),
        ("/study/campos", "text/turtle;q=0.1, application/fhir+json", "application/fhir+json"),
        ("/target/aromatase", "application/fhir+json;q=0.1, */*;q=0.9", "text/turtle"),
    ],
)
def test_a_node_has_the_schema_that_is_asked_for(
    site: Server, target: str, accept: str, media_type: str
) -> None:
    """By its name, or by its media type; JSON-LD without a name is that of the graph."""
    reply = site.send("GET", target, {"Accept": accept})
    assert (reply.status, reply.media_type) == (200, media_type)
    if "format" not in target and media_type == "application/ld+json":
        assert b"schema.org/MedicalTrial" not in reply.body


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/drug/unknown?format=fhir", 404),
        ("/target/aromatase?format=schema.org", 406),
        ("/ontology/Drug?format=wikidata", 406),
    ],
)
def test_a_node_without_a_word_is_refused(site: Server, target: str, status: int) -> None:
    """With the formats that it has."""
    reply = site.send("GET", target, {"Accept": "application/json"})
    assert reply.status == status
    assert json.loads(reply.body)["advice"]


def test_the_page_leads_to_the_schemas(site: Server) -> None:
    """Those of the four kinds, and no other."""
    page = site.send("GET", "/drug/exemestane", {"Accept": "text/html"}).body.decode()
    for schema in ("schema.org", "fhir", "wikidata"):
        assert f'href="/drug/exemestane?format={schema}"' in page
    other = site.send("GET", "/target/aromatase", {"Accept": "text/html"}).body.decode()
    assert "format=fhir" not in other


@pytest.fixture(scope="module")
def nasty(
    built: Built, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server on the graph in which a drug and its external labels are nasty."""
    home = tmp_path_factory.mktemp("nasty")
    label = json.dumps(f"\u202e{NASTY}")
    quads = settings.graph.read_text(encoding="utf-8")
    changed = quads.replace('"exemestane"@en', f"{label}@en").replace('"exemestane"', label)
    (home / "graph.nq").write_text(changed, encoding="utf-8")
    with start(replace(settings, deadline=60), home=home) as running:
        yield running


@pytest.mark.parametrize("schema", ["schema.org", "fhir", "wikidata"])
def test_a_nasty_label_is_only_text(nasty: Server, schema: str) -> None:
    """It breaks neither JSON nor a row, and hidden characters are seen."""
    reply = nasty.send("GET", f"/drug/exemestane?format={schema}", {})
    text = reply.body.decode()
    assert reply.status == 200
    assert "\u202e" not in text
    if schema == "wikidata":
        assert {row[0] for row in table(text)} == {table(text)[0][0]}
        assert any("</script>" in row[4] for row in table(text))
    else:
        assert any("</script>{{ 7*7 }}" in one for one in texts(json.loads(text)))


def texts(found: Any) -> Iterator[str]:
    """Each text of JSON."""
    if isinstance(found, str):
        yield found
    for item in found.values() if isinstance(found, dict) else found:
        if isinstance(item, dict | list | str) and item is not found and not isinstance(found, str):
            yield from texts(item)
