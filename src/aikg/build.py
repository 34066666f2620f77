"""The build: read, validate, reason, check, write. It stops at the first stage that fails."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox
from rdflib import Graph

from aikg.description import executables, obo, rulebook, void
from aikg.errors import SettingError
from aikg.files import turtle
from aikg.files.queries import read_queries
from aikg.files.turtle import Statement
from aikg.files.version import program_version, version_of
from aikg.intake.curated import Curated
from aikg.intake.texts import Examined
from aikg.intake.verdict import Progress
from aikg.ledger import private
from aikg.links import mappings
from aikg.rules import reasoning, shapes
from aikg.rules.reasoning import INFERRED
from aikg.settings import Settings


@dataclass(frozen=True)
class Built:
    """The result of a build.

    Attributes:
        asserted: The statements of `ontology/` and `data/turtle/`, with their places.
        inferred: The triples that follow from them, sorted.
        remarks: How many problems there are that do not stop a build.
        version: The version of the data: a hash of all files that the build reads.
        aside: Quads in named graphs only, which are not evidence: links to other vocabularies,
            shapes, queries, and the description of the graph.
    """

    asserted: list[Statement]
    inferred: list[ox.Triple]
    remarks: int
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
        GraphInvalid: A rule of level Error is broken; the message is the report.
        MappingInvalid: A link to another vocabulary breaks its form or contradicts another.
    """
    current = version_of(settings.root)
    progress("read")
    asserted = read_sources(settings.root)
    curated = Curated.judge(asserted, settings.root, progress)
    curated.refuse()
    inferred = with_claims(curated, settings.root)
    progress("link")
    aside = mappings.read_graphs(settings.root, asserted)
    progress("describe")
    aside += obo.describe(asserted)
    aside += _read_aside(settings.root, curated.rules.vocabulary)
    result = Built(asserted, inferred, len(curated.verdict.problems), current, aside)
    store = ox.Store()
    store.extend(result.quads())
    aside += void.describe(store, current)
    return result


def with_claims(curated: Curated, root: Path) -> list[ox.Triple]:
    """Add what is known of claims, and names, to the inferred triples and the verdict's graph."""
    verdict = curated.verdict
    rules = reasoning.load(root / "queries" / "rules", reasoning.ONCE)
    found = reasoning.follow(verdict.store, (), rules)
    verdict.store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in found)
    return sorted([*verdict.inferred, *found], key=str)


def validate_files(
    paths: Sequence[Path], settings: Settings, progress: Progress = lambda stage: None
) -> list[Examined]:
    """Judge files together with the graph's own; each replaces the file with its name.

    Returns:
        The verdict on each file, with its report.

    Raises:
        MissingFolder: One of them cannot be read.
        TurtleSyntaxError: One of them is not Turtle.
    """
    curated, names = judge_with(paths, settings.root, progress)
    return [curated.examined(name) for name in names]


def store_with(
    paths: Sequence[Path], root: Path, progress: Progress = lambda stage: None
) -> ox.Store:
    """Return the graph with some more files and all that follows, in the default graph.

    Raises:
        MissingFolder: One of them cannot be read.
        TurtleSyntaxError: One of them is not Turtle.
        GraphInvalid: A file breaks a shape, or contradicts the ontology.
    """
    curated, _ = judge_with(paths, root, progress)
    curated.refuse(checks=False)
    with_claims(curated, root)
    return curated.verdict.store


def judge_with(paths: Sequence[Path], root: Path, progress: Progress) -> tuple[Curated, list[str]]:
    """Judge the graph's own files and some more, each of which replaces the file with its name.

    Returns:
        The verdict, and the names of the given files.

    Raises:
        MissingFolder: One of them cannot be read.
        TurtleSyntaxError: One of them is not Turtle.
    """
    progress("read")
    given = [turtle.read(path.resolve(), root.resolve()) for path in paths]
    names = [turtle.name_of(path.resolve(), root.resolve()) for path in paths]
    own = [s for s in read_sources(root) if s.path not in names]
    return Curated.judge([*own, *(s for file in given for s in file)], root, progress), names


def read_sources(root: Path) -> list[Statement]:
    """Read the ontology and the evidence."""
    folders = (root / "ontology", root / "data" / "turtle")
    return [statement for folder in folders for statement in turtle.read_folder(folder, root)]


def _read_aside(root: Path, terms: Graph) -> Iterator[ox.Quad]:
    """Read the contents of named graphs that are about the evidence, and not part of it."""
    for folder in ("shapes", "description"):
        for statement in turtle.read_folder(root / folder, root):
            yield statement.quad
    queries = root / "queries"
    yield from executables.examples(read_queries(queries / "competency"))
    checks = read_queries(queries / "checks")
    yield from executables.checks_and_rules(checks, read_queries(queries / "rules"))
    yield from rulebook.describe(shapes.load(root / "shapes"), terms, checks, root / "cases")


def build(settings: Settings, progress: Progress = lambda stage: None) -> Built:
    """Compile the graph and write it, whole or not at all, to `settings.graph`.

    The ontology is written beside it as RDF/XML, `aikg.owl`, for tools that read no Turtle.

    Raises:
        SettingError: The home cannot be written.
    """
    _try_to_write(settings.home)
    result = compile_graph(settings, progress)
    progress("write")
    stamp = f"{result.version} {program_version()}"
    graph = f"# aikg {stamp}\n".encode() + turtle.write_nquads(result.quads())
    ontology = turtle.write_rdfxml(obo.ontology(result.asserted))
    _write_whole(settings.home / "aikg.owl", ontology)
    _write_whole(settings.graph, graph)
    return result


def _try_to_write(home: Path) -> None:
    try:
        private.folder(home)
        _write_whole(home / "written", b"")
        (home / "written").unlink()
    except OSError as error:
        raise SettingError(
            f"The graph cannot be written to {home}: {error.strerror}.",
            advice="Set AIKG_HOME to a folder that you may write to.",
        ) from error


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file under another name, then rename it: nobody sees half of it."""
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(path)
