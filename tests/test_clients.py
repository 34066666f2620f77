"""The clients that people have, against a server over a real socket."""

from __future__ import annotations

import subprocess
from urllib.parse import quote

import pandas as pd
import pyoxigraph as ox
import pytest
import rdflib
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from serving import Server
from SPARQLWrapper import CSV, JSON, POST, SPARQLWrapper

DRUG, ANASTROZOLE, EXEMESTANE = (
    rdflib.URIRef(f"https://w3id.org/aikg/{name}")
    for name in ("ontology/Drug", "drug/anastrozole", "drug/exemestane")
)
NAMES = ["drug", str(ANASTROZOLE), str(EXEMESTANE)]
DRUGS = f"SELECT ?drug {{ ?drug a <{DRUG}> }} ORDER BY ?drug"
CONSTRUCT = f"CONSTRUCT WHERE {{ ?drug a <{DRUG}> }}"


@pytest.mark.parametrize("method", ["GET", POST])
def test_sparqlwrapper_reads_solutions(server: Server, method: str) -> None:
    """JSON as dictionaries, CSV as bytes."""
    client = SPARQLWrapper(server.url)
    client.setMethod(method)
    client.setQuery(DRUGS)
    client.setReturnFormat(JSON)
    rows = client.queryAndConvert()["results"]["bindings"]
    assert [row["drug"]["value"] for row in rows] == [str(ANASTROZOLE), str(EXEMESTANE)]
    client.setReturnFormat(CSV)
    assert client.queryAndConvert().decode().split() == NAMES


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")  # SPARQLWrapper's own
def test_sparqlwrapper_reads_triples(server: Server) -> None:
    """Its default, XML, is RDF/XML for CONSTRUCT."""
    client = SPARQLWrapper(server.url)
    client.setQuery(CONSTRUCT)
    graph = client.queryAndConvert()
    assert set(graph.subjects()) == {ANASTROZOLE, EXEMESTANE}


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
def test_rdflib_reads_the_endpoint_as_a_graph(server: Server, method: str) -> None:
    """Queries and patterns through SPARQLStore, in each of its ways to ask."""
    graph = rdflib.Graph(SPARQLStore(server.url, method=method))
    assert [row.drug for row in graph.query(DRUGS)] == [ANASTROZOLE, EXEMESTANE]
    assert set(graph.subjects(rdflib.RDF.type, DRUG)) == {ANASTROZOLE, EXEMESTANE}
    assert bool(graph.query(f"ASK {{ <{EXEMESTANE}> a <{DRUG}> }}"))
    assert len(graph.query(CONSTRUCT).graph) == 2


def test_others_federate_with_the_endpoint(server: Server) -> None:
    """It is the target of SERVICE for Oxigraph and rdflib, as our refusal advises."""
    query = f"SELECT ?drug {{ SERVICE <{server.url}> {{ ?drug a <{DRUG}> }} }} ORDER BY ?drug"
    expected = [str(ANASTROZOLE), str(EXEMESTANE)]
    assert [row["drug"].value for row in ox.Store().query(query)] == expected
    assert [str(row.drug) for row in rdflib.Graph().query(query)] == expected


def test_pandas_reads_csv_from_the_address(server: Server) -> None:
    """A data frame in one line."""
    frame = pd.read_csv(f"{server.url}?question=drugs&format=csv")
    assert list(frame["drug"]) == [str(ANASTROZOLE), str(EXEMESTANE)]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--get", "--data-urlencode", f"query={DRUGS}"],
        ["--data-urlencode", f"query={DRUGS}"],
        ["--header", "Content-Type: application/sparql-query", "--data", DRUGS],
        ["--url-query", f"query={DRUGS}"],
    ],
)
def test_curl_reads_csv(server: Server, arguments: list[str]) -> None:
    """The commands of docs/reference/http-api.md."""
    command = ["curl", "-sSf", "-H", "Accept: text/csv", *arguments, server.url]
    assert subprocess.check_output(command, text=True).split() == NAMES


def test_curl_notices_an_answer_that_breaks_off(server: Server) -> None:
    """Its exit status says that the transfer was not whole."""
    query = quote("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
    command = ["curl", "-s", f"{server.url}?query={query}&timeout=0.5"]
    assert subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 18
