"""Near misses: the name that was probably meant by one that nothing has."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from itertools import islice

import pyoxigraph as ox

from aikg.intake.terms import text_of
from aikg.intake.words import Words
from aikg.names import BASE, PREFIXES, RDF_TYPE

#: So many nodes of a kind are compared: more would take time.
_MOST = 5_000

_NAMING = {"rdfs": "label", "skos": "altLabel", "aikg": "abbreviation"}
_LABELS = tuple(ox.NamedNode(PREFIXES[prefix] + name) for prefix, name in _NAMING.items())


def near_term(store: ox.Store, iri: str) -> str | None:
    """Return the term of the ontology whose name is nearest to an unknown one."""
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
    """Return the node with the same kind of address whose name is nearest."""
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
    """Return the name nearest to a text, in any case of letters, or the one with its initials.

    A name with other digits is never near: 24 weeks is not 48 weeks.
    """
    digits = re.findall(r"\d+", label)
    folded = {n.casefold(): n for n in names if re.findall(r"\d+", n) == digits}
    found = _nearest(label.casefold(), folded)
    if found:
        return folded[found]
    meant = [name for name in folded if _initials(name) == label.casefold()]
    return folded[meant[0]] if len(meant) == 1 else None


def named(store: ox.Store, kinds: Iterable[str]) -> dict[str, str]:
    """Return the nodes of some classes by each of their labels, folded."""
    nodes: dict[str, str] = {}
    for kind in kinds:
        for node in _of_class(store, kind):
            for label in _LABELS:
                found = store.quads_for_pattern(ox.NamedNode(node), label, None, ox.DefaultGraph())
                for quad in found:
                    nodes.setdefault(text_of(quad.object).casefold(), node)
    return nodes


def question(text: str, names: Iterable[str]) -> str:
    """Return the question whether the nearest name was meant, with a blank, or nothing."""
    near = near_label(text, names)
    return f"Did you mean “{near}”? " if near else ""


def ask(words: Words, iri: str | None) -> str | None:
    """Return the question whether a node was meant, or None."""
    return f"Did you mean {words.label(iri)} (<{iri}>)?" if iri else None


def _classes_of(kind: str) -> list[str]:
    """Return the class whose nodes have an address: drug-class is that of DrugClass."""
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
