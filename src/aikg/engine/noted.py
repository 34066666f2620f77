"""A slice of a graph that notes what a job reads and the slice lacks.

A job runs on it as on a whole graph. Where a job has read what the slice does not have completely,
its result counts for nothing: the lack is fetched, and the job runs again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Set
from dataclasses import dataclass
from typing import Any, cast

import pyoxigraph as ox

from aikg.errors import NotOnStore
from aikg.files.canonical import canonical
from aikg.names import PREFIXES, RDF_TYPE
from aikg.rules import neighbourhood
from aikg.store import slices
from aikg.store.figures import DATASET, FIGURES, VERSION, address_of
from aikg.store.slices import Need, is_own_term

_DEFAULT, _TYPE = ox.DefaultGraph(), ox.NamedNode(RDF_TYPE)
_FINDING, _CLAIM, _MARGIN, _OF_OUTCOME, _BROADER = (
    ox.NamedNode(PREFIXES["aikg"] + name)
    for name in ("Finding", "Claim", "Margin", "ofOutcome", "broaderOutcome")
)
#: What rules on claims read from a finding, besides what their headers name.
_OF_FINDINGS = tuple(
    neighbourhood.read_paths(
        "aikg:ofGroup/^aikg:experimental aikg:ofGroup/^aikg:reference "
        "aikg:experimental/^aikg:experimental aikg:experimental/^aikg:reference "
        "aikg:reference/^aikg:experimental aikg:reference/^aikg:reference "
        "^aikg:restates+/^aikg:citesFinding aikg:restates+/^aikg:citesFinding "
        "aikg:restates+/^aikg:fromFinding",
        __file__,
    )
)


@dataclass(frozen=True)
class Reads:
    """What rules read against the direction of a property.

    Attributes:
        rules: The rules of inference, from any node.
        findings: The rules on claims, from a finding.
        margins: The rules on margins, from a margin or a claim.
    """

    rules: Collection[neighbourhood.Path] = ()
    findings: Collection[neighbourhood.Path] = ()
    margins: Collection[neighbourhood.Path] = ()


class Lacking(Exception):
    """The job need not go on: it lacks something."""


class Noted:
    """A slice of a graph; what a job changes is a change of the slice.

    Args:
        store: The slice, and all about the terms of the ontology.
        has: What the slice has completely.
        ask: Asks the store a whole query, and returns the answer as SPARQL JSON.
        reads: What rules read against the direction of a property.
        name: The name of the submission that the job is about, or "".
        stops: Whether to end the job at once where something is lacking.

    Attributes:
        lacks: What the job has read and the slice does not have.
    """

    def __init__(  # noqa: PLR0913, PLR0917  a slice, and what it is for
        self,
        store: ox.Store,
        has: Set[Need],
        ask: Callable[[dict[str, Any]], bytes],
        reads: Reads,
        name: str = "",
        stops: bool = False,
    ) -> None:
        self._store, self._has, self._ask = store, has, ask
        self._reads, self._name, self._stops = reads, name, stops
        self._expected: set[Any] = set()
        self._announced = False
        self._gone: list[ox.Quad] = []
        self.lacks: set[Need] = set()

    def quads_for_pattern(
        self, subject: Any, predicate: Any, object: Any, graph_name: Any = None
    ) -> Iterator[ox.Quad]:
        """Return the quads of a pattern, as a store does."""
        self._note(subject, predicate, object, graph_name)
        return self._store.quads_for_pattern(subject, predicate, object, graph_name)

    def __contains__(self, quad: ox.Quad) -> bool:
        """Return whether a quad is there."""
        self._note(quad.subject, quad.predicate, quad.object, quad.graph_name)
        return quad in self._store

    def is_object(self, value: Any, graph: Any) -> bool:
        """Return whether a graph has a quad with an object."""
        if any(self._store.quads_for_pattern(None, None, value, graph)):
            return True
        known = sum(q.object == value and q.graph_name == graph for q in self._gone)
        name = "" if graph == _DEFAULT else str(graph)
        if (slices.POINTING, "", _written(value)) not in self._has:
            need = (slices.SOME, name, _written(value))
            if need not in self._has:
                self._lack((*need, str(known + 1)))
        return False

    def query(self, text: str, **options: Any) -> Any:
        """Answer a query about announced nodes from the slice; ask the store another one."""
        if self._announced:
            self._announced = False
            return self._store.query(text, **options)
        if "substitutions" in options:
            raise NotOnStore(
                "This server runs on a SPARQL store, and has no preview of a page there.",
                advice="Validate the submission; see docs/how-to/own-store.md.",
            )
        names = [
            [graph.value for graph in options.get(name) or ()]
            for name in ("default_graph", "named_graphs")
        ]
        content = self._ask({"query": text, "default": names[0], "named": names[1]})
        return ox.parse_query_results(content, format=ox.QueryResultsFormat.JSON)

    def expect(self, nodes: Iterable[ox.NamedNode]) -> None:
        """Note what a rule or a check reads from some nodes; its query comes next."""
        self._announced = True
        new = set(nodes) - self._expected
        if not new:
            return
        self._expected |= new
        for node in new:
            self._note(None, None, node, None)
        store, found = cast(ox.Store, self), set[Any]()
        for quad in neighbourhood.around(store, [n.value for n in new], self._reads.rules):
            if quad.predicate == _TYPE and quad.object == _FINDING:
                found.add(quad.subject.value)  # type: ignore[union-attr]  # rules name nodes
        self._read_on(store, found, (*self._reads.findings, *_OF_FINDINGS))
        ends = {n.value for n in new if self._is_a(n, _CLAIM) or self._is_a(n, _MARGIN)}
        self._read_on(store, ends, self._reads.margins)
        for outcome in {o for node in new for o in self._outcomes(node)}:
            self._require((slices.CLAIMS, str(outcome)))

    @staticmethod
    def _read_on(
        store: ox.Store, nodes: Iterable[str], paths: Iterable[neighbourhood.Path]
    ) -> None:
        for _ in neighbourhood.around(store, nodes, paths):
            pass

    def _is_a(self, node: ox.NamedNode, kind: ox.NamedNode) -> bool:
        return ox.Quad(node, _TYPE, kind) in self

    def _outcomes(self, node: ox.NamedNode) -> Iterator[Any]:
        """Yield the outcomes of a finding, and the broader ones."""
        if self._is_a(node, _FINDING):
            for quad in self.quads_for_pattern(node, _OF_OUTCOME, None, _DEFAULT):
                yield quad.object
                for above in self.quads_for_pattern(quad.object, _BROADER, None, _DEFAULT):
                    yield above.object

    def named_graphs(self) -> Iterator[Any]:
        """Return the graphs of the slice: those of the versions of a submission are all there."""
        self._require((slices.VERSIONS, self._name))
        return iter({quad.graph_name for quad in self._store} - {_DEFAULT})

    def contains_named_graph(self, graph: Any) -> bool:
        """Return whether a graph is there."""
        self._require((slices.GRAPH, str(graph)))
        return self._store.contains_named_graph(graph)

    def add(self, quad: ox.Quad) -> None:
        """Add a quad to the slice."""
        self._expected.clear()
        self._store.add(quad)

    def extend(self, quads: Iterable[ox.Quad]) -> None:
        """Add quads to the slice."""
        self._expected.clear()
        self._store.extend(quads)

    def remove(self, quad: ox.Quad) -> None:
        """Remove a quad from the slice."""
        self._expected.clear()
        self._gone.append(quad)
        self._store.remove(quad)

    def _note(self, subject: Any, predicate: Any, object: Any, graph: Any) -> None:
        if graph == FIGURES:
            if subject is not None and (subject, predicate) != (DATASET, VERSION):
                self._require((slices.FIGURE, address_of(subject), str(predicate)))
        elif subject is not None:
            self._note_subject(subject, predicate)
        elif isinstance(graph, ox.NamedNode) and (slices.GRAPH, str(graph)) in self._has:
            pass
        elif object is not None:
            self._note_object(predicate, object, graph)
        elif isinstance(graph, ox.NamedNode):
            self._require((slices.GRAPH, str(graph)))
        elif predicate is None:
            raise NotOnStore(
                "This server runs on a SPARQL store, and the request needs the whole graph.",
                advice="Ask the store itself; see docs/how-to/own-store.md.",
            )
        # The names of terms are all there; no job reads those of other nodes in this way.

    def _note_subject(self, subject: Any, predicate: Any) -> None:
        if not isinstance(subject, ox.NamedNode) or is_own_term(subject.value):
            return
        listed = (slices.NAMED, str(subject)) in self._has
        if not (listed and str(predicate) in (*slices.NAMING, str(_TYPE))):
            self._require((slices.ABOUT, str(subject)))

    def _note_object(self, predicate: Any, object: Any, graph: Any) -> None:
        if isinstance(object, ox.BlankNode) or (slices.POINTING, "", _written(object)) in self._has:
            return
        is_class = isinstance(object, ox.NamedNode) and object.value.startswith(PREFIXES["aikg"])
        if predicate == _TYPE and graph == _DEFAULT and is_class:
            self._require((slices.KIND, _written(object)))
            return
        self._require((slices.POINTING, str(predicate) if predicate else "", _written(object)))

    def _require(self, need: Need) -> None:
        if need not in self._has:
            self._lack(need)

    def _lack(self, need: Need) -> None:
        self.lacks.add(need)
        if self._stops:
            raise Lacking


def _written(term: Any) -> str:
    """Return a term as a store has it, in N-Triples."""
    return str(canonical(term))
