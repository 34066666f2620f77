"""The form of each node: SHACL core (https://www.w3.org/TR/shacl/), checked by pyshacl."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pyshacl
from pyshacl import shape as pyshacl_shape
from pyshacl.constraints import ALL_CONSTRAINT_PARAMETERS, CONSTRAINT_PARAMETERS_MAP
from rdflib import OWL, RDF, RDFS, SH, XSD, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from aikg.files import turtle
from aikg.rules.targets import Aimed


class _Parameters(list[URIRef]):
    """The parameters of constraints, in a list that is searched as fast as a set."""

    def __init__(self, parameters: Iterable[URIRef]) -> None:
        super().__init__(parameters)
        self._set = frozenset(self)

    def __contains__(self, parameter: object) -> bool:
        return parameter in self._set


# For each shape of each node pyshacl 0.40.1 looks the statements of the shape up in a list: it is
# a sixth of its time. It takes the list from this attribute of its module, if it is there.
pyshacl_shape.CONSTRAINT_PARAMS = (  # type: ignore[attr-defined]
    _Parameters(ALL_CONSTRAINT_PARAMETERS),
    CONSTRAINT_PARAMETERS_MAP,
)

# rdflib logs a traceback for each literal that is not of its datatype, wherever it meets it.
# The shape that such a literal breaks reports it.
logging.getLogger("rdflib.term").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Result:
    """One result of a validation report; terms are IRIs, or the text of a literal.

    Attributes:
        focus: The node that the shape is about.
        path: The property that is wrong, or None where several properties disagree.
        value: The value that is wrong, or None where one is missing.
        shape: The shape that the node breaks.
        component: The constraint component of SHACL, such as sh:MinCountConstraintComponent.
        severity: "Violation", or "Warning" for an expectation.
        message: The rule and the remedy, in the words of the shape.
    """

    focus: str
    path: str | None
    value: str | None
    shape: str
    component: str
    severity: str
    message: str


def to_graph(triples: Iterable[ox.Triple]) -> Graph:
    """Make an rdflib graph of what pyoxigraph parsed; literals stay as they were written."""
    graph = Graph()
    term = cache(_term)  # most terms of a graph occur more than once
    for triple in triples:
        graph.add((term(triple.subject), term(triple.predicate), term(triple.object)))
    return graph


def _term(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> Node:
    if isinstance(term, ox.NamedNode):
        return URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return BNode(term.value)
    if isinstance(term, ox.Triple):
        raise TypeError(f"No shape is about a statement about a statement: {term}")
    datatype = term.datatype.value
    if term.language and datatype == str(RDF.langString):
        return Literal(term.value, lang=term.language)
    if datatype == str(XSD.string):
        return Literal(term.value)
    # Written as 01 it stays 01: places are found by what is written.
    return Literal(term.value, datatype=URIRef(datatype), normalize=False)


def load(folder: Path) -> Graph:
    """Read every Turtle file below a folder into one graph.

    Raises:
        MissingFolder: There is no such folder, or no Turtle file in it.
        TurtleSyntaxError: Some files are not Turtle; the message has a line for each.
    """
    statements = turtle.read_folder(folder, folder.parent)
    return to_graph(statement.triple for statement in statements)


def in_words(message: str) -> tuple[str, str]:
    """Split the message of a shape at its first colon into the rule and the remedy.

    A message without a colon is both.
    """
    first, colon, rest = message.partition(": ")
    if not colon:
        first, _, rest = message.partition("; ")
    rule = first.rstrip(".") + "."
    if ":" not in rest.partition(" ")[0]:  # not a name of a property
        rest = rest[:1].upper() + rest[1:]
    return rule, rest or rule


def validate_nodes(
    nodes: Collection[str] | None, data: Graph, shapes: Aimed, ontology: Graph
) -> list[Result]:
    """Check given nodes of a graph; see `validate`.

    Args:
        nodes: Their IRIs; None: all nodes that a shape targets.
        data: Their statements, and the types of the nodes that they point at: shapes look
            forward, one step.
        shapes: The shapes.
        ontology: See `validate`.
    """
    seen = _vocabulary(ontology)
    seen += data
    _leave_comparable(seen, shapes.asked)
    groups = list(shapes.alike(nodes, seen))
    found = _results(seen, shapes.at((shape, alike[0]) for shape, alike in groups))
    broken = {(result.shape, result.focus) for result in found}
    others = [
        (shape, node)
        for shape, alike in groups
        if (str(shape), str(alike[0])) in broken
        for node in alike[1:]
    ]
    found += _results(seen, shapes.at(others)) if others else []
    return sorted(found, key=_order)


def validate(data: Graph, shapes: Graph, ontology: Graph) -> list[Result]:
    """Check each node of a graph that a shape targets.

    Args:
        data: The nodes to check, with the nodes that they point at, without inferred triples.
        shapes: The shapes, in SHACL core.
        ontology: The ontology; of it, the class tree and the items of the closed lists are seen.
            To check the terms themselves, pass them as data too.

    Returns:
        The results, in an order that depends on nothing but the results.

    Raises:
        RuntimeError: A shape is not valid SHACL (pyshacl.errors has the kinds).
    """
    seen = _vocabulary(ontology)
    seen += data
    _leave_comparable(seen, shapes)
    return sorted(_results(seen, shapes), key=_order)


def _results(seen: Graph, shapes: Graph) -> list[Result]:
    # Never `focus_nodes`: with it, pyshacl takes nested shapes as conforming without a look.
    _, report, text = pyshacl.validate(seen, shacl_graph=shapes, inplace=True)
    if not isinstance(report, Graph):
        raise report if isinstance(report, Exception) else RuntimeError(text)
    # Only the results that the report lists: a failure inside sh:or and the like is not a result.
    return [_result(report, node) for node in report.objects(None, SH.result)]


def _vocabulary(ontology: Graph) -> Graph:
    """Keep the class tree and the types of values, so that a value is known and is not checked."""
    kept = Graph()
    for triple in ontology.triples((None, RDFS.subClassOf, None)):
        kept.add(triple)
    for triple in ontology.triples((None, RDF.type, None)):
        if not str(triple[2]).startswith(str(OWL)):
            kept.add(triple)
    return kept


def _leave_comparable(graph: Graph, shapes: Graph) -> None:
    """Turn each limit that is not a number into a text, which the shapes report as a wrong limit.

    With a literal that is not of its datatype, or a blank node, pyshacl would return no verdict.
    """
    for shape, other in shapes.subject_objects(SH.lessThanOrEquals):
        for path in (shapes.value(shape, SH.path), other):
            for triple in list(graph.triples((None, path, None))):
                limit = triple[2]
                if not isinstance(limit, Literal) or limit.ill_typed:
                    graph.remove(triple)
                    graph.add((*triple[:2], Literal(str(limit))))


def _result(report: Graph, node: Node) -> Result:
    def text(term: URIRef) -> str | None:
        found = report.value(node, term)
        return None if found is None else str(found)

    return Result(
        focus=str(report.value(node, SH.focusNode)),
        path=text(SH.resultPath),
        value=text(SH.value),
        shape=str(report.value(node, SH.sourceShape)),
        component=str(report.value(node, SH.sourceConstraintComponent)),
        severity=str(report.value(node, SH.resultSeverity)).removeprefix(str(SH)),
        message=str(report.value(node, SH.resultMessage)),
    )


def _order(result: Result) -> tuple[str, ...]:
    parts = (result.focus, result.shape, result.component, result.path, result.value)
    return tuple(part or "" for part in parts)
