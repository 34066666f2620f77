"""Vocabularies in the served graph: questions over their hierarchy, and what they leave alone."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import shutil
import subprocess
import sys
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import CASES, ROOT
from desk import Desk, opened
from openpyxl import load_workbook
from serving import Server
from vocabularies import (
    BELOW_CARDIOVASCULAR,
    GRAPH,
    HIDDEN,
    IN_L02B,
    NASTY,
    OBO,
    PREFIXES,
    UNTOUCHED,
    asked,
    counted,
)

from aikg.build import Built
from aikg.description import void
from aikg.files.version import built_version
from aikg.graph import ensure_built
from aikg.releases.shelf import Shelf as Releases
from aikg.settings import Settings
from aikg.vocabularies import prepared
from aikg.vocabularies.preparing import About
from aikg.vocabularies.shelf import Shelf

FILES = CASES / "vocabularies"


@dataclass
class Served:
    """A server with vocabularies."""

    desk: Desk
    settings: Settings


@pytest.fixture(scope="module")
def served(
    built: Built, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A server with five vocabularies."""
    home = tmp_path_factory.mktemp("vocabularies")
    shutil.copy(settings.graph, home)
    own = replace(settings, home=home)
    shelf = Shelf(own)
    branches = CASES / "links" / "branches.ttl"
    for file in (FILES / "events.obo", FILES / "groups.ttl", FILES / "atc.csv", branches):
        shelf.add(file, "", About(), False, lambda stage: None)
    nasty = home / "nasty.nt"
    label = json.dumps(f"{HIDDEN}{NASTY}", ensure_ascii=True)
    nasty.write_text(
        f"<urn:x> <http://www.w3.org/2000/01/rdf-schema#label> {label} .\n"
        f"<urn:x> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <urn:kind> .\n"
    )
    about = About(title=f"{HIDDEN}{NASTY}", version=NASTY, licence="CC0-1.0")
    shelf.add(nasty, "", about, False, lambda stage: None)
    nasty.unlink()
    ensure_built(own)
    with opened(own, home) as desk:
        yield Served(desk, own)


def test_questions_over_a_hierarchy_answer_over_http(served: Served) -> None:
    """Events below a system of the body, drugs of an ATC group, and the front page's question."""
    assert served.desk.select(BELOW_CARDIOVASCULAR) == [
        {"event": "venous thromboembolic events", "term": f"{OBO}MONDO_0005399"}
    ]
    assert served.desk.select(IN_L02B) == [
        {"drug": "tamoxifen", "code": "L02BA01"},
        {"drug": "anastrozole", "code": "L02BG03"},
        {"drug": "letrozole", "code": "L02BG04"},
    ]
    page = served.desk.ask("GET", "/", Accept="text/html").body.decode()
    name = re.search(r"question=([a-z-]+)", page[page.index("<h3>Safety</h3>") :])
    assert name
    answer = served.desk.ask("GET", f"/sparql?question={name[1]}&format=tsv").body.decode()
    assert answer == (CASES / "links" / "branches.tsv").read_text()
    answer = served.desk.ask("GET", "/sparql?question=drugs-by-atc-group&format=tsv").body.decode()
    assert '"letrozole"\t42\t"L02BG"\t"group L02BG"' in answer


def test_the_version_of_the_data_says_that_vocabularies_are_there(served: Served) -> None:
    """It has a part of its own at the end; the part before is that of files and ledger."""
    version = served.desk.version()
    files = built_version(served.settings.graph)
    assert re.fullmatch(rf"{files}(-[\d.]+)?\+[0-9a-f]{{6}}", version)
    stated = served.desk.select(
        f"SELECT ?v {{ GRAPH ?g {{ <{void.DATASET.value}> <{void.VERSION.value}> ?v }} }}"
    )
    assert {"v": version} in stated


@pytest.mark.parametrize("path", UNTOUCHED)
def test_our_nodes_are_as_without_them(served: Served, site: Server, path: str) -> None:
    """No label, statement, hit or rank comes from a vocabulary."""
    assert asked(served.desk.server, path) == asked(site, path)


def test_nothing_of_a_vocabulary_is_in_the_default_graph(served: Served) -> None:
    """And it takes no part in inferences: none of our nodes is of one of its classes."""
    found = served.desk.select(
        PREFIXES + "SELECT ?s { ?s ?p ?o . GRAPH vocabulary:events { ?s a ?kind } } LIMIT 1"
    )
    assert found == []


def test_each_vocabulary_is_described(served: Served) -> None:
    """Version, licence and file; which are not passed on; how many triples."""
    rows = served.desk.select(
        "PREFIX dct: <http://purl.org/dc/terms/> PREFIX dcat: <http://www.w3.org/ns/dcat#> "
        "PREFIX void: <http://rdfs.org/ns/void#> "
        f"SELECT ?graph ?title ?version ?licence ?n (BOUND(?rights) AS ?kept) {{ "
        f"GRAPH <{GRAPH}description/vocabularies> {{ ?graph dct:title ?title "
        "OPTIONAL { ?graph dcat:version ?version } OPTIONAL { ?graph dct:license ?licence } "
        "OPTIONAL { ?graph dct:accessRights ?rights } } "
        "OPTIONAL { GRAPH ?figures { ?graph void:triples ?n } } } ORDER BY ?graph"
    )
    heads = {head.graph.value: head for head in prepared.heads(served.desk.home)}
    assert {row["graph"]: int(row["n"]) for row in rows} == {
        graph: head.triples for graph, head in heads.items()
    }
    kept = {row["graph"].rpartition("/")[2]: row["kept"] for row in rows}
    assert kept == {
        **{"atc": "true", "branches": "true"},
        **dict.fromkeys(("events", "groups", "nasty"), "false"),
    }


@pytest.mark.parametrize("form", ["nq", "trig"])
def test_what_may_not_be_passed_on_is_in_no_dump(served: Served, form: str) -> None:
    """The dump of all graphs has the others whole; the graph itself is refused."""
    dump = served.desk.ask("GET", f"/store?format={form}")
    assert dump.status == 200
    kind = ox.RdfFormat.N_QUADS if form == "nq" else ox.RdfFormat.TRIG
    found = {quad.graph_name.value for quad in ox.parse(dump.body, format=kind)
             if isinstance(quad.graph_name, ox.NamedNode)}  # fmt: skip
    assert f"{GRAPH}vocabulary/atc" not in found
    assert {f"{GRAPH}vocabulary/events", f"{GRAPH}description/vocabularies"} <= found
    for path in ("/store?graph=" + urllib.parse.quote(f"{GRAPH}vocabulary/atc"),
                 "/graph/vocabulary/atc.ttl"):  # fmt: skip
        reply = served.desk.ask("GET", path, Accept="application/json")
        assert reply.status == 403
        assert "may not be passed on" in json.loads(reply.body)["detail"]
    whole = served.desk.ask("GET", "/graph/vocabulary/events.nt")
    assert whole.status == 200
    page = served.desk.ask("GET", "/graph/vocabulary/atc", Accept="text/html")
    assert page.status == 200
    assert b"anastrozole" not in page.body
    assert b"venous thromboembolism" in served.desk.ask(
        "GET", "/graph/vocabulary/events", Accept="text/html"
    ).body  # fmt: skip


def test_a_release_has_what_may_be_passed_on(served: Served) -> None:
    """Nothing of ATC; the version names what is in it; labels keep their strange characters."""
    releases = Releases(served.settings)
    folder = releases.make("2026-12", "2026-12-01")
    text = gzip.decompress((folder / "aikg-2026-12.nq.gz").read_bytes()).decode()
    assert f"<{GRAPH}vocabulary/events>" in text
    assert f"<{GRAPH}vocabulary/atc>" not in text
    content = releases.content("2026-12")
    assert content.version != served.desk.version()
    assert content.nquads().decode() == text
    nasty = ox.NamedNode("urn:x")
    labels = {quad.object.value for quad in content.quads() if quad.subject == nasty}
    assert f"{HIDDEN}{NASTY}" in labels
    query = urllib.parse.quote(BELOW_CARDIOVASCULAR)
    reply = served.desk.ask("GET", f"/releases/2026-12/sparql?format=csv&query={query}")
    assert b"venous thromboembolic events" in reply.body


def test_a_nasty_label_is_only_text(served: Served) -> None:
    """In each format of an answer, on pages, in a workbook, and on the command line."""
    query = urllib.parse.quote(
        f"SELECT ?label {{ GRAPH <{GRAPH}vocabulary/nasty> {{ <urn:x> "
        "<http://www.w3.org/2000/01/rdf-schema#label> ?label } }"
    )
    answers = {
        form: served.desk.ask("GET", f"/sparql?query={query}&format={form}").body
        for form in ("json", "csv", "tsv", "xml", "xlsx")
    }
    (row,) = json.loads(answers["json"])["results"]["bindings"]
    assert row["label"]["value"] == f"{HIDDEN}{NASTY}"
    assert list(csv.reader(io.StringIO(answers["csv"].decode(), newline="")))[1] == [
        f"{HIDDEN}{NASTY}"
    ]
    sheet = load_workbook(io.BytesIO(answers["xlsx"])).worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    pages = {
        path: served.desk.ask("GET", path, Accept="text/html").body.decode()
        for path in (
            f"/sparql?query={query}",
            "/graph/vocabulary/nasty",
            "/graph/description/vocabularies",
        )
    }
    for path, page in pages.items():
        assert "<script>alert" not in page, path
        assert HIDDEN not in page, path
        assert "{{ 7*7 }}" in page or "49" not in page, path
    for form in ("table", "csv", "json"):
        done = subprocess.run(
            [sys.executable, "-m", "aikg", "vocabulary", "list", "--format", form],
            env={"AIKG_HOME": str(served.desk.home), "AIKG_ROOT": str(ROOT), "PATH": ""},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        if form == "csv":  # for programs: unchanged
            rows = csv.reader(io.StringIO(done.stdout, newline=""))
            assert f"{HIDDEN}{NASTY}" in {row[1] for row in rows}
        else:
            assert HIDDEN not in done.stdout
            assert "\u2028" not in done.stdout
        if form == "json":
            assert f"{HIDDEN}{NASTY}" in {row["title"] for row in json.loads(done.stdout)}


def test_submissions_and_restarts_go_on_beside_them(served: Served, tmp_path: Path) -> None:
    """A step changes the part of the version before the sign, other vocabularies the part after."""
    desk, home = served.desk, served.desk.home
    version = desk.version()
    assert desk.submit("beside").status == 201
    assert desk.step("publish", "beside/1").status == 200
    later = desk.version()
    named = desk.ask("GET", "/drug/exemestane?format=turtle", AIKG_Version=later)
    assert (named.status, named.headers["AIKG-Version"]) == (200, later)
    assert desk.ask("GET", "/health", AIKG_Version=version).status == 200  # an older one
    other = desk.ask("GET", "/health", AIKG_Version=f"{later}0")  # of other vocabularies
    assert other.status == 503
    assert later.partition("+")[2] == version.partition("+")[2]
    assert later.partition("+")[0] != version.partition("+")[0]
    counted(desk, home)
    assert served.desk.select(IN_L02B)
    copied = tmp_path / "copied"
    shutil.copytree(home, copied)
    assert desk.step("withdraw", "beside/1", why="for the test").status == 200
    counted(desk, home)
    own = replace(served.settings, home=copied)
    shelf = Shelf(own)
    steps: list[Callable[[], object]] = [
        lambda: shelf.remove("events"),
        lambda: shelf.add(FILES / "links.sssom.tsv", "", About(), False, lambda stage: None),
        lambda: shelf.remove("atc"),
    ]
    for step in steps:
        step()
    ensure_built(own)
    with opened(own, copied) as again:
        assert again.state("beside/1") == "published"
        assert again.version().partition("+")[0] == later.partition("+")[0]
        assert again.version() != later
        graphs = {row["g"] for row in again.select("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }")}
        vocabularies = {graph.rpartition("/")[2] for graph in graphs if "/vocabulary/" in graph}
        assert vocabularies == {"branches", "groups", "links", "nasty"}
        counted(again, copied)
