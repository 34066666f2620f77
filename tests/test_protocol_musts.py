"""Each MUST of the query operation (SPARQL 1.1 Protocol) and of reading (Graph Store Protocol).

A row: the sentence of the standard in short, its section, a request, and what comes back over a
real socket. Where a MUST binds the client, the row shows what one hears that does not keep to it.
"""

from __future__ import annotations

import json
import re
import socket
from typing import NamedTuple
from urllib.parse import quote, urlencode

import pytest
from serving import Server

BASE = "https://w3id.org/aikg/"
JSON, CSV, TURTLE = "application/sparql-results+json", "text/csv", "text/turtle"
PROBLEM = "application/problem+json"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DIRECT = {"Content-Type": "application/sparql-query"}
CHANGE = {"Content-Type": "application/sparql-update"}
AS_CSV = {"Accept": CSV}
VALUE = f"SELECT ?v {{ <{BASE}drug/exemestane> <{BASE}ontology/value> ?v }}"
GRAPHS = "SELECT ?g { GRAPH ?g { ?s ?p ?o } }"
APART = quote(BASE + "graph/apart", safe="")


class Row(NamedTuple):
    """A sentence of a standard, and the exchange that shows it."""

    section: str
    sentence: str
    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    status: int
    replied: dict[str, str]
    content: bytes = b""


def ask(query: str, **others: str) -> str:
    """Make the address of a query by GET."""
    return "/sparql?" + urlencode({"query": query} | others)


#: https://www.w3.org/TR/sparql11-protocol/ and, with `1.2`, /TR/sparql12-protocol/
QUERY = [
    Row("2", "the protocol follows HTTP: HEAD is GET without a body",
        "HEAD", ask("ASK {}"), {}, b"", 200, {"Content-Type": JSON}),
    Row("2", "the protocol follows HTTP: every answer has a date",
        "GET", ask("ASK {}"), {}, b"", 200, {"Date": r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT"}),
    Row("2", "the protocol follows HTTP: a method that is not taken is 405 with Allow",
        "PUT", "/sparql", {}, b"", 405, {"Allow": "GET", "Content-Type": PROBLEM}),
    Row("2", "the protocol follows HTTP: OPTIONS lists the methods",
        "OPTIONS", "/sparql", {}, b"", 200, {"Allow": "POST"}),
    Row("2", "the protocol follows HTTP: what depends on Accept says so",
        "GET", ask("ASK {}"), {}, b"", 200, {"Vary": "Accept"}),
    Row("2.1", "the query operation must be invoked with GET or POST: GET",
        "GET", ask(VALUE), AS_CSV, b"", 200, {"Content-Type": CSV}, b"v\r\n13.5\r\n"),
    Row("2.1", "the query operation must be invoked with GET or POST: POST",
        "POST", "/sparql", DIRECT | AS_CSV, VALUE.encode(), 200, {"Content-Type": CSV},
        b"v\r\n13.5\r\n"),
    Row("2.1", "the query operation must be invoked with GET or POST: not DELETE",
        "DELETE", ask(VALUE), {}, b"", 405, {"Content-Type": PROBLEM}),
    Row("2.1 of 1.2", "where the method QUERY is supported it is used as POST is",
        "QUERY", "/sparql", DIRECT | AS_CSV, VALUE.encode(), 200, {"Content-Type": CSV},
        b"v\r\n13.5\r\n"),
    Row("2.1", "a request must include exactly one query string: not none",
        "POST", "/sparql", FORM, b"", 400, {"Content-Type": PROBLEM}, b"no queries"),
    Row("2.1", "a request must include exactly one query string: not two",
        "GET", ask("ASK {}") + "&query=ASK%7B%7D", {}, b"", 400, {"Content-Type": PROBLEM},
        b"2 queries"),
    Row("2.1 of 1.2", "a request may include one version",
        "GET", ask("ASK {}", version="1.2"), {}, b"", 200, {"Content-Type": JSON}),
    Row("2.1 of 1.2", "a request may include one version: not two",
        "GET", ask("ASK {}", version="1.2") + "&version=1.1", {}, b"", 400,
        {"Content-Type": PROBLEM}),
    Row("2.1 of 1.2", "a request may include one version: not one that is unknown",
        "GET", ask("ASK {}", version="3"), {}, b"", 400, {"Content-Type": PROBLEM},
        b"1.2-basic"),
    Row("2.1 of 1.2", "the type of a query may have the parameter version",
        "POST", "/sparql", {"Content-Type": "application/sparql-query; version=1.2"}, b"ASK {}",
        200, {"Content-Type": JSON}),
    Row("2.1", "a request may include default graphs",
        "GET", ask(VALUE) + f"&default-graph-uri={APART}", AS_CSV, b"", 200, {},
        b"v\r\napart\r\n"),
    Row("2.1", "a request may include named graphs, which are then all that GRAPH can name",
        "GET", ask(GRAPHS) + "&named-graph-uri=urn%3Aelsewhere", AS_CSV, b"", 200, {}, b"g\r\n"),
    Row("2.1.1", "by GET, parameters must be percent-encoded: a plus sign is a space",
        "GET", "/sparql?query=SELECT+(%22a+b%2Bc%22+AS+%3Fx)+%7B%7D", AS_CSV, b"", 200, {},
        b"x\r\na b+c\r\n"),
    Row("2.1.1", "by GET, parameters must be separated by an ampersand",
        "GET", "/sparql?timeout=1&query=ASK%7B%7D&format=json", {}, b"", 200,
        {"Content-Type": JSON}),
    Row("2.1.1", "by GET, parameters must be separated by an ampersand: not by a semicolon",
        "GET", "/sparql?timeout=1;query=ASK%7B%7D", {}, b"", 400, {"Content-Type": PROBLEM}),
    Row("2.1.1", "by GET, a request must not include a body: one that does is not read",
        "GET", ask("ASK {}"), FORM, b"query=SELECT", 200, {"Content-Type": JSON}),
    Row("2.1.2", "by a form, parameters must be percent-encoded in the body",
        "POST", "/sparql", FORM | AS_CSV, urlencode({"query": VALUE}).encode(), 200, {},
        b"v\r\n13.5\r\n"),
    Row("2.1.2", "by a form, parameters must be percent-encoded once, and are decoded once",
        "POST", "/sparql", FORM | AS_CSV,
        urlencode({"query": 'SELECT ("a%20b" AS ?x) {}'}).encode(), 200, {}, b"x\r\na%20b\r\n"),
    Row("2.1.2", "by a form, parameters must be separated by an ampersand",
        "POST", "/sparql", FORM | AS_CSV,
        urlencode({"query": VALUE}).encode() + b"&default-graph-uri=" + APART.encode(), 200, {},
        b"v\r\napart\r\n"),
    Row("2.1.2", "by a form, its media type must be the request's: another is 415",
        "POST", "/sparql", {"Content-Type": "multipart/form-data; boundary=x"}, b"--x--", 415,
        {"Content-Type": PROBLEM, "Accept-Encoding": "identity"}, b"x-www-form-urlencoded"),
    Row("2.1.3", "directly, the body must be the query, unencoded, and nothing else",
        "POST", "/sparql", DIRECT | AS_CSV, 'SELECT ("é%20+" AS ?x) {}'.encode(), 200, {},
        "x\r\né%20+\r\n".encode()),
    Row("2.1.3", "directly, the body must be the query, unencoded: not a form",
        "POST", "/sparql", DIRECT, b"query=ASK%7B%7D", 400, {"Content-Type": PROBLEM}, b"line 1"),
    Row("2.1.3", "directly, the type must be application/sparql-query: another is 415",
        "POST", "/sparql", {"Content-Type": "text/plain"}, b"ASK {}", 415,
        {"Content-Type": PROBLEM}, b"application/sparql-query"),
    Row("2.1.3", "directly, graphs may be given in the address",
        "POST", f"/sparql?default-graph-uri={APART}", DIRECT | AS_CSV, VALUE.encode(), 200, {},
        b"v\r\napart\r\n"),
    Row("2.1.4", "the dataset of the request must be used rather than that of the query",
        "GET", ask(VALUE.replace("{", "FROM <urn:elsewhere> {", 1))
        + f"&default-graph-uri={APART}", AS_CSV, b"", 200, {}, b"v\r\napart\r\n"),
    Row("2.1.4", "the dataset of the request must be used rather than that of the query: named",
        "GET", ask(GRAPHS.replace("{", f"FROM NAMED <{BASE}graph/apart> {{", 1))
        + "&named-graph-uri=urn%3Aelsewhere", AS_CSV, b"", 200, {}, b"g\r\n"),
    Row("2.1.4", "without a dataset in the request, that of the query is used",
        "GET", ask(VALUE.replace("{", f"FROM <{BASE}graph/apart> {{", 1)), AS_CSV, b"", 200, {},
        b"v\r\napart\r\n"),
    Row("2.1.5", "formats should be negotiated: the quality decides",
        "GET", ask(VALUE), {"Accept": f"{JSON};q=0.2, {CSV};q=0.9"}, b"", 200,
        {"Content-Type": CSV}),
    Row("2.1.5", "formats should be negotiated: quality zero excludes",
        "GET", ask(VALUE), {"Accept": f"*/*, {JSON};q=0"}, b"", 200,
        {"Content-Type": r"(?!application/sparql-results\+json).*"}),
    Row("2.1.5", "formats should be negotiated: a wildcard takes what there is",
        "GET", ask(VALUE), {"Accept": "text/*"}, b"", 200, {"Content-Type": CSV}),
    Row("2.1.5", "formats should be negotiated: 406 where there is none",
        "GET", ask(VALUE), {"Accept": "image/png"}, b"", 406, {"Content-Type": PROBLEM},
        JSON.encode()),
    Row("2.1.6", "the response to SELECT and ASK is in a format of SPARQL results: XML",
        "GET", ask("ASK {}"), {"Accept": "application/sparql-results+xml"}, b"", 200,
        {"Content-Type": "application/sparql-results+xml"}, b"<boolean>true</boolean>"),
    Row("2.1.6", "the response to SELECT and ASK is in a format of SPARQL results: TSV",
        "GET", ask(VALUE), {"Accept": "text/tab-separated-values"}, b"", 200,
        {"Content-Type": "text/tab-separated-values"}, b"?v\n13.5\n"),
    Row("2.1.6", "the response to CONSTRUCT and DESCRIBE is in a format of RDF: N-Triples",
        "GET", ask(f"CONSTRUCT {{ <{BASE}a> a <{BASE}b> }} {{}}"),
        {"Accept": "application/n-triples"}, b"", 200, {"Content-Type": "application/n-triples"},
        b"<https://w3id.org/aikg/a> "),
    Row("2.1.6", "the response to CONSTRUCT and DESCRIBE is in a format of RDF: RDF/XML",
        "GET", ask(f"DESCRIBE <{BASE}drug/exemestane>"), {"Accept": "application/rdf+xml"}, b"",
        200, {"Content-Type": "application/rdf+xml"}, b"rdf:RDF"),
    Row("2.1.6", "the content type must be that of the body's format",
        "GET", ask(f"DESCRIBE <{BASE}drug/exemestane>"), {}, b"", 200,
        {"Content-Type": "text/turtle; charset=utf-8"}, b"drug:exemestane aikg:"),
    Row("2.1.6", "the status of a query that succeeds should be 2XX",
        "GET", ask("SELECT * { <urn:not> <urn:at> <urn:all> }"), AS_CSV, b"", 200, {}, b"\r\n"),
    Row("2.1.7", "the status should be 400 where the text is not a query",
        "GET", ask("SELECT * WHERE"), {}, b"", 400, {"Content-Type": PROBLEM}, b'"line":1'),
    Row("2.1.7", "the status should be 500 for what fails: a deadline is 503, its kind",
        "GET", ask("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }",
                   timeout="0.2"),
        {}, b"", 503, {"Content-Type": PROBLEM, "Retry-After": r"\d+"}),
    Row("2.2", "the update operation is by POST, and is refused: in a form",
        "POST", "/sparql", FORM, b"update=CLEAR+ALL", 403, {"Content-Type": PROBLEM},
        b"/submissions"),
    Row("2.2", "the update operation is by POST, and is refused: directly",
        "POST", "/sparql", CHANGE, b"CLEAR ALL", 403, {"Content-Type": PROBLEM}, b"/submissions"),
    Row("2.2", "the update operation is by POST, and is refused: at /update",
        "POST", "/update", CHANGE, b"CLEAR ALL", 403, {"Content-Type": PROBLEM}, b"/submissions"),
    Row("2.2", "the update operation must be invoked by POST: not by GET",
        "GET", "/update?update=CLEAR+ALL", {}, b"", 405, {"Allow": "POST"}),
    Row("2.2", "the update operation must be invoked by POST: not by GET at /sparql",
        "GET", "/sparql?update=CLEAR+ALL", {}, b"", 403, {"Content-Type": PROBLEM},
        b"/submissions"),
    Row("2.3", "a service must define its own base IRI",
        "GET", ask("ASK { <drug/exemestane> a <ontology/Drug> }"), {}, b"", 200,
        {"Content-Type": JSON}, b"true"),
    Row("2.3", "a service must define its own base IRI: BASE in the query goes before it",
        "GET", ask("BASE <urn:elsewhere/> ASK { <drug/exemestane> a <ontology/Drug> }"), {}, b"",
        200, {"Content-Type": JSON}, b"false"),
]  # fmt: skip

#: https://www.w3.org/TR/sparql11-http-rdf-update/
STORE = [
    Row("3", "the service must answer requests on its graph store",
        "GET", "/store?default", {}, b"", 200, {"Content-Type": TURTLE}, b"aikg:value 13.5"),
    Row("4.1", "a request on a graph's own IRI is about that graph",
        "GET", "/graph/apart", {}, b"", 200, {"Content-Type": TURTLE}, b'"apart"'),
    Row("4.2", "the IRI in ?graph= must be decoded, and its graph used",
        "GET", f"/store?graph={APART}", {}, b"", 200, {"Content-Type": TURTLE}, b'"apart"'),
    Row("4.2", "the IRI in ?graph= must be absolute: another is 400",
        "GET", "/store?graph=apart", {}, b"", 400, {"Content-Type": PROBLEM}, b"absolute IRI"),
    Row("4.2", "the IRI in ?graph= must be absolute: 400 where it is not an IRI",
        "GET", "/store?graph=" + quote("urn:a> } #"), {}, b"", 400, {"Content-Type": PROBLEM}),
    Row("4.2", "one graph is named: not two",
        "GET", f"/store?graph={APART}&default", {}, b"", 400, {"Content-Type": PROBLEM}),
    Row("5", "without Accept the answer must be RDF/XML, Turtle or N-Triples",
        "GET", "/store?default", {}, b"", 200, {"Content-Type": TURTLE}),
    Row("5.1", "the statuses must be those of HTTP: a method that is unknown is 405",
        "FETCH", "/store?default", {}, b"", 405, {"Allow": "GET"}),
    Row("5.1", "a graph that is not there must be 404",
        "GET", "/store?graph=urn%3Aelsewhere", {}, b"", 404, {"Content-Type": PROBLEM},
        b"urn:elsewhere"),
    Row("5.1", "a graph that is not there must be 404: by its own IRI",
        "GET", "/graph/elsewhere", {}, b"", 404, {"Content-Type": PROBLEM}),
    Row("5.2", "GET must retrieve the graph in the format that is preferred",
        "GET", f"/store?graph={APART}", {"Accept": "application/n-triples"}, b"", 200,
        {"Content-Type": "application/n-triples"},
        b'<https://w3id.org/aikg/drug/exemestane> <https://w3id.org/aikg/ontology/value> "apart"'),
    Row("5.2", "GET of the graph store itself gives all graphs, each with its name",
        "GET", "/store", {}, b"", 200, {"Content-Type": "application/n-quads"},
        b'"apart" <https://w3id.org/aikg/graph/apart> .'),
    Row("5.2", "GET of the graph store itself needs a format that has named graphs",
        "GET", "/store", {"Accept": TURTLE}, b"", 406, {"Content-Type": PROBLEM}, b"n-quads"),
    Row("5.2", "GET of a graph in a format that is not there should be 406",
        "GET", f"/store?graph={APART}", {"Accept": CSV}, b"", 406, {"Content-Type": PROBLEM}),
    Row("5.3", "a service may refuse to change a graph: PUT",
        "PUT", f"/store?graph={APART}", {"Content-Type": TURTLE}, b"", 403,
        {"Content-Type": PROBLEM}, b"/submissions"),
    Row("5.4", "a service may refuse to change a graph: DELETE",
        "DELETE", "/store?default", {}, b"", 403, {"Content-Type": PROBLEM}, b"/submissions"),
    Row("5.5", "a service may refuse to change a graph: POST",
        "POST", "/store?default", {"Content-Type": TURTLE}, b"", 403, {"Content-Type": PROBLEM},
        b"/submissions"),
    Row("5.6", "HEAD must be GET without a body",
        "HEAD", f"/store?graph={APART}", {}, b"", 200, {"Content-Type": TURTLE}),
    Row("5.6", "HEAD must be GET without a body: 404",
        "HEAD", "/store?graph=urn%3Aelsewhere", {}, b"", 404, {"Content-Type": PROBLEM}),
    Row("5.7", "a service may refuse to change a graph: PATCH",
        "PATCH", "/store?default", CHANGE, b"", 403, {"Content-Type": PROBLEM}, b"/submissions"),
]  # fmt: skip


@pytest.mark.parametrize(
    "row", [*QUERY, *STORE], ids=lambda row: f"section {row.section}: {row.sentence}"
)
def test_the_protocol(server: Server, row: Row) -> None:
    """The exchange is as the sentence says."""
    reply = server.send(row.method, row.target, row.headers, row.body)
    assert reply.status == row.status
    for name, pattern in row.replied.items():
        value = reply.headers.get(name, "")
        assert pattern in value or re.fullmatch(pattern, value)
    assert row.content in reply.body
    if row.method == "HEAD":
        assert reply.body == b""
    elif reply.media_type == PROBLEM:
        problem = json.loads(reply.body)
        assert problem["status"] == row.status
        assert problem["detail"]
        assert problem["advice"]


@pytest.mark.parametrize(
    ("request_", "status", "says"),
    [
        (b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 100_000, 431,
         b"16,000"),
        (b"GET /../../../etc/passwd HTTP/1.1\r\nHost: x", 404, b'"status":404'),
        (b"GET /static/../../settings.py HTTP/1.1\r\nHost: x", 404, b'"status":404'),
        (b"GET /drug/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x", 404, b'"status":404'),
        (b"GET /drug/exemestane%00 HTTP/1.1\r\nHost: x", 404, b'"status":404'),
        (b"GET /drug/%3E%7D%20%23 HTTP/1.1\r\nHost: x", 404, b'"status":404'),
        (b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n"
         b"Content-Type: application/sparql-query\r\n\r\nASK {}", 415, b"Content-Encoding"),
        (b"GET /store?graph=%FF HTTP/1.1\r\nHost: x", 400, b"UTF-8"),
        (b"GET /sparql?query=ASK%7B%7D&format=yaml HTTP/1.1\r\nHost: x", 406, b"format=yaml"),
    ],
)  # fmt: skip
def test_bad_input_is_told(server: Server, request_: bytes, status: int, says: bytes) -> None:
    """What no client library would send has its status too, and a problem document."""
    if b"\r\n\r\n" not in request_:
        request_ += b"\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(request_.replace(b"\r\nHost", b"\r\nConnection: close\r\nHost", 1))
        received = bytearray()
        while piece := connection.recv(1 << 16):
            received += piece
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert PROBLEM.encode() in head
    assert says in body


@pytest.mark.parametrize(
    ("others", "accept", "media_type"),
    [
        ({"default-graph-uri": "", "named-graph-uri": ""}, "*/*", JSON),
        ({"default-graph-uri": "", "timeout": "0", "format": "auto"}, CSV, CSV),
        ({"timeout": "0"}, "*/*", JSON),
        ({"format": "text/html"}, "*/*", "text/html"),
        ({"format": "html", "default-graph-uri": ""}, JSON, "text/html"),
        ({"format": "auto"}, "text/html", "text/html"),
    ],
)
def test_a_parameter_means_what_its_sender_means(
    server: Server, others: dict[str, str], accept: str, media_type: str
) -> None:
    """Forms of other servers send an empty graph, `timeout=0` and `format=auto`."""
    plain = server.send("GET", ask(VALUE), {"Accept": JSON})
    found = json.loads(plain.body)["results"]["bindings"]
    reply = server.send("GET", ask(VALUE, **others), {"Accept": accept})
    assert (reply.status, reply.media_type) == (200, media_type)
    if media_type == JSON:
        assert json.loads(reply.body)["results"]["bindings"] == found
    both = server.send("GET", ask(GRAPHS, **{"named-graph-uri": ""}), {"Accept": JSON})
    all_graphs = server.send("GET", ask(GRAPHS), {"Accept": JSON})
    assert len(both.body) == len(all_graphs.body)


def test_turtle_has_its_old_name(server: Server) -> None:
    """SPARQLWrapper asks for N3 by name and by types that Turtle had before."""
    construct = "CONSTRUCT WHERE { ?s a ?kind }"
    for target, accept in (
        (ask(construct, format="n3"), "*/*"),
        (ask(construct), "text/rdf+n3,application/n3,text/n3"),
        (ask(construct, output="n3", results="n3", format="n3"), "text/rdf+n3"),
    ):
        reply = server.send("GET", target, {"Accept": accept})
        assert (reply.status, reply.media_type) == (200, TURTLE)
    refused = server.send("GET", ask("ASK {}", format="n3"), {})
    assert refused.status == 406


@pytest.mark.parametrize(("path", "allowed"), [("/sparql", True), ("/submissions", False)])
def test_a_token_is_for_its_own_site(server: Server, path: str, allowed: bool) -> None:
    """Another site's page may send `Authorization` for reading only, and never has cookies."""
    reply = server.send("OPTIONS", path, {"Origin": "https://example.org"})
    headers = reply.headers["Access-Control-Allow-Headers"].split(", ")
    assert ("Authorization" in headers) == allowed
    assert "If-None-Match" in headers
    assert "Access-Control-Allow-Credentials" not in reply.headers


def test_another_sites_page_may_ask(server: Server) -> None:
    """The preflight of a browser allows each method and header that the protocol needs."""
    asked = {
        "Origin": "https://example.org",
        "Access-Control-Request-Method": "QUERY",
        "Access-Control-Request-Headers": "content-type",
    }
    headers = server.send("OPTIONS", "/sparql", asked).headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers
    assert {"GET", "POST", "QUERY"} <= set(headers["Access-Control-Allow-Methods"].split(", "))
    assert "Content-Type" in headers["Access-Control-Allow-Headers"]
    assert "Link" in headers["Access-Control-Expose-Headers"]
