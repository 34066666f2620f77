"""The parts of a triple as text: IRIs, and what literals say."""

from __future__ import annotations

from urllib.parse import urljoin

import pyoxigraph as ox


def node_of(triple: ox.Triple) -> str:
    """Return the IRI, or the label of a blank node, of a triple's subject."""
    return text_of(triple.subject)


def value_of(triple: ox.Triple) -> str:
    """Return the IRI, the label or the text of a triple's object; a statement has none."""
    return text_of(triple.object)


def text_of(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> str:
    """Return the IRI, the label or the text of a term."""
    return "" if isinstance(term, ox.Triple) else term.value


def resolve(base: str, reference: str) -> str:
    """Return the IRI that a reference means; of one that is none, the parser has made nothing."""
    try:
        return urljoin(base, reference)
    except ValueError:
        return reference
