"""The links held against vocabulary files, and how far they reach."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import CASES, ROOT

from aikg.errors import MappingInvalid, VocabularyUnreadable
from aikg.files.turtle import Statement
from aikg.links.identifiers import Prefixes, read_prefixes
from aikg.links.records import Mapping, read_mappings
from aikg.names import PREFIXES
from aikg.vocabularies.terms import Term, read_vocabulary
from tools import mapping_tables

FILES = CASES / "links"


@pytest.fixture(scope="module")
def prefixes() -> Prefixes:
    """The vocabularies that are known."""
    return read_prefixes(ROOT)


@pytest.fixture(scope="module")
def rows() -> list[Mapping]:
    """The mapping tables of the repository."""
    return read_mappings(ROOT, read_prefixes(ROOT))


@pytest.mark.parametrize(
    "name",
    [
        "vocabulary.obo",
        "vocabulary.ttl",
        "vocabulary.owl",
        "vocabulary.tsv",
        "mondo.csv",
        "mondo.json",
    ],
)
def test_a_vocabulary_is_read_in_each_form(prefixes: Prefixes, name: str) -> None:
    """Labels and what is obsolete are the same, whatever the form."""
    terms = read_vocabulary(FILES / name, prefixes)
    assert terms[prefixes.parse("MONDO:0000001")].label == "disease"
    assert not terms[prefixes.parse("MONDO:0000001")].obsolete
    assert terms[prefixes.parse("MONDO:0000002")].obsolete


@pytest.mark.parametrize("name", ["vocabulary.obo", "vocabulary.ttl", "vocabulary.owl"])
def test_what_replaces_an_obsolete_term_is_known(prefixes: Prefixes, name: str) -> None:
    """An ontology says what to use instead, also of a number that was merged."""
    terms = read_vocabulary(FILES / name, prefixes)
    for number in ("0000002", "0000009"):
        obsolete = terms[prefixes.parse(f"MONDO:{number}")]
        assert prefixes.parse(obsolete.replaced_by).curie == "MONDO:0000001"


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("nothing.obo", None, "cannot be read"),
        ("x.doc", "x", "ends in .doc"),
        ("x.obo", "[Term]\nname disease\n", "cannot be read"),
        ("x.ttl", "disease", "cannot be read"),
        ("x.json", '{"id": 1}', "not a list of records"),
        ("x.json", "[", "cannot be read"),
        ("x.tsv", "0000001\tdisease\n", "has no term of a vocabulary that is known"),
        ("x.tsv", "?cls\t?replCls\n<http://example.org/1>\t\n", "has no term of a vocabulary"),
        (
            "x.owl",
            '<?xml version="1.0"?>\n<Ontology xmlns="http://www.w3.org/2002/07/owl#"\n><Class>',
            "x.owl:3: it is not well-formed OWL/XML",
        ),
    ],
)
def test_a_file_that_is_no_vocabulary_is_said_so(
    tmp_path: Path, prefixes: Prefixes, name: str, content: str | None, complaint: str
) -> None:
    """The fault of the file, and what to do."""
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(VocabularyUnreadable) as raised:
        read_vocabulary(tmp_path / name, prefixes)
    assert complaint in str(raised.value)
    assert raised.value.advice


@pytest.mark.parametrize(
    ("number", "label", "level", "complaint"),
    [
        ("0000001", "disease", None, ""),
        (
            "0000001",
            "Disease",
            mapping_tables.NOTE,
            "called 'disease' in v.obo, and 'Disease' in the row",
        ),
        ("0000001", "disorder", mapping_tables.NOTE, "called 'disease' in v.obo, and 'disorder'"),
        (
            "0000001",
            "ailment",
            mapping_tables.FIX,
            "called 'disease' in v.obo, and 'ailment' in the row",
        ),
        ("0000002", "ailment", mapping_tables.FIX, "is obsolete in v.obo; use MONDO:0000001"),
        ("0000009", "disease", mapping_tables.FIX, "is obsolete in v.obo; use MONDO:0000001"),
        ("0000007", "disease", mapping_tables.FIX, "MONDO:0000007 is in none of the files"),
    ],
)
def test_a_row_that_has_drifted_is_named(
    prefixes: Prefixes,
    rows: list[Mapping],
    number: str,
    label: str,
    level: str | None,
    complaint: str,
) -> None:
    """Absent, obsolete and renamed are kept apart; case and synonyms are only noted."""
    term = prefixes.parse(f"MONDO:{number}")
    row = replace(rows[0], object=term, object_label=label, place="here:1")
    terms = read_vocabulary(FILES / "vocabulary.obo", prefixes)
    remarks = list(mapping_tables.compare([row], {"v.obo": terms}))
    assert [remark.level for remark in remarks] == ([level] if level else [])
    assert all(complaint in r.message and r.place == "here:1" for r in remarks)


def test_a_list_of_obsolete_terms_says_nothing_of_others(
    prefixes: Prefixes, rows: list[Mapping]
) -> None:
    """Ontologies report so what they gave up; a term that is not in it is in force."""
    ended = read_vocabulary(FILES / "obsoletes.tsv", prefixes)
    old, other = (
        replace(rows[0], object=prefixes.parse(f"MONDO:{number}"), object_label="x")
        for number in ("0000002", "0000007")
    )
    (remark,) = mapping_tables.compare([old, other], {"obsoletes.tsv": ended})
    assert remark.message == "MONDO:0000002 is obsolete in obsoletes.tsv; use MONDO:0000001."


def test_a_merged_number_of_a_record_is_obsolete(prefixes: Prefixes, tmp_path: Path) -> None:
    """As `alt_ids` of the term into which it was merged."""
    path = tmp_path / "mondo.json"
    path.write_text('[{"id": "0000001", "name": "disease", "alt_ids": ["MONDO:0000009"]}]')
    terms = read_vocabulary(path, prefixes)
    merged = terms[prefixes.parse("MONDO:0000009")]
    assert (merged.obsolete, merged.replaced_by) == (True, "MONDO:0000001")


def test_several_files_may_hold_one_vocabulary(prefixes: Prefixes, rows: list[Mapping]) -> None:
    """What one part lacks may stand in another."""
    row = replace(rows[0], object=prefixes.parse("MONDO:0000001"), object_label="disease")
    terms = read_vocabulary(FILES / "vocabulary.obo", prefixes)
    part = {key: term for key, term in terms.items() if key != row.object}
    part[prefixes.parse("MONDO:0000003")] = Term(label="another")
    assert list(mapping_tables.compare([row], {"a": part, "b": terms})) == []
    assert [r.level for r in mapping_tables.compare([row], {"a": part})] == [mapping_tables.FIX]


def test_the_command_ends_with_one_where_a_row_must_be_mended(tmp_path: Path) -> None:
    """A pipeline sees it; without files only the tables themselves are checked."""
    done = CliRunner().invoke(mapping_tables.main, ["check", str(FILES / "vocabulary.obo")])
    assert done.exit_code == 1
    assert "is in none of the files" in done.output
    assert CliRunner().invoke(mapping_tables.main, ["check"]).exit_code == 0
    missing = CliRunner().invoke(mapping_tables.main, ["coverage", "--missing"])
    assert "people of a trial or a review" in missing.output


def test_coverage_counts_every_row(rows: list[Mapping], statements: list[Statement]) -> None:
    """Tables, vocabularies and exact rows add up."""
    found = mapping_tables.count(rows)
    assert sum(c.rows for c in found) == len(rows)
    assert all(0 <= c.exact <= c.rows and 0 < c.entities <= c.rows for c in found)
    reach = mapping_tables.reach(mapping_tables.entities(statements), rows)
    assert [kind for kind, *_ in reach] == list(mapping_tables.KINDS)
    assert all(exact <= linked <= every for _, every, linked, exact in reach)


@pytest.fixture(scope="module")
def statements(ontology: list[Statement], data: list[Statement]) -> list[Statement]:
    """All that the repository's files state."""
    return [*ontology, *data]


def test_who_has_no_link_has_a_reason(rows: list[Mapping], statements: list[Statement]) -> None:
    """Nobody is left out without a word; no reason is left over."""
    reasons = mapping_tables.read_reasons(ROOT)
    missing = mapping_tables.unlinked(mapping_tables.entities(statements), rows, reasons)
    assert [name for name, _, reason in missing if reason == mapping_tables.NO_REASON] == []
    assert {row.reason for row in reasons} == {reason for *_, reason in missing}
    assert not {name for name, *_ in missing if name.startswith(("drug:", "target:"))}


def test_a_reason_without_a_pattern_is_named(tmp_path: Path) -> None:
    """The message has the line."""
    path = tmp_path / mapping_tables.REASONS
    path.parent.mkdir(parents=True)
    path.write_text("pattern\treason\noutcome:*\n")
    with pytest.raises(MappingInvalid, match=r"unlinked.tsv:2: "):
        mapping_tables.read_reasons(tmp_path)


def test_the_page_has_the_coverage_that_the_program_counts(
    rows: list[Mapping], statements: list[Statement]
) -> None:
    """The two tables of docs/reference/links.md are those of `tools/mapping_tables.py coverage`."""
    page = (ROOT / "docs" / "reference" / "links.md").read_text()
    for kind, _, linked, exact in mapping_tables.reach(mapping_tables.entities(statements), rows):
        assert f"| `{kind}` | {linked} | {exact} |" in page
    by_table: dict[str, list[str]] = {}
    for c in mapping_tables.count(rows):
        by_table.setdefault(c.kind, []).append(f"{c.vocabulary} {c.exact}/{c.rows}")
    for table, cells in by_table.items():
        assert f"| `{table}` | {', '.join(cells)} |" in page
    for row in mapping_tables.read_reasons(ROOT):
        assert row.reason in page
    assert PREFIXES["graph"] + "mappings/drugs" in page
