"""What a vocabulary's own statements say of it: version, licence, title; and that it is one."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from aikg.names import OTHER_PREFIXES
from aikg.vocabularies import reading

_SKOS = OTHER_PREFIXES["skos"]
#: The classes of what describes a whole file.
WHOLE = {
    reading.ONTOLOGY,
    ox.NamedNode(_SKOS + "ConceptScheme"),
    ox.NamedNode(OTHER_PREFIXES["sssom"] + "MappingSet"),
}
#: The properties of a file, by what they say; the best first.
_PROPERTIES = {
    "version": (reading.VERSION, ox.NamedNode(OTHER_PREFIXES["owl"] + "versionIRI")),
    "licence": (reading.LICENCE,),
    "title": (reading.TITLE, ox.NamedNode("http://purl.org/dc/elements/1.1/title")),
}
_ALL = {one for properties in _PROPERTIES.values() for one in properties}
#: Properties of terms.
_NAMING = {reading.LABEL, reading.PREF_LABEL, reading.SUBCLASS, reading.BROADER}
#: How many things with such properties are remembered.
_MOST = 10_000


class Notes:
    """Reads triples by the way.

    Attributes:
        has_terms: Whether one of them names a term, or links one to another.
    """

    def __init__(self) -> None:
        self.has_terms = False
        self._whole: set[str] = set()
        self._said: dict[tuple[str, str], list[str]] = {}

    def take(self, triples: Iterable[ox.Triple]) -> None:
        """Note what triples say."""
        for triple in triples:
            predicate = triple.predicate
            if predicate in _NAMING or (
                predicate.value.startswith(_SKOS) and predicate.value.endswith("Match")
            ):
                self.has_terms = True
            elif predicate == reading.TYPE and triple.object in WHOLE:
                self._whole.add(str(triple.subject))
            elif predicate in _ALL and len(self._said) < _MOST:
                key = (str(triple.subject), predicate.value)
                value = str(getattr(triple.object, "value", ""))
                self._said.setdefault(key, []).append(value)

    def said(self, what: str) -> str:
        """Return the version, the licence or the title that the file states; or nothing.

        Of several values of a property the first in the alphabet counts.
        """
        for predicate in _PROPERTIES[what]:
            found = [
                value
                for subject in self._whole
                for value in self._said.get((subject, predicate.value), ())
            ]
            if found:
                return min(found)
        return ""
