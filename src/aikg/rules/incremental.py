"""Incremental inference: the result of deriving anew, in a time that depends only on the change.

A rule is asked only about nodes that the change touches: each of its variables in turn is bound to
them. If other triples than before follow about another node, that node is touched too, and the step
is repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pyoxigraph as ox

from aikg.rules import assessments, neighbourhood, reasoning
from aikg.rules.delta import DEFAULT, Delta, Recorder, quad_in
from aikg.rules.reasoning import INFERRED, STRATA, is_about_named_nodes

#: Rules of one stratum after the other, each as a query for each of its variables.
_Asked: TypeAlias = list[list[str]]


@dataclass(frozen=True)
class InferenceRules:
    """The rules of inference, made ready to be asked about nodes.

    Attributes:
        strata: The rules by stratum, each as a query for each of its variables.
        claims: The rules that assess claims by the inferred triples.
        names: The rules that name nodes, each as a query for its first variable.
    """

    strata: _Asked
    claims: assessments.ClaimRules
    names: list[str]


def read_rules(folder: Path, strata: Sequence[str] = STRATA) -> InferenceRules:
    """Read the rules, and make them ready to be asked about nodes.

    Args:
        folder: See `reasoning.derive`.
        strata: See `reasoning.derive`.

    Raises:
        MissingFolder: See `reasoning.derive`.
        QueryMalformed: See `reasoning.derive`.
    """
    queries = [
        [reasoning.bind(rule, v) for rule in rules for v in reasoning.bound_variables(rule)]
        for rules in reasoning.load(folder, strata)
    ]
    (naming,) = reasoning.load(folder, (reasoning.NAMES,))
    names = [reasoning.bind(rule, reasoning.named_by(rule)) for rule in naming]
    return InferenceRules(queries, assessments.read_claim_rules(folder), names)


def change(
    store: ox.Store,
    rules: InferenceRules,
    *,
    removed: Iterable[ox.Quad] = (),
    added: Iterable[ox.Quad] = (),
) -> Delta[ox.Quad]:
    """Remove and add statements, and update the inferred triples, in the store itself.

    Args:
        store: The graph: each statement in the default graph and in that of its source, each
            inferred triple in the default graph and in `INFERRED`.
        rules: The result of `read_rules`.
        removed: Statements, each as a quad of its source's graph.
        added: Likewise.
    """
    removed, added = _as_stored(removed), _as_stored(added)
    changed: set[Any] = {quad.subject for quad in (*removed, *added)}
    touched = neighbourhood.with_dependents(store, changed)
    current = Recorder(store)
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
    for quad in [q for q in current.delta.added if not is_about_named_nodes(q.triple)]:
        current.remove(quad)
    reached |= assessments.reach(store, rules.claims, changed, touched)
    assessments.assess_again(current, rules.claims, reached)
    _name_again(current, rules.names, touched)
    return current.delta


def _name_again(current: Recorder, names: Sequence[str], touched: set[Any]) -> None:
    """Name the touched nodes again, and what was inferred of them or points at them."""
    store = current.store
    changed = (*current.delta.added, *current.delta.removed)
    nodes = touched | {quad.subject for quad in changed}
    for node in touched:
        nodes |= {quad.subject for quad in store.quads_for_pattern(None, None, node, INFERRED)}
    current.conclude(t for query in names for t in reasoning.ask_about(store, query, nodes))


def _as_stored(quads: Iterable[ox.Quad]) -> list[ox.Quad]:
    """Return quads with numbers in the form that a store has: 15.0 as 15."""
    store = ox.Store()
    store.extend(quads)
    return list(store)


def _conclusions(store: ox.Store, rules: _Asked, touched: Iterable[object]) -> set[ox.Triple]:
    """Return what each rule concludes in one step about touched nodes, known or not."""
    queries = [query for stratum in rules for query in stratum]
    return {triple for query in queries for triple in reasoning.ask_about(store, query, touched)}


def _change_statements(
    current: Recorder, removed: Iterable[ox.Quad], added: Iterable[ox.Quad]
) -> None:
    for quad in removed:
        current.remove(quad)
        triple = quad.triple
        if not current.graphs_of(triple) - {DEFAULT, INFERRED}:
            current.remove(quad_in(DEFAULT, triple))
    for quad in added:
        current.add(quad)
        current.add(quad_in(DEFAULT, quad.triple))


def _fixpoint(current: Recorder, rules: _Asked, touched: Iterable[object]) -> set[ox.Triple]:
    """Apply the rules to touched nodes until nothing is new; return all conclusions."""
    nodes = list(touched)
    concluded: set[ox.Triple] = set()
    for stratum in range(1, len(rules) + 1):
        while True:
            concluded = _conclusions(current.store, rules[:stratum], nodes)
            if not current.conclude(concluded):
                break
    return concluded
