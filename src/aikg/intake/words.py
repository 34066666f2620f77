"""Names in plain words: labels in place of IRIs, and the values that a constraint expects."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import pyoxigraph as ox
from rdflib import RDF, SH, XSD, Graph, URIRef
from rdflib.term import Node

from aikg.intake.terms import node_of, text_of, value_of
from aikg.names import PREFIXES, RDFS_LABEL, plain

_LABEL = ox.NamedNode(RDFS_LABEL)
#: The properties that distinguish one finding or passage from another, in the order of a sentence.
_TELLING = tuple(
    PREFIXES["aikg"] + name
    for name in (
        "ofOutcome",
        "measure",
        "ofGroup",
        "experimental",
        "reference",
        "printed",
        "inDocument",
        "section",
        "tableNumber",
        "tableRow",
        "tableColumn",
    )
)

#: The values of a datatype, in words.
_DATATYPES: dict[Node, str] = {
    XSD.decimal: "a number with a point and without quotes, such as 38.0",
    XSD.integer: "a whole number without quotes, such as 12",
    XSD.boolean: "true or false, without quotes",
    XSD.date: 'a day, such as "2010-01-31"^^xsd:date',
}

_LIMITS: dict[Node, tuple[URIRef, str]] = {
    SH.MinInclusiveConstraintComponent: (SH.minInclusive, "a number not below {}"),
    SH.MaxInclusiveConstraintComponent: (SH.maxInclusive, "a number not above {}"),
    SH.MinExclusiveConstraintComponent: (SH.minExclusive, "a number above {}"),
    SH.MaxExclusiveConstraintComponent: (SH.maxExclusive, "a number below {}"),
    SH.LessThanOrEqualsConstraintComponent: (SH.lessThanOrEquals, "a number not above {}"),
    SH.HasValueConstraintComponent: (SH.hasValue, "{}"),
}


class Words:
    """Finds the words for what IRIs name.

    Args:
        store: The graph.
        triples: What a submission says, whose labels the graph may not have.
        headings: What a table calls a property: its column's heading.
    """

    def __init__(
        self, store: ox.Store, triples: Iterable[ox.Triple], headings: dict[str, str] | None = None
    ) -> None:
        self._store = store
        self._labels: dict[str, str] = {}
        self._stated: dict[str, dict[str, str]] = {}
        for triple in triples:
            node, value = node_of(triple), value_of(triple)
            if triple.predicate == _LABEL:
                self._labels.setdefault(node, value)
            elif triple.predicate.value in _TELLING:
                self._stated.setdefault(node, {}).setdefault(triple.predicate.value, value)
        self._headings = headings or {}

    def label(self, iri: str) -> str:
        """Return the label of a node; without one, its description or the last part of its IRI."""
        stated = self._stated.get(iri, {})
        parts = [self._name(stated[path]) for path in _TELLING if path in stated]
        composed = ", ".join(part for part in parts if part)
        return self._own_label(iri) or composed or self._name(iri)

    def _own_label(self, iri: str) -> str | None:
        if iri in self._labels:
            return self._labels[iri]
        quads = self._store.quads_for_pattern(ox.NamedNode(iri), _LABEL, None, ox.DefaultGraph())
        return next((str(text_of(quad.object)) for quad in quads), None)

    def _name(self, value: str) -> str:
        """Return a value in a description: what it is about is named, and not described itself.

        A submission may say that a node is about itself, or about many that are about many.
        """
        if not value.startswith(("http://", "https://")):
            return value
        return self._own_label(value) or re.split(r"[/#]", value.rstrip("/#"))[-1] or value

    def property(self, iri: str) -> str:
        """Return what a property is called: a column's heading, or its label."""
        return self._headings.get(iri) or self.label(iri)

    def value(self, value: str) -> str:
        """Return a value as a person reads it."""
        return self.label(value) if value.startswith(("http://", "https://")) else value

    def plain(self, text: str) -> str:
        """Put labels in place of the IRIs and prefixed names in a text."""
        return plain(text, self.property)

    def expected(self, shapes: Graph, shape: str, component: str) -> str | None:
        """Say what a constraint of a shape expects; None where its message says it best."""
        node, kind = URIRef(shape), URIRef(component)
        if kind in _LIMITS:
            parameter, words = _LIMITS[kind]
            limit = str(shapes.value(node, parameter))
            named = limit.startswith(("http://", "https://"))
            return words.format(f"“{self.property(limit)}”" if named else limit)
        if kind not in _PARAMETERS:
            return None
        parameter, tell = _PARAMETERS[kind]
        return tell(self, shapes, shapes.value(node, parameter))


def _most(words: Words, shapes: Graph, most: Node | None) -> str:
    return {"0": "none", "1": "one only"}.get(str(most), f"at most {most}")


def _kind(words: Words, shapes: Graph, kind: Node | None) -> str:
    name = words.label(str(kind))
    return f"{'an' if name[:1] in 'aeiou' else 'a'} {name}"


def _listed(words: Words, shapes: Graph, items: Node | None) -> str:
    names = [words.value(str(item)) for item in shapes.items(items or RDF.nil)]
    return f"one of: {', '.join(names)}"


_PARAMETERS: dict[Node, tuple[URIRef, Callable[[Words, Graph, Node | None], str | None]]] = {
    SH.MinCountConstraintComponent: (SH.minCount, lambda words, shapes, least: "at least one"),
    SH.MaxCountConstraintComponent: (SH.maxCount, _most),
    SH.DatatypeConstraintComponent: (
        SH.datatype,
        lambda words, shapes, kind: _DATATYPES.get(kind) if kind else None,
    ),
    SH.ClassConstraintComponent: (SH["class"], _kind),
    SH.InConstraintComponent: (SH["in"], _listed),
    SH.NodeKindConstraintComponent: (
        SH.nodeKind,
        lambda words, shapes, kind: "the name of a node, not a text",
    ),
}
