"""Files that are not vocabularies, or too large, or badly named: each refusal with its message."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import CASES, ROOT

from aikg.cli import main
from aikg.errors import SettingError, UnknownVocabulary, VocabularyUnreadable
from aikg.settings import Settings
from aikg.vocabularies import prepared
from aikg.vocabularies.preparing import About
from aikg.vocabularies.shelf import NOTES, Shelf

FILES = CASES / "vocabularies"


def no_stage(stage: str) -> None:
    """Take no notice of a stage."""


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """The vocabularies of a new home."""
    return Shelf(Settings(ROOT, tmp_path / "home"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.doc", "x", r"x\.doc ends in \.doc\."),
        ("x.obo", "format-version: 1.2\n\n[Term]\nid: X:1\nname x\n", r"^x\.obo:5: .* OBO: "),
        ("x.ttl", "<urn:a> <urn:b> <urn:c> .\n\ndisease", r"^x\.ttl:3: .* Turtle: "),
        ("x.nt", "<urn:a> <urn:b> <urn:c> .\nx y z .\n", r"^x\.nt:2: .* N-Triples: "),
        ("x.owl", "<rdf:RDF xmlns:rdf='urn:r'>\n<a>\n</rdf:RDF>", r"^x\.owl:[23]: .*RDF/XML"),
        ("x.rdf", "<html>\n<p>\nnothing", r"^x\.rdf:\d: .*RDF/XML"),
        ("x.json", '[\n{"id": }]', r"^x\.json:2: .*a list of records: "),
        ("x.json", '{"id": 1}', r"^x\.json:1: it is not a list of records"),
        ("x.json", '[{"id": "a"},\n 7]', r"^x\.json:2: it is not a list of records"),
        ("x.json", '[{"id": "a"}\n {"id": "b"}]', r"^x\.json:2: it has no comma"),
        ("x.json", '[{"id": "a"},\n\n]', r"^x\.json:3: it has a comma, and no record"),
        ("x.json", '[{"id": "a"}]\n[]', r"^x\.json:2: it has more after the list"),
        ("x.json", '[\n{"id": "a"}', r"^x\.json:2: it has no comma"),
        ("x.tsv", 'id\tname\nHP:1\t"x\nHP:2\ty\n', r"^x\.tsv:\d: .*a table: "),
        ("x.tsv", b"id\tname\nHP:0000001\t\xff\n", r"^x\.tsv:2: .*a table: .*utf-8"),
        ("x.tsv", "#a: [\nsubject_id\n", r"^x\.tsv:\d: the metadata are not YAML"),
        ("x.tsv", "id\tname\n1\tx\n", r"^x\.tsv is not a vocabulary: 0 statements were read, left "
         r"out, 1 rows whose identifier is not known"),
        ("x.RRF", "1|ENG\n", r"^x\.RRF:1: of RxNorm's files only"),
        ("RXNCONSO.RRF", "1|ENG|x|\n", r"^RXNCONSO\.RRF:1: the line has 4 columns, and not 18"),
        ("x.ttl", "<urn:a> <urn:b> <urn:c> .\n", r"^x\.ttl is not a vocabulary: 1 statements"),
        ("x.ttl", "", r"^x\.ttl is not a vocabulary: 0 statements were read\."),
        ("x.obo.gz", b"not gzip", r"^x\.obo\.gz cannot be unpacked: "),
        ("x.obo.gz", gzip.compress(b"format-version: 1.2\n" * 99, mtime=0)[:40],
         r"^x\.obo\.gz cannot be unpacked: "),
        ("x.zip", b"PK nothing", r"^x\.zip cannot be unpacked: "),
        ("x.ttl", "<https://w3id.org/aikg/drug/x> <urn:p> 'x' .", r"0 statements were read, left "
         r"out, 1 statements about our addresses\."),
    ],
)  # fmt: skip
def test_a_file_that_is_not_a_vocabulary_is_refused_with_its_line(
    shelf: Shelf, tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    """The message has place and reason, and nothing is left behind."""
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(VocabularyUnreadable, match=message) as raised:
        shelf.add(path, "", About(), False, no_stage)
    assert raised.value.advice
    assert shelf.prepare() == shelf.heads() == []
    assert not list(prepared.folder(tmp_path / "home").glob("*"))
    shelf.folder.mkdir()
    path.rename(shelf.folder / name)
    with pytest.raises(VocabularyUnreadable, match=message):
        shelf.prepare()


def zipped(folder: Path, files: dict[str, bytes]) -> Path:
    """Write an archive."""
    with zipfile.ZipFile(folder / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return folder / "x.zip"


def packed(folder: Path, files: dict[str, bytes]) -> Path:
    """Write the one file with gzip."""
    ((name, content),) = files.items()
    (folder / f"{name}.gz").write_bytes(gzip.compress(content))
    return folder / f"{name}.gz"


def plain(folder: Path, files: dict[str, bytes]) -> Path:
    """Write the one file as it is."""
    ((name, content),) = files.items()
    (folder / name).write_bytes(content)
    return folder / name


@pytest.mark.parametrize("write", [plain, packed, zipped])
@pytest.mark.parametrize("file", ["events.obo", "groups.ttl", "atc.csv", "vocabulary.owl"])
def test_what_unpacks_to_more_than_the_bound_is_refused(
    tmp_path: Path, write: Callable[[Path, dict[str, bytes]], Path], file: str
) -> None:
    """The bytes are counted while they are unpacked; exactly at the bound all is well."""
    place = CASES / "links" / file if file == "vocabulary.owl" else FILES / file
    content = place.read_bytes()
    path = write(tmp_path, {file: content})
    settings = Settings(ROOT, tmp_path / "home", vocabulary_bytes=len(content))
    Shelf(settings).add(path, "all", About(), False, no_stage)
    less = replace(settings, vocabulary_bytes=len(content) - 1)
    with pytest.raises(VocabularyUnreadable, match=f"more than {len(content) - 1} bytes") as raised:
        Shelf(less).add(path, "less", About(), False, no_stage)
    assert "AIKG_VOCABULARY_BYTES" in raised.value.advice


def test_more_triples_than_the_bound_are_refused(tmp_path: Path) -> None:
    """The bound counts what would be loaded, so a part may pass where the whole does not."""
    settings = Settings(ROOT, tmp_path / "home", vocabulary_triples=10)
    with pytest.raises(VocabularyUnreadable, match="more than 10 triples") as raised:
        Shelf(settings).add(FILES / "atc.csv", "", About(), False, no_stage)
    assert "AIKG_VOCABULARY_TRIPLES" in raised.value.advice


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.obo": b"x", "b.obo": b"x"}, "has 2 files, so it is not clear"),
        ({}, "has 0 files"),
        ({"a.pdf": b"x"}, r"ends in \.pdf, by the file x\.zip/a\.pdf in it"),
    ],
)
def test_an_archive_has_one_file(
    shelf: Shelf, tmp_path: Path, files: dict[str, bytes], message: str
) -> None:
    """Which file of several is the vocabulary is not guessed."""
    with pytest.raises(VocabularyUnreadable, match=message):
        shelf.add(zipped(tmp_path, files), "", About(), False, no_stage)


def test_a_name_is_taken_once(shelf: Shelf, tmp_path: Path) -> None:
    """Another file of the name needs --replace; a refused one leaves the first."""
    first = shelf.add(FILES / "events.obo", "x", About(), False, no_stage)
    with pytest.raises(VocabularyUnreadable, match=r"is called 'x': x\.obo"):
        shelf.add(FILES / "atc.csv", "x", About(), False, no_stage)
    with pytest.raises(VocabularyUnreadable, match="not a valid name"):
        shelf.add(FILES / "atc.csv", "../x", About(), False, no_stage)
    (tmp_path / "bad.ttl").write_text("bad")
    with pytest.raises(VocabularyUnreadable, match="cannot be read"):
        shelf.add(tmp_path / "bad.ttl", "x", About(), True, no_stage)
    assert shelf.heads() == shelf.prepare() == [first]
    second = shelf.add(FILES / "atc.csv", "x", About(title="codes"), True, no_stage)
    assert shelf.prepare() == [second]
    assert sorted(path.name for path in shelf.folder.iterdir()) == ["x.csv", f"x.csv{NOTES}"]
    (shelf.folder / "X.ttl").write_text("")
    with pytest.raises(VocabularyUnreadable, match=r"X\.ttl and x\.csv both make"):
        shelf.prepare()


def test_what_is_missing_is_named(shelf: Shelf, tmp_path: Path) -> None:
    """A name, a file, the folder, and the notes."""
    with pytest.raises(UnknownVocabulary, match="'x'") as raised:
        shelf.remove("x")
    assert raised.value.advice == "The vocabularies: none."
    with pytest.raises(VocabularyUnreadable, match="is not a file"):
        shelf.add(tmp_path / "nothing.obo", "", About(), False, no_stage)
    away = replace(Settings(ROOT, tmp_path), vocabularies=str(tmp_path / "away"))
    with pytest.raises(SettingError, match="is not a folder"):
        Shelf(away).prepare()
    for occupied in (tmp_path / "home" / "prepared", shelf.folder):
        occupied.parent.mkdir(exist_ok=True)
        occupied.write_text("in the way")
        with pytest.raises(SettingError, match="cannot be written"):
            shelf.add(FILES / "events.obo", "", About(), False, no_stage)
        occupied.unlink()
    shelf.add(FILES / "events.obo", "", About(), False, no_stage)
    (shelf.folder / f"events.obo{NOTES}").write_text(json.dumps({"colour": "red"}))
    with pytest.raises(VocabularyUnreadable, match=r"events\.obo\.about\.json is not valid"):
        shelf.prepare()


def test_the_commands_add_list_and_remove(tmp_path: Path) -> None:
    """The numbers read, left out and kept are reported; a mistake has a line and status 1."""

    def run(*words: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(
            main, ["vocabulary", *words], env={"AIKG_HOME": str(tmp_path), "AIKG_ROOT": str(ROOT)}
        )
        return done.exit_code, done.stdout, " ".join(done.stderr.split())

    status, said, _ = run("add", str(FILES / "events.obo"), "--name", "mine", "--around-links")
    assert status == 0
    assert "mine: Events for a test, " in said
    assert "left out: 1 imports" in said
    assert "not passed on" not in said
    assert "not passed on" in run("add", str(FILES / "atc.csv"))[1]
    listed = json.loads(run("list", "--format", "json")[1])
    assert {row["name"]: row["passed_on"] for row in listed} == {"atc": "no", "mine": "yes"}
    assert run("remove", "mine")[:2] == (0, "mine: mine.obo is deleted\n")
    status, _, why = run("remove", "mine")
    assert status == 1
    assert "error: No vocabulary is called 'mine'. do: The vocabularies: atc." in why
    (tmp_path / "x.ttl").write_text("<urn:a> <urn:b> .\n")
    status, _, why = run("add", str(tmp_path / "x.ttl"))
    assert status == 1
    assert "error: x.ttl:1: this cannot be read as Turtle: " in why
