"""The part of the graph that a comparison needs, as statements about its nodes.

A walk from the studies that report the outcome: to all that points at them, then to all that those
lead to. Each step is one query, so that its time is that of the evidence, not that of the graph.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from aikg.files.queries import read_queries
from aikg.names import BASE

#: Asks a query; a row is the text of its terms, "" where a variable is unbound.
Ask = Callable[[str], Iterable[tuple[str, ...]]]

#: The queries of a comparison, by name.
Texts = Mapping[str, str]

#: The queries, below the root.
FOLDER = Path("queries", "synthesis")

_ONTOLOGY = BASE + "ontology/"
#: What leads from a node to one that is needed too.
_FOLLOWED = tuple(
    _ONTOLOGY + name
    for name in (
        "inPopulation", "within", "assignedRegimen", "hasComponent", "receives", "ofOutcome",
        "broaderOutcome", "ofAnalysis", "attributedTo", "statedAt", "inDocument", "reports",
        "pools", "restates", "ofArm", "ofStudy", "analysisSet", "assessedBy", "therapyLine",
        "priorTherapy", "broaderClass", "stage", "ofGroup", "experimental", "reference",
        "inDrugClass",
    )
)  # fmt: skip


def short(iri: str) -> str:
    """Return an IRI without the base of this graph; others stay whole."""
    return iri.removeprefix(BASE)


def whole(identifier: str) -> str:
    """Return the IRI of a shortened identifier."""
    return identifier if ":" in identifier else BASE + identifier


@cache
def _named(property_: str) -> str:
    """Return a property without its namespace; there are few of them."""
    return property_.rsplit("/", 1)[-1].rsplit("#", 1)[-1]


class Excerpt:
    """Statements about some nodes, by shortened identifier.

    Attributes:
        graphs: The named graph that states each finding.
        senders: Of each graph that is a submission, since when it is published, and its sender.
    """

    def __init__(self) -> None:
        self._stated: dict[str, dict[str, list[str]]] = {}
        #: The nodes of each class, and the properties whose values are not in order yet.
        self._classes: dict[str, set[str]] = defaultdict(set)
        self._unsorted: list[list[str]] = []
        self.graphs: dict[str, str] = {}
        self.senders: dict[str, tuple[str, str]] = {}

    def add(self, node: str, property_: str, value: str) -> None:
        """Add one statement."""
        node, value, name = short(node), short(value), _named(property_)
        values = self._stated.setdefault(node, {}).setdefault(name, [])
        values.append(value)
        if len(values) > 1:
            self._unsorted.append(values)
        if name == "type":
            self._classes[value].add(node)

    def all(self, node: str, property_: str) -> list[str]:
        """Return all values of a property, in fixed order; `property_` without its namespace."""
        while self._unsorted:
            self._unsorted.pop().sort()
        return self._stated.get(node, {}).get(property_, [])

    def one(self, node: str, property_: str) -> str:
        """Return the first value of a property, or ""."""
        return next(iter(self.all(node, property_)), "")

    def is_a(self, node: str, class_: str) -> bool:
        """Return whether a node is of a class of the ontology."""
        return node in self._classes.get(f"ontology/{class_}", ())

    def of_class(self, class_: str) -> list[str]:
        """Return all nodes of a class, in fixed order."""
        return sorted(self._classes.get(f"ontology/{class_}", ()))

    @property
    def nodes(self) -> list[str]:
        """All nodes, in fixed order."""
        return sorted(self._stated)


def load(root: Path) -> Texts:
    """Read the queries below a root.

    Raises:
        MissingFolder: They are not there.
    """
    return {query.name: query.text for query in read_queries(root / FOLDER)}


def about(ask: Ask, texts: Texts, name: str, nodes: Iterable[str]) -> list[tuple[str, ...]]:
    """Ask a query about some nodes, which take the place of its example."""
    listed = " ".join(f"<{whole(node)}>" for node in sorted(nodes))
    if not listed:
        return []
    example = "outcome:objective-response" if name in {"studies", "margins"} else "study:campos"
    return list(ask(texts[name].replace(example, listed)))


def read(ask: Ask, texts: Texts, outcomes: Sequence[str]) -> Excerpt:
    """Read what the studies that report some outcomes lead to.

    Args:
        ask: Asks the graph.
        texts: The queries.
        outcomes: The outcomes, shortened.
    """
    studies = {short(row[0]) for row in about(ask, texts, "studies", outcomes)}
    known: set[str] = {*studies, *outcomes}
    new = set(known)
    while new:
        new = {short(row[0]) for row in about(ask, texts, "pointing", new)} - known
        known |= new
    excerpt = Excerpt()
    _follow(ask, texts, excerpt, known)
    issues = {
        short(row[0]) for row in about(ask, texts, "pointing", excerpt.of_class("Population"))
    }
    _follow(ask, texts, excerpt, known | issues)
    findings = [node for node in excerpt.nodes if excerpt.one(node, "status")]
    for node, graph in about(ask, texts, "sources", findings):
        excerpt.graphs.setdefault(short(node), short(graph))
    for graph, since, by in about(ask, texts, "provenance", set(excerpt.graphs.values())):
        excerpt.senders.setdefault(short(graph), (since, by))
    for margin, measure, value in about(ask, texts, "margins", outcomes):
        excerpt.add(margin, "margin", f"{short(measure)} {value}")
    return excerpt


def _follow(ask: Ask, texts: Texts, excerpt: Excerpt, nodes: set[str]) -> None:
    """Add what the graph states of some nodes, and of all that they lead to."""
    known = nodes | set(excerpt.nodes)
    new = known - set(excerpt.nodes)
    while new:
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for node, property_, value in about(ask, texts, "statements", new):
            found[property_].append((node, value))
            excerpt.add(node, property_, value)
        ahead = {short(value) for name in _FOLLOWED for _, value in found[name]}
        new = {node for node in ahead if not node.startswith("_:")} - known
        known |= new
        if pooled := {short(value) for _, value in found[_ONTOLOGY + "pools"]}:
            arms = {short(row[0]) for row in about(ask, texts, "pointing", pooled)}
            new |= arms - known
            known |= arms
