"""One cause once: which of the broken rules are broken by the same mistake."""

from __future__ import annotations

from dataclasses import replace

import pyoxigraph as ox
from rdflib import RDF, SH, Graph, URIRef

from aikg.intake import suggestions
from aikg.intake.verdict import Rules, Verdict
from aikg.names import BASE, PREFIXES
from aikg.rules.checks import LEVELS, Problem

_CLASS = str(SH.ClassConstraintComponent)
#: The rules on names: they speak for a cause before a rule on one property, or on several.
_NODES, _TERMS = "check/unknown-node", "check/unknown-term"


def causes(store: ox.Store, verdict: Verdict, rules: Rules) -> list[list[Problem]]:
    """Gather the problems of a verdict by cause; the first of each cause speaks for it."""
    shown = [problem for problem in verdict.problems if problem.code not in rules.silent]
    problems = sorted(_explained(shown, rules), key=_weight)
    keys = _Keys(store, rules, problems)
    gathered: dict[tuple[str, ...], list[Problem]] = {}
    for problem in problems:
        gathered.setdefault(keys.of(problem), []).append(problem)
    return list(gathered.values())


def _explained(problems: list[Problem], rules: Rules) -> list[Problem]:
    """Keep one of two problems of a value, if one explains the other; it takes the worse level."""
    at = {_value(problem.code, problem): problem for problem in problems}
    explained: set[Problem] = set()
    kept = []
    for problem in problems:
        other = at.get(_value(rules.explanations.get(problem.code), problem))
        if other:
            explained.add(other)
            problem = replace(problem, level=min(problem.level, other.level, key=LEVELS.index))  # noqa: PLW2901
        kept.append(problem)
    return [problem for problem in kept if problem not in explained]


def _value(code: str | None, problem: Problem) -> tuple[str | None, ...]:
    return code, problem.node, problem.path, problem.value


def unknown(problem: Problem) -> str | None:
    """Return the IRI that nothing describes, if that is the problem."""
    if problem.code == _NODES:
        return problem.value
    if problem.code != _TERMS:
        return None
    terms = [t for t in (problem.value, problem.path) if t and t.startswith(PREFIXES["aikg"])]
    return next((term for term in terms if f"<{term}>" in problem.message), None)


def _weight(problem: Problem) -> tuple[int, int, int, str, str]:
    """Order problems: the wrong form of a value speaks before a comparison with other values."""
    order = 0 if problem.code in (_NODES, _TERMS) else 1 if problem.path else 2
    kind = ("rule", "shape", "check").index(problem.kind)
    return LEVELS.index(problem.level), order, kind, problem.code, problem.node


class _Keys:
    """Finds the cause of a problem: an unknown name, a property of a node, or a node."""

    def __init__(self, store: ox.Store, rules: Rules, problems: list[Problem]) -> None:
        self._shapes = rules.shapes.shapes
        named = [(problem, name) for problem in problems if (name := unknown(problem))]
        self._unknown = {name for _, name in named}
        self._missing: dict[tuple[str, str], str] = {}
        for problem, name in named:
            meant = suggestions.near_term(store, name) if name == problem.path else None
            if meant:
                self._missing[problem.node, meant] = name
        values: dict[tuple[str, str, str | None], set[str | None]] = {}
        for problem in problems:
            at = (problem.code, problem.node, problem.path)
            values.setdefault(at, set()).add(problem.value)
        #: Where a rule finds several wrong values of one property, each of them is a cause.
        self._several = {at for at, found in values.items() if len(found) > 1}
        self._wrong: dict[tuple[str, str], tuple[str, ...]] = {}
        for problem in problems:
            if problem.path and problem.level == "Error":
                self._wrong.setdefault((problem.node, problem.path), self._own(problem))

    def of(self, problem: Problem) -> tuple[str, ...]:
        """Return the cause; problems of one cause have the same."""
        if problem.path is not None and not self._is_one_of_several(problem):
            known = self._wrong.get((problem.node, problem.path))
            # A cell in error states nothing, so that its value is missing too.
            same = problem.level == "Error" or problem.value is None
            return known if known and same else self._own(problem)
        if problem.path is None and problem.component and problem.level == "Error":
            for path in _paths(self._shapes, BASE + problem.code):
                if (problem.node, path) in self._wrong:
                    return self._wrong[problem.node, path]
                if (problem.node, path) in self._missing:
                    return ("unknown", self._missing[problem.node, path])
        if problem.kind == "rule" or problem.path is not None:
            return self._own(problem)
        return ("node", problem.node, problem.code, problem.message)

    def _is_one_of_several(self, problem: Problem) -> bool:
        at = (problem.code, problem.node, problem.path)
        return problem.kind == "check" and bool(problem.value) and at in self._several

    def _own(self, problem: Problem) -> tuple[str, ...]:
        name = unknown(problem) or (problem.value if problem.value in self._unknown else None)
        if name is None and problem.value is None:
            name = self._missing.get((problem.node, problem.path or ""))
        if name:
            return ("unknown", name)
        if problem.kind == "rule":  # the same mistake in many cells
            return ("rule", problem.code, problem.path or "", problem.message)
        if problem.component == _CLASS and problem.value:
            return ("class", problem.value, problem.path or "")
        if self._is_one_of_several(problem):
            return ("value", problem.node, problem.path or "", problem.value or "")
        if problem.level == "Error":
            return ("property", problem.node, problem.path or "")
        return ("property", problem.node, problem.path or "", problem.code, problem.message)


def _paths(graph: Graph, shape: str) -> set[str]:
    """Return the properties that a shape and the shapes within it look at."""
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
