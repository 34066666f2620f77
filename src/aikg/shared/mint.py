"""Shared nodes made for a submission, and repeated for one that was sent with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

import pyoxigraph as ox

from aikg.names import OTHER_PREFIXES, PREFIXES
from aikg.shared import keys
from aikg.shared.describe import SHARED_KEY, Node, describe
from aikg.shared.house import House
from aikg.shared.keys import Key
from aikg.shared.numbers import Numbers
from aikg.shared.spelling import NotShared

_IDENTIFIER = PREFIXES["dcterms"] + "identifier"
_DECIMAL = OTHER_PREFIXES["xsd"] + "decimal"

_NUMBERS = Numbers()


@dataclass
class Mint:
    """Makes shared nodes, and finds those of the house first.

    Attributes:
        house: The index.
        made: The nodes that were made, by address.
    """

    house: House
    made: dict[str, Node] = field(default_factory=dict)

    def label_of(self, iri: str) -> str | None:
        """Return the label of a node of the house, or of one that was made."""
        made = self.made.get(iri)
        return made.label if made else self.house.labels.get(iri)

    def node(self, key: Key) -> str:
        """Return the address of a key: the house's node, or the shared one, which is made.

        Raises:
            NotShared: A part of it has no label.
        """
        known = self.house.find(key)
        if known is not None:
            return known
        iri = keys.address(key)
        if iri not in self.made:
            self.made[iri] = describe(key, self.label_of)
        return iri


@dataclass(frozen=True)
class Refusal:
    """Why a node is not the shared node that it says it is.

    Attributes:
        found: The fault.
        advice: What it should be.
        path: The property at fault, or None.
        value: The value at fault, or None.
    """

    found: str
    advice: str
    path: str | None = None
    value: str | None = None


#: The triples of each described node, by its address.
Stated: TypeAlias = Mapping[str, Iterable[ox.Triple]]


def repeat(stated: Stated, house: House) -> dict[str, Node | Refusal]:
    """Make each shared node of a submission again from its key, and compare.

    Args:
        stated: What the submission states of each node, shared or not.
        house: The index of the curated nodes.

    Returns:
        For the address of each shared node: the node, if the submission states exactly what its
        key says (and of an open node what each source may state); otherwise why not.
    """
    return _Repetition(stated, house).all()


class _Repetition:
    def __init__(self, stated: Stated, house: House) -> None:
        self._stated = {iri: _triples(of) for iri, of in stated.items() if keys.is_shared(iri)}
        self._house = house
        self._found: dict[str, Node | Refusal] = {}

    def all(self) -> dict[str, Node | Refusal]:
        return {iri: self._node(iri) for iri in self._stated}

    def _node(self, iri: str) -> Node | Refusal:
        if iri not in self._found:
            # A key that names itself cannot be: it would contain its own hash.
            self._found[iri] = Refusal("The node is a part of itself.", "Write its real parts.")
            self._found[iri] = self._repeated(iri)
        return self._found[iri]

    def _repeated(self, iri: str) -> Node | Refusal:
        said = self._stated[iri]
        texts = [t.object for t in said if t.predicate.value == SHARED_KEY]
        if len(texts) != 1 or not isinstance(texts[0], ox.Literal):
            advice = "State aikg:sharedKey once, with the content of the node as a JSON array."
            return Refusal("A shared node needs the one key that its address is made from.", advice)
        text = texts[0].value
        try:
            key = keys.read(text)
            known = self._house.find(key)
            if known is not None:
                advice = f"Point at <{known}> in its place, and leave this node out."
                return Refusal(f"The graph has this node already: <{known}>.", advice)
            node = describe(key, self._label_of)
        except NotShared as error:
            advice = "Name the node below your own namespace, or correct its key."
            return Refusal(str(error), advice, SHARED_KEY, text)
        return self._compared(iri, text, node)

    def _label_of(self, iri: str) -> str | None:
        if not keys.is_shared(iri):
            return self._house.labels.get(iri)
        part = self._node(iri) if iri in self._stated else None
        return part.label if isinstance(part, Node) else None

    def _compared(self, iri: str, text: str, node: Node) -> Node | Refusal:
        """Compare what is stated of a node with what its key says."""
        whole = f"It should be: {written(node)}"
        if iri != node.iri or text != keys.written(node.key):
            what = "Address and key do not belong together, or the key is not in its one form."
            return Refusal(what, whole, SHARED_KEY, text)
        said = self._stated[iri]
        missing = [t for t in _triples(node.triples) if t not in said]
        if missing:
            path, value = missing[0].predicate.value, _text(missing[0].object)
            return Refusal(f"The node lacks {_named(path)} “{value}”.", whole, path)
        required = set(_triples(node.triples))
        more = [t for t in said if t not in required and not node.permits(t)]
        if more:
            path, value = more[0].predicate.value, _text(more[0].object)
            what = f"Of this node {_named(path)} “{value}” may not be stated."
            return Refusal(what, whole + _besides(node), path, value)
        return self._numbered(node) or node

    def _numbered(self, node: Node) -> Refusal | None:
        """Compare the numbers of a trial or a paper with the one in its address."""
        if node.kind not in {"trial", "publication"}:
            return None
        texts = [
            _text(t.object) for t in self._stated[node.iri] if t.predicate.value == _IDENTIFIER
        ]
        for text in (str(node.key[1]), *texts):
            try:
                number = _NUMBERS.read(text)
            except NotShared:
                continue  # a check reports it
            if number is None or number.about != node.kind:
                continue
            if number.text != text:
                what = f"“{text}” is not in the one spelling of its registry."
                return Refusal(what, f"Write {number.text}.", _IDENTIFIER, text)
            known = self._house.numbers.get(text)
            if known is not None:
                what = f"The graph has the {node.kind} with the number {text}: <{known}>."
                return Refusal(what, f"Point at <{known}> in its place.", _IDENTIFIER, text)
            first = _NUMBERS.read(str(node.key[1]))
            if first is not None and number < first:
                what = f"The address is made from {first.text}, and {text} comes before it."
                other = describe(getattr(keys, node.kind)(text), self._label_of)
                return Refusal(
                    what, f"Write <{other.iri}> for this {node.kind}.", _IDENTIFIER, text
                )
        return None


def written(node: Node) -> str:
    """Return the triples of a node in Turtle, on one line."""
    said = [f"<{t.predicate.value}> {t.object}" for t in node.triples]
    return f"<{node.iri}> {' ; '.join(said)} ."


def _besides(node: Node) -> str:
    names = ", ".join(map(_named, node.open_properties))
    return f" Besides, a source may state {names}." if names else ""


def _named(path: str) -> str:
    return next(
        (
            f"{prefix}:{path.removeprefix(namespace)}"
            for prefix, namespace in PREFIXES.items()
            if path.startswith(namespace) and path != namespace
        ),
        f"<{path}>",
    )


def _triples(triples: Iterable[ox.Triple]) -> list[ox.Triple]:
    """Return triples with decimals in one form: a store keeps 2.50 as 2.5 too."""
    return [ox.Triple(t.subject, t.predicate, _value(t.object)) for t in triples]


def _value(value: Any) -> Any:
    if isinstance(value, ox.Literal) and value.datatype.value == _DECIMAL:
        try:
            number = Decimal(value.value)
        except ArithmeticError:
            return value
        if number.is_finite():
            return ox.Literal(format(number.normalize(), "f"), datatype=ox.NamedNode(_DECIMAL))
    return value


def _text(value: Any) -> str:
    return str(getattr(value, "value", value))
