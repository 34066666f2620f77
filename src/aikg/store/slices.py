"""The part of a store that a job needs, fetched level by level in batches.

A job names its needs, such as "all quads about a node". A slice has the quads of each need that was
fetched, completely. Where statements lead on to other nodes, these come too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pyoxigraph as ox

from aikg.names import BASE, PREFIXES, RDF_TYPE, RDFS_LABEL, graph_of
from aikg.rules.neighbourhood import leads_on
from aikg.store.figures import FIGURES, named_again

#: What a job needs, as a kind and its terms; a term is written as in N-Triples.
Need: TypeAlias = tuple[str, ...]
#: All quads with a subject: the node.
ABOUT = "about"
#: All quads with an object: a property or "", the object.
POINTING = "pointing"
#: All quads of a named graph: its name.
GRAPH = "graph"
#: The nodes of a class in the default graph, with their names: the class.
KIND = "kind"
#: The claims on an outcome: the outcome.
CLAIMS = "claims"
#: The names of a node that was listed for its class: the node.
NAMED = "named"
#: The graphs of all versions of a submission: its name.
VERSIONS = "versions"
#: As many quads with an object in one graph: the graph or "", the object, the number.
SOME = "some"
#: The figures of a node: the node, the property.
FIGURE = "figure"

#: The properties that name a node, for comparing names.
NAMING = tuple(
    f"<{iri}>"
    for iri in (RDFS_LABEL, PREFIXES["skos"] + "altLabel", PREFIXES["aikg"] + "abbreviation")
)
#: So many nodes of a class are listed, as where a whole graph is read.
_MOST = 5_000
#: So many terms are in one query.
_BATCH = 400
_AIKG = PREFIXES["aikg"]
_PROVENANCE, _ENTITY = f"<{graph_of('provenance')}>", f"<{PREFIXES['prov']}Entity>"

#: Asks a SELECT; returns its rows, a term or None for each column.
Select: TypeAlias = Callable[[str], Iterable[tuple[Any, ...]]]


@dataclass
class Slice:
    """A part of a store at one version.

    Attributes:
        version: The version of the data.
        select: Asks the store.
        follows: Whether the nodes that statements lead to come too.
        has: The needs whose quads are here, all of them.
        lines: The quads, as lines of N-Quads.
        requests: How many requests it took.
    """

    version: str
    select: Select
    follows: bool = True
    has: set[Need] = field(default_factory=set)
    lines: set[str] = field(default_factory=set)
    requests: int = 0

    def fetch(self, needs: Iterable[Need]) -> None:
        """Fetch what is needed, and what it leads to."""
        new = set(needs) - self.has
        about = {need[1] for need in new if need[0] == ABOUT}
        about |= self._fetch_graphs({need[1] for need in new if need[0] == GRAPH})
        for name in (need[1] for need in new if need[0] == VERSIONS):
            about |= self._fetch_versions(name)
        about |= self._fetch_pointing({need[1:] for need in new if need[0] == POINTING})
        about |= self._fetch_claims({need[1] for need in new if need[0] == CLAIMS})
        for kind in (need[1] for need in new if need[0] == KIND):
            self._fetch_kind(kind)
        self._fetch_some({need for need in new if need[0] == SOME})
        self._fetch_figures({need[1:] for need in new if need[0] == FIGURE})
        self._fetch_about(about)
        self.has |= new

    def _fetch_about(self, nodes: set[str]) -> None:
        """Fetch all about nodes, level by level."""
        while nodes := {n for n in nodes if n[0] == "<" and (ABOUT, n) not in self.has}:
            self.has |= {(ABOUT, node) for node in nodes}
            found = self._quads("VALUES ?s { %s }", "?s ?p ?o", sorted(nodes))
            led = (q.object for q in found if q.graph_name == ox.DefaultGraph() and leads_on(q))
            nodes = set(map(str, led)) if self.follows else set()

    def _fetch_pointing(self, wanted: set[tuple[str, ...]]) -> set[str]:
        """Fetch what points at terms; return the subjects."""
        any_path = sorted(term for path, term in wanted if not path)
        pairs = sorted(f"({path} {term})" for path, term in wanted if path)
        found = [*self._quads("VALUES ?o { %s }", "?s ?p ?o", any_path)]
        found += self._quads("VALUES (?p ?o) { %s }", "?s ?p ?o", pairs)
        return {str(quad.subject) for quad in found}

    def _fetch_claims(self, outcomes: set[str]) -> set[str]:
        pattern = f"?s a <{_AIKG}Claim> ; <{_AIKG}ofOutcome> ?o"
        found = set()
        for part in _batches(sorted(outcomes)):
            self.requests += 1
            rows = self.select(f"SELECT ?s WHERE {{ VALUES ?o {{ {part} }} {pattern} }}")
            found |= {str(claim) for (claim,) in rows}
        return found

    def _fetch_graphs(self, names: set[str]) -> set[str]:
        found = set()
        for part in _batches(sorted(names)):
            rows = self._rows(f"VALUES ?g {{ {part} }} GRAPH ?g {{ ?s ?p ?o }}")
            found |= {str(quad.subject) for quad in self._add(rows)}
        return found

    def _fetch_versions(self, name: str) -> set[str]:
        start = graph_of(f"submission/{name}/")
        self.requests += 1
        rows = self.select(
            f"SELECT DISTINCT ?g WHERE {{ GRAPH {_PROVENANCE} {{ ?g a {_ENTITY} }}"
            f' FILTER(STRSTARTS(STR(?g), "{start}")) }}'
        )
        graphs = {str(graph) for (graph,) in rows}
        self.has |= {(GRAPH, graph) for graph in graphs}
        return self._fetch_graphs(graphs)

    def _fetch_kind(self, kind: str) -> None:
        paths = " ".join(NAMING)
        rows = list(
            self._rows(
                f"{{ SELECT DISTINCT ?s WHERE {{ ?s a {kind} }} LIMIT {_MOST} }} "
                f"VALUES ?p {{ <{RDF_TYPE}> {paths} }} ?s ?p ?o FILTER(isIRI(?s))"
            )
        )
        self.has |= {(NAMED, str(row[0])) for row in rows}
        self._add(rows)

    def _fetch_some(self, wanted: set[Need]) -> None:
        branches = []
        for _, graph, term, number in wanted:
            pattern = f"?s ?p {term}"
            inner = f"GRAPH {graph} {{ {pattern} }}" if graph else pattern
            bound = f"BIND({term} AS ?o)" + (f" BIND({graph} AS ?g)" if graph else "")
            branches.append(f"{{ SELECT * WHERE {{ {inner} {bound} }} LIMIT {number} }}")
        for at in range(0, len(branches), 50):
            self._add(self._rows(" UNION ".join(branches[at : at + 50])))
        self.has |= {need[:3] for need in wanted}

    def _fetch_figures(self, wanted: set[tuple[str, ...]]) -> None:
        pairs = sorted(f"({node} {path})" for node, path in wanted)
        for part in _batches(pairs):
            self._add(
                self._rows(
                    f"VALUES (?s ?p) {{ {part} }} GRAPH {FIGURES} {{ ?s ?p ?o }} "
                    f"BIND({FIGURES} AS ?g)"
                )
            )

    def _quads(self, values: str, pattern: str, terms: Sequence[str]) -> list[ox.Quad]:
        """Fetch the quads of a pattern from the default graph and all named ones."""
        found: list[ox.Quad] = []
        for part in _batches(terms):
            named = values % part
            both = f"{{ {named} {pattern} }} UNION {{ {named} GRAPH ?g {{ {pattern} }} }}"
            found += self._add(self._rows(both))
        return found

    def _rows(self, where: str) -> Iterable[tuple[Any, ...]]:
        self.requests += 1
        return self.select(f"SELECT ?s ?p ?o ?g WHERE {{ {where} }}")

    def _add(self, rows: Iterable[tuple[Any, ...]]) -> list[ox.Quad]:
        """Add quads; those with blank nodes are in the part that each server has itself."""
        found = []
        for s, p, o, g in rows:
            quad = ox.Quad(s, p, o, g if g is not None else ox.DefaultGraph())
            if quad.graph_name == FIGURES:
                quad = named_again(quad)
            elif isinstance(s, ox.BlankNode) or isinstance(o, ox.BlankNode):
                continue
            self.lines.add(f"{quad} .")
            found.append(quad)
        return found


def is_own_term(iri: str) -> bool:
    """Return whether a node is a term of the ontology, all about which each server has itself."""
    return iri.startswith(PREFIXES["aikg"]) or iri == BASE + "ontology"


def _batches(terms: Sequence[str]) -> Iterator[str]:
    for at in range(0, len(terms), _BATCH):
        yield " ".join(terms[at : at + _BATCH])
