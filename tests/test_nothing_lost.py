"""Statements in are statements read, or each one that is lost has a finding at its line.

A generator writes statements in every syntax of RDF, each on a line of its own, some of them such
that readers leave them out or read them as something else.
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

import pyoxigraph as ox
import pytest

from aikg.errors import SubmissionMalformed
from aikg.intake import rdf
from aikg.intake.examination import read
from aikg.intake.formats import FORMATS
from aikg.intake.submission import ParsedSubmission

E, MINE = "http://e/", "https://w3id.org/aikg/submission/mine/"
XSD = "http://www.w3.org/2001/XMLSchema#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#: Values by kind: good ones first, then such that some reader leaves out, or takes for others.
TEXTS = ["x", "a “quote”", "5.8E-1", "text-0-5.8E-1", "<&>", "line\\n", "\uff11"]
TAGS = ["en", "en-GB", "e_n", "en-", "abcdefghijk", "x y"]
NAMES = ["b", "c/d", "e f", 'g"h', "i|j", "k%20l", "é"]
NUMBERS = [
    "0.58",
    "3.20",
    "43",
    "-0.000001",
    "12345678901234567890",
    "0.0",
    "1e-7",
    "4.39E1",
    "1.0",
]
FORMS = [
    *("43.9", "4.39E1", "4_3.9", " 43.9 ", "٤٣", "Infinity", "NaN", "+.5", "5.", "1,5", ""),
    *("0.1234567890123456789", "9" * 30, "2013-02-30", "2016-02-29", "true", "True"),
]
DATATYPES = ["decimal", "integer", "double", "date", "boolean", "string", "deciaml"]


@dataclass
class Spelled:
    """A statement as a file spells it.

    Attributes:
        node: The name of the subject below the submission's address, or a label.
        path: The name of the property.
        kind: text, tagged, name, number, typed, or one of those that only one syntax has.
        value: The value as it is written.
        more: The tag or the datatype.
    """

    node: str
    path: str
    kind: str
    value: str
    more: str = ""

    def term(self) -> ox.Literal | ox.NamedNode | None:
        """Return what the statement says, or None where it cannot be said in RDF."""
        try:
            if self.kind == "name":
                return ox.NamedNode(MINE + self.value)
            if self.kind == "tagged":
                return ox.Literal(self.value, language=self.more)
            if self.kind in {"typed", "number"}:
                return ox.Literal(self.value, datatype=ox.NamedNode(XSD + self.more))
            return ox.Literal(self.value)
        except ValueError:
            return None


def some(chance: random.Random, kinds: list[str]) -> list[Spelled]:
    """Invent statements; each has a property of its own."""
    found = []
    for number in range(chance.randint(3, 12)):
        kind = chance.choice(kinds)
        value, more = chance.choice(TEXTS), ""
        if kind == "tagged":
            more = chance.choice(TAGS)
        elif kind == "name":
            value = chance.choice(NAMES)
        elif kind == "number":
            value, more = chance.choice(NUMBERS), "decimal"
        elif kind == "typed":
            value, more = chance.choice(FORMS), chance.choice(DATATYPES)
        found.append(Spelled(f"n{chance.randint(1, 4)}", f"p{number}", kind, value, more))
    return found


def as_turtle(statements: list[Spelled]) -> tuple[str, dict[int, Spelled]]:
    """Write a statement a line, in full: N-Triples, but for the relative names."""
    lines, where = [f"# {E}"], {}
    for one in statements:
        text = json.dumps(one.value)
        value = {
            "name": f"<{MINE}{one.value}>",
            "tagged": f"{text}@{one.more}",
            "typed": f"{text}^^<{XSD}{one.more}>",
        }.get(one.kind, text)
        lines.append(f"<{MINE}{one.node}> <{E}{one.path}> {value} .")
        where[len(lines)] = one
    return "\n".join(lines), where


def as_xml(statements: list[Spelled]) -> tuple[str, dict[int, Spelled]]:
    """Write a statement a line, as an element of its own."""
    lines, where = [f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:e="{E}" xml:lang="de">'], {}
    for one in statements:
        attributes = {
            "name": f"rdf:resource={quoteattr(one.value)}",
            "tagged": f"xml:lang={quoteattr(one.more)}",
            "typed": f"rdf:datatype={quoteattr(XSD + one.more)}",
            "text": 'xml:lang=""',
            "parse": 'rdf:parseType="Text"',
        }[one.kind]
        text = "" if one.kind == "name" else escape(one.value)
        element = f"<e:{one.path} {attributes}>{text}</e:{one.path}>"
        about = quoteattr(one.node)
        lines.append(f"<rdf:Description rdf:about={about}>{element}</rdf:Description>")
        where[len(lines)] = one
    return "\n".join([*lines, "</rdf:RDF>"]), where


def as_json(statements: list[Spelled]) -> tuple[str, dict[int, Spelled]]:
    """Write a statement a line, as an object of its own; numbers under a coercion."""
    coerced = {f"c{n}": {"@id": f"{E}p{n}", "@type": XSD + "decimal"} for n in range(12)}
    lines, where = [f'{{"@context": {json.dumps({"e": E, **coerced})}, "@graph": [{{}}'], {}
    for one in statements:
        text = json.dumps(one.value, ensure_ascii=False)
        key, value = {
            "name": (f"e:{one.path}", f'{{"@id": {text}}}'),
            "tagged": (f"e:{one.path}", f'{{"@value": {text}, "@language": "{one.more}"}}'),
            "typed": (f"e:{one.path}", f'{{"@value": {text}, "@type": "{XSD}{one.more}"}}'),
            "number": (one.path.replace("p", "c"), one.value),
            "text": (f"e:{one.path}", text),
            "key": (one.path, text),
        }[one.kind]
        lines.append(f', {{"@id": "{one.node}", "{key}": {value}}}')
        where[len(lines)] = one
    return "\n".join([*lines, "]}"]), where


COMMON = ["text", "tagged", "name", "typed"]
WRITERS = {
    "Turtle": (as_turtle, COMMON),
    "TriG": (as_turtle, COMMON),
    "N-Triples": (as_turtle, COMMON),
    "N-Quads": (as_turtle, COMMON),
    "RDF/XML": (as_xml, [*COMMON, "parse"]),
    "JSON-LD": (as_json, [*COMMON, "number", "key"]),
}


def same(one: ox.Literal | ox.NamedNode, other: object) -> bool:
    """Compare terms; a number by its value, since JSON has no form of its own."""
    if isinstance(one, ox.Literal) and isinstance(other, ox.Literal):
        if one.datatype != other.datatype or one.language != other.language:
            return False
        return one.value == other.value or float(one.value) == float(other.value)
    return one == other


def silent(submission: ParsedSubmission, where: dict[int, Spelled]) -> list[Spelled]:
    """Return the statements that were not read, or read otherwise, and of which nothing is said."""
    told = {submission.place(p.node, p.path, p.value).line for p in submission.problems}
    by_path = {t.predicate.value.removeprefix(E): t for t in submission.triples}
    missing = []
    for line, one in where.items():
        term, triple = one.term(), by_path.get(one.path)
        right = (
            triple is not None
            and term is not None
            and one.kind not in {"key", "parse"}
            and same(term, triple.object)
            and triple.subject.value == MINE + one.node
        )
        if not right and line not in told:
            missing.append(one)
    return missing


@pytest.mark.parametrize("name", WRITERS)
def test_no_statement_is_lost_in_silence(name: str) -> None:
    """Each statement is read as it is written, or a finding has its line, or the file is refused.

    The parsers of Turtle and RDF/XML refuse a file at the first statement that they cannot read. A
    file that is refused is read again without the statement that it was refused for.
    """
    form = next(f for f in FORMATS if f.name == name)
    write, kinds = WRITERS[name]
    counts = {"written": 0, "read": 0, "told": 0, "refused": 0, "silent": 0}
    for seed in range(150):
        statements = some(random.Random(seed), kinds)
        counts["written"] += len(statements)
        while True:
            text, where = write(statements)
            try:
                submission = read(text.encode(), form.media_type, "f", "mine")
                break
            except SubmissionMalformed as error:
                blamed = where.get(error.line or 0)
                if blamed is None:
                    raise
                statements.remove(blamed)
                counts["refused"] += 1
        lost = silent(submission, where)
        assert not lost, (lost, text)
        counts["read"] += len(submission.triples)
        counts["told"] += len(where) - len(submission.triples)
        counts["silent"] += len(lost)
    sys.stdout.write(f"{name}: {counts}\n")
    assert counts["written"] == counts["read"] + counts["told"] + counts["refused"]
    assert min(counts["told"], counts["read"]) > 0


CONTEXT = {
    "e": E,
    "d": {"@id": "e:d", "@type": XSD + "decimal"},
    "k": {"@id": "e:k", "@type": "@id"},
    "v": {"@id": "e:v", "@type": "@vocab"},
    "l": {"@id": "e:l", "@container": "@list"},
    "la": {"@id": "e:la", "@container": "@language"},
    "ix": {"@id": "e:ix", "@container": "@index"},
    "ids": {"@id": "e:ids", "@container": "@id"},
    "kinds": {"@id": "e:kinds", "@container": "@type"},
    "graph": {"@id": "e:graph", "@container": "@graph"},
    "set": {"@id": "e:set", "@container": "@set"},
    "r": {"@reverse": "e:r"},
    "j": {"@id": "e:j", "@type": "@json"},
    "nest": "@nest",
    "id": "@id",
    "type": "@type",
    "scoped": {"@id": "e:scoped", "@context": {"q": "e:q"}},
    "Typed": {"@id": "e:Typed", "@context": {"own": "e:own"}},
    "nothing": None,
}
#: A body of JSON-LD, how many statements it has, and the values that are reported as lost.
BODIES = [
    ({"d": [0.58, 3, 1e400]}, 3, []),
    ({"e:p": [None, {"@value": None}, []]}, 0, []),
    ({"l": [1, "x", [2]]}, 9, []),
    ({"l": [None, {"@set": [1, 2]}]}, 5, []),
    ({"e:p": {"@list": [1, {"@list": []}]}}, 5, []),
    ({"la": {"en": "x", "de": ["y", "z"], "b d": "w"}}, 3, ["b d"]),
    ({"ix": {"1": "x", "2": {"id": "c", "e:p": 1}}}, 3, []),
    ({"ids": {"b": {"e:p": 1}, "b c": {"e:p": 2}}}, 2, ["b c"]),
    ({"kinds": {"e:T": {"e:p": 1}}}, 3, []),
    ({"graph": {"e:p": 1}}, 2, []),
    ({"set": {"@set": [1, 2, 1]}}, 3, []),
    ({"r": {"id": "b"}, "@reverse": {"e:p": [{"id": "b"}, {"id": "b c"}]}}, 2, ["b c"]),
    ({"j": {"x": [1]}}, 1, []),
    (
        {"e:p": [{"@type": "@json", "@value": {"a": [1e400]}}, {"@type": "@json", "@value": 5}]},
        2,
        [],
    ),
    ({"nest": {"d": 1.5, "e:p": "x"}}, 2, []),
    ({"scoped": {"id": "b", "q": "x", "unmapped": 1}}, 2, ["unmapped"]),
    ({"q": "x"}, 0, ["q"]),
    ({"type": "Typed", "own": 1}, 2, []),
    ({"type": ["e:C", "b c"]}, 1, ["b c"]),
    ({"@included": [{"id": "b", "e:p": 1}]}, 1, []),
    ({"@graph": [{"id": "b", "e:p": 1}, "x"]}, 1, ["leads"]),
    ({"e:p": {"id": "b c", "e:q": {"id": "d", "e:p": 1}}}, 1, ["b c"]),
    ({"k": ["b", "b c", 5], "v": "Typed"}, 3, ["b c"]),
    ({"_:p": 1, "relative/p": 1, "e:p q": 1, "@foo": 1}, 0, ["_:p", "relative/p", "e:p q", "@foo"]),
    ({"nothing": "x"}, 0, ["nothing"]),
    ({"e:p": {"@value": "x", "@language": "en", "@direction": "rtl"}}, 1, []),
]


@pytest.mark.parametrize(("body", "statements", "lost"), BODIES, ids=lambda x: str(x)[:40])
def test_the_statements_of_json_ld_are_counted(
    body: dict, statements: int, lost: list[str]
) -> None:
    """Both readers count the same, over contexts of every kind; what is lost is named."""
    text = json.dumps({"@context": CONTEXT, "@id": "a", **body}).replace("Infinity", "1e400")
    submission = read(text.encode(), None, "f.jsonld", "mine")
    rules = [p.check for p in submission.problems]
    told = [p.message for p in submission.problems if p.check == "unread-json"]
    assert "uncounted" not in rules
    assert len(told) == len(lost)
    assert all(name in message for name, message in zip(lost, told, strict=True))
    refused = sum(rule.startswith("literal") for rule in rules)
    repeats = 1 if body.get("set") else 0
    assert len(submission.triples) + refused + repeats == statements


XML = [
    (
        '<e:C rdf:about="a"><e:p rdf:parseType="Collection"><e:D/><e:D rdf:about="b"/></e:p></e:C>',
        8,
    ),
    (
        '<e:C rdf:about="a"><e:p rdf:parseType="Resource"><e:q/></e:p><rdf:li>x</rdf:li></e:C>',
        4,
    ),
    ('<e:C rdf:about="a" e:t="x" xml:lang=""><e:p rdf:resource="b" e:q="t"/></e:C>', 4),
    ('<e:C rdf:about="a"><e:p rdf:ID="r">x</e:p></e:C>', 6),
    ('<rdf:Description rdf:nodeID="a"><e:p><e:D e:q="&gt;"/></e:p></rdf:Description>', 3),
]


@pytest.mark.parametrize(("body", "statements"), XML)
def test_the_statements_of_rdf_xml_are_counted(body: str, statements: int) -> None:
    """Both readers count the same."""
    text = f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:e="{E}" xml:lang="en">{body}</rdf:RDF>'
    submission = read(text.encode(), None, "f.rdf", "mine")
    assert (len(submission.triples), submission.problems) == (statements, [])


def test_a_difference_in_number_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the parser gives fewer statements than the text has, the report says so."""
    parse = rdf._parse
    monkeypatch.setattr(rdf, "_parse", lambda *a: tuple(part[1:] for part in parse(*a)))
    (told,) = read(b'{"@id": "a", "http://e/p": [1, 2]}', None, "f.json", "mine").problems
    assert (told.level, told.check) == ("Check", "uncounted")
    assert "2 statements, and 1 were read" in told.message


COLLIDING = ["anonymous-1", "anonymous-2", "0123456789abcdef0123456789abcdef"]


def test_labels_of_blank_nodes_do_not_collide() -> None:
    """Nodes with and without a label stay apart, whatever the labels are."""
    lines = [f"_:{label} <{E}p> {n} ." for n, label in enumerate(COLLIDING)]
    lines += [f"[] <{E}p> {n} ." for n in range(3, 6)]
    for order in (lines, lines[::-1]):
        assert len(read("\n".join(order).encode(), None, "f.ttl", "mine").nodes) == len(lines)


def test_a_document_in_another_encoding_is_refused() -> None:
    """What says of itself that it is in another encoding than UTF-8 would be read otherwise."""
    head = '<?xml version="1.0" encoding="ISO-8859-1"?>'
    text = f'{head}<rdf:RDF xmlns:rdf="{RDF}"><!-- é --></rdf:RDF>'
    with pytest.raises(SubmissionMalformed, match="Only UTF-8"):
        read(text.encode(), None, "f.rdf", "mine")
    assert read(text.replace("ISO-8859-1", "utf-8").encode(), None, "f.rdf", "mine").problems == []


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_a_word_is_not_a_number_of_json(word: str) -> None:
    """Python reads it, and JSON has no such word."""
    with pytest.raises(SubmissionMalformed, match=f"{word} is not a number") as caught:
        read(f'{{"@id": "a",\n "http://e/p": {word}}}'.encode(), None, "f.json", "mine")
    assert caught.value.line == 2


def test_a_key_that_stands_twice_is_told() -> None:
    """Readers of JSON differ in which of the two they take."""
    found = read(b'{"@id": "a", "http://e/p": 1,\n"http://e/p": 2}', None, "f.json", "mine")
    (told,) = found.problems
    assert found.place(told.node, told.path, told.value).line == 2
