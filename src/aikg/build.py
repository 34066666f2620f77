"""The build: read, validate, reason, check, write. It stops at the first stage that fails."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from aikg.description import executables, rulebook, void
from aikg.files import turtle
from aikg.files.queries import read_queries
from aikg.files.turtle import Statement
from aikg.files.version import version_of
from aikg.links import mappings
from aikg.rules import shapes
from aikg.rules.reasoning import INFERRED
from aikg.rules.validation import Progress, judge_files
from aikg.settings import Settings


@dataclass(frozen=True)
class Built:
    """The result of a build.

    Attributes:
        asserted: The statements of `ontology/` and `data/turtle/`, with their places.
        inferred: The triples that follow from them, sorted.
        remarks: Problems of shapes and checks that do not stop a build, a line each.
        version: The version of the data: a hash of all files that the build reads.
        aside: Quads in named graphs only, which are not evidence: links to other vocabularies,
            shapes, queries, and the description of the graph.
    """

    asserted: list[Statement]
    inferred: list[ox.Triple]
    remarks: list[str]
    version: str
    aside: list[ox.Quad] = field(default_factory=list)

    def quads(self) -> Iterable[ox.Quad]:
        """Yield every triple twice: in the default graph, and in the graph of its source.

        Plain queries read the default graph; the graph of the source says where a triple comes
        from. The quads aside come once.
        """
        for statement in self.asserted:
            triple = statement.triple
            yield ox.Quad(triple.subject, triple.predicate, triple.object)
            yield statement.quad
        for triple in self.inferred:
            yield ox.Quad(triple.subject, triple.predicate, triple.object)
            yield ox.Quad(triple.subject, triple.predicate, triple.object, INFERRED)
        yield from self.aside


def compile_graph(settings: Settings, progress: Progress = lambda stage: None) -> Built:
    """Read, validate, reason and check, in memory.

    Raises:
        TurtleSyntaxError: A file is not Turtle.
        GraphInvalid: A shape or a check of level Error is broken.
        Inconsistent: A consequence of the data contradicts the ontology.
        MappingInvalid: A link to another vocabulary breaks its form or contradicts another.
    """
    current = version_of(settings.root)
    progress("read")
    ontology, data = _read_sources(settings.root)
    verdict = judge_files(ontology, data, settings.root, progress)
    asserted = [*ontology, *data]
    progress("link")
    aside = mappings.read_graphs(settings.root, asserted)
    progress("describe")
    aside += _read_aside(settings.root, ontology)
    result = Built(asserted, verdict.inferred, verdict.remarks, current, aside)
    store = ox.Store()
    store.extend(result.quads())
    aside += void.describe(store, current)
    return result


def validate_files(
    paths: Sequence[Path], settings: Settings, progress: Progress = lambda stage: None
) -> list[str]:
    """Validate files together with the graph's own; each replaces the file with its name.

    Returns:
        The remarks on the files, a line each.

    Raises:
        MissingFolder: One of them cannot be read.
        TurtleSyntaxError: One of them is not Turtle.
        GraphInvalid: One of them breaks a shape or a check of level Error.
        Inconsistent: A consequence of one of them contradicts the ontology.
    """
    progress("read")
    ontology, data, names = read_with(paths, settings.root)
    return judge_files(ontology, data, settings.root, progress, only=names).remarks


def read_with(
    paths: Sequence[Path], root: Path
) -> tuple[list[Statement], list[Statement], set[str]]:
    """Read the graph's own files and some more, each of which replaces the file with its name.

    Returns:
        The ontology, the data, and the names of the given files.

    Raises:
        MissingFolder: One of them cannot be read.
        TurtleSyntaxError: One of them is not Turtle.
    """
    given = [s for path in paths for s in turtle.read(path.resolve(), root.resolve())]
    names = {statement.path for statement in given}
    ontology, data = (
        [statement for statement in source if statement.path not in names]
        for source in _read_sources(root)
    )
    return ontology, data + given, names


def _read_sources(root: Path) -> tuple[list[Statement], list[Statement]]:
    ontology = turtle.read_folder(root / "ontology", root)
    return ontology, turtle.read_folder(root / "data" / "turtle", root)


def _read_aside(root: Path, ontology: Iterable[Statement]) -> Iterator[ox.Quad]:
    """Read the contents of named graphs that are about the evidence, and not part of it."""
    for folder in ("shapes", "description"):
        for statement in turtle.read_folder(root / folder, root):
            yield statement.quad
    queries = root / "queries"
    yield from executables.examples(read_queries(queries / "competency"))
    checks = read_queries(queries / "checks")
    yield from executables.checks_and_rules(checks, read_queries(queries / "rules"))
    terms = shapes.to_graph(statement.triple for statement in ontology)
    yield from rulebook.describe(shapes.load(root / "shapes"), terms, checks, root / "cases")


def build(settings: Settings, progress: Progress = lambda stage: None) -> Built:
    """Compile the graph and write it, whole or not at all, to `settings.graph`.

    The ontology is written beside it as RDF/XML, `aikg.owl`, for tools that read no Turtle.
    """
    result = compile_graph(settings, progress)
    progress("write")
    settings.home.mkdir(parents=True, exist_ok=True)
    graph = f"# aikg {result.version}\n".encode() + turtle.write_nquads(result.quads())
    ontology = [s.triple for s in result.asserted if s.path.startswith("ontology/")]
    _write_whole(settings.home / "aikg.owl", turtle.write_rdfxml(ontology))
    _write_whole(settings.graph, graph)
    return result


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file under another name, then rename it: nobody sees half of it."""
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(path)
