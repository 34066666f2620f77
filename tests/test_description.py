"""What the endpoint says about itself is true, and stands where programs look for it."""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV31SpecValidator
from serving import Server, start

from aikg import graph, web
from aikg.build import Built
from aikg.description import void
from aikg.engine.client import Engine
from aikg.errors import AikgError
from aikg.ledger.sqlite import SQLite
from aikg.names import BASE, PREFIXES
from aikg.settings import Settings
from aikg.submissions.home import Home

VOID = rdflib.Namespace(PREFIXES["void"])
SD = rdflib.Namespace(PREFIXES["sd"])
SPARQL = rdflib.Namespace("http://www.w3.org/ns/sparql#")
SCHEMA = rdflib.Namespace(PREFIXES["schema"])
SPEX = "https://purl.expasy.org/sparql-examples/ontology#"
DATASET = rdflib.URIRef(BASE)
HTML = {"Accept": "text/html"}
PREAMBLE = f"""PREFIX rdfs: <{PREFIXES["rdfs"]}>
PREFIX void: <{VOID}> PREFIX sd: <{SD}> PREFIX sh: <{PREFIXES["sh"]}>
PREFIX void-ext: <http://ldf.fi/void-ext#> PREFIX spex: <{SPEX}>
PREFIX dataset: <{BASE}> PREFIX well-known: <{BASE}.well-known/>
"""

Rows = Counter[tuple[str, ...]]


@pytest.fixture(scope="module")
def store(built: Built, settings: Settings) -> ox.Store:
    """The whole graph, with all that stands apart."""
    return graph.open_graph(settings).store


@pytest.fixture(scope="module")
def server(site: Server) -> Server:
    """The server on the whole graph."""
    return site


def read(server: Server, target: str) -> rdflib.Graph:
    """Read an address as Turtle."""
    reply = server.send("GET", target, {"Accept": "text/turtle"})
    assert reply.status == 200
    return rdflib.Graph().parse(data=reply.body, format="turtle")


def rows(store: ox.Store, query: str) -> Rows:
    """Answer a query as rows of text, each with how often it comes."""
    answer = store.query(PREAMBLE + query)
    assert isinstance(answer, ox.QuerySolutions)
    return Counter(tuple(str(getattr(term, "value", "")) for term in row) for row in answer)


@pytest.mark.parametrize(
    ("described", "counted"),
    [
        ("void:triples", "(COUNT(*) AS ?n) { ?s ?p ?o }"),
        ("void:distinctSubjects", "(COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o }"),
        ("void:distinctObjects", "(COUNT(DISTINCT ?o) AS ?n) { ?s ?p ?o }"),
        ("void:properties", "(COUNT(DISTINCT ?p) AS ?n) { ?s ?p ?o }"),
        ("void:classes", "(COUNT(DISTINCT ?c) AS ?n) { ?s a ?c }"),
    ],
)
def test_void_counts_the_default_graph(store: ox.Store, described: str, counted: str) -> None:
    """Each figure is what a counting query gives."""
    told = rows(store, f"SELECT ?n {{ GRAPH well-known:void {{ dataset: {described} ?n }} }}")
    assert told == rows(store, f"SELECT {counted}")


@pytest.mark.parametrize(
    ("described", "counted"),
    [
        ("?c ?n { GRAPH well-known:void { dataset: void:classPartition "
         "[ void:class ?c ; void:entities ?n ] } }",
         "?c (COUNT(DISTINCT ?s) AS ?n) { ?s a ?c } GROUP BY ?c"),
        ("?p ?n { GRAPH well-known:void { dataset: void:propertyPartition "
         "[ void:property ?p ; void:triples ?n ] } }",
         "?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p"),
        ("?c ?p ?n { GRAPH well-known:void { dataset: void:classPartition [ void:class ?c ; "
         "void:propertyPartition [ void:property ?p ; void:triples ?n ] ] } }",
         "?c ?p (COUNT(*) AS ?n) { ?s a ?c ; ?p ?o } GROUP BY ?c ?p"),
        ("?c ?p ?k ?n { GRAPH well-known:void { dataset: void:classPartition [ void:class ?c ; "
         "void:propertyPartition [ void:property ?p ; void:classPartition [ void:class ?k ; "
         "void:triples ?n ] ] ] } }",
         "?c ?p ?k (COUNT(*) AS ?n) { ?s a ?c ; ?p ?o . ?o a ?k } GROUP BY ?c ?p ?k"),
        ("?c ?p ?d ?n { GRAPH well-known:void { dataset: void:classPartition [ void:class ?c ; "
         "void:propertyPartition [ void:property ?p ; void-ext:datatypePartition "
         "[ void-ext:datatype ?d ; void:triples ?n ] ] ] } }",
         "?c ?p ?d (COUNT(*) AS ?n) { ?s a ?c ; ?p ?o BIND(DATATYPE(?o) AS ?d) "
         "FILTER(BOUND(?d)) } GROUP BY ?c ?p ?d"),
        ("?g ?n { GRAPH well-known:void { ?g a sd:NamedGraph ; void:triples ?n } }",
         "?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } FILTER(?g != well-known:void) } GROUP BY ?g"),
        ("?g ?c ?n { GRAPH well-known:void { ?g a sd:NamedGraph ; void:classPartition "
         "[ void:class ?c ; void:entities ?n ] } }",
         "?g ?c (COUNT(DISTINCT ?s) AS ?n) { GRAPH ?g { ?s a ?c } FILTER(?g != well-known:void) } "
         "GROUP BY ?g ?c"),
        ("?g ?p ?n { GRAPH well-known:void { ?g a sd:NamedGraph ; void:propertyPartition "
         "[ void:property ?p ; void:triples ?n ] } }",
         "?g ?p (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } FILTER(?g != well-known:void) } "
         "GROUP BY ?g ?p"),
        ("?p ?n { GRAPH well-known:void { ?l a void:Linkset ; void:linkPredicate ?p } "
         "{ SELECT ?p (SUM(?m) AS ?n) { GRAPH well-known:void { ?k a void:Linkset ; "
         "void:linkPredicate ?p ; void:triples ?m } } GROUP BY ?p } } GROUP BY ?p ?n",
         "?p (COUNT(*) AS ?n) { { SELECT DISTINCT ?s ?p ?o { GRAPH ?g { ?s ?p ?o } "
         'FILTER(isIRI(?o) && REGEX(STR(?p), "(/core#.*Match|#sameAs|#seeAlso)$")) } } } '
         "GROUP BY ?p"),
    ],
    ids=["classes", "properties", "properties of classes", "classes of values",
         "datatypes of values", "graphs", "classes of graphs",
         "properties of graphs", "links"],
)  # fmt: skip
def test_void_partitions_are_what_queries_count(
    store: ox.Store, described: str, counted: str
) -> None:
    """No partition is missing, none is too many, and each has its figure."""
    assert rows(store, f"SELECT {described}") == rows(store, f"SELECT {counted}")


def test_every_example_runs_and_gives_a_row(store: ox.Store) -> None:
    """The examples are read from the graph, as an editor reads them, and are all questions."""
    examples = rows(
        store,
        "SELECT ?x ?text ?comment { GRAPH well-known:sparql-examples { ?x a sh:SPARQLExecutable ; "
        "sh:select|sh:ask|sh:construct ?text ; "
        "<http://www.w3.org/2000/01/rdf-schema#comment> ?comment } }",
    )
    questions = {question.name for question in graph.registered()}
    assert {name.rpartition("/")[2] for name, _, _ in examples} == questions
    for name, text, comment in examples:
        assert next(iter(store.query(text)), None) is not None, name
        assert comment.endswith((".", "?")), name


def test_the_prefixes_are_declared(store: ox.Store) -> None:
    """A client finds them as SHACL writes them."""
    declared = rows(
        store,
        "SELECT ?prefix ?namespace { GRAPH ?g { <https://w3id.org/aikg/ontology> sh:declare "
        "[ sh:prefix ?prefix ; sh:namespace ?namespace ] } }",
    )
    assert dict(declared.keys()) == PREFIXES  # type: ignore[arg-type]


def test_a_bare_get_describes_the_service(server: Server) -> None:
    """Under the address that was asked, so that a client can go on from there."""
    described = read(server, "/sparql")
    here = rdflib.URIRef(server.url)
    assert (here, rdflib.RDF.type, SD.Service) in described
    assert (here, SD.endpoint, here) in described
    assert (here, SD.supportedLanguage, SD.SPARQL11Query) in described
    assert (here, SD.defaultDataset, DATASET) in described
    assert int(described.value(DATASET, VOID.triples)) > 1000
    assert len(set(described.objects(here, SD.resultFormat))) == 10
    assert set(described.objects(DATASET, SD.namedGraph))
    versions = {SPARQL[f"version-{name}"] for name in ("1.0", "1.1", "1.2", "1.2-basic")}
    assert set(described.objects(here, SD.supportedVersion)) == versions
    assert server.send("GET", "/sparql", {"Accept": "text/csv"}).status == 406


@pytest.mark.parametrize(
    ("what", "asked"),
    [
        (
            "examples",
            "?x a sh:SPARQLExecutable ; rdfs:comment ?c ; "
            "sh:select|sh:ask|sh:construct|spex:describe ?q",
        ),
        ("prefixes", "?x sh:prefix ?prefix ; sh:namespace ?namespace"),
        ("partitions", "?x void:class ?class ; void:propertyPartition [ void:property ?p ]"),
        (
            "classes of values",
            "?x void:class ?class ; void:propertyPartition [ void:property ?p ; void:triples ?n ; "
            "void:classPartition [ void:class ?object ] ]",
        ),
        (
            "datatypes of values",
            "OPTIONAL { ?graph sd:graph ?described . ?described void:classPartition ?x } "
            "?x void:class ?class ; void:propertyPartition ?part . ?part void:property ?p ; "
            "void-ext:datatypePartition [ void-ext:datatype ?datatype ]",
        ),
    ],
)
def test_an_editor_finds_what_it_asks(server: Server, what: str, asked: str) -> None:
    """SIB's editor asks the default graph, gets no row, and reads the service description."""
    query = f"{PREAMBLE} SELECT * {{ {asked} }} LIMIT 1"
    reply = server.send("GET", "/sparql?" + urlencode({"query": query}), {})
    assert json.loads(reply.body)["results"]["bindings"] == []
    found = read(server, "/sparql").query(f"{PREAMBLE} SELECT * {{ {asked} }}")
    assert len(list(found)) > 20, what


def test_the_ontology_is_whole_in_each_format(server: Server) -> None:
    """Each ending has all triples, and RDF/XML has an element for the kind of each term."""
    sizes = set()
    for ending in ("ttl", "nt", "rdf", "jsonld", "nq", "trig"):
        reply = server.send("GET", f"/ontology.{ending}", {})
        form = ox.RdfFormat.from_media_type(reply.media_type)
        assert reply.status == 200
        sizes.add(len({quad.triple for quad in ox.parse(reply.body, format=form)}))
    assert len(sizes) == 1
    assert sizes.pop() > 2000
    body = server.send("GET", "/ontology.rdf", {}).body
    xml = ElementTree.fromstring(body)  # noqa: S314  our own
    kinds = Counter(element.tag.rpartition("}")[2] for element in xml)
    assert kinds["Ontology"] == 1
    assert kinds["Class"] > 20
    assert kinds["ObjectProperty"] > 20
    assert server.send("GET", "/ontology.owl", {}).status == 404


@pytest.mark.parametrize("target", ["/.well-known/void", "/void.ttl", "/"])
def test_void_stands_where_crawlers_look(server: Server, target: str) -> None:
    """Figures, licence, endpoint and dump, at each of the usual addresses."""
    described = read(server, target)
    assert described.value(DATASET, VOID.triples)
    assert (
        DATASET, rdflib.DCTERMS.license,
        rdflib.URIRef("https://creativecommons.org/licenses/by/4.0/"),
    ) in described  # fmt: skip
    assert (DATASET, VOID.sparqlEndpoint, rdflib.URIRef(BASE + "sparql")) in described


def test_the_front_page_describes_the_dataset_for_search_engines(server: Server) -> None:
    """JSON-LD with what Bioschemas asks at least of a Dataset, and the links of Signposting."""
    reply = server.send("GET", "/", HTML)
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', reply.body.decode())
    triples = ox.serialize(ox.parse(text, ox.RdfFormat.JSON_LD), format=ox.RdfFormat.TURTLE)
    described = rdflib.Graph().parse(data=triples, format="turtle")
    assert (DATASET, rdflib.RDF.type, SCHEMA.Dataset) in described
    for name in ("description", "identifier", "keywords", "license", "name", "url"):
        assert described.value(DATASET, SCHEMA[name], any=True), name
    profile = rdflib.URIRef("https://bioschemas.org/profiles/Dataset/1.0-RELEASE")
    assert (DATASET, rdflib.DCTERMS.conformsTo, profile) in described
    relations = re.findall(r'rel="([\w-]+)"', " ".join(reply.headers.get_all("Link") or []))
    assert {"cite-as", "license", "author", "type", "describedby", "item"} <= set(relations)


def test_the_catalogue_leads_to_what_is_there(server: Server) -> None:
    """Each link of the catalogue is answered."""
    catalogue = json.loads(server.send("GET", "/.well-known/api-catalog", {}).body)
    links = [
        link for context in catalogue["linkset"] for relation, targets in context.items()
        if relation != "anchor" for link in targets
    ]  # fmt: skip
    assert len(links) >= 4
    for link in links:
        path = "/" + link["href"].split("/", 3)[3]
        assert server.send("GET", path, {"Accept": link["type"] + ", */*;q=0.1"}).status == 200


def test_openapi_describes_every_route_and_no_other(small: Settings, tmp_path: Path) -> None:
    """All but the endpoint itself, which has a description of its own; each method of each."""
    with Engine(small) as engine, closing(SQLite(tmp_path / "ledger.db")) as ledger:
        app = web.create_app(engine, [], Home(ledger, engine, "a version"))
        document = web.description.load_openapi()
    OpenAPIV31SpecValidator(document).validate()
    routes: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:[^<>]+:)?(\w+)>", r"{\1}", rule.rule)
        if rule.endpoint.startswith(("sparql.", "releases.query", "static")) or (
            path != "/" and path.endswith("/")
        ):
            continue
        methods = {method.lower() for method in rule.methods or ()} - {"head", "options"}
        routes[path] = routes.get(path, set()) | methods
    routes["/graph/{name}"].add("get")  # the route of every node
    described = {
        path: set(operations) - {"parameters"} for path, operations in document["paths"].items()
    }
    assert described == routes
    responses = [
        set(operation["responses"])
        for operations in document["paths"].values()
        for method, operation in operations.items()
        if method != "parameters"
    ]
    anywhere = {"400", "408", "413", "429", "431", "500", "501", "502", "503"}
    assert all(anywhere <= statuses for statuses in responses)
    known = {str(kind.status) for kind in AikgError.kinds.values()}
    assert known <= set().union(*responses), "each error that a client can get"


NODES = [ox.NamedNode(f"urn:{name}") for name in "abc"]
GRAPHS = [ox.DefaultGraph(), *NODES[:2]]
PREDICATES = [
    ox.NamedNode(PREFIXES["rdf"] + "type"),
    ox.NamedNode(PREFIXES["owl"] + "sameAs"),
    NODES[0],
]
QUADS = st.lists(
    st.builds(
        ox.Quad,
        st.sampled_from(NODES),
        st.sampled_from(PREDICATES),
        st.sampled_from([*NODES, ox.Literal("1")]),
        st.sampled_from(GRAPHS),
    ),
    max_size=8,
)


@settings(max_examples=200, deadline=None)
@given(first=QUADS, changes=st.lists(st.tuples(QUADS, QUADS), min_size=1, max_size=3))
def test_figures_after_a_change_are_those_of_counting_anew(
    first: list[ox.Quad], changes: list[tuple[list[ox.Quad], list[ox.Quad]]]
) -> None:
    """Whatever goes and comes, and whether or not it was there."""
    store = ox.Store()
    store.extend([ox.Quad(NODES[2], NODES[2], NODES[2]), *first])
    store.extend(void.describe(store, "first"))
    for number, (remove, add) in enumerate(changes):
        void.change(store, remove, add, f"version {number}")
        anew = ox.Store()
        anew.extend(void.describe(store, f"version {number}"))
        told = set(store.quads_for_pattern(None, None, None, void.GRAPH))
        assert told == set(anew)


def test_the_figures_follow_what_is_published(built: Built, request: pytest.FixtureRequest) -> None:
    """In the engine, in the same step as the data."""
    triples = f"SELECT ?n {{ GRAPH <{BASE}.well-known/void> {{ <{BASE}> <{VOID.triples}> ?n }} }}"
    whole = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    configured: Settings = request.getfixturevalue("settings")  # hypothesis has the other name
    with Engine(replace(configured, deadline=60)) as engine:
        for number in range(2):
            new = f'<urn:new{number}> <urn:p> "{number}" .\n'.encode()
            engine.apply(add=new, version=f"version {number}")
            told, counted = (engine.query(query, format="csv").read() for query in (triples, whole))
            assert told == counted


def test_void_names_the_public_address(built: Built, settings: Settings) -> None:
    """With `AIKG_URL` the endpoint has that address in VoID and service description."""
    public = "https://kg.example/aikg"
    with start(replace(settings, url=public)) as server:
        for target in ("/.well-known/void", "/void.ttl", "/sparql"):
            headers = {"Accept": "text/turtle", "Host": "other.example"}
            body = server.send("GET", target, headers).body
            assert f"<{public}/sparql>".encode() in body
            assert b"<https://w3id.org/aikg/sparql>" not in body
            assert b"other.example" not in body


@pytest.mark.parametrize(
    ("proxy", "believed"), [("", False), ("127.0.0.1", True), ("127.0.0.9", False)]
)
def test_only_a_named_proxy_is_believed(
    built: Built, settings: Settings, proxy: str, believed: bool
) -> None:
    """Any other client that says for whom it asks, and under which name, is not."""
    said = {"X-Forwarded-Host": "kg.example", "X-Forwarded-Proto": "https", "Accept": "text/turtle"}
    said["X-Forwarded-For"] = "192.0.2.1"
    with start(replace(settings, proxy=proxy)) as server:
        reply = server.send("GET", "/sparql", said)
    named = b"https://kg.example" if believed else f"http://127.0.0.1:{server.port}".encode()
    assert b"<%s/sparql>" % named in reply.body
