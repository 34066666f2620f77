"""Finds the nodes of the published graph that cells name."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from aikg.names import OTHER_PREFIXES, PREFIXES, RDF_TYPE, RDFS_LABEL, SUBMISSIONS
from aikg.shared import keys
from aikg.shared.house import House

_AIKG = PREFIXES["aikg"]
_TYPE, _DEFAULT = ox.NamedNode(RDF_TYPE), ox.DefaultGraph()


#: The kinds of shared nodes that a curator can adopt.
ADOPTED = ("outcome",)


class Known:
    """Finds nodes by their names; most rows repeat those of the last one.

    Args:
        store: The published graph.
    """

    def __init__(self, store: ox.Store) -> None:
        self._store = store
        self._found: dict[tuple[str, str], ox.NamedNode | None] = {}

    def find(self, kind: str, name: str) -> ox.NamedNode | None:
        """Return the node of a class with a name: label, other label, acronym or number.

        A curated node comes before one of a submission.
        """
        if (kind, name) not in self._found:
            nodes = self.every(kind, name)
            self._found[kind, name] = nodes[0] if nodes else None
        return self._found[kind, name]

    def every(self, kind: str, name: str) -> list[ox.NamedNode]:
        """Return all nodes of a class with a name: curated, then shared, then of submissions."""
        nodes = set(self._named(kind, name))
        if not nodes and name != name.lower():
            nodes = set(self._named(kind, name.lower()))
        ranks = [self.of_submission, is_shared]
        return sorted(nodes, key=lambda n: (*(rank(n) for rank in ranks), n.value))

    @staticmethod
    def of_submission(node: ox.NamedNode) -> bool:
        """Return whether a node belongs to a submission."""
        return node.value.startswith(SUBMISSIONS)

    def is_a(self, node: ox.NamedNode, kind: str) -> bool:
        """Return whether a node is of a class of the ontology."""
        return ox.Quad(node, _TYPE, ox.NamedNode(_AIKG + kind), _DEFAULT) in self._store

    def label(self, node: ox.NamedNode) -> str:
        """Return the label of a node, or nothing."""
        return next(iter(self.values(node, RDFS_LABEL)), "")

    def values(self, node: ox.NamedNode, name: str) -> Iterator[str]:
        """Return the texts that a property has, given as a term of the ontology or an IRI."""
        path = ox.NamedNode(name if ":" in name else _AIKG + name)
        for quad in self._store.quads_for_pattern(node, path, None, _DEFAULT):
            if isinstance(quad.object, ox.Literal):
                yield quad.object.value

    def objects(self, node: ox.NamedNode, name: str) -> Iterator[ox.NamedNode]:
        """Return the nodes that a property of the ontology points at."""
        path = ox.NamedNode(_AIKG + name)
        for quad in self._store.quads_for_pattern(node, path, None, _DEFAULT):
            if isinstance(quad.object, ox.NamedNode):
                yield quad.object

    def subjects(self, name: str, node: ox.NamedNode) -> Iterator[ox.NamedNode]:
        """Return the nodes that point at one by a property of the ontology."""
        path = ox.NamedNode(_AIKG + name)
        for quad in self._store.quads_for_pattern(None, path, node, _DEFAULT):
            if isinstance(quad.subject, ox.NamedNode):
                yield quad.subject

    def _named(self, kind: str, name: str) -> Iterator[ox.NamedNode]:
        in_english, plain = ox.Literal(name, language="en"), ox.Literal(name)
        names = (
            (RDFS_LABEL, in_english),
            (_AIKG + "acronym", plain),
            (OTHER_PREFIXES["skos"] + "altLabel", in_english),
            (OTHER_PREFIXES["dcterms"] + "identifier", plain),
            (OTHER_PREFIXES["dcterms"] + "title", plain),
        )
        for path, value in names:
            for quad in self._store.quads_for_pattern(None, ox.NamedNode(path), value, _DEFAULT):
                node = quad.subject
                typed = isinstance(node, ox.NamedNode) and ox.Quad(
                    node, _TYPE, ox.NamedNode(_AIKG + kind), _DEFAULT
                )
                if typed and typed in self._store:
                    yield node  # type: ignore[misc]  # narrowed by `typed`


def present(store: ox.Store, house: House, iri: str) -> str:
    """Return the address that a node has now: a curator, or the files, may have adopted it."""
    path, before = ox.NamedNode(OTHER_PREFIXES["dcterms"] + "replaces"), ""
    while iri != before:
        before = iri
        found = store.quads_for_pattern(None, path, ox.NamedNode(iri), _DEFAULT)
        adopted = next((q.subject.value for q in found if isinstance(q.subject, ox.NamedNode)), iri)
        iri = house.aliases.get(iri, adopted)
    return iri


def is_shared(node: ox.NamedNode) -> bool:
    """Return whether a node is one that nobody owns."""
    return keys.is_shared(node.value)
