"""What everything is called and linked to, as a look-up table that is made from the graph."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aikg.errors import IdentifierMalformed, IdentifierObsolete, IdentifierUnknown
from aikg.files.queries import Query, read_queries
from aikg.links.identifiers import Identifier, Prefixes, expand_own, read_prefixes
from aikg.links.obsolete import Obsolete
from aikg.links.sssom import PREDICATES
from aikg.names import BASE, PREFIXES, shorten

#: Asks a query, and gives its answer as SPARQL JSON.
Ask = Callable[[str], bytes]

#: The queries of the look-up, below the root.
FOLDER = Path("queries", "links")

#: A row of an answer, as text; a variable that is not bound is not in it.
Row = dict[str, str]

_SKOS = PREFIXES["skos"]
#: The entity about which `evidence.rq` asks as it stands.
_EXAMPLE = f"<{BASE}drug/exemestane>"


@dataclass(frozen=True)
class Link:
    """A link of one of ours.

    Attributes:
        entity: The address of ours.
        predicate: `skos:exactMatch` or a weaker one.
        identifier: The identifier of theirs.
        label: Their label.
    """

    entity: str
    predicate: str
    identifier: Identifier
    label: str


@dataclass
class Entity:
    """One of ours that can be looked for.

    Attributes:
        iri: Its address.
        label: Its label.
        kind: What it is, in a word: `Drug`.
        names: All that it is called, with the source of each name.
        links: Its links, the strongest first.
    """

    iri: str
    label: str = ""
    kind: str = ""
    names: dict[str, str] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)


class Index:
    """The look-up table of one version of the graph."""

    def __init__(
        self,
        names: Sequence[Row],
        links: Sequence[Row],
        ended: Sequence[Row],
        others: Sequence[Row],
        prefixes: Prefixes,
    ) -> None:
        self.prefixes = prefixes
        self.names_of_others = {row["name"] for row in others}
        self.entities: dict[str, Entity] = {}
        self.by_identifier: dict[tuple[str, str], list[Link]] = defaultdict(list)
        self._ended = {_key(row.identifier): row for row in map(self._obsolete, ended)}
        for row in names:
            entity = self._entity(row["entity"])
            entity.kind = entity.kind or row["kind"].rsplit("/", 1)[1]
            entity.names.setdefault(row["name"], row["how"])
            if row["how"] == "label":
                entity.label = row["name"]
        for row in links:
            self._add_link(row)
        for found in self.entities.values():
            found.links.sort(key=lambda link: (PREDICATES.index(link.predicate), link.identifier))
        for same in self.by_identifier.values():
            same.sort(key=lambda link: (PREDICATES.index(link.predicate), link.entity))

    def _entity(self, iri: str) -> Entity:
        return self.entities.setdefault(iri, Entity(iri))

    def _obsolete(self, row: Row) -> Obsolete:
        replacement = row.get("replacement")
        return Obsolete(
            identifier=self.prefixes.parse(row["term"]),
            label=row.get("label", ""),
            replaced_by=self.prefixes.parse(replacement) if replacement else None,
            replacement_label=row.get("replacement_label", ""),
            sightings=tuple(sorted(row["seen_in"].split(" "))),
            place="the graph",
        )

    def _add_link(self, row: Row) -> None:
        predicate = "skos:" + row["predicate"].removeprefix(_SKOS)
        identifier = self.prefixes.parse(row["term"])
        link = Link(row["entity"], predicate, identifier, row["label"])
        entity = self._entity(link.entity)
        entity.label = entity.label or shorten(link.entity)
        entity.links.append(link)
        self.by_identifier[_key(identifier)].append(link)

    def find(self, identifier: Identifier) -> list[Link]:
        """Give the links to an identifier, the strongest first; of one that is nobody's, none."""
        return self.by_identifier.get(_key(identifier), [])

    def ended(self, identifier: Identifier) -> Obsolete | None:
        """Give what is known of an identifier that is obsolete."""
        return self._ended.get(_key(identifier))

    def resolve(self, text: str) -> list[Link]:
        """Find what an identifier of another vocabulary leads to, the strongest link first.

        Raises:
            IdentifierMalformed: Its prefix is unknown, or it breaks its pattern.
            IdentifierObsolete: Its vocabulary gave it up.
            IdentifierUnknown: It is well-formed, and nobody's.
        """
        identifier = self.prefixes.parse(text)
        if ended := self.ended(identifier):
            raise self._say_obsolete(ended)
        if found := self.find(identifier):
            return found
        raise IdentifierUnknown(
            f"{identifier.curie} is linked to nothing here.",
            advice=f"Search for its name instead: /search?q=..., or `aikg search`; "
            f"{identifier.iri} says what it is.",
        )

    def _say_obsolete(self, ended: Obsolete) -> IdentifierObsolete:
        """Say what it was, what replaces it, and what of ours that leads to."""
        heir = ended.replaced_by
        links = self.find(heir) if heir else []
        message = f"{ended.identifier.curie}{_called(ended.label)} is obsolete"
        advice = "Search for its name instead: /search?q=..., or `aikg search`."
        if heir:
            message += f"; {heir.curie}{_called(ended.replacement_label)} replaces it, and "
            ours = ", ".join(f"{shorten(link.entity)} ({link.predicate})" for link in links)
            message += f"leads to {ours}" if links else "is linked to nothing here"
        if heir and links:
            advice = f"Use {heir.curie}: /resolve/{heir.curie}, or `aikg resolve {heir.curie}`."
        return IdentifierObsolete(
            message + ".",
            advice=advice,
            replaced_by=heir.curie if heir else None,
            entities=[link.entity for link in links],
            seen_in=list(ended.sightings),
        )

    def own(self, text: str) -> Entity | None:
        """Find one of ours by its own short name or address."""
        iri = text if text.startswith(BASE) else expand_own(text)
        return self.entities.get(iri or "")


def _called(label: str) -> str:
    return f" ({label})" if label else ""


def _key(identifier: Identifier) -> tuple[str, str]:
    """Compare without regard to case: that of a DOI means nothing."""
    return identifier.prefix, identifier.local.casefold()


def build(ask: Ask, root: Path) -> Index:
    """Ask the graph for all names and links.

    Raises:
        MissingFolder: The queries or the prefixes are not there.
        AikgError: What asking a query can meet.
    """
    queries = {query.name: query for query in read_queries(root / FOLDER)}
    names, links, ended, others = (
        rows(ask(queries[name].text)) for name in ("names", "links", "obsolete", "neighbours")
    )
    return Index(names, links, ended, others, read_prefixes(root))


def evidence(ask: Ask, root: Path, entity: str) -> list[Row]:
    """Ask for the findings about one of ours: address, outcome and printed form; at most 1,000."""
    (query,) = (q for q in read_queries(root / FOLDER) if q.name == "evidence")
    return rows(ask(about(query, entity)))


def about(query: Query, entity: str) -> str:
    """Put an entity in the place of the example; it must be one of the graph's own addresses."""
    return query.text.replace(_EXAMPLE, f"<{entity}>")


def rows(answer: bytes) -> list[Row]:
    """Read SPARQL JSON as rows of text."""
    bindings = json.loads(answer)["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in bindings]


def describe(index: Index, text: str) -> tuple[str, Sequence[Link]]:
    """Read what a request names: one of ours, or an identifier of theirs.

    Returns:
        The identifier in its canonical form, and the links that lead from it; for one of ours
        its own links.

    Raises:
        IdentifierMalformed: Its prefix is unknown, or it breaks its pattern.
        IdentifierObsolete: Its vocabulary gave it up.
        IdentifierUnknown: It is well-formed, and nobody's.
    """
    if entity := index.own(text.strip()):
        return shorten(entity.iri), entity.links
    try:
        links = index.resolve(text)
    except IdentifierMalformed:
        if expand_own(text.strip()) is None:
            raise
        raise IdentifierUnknown(
            f"There is no {text.strip()} here.", advice="Search for its name: `aikg search`."
        ) from None
    return links[0].identifier.curie, links
