"""The figures of the graph on a store: their nodes have addresses there, and are blank here.

An update of SPARQL cannot name a blank node, so each gets an address while it is on a store
(https://www.w3.org/TR/rdf11-concepts/#section-skolemization).
"""

from __future__ import annotations

from typing import Any

import pyoxigraph as ox

from aikg.files.canonical import canonical_quad
from aikg.names import BASE, PREFIXES

#: The graph with the figures.
FIGURES = ox.NamedNode(BASE + ".well-known/void")
#: The dataset, and the property with its version.
DATASET, VERSION = ox.NamedNode(BASE), ox.NamedNode(PREFIXES["dcat"] + "version")
#: The property with the number of triples.
COUNT = ox.NamedNode(PREFIXES["void"] + "triples")
#: How the addresses of blank nodes begin.
_NAMED = BASE + ".well-known/genid/"


def on_store(quad: ox.Quad) -> ox.Quad:
    """Return a quad as a store has it: numbers in one form, blank nodes of figures as addresses."""
    quad = canonical_quad(quad)
    if quad.graph_name != FIGURES:
        return quad
    return ox.Quad(_address(quad.subject), quad.predicate, _address(quad.object), FIGURES)


def named_again(quad: ox.Quad) -> ox.Quad:
    """Return a quad of the figures as a graph here has it."""
    return ox.Quad(_blank(quad.subject), quad.predicate, _blank(quad.object), FIGURES)


def address_of(node: ox.BlankNode | ox.NamedNode) -> str:
    """Return the address of a node of the figures on a store, as in N-Triples."""
    return str(_address(node))


def _address(term: Any) -> Any:
    return ox.NamedNode(_NAMED + term.value) if isinstance(term, ox.BlankNode) else term


def _blank(term: Any) -> Any:
    if isinstance(term, ox.NamedNode) and term.value.startswith(_NAMED):
        return ox.BlankNode(term.value.removeprefix(_NAMED))
    return term
