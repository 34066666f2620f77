"""The verdict on a graph: shapes, then inference, then checks. One judge for files and submissions.

Files are judged as a whole graph. A submission is judged as if the whole graph were validated with
it. Shapes look forward only, and a submission describes only its own nodes. So its verdict needs
the submission, the nodes that it points to, and the nodes that rules and checks join to it: a slice
of the graph, whose size does not depend on the graph's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
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
from aikg.rules.reasoning import INFERRED
from aikg.rules.targets import Aimed
from aikg.shared.house import House, read_house
from aikg.shared.keys import is_shared

#: Called with the name of each stage as it begins.
Progress = Callable[[str], object]

_DEFAULT = ox.DefaultGraph()
_SIZE, _STATED_SIZE = (ox.NamedNode(PREFIXES["aikg"] + n) for n in ("size", "statedSize"))


@dataclass(frozen=True)
class Rules:
    """All rules that a graph is held against, read once.

    Attributes:
        stated: The triples of the ontology.
        vocabulary: The same, for shapes.
        shapes: The shapes.
        checks: The checks.
        sentences: The sentence of each check and each rule on submissions, by its code.
        strata: The rules of inference, by stratum, without those of claims: no check reads claims.
        root: The folder of the files.
    """

    stated: list[ox.Triple]
    vocabulary: Graph
    shapes: Aimed
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
        asked = checks.load(root / "queries" / "checks")
        return cls(
            stated,
            shapes.to_graph(stated),
            Aimed.of(shapes.load(root / "shapes")),
            asked,
            {f"check/{check.name}": check.summary for check in asked} | _described(root),
            reasoning.load(root / "queries" / "rules"),
            root,
        )

    @cached_property
    def silent(self) -> frozenset[str]:
        """The codes of checks that ask nothing of anybody: the audit has them, a report has not."""
        return frozenset(
            f"check/{c.name}" for c in self.checks if c.header.get("asks") == "nothing"
        )

    @cached_property
    def explanations(self) -> dict[str, str]:
        """The code of the check whose findings a check explains, by its own code."""
        return {
            f"check/{c.name}": f"check/{c.header['explains']}"
            for c in self.checks
            if "explains" in c.header
        }

    @cached_property
    def house(self) -> House:
        """The index of the curated nodes."""
        return read_house(self.root, read_prefixes(self.root))

    @cached_property
    def ontology(self) -> list[ox.Triple]:
        """The ontology, with what follows from it."""
        return [*self.stated, *reasoning.follow(turtle.store_of(self.stated), self.strata)]

    @cached_property
    def cells(self) -> Cells:
        """The values that the cells of a table may contain."""
        return Cells.of(self.shapes.shapes, self.ontology)

    @cached_property
    def joined_by_rules(self) -> frozenset[neighbourhood.Path]:
        """The paths that the rules of inference read against the direction of a property."""
        return neighbourhood.joins(rule for stratum in self.strata for rule in stratum)

    @cached_property
    def joined_by_checks(self) -> frozenset[neighbourhood.Path]:
        """The paths that the checks read against the direction of a property."""
        return neighbourhood.joins(self.checks)


def _described(root: Path) -> dict[str, str]:
    """Read the sentences of the rules that are neither shape nor check."""
    stated = turtle.read(root / "description" / "rules.ttl", root)
    return {
        node_of(s.triple).removeprefix(BASE): value_of(s.triple)
        for s in stated
        if s.triple.predicate.value == OTHER_PREFIXES["rdfs"] + "comment"
    }


@dataclass(frozen=True)
class Verdict:
    """The verdict on a submission, or on files.

    Attributes:
        submission: The statements, with their places.
        triples: The statements that a submission is allowed to make.
        inferred: The triples that would follow, and do not follow from the graph alone.
        problems: Everything that is wrong: statements that a submission may not make, shapes that
            are broken, contradictions, rows of checks. A problem is about a node of the submission,
            or about another node that the submission makes wrong.
        store: The graph, or the slice of it, that the checks were asked about.
    """

    submission: ParsedSubmission
    triples: list[ox.Triple]
    inferred: list[ox.Triple]
    problems: list[Problem]
    store: ox.Store

    @property
    def accepted(self) -> bool:
        """Whether no problem rules it out."""
        return not any(problem.stops for problem in self.problems)

    def part(self, submission: ParsedSubmission) -> Verdict:
        """Return the verdict on some of the files, which are given as a submission."""
        nodes = submission.nodes
        return Verdict(
            submission,
            submission.triples,
            [triple for triple in self.inferred if node_of(triple) in nodes],
            [problem for problem in self.problems if problem.node in nodes],
            self.store,
        )


def judge_whole(
    submission: ParsedSubmission, rules: Rules, progress: Progress = lambda stage: None
) -> Verdict:
    """Hold a whole graph against all rules.

    Args:
        submission: All its statements. With those of the ontology, the terms are judged too.
        rules: The rules.
        progress: Called with the name of each stage.
    """
    progress("validate")
    problems = [*submission.problems]
    problems += _broken_shapes(None, submission.triples, rules)
    progress("reason")
    store = turtle.store_of([*rules.stated, *submission.triples])
    inferred = reasoning.follow(store, rules.strata)
    store.extend(_quads(inferred))
    problems += _contradictions(store)
    progress("check")
    problems += checks.run(store, rules.checks)
    return Verdict(submission, submission.triples, inferred, problems, store)


def judge(store: ox.Store, submission: ParsedSubmission, rules: Rules) -> Verdict:
    """Hold a submission against all rules, together with the graph.

    Args:
        store: The published graph with the inferred triples, in the default graph. It is the same
            afterwards.
        submission: The submission.
        rules: The rules.
    """
    triples, problems, nodes = conduct.split(submission, rules.house)
    problems = [*submission.problems, *problems]
    problems += conduct.doubles(store, triples, rules.house)
    problems += _broken_shapes(nodes, [*triples, *_context(store, triples, nodes)], rules)
    new = [t for t, q in zip(triples, _quads(triples), strict=True) if q not in store]
    with _applied(store, triples):
        slice_ = turtle.store_of(rules.ontology)
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
            problems += (p for p in _contradictions(slice_) if p.node in nodes)
            found = checks.run(slice_, rules.checks)
            own = {node for node in nodes if not is_shared(node)}
            problems += (p for p in found if p.node in own)
            others = [p for p in found if p.node not in own]
            slice_.extend(stale)
            problems += _made_wrong(store, slice_, others, [*new, *inferred], rules)
    return Verdict(submission, triples, inferred, problems, slice_)


def _stale_sizes(slice_: ox.Store) -> list[ox.Quad]:
    """Return the sizes of groups that have more than one stated size by now."""
    return [
        quad
        for quad in slice_.quads_for_pattern(None, _SIZE, None, None)
        if len(list(slice_.quads_for_pattern(quad.subject, _STATED_SIZE, None, None))) > 1
    ]


def _sources(store: ox.Store, nodes: set[str]) -> Iterator[ox.Quad]:
    """Yield the statements of each submission about the shared nodes, in their named graphs."""
    for node in filter(is_shared, nodes):
        for quad in store.quads_for_pattern(ox.NamedNode(node), None, None, None):
            if quad.graph_name not in (_DEFAULT, INFERRED):
                yield quad


def _quads(triples: Iterable[ox.Triple]) -> list[ox.Quad]:
    return [ox.Quad(t.subject, t.predicate, t.object) for t in triples]


@contextmanager
def _applied(store: ox.Store, triples: list[ox.Triple]) -> Iterator[None]:
    """Put the new triples into the graph, and take them out again."""
    new = [quad for quad in _quads(triples) if quad not in store]
    store.extend(new)
    try:
        yield
    finally:
        for quad in new:
            store.remove(quad)


def _broken_shapes(
    nodes: Collection[str] | None, data: Iterable[ox.Triple], rules: Rules
) -> Iterator[Problem]:
    for result in shapes.validate_nodes(
        nodes, shapes.to_graph(data), rules.shapes, rules.vocabulary
    ):
        rule, remedy = shapes.in_words(result.message)
        yield Problem(
            level="Error" if result.severity == "Violation" else "Check",
            check=result.shape.removeprefix(f"{BASE}shape/"),
            node=result.focus,
            path=result.path if result.path and result.path.startswith("http") else None,
            value=result.value,
            message=rule,
            advice=remedy,
            kind="shape",
            component=result.component,
        )


def _context(store: ox.Store, triples: Sequence[ox.Triple], nodes: set[str]) -> Iterator[ox.Triple]:
    """Yield what the graph adds for shapes: statements of other sources about the same nodes.

    Each source says what it knows of a shared node, so nothing is added about shared nodes. Of the
    nodes that these and the submission point at, shapes read the types only.
    """
    stated = list(_stated_before(store, nodes))
    yield from stated
    pointed_at = {
        t.object
        for t in (*triples, *stated)
        if isinstance(t.object, ox.NamedNode) and t.object.value not in nodes
    }
    kind = ox.NamedNode(RDF_TYPE)
    for value in pointed_at:
        for quad in store.quads_for_pattern(value, kind, None, _DEFAULT):
            yield quad.triple


def _stated_before(store: ox.Store, nodes: set[str]) -> Iterator[ox.Triple]:
    for node in nodes:
        if is_shared(node):
            continue
        for quad in store.quads_for_pattern(ox.NamedNode(node), None, None, None):
            if quad.graph_name not in (_DEFAULT, INFERRED) and not stands_aside(quad.graph_name):
                yield quad.triple


def _contradictions(store: ox.Store) -> list[Problem]:
    return [
        Problem(
            "Error",
            "one-of-two-classes",
            node,
            RDF_TYPE,
            None,
            f"The rules infer both <{one}> and <{other}>, which exclude each other.",
            "Compare the statements about the node with the definitions of the two classes.",
            kind="rule",
        )
        for node, one, other in reasoning.contradictions(store)
    ]


def _made_wrong(
    store: ox.Store,
    slice_: ox.Store,
    others: list[Problem],
    added: list[ox.Triple],
    rules: Rules,
) -> list[Problem]:
    """Keep the problems of other nodes that were not there before."""
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
