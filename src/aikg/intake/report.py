"""The report on a submission: each cause once, with its place, in words, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from aikg.intake import suggestions
from aikg.intake.causes import Fault, causes
from aikg.intake.places import Place
from aikg.intake.terms import node_of, value_of
from aikg.intake.verdict import Rules, Verdict
from aikg.intake.words import Words
from aikg.names import BASE
from aikg.publication.impact import about_others
from aikg.rules import shapes
from aikg.rules.checks import LEVELS


@dataclass(frozen=True)
class Finding:
    """One cause.

    Attributes:
        severity: Error, Check or Note.
        code: The rule, as the last part of its page's address: `shape/finding-unit`.
        place: Where it stands.
        also_at: Where the same cause stands besides.
        about: The node, in words.
        node: The node's IRI.
        rule: What must hold, in words.
        found: What stands there.
        expected: What could stand there.
        mend: What to do.
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
        """Whether it stands against the submission."""
        return self.severity == "Error" and self.recorded is None


@dataclass(frozen=True)
class Report:
    """What is told about a submission.

    Attributes:
        name: The submission's name.
        file: What its file is called.
        format: Its format.
        accepted: Whether nothing stands against it.
        triples: How much it says.
        inferred: How much would follow from it.
        findings: The worst first, then by place.
        about_others: What would follow about nodes that are not the submission's: node, property
            and value, as prefixed names.
    """

    name: str
    file: str
    format: str
    accepted: bool
    triples: int
    inferred: int
    findings: list[Finding]
    about_others: list[tuple[str, str, str]]


def write(
    store: ox.Store, verdict: Verdict, rules: Rules, headings: dict[str, str] | None = None
) -> Report:
    """Put a verdict into words.

    Args:
        store: The published graph.
        verdict: What was found.
        rules: What it was held against.
        headings: What a table calls the properties.
    """
    submission = verdict.submission
    writer = _Writer(store, verdict, rules, headings or {})
    findings = [writer.finding(faults) for faults in causes(store, verdict, rules)]
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


def _position(place: Place) -> tuple[Any, ...]:
    return (place.sheet or "", place.line or 0, place.column or 0)


class _Writer:
    def __init__(
        self, store: ox.Store, verdict: Verdict, rules: Rules, headings: dict[str, str]
    ) -> None:
        self._store = store
        self._verdict = verdict
        self._rules = rules
        self._words = Words(store, verdict.triples, headings)

    def finding(self, faults: list[Fault]) -> Finding:
        """Tell one cause by the rule that speaks for it, at the first place where it is broken."""
        first = (faults[0].code, faults[0].message)
        same = [fault for fault in faults if (fault.code, fault.message) == first]
        lead = min(same, key=lambda fault: _position(self._place(fault)))
        rule, mend = self._rule(lead)
        asked = self._suggestion(faults)
        others = [f for f in faults if f.path is not None or f.node != lead.node]
        places = list(dict.fromkeys(self._place(fault) for fault in [lead, *others]))
        return Finding(
            severity=lead.level,
            code=lead.code,
            place=places[0],
            also_at=tuple(sorted(places[1:], key=_position)),
            about=self._words.label(lead.node),
            node=lead.node,
            rule=rule,
            found=self._found(lead),
            expected=self._words.expected(self._rules.shapes.shapes, lead.shape, lead.component)
            if lead.shape
            else None,
            mend=f"{asked} {mend}" if asked else mend,
            more=BASE + lead.code,
            recorded=self._words.label(lead.recorded) if lead.recorded else None,
            codes=tuple(dict.fromkeys(fault.code for fault in faults)),
        )

    def _place(self, fault: Fault) -> Place:
        place = self._verdict.submission.place(fault.node, fault.path, fault.value)
        if fault.node in self._verdict.submission.nodes:
            return place
        # Wrong now with a node of another: shown at what of the submission points there.
        for triple in self._verdict.triples:
            if value_of(triple) == fault.node:
                subject, path = node_of(triple), triple.predicate.value
                return self._verdict.submission.place(subject, path, fault.node)
        return place

    def _rule(self, fault: Fault) -> tuple[str, str]:
        """Give a rule and how to keep it."""
        if fault.shape is None:
            return self._words.plain(fault.rule), self._words.plain(fault.advice)
        rule, mend = shapes.in_words(fault.message)
        return self._words.plain(rule), self._words.plain(mend)

    def _found(self, fault: Fault) -> str | None:
        if fault.shape is None:
            return self._words.plain(fault.message)
        if fault.path is None:
            return None
        name = self._words.property(fault.path)
        values = [fault.value] if fault.value else self._values(fault.node, fault.path)
        if not values:
            return f"no “{name}”"
        return f"{name}: {', '.join(self._words.value(value) for value in values)}"

    def _values(self, node: str, path: str) -> list[str]:
        return [
            value_of(triple)
            for triple in self._verdict.triples
            if node_of(triple) == node and triple.predicate.value == path
        ]

    def _suggestion(self, faults: Iterable[Fault]) -> str | None:
        for fault in faults:
            if fault.unknown:
                return suggestions.ask(
                    self._words, suggestions.near_node(self._store, fault.unknown)
                )
        return None
