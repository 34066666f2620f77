"""A figure on a page stands with what makes it that figure, and with its trial."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import ROOT
from test_nodes import page, server, text  # noqa: F401  `server` is a fixture
from test_questions import RESULT

from aikg.files.queries import read_text

PAGES = sorted((ROOT / "queries" / "pages").glob("*.rq"))
#: Sections of one trial, and of a drug outside trials.
OF_ONE_TRIAL = {"study-results", "study-comparisons", "group-results", "drug-properties"}


def columns(query: Path) -> list[str]:
    """The variables that a section selects."""
    head = re.search(r"SELECT (?:DISTINCT )?(.*?)WHERE", read_text(query), re.DOTALL)
    assert head
    return re.findall(r"\?(\w+)", head[1])


RESULTS = [q for q in PAGES if {"figure_label", "finding_label"} & {*columns(q)}]


@pytest.mark.parametrize("query", RESULTS, ids=lambda path: path.stem)
def test_a_section_with_figures_shows_all_of_it(query: Path) -> None:
    """By the one fragment that asks for it."""
    names = columns(query)
    assert [name for name in RESULT if name not in names] == []
    assert "  # include: result\n" in query.read_text()
    assert query.stem in OF_ONE_TRIAL or "study_label" in names


def test_there_are_such_sections() -> None:
    """Else the test above would ask nothing."""
    assert len(RESULTS) >= 11


@pytest.mark.parametrize("query", RESULTS, ids=lambda path: path.stem)
def test_a_section_has_a_row_for_each_figure(query: Path, shipped: ox.Store) -> None:
    """Further columns do not multiply the rows."""
    text_ = read_text(query)
    figure = "figure" if "?figure " in text_ else "finding"
    told = shipped.query(text_)
    assert isinstance(told, ox.QuerySolutions)
    names = [variable.value for variable in told.variables]
    seen: dict[tuple[str, ...], set[str]] = {}
    for row in told:
        value = {name: str(row[name]) for name in names}
        same = ("this", figure, "line", "place", "credited_to", "group", "of", "outcome", "study")
        key = tuple(value.get(name, "") for name in same)
        seen.setdefault(key, set()).add(str(sorted(value.items())))
    assert seen
    assert max(map(len, seen.values())) <= 2  # a line may have a subject in two groups


def test_the_page_of_an_outcome_names_the_trials(server) -> None:  # type: ignore[no-untyped-def]
    """Anastrozole of one trial and exemestane of another are not side by side without a name."""
    markup = page(server, "/outcome/arthralgia")
    (table,) = re.findall(r'<h2 id="outcome-results">.*?</section>', markup)
    headings = re.findall(r'<th scope="col">(.*?)</th>', table)
    assert headings[:3] == ["Study", "Group", "Figure"]
    shown = " ".join(text(table))
    assert "crude proportion · %" in shown
    assert "ATAC" in shown
    assert "IES" in shown


def test_a_comparison_shows_its_interval() -> None:
    """The fragment writes interval and p with level and sides, where they are stated."""
    store = ox.Store()
    store.update(
        """PREFIX aikg: <https://w3id.org/aikg/ontology/> INSERT DATA {
        <urn:f> aikg:ciLow 0.31 ; aikg:ciHigh 0.48 ; aikg:ciLevel 95.0 ; aikg:pValue 0.001 ;
          aikg:pQualifier "<" ; aikg:pSides 2 ; aikg:timePoint 24.0 ; aikg:timePointUnit "mo" .
        <urn:g> aikg:ciLowStatus aikg:NotApplicable ; aikg:ciHigh 1.16 .
        aikg:NotApplicable <http://www.w3.org/2000/01/rdf-schema#label> "not applicable"@en }"""
    )
    fragment = (ROOT / "queries" / "fragments" / "result.rq").read_text()
    head = (
        "PREFIX aikg: <https://w3id.org/aikg/ontology/>"
        "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>"
        "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>"
        "SELECT ?interval ?p ?time { VALUES ?finding { <urn:f> <urn:g> } "
    )
    rows = [[term and term.value for term in row] for row in store.query(f"{head}{fragment}}}")]  # type: ignore[union-attr]
    assert rows == [
        ["0.31 to 0.48 (95%)", "< 0.001, sides: 2", "24 mo"],
        ["not applicable to 1.16", None, None],
    ]
