"""The rules in words: the text of each, its level, its remedy, and good and bad examples.

The examples are the case files of `cases/`, which also test the rules: a page cannot show an
example that the rule does not treat as it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
from rdflib import RDF, RDFS, SH, Graph, URIRef
from rdflib.term import Node

from aikg.errors import MissingFolder
from aikg.files.queries import Query
from aikg.names import BASE, PREFIXES, RDFS_LABEL, graph_of, plain
from aikg.rules import shapes

#: The graph of `description/rules.ttl`, whose rules are described there by hand.
GRAPH = ox.NamedNode(graph_of("description/rules.ttl"))

_AIKG = PREFIXES["aikg"]
_LEVELS: dict[Node | None, str] = {SH.Warning: "Check", SH.Info: "Note"}
_REPORT = re.compile(r"^\S+ a sh:ValidationReport\b", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """A piece of Turtle, as a page shows it.

    Attributes:
        text: The piece without its prefixes.
        node: The node of interest.
        about: Its statements, as property and value.
        kinds: Its classes.
    """

    text: str
    node: Node
    about: frozenset[tuple[Node, Node]]
    kinds: frozenset[Node]

    def likeness(self, other: Example) -> float:
        """Return the common part of two nodes, from 0 to 1."""
        return len(self.about & other.about) / len(self.about | other.about)


def describe(
    rules: Graph, ontology: Graph, checks: Sequence[Query], cases: Path
) -> Iterator[ox.Quad]:
    """Describe each shape that can be in a report, and each check.

    Args:
        rules: The shapes.
        ontology: The ontology, whose labels replace names.
        checks: The checks.
        cases: The folder of the case files.

    Raises:
        MissingFolder: There are no case files.
    """
    labels = {str(term): str(label) for term, label in ontology.subject_objects(RDFS.label)}
    yield from _shapes(rules, ontology, cases / "shapes", labels)
    for check in checks:
        node = f"{BASE}check/{check.name}"
        yield _text(node, "level", check.header["level"])
        yield _text(node, "mend", _plain(check.header["advice"], labels))
        for path in sorted((cases / "checks" / check.name).glob("*.ttl")):
            if path.stem in {"caught", "spared"}:
                name = "badExample" if path.stem == "caught" else "goodExample"
                yield _text(node, name, _body(path.read_text(encoding="utf-8")))


def _shapes(
    rules: Graph, ontology: Graph, cases: Path, labels: Mapping[str, str]
) -> Iterator[ox.Quad]:
    good = _whole_nodes(cases / "background.ttl", ontology)
    bad = _broken(cases)
    for node in sorted({str(shape) for shape in rules.subjects(SH.message)}):
        shape = URIRef(node)
        message = str(rules.value(shape, SH.message))
        rule, mend = (_plain(part, labels) for part in shapes.in_words(message))
        comment = ox.NamedNode(str(RDFS.comment))
        yield ox.Quad(ox.NamedNode(node), comment, ox.Literal(rule, language="en"), GRAPH)
        name = ox.Literal(str(rules.value(shape, SH.name)), language="en")
        yield ox.Quad(ox.NamedNode(node), ox.NamedNode(RDFS_LABEL), name, GRAPH)
        if node in bad:
            level = _LEVELS.get(rules.value(shape, SH.severity), "Error")
            yield _text(node, "level", level)
            yield _text(node, "mend", mend)
            yield from (_text(node, "badExample", example.text) for example in bad[node])
            yield _text(node, "goodExample", _mended(rules, ontology, shape, bad[node], good).text)


def _mended(
    rules: Graph, ontology: Graph, shape: Node, bad: Sequence[Example], good: Sequence[Example]
) -> Example:
    """Choose the valid node that is most similar to those that break a shape."""
    tops = {shape, *rules.subjects(SH.property, shape)}
    aims = {kind for top in tops for kind in rules.objects(top, SH.targetClass)}
    path = rules.value(shape, SH.path)
    near = {value for example in bad for _, value in example.about}

    def weight(example: Example) -> tuple[bool, bool, float, bool]:
        above = {c for k in example.kinds for c in ontology.transitive_objects(k, RDFS.subClassOf)}
        has = any(property == path for property, _ in example.about)
        alike = sum(example.likeness(one) for one in bad)
        return bool(aims & above), has, alike, example.node in near

    return max(good, key=weight)


def _broken(cases: Path) -> dict[str, list[Example]]:
    """Read the nodes that break each shape: the first case of each of its constraints."""
    found: dict[str, dict[Node, Example]] = {}
    for path in sorted(cases.glob("*/*.ttl")):
        text = path.read_text(encoding="utf-8")
        graph = _read(text)[0]
        for shape, component, focus in _results(graph):
            examples = found.setdefault(str(shape), {})
            examples.setdefault(component, _example(_body(text), graph, focus))
    if not found:
        raise MissingFolder(
            f"{cases} contains no case file.",
            advice="Run the command in a checkout of aikg, or set AIKG_ROOT to one.",
        )
    return {shape: list(examples.values()) for shape, examples in found.items()}


def _results(graph: Graph) -> Iterator[tuple[Node, Node, Node]]:
    for result in graph.objects(None, SH.result):
        (shape,) = graph.objects(result, SH.sourceShape)
        (component,) = graph.objects(result, SH.sourceConstraintComponent)
        (focus,) = graph.objects(result, SH.focusNode)
        yield shape, component, focus


def _whole_nodes(path: Path, ontology: Graph) -> list[Example]:
    """Read the valid nodes that cases point at, each with its block of text."""
    text = path.read_text(encoding="utf-8")
    graph, namespaces = _read(text)
    examples = []
    for block in _body(text).split("\n\n"):
        prefix, colon, local = block.split(" ", 1)[0].partition(":")
        if colon and prefix in namespaces:
            node = URIRef(namespaces[prefix] + local)
            examples.append(_example(block.strip(), graph, node))
    return examples


def _read(text: str) -> tuple[Graph, dict[str, str]]:
    """Read Turtle, and its prefixes, by the parser that is quick: there are hundreds of cases."""
    parsed = ox.parse(text, format=ox.RdfFormat.TURTLE)
    return shapes.to_graph(quad.triple for quad in parsed), parsed.prefixes


def _example(text: str, graph: Graph, node: Node) -> Example:
    about = frozenset(graph.predicate_objects(node))
    return Example(text, node, about, frozenset(graph.objects(node, RDF.type)))


def _body(text: str) -> str:
    """Return a case without its prefixes and without the report that it expects."""
    report = _REPORT.search(text)
    lines = text[: report.start() if report else None].splitlines()
    return "\n".join(line for line in lines if not line.startswith("@prefix")).strip()


def _plain(text: str, labels: Mapping[str, str]) -> str:
    return plain(text, lambda iri: labels.get(iri) or re.split(r"[/#]", iri)[-1].replace("-", " "))


def _text(node: str, name: str, text: str) -> ox.Quad:
    language = None if name.endswith("Example") or name == "level" else "en"
    literal = ox.Literal(text, language=language) if language else ox.Literal(text)
    return ox.Quad(ox.NamedNode(node), ox.NamedNode(_AIKG + name), literal, GRAPH)
