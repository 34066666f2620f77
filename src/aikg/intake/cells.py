"""What the cells of the extraction sheet may contain: closed lists and datatypes of the shapes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import pyoxigraph as ox
from rdflib import RDF, SH, XSD, Graph, Literal, URIRef

from aikg.intake.columns import COLUMNS
from aikg.names import OTHER_PREFIXES, PREFIXES, RDF_TYPE, RDFS_LABEL

_AIKG, _ALTERNATIVE = PREFIXES["aikg"], OTHER_PREFIXES["skos"] + "altLabel"
_YES_OR_NO: dict[str, ox.NamedNode | ox.Literal] = {
    "yes": ox.Literal(True),
    "no": ox.Literal(False),
}


@dataclass(frozen=True)
class Cells:
    """What cells may contain.

    Attributes:
        shapes: The shapes.
        labels: The label of each term of the ontology.
        others: Its other names.
        members: The items of each closed list.
    """

    shapes: Graph = field(default_factory=Graph)
    labels: dict[str, str] = field(default_factory=dict)
    others: dict[str, list[str]] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, shapes: Graph, ontology: list[ox.Triple]) -> Cells:
        """Read the lists from the ontology."""
        cells = cls(shapes)
        for triple in ontology:
            if not isinstance(triple.subject, ox.NamedNode):
                continue
            node, path, value = triple.subject.value, triple.predicate.value, triple.object
            if path == RDFS_LABEL and isinstance(value, ox.Literal):
                cells.labels[node] = value.value
            elif path == _ALTERNATIVE and isinstance(value, ox.Literal):
                cells.others.setdefault(node, []).append(value.value)
            elif path == RDF_TYPE and isinstance(value, ox.NamedNode):
                cells.members.setdefault(value.value, []).append(node)
        return cells

    @cached_property
    def choices(self) -> dict[str, dict[str, ox.NamedNode | ox.Literal]]:
        """The items of each column with a closed list, by their labels."""
        designs = (_AIKG + "RandomizedTrial", _AIKG + "SingleArmTrial")
        found: dict[str, dict[str, ox.NamedNode | ox.Literal]] = {
            "Design": {self.labels[iri]: ox.NamedNode(iri) for iri in designs if self.labels},
            "Stopped early": _YES_OR_NO,
            "Primary outcome": _YES_OR_NO,
        }
        for column in COLUMNS:
            if column.shape and column.heading not in found:
                items = self._items(URIRef(column.shape))
                if items:
                    found[column.heading] = items
        return found

    def item(self, heading: str, text: str) -> ox.NamedNode | ox.Literal | None:
        """Return the item of a column's closed list that a text names, in any case of letters."""
        return self._names[heading].get(text.casefold())

    @cached_property
    def _names(self) -> dict[str, dict[str, ox.NamedNode | ox.Literal]]:
        """The items of each closed list by each of their names, labels before other names."""
        return {
            heading: {
                other.casefold(): item
                for item in items.values()
                for other in self.others.get(item.value, ())
            }
            | {label.casefold(): item for label, item in items.items()}
            for heading, items in self.choices.items()
        }

    def _items(self, shape: URIRef) -> dict[str, ox.NamedNode | ox.Literal]:
        kind = self.shapes.value(shape, SH["class"])
        if kind is not None and str(kind) in self.members:
            # Only items of the ontology's lists: a cell names other nodes in words.
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
        """The datatype of each column that has one and no closed list, as an IRI."""
        found = {"Patients": str(XSD.decimal)}
        for column in COLUMNS:
            if column.shape and column.heading not in self.choices:
                datatype = self.shapes.value(URIRef(column.shape), SH.datatype)
                if datatype is not None:
                    found[column.heading] = str(datatype)
        return found
