"""Published submissions are read again when the nodes that they name get other addresses.

The node of a trial or a paper is that of its first number over all submissions that share a number.
So a submission that joins two numbers, or one that leaves, moves what others state. These are read
again from the bytes that were sent, in the same step. The cost is that of their rows.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from aikg.errors import AikgError, RereadingRefused
from aikg.intake.examination import read
from aikg.intake.known import ADOPTED, present
from aikg.intake.numbering import KINDS, Numbering, called_in, key_in, names_in, numbers_in
from aikg.intake.terms import node_of
from aikg.intake.verdict import Rules
from aikg.names import BASE, RDF_TYPE, graph_of, submission_namespace
from aikg.publication import change
from aikg.rules import incremental
from aikg.rules.delta import DEFAULT, Delta, apply, quad_in
from aikg.rules.incremental import InferenceRules
from aikg.shared import keys
from aikg.shared.house import House
from aikg.shared.keys import Key
from aikg.shared.mint import Mint


class OthersNeeded(Exception):
    """The step reads other submissions again, whose bytes only the ledger has.

    Attributes:
        graphs: Their named graphs.
    """

    def __init__(self, graphs: Sequence[str]) -> None:
        super().__init__(", ".join(graphs))
        self.graphs = list(graphs)


@dataclass(frozen=True)
class Published:
    """A published submission as it was sent.

    Attributes:
        graph: Its named graph.
        name: Its name.
        file: What it is called in messages.
        media_type: Of its bytes.
        content: Its bytes.
    """

    graph: str
    name: str
    file: str
    media_type: str
    content: bytes

    @classmethod
    def revive(cls, sent: dict[str, Any]) -> Published:
        """Make it from JSON, where the bytes are in base64."""
        return cls(**sent | {"content": base64.b64decode(sent["content"])})

    @property
    def address(self) -> str:
        """Its name and version."""
        return self.graph.removeprefix(graph_of("submission/"))


@dataclass(frozen=True)
class Settled:
    """What a step changes besides what it is about.

    Attributes:
        delta: The change of the graph.
        stated: The statements of each submission that was read again, by its named graph.
    """

    delta: Delta[ox.Quad]
    stated: dict[str, list[ox.Triple]]


def moved(store: ox.Store, house: House, numbers: Delta[ox.Quad]) -> list[str]:
    """Change what the graph says of numbers, and return the submissions that name other nodes then.

    Args:
        store: The graph; it is changed.
        house: The index of the curated nodes.
        numbers: Quads of the graph of numbers: of submissions that come or go, or decisions.

    Returns:
        The named graphs of other submissions, sorted.
    """
    concerned = (*numbers.added, *numbers.removed)
    before = Numbering(store, house).reached(numbers_in(concerned))
    apply(numbers, store)
    numbering = Numbering(store, house)
    own = {quad.object.value for quad in concerned if isinstance(quad.object, ox.NamedNode)}
    return sorted(
        {
            called.graph
            for called, node in before.items()
            if called.graph not in own and numbering.node(called) != node
        }
    )


def settle(
    store: ox.Store,
    rules: Rules,
    follows: InferenceRules,
    graphs: Collection[str],
    others: Iterable[Published] | None,
) -> Settled:
    """Read published submissions again, and state what they say now in place of what they said.

    Args:
        store: The graph; it is changed.
        rules: The rules for submissions.
        follows: The rules of inference.
        graphs: The named graphs of the submissions.
        others: The submissions as they were sent, in the order of publication; None if the ledger
            was not asked.

    Raises:
        OthersNeeded: Some of them are not there.
        RereadingRefused: One of them would not be valid any more.
    """
    sent = [one for one in others or () if one.graph in graphs]
    if len(sent) != len(graphs):
        raise OthersNeeded(sorted(graphs))
    old = {one.graph: change.statements(store, one.graph) for one in sent}
    gone = [quad for quads in old.values() for quad in quads]
    whole = incremental.change(store, follows, removed=gone)
    stated = {}
    for one in sent:
        again = _again(store, rules, one, [quad.triple for quad in old[one.graph]])
        stated[one.graph] = again
        whole = whole.then(change.publish(store, follows, one.graph, again))
    return Settled(whole, stated)


def as_it_stands(
    store: ox.Store, rules: Rules, sent: Iterable[Published], old: Sequence[ox.Triple]
) -> list[ox.Triple]:
    """Return what a published submission states, where the files may have changed since.

    Where a node has another address now, it is read again from its bytes. If it is not valid then,
    its statements stay, under the present addresses where that is possible.

    Args:
        store: The graph, with what it says of numbers.
        rules: The rules for submissions.
        sent: The submission as it was sent.
        old: Its statements as they are published.
    """
    for one in sent:
        with suppress(RereadingRefused):
            if renamed(store, rules.house, old, one.address) == list(old):
                return list(old)
        with suppress(RereadingRefused):
            return _again(store, rules, one, old)
        with suppress(RereadingRefused):
            return renamed(store, rules.house, old, one.address)
    return list(old)


def _again(
    store: ox.Store, rules: Rules, sent: Published, old: Sequence[ox.Triple]
) -> list[ox.Triple]:
    """Read a submission again: names that it took from others mean what they meant before."""
    numbering = Numbering(store, rules.house)
    before = dict.fromkeys(names_in(old, submission_namespace(sent.name)), tuple[str, ...]())
    before |= {(one.about, one.name): one.numbers for one in numbering.of_graph(sent.graph)}
    stated = [quad_in(DEFAULT, triple) for triple in _Renaming(store, rules.house, old).parts()]
    new = [quad for quad in stated if quad not in store]
    store.extend(new)
    try:
        found = read(
            *(sent.content, sent.media_type, sent.file, sent.name),
            store=store,
            cells=rules.cells,
            house=rules.house,
            before=before,
        )
    except AikgError as error:
        raise _refused(sent, str(error)) from error
    finally:
        for quad in new:
            store.remove(quad)
    wrong = next((problem for problem in found.problems if problem.level == "Error"), None)
    if wrong is not None:
        raise _refused(sent, f"{wrong.message} {wrong.advice}")
    return renamed(store, rules.house, found.triples, sent.address)


def _refused(sent: Published, what: str) -> RereadingRefused:
    return RereadingRefused(
        f"The step would move what {sent.address} states, and read again it is not valid: {what}",
        advice="Publish a version of it first that is valid then, or withdraw it; or strike or "
        "move the number that joins them (`aikg number`).",
    )


def renamed(
    store: ox.Store, house: House, triples: Sequence[ox.Triple], address: str
) -> list[ox.Triple]:
    """Return statements with each shared node under the address that it has now.

    Args:
        store: The graph, with what it says of numbers.
        house: The index of the curated nodes.
        triples: All statements of a submission.
        address: Name and version of the submission.

    Raises:
        RereadingRefused: A trial with arms of its own is one of the files.
    """
    renaming = _Renaming(store, house, triples)
    if renaming.lost:
        trial = min(renaming.lost)
        raise RereadingRefused(
            f"{address} describes the trial <{trial}>, which is <{renaming.lost[trial]}> now.",
            advice=f"Its sender points at <{renaming.lost[trial]}> and its arms in a new version.",
        )
    return renaming.all()


def _may_change(iri: str) -> bool:
    """Return whether an address is that of a shared node, or of one that a curator adopted."""
    return keys.is_shared(iri) or iri.startswith(f"{BASE}adopted/")


class _Renaming:
    """Finds the present addresses of the shared nodes that statements describe.

    Attributes:
        lost: The trials that are curated ones now, each with the curated one.
    """

    def __init__(self, store: ox.Store, house: House, triples: Sequence[ox.Triple]) -> None:
        self._store, self._house = store, house
        self._numbering = Numbering(store, house)
        self._mint = Mint(house)
        self._triples = triples
        said: dict[str, list[ox.Triple]] = {}
        for triple in triples:
            if keys.is_shared(node_of(triple)):
                said.setdefault(node_of(triple), []).append(triple)
        self._keys = {node: key for node, of in said.items() if (key := key_in(of))}
        self._said = said
        self._names: dict[str, str | None] = {}
        self.lost: dict[str, str] = {}
        for node in self._keys:
            self._name(node)

    def all(self) -> list[ox.Triple]:
        """Return all statements; what a rule states of a node, it states of the present one."""
        if all(node == name for node, name in self._names.items()) and not any(
            self._present(triple) != triple for triple in self._triples
        ):
            return list(self._triples)
        made = [triple for node in self._mint.made.values() for triple in node.triples]
        kept = [triple for triple in self._triples if not self._by_rule(triple)]
        return list(dict.fromkeys([*made, *map(self._present, kept)]))

    def parts(self) -> list[ox.Triple]:
        """Return the statements about shared nodes besides trials and papers."""
        found = self.all() if not self.lost else []
        return [
            triple
            for triple in found
            if keys.is_shared(node_of(triple))
            and not node_of(triple).startswith(tuple(f"{keys.SHARED}{kind}/" for kind in KINDS))
        ]

    def _name(self, node: str) -> str | None:
        """Return the present address of a node; None where it has none."""
        key = self._keys.get(node)
        if key is None:
            return present(self._store, self._house, node) if _may_change(node) else node
        if node not in self._names:
            self._names[node] = node
            self._names[node] = self._renamed(node, key)
        return self._names[node]

    def _renamed(self, node: str, key: Key) -> str | None:
        kind = keys.kind_of(key)
        adopted = present(self._store, self._house, node) if kind in ADOPTED else node
        if adopted != node:
            return adopted
        if kind in KINDS:
            return self._numbered(node, key, kind)
        parts = [
            self._name(part) if isinstance(part, str) else tuple(map(self._name, part))
            for part in key[1:]
        ]
        if None in parts or any(None in part for part in parts if isinstance(part, tuple)):
            return None
        return self._mint.node(keys.read(keys.written((key[0], *parts))))  # type: ignore[arg-type]

    def _numbered(self, node: str, key: Key, kind: str) -> str | None:
        (called,) = called_in(self._said[node])
        meant = self._numbering.meant(called)
        if not meant.curated:
            return self._mint.node(meant.key or key)
        if kind == "trial":
            self.lost[node] = meant.node
            return None
        return meant.node

    def _by_rule(self, triple: ox.Triple) -> bool:
        """Return whether a statement is made by a rule, or about a node that is gone."""
        node = node_of(triple)
        if node not in self._keys:
            return False
        made = self._mint.made.get(self._names[node] or "")
        if made is None:
            return True
        paths = {by_rule.predicate for by_rule in made.triples}
        return triple.predicate.value != RDF_TYPE and triple.predicate in paths

    def _present(self, triple: ox.Triple) -> ox.Triple:
        terms = [
            ox.NamedNode(self._name(term.value) or term.value)
            if isinstance(term, ox.NamedNode)
            else term
            for term in (triple.subject, triple.object)
        ]
        return ox.Triple(terms[0], triple.predicate, terms[1])  # type: ignore[arg-type]
