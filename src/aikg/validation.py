"""Validation: files against shapes, then what follows from them, then the checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from aikg import checks, reasoning, shapes
from aikg.errors import GraphInvalid, Inconsistent
from aikg.locator import Locator
from aikg.names import shorten
from aikg.turtle import Statement

#: Called with the name of each stage as it begins.
Progress = Callable[[str], object]

RL_RULES = "https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules"


@dataclass(frozen=True)
class Verdict:
    """What is known of statements that broke nothing.

    Attributes:
        inferred: What follows from them, sorted.
        remarks: Warnings of the shapes and what the checks found below Error, a line each.
    """

    inferred: list[ox.Triple]
    remarks: list[str]


def judge(
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
        GraphInvalid: A shape or a check of level Error is broken; a line a fault, with its place.
        Inconsistent: What follows contradicts the ontology; the lines name the individuals.
    """
    asserted = [*ontology, *data]
    files = Locator(asserted, only)
    progress("validate")
    results = [r for r in _shape_results(ontology, data, root) if files.holds(r.focus)]
    _refuse(
        GraphInvalid,
        [_told(r, files) for r in results if r.severity == "Violation"],
        advice="Mend each line that is named, then run `aikg validate` on the file.",
    )
    progress("reason")
    store = store_of(asserted)
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
    problems = checks.run(store, checks.load(root / "queries" / "checks"))
    problems = [p for p in problems if files.holds(p.node)]
    _refuse(
        GraphInvalid,
        [_found(p, files) for p in problems if p.level == "Error"],
        advice="Mend what each line names, then run `aikg validate` on the file.",
    )
    remarks = [_told(r, files) for r in results]
    return Verdict(inferred, remarks + [f"{p.level}: {_found(p, files)}" for p in problems])


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


def _told(result: shapes.Result, files: Locator) -> str:
    place = files.place(result.focus, result.path, result.value)
    value = result.value
    found = f" Found: {shorten(value) if value.startswith('https:') else value}." if value else ""
    return f"{place}: {result.message}{found} [{shorten(result.focus)}, {shorten(result.shape)}]"


def _found(problem: checks.Problem, files: Locator) -> str:
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
