"""RDF as strangers send it: parsed within limits, blank nodes named, each triple with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import IO, Any, cast
from urllib.parse import quote

import pyoxigraph as ox

from aikg.errors import SubmissionMalformed, SubmissionTooLarge
from aikg.files.turtle import Lines
from aikg.intake import json_text, turtle_text, xml_text
from aikg.intake.formats import Format, as_text
from aikg.intake.places import Mention, Mentions, Place, Places
from aikg.intake.submission import Limits, Submission
from aikg.intake.terms import node_of, value_of
from aikg.names import submission_namespace
from aikg.rules.checks import Problem

#: What the parser calls a node that the text gives no label.
_ANONYMOUS = re.compile(r"[0-9a-f]{20,32}")

_GRAMMARS = {
    "Turtle": "https://www.w3.org/TR/turtle/#sec-grammar",
    "TriG": "https://www.w3.org/TR/trig/#sec-grammar",
    "N-Triples": "https://www.w3.org/TR/n-triples/#n-triples-grammar",
    "N-Quads": "https://www.w3.org/TR/n-quads/#sec-grammar",
    "JSON-LD": "https://www.w3.org/TR/json-ld11/",
    "RDF/XML": "https://www.w3.org/TR/rdf-syntax-grammar/",
}


def read(data: bytes, form: Format, file: str, name: str, limits: Limits) -> Submission:
    """Read RDF.

    Args:
        data: The bytes, unpacked.
        form: One of the formats of RDF.
        file: What the file is called in messages.
        name: The name of the submission.
        limits: How much is read.

    Raises:
        SubmissionMalformed: It is not of the format; with line and column.
        SubmissionTooLarge: It says more than `limits` allow.
    """
    text = as_text(data)
    base = submission_namespace(name)
    if form.name == "RDF/XML":
        xml_text.check(text.encode(), limits.depth)
    if form.name == "JSON-LD":
        json_text.check(text, limits.depth)
    quads, lines = _parse(text.encode(), form, base, limits)
    named = _Names(base)
    triples = [named.triple(quad) for quad in quads]
    problems = [*_statements_about_statements(triples), *_other_graphs(quads, triples, base)]
    read_in = dict(zip(triples, lines, strict=True))

    def locate() -> Places:
        return _places(read_in, _mentions(text, form.name, base), base)

    whole = [triple for triple in read_in if not isinstance(triple.object, ox.Triple)]
    return Submission(name, file, form.name, whole, problems, {}, locate)


def _parse(data: bytes, form: Format, base: str, limits: Limits) -> tuple[list[ox.Quad], list[int]]:
    lines = Lines(data)
    quads: list[ox.Quad] = []
    numbers: list[int] = []
    try:
        for quad in ox.parse(cast("IO[bytes]", lines), format=form.rdf, base_iri=base):
            quads.append(quad)
            numbers.append(lines.number)
            if len(quads) > limits.triples:
                raise SubmissionTooLarge(
                    f"The file says more than {limits.triples:,} triples.",
                    advice="Send its studies as several submissions.",
                )
    except SyntaxError as error:
        raise _malformed(error, form, lines.number) from error
    return quads, numbers


def _malformed(error: SyntaxError, form: Format, number: int) -> SubmissionMalformed:
    line, column = error.lineno or max(number, 1), error.offset or 1
    reason = re.sub(r"^.*?line \d+ column \d+: ", "", error.msg)
    reason = re.sub(r" \(line \d+\)$", "", reason).rstrip(".")
    return SubmissionMalformed(
        f"Line {line}, column {column}: this is not {form.name}: {reason}.",
        advice="Mend the line, or the end of the statement before it.",
        reference=_GRAMMARS[form.name],
        line=line,
        column=column,
    )


class _Names:
    """Names blank nodes: the same file, the same names."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._nodes: dict[str, ox.NamedNode] = {}
        self._anonymous = 0

    def triple(self, quad: ox.Quad) -> ox.Triple:
        return ox.Triple(self._term(quad.subject), quad.predicate, self._term(quad.object))

    def _term(self, term: Any) -> Any:
        if not isinstance(term, ox.BlankNode):
            return term
        if term.value not in self._nodes:
            label = term.value
            if _ANONYMOUS.fullmatch(label):
                self._anonymous += 1
                label = f"anonymous-{self._anonymous}"
            self._nodes[term.value] = _node(f"{self._base}genid/", label)
        return self._nodes[term.value]


def _node(base: str, label: str) -> ox.NamedNode:
    """Name a blank node by its label; some letters that a label may have, an IRI may not."""
    try:
        return ox.NamedNode(base + label)
    except ValueError:
        return ox.NamedNode(base + quote(label))


def _statements_about_statements(triples: Iterable[ox.Triple]) -> Iterator[Problem]:
    for triple in triples:
        if isinstance(triple.object, ox.Triple):
            yield Problem(
                "Error",
                "statement-about-statement",
                node_of(triple),
                triple.predicate.value,
                None,
                "The value is a statement, and no shape or check reads what is said of statements.",
                "Describe a node and point at it.",
                kind="rule",
            )


def _other_graphs(
    quads: Iterable[ox.Quad], triples: Iterable[ox.Triple], base: str
) -> Iterator[Problem]:
    """Tell of each graph that is named, once, at its first statement."""
    told: set[str] = set()
    for quad, triple in zip(quads, triples, strict=True):
        graph = getattr(quad.graph_name, "value", "")
        if not isinstance(quad.graph_name, ox.NamedNode) or graph in told:
            continue
        told.add(graph)
        if not graph.startswith(base.rstrip("/")):
            yield Problem(
                "Note",
                "one-graph",
                node_of(triple),
                triple.predicate.value,
                None,
                f"The name of the graph <{graph}> is not kept.",
                "Leave it out: a submission is one graph, which has the submission's name.",
                kind="rule",
            )


def _mentions(text: str, form: str, base: str) -> Iterable[Mention]:
    if form == "RDF/XML":
        return xml_text.mentions(text.encode(), base)
    if form == "JSON-LD":
        return json_text.mentions(text, base)
    return turtle_text.mentions(text, base)


def _places(read_in: dict[ox.Triple, int], mentions: Iterable[Mention], base: str) -> Places:
    """Bring the triples that were parsed together with what the text spells."""
    free = Mentions(mentions)
    places = Places()
    unnamed = f"{base}genid/"
    for triple, line in read_in.items():
        subject, path = node_of(triple), triple.predicate.value
        value = value_of(triple)
        seen = free.claim(
            None if subject.startswith(unnamed) else subject,
            path,
            None if value.startswith(unnamed) else value,
        )
        here = Place(line, 1)
        places.add(subject, path, value, seen or Mention(None, path, None, here, here, here))
    return places
