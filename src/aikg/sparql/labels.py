"""The labels of nodes: what a page and a table show beside an address."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from aikg.names import RDFS_LABEL

_LABEL, _DEFAULT = ox.NamedNode(RDFS_LABEL), ox.DefaultGraph()
#: The languages of labels, the best first.
_LANGUAGES = ("en", None)


def labels_of(store: ox.Store, iris: Iterable[str]) -> dict[str, str]:
    """Return the label of each node that has one in the default graph, by its IRI.

    A node with several labels has the English one, then one without a language, then the first in
    the order of the alphabet.
    """
    found = {}
    for iri in dict.fromkeys(iris):
        label = label_of(store, ox.NamedNode(iri))
        if label is not None:
            found[iri] = label
    return found


def label_of(store: ox.Store, node: ox.NamedNode) -> str | None:
    """Return the label of one node, or None."""
    quads = store.quads_for_pattern(node, _LABEL, None, _DEFAULT)
    return best([quad.object for quad in quads if isinstance(quad.object, ox.Literal)])


def best(labels: Iterable[ox.Literal]) -> str | None:
    """Return the best of some labels; see `labels_of`."""
    first = min(labels, key=_order, default=None)
    return first.value if first is not None else None


def _order(label: ox.Literal) -> tuple[int, str]:
    language = label.language
    known = language in _LANGUAGES
    return (_LANGUAGES.index(language) if known else len(_LANGUAGES), label.value)
