"""The verdict's control: the build's own judge, with and without the submission."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pyoxigraph as ox
from conftest import ROOT

from aikg.intake.submission import ParsedSubmission
from aikg.intake.verdict import Rules, Verdict, judge_whole
from aikg.rules.checks import Problem
from aikg.rules.shapes import load
from aikg.rules.targets import Aimed


class Whole:
    """A graph that is judged as a whole, as the build does.

    Args:
        stated: The statements that are published.
        rules: The rules.
        terms: Whether the terms of the ontology are judged too.
    """

    def __init__(self, stated: Sequence[ox.Triple], rules: Rules, terms: bool = True) -> None:
        self._stated = [*rules.stated, *stated] if terms else list(stated)
        # Each shape is asked about each node, as the published shapes stand.
        self._rules = replace(rules, shapes=Aimed.of(load(ROOT / "shapes"), each=True))
        self._before = self._judge([])
        self._known = set(map(_unrecorded, self._before.problems))
        self._follows = set(self._before.inferred)

    def store(self) -> ox.Store:
        """Return the graph as it is published, with the inferred triples."""
        return self._before.store

    def new(self, submitted: Sequence[ox.Triple]) -> set[Problem]:
        """Return the problems with the submission in the graph that were not there without it."""
        return self.changes(submitted)[0]

    def changes(self, submitted: Sequence[ox.Triple]) -> tuple[set[Problem], set[ox.Triple]]:
        """Return the problems and the inferred triples with the submission and not without it."""
        verdict = self._judge(submitted)
        wrong = {one for one in verdict.problems if _unrecorded(one) not in self._known}
        return wrong, set(verdict.inferred) - self._follows

    def _judge(self, submitted: Sequence[ox.Triple]) -> Verdict:
        return judge_whole(submission([*self._stated, *submitted]), self._rules)


def _unrecorded(problem: Problem) -> Problem:
    """Leave out which data issue records a problem: recorded anew, it is the same problem."""
    return replace(problem, recorded=None)


def submission(
    triples: Sequence[ox.Triple], name: str = "case", registered: tuple[str, ...] = ()
) -> ParsedSubmission:
    """Make a submission of triples that no file contains."""
    return ParsedSubmission(name, "none", "none", list(triples), registered=registered)
