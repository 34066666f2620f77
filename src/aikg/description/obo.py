"""Statements about our terms that OBO tools look for.

ROBOT's report and the Ontology Lookup Service read a definition from IAO:0000115 only, and ROBOT
lists each class without a parent. The files state `skos:definition` and the parents that mean
something. So the build states the rest, in a named graph beside those of the ontology's files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from aikg.files.turtle import Statement
from aikg.names import OTHER_PREFIXES, PREFIXES, RDF_TYPE

#: The graph of these statements: a part of the ontology, and not of the default graph.
GRAPH = ox.NamedNode(PREFIXES["graph"] + "ontology/obo")
#: The definition, in the Information Artifact Ontology.
DEFINITION = "http://purl.obolibrary.org/obo/IAO_0000115"

_OWL, _RDFS = OTHER_PREFIXES["owl"], OTHER_PREFIXES["rdfs"]
_DEFINITION, _TYPE = ox.NamedNode(DEFINITION), ox.NamedNode(RDF_TYPE)
_CLASS, _PARENT = ox.NamedNode(_OWL + "Class"), ox.NamedNode(_RDFS + "subClassOf")
_SKOS = ox.NamedNode(OTHER_PREFIXES["skos"] + "definition")


def describe(statements: Iterable[Statement]) -> Iterator[ox.Quad]:
    """Yield each definition as IAO:0000115, and `owl:Thing` as the parent of a class without one.

    Args:
        statements: The statements of the ontology's files; others are left out.
    """
    triples = [s.triple for s in statements if s.path.startswith("ontology/")]
    yield ox.Quad(_DEFINITION, _TYPE, ox.NamedNode(_OWL + "AnnotationProperty"), GRAPH)
    with_parent = {t.subject for t in triples if t.predicate == _PARENT}
    for triple in triples:
        if triple.predicate == _SKOS:
            yield ox.Quad(triple.subject, _DEFINITION, triple.object, GRAPH)
        is_class = triple.predicate == _TYPE and triple.object == _CLASS
        named = isinstance(triple.subject, ox.NamedNode)
        if is_class and named and triple.subject not in with_parent:
            yield ox.Quad(triple.subject, _PARENT, ox.NamedNode(_OWL + "Thing"), GRAPH)


def ontology(statements: Iterable[Statement]) -> list[ox.Triple]:
    """Return the triples of the ontology with those that `describe` yields, term by term.

    Some readers of RDF/XML read only the element that has the kind of a term.
    """
    stated = [s for s in statements if s.path.startswith("ontology/")]
    triples = [*(s.triple for s in stated), *(quad.triple for quad in describe(stated))]
    first: dict[object, int] = {}
    for triple in triples:
        first.setdefault(triple.subject, len(first))
    return sorted(triples, key=lambda triple: first[triple.subject])
