"""Which numbers name one trial or one paper, by all published submissions together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import pyoxigraph as ox

from aikg.intake.terms import node_of, text_of, value_of
from aikg.names import OTHER_PREFIXES, RDFS_LABEL, graph_of
from aikg.shared import keys
from aikg.shared.describe import SHARED_KEY
from aikg.shared.house import House
from aikg.shared.keys import Key
from aikg.shared.numbers import Number, Numbers, components
from aikg.shared.spelling import NotShared

#: The named graph that says which numbers each published submission states of one thing.
GRAPH = ox.NamedNode(graph_of("numbers"))

_DCTERMS = OTHER_PREFIXES["dcterms"]
_IDENTIFIER, _TITLE, _TYPE, _PART_OF, _RELATION, _DECIDED, _TARGET = (
    ox.NamedNode(_DCTERMS + name)
    for name in ("identifier", "title", "type", "isPartOf", "relation", "replaces", "isReplacedBy")
)
#: The kinds of things that have numbers.
KINDS = ("trial", "publication")
_NUMBERS = Numbers()


@dataclass(frozen=True, order=True)
class Called:
    """What a submission calls a trial or a paper.

    Attributes:
        about: "trial" or "publication".
        name: The name.
        numbers: The numbers that it states of it, in their canonical spelling.
        node: The curated node that it names, or "".
        graph: The named graph of the submission, where it is published, or "".
    """

    about: str
    name: str
    numbers: tuple[str, ...]
    node: str = ""
    graph: str = ""


@dataclass(frozen=True)
class Together:
    """Numbers that name one thing.

    Attributes:
        about: "trial" or "publication".
        numbers: The numbers.
        curated: The nodes of the files that they name, each with a number or a name of it.
    """

    about: str
    numbers: frozenset[Number]
    curated: dict[str, str]

    @property
    def key(self) -> Key | None:
        """The key of the shared node: that of the first number; None without any."""
        first = min(self.numbers, default=None)
        return getattr(keys, self.about)(first.text) if first else None

    @property
    def node(self) -> str:
        """The address of the thing: the curated one, or the shared one; or ""."""
        if self.curated:
            return min(self.curated)
        return keys.address(self.key) if self.key else ""


class Numbering:
    """Finds the numbers of one thing in what published submissions state, and curators decided.

    Args:
        store: The graph.
        house: The index of the curated nodes.
    """

    def __init__(self, store: ox.Store, house: House) -> None:
        self._store = store
        self._house = house
        self._joined: dict[Number, Together] = {}

    def together(
        self, about: str, numbers: Iterable[Number], also: Iterable[Iterable[Number]] = ()
    ) -> Together:
        """Return all that numbers name, over all submissions that share a number.

        Args:
            about: "trial" or "publication".
            numbers: Numbers of one thing.
            also: Sets of numbers that a submission states, each of one thing.
        """
        sheet = components([self.linking(one) for one in also])
        found: set[Number] = set()
        curated: dict[str, str] = {}
        left = self.linking(numbers)
        first = min(left, default=None)
        if first in self._joined and not sheet and left <= self._joined[first].numbers:
            return self._joined[first]
        while left:
            number = left.pop()
            found.add(number)
            node = self._house.numbers.get(number.text)
            if node is not None:
                curated.setdefault(node, number.text)
            more = set(sheet.get(number, ()))
            for said in self.stated_of(number):
                more |= self.linking(_read(said.numbers))
                if said.node:
                    curated.setdefault(said.node, said.name)
            left |= more - found
        together = Together(about, frozenset(found), curated)
        if not sheet:
            self._joined |= dict.fromkeys(found, together)
        return together

    def linking(self, numbers: Iterable[Number]) -> set[Number]:
        """Return the numbers that identify a thing: none that is struck.

        Where no other number is stated, one that was moved means what it was moved to.
        """
        decided = {number: self._decided(number) for number in numbers}
        plain = {number for number, targets in decided.items() if targets is None}
        return plain or {to for targets in decided.values() if targets for to in targets}

    def is_struck(self, number: Number) -> bool:
        """Return whether a curator decided that a number identifies nothing."""
        return self._decided(number) == []

    def is_decided(self, text: str) -> bool:
        """Return whether a curator struck or moved a number."""
        return any(self._decided(number) is not None for number in _read([text]))

    def _decided(self, number: Number) -> list[Number] | None:
        """Return the numbers that a number was moved to, none if it is struck; None otherwise."""
        text = ox.Literal(number.text)
        for quad in self._store.quads_for_pattern(None, _DECIDED, text, GRAPH):
            found = self._store.quads_for_pattern(quad.subject, _TARGET, None, GRAPH)
            return list(_read(value_of(target.triple) for target in found))
        return None

    def stated_of(self, number: Number) -> list[Called]:
        """Return all that published submissions state of a number."""
        text = ox.Literal(number.text)
        subjects = self._store.quads_for_pattern(None, _IDENTIFIER, text, GRAPH)
        return [self._called(quad.subject) for quad in subjects]

    def reached(self, numbers: Iterable[Number]) -> dict[Called, str]:
        """Return all that submissions state of numbers, with the node that each of them names.

        The numbers that they state beside them count too. No decision parts them.
        """
        found: dict[Called, str] = {}
        seen: set[Number] = set()
        left = set(numbers)
        while left:
            number = left.pop()
            seen.add(number)
            for called in self.stated_of(number):
                found[called] = self.node(called)
                left |= set(_read(called.numbers)) - seen
        return found

    def node(self, called: Called) -> str:
        """Return the address of what a submission calls so; "" for a thing of its own."""
        return called.node or self.meant(called).node

    def meant(self, called: Called) -> Together:
        """Return all numbers of what a submission calls so."""
        return self.together(called.about, _read(called.numbers))

    def of_graph(self, graph: str) -> list[Called]:
        """Return what a published submission calls things."""
        parts = self._store.quads_for_pattern(None, _PART_OF, ox.NamedNode(graph), GRAPH)
        return sorted(self._called(quad.subject) for quad in parts)

    def quads_of(self, graph: str) -> list[ox.Quad]:
        """Return the quads that say so."""
        parts = self._store.quads_for_pattern(None, _PART_OF, ox.NamedNode(graph), GRAPH)
        return [
            quad
            for part in parts
            for quad in self._store.quads_for_pattern(part.subject, None, None, GRAPH)
        ]

    def _called(self, subject: object) -> Called:
        said: dict[str, list[str]] = {}
        for quad in self._store.quads_for_pattern(subject, None, None, GRAPH):  # type: ignore[arg-type]
            said.setdefault(quad.predicate.value, []).append(text_of(quad.object))
        return Called(
            said[_TYPE.value][0],
            said[_TITLE.value][0],
            tuple(sorted(said[_IDENTIFIER.value])),
            said.get(_RELATION.value, [""])[0],
            said[_PART_OF.value][0],
        )


def quads(graph: str, called: Iterable[Called]) -> list[ox.Quad]:
    """Write what a submission calls things, as quads of `GRAPH`.

    Args:
        graph: The named graph of the submission.
        called: What it calls them; those without a number are left out.
    """
    found = []
    for at, one in enumerate(sorted(one for one in called if one.numbers), 1):
        node = ox.NamedNode(f"{graph}/numbered/{at}")
        said: list[tuple[ox.NamedNode, ox.NamedNode | ox.Literal]] = [
            (_PART_OF, ox.NamedNode(graph)),
            (_TYPE, ox.Literal(one.about)),
            (_TITLE, ox.Literal(one.name)),
            *((_IDENTIFIER, ox.Literal(number)) for number in one.numbers),
        ]
        if one.node:
            said.append((_RELATION, ox.NamedNode(one.node)))
        found += [ox.Quad(node, path, value, GRAPH) for path, value in said]
    return found


def decision(node: str, number: str, target: str) -> list[ox.Quad]:
    """Write a decision on a number, as quads of `GRAPH`.

    Args:
        node: The address of the decision.
        number: The number.
        target: The number whose trial or paper it identifies from now on; "" for none.
    """
    said = [(_DECIDED, number)] + ([(_TARGET, target)] if target else [])
    return [ox.Quad(ox.NamedNode(node), path, ox.Literal(text), GRAPH) for path, text in said]


def numbers_in(quads: Iterable[ox.Quad]) -> set[Number]:
    """Return the numbers that quads of `GRAPH` name."""
    paths = (_IDENTIFIER, _DECIDED, _TARGET)
    return set(_read(value_of(quad.triple) for quad in quads if quad.predicate in paths))


def called_in(triples: Iterable[ox.Triple]) -> list[Called]:
    """Return what the statements of a file in RDF call shared trials and papers."""
    stated: dict[str, list[ox.Triple]] = {}
    for triple in triples:
        if keys.is_shared(node_of(triple)):
            stated.setdefault(node_of(triple), []).append(triple)
    found = []
    for node, said in stated.items():
        key = key_in(said)
        if key is None or keys.kind_of(key) not in KINDS:
            continue
        about, texts = keys.kind_of(key), [value_of(t) for t in said if t.predicate == _IDENTIFIER]
        numbers = {n for n in _read([str(key[1]), *texts]) if n.about == about}
        found.append(Called(about, node, tuple(sorted(number.text for number in numbers))))
    return found


def key_in(said: Iterable[ox.Triple]) -> Key | None:
    """Return the key that the statements about a node have, or None."""
    text = next((value_of(t) for t in said if t.predicate.value == SHARED_KEY), "")
    with suppress(NotShared):
        return keys.read(text)
    return None


def names_in(triples: Iterable[ox.Triple], base: str) -> Iterator[tuple[str, str]]:
    """Yield the trials and papers that a submission describes as its own, each with its name.

    Args:
        triples: Its statements.
        base: Its namespace.
    """
    kinds = {f"{base}study/": "trial", f"{base}publication/": "publication"}
    for triple in triples:
        about = next((kind for at, kind in kinds.items() if node_of(triple).startswith(at)), None)
        if about and triple.predicate.value == RDFS_LABEL:
            yield about, value_of(triple)


def _read(texts: Iterable[str]) -> Iterator[Number]:
    for text in texts:
        with suppress(NotShared):
            number = _NUMBERS.read(text)
            if number is not None:
                yield number
