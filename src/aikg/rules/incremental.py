"""What a change of the statements changes in all: the same as deriving anew, without doing it.

A rule is asked only about nodes that the change touches: each of its variables in turn is bound to
them. Where what follows about another node differs from before, that node is touched as well, and
the step is taken again. The time depends on the change, not on the size of the graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pyoxigraph as ox

from aikg.files.queries import read_queries
from aikg.rules import asked, assessments, neighbourhood
from aikg.rules.difference import DEFAULT, Change, Difference, quad_in
from aikg.rules.reasoning import INFERRED, STRATA, is_about_named_nodes

#: Rules of one stratum after the other, each as a query for each of its variables.
_Asked: TypeAlias = list[list[str]]


@dataclass(frozen=True)
class Rules:
    """What follows.

    Attributes:
        strata: The rules by stratum, each as a query for each of its variables.
        claims: The rules that judge claims by what follows.
    """

    strata: _Asked
    claims: assessments.Rules


def read(folder: Path, strata: Sequence[str] = STRATA) -> Rules:
    """Read the rules, and make them ready to be asked about nodes.

    Args:
        folder: See `reasoning.derive`.
        strata: See `reasoning.derive`.

    Raises:
        MissingFolder: See `reasoning.derive`.
        QueryMalformed: See `reasoning.derive`.
    """
    queries = [
        [asked.by(rule, v) for rule in read_queries(folder / stratum) for v in asked.bound(rule)]
        for stratum in strata
    ]
    return Rules(queries, assessments.read(folder))


def change(
    store: ox.Store,
    rules: Rules,
    *,
    removed: Iterable[ox.Quad] = (),
    added: Iterable[ox.Quad] = (),
) -> Difference:
    """Remove and add statements, and bring what follows up to date, in the store itself.

    Args:
        store: The graph: each statement in the default graph and in that of its source, what
            follows in the default graph and in `INFERRED`.
        rules: What `read` gives.
        removed: Statements, each as a quad of its source's graph.
        added: Likewise.
    """
    removed, added = _as_stored(removed), _as_stored(added)
    changed: set[Any] = {quad.subject for quad in (*removed, *added)}
    touched = neighbourhood.with_dependents(store, changed)
    current = Change(store)
    while True:
        before = _conclusions(store, rules.strata, touched)
        reached = assessments.reach(store, rules.claims, changed, touched)
        _change_statements(current, removed, added)
        current.forget(touched)
        after = _fixpoint(current, rules.strata, touched)
        others = {triple.subject for triple in before ^ after} - touched
        if not others:
            break
        current.revert()
        touched |= others
    for quad in [q for q in current.added if not is_about_named_nodes(q.triple)]:
        current.remove(quad)
    reached |= assessments.reach(store, rules.claims, changed, touched)
    assessments.judge(current, rules.claims, reached)
    return Difference(current.added, current.removed)


def _as_stored(quads: Iterable[ox.Quad]) -> list[ox.Quad]:
    """Give quads with their numbers written as a store writes them: 15.0 as 15."""
    store = ox.Store()
    store.extend(quads)
    return list(store)


def _conclusions(store: ox.Store, rules: _Asked, touched: Iterable[object]) -> set[ox.Triple]:
    """Give what follows where a rule is used once, on touched nodes, known or not."""
    queries = [query for stratum in rules for query in stratum]
    return {triple for query in queries for triple in asked.ask(store, query, touched)}


def _change_statements(
    current: Change, removed: Iterable[ox.Quad], added: Iterable[ox.Quad]
) -> None:
    for quad in removed:
        current.remove(quad)
        triple = quad.triple
        if not current.graphs_of(triple) - {DEFAULT, INFERRED}:
            current.remove(quad_in(DEFAULT, triple))
    for quad in added:
        current.add(quad)
        current.add(quad_in(DEFAULT, quad.triple))


def _fixpoint(current: Change, rules: _Asked, touched: Iterable[object]) -> set[ox.Triple]:
    """Apply the rules to touched nodes until nothing is new; give all that they conclude."""
    nodes = list(touched)
    concluded: set[ox.Triple] = set()
    for stratum in range(1, len(rules) + 1):
        while True:
            concluded = _conclusions(current.store, rules[:stratum], nodes)
            if not current.conclude(concluded):
                break
    return concluded
