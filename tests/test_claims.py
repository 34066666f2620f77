"""Claims: what new evidence and a margin change of their status, and what they must not change."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner, Result
from conftest import CASES, ROOT

from aikg.build import Built
from aikg.cli import main
from aikg.description import void
from aikg.files import turtle
from aikg.names import PREFIXES
from aikg.rules import incremental, reasoning
from aikg.settings import Settings

RULES = ROOT / "queries" / "rules"
TRIALS = CASES / "claims"
MAIN = {
    "review-2010-abstract-no-efficacy-difference",
    "review-2010-conclusions-no-efficacy-difference",
}

#: The claims whose population has metastatic disease.
_STATUSES = """
PREFIX aikg: <https://w3id.org/aikg/ontology/>
SELECT ?claim ?margin ?status WHERE {
  ?assessment aikg:onClaim ?claim ; aikg:claimStatus ?status .
  OPTIONAL { ?assessment aikg:underMargin ?margin }
}
"""
_AIKG = "PREFIX aikg: <https://w3id.org/aikg/ontology/> "
_AIKG += "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
_WORDS = _AIKG + "SELECT ?status ?label { ?status a aikg:ClaimStatus ; rdfs:label ?label }"
#: The lines that the rule found under no margin: each alone, and with each of its reasons.
_LINES = (
    _AIKG
    + """SELECT ?line ?claim ?reason {
  ?line a aikg:EvidenceLine ; aikg:onClaim ?claim ; aikg:foundBy aikg:FoundByRule .
  FILTER NOT EXISTS { ?line aikg:underMargin ?margin }
  { } UNION { ?line aikg:reason/rdfs:label ?reason }
}"""
)
_LACKS = (
    _AIKG
    + """SELECT ?claim ?lack {
  ?assessment a aikg:Assessment ; aikg:onClaim ?claim ; aikg:reason/rdfs:label ?lack .
  FILTER NOT EXISTS { ?assessment aikg:underMargin ?margin }
}"""
)
_JUDGEMENTS = (
    _AIKG
    + """SELECT ?kind (COUNT(?claim) AS ?number) {
  ?assessment aikg:onClaim ?claim ; aikg:reason aikg:IsJudgement .
  ?claim aikg:claimType/rdfs:label ?label . BIND(STR(?label) AS ?kind)
} GROUP BY ?kind"""
)
#: No margin, and those of `tests/cases/claims/margins.ttl`.
MARGINS = ("", "narrow", "wide")
_METASTATIC = """
PREFIX aikg: <https://w3id.org/aikg/ontology/>
SELECT ?claim WHERE { ?claim a aikg:Claim ; aikg:inPopulation/aikg:stage aikg:MetastaticStage }
"""


_PAGE = ROOT / "docs" / "explanation" / "claims.md"
_VERSIONS = re.findall(r"```sparql\n(.*?)```", _PAGE.read_text(), re.S)[0]
_VERSIONS = (
    f"PREFIX aikg: <{PREFIXES['aikg']}> PREFIX dcat: <http://www.w3.org/ns/dcat#> {_VERSIONS}"
)


def run(settings: Settings, *words: str) -> Result:
    """Run `aikg` in this process, with the test's home."""
    return CliRunner().invoke(main, words, env={"AIKG_HOME": str(settings.home)})


def last(term: object) -> str:
    """The last part of a name; nothing for what is unbound."""
    return str(getattr(term, "value", "")).rpartition("/")[2]


def statuses(store: ox.Store) -> dict[tuple[str, str], str]:
    """The status of each claim under each margin."""
    return {
        (last(r["claim"]), last(r["margin"])): last(r["status"]) for r in store.query(_STATUSES)
    }


def store_with(built: Built, *names: str) -> ox.Store:
    """The graph with some cases, and what follows from all of it."""
    store = ox.Store()
    cases = [s for name in names for s in turtle.read(TRIALS / f"{name}.ttl", ROOT)]
    store.extend(ox.Quad(*s.triple) for s in [*built.asserted, *cases])
    store.extend(ox.Quad(*triple) for triple in reasoning.derive(store, RULES))
    return store


@pytest.fixture(scope="module")
def plain(built: Built) -> dict[tuple[str, str], str]:
    """The statuses of the shipped graph."""
    return statuses(store_with(built))


@pytest.mark.parametrize("trial", ["toy-trial", "adjuvant-trial", "one-arm-trial"])
def test_a_trial_that_decides_nothing_changes_no_metastatic_claim(
    trial: str, built: Built, plain: dict[tuple[str, str], str]
) -> None:
    """Ten against ten, early disease, one arm: under two margins and under none."""
    store = store_with(built, "margins", trial)
    metastatic = {last(row["claim"]) for row in store.query(_METASTATIC)}
    assert metastatic > MAIN
    for (claim, margin), status in statuses(store).items():
        if claim in metastatic:
            assert status == plain[claim, ""], (claim, margin)


def test_a_decisive_trial_decides_by_the_margin_that_is_chosen(built: Built) -> None:
    """Within ten points: supported; not within three, and without a margin: undecided."""
    found = statuses(store_with(built, "margins", "decisive-trial"))
    for claim in MAIN:
        assert found[claim, "wide"] == "Supported"
        assert found[claim, "narrow"] == "Undecided"
        assert found[claim, ""] == "Undecided"


def test_a_status_returns_when_the_trial_is_taken_away(built: Built) -> None:
    """A submission that is published and withdrawn leaves no trace."""
    store, rules = ox.Store(), incremental.read_rules(RULES)
    aside = {quad.graph_name for quad in built.aside}
    store.extend(quad for quad in built.quads() if quad.graph_name not in aside)
    before, quads = statuses(store), set(store)
    given = [
        ox.Quad(*s.triple, ox.NamedNode(PREFIXES["graph"] + "submission/decisive"))
        for name in ("margins", "decisive-trial")
        for s in turtle.read(TRIALS / f"{name}.ttl", ROOT)
    ]
    incremental.change(store, rules, added=given)
    assert statuses(store)[min(MAIN), "wide"] == "Supported"
    incremental.change(store, rules, removed=given)
    assert statuses(store) == before
    assert set(store) == quads


def test_each_status_is_of_the_version_that_the_data_have(built: Built) -> None:
    """At the build and after a change: its rule, and the version of the data."""
    store, rules = ox.Store(), incremental.read_rules(RULES)
    store.extend(built.quads())
    versions = {(r["rule"].value, r["data"].value) for r in store.query(_VERSIONS)}
    assert versions == {("1", built.version)}
    graph = ox.NamedNode(PREFIXES["graph"] + "submission/decisive")
    given = [ox.Quad(*s.triple, graph) for s in turtle.read(TRIALS / "decisive-trial.ttl", ROOT)]
    change = incremental.change(store, rules, added=given)
    void.change(store, change.removed, change.added, "the next")
    rows = [(last(r["claim"]), r["data"].value) for r in store.query(_VERSIONS)]
    assert {version for _, version in rows} == {"the next"}
    assert {claim for claim, _ in rows} >= MAIN


def test_each_line_has_one_direction_and_each_claim_a_status(built: Built) -> None:
    """No line is left without a word, and none has two."""
    store = store_with(built, "margins", "decisive-trial", "toy-trial")
    prefix = "PREFIX aikg: <https://w3id.org/aikg/ontology/> "
    rows = store.query(
        prefix + "SELECT ?line (COUNT(?way) AS ?ways) WHERE { ?line a aikg:EvidenceLine . "
        "OPTIONAL { ?line aikg:evidenceDirection ?way } } GROUP BY ?line"
    )
    assert {row["ways"].value for row in rows} == {"1"}
    without = "ASK { ?claim a aikg:Claim . FILTER NOT EXISTS { ?a aikg:onClaim ?claim ; "
    assert not bool(store.query(prefix + without + "aikg:claimStatus ?status } }"))


def claim_table(built: Built) -> list[str]:
    """The rows of docs/explanation/claims.md: the claims that findings could test, by margin."""
    store = store_with(built, "margins")
    found = statuses(store)
    words = {last(r["status"]): r["label"].value for r in store.query(_WORDS)}
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    lines: Counter[str] = Counter()
    for row in store.query(_LINES):
        lines[last(row["claim"])] += row["reason"] is None
        if row["reason"] is not None:
            reasons[last(row["claim"])][row["reason"].value] += 1
    lacks = {last(r["claim"]): r["lack"].value for r in store.query(_LACKS)}
    table = []
    for claim in sorted({claim for claim, _ in found}):
        if lacks.get(claim) != "a judgement":
            cells = [words.get(found.get((claim, margin), ""), "-") for margin in MARGINS]
            most = sorted(reasons[claim].items(), key=lambda item: (-item[1], item[0]))
            why = [lacks[claim]] if claim in lacks else []
            why += [f"{word} ({number} of {lines[claim]})" for word, number in most]
            row = [claim.removeprefix("review-2010-"), *cells, ", ".join(why) or "-"]
            table.append(f"| {' | '.join(row)} |")
    return table


def test_the_page_has_each_claim_with_its_statuses_and_reasons(built: Built) -> None:
    """A row of the page for each claim: its status under no margin and under two, and why."""
    page = _PAGE.read_text()
    table = [line for line in page.splitlines() if re.match(r"\| [a-z]+-[a-z0-9-]+ \|", line)]
    assert table == claim_table(built)


def test_the_page_counts_the_judgements(built: Built) -> None:
    """How many claims no finding could test, by what they are."""
    page = _PAGE.read_text().replace("\n", " ")
    for row in store_with(built).query(_JUDGEMENTS):
        assert f"{row['number'].value} {row['kind'].value}" in page


def test_none_of_the_reviews_claims_is_supported_or_disputed(
    plain: dict[tuple[str, str], str],
) -> None:
    """The page says so (docs/explanation/claims.md)."""
    assert set(plain.values()) == {"Undecided", "NoData", "NotComputed"}


def test_the_command_shows_what_a_file_changes(settings: Settings, built: Built) -> None:
    """A trial and two margins of one's own: the status, and what it was."""
    files = [str(TRIALS / "margins.ttl"), str(TRIALS / "decisive-trial.ttl")]
    done = run(settings, "claims", *files, "--format", "json")
    assert done.exit_code == 0, done.stderr
    told = {
        (e["claim"], e["margin"].strip("<>").rpartition("/")[2]): e for e in json.loads(done.stdout)
    }
    decided = told["claim:review-2010-abstract-no-efficacy-difference", "wide"]
    assert (decided["status"], decided["was"]) == ("supported", "undecided")
    assert any(line["direction"] == "supports" for line in decided["lines"])
    assert decided["rule"] == "claim-status, version 1"
    assert decided["data"] == f"{built.version} + margins.ttl + decisive-trial.ttl"


def test_the_command_speaks_in_wordand_as_csv(settings: Settings, built: Built) -> None:
    """A claim, its status and the reasons of its lines."""
    table, rows = run(settings, "claims"), run(settings, "claims", "--format", "csv")
    assert "undecided  claim:review-2010-conclusions-no-efficacy-difference" in table.stdout
    assert "no test was made" in table.stdout
    assert "(crude proportion, unit %, n = 64, of study:campos)" in table.stdout
    assert rows.stdout.startswith("claim,says,margin,status,was,why,direction,")


def test_a_file_that_is_not_there_is_an_error(settings: Settings, tmp_path: Path) -> None:
    """The three lines of every error."""
    done = run(settings, "claims", str(tmp_path / "none.ttl"))
    assert done.exit_code == 1
    assert "do:" in done.stderr
