"""The answers of the look-up as plain data, for command line, JSON and pages."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aikg.errors import IdentifierMalformed, IdentifierUnknown
from aikg.files.queries import Query, read_queries
from aikg.links.asked import Box
from aikg.links.identifiers import Prefixes, expand_own, read_prefixes
from aikg.links.index import Index, Link, Row
from aikg.links.search import Linked, Names
from aikg.names import BASE, shorten

#: Answers a query as SPARQL JSON.
Ask = Callable[[str], bytes]

#: The queries of the look-up, below the root.
FOLDER = Path("queries", "links")

#: The columns of a list of names.
COLUMNS = ("name", "ours", "label", "matched", "how")

#: The entity in the text of `evidence.rq`, which another takes the place of.
_EXAMPLE = f"<{BASE}drug/exemestane>"


@dataclass(frozen=True)
class Sources:
    """The files of the look-up: a worker, which opens none, has them from before its fork.

    Attributes:
        queries: The queries, by name.
        prefixes: The vocabularies that are known.
    """

    queries: dict[str, Query]
    prefixes: Prefixes

    @classmethod
    def read(cls, root: Path) -> Sources:
        """Read them below a root.

        Raises:
            MissingFolder: The queries or the prefixes are not there.
        """
        queries = {query.name: query for query in read_queries(root / FOLDER)}
        return cls(queries, read_prefixes(root))


class LookUp:
    """The index and the names of one version of the graph.

    Attributes:
        index: The names and links of all entities.
        names: The entities by name.
        box: What the search box finds: numbers, codes, names and pairs.
    """

    def __init__(self, ask: Ask, sources: Sources) -> None:
        self._ask = ask
        self._queries = sources.queries
        names, links, obsolete, others, numbers = (
            rows(ask(self._queries[name].text))
            for name in ("names", "links", "obsolete", "neighbours", "numbers")
        )
        self.index = Index(names, links, obsolete, others, sources.prefixes, numbers=numbers)
        self.names = Names(self.index)
        self.box = Box(self.index, self.names, numbers)

    def ask(self, query: str) -> list[Row]:
        """Answer a query of our own on the same graph, as rows of text."""
        return rows(self._ask(query))

    def resolve(self, text: str) -> dict[str, Any]:
        """Return the entities that an identifier leads to, with their evidence and links.

        Raises:
            IdentifierMalformed: Its prefix is unknown, or it breaks its pattern.
            IdentifierObsolete: Its vocabulary retired it.
            IdentifierUnknown: It is well-formed, and nothing here is linked to it.
        """
        text = text.strip()
        if own := self.index.own(text):
            entities = [self._entity(own.iri, None)]
            return {"identifier": shorten(own.iri), "label": own.label, "entities": entities}
        try:
            links = self.index.resolve(text)
        except IdentifierMalformed:
            if expand_own(text) is None:
                raise
            raise IdentifierUnknown(
                f"There is no {text} here.", advice="Search for its name: `aikg search`."
            ) from None
        return {
            "identifier": links[0].identifier.curie,
            "label": links[0].label,
            "entities": [self._entity(link.entity, link.predicate) for link in links],
        }

    def _entity(self, iri: str, predicate: str | None) -> dict[str, Any]:
        entity = self.index.entities[iri]
        return {
            "iri": iri,
            "name": shorten(iri),
            "label": entity.label,
            "kind": entity.kind,
            "match": predicate,
            "links": [_link(link) for link in entity.links],
            "findings": rows(self._ask(about(self._queries["evidence"], iri))),
        }

    def search(self, text: str, limit: int = 20) -> dict[str, Any]:
        """Return the entities that a text may mean, the best first, and a pair to compare."""
        pair = self.box.pair(text)
        hits = [asdict(hit) for hit in self.box.find(text, limit)]
        return {"query": text, "hits": hits, "pair": asdict(pair) if pair else None}

    def listed(self, names: Iterable[str]) -> list[dict[str, str]]:
        """Link each name of a list; the keys of a row are `COLUMNS`."""
        listed = list(names)
        rows = {name: _row(self.names.link(name)) for name in set(listed)}
        return [rows[name] for name in listed]


def as_tsv(rows: Iterable[dict[str, str]]) -> str:
    """Write the rows of a list as a table."""
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS, delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return table.getvalue()


def _row(one: Linked) -> dict[str, str]:
    ours = shorten(one.entity) if one.entity else ""
    return dict(zip(COLUMNS, (one.name, ours, one.label, one.matched, one.how), strict=True))


def about(query: Query, entity: str) -> str:
    """Put an entity, one of the graph's own addresses, in the place of the example."""
    return query.text.replace(_EXAMPLE, f"<{entity}>")


def rows(answer: bytes) -> list[Row]:
    """Read SPARQL JSON as rows of text."""
    bindings = json.loads(answer)["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in bindings]


def _link(link: Link) -> dict[str, str]:
    return {
        "curie": link.identifier.curie,
        "iri": link.identifier.iri,
        "label": link.label,
        "match": link.predicate,
    }
