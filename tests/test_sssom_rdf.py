"""The graphs of links as SSSOM/RDF: what other programs read back is what the tables have."""

from __future__ import annotations

import csv
import subprocess
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import ROOT

from aikg.build import Built
from aikg.links import records
from aikg.links.identifiers import read_prefixes
from aikg.links.records import FOLDER
from aikg.names import PREFIXES

TABLES = [path.name.partition(".")[0] for path in sorted((ROOT / FOLDER).glob("*.sssom.tsv"))]
#: The SSSOM community's own program, which `make sssom` installs.
SSSOM = ROOT / ".venv" / "sssom" / "bin" / "sssom"
HEADER = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
ROWS = """SELECT ?subject ?label ?predicate ?object ?theirs ?why ?sure ?day {
  ?set a sssom:MappingSet ; dcterms:license ?licence ; dcterms:title ?title ; sssom:mappings ?row .
  ?row a owl:Axiom ; owl:annotatedSource ?subject ; owl:annotatedProperty ?predicate ;
    owl:annotatedTarget ?object ; sssom:subject_label ?label ; sssom:object_label ?theirs ;
    sssom:mapping_justification ?why ; sssom:confidence ?sure ; dcterms:created ?day ;
    rdfs:seeAlso ?seen .
  FILTER(DATATYPE(?sure) = xsd:double && DATATYPE(?day) = xsd:date) }"""


@pytest.fixture(scope="module")
def store(built: Built) -> ox.Store:
    """The graphs of links alone."""
    found = ox.Store()
    found.extend(q for q in built.aside if "/graph/mappings/" in str(q.graph_name))
    return found


@pytest.mark.parametrize("kind", TABLES)
def test_each_row_is_a_mapping_of_its_set(store: ox.Store, kind: str) -> None:
    """With labels, a double, a date, and an address of its own: no row is a blank node."""
    graph = ox.NamedNode(f"{PREFIXES['graph']}mappings/{kind}")
    found = {
        tuple(str(getattr(term, "value", "")) for term in row)
        for row in store.query(HEADER + ROWS, default_graph=graph)
    }
    table = ROOT / FOLDER / f"{kind}.sssom.tsv"
    wanted = {
        (row.subject, row.subject_label, row.object.iri, row.object_label, row.date)
        for row in records.read_mapping(table, ROOT, read_prefixes(ROOT))
    }
    assert {(s, label, o, theirs, day) for s, label, _, o, theirs, _, _, day in found} == wanted
    quads = store.quads_for_pattern(None, None, None, graph)
    assert not any(isinstance(quad.subject, ox.BlankNode) for quad in quads)


@pytest.mark.skipif(not SSSOM.exists(), reason="`make sssom` has not installed the program")
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["drugs", "adverse-events"])
def test_the_communitys_program_reads_a_graph_back(
    store: ox.Store, kind: str, tmp_path: Path
) -> None:
    """`sssom parse` finds each row, with its label, its confidence and its place."""
    graph = ox.NamedNode(f"{PREFIXES['graph']}mappings/{kind}")
    turtle = tmp_path / f"{kind}.ttl"
    store.dump(turtle, ox.RdfFormat.TURTLE, from_graph=graph, prefixes=PREFIXES)
    command = [SSSOM, "parse", "-I", "rdf", turtle, "-o", tmp_path / "back.tsv"]
    subprocess.run(command, check=True, capture_output=True)
    text = (tmp_path / "back.tsv").read_text(encoding="utf-8")
    head = [line for line in text.splitlines() if line.startswith("#")]
    assert f"# mapping_set_id: {graph.value}" in head
    rows = list(csv.DictReader(text.splitlines()[len(head) :], delimiter="\t"))
    ours = records.read_mapping(ROOT / FOLDER / f"{kind}.sssom.tsv", ROOT, read_prefixes(ROOT))
    assert sorted(row["object_label"] for row in rows) == sorted(row.object_label for row in ours)
    assert sorted(float(row["confidence"]) for row in rows) == sorted(
        float(row.confidence) for row in ours
    )
    assert all(row["record_id"].startswith("mapping:") for row in rows)
