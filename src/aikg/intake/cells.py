"""What the cells of the extraction sheet may hold: closed lists and datatypes, by the shapes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import pyoxigraph as ox
from rdflib import RDF, SH, XSD, Graph, Literal, URIRef

from aikg.intake.columns import COLUMNS
from aikg.names import PREFIXES, RDF_TYPE, RDFS_LABEL

_AIKG = PREFIXES["aikg"]


@dataclass(frozen=True)
class Cells:
    """What cells may hold, by the shapes and the closed lists of the ontology.

    Attributes:
        shapes: The shapes.
        labels: The labels of the ontology's terms.
        members: The items of each closed list.
    """

    shapes: Graph
    labels: dict[str, str]
    members: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, shapes: Graph, ontology: list[ox.Triple]) -> Cells:
        """Read the lists from the ontology."""
        labels: dict[str, str] = {}
        members: dict[str, list[str]] = {}
        for triple in ontology:
            if not isinstance(triple.subject, ox.NamedNode):
                continue
            node = triple.subject.value
            if triple.predicate.value == RDFS_LABEL and isinstance(triple.object, ox.Literal):
                labels[node] = triple.object.value
            elif triple.predicate.value == RDF_TYPE and isinstance(triple.object, ox.NamedNode):
                members.setdefault(triple.object.value, []).append(node)
        return cls(shapes, labels, members)

    @classmethod
    def none(cls) -> Cells:
        """Give cells of which nothing is known."""
        return cls(Graph(), {})

    @cached_property
    def choices(self) -> dict[str, dict[str, ox.NamedNode | ox.Literal]]:
        """Give, for each column of a closed list, its items by what they are called."""
        found: dict[str, dict[str, ox.NamedNode | ox.Literal]] = {
            "Design": {
                self.labels[iri]: ox.NamedNode(iri)
                for iri in (_AIKG + "RandomizedTrial", _AIKG + "SingleArmTrial")
            },
            "Stopped early": {"yes": ox.Literal(True), "no": ox.Literal(False)},
            "Primary outcome": {"yes": ox.Literal(True), "no": ox.Literal(False)},
        }
        for column in COLUMNS:
            if column.shape and column.heading not in found:
                items = self._items(URIRef(column.shape))
                if items:
                    found[column.heading] = items
        return found

    def _items(self, shape: URIRef) -> dict[str, ox.NamedNode | ox.Literal]:
        kind = self.shapes.value(shape, SH["class"])
        if kind is not None and str(kind) in self.members:
            # Items of the values lists only: nodes of the evidence are named in words.
            items = sorted(self.members[str(kind)], key=lambda iri: self.labels.get(iri, iri))
            return {self.labels[iri]: ox.NamedNode(iri) for iri in items if iri in self.labels}
        listed = self.shapes.value(shape, SH["in"])
        return {
            str(item): ox.Literal(
                str(item), datatype=ox.NamedNode(str(item.datatype or XSD.string))
            )
            for item in self.shapes.items(listed or RDF.nil)
            if isinstance(item, Literal)
        }

    @cached_property
    def datatypes(self) -> dict[str, str]:
        """Give the datatype of each column that has one."""
        found = {"Patients": str(XSD.decimal)}
        for column in COLUMNS:
            if column.shape:
                datatype = self.shapes.value(URIRef(column.shape), SH.datatype)
                if datatype is not None and column.heading not in self.choices:
                    found[column.heading] = str(datatype)
        return found
