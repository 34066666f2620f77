"""Each finding and each claim as a nanopublication (https://nanopub.net/guidelines/working_draft/).

They are not signed. A blank node gets an address, so that the same graph gives the same bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox

from aikg.files.turtle import write_nquads
from aikg.names import BASE, OTHER_PREFIXES, PREFIXES, RDF_TYPE, stands_aside
from aikg.releases.catalogue import LICENCE
from aikg.releases.content import Content
from aikg.rules.reasoning import INFERRED

#: The name of the file, and the folder of the addresses.
FILE, FOLDER = "nanopublications.nq.gz", "np"
_NP = "http://www.nanopub.org/nschema#"
_AIKG, _PROV = PREFIXES["aikg"], OTHER_PREFIXES["prov"]
_DCT, _XSD = OTHER_PREFIXES["dcterms"], OTHER_PREFIXES["xsd"]
_KINDS = {ox.NamedNode(f"{_AIKG}{kind}") for kind in ("Claim", "Finding")}
#: The properties that lead to the place and to the paper.
_SOURCES = {ox.NamedNode(f"{_AIKG}{name}") for name in ("statedAt", "attributedTo")}
_TYPE = ox.NamedNode(RDF_TYPE)


def write(content: Content, address: str, version: str, date: str) -> bytes:
    """Write the nanopublications of a graph as N-Quads, each in four graphs of its own.

    Args:
        content: The graph.
        address: The IRI of the release.
        version: Its name.
        date: The day of issue.
    """
    stated: dict[Any, list[ox.Triple]] = defaultdict(list)
    sources: dict[Any, set[str]] = defaultdict(set)
    nodes: set[Any] = set()
    for quad in content.quads():
        if quad.graph_name == ox.DefaultGraph():
            stated[quad.subject].append(quad.triple)
            if quad.predicate == _TYPE and quad.object in _KINDS:
                nodes.add(quad.subject)
        elif quad.graph_name != INFERRED and not stands_aside(quad.graph_name):
            sources[quad.subject].add(quad.graph_name.value)  # type: ignore[union-attr]
    quads: list[ox.Quad] = []
    for node in nodes:
        base = f"{address}/{FOLDER}/{node.value.removeprefix(BASE)}/"
        about = [*stated[node], *_blank(stated, node)]
        quads += _one(base, about, sources[node], version, date)
    return write_nquads(quads)


def _blank(stated: dict[Any, list[ox.Triple]], node: Any) -> Iterator[ox.Triple]:
    """Yield the statements about the blank nodes that a node points to."""
    for triple in stated[node]:
        if isinstance(triple.object, ox.BlankNode):
            yield from stated[triple.object]
            yield from _blank(stated, triple.object)


def _one(
    base: str, about: list[ox.Triple], sources: set[str], version: str, date: str
) -> Iterator[ox.Quad]:
    head, assertion, provenance, information = (
        ox.NamedNode(base + name) for name in ("Head", "assertion", "provenance", "pubinfo")
    )
    itself = ox.NamedNode(base)

    def of(graph: ox.NamedNode, subject: Any, predicate: str, value: Any) -> ox.Quad:
        return ox.Quad(subject, ox.NamedNode(predicate), value, graph)

    yield of(head, itself, RDF_TYPE, ox.NamedNode(f"{_NP}Nanopublication"))
    yield of(head, itself, f"{_NP}hasAssertion", assertion)
    yield of(head, itself, f"{_NP}hasProvenance", provenance)
    yield of(head, itself, f"{_NP}hasPublicationInfo", information)
    for triple in about:
        yield ox.Quad(_named(triple.subject), triple.predicate, _named(triple.object), assertion)
        if triple.predicate in _SOURCES:
            yield of(provenance, assertion, f"{_PROV}wasDerivedFrom", _named(triple.object))
    for source in sources:
        yield of(provenance, assertion, f"{_PROV}wasDerivedFrom", ox.NamedNode(source))
    day = ox.Literal(date, datatype=ox.NamedNode(f"{_XSD}date"))
    makers = ox.NamedNode(f"{BASE}maintainers")
    yield of(information, itself, f"{_DCT}created", day)
    yield of(information, itself, f"{_DCT}license", ox.NamedNode(LICENCE))
    yield of(information, itself, f"{_PROV}wasAttributedTo", makers)
    yield of(information, itself, f"{OTHER_PREFIXES['dcat']}version", ox.Literal(version))


def _named(term: Any) -> Any:
    """Return a term; an address in place of a blank node."""
    if isinstance(term, ox.BlankNode):
        return ox.NamedNode(f"{BASE}.well-known/genid/{term.value}")
    return term
