"""The files of a release, made from a graph; nothing in them depends on the time or the machine."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import pyoxigraph as ox

from aikg.description import void
from aikg.errors import NotAcceptable
from aikg.files.queries import read_queries
from aikg.files.turtle import write_rdfxml
from aikg.names import BASE, OTHER_PREFIXES, PREFIXES
from aikg.releases import catalogue, nanopublications
from aikg.releases.content import Content
from aikg.sparql.evaluation import Request, deep
from aikg.sparql.tables import write_table

_ONTOLOGY = ox.NamedNode(BASE + "ontology")
_VERSION_IRI = ox.NamedNode(OTHER_PREFIXES["owl"] + "versionIRI")
#: The list of checksums, in the form that `sha256sum -c` reads.
SUMS = "SHA256SUMS"


@dataclass(frozen=True)
class Release:
    """The name of a release.

    Attributes:
        version: Such as 2026-12.
        date: The day on which it is issued, as in 2026-12-01.
    """

    version: str
    date: str

    @property
    def address(self) -> str:
        """Its IRI, below which its files have theirs."""
        return f"{BASE}releases/{self.version}"


def nquads_name(version: str) -> str:
    """Return the name of the file with the whole graph."""
    return f"aikg-{version}.nq.gz"


def make(
    content: Content, release: Release, root: Path, changes: dict[str, bytes]
) -> dict[str, bytes]:
    """Make all files of a release.

    Args:
        content: The graph.
        release: Its name and its day.
        root: The folder with mapping tables, questions and the citation file.
        changes: The files about the changes since the release before.

    Returns:
        The content of each file, by its path.
    """
    stated = _versioned(content.ontology(), release)
    figures = [quad.triple for quad in content.quads() if quad.graph_name == void.GRAPH]
    files = {
        nquads_name(release.version): _packed(content.nquads()),
        f"aikg-{release.version}.ttl.gz": _packed(_turtle(content.evidence())),
        "ontology.ttl": _turtle(stated),
        "ontology.owl": write_rdfxml(stated),
        "void.ttl": _turtle(figures),
        nanopublications.FILE: _packed(
            nanopublications.write(content, release.address, release.version, release.date)
        ),
        **_mappings(root),
        **_tables(content.store(), root),
        **changes,
    }
    files["CITATION.cff"] = catalogue.citation(root, release.version, release.date, content.version)
    files["dataset.ttl"] = _turtle(
        catalogue.describe(release.address, release.version, release.date, content.version, files)
    )
    files["ro-crate-metadata.json"] = catalogue.crate(release.version, release.date, files)
    files[SUMS] = sums(files)
    return dict(sorted(files.items()))


def sums(files: dict[str, bytes]) -> bytes:
    """Return the checksum of each file, one a line."""
    lines = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return "".join(lines).encode()


def _packed(text: bytes) -> bytes:
    """Compress a text; without the time, which gzip would note."""
    return gzip.compress(text, 9, mtime=0)


def _turtle(triples: Iterable[ox.Triple]) -> bytes:
    ordered = sorted(set(triples), key=str)
    return cast(bytes, ox.serialize(ordered, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES))


def _versioned(triples: Iterable[ox.Triple], release: Release) -> list[ox.Triple]:
    """Return the ontology with the address of this version of it."""
    kept = {triple for triple in triples if triple.predicate != _VERSION_IRI}
    version = ox.NamedNode(f"{release.address}/ontology.ttl")
    return sorted({*kept, ox.Triple(_ONTOLOGY, _VERSION_IRI, version)}, key=str)


def _mappings(root: Path) -> dict[str, bytes]:
    tables = sorted((root / "ontology" / "mappings").glob("*.sssom.tsv"))
    return {f"mappings/{path.name}": path.read_bytes() for path in tables}


def _tables(store: ox.Store, root: Path) -> dict[str, bytes]:
    """Answer each registered question as CSV with labels, its rows in the order of their text."""
    tables: dict[str, bytes] = {}
    for question in read_queries(root / "queries" / "competency"):
        answer = io.BytesIO()
        request = Request(question.text, format="csv")
        write = partial(write_table, store, request, True, [], answer, lambda media_type: None)
        try:
            deep(write)
        except NotAcceptable:
            continue  # it has no rows
        head, *rows = csv.reader(io.StringIO(answer.getvalue().decode(), newline=""))
        written = io.StringIO(newline="")
        csv.writer(written).writerows([head, *sorted(rows)])
        tables[f"tables/{question.name}.csv"] = written.getvalue().encode()
    return tables
