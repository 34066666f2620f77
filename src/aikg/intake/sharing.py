"""Shared nodes in a table: stated at the cells that name them, found by their numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeAlias

import pyoxigraph as ox

from aikg.intake.known import ADOPTED, Known, is_shared, present
from aikg.intake.numbering import Called, Numbering, Together
from aikg.intake.places import Place
from aikg.intake.rows import Reader, Row
from aikg.intake.statements import Statements
from aikg.names import PREFIXES
from aikg.shared import keys
from aikg.shared.describe import SHARED_KEY
from aikg.shared.house import House
from aikg.shared.keys import Key
from aikg.shared.mint import Mint
from aikg.shared.numbers import Number, Numbers
from aikg.shared.spelling import NotShared, fold_name

#: The columns with the name and with the numbers of a trial and of a paper, and their classes.
_NAMED = {
    "trial": ("Trial", "Registry numbers", "Study"),
    "publication": ("Publication", "Publication identifiers", "Publication"),
}
_NUMBERS = Numbers()
_IDENTIFIER = PREFIXES["dcterms"] + "identifier"

#: Numbers by "trial" or "publication" and a name.
Before: TypeAlias = Mapping[tuple[str, str], tuple[str, ...]]


class Sharing:
    """States shared nodes.

    Args:
        house: The index of the curated nodes.
        store: The published graph.
        statements: Where the statements go.
    """

    def __init__(self, house: House, store: ox.Store, statements: Statements) -> None:
        self.house = house
        self._mint = Mint(house)
        self._store = store
        self._say = statements
        #: The nodes that were stated, by their content: rows repeat names, and first places count.
        self._stated: dict[tuple[Any, ...], ox.NamedNode | None] = {}

    def node(self, place: Place, make: Callable[..., Key], *content: Any) -> ox.NamedNode | None:
        """Return the node of a content: the house's or a shared one, which is stated.

        Args:
            place: The cell.
            make: The function of `keys` that makes the key.
            content: Its arguments; nodes stand for their addresses.

        Returns:
            The node, or None where the content cannot be part of a shared node.
        """
        texts = tuple(map(_text, content))
        asked = (make, *texts)
        if asked not in self._stated:
            self._stated[asked] = self._node(place, make, texts)
        return self._stated[asked]

    def _node(
        self, place: Place, make: Callable[..., Key], texts: tuple[Any, ...]
    ) -> ox.NamedNode | None:
        try:
            key = make(*texts)
            if keys.kind_of(key) in ADOPTED:
                address = keys.address(key)
                adopted = present(self._store, self.house, address)
                if adopted != address:
                    return self._say.term(adopted)
            iri = self._mint.node(key)
        except NotShared:
            return None
        made = self._mint.made.get(iri)
        for triple in made.triples if made else ():
            self._say.say(triple.subject, triple.predicate.value, triple.object, place)  # type: ignore[arg-type]
        return self._say.term(iri)

    def use(self, node: ox.NamedNode, place: Place) -> ox.NamedNode:
        """State a shared node of the graph here too, with its parts; another node stays as it is.

        So this submission can stand when the one that stated it first is withdrawn.
        """
        key = self.key(node) if keys.is_shared(node.value) else None
        for part in key[1:] if key else ():
            for text in (part,) if isinstance(part, str) else part:
                if keys.is_shared(text):
                    self.use(ox.NamedNode(text), place)
        return (self.node(place, _as_it_is, *key) or node) if key else node

    def key(self, node: ox.NamedNode) -> Key | None:
        """Return the key of a shared node of the graph or of this table."""
        made = self._mint.made.get(node.value)
        if made:
            return made.key
        path = ox.NamedNode(SHARED_KEY)
        found = self._store.quads_for_pattern(node, path, None, ox.DefaultGraph())
        text = next(
            (quad.object.value for quad in found if isinstance(quad.object, ox.Literal)), ""
        )
        try:
            return keys.read(text)
        except NotShared:
            return None


def _as_it_is(*key: Any) -> Key:
    return key


def _text(content: Any) -> Any:
    if isinstance(content, ox.NamedNode):
        return content.value
    if isinstance(content, list | set):
        return tuple(sorted(_text(part) for part in content))
    return content


class Numbered:
    """Finds trials and papers by their numbers, whatever they are called.

    Args:
        known: Finds what the graph describes.
        sharing: States shared nodes.
        reader: Reads single cells.
        numbering: Finds the numbers that name one thing.
        before: What the submission called things when it was read before: numbers by "trial" or
            "publication" and the name, none for what is its own.
    """

    def __init__(
        self,
        known: Known,
        sharing: Sharing,
        reader: Reader,
        numbering: Numbering,
        before: Before | None = None,
    ) -> None:
        self._known = known
        self.sharing = sharing
        self._reader = reader
        self._numbering = numbering
        self._before = before or {}
        self._numbers: dict[tuple[str, str], set[Number]] = {}
        self._found: dict[tuple[str, str], ox.NamedNode | None] = {}
        #: What the submission calls trials and papers.
        self.called: list[Called] = []

    def announce(self, row: Row) -> None:
        """Remember the numbers that a row has: one row of a trial is enough."""
        for about, (named, column, _) in _NAMED.items():
            known = self._numbers.setdefault((about, row.text(named)), set())
            for text in row.texts(column):
                with suppress(NotShared):  # a check reports it, with its cell
                    known |= _numbers(about, text)

    def find(self, row: Row, about: str, heading: str | None = None) -> ox.NamedNode | None:
        """Return the trial or the paper that a cell names; None where it is the submission's own.

        Args:
            row: The row.
            about: "trial" or "publication".
            heading: The column with the name, where it is not the first one.
        """
        heading = heading or _NAMED[about][0]
        return self.named(row, about, row.text(heading), heading)

    def named(self, row: Row, about: str, name: str, heading: str) -> ox.NamedNode | None:
        """Return the trial or the paper with a name or a number likewise."""
        if (about, name) not in self._found:
            self._found[about, name] = self._find(row, about, name, heading)
        return self._found[about, name]

    def _find(self, row: Row, about: str, name: str, heading: str) -> ox.NamedNode | None:
        kind, stated = _NAMED[about][2], self._stated(about, name)
        nodes = self._known.every(kind, name)
        found = {n.value: name for n in nodes if not (self._known.of_submission(n) or is_shared(n))}
        curated = next(iter(found), "") if len(found) == 1 else ""
        if not self._numbering.linking(stated) and not found:
            meant, own = self._by_name(about, name, nodes)
            stated, found = stated or meant, found | own
        for number in self._numbering.linking(stated):
            for node in self._known.every(kind, number.text):
                if not is_shared(node):
                    found.setdefault(node.value, number.text)
        mine = [of for (of_kind, _), of in self._numbers.items() if of_kind == about]
        together = self._numbering.together(about, stated, mine)
        found = together.curated | found
        for number in stated:
            if self._numbering.is_struck(number):
                self._struck(row, about, heading, number)
        self.called.append(Called(about, name, tuple(n.text for n in stated), curated))
        if len(found) > 1:
            self._several(row, about, heading, found)
        if found:
            node = ox.NamedNode(min(found))
            self._note(row, about, heading, name, node, stated)
            return self.sharing.use(node, row.place(heading))
        return self._shared(row, about, heading, name, stated, together)

    def _shared(  # noqa: PLR0913, PLR0917  a cell, and what it names
        self,
        row: Row,
        about: str,
        heading: str,
        name: str,
        stated: list[Number],
        together: Together,
    ) -> ox.NamedNode | None:
        """State the shared node of numbers, and each number that the submission states of it."""
        if not together.numbers:
            return None
        at = row.place(heading)
        first = min(together.numbers)
        node = self.sharing.node(at, getattr(keys, about), first.text)
        for number in stated if node else ():
            self._reader.statements.text(node, _IDENTIFIER, number.text, at)  # type: ignore[arg-type]
        published = {
            self._numbering.node(called)
            for number in together.numbers
            for called in self._numbering.stated_of(number)
        }
        if node and published == {node.value}:
            self._note(row, about, heading, name, node, stated)
        elif node and published:
            numbers = ", ".join(number.text for number in sorted(together.numbers))
            what = f"These are numbers of one {about}: {numbers}. The graph has it under "
            what += f"{'another number' if len(published) == 1 else 'several numbers'}."
            advice = f"If they are several {about}s, correct the numbers."
            self._reader.wrong(row, heading, "joined", what, advice, level="Note")
        return node

    def _stated(self, about: str, name: str) -> list[Number]:
        found = set(self._numbers.get((about, name), ()))
        with suppress(NotShared):  # a name that looks like a number
            found |= _numbers(about, name)
        return sorted(found)

    def _by_name(
        self, about: str, name: str, nodes: list[ox.NamedNode]
    ) -> tuple[list[Number], dict[str, str]]:
        """Return the numbers of what the graph calls so, or the nodes of other submissions."""
        if (about, name) in self._before:
            texts = self._before[about, name]
            return sorted(n for text in texts for n in _numbers(about, text)), {}
        owned = {node.value: name for node in nodes if not is_shared(node)}
        parts = [key[1] for node in nodes if is_shared(node) and (key := self.sharing.key(node))]
        if len(parts) + len(owned) > 1:
            return [], {node.value: name for node in nodes}
        return [number for part in parts for number in _numbers(about, str(part))], owned

    def _several(self, row: Row, about: str, heading: str, found: dict[str, str]) -> None:
        listed = "; ".join(f"{said}: <{node}>" for node, said in sorted(found.items()))
        what = f"The row names {len(found)} {about}s of the graph. {listed}."
        advice = "Keep the name and the numbers of the one that you mean."
        self._reader.wrong(row, heading, "two-trials", what, advice)

    def _struck(self, row: Row, about: str, heading: str, number: Number) -> None:
        what = f"A curator decided that {number.text} identifies no {about}."
        advice = "Nothing, if it is only kept as a text; see `aikg number list`."
        self._reader.wrong(row, heading, "joined", what, advice, level="Note")

    def _note(  # noqa: PLR0913, PLR0917  a cell, the node that it names, and its numbers
        self,
        row: Row,
        about: str,
        heading: str,
        name: str,
        node: ox.NamedNode,
        numbers: list[Number],
    ) -> None:
        """Report how a row joins what the graph has, where a name or a number is new."""
        kind, label = _NAMED[about][2], self._known.label(node)
        new = [n.text for n in numbers if not self._has(kind, node, n.text)]
        if node not in self._known.every(kind, name):
            what = f"The graph has this {about} by its number: it is “{label}”."
        elif new:
            what = f"The graph has “{label}” without the number {', '.join(new)}."
        elif not self._numbers.get((about, name)) and is_shared(node):
            what = f"The graph has “{name}” as the {about} “{label}”."
        else:
            return
        advice = f"If it is another {about}, correct its name and its numbers."
        self._reader.wrong(row, heading, "joined", what, advice, level="Note")

    def _has(self, kind: str, node: ox.NamedNode, number: str) -> bool:
        if self.sharing.house.numbers.get(number) == node.value:
            return True
        return node in set(self._known.every(kind, number))


def _numbers(about: str, text: str) -> set[Number]:
    number = _NUMBERS.read(text)
    return {number} if number is not None and number.about == about else set()


def folded(name: str) -> str:
    """Return the folded form of a name, or the name itself where it has none."""
    try:
        return fold_name(name)
    except NotShared:
        return name
