"""Triples that grow from a table, each with the cell that says it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import pyoxigraph as ox

from aikg.intake.places import Mention, Place, Places
from aikg.names import OTHER_PREFIXES, PREFIXES, RDF_TYPE, RDFS_LABEL
from aikg.rules.checks import Problem

AIKG = PREFIXES["aikg"]
_XSD = OTHER_PREFIXES["xsd"]
_DECIMAL, _INTEGER, _DATE = (ox.NamedNode(_XSD + n) for n in ("decimal", "integer", "date"))
_TYPE, _LABEL = ox.NamedNode(RDF_TYPE), ox.NamedNode(RDFS_LABEL)

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
        # Keyed by its terms: to make a triple takes longer than all else that is done with it.
        self._said: dict[_Said, Place] = {}
        self._terms: dict[str, ox.NamedNode] = {}
        self._names: dict[tuple[str, str], ox.NamedNode] = {}
        self._taken: set[str] = set()
        self._wrong: list[tuple[str, str, str, Place]] = []

    def __iter__(self) -> Iterator[ox.Triple]:
        """Give the triples."""
        return (ox.Triple(*terms) for terms in self._said)

    def term(self, name: str) -> ox.NamedNode:
        """Give a term of the ontology, or a node by its whole IRI."""
        if name not in self._terms:
            self._terms[name] = ox.NamedNode(name if ":" in name else AIKG + name)
        return self._terms[name]

    def node(self, kind: str, name: str) -> ox.NamedNode:
        """Give the node of a kind with a name: the same name, the same node."""
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
        """Say whether a node of a kind was named before."""
        return (kind, name) in self._names

    def say(
        self,
        node: ox.NamedNode,
        name: str,
        value: ox.NamedNode | ox.Literal,
        place: Place,
    ) -> None:
        """State one triple; said again it keeps its first place."""
        self._said.setdefault((node, self.term(name), value), place)

    def kind(self, node: ox.NamedNode, name: str, place: Place) -> None:
        """State of which class a node is."""
        self._said.setdefault((node, _TYPE, self.term(name)), place)

    def label(self, node: ox.NamedNode, text: str, place: Place) -> None:
        """Give a node its label, in English."""
        self._said.setdefault((node, _LABEL, ox.Literal(text, language="en")), place)

    def text(self, node: ox.NamedNode, name: str, text: str, place: Place) -> None:
        """State a text."""
        self.say(node, name, ox.Literal(text), place)

    def number(self, node: ox.NamedNode, name: str, digits: str, place: Place) -> None:
        """State a decimal, with its point."""
        written = digits if "." in digits else f"{digits}.0"
        self.say(node, name, ox.Literal(written, datatype=_DECIMAL), place)

    def integer(self, node: ox.NamedNode, name: str, digits: str, place: Place) -> None:
        """State a whole number."""
        self.say(node, name, ox.Literal(digits, datatype=_INTEGER), place)

    def day(self, node: ox.NamedNode, name: str, day: str, place: Place) -> None:
        """State a day."""
        self.say(node, name, ox.Literal(day, datatype=_DATE), place)

    def wrong(  # noqa: PLR0913, PLR0917  what a problem is made of
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
        """Tell what is wrong with a cell, in place of what it would have stated."""
        path = self.term(name).value
        self._wrong.append((node.value, path, value, place))
        found = (node.value, path, value or None, message, advice)
        self.problems.append(Problem(level, rule, *found, kind="rule"))

    def places(self) -> Places:
        """Give the place of everything."""
        places = Places()
        for node, path, value, place in self._wrong:
            places.add(node, path, value, Mention(node, path, value, place, place, place))
        for terms, place in self._said.items():
            node, path, value = (term.value for term in terms)
            places.add(node, path, value, Mention(node, path, value, place, place, place))
        return places


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _SLUG.sub("-", plain).strip("-")[:80].strip("-")
