"""The W3C's query evaluation tests, put to the engine alone and to our endpoint.

`python tests/sparql_suite.py FOLDER` prints the results; the folder is `sparql` of
https://github.com/w3c/rdf-tests, or any copy of it. None is in this repository. `make .venv/dev`
unpacks the copy that the sources of rdflib bring along, which is where the tests look.

All data files are named graphs of one store. The parameters of the protocol say which of them are
the dataset of a test, so one server answers all tests.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

import pyoxigraph as ox
from rdflib import RDF, Graph, Namespace
from rdflib.term import Node
from serving import Server, start

from aikg.settings import Settings

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
DAWG = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-dawg#")
RS = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/result-set#")
#: The address below which the files are named.
HERE = "http://w3c.test/"
EMPTY = HERE + "empty"
#: Folders about other things: entailment, federation, protocols, updates.
OTHERS = {"entailment", "service", "protocol", "http-rdf-update", "graph-store-protocol"}
_SYNTAX = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".n3": ox.RdfFormat.TURTLE,
}
_RESULTS = {
    ".srx": ox.QueryResultsFormat.XML,
    ".srj": ox.QueryResultsFormat.JSON,
    ".tsv": ox.QueryResultsFormat.TSV,
}


@dataclass(frozen=True)
class Case:
    """One test of the suite.

    Attributes:
        name: Its folder and its name.
        query: The text, with the address of its file as base.
        result: The file with the expected answer.
        default: The graphs of the default graph.
        named: The named graphs.
    """

    name: str
    query: str
    result: Path
    default: tuple[str, ...]
    named: tuple[str, ...]

    def own(self) -> list[str]:
        """The graphs that the query names itself."""
        base = self.query.partition("<")[2].partition(">")[0]
        return [
            urljoin(base, iri) for iri in re.findall(r"FROM\s+(?:NAMED\s+)?<(.*?)>", self.query)
        ]

    def parameters(self) -> dict[str, list[str]]:
        """The dataset as parameters of the protocol; none where the query names it itself."""
        if self.own():
            return {}
        return {
            "default-graph-uri": list(self.default) or [EMPTY],
            "named-graph-uri": list(self.named),
        }


def cases(folder: Path) -> list[Case]:
    """Read every approved test of a query's evaluation below a folder."""
    found = []
    for manifest in sorted(folder.rglob("manifest.ttl")):
        if manifest.parent.name in OTHERS or "." in manifest.parent.name:
            continue
        base = address(folder, manifest)
        graph = Graph().parse(manifest, format="turtle", publicID=base)
        for node in graph.subjects(RDF.type, MF.QueryEvaluationTest):
            if (node, DAWG.approval, DAWG.Approved) in graph or "sparql12" in base:
                found += _case(graph, node, folder)
    return sorted(found, key=lambda case: case.name)


def _case(graph: Graph, node: Node, folder: Path) -> Iterator[Case]:
    action, result = graph.value(node, MF.action), graph.value(node, MF.result)
    query = file_of(folder, graph.value(action, QT.query))
    expected = file_of(folder, result)
    data = [str(data) for data in graph.objects(action, QT.data)]
    whole = query.is_file() and expected.is_file()
    if not whole or any(name.endswith(".trig") for name in data):  # a dataset has no name
        return
    text = query.read_text(encoding="utf-8")
    yield Case(
        f"{query.parent.relative_to(folder)}/{str(node).rpartition('#')[2]}",
        f"BASE <{address(folder, query)}>\n{text}",
        expected,
        tuple(data),
        tuple(str(data) for data in graph.objects(action, QT.graphData)),
    )


def address(folder: Path, file: Path) -> str:
    """Name a file."""
    return HERE + str(file.relative_to(folder))


def file_of(folder: Path, node: object) -> Path:
    """Find the file with a name."""
    return folder / str(node).removeprefix(HERE)


def data(folder: Path, tests: Iterable[Case]) -> Iterator[ox.Quad]:
    """Read the files that tests are about, each as a named graph."""
    wanted = {iri for case in tests for iri in (*case.default, *case.named)}
    wanted |= {iri for case in tests for iri in case.own()}
    for file in sorted({file_of(folder, iri) for iri in wanted}):
        if file.suffix in _SYNTAX and file.is_file():
            graph = ox.NamedNode(address(folder, file))
            try:
                quads = list(ox.parse(
                    path=file, format=_SYNTAX[file.suffix], base_iri=graph.value,
                    without_named_graphs=True, rename_blank_nodes=True,
                ))  # fmt: skip
            except (SyntaxError, ValueError):
                continue
            for quad in quads:
                yield ox.Quad(quad.subject, quad.predicate, quad.object, graph)


#: An answer in one form: what a query found, blank nodes aside.
Answer = ox.Dataset | bool


def expected(case: Case, folder: Path) -> Answer:
    """Read the expected answer."""
    base = address(folder, case.result)
    if case.result.suffix in _RESULTS:
        return of_results(ox.parse_query_results(
            path=case.result, format=_RESULTS[case.result.suffix]
        ))  # fmt: skip
    syntax = _SYNTAX[case.result.suffix]
    quads = list(ox.parse(path=case.result, format=syntax, base_iri=base))
    if not any(quad.object == ox.NamedNode(RS.ResultSet) for quad in quads):
        return same(quads)
    name = "xml" if syntax == ox.RdfFormat.RDF_XML else "turtle"
    graph = Graph().parse(case.result, format=name, publicID=base)
    table = graph.value(predicate=RDF.type, object=RS.ResultSet)
    if (boolean := graph.value(table, RS.boolean)) is not None:
        return bool(boolean.toPython())  # type: ignore[attr-defined]
    rows = []
    for solution in graph.objects(table, RS.solution):
        bound = {
            str(graph.value(b, RS.variable)): term(graph.value(b, RS.value))
            for b in graph.objects(solution, RS.binding)
        }
        rows.append(bound)
    return of_rows(rows)


def term(node: Node | None) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    """Return a node of rdflib as a term of the engine."""
    assert node is not None
    (triple,) = ox.parse(f"<x:s> <x:p> {node.n3()} .", format=ox.RdfFormat.N_TRIPLES)  # type: ignore[attr-defined]
    return triple.object  # type: ignore[return-value]


def of_results(results: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples) -> Answer:
    """Bring an answer to one form."""
    if isinstance(results, ox.QueryBoolean):
        return bool(results)
    if isinstance(results, ox.QueryTriples):
        return same(ox.Quad(t.subject, t.predicate, t.object) for t in results)
    names = [variable.value for variable in results.variables]
    return of_rows(
        {name: value for name, value in zip(names, row, strict=True) if value is not None}
        for row in results
    )


def of_rows(rows: Iterable[Mapping[str, Any]]) -> ox.Dataset:
    """Make a graph of rows, so that blank nodes can be compared: a node for each row."""
    quads = []
    for number, row in enumerate(rows):
        node = ox.BlankNode(f"row{number}")
        quads.append(ox.Quad(node, ox.NamedNode("x:row"), ox.Literal("")))
        quads += [ox.Quad(node, ox.NamedNode(f"x:{name}"), value) for name, value in row.items()]
    return same(quads)


def same(quads: Iterable[ox.Quad]) -> ox.Dataset:
    """Make a dataset whose blank nodes have canonical names, and numbers their canonical form."""
    store = ox.Store()
    store.extend(quads)
    dataset = ox.Dataset(store)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return dataset


def by_engine(store: ox.Store, case: Case) -> Answer:
    """Ask the engine alone."""
    given = case.parameters()
    graphs: dict[str, list[ox.NamedNode]] = {}
    if given:
        graphs["default_graph"] = [ox.NamedNode(iri) for iri in given["default-graph-uri"]]
        graphs["named_graphs"] = [ox.NamedNode(iri) for iri in given["named-graph-uri"]]
    return of_results(store.query(case.query, **graphs))  # type: ignore[arg-type]


def by_endpoint(server: Server, case: Case) -> Answer:
    """Ask the endpoint."""
    form = urlencode({"query": case.query, **case.parameters()}, doseq=True).encode()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/sparql-results+json, application/n-triples",
    }
    reply = server.send("POST", "/sparql", headers, form)
    if reply.status != 200:
        raise ValueError(json.loads(reply.body)["detail"])
    if reply.media_type == "application/n-triples":
        return same(ox.parse(reply.body, format=ox.RdfFormat.N_TRIPLES))
    return of_results(ox.parse_query_results(reply.body, format=ox.QueryResultsFormat.JSON))


def judge(folder: Path, home: Path) -> dict[str, tuple[bool, bool]]:
    """Run every test: whether the engine alone passes it, and whether the endpoint does."""
    store, tests = ox.Store(), cases(folder)
    store.extend(data(folder, tests))
    settings = Settings(home, home=home, workers=2)
    for name in ("competency", "pages", "fragments", "lists"):
        shutil.copytree(Path(__file__).parents[1] / "queries" / name, home / "queries" / name)
    settings.graph.write_bytes(
        b"# aikg 0123456789ab\n" + (store.dump(format=ox.RdfFormat.N_QUADS) or b"")
    )
    found = {}
    with start(settings, said=home / "said.txt") as server:
        for case in tests:
            wanted = expected(case, folder)
            found[case.name] = (
                _passes(by_engine, store, case, wanted),
                _passes(by_endpoint, server, case, wanted),
            )
    return found


def lax(case: Case, answer: Answer) -> Answer:
    """Leave out how often a row comes where the query says that it does not matter."""
    if isinstance(answer, bool) or not re.search(r"\bREDUCED\b", case.query):
        return answer
    rows: dict[Any, set[Any]] = {}
    for quad in answer:
        rows.setdefault(quad.subject, set()).add((quad.predicate, quad.object))
    nodes = {frozenset(cells): node for node, cells in rows.items()}.values()
    return same(quad for quad in answer if quad.subject in set(nodes))


def _passes(ask: Callable[[Any, Case], Answer], asked: object, case: Case, wanted: Answer) -> bool:
    try:
        return lax(case, ask(asked, case)) == lax(case, wanted)
    except (SyntaxError, ValueError):
        return False


def report(found: Mapping[str, tuple[bool, bool]]) -> str:
    """Say what came of the tests: a line for each folder, and the tests that fail."""
    lines = []
    folders = Counter(name.rpartition("/")[0] for name in found)
    for folder, number in sorted(folders.items()):
        inside = [both for name, both in found.items() if name.rpartition("/")[0] == folder]
        engine, endpoint = (sum(both[i] for both in inside) for i in (0, 1))
        lines.append(f"{folder}\t{number}\t{engine}\t{endpoint}")
    engine, endpoint = (sum(both[i] for both in found.values()) for i in (0, 1))
    lines.append(f"all\t{len(found)}\t{engine}\t{endpoint}")
    lines += [
        f"fails\t{name}\tengine {'passes' if both[0] else 'fails'}\t"
        f"endpoint {'passes' if both[1] else 'fails'}"
        for name, both in found.items()
        if not all(both)
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        print(report(judge(Path(sys.argv[1]), Path(temporary))))  # noqa: T201
