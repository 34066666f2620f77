"""Nodes of a submission that are about themselves, about each other, or about many more."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox
import pytest
from conftest import ROOT

from aikg.files import turtle
from aikg.intake import texts
from aikg.intake.examination import examine
from aikg.intake.verdict import Rules
from aikg.names import BASE, OTHER_PREFIXES, PREFIXES

AIKG, OWL, RDFS = PREFIXES["aikg"], OTHER_PREFIXES["owl"], OTHER_PREFIXES["rdfs"]
MINE = f"{BASE}submission/circles/"


def properties() -> Iterator[tuple[str, str]]:
    """Yield each property between nodes, and the class of nodes that have it."""
    stated = [s.triple for s in turtle.read_folder(ROOT / "ontology", ROOT)]
    classes = {t.subject: t.object for t in stated if t.predicate.value == f"{RDFS}domain"}
    for triple in stated:
        if triple.object == ox.NamedNode(f"{OWL}ObjectProperty"):
            kind = classes.get(triple.subject)
            finding = f"{AIKG}Finding"
            yield triple.subject.value, kind.value if isinstance(kind, ox.NamedNode) else finding


def circles(length: int) -> str:
    """Return circles of so many nodes, one for each property; no node has a label."""
    lines = []
    for number, (path, kind) in enumerate(properties()):
        for at in range(length):
            this, other = (f"<{MINE}n{number}-{each % length}>" for each in (at, at + 1))
            lines.append(f"{this} a <{kind}> ; <{path}> {other} .")
    return "\n".join(lines)


def ladder(steps: int) -> str:
    """Return findings, each of which is about the next one by three properties."""
    return "\n".join(
        f"<{MINE}f{at}> a <{AIKG}Comparison> ; <{AIKG}ofGroup> <{MINE}f{at + 1}> ; "
        f"<{AIKG}experimental> <{MINE}f{at + 1}> ; <{AIKG}reference> <{MINE}f{at + 1}> ."
        for at in range(steps)
    )


@pytest.mark.parametrize("text", [circles(1), circles(2), circles(3), ladder(40)])
def test_each_has_a_verdict_and_a_report(shipped: ox.Store, rules: Rules, text: str) -> None:
    """In words, as JSON and as RDF; a chain of findings has descriptions that a person can read."""
    examined = examine(
        shipped,
        text.encode(),
        media_type="text/turtle",
        file="circles.ttl",
        name="circles",
        rules=rules,
    )
    assert not examined.verdict.accepted
    assert texts.as_json(examined.report)
    assert texts.as_rdf(examined.verdict, "turtle")
    assert max(map(len, texts.as_text(examined.report).splitlines())) < 2000
