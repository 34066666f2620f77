"""Vocabularies of other providers: each format, what is left out, and each refusal."""

from __future__ import annotations

import gzip
import json
import random
import zipfile
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import CASES, ROOT

from aikg.description import void
from aikg.errors import VocabularyUnreadable
from aikg.links.identifiers import Prefixes, read_prefixes
from aikg.settings import Settings
from aikg.vocabularies import prepared, slices
from aikg.vocabularies.preparing import About, Bounds, Conditions, Original, prepare
from aikg.vocabularies.shelf import Shelf
from aikg.vocabularies.sorting import Sorter

FILES = CASES / "vocabularies"
OBO, SKOS = "http://purl.obolibrary.org/obo/", "http://www.w3.org/2004/02/skos/core#"
ATC = "http://www.whocc.no/atc_ddd_index/?code="
OPEN = "https://creativecommons.org/publicdomain/zero/1.0/"


def no_stage(stage: str) -> None:
    """Take no notice of a stage."""


@pytest.fixture(scope="module")
def prefixes() -> Prefixes:
    """The vocabularies that are known."""
    return read_prefixes(ROOT)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """The vocabularies of a new home."""
    return Shelf(Settings(ROOT, tmp_path / "home"))


def store_of(home: Path) -> ox.Store:
    """Load all vocabularies of a home beside one of our statements."""
    store = ox.Store()
    ours = ox.Quad(ox.NamedNode("https://w3id.org/aikg/drug/x"), ox.NamedNode("urn:p"),
                   ox.Literal("x"))  # fmt: skip
    store.extend([ours])
    store.extend(void.describe(store, "0"))
    prepared.load(store, home, prepared.heads(home), "1")
    return store


def rows(store: ox.Store, name: str, pattern: str) -> set[tuple[str, ...]]:
    """Return the values of a pattern in a vocabulary, in the order of the variables' names."""
    query = (
        f"PREFIX skos: <{SKOS}> PREFIX obo: <{OBO}> PREFIX owl: <http://www.w3.org/2002/07/owl#> "
        "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
        "PREFIX oio: <http://www.geneontology.org/formats/oboInOwl#> "
        f"SELECT * {{ GRAPH <{prepared.graph_of(name).value}> {{ {pattern} }} }}"
    )
    found = store.query(query)
    names = sorted(variable.value for variable in found.variables)
    return {tuple(row[name].value for name in names) for row in found}


@pytest.mark.parametrize(
    ("file", "title", "version", "licence", "left_out"),
    [
        (
            "events.obo",
            "Events for a test",
            "events/2026-11-30",
            "https://creativecommons.org/licenses/by/4.0/",
            {"clauses": 1, "imports": 1},
        ),
        (
            "groups.ttl",
            "Groups for a test",
            "1",
            OPEN,
            {"imports": 1, "statements about our addresses": 3},
        ),
        (
            "links.sssom.tsv",
            "links",
            "7",
            OPEN,
            {"rows whose identifiers are not known, or that deny a link": 2},
        ),
        ("groups.tsv", "groups", "", "", {}),
        ("atc.csv", "atc", "", "", {}),
        ("RXNCONSO.RRF", "rxnconso", "", "", {"rows of other sources, or suppressed": 1}),
    ],
)
def test_a_file_says_what_it_is(
    shelf: Shelf, file: str, title: str, version: str, licence: str, left_out: dict[str, int]
) -> None:
    """Title, version and licence come from the file; what is left out is counted."""
    head = shelf.add(FILES / file, "", About(), False, no_stage)
    assert (head.title, head.version, head.licence) == (title, version, licence)
    assert head.left_out == left_out
    assert head.passed_on == bool(licence)


def test_each_format_has_its_hierarchy_and_labels(shelf: Shelf, tmp_path: Path) -> None:
    """OBO as OBO tools translate it, SKOS as it is, ATC by its codes, RxNorm by its relations."""
    with zipfile.ZipFile(tmp_path / "rxnorm.zip", "w") as archive:
        for name in ("RXNREL.RRF", "RXNCONSO.RRF"):
            archive.write(FILES / name, f"rrf/{name}")
        archive.writestr("rrf/RXNSAT.RRF", "not read")
    for file in ("events.obo", "groups.ttl", "atc.csv", "links.sssom.tsv", "groups.tsv"):
        shelf.add(FILES / file, file.partition(".")[0] + file[-3:], About(), False, no_stage)
    shelf.add(tmp_path / "rxnorm.zip", "", About(), False, no_stage)
    store = store_of(tmp_path / "home")
    below = rows(store, "eventsobo", "?t rdfs:subClassOf+ obo:MONDO_0004995 ; rdfs:label ?name")
    assert below == {
        ("venous thromboembolism", f"{OBO}MONDO_0005399"),
        ("Term without a link", f"{OBO}MONDO_9999998"),
    }
    term = "obo:MONDO_0005399"
    assert rows(store, "eventsobo", f"{term} obo:IAO_0000115 ?d ; oio:hasExactSynonym ?s ; "
                f"oio:hasDbXref ?x ; <{OBO}events#part_of> ?part") == {
        ("A clot in a vein.", f"{OBO}OTHER_1", "Clot in a vein", "X:2")
    }  # fmt: skip
    assert rows(store, "eventsobo", f"?old obo:IAO_0100001 {term} ; owl:deprecated true") == {
        (f"{OBO}MONDO_9999999",)
    }
    # The provider's address of a term becomes that of our links.
    assert rows(store, "groupsttl", "?t skos:broader/skos:prefLabel ?name") == {
        ("Aromatase Inhibitor", f"{OBO}NCIT_C1607")
    }
    assert rows(store, "atccsv", f"?t skos:broader+ <{ATC}L02B> ; skos:prefLabel ?name") == {
        ("group L02BG", f"{ATC}L02BG"),
        ("anastrozole", f"{ATC}L02BG03"),
        ("letrozole", f"{ATC}L02BG04"),
        ("group L02BA", f"{ATC}L02BA"),
        ("tamoxifen", f"{ATC}L02BA01"),
    }
    assert rows(store, "linkstsv", "?s skos:exactMatch ?o . ?o rdfs:label ?name") == {
        ("a term of its own", "http://example.org/own/1", f"{OBO}MONDO_0005399")
    }
    assert rows(store, "groupstsv", "<http://example.org/a> skos:broader ?o") == {
        ("http://example.org/b",),
        ("http://example.org/c",),
    }
    assert rows(store, "groupstsv", "?old owl:deprecated true") == {("http://example.org/old",)}
    assert {row[:1] for row in rows(store, "rxnorm", "?t skos:broader/skos:prefLabel ?name")} == {
        ("letrozole",)
    }


def test_a_list_of_records_is_read_piece_by_piece(shelf: Shelf, tmp_path: Path) -> None:
    """The same terms, wherever a piece of the file ends."""
    names = [f"disease {number} {'é' * (number % 90)}" for number in range(2000)]
    records = [{"id": f"MONDO:{1000000 + n}", "name": name, "synonyms": [name.upper()],
                "relations": {"is_a": [f"MONDO:{1000000 + n // 2}"]}} for n, name in
               enumerate(names)]  # fmt: skip
    path = tmp_path / "mondo.json"
    path.write_text(json.dumps(records, indent=1, ensure_ascii=False), encoding="utf-8")
    assert path.stat().st_size > 5 * 65536
    shelf.add(path, "", About(), False, no_stage)
    found = rows(store_of(tmp_path / "home"), "mondo", "?t skos:prefLabel ?l ; skos:altLabel ?s")
    assert {row[0] for row in found} == set(names)


def test_the_figures_are_those_of_a_count(shelf: Shelf, tmp_path: Path) -> None:
    """The count made while a vocabulary is written equals a count of the whole graph."""
    for file in ("events.obo", "groups.ttl", "atc.csv", "links.sssom.tsv"):
        shelf.add(FILES / file, "", About(), bool(shelf.heads()), no_stage)
    store = store_of(tmp_path / "home")
    said = set(store.quads_for_pattern(None, None, None, void.GRAPH))
    counted = set(void.describe(store, "1"))
    assert (said - counted, counted - said) == (set(), set())


def test_vocabularies_come_and_go_in_any_order(shelf: Shelf, tmp_path: Path) -> None:
    """After each step the loaded graphs and the version depend on what is there, and no more."""
    files = {"events": "events.obo", "groups": "groups.ttl", "atc": "atc.csv"}
    home, present, versions = tmp_path / "home", set[str](), dict[frozenset[str], str]()
    order = random.Random(24)
    for _ in range(14):
        name = order.choice(sorted(files))
        if name in present:
            shelf.remove(name)
        else:
            shelf.add(FILES / files[name], "", About(), False, no_stage)
        present ^= {name}
        shelf.prepare()
        store = store_of(home)
        graphs = {graph.value.rpartition("/")[2] for graph in store.named_graphs()
                  if "/vocabulary/" in graph.value}  # fmt: skip
        assert graphs == present == {head.name for head in shelf.heads()}
        version = prepared.version_with("1", shelf.heads())
        assert versions.setdefault(frozenset(present), version) == version
        assert list(store.quads_for_pattern(None, None, None, ox.DefaultGraph())) != []
    assert len(set(versions.values())) == len(versions) > 4


def test_a_file_that_is_put_into_the_folder_is_read(tmp_path: Path) -> None:
    """The operator needs no command; only what has changed is made ready again."""
    folder = tmp_path / "mounted"
    folder.mkdir()
    shelf = Shelf(replace(Settings(ROOT, tmp_path / "home"), vocabularies=str(folder)))
    (tmp_path / "home").mkdir()
    (folder / "README").write_text("for people")
    (folder / "LICENSE.txt").write_text("for lawyers")
    packed = gzip.compress((FILES / "events.obo").read_bytes())
    (folder / "Events 2026.obo.gz").write_bytes(packed)
    stages: list[str] = []
    (head,) = shelf.prepare(stages.append)
    assert (head.name, head.file, head.terms) == ("events-2026", "Events 2026.obo.gz", 7)
    assert stages[-1] == "vocabulary events-2026: 100%"
    stages.clear()
    assert shelf.prepare(stages.append) == [head]
    assert stages == []
    (folder / "Events 2026.obo.gz").unlink()
    assert shelf.prepare() == []
    assert not list(prepared.folder(tmp_path / "home").glob("*"))


def test_the_part_around_our_links_is_their_terms_and_all_above(
    prefixes: Prefixes, tmp_path: Path
) -> None:
    """A term that none of our nodes leads to is left out, and the description stays."""
    conditions = Conditions(prefixes, {f"{OBO}MONDO_0005399"}, Bounds(10_000, 1000))
    original = Original(FILES / "events.obo", "slice", About(around_links=True))
    head = prepare(original, conditions, tmp_path)
    assert (head.title, head.around_links) == ("Events for a test", True)
    store = store_of(tmp_path)
    assert {name for name, _ in rows(store, "slice", "?t rdfs:label ?name")} == {
        "disease",
        "cardiovascular disorder",
        "venous thromboembolism",
    }


def test_our_links_lead_into_real_codes(prefixes: Prefixes) -> None:
    """The addresses of the tables are those that the readers make."""
    assert {f"{OBO}MONDO_0005399", f"{ATC}L02BG03"} <= slices.linked(ROOT, prefixes)


@pytest.mark.parametrize(
    ("licence", "chosen", "passed_on"),
    [
        (OPEN, None, True),
        ("https://creativecommons.org/licenses/by-sa/3.0/", None, True),
        ("CC-BY-4.0", None, True),
        ("https://creativecommons.org/licenses/by-nc/4.0/", None, False),
        ("https://creativecommons.org/licenses/by-nd/4.0/", None, False),
        ("https://example.org/terms", None, False),
        ("", None, False),
        ("https://example.org/terms", True, True),
        (OPEN, False, False),
    ],
)
def test_only_a_licence_that_is_known_as_open_passes_on(
    shelf: Shelf, licence: str, chosen: bool | None, passed_on: bool
) -> None:
    """The operator may choose otherwise, both ways."""
    about = About(licence=licence, passed_on=chosen)
    assert shelf.add(FILES / "groups.tsv", "", about, False, no_stage).passed_on == passed_on


def test_atc_is_never_passed_on(shelf: Shelf) -> None:
    """Its licence forbids it, whatever the operator writes."""
    open_ = About(licence=OPEN)
    assert not shelf.add(FILES / "atc.csv", "", open_, False, no_stage).passed_on
    with pytest.raises(VocabularyUnreadable, match="licence forbids passing it on"):
        shelf.add(FILES / "atc.csv", "b", About(passed_on=True), False, no_stage)


def test_many_lines_are_sorted_in_runs(tmp_path: Path) -> None:
    """The same as one sort in memory, each line once."""
    numbers = [f"{random.Random(i).randrange(400)}\n".encode() for i in range(1000)]
    sorter = Sorter(tmp_path, run=64)
    for start in range(0, 1000, 30):
        sorter.add(numbers[start : start + 30])
    assert list(sorter.merged()) == sorted(set(numbers))
