"""The audit: what is found, where it stands, in three formats, and when it fails a pipeline."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import cast

import bare
import pyoxigraph as ox
import pytest
from click.testing import CliRunner, Result
from conftest import ROOT

from aikg import audit, build, cli
from aikg.audit import RECORDED, Entry, Report
from aikg.intake.verdict import Rules
from aikg.rules import checks
from aikg.settings import Settings

PAGE = (ROOT / "docs" / "explanation" / "audit.md").read_text()
ROWS = re.findall(r"^\| ([IN]\d\d) \| .+? \| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE)
PROBLEMS = [f"I{n:02}" for n in range(1, 23)] + [f"N{n:02}" for n in range(1, 20)]

#: What these find belongs to no single problem: a remark on what could not be tested.
UNTESTED = {"no-size", "untestable-percentage", "patients-counted-twice"}
#: The rules and the issues of each row on later trials.
OF_LATER = PAGE.partition("## The problems of later evidence")[2].partition("\n## ")[0]
LATER_ROWS = re.findall(r"^\| .+? \| (.*?) \| `(.*?)` \|$", OF_LATER, re.MULTILINE)
#: These kinds of issues are not faults.
NO_FAULTS = {"figure not seen", "trial not included"}
#: What these find is odd and right, as the page says below its table.
RIGHT = {"dose-far-from-usual"}

#: 12 % of 20 people: 2 are 10 %, and 3 are 15 %.
IMPOSSIBLE = """
@prefix aikg: <https://w3id.org/aikg/ontology/> .
@prefix arm: <https://w3id.org/aikg/arm/> .
@prefix mine: <https://w3id.org/aikg/submission/mine/> .
@prefix outcome: <https://w3id.org/aikg/outcome/> .
@prefix population: <https://w3id.org/aikg/population/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
mine:paper a aikg:Publication ; rdfs:label "a paper of the test"@en .
mine:place a aikg:Passage ; aikg:inDocument mine:paper ;
  aikg:tableNumber 3 ; aikg:tableRow 2 ; aikg:tableColumn 4 .
mine:group a aikg:Group ; rdfs:label "a group of the test"@en ;
  aikg:ofArm arm:campos-exemestane ; aikg:inPopulation population:campos-after-amendment ;
  aikg:analysisSet aikg:Evaluable .
mine:n a aikg:GroupResult ; aikg:ofGroup mine:group ; aikg:ofOutcome outcome:number-of-patients ;
  aikg:measure aikg:Count ; aikg:status aikg:Reported ; aikg:value 20.0 ;
  aikg:unit "{person}" ; aikg:printed "20" ; aikg:statedAt mine:place .
mine:response a aikg:GroupResult ; aikg:ofGroup mine:group ;
  aikg:ofOutcome outcome:objective-response ; aikg:measure aikg:CrudeProportion ;
  aikg:status aikg:Reported ;
  aikg:value 12.0 ;
  aikg:unit "%" ; aikg:printed "12%" ; aikg:statedAt mine:place .
"""

#: Where the figure stands in the file.
LINE = IMPOSSIBLE.splitlines().index("  aikg:value 12.0 ;") + 1

ISSUE = """
mine:issue a aikg:DataIssue ; rdfs:label "an issue of the test"@en ;
  aikg:issueKind aikg:Impossible ; aikg:concerns mine:response ;
  aikg:hypothesis "It was 3 of 25." , "It was 2 of 17." ; aikg:statedAt mine:place .
"""


def run(settings: Settings, *words: str) -> Result:
    """Run `aikg audit` as a pipeline does."""
    runner = CliRunner(env={"AIKG_HOME": str(settings.home), "AIKG_ROOT": str(settings.root)})
    return runner.invoke(cli.main, ["audit", *words])


@pytest.fixture(scope="module")
def report(settings: Settings) -> Report:
    """The audit of the repository's own files."""
    return audit.audit([], settings)


@pytest.fixture
def fewer(settings: Settings) -> Settings:
    """Settings for the files without the later trials, which take a third of the time."""
    return replace(settings, root=bare.root())


@pytest.fixture
def impossible(tmp_path: Path) -> Path:
    """A file with a figure that cannot be true."""
    path = tmp_path / "mine.ttl"
    path.write_text(IMPOSSIBLE)
    return path


def later(entry: Entry) -> bool:
    """Say whether an entry is about a later trial."""
    return entry.file.startswith("data/turtle/later")


def by_rule(report: Report) -> list[Entry]:
    """What the checks found in the review and the papers that it cites."""
    return [entry for entry in report.entries if entry.level != RECORDED and not later(entry)]


def test_the_page_has_a_row_for_each_problem_of_the_review() -> None:
    """None of the 41 known problems is passed over, and none is listed twice."""
    assert sorted(number for number, _, _ in ROWS) == sorted(PROBLEMS)


def test_each_problem_is_found_by_rule_or_recorded_by_hand() -> None:
    """A problem that neither a rule nor a curator names would be lost."""
    assert not [number for number, rules, issues in ROWS if not re.search("`", rules + issues)]


def test_what_the_page_says_is_found_by_rule_is_what_the_audit_finds(report: Report) -> None:
    """The page and the audit name the same checks; whatever else were found is a false alarm."""
    named = {rule for _, rules, _ in ROWS for rule in re.findall("`(.+?)`", rules)}
    assert named == {entry.found_by for entry in by_rule(report)} - UNTESTED - RIGHT
    assert all(f"`{rule}`" in PAGE for rule in RIGHT)


def test_what_the_page_says_is_recorded_by_hand_is_what_the_graph_records(report: Report) -> None:
    """The page and the graph name the same data issues."""
    named = {f"issue:review-2010-{slug}" for *_, i in ROWS for slug in re.findall("`(.+?)`", i)}
    found = {e.node for e in report.entries if e.level == RECORDED and not later(e)}
    assert named == found


def test_the_page_names_the_problems_of_later_trials(report: Report) -> None:
    """Each recorded one, and each Error and Check that a rule finds."""
    entries = [entry for entry in report.entries if later(entry)]
    recorded = {e.node for e in entries if e.level == RECORDED and e.found_by not in NO_FAULTS}
    assert {f"issue:{slug}" for _, slug in LATER_ROWS} == recorded
    found = [entry for entry in entries if entry.level in {"Error", "Check"}]
    named = {rule for rules, _ in LATER_ROWS for rule in re.findall("`(.+?)`", rules)}
    assert {entry.found_by for entry in found} - {"ratio-against-groups"} == named
    assert not [entry for entry in found if entry.level == "Error" and not entry.recorded]


def test_a_rule_and_a_curator_speak_of_the_same_figure(report: Report) -> None:
    """Where the page names both, the rule's entry is one that the issue records."""
    found = {(entry.found_by, entry.recorded.rpartition("-2010-")[2]) for entry in by_rule(report)}
    both = {
        (rule, issue)
        for _, rules, issues in ROWS
        for rule in re.findall("`(.+?)`", rules)
        for issue in re.findall("`(.+?)`", issues) or [""]
    }
    assert len(both) > len(PROBLEMS) / 5
    assert both <= found


def test_damage_of_the_text_is_kept_apart_and_comes_last(report: Report) -> None:
    """The extraction's own steps are not faults of the review."""
    kinds = [entry.found_by for entry in report.entries]
    assert kinds.count("extraction damage") == 3
    assert set(kinds[-3:]) == {"extraction damage"}


def test_an_entry_tells_its_place_in_the_files_and_in_the_review(report: Report) -> None:
    """File and line, and the cell of the table; the arithmetic, and every hypothesis."""
    (entry,) = [
        entry
        for entry in by_rule(report)
        if entry.node == "finding:review-2010-table-1-row-7-anastrozole-cbr"
    ]
    assert re.fullmatch(r"data/turtle/.*/table-1\.ttl:\d+", entry.file)
    assert "Table 1, row 7, column 5" in entry.source_place
    assert "21 of 64" in entry.message
    assert entry.recorded == "issue:review-2010-campos-15-and-32-percent-of-64"
    assert "64 patients an arm" in entry.issue
    assert len(entry.hypotheses) == 4


def test_the_evidence_as_it_is_passes(settings: Settings) -> None:
    """Nothing in our own data is an error that is not recorded."""
    done = run(settings)
    assert done.exit_code == 0
    assert "Found by rule:" in done.stdout
    assert "Recorded by hand:" in done.stdout
    assert "may be: The arms had 65 patients each" in done.stdout


def test_json_and_csv_hold_the_same_entries(report: Report) -> None:
    """Other tools read either."""
    as_json, as_csv = io.StringIO(), io.StringIO()
    audit.write(report, "json", as_json)
    audit.write(report, "csv", as_csv)
    entries = json.loads(as_json.getvalue())
    rows = list(csv.DictReader(io.StringIO(as_csv.getvalue())))
    assert len(entries) == len(rows) == len(report.entries)
    for entry, row in zip(entries, rows, strict=True):
        assert row == {**entry, "hypotheses": " | ".join(entry["hypotheses"])}


@pytest.mark.parametrize("form", ["table", "csv"])
def test_an_error_fails_in_each_format_and_is_shown(
    fewer: Settings, impossible: Path, form: str
) -> None:
    """A pipeline sees exit status 1, and a reader the figure, its cell and the arithmetic."""
    done = run(fewer, str(impossible), "--format", form)
    assert done.exit_code == 1
    assert "impossible-percentage" in done.stdout
    assert f"mine.ttl:{LINE}" in done.stdout
    assert "Table 3, row 2, column 4" in done.stdout
    assert "2 of 20 are 10%, and 3 of 20 are 15%" in done.stdout
    assert "cannot-decide" not in done.stdout, "only the given file is reported"


def test_an_error_that_its_source_records_is_shown_and_fails_nothing(
    fewer: Settings, impossible: Path
) -> None:
    """With a data issue the same figure fails neither the audit nor the validation."""
    [examined] = build.validate_files([impossible], fewer)
    assert not examined.verdict.accepted
    assert "12%" in examined.written("text")
    impossible.write_text(IMPOSSIBLE + ISSUE)
    [examined] = build.validate_files([impossible], fewer)
    assert examined.verdict.accepted
    assert "Error, recorded as" in examined.written("text")
    done = run(fewer, str(impossible), "--format", "json")
    assert done.exit_code == 0
    error = json.loads(done.stdout)[0]
    assert error["level"] == "Error"
    assert error["recorded"].endswith("mine/issue>")
    assert error["hypotheses"] == ["It was 2 of 17.", "It was 3 of 25."]


def test_an_issue_of_another_source_records_nothing(fewer: Settings, impossible: Path) -> None:
    """Anyone who adds evidence cannot excuse the figures of a paper from elsewhere."""
    elsewhere = "mine:elsewhere a aikg:Passage ; aikg:inDocument mine:other ; aikg:section 'A' .\n"
    other = "mine:other a aikg:Publication ; rdfs:label 'another paper of the test'@en .\n"
    issue = ISSUE.replace("aikg:statedAt mine:place", "aikg:statedAt mine:elsewhere")
    impossible.write_text(IMPOSSIBLE + other + elsewhere + issue)
    assert run(fewer, str(impossible)).exit_code == 1


def test_the_shipped_graph_raises_no_false_alarm(shipped: ox.Store, rules: Rules) -> None:
    """No error that is not recorded, and a Check on at most two figures of a hundred."""
    rows = cast(
        "ox.QuerySolutions",
        shipped.query(
            "PREFIX aikg: <https://w3id.org/aikg/ontology/> "
            "SELECT DISTINCT ?f { ?f aikg:statedAt ?p ; aikg:ofOutcome ?o }"
        ),
    )
    figures = {row["f"].value for row in rows}
    problems = [p for p in checks.run(shipped, rules.checks) if p.recorded is None]
    assert not [p for p in problems if p.level == "Error"]
    asked = {(p.node, p.check) for p in problems if p.level == "Check" and p.node in figures}
    assert len(figures) > 150
    assert 100 * len({node for node, _ in asked}) <= 2 * len(figures), sorted(asked)
