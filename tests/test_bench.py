"""The generated evidence that the benchmark, and others, stand on: it is such as we publish."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from conftest import ROOT

from aikg.build import Built
from aikg.files import turtle
from aikg.files.turtle import Statement
from aikg.intake.curated import Curated
from aikg.intake.verdict import Verdict
from aikg.names import stands_aside
from aikg.settings import Settings
from bench import generate, shipped
from bench.inference import follow
from bench.paper import Paper
from bench.shipped import Shipped
from bench.trials import trial

#: In triples: without regimens of its own; with subgroups; with every adverse event.
SIZES = (95, 400, 950)


@pytest.fixture(scope="module")
def known(built: Built, settings: Settings) -> Shipped:
    """What generated evidence builds on."""
    return shipped.read(settings.graph)


@pytest.fixture(scope="module")
def papers(known: Shipped) -> list[Paper]:
    """Papers of each size, two of each."""
    return [trial(f"test-{size}-{seed}", known, seed, size) for size in SIZES for seed in (1, 2)]


@pytest.fixture(scope="module")
def verdict(
    papers: list[Paper],
    ontology: list[Statement],
    data: list[Statement],
    tmp_path_factory: pytest.TempPathFactory,
) -> Verdict:
    """What the rules of the build say of the papers, among the shipped data."""
    folder = tmp_path_factory.mktemp("papers")
    for number, paper in enumerate(papers):
        (folder / f"{number}.ttl").write_bytes(generate.turtle(paper))
    given = turtle.read_folder(folder, folder)
    names = {statement.path for statement in given}
    return Curated.judge([*ontology, *data, *given], ROOT).of(names)


def test_a_paper_has_about_the_size_that_is_asked_for(papers: list[Paper]) -> None:
    """Return or take a row of a table."""
    sizes = [size for size in SIZES for _ in (1, 2)]
    assert all(abs(len(p.triples) - size) <= 40 for p, size in zip(papers, sizes, strict=True))


def test_papers_conform_and_cannot_be_found_impossible(verdict: Verdict) -> None:
    """No rule of level Error finds anything."""
    assert not [p for p in verdict.problems if p.level == "Error"]


def test_what_is_written_to_follow_is_what_the_rules_derive(
    papers: list[Paper], known: Shipped, verdict: Verdict
) -> None:
    """`bench.inference` leaves nothing out and adds nothing."""
    lines = [" ".join(t) + " ." for paper in papers for t in follow(paper.triples, known)]
    written = ox.Store()  # which writes 72.0 as 72, as that of the rules does
    written.load("\n".join(lines).encode(), format=ox.RdfFormat.N_TRIPLES)
    derived = {
        str(t)
        for t in verdict.inferred
        if "aikg/submission/test-" in t.subject.value and "/claim/" not in t.subject.value
    }
    assert {str(quad.triple) for quad in written} == derived
    assert len(lines) == len(written)


def test_a_graph_has_its_size_twice_and_the_same_bytes_again(known: Shipped) -> None:
    """As `aikg build` writes it: each triple in the default graph and in that of its source."""
    size = known.triples + 2_000
    text = "".join(generate.graph(known, size, seed=1))
    assert text == "".join(generate.graph(known, size, seed=1))
    assert text.startswith("# aikg synthetic-")
    quads = list(ox.parse(text.encode(), format=ox.RdfFormat.N_QUADS))
    default = [q.triple for q in quads if isinstance(q.graph_name, ox.DefaultGraph)]
    sources = [q for q in quads if not isinstance(q.graph_name, ox.DefaultGraph)]
    named = [q.triple for q in sources if not stands_aside(q.graph_name)]
    assert set(default) == set(named)
    assert size <= len(default) == len(set(default)) <= size + 1_000
