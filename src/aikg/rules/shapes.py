"""What one node must look like: SHACL core (https://www.w3.org/TR/shacl/), checked by pyshacl."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
import pyshacl
from rdflib import OWL, RDF, RDFS, SH, Graph, Literal, URIRef
from rdflib.term import Node

from aikg.files import turtle

# rdflib logs a traceback for each literal that is not of its datatype, wherever it meets it.
# That such a literal is wrong, and what to do, is said by the shape that it breaks.
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
        message: What to do, in the words of the shape.
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
    text = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES)
    return Graph().parse(data=text, format="nt")


def load(folder: Path) -> Graph:
    """Read every Turtle file below a folder into one graph.

    Raises:
        MissingFolder: There is no such folder, or no Turtle file in it.
        TurtleSyntaxError: Some files are not Turtle; the message has a line for each.
    """
    statements = turtle.read_folder(folder, folder.parent)
    return to_graph(statement.triple for statement in statements)


def validate(data: Graph, shapes: Graph, ontology: Graph) -> list[Result]:
    """Check each node of a graph that a shape targets.

    Args:
        data: What is checked, with the nodes that it points at; nothing in it is inferred.
        shapes: The shapes, in SHACL core.
        ontology: The ontology; of it, the class tree and the items of the closed lists are seen.
            To check the terms themselves, pass them as data too.

    Returns:
        The results, in an order that depends on nothing but the results.

    Raises:
        RuntimeError: There is no verdict: a shape is not SHACL (pyshacl.errors has the kinds).
    """
    seen = _vocabulary(ontology)
    seen += data
    _leave_comparable(seen, shapes)
    # Never `focus_nodes`: with it, pyshacl takes nested shapes as conforming without a look.
    _, report, text = pyshacl.validate(seen, shacl_graph=shapes, inplace=True)
    if not isinstance(report, Graph):
        raise report if isinstance(report, Exception) else RuntimeError(text)
    # Only what the report itself lists: what fails inside sh:or and the like is no result.
    return sorted((_result(report, node) for node in report.objects(None, SH.result)), key=_order)


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
    """Turn each limit that is no number into a text, which the shapes report as a wrong limit.

    Of a literal that is not of its datatype, or a blank node, pyshacl would give no verdict.
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
