"""The test suite of SHACL core of the W3C, put to our validator.

`python tests/shacl_suite.py FOLDER` prints what came of it; the folder is
`data-shapes-test-suite/tests` of https://github.com/w3c/data-shapes, or any copy of it. None is in
this repository. `make .venv/dev` unpacks the copy that the sources of pyshacl bring along, which is
where the tests look.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox
from rdflib import RDF, SH, BNode, Graph, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from aikg.rules import shapes

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
SHT = Namespace("http://www.w3.org/ns/shacl-test#")

#: A result: focus, path, value, shape, component, severity; all blank nodes are one.
Line = tuple[str, ...]

BLANK = "_"


@dataclass(frozen=True)
class Case:
    """One test of the suite.

    Attributes:
        name: The folder and the name of the test.
        file: The file that describes it.
        node: The test in that file.
    """

    name: str
    file: Path
    node: Node

    @cached_property
    def graph(self) -> Graph:
        """The file that describes the test."""
        return parse(self.file)

    @cached_property
    def expected(self) -> Counter[Line]:
        """The results that the suite expects."""
        report = self.graph.value(self.node, MF.result)
        if report == SHT.Failure:
            raise NotImplementedError(f"{self.name} expects a failure, which core has none of.")
        return Counter(self._line(result) for result in self.graph.objects(report, SH.result))

    @cached_property
    def shapes(self) -> Graph:
        """The shapes of the test."""
        return self._given(SHT.shapesGraph)

    @cached_property
    def found(self) -> Counter[Line]:
        """The results that our validator gives."""
        data = self._given(SHT.dataGraph)
        blank = {str(term) for graph in (data, self.shapes) for term in _blank(graph)}
        return Counter(
            (
                BLANK if result.focus in blank else result.focus,
                _path(result.path),
                BLANK if result.value in blank else result.value or "",
                BLANK if result.shape in blank else result.shape,
                result.component,
                result.severity,
            )
            for result in shapes.validate(data, self.shapes, Graph())
        )

    @property
    def verdict_passes(self) -> bool:
        """Whether what conforms, and only that, is found to conform."""
        return bool(self.found) == bool(self.expected)

    @property
    def passes(self) -> bool:
        """Whether exactly the expected results are found."""
        return self.found == self.expected

    def _given(self, role: URIRef) -> Graph:
        action = self.graph.value(self.node, MF.action)
        given = Path(str(self.graph.value(action, role)).removeprefix("file://"))
        return self.graph if given == self.file else parse(given)

    def _line(self, result: Node) -> Line:
        def text(term: URIRef) -> str:
            found = self.graph.value(result, term)
            return "" if found is None else BLANK if isinstance(found, BNode) else str(found)

        terms = (SH.focusNode, SH.resultPath, SH.value, SH.sourceShape)
        component, severity = SH.sourceConstraintComponent, SH.resultSeverity
        return (*map(text, terms), text(component), text(severity).removeprefix(str(SH)))


def parse(file: Path) -> Graph:
    """Read a Turtle file in the way that submissions are read."""
    base = file.as_uri()
    quads = ox.parse(file.read_bytes(), format=ox.RdfFormat.TURTLE, base_iri=base)
    return shapes.to_graph(quad.triple for quad in quads)


def cases(manifest: Path) -> Iterator[Case]:
    """Return each test of a manifest and of those that it includes."""
    graph = parse(manifest)
    this = URIRef(manifest.as_uri())
    for entries in graph.objects(this, MF.entries):
        for node in Collection(graph, entries):
            if (node, RDF.type, SHT.Validate) in graph:
                yield Case(f"{manifest.parent.name}/{Path(str(node)).name}", manifest, node)
    for included in graph.objects(this, MF.include):
        yield from cases(Path(str(included).removeprefix("file://")))


def _blank(graph: Graph) -> Iterator[BNode]:
    return (term for triple in graph for term in triple if isinstance(term, BNode))


def _path(path: str | None) -> str:
    """Return a path as it can be compared: one of several steps is a blank node of the report."""
    return "" if path is None else path if ":" in path else BLANK


def main(folder: Path) -> None:
    """Print how many tests pass, and what went otherwise in each that does not."""
    every = list(cases((folder / "core" / "manifest.ttl").resolve()))
    passed = [case for case in every if case.passes]
    right = [case for case in every if case.verdict_passes]
    print(f"{len(every)} tests, all results right in {len(passed)}, verdict in {len(right)}")  # noqa: T201
    for case in every:
        if not case.passes:
            print(case.name)  # noqa: T201
            for line in (case.expected - case.found).elements():
                print("  missing:", *line)  # noqa: T201
            for line in (case.found - case.expected).elements():
                print("  too much:", *line)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
