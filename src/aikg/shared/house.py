"""The nodes that the graph's own files describe, by the keys that shared nodes would have."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import pyoxigraph as ox

from aikg.files import turtle
from aikg.links.identifiers import Prefixes
from aikg.links.records import EXACT, FOLDER, read_mapping
from aikg.names import PREFIXES, RDF_TYPE, RDFS_LABEL
from aikg.shared import keys
from aikg.shared.keys import Key
from aikg.shared.numbers import Number, Numbers
from aikg.shared.spelling import NotShared, fold_name, plain_number

_AIKG = PREFIXES["aikg"]
_IDENTIFIER = PREFIXES["dcterms"] + "identifier"
_ALT_LABEL = PREFIXES["skos"] + "altLabel"
#: What says nothing of the content of a node.
_REPLACES = PREFIXES["dcterms"] + "replaces"
_ASIDE = (
    *(RDF_TYPE, RDFS_LABEL, _ALT_LABEL, _AIKG + "statedAt", _AIKG + "abbreviation"),
    _REPLACES,
)
_NAMES = (RDFS_LABEL, _ALT_LABEL, _AIKG + "abbreviation")

_LEAST = re.compile(
    r"(?P<name>.+?),? *\(?(?:>=|\u2265|(?:for )?at least) *(?P<number>[\d.,]+) *"
    r"(?P<unit>h|hours?|d|days?|wk|weeks?|mo|months?|a|years?)\)?"
)
_PERIODS = {"h": "h", "d": "d", "w": "wk", "m": "mo", "a": "a", "y": "a"}

#: The properties of a node with their values, as text.
_Said: TypeAlias = dict[str, list[str]]


def duration(text: str) -> tuple[str, str, str]:
    """Part a name from its minimum duration: `benefit >= 24 weeks` is `benefit`, `24`, `wk`.

    Without a duration the number and the unit are "".

    Raises:
        NotShared: The name or the number cannot be part of a shared node.
    """
    name = fold_name(text)
    match = _LEAST.fullmatch(name)
    if match is None:
        return name, "", ""
    return fold_name(match["name"]), plain_number(match["number"]), _PERIODS[match["unit"][0]]


@dataclass(frozen=True)
class House:
    """An index of the curated nodes.

    Attributes:
        nodes: Their addresses, by the keys that they would have as shared nodes.
        labels: The labels of all of them, by address.
        numbers: Trials and publications, by a number in its canonical spelling.
        aliases: Nodes by an address that they had before they were part of the files.
    """

    nodes: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, triples: Iterable[ox.Triple], numbers: Mapping[str, str] | None = None) -> House:
        """Read the index from the triples of the files.

        Args:
            triples: The evidence and the ontology of the files, without what follows.
            numbers: See the attribute.
        """
        said: dict[str, _Said] = defaultdict(lambda: defaultdict(list))
        for triple in triples:
            if isinstance(triple.subject, ox.NamedNode) and not isinstance(
                triple.object, ox.Triple
            ):
                said[triple.subject.value][triple.predicate.value].append(triple.object.value)
        labels = {node: of[RDFS_LABEL][0] for node, of in said.items() if of[RDFS_LABEL]}
        nodes: dict[str, str] = {}
        for node, of in sorted(said.items()):
            for key in _keys(of):
                nodes.setdefault(key, node)
        aliases = {old: node for node, of in said.items() for old in of.get(_REPLACES, ())}
        return cls(nodes, labels, dict(numbers or {}), aliases)

    def find(self, key: Key) -> str | None:
        """Return the curated node of a key, if there is one."""
        return self.nodes.get(_indexed(key))


def read_house(root: Path, prefixes: Prefixes) -> House:
    """Read the index from the files below a root.

    Raises:
        MissingFolder: A folder is not there.
        MappingInvalid: A table of links is not valid.
    """
    folders = (root / "ontology", root / "data" / "turtle")
    triples = [said.triple for folder in folders for said in turtle.read_folder(folder, root)]
    tables = [root / FOLDER / f"{kind}.sssom.tsv" for kind in ("trials", "publications")]
    rows = [row for table in tables for row in read_mapping(table, root, prefixes)]
    numbers: dict[str, str] = {}
    for row in rows:
        number = Numbers(prefixes).read(row.object.iri) if row.predicate == EXACT else None
        if number is not None:
            numbers.setdefault(number.text, row.subject)
    for triple in triples:
        number = _number(triple)
        if number is not None:
            numbers.setdefault(number.text, str(getattr(triple.subject, "value", "")))
    return House.of(triples, numbers)


def _number(triple: ox.Triple) -> Number | None:
    """Return the number of a trial or a publication that a statement of the files has."""
    if triple.predicate.value != _IDENTIFIER or not isinstance(triple.object, ox.Literal):
        return None
    try:
        return Numbers().read(triple.object.value)
    except NotShared:
        return None


def _indexed(key: Key) -> str:
    """Write a key for the index: of an outcome, its name and duration decide alone."""
    if keys.kind_of(key) == "outcome":
        return keys.written(("outcome", *key[2:5]))
    return keys.written(key)


def _keys(said: _Said) -> Iterable[str]:
    """Yield the keys of the index that a curated node answers to."""
    kinds = {kind.removeprefix(_AIKG) for kind in said.get(RDF_TYPE, ())}
    makers = {
        "Drug": _drugs,
        "RegimenComponent": _component,
        "Regimen": _regimen,
        "Population": _population,
        "Group": _group,
    } | dict.fromkeys(keys.OUTCOME_KINDS, _outcomes)
    for kind in sorted(kinds & set(makers)):
        try:
            yield from [_indexed(key) for key in makers[kind](said)]
        except NotShared:
            continue


def _drugs(said: _Said) -> Iterable[Key]:
    return [keys.drug(name) for path in _NAMES for name in said.get(path, ())]


def _outcomes(said: _Said) -> Iterable[Key]:
    least, unit = _one(said, "minimumDuration"), _one(said, "minimumDurationUnit")
    stated = (plain_number(least), unit) if least else ("", "")
    for path in _NAMES:
        for text in said.get(path, ()):
            name, *found = duration(text)
            if found[0] and tuple(found) != stated:
                continue  # the name has a duration that the node has not
            if _one(said, "minimumDurationBound") == ">" or (
                said.get(_AIKG + "observedAt") and found[0]
            ):
                name, found = fold_name(text), ["", ""]
            yield keys.outcome("EfficacyOutcome", name, *found)


def _component(said: _Said) -> Iterable[Key]:
    for gives in keys.GIVES:
        if said.get(_AIKG + gives):
            parts = [_one(said, name) for name in ("dose", "loadingDose", "doseUnit", "schedule")]
            _only(said, *keys.GIVES, "dose", "loadingDose", "doseUnit", "schedule")
            yield keys.component(gives, said[_AIKG + gives], *parts)


def _regimen(said: _Said) -> Iterable[Key]:
    _only(said, "hasComponent")
    yield keys.regimen(said.get(_AIKG + "hasComponent", ()))


def _population(said: _Said) -> Iterable[Key]:
    _only(said, "within")
    yield keys.population("", said.get(_AIKG + "within", ()))


def _group(said: _Said) -> Iterable[Key]:
    _only(said, "ofArm", "ofStudy", "inPopulation", "analysisSet", "givenOfChoice")
    of = said.get(_AIKG + "ofArm") or _one(said, "ofStudy")
    counted = _one(said, "analysisSet").removeprefix(_AIKG)
    yield keys.group(of, _one(said, "inPopulation"), counted, _one(said, "givenOfChoice"))


def _one(said: _Said, name: str) -> str:
    values = said.get(_AIKG + name, [])
    return values[0] if len(values) == 1 else ""


def _only(said: _Said, *names: str) -> None:
    """Refuse a node with more content than its key would have."""
    if not set(said) <= {*_ASIDE, *(_AIKG + name for name in names)}:
        raise NotShared("The node says more than its key.")
