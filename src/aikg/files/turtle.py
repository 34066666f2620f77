"""Turtle in, with the line of each statement; canonical N-Quads and RDF/XML out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import pyoxigraph as ox

from aikg.errors import MissingFolder, TurtleSyntaxError
from aikg.files.canonical import canonical_quad
from aikg.names import PREFIXES, graph_of

#: The grammar of Turtle, for anyone who has to fix a file.
GRAMMAR = "https://www.w3.org/TR/turtle/#sec-grammar"


@dataclass(frozen=True, slots=True)
class Statement:
    """A triple and the place where it was read.

    Attributes:
        triple: The triple; its blank nodes are named after the file, in order of appearance.
        path: The file, relative to the root if it is below it.
        line: The line, counted from 1, at which the parser had read the whole triple.
    """

    triple: ox.Triple
    path: str
    line: int

    @property
    def place(self) -> str:
        """The place in the form that editors and terminals open: `file:line`."""
        return f"{self.path}:{self.line}"

    @property
    def quad(self) -> ox.Quad:
        """The triple in the named graph of its file."""
        triple = self.triple
        graph = ox.NamedNode(graph_of(self.path))
        return ox.Quad(triple.subject, triple.predicate, triple.object, graph)


class Lines:
    """Returns at most one line a read, so that the parser does not read ahead of its triples."""

    def __init__(self, data: bytes) -> None:
        self._lines = data.splitlines(keepends=True)
        self._rest = b""
        self.number = 0

    def read(self, size: int) -> bytes:
        """Return the rest of a line, or at most `size` bytes of it."""
        if not self._rest and self.number < len(self._lines):
            self._rest = self._lines[self.number]
            self.number += 1
        # More than it asks for ends the parser's process.
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece


def read(path: Path, root: Path) -> list[Statement]:
    """Read one Turtle file.

    Args:
        path: A file in Turtle 1.1, UTF-8.
        root: The folder below which files are named in messages and graphs.

    Raises:
        MissingFolder: There is no such file.
        TurtleSyntaxError: The file is not Turtle; the message names file, line and column.
    """
    name = name_of(path, root)
    try:
        lines = Lines(path.read_bytes())
    except OSError as error:
        raise MissingFolder(
            f"{name} cannot be read: {error.strerror}.", advice="Check the name of the file."
        ) from error
    try:
        return list(_statements(lines, name))
    except SyntaxError as error:
        place = f"{name}:{error.lineno or lines.number}:{error.offset or 1}"
        reason = error.msg.partition(": ")[2] or error.msg
        raise TurtleSyntaxError(
            f"{place}: this is not Turtle: {reason}",
            advice="Fix the line, or the end of the statement before it; "
            "then run `aikg validate` on the file.",
            reference=GRAMMAR,
        ) from error


def name_of(path: Path, root: Path) -> str:
    """Return the name of a file in messages and graphs: its path below the root, if it is there."""
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def _statements(lines: Lines, name: str) -> Iterator[Statement]:
    """Parse, and name blank nodes by their order in the file: the same file, the same names."""
    prefix = "".join(c if c.isalnum() else "-" for c in name.removesuffix(".ttl")).strip("-")
    nodes: dict[ox.BlankNode, ox.BlankNode] = {}

    def named(term: Any) -> Any:
        if not isinstance(term, ox.BlankNode):
            return term
        return nodes.setdefault(term, ox.BlankNode(f"{prefix}-{len(nodes) + 1}"))

    source = cast("IO[bytes]", lines)  # all that the parser calls is read()
    for quad in ox.parse(source, format=ox.RdfFormat.TURTLE):
        triple = ox.Triple(named(quad.subject), quad.predicate, named(quad.object))
        yield Statement(triple, name, lines.number)


def read_folder(folder: Path, root: Path) -> list[Statement]:
    """Read every Turtle file below a folder, in the order of their names.

    Raises:
        MissingFolder: There is no such folder, or no Turtle file in it.
        TurtleSyntaxError: Some files are not Turtle; the message has a line for each.
    """
    paths = sorted(folder.rglob("*.ttl"))
    if not paths:
        raise MissingFolder(
            f"{folder} contains no Turtle file.",
            advice="Run the command in a checkout of aikg, or set AIKG_ROOT to one.",
        )
    statements: list[Statement] = []
    mistakes: list[str] = []
    for path in paths:
        try:
            statements += read(path, root)
        except TurtleSyntaxError as error:
            mistakes.append(str(error))
    if mistakes:
        raise TurtleSyntaxError(
            "\n".join(mistakes), advice="Fix the lines, then build again.", reference=GRAMMAR
        )
    return statements


def store_of(triples: Iterable[ox.Triple]) -> ox.Store:
    """Put triples into the default graph of a new store."""
    store = ox.Store()
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    return store


def load_nquads(store: ox.Store, source: Path | bytes) -> None:
    """Load N-Quads into a store; blank nodes keep their names.

    The engine's own `bulk_load` names them anew. Then the figures of a graph would not be found
    again, which are blank nodes that are named after what they count.

    Args:
        store: The store.
        source: A file, or its content.

    Raises:
        SyntaxError: It is not N-Quads.
    """
    form = ox.RdfFormat.N_QUADS
    if isinstance(source, Path):
        store.bulk_extend(ox.parse(path=str(source), format=form))
    else:
        store.bulk_extend(ox.parse(source, format=form))


def write_nquads(quads: Iterable[ox.Quad]) -> bytes:
    """Write quads one a line, sorted, without repeats, numbers in one form: canonical N-Quads."""
    lines = {ox.serialize([q], format=ox.RdfFormat.N_QUADS) for q in map(canonical_quad, quads)}
    return b"".join(sorted(line for line in lines if line))


def write_rdfxml(triples: Iterable[ox.Triple]) -> bytes:
    """Write triples as RDF/XML: the same triples in the same order, the same bytes."""
    # Without the prefix `owl` the root is written as `<Ontology xmlns=...>`, which owlready2
    # takes for OWL/XML.
    return cast(bytes, ox.serialize(triples, format=ox.RdfFormat.RDF_XML, prefixes=PREFIXES))
