"""The notebook's way in: an answer as a data frame, without a server."""

from __future__ import annotations

import subprocess
import sys

import pytest
from conftest import ROOT

import aikg
from aikg.build import Built
from aikg.errors import AikgError, UnknownQuestion
from aikg.settings import Settings


@pytest.fixture(autouse=True)
def home(built: Built, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own build."""
    monkeypatch.setenv("AIKG_HOME", str(settings.home))


def test_a_question_gives_a_data_frame() -> None:
    """Numbers are numbers, and what is not bound is missing."""
    frame = aikg.ask("review-table-1")
    assert list(frame["reference"]) == [22, 24, 23, 25, 26, 27, 31, 43]
    assert frame["comparator"].isna().sum() == 1


def test_a_query_gives_a_data_frame() -> None:
    """A query of one's own, with a decimal."""
    frame = aikg.open_graph().frame("SELECT (1.5 AS ?x) (true AS ?y) WHERE {}")
    assert frame.to_dict("records") == [{"x": 1.5, "y": True}]


def test_an_unknown_question_names_those_near_it() -> None:
    """A misspelt name is an error that helps."""
    with pytest.raises(UnknownQuestion) as caught:
        aikg.ask("review-tabel-2")
    assert "review-table-2" in caught.value.advice


def test_without_pandas_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra `aikg[pandas]` brings it."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(AikgError, match="pandas") as caught:
        aikg.open_graph().frame("SELECT * WHERE {}")
    assert "aikg[pandas]" in caught.value.advice


def test_a_comparison_gives_data_frames() -> None:
    """The answer of the command, and its parts as frames."""
    found = aikg.compare(
        "exemestane", "anastrozole", outcome="clinical-benefit", population="visceral"
    )
    assert found.summary.startswith("Exemestane was compared with anastrozole")
    (direct,) = found.estimates.to_dict("records")
    answer = found.answer["estimates"][0]
    assert (direct["id"], direct["point"]) == ("direct/review", answer["point"])
    assert (direct["ci_low"], direct["ci_high"]) == tuple(
        answer["interval"][end] for end in ("low", "high")
    )
    assert "single-arm" in set(found.refused["codes"])
    of_campos = found.cells[found.cells["study"] == "study/campos"]
    counts = {figures: sorted(of["least"]) for figures, of in of_campos.groupby("figures")}
    assert counts == {"review": [21, 24], "paper": [21, 24]}
    sheet = ROOT / "docs" / "tutorials" / "trials" / "paloma-2.csv"
    words = {"outcome": "progression-free-survival", "files": [sheet]}
    assert len(aikg.compare("fulvestrant", "anastrozole", **words).estimates) > 0


def test_a_comparison_needs_no_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the frames do."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    found = aikg.compare("exemestane", "anastrozole", outcome="objective-response")
    assert found.answer["cells"]
    with pytest.raises(AikgError, match="pandas"):
        _ = found.estimates


def test_importing_aikg_imports_nothing_heavy() -> None:
    """A worker of the endpoint has the package without pyshacl and pandas."""
    heavy = "{'numpy', 'pandas', 'pyshacl', 'rdflib'}"
    code = f"import aikg, sys; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
