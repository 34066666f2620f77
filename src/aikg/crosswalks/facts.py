"""The facts about a node that other schemas have words for, read by a few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from aikg.errors import IdentifierMalformed, NotAcceptable, UnknownNode
from aikg.links.identifiers import Identifier
from aikg.links.lookup import LookUp
from aikg.links.records import EXACT
from aikg.names import OTHER_PREFIXES, PREFIXES, RDF_TYPE

#: The kinds of nodes that can be written in other schemas.
KINDS = ("Drug", "Outcome", "Publication", "Study")

_AIKG, _DCTERMS = PREFIXES["aikg"], OTHER_PREFIXES["dcterms"]
_NUMBER = _DCTERMS + "identifier"
_RDFS = OTHER_PREFIXES["rdfs"]
_PROLOGUE = f"PREFIX aikg: <{_AIKG}> PREFIX rdfs: <{_RDFS}>\n"
_ABOUT = """SELECT DISTINCT ?property ?value ?label {
  <%s> ?property ?value . OPTIONAL { ?value rdfs:label ?label } }
ORDER BY STR(?property) STR(?value)"""
#: The trials of a node of each kind.
_STUDIES = {
    "Drug": "?arm aikg:receives <%s> ; aikg:ofStudy ?node",
    "Outcome": "?finding aikg:ofOutcome <%s> ; aikg:ofGroup/aikg:ofArm?/aikg:ofStudy ?node",
    "Publication": "<%s> aikg:reports ?node",
}
#: A cited publication is no more than its number in a list that is missing.
_REPORTS = (
    "?node a aikg:Publication ; aikg:reports <%s> . FILTER NOT EXISTS { ?node aikg:citedIn [] }"
)
_ARMS = """SELECT DISTINCT ?arm ?name ?regimen ?drug ?drug_name {
  ?arm aikg:ofStudy <%s> ; a aikg:Arm ; rdfs:label ?name .
  OPTIONAL { ?arm aikg:assignedRegimen/rdfs:label ?regimen }
  OPTIONAL { ?arm aikg:receives ?drug . ?drug rdfs:label ?drug_name } }
ORDER BY STR(?name) STR(?arm) STR(?drug_name)"""


@dataclass(frozen=True)
class Other:
    """A node that another one points to.

    Attributes:
        iri: Its address.
        name: Its label.
    """

    iri: str
    name: str


@dataclass
class Arm:
    """An arm of a trial.

    Attributes:
        name: Its label.
        regimen: The label of its regimen, or "".
        drugs: The drugs that it receives.
    """

    name: str
    regimen: str
    drugs: list[Other] = field(default_factory=list)


@dataclass(frozen=True)
class Node:
    """One node.

    Attributes:
        iri: Its address.
        name: Its label.
        kind: One of `KINDS`.
        names: Its other names, sorted.
        values: The texts of each property, by the property's address.
        nodes: The nodes of each property, by the property's address.
        links: Its exact matches and its numbers, with the external label of each.
    """

    iri: str
    name: str
    kind: str
    names: list[str]
    values: dict[str, list[str]]
    nodes: dict[str, list[Other]]
    links: list[tuple[Identifier, str]]

    def own(self, name: str) -> list[str]:
        """Return the texts of one of our properties."""
        return self.values.get(_AIKG + name, [])

    def titles(self) -> list[str]:
        """Return the titles of a paper."""
        return self.values.get(_DCTERMS + "title", [])

    def others(self, name: str) -> list[Other]:
        """Return the nodes of one of our properties."""
        return self.nodes.get(_AIKG + name, [])

    def is_a(self, name: str) -> bool:
        """Return whether it is of one of our classes."""
        return any(other.iri == _AIKG + name for other in self.nodes.get(RDF_TYPE, []))


class Facts:
    """The facts of one version of the graph.

    Args:
        look_up: The names and the links of all entities, and the graph itself.
    """

    def __init__(self, look_up: LookUp) -> None:
        self._look_up = look_up

    def node(self, iri: str) -> Node:
        """Read one node.

        Args:
            iri: Its address, an absolute IRI.

        Raises:
            UnknownNode: The graph has no statement about it.
            NotAcceptable: It is of no kind that other schemas have a word for here.
        """
        rows = self._ask(_ABOUT % iri)
        if not rows:
            raise UnknownNode(
                f"Nothing is known of <{iri}>.",
                advice="Check the spelling; /sparql finds things by their label.",
            )
        entity = self._look_up.index.entities.get(iri)
        if entity is None or entity.kind not in KINDS:
            raise NotAcceptable(
                f"<{iri}> is not a drug, a trial, an outcome or a publication.",
                advice="Ask for RDF: format=turtle, or another format of RDF.",
            )
        values: dict[str, list[str]] = defaultdict(list)
        nodes: dict[str, list[Other]] = defaultdict(list)
        for row in rows:
            if "label" in row or row["property"] == RDF_TYPE:
                nodes[row["property"]].append(Other(row["value"], row.get("label", "")))
            else:
                values[row["property"]].append(row["value"])
        names = sorted({*entity.names, *values.get(_AIKG + "acronym", [])} - {entity.label})
        links = [(x.identifier, x.label) for x in entity.links if x.predicate == EXACT]
        return Node(
            iri, entity.label, entity.kind, names, values, nodes, self._numbered(links, values)
        )

    def _numbered(
        self, links: Sequence[tuple[Identifier, str]], values: dict[str, list[str]]
    ) -> list[tuple[Identifier, str]]:
        """Return links, and the numbers of registries and papers that the evidence states."""
        found = dict(links)
        for number in values.get(_NUMBER, []):
            try:
                found.setdefault(self._look_up.index.prefixes.parse(number), "")
            except IdentifierMalformed:
                continue  # a number of a sponsor
        return sorted(found.items(), key=lambda pair: pair[0].curie.lower())

    def studies(self, node: Node) -> list[Node]:
        """Read the trials of a node: itself, those that gave a drug, or that report an outcome."""
        if node.kind == "Study":
            return [node]
        return self._nodes(_STUDIES[node.kind] % node.iri)

    def publications(self, study: Node) -> list[Node]:
        """Read the publications that report a trial."""
        return self._nodes(_REPORTS % study.iri)

    def arms(self, study: Node) -> list[Arm]:
        """Read the arms of a trial."""
        found: dict[str, Arm] = {}
        for row in self._ask(_ARMS % study.iri):
            arm = found.setdefault(row["arm"], Arm(row["name"], row.get("regimen", "")))
            if "drug" in row:
                arm.drugs.append(Other(row["drug"], row["drug_name"]))
        return list(found.values())

    def _nodes(self, pattern: str) -> list[Node]:
        rows = self._ask(f"SELECT DISTINCT ?node {{ {pattern} }} ORDER BY STR(?node)")
        known = self._look_up.index.entities
        return [
            self.node(row["node"])
            for row in rows
            if row["node"] in known and known[row["node"]].kind in KINDS
        ]

    def _ask(self, query: str) -> list[dict[str, str]]:
        return self._look_up.ask(_PROLOGUE + query)
