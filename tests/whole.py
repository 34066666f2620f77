"""The verdict's control: validating the whole graph, with and without the submission."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyoxigraph as ox

from aikg.intake.submission import ParsedSubmission
from aikg.intake.verdict import Verdict, contradictions
from aikg.rules import checks, reasoning, shapes

#: One thing that is wrong: the kind, the rule, the node, the property, the value, the words.
Wrong = tuple[str, ...]

_STRATA = ("owl", "evidence", "sizes")


class Whole:
    """A graph that is validated as a whole, by what the build uses.

    Args:
        ontology: The ontology.
        stated: What is published.
        root: The folder with shapes and queries.
        terms: Whether shapes are asked about the terms of the ontology too.
    """

    def __init__(
        self,
        ontology: Sequence[ox.Triple],
        stated: Sequence[ox.Triple],
        root: Path,
        terms: bool = True,
    ) -> None:
        self._ontology, self._stated = list(ontology), list(stated)
        self._shaped = [*ontology, *stated] if terms else self._stated
        self._shapes = shapes.load(root / "shapes")
        self._terms = shapes.to_graph(ontology)
        self._checks = checks.load(root / "queries" / "checks")
        self._rules = reasoning.load(root / "queries" / "rules", _STRATA)
        self._published, follows = self._closed([])
        self._follows = set(follows)
        self.before = self._wrong(self._published, [])

    def store(self) -> ox.Store:
        """Give the graph as it is published, with what follows from it."""
        return self._published

    def new(self, submitted: Sequence[ox.Triple]) -> set[Wrong]:
        """Give what is wrong with the submission in the graph and was not wrong without it."""
        return self.changes(submitted)[0]

    def changes(self, submitted: Sequence[ox.Triple]) -> tuple[set[Wrong], set[ox.Triple]]:
        """Give what is wrong, and what follows, with the submission and not without it."""
        store, inferred = self._closed(submitted)
        known = set(map(_unrecorded, self.before))
        wrong = {one for one in self._wrong(store, submitted) if _unrecorded(one) not in known}
        return wrong, set(inferred) - self._follows

    def _closed(self, submitted: Sequence[ox.Triple]) -> tuple[ox.Store, list[ox.Triple]]:
        store = ox.Store()
        every = [*self._ontology, *self._stated, *submitted]
        store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in every)
        inferred = reasoning.follow(store, self._rules)
        store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in inferred)
        return store, inferred

    def _wrong(self, store: ox.Store, submitted: Sequence[ox.Triple]) -> set[Wrong]:
        data = shapes.to_graph([*self._shaped, *submitted])
        results = shapes.validate(data, self._shapes, self._terms)
        found = {of_shape(result) for result in results}
        found |= {of_check(problem) for problem in checks.run(store, self._checks)}
        every = {triple[0] for triple in reasoning.contradictions(store)}
        return found | {of_check(problem) for problem in contradictions(store, every)}


def _unrecorded(wrong: Wrong) -> Wrong:
    """Leave out which data issue records a problem: recorded anew, it is the same problem."""
    return (*wrong[:-1], "") if wrong[0] in checks.LEVELS else wrong


def of_shape(result: shapes.Result) -> Wrong:
    """Name a result of a shape; a blank node of the shapes has no name that would last."""
    path = result.path if result.path and result.path.startswith("http") else ""
    return (
        result.severity,
        result.shape,
        result.component,
        result.focus,
        path,
        result.value or "",
        result.message,
    )


def of_check(problem: checks.Problem) -> Wrong:
    """Name a row of a check."""
    return (
        problem.level,
        problem.check,
        problem.node,
        problem.path or "",
        problem.value or "",
        problem.message,
        problem.recorded or "",
    )


def told(verdict: Verdict) -> set[Wrong]:
    """Give the same of a verdict, without what only a submission can do wrong."""
    return {of_shape(result) for result in verdict.results} | {
        of_check(problem) for problem in verdict.problems
    }


def submission(
    triples: Sequence[ox.Triple], name: str = "case", registered: tuple[str, ...] = ()
) -> ParsedSubmission:
    """Make a submission of triples that no file holds."""
    return ParsedSubmission(name, "none", "none", list(triples), registered=registered)
