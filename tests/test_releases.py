"""Releases: written twice with the same bytes, compared, served for reading, and purged."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
import urllib.parse
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import pyoxigraph as ox
import pytest
import yaml
from conftest import ROOT
from desk import Desk, desk  # noqa: F401  the fixture
from pyhornedowl import open_ontology

from aikg.build import Built
from aikg.errors import ReleaseRefused, UnknownRelease
from aikg.ledger import records
from aikg.releases import content, difference, nanopublications
from aikg.releases.artefacts import SUMS
from aikg.releases.content import Content
from aikg.releases.shelf import Shelf
from aikg.settings import Settings

WHY = "the authors asked for it"
COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?finding a <https://w3id.org/aikg/ontology/Finding> }"


@dataclass
class Shelved:
    """A server with three releases: without a submission, with it, and after its withdrawal."""

    desk: Desk
    shelf: Shelf
    settings: Settings

    def ask(self, version: str, query: str = COUNT) -> bytes:
        """Ask the endpoint of a release."""
        target = f"/releases/{version}/sparql?{urllib.parse.urlencode({'query': query})}"
        reply = self.desk.ask("GET", target + "&format=csv")
        assert reply.status == 200, reply.body
        return reply.body


@pytest.fixture(scope="module")
def shelved(desk: Desk, built: Built, settings: Settings) -> Shelved:
    """The releases are made while the server runs."""
    own = replace(settings, home=desk.home)
    shelf = Shelf(own)
    shelf.make("2026-11", "2026-11-30")
    assert desk.submit("released").status == 201
    assert desk.step("publish", "released/1").status == 200
    shelf.make("2026-12")
    assert desk.step("withdraw", "released/1", why=WHY).status == 200
    shelf.make("2027-01", "2027-01-31")
    return Shelved(desk, shelf, own)


def test_a_release_made_again_elsewhere_has_the_same_bytes(
    shelved: Shelved, settings: Settings, tmp_path: Path
) -> None:
    """Another process, seed of hashes, time zone and folder."""
    (tmp_path / "graph.nq").write_bytes(settings.graph.read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "aikg", "release", "2026-11", "--date", "2026-11-30"],
        env={"AIKG_HOME": str(tmp_path), "AIKG_ROOT": str(ROOT), "PATH": "", "TZ": "Asia/Tokyo",
             "PYTHONHASHSEED": "7"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    sums = (tmp_path / "releases" / "2026-11" / SUMS).read_bytes()
    assert sums == shelved.shelf.path("2026-11", SUMS).read_bytes()


def test_the_files_are_what_their_lists_say(shelved: Shelved) -> None:
    """Checksums in two lists, sizes, the crate, the day and the version."""
    folder = shelved.shelf.folder / "2026-12"
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    sums = shelved.shelf.files("2026-12")
    assert there == set(sums)
    for name, expected in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected
    store = ox.Store()
    store.load(path=str(folder / "dataset.ttl"), format=ox.RdfFormat.TURTLE)
    asked = (
        "PREFIX dcat: <http://www.w3.org/ns/dcat#> PREFIX spdx: <http://spdx.org/rdf/terms#> "
        "SELECT ?file ?size ?sum { ?r dcat:distribution ?file . ?file dcat:byteSize ?size ; "
        "spdx:checksum/spdx:checksumValue ?sum }"
    )
    for file, size, checksum in store.query(asked):  # type: ignore[union-attr]
        name = file.value.partition("/releases/2026-12/")[2]
        assert (int(size.value), checksum.value) == ((folder / name).stat().st_size, sums[name])
    crate = json.loads((folder / "ro-crate-metadata.json").read_text())["@graph"]
    by_id = {entity["@id"]: entity for entity in crate}
    listed = {part["@id"] for part in by_id["./"]["hasPart"]}
    assert listed == there - {SUMS, "ro-crate-metadata.json"}
    day = shelved.shelf.about("2026-12")["date"]
    citation = yaml.safe_load((folder / "CITATION.cff").read_text())
    assert (citation["version"], citation["date-released"]) == ("2026-12", day)
    assert by_id["./"]["datePublished"] == day == records.now()[:10]


def test_the_ontology_has_the_address_of_its_version(shelved: Shelved) -> None:
    """In Turtle and in RDF/XML; another program reads it."""
    for name in ("ontology.ttl", "ontology.owl"):
        assert b"releases/2026-12/ontology.ttl" in shelved.shelf.path("2026-12", name).read_bytes()
    path = shelved.shelf.path("2026-12", "ontology.owl")
    read = open_ontology(path.read_text(), serialization="rdf")
    assert str(read.get_version_iri()) == "https://w3id.org/aikg/releases/2026-12/ontology.ttl"
    assert len(read.get_classes()) > 30


def test_a_release_is_the_served_graph(shelved: Shelved) -> None:
    """Quad by quad; and it has every table with labels."""
    present = content.read(shelved.settings)
    assert shelved.shelf.content("2027-01").lines == present.lines
    table = shelved.shelf.path("2026-11", "tables/review-table-1.csv").read_text()
    assert len(table.splitlines()) == 9


def test_each_finding_and_claim_is_a_nanopublication(shelved: Shelved) -> None:
    """Four graphs, no blank node, and nothing else; the address of one answers with it alone."""
    path = shelved.shelf.path("2026-11", nanopublications.FILE)
    quads = list(ox.parse(gzip.decompress(path.read_bytes()), format=ox.RdfFormat.N_QUADS))
    assert not any(isinstance(t, ox.BlankNode) for q in quads for t in (q.subject, q.object))
    graphs: dict[str, Counter[str]] = defaultdict(Counter)
    for quad in quads:
        base, _, part = quad.graph_name.value.rpartition("/")  # type: ignore[union-attr]
        graphs[base][part] += 1
    parts = {"Head", "assertion", "provenance", "pubinfo"}
    assert all(set(one) == parts and one["Head"] == 4 for one in graphs.values())
    kinds = "{ VALUES ?k { aikg:Finding aikg:Claim } ?x a ?k }"
    asked = f"PREFIX aikg: <https://w3id.org/aikg/ontology/> SELECT DISTINCT ?x {kinds}"
    nodes = list(shelved.shelf.content("2026-11").store().query(asked))  # type: ignore[arg-type]
    assert len(nodes) == len(graphs)
    one = min(graphs)
    for address in (f"{one}/", f"{one}/assertion"):
        target = urllib.parse.urlsplit(address).path.removeprefix("/aikg")
        reply = shelved.desk.ask("GET", target)
        assert len(reply.body.splitlines()) == sum(graphs[one].values())
    assert shelved.desk.ask("GET", "/releases/2026-11/np/none/").status == 404


def test_an_older_release_gives_its_old_answer(shelved: Shelved) -> None:
    """One is open at a time; the others are opened when they are asked."""
    target = f"/sparql?{urllib.parse.urlencode({'query': COUNT})}&format=csv"
    present = shelved.desk.ask("GET", target).body
    answers = [shelved.ask(version) for version in ("2026-11", "2026-12", "2026-12", "2026-11")]
    assert answers == [present, answers[1], answers[1], present]
    assert answers[1] != present


def test_the_difference_says_who_and_why(shelved: Shelved) -> None:
    """In words, in JSON, and as RDF that makes one graph of the other."""
    older, newer = (shelved.shelf.content(version) for version in ("2026-11", "2026-12"))
    found = difference.compare(older, newer)
    assert {change.how for change in found.changes} == {"added"}
    text = shelved.shelf.path("2026-12", "CHANGES.md").read_text()
    assert "submission released/1 of Test submit, published by Test review" in text.replace(
        "\\", ""
    )
    listed = json.loads(shelved.shelf.path("2026-12", "changes.json").read_text())
    assert {change["kind"] for change in listed} >= {"Finding", "Study", "Arm"}
    gone = shelved.shelf.path("2027-01", "CHANGES.md").read_text()
    assert f"withdrawn by Test review: {WHY}" in gone
    patch = found.rdf().decode().splitlines()
    lines = set(older.lines) - {line[2:] for line in patch if line.startswith("D ")}
    assert sorted(lines | {line[2:] for line in patch if line.startswith("A ")}) == newer.lines


def test_a_changed_fact_has_both_values() -> None:
    """What it was, and what it is; nothing else is listed."""
    node, value = "<https://w3id.org/aikg/finding/x>", "<https://w3id.org/aikg/ontology/value>"
    kind = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    same = f"{node} {kind} <https://w3id.org/aikg/ontology/Finding> ."
    older, newer = (Content([same, f'{node} {value} "{n}" .'], "v") for n in ("1*2", "2"))
    (change,) = difference.compare(older, newer).changes
    assert (change.how, change.gone, change.come) == (
        "changed",
        ["aikg:value 1*2"],
        ["aikg:value 2"],
    )
    assert r"  - was: aikg:value 1\*2" in difference.words(
        difference.compare(older, newer), "a", "b"
    )
    assert difference.compare(older, older).changes == []


def test_what_is_not_a_release_is_refused(shelved: Shelved) -> None:
    """By name, by day, and where the content would change."""
    for name in ("latest", "2026-12/..", "2026-1", "2026-12.x", ""):
        with pytest.raises(ReleaseRefused):
            shelved.shelf.make(name, "2026-12-01")
    with pytest.raises(ReleaseRefused, match="content differs"):
        shelved.shelf.make("2026-12", "2026-12-02")
    with pytest.raises(ReleaseRefused, match="not a day"):
        shelved.shelf.make("2027-02", "1 May")
    with pytest.raises(UnknownRelease):
        shelved.shelf.content("2030-01")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/releases", 200), ("/releases/2026-12", 200), ("/releases/2026-12/void.ttl", 200),
        ("/releases/2026-12/tables/review-table-1.csv", 200), ("/releases/2030-01", 404),
        ("/releases/2030-01/sparql?query=ASK%7B%7D", 404), ("/releases/2026-12/no.ttl", 404),
        ("/releases/2026-12/..%2f..%2fledger.db", 404), ("/releases/..%2f..", 404),
        ("/releases/2026-12/sparql", 400), ("/releases/2026-12/sparql?update=x", 403),
    ],
)  # fmt: skip
def test_the_addresses_of_releases(shelved: Shelved, path: str, status: int) -> None:
    """Files of a list only; as a page and as data."""
    for accept in ("text/html", "application/json"):
        reply = shelved.desk.ask("GET", path, Accept=accept)
        assert reply.status == status, reply.body
        assert b"Traceback" not in reply.body


def test_a_purge_rewrites_each_release_that_has_the_submission(shelved: Shelved) -> None:
    """Its words and its sender are gone from all files; other releases keep their bytes."""
    shelf = shelved.shelf
    before = {v: shelf.path(v, SUMS).read_bytes() for v in shelf.versions()}
    assert b"submission/released" in gzip.decompress(
        shelf.path("2026-12", "aikg-2026-12.nq.gz").read_bytes()
    )
    assert shelved.desk.step("purge", "released/1", "admin").status == 200
    about = shelf.about("2026-12")
    assert about["purged"] == records.now()[:10]
    assert about["checksum_before"] == hashlib.sha256(before["2026-12"]).hexdigest()
    for version in shelf.versions():
        for name in shelf.files(version):
            raw = shelf.path(version, name).read_bytes()
            text = gzip.decompress(raw) if name.endswith(".gz") else raw
            assert b"Test submit" not in text, (version, name)
            assert b"submission/released/" not in text, (version, name)
    assert shelf.path("2026-11", SUMS).read_bytes() == before["2026-11"]
    target = f"/sparql?{urllib.parse.urlencode({'query': COUNT})}&format=csv"
    assert shelved.ask("2026-12") == shelved.desk.ask("GET", target).body
    listed = json.loads(shelved.desk.ask("GET", "/releases", Accept="application/json").body)
    assert [one.get("purged") is not None for one in listed["releases"]] == [True, True, False]
    assert sorted(path.name for path in shelf.folder.iterdir()) == shelf.versions()
