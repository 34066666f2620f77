"""`aikg compare`, `network` and `map`: names, formats, and mistakes that are answered in words."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bare import built, settings  # noqa: F401
from click.testing import CliRunner, Result
from conftest import CASES

from aikg.build import Built
from aikg.cli import main
from aikg.settings import Settings

VISCERAL = ("--population", "visceral")


@pytest.fixture(scope="module")
def run(built: Built, settings: Settings) -> Callable[..., Result]:
    """Run `aikg` with the test's home."""

    def command(*words: str) -> Result:
        there = {"AIKG_HOME": str(settings.home), "AIKG_ROOT": str(settings.root)}
        return CliRunner().invoke(main, words, env=there)

    return command


def test_names_are_found_as_by_search(run: Callable[..., Result]) -> None:
    """Brand name, synonym and short name lead to the same answer, in the same bytes."""
    one = run("compare", "Aromasin", "anastrozole", "--outcome", "clinical benefit rate",
              *VISCERAL, "--format", "json")  # fmt: skip
    other = run("compare", "drug:exemestane", "anastrozole", "--outcome", "clinical-benefit",
                "--population", "any-visceral", "--format", "json")  # fmt: skip
    assert one.exit_code == 0, one.output
    assert one.stdout == other.stdout
    answer = json.loads(one.stdout)
    assert answer["question"]["experimental"] == "drug/exemestane"
    assert answer["question"]["population"] == "population/any-visceral"
    assert answer["dataVersion"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("exemestane", "exemestane", "--outcome", "clinical-benefit"), "same-treatment"),
        (("exemestane", "anastrozol", "--outcome", "clinical-benefit"), "unknown-name"),
        (("exemestane", "", "--outcome", "clinical-benefit"), "unknown-name"),
        (("exemestane", "anastrozole", "--outcome", "nothing"), "unknown-name"),
        (("exemestane", "anastrozole", "--outcome", "clinical-benefit", "--population", "Mars"),
         "unknown-name"),
        (("exemestane", "anastrozole", "--outcome", "number-of-patients"),
         "outcome-without-measure"),
        (("exemestane", "anastrozole", "--outcome", "clinical-benefit", "--measure", "mean"),
         "unknown-measure"),
        (("exemestane", "anastrozole", "--outcome", "overall-survival", "--measure", "odds-ratio"),
         "measure-does-not-fit"),
        (("aromatase-inhibitors", "tamoxifen", "--outcome", "clinical-benefit"),
         "class-of-several-drugs"),
    ],
)  # fmt: skip
def test_a_mistake_is_answered_in_words_with_a_code(
    run: Callable[..., Result], words: tuple[str, ...], code: str
) -> None:
    """For programs as JSON, for readers as a mistake of usage; never with a traceback."""
    found = run("compare", *words, "--format", "json")
    assert found.exit_code == 2, found.output
    problem = json.loads(found.stdout)
    assert problem["code"] == code
    assert problem["message"]
    assert problem["advice"]
    told = run("compare", *words)
    assert told.exit_code == 2
    assert "Traceback" not in told.output
    assert problem["message"][:30] in told.stderr


def test_a_class_of_which_one_drug_has_figures_is_refused(run: Callable[..., Result]) -> None:
    """A refusal is an answer."""
    words = ("type-1-aromatase-inhibitors", "anastrozole", "--outcome", "clinical-benefit")
    found = run("compare", *words, *VISCERAL, "--format", "json")
    assert found.exit_code == 0, found.output
    answer = json.loads(found.stdout)
    assert answer["verdict"] == "refused"
    assert answer["refused"][0]["codes"] == ["class-of-one-drug"]
    assert "exemestane" in answer["refused"][0]["words"]


def test_without_a_margin_nothing_is_said_on_equivalence(run: Callable[..., Result]) -> None:
    """No difference shown is not the same as no difference."""
    found = run("compare", "exemestane", "anastrozole", "--outcome", "clinical-benefit",
                "--format", "json")  # fmt: skip
    assert json.loads(found.stdout)["equivalence"]["codes"] == ["no-margin"]


def test_readers_get_a_table_with_its_reasons(run: Callable[..., Result]) -> None:
    """The summary first, then the estimates, then what is refused."""
    found = run(
        "compare", "exemestane", "anastrozole", "--outcome", "objective response", *VISCERAL
    )
    assert found.exit_code == 0, found.output
    assert found.stdout.startswith("Exemestane was compared with anastrozole on objective response")
    assert "direct/review" in found.stdout
    assert "Not computed, direct single-arm:" in found.stdout
    assert "No systematic search was made" in found.stdout


def test_several_files_need_a_folder(run: Callable[..., Result], tmp_path: Path) -> None:
    """And lie in it whole."""
    words = ("compare", "exemestane", "anastrozole", "--outcome", "objective-response", *VISCERAL,
             "--format", "metafor")  # fmt: skip
    found = run(*words)
    assert found.exit_code == 2
    assert "--output" in found.stderr
    assert run(*words, "--output", str(tmp_path / "new")).exit_code == 0
    assert (tmp_path / "new" / "direct-review.csv").read_text().startswith("study,experimental,")


@pytest.mark.parametrize("command", ["network", "map"])
@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_all_pairs_at_once(run: Callable[..., Result], command: str, form: str) -> None:
    """Each in every format."""
    found = run(command, "--outcome", "clinical-benefit", *VISCERAL, "--format", form)
    assert found.exit_code == 0, found.output
    assert "fulvestrant" in found.stdout


def test_a_trial_that_is_not_published_is_compared_with_the_graph(
    run: Callable[..., Result],
) -> None:
    """Beside the graph's own; the version says so."""
    trial = CASES / "claims" / "decisive-trial.ttl"
    assert trial.exists()
    found = run("compare", "exemestane", "anastrozole", "--outcome", "objective-response",
                "--file", str(trial), "--format", "json")  # fmt: skip
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["dataVersion"].endswith("decisive-trial.ttl")


def of_progression(run: Callable[..., Result], one: str, other: str) -> dict[str, Any]:
    """Compare on progression, with two made-up trials beside the graph."""
    trials = CASES / "synthesis" / "hazard-ratios.ttl"
    found = run("compare", one, other, "--outcome", "time-to-progression",
                "--file", str(trials), "--format", "json")  # fmt: skip
    assert found.exit_code == 0, found.output
    return dict(json.loads(found.stdout))


def test_printed_hazard_ratios_are_compared(run: Callable[..., Result]) -> None:
    """Independent review enters; 0.70 by the investigator is listed. The store drops zeros."""
    answer = of_progression(run, "fulvestrant", "anastrozole")
    (direct,) = (e for e in answer["estimates"] if e["path"] == "direct")
    assert direct["measure"] == "hazard-ratio"
    assert direct["point"] == pytest.approx(0.8)
    low, high = direct["asPrinted"]["interval"]
    assert (low, high) == pytest.approx((0.8 * math.sqrt(0.64), 0.8 / math.sqrt(0.64)))
    assert direct["interval"]["low"] < low < high < direct["interval"]["high"]
    assert direct["estimate"]["low"] == pytest.approx(0.795)
    assert "precision-unstated" not in direct["caveats"]
    assert "adjustment-unstated" in direct["caveats"]
    assert {row["finding"].rsplit("/", 1)[-1] for row in answer["not_used"]} == {"one-investigator"}


def test_hazard_ratios_go_through_a_common_comparator(run: Callable[..., Result]) -> None:
    """Both trials are in first line."""
    answer = of_progression(run, "fulvestrant", "letrozole")
    (indirect,) = (e for e in answer["estimates"] if e["path"] == "indirect")
    assert indirect["point"] == pytest.approx(0.8 / 0.9)
    assert indirect["setting"] == "first line"
    assert "assessor-differs" in indirect["caveats"]
