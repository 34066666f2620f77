"""Triples from a table, each with the cell that states it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from aikg.intake.places import Mention, Place, Places
from aikg.names import OTHER_PREFIXES, PREFIXES, RDF_TYPE, RDFS_LABEL, SUBMISSIONS
from aikg.rules.checks import Problem

AIKG = PREFIXES["aikg"]
_TYPE, _LABEL = ox.NamedNode(RDF_TYPE), ox.NamedNode(RDFS_LABEL)
_DECIMAL = ox.NamedNode(OTHER_PREFIXES["xsd"] + "decimal")

#: Subject, predicate and object.
_Said = tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]

_SLUG = re.compile(r"[^a-z0-9]+")


class Statements:
    """Triples in their order, without repeats.

    Args:
        base: The namespace of the submission.
    """

    def __init__(self, base: str) -> None:
        self.base = base
        self.problems: list[Problem] = []
        # Keyed by terms: a dictionary of triples takes longer to fill than the rest of the reading.
        self._said: dict[_Said, Place] = {}
        self._terms: dict[str, ox.NamedNode] = {}
        self._names: dict[tuple[str, str], ox.NamedNode] = {}
        self._taken: set[str] = set()
        self._wrong: list[tuple[str, str, str, Place]] = []
        self._repeated: dict[ox.NamedNode, tuple[ox.NamedNode, frozenset[str]]] = {}

    def __iter__(self) -> Iterator[ox.Triple]:
        """Return the triples."""
        return (ox.Triple(*terms) for terms in self._said)

    def term(self, name: str) -> ox.NamedNode:
        """Return a term of the ontology, or a node by its whole IRI."""
        if name not in self._terms:
            self._terms[name] = ox.NamedNode(name if ":" in name else AIKG + name)
        return self._terms[name]

    def node(self, kind: str, name: str) -> ox.NamedNode:
        """Return the node of a kind with a name: the same name, the same node.

        Every node that a table describes gets its IRI here.
        """
        known = self._names.get((kind, name))
        if known is None:
            slug = _slug(name) or "unnamed"
            iri, number = f"{self.base}{kind}/{slug}", 1
            while iri in self._taken:
                number += 1
                iri = f"{self.base}{kind}/{slug}-{number}"
            self._taken.add(iri)
            known = self._names[kind, name] = ox.NamedNode(iri)
        return known

    def has(self, kind: str, name: str) -> bool:
        """Return whether a node of a kind was named before."""
        return (kind, name) in self._names

    def apart(self, label: str) -> str:
        """Return a label that no other submission has: a node of its own needs one."""
        return f"{label} ({self.base.removeprefix(SUBMISSIONS).rstrip('/')})"

    def owns(self, node: ox.NamedNode) -> bool:
        """Return whether a node lies in the namespace of the submission."""
        return node.value.startswith(self.base)

    def say(
        self, node: ox.NamedNode, name: str, value: ox.NamedNode | ox.Literal | str, place: Place
    ) -> None:
        """State one triple; a repeated one keeps its first place.

        Args:
            node: The subject.
            name: The property, as a term of the ontology or a whole IRI.
            value: The object; a text is a term of the ontology.
            place: The cell.
        """
        term = self.term(value) if isinstance(value, str) else value
        self._said.setdefault((node, self.term(name), term), place)
        if node in self._repeated:
            other, names = self._repeated[node]
            if name.removeprefix(AIKG) in names:
                self.say(other, name, term, place)

    def repeat(self, node: ox.NamedNode, other: ox.NamedNode, names: Iterable[str]) -> None:
        """State some properties of a node, from now on, of another one too."""
        self._repeated[node] = (other, frozenset(names))

    def describe(self, node: ox.NamedNode, kind: str, label: str, place: Place) -> ox.NamedNode:
        """State class and English label of a node, and return it."""
        self.kind(node, kind, place)
        self.label(node, label, place)
        return node

    def label(self, node: ox.NamedNode, text: str, place: Place) -> None:
        """State the label of a node, in English."""
        self._said.setdefault((node, _LABEL, ox.Literal(text, language="en")), place)

    def kind(self, node: ox.NamedNode, name: str, place: Place) -> None:
        """State the class of a node."""
        self._said.setdefault((node, _TYPE, self.term(name)), place)

    def move(
        self, node: ox.NamedNode, name: str, value: ox.Literal, old: Place, place: Place
    ) -> None:
        """Set the cell of a triple that was stated with another cell of the same row."""
        terms = (node, self.term(name), value)
        if self._said.get(terms) == old:
            self._said[terms] = place

    def text(self, node: ox.NamedNode, name: str, text: str, place: Place) -> None:
        """State a text."""
        self.say(node, name, ox.Literal(text), place)

    def wrong(  # noqa: PLR0913, PLR0917  the parts of a problem
        self,
        node: ox.NamedNode,
        name: str,
        rule: str,
        place: Place,
        value: str,
        message: str,
        advice: str,
        level: str = "Error",
    ) -> None:
        """Report what is wrong with a cell, in place of the triple that it would have stated."""
        path = self.term(name).value
        self._wrong.append((node.value, path, value, place))
        found = (node.value, path, value or None, message, advice)
        self.problems.append(Problem(level, rule, *found, kind="rule"))

    def places(self) -> Places:
        """Return the place of each node, property and value."""
        places = Places()
        for node, path, value, place in self._wrong:
            places.add(node, path, value, Mention(node, path, value, place, place, place))
        for terms, place in self._said.items():
            node, path, value = (term.value for term in terms)
            places.add(node, path, value, Mention(node, path, value, place, place, place))
        return places


def decimal(digits: str) -> ox.Literal:
    """Return a decimal, with its point."""
    return ox.Literal(digits if "." in digits else f"{digits}.0", datatype=_DECIMAL)


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _SLUG.sub("-", plain).strip("-")[:80].strip("-")
