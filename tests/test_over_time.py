"""What has come since the review: claims then and now, expectations, sources, and the trials.

The states and trials of `expectations` were written from the sheets before the query ran. The
answers of the other questions were read against the sheets afterwards.
"""

from __future__ import annotations

import csv
import html
import json
import re
from dataclasses import replace
from random import Random
from typing import Any

import bare
import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from conftest import CASES, ROOT
from serving import Server

from aikg import build
from aikg.build import Built
from aikg.cli import main
from aikg.files.queries import read_text
from aikg.names import BASE, PREFIXES
from aikg.settings import Settings

SHEETS = sorted((ROOT / "data" / "sheets").glob("*.csv"))
CLAIM = "claim/review-2010-"
#: Each expectation of the review: whether it was met, and by which trials.
EXPECTED = {
    "abstract-confirmation-expected": ("met", "FACE, MA-27"),
    "conclusions-combinations-expected": ("not judged", ""),
    "conclusions-results-awaited": ("met", "FACE, MA-27"),
    "efficacy-differences-another-trial-unlikely": ("not met", "GEICAM 2001-03, Iwata 2013"),
    "efficacy-differences-extrapolation": ("not judged", ""),
    "efficacy-differences-potency-may-matter": ("not met", "FACE"),
    "safety-ma-27-more-data": ("met", "MA-27"),
}
#: How the sheets call the trials that other files describe.
OURS = {
    "head-to-head trial of exemestane and anastrozole in visceral metastases (Campos)",
    "trial of exemestane against tamoxifen, first line (Paridaens)",
}
NOT_IN = {"BOLERO-2", "FACT", "MA.27B", "PALOMA-2"}


def answer(store: ox.Store, name: str, old: str = "", new: str = "") -> list[dict[str, str]]:
    """Answer a registered question, or one in which a text is replaced."""
    text = read_text(ROOT / "queries" / "competency" / f"{name}.rq")
    assert old in text
    found: Any = store.query(text.replace(old, new) if old else text)
    names = [variable.value for variable in found.variables]
    return [{n: row[n].value if row[n] is not None else "" for n in names} for row in found]


def sheet_rows() -> list[tuple[str, int, dict[str, str]]]:
    """Return each row of the sheets, with the sheet and its number."""
    found = []
    for path in SHEETS:
        with path.open(encoding="utf-8", newline="") as file:
            found += [(path.stem, n, row) for n, row in enumerate(csv.DictReader(file), 2)]
    return found


def test_the_status_of_then_is_that_of_the_graph_without_the_later_trials(
    shipped: ox.Store, settings: Settings
) -> None:
    """The question computes it from the lines of now; the build without those files is exact."""
    there = replace(settings, root=bare.root(), home=settings.home / "bare")
    before = ox.Store()
    before.extend(build.compile_graph(there).quads())
    was = {row["claim"]: row["status"] for row in answer(before, "claim-status")}
    rows = answer(shipped, "claims-over-time")
    assert len(rows) >= 20
    assert {row["claim"]: row["then"] for row in rows}.items() <= was.items()
    (safety,) = (row for row in rows if row["claim"].endswith("no-difference-between-classes"))
    assert (safety["lines_then"], safety["lines_since"]) == ("3", "3")
    assert safety["trials_since"] == "Iwata 2013, SoFEA"
    assert "Now: undecided" in safety["sentence"]


def test_each_expectation_has_its_state(shipped: ox.Store) -> None:
    """Met, not met, or not judged, and by what."""
    rows = answer(shipped, "expectations")
    found = {row["claim"].removeprefix(BASE + CLAIM): row for row in rows}
    assert {name: (row["state"], row["trials"]) for name, row in found.items()} == EXPECTED
    potency = found["efficacy-differences-potency-may-matter"]["figures"]
    assert potency == "disease-free survival 0.93 (0.80-1.07); overall survival 0.98 (0.82-1.17)"


def test_what_came_before_a_year_is_not_since(shipped: ox.Store) -> None:
    """GEICAM is of 2011, and Iwata of 2013."""
    rows = answer(shipped, "expectations", "?own aikg:year ?said .", "BIND(2012 AS ?said)")
    (row,) = (row for row in rows if row["claim"].endswith("another-trial-unlikely"))
    assert row["trials"] == "Iwata 2013"


def test_the_command_names_what_to_read_first(built: Built, settings: Settings) -> None:
    """A trial of one's own that decides a claim under a margin comes first."""
    files = [str(CASES / "claims" / f"{name}.ttl") for name in ("margins", "decisive-trial")]
    words = ["claims", *files, "--since", "2010", "--format", "json"]
    done = CliRunner().invoke(main, words, env={"AIKG_HOME": str(settings.home)})
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert [each["first"] for each in found][:4] == [True, True, True, False]
    assert found[0]["state"] == "supported"
    assert "wide" in found[0]["margin"]
    assert found[1]["claim"] == "claim:review-2010-efficacy-differences-another-trial-unlikely"
    assert found[1]["state"] == "not met"


def test_each_document_says_what_was_seen_of_it(shipped: ox.Store) -> None:
    """As the sheets say; nothing is from memory."""
    rows = answer(shipped, "sources-seen")
    expected = {(row["Publication"], row["Source seen"]) for _, _, row in sheet_rows()}
    assert {(row["title"], row["seen"]) for row in rows} == expected
    assert sum(int(row["figures"]) for row in rows) >= len(sheet_rows())


def test_the_trials_in_and_not_in_are_listed(shipped: ox.Store) -> None:
    """Each trial of a sheet is in, by hand; four are known and not in."""
    rows = answer(shipped, "trials-chosen")
    by_hand = {row["trial"] for row in rows if "by hand" in row["chosen"]}
    named = {row["Trial"] for _, _, row in sheet_rows()}
    assert len(by_hand) == len(named)
    assert by_hand >= OURS
    assert {re.split(r"[ ,]", row["trial"])[0] for row in rows if row["state"] != "in"} == NOT_IN
    missing = answer(shipped, "figures-not-seen")
    assert sum(row["trial"].startswith("FALCON") for row in missing) == 3


def test_rows_at_random_are_read_back_by_query_and_page(shipped: ox.Store, site: Server) -> None:
    """Twenty figures of the sheets, as printed, with outcome and what was seen."""
    drawn = Random(20).sample([row for row in sheet_rows() if row[2]["As printed"]], 20)
    assert len({name for name, _, _ in drawn}) > 5
    for name, number, row in drawn:
        slug = re.sub("[^a-z0-9]+", "-", (row.get("Figure") or f"row {number}").lower())
        node = f"{BASE}finding/{name}-{slug.strip('-')}"
        query = f"""PREFIX aikg: <{BASE}ontology/> PREFIX rdfs: <{PREFIXES["rdfs"]}>
          SELECT ?printed ?seen {{
            <{node}> aikg:printed ?printed ; aikg:sourceSeen/rdfs:label ?seen }}"""
        ((printed, seen),) = shipped.query(query)  # type: ignore[union-attr]
        assert (printed.value, seen.value) == (row["As printed"], row["Source seen"]), node
        page = site.send("GET", f"/{node.removeprefix(BASE)}", {"Accept": "text/html"}).body
        assert row["As printed"] in html.unescape(page.decode()), node


@pytest.mark.parametrize(("name", "words"), [
    ("efficacy-differences-another-trial-unlikely", "not met: GEICAM 2001-03, Iwata 2013"),
    ("safety-no-difference-between-classes", "Since then Iwata 2013, SoFEA reported"),
])  # fmt: skip
def test_the_page_of_a_claim_says_it_in_one_sentence(site: Server, name: str, words: str) -> None:
    """And how the trials were chosen."""
    page = site.send("GET", f"/{CLAIM}{name}", {"Accept": "text/html"}).body.decode()
    assert words in page
    assert "The trials were chosen by hand" in page
