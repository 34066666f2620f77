"""What the engine does otherwise than the standard, as docs/reference/sparql.md lists it.

Each case has what the engine alone answers and what the endpoint answers. A new version of the
engine that answers otherwise fails here, and the page is to be changed.
"""

from __future__ import annotations

import io
import re

import pyoxigraph as ox
import pytest
from conftest import ROOT

from aikg.errors import QueryMalformed
from aikg.sparql import evaluation, rewriting
from aikg.sparql.evaluation import Request

PAGE = (ROOT / "docs" / "reference" / "sparql.md").read_text(encoding="utf-8")
XSD = "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> "
DATA = """<urn:a> <urn:p> <urn:b> .
<urn:x> <urn:n> "1.50"^^<http://www.w3.org/2001/XMLSchema#decimal> .
<urn:a> <urn:p> <urn:b> <urn:g1> .
<urn:c> <urn:p> <urn:d> <urn:g2> .
"""
#: The heading of the page, a query, the answer of the engine alone, and that of the endpoint.
CASES = [
    ("Zero-length paths", "SELECT ?y { <urn:new> <urn:p>* ?y }", [], []),
    ("Zero-length paths", "SELECT ?y { <urn:b> <urn:p>* ?y }", ["urn:b"], ["urn:b"]),
    (
        "GROUP_CONCAT",
        "SELECT (GROUP_CONCAT(?v ; SEPARATOR=' ) ') AS ?all) { VALUES ?v { 1 <urn:a> } }",
        [""],
        ["1 ) urn:a"],
    ),
    (
        "GROUP_CONCAT",
        "SELECT (GROUP_CONCAT(DISTINCT ?v) AS ?all) { VALUES ?v { 1 1 } }",
        [""],
        ["1"],
    ),
    (
        "GROUP_CONCAT",
        'SELECT (GROUP_CONCAT(?v) AS ?all) { VALUES ?v { "a"@en "b"@en } }',
        ['"a b"@en'],
        ['"a b"@en'],
    ),
    (
        "Order of numbers and texts",
        'SELECT ?v { VALUES ?v { 10 "a" 2.5 "10" 9 } } ORDER BY ?v',
        ["2.5", "10", "10", "9", "a"],
        ["2.5", "9", "10", "10", "a"],
    ),
    (
        "Order of numbers and texts",
        'SELECT ?v { VALUES ?v { 10 "10" 9 "5" <urn:a> UNDEF } } ORDER BY DESC(?v)',
        ["10", "10", "9", "5", "urn:a", ""],
        ["5", "10", "10", "9", "urn:a", ""],
    ),
    (
        "The variable of GRAPH",
        "SELECT ?g ?s { GRAPH ?g { { SELECT ?s { ?s <urn:p> ?o } } } } ORDER BY ?s",
        ["|urn:a", "|urn:c"],
        ["|urn:a", "|urn:c"],
    ),
    (
        "The variable of GRAPH",
        "SELECT ?g ?s { GRAPH ?g { { SELECT ?g ?s { ?s <urn:p> ?o } } } } ORDER BY ?s",
        ["urn:g1|urn:a", "urn:g2|urn:c"],
        ["urn:g1|urn:a", "urn:g2|urn:c"],
    ),
    (
        "The variable of GRAPH",
        "SELECT ?s { GRAPH ?g { ?s <urn:p> ?o FILTER(BOUND(?g)) } } ORDER BY ?s",
        ["urn:a", "urn:c"],
        ["urn:a", "urn:c"],
    ),
    ("Literals in another form", "SELECT (STR(?n) AS ?t) { ?s <urn:n> ?n }", ["1.5"], ["1.5"]),
    ("Literals in another form", "SELECT ?s { ?s <urn:n> 1.5 }", ["urn:x"], ["urn:x"]),
    ("Literals in another form", "SELECT (sameTerm(1.0, 1.00) AS ?t) {}", ["true"], ["true"]),
    ("VERSION", 'VERSION "1.2" SELECT (1 AS ?one) {}', ["1"], ["1"]),
    ("VERSION", 'VERSION "none" SELECT (1 AS ?one) {}', ["1"], ["1"]),
    (
        "Dates without a time zone",
        XSD + 'SELECT ("2006-08-23"^^xsd:date != "2006-08-23Z"^^xsd:date AS ?t) {}',
        ["true"],
        ["true"],
    ),
    (
        "BNODE of a text",
        'SELECT (COUNT(DISTINCT ?b) AS ?n) { VALUES ?v { 1 2 } BIND(BNODE("a") AS ?b) }',
        ["1"],
        ["1"],
    ),
]


@pytest.fixture(scope="module")
def store() -> ox.Store:
    """A small dataset."""
    found = ox.Store()
    found.load(DATA.encode(), format=ox.RdfFormat.N_QUADS)
    return found


def rows(results: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples) -> list[str]:
    """An answer as texts; a literal with a language is whole."""
    assert isinstance(results, ox.QuerySolutions)

    def text(value: object) -> str:
        language = getattr(value, "language", None)
        return str(value) if language else str(getattr(value, "value", ""))

    return ["|".join(map(text, row)) for row in results]


@pytest.mark.parametrize(("heading", "query", "alone", "here"), CASES)
def test_the_page_says_what_the_engine_does(
    store: ox.Store, heading: str, query: str, alone: list[str], here: list[str]
) -> None:
    """Alone, and as our endpoint asks it."""
    assert f"\n## {heading}\n" in PAGE
    assert rows(store.query(query)) == alone
    assert rows(evaluation.ask(store, Request(query))) == here


def test_each_heading_has_a_case() -> None:
    """And the page names the version that was tried."""
    headings = set(re.findall(r"^## (.+)$", PAGE, re.MULTILINE)) - {"The W3C's tests"}
    assert headings == {case[0] for case in CASES} | {
        "The name of an aggregate",
        "The memory of CONSTRUCT",
    }
    assert f"pyoxigraph {ox.__version__}" in PAGE


def test_the_name_of_an_aggregate_is_refused_in_the_same_clause(store: ox.Store) -> None:
    """A query may write the aggregate again."""
    with pytest.raises(SyntaxError, match="variable that is unbound"):
        store.query("SELECT (COUNT(?v) AS ?n) (?n + 1 AS ?m) { VALUES ?v { 0 1 } }")
    again = "SELECT (COUNT(?v) AS ?n) (COUNT(?v) + 1 AS ?m) { VALUES ?v { 0 1 } }"
    assert rows(store.query(again)) == ["2|3"]


def test_numbers_between_texts_are_in_order(store: ox.Store) -> None:
    """The engine's own order depends on the texts between them; ours does not."""
    values = [10, 9, 2.5, 100, 38]
    texts = ["x", "10", "abc", "2020", "3"]
    mixed = " ".join(f'{number} "{text}"' for number, text in zip(values, texts, strict=True))
    query = f"SELECT ?v {{ VALUES ?v {{ {mixed} }} }} ORDER BY ?v"
    ours = rows(evaluation.ask(store, Request(query)))
    assert ours == ["2.5", "9", "10", "38", "100", "10", "2020", "3", "abc", "x"]
    alone = rows(store.query(query))
    assert sorted(alone) == sorted(ours)
    assert alone != ours


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?s { ?s ?p ?o }",
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o } ORDER BY DESC(COUNT(*)) LCASE(STR(?s)) LIMIT 3",
        "SELECT ?s { ?s ?p 'ORDER BY ?s' . # ORDER BY ?s \n }",
        "SELECT ?s { ?s <urn:GROUP_CONCAT(?x)> ?GROUP_CONCAT }",
    ],
)
def test_nothing_else_is_rewritten(query: str) -> None:
    """Texts, comments, addresses and names of variables are not words of the grammar."""
    assert rewriting.rewrite(query) == query


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (GROUP_CONCAT(?v; separator=',') AS ?all) { VALUES ?v { 1 } } GROUP BY ?w "
        "HAVING(GROUP_CONCAT(?v) != '') ORDER BY ?all DESC(STRLEN(?all)) LIMIT 1",
        "SELECT * { { SELECT ?v { VALUES ?v { 1 2 } } ORDER BY ?v LIMIT 1 }FILTER(?v > 0) }",
        "SELECT (group_concat(distinct concat(str(?v), ')') # one) \n ; separator = '(') AS ?all) "
        "{ VALUES ?v { 1 } }",
        "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } ORDER BY ASC ( ?o ) $s OFFSET 1",
    ],
)
def test_a_rewritten_query_is_a_query(store: ox.Store, query: str) -> None:
    """Wherever the grammar allows the words."""
    other = rewriting.rewrite(query)
    assert other != query
    store.query(other)


@pytest.mark.parametrize("number", [rewriting.MOST, rewriting.MOST + 1])
def test_a_query_with_many_places_is_asked_as_it_is(number: int) -> None:
    """Each place makes a query longer, so their number is bounded."""
    ordered = "SELECT * { ?s ?p ?o } ORDER BY" + " ?s" * number
    joined = "SELECT " + "(GROUP_CONCAT(?o) AS ?x) " * number + "{ ?s ?p ?o }"
    for query in (ordered, joined):
        assert (rewriting.rewrite(query) == query) == (number > rewriting.MOST)


def test_a_mistake_is_where_it_was_sent(store: ox.Store) -> None:
    """The place is that in the query of the sender, not in the words that are asked."""
    query = "SELECT (GROUP_CONCAT(?v) AS ?all) { ?v ?p } ORDER BY ?v"
    with pytest.raises(evaluation.grammar.QueryMalformed) as raised:
        evaluation.ask(store, Request(query))
    assert (raised.value.line, raised.value.column) == (1, query.index("?v ?p") + 1)


#: Queries whose triples are asked for as rows, and near ones for which only the engine's way is
#: right.
AS_ROWS = [
    "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "construct{?s ?p ?o.}{?s ?p ?o.}",
    "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1 OFFSET 1",
    "# a comment {\nPREFIX u: <urn:> CONSTRUCT { ?s u:p ?o } # }\nWHERE { ?s u:p ?o }",
    "BASE <urn:a> PREFIX : <urn:> CONSTRUCT { <urn:a> :p ?o } WHERE { <urn:a> :p ?o }",
    "CONSTRUCT { ?s ?s ?o } WHERE { ?s ?s ?o }",
    "CONSTRUCT { ?s a ?o } WHERE { ?s a ?o }",
    "CONSTRUCT { <urn:a> <urn:p> <urn:b> } WHERE { <urn:a> <urn:p> <urn:b> }",
]
OTHERS = [
    "CONSTRUCT { ?o ?p ?s } WHERE { ?s ?p ?o }",
    "CONSTRUCT { ?s <urn:q> ?o } WHERE { ?s ?p ?o }",
    "CONSTRUCT { ?S ?p ?o } WHERE { ?s ?p ?o }",
    "CONSTRUCT { _:s ?p ?o } WHERE { _:s ?p ?o }",
    "CONSTRUCT { ?s ?p ?o } FROM <urn:g1> FROM <urn:g2> WHERE { ?s ?p ?o }",
    "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o . ?s ?q ?r }",
    "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }",
    "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } ORDER BY ?s",
    "CONSTRUCT { ?s ?p 1.50 } WHERE { ?s ?p 1.50 }",
    "DESCRIBE <urn:a>",
]


@pytest.mark.parametrize("query", AS_ROWS + OTHERS)
def test_a_construct_has_the_same_triples_as_rows(query: str) -> None:
    """It is asked as rows where that cannot return a triple twice, and only there."""
    store = ox.Store()
    store.load(DATA.encode(), ox.RdfFormat.N_QUADS)
    found = io.BytesIO()
    evaluation.evaluate(store, Request(query, format="ntriples"), found, lambda media_type: None)
    triples = store.query(query, base_iri=evaluation.BASE)
    alone = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES)  # type: ignore[call-overload]
    if "LIMIT" not in query and "_:" not in query:
        assert sorted(found.getvalue().splitlines()) == sorted(alone.splitlines())
    assert found.getvalue().count(b"\n") == alone.count(b"\n")
    assert (rewriting.as_rows(query) is not None) == (query in AS_ROWS)


@pytest.mark.parametrize(
    "query",
    [
        "CONSTRUCT { ?s ?p ?o }",
        "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 1 LIMIT 2",
        "CONSTRUCT { a ?p ?o } WHERE { a ?p ?o }",
        "CONSTRUCT { ?s x:p ?o } WHERE { ?s x:p ?o }",
    ],
)
def test_a_construct_that_is_not_valid_is_reported_as_it_was_sent(query: str) -> None:
    """No rewrite makes it valid, and none is in the message."""
    with pytest.raises(QueryMalformed) as raised:
        evaluation.evaluate(ox.Store(), Request(query), io.BytesIO(), lambda media_type: None)
    assert "aikg_" not in str(raised.value)


@pytest.mark.parametrize("graphs", [["urn:g1", "urn:g2"], ["urn:g1", "urn:g1"]])
def test_a_construct_over_named_graphs_has_each_triple_once(graphs: list[str]) -> None:
    """A triple of two graphs is one triple of their union."""
    store = ox.Store()
    store.load(f"{DATA}<urn:a> <urn:p> <urn:b> <urn:g2> .".encode(), ox.RdfFormat.N_QUADS)
    found = io.BytesIO()
    request = Request(AS_ROWS[0], format="ntriples", default_graphs=graphs)
    evaluation.evaluate(store, request, found, lambda media_type: None)
    assert found.getvalue().count(b"<urn:b>") == 1
