"""All tables of links together: their contradictions, and the named graphs that they make."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Dictionary
from pathlib import Path

import pyoxigraph as ox

from aikg.files.turtle import Statement
from aikg.links import records, tables
from aikg.links.identifiers import read_prefixes
from aikg.links.records import EXACT, SSSOM, LookAlike, Mapping, Name, Obsolete
from aikg.names import BASE, PREFIXES, RDF_TYPE, RDFS_LABEL, shorten

_Value = ox.NamedNode | ox.Literal
_Triple = tuple[str, str, _Value]

_RDFS, _OWL, _SSSOM = PREFIXES["rdfs"], PREFIXES["owl"], PREFIXES["sssom"]
_DCTERMS = PREFIXES["dcterms"]
_GRAPHS = PREFIXES["graph"] + "mappings/"
_ALT_LABEL = PREFIXES["skos"] + "altLabel"


def read_graphs(root: Path, statements: Iterable[Statement]) -> list[ox.Quad]:
    """Read and check the tables of a checkout, and return the named graphs that they make.

    Raises:
        MissingFolder: There is no prefix map.
        MappingInvalid: Rows are not valid or contradict each other; a line for each.
    """
    prefixes = read_prefixes(root)
    mappings = records.read_mappings(root, prefixes)
    called = labels(statements)
    obsolete = records.read_obsolete(root, prefixes)
    check(mappings, called, obsolete)
    look_alikes = records.read_look_alikes(root, prefixes, called)
    names = records.read_names(root, called)
    return [*_sets(root, mappings), *quads(mappings, names, obsolete, look_alikes)]


def _sets(root: Path, mappings: Iterable[Mapping]) -> Iterator[ox.Quad]:
    """Yield each table as a set of mappings, with what its metadata say of it."""
    kinds = {row.kind for row in mappings}
    for kind, metadata in records.read_metadata(root).items():
        graph = ox.NamedNode(_GRAPHS + kind)
        values: dict[str, _Value] = {RDF_TYPE: ox.NamedNode(_SSSOM + "MappingSet")}
        if title := metadata.get("mapping_set_title"):
            values[_DCTERMS + "title"] = ox.Literal(str(title))
        if licence := metadata.get("license"):
            values[_DCTERMS + "license"] = ox.NamedNode(str(licence))
        if kind in kinds:
            for name, value in values.items():
                yield ox.Quad(graph, ox.NamedNode(name), value, graph)


def quads(
    mappings: Iterable[Mapping],
    names: Iterable[Name] = (),
    obsolete: Iterable[Obsolete] = (),
    look_alikes: Iterable[LookAlike] = (),
) -> list[ox.Quad]:
    """Return the named graphs: one for each table."""
    triples = [(row.kind, triple) for row in mappings for triple in _link(row)]
    triples += [("names", (r.subject, _ALT_LABEL, ox.Literal(r.name))) for r in names]
    triples += [("obsolete", triple) for row in obsolete for triple in _end(row)]
    triples += [("neighbours", triple) for row in look_alikes for triple in _other(row)]
    return [
        ox.Quad(ox.NamedNode(s), ox.NamedNode(p), o, ox.NamedNode(_GRAPHS + kind))
        for kind, (s, p, o) in triples
    ]


def labels(statements: Iterable[Statement]) -> dict[str, str]:
    """Return each node's label."""
    return {
        str(getattr(s.triple.subject, "value", "")): str(getattr(s.triple.object, "value", ""))
        for s in statements
        if s.triple.predicate.value == RDFS_LABEL
    }


def check(
    mappings: list[Mapping], called: Dictionary[str, str], obsolete: Iterable[Obsolete] = ()
) -> None:
    """Compare the mappings with the graph's own labels, and with each other.

    Raises:
        MappingInvalid: A row's subject is not in the graph, a row occurs twice, contradicts
            another, or leads to an obsolete identifier.
    """
    ended = {row.identifier: row for row in obsolete}
    faults = list(_contradictions(mappings))
    for row in mappings:
        name, label = shorten(row.subject), called.get(row.subject)
        if label is None:
            faults.append(f"{row.place}: {name} is not in the graph.")
        elif label != row.subject_label:
            faults.append(f"{row.place}: {name} is called {label!r} in the graph.")
        if old := ended.get(row.object):
            use = f"; {old.replaced_by.curie} replaces it" if old.replaced_by else ""
            faults.append(f"{row.place}: {row.object.curie} is obsolete by {old.place}{use}.")
    tables.refuse(sorted(faults), SSSOM)


def _contradictions(mappings: Iterable[Mapping]) -> Iterator[str]:
    """Yield rows that occur twice, and exact matches that would make two things one."""
    pairs: dict[tuple[str, str], Mapping] = {}
    claimed: dict[str, Mapping] = {}
    chosen: dict[tuple[str, str], Mapping] = {}
    for row in mappings:
        theirs = row.object.curie
        earlier = pairs.setdefault((row.subject, theirs), row)
        if earlier is not row:
            yield f"{row.place}: the same two terms are in {earlier.place}."
        if row.predicate != EXACT:
            continue
        ours = shorten(row.subject)
        earlier = claimed.setdefault(theirs, row)
        if earlier.subject != row.subject:
            other = f"in {earlier.place}, of {shorten(earlier.subject)}"
            yield f"{row.place}: {theirs} is an exact match of {ours} and, {other}."
        earlier = chosen.setdefault((row.subject, row.object.prefix), row)
        if earlier.object != row.object:
            other = f"in {earlier.place}, of {earlier.object.curie}"
            yield f"{row.place}: {ours} is an exact match of {theirs} and, {other}."


def _link(row: Mapping) -> Iterator[_Triple]:
    """Yield the link, the external label, and the row in the form that SSSOM has in OWL."""
    node = mapping_iri(row)
    prefix, _, local = row.predicate.partition(":")
    predicate = PREFIXES[prefix] + local
    yield row.subject, predicate, ox.NamedNode(row.object.iri)
    yield row.object.iri, RDFS_LABEL, ox.Literal(row.object_label)
    yield node, RDF_TYPE, ox.NamedNode(_OWL + "Axiom")
    yield _GRAPHS + row.kind, _SSSOM + "mappings", ox.NamedNode(node)
    yield node, _OWL + "annotatedSource", ox.NamedNode(row.subject)
    yield node, _OWL + "annotatedProperty", ox.NamedNode(predicate)
    yield node, _OWL + "annotatedTarget", ox.NamedNode(row.object.iri)
    justification = PREFIXES["semapv"] + row.justification.partition(":")[2]
    yield node, _SSSOM + "mapping_justification", ox.NamedNode(justification)
    yield node, _SSSOM + "subject_label", ox.Literal(row.subject_label)
    yield node, _SSSOM + "object_label", ox.Literal(row.object_label)
    yield node, _SSSOM + "confidence", _typed(f"{row.confidence:f}", "double")
    yield node, _DCTERMS + "created", _typed(row.date, "date")
    for sighting in row.sightings:
        yield node, _RDFS + "seeAlso", ox.NamedNode(sighting)
    if row.comment:
        yield node, _RDFS + "comment", ox.Literal(row.comment, language="en")


def _other(row: LookAlike) -> Iterator[_Triple]:
    yield row.identifier.iri, _OWL + "differentFrom", ox.NamedNode(row.subject)
    yield row.identifier.iri, RDFS_LABEL, ox.Literal(row.label)
    yield row.identifier.iri, _ALT_LABEL, ox.Literal(row.name)


def _end(row: Obsolete) -> Iterator[_Triple]:
    """Yield that an identifier is obsolete, in the terms that OBO ontologies use."""
    old = row.identifier.iri
    yield old, _OWL + "deprecated", _typed("true", "boolean")
    if row.label:
        yield old, RDFS_LABEL, ox.Literal(row.label)
    if row.replaced_by:
        new = row.replaced_by.iri
        yield old, PREFIXES["dcterms"] + "isReplacedBy", ox.NamedNode(new)
        yield new, RDFS_LABEL, ox.Literal(row.replacement_label)
    for sighting in row.sightings:
        yield old, _RDFS + "seeAlso", ox.NamedNode(sighting)


def mapping_iri(row: Mapping) -> str:
    """Name a row after its two terms, so that a row that moves keeps its address."""
    kind, local = row.subject.removeprefix(BASE).split("/", 1)
    theirs = re.sub(r"[^a-z0-9]+", "-", row.object.curie.lower()).strip("-")
    return f"{BASE}mapping/{kind}-{local}-{theirs}"


def _typed(text: str, datatype: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(PREFIXES["xsd"] + datatype))
