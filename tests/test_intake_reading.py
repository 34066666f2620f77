"""Untrusted input is read within limits, and everything in it has its place."""

from __future__ import annotations

import gzip
import json

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aikg.errors import (
    AikgError,
    NameMalformed,
    SubmissionMalformed,
    SubmissionTooLarge,
    UnsupportedMediaType,
)
from aikg.intake.examination import read
from aikg.intake.formats import FORMATS
from aikg.intake.places import Place
from aikg.intake.submission import Limits, ParsedSubmission

E, MINE = "http://e/", "https://w3id.org/aikg/submission/mine/"

TURTLE = '''@prefix e: <http://e/> .
# A comment with a "quote and a <bracket
<a> e:p _:x , [ e:q 1.50 ;
   e:z """multi
line"""@en ] ; e:list ( 1
 2.5 ) .
<b> a e:C ; e:n 38.0 ;
  e:t "x\\u0041y"^^e:dt , e:C\\,d .
<c> e:n 38.0 . <d> e:n 38.0 .
PREFIX e: <http://other/>
<d> e:n 38.0
.
'''
TRIG = "PREFIX e: <http://e/>\nGRAPH <g> { <a> e:p 1 . } <g2> { <b> e:q true }"
NQUADS = f'<{E}a> <{E}p> "v"@en <{MINE}g> .\n_:b <{E}p> <{E}a> .\n'
XML = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e/">
  <e:C rdf:about="a">
    <e:p>1</e:p><e:p>2</e:p>
    <e:k>
      <e:D rdf:about="b" e:att="x"/>
    </e:k>
    <e:m rdf:parseType="Resource">
      <e:q>1</e:q>
    </e:m>
    <e:long>some
text</e:long>
  </e:C>
</rdf:RDF>"""
JSON = """{"@context": {"e": "http://e/", "p": "e:p", "k": {"@id": "e:k", "@type": "@id"}},
 "@graph": [
 {"@id": "a", "@type": "e:C",
  "p": [1.5, "x"],
  "k": "b"},
 {"@id": "b", "e:q": {"@value": "z", "@language": "en"},
  "e:n": {"p": true}}
]}"""


def sent(text: str | bytes, file: str) -> ParsedSubmission:
    """Read a text by its file's ending."""
    return read(text if isinstance(text, bytes) else text.encode(), None, file, "mine")


@pytest.mark.parametrize(
    ("text", "file", "node", "path", "value", "line", "column"),
    [
        (TURTLE, "f.ttl", MINE + "a", None, None, 3, 1),
        (TURTLE, "f.ttl", MINE + "a", E + "p", MINE + "genid/x", 3, 9),
        (TURTLE, "f.ttl", MINE + "genid/anonymous-1", E + "q", "1.50", 3, 21),
        (TURTLE, "f.ttl", MINE + "genid/anonymous-1", E + "z", "multi\nline", 4, 8),
        (TURTLE, "f.ttl", MINE + "a", E + "list", None, 5, 16),
        (TURTLE, "f.ttl", MINE + "b", E + "n", "38.0", 7, 17),
        (TURTLE, "f.ttl", MINE + "b", E + "t", "xAy", 8, 7),
        (TURTLE, "f.ttl", MINE + "b", E + "t", E + "C,d", 8, 26),
        (TURTLE, "f.ttl", MINE + "c", E + "n", "38.0", 9, 9),
        (TURTLE, "f.ttl", MINE + "d", E + "n", "38.0", 9, 24),
        (TURTLE, "f.ttl", MINE + "d", "http://other/n", "38.0", 11, 9),
        (TRIG, "f.trig", MINE + "a", E + "p", "1", 2, 21),
        (TRIG, "f.trig", MINE + "b", E + "q", "true", 2, 42),
        (NQUADS, "f.nq", E + "a", E + "p", "v", 1, 27),
        (NQUADS, "f.nq", MINE + "genid/b", E + "p", E + "a", 2, 18),
        (XML, "f.rdf", MINE + "a", None, None, 3, 3),
        (XML, "f.rdf", MINE + "a", E + "p", "2", 4, 17),
        (XML, "f.rdf", MINE + "a", E + "k", MINE + "b", 5, 5),
        (XML, "f.rdf", MINE + "b", E + "att", "x", 6, 7),
        (XML, "f.rdf", MINE + "genid/anonymous-1", E + "q", "1", 9, 7),
        (XML, "f.rdf", MINE + "a", E + "long", "some\ntext", 11, 5),
        (JSON, "f.jsonld", MINE + "a", None, None, 3, 2),
        (JSON, "f.jsonld", MINE + "a", E + "p", "1.5E0", 4, 9),
        (JSON, "f.jsonld", MINE + "a", E + "k", MINE + "b", 5, 8),
        (JSON, "f.jsonld", MINE + "b", E + "q", "z", 6, 22),
        (JSON, "f.jsonld", MINE + "genid/anonymous-1", E + "p", "true", 7, 16),
    ],
)
def test_line_and_column(
    text: str, file: str, node: str, path: str | None, value: str | None, line: int, column: int
) -> None:
    """A node stands where it is named first, a property and a value where they are written."""
    place = sent(text, file).place(node, path, value)
    assert (place.line, place.column) == (line, column)


def test_a_value_of_json_has_its_pointer() -> None:
    """JSON-LD is found by its identifier, and reported with line, column and RFC 6901 pointer."""
    place = sent(JSON, "f.jsonld").place(MINE + "a", E + "p", "x")
    assert place == Place(4, 14, pointer="/@graph/0/p/1")


@pytest.mark.parametrize("form", [f for f in FORMATS if f.rdf], ids=lambda f: f.name)
def test_every_format_says_the_same(form) -> None:
    """The same statements in another format are the same submission, blank nodes named."""
    text = f'@prefix e: <{E}> . <{MINE}a> e:p "1", <{MINE}b> ; e:q [ e:r "x"@en ] .'
    quads = ox.parse(text.encode(), format=ox.RdfFormat.TURTLE)
    body = ox.serialize((q.triple for q in quads), format=form.rdf)
    expected = {str(t) for t in sent(text, "f.ttl").triples}
    assert {str(t) for t in read(body, form.media_type, "f", "mine").triples} == expected


BAD = {
    "turtle syntax": (b"@prefix e: <http://e/> .\ne:a e:p .", "f.ttl", 2, "not Turtle"),
    "not utf-8": (b'<a> <b> "\xff" .', "f.ttl", 1, "UTF-8"),
    "a pdf": (b"%PDF-1.7\n%\xe2\xe3", "f.ttl", 2, "UTF-8"),
    "doctype": (
        b'<?xml version="1.0"?>\n<!DOCTYPE r [<!ENTITY a "x">]><r>&a;</r>',
        "f.rdf",
        2,
        "DOCTYPE",
    ),
    "xml syntax": (b"<r>\n<a></r>", "f.rdf", 2, "not XML"),
    "deep xml": (b"<a>" * 101 + b"</a>" * 101, "f.rdf", 1, "nested"),
    "xml as deep as is read": (b"<a>" * 100 + b"</a>" * 100, "f.rdf", 1, "not RDF/XML"),
    "json syntax": (b'{"a":\n 1,}', "f.jsonld", 2, "not JSON"),
    "deep json": (b"[" * 101, "f.jsonld", 1, "nested"),
    "json as deep as is read": (b"[" * 100, "f.jsonld", 1, "not JSON"),
    "a context from elsewhere": (b'{"@context": "http://c/"}', "f.jsonld", 1, "fetched"),
    "an import": (b'{"@context":\n{"@import": "http://c/"}}', "f.jsonld", 2, "fetched"),
    "half a gzip": (gzip.compress(b"<a> <b> <c> ." * 99)[:-9], "f.ttl.gz", None, "too early"),
    "no gzip": (b"\x1f\x8b\x00\x00", "f.ttl", None, "cannot be unpacked"),
}


@pytest.mark.parametrize(("body", "file", "line", "words"), BAD.values(), ids=BAD)
def test_what_is_not_of_its_format_is_told_with_its_place(
    body: bytes, file: str, line: int | None, words: str
) -> None:
    """The error names the line, what is wrong, and what to do."""
    with pytest.raises(SubmissionMalformed, match=words) as caught:
        sent(body, file)
    assert caught.value.line == line
    assert caught.value.advice


def test_what_is_too_large_is_not_unpacked() -> None:
    """Of what gzip would make larger than the limit, only the limit is unpacked."""
    body = gzip.compress(b"#" * 1001)
    with pytest.raises(SubmissionTooLarge, match="larger than 1,000 bytes, unpacked"):
        read(body, "text/turtle", "f", "mine", Limits(bytes=1000))
    assert read(body, "text/turtle", "f", "mine", Limits(bytes=1001)).triples == []


def test_more_triples_than_are_read() -> None:
    """Reading stops at the limit."""
    body = b"".join(b"<a> <b> %d .\n" % n for n in range(20))
    with pytest.raises(SubmissionTooLarge, match="more than 10 triples"):
        read(body, "text/turtle", "f", "mine", Limits(triples=10))


def test_a_format_that_is_not_read() -> None:
    """The error lists those that are."""
    with pytest.raises(UnsupportedMediaType) as caught:
        read(b"", "application/pdf", "f.pdf", "mine")
    assert "Turtle" in caught.value.advice


def test_a_name_that_is_none() -> None:
    """A name is part of an address."""
    with pytest.raises(NameMalformed, match="is not a valid name"):
        read(b"", "text/turtle", "f.ttl", "../x")


def test_the_same_file_has_the_same_names_for_blank_nodes() -> None:
    """A corrected file, sent again, describes the same nodes."""
    again = TURTLE.replace("38.0", "39.0")
    assert sent(TURTLE, "f.ttl").nodes == sent(again, "f.ttl").nodes


def test_a_name_of_a_graph_is_not_kept_and_that_is_told() -> None:
    """A submission is one graph; each other name is reported once, of any number of statements."""
    quads = "".join(f"<{E}{n}> <{E}p> <{E}b> <{E}{g}> .\n" for n in "cd" for g in "gh")
    problems = sent(quads, "f.nq").problems
    assert [p.check for p in problems] == ["one-graph", "one-graph"]


PIECES = [*TURTLE.split(), *TRIG.split(), *XML.split(">"), *json.dumps(JSON), "[", "(", '"""', "_:"]


@settings(max_examples=60, deadline=None)
@given(
    body=st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(PIECES)).map(" ".join)),
    form=st.sampled_from([f for f in FORMATS if f.rdf]),
)
def test_whatever_is_sent_is_read_or_refused(body, form) -> None:
    """No bytes raise anything but one of our errors, and what is read has a place."""
    body = body if isinstance(body, bytes) else body.encode()
    try:
        submission = read(body, form.media_type, "f", "mine")
    except AikgError:
        return
    assert all(submission.place(node).line for node in submission.nodes)
