"""Submissions invented at random, for graphs that are invented too.

There are two kinds. One is made of pieces: the case files, each of which breaks one rule or nearly
does; some nodes of a piece may be published already. The other is a paper of the benchmark, which
conforms, for a part of the shipped graph. Then a few statements are changed at random, so that what
no case foresaw happens too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

import pyoxigraph as ox
from conftest import EXAMPLES, ROOT

from aikg.files import turtle
from aikg.intake.terms import node_of, value_of
from aikg.names import OTHER_PREFIXES, PREFIXES, RDF_TYPE, shorten, submission_namespace
from bench.shipped import Shipped
from bench.trials import trial

#: The submission's name, and where its nodes may lie.
NAME = "invented"
OWN = (submission_namespace(NAME), "https://laboratory.example/")
#: The namespace of the case files.
CASE = "https://w3id.org/aikg/submission/case/"

AIKG, SH, XSD = PREFIXES["aikg"], OTHER_PREFIXES["sh"], OTHER_PREFIXES["xsd"]
_TYPE = ox.NamedNode(RDF_TYPE)
#: Properties that describe a case, and are not part of it.
_REPORT = {f"{CASE}report", f"{CASE}result"}
_BACKGROUND = EXAMPLES / "shapes" / "background.ttl"

#: Which share of the shipped nodes a graph has, besides what is pointed at.
_KEPT = 0.01

#: Which share of the pieces of which all could be published is: they make the control slow.
_WHOLE = 0.3


@dataclass(frozen=True)
class Piece:
    """Some nodes that belong together.

    Attributes:
        name: Its file, from the folder of the cases.
        breaks: The constraint or check that they break by themselves, or "".
        triples: The statements about them.
    """

    name: str
    breaks: str
    triples: tuple[ox.Triple, ...]

    @property
    def nodes(self) -> list[str]:
        """The nodes that a submission may name anew, whether anything is said of them or not."""
        named = {term for t in self.triples for term in (node_of(t), value_of(t))}
        return sorted(term for term in named if term.startswith(CASE))

    def newer(self, random: Random) -> set[str]:
        """Choose nodes that are submitted while others are published: what points at one is one."""
        share = random.choice((0.15, 0.4, 0.7))
        chosen = {node for node in self.nodes if random.random() < share}
        while more := {node_of(t) for t in self.triples if value_of(t) in chosen} - chosen:
            chosen |= more
        return chosen


@cache
def pieces() -> tuple[list[Piece], list[ox.Triple]]:
    """Return the pieces, and what is said of nodes that no submission may name."""
    found, foreign = [], _read(_BACKGROUND)
    for file in sorted([*EXAMPLES.glob("shapes/*/*.ttl"), *EXAMPLES.glob("checks/*/*.ttl")]):
        triples = [t for t in _read(file) if node_of(t) not in _REPORT]
        foreign += [t for t in triples if not node_of(t).startswith(CASE)]
        own = tuple(t for t in triples if node_of(t).startswith(CASE))
        found.append(Piece(str(file.relative_to(EXAMPLES)), _broken_by(file), own))
    return found, list(dict.fromkeys(foreign))


def _broken_by(case: Path) -> str:
    """Return what a case breaks: a shape's says it in its report, a check's in its place."""
    if case.is_relative_to(EXAMPLES / "checks"):
        return case.parent.name if case.stem.startswith("caught") else ""
    said = {t.predicate.value: value_of(t) for t in _read(case) if node_of(t) == f"{CASE}result"}
    return constraint(said[f"{SH}sourceShape"], said[f"{SH}sourceConstraintComponent"])


def constraint(shape: str, component: str) -> str:
    """Name a constraint of a shape."""
    return f"{shorten(shape)} {component.removeprefix(SH)}"


@cache
def _read(file: Path) -> list[ox.Triple]:
    """Read a file; its blank nodes have names, as those of a submission do."""

    def named(term: Any) -> Any:
        return ox.NamedNode(CASE + term.value) if isinstance(term, ox.BlankNode) else term

    triples = (statement.triple for statement in turtle.read(file, ROOT))
    return [ox.Triple(named(t.subject), t.predicate, named(t.object)) for t in triples]


def renamed(triples: Iterable[ox.Triple], names: dict[str, str]) -> list[ox.Triple]:
    """Return triples with other names for some nodes."""

    def term(old: Any) -> Any:
        known = isinstance(old, ox.NamedNode) and old.value in names
        return ox.NamedNode(names[old.value]) if known else old

    return [ox.Triple(term(t.subject), t.predicate, term(t.object)) for t in triples]


@dataclass(frozen=True)
class Published:
    """What a submission finds in the graph.

    Attributes:
        triples: All that is published.
        parts: For each piece of which some nodes were published and some not, their new names.
    """

    triples: list[ox.Triple]
    parts: dict[str, dict[str, str]]


def publish(chosen: Sequence[Piece], foreign: Sequence[ox.Triple], random: Random) -> Published:
    """Publish the older nodes of pieces."""
    triples, parts = list(foreign), {}
    for number, piece in enumerate(chosen):
        newer = piece.newer(random) if random.random() < 0.8 else set()
        names = {node: node.replace(CASE, f"{CASE}{number}/") for node in piece.nodes}
        older = {node: name for node, name in names.items() if node not in newer}
        if any(node_of(t) in newer for t in piece.triples):
            parts[piece.name] = older
        elif random.random() >= _WHOLE:
            continue
        triples += renamed((t for t in piece.triples if node_of(t) in older), names)
    return Published(triples, parts)


def assemble(chosen: Sequence[Piece], published: Published, random: Random) -> list[ox.Triple]:
    """Put pieces together; the nodes of a piece that were published may be among the others."""
    triples: list[ox.Triple] = []
    for number, piece in enumerate(chosen):
        base = f"{random.choices(OWN, (9, 1))[0]}{number}/"
        names = {node: node.replace(CASE, base) for node in piece.nodes}
        if random.random() < 0.7:
            names |= published.parts.get(piece.name, {})
        own = [t for t in piece.triples if names[node_of(t)].startswith(base)]
        triples += renamed(own, names)
    return triples


def publish_shipped(
    coming: Iterable[Sequence[ox.Triple]], known: Shipped, random: Random
) -> Published:
    """Publish two papers, and of the shipped data what papers point at and a little more.

    Args:
        coming: The papers that will be submitted.
        known: What the papers build on.
        random: Where all choices come from.
    """
    papers = [t for n in range(2) for t in paper(f"published-{n}", known, random)]
    data = _shipped_data()
    classes = PREFIXES["drug-class"]  # what a drug is follows; nothing points at it
    wanted = {n for n in sorted(data) if n.startswith(classes) or random.random() < _KEPT}
    wanted |= {value_of(t) for t in chain(papers, *coming)} & data.keys()
    kept: dict[str, list[ox.Triple]] = {}
    while wanted:
        kept |= {node: data[node] for node in sorted(wanted)}
        pointed_at = {value_of(t) for node in wanted for t in kept[node]}
        wanted = {node for node in pointed_at if node in data} - kept.keys()
    return Published([*chain.from_iterable(kept.values()), *papers], {})


def paper(name: str, known: Shipped, random: Random) -> list[ox.Triple]:
    """Invent a trial with its paper."""
    facts = trial(name, known, random.randrange(10**6), random.randint(60, 250)).triples
    text = "".join(f"{' '.join(fact)} .\n" for fact in facts)
    return [quad.triple for quad in ox.parse(text, format=ox.RdfFormat.N_TRIPLES)]


@cache
def _shipped_data() -> dict[str, list[ox.Triple]]:
    """Return the shipped data by node."""
    data: dict[str, list[ox.Triple]] = {}
    for statement in turtle.read_folder(ROOT / "data" / "turtle", ROOT):
        data.setdefault(node_of(statement.triple), []).append(statement.triple)
    return data


class Inventor:
    """Changes submissions at random.

    Args:
        published: The content of the graph.
        random: Where all choices come from.
    """

    def __init__(self, published: Published, random: Random) -> None:
        self._published, self._random = published, random
        self._values: dict[str, list[Any]] = defaultdict(list)
        self._subjects: dict[str, list[ox.NamedNode]] = defaultdict(list)
        for triple in published.triples:
            self._values[triple.predicate.value].append(triple.object)
            self._subjects[triple.predicate.value].append(triple.subject)

    def change(self, triples: list[ox.Triple], times: int) -> list[ox.Triple]:
        """Change statements at random."""
        changed = list(triples)
        for _ in range(times if triples else 0):
            at = self._random.randrange(len(changed))
            changed[at : at + 1] = self._changed(changed[at], changed)
            if not changed:
                break
        return list(dict.fromkeys(changed))

    def _changed(self, triple: ox.Triple, among: Sequence[ox.Triple]) -> list[ox.Triple]:
        """Return what stands in the place of one statement."""
        subject, predicate, value = triple.subject, triple.predicate, triple.object
        match self._random.randrange(8):
            case 0:
                return []
            case 1:
                put = ox.Triple(subject, predicate, self._other(predicate, among))
            case 2:
                return [ox.Triple(subject, predicate, self._other(predicate, among))]
            case 3:
                return [ox.Triple(subject, predicate, self._misspelt(value))]
            case 4:
                return [ox.Triple(subject, self._property(), value)]
            case 5:
                put = ox.Triple(subject, _TYPE, self._other(_TYPE, among))
            case 6:  # the fact holds of another node too
                put = ox.Triple(self._random.choice(among).subject, predicate, value)
            case _:
                return [triple, *self._joining(subject)]
        return [triple, put]

    def _other(self, predicate: ox.NamedNode, among: Sequence[ox.Triple]) -> Any:
        """Return another value of a property: one of the graph, or one of the submission."""
        near = [t.object for t in among if t.predicate == predicate]
        far = self._values.get(predicate.value) or near
        pool = self._random.choice((near, far)) or far
        return self._random.choice(pool) if pool else ox.Literal("nothing")

    def _property(self) -> ox.NamedNode:
        return ox.NamedNode(self._random.choice(sorted(self._values)))

    def _misspelt(self, value: Any) -> Any:
        """Return a value that is nearly the same."""
        if isinstance(value, ox.NamedNode):
            ends = ("-x", "s", "/", "é", "?it")
            return self._random.choice(
                [ox.NamedNode(value.value + self._random.choice(ends)), ox.Literal(value.value)]
            )
        text = value.value
        number = self._random.choice((text, f"0{text}", f"-{text}", "1e400", "NaN", "", "3,5"))
        kind = self._random.choice(("decimal", "integer", "double", "string", "date", "boolean"))
        return self._random.choice(
            [
                ox.Literal(text, language=self._random.choice(("en", "de", "en-GB"))),
                ox.Literal(number, datatype=ox.NamedNode(XSD + kind)),
                ox.Literal(f" {text}\n"),
                ox.NamedNode("http://laboratory.example/elsewhere"),
            ]
        )

    def _joining(self, subject: Any) -> Iterator[ox.Triple]:
        """Join a node to one that is published, as the published ones are joined."""
        joining = [p for p in self._subjects if p.startswith(AIKG)]
        if joining:
            property_ = self._random.choice(sorted(joining))
            yield ox.Triple(
                subject, ox.NamedNode(property_), self._random.choice(self._subjects[property_])
            )
            yield ox.Triple(
                subject, ox.NamedNode(property_), self._random.choice(self._values[property_])
            )
