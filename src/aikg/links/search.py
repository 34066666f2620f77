"""Search by name: suggestions while a user types, and links for a list of names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from aikg.errors import IdentifierMalformed
from aikg.links.index import Index
from aikg.links.records import EXACT
from aikg.links.spelling import loosen, normalise, typos
from aikg.names import shorten

#: The longest text that is searched for, in characters; no name is longer.
LONGEST = 200
#: The least similarity of a name that a search shows, from 0 to 1.
_LIKENESS = 0.7

#: Words beside a drug's name in lists: strengths, forms, marks.
_BESIDE = re.compile(
    r"[®™©*]|\b\d+(?:[.,]\d+)?\s*(?:mg|mcg|µg|g|ml|%|mg/ml)\b(?:/\w+)?"
    r"|\b(?:tablets?|tabs?|tbl|capsules?|caps|injections?|inj|infusion|oral|po|iv|im|sc|od|bid"
    r"|daily|film[- ]coated|solution|vial)\b",
    re.IGNORECASE,
)
_PARENTHESES = re.compile(r"[(\[]([^)\]]*)[)\]]")


@dataclass(frozen=True)
class Hit:
    """An entity that a search found.

    Attributes:
        entity: Its address.
        label: Its label.
        kind: Its class: `Drug`.
        name: The name by which it was found.
        score: How similar the name is, from 0 to 100: 100 is the name itself.
    """

    entity: str
    label: str
    kind: str
    name: str
    score: int


@dataclass(frozen=True)
class Linked:
    """The link of one name of a list.

    Attributes:
        name: The name in the list.
        entity: The address of our entity, or None.
        label: Its label, or "".
        matched: Our name or identifier that it was taken for, or "".
        how: `identifier`, `obsolete`, `name`, `wording`, `spelling`, `ambiguous` or `stranger`.
    """

    name: str
    entity: str | None
    label: str
    matched: str
    how: str


class Names:
    """All names of an index, by their normal form."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._by_name: dict[str, dict[str, str]] = defaultdict(dict)
        for entity in index.entities.values():
            for name in entity.names:
                if key := normalise(name):
                    self._by_name[key].setdefault(entity.iri, name)
        self._by_wording: dict[str, dict[str, str]] = defaultdict(dict)
        for key, owners in self._by_name.items():
            for iri, name in owners.items():
                self._by_wording[loosen(key)].setdefault(iri, name)
        self._codes = _codes(index)
        # The name of a wider term, or of another thing, is not a typo of one of our names.
        labels = {
            link.label
            for links in index.by_identifier.values()
            for link in links
            if link.predicate != EXACT
        }
        self._of_others = {normalise(name) for name in labels | index.names_of_others}
        self._of_others -= set(self._by_name)

    def search(self, text: str, limit: int = 20) -> list[Hit]:
        """Find by the beginning of a name, by its words, or by likeness; the best first."""
        wanted = normalise(text[:LONGEST])
        best: dict[str, tuple[int, str]] = {}
        for key, owners in self._by_name.items():
            score = _score(wanted, key) if wanted else 0
            for iri, name in owners.items():
                if score > best.get(iri, (0, ""))[0]:
                    best[iri] = (score, name)
        hits = [self._hit(iri, name, score) for iri, (score, name) in best.items()]
        return sorted(hits, key=lambda h: (-h.score, len(h.name), h.entity))[:limit]

    def _hit(self, iri: str, name: str, score: int) -> Hit:
        entity = self._index.entities[iri]
        return Hit(iri, entity.called, entity.kind, name, score)

    def curie(self, text: str) -> str | None:
        """Return the whole identifier of a code that is clear without its prefix: `L02BG06`."""
        return self._codes.get(text.strip().casefold())

    def link(self, name: str) -> Linked:
        """Link one name of a list, or nothing: a wrong link is worse than none."""
        if found := self._by_identifier(name.strip()):
            return found
        forms = [form for form in _forms(name[:LONGEST]) if form]
        for form in forms:  # the whole first: "tamoxifen (E)" is not tamoxifen
            if owners := self._by_name.get(form):
                return self._linked(name, owners, "name")
            if form in self._of_others:
                return Linked(name, None, "", "", "stranger")
        for form in forms:
            if owners := self._by_wording.get(loosen(form)):
                return self._linked(name, owners, "wording")
        for form in forms:
            if owners := self._near(form):
                return self._linked(name, owners, "spelling")
        return Linked(name, None, "", "", "stranger")

    def link_all(self, names: Iterable[str]) -> list[Linked]:
        """Link the names of a list, in their order."""
        return [self.link(name) for name in names]

    def _by_identifier(self, text: str) -> Linked | None:
        """Link by one identifier, or by several; those of two entities are ambiguous."""
        if own := self._index.own(text):
            return Linked(text, own.iri, own.label, shorten(own.iri), "identifier")
        try:
            identifiers = self._index.prefixes.parse_all(self.curie(text) or text)
        except IdentifierMalformed:
            return None
        exact: dict[str, str] = {}
        for identifier in identifiers:
            if ended := self._index.obsolete(identifier):
                use = ended.replaced_by.curie if ended.replaced_by else ""
                return Linked(text, None, "", use, "obsolete")
            for link in self._index.find(identifier):
                if link.predicate == EXACT:
                    exact.setdefault(link.entity, link.identifier.curie)
        return self._linked(text, exact, "identifier") if exact else None

    def _near(self, form: str) -> dict[str, str]:
        """Return the owners of the nearest name, if few typos lead to it."""
        distances = {key: typos(form, key) for key in self._by_name}
        near = {key: distance for key, distance in distances.items() if distance is not None}
        least = min(near.values(), default=0)
        return {
            iri: name
            for key, distance in near.items()
            if distance == least
            for iri, name in self._by_name[key].items()
        }

    def _linked(self, name: str, owners: dict[str, str], how: str) -> Linked:
        if len(owners) > 1:
            return Linked(name, None, "", " | ".join(sorted(owners.values())), "ambiguous")
        ((iri, matched),) = owners.items()
        return Linked(name, iri, self._index.entities[iri].label, matched, how)


def _score(wanted: str, key: str) -> int:
    if wanted == key:
        return 100
    if key.startswith(wanted):
        return 90
    words = key.split()
    if all(any(word.startswith(w) for word in words) for w in wanted.split()):
        return 80
    likeness = OSA.normalized_similarity(wanted, key, score_cutoff=_LIKENESS)
    return int(75 * likeness)


def _forms(name: str) -> list[str]:
    """Return the forms of a name to look up: whole, bare, outside and inside brackets."""
    bare = _BESIDE.sub(" ", name)
    outside = _PARENTHESES.sub(" ", bare)
    inside = [part for part in _PARENTHESES.findall(bare) if len(normalise(part)) > 2]
    return list(dict.fromkeys(normalise(form) for form in (name, bare, outside, *inside)))


def _codes(index: Index) -> dict[str, str]:
    """Return the identifiers that are clear without their prefix: `L02BG06`."""
    owners: dict[str, set[str]] = defaultdict(set)
    for links in index.by_identifier.values():
        for link in links:
            local = link.identifier.local
            if re.search(r"[A-Za-z]", local) and re.search(r"\d", local) and len(local) > 4:
                owners[local.casefold()].add(link.identifier.curie)
    return {code: min(curies) for code, curies in owners.items() if len(curies) == 1}
