"""The verdict on a submission is that of validating the whole graph with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pyoxigraph as ox
import pytest
from conftest import EXAMPLES, ROOT
from sampling import some
from whole import Whole, submission

from aikg import names
from aikg.files import turtle
from aikg.intake import conduct, report
from aikg.intake.examination import read
from aikg.intake.terms import node_of, value_of
from aikg.intake.verdict import Rules, judge

FILES = sorted((EXAMPLES / "checks").rglob("*.ttl"))

#: In CI each check's cases are parted once; `make soak` parts them more often.
ROUNDS = 1


@pytest.fixture
def any_node(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a submission describe what it likes: the cases call their nodes by any name."""
    monkeypatch.setattr(conduct, "_foreign", lambda *_: iter(()))
    monkeypatch.setattr(conduct, "_keyed", lambda *_: None)


def parted(
    triples: list[ox.Triple], random: Random
) -> Iterator[tuple[list[ox.Triple], list[ox.Triple]]]:
    """Part what a case says into what was published and what is submitted.

    The newer points at the older: what points at a submitted node is submitted.
    """
    nodes = sorted({node_of(triple) for triple in triples})
    for share in [0.15, 0.4, 1.0] * ROUNDS:
        mine = {node for node in nodes if random.random() < share}
        while more := {node_of(t) for t in triples if value_of(t) in mine} - mine:
            mine |= more
        old = [t for t in triples if node_of(t) not in mine]
        if mine:  # a submission that says nothing is refused, whatever the graph holds
            yield old, [t for t in triples if node_of(t) in mine]


@pytest.mark.slow
@pytest.mark.usefixtures("any_node")
@pytest.mark.parametrize("case", some(FILES, 5), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_verdict_on_a_part_is_that_on_the_whole(case: Path, rules: Rules) -> None:
    """However the nodes of a case are published and submitted, the same is found."""
    triples = [s.triple for s in turtle.read(case, ROOT)]
    for old, new in parted(triples, Random(case.stem)):
        # The terms of the ontology stay as they are: `equality.py` judges them too.
        whole = Whole(old, rules, terms=False)
        verdict = judge(whole.store(), submission(new), rules)
        assert (set(verdict.problems), set(verdict.inferred)) == whole.changes(new)


def test_the_graph_is_as_it_was(rules: Rules) -> None:
    """A verdict changes nothing."""
    store = ox.Store()
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in rules.ontology)
    before = set(store)
    body = (EXAMPLES / "checks" / "one-size" / "caught.ttl").read_bytes()
    assert judge(store, read(body, None, "caught.ttl", "case"), rules).problems
    assert set(store) == before


@pytest.mark.parametrize("text", ["2", "x> } UNION { ?issue ?any ?node } #", ""])
def test_a_text_in_the_place_of_a_node_is_told_as_what_points_at_it(
    text: str, rules: Rules
) -> None:
    """A check would be about the text: it finds a percentage in a document of no known size."""
    file = EXAMPLES / "checks" / "no-size" / "caught.ttl"
    body = file.read_text().replace("aikg:inDocument ex:caught-paper", f'aikg:inDocument "{text}"')
    sent = read(body.encode(), None, "caught.ttl", "case")
    store = ox.Store()
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in rules.ontology)
    verdict = judge(store, sent, rules)
    assert f"{names.PREFIXES['aikg']}inDocument" in {
        one.path for one in verdict.problems if one.value == text
    }
    assert report.write(verdict, rules, store).findings
    assert not {problem.node for problem in verdict.problems} & {text}


PREFIXES = (
    "@prefix aikg: <https://w3id.org/aikg/ontology/> . "
    "@prefix owl: <http://www.w3.org/2002/07/owl#> . "
    "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> ."
)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("<https://w3id.org/aikg/drug/exemestane> rdfs:label 'mine'@en .", "own-nodes"),
        ("<https://w3id.org/aikg/submission/other/x> rdfs:label 'mine'@en .", "own-nodes"),
        ("<https://w3id.org/aikg/ontology/Mine> rdfs:label 'mine'@en .", "own-nodes"),
        ("<http://mine.example/known> rdfs:label 'mine'@en .", "own-nodes"),
        ("<mine> a owl:Class .", "no-new-terms"),
        ("<mine> rdfs:subClassOf aikg:Study .", "no-new-terms"),
        ("<mine> owl:sameAs <https://w3id.org/aikg/drug/exemestane> .", "no-new-terms"),
        ("", "nothing-said"),
        ("# nothing but this", "nothing-said"),
    ],
)
def test_a_submission_describes_only_its_own_nodes(text: str, rule: str, rules: Rules) -> None:
    """Nodes of others and terms are refused; pointing at them is not."""
    store = ox.Store()
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in rules.ontology)
    known = ox.NamedNode("http://mine.example/known")
    store.add(ox.Quad(known, ox.NamedNode("http://p"), known))
    verdict = judge(store, read(f"{PREFIXES}\n{text}".encode(), None, "f.ttl", "mine"), rules)
    assert [p.check for p in verdict.problems if p.check == rule]
    assert not verdict.accepted


def test_a_namespace_that_is_registered_is_the_senders(rules: Rules) -> None:
    """For anyone else, for whom it is not registered, the same node is foreign."""
    text = f"{PREFIXES}\n<https://mine.example/p> a aikg:Publication ; rdfs:label 'my paper'@en ."
    sent = read(text.encode(), None, "f.ttl", "mine")
    verdict = judge(ox.Store(), replace(sent, registered=("https://mine.example/",)), rules)
    assert verdict.accepted
    assert len(verdict.triples) == 2
    for others in ((), ("https://mine.example/k/",), ("https://mine.exampl/",)):
        foreign = judge(ox.Store(), replace(sent, registered=others), rules)
        assert {p.check for p in foreign.problems} == {"own-nodes"}
        assert not foreign.triples


def test_a_text_with_a_direction_is_no_label(rules: Rules) -> None:
    """RDF 1.2 has texts that run in a direction; the shapes, which do not know it, say so."""
    text = f"{PREFIXES}\n<p> a aikg:Publication ; rdfs:label 'my paper'@en--ltr ."
    verdict = judge(ox.Store(), read(text.encode(), None, "f.ttl", "mine"), rules)
    assert not verdict.accepted
    assert {problem.value for problem in verdict.problems} == {"my paper"}


def test_a_text_in_the_place_of_a_finding_is_told(rules: Rules) -> None:
    """What checks join may be a text, of which nothing can be said."""
    text = f"{PREFIXES}\n<figure> a aikg:GroupResult ; aikg:restates 'Table 1' ."
    verdict = judge(ox.Store(), read(text.encode(), None, "f.ttl", "mine"), rules)
    assert "Table 1" in {problem.value for problem in verdict.problems}
