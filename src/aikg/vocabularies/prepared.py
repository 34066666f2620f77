"""A vocabulary that is ready to load: N-Quads, with its description in the first line.

The quads are those of its named graph, and its figures in VoID. Such a file is made from a
provider's file by `preparing`, and is made anew when that changes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pyoxigraph as ox

from aikg.description import void
from aikg.files.turtle import load_nquads, write_nquads
from aikg.names import OTHER_PREFIXES, PREFIXES, RDF_TYPE, RDFS_LABEL

#: The graph with the descriptions of all vocabularies.
DESCRIPTIONS = ox.NamedNode(PREFIXES["graph"] + "description/vocabularies")
#: The property of a vocabulary that may not be passed on.
RIGHTS = ox.NamedNode(OTHER_PREFIXES["dcterms"] + "accessRights")
_QUERIES_ONLY = "Answers of queries may use it. It is not passed on as a whole."
_START = "# aikg vocabulary "
_DCT = OTHER_PREFIXES["dcterms"]


@dataclass(frozen=True)
class Head:
    """The description of a vocabulary.

    Attributes:
        name: The end of the name of its graph.
        file: The name of the provider's file.
        title: What it is called.
        version: Its version, as the provider calls it; empty if the file has none.
        licence: The address or the name of its licence; empty if it is not known.
        passed_on: Whether dumps and releases contain it.
        around_links: Whether it is only the part around our links.
        triples: How many triples it has.
        terms: How many things they are about.
        left_out: How many statements or rows were left out, by the reason.
        content: A hash of its quads.
        stamp: What it was made from.
    """

    name: str
    file: str
    title: str
    version: str
    licence: str
    passed_on: bool
    around_links: bool
    triples: int
    terms: int
    left_out: dict[str, int] = field(default_factory=dict)
    content: str = ""
    stamp: str = ""

    @property
    def graph(self) -> ox.NamedNode:
        """The name of its graph."""
        return graph_of(self.name)

    def line(self) -> bytes:
        """Return the first line of the file, a comment of N-Quads."""
        return f"{_START}{json.dumps(asdict(self), sort_keys=True)}\n".encode()

    def description(self) -> Iterator[ox.Quad]:
        """Describe it in RDF."""
        values: dict[str, ox.NamedNode | ox.Literal] = {
            RDF_TYPE: ox.NamedNode(PREFIXES["void"] + "Dataset"),
            RDFS_LABEL: ox.Literal(self.name),
            _DCT + "title": ox.Literal(self.title),
            _DCT + "source": ox.Literal(self.file),
        }
        if self.version:
            values[OTHER_PREFIXES["dcat"] + "version"] = ox.Literal(self.version)
        if self.licence:
            address = _address(self.licence)
            property_ = "rights" if address is None else "license"
            values[_DCT + property_] = address or ox.Literal(self.licence)
        if not self.passed_on:
            values[RIGHTS.value] = ox.Literal(_QUERIES_ONLY, language="en")
        for predicate, value in values.items():
            yield ox.Quad(self.graph, ox.NamedNode(predicate), value, DESCRIPTIONS)


def _address(text: str) -> ox.NamedNode | None:
    try:
        return ox.NamedNode(text) if text.startswith(("http://", "https://")) else None
    except ValueError:
        return None


def graph_of(name: str) -> ox.NamedNode:
    """Return the name of the graph of a vocabulary."""
    return ox.NamedNode(f"{PREFIXES['graph']}vocabulary/{name}")


def folder(home: Path) -> Path:
    """Return the folder with the files that are ready."""
    return home / "prepared"


def path(home: Path, name: str) -> Path:
    """Return the place of the file of a vocabulary that is ready."""
    return folder(home) / f"{name}.nq"


def read_head(file: Path) -> Head | None:
    """Read the first line of a file; None if it has none."""
    try:
        with file.open(encoding="utf-8") as lines:
            line = lines.readline()
        return Head(**json.loads(line.removeprefix(_START)))
    except (OSError, ValueError, TypeError):
        return None


def heads(home: Path) -> list[Head]:
    """Return the vocabularies that are ready, in the order of their names."""
    found = (read_head(file) for file in sorted(folder(home).glob("*.nq")))
    return [head for head in found if head]


def version_with(version: str, found: Iterable[Head]) -> str:
    """Return a version of the data, with that of the vocabularies beside them."""
    said = sorted(
        json.dumps(asdict(head) | {"stamp": "", "left_out": {}}, sort_keys=True) for head in found
    )
    if not said:
        return version
    return f"{version}+{hashlib.sha256(''.join(said).encode()).hexdigest()[:6]}"


def load(store: ox.Store, home: Path, found: Iterable[Head], version: str) -> None:
    """Load vocabularies into a store, each into its graph, with description and figures.

    Args:
        store: The graph; where it describes itself, the description is changed too.
        home: The folder with the files.
        found: The vocabularies.
        version: The version of the data.
    """
    listed = list(found)
    for head in listed:
        load_nquads(store, path(home, head.name))
    if listed:
        void.change(store, (), [q for head in listed for q in head.description()], version)


def lines(home: Path, found: Iterable[Head]) -> Iterator[str]:
    """Yield the quads of vocabularies as lines, without the figures."""
    figures = f" {void.GRAPH} ."
    for head in found:
        with path(home, head.name).open(encoding="utf-8", newline="\n") as quads:
            next(quads)
            yield from (line.rstrip("\n") for line in quads if not line.endswith(f"{figures}\n"))
        yield from write_nquads(head.description()).decode().split("\n")[:-1]
