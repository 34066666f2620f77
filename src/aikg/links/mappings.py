"""All mapping tables together: what no single row shows, and the graphs that they make."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Dictionary
from pathlib import Path

import pyoxigraph as ox

from aikg.errors import MappingInvalid
from aikg.files.turtle import Statement
from aikg.links import neighbours, obsolete, sssom
from aikg.links.identifiers import Prefixes, read_prefixes
from aikg.links.neighbours import Neighbour
from aikg.links.obsolete import Obsolete
from aikg.links.other_names import Name, read_names
from aikg.links.sssom import EXACT, Mapping
from aikg.names import BASE, PREFIXES, RDF_TYPE, RDFS_LABEL, shorten

#: Where the tables lie, below the root.
FOLDER = Path("ontology", "mappings")

_XSD, _SSSOM, _OWL = (PREFIXES[prefix] for prefix in ("xsd", "sssom", "owl"))
_DIFFERENT = ox.NamedNode(_OWL + "differentFrom")


def read_folder(root: Path, prefixes: Prefixes | None = None) -> list[Mapping]:
    """Read every table of a checkout, in the order of their names.

    Raises:
        MissingFolder: There is no prefix map.
        MappingInvalid: Rows break the form; the message has a line for each.
    """
    prefixes = prefixes or read_prefixes(root)
    mappings: list[Mapping] = []
    faults: list[str] = []
    for path in sorted((root / FOLDER).glob("*.sssom.tsv")):
        try:
            mappings += sssom.read(path, root, prefixes)
        except MappingInvalid as error:
            faults.append(str(error))
    if faults:
        raise _invalid(faults)
    return mappings


def labels(statements: Iterable[Statement]) -> dict[str, str]:
    """Give each node's label."""
    return {
        str(getattr(s.triple.subject, "value", "")): str(getattr(s.triple.object, "value", ""))
        for s in statements
        if s.triple.predicate.value == RDFS_LABEL
    }


def judge(
    mappings: list[Mapping], called: Dictionary[str, str], ended: Iterable[Obsolete] = ()
) -> None:
    """Hold the tables against the graph's own labels, and against each other.

    Raises:
        MappingInvalid: A row is about nobody, stands twice, contradicts another, or leads to what
            is obsolete.
    """
    faults = [
        *_strangers(mappings, called),
        *_contradictions(mappings),
        *_ended(mappings, ended),
    ]
    if faults:
        raise _invalid(sorted(faults))


def _strangers(mappings: Iterable[Mapping], called: Dictionary[str, str]) -> Iterator[str]:
    for row in mappings:
        label = called.get(row.subject)
        if label is None:
            yield f"{row.place}: {shorten(row.subject)} is not in the graph."
        elif label != row.subject_label:
            yield f"{row.place}: {shorten(row.subject)} is called {label!r} in the graph."


def _ended(mappings: Iterable[Mapping], ended: Iterable[Obsolete]) -> Iterator[str]:
    known = {row.identifier: row for row in ended}
    for row in mappings:
        if found := known.get(row.object):
            use = f"; {found.replaced_by.curie} replaces it" if found.replaced_by else ""
            yield f"{row.place}: {row.object.curie} is obsolete by {found.place}{use}."


def _contradictions(mappings: Iterable[Mapping]) -> Iterator[str]:
    """Yield rows that stand twice, and exact matches that would make two things one."""
    pairs: dict[tuple[str, str], Mapping] = {}
    claimed: dict[str, Mapping] = {}
    chosen: dict[tuple[str, str], Mapping] = {}
    for row in mappings:
        earlier = pairs.setdefault((row.subject, row.object.curie), row)
        if earlier is not row:
            yield f"{row.place}: the same two terms stand in {earlier.place}."
        if row.predicate != EXACT:
            continue
        earlier = claimed.setdefault(row.object.curie, row)
        if earlier.subject != row.subject:
            yield (
                f"{row.place}: {row.object.curie} is an exact match of {shorten(row.subject)} "
                f"and, in {earlier.place}, of {shorten(earlier.subject)}."
            )
        earlier = chosen.setdefault((row.subject, row.object.prefix), row)
        if earlier.object != row.object:
            yield (
                f"{row.place}: {shorten(row.subject)} is an exact match of {row.object.curie} "
                f"and, in {earlier.place}, of {earlier.object.curie}."
            )


def quads(
    mappings: Iterable[Mapping],
    names: Iterable[Name],
    ended: Iterable[Obsolete] = (),
    others: Iterable[Neighbour] = (),
) -> Iterator[ox.Quad]:
    """Give the named graphs: a graph a table, with each row as a link and as a node of its own."""
    by_kind: dict[str, list[Mapping]] = defaultdict(list)
    for row in mappings:
        by_kind[row.kind].append(row)
    for kind, rows in by_kind.items():
        graph = _graph(kind)
        for row in rows:
            for subject, predicate, value in _triples(row):
                yield ox.Quad(ox.NamedNode(subject), ox.NamedNode(predicate), value, graph)
    alt_label = ox.NamedNode(PREFIXES["skos"] + "altLabel")
    for name in names:
        yield ox.Quad(ox.NamedNode(name.subject), alt_label, ox.Literal(name.name), _graph("names"))
    for old in ended:
        for subject, predicate, value in _obsolete_triples(old):
            yield ox.Quad(ox.NamedNode(subject), ox.NamedNode(predicate), value, _graph("obsolete"))
    for other in others:
        theirs, graph = ox.NamedNode(other.identifier.iri), _graph("neighbours")
        yield ox.Quad(theirs, _DIFFERENT, ox.NamedNode(other.subject), graph)
        yield ox.Quad(theirs, ox.NamedNode(RDFS_LABEL), ox.Literal(other.label), graph)
        yield ox.Quad(theirs, alt_label, ox.Literal(other.name), graph)


def _graph(kind: str) -> ox.NamedNode:
    return ox.NamedNode(f"{PREFIXES['graph']}mappings/{kind}")


def _triples(row: Mapping) -> Iterator[tuple[str, str, ox.NamedNode | ox.Literal]]:
    """Give the link, the label of theirs, and the row as SSSOM writes one in OWL."""
    node = mapping_iri(row)
    subject, object_ = ox.NamedNode(row.subject), ox.NamedNode(row.object.iri)
    prefix, _, local = row.predicate.partition(":")
    predicate = ox.NamedNode(PREFIXES[prefix] + local)
    yield row.subject, predicate.value, object_
    yield row.object.iri, RDFS_LABEL, ox.Literal(row.object_label)
    yield node, RDF_TYPE, ox.NamedNode(_OWL + "Axiom")
    yield node, _OWL + "annotatedSource", subject
    yield node, _OWL + "annotatedProperty", predicate
    yield node, _OWL + "annotatedTarget", object_
    yield node, _SSSOM + "mapping_justification", _semapv(row.justification)
    yield node, _SSSOM + "confidence", _typed(f"{row.confidence:g}", "decimal")
    yield node, _SSSOM + "mapping_date", _typed(row.date, "date")
    yield node, PREFIXES["rdfs"] + "seeAlso", ox.NamedNode(row.sighting)
    if row.comment:
        yield node, PREFIXES["rdfs"] + "comment", ox.Literal(row.comment, language="en")


def _obsolete_triples(row: Obsolete) -> Iterator[tuple[str, str, ox.NamedNode | ox.Literal]]:
    """Say of an identifier that it is obsolete, in the terms that OBO ontologies use."""
    theirs = row.identifier.iri
    yield theirs, _OWL + "deprecated", _typed("true", "boolean")
    if row.label:
        yield theirs, RDFS_LABEL, ox.Literal(row.label)
    if row.replaced_by:
        heir = ox.NamedNode(row.replaced_by.iri)
        yield theirs, PREFIXES["dcterms"] + "isReplacedBy", heir
        yield heir.value, RDFS_LABEL, ox.Literal(row.replacement_label)
    for sighting in row.sightings:
        yield theirs, PREFIXES["rdfs"] + "seeAlso", ox.NamedNode(sighting)


def mapping_iri(row: Mapping) -> str:
    """Name a row after its two terms, so that a row that is moved keeps its address."""
    kind, local = row.subject.removeprefix(BASE).split("/", 1)
    theirs = re.sub(r"[^a-z0-9]+", "-", row.object.curie.lower()).strip("-")
    return f"{BASE}mapping/{kind}-{local}-{theirs}"


def _semapv(curie: str) -> ox.NamedNode:
    return ox.NamedNode(PREFIXES["semapv"] + curie.partition(":")[2])


def _typed(text: str, datatype: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(_XSD + datatype))


def read_all(root: Path, statements: Iterable[Statement]) -> list[ox.Quad]:
    """Read and judge the tables of a checkout, and give the named graphs that they make.

    Raises:
        MissingFolder: There is no prefix map.
        MappingInvalid: Rows break the form or contradict one another; a line for each.
    """
    prefixes = read_prefixes(root)
    mappings = read_folder(root, prefixes)
    called = labels(statements)
    ended = obsolete.read(root, prefixes)
    judge(mappings, called, ended)
    others = neighbours.read(root, prefixes, called)
    return list(quads(mappings, read_names(root, called), ended, others))


def _invalid(faults: list[str]) -> MappingInvalid:
    return MappingInvalid(
        "\n".join(faults),
        advice="Mend the rows; a link that is not certain gets a weaker predicate, or is left out.",
        reference=sssom.SSSOM,
    )
