"""Refused and malformed queries, and how answers are written."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from random import Random

import pyoxigraph as ox
import pytest

from aikg.errors import AikgError, QueryMalformed, QueryRefused, RequestMalformed
from aikg.settings import Settings
from aikg.sparql import grammar
from aikg.sparql.evaluation import Request, deep, evaluate, select
from aikg.sparql.formats import SOLUTIONS, TRIPLES
from aikg.sparql.grammar import refuse_outward

IN_DEFAULT = ox.Quad(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), ox.Literal("default"))
IN_NAMED = ox.Quad(
    ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), ox.Literal("named"), ox.NamedNode("urn:g")
)


@pytest.fixture(scope="module")
def store() -> ox.Store:
    """A triple in the default graph, and another in a named one."""
    store = ox.Store()
    store.extend([IN_DEFAULT, IN_NAMED])
    return store


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port that would notice a connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        yield listening


def answer(store: ox.Store, request: Request) -> tuple[str, str]:
    """Return the media type and the text of an answer."""
    output = io.BytesIO()
    types: list[str] = []
    deep(lambda: evaluate(store, request, output, types.append))
    return types[0], output.getvalue().decode()


CONNECTING = [
    "SELECT * { SERVICE <{}> { ?s ?p ?o } }",
    "SELECT * { service silent <{}> { ?s ?p ?o } }",
    "SELECT * { SERVICE ?where { ?s ?p ?o } VALUES ?where { <{}> } }",
    "ASK { FILTER EXISTS { SERVICE <{}> { ?s ?p ?o } } }",
    "# SELECT\nSELECT * { SERVICE # <\n <{}> { ?s ?p ?o } }",
    'SELECT * { BIND("\'" AS ?x) SERVICE <{}> { ?s ?p ?o } BIND("\'" AS ?y) }',
]


@pytest.mark.parametrize("query", CONNECTING)
def test_what_would_connect_is_refused(
    store: ox.Store, listener: socket.socket, query: str
) -> None:
    """SERVICE is refused by name, and nothing is dialled."""
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    with pytest.raises(QueryRefused, match="SERVICE") as caught:
        select(store, query.replace("{}>", f"{address}>"))
    assert "Federate from outside" in caught.value.advice
    with pytest.raises(TimeoutError):
        listener.accept()


@pytest.mark.parametrize("query", CONNECTING)
def test_what_the_first_guard_overlooks_the_second_refuses(
    store: ox.Store, listener: socket.socket, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    """Where the parser alone sees SERVICE, the text is not a query, and nothing is dialled."""
    monkeypatch.setattr(grammar, "refuse_outward", lambda query: None)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    with pytest.raises(QueryMalformed):
        select(store, query.replace("{}>", f"{address}>"))
    with pytest.raises(TimeoutError):
        listener.accept()


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { ?service ?load 'SERVICE <urn:x> { }' } # SERVICE, LOAD",
        'SELECT * { ?s ?p """it\'s "a" SERVICE""", "LOAD \\" LOAD" }',
        "SELECT * { ?s <urn:service#load> ?insert }",
        "PREFIX service: <urn:x> SELECT * { GRAPH service:load { service:SERVICE ?p 'x'@load } }",
        "PREFIX load: <urn:x> SELECT (1 AS ?delete) { ?s load:clear _:service }",
        "BASE <urn:x> PREFIX e: <urn:y#LOAD> SELECT * { ?s e:%20service\\-load ?insert }",
    ],
)
def test_a_word_that_is_no_keyword_is_not_refused(store: ox.Store, query: str) -> None:
    """In comments, strings, IRIs, prefixed names, variables and languages the words are free."""
    refuse_outward(query)
    select(store, query)


def test_a_query_without_the_letters_needs_no_second_look() -> None:
    """Its words that matter are those of all its tokens, whatever their letters."""
    parts = (
        "now",
        "Rand",
        "\u0131nsert",
        "\u017fERVICE",
        "uuid(",
        "#",
        "'",
        "\n",
        "ask",
        "?load",
        "{",
    )
    random = Random(25)
    for _ in range(2000):
        query = " ".join(random.choices(parts, k=random.randint(0, 6)))
        found = {m["word"].upper() for m in grammar.TOKEN.finditer(query) if m["word"]}
        assert found & {*grammar._NOTED} == {*grammar._words(query)} & {*grammar._NOTED}, query


@pytest.mark.parametrize(
    "update",
    [
        "INSERT DATA { <urn:a> <urn:b> <urn:c> }",
        "prefix x: <urn:x> # INSERT\n delete where { ?s ?p ?o }",
        "WITH <urn:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "CLEAR ALL",
        "DROP DEFAULT",
        "COPY <urn:a> TO <urn:b>",
        "LOAD <urn:a>",
        "LOAD SILENT <urn:a> INTO GRAPH <urn:g>",
        "DELETE WHERE { ?s ?p ?o } ; LOAD <urn:a>",
        "INSERT { ?s ?p ?o } WHERE { SERVICE <urn:a> { ?s ?p ?o } }",
    ],
)
def test_an_update_is_a_malformed_query(store: ox.Store, update: str) -> None:
    """The error says that it is an update, and the graph stays as it was."""
    with pytest.raises(QueryMalformed, match="is an update") as caught:
        select(store, update)
    assert "/submissions" in caught.value.advice
    assert set(store) == {IN_DEFAULT, IN_NAMED}


@pytest.mark.parametrize(
    ("query", "line", "column", "text"),
    [
        ("SELECT *\n{ ?s ?p 'é' .\n  FILTR(?o > 3) }", 3, 3, "'FILTR(?o > 3) }'"),
        ("SELECT * { ?s ?p ?o }\nORDRE BY ?s", 2, 1, "'ORDRE BY ?s'"),
        ("SELECT * { ?s ?p ?o } LIMIT x", 1, 29, "'x'"),
        ("SELEC * { ?s ?p ?o }", 1, 1, "'SELEC * { ?s ?p ?o }'"),
        ("SELECT ?s (1 AS ?n) { ?s ?p ?o } GROUP BY ?p", 1, 45, "a variable that is unbound"),
        ("SELECT * { ?s aikg:value ?o }", 1, 15, "the prefix aikg: is not declared"),
        ("SELECT * { ?s nobody:x ?o }", 1, 15, "the prefix nobody: is not declared"),
        ("SELECT * { ?s ?p ?o", 1, 20, "at the end"),
        ("", 1, 1, "at the end"),
    ],
)
def test_a_mistake_has_its_place(
    store: ox.Store, query: str, line: int, column: int, text: str
) -> None:
    """The error has the line, the column and what stands there."""
    with pytest.raises(QueryMalformed) as caught:
        select(store, query)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert text in str(caught.value)
    assert caught.value.reference == "https://www.w3.org/TR/sparql11-query/#grammar"


def test_a_prefix_of_ours_is_advised(store: ox.Store) -> None:
    """The advice is the line that is missing."""
    with pytest.raises(QueryMalformed) as caught:
        select(store, "SELECT * { ?s aikg:value ?o }")
    assert "PREFIX aikg: <https://w3id.org/aikg/ontology/>" in caught.value.advice


@pytest.mark.parametrize("written", [f.names[0] for f in SOLUTIONS])
@pytest.mark.parametrize("query", ["SELECT ?o { ?s ?p ?o }", "ASK { ?s ?p ?o }"])
def test_solutions_are_written_in_every_format(store: ox.Store, query: str, written: str) -> None:
    """The media type is the format's, and a reader of the format finds the answer."""
    media_type, text = answer(store, Request(query, format=written))
    expected = next(f.media_type for f in SOLUTIONS if f.names[0] == written)
    assert media_type == expected
    assert ("default" if "SELECT" in query else "true") in text
    if written in {"json", "xml"}:
        syntax = ox.QueryResultsFormat.from_media_type(media_type)
        read = ox.parse_query_results(text.encode(), format=syntax)
        expected_rows = [ox.Literal("default")]
        assert (
            bool(read) if query.startswith("ASK") else [row["o"] for row in read] == expected_rows
        )


@pytest.mark.parametrize("written", [f.names[0] for f in TRIPLES])
def test_triples_are_written_in_every_format(store: ox.Store, written: str) -> None:
    """The media type is the format's, and reading it gives the same triple."""
    query = "CONSTRUCT WHERE { ?s ?p ?o }"
    media_type, text = answer(store, Request(query, format=written))
    read = ox.parse(text.encode(), format=ox.RdfFormat.from_media_type(media_type))
    assert list(read) == [IN_DEFAULT]


def test_turtle_has_our_prefixes(store: ox.Store) -> None:
    """What DESCRIBE gives is as short as the files."""
    text = answer(store, Request("CONSTRUCT { <https://w3id.org/aikg/drug/x> a 1 } {}"))[1]
    assert "@prefix drug: <https://w3id.org/aikg/drug/> ." in text
    assert "drug:x a 1 ." in text


@pytest.mark.parametrize(
    ("default", "named", "query", "rows"),
    [
        ([], [], "{ ?s ?p ?o }", ["default"]),
        ([], [], "{ GRAPH ?g { ?s ?p ?o } }", ["named"]),
        (["urn:g"], [], "{ ?s ?p ?o }", ["named"]),
        (["urn:g"], [], "{ GRAPH ?g { ?s ?p ?o } }", []),
        ([], ["urn:g"], "{ ?s ?p ?o }", []),
        ([], ["urn:g"], "{ GRAPH ?g { ?s ?p ?o } }", ["named"]),
        (["urn:g"], [], "FROM <urn:other> { ?s ?p ?o }", ["named"]),
        ([], [], "FROM <urn:g> { ?s ?p ?o }", ["named"]),
    ],
)
def test_the_dataset_is_the_protocols(
    store: ox.Store, default: list[str], named: list[str], query: str, rows: list[str]
) -> None:
    """The protocol's graphs go before FROM, and what is not among them is not there."""
    request = Request(
        f"SELECT ?o {query}", format="csv", default_graphs=default, named_graphs=named
    )
    assert answer(store, request)[1].split()[1:] == rows


def test_a_graph_is_named_by_an_iri(store: ox.Store) -> None:
    """A relative IRI names none."""
    with pytest.raises(RequestMalformed, match="'here'"):
        answer(store, Request("ASK {}", default_graphs=["here"]))


@pytest.mark.parametrize(
    ("query", "columns", "rows"),
    [
        ("SELECT ?o ?x { ?s ?p ?o }", ["o", "x"], [(ox.Literal("default"), None)]),
        ("ASK { ?s ?p ?o }", ["answer"], [(ox.Literal(True),)]),
        (
            "DESCRIBE <urn:s>",
            ["subject", "predicate", "object"],
            [(IN_DEFAULT.subject, IN_DEFAULT.predicate, IN_DEFAULT.object)],
        ),
    ],
)
def test_select_gives_columns_and_rows(
    store: ox.Store, query: str, columns: list[str], rows: list[tuple[object, ...]]
) -> None:
    """Every form of query has a table."""
    assert select(store, query) == (columns, rows)


@pytest.mark.parametrize(("opening", "closing"), [("{", "}"), ("(", ")"), ("!", "")])
def test_the_stack_does_for_the_longest_query(store: ox.Store, opening: str, closing: str) -> None:
    """In proportion: a small part of the stack does for that part of the longest query."""
    part = 500
    depth = Settings.query_bytes // part // len(opening + closing)
    core = "" if opening == "{" else "1"
    nested = opening * depth + core + closing * depth
    query = f"SELECT * {nested}" if opening == "{" else f"SELECT * {{ FILTER({nested}) }}"
    assert len(query) > Settings.query_bytes // part
    answered = deep(lambda: list(store.query(query)), Settings.stack // part)
    assert len(answered) == 1


def test_an_error_leaves_nothing_behind(store: ox.Store) -> None:
    """Results that an error abandons are dropped by the thread that made them."""
    with pytest.raises(AikgError):
        answer(store, Request("SELECT * { ?s ?p ?o }", format="turtle"))
