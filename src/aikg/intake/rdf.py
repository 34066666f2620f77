"""RDF of a submission: parsed within limits, blank nodes named, each triple with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from itertools import count
from typing import IO, Any, cast
from urllib.parse import quote

import pyoxigraph as ox

from aikg.errors import SubmissionMalformed, SubmissionTooLarge
from aikg.files.turtle import Lines
from aikg.intake import json_ld, json_text, turtle_text, xml_text
from aikg.intake.formats import Format, as_text
from aikg.intake.places import Lost, Mention, Mentions, Place, Places
from aikg.intake.submission import Limits, ParsedSubmission
from aikg.intake.terms import node_of, value_of
from aikg.names import submission_namespace
from aikg.rules.checks import Problem

#: What the parser calls a node that the text gives no label.
_ANONYMOUS = re.compile(r"[0-9a-f]{20,32}")

_COUNT = "Send the file as Turtle, where each statement is read or refused."

_GRAMMARS = {
    "Turtle": "https://www.w3.org/TR/turtle/#sec-grammar",
    "TriG": "https://www.w3.org/TR/trig/#sec-grammar",
    "N-Triples": "https://www.w3.org/TR/n-triples/#n-triples-grammar",
    "N-Quads": "https://www.w3.org/TR/n-quads/#sec-grammar",
    "JSON-LD": "https://www.w3.org/TR/json-ld11/",
    "RDF/XML": "https://www.w3.org/TR/rdf-syntax-grammar/",
}


def read(data: bytes, form: Format, file: str, name: str, limits: Limits) -> ParsedSubmission:
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
    spelled = _spelled(text, form, base, limits)
    quads, lines = _parse(spelled.text.encode(), form, base, limits)
    quads = [spelled.mend(quad) for quad in quads]
    named = _Names(base, quads)
    triples = [named.triple(quad) for quad in quads]
    problems = [*_statements_about_statements(triples), *_other_graphs(quads, triples, base)]
    read_in = dict(zip(triples, lines, strict=True))
    lost = [*spelled.lost, *_uncounted(spelled, len(quads))]
    problems += [_lost(one, base) for one in lost]

    def locate() -> Places:
        mentions = spelled.mentions
        if mentions is None:
            mentions = turtle_text.mentions(text, base)
        places = _places(read_in, mentions, base)
        for problem, one in zip(problems[-len(lost) :], lost, strict=False):
            at = one.place
            places.add(
                problem.node, one.rule, str(problem.value), Mention(None, "", None, at, at, at)
            )
        return places

    whole = [triple for triple in read_in if not isinstance(triple.object, ox.Triple)]
    return ParsedSubmission(name, file, form.name, whole, problems, {}, locate)


@dataclass
class _Spelled:
    """What a text spells, read before the parser and apart from it.

    Attributes:
        text: The text for the parser.
        mentions: The statements, where they were read; of Turtle they are read when asked for.
        statements: How many there are; None where the parser refuses all that it does not read.
        lost: The parts of the text that are in no statement.
        unsure: Why the statements could not be counted, or nothing.
        mend: A function that corrects the parser's quads.
    """

    text: str
    mentions: Iterable[Mention] | None = None
    statements: int | None = None
    lost: list[Lost] = field(default_factory=list)
    unsure: str = ""
    mend: Callable[[ox.Quad], ox.Quad] = lambda quad: quad


def _spelled(text: str, form: Format, base: str, limits: Limits) -> _Spelled:
    if form.name == "RDF/XML":
        data = text.encode()
        spelt = xml_text.read(data, limits.depth)
        places = xml_text.mentions(data, base)
        return _Spelled(
            spelt.text,
            places,
            spelt.statements,
            spelt.lost,
            "",
            partial(xml_text.mended, spelt.tag),
        )
    if form.name == "JSON-LD":
        value = json_text.read(text, limits.depth)
        found = json_ld.read(value, base)
        marked, mark = json_text.marked(text)
        mend = partial(_as_in_the_file, mark)
        return _Spelled(marked, found.mentions, found.statements, found.lost, found.unsure, mend)
    return _Spelled(text)


def _as_in_the_file(mark: str, quad: ox.Quad) -> ox.Quad:
    """Write a number as it stands in the file, and take the mark from texts that are like one."""
    subject, predicate, value = quad.subject, quad.predicate, quad.object
    if isinstance(value, ox.Literal):
        text, datatype = value.value, value.datatype
        if mark in text:
            text = text.replace(mark, "")
        elif datatype.value not in json_text.FLOATING and json_text.WRITTEN.fullmatch(text):
            text = json_text.number(Decimal(text), datatype.value)
        if text != value.value:
            tag, direction = value.language, value.direction
            kind = None if tag else datatype
            value = ox.Literal(text, datatype=kind, language=tag, direction=direction)
    elif isinstance(value, ox.NamedNode):
        value = _unmarked(mark, value)
    if isinstance(subject, ox.NamedNode):
        subject = _unmarked(mark, subject)
    return ox.Quad(subject, predicate, value, quad.graph_name)


def _unmarked(mark: str, node: ox.NamedNode) -> ox.NamedNode:
    return ox.NamedNode(node.value.replace(mark, "")) if mark in node.value else node


def _uncounted(spelled: _Spelled, read_in: int) -> Iterator[Lost]:
    """Report that the statements of the text could not be counted, or are of another number."""
    if spelled.unsure:
        what = f"The statements could not be counted: {spelled.unsure}."
        yield Lost("uncounted", Place(1, 1), what, _COUNT, "Note")
    elif spelled.statements not in {None, read_in}:
        what = f"The text has {spelled.statements:,} statements, and {read_in:,} were read."
        yield Lost("uncounted", Place(1, 1), what, _COUNT, "Check")


def _lost(one: Lost, base: str) -> Problem:
    """Make a problem of what was lost; its value is where it stands."""
    at = f"{one.place.line}:{one.place.column}"
    return Problem(one.level, one.rule, base, one.rule, at, one.message, one.advice, kind="rule")


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
        advice="Fix the line, or the end of the statement before it.",
        reference=_GRAMMARS[form.name],
        line=line,
        column=column,
    )


class _Names:
    """Names blank nodes: the same file, the same names."""

    def __init__(self, base: str, quads: Iterable[ox.Quad]) -> None:
        self._base = f"{base}genid/"
        self._nodes: dict[str, ox.NamedNode] = {}
        # Labels come first, so that no name that is made here is that of another node.
        found = dict.fromkeys(
            term.value
            for quad in quads
            for term in (quad.subject, quad.object)
            if isinstance(term, ox.BlankNode)
        )
        used: set[str] = set()
        for label in found:
            if not _ANONYMOUS.fullmatch(label):
                self._name(label, label, used)
        for number, label in enumerate(
            (one for one in found if _ANONYMOUS.fullmatch(one)), start=1
        ):
            self._name(label, f"anonymous-{number}", used)

    def _name(self, node: str, label: str, used: set[str]) -> None:
        name = _node(self._base, label)
        for number in count(2):
            if name.value not in used:
                break
            name = _node(self._base, f"{label}-{number}")
        used.add(name.value)
        self._nodes[node] = name

    def triple(self, quad: ox.Quad) -> ox.Triple:
        return ox.Triple(self._term(quad.subject), quad.predicate, self._term(quad.object))

    def _term(self, term: Any) -> Any:
        return self._nodes[term.value] if isinstance(term, ox.BlankNode) else term


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
    """Report each named graph once, at its first statement."""
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
