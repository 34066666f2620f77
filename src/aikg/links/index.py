"""The names and links of all entities, as a look-up table that is made from the graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from aikg.errors import IdentifierMalformed, IdentifierObsolete, IdentifierUnknown
from aikg.links.identifiers import Identifier, Prefixes, expand_own
from aikg.links.records import EXACT, PREDICATES, Obsolete
from aikg.names import BASE, PREFIXES, shorten

#: A row of an answer, as text; a variable that is not bound is not in it.
Row = dict[str, str]

_ADVICE = "Search for its name instead: /search?q=..., or `aikg search`"


@dataclass(frozen=True)
class Link:
    """A link of one of our entities.

    Attributes:
        entity: The address of the entity.
        predicate: `skos:exactMatch` or a weaker one.
        identifier: The external identifier.
        label: The external label.
    """

    entity: str
    predicate: str
    identifier: Identifier
    label: str


@dataclass
class Entity:
    """One of our entities.

    Attributes:
        iri: Its address.
        label: Its label.
        kind: Its class, in a word: `Drug`.
        names: All its names, with the source of each.
        links: Its links, the strongest first.
    """

    iri: str
    label: str = ""
    kind: str = ""
    names: dict[str, str] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)

    @property
    def called(self) -> str:
        """Its label; a trial whose label is a number has its acronym before it."""
        acronym = min(
            (name for name, how in self.names.items() if how == "abbreviation"), default=""
        )
        if self.kind != "Study" or not acronym or acronym in self.label:
            return self.label
        return f"{acronym} ({self.label})"


class Index:
    """The look-up table of one version of the graph.

    Args:
        names: Rows with `entity`, `kind`, `name`, `how`.
        links: Rows with `entity`, `predicate`, `term`, `label`.
        obsolete: Rows with `term` and `seen_in`; `label`, `replacement`, `replacement_label`.
        others: Rows with `name`: names of other things that look like ours.
        prefixes: The vocabularies that are known.
        numbers: Rows with `entity` and `number`: numbers of trials and papers in the evidence.
    """

    def __init__(  # noqa: PLR0913  the tables of the look-up
        self,
        names: Sequence[Row],
        links: Sequence[Row],
        obsolete: Sequence[Row],
        others: Sequence[Row],
        prefixes: Prefixes,
        *,
        numbers: Sequence[Row] = (),
    ) -> None:
        self.prefixes = prefixes
        self.names_of_others = {row["name"] for row in others}
        self.entities: dict[str, Entity] = {}
        self.by_identifier: dict[tuple[str, str], list[Link]] = defaultdict(list)
        self._obsolete = {_key(row.identifier): row for row in map(self._read_obsolete, obsolete)}
        for row in names:
            entity = self.entities.setdefault(row["entity"], Entity(row["entity"]))
            entity.kind = entity.kind or row["kind"].rsplit("/", 1)[1]
            entity.names.setdefault(row["name"], row["how"])
            if row["how"] == "label":
                entity.label = row["name"]
        for row in links:
            predicate = "skos:" + row["predicate"].removeprefix(PREFIXES["skos"])
            link = Link(row["entity"], predicate, prefixes.parse(row["term"]), row["label"])
            entity = self.entities.setdefault(link.entity, Entity(link.entity))
            entity.label = entity.label or shorten(link.entity)
            entity.links.append(link)
            self.by_identifier[_key(link.identifier)].append(link)
        for row in numbers:
            self._add_number(row["entity"], row["number"])
        for found in self.entities.values():
            found.links.sort(key=lambda link: (PREDICATES.index(link.predicate), link.identifier))
        for same in self.by_identifier.values():
            same.sort(key=lambda link: (PREDICATES.index(link.predicate), link.entity))

    def _add_number(self, entity: str, number: str) -> None:
        """Link an entity to a number that the evidence states of it, where a registry is known."""
        try:
            identifier = self.prefixes.parse(number)
        except IdentifierMalformed:
            return  # a number of a sponsor
        links = self.by_identifier[_key(identifier)]
        if entity in self.entities and entity not in {link.entity for link in links}:
            links.append(Link(entity, EXACT, identifier, ""))

    def _read_obsolete(self, row: Row) -> Obsolete:
        replacement = row.get("replacement")
        return Obsolete(
            identifier=self.prefixes.parse(row["term"]),
            label=row.get("label", ""),
            replaced_by=self.prefixes.parse(replacement) if replacement else None,
            replacement_label=row.get("replacement_label", ""),
            sightings=tuple(sorted(row["seen_in"].split(" "))),
            date="",
            place="the graph",
        )

    def find(self, identifier: Identifier) -> list[Link]:
        """Return the links to an identifier, the strongest first."""
        return self.by_identifier.get(_key(identifier), [])

    def obsolete(self, identifier: Identifier) -> Obsolete | None:
        """Return the row about an identifier that is obsolete; None for any other."""
        return self._obsolete.get(_key(identifier))

    def own(self, text: str) -> Entity | None:
        """Find one of our entities by its own short name or address."""
        iri = text if text.startswith(BASE) else expand_own(text)
        return self.entities.get(iri or "")

    def resolve(self, text: str) -> list[Link]:
        """Find the links to an external identifier, the strongest first.

        Several identifiers, as of the reports of one trial, must lead to the same entities.

        Raises:
            IdentifierMalformed: Its prefix is unknown, it breaks its pattern, or several
                identifiers lead to different entities.
            IdentifierObsolete: Its vocabulary retired it.
            IdentifierUnknown: It is well-formed, and nothing here is linked to it.
        """
        first, *others = (self._resolve(one) for one in self.prefixes.parse_all(text))
        same = {link.entity for link in first}
        if any({link.entity for link in links} != same for links in others):
            raise IdentifierMalformed(
                f"{text!r} has several identifiers, of different things.",
                advice="Send one identifier at a time.",
            )
        return first

    def _resolve(self, identifier: Identifier) -> list[Link]:
        if old := self.obsolete(identifier):
            raise self._explain_obsolete(old)
        if found := self.find(identifier):
            return found
        raise IdentifierUnknown(
            f"{identifier.curie} is linked to nothing here.",
            advice=f"{_ADVICE}; {identifier.iri} says what it is.",
        )

    def _explain_obsolete(self, old: Obsolete) -> IdentifierObsolete:
        """Name the term, its replacement, and the entities to which that one leads."""
        new = old.replaced_by
        links = self.find(new) if new else []
        message = f"{old.identifier.curie}{_called(old.label)} is obsolete"
        advice = f"{_ADVICE}."
        if new:
            message += f"; {new.curie}{_called(old.replacement_label)} replaces it, and "
            entities = ", ".join(f"{shorten(x.entity)} ({x.predicate})" for x in links)
            message += f"leads to {entities}" if links else "is linked to nothing here"
        if new and links:
            advice = f"Use {new.curie}: /resolve/{new.curie}, or `aikg resolve {new.curie}`."
        return IdentifierObsolete(
            message + ".",
            advice=advice,
            replaced_by=new.curie if new else None,
            entities=[link.entity for link in links],
            seen_in=list(old.sightings),
        )


def _called(label: str) -> str:
    return f" ({label})" if label else ""


def _key(identifier: Identifier) -> tuple[str, str]:
    """Compare without regard to case: that of a DOI means nothing."""
    return identifier.prefix, identifier.local.casefold()
