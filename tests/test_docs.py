"""The documentation, held against the code: what it shows runs, and what exists is in it."""

from __future__ import annotations

import io
import re
from dataclasses import fields
from pathlib import Path

import pytest
from conftest import ROOT

from aikg import errors, graph
from aikg.build import Built
from aikg.settings import Settings

MODEL = (ROOT / "docs" / "reference" / "model.md").read_text()
QUESTIONS_PAGE = (ROOT / "docs" / "reference" / "questions.md").read_text()
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
(SHARED_PREFIXES,) = re.findall(r"```sparql prefixes\n(.*?)```", MODEL, re.DOTALL)
PATTERNS = re.findall(r"\*\*(\d+)\. .*?```sparql\n(.*?)```", MODEL, re.DOTALL)


@pytest.mark.parametrize(("number", "query"), PATTERNS, ids=[number for number, _ in PATTERNS])
def test_a_query_pattern_runs_and_gives_rows(
    number: str, query: str, built: Built, settings: Settings
) -> None:
    """Each pattern of the model's page runs as it stands."""
    names, rows = graph.open_graph(settings).table(SHARED_PREFIXES + query)
    assert names
    assert rows


def test_there_are_ten_patterns() -> None:
    """The page keeps what its heading says."""
    assert [int(number) for number, _ in PATTERNS] == list(range(1, 11))


def test_the_readme_shows_the_answer_that_the_graph_gives(built: Built, settings: Settings) -> None:
    """The README's question has the README's answer."""
    readme = (ROOT / "README.md").read_text()
    ((query, answer),) = re.findall(r"```sparql\n(.*?)```.*?```csv\n(.*?)```", readme, re.DOTALL)
    given = io.BytesIO()
    graph.open_graph(settings).write(query, "csv", given)
    assert given.getvalue().decode().replace("\r\n", "\n") == answer


def test_each_setting_has_a_row() -> None:
    """A setting that nobody can find is none."""
    page = (ROOT / "docs" / "reference" / "settings.md").read_text()
    assert set(re.findall(r"`AIKG_(\w+)` \|", page)) == {f.name.upper() for f in fields(Settings)}


def test_each_error_with_a_status_is_in_the_table() -> None:
    """Anyone who calls the endpoint can look up what an error means."""
    page = (ROOT / "docs" / "reference" / "http-api.md").read_text()
    statuses = {
        error.status
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.AikgError)
    }
    assert {str(status) for status in statuses} <= set(re.findall(r"\b\d{3}\b", page))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_and_paths_lead_somewhere(page: Path) -> None:
    """Each relative link, and each path in code that names one of our folders, exists."""
    text = page.read_text()
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    folders = r"`((?:bench|cases|data|docs|ontology|queries|shapes|src|tests|tools)/[\w./-]+)`"
    named = [path for path in re.findall(folders, text) if "<" not in path]
    missing = [p for p in links if not (page.parent / p).exists()]
    missing += [p for p in named if not (ROOT / p).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_a_link_into_a_page_leads_to_a_heading(page: Path) -> None:
    """The part of a link after `#` is a heading, as the forge writes it in addresses."""
    for target, heading in re.findall(r"\]\((?!https?:)([^)#]*)#([^)]+)\)", page.read_text()):
        text = (page.parent / target).read_text() if target else page.read_text()
        headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        assert heading in {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}


def test_the_index_lists_each_page_once() -> None:
    """By its kind, which is its folder."""
    index = ROOT / "docs" / "README.md"
    listed = re.findall(r"\]\(([\w-]+/[\w-]+\.md)\)", index.read_text())
    there = [p.relative_to(index.parent).as_posix() for p in index.parent.rglob("*.md")]
    assert sorted(listed) == sorted(set(there) - {"README.md"})


def test_each_measurement_has_its_day_and_its_commit() -> None:
    """A figure of a day says of which one, and of which version."""
    for page in (ROOT / "docs" / "measurements").glob("*.md"):
        assert re.search(r"2\d{3}-\d\d-\d\d.*commit `[0-9a-f]{7,40}`", page.read_text()), page


def test_each_question_is_listed_with_what_it_asks() -> None:
    """The page of questions has a row for each, in the words of its file."""
    rows = dict(re.findall(r"^\| `([\w-]+)` \| (.+) \|$", QUESTIONS_PAGE, re.MULTILINE))
    assert rows == {question.name: question.summary for question in graph.registered()}


def test_each_module_has_its_place_in_the_architecture() -> None:
    """Anyone who opens a module finds its layer on the page."""
    page = (ROOT / "docs" / "explanation" / "architecture.md").read_text()
    package = ROOT / "src" / "aikg"
    modules = {path.stem for path in package.rglob("*.py")} - {"__init__"}
    modules |= {path.parent.name for path in package.rglob("__init__.py")} - {"aikg"}
    assert modules <= set(re.findall(r"`(\w+)`", page))


def test_the_walks_name_what_is_there() -> None:
    """Each step of a walk names a file, and a function or a class in it."""
    page = (ROOT / "docs" / "explanation" / "architecture.md").read_text()
    walks = page.partition("## Three walks")[2].partition("\n## ")[0]
    steps = re.findall(r"`([\w/]+\.py)`,\s+`([\w.]+)`", walks)
    assert len(steps) > 20
    missing = [
        (file, name)
        for file, name in steps
        for last in [re.escape(name.rpartition(".")[2])]
        if not re.search(
            rf"(?m)^\s*(?:def|class) {last}\b|^{last} = ",
            (ROOT / "src" / "aikg" / file).read_text(),
        )
    ]
    assert not missing
    longest = max(int(number) for number in re.findall(r"(?m)^(\d+)\. ", walks))
    assert longest <= 12
