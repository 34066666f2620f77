"""OBO files as RDF, in the terms to which OBO tools translate them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import fastobo
import pyoxigraph as ox
from fastobo.term import TermFrame
from fastobo.typedef import TypedefFrame

from aikg.names import OTHER_PREFIXES
from aikg.vocabularies import reading
from aikg.vocabularies.packed import Source
from aikg.vocabularies.reading import OBO, OBO_IN_OWL, Reading, escaped, node, obsolete

#: The clauses whose value is a text: the property, and where fastobo has the text.
_TEXTS = {
    "NameClause": (reading.LABEL, "name"),
    "DefClause": (reading.OBO_DEFINITION, "definition"),
    "CommentClause": (reading.COMMENT, "comment"),
    "NamespaceClause": (ox.NamedNode(OBO_IN_OWL + "hasOBONamespace"), "namespace"),
    "XrefClause": (ox.NamedNode(OBO_IN_OWL + "hasDbXref"), "raw_value"),
}
#: The clauses whose value is another term.
_TERMS = {
    "IsAClause": (reading.SUBCLASS, "term"),
    "ReplacedByClause": (reading.REPLACED_BY, "term"),
    "ConsiderClause": (ox.NamedNode(OBO_IN_OWL + "consider"), "term"),
    "SubsetClause": (ox.NamedNode(OBO_IN_OWL + "inSubset"), "subset"),
}
_SYNONYM = {
    scope: ox.NamedNode(f"{OBO_IN_OWL}has{scope.capitalize()}Synonym")
    for scope in ("EXACT", "RELATED", "BROAD", "NARROW")
}
_ALTERNATIVE = ox.NamedNode(OBO_IN_OWL + "hasAlternativeId")
_PROPERTY = ox.NamedNode(OTHER_PREFIXES["owl"] + "ObjectProperty")
#: The properties of a file that describe it, by the end of their names.
_HEADER = {
    "license": reading.LICENCE,
    "title": reading.TITLE,
    "versionInfo": reading.VERSION,
}


def read(source: Source, file: Reading) -> Iterator[ox.Triple]:
    """Read the terms frame by frame.

    Raises:
        SyntaxError: It is not OBO; the error has the line.
    """
    frames = fastobo.iter(source, threads=1)  # type: ignore[attr-defined]  # not in its stub
    reader = _Frames(file)
    yield from reader.header(frames.header())
    for frame in frames:
        yield from reader.frame(frame)


class _Frames:
    """Translates frames, with the identifiers of one file."""

    def __init__(self, file: Reading) -> None:
        self._file = file
        self._ontology = "ontology"

    def header(self, header: Any) -> Iterator[ox.Triple]:
        values = {type(clause).__name__: clause for clause in header}
        if named := values.get("OntologyClause"):
            self._ontology = named.ontology.removesuffix(".obo").removesuffix(".owl")
        this = escaped(f"{OBO}{self._ontology}.owl")
        yield ox.Triple(this, reading.TYPE, reading.ONTOLOGY)
        if version := values.get("DataVersionClause"):
            yield ox.Triple(this, reading.VERSION, ox.Literal(version.version))
        for clause in header:
            kind = type(clause).__name__
            if kind == "ImportClause":
                imported = node(str(clause.reference))
                if imported is not None:
                    imports = ox.NamedNode(OTHER_PREFIXES["owl"] + "imports")
                    yield ox.Triple(this, imports, imported)
            elif kind == "PropertyValueClause":
                stated = clause.property_value
                end = str(stated.relation).rpartition(":")[2].rpartition("/")[2]
                if end in _HEADER:
                    value = str(getattr(stated, "value", ""))
                    address = node(value) if value.startswith("http") else None
                    yield ox.Triple(this, _HEADER[end], address or ox.Literal(value))

    def frame(self, frame: Any) -> Iterator[ox.Triple]:
        if not isinstance(frame, TermFrame | TypedefFrame):
            self._file.left_out["instances"] += 1
            return
        this = self._node(frame.id)
        kind = reading.CLASS if isinstance(frame, TermFrame) else _PROPERTY
        yield ox.Triple(this, reading.TYPE, kind)
        for clause in frame:
            yield from self._clause(this, clause)

    def _clause(self, this: ox.NamedNode, clause: Any) -> Iterator[ox.Triple]:
        name = type(clause).__name__
        if name in _TEXTS:
            predicate, member = _TEXTS[name]
            value = clause.raw_value() if member == "raw_value" else getattr(clause, member)
            yield ox.Triple(this, predicate, ox.Literal(str(value)))
        elif name in _TERMS:
            predicate, member = _TERMS[name]
            yield ox.Triple(this, predicate, self._node(getattr(clause, member)))
        elif name == "SynonymClause":
            synonym = clause.synonym
            yield ox.Triple(this, _SYNONYM[synonym.scope], ox.Literal(synonym.desc))
        elif name == "RelationshipClause":
            yield ox.Triple(this, self._node(clause.typedef), self._node(clause.term))
        elif name == "IsObsoleteClause":
            if clause.obsolete:
                yield from obsolete(this)
        elif name == "AltIdClause":
            yield ox.Triple(this, _ALTERNATIVE, ox.Literal(str(clause.alt_id)))
            yield from obsolete(self._node(clause.alt_id), this)
        else:
            self._file.left_out["clauses"] += 1

    def _node(self, identifier: Any) -> ox.NamedNode:
        """Return the address of an identifier; of an unknown prefix, by the rule of OBO."""
        text = str(identifier)
        if found := self._file.term(text):
            return found
        prefix, colon, local = text.partition(":")
        return escaped(f"{OBO}{prefix}_{local}" if colon else f"{OBO}{self._ontology}#{text}")
