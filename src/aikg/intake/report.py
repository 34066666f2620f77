"""The report on a verdict: each cause once, with its place, in words, and how to fix it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyoxigraph as ox

from aikg.intake import suggestions
from aikg.intake.causes import causes, unknown
from aikg.intake.culprit import wrong_property
from aikg.intake.places import Place
from aikg.intake.terms import node_of, value_of
from aikg.intake.verdict import Rules, Verdict
from aikg.intake.words import Words
from aikg.names import BASE, shorten
from aikg.rules.checks import LEVELS, Problem


@dataclass(frozen=True)
class Finding:
    """One cause.

    Attributes:
        severity: Error, Check or Note.
        code: The rule, as the last part of its page's address: `shape/finding-unit`.
        place: The place.
        also_at: The other places of the same cause.
        about: The node, in words.
        node: The node's IRI.
        rule: The rule, in words.
        found: The wrong value, or the problem with its figures.
        expected: The values that would be valid.
        mend: How to fix it.
        more: The address of the rule's page.
        recorded: The data issue that records it, in words; then an Error does not block.
        codes: All rules that the cause breaks.
    """

    severity: str
    code: str
    place: Place
    also_at: tuple[Place, ...]
    about: str
    node: str
    rule: str
    found: str | None
    expected: str | None
    mend: str
    more: str
    recorded: str | None
    codes: tuple[str, ...]

    @property
    def blocks(self) -> bool:
        """Whether it makes the submission invalid."""
        return self.severity == "Error" and self.recorded is None


@dataclass(frozen=True)
class Report:
    """The report on a submission, or on files.

    Attributes:
        name: The submission's name; empty for files.
        file: The name of the file.
        format: The format of the file.
        accepted: Whether it is valid.
        triples: How many triples it states.
        inferred: How many triples would follow.
        findings: The findings: the worst first, then by place.
        about_others: The triples that would follow about nodes of others: node, property and
            value, as prefixed names.
    """

    name: str
    file: str
    format: str
    accepted: bool
    triples: int
    inferred: int
    findings: list[Finding]
    about_others: list[tuple[str, str, str]]


def write(verdict: Verdict, rules: Rules, store: ox.Store | None = None) -> Report:
    """Put a verdict into words.

    Args:
        verdict: The verdict.
        rules: The rules of the verdict.
        store: The published graph, whose labels are used; without it, the one that was judged.
    """
    submission = verdict.submission
    writer = _Writer(store or verdict.store, verdict, rules)
    findings = [writer.finding(problems) for problems in causes(writer.store, verdict, rules)]
    findings.sort(
        key=lambda f: (LEVELS.index(f.severity), not f.blocks, _position(f.place), f.code)
    )
    return Report(
        submission.name,
        submission.file,
        submission.format,
        verdict.accepted,
        len(submission.triples),
        len(verdict.inferred),
        findings,
        about_others(
            verdict.inferred, lambda node: node in submission.nodes or submission.owns(node)
        ),
    )


def about_others(
    followed: Iterable[ox.Triple], own: Callable[[str], bool]
) -> list[tuple[str, str, str]]:
    """Return what follows about nodes of others: node, property and value, as prefixed names."""
    return sorted(
        (_text(t.subject), _text(t.predicate), _text(t.object))
        for t in followed
        if not own(t.subject.value if isinstance(t.subject, ox.NamedNode) else "")
    )


def _text(term: Any) -> str:
    return shorten(term.value) if isinstance(term, ox.NamedNode) else str(term.value)


def _position(place: Place) -> tuple[Any, ...]:
    return (place.file or "", place.sheet or "", place.line or 0, place.column or 0)


class _Writer:
    def __init__(self, store: ox.Store, verdict: Verdict, rules: Rules) -> None:
        self.store = store
        self._verdict = verdict
        self._rules = rules
        self._words = Words(store, verdict.triples, verdict.submission.headings)

    def finding(self, problems: list[Problem]) -> Finding:
        """Report one cause by the rule that speaks for it, at the first place that breaks it."""
        first = (problems[0].code, problems[0].message)
        same = [problem for problem in problems if (problem.code, problem.message) == first]
        lead = min(same, key=lambda problem: _position(self._place(problem)))
        asked = self._suggestion(problems)
        advice = self._words.plain(lead.advice)
        others = [p for p in problems if p.path is not None or p.node != lead.node]
        places = list(dict.fromkeys(self._place(problem) for problem in [lead, *others]))
        return Finding(
            severity=lead.level,
            code=lead.code,
            place=places[0],
            also_at=tuple(sorted(places[1:], key=_position)),
            about=self._words.label(lead.node),
            node=lead.node,
            rule=self._words.plain(self._rules.sentences.get(lead.code, lead.message)),
            found=self._found(lead),
            expected=self._words.expected(
                self._rules.shapes.shapes, BASE + lead.code, lead.component
            )
            if lead.component
            else None,
            mend=f"{asked} {advice}" if asked else advice,
            more=BASE + lead.code,
            recorded=self._words.label(lead.recorded) if lead.recorded else None,
            codes=tuple(dict.fromkeys(problem.code for problem in problems)),
        )

    def _place(self, problem: Problem) -> Place:
        submission = self._verdict.submission
        path = problem.path or self._wrong_property(problem)
        place = submission.place(problem.node, path, problem.value)
        if problem.node in submission.nodes:
            return submission.cell(problem.node, path, place)
        # The submission makes another node wrong: the place is the statement that points there.
        for triple in self._verdict.triples:
            if value_of(triple) == problem.node:
                subject, path = node_of(triple), triple.predicate.value
                return submission.place(subject, path, problem.node)
        return place

    def _wrong_property(self, problem: Problem) -> str | None:
        """Return the column's property that a shape on a whole row is about, in a table."""
        headings = self._verdict.submission.headings
        if not headings or problem.component is None:
            return None
        stated = self._properties.get(problem.node, set())
        path = wrong_property(self._rules.shapes.shapes, BASE + problem.code, stated)
        return path if path in headings else None

    @cached_property
    def _properties(self) -> dict[str, set[str]]:
        """The properties that the submission states of each node."""
        found: dict[str, set[str]] = {}
        for triple in self._verdict.triples:
            found.setdefault(node_of(triple), set()).add(triple.predicate.value)
        return found

    def _found(self, problem: Problem) -> str | None:
        if problem.component is None:
            return self._words.plain(problem.message)
        if problem.path is None:
            return None
        name = self._words.property(problem.path)
        values = [problem.value] if problem.value else self._values(problem.node, problem.path)
        if not values:
            return f"no “{name}”"
        return f"{name}: {', '.join(self._words.value(value) for value in values)}"

    def _values(self, node: str, path: str) -> list[str]:
        return [
            value_of(triple)
            for triple in self._verdict.triples
            if node_of(triple) == node and triple.predicate.value == path
        ]

    def _suggestion(self, problems: Iterable[Problem]) -> str | None:
        for problem in problems:
            if name := unknown(problem):
                return suggestions.ask(self._words, suggestions.near_node(self.store, name))
        return None
