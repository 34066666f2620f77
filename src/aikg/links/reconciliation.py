"""Answers of the Reconciliation Service API, versions 0.1 and 0.2, from the look-up of names.

https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/. An identifier is
the path of our address, `drug/exemestane`; a type is the name of a class, `Drug`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from aikg.errors import RequestMalformed
from aikg.links.index import Entity
from aikg.links.lookup import LookUp
from aikg.names import BASE, shorten

Json: TypeAlias = dict[str, Any]

#: How many candidates a query gets, without and at most.
CANDIDATES, MOST = 10, 50
#: What `LookUp.names.link` found: the score of its candidate. Below are those of the search alone.
_SCORES = {"identifier": 100, "name": 100, "wording": 95, "spelling": 90}
#: A user should check a spelling.
_CERTAIN = {"identifier", "name", "wording"}
_SEARCHED = 80
#: The longest text of a cell that is looked up, in characters.
_LONGEST = 3_000
#: Properties besides the identifiers of other vocabularies.
_PROPERTIES = {"label": "label", "name": "other names", "kind": "kind"}


class Reconciliation:
    """Answers on one version of the graph.

    Args:
        look_up: The names and identifiers of all entities.
    """

    def __init__(self, look_up: LookUp) -> None:
        self._look_up = look_up
        self._index = look_up.index

    def answer(self, kind: str, asked: Json) -> Json:
        """Answer one request.

        Args:
            kind: `queries`, `extend`, `entity`, `type`, `property`, `properties` or `show`.
            asked: The content of the request, of the types of JSON.

        Raises:
            RequestMalformed: The content does not have the form that the specification demands.
        """
        kinds: dict[str, Callable[[Json], Json]] = {
            "queries": self.queries,
            "extend": self.extend,
            "entity": self.suggest_entity,
            "type": self.suggest_type,
            "property": self.suggest_property,
            "properties": self.propose,
            "show": self.show,
        }
        return kinds[kind](asked)

    def queries(self, batch: Json) -> Json:
        """Answer a batch of queries: the best candidates of each, at most one of them a match."""
        return {key: {"result": self._candidates(key, query)} for key, query in batch.items()}

    def _candidates(self, key: str, query: Any) -> list[Json]:
        texts, types, limit = _read_query(key, query)
        linked = [self._look_up.names.link(text) for text in texts]
        meant = {one.entity: one.how for one in linked if one.entity}
        found: list[Json] = []
        if len(meant) == 1:
            ((iri, how),) = meant.items()
            if self._is_of(iri, types):
                found = [self._candidate(iri, _SCORES[how], how in _CERTAIN)]
        for text in texts[:1]:
            for hit in self._look_up.box.find(text, MOST):
                if hit.entity not in meant and self._is_of(hit.entity, types):
                    found.append(self._candidate(hit.entity, min(hit.score, _SEARCHED), False))
        if len(meant) > 1:  # name and code mean different things
            found = [self._candidate(i, _SEARCHED, False) for i in meant] + found
        return found[:limit]

    def _is_of(self, iri: str, types: set[str]) -> bool:
        return not types or self._index.entities[iri].kind in types

    def _candidate(self, iri: str, score: float, match: bool) -> Json:
        entity = self._index.entities[iri]
        found = {"id": _local(iri), "name": _called(entity), "score": score, "match": match}
        if entity.kind:
            found["type"] = [_type(entity.kind)]
        return found | _described(entity)

    def suggest_entity(self, asked: Json) -> Json:
        """Complete the name of an entity."""
        hits = self._look_up.box.find(str(asked.get("prefix", "")), CANDIDATES)
        entities = [self._index.entities[hit.entity] for hit in hits]
        return {
            "result": [
                {"id": _local(one.iri), "name": _called(one)}
                | ({"notable": [_type(one.kind)]} if one.kind else {})
                | _described(one)
                for one in entities
            ]
        }

    def suggest_type(self, asked: Json) -> Json:
        """Complete the name of a type."""
        kinds = sorted({one.kind for one in self._index.entities.values() if one.kind})
        return {"result": _beginning(map(_type, kinds), asked)}

    def suggest_property(self, asked: Json) -> Json:
        """Complete the name of a property."""
        return {"result": _beginning(self._properties(), asked)}

    def propose(self, asked: Json) -> Json:
        """Propose the properties that entities of a type have."""
        kind = str(asked.get("type", ""))
        return {"type": kind, "properties": self._properties(kind)}

    def _properties(self, kind: str = "") -> list[Json]:
        prefixes = {
            link.identifier.prefix
            for entity in self._index.entities.values()
            if not kind or entity.kind == kind
            for link in entity.links
        }
        named = _PROPERTIES | {prefix: prefix for prefix in sorted(prefixes, key=str.lower)}
        return [{"id": one, "name": name} for one, name in named.items()]

    def extend(self, asked: Json) -> Json:
        """Return the values that entities have of some properties."""
        ids, properties = asked.get("ids"), asked.get("properties")
        known = {one["id"]: one["name"] for one in self._properties()}
        if not (isinstance(ids, list) and all(isinstance(one, str) for one in ids)):
            raise _malformed("`ids` is not a list of identifiers")
        if not (isinstance(properties, list) and all(map(_is_property, properties))):
            raise _malformed("`properties` is not a list of objects with `id`")
        names = [one["id"] for one in properties]
        return {
            "meta": [{"id": name, "name": known.get(name, name)} for name in names],
            "rows": {one: {name: self._values(one, name) for name in names} for one in ids},
        }

    def _values(self, local: str, name: str) -> list[Json]:
        entity = self._index.entities.get(BASE + local)
        if entity is None:
            return []
        own = {"label": [entity.label], "kind": [entity.kind], "name": sorted(entity.names)}
        linked = [x.identifier.local for x in entity.links if x.identifier.prefix == name]
        return [{"str": value} for value in own.get(name, linked) if value]

    def show(self, asked: Json) -> Json:
        """Return what a preview shows of an entity; no `id` where it does not exist."""
        entity = self._index.entities.get(BASE + str(asked.get("id", "")))
        if entity is None:
            return {}
        return {
            "id": _local(entity.iri),
            "label": _called(entity),
            "kind": entity.kind,
            "names": sorted(set(entity.names) - {entity.label})[:CANDIDATES],
            "links": [link.identifier.curie for link in entity.links][:CANDIDATES],
        }


def _read_query(key: str, query: Any) -> tuple[list[str], set[str], int]:
    """Return the texts of a query, the types of its candidates, and how many it asks for.

    A property whose name is that of a vocabulary is an identifier.
    """
    if not isinstance(query, dict):
        raise _malformed(f"{key} is not an object")
    text, properties = query.get("query", ""), query.get("properties", [])
    if not isinstance(text, str) or not isinstance(properties, list):
        raise _malformed(f"{key}: `query` is not a text, or `properties` is not a list")
    texts = [text] if text.strip() else []
    for one in properties:
        if not isinstance(one, dict) or not isinstance(one.get("pid"), str) or "v" not in one:
            raise _malformed(f"{key}: a property has no `pid` or no `v`")
        values = one["v"] if isinstance(one["v"], list) else [one["v"]]
        if one["pid"] not in _PROPERTIES:
            texts += [f"{one['pid']}:{value}" for value in values if isinstance(value, str)]
    if not texts and not properties:
        raise _malformed(f"{key} has no `query`")
    types = query.get("type") or []
    types = [types] if isinstance(types, str) else types
    limit = query.get("limit", CANDIDATES)
    if not isinstance(types, list) or isinstance(limit, bool) or not isinstance(limit, int | float):
        raise _malformed(f"{key}: `type` or `limit` is not valid")
    bounded = [one.strip()[:_LONGEST] for one in texts]
    return bounded, set(map(str, types)), int(max(1, min(limit, MOST)))


def _local(iri: str) -> str:
    return iri.removeprefix(BASE)


def _called(entity: Entity) -> str:
    return entity.label or shorten(entity.iri)


def _type(kind: str) -> Json:
    return {"id": kind, "name": kind}


def _described(entity: Entity) -> Json:
    """Describe an entity by a name that it has besides its label."""
    others = sorted(set(entity.names) - {entity.label}, key=lambda name: (len(name), name))
    return {"description": f"also {', '.join(others[:3])}"} if others else {}


def _beginning(known: Iterable[Json], asked: Json) -> list[Json]:
    prefix = str(asked.get("prefix", "")).casefold()
    return [one for one in known if prefix in one["name"].casefold()]


def _is_property(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("id"), str)


def _malformed(what: str) -> RequestMalformed:
    return RequestMalformed(
        f"{what}.",
        advice="Send what the specification of the Reconciliation Service API describes.",
        reference="https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/",
    )
