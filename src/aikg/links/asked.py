"""The search box: a number, a code, a name, or two treatments to compare."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aikg.errors import IdentifierMalformed
from aikg.links.forms import separate, tidy
from aikg.links.index import Index, Link, Row
from aikg.links.search import LONGEST, Hit, Names
from aikg.links.spelling import normalise

#: The kinds of node that are compared.
_TREATMENTS = ("Drug", "DrugClass")
#: The kinds that readers look for most, before the others of the same likeness.
_FIRST = {"Drug", "DrugClass", "Study", "Outcome"}
#: The most words of a treatment's name.
_WORDS = 4
#: Words of a question that say nothing of its subject.
_EMPTY = frozenset(
    (
        *("a", "an", "and", "any", "are", "as", "at", "be", "best", "better", "both", "by", "can"),
        *("compared", "comparison", "difference", "disease", "do", "does", "for", "from", "good"),
        *("how", "in", "is", "it", "its", "like", "more", "not", "of", "on", "or", "patients"),
        *("people", "sure", "than", "that", "the", "these", "this", "to", "treatment", "use", "v"),
        *("versus", "vs", "against", "was", "what", "when", "where", "which", "who", "with"),
        *("women", "worse"),
    )
)
#: The most words of a text in which treatments, patients and outcomes are looked for.
_MOST_WORDS = 24
_AGAINST = re.compile(
    r"\b(?:vs?|versus|against|compared|than|as good as)\b|\bor\b|[^\w\s]-|/", re.IGNORECASE
)
#: An address around a number: of a resolver or of a registry.
_ADDRESS = re.compile(
    r"^(?:https?://)?(?:www\.)?[\w.-]+\.(?:org|gov|eu|com)/(?:\w+/)*?(?=10\.|\w*\d)"
)


@dataclass(frozen=True)
class Pair:
    """Two treatments to compare.

    Attributes:
        experimental: The one that is named first.
        reference: The other.
        outcome: The outcome that the text names, or None.
        population: The patients that it names, or None.
        certain: Whether a word such as "versus" stands between them.
    """

    experimental: Hit
    reference: Hit
    outcome: Hit | None
    population: Hit | None
    certain: bool


class Box:
    """What the search box finds, on one version of the graph.

    Args:
        index: The names and links of all entities.
        names: The same, by name.
        numbers: Rows with `entity` and `number`.
    """

    def __init__(self, index: Index, names: Names, numbers: Sequence[Row]) -> None:
        self._index = index
        self._names = names
        self._by_number: dict[str, dict[str, str]] = defaultdict(dict)
        for row in numbers:
            for key in _spellings(row["number"]):
                self._by_number[key][row["entity"]] = row["number"]

    def find(self, text: str, limit: int = 20) -> list[Hit]:
        """Return the entities that a text may mean, the best first.

        A number or a code finds what bears it; all else is a name, its beginning, or similar.
        """
        text = text[:LONGEST].strip()
        exact = {hit.entity: hit for hit in (*self._coded(text), *self._numbered(text))}
        named = [] if exact else self._names.search(text, limit)
        named.sort(key=lambda hit: (-hit.score, hit.kind not in _FIRST))
        return [*exact.values(), *named][:limit]

    def pair(self, text: str) -> Pair | None:
        """Return the two treatments that a text names first; None if it names fewer."""
        text = text[:LONGEST]
        if next(self._numbered(text), None) or next(self._coded(text), None):
            return None
        found, rest, apart = self._mentions(text)
        if len(found) < 2:
            return None
        population, rest = self._of_kind(rest, "Population")
        outcome, rest = self._of_kind(rest, "Outcome")
        return Pair(found[0], found[1], outcome, population, apart)

    def _numbered(self, text: str) -> Iterator[Hit]:
        for key in set().union(*map(_spellings, {text, tidy(text), *separate(text)})):
            for entity, number in sorted(self._by_number.get(key, {}).items()):
                if found := self._hit(entity, number):
                    yield found

    def _coded(self, text: str) -> Iterator[Hit]:
        """Find by an identifier of a linked vocabulary, with its prefix or where it is clear."""
        try:
            code = self._names.curie(text) or re.sub(r"^([A-Za-z]+) +(?=\S*\d)", r"\1:", text)
            identifiers = self._index.prefixes.parse_all(code)
        except IdentifierMalformed:
            return iter(())
        links = [link for one in identifiers for link in self._index.find(one)]
        return (hit for link in links if (hit := self._hit(link.entity, _called(link))))

    def _hit(self, iri: str, name: str) -> Hit | None:
        entity = self._index.entities.get(iri)
        return Hit(iri, entity.called, entity.kind, name, 100) if entity else None

    def _mentions(self, text: str) -> tuple[list[Hit], list[str], bool]:
        """Return the treatments that a text names, its other words, and whether it contrasts."""
        words = re.findall(r"[^\s,;:?!()]+", text.replace("/", " / "))[:_MOST_WORDS]
        found: list[Hit] = []
        rest: list[str] = []
        places: list[int] = []
        at = 0
        while at < len(words):
            for length in range(min(_WORDS, len(words) - at), 0, -1):
                hit = self._treatment(" ".join(words[at : at + length]))
                if hit:
                    if hit.entity not in {other.entity for other in found}:
                        found.append(hit)
                        places.append(at)
                    at += length
                    break
            else:
                rest.append(words[at])
                at += 1
        between = " ".join(words[places[0] : places[1]]) if len(places) > 1 else ""
        return found, rest, bool(_AGAINST.search(between))

    def _treatment(self, words: str) -> Hit | None:
        if normalise(words) in _EMPTY or not normalise(words):
            return None
        linked = self._names.link(words)
        entity = self._index.entities.get(linked.entity or "")
        if entity is None or entity.kind not in _TREATMENTS or linked.how == "identifier":
            return None
        return Hit(entity.iri, entity.called, entity.kind, linked.matched, 100)

    def _of_kind(self, words: list[str], kind: str) -> tuple[Hit | None, list[str]]:
        """Return the entity of a kind that the most words in a row name, and the other words."""
        for length in range(min(len(words), _WORDS), 0, -1):
            for start in range(len(words) - length + 1):
                text = normalise(" ".join(words[start : start + length]))
                if not set(text.split()) - _EMPTY:
                    continue
                hits = self._names.search(text, 10)
                hit = next((hit for hit in hits if hit.kind == kind and hit.score >= 90), None)
                if hit:
                    return hit, [*words[:start], *words[start + length :]]
        return None, words


def _called(link: Link) -> str:
    return f"{link.identifier.curie} ({link.label})" if link.label else link.identifier.curie


def _spellings(number: str) -> set[str]:
    """Return the forms in which people write a number: with its registry's name, or without."""
    plain = _ADDRESS.sub("", number.strip()).strip("/ ").casefold()
    bare = re.sub(r"^(?:doi|pmid|pubmed|pmcid|isrctn(?=\W)|eudract|nct(?=\W))[\s:.#]*", "", plain)
    forms = {re.sub(r"[\s:]+", "", form) for form in (plain, bare)}
    return {form for form in forms if len(form) > 4 and re.search(r"\d", form)}
