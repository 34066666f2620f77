"""What the cells of the extraction sheet may contain: closed lists and datatypes of the shapes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import pyoxigraph as ox
from rdflib import RDF, SH, XSD, Graph, Literal, URIRef

from aikg.intake.columns import BY_HEADING, COLUMNS
from aikg.names import OTHER_PREFIXES, PREFIXES, RDF_TYPE, RDFS_LABEL

#: The items of a closed list by what they are called.
Items: TypeAlias = dict[str, ox.NamedNode | ox.Literal]

_AIKG, _ALTERNATIVE = PREFIXES["aikg"], OTHER_PREFIXES["skos"] + "altLabel"
_DESIGNS = tuple(_AIKG + n for n in ("RandomizedTrial", "SingleArmTrial", "PooledAnalysis"))
#: Columns of numbers that are the value of another figure.
_NUMBERS = {"Patients", "Count"}
_YES_OR_NO: Items = {"yes": ox.Literal(True), "no": ox.Literal(False)}
_CONCERNED: Items = {n: ox.Literal(n) for n in ("figure", "group", "trial", "publication")}


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
    _lists: dict[str, Items] = field(default_factory=dict, repr=False)
    _datatypes: dict[str, str] = field(default_factory=dict, repr=False)

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
    def choices(self) -> dict[str, Items]:
        """The items of each column with closed lists, by their labels."""
        found: dict[str, Items] = {
            "Design": {self.labels[iri]: ox.NamedNode(iri) for iri in _DESIGNS if self.labels},
            "Stopped early": _YES_OR_NO,
            "Primary outcome": _YES_OR_NO,
            "Problem concerns": _CONCERNED,
        }
        for column in COLUMNS:
            if column.heading not in found:
                items: Items = {}
                for part in column.parts:
                    items |= self.list_of(part.shape)
                if items:
                    found[column.heading] = items
        return found

    def item(self, heading: str, text: str) -> ox.NamedNode | ox.Literal | None:
        """Return the item of a column's closed list that a text names, in any case of letters."""
        return self._names.get(heading, {}).get(text.casefold())

    @cached_property
    def _names(self) -> dict[str, Items]:
        return {heading: self._named(items) for heading, items in self.choices.items()}

    def _named(self, items: Items) -> Items:
        """Return items by each of their names, folded; a label is stronger than another name."""
        others = {
            other.casefold(): item
            for item in items.values()
            for other in self.others.get(item.value, ())
        }
        return others | {label.casefold(): item for label, item in items.items()}

    def list_of(self, shape: str | None) -> Items:
        """Return the closed list of a shape by labels; an empty one if it has none."""
        if shape is None:
            return {}
        if shape not in self._lists:
            self._lists[shape] = self._items(URIRef(shape))
        return self._lists[shape]

    def _items(self, shape: URIRef) -> Items:
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

    def datatype(self, heading: str) -> str:
        """Return the datatype of a column that has one and no closed list, as an IRI, or ""."""
        if heading not in self._datatypes:
            shape = None if heading in self.choices else BY_HEADING[heading].shape
            found = str(XSD.decimal) if heading in _NUMBERS else self.datatype_of(shape)
            self._datatypes[heading] = found
        return self._datatypes[heading]

    def datatype_of(self, shape: str | None) -> str:
        """Return the datatype of a shape, as an IRI, or ""."""
        return str((shape and self.shapes.value(URIRef(shape), SH.datatype)) or "")
