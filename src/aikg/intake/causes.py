"""One cause once: of the many rules that one mistake breaks, which speak of the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyoxigraph as ox
from rdflib import RDF, SH, Graph, URIRef

from aikg.intake import suggestions
from aikg.intake.verdict import Rules, Verdict
from aikg.names import BASE, PREFIXES
from aikg.rules import shapes
from aikg.rules.checks import LEVELS, Problem

_CONDUCT = "rule/"
_CLASS = str(SH.ClassConstraintComponent)
_NODES, _TERMS = "check/unknown-node", "check/unknown-term"

#: Which rule speaks for a cause: what is not known at all, then what a property must be, then what
#: properties must be together, then the rest.
_FIRST = (_NODES, _TERMS)


@dataclass(frozen=True)
class Fault:
    """One rule broken by one node.

    Attributes:
        level: Error, Check or Note.
        code: The kind and the name of the rule.
        node: What it is about.
        path: The property at fault, or None.
        value: The value at fault, or None.
        message: What the rule says of it.
        rule: What must hold.
        advice: What to do.
        shape: The shape, where it is one.
        component: The constraint of the shape.
        recorded: The data issue that records it.
        unknown: The IRI that nothing describes, where that is the fault.
    """

    level: str
    code: str
    node: str
    path: str | None
    value: str | None
    message: str
    rule: str = ""
    advice: str = ""
    shape: str | None = None
    component: str = ""
    recorded: str | None = None
    unknown: str | None = None


def causes(store: ox.Store, verdict: Verdict, rules: Rules) -> list[list[Fault]]:
    """Gather what was found by its cause; the first fault of each speaks for it."""
    faults = sorted(_faults(verdict, rules), key=_weight)
    keys = _Keys(store, verdict, rules, faults)
    gathered: dict[tuple[str, ...], list[Fault]] = {}
    for fault in faults:
        gathered.setdefault(keys.of(fault), []).append(fault)
    return list(gathered.values())


def _faults(verdict: Verdict, rules: Rules) -> Iterator[Fault]:
    for result in verdict.results:
        yield _of_shape(result)
    for problem in verdict.problems:
        yield _of_problem(problem, rules.sentences.get(problem.code))


def _of_shape(result: shapes.Result) -> Fault:
    return Fault(
        level="Error" if result.severity == "Violation" else "Check",
        code=result.shape.removeprefix(BASE),
        node=result.focus,
        path=result.path if result.path and result.path.startswith("http") else None,
        value=result.value,
        message=result.message,
        shape=result.shape,
        component=result.component,
    )


def _of_problem(problem: Problem, sentence: str | None) -> Fault:
    code, unknown = problem.code, None
    if code == _NODES:
        unknown = problem.value
    elif code == _TERMS:
        ours = [t for t in (problem.value, problem.path) if t and t.startswith(PREFIXES["aikg"])]
        unknown = next((term for term in ours if f"<{term}>" in problem.message), None)
    return Fault(
        level=problem.level,
        code=code,
        node=problem.node,
        path=problem.path,
        value=problem.value,
        message=problem.message,
        rule=sentence or problem.message,
        advice=problem.advice,
        recorded=problem.recorded,
        unknown=unknown,
    )


def _weight(fault: Fault) -> tuple[int, int, str, str]:
    order = 0 if fault.code in _FIRST else 1 if fault.path else 2
    return LEVELS.index(fault.level), order, fault.code, fault.node


class _Keys:
    """Finds the cause of a fault: what is named wrongly, a property of a node, or a node."""

    def __init__(
        self, store: ox.Store, verdict: Verdict, rules: Rules, faults: list[Fault]
    ) -> None:
        self._shapes = rules.shapes.shapes
        self._unknown = {fault.unknown for fault in faults if fault.unknown}
        self._missing: dict[tuple[str, str], str] = {}
        for fault in faults:
            if fault.unknown and fault.unknown == fault.path:
                meant = suggestions.near_term(store, fault.unknown)
                if meant:
                    self._missing[fault.node, meant] = fault.unknown
        self._wrong: dict[tuple[str, str], tuple[str, ...]] = {}
        for fault in faults:
            if fault.path and fault.level == "Error":
                self._wrong.setdefault((fault.node, fault.path), self._own(fault))

    def of(self, fault: Fault) -> tuple[str, ...]:
        """Give the cause; faults of one cause have the same."""
        if fault.path is not None:
            known = self._wrong.get((fault.node, fault.path))
            return known if known and fault.level == "Error" else self._own(fault)
        if fault.shape and fault.level == "Error":
            for path in _paths(self._shapes, fault.shape):
                if (fault.node, path) in self._wrong:
                    return self._wrong[fault.node, path]
                if (fault.node, path) in self._missing:
                    return ("unknown", self._missing[fault.node, path])
        if fault.code.startswith(_CONDUCT):
            return self._own(fault)
        return ("node", fault.node, fault.code, fault.message)

    def _own(self, fault: Fault) -> tuple[str, ...]:
        unknown = fault.unknown or (fault.value if fault.value in self._unknown else None)
        if unknown is None and fault.value is None:
            unknown = self._missing.get((fault.node, fault.path or ""))
        if unknown:
            return ("unknown", unknown)
        if fault.code.startswith(_CONDUCT):  # the same slip in many cells
            return ("conduct", fault.code, fault.path or "", fault.message)
        if fault.component == _CLASS and fault.value:
            return ("class", fault.value, fault.path or "")
        if fault.level == "Error":
            return ("property", fault.node, fault.path or "")
        return ("property", fault.node, fault.path or "", fault.code, fault.message)


def _paths(graph: Graph, shape: str) -> set[str]:
    """Give the properties that a shape and the shapes within it look at."""
    paths: set[str] = set()
    waiting, seen = [URIRef(shape)], set()
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        for predicate, value in graph.predicate_objects(node):
            if predicate == SH.path:
                paths.add(str(value))
                paths |= {
                    str(item)
                    for alternatives in graph.objects(value, SH.alternativePath)
                    for item in graph.items(alternatives)
                }
            elif predicate in {SH["or"], SH["xone"], SH["and"]}:
                waiting += [item for item in graph.items(value) if isinstance(item, URIRef)]
            elif predicate in {SH.property, SH.node, SH["not"]} and isinstance(value, URIRef):
                waiting.append(value)
    return paths - {str(RDF.type)}
