"""Validation: files against shapes, then what follows from them, then the checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from aikg.errors import GraphInvalid, Inconsistent
from aikg.files.locator import Locator
from aikg.files.turtle import Statement
from aikg.names import shorten
from aikg.rules import checks, reasoning, shapes
from aikg.rules.checks import Problem

#: Called with the name of each stage as it begins.
Progress = Callable[[str], object]

RL_RULES = "https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules"


@dataclass(frozen=True)
class Verdict:
    """What is known of statements that break no shape and contradict nothing.

    Attributes:
        store: The statements and what follows from them, in the default graph.
        inferred: What follows from them, sorted.
        problems: Warnings of the shapes, as of level Check, and what the checks found.
        files: Finds the place of each node.
    """

    store: ox.Store
    inferred: list[ox.Triple]
    problems: list[Problem]
    files: Locator

    @property
    def remarks(self) -> list[str]:
        """The problems, a line each, with place and level."""
        return [f"{_weight(p)}: {_found(p, self.files)}" for p in self.problems]


def judge(
    ontology: Sequence[Statement],
    data: Sequence[Statement],
    root: Path,
    progress: Progress,
    only: Iterable[str] | None = None,
) -> Verdict:
    """Examine statements, and refuse those of which a check says that they cannot be true.

    Args:
        ontology: See `examine`.
        data: See `examine`.
        root: See `examine`.
        progress: See `examine`.
        only: See `examine`.

    Raises:
        GraphInvalid: A shape is broken, or a check of level Error that no data issue of the same
            source records; a line a fault, with its place.
        Inconsistent: What follows contradicts the ontology; the lines name the individuals.
    """
    verdict = examine(ontology, data, root, progress, only)
    _refuse(
        GraphInvalid,
        [_found(p, verdict.files) for p in verdict.problems if p.stops],
        advice="Mend what each line names, then run `aikg validate` on the file.",
    )
    return verdict


def examine(
    ontology: Sequence[Statement],
    data: Sequence[Statement],
    root: Path,
    progress: Progress,
    only: Iterable[str] | None = None,
) -> Verdict:
    """Hold statements against the shapes, derive what follows, and ask the checks.

    Args:
        ontology: The ontology, whose tree of classes shapes and reasoning need.
        data: The statements that describe the evidence.
        root: The folder that holds `shapes/` and `queries/`.
        progress: Told of each stage.
        only: The files that are asked about; faults of others are passed over. None: all.

    Raises:
        GraphInvalid: A shape is broken; a line a fault, with its place.
        Inconsistent: What follows contradicts the ontology; the lines name the individuals.
    """
    asserted = [*ontology, *data]
    files = Locator(asserted, only)
    progress("validate")
    store = store_of(asserted)
    rules = checks.load(root / "queries" / "checks")
    results = [r for r in _shape_results(ontology, data, root) if files.holds(r.focus)]
    broken = [_told(r, files) for r in results if r.severity == "Violation"]
    if broken:
        # Where a name is misspelt, a shape misses what it stands for: the cause is told first.
        broken = [
            _found(p, files) for p in checks.names(store, rules) if files.holds(p.node)
        ] + broken
    _refuse(
        GraphInvalid,
        broken,
        advice="Mend each line that is named, then run `aikg validate` on the file.",
    )
    progress("reason")
    inferred = reasoning.derive(store, root / "queries" / "rules")
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in inferred)
    _refuse(
        Inconsistent,
        [
            f"{files.place(node)}: {shorten(node)} follows to be both {shorten(one)} and "
            f"{shorten(other)}, which exclude each other."
            for node, one, other in reasoning.contradictions(store)
            if files.holds(node)
        ],
        advice="See what the file states of the node; the definitions of the two classes in "
        "ontology/components/ say what makes it follow.",
        reference=RL_RULES,
    )
    progress("check")
    problems = [_warning(result) for result in results]
    problems += checks.run(store, rules)
    return Verdict(store, inferred, [p for p in problems if files.holds(p.node)], files)


def store_of(statements: Iterable[Statement]) -> ox.Store:
    """Put statements into the default graph of a new store."""
    store = ox.Store()
    triples = (statement.triple for statement in statements)
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    return store


def _shape_results(
    ontology: Sequence[Statement], data: Sequence[Statement], root: Path
) -> Sequence[shapes.Result]:
    terms = shapes.to_graph(statement.triple for statement in ontology)
    whole = terms + shapes.to_graph(statement.triple for statement in data)
    return shapes.validate(whole, shapes.load(root / "shapes"), terms)


def _warning(result: shapes.Result) -> Problem:
    """Give the warning of a shape as a check would: what it finds is unlikely, and can be true."""
    return Problem(
        level="Check",
        check=shorten(result.shape),
        node=result.focus,
        path=result.path,
        value=result.value,
        message=result.message,
        advice="If the source has it so, leave it.",
    )


def _told(result: shapes.Result, files: Locator) -> str:
    place = files.place(result.focus, result.path, result.value)
    value = result.value
    found = f" Found: {shorten(value) if value.startswith('https:') else value}." if value else ""
    return f"{place}: {result.message}{found} [{shorten(result.focus)}, {shorten(result.shape)}]"


def _weight(problem: Problem) -> str:
    """Name the level, and the data issue that keeps an error from stopping a build."""
    if problem.recorded is None:
        return problem.level
    return f"{problem.level}, recorded as {shorten(problem.recorded)}"


def _found(problem: Problem, files: Locator) -> str:
    place = files.place(problem.node, problem.path, problem.value)
    about = f"[{shorten(problem.node)}, check {problem.check}]"
    return f"{place}: {problem.message} {problem.advice} {about}"


def _refuse(
    kind: type[GraphInvalid | Inconsistent],
    lines: Sequence[str],
    advice: str,
    reference: str | None = None,
) -> None:
    if lines:
        raise kind("\n".join(lines), advice=advice, reference=reference)
