"""Incremental assessment: the evidence lines and assessments of the claims that a change reaches.

A line rests on one claim and on a finding or two. It is judged again when the change touches the
claim, a finding, or another finding that the rules join with it (`#+ joins:`). So the time depends
on the lines that are reached; only the count of a claim's lines reads all of that claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pyoxigraph as ox

from aikg.names import PREFIXES, RDF_TYPE
from aikg.rules import neighbourhood, reasoning
from aikg.rules.delta import DEFAULT, Recorder
from aikg.rules.reasoning import CLAIMS, load

_Nodes: TypeAlias = set[Any]
_AIKG = PREFIXES["aikg"]
_TYPE = ox.NamedNode(RDF_TYPE)
_CITES = ox.NamedNode(_AIKG + "citesFinding")
_FROM_FINDING = ox.NamedNode(_AIKG + "fromFinding")
_MARGINS = "claims/margins"
_ON_CLAIM = ox.NamedNode(_AIKG + "onClaim")


@dataclass(frozen=True)
class ClaimRules:
    """The rules that assess claims, folder after folder.

    Attributes:
        finding_lines: The rules that make lines, each with the variable to ask about.
        judging_lines: The rules about a line, asked about lines, one folder after the other.
        judging_claims: The rules that combine the lines of a claim, asked about claims.
        meetings: The paths from a finding to others, one folder after the other.
        margins: The paths from a margin to claims.
    """

    finding_lines: list[tuple[str, str]]
    judging_lines: list[list[str]]
    judging_claims: list[str]
    meetings: list[frozenset[neighbourhood.Path]]
    margins: frozenset[neighbourhood.Path]


@dataclass(frozen=True)
class Reached:
    """The nodes that a change reaches.

    Attributes:
        findings: Findings with lines that may differ.
        claims: Claims whose lines may all differ.
    """

    findings: Set[Any]
    claims: Set[Any]

    def __or__(self, other: Reached) -> Reached:
        """Return the union of both."""
        return Reached(self.findings | other.findings, self.claims | other.claims)


def read_claim_rules(folder: Path) -> ClaimRules:
    """Read the rules that assess claims.

    Args:
        folder: See `reasoning.derive`.

    Raises:
        MissingFolder: See `reasoning.derive`.
        QueryMalformed: See `reasoning.derive`.
    """
    folders = dict(zip(CLAIMS, load(folder, CLAIMS), strict=True))
    *before, last = folders.values()
    return ClaimRules(
        [
            (variable, reasoning.bind(rule, variable))
            for rules in before
            for rule in rules
            for variable in ("finding", "claim")
            if "line" not in reasoning.bound_variables(rule)
        ],
        [
            [reasoning.bind(r, "line") for r in rules if "line" in reasoning.bound_variables(r)]
            for rules in before
        ],
        [reasoning.bind(rule, "claim") for rule in last],
        [neighbourhood.joins(rules) for name, rules in folders.items() if name != _MARGINS],
        neighbourhood.joins(folders[_MARGINS]),
    )


def reach(store: ox.Store, rules: ClaimRules, changed: Set[Any], touched: Iterable[Any]) -> Reached:
    """Return the findings and the claims that a change reaches, in the graph as it is now.

    Args:
        store: The graph, before the change or after it.
        rules: The result of `read_claim_rules`.
        changed: The subjects of the statements that come or go.
        touched: Those, and all nodes about which other triples follow than before.
    """
    nodes = neighbourhood.with_dependents(store, touched)
    findings = _of_class(store, nodes, "Finding")
    for paths in rules.meetings:
        findings |= _of_class(store, neighbourhood.joined(store, findings, paths), "Finding")
    claims = {
        claim
        for claim in _of_class(store, nodes, "Claim")
        if claim in changed or _points_at(store, claim, nodes)
    }
    margins = neighbourhood.joined(store, _of_class(store, nodes, "Margin"), rules.margins)
    return Reached(findings, claims | _of_class(store, margins, "Claim"))


def _of_class(store: ox.Store, nodes: Iterable[Any], name: str) -> _Nodes:
    kind = ox.NamedNode(_AIKG + name)
    return {node for node in nodes if ox.Quad(node, _TYPE, kind) in store}


def _points_at(store: ox.Store, claim: Any, nodes: Set[Any]) -> bool:
    """Say whether a claim points at one of some nodes, other than a finding that it cites."""
    about = store.quads_for_pattern(claim, None, None, DEFAULT)
    return any(quad.object in nodes and quad.predicate != _CITES for quad in about)


def assess_again(current: Recorder, rules: ClaimRules, reached: Reached) -> None:
    """Forget the assessments that a change reached, and make them again.

    Args:
        current: The graph after the change.
        rules: The result of `read_claim_rules`.
        reached: The nodes that the change reached, in the graph before it or after.
    """
    store = current.store
    lines = _lines(store, reached.findings, reached.claims)
    claims = reached.claims | _values(store, lines, _ON_CLAIM)
    findings = reached.findings | _values(store, lines, _FROM_FINDING)
    current.forget(lines)
    for variable, query in rules.finding_lines:
        nodes = findings if variable == "finding" else reached.claims
        current.conclude(reasoning.ask_about(store, query, nodes))
    for queries in rules.judging_lines:
        lines = _lines(store, findings, reached.claims)
        for query in queries:
            current.conclude(reasoning.ask_about(store, query, lines))
    claims = claims | _values(store, lines, _ON_CLAIM)
    current.forget(_of_class(store, _users(store, claims, _ON_CLAIM), "Assessment"))
    for query in rules.judging_claims:
        current.conclude(reasoning.ask_about(store, query, claims))


def _lines(store: ox.Store, findings: Iterable[Any], claims: Iterable[Any]) -> _Nodes:
    of_claims = _of_class(store, _users(store, claims, _ON_CLAIM), "EvidenceLine")
    return of_claims | set(_users(store, findings, _FROM_FINDING))


def _users(store: ox.Store, nodes: Iterable[Any], predicate: ox.NamedNode) -> Iterator[Any]:
    for node in nodes:
        for quad in store.quads_for_pattern(None, predicate, node, DEFAULT):
            yield quad.subject


def _values(store: ox.Store, nodes: Iterable[Any], predicate: ox.NamedNode) -> _Nodes:
    found = (store.quads_for_pattern(node, predicate, None, DEFAULT) for node in nodes)
    return {quad.object for quads in found for quad in quads}
