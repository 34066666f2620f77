"""Shapes that are asked about one of each kind of node find what they find asked about each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from rdflib import OWL, RDF, RDFS, SH, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node
from test_shapes import CASES, all_shapes, ontology, together

from aikg.rules import shapes
from aikg.rules.targets import Aimed

#: Adds a constraint to a shape, with shapes within it to a depth.
Make = Callable[[Graph, Node, Random, int], None]

EX = Namespace("https://example.org/")
PROPERTIES = [EX.p, EX.q, EX.r]
KINDS = [EX.A, EX.B, EX.C]
VALUES: list[Node] = [
    Literal("one"),
    Literal("one", lang="en"),
    Literal("uno", lang="es"),
    Literal(1),
    Literal("1.0", datatype=XSD.decimal),
    Literal("01", datatype=XSD.integer, normalize=False),
    Literal(7),
    *(EX[f"node{n}"] for n in range(4)),
]


def test_the_cases_of_all_shapes_have_the_same_results() -> None:
    """Each constraint of each shape is broken by a case; all are validated together."""
    cases = together(CASES)
    plain = shapes.validate(cases, all_shapes(), ontology())
    assert len({(r.shape, r.component) for r in plain}) > 300
    assert shapes.validate_nodes(None, cases, Aimed.of(all_shapes()), ontology()) == plain


def test_most_shapes_cannot_tell_all_nodes_apart() -> None:
    """Where a shape reads everything, nothing is saved."""
    reads = Aimed.of(all_shapes()).reads
    assert sum(read is not None for read in reads.values()) > 0.9 * len(reads)


def test_a_shape_that_reads_more_than_is_thought_is_noticed() -> None:
    """Nodes that differ in a property that is left out are taken for alike, and are overlooked."""
    aimed = Aimed.of(all_shapes())
    blind = replace(
        aimed, reads={shape: read and frozenset() for shape, read in aimed.reads.items()}
    )
    cases = together(CASES)
    plain = shapes.validate(cases, all_shapes(), ontology())
    assert len(shapes.validate_nodes(None, cases, blind, ontology())) < len(plain)


@pytest.mark.parametrize("seed", range(40))
def test_random_shapes_have_the_same_results(seed: int) -> None:
    """Shapes of every form of SHACL core, nodes with few values, and several of a kind."""
    random = Random(seed)
    asked, data = _shapes(random), _data(random)
    plain = shapes.validate(data, asked, Graph())
    found = shapes.validate_nodes(None, data, Aimed.of(asked), Graph())
    assert _without_words(found) == _without_words(plain)


def test_random_shapes_are_broken_and_kept() -> None:
    """The comparison above is about results, and about nodes without any."""
    broken = [
        {r.focus for r in shapes.validate(_data(random), _shapes(random), Graph())}
        for random in map(Random, range(10))
    ]
    assert sum(map(bool, broken)) >= 8
    assert any(len(focus) < 12 for focus in broken)


def _without_words(results: list[shapes.Result]) -> set[shapes.Result]:
    """Leave out the messages: those that pyshacl makes list parts of a shape in any order."""
    return {replace(result, message="") for result in results}


def _data(random: Random) -> Graph:
    graph = Graph()
    for kind, above in ((EX.B, EX.A), (EX.C, EX.B)):
        graph.add((kind, RDFS.subClassOf, above))
    nodes: list[Node] = [EX[f"node{n}"] for n in range(12)]
    nodes += [BNode(f"b{n}") for n in range(3)]
    for node in nodes:
        graph.add((node, RDF.type, random.choice(KINDS)))
        for prop in PROPERTIES:
            for value in random.sample(VALUES, random.choice((0, 0, 1, 1, 2))):
                graph.add((node, prop, value))
    return graph


def _shapes(random: Random) -> Graph:
    graph = Graph()
    for number in range(5):
        shape = EX[f"shape{number}"]
        graph.add((shape, SH.targetClass, random.choice(KINDS)))
        _fill(graph, shape, random, depth=2)
    return graph


def _fill(graph: Graph, shape: Node, random: Random, depth: int, of_node: bool = False) -> Node:
    """Make a shape of one to three constraints, if need be one of a node."""
    if not of_node and random.random() < 0.5:
        graph.add((shape, RDF.type, SH.PropertyShape))
        graph.add((shape, SH.path, _path(graph, random)))
        one_of = [*_ABOUT_VALUES, *_ABOUT_PROPERTIES]
    else:
        graph.add((shape, RDF.type, SH.NodeShape))
        one_of = _ABOUT_VALUES if random.random() < 0.3 else _COMBINED
    for make in random.sample(one_of, random.randint(1, 3)):
        make(graph, shape, random, depth)
    if depth:
        for _ in range(random.randint(0, 2)):
            random.choice(_COMBINED)(graph, shape, random, depth)
    return shape


def _path(graph: Graph, random: Random) -> Node:
    kind = random.random()
    if kind < 0.6:
        return random.choice(PROPERTIES)
    path = BNode()
    if kind < 0.8:
        graph.add((path, SH.alternativePath, _list(graph, random.sample(PROPERTIES, 2))))
    elif kind < 0.9:
        graph.add((path, SH.inversePath, random.choice(PROPERTIES)))
    else:
        return _list(graph, random.sample(PROPERTIES, 2))
    return path


def _list(graph: Graph, items: list[Node]) -> Node:
    node = BNode()
    Collection(graph, node, items)
    return node


def _states(name: str, *values: Node) -> Make:
    def make(graph: Graph, shape: Node, random: Random, depth: int) -> None:
        graph.add((shape, SH[name], random.choice(values)))

    return make


def _lists(name: str) -> Make:
    def make(graph: Graph, shape: Node, random: Random, depth: int) -> None:
        graph.add((shape, SH[name], _list(graph, random.sample(VALUES, 4))))

    return make


def _names(name: str, several: bool) -> Make:
    def make(graph: Graph, shape: Node, random: Random, depth: int) -> None:
        if not depth:
            return
        of_node = name == "node"
        parts = [_fill(graph, BNode(), random, depth - 1, of_node) for _ in range(1 + several)]
        graph.add((shape, SH[name], _list(graph, parts) if several else parts[0]))

    return make


def _property(graph: Graph, shape: Node, random: Random, depth: int) -> None:
    part: Node = BNode() if random.random() < 0.5 else URIRef(f"{EX}part{random.random()}")
    graph.add((part, RDF.type, SH.PropertyShape))
    graph.add((part, SH.path, _path(graph, random)))
    for make in random.sample([*_ABOUT_VALUES, *_ABOUT_PROPERTIES], 2):
        make(graph, part, random, depth - 1)
    graph.add((shape, SH.property, part))


_ABOUT_VALUES = [
    _states("class", *KINDS),
    _states("datatype", XSD.string, XSD.integer, XSD.decimal),
    _states("nodeKind", SH.IRI, SH.Literal, SH.BlankNode),
    _states("pattern", Literal("o"), Literal("^[0-9]+$")),
    _states("minLength", Literal(2)),
    _lists("in"),
    _states("hasValue", *VALUES),
]
_ABOUT_PROPERTIES = [
    _states("minCount", Literal(1)),
    _states("maxCount", Literal(0), Literal(1)),
    _states("uniqueLang", Literal(True)),
    _states("equals", *PROPERTIES),
    _states("disjoint", *PROPERTIES),
]
_COMBINED = [
    _names("or", several=True),
    _names("and", several=True),
    _names("xone", several=True),
    _names("not", several=False),
    _names("node", several=False),
    _property,
]


def test_terms_of_the_ontology_are_asked_about_too() -> None:
    """The build has the ontology's own classes judged, blank nodes of OWL among them."""
    terms = Graph()
    terms += ontology()
    terms.add((EX.Wrong, RDF.type, OWL.Class))
    plain = shapes.validate(terms, all_shapes(), ontology())
    assert any(result.focus == str(EX.Wrong) for result in plain)
    assert shapes.validate_nodes(None, terms, Aimed.of(all_shapes()), ontology()) == plain
