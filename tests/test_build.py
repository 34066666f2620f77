"""The build: whole or not at all, the same twice, and each mistake reported with its place."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import ROOT

from aikg import build
from aikg.build import Built
from aikg.errors import (
    AikgError,
    GraphInvalid,
    MappingInvalid,
    MissingFolder,
    SettingError,
    TurtleSyntaxError,
)
from aikg.files import turtle, version
from aikg.files.turtle import Statement
from aikg.files.version import SOURCES
from aikg.graph import ensure_built
from aikg.intake.curated import Curated
from aikg.names import stands_aside
from aikg.settings import Settings
from tools.sheets import without_later

CAMPOS = "data/turtle/studies/campos.ttl"
EXEMESTANE = "data/turtle/drugs/exemestane.ttl"
TABLE_1 = "data/turtle/publications/review-2010/table-1.ttl"


@pytest.fixture
def copy(tmp_path: Path) -> Settings:
    """A copy of the files that a test may damage, with a graph from an earlier build.

    It has no later trials: they take a third of the time of a build.
    """
    without_later(ROOT, tmp_path)
    home = tmp_path / "var"
    home.mkdir()
    (home / "graph.nq").write_text("# aikg earlier\n")
    return Settings(root=tmp_path, home=home)


def line_of(path: Path, text: str) -> int:
    """The line on which a text first stands."""
    return next(n for n, line in enumerate(path.read_text().splitlines(), 1) if text in line)


def test_building_twice_gives_the_same_bytes(built: Built, settings: Settings) -> None:
    """The same files, the same graph."""
    again = replace(settings, home=settings.home / "again")
    build.build(again)
    assert again.graph.read_bytes() == settings.graph.read_bytes()


def test_every_triple_stands_in_the_default_graph_and_in_that_of_its_source(
    built: Built, settings: Settings
) -> None:
    """The union of the graphs of the sources is the default graph (decision 2)."""
    quads = list(ox.parse(path=settings.graph, format=ox.RdfFormat.N_QUADS))
    default = {q.triple for q in quads if isinstance(q.graph_name, ox.DefaultGraph)}
    named = [q for q in quads if not isinstance(q.graph_name, ox.DefaultGraph)]
    assert default == {q.triple for q in named if not stands_aside(q.graph_name)}
    assert {q.graph_name.value for q in quads if isinstance(q.graph_name, ox.NamedNode)} >= {
        "https://w3id.org/aikg/graph/data/turtle/drugs/exemestane",
        "https://w3id.org/aikg/graph/inferred",
    }


def test_the_query_of_the_page_returns_what_the_shapes_hold_for(built: Built) -> None:
    """The stated triples, which the build validates, and no other."""
    page = (ROOT / "docs" / "reference" / "validation.md").read_text()
    (query,) = re.findall(r"```sparql\n(CONSTRUCT .*?)```", page, re.DOTALL)
    store = ox.Store()
    store.extend(built.quads())
    stated = ox.Store()  # which writes numbers as the other store does
    triples = (statement.triple for statement in built.asserted)
    stated.extend(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    assert set(store.query(query)) == {quad.triple for quad in stated}


def test_a_graph_that_is_up_to_date_is_not_built_again(built: Built, settings: Settings) -> None:
    """Serving starts at once where no file has changed."""
    stages: list[str] = []
    ensure_built(settings, stages.append)
    assert not stages


def test_a_graph_of_an_earlier_program_is_built_again(
    built: Built, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program may make other triples of the same files."""
    stages: list[str] = []
    monkeypatch.setattr(build, "build", lambda settings, progress: stages.append("built"))
    ensure_built(settings)
    assert not stages
    monkeypatch.setattr(version, "program_version", lambda: "another")
    ensure_built(settings)
    assert stages == ["built"]


def test_a_home_that_cannot_be_written_is_named_before_the_build(tmp_path: Path) -> None:
    """It is below a file; the same holds for a folder of another user."""
    (tmp_path / "file").touch()
    with pytest.raises(SettingError, match="Not a directory") as caught:
        build.build(Settings(ROOT, home=tmp_path / "file" / "home"))
    assert "AIKG_HOME" in caught.value.advice


MISTAKES = [
    pytest.param(
        "ontology/mappings/drugs.sssom.tsv",
        "CHEBI:4953",
        "CHEBI:6413",
        MappingInvalid,
        "is an exact match of drug:letrozole and, in",
        id="two own terms on one external term",
    ),
    pytest.param(
        "ontology/mappings/drugs.sssom.tsv",
        "CHEBI:31638",
        "CHEBI:87729",
        MappingInvalid,
        "CHEBI:87729 is obsolete by ontology/mappings/obsolete.tsv",
        id="an obsolete identifier",
    ),
    pytest.param(
        CAMPOS,
        "aikg:stoppedEarly true ;",
        "aikg:stoppedEarly true true ;",
        TurtleSyntaxError,
        "this is not Turtle",
        id="syntax error",
    ),
    pytest.param(
        TABLE_1,
        "aikg:value 13.5 ;",
        "aikg:value 135.0 ;",
        GraphInvalid,
        "135",
        id="crude proportion above 100 %",
    ),
    pytest.param(
        EXEMESTANE,
        "aikg:hasScaffold aikg:Steroidal ;",
        "aikg:hasScaffold aikg:Nonsteroidal , aikg:Steroidal ;",
        GraphInvalid,
        "scaffold",
        id="a drug with both scaffolds",
    ),
    pytest.param(
        CAMPOS,
        'aikg:ofStudy study:campos ;\n    aikg:armLabel "Arm A" ;',
        'aikg:armLabel "Arm A" ;',
        GraphInvalid,
        "study",
        id="an arm of no trial",
    ),
    pytest.param(
        CAMPOS,
        'aikg:armLabel "Arm A"',
        'aikg:armLable "Arm A"',
        GraphInvalid,
        "armLable",
        id="an unknown term",
    ),
    pytest.param(
        CAMPOS,
        "aikg:ofStudy study:campos ;",
        "aikg:ofStduy study:campos ;",
        GraphInvalid,
        "ofStduy",
        id="an unknown term in place of one that a shape asks for",
    ),
    pytest.param(
        CAMPOS,
        "regimen:exemestane-25-mg-daily",
        "regimen:exemestan-25-mg-daily",
        GraphInvalid,
        "exemestan-25",
        id="a node that does not exist",
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("file", "good", "bad", "error", "word"), MISTAKES)
def test_a_mistake_stops_the_build_with_its_line(
    copy: Settings, file: str, good: str, bad: str, error: type[AikgError], word: str
) -> None:
    """A mistake is reported with file and line and a next step, and the last graph stays."""
    path = copy.root / file
    text = path.read_text()
    assert good in text
    path.write_text(text.replace(good, bad, 1))
    with pytest.raises(error) as caught:
        build.build(copy)
    assert f"{file}:" in str(caught.value)
    assert word in str(caught.value)
    assert caught.value.advice
    assert copy.graph.read_text() == "# aikg earlier\n"
    assert [path.name for path in copy.home.iterdir()] == ["graph.nq"]


@pytest.mark.slow
def test_a_figure_without_a_passage_is_told_with_its_line(copy: Settings) -> None:
    """A figure must say where it was read."""
    path = copy.root / TABLE_1
    text = path.read_text()
    block = text[text.index("finding:review-2010-table-1-row-4-exemestane-rr a") :]
    block = block[: block.index(" .\n")]
    kept = [line for line in block.splitlines() if "statedAt" not in line]
    path.write_text(text.replace(block, "\n".join(kept).rstrip(" ;")))
    with pytest.raises(GraphInvalid, match="where it was read") as caught:
        build.build(copy)
    line = line_of(path, "finding:review-2010-table-1-row-4-exemestane-rr a")
    assert f"{TABLE_1}:{line}\n" in str(caught.value)


@pytest.mark.slow
def test_a_drug_that_follows_to_be_of_both_types_is_told_with_its_line(copy: Settings) -> None:
    """Where no shape is broken, the contradiction itself names the drug and both classes."""
    shape = copy.root / "shapes" / "drug.ttl"
    shape.write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> .\n<https://x.example/none> a sh:NodeShape .\n"
    )
    path = copy.root / EXEMESTANE
    path.write_text(
        path.read_text().replace("aikg:Steroidal ;", "aikg:Nonsteroidal , aikg:Steroidal ;")
    )
    with pytest.raises(GraphInvalid, match="“steroidal aromatase inhibitor”") as caught:
        build.build(copy)
    assert f"{EXEMESTANE}:" in str(caught.value)


@pytest.mark.parametrize("folder", SOURCES)
def test_a_missing_folder_is_named(copy: Settings, folder: str) -> None:
    """What the build reads must be there."""
    shutil.rmtree(copy.root / folder)
    with pytest.raises(MissingFolder, match=folder):
        build.build(copy)
    assert copy.graph.read_text() == "# aikg earlier\n"


@pytest.mark.parametrize(
    "written", ["NaN", "INF", "4_3.9", "4.39E1", " 43.9 ", "\u0664\u0663", "1e999"]
)
def test_a_figure_that_is_no_number_is_an_error_at_its_line(
    written: str, ontology: list[Statement], tmp_path: Path
) -> None:
    """In the graph's own files as in those of others: it reaches no engine."""
    file = tmp_path / "figure.ttl"
    file.write_text(
        "@prefix aikg: <https://w3id.org/aikg/ontology/> .\n"
        "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
        '<https://w3id.org/aikg/finding/f> a aikg:GroupResult ; aikg:unit "%" ;\n'
        f'  aikg:measure aikg:CrudeProportion ; aikg:value "{written}"^^xsd:decimal .\n'
    )
    judged = Curated.judge([*ontology, *turtle.read(file, tmp_path)], ROOT)
    with pytest.raises(GraphInvalid, match=r"rule/literal-form  figure\.ttl:"):
        judged.refuse()
