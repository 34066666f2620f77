"""What a shared node is: from its key its address, its label, and the triples that it must have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import pyoxigraph as ox

from aikg.names import OTHER_PREFIXES, PREFIXES, RDF_TYPE, RDFS_LABEL
from aikg.shared import keys
from aikg.shared.keys import Key
from aikg.shared.schedules import Dosing
from aikg.shared.spelling import NotShared

_AIKG = PREFIXES["aikg"]
_DCTERMS = PREFIXES["dcterms"]
_DECIMAL = ox.NamedNode(OTHER_PREFIXES["xsd"] + "decimal")
_DATE = ox.NamedNode(OTHER_PREFIXES["xsd"] + "date")

#: The property that has the key of a node.
SHARED_KEY = _AIKG + "sharedKey"

#: Finds the label of a part by its address: of the house, or of another shared node.
LabelOf: TypeAlias = Callable[[str], str | None]

_Value: TypeAlias = ox.NamedNode | ox.Literal
#: A label, and the properties with their values.
_Said: TypeAlias = tuple[str, list[tuple[str, _Value]]]

_CLASSES = {
    "drug": "Drug",
    "component": "RegimenComponent",
    "regimen": "Regimen",
    "population": "Population",
    "group": "Group",
    "trial": "Trial",
    "publication": "Publication",
    "arm": "Arm",
    "analysis": "Analysis",
}

_PEOPLE = (
    *("stage", "receptorStatus", "menopausalStatus", "therapyLine", "sites", "visceralMeans"),
    *("priorTherapy", "excludesPriorTherapy", "permitsPriorTherapy", "within", "statedAt"),
    "definitionStated",
)
#: What each source may state of an open node besides what follows from its key.
_OPEN = {
    "trial": (
        *("acronym", "expandedAcronym", "phase", "enrols", "hasPrimaryOutcome", "stoppedEarly"),
        *("reasonForStopping", "eligibilityCriterion", "statedAt", "pools"),
    ),
    "publication": (
        *("year", "reports", "journal", "volume", "pages", "firstAuthor", "abstractNumber"),
        "meeting",
    ),
    "arm": ("assignedRegimen", "crossoverStated", "armLabel", "statedAt"),
    "analysis": (
        *("followUp", "followUpUnit", "analysisKind", "supersedes", "maturity", "statedAt"),
    ),
    "population": _PEOPLE,
}
_OPEN_OF_OTHERS = {
    "trial": (_DCTERMS + "identifier",),
    "publication": (_DCTERMS + "identifier", _DCTERMS + "title"),
}
#: The types that a source may state of a trial: its design.
_DESIGNS = frozenset(
    _AIKG + name for name in ("RandomizedTrial", "SingleArmTrial", "PooledAnalysis")
)


@dataclass(frozen=True)
class Node:
    """A shared node.

    Attributes:
        key: Its content.
        iri: Its address.
        label: Its label.
        triples: The triples that each source of it must state.
    """

    key: Key
    iri: str
    label: str
    triples: tuple[ox.Triple, ...]

    @property
    def kind(self) -> str:
        """Its kind: `drug`, `regimen`."""
        return keys.kind_of(self.key)

    @property
    def closed(self) -> bool:
        """Whether it may have no other triples."""
        return not (self.kind in _OPEN and (self.kind != "population" or self.key[1]))

    def permits(self, triple: ox.Triple) -> bool:
        """Say whether a source may state a triple of it."""
        if triple in self.triples:
            return True
        path = triple.predicate.value
        if self.closed:
            return False
        if path == RDF_TYPE:
            designed = isinstance(triple.object, ox.NamedNode) and triple.object.value in _DESIGNS
            return self.kind == "trial" and designed
        return path in self.open_properties

    @property
    def open_properties(self) -> tuple[str, ...]:
        """The properties that a source may state besides."""
        named = tuple(_AIKG + name for name in _OPEN.get(self.kind, ()))
        return () if self.closed else named + _OPEN_OF_OTHERS.get(self.kind, ())


def describe(key: Key, label_of: LabelOf) -> Node:
    """Return the shared node of a key.

    Args:
        key: A key in its one form, as the functions of `keys` make it.
        label_of: Finds the labels of its parts.

    Raises:
        NotShared: A part has no label: nothing describes it.
    """

    def called(iri: str) -> str:
        label = label_of(iri)
        if label is None:
            raise NotShared(f"Nothing describes its part <{iri}>.")
        return label

    kind = keys.kind_of(key)
    label, said = _SAID[kind](key[1:], called)
    iri = keys.address(key)
    own = str(key[1]) if kind == "outcome" else _CLASSES[kind]
    node = ox.NamedNode(iri)
    values: list[tuple[str, _Value]] = [
        (RDF_TYPE, ox.NamedNode(_AIKG + own)),
        (RDFS_LABEL, ox.Literal(label, language="en")),
        (SHARED_KEY, ox.Literal(keys.written(key))),
        *((_AIKG + name, value) for name, value in said),
    ]
    triples = tuple(ox.Triple(node, ox.NamedNode(path), value) for path, value in values)
    return Node(key, iri, label, triples)


_Called: TypeAlias = Callable[[str], str]
_Content: TypeAlias = tuple[str | tuple[str, ...], ...]


def _drug(content: _Content, called: _Called) -> _Said:
    return str(content[0]), []


def _component(content: _Content, called: _Called) -> _Said:
    gives, drugs, dose, loading, unit, schedule = content
    said: list[tuple[str, _Value]] = [(str(gives), _node(drug)) for drug in drugs]
    for name, number in (("dose", dose), ("loadingDose", loading)):
        if number:
            said.append((name, _decimal(str(number))))
    for name, text in (("doseUnit", unit), ("schedule", schedule)):
        if text:
            said.append((name, ox.Literal(str(text))))
    names = " or ".join(sorted(called(drug) for drug in drugs))
    given = str(Dosing(*map(str, (dose, loading, unit, schedule))))
    return f"{names} {given}" if given else f"{names}, dose not stated", said


def _regimen(content: _Content, called: _Called) -> _Said:
    (components,) = content
    label = " + ".join(sorted(called(component) for component in components))
    return label, [("hasComponent", _node(component)) for component in components]


def _outcome(content: _Content, called: _Called) -> _Said:
    _, name, least, unit, better = map(str, content)
    said: list[tuple[str, _Value]] = []
    if least:
        said.append(("minimumDuration", _decimal(least)))
        said.append(("minimumDurationUnit", ox.Literal(unit)))
        said.append(("minimumDurationBound", ox.Literal(">=")))
        name = f"{name}, at least {least} {keys.DURATION_UNITS[unit]}"
    if better:
        said.append(("betterWhen", ox.NamedNode(_AIKG + better)))
    return name, said


def _population(content: _Content, called: _Called) -> _Said:
    trial, criteria = content
    if trial:
        return f"people of {called(str(trial))}", []
    label = "; ".join(sorted(called(criterion) for criterion in criteria))
    return label, [("within", _node(criterion)) for criterion in criteria]


def _group(content: _Content, called: _Called) -> _Said:
    of, people, counted, choice = content
    arms = of if isinstance(of, tuple) else ()
    said: list[tuple[str, _Value]] = [("ofArm", _node(arm)) for arm in arms]
    said = said or [("ofStudy", _node(str(of)))]
    said.append(("inPopulation", _node(str(people))))
    said.append(("analysisSet", ox.NamedNode(_AIKG + str(counted))))
    names = [" and ".join(sorted(map(called, arms))) if arms else called(str(of))]
    whole = [f"people of {name.rpartition(', ')[2]}" for name in names]
    if called(str(people)) not in whole:  # a subgroup
        names.append(called(str(people)))
    names.append(called(_AIKG + str(counted)))
    if choice:
        said.append(("givenOfChoice", _node(str(choice))))
        names.append(called(str(choice)))
    return ", ".join(names), said


def _numbered(content: _Content, called: _Called) -> _Said:
    return str(content[0]), []


def _arm(content: _Content, called: _Called) -> _Said:
    trial, name = map(str, content)
    return f"{name}, {called(trial)}", [("ofStudy", _node(trial))]


def _analysis(content: _Content, called: _Called) -> _Said:
    trial, name, cut_off = map(str, content)
    said: list[tuple[str, _Value]] = [("ofStudy", _node(trial))]
    if cut_off:
        said.append(("dataCutOff", ox.Literal(cut_off, datatype=_DATE)))
    day = f"data cut-off {cut_off}" if cut_off else ""
    return ", ".join(part for part in (name, day, called(trial)) if part), said


_SAID: dict[str, Callable[[_Content, _Called], _Said]] = {
    "drug": _drug,
    "component": _component,
    "regimen": _regimen,
    "outcome": _outcome,
    "population": _population,
    "group": _group,
    "trial": _numbered,
    "publication": _numbered,
    "arm": _arm,
    "analysis": _analysis,
}


def _node(iri: str) -> ox.NamedNode:
    return ox.NamedNode(iri)


def _decimal(digits: str) -> ox.Literal:
    written = digits if "." in digits else f"{digits}.0"
    return ox.Literal(written, datatype=_DECIMAL)
