"""The verdict on a submission: that of validating the whole graph as it would be with it.

Shapes look forward only, and a submission describes only its own nodes. So the verdict needs the
submission, what it points to, and what rules and checks join to it: a slice of the graph whose
size does not depend on the graph's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox
from rdflib import Graph

from aikg.files import turtle
from aikg.files.queries import Query
from aikg.intake import conduct
from aikg.intake.cells import Cells
from aikg.intake.submission import ParsedSubmission
from aikg.intake.terms import node_of, value_of
from aikg.links.identifiers import read_prefixes
from aikg.names import BASE, OTHER_PREFIXES, PREFIXES, RDF_TYPE, stands_aside
from aikg.rules import checks, neighbourhood, reasoning, shapes
from aikg.rules.checks import Problem
from aikg.shared.house import House, read_house
from aikg.shared.keys import is_shared

#: Whether the rules are needed for what checks read; those of claims are not.
_STRATA = ("owl", "evidence", "sizes")

_DEFAULT = ox.DefaultGraph()
_INFERRED = ox.NamedNode(PREFIXES["graph"] + "inferred")
_SIZE, _STATED_SIZE = (ox.NamedNode(PREFIXES["aikg"] + n) for n in ("size", "statedSize"))


@dataclass(frozen=True)
class Rules:
    """All that a submission is held against, read once.

    Attributes:
        ontology: The ontology, with what follows from it.
        vocabulary: The ontology, for shapes.
        shapes: The shapes.
        checks: The checks.
        sentences: What each check and each rule of what may be sent asks, by its code.
        strata: The rules of inference, by stratum.
        root: Where the files are.
    """

    ontology: list[ox.Triple]
    vocabulary: Graph
    shapes: shapes.Aimed
    checks: list[Query]
    sentences: dict[str, str]
    strata: list[list[Query]]
    root: Path

    @classmethod
    def load(cls, root: Path) -> Rules:
        """Read them from the files below a root.

        Raises:
            MissingFolder: A folder is not there.
        """
        stated = [s.triple for s in turtle.read_folder(root / "ontology", root)]
        strata = reasoning.load(root / "queries" / "rules", _STRATA)
        asked = checks.load(root / "queries" / "checks")
        ontology = ox.Store()
        ontology.extend(_quads(stated))
        return cls(
            [*stated, *reasoning.follow(ontology, strata)],
            shapes.to_graph(stated),
            shapes.Aimed.of(shapes.load(root / "shapes")),
            asked,
            {f"check/{check.name}": check.summary for check in asked} | _described(root),
            strata,
            root,
        )

    @cached_property
    def house(self) -> House:
        """The index of the curated nodes."""
        return read_house(self.root, read_prefixes(self.root))

    @cached_property
    def cells(self) -> Cells:
        """What the cells of a table may hold."""
        return Cells.of(self.shapes.shapes, self.ontology)

    @cached_property
    def joined_by_rules(self) -> frozenset[neighbourhood.Path]:
        """What the rules of inference read against the direction of a property."""
        return neighbourhood.joins(rule for stratum in self.strata for rule in stratum)

    @cached_property
    def joined_by_checks(self) -> frozenset[neighbourhood.Path]:
        """What the checks read against the direction of a property."""
        return neighbourhood.joins(self.checks)


def _described(root: Path) -> dict[str, str]:
    """Read what the rules ask that are neither shape nor check."""
    stated = turtle.read(root / "description" / "rules.ttl", root)
    return {
        node_of(s.triple).removeprefix(BASE): value_of(s.triple)
        for s in stated
        if s.triple.predicate.value == OTHER_PREFIXES["rdfs"] + "comment"
    }


@dataclass(frozen=True)
class Verdict:
    """What was found.

    Attributes:
        submission: What was sent.
        triples: What of it may be said.
        inferred: What would follow, and does not follow from the graph alone.
        results: The shapes that its nodes break.
        problems: What is wrong besides: with its conduct, by a contradiction, by checks. They are
            about its nodes, or about others that it makes wrong.
    """

    submission: ParsedSubmission
    triples: list[ox.Triple]
    inferred: list[ox.Triple]
    results: list[shapes.Result]
    problems: list[Problem]

    @property
    def accepted(self) -> bool:
        """Whether nothing stands against it."""
        broken = any(result.severity == "Violation" for result in self.results)
        return not broken and not any(problem.stops for problem in self.problems)

    def quads(self, graph: str) -> Iterator[ox.Quad]:
        """Give what the published graph would have more, each triple in its two places.

        Args:
            graph: The IRI of the submission's named graph.
        """
        for triples, place in ((self.triples, ox.NamedNode(graph)), (self.inferred, _INFERRED)):
            for triple in triples:
                for name in (_DEFAULT, place):
                    yield ox.Quad(triple.subject, triple.predicate, triple.object, name)


def judge(store: ox.Store, submission: ParsedSubmission, rules: Rules) -> Verdict:
    """Hold a submission against all rules, together with the graph.

    Args:
        store: The published graph with what follows from it, in the default graph; it is as it
            was at the end.
        submission: What was sent.
        rules: What it is held against.
    """
    triples, problems, nodes = conduct.split(submission, rules.house)
    results = _broken_shapes(store, triples, nodes, rules)
    new = [t for t, q in zip(triples, _quads(triples), strict=True) if q not in store]
    with _applied(store, triples):
        slice_ = ox.Store()
        slice_.extend(_quads(rules.ontology))
        slice_.extend(neighbourhood.around(store, nodes, rules.joined_by_rules))
        for quad in slice_.quads_for_pattern(None, _SIZE, None, None):
            slice_.remove(quad)  # a second stated size may have come
        followed = reasoning.follow(slice_, rules.strata)
        inferred = [t for t, q in zip(followed, _quads(followed), strict=True) if q not in store]
        with _applied(store, inferred):
            changed = nodes | {node_of(triple) for triple in inferred}
            slice_.extend(neighbourhood.around(store, changed, rules.joined_by_checks))
            slice_.extend(_sources(store, nodes))
            stale = _stale_sizes(slice_)
            for quad in stale:
                slice_.remove(quad)
            problems = [*submission.problems, *problems, *contradictions(slice_, nodes)]
            found = checks.run(slice_, rules.checks)
            own = {node for node in nodes if not is_shared(node)}
            problems += [p for p in found if p.node in own]
            others = [p for p in found if p.node not in own]
            slice_.extend(stale)
            problems += _made_wrong(store, slice_, others, [*new, *inferred], rules)
    return Verdict(submission, triples, inferred, results, problems)


def _stale_sizes(slice_: ox.Store) -> list[ox.Quad]:
    """Return the sizes of groups that have more than one stated size by now."""
    return [
        quad
        for quad in slice_.quads_for_pattern(None, _SIZE, None, None)
        if len(list(slice_.quads_for_pattern(quad.subject, _STATED_SIZE, None, None))) > 1
    ]


def _sources(store: ox.Store, nodes: set[str]) -> Iterator[ox.Quad]:
    """Yield which submission states what of the shared nodes, in their named graphs."""
    for node in filter(is_shared, nodes):
        for quad in store.quads_for_pattern(ox.NamedNode(node), None, None, None):
            if quad.graph_name not in (_DEFAULT, _INFERRED):
                yield quad


def _quads(triples: list[ox.Triple]) -> list[ox.Quad]:
    return [ox.Quad(t.subject, t.predicate, t.object) for t in triples]


@contextmanager
def _applied(store: ox.Store, triples: list[ox.Triple]) -> Iterator[None]:
    """Put into the graph what is new, and take it out again."""
    new = [quad for quad in _quads(triples) if quad not in store]
    store.extend(new)
    try:
        yield
    finally:
        for quad in new:
            store.remove(quad)


def _broken_shapes(
    store: ox.Store, triples: list[ox.Triple], nodes: set[str], rules: Rules
) -> list[shapes.Result]:
    """Ask the shapes about nodes, with what other sources state of the same nodes.

    Of a shared node each source says what it knows, so it is asked about with this one alone. Of
    what nodes point at, the types are all that shapes read.
    """
    stated = [*triples, *_stated_before(store, nodes)]
    pointed_at = {t.object for t in stated if isinstance(t.object, ox.NamedNode)}
    kind = ox.NamedNode(RDF_TYPE)
    types = [
        quad.triple
        for value in pointed_at
        if value.value not in nodes
        for quad in store.quads_for_pattern(value, kind, None, _DEFAULT)
    ]
    data = shapes.to_graph([*stated, *types])
    return shapes.validate_nodes(nodes, data, rules.shapes, rules.vocabulary)


def _stated_before(store: ox.Store, nodes: set[str]) -> Iterator[ox.Triple]:
    for node in nodes:
        if is_shared(node):
            continue
        for quad in store.quads_for_pattern(ox.NamedNode(node), None, None, None):
            if quad.graph_name not in (_DEFAULT, _INFERRED) and not stands_aside(quad.graph_name):
                yield quad.triple


def contradictions(slice_: ox.Store, nodes: set[str]) -> list[Problem]:
    """Report each of these nodes that would be of two classes which exclude each other."""
    return [
        Problem(
            "Error",
            "one-of-two-classes",
            node,
            RDF_TYPE,
            None,
            f"It follows to be both <{one}> and <{other}>, which exclude each other.",
            "See what the file states of the node; the definitions of the two classes say what "
            "makes it follow.",
            kind="rule",
        )
        for node, one, other in reasoning.contradictions(slice_)
        if node in nodes
    ]


def _made_wrong(
    store: ox.Store,
    slice_: ox.Store,
    others: list[Problem],
    added: list[ox.Triple],
    rules: Rules,
) -> list[Problem]:
    """Keep, of what is wrong with nodes of others, what was not wrong before."""
    if not others:
        return []
    names = {problem.check for problem in others}
    for quad in _quads(added):
        slice_.remove(quad)
    before = {
        replace(problem, recorded=None)
        for problem in checks.run(slice_, [c for c in rules.checks if c.name in names])
    }
    new = [p for p in others if replace(p, recorded=None) not in before]
    known = checks.recorded(store, {problem.node for problem in new}) if new else {}
    return [replace(problem, recorded=known.get(problem.node)) for problem in new]
