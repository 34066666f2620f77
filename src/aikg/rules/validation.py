"""Validation: shapes, then inference, then checks, each fault with its place in the files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from aikg.errors import GraphInvalid, Inconsistent
from aikg.files.turtle import Statement
from aikg.names import shorten
from aikg.rules import checks, reasoning, shapes
from aikg.rules.checks import Problem

#: Called with the name of each stage as it begins.
Progress = Callable[[str], object]

RL_RULES = "https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules"


class Locator:
    """Finds the place of a node, of one of its properties, or of one value, in the files.

    Args:
        statements: The statements with their places; the first place of a node counts.
        only: The files of interest; None: all.
    """

    def __init__(self, statements: Iterable[Statement], only: Iterable[str] | None = None) -> None:
        self._only = None if only is None else set(only)
        self._files: dict[str, set[str]] = {}
        self._first: dict[tuple[str, ...], Statement] = {}
        for statement in statements:
            triple = statement.triple
            subject = getattr(triple.subject, "value", "")
            predicate = triple.predicate.value
            value = getattr(triple.object, "value", "")
            self._files.setdefault(subject, set()).add(statement.path)
            for key in ((subject,), (subject, predicate), (subject, predicate, value)):
                self._first.setdefault(key, statement)

    def place(self, node: str, path: str | None = None, value: str | None = None) -> str:
        """Return `file:line` of the value, or else of the property, or else of the node."""
        for key in ((node, path, value), (node, path), (node,)):
            statement = self._first.get(tuple(part for part in key if part is not None))
            if statement is not None:
                return statement.place
        return "(no file)"

    def describes(self, node: str) -> bool:
        """Say whether one of the files of interest describes a node."""
        return self._only is None or not self._only.isdisjoint(self._files.get(node, ()))


@dataclass(frozen=True)
class Verdict:
    """The result of an examination that found no broken shape and no contradiction.

    Attributes:
        store: The statements and the inferred triples, in the default graph.
        inferred: The triples that follow, sorted.
        problems: Warnings of the shapes, as level Check, and the results of the checks.
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


def judge_files(
    ontology: Sequence[Statement],
    data: Sequence[Statement],
    root: Path,
    progress: Progress,
    only: Iterable[str] | None = None,
) -> Verdict:
    """Examine statements, and refuse those that cannot be true according to a check.

    Args:
        ontology: See `examine_files`.
        data: See `examine_files`.
        root: See `examine_files`.
        progress: See `examine_files`.
        only: See `examine_files`.

    Raises:
        GraphInvalid: A shape is broken, or a check of level Error that no data issue of the same
            source records; a line a fault, with its place.
        Inconsistent: A consequence contradicts the ontology; the lines name the individuals.
    """
    verdict = examine_files(ontology, data, root, progress, only)
    _refuse(
        GraphInvalid,
        [_found(p, verdict.files) for p in verdict.problems if p.stops],
        advice="Fix the problem of each line, then run `aikg validate` on the file.",
    )
    return verdict


def examine_files(
    ontology: Sequence[Statement],
    data: Sequence[Statement],
    root: Path,
    progress: Progress,
    only: Iterable[str] | None = None,
) -> Verdict:
    """Check statements against the shapes, derive what follows, and run the checks.

    Args:
        ontology: The ontology, whose tree of classes shapes and reasoning need.
        data: The statements that describe the evidence.
        root: The folder with `shapes/` and `queries/`.
        progress: Called with the name of each stage.
        only: The files of interest; faults of others are not reported. None: all.

    Raises:
        GraphInvalid: A shape is broken; a line a fault, with its place.
        Inconsistent: A consequence contradicts the ontology; the lines name the individuals.
    """
    asserted = [*ontology, *data]
    files = Locator(asserted, only)
    progress("validate")
    store = store_of(asserted)
    rules = checks.load(root / "queries" / "checks")
    results = [r for r in _shape_results(ontology, data, root) if files.describes(r.focus)]
    broken = [_broken(r, files) for r in results if r.severity == "Violation"]
    if broken:
        # A misspelt name also breaks shapes: the report begins with the cause.
        broken = [
            _found(p, files) for p in checks.names(store, rules) if files.describes(p.node)
        ] + broken
    _refuse(
        GraphInvalid,
        broken,
        advice="Fix each line that is named, then run `aikg validate` on the file.",
    )
    progress("reason")
    inferred = reasoning.derive(store, root / "queries" / "rules")
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in inferred)
    _refuse(
        Inconsistent,
        [
            f"{files.place(node)}: {shorten(node)} would be both {shorten(one)} and "
            f"{shorten(other)}, which exclude each other."
            for node, one, other in reasoning.contradictions(store)
            if files.describes(node)
        ],
        advice="Compare what the file says about the node with the definitions of the two classes "
        "in ontology/components/.",
        reference=RL_RULES,
    )
    progress("check")
    problems = [_warning(result) for result in results]
    problems += checks.run(store, rules)
    return Verdict(store, inferred, [p for p in problems if files.describes(p.node)], files)


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
    """Return the warning of a shape as a problem: it is unlikely, and can be true."""
    return Problem(
        level="Check",
        check=shorten(result.shape),
        node=result.focus,
        path=result.path,
        value=result.value,
        message=result.message,
        advice="If the source says so, leave it.",
    )


def _broken(result: shapes.Result, files: Locator) -> str:
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
