"""An answer gives back each term as it is, or is refused: read by other parsers than the writer."""

from __future__ import annotations

import csv
import io
import json
import re
from xml.etree import ElementTree as ET

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st

from aikg.errors import NotAcceptable
from aikg.sparql.evaluation import Request, evaluate
from aikg.sparql.formats import SOLUTIONS, TRIPLES

NODE, PREDICATE = ox.NamedNode("urn:a"), ox.NamedNode("https://example.org/p")
RESULTS = "{http://www.w3.org/2005/sparql-results#}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8) | st.sampled_from(
    [
        "",
        "\r",
        "a\rb\r\nc\n",
        "\t",
        " ",
        '"',
        '""',
        "'",
        ",",
        "\\",
        "<&>]]>",
        "\x85",
        "\u2028",
        "é😀",
    ]
)


def answer(query: str, name: str, *objects: ox.Literal) -> bytes:
    """Write what a query finds in a store of some literals."""
    store = ox.Store()
    store.extend(ox.Quad(NODE, PREDICATE, value) for value in objects)
    output = io.BytesIO()
    evaluate(store, Request(query, format=name), output, lambda media_type: None)
    return output.getvalue()


def xml_holds(text: str) -> bool:
    """Return whether XML 1.0 has a form for a text."""
    return not re.search("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", text)


def read_solution(name: str, body: bytes) -> tuple[str, str | None]:
    """Read the one literal of an answer by the standard library: its text and its language."""
    if name == "json":
        (row,) = json.loads(body)["results"]["bindings"]
        return row["o"]["value"], row["o"].get("xml:lang")
    if name == "xml":
        literal = ET.fromstring(body).find(f".//{RESULTS}literal")  # noqa: S314  our own
        assert literal is not None
        return literal.text or "", literal.get(LANG)
    if name == "csv":
        header, row = csv.reader(io.StringIO(body.decode(), newline=""), strict=True)
        assert header == ["o", "n"]
        return row[0], None
    line = body.decode().split("\n")[1].rpartition("\t")[0]
    (triple,) = rdflib.Graph().parse(data=f"<urn:a> <urn:b> {line} .".encode(), format="turtle")
    return str(triple[2]), getattr(triple[2], "language", None)


@pytest.mark.parametrize("name", [f.names[0] for f in SOLUTIONS])
@settings(max_examples=60, deadline=None)
@given(text=TEXT, language=st.sampled_from([None, "en", "de-at"]))
def test_a_literal_survives_as_a_result(name: str, text: str, language: str | None) -> None:
    """Control characters, line ends, quotes and languages; of these CSV keeps the text alone."""
    literal = ox.Literal(text, language=language)
    query = "SELECT ?o (1 AS ?n) { ?s ?p ?o }"
    if name == "xml" and not xml_holds(text):
        with pytest.raises(NotAcceptable, match="U\\+"):
            answer(query, name, literal)
        return
    read = read_solution(name, answer(query, name, literal))
    assert read == (text, None if name == "csv" else language)


@pytest.mark.parametrize("name", [f.names[0] for f in TRIPLES])
@settings(max_examples=60, deadline=None)
@given(text=TEXT, language=st.sampled_from([None, "en", "de-at"]))
def test_a_literal_survives_in_a_graph(name: str, text: str, language: str | None) -> None:
    """In each format of RDF."""
    literal = ox.Literal(text, language=language)
    query = "CONSTRUCT WHERE { ?s ?p ?o }"
    if name == "rdfxml" and not xml_holds(text):
        with pytest.raises(NotAcceptable, match="U\\+"):
            answer(query, name, literal)
        return
    body = answer(query, name, literal)
    if name == "rdfxml":
        (element,) = ET.fromstring(body)[0]  # noqa: S314  our own
        assert (element.text or "", element.get(LANG)) == (text, language)
    syntax = next(f.media_type for f in TRIPLES if f.names[0] == name)
    (quad,) = ox.parse(body, format=ox.RdfFormat.from_media_type(syntax))
    assert quad.object == literal


@pytest.mark.parametrize(
    ("query", "name", "body"),
    [
        ("SELECT ?x { ?x a <urn:none> }", "csv", b"x\r\n"),
        ("SELECT ?x { ?x a <urn:none> }", "tsv", b"?x\n"),
        ("SELECT ?x { ?x a <urn:none> }", "json",
         b'{"head":{"vars":["x"]},"results":{"bindings":[]}}'),
        ("SELECT ?x ?y { BIND('' AS ?y) }", "csv", b"x,y\r\n,\r\n"),
        ("SELECT ?x ?y { BIND('' AS ?y) }", "tsv", b'?x\t?y\n\t""\n'),
        ("SELECT * {}", "json", b'{"head":{"vars":[]},"results":{"bindings":[{}]}}'),
        ("SELECT * {}", "csv", b"\r\n\r\n"),
        ("SELECT (<<( <urn:a> <urn:b> 1 )>> AS ?t) {}", "tsv",
         b"?t\n<<( <urn:a> <urn:b> 1 )>>\n"),
        ("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }", "ntriples", b""),
    ],
)  # fmt: skip
def test_an_answer_to_the_byte(query: str, name: str, body: bytes) -> None:
    """No row, no variable, a variable without a value and an empty text are four things."""
    assert answer(query, name) == body


@pytest.mark.parametrize(
    ("query", "name", "says"),
    [
        ("CONSTRUCT { <urn:a> <http://example.org/1> 1 } {}", "rdfxml", "predicate"),
        ("CONSTRUCT { <urn:a> <urn:b> <<( <urn:a> <urn:b> 1 )>> } {}", "jsonld", "triple term"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(query: str, name: str, says: str) -> None:
    """Before the answer begins, with the way out."""
    with pytest.raises(NotAcceptable, match=says) as caught:
        answer(query, name)
    assert "another format" in caught.value.advice
