"""The answers of the look-up as plain data: what command line, JSON and pages all show."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from aikg.links import index as indexing
from aikg.links.index import Ask, Index, Link
from aikg.links.search import Names
from aikg.names import shorten


class LookUp:
    """The index and the names of one version of the graph.

    Attributes:
        index: What everything is called and linked to.
        names: The same, by name.
    """

    def __init__(self, ask: Ask, root: Path) -> None:
        self._ask = ask
        self._root = root
        self.index: Index = indexing.build(ask, root)
        self.names = Names(self.index)

    def resolve(self, text: str) -> dict[str, Any]:
        """Give what an identifier leads to: ours, the evidence on it, its other identifiers.

        Raises:
            IdentifierMalformed: Its prefix is unknown, or it breaks its pattern.
            IdentifierObsolete: Its vocabulary gave it up.
            IdentifierUnknown: It is well-formed, and nobody's.
        """
        identifier, links = indexing.describe(self.index, text)
        own = self.index.own(text.strip())
        found = [(own.iri, None)] if own else [(link.entity, link.predicate) for link in links]
        return {
            "identifier": identifier,
            "label": own.label if own else links[0].label,
            "entities": [self._entity(iri, predicate) for iri, predicate in found],
        }

    def _entity(self, iri: str, predicate: str | None) -> dict[str, Any]:
        entity = self.index.entities[iri]
        findings = indexing.evidence(self._ask, self._root, iri)
        return {
            "iri": iri,
            "name": shorten(iri),
            "label": entity.label,
            "kind": entity.kind,
            "match": predicate,
            "links": [_link(link) for link in entity.links],
            "findings": findings,
        }

    def search(self, text: str, limit: int = 20) -> dict[str, Any]:
        """Give what a text may mean, the best first."""
        return {"query": text, "hits": [asdict(h) for h in self.names.search(text, limit)]}


def _link(link: Link) -> dict[str, str]:
    return {
        "curie": link.identifier.curie,
        "iri": link.identifier.iri,
        "label": link.label,
        "match": link.predicate,
    }
