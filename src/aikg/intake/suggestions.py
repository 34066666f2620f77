"""Near misses: what a name that nothing bears was probably meant to be."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from itertools import islice

import pyoxigraph as ox

from aikg.intake.terms import text_of
from aikg.intake.words import Words
from aikg.names import BASE, PREFIXES, RDF_TYPE

#: As many nodes of a kind are compared; more would take time, and would not be near.
_MOST = 5_000

_LABELS = tuple(
    ox.NamedNode(iri)
    for iri in (
        PREFIXES["rdfs"] + "label",
        PREFIXES["skos"] + "altLabel",
        PREFIXES["aikg"] + "abbreviation",
    )
)


def near_term(store: ox.Store, iri: str) -> str | None:
    """Give the term of the ontology whose name is nearest to one that it has not."""
    local = iri.removeprefix(PREFIXES["aikg"])
    names = {
        quad.subject.value.removeprefix(PREFIXES["aikg"])
        for quad in store.quads_for_pattern(None, _LABELS[0], None, ox.DefaultGraph())
        if isinstance(quad.subject, ox.NamedNode)
        and quad.subject.value.startswith(PREFIXES["aikg"])
    }
    found = _nearest(local, names)
    return PREFIXES["aikg"] + found if found else None


def near_node(store: ox.Store, iri: str) -> str | None:
    """Give the node of the same kind of address whose name is nearest."""
    local = iri.removeprefix(BASE)
    kind, _, name = local.rpartition("/")
    if not name or kind == "ontology":
        return near_term(store, iri)
    classes = _classes_of(kind)
    names = {
        node.removeprefix(f"{BASE}{kind}/")
        for one in classes
        for node in _of_class(store, one)
        if node.startswith(f"{BASE}{kind}/")
    }
    found = _nearest(name, names)
    return f"{BASE}{kind}/{found}" if found else None


def near_label(label: str, names: Iterable[str]) -> str | None:
    """Give the name that is nearest to a text, whatever its case, or the one with its initials."""
    folded = {name.casefold(): name for name in names}
    found = _nearest(label.casefold(), folded)
    if found:
        return folded[found]
    meant = [name for name in folded if _initials(name) == label.casefold()]
    return folded[meant[0]] if len(meant) == 1 else None


def named(store: ox.Store, kinds: Iterable[str]) -> dict[str, str]:
    """Give the nodes of some classes by each of their labels, folded."""
    nodes: dict[str, str] = {}
    for kind in kinds:
        for node in _of_class(store, kind):
            for label in _LABELS:
                found = store.quads_for_pattern(ox.NamedNode(node), label, None, ox.DefaultGraph())
                for quad in found:
                    nodes.setdefault(text_of(quad.object).casefold(), node)
    return nodes


def ask(words: Words, iri: str | None) -> str | None:
    """Ask whether a node was meant."""
    return f"Did you mean {words.label(iri)} (<{iri}>)?" if iri else None


def _classes_of(kind: str) -> list[str]:
    """Name the class whose nodes lie under an address: drug-class is of DrugClass."""
    name = "".join(part.capitalize() for part in kind.split("-"))
    return [PREFIXES["aikg"] + name] if re.fullmatch(r"\w+", name) else []


def _of_class(store: ox.Store, kind: str) -> Iterator[str]:
    quads = store.quads_for_pattern(
        None, ox.NamedNode(RDF_TYPE), ox.NamedNode(kind), ox.DefaultGraph()
    )
    for quad in islice(quads, _MOST):
        if isinstance(quad.subject, ox.NamedNode):
            yield quad.subject.value


def _initials(name: str) -> str:
    return "".join(word[0] for word in re.split(r"[\s-]+", name) if word)


def _nearest(name: str, names: Iterable[str]) -> str | None:
    found = difflib.get_close_matches(name, list(names), n=1, cutoff=0.75)
    return found[0] if found else None
