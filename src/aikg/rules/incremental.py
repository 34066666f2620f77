"""What a change of the statements changes in all: the same as deriving anew, without doing it.

A rule is asked only about nodes that the change touches: each of its variables in turn is bound to
them. Where what follows about another node differs from before, that node is touched as well, and
the step is taken again. The time depends on the change, not on the size of the graph.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

import pyoxigraph as ox

from aikg.files.queries import Query, read_queries
from aikg.names import PREFIXES, RDF_TYPE, stands_aside
from aikg.rules.reasoning import CLAIMS, INFERRED, STRATA, is_about_named_nodes, load

#: Rules of one stratum after the other, each as a query for each of its variables.
_Asked: TypeAlias = list[list[str]]
_Node: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Triple
_DEFAULT = ox.DefaultGraph()
#: The classes of what is inferred of claims.
_JUDGEMENTS = {ox.NamedNode(PREFIXES["aikg"] + name) for name in ("EvidenceLine", "Assessment")}

_COMMENTS_AND_TEXTS = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|<[^<>\s]*>|#[^\n]*')
#: What binds no variable for the pattern around it, or binds it only where it is free.
_APART = re.compile(r"\b(?:FILTER\s*(?:NOT\s+EXISTS|EXISTS)?|OPTIONAL|MINUS|BIND)\s*(?=[({])", re.I)
_WHERE = re.compile(r"\}\s*(?:WHERE\s*)?\{", re.I)
_VARIABLE = re.compile(r"\?(\w+)")
_PLACE = "#nodes#"


@dataclass(frozen=True)
class Rules:
    """What follows.

    Attributes:
        strata: The rules by stratum, each as a query for each of its variables.
        claims: The rules that judge claims, in their order. They are applied to the whole graph:
            a claim is judged by all the evidence on it, and the lines are few.
    """

    strata: _Asked
    claims: list[Query]


@dataclass(frozen=True)
class Difference:
    """How a graph differs from what it was, quad by quad; no quad is in both.

    Attributes:
        added: Quads that were not there.
        removed: Quads that were.
    """

    added: set[ox.Quad]
    removed: set[ox.Quad]

    def then(self, later: Difference) -> Difference:
        """Give the difference that two make, one after the other."""
        return Difference(
            (self.added - later.removed) | (later.added - self.removed),
            (self.removed - later.added) | (later.removed - self.added),
        )


class Change:
    """A store while it is changed; it knows what it was before."""

    def __init__(self, store: ox.Store) -> None:
        self.store = store
        self.added: set[ox.Quad] = set()
        self.removed: set[ox.Quad] = set()

    def add(self, quad: ox.Quad) -> None:
        """Add a quad; the one that was removed before is as it was."""
        if quad not in self.store:
            self.store.add(quad)
            self._note(quad, self.added, self.removed)

    def remove(self, quad: ox.Quad) -> None:
        """Remove a quad; the one that was added before never was."""
        if quad in self.store:
            self.store.remove(quad)
            self._note(quad, self.removed, self.added)

    @staticmethod
    def _note(quad: ox.Quad, noted: set[ox.Quad], opposite: set[ox.Quad]) -> None:
        if quad in opposite:
            opposite.discard(quad)
        else:
            noted.add(quad)

    def graphs_of(self, triple: ox.Triple) -> set[object]:
        """Give the graphs of the evidence that hold a triple, the default graph among them."""
        terms = triple.subject, triple.predicate, triple.object
        graphs = {quad.graph_name for quad in self.store.quads_for_pattern(*terms, None)}
        return {graph for graph in graphs if not stands_aside(graph)}

    def revert(self) -> None:
        """Make the store what it was."""
        for quad in self.added:
            self.store.remove(quad)
        self.store.extend(self.removed)
        self.added, self.removed = set(), set()


def read(folder: Path, strata: Sequence[str] = STRATA) -> Rules:
    """Read the rules, and make them ready to be asked about nodes.

    Args:
        folder: See `reasoning.derive`.
        strata: See `reasoning.derive`.

    Raises:
        MissingFolder: See `reasoning.derive`.
        QueryMalformed: See `reasoning.derive`.
    """
    asked = [
        [_open(rule, name) for rule in read_queries(folder / stratum) for name in bound(rule)]
        for stratum in strata
    ]
    return Rules(asked, [rule for stratum in load(folder, CLAIMS) for rule in stratum])


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
    touched = _with_dependents(store, {quad.subject for quad in (*removed, *added)})
    current = Change(store)
    while True:
        before = _conclusions(store, rules.strata, touched)
        _change_statements(current, removed, added)
        _forget(current, touched)
        after = _fixpoint(current, rules.strata, touched)
        reached = {triple.subject for triple in before ^ after} - touched
        if not reached:
            break
        current.revert()
        touched |= reached
    for quad in [q for q in current.added if not is_about_named_nodes(q.triple)]:
        current.remove(quad)
    _judge_claims(current, rules.claims)
    return Difference(current.added, current.removed)


def _as_stored(quads: Iterable[ox.Quad]) -> list[ox.Quad]:
    """Give quads with their numbers written as a store writes them: 15.0 as 15."""
    store = ox.Store()
    store.extend(quads)
    return list(store)


def _with_dependents(store: ox.Store, nodes: set[_Node]) -> set[_Node]:
    """Add what points at the nodes, and so on: a path of a rule may pass through them unnamed."""
    found, new = set(nodes), set(nodes)
    while new:
        pointing = (quad for n in new for quad in store.quads_for_pattern(None, None, n, None))
        new = {
            q.subject
            for q in pointing
            if q.graph_name not in (_DEFAULT, INFERRED) and not stands_aside(q.graph_name)
        } - found
        found |= new
    return found


def _in(graph: ox.NamedNode | ox.DefaultGraph, triple: ox.Triple) -> ox.Quad:
    return ox.Quad(triple.subject, triple.predicate, triple.object, graph)


def bound(rule: Query) -> list[str]:
    """Give the variables that the pattern of a rule itself binds, sorted."""
    text = _COMMENTS_AND_TEXTS.sub("", rule.text)
    body = text[cast("re.Match[str]", _WHERE.search(text)).end() :]
    while apart := _APART.search(body):
        body = body[: apart.start()] + body[_closing(body, apart.end()) :]
    return sorted(set(_VARIABLE.findall(body)))


def _closing(text: str, start: int) -> int:
    """Give the place behind the bracket that closes the one at `start`."""
    depth = 0
    for place in range(start, len(text)):
        depth += text[place] in "({"
        depth -= text[place] in ")}"
        if depth == 0:
            return place + 1
    return len(text)


def _open(rule: Query, variable: str) -> str:
    """Make the query of a rule that binds one variable to nodes, which are filled in later."""
    where = cast("re.Match[str]", _WHERE.search(rule.text))
    values = f" VALUES ?{variable} {{ {_PLACE} }} "
    return rule.text[: where.end()] + values + rule.text[where.end() :]


def _conclusions(store: ox.Store, rules: _Asked, touched: Iterable[object]) -> set[ox.Triple]:
    """Give what follows where a rule is used once, on touched nodes, known or not."""
    nodes = " ".join(str(node) for node in touched if isinstance(node, ox.NamedNode))
    found: set[ox.Triple] = set()
    for query in (query for stratum in rules for query in stratum):
        found.update(cast(ox.QueryTriples, store.query(query.replace(_PLACE, nodes))))
    return found


def _change_statements(
    current: Change, removed: Iterable[ox.Quad], added: Iterable[ox.Quad]
) -> None:
    for quad in removed:
        current.remove(quad)
        triple = quad.triple
        if not current.graphs_of(triple) - {_DEFAULT, INFERRED}:
            current.remove(_in(_DEFAULT, triple))
    for quad in added:
        current.add(quad)
        current.add(_in(_DEFAULT, quad.triple))


def _forget(current: Change, nodes: Iterable[object]) -> None:
    """Remove all that follows about some nodes, unless a source states it."""
    for node in nodes:
        for quad in list(
            current.store.quads_for_pattern(cast(ox.NamedNode, node), None, None, INFERRED)
        ):
            current.remove(quad)
            if current.graphs_of(quad.triple) == {_DEFAULT}:
                current.remove(_in(_DEFAULT, quad.triple))


def _fixpoint(current: Change, rules: _Asked, touched: Iterable[object]) -> set[ox.Triple]:
    """Apply the rules to touched nodes until nothing is new; give all that they conclude."""
    nodes = list(touched)
    concluded: set[ox.Triple] = set()
    for stratum in range(1, len(rules) + 1):
        while True:
            concluded = _conclusions(current.store, rules[:stratum], nodes)
            new = [triple for triple in concluded if _in(_DEFAULT, triple) not in current.store]
            for triple in new:
                current.add(_in(_DEFAULT, triple))
                current.add(_in(INFERRED, triple))
            if not new:
                break
    return concluded


def _judge_claims(current: Change, rules: Iterable[Query]) -> None:
    """Judge all claims anew: what was inferred of them goes, and what follows now comes."""
    store = current.store
    judged = {
        quad.subject
        for quad in store.quads_for_pattern(None, ox.NamedNode(RDF_TYPE), None, INFERRED)
        if quad.object in _JUDGEMENTS
    }
    _forget(current, judged)
    for rule in rules:
        for triple in list(cast(ox.QueryTriples, store.query(rule.text))):
            if _in(_DEFAULT, triple) not in store:
                current.add(_in(_DEFAULT, triple))
                current.add(_in(INFERRED, triple))
