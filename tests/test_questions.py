"""The registered questions: each gives exactly the answer that lies beside it."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from conftest import ROOT
from pyparsing import ParseResults
from rdflib import Variable
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from aikg import graph
from aikg.build import Built
from aikg.files.queries import read_text
from aikg.settings import Settings
from aikg.sparql.evaluation import Request, evaluate
from bench import generate, shipped

FOLDER = ROOT / "queries" / "competency"
QUESTIONS = sorted(FOLDER.glob("*.rq"))
OF_THE_REVIEW = [q for q in QUESTIONS if "aikg:inDocument publication:review-2010" in q.read_text()]
#: What the fragment `result` says of a figure.
RESULT = [
    "measure",
    "unit",
    "patients",
    "time",
    "analysis",
    "assessed_by",
    "grade",
    "interval",
    "p",
]
#: Questions that print a figure without all of that, and why they may.
OTHERWISE = {
    "denominator-hypotheses": "one row of a table, computed anew",
    "potency": "of a drug, in one unit",
    "counts-behind-percentages": "of one measure and unit; it names the finding",
}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda path: path.stem)
def test_a_question_gives_the_answer_beside_it(
    question: Path, built: Built, settings: Settings
) -> None:
    """The answer, as SPARQL TSV, is the file beside the question, byte for byte."""
    answer = io.BytesIO()
    graph.open_graph(settings).write(read_text(question), "tsv", answer)
    assert answer.getvalue().decode() == question.with_suffix(".tsv").read_text()


@pytest.fixture(scope="module")
def crowded(built: Built, settings: Settings) -> ox.Store:
    """The graph with generated trials, whose papers have tables too."""
    known = shipped.read(settings.graph)
    lines = "".join(generate.graph(known, known.triples + 6_000, seed=3))
    store = ox.Store()
    store.bulk_load(lines.encode(), format=ox.RdfFormat.N_QUADS)
    return store


@pytest.mark.parametrize("question", OF_THE_REVIEW, ids=lambda path: path.stem)
def test_what_the_review_says_is_the_same_beside_other_papers(
    question: Path, crowded: ox.Store
) -> None:
    """A question on one document has the answer beside it, whatever else is in the graph."""
    answer = io.BytesIO()
    evaluate(crowded, Request(question.read_text(), format="tsv"), answer, begin=lambda _: None)
    assert answer.getvalue().decode() == question.with_suffix(".tsv").read_text()


def test_each_answer_has_its_question_and_a_row() -> None:
    """No answer is left over, and none is empty."""
    answers = sorted(FOLDER.glob("*.tsv"))
    assert [a.stem for a in answers] == [q.stem for q in QUESTIONS]
    assert not [a.stem for a in answers if len(a.read_text().splitlines()) == 1]


def test_only_three_questions_are_about_one_document() -> None:
    """The review is one source among others."""
    assert {q.stem for q in OF_THE_REVIEW} == {
        "denominator-hypotheses",
        "review-table-1",
        "review-table-2",
    }


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda path: path.stem)
def test_a_result_stands_with_all_that_makes_it_that_result(question: Path) -> None:
    """A number without its measure, size, analysis and interval is not a figure."""
    head = question.with_suffix(".tsv").read_text().splitlines()[0]
    names = [variable.removeprefix("?") for variable in head.split("\t")]
    if {"printed", "prints"} & {*names} and question.stem not in OTHERWISE:
        assert [name for name in RESULT if name not in names] == []
        assert {"study", "trial"} & {*names}
        assert "  # include: result\n" in question.read_text()


@pytest.mark.parametrize(
    "query",
    [*QUESTIONS, *sorted((ROOT / "queries" / "pages").glob("*.rq"))],
    ids=lambda path: f"{path.parent.name}-{path.stem}",
)
def test_no_bind_parts_patterns_that_belong_together(query: Path) -> None:
    """The engine joins what stands before a BIND and after it as two answers: far too slowly."""
    assert _parted(query.read_text()) == []  # without fragments, which have binds of their own


def test_a_bind_between_patterns_is_found() -> None:
    """One that a later pattern uses has its place there, and one after the patterns too."""
    assert _parted("SELECT * { ?a ?b ?c . BIND(STR(?c) AS ?d) ?c ?e ?f }") == ["d"]
    assert _parted("SELECT * { ?a ?b ?c . BIND(STR(?c) AS ?d) ?c ?e ?d }") == []
    assert _parted("SELECT * { ?a ?b ?c . ?c ?e ?f BIND(STR(?c) AS ?d) }") == []
    assert _parted("SELECT * { BIND(1 AS ?d) ?a ?b ?c }") == []


def _parted(query: str) -> list[str]:
    """Return the variables of each BIND that stands between patterns which do not use it."""
    found: list[str] = []

    def look(node: Any) -> None:
        if isinstance(node, CompValue):
            parts = node.get("part") if node.name == "GroupGraphPatternSub" else None
            binds: list[str] | None = None
            for part in parts or ():
                if not isinstance(part, CompValue):
                    continue  # an empty group
                if part.name == "Bind" and binds is not None:
                    binds.append(str(part.var))
                elif part.name == "TriplesBlock":
                    used = {
                        str(t) for triple in part.triples for t in triple if isinstance(t, Variable)
                    }
                    found.extend(binds if binds and not used & {*binds} else ())
                    binds = []
            for value in node.values():
                look(value)
        elif isinstance(node, list | ParseResults):
            for value in node:
                look(value)

    look(parseQuery(query)[1])
    return found


def test_table_1_as_csv_is_what_other_tools_read(built: Built, settings: Settings) -> None:
    """The columns and one whole row of Table 1, as CSV."""
    answer = io.BytesIO()
    graph.open_graph(settings).write(graph.find_text("review-table-1"), "csv", answer)
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode())))
    assert ",".join(rows[0]) == (
        "experimental,comparator,setting,n_experimental,n_comparator,"
        "rr_experimental,rr_comparator,cbr_experimental,cbr_comparator,reference"
    )
    assert ",".join(rows[7]) == (
        "exemestane,anastrozole,progressive or relapsed disease on anti-estrogen therapy. "
        "Measurable visceral metastases,64,64,15,15,38,32,31"
    )
    assert len(rows) == 9
