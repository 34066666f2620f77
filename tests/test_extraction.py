"""The extraction sheet: a trialist fills it, and each mistake is reported with its cell."""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
from xml.sax.saxutils import escape

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from aikg.errors import AikgError, SubmissionMalformed, SubmissionTooLarge
from aikg.intake import extraction, template
from aikg.intake.columns import COLUMNS, HEADINGS
from aikg.intake.examination import examine, read
from aikg.intake.submission import Limits
from aikg.intake.texts import Examined
from aikg.intake.verdict import Rules
from aikg.names import BASE, PREFIXES

#: The example row, of another trial, so that it is evidence.
ROW = {c.heading: c.example.replace("EXAMPLE-1", "TOY") for c in COLUMNS if c.example}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
AIKG, RDFS = PREFIXES["aikg"], PREFIXES["rdfs"]


@pytest.fixture(scope="module")
def held(shipped: ox.Store, rules: Rules):
    """Examine a table against the graph."""

    def examined(body: bytes, media_type: str = "text/csv", limits: Limits | None = None):
        return examine(
            shipped,
            body,
            media_type=media_type,
            file="toy.csv",
            name="toy",
            rules=rules,
            limits=limits,
        )

    return examined


def as_csv(*rows: dict[str, str], headings=HEADINGS, separator: str = ",") -> bytes:
    """Write rows as CSV, empty where they say nothing."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, headings, restval="", delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_xlsx(rows: list[dict[str, object]], merge: str = "", book: Workbook | None = None) -> bytes:
    """Write rows as a workbook."""
    book = book or Workbook()
    sheet = book.active
    for at, heading in enumerate(HEADINGS, start=1):
        sheet.cell(1, at, heading)
        for number, row in enumerate(rows, start=2):
            sheet.cell(number, at, row.get(heading))
    if merge:
        sheet.merge_cells(merge)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def as_ods(rows: list[dict[str, str]]) -> bytes:
    """Write rows as an OpenDocument spreadsheet: cells of text, and numbers with what is shown."""
    office, table, text = (
        f"urn:oasis:names:tc:opendocument:xmlns:{n}:1.0" for n in ("office", "table", "text")
    )
    lines = []
    for row in [dict(zip(HEADINGS, HEADINGS, strict=True)), *rows]:
        cells = []
        for heading in HEADINGS:
            shown = escape(row.get(heading, ""))
            number = shown.replace(".", "", 1).isdigit()
            kind = f' office:value-type="float" office:value="{shown}"' if number else ""
            cells.append(f"<table:table-cell{kind}><text:p>{shown}</text:p></table:table-cell>")
        lines.append(f"<table:table-row>{''.join(cells)}</table:table-row>")
    content = (
        f'<office:document-content xmlns:office="{office}" xmlns:table="{table}" '
        f'xmlns:text="{text}"><office:body><office:spreadsheet><table:table table:name="Figures">'
        f"{''.join(lines)}"
        f'<table:table-row table:number-rows-repeated="9"><table:table-cell '
        f'table:number-columns-repeated="4"/></table:table-row></table:table>'
        f"</office:spreadsheet></office:body></office:document-content>"
    )
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
    return written.getvalue()


def told(examined: Examined) -> list[tuple[str, int | None, str | None]]:
    """Return rule, row and column of each finding that blocks."""
    return [(f.code, f.place.line, f.place.heading) for f in examined.report.findings if f.blocks]


def test_the_example_fits_once_it_is_of_a_trial(held) -> None:
    """The example row is evidence but for its trial's name; under that it is refused."""
    assert told(held(as_csv(ROW))) == []
    short = {h: text.replace("EXAMPLE-1", "TOY") for h, text in template.example().items()}
    assert told(held(as_csv(short, headings=list(short)))) == []
    for long in (False, True):
        assert told(held(template.as_csv(long))) == [("rule/example-row", 2, "Trial")]


def test_the_workbook_says_what_the_csv_says(held, rules: Rules) -> None:
    """The workbook of the template has the same headings, and drop-downs of the closed lists."""
    book = load_workbook(io.BytesIO(template.as_xlsx(rules.cells, long=True)))
    sheet = book["Figures"]
    assert [cell.value for cell in sheet[1]] == list(HEADINGS)
    assert len(sheet.data_validations.dataValidation) == len(rules.cells.choices)
    for at, heading in enumerate(HEADINGS, start=1):
        sheet.cell(2, at, ROW.get(heading))
    written = io.BytesIO()
    book.save(written)
    workbook = held(written.getvalue(), XLSX).verdict
    assert workbook.accepted
    assert workbook.triples == held(as_csv(ROW)).verdict.triples


def test_a_row_says_all_that_its_cells_say(held) -> None:
    """Ratio, interval, p value, analysis, regimens, subgroup and registry numbers are there."""
    store = ox.Store()
    for triple in held(as_csv(ROW)).verdict.triples:
        store.add(ox.Quad(triple.subject, triple.predicate, triple.object))
    query = f"""PREFIX : <{AIKG}> PREFIX dcterms: <http://purl.org/dc/terms/>
    ASK {{ ?f a :Contrast ; :measure :HazardRatio ; :value 0.48 ; :ciLow 0.34 ; :ciHigh 0.67 ;
        :ciLevel 95.0 ; :pValue 0.0004 ; :pSides 2 ; :assessedBy :Investigator ;
        :printed "0.48 (0.34-0.67)" ; :ofAnalysis/:followUp 29.6 ;
        :experimental ?group ; :reference/:ofArm/:assignedRegimen/:hasComponent/:dose 2.5 .
      ?group :inPopulation/:within ?all ; :ofArm ?arm .
      ?arm :assignedRegimen/:hasComponent/:gives <https://w3id.org/aikg/drug/letrozole> ;
        :ofStudy ?trial . ?trial :enrols ?all ; dcterms:identifier "NCT00000000" }}"""
    assert bool(store.query(query))
    assert bool(store.query(f"ASK {{ ?f <{AIKG}value> 214.0 ; <{AIKG}unit> '{{person}}' }}"))


#: A change of the example row, and the finding that it gives.
MISTAKES = {
    "decimal comma": ({"Value": "0,48"}, "rule/decimal-comma", "Value"),
    "raised point": ({"Value": "0·48"}, "rule/decimal-comma", "Value"),
    "percent sign": ({"Value": "48%"}, "rule/number", "Value"),
    "words": ({"Value": "about half"}, "rule/number", "Value"),
    "nr": (
        {"As printed": "NR", "Value": "", "CI low": "", "CI high": "", "CI level": "",
         "p value": "", "p sign": "", "p sides": "", "Status": ""},
        "rule/not-reported-or-not-reached", "Status",
    ),
    "nr as status": ({"Status": "NR"}, "rule/not-reported-or-not-reached", "Status"),
    "nr as limit": ({"CI high": "NR"}, "rule/not-reported-or-not-reached", "CI high"),
    "off the list": ({"Measure": "hazard ration"}, "rule/off-the-list", "Measure"),
    "no day": ({"Data cut-off": "Nov 2013"}, "rule/no-day", "Data cut-off"),
    "unknown outcome": ({"Outcome": "objective respons"}, "rule/unknown-outcome", "Outcome"),
    "unknown drug": ({"Drugs compared with": "letrozol 2.5 mg"}, "rule/unknown-drug",
                     "Drugs compared with"),
    "no list of drugs": ({"Drugs": "("}, "rule/regimen", "Drugs"),
    "empty cell": ({"Outcome": ""}, "rule/needed", "Outcome"),
    "unknown figure": ({"Repeats": "F9"}, "rule/unknown-figure", "Repeats"),
    "interval reversed": ({"CI low": "0.67", "CI high": "0.34"}, "shape/finding-ci-low", "CI low"),
    "unit of a ratio": ({"Unit": "mo"}, "shape/finding-ratio-unit", None),
    "p value of 0": ({"p value": "0"}, "shape/finding-p-value", "p value"),
    "lost character": ({"Section": "Results\ufffd"}, "rule/lost-character", "Section"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "code", "heading"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_cell(held, change, code: str, heading: str | None) -> None:
    """One mistake, one finding that blocks, in the row and the column where it is."""
    findings = told(held(as_csv({**ROW, **change})))
    assert [finding[:2] for finding in findings] == [(code, 2)]
    if heading:
        assert findings[0][2] == heading


def test_a_misspelt_name_is_guessed(held) -> None:
    """A name that is near to one of the graph leads to a question."""
    body = as_csv({**ROW, "Drugs compared with": "letrozol 2.5 mg"})
    assert "Did you mean “letrozole”?" in held(body).report.findings[0].mend


@pytest.mark.parametrize(
    ("heading", "short", "meant"),
    [("Measure", "HR", "hazard ratio"), ("Analysis set", "PP", "per protocol"),
     ("Outcome", "QOL", "quality of life")],
)  # fmt: skip
def test_initials_are_guessed_and_told_once(held, heading: str, short: str, meant: str) -> None:
    """A word in each row, such as HR, is reported once, at all of them."""
    other = {**ROW, "Figure": "F2", "Row": "2", heading: short}
    findings = held(as_csv(ROW, other, {**other, "Figure": "F3", "Subgroup": "x"})).report.findings
    (found,) = (f for f in findings if f.code in {"rule/off-the-list", "rule/unknown-outcome"})
    assert f"Did you mean {meant}?" in found.mend.replace("“", "").replace("”", "")
    assert (found.place.line, [place.line for place in found.also_at]) == (3, [4])


def test_an_item_of_a_list_has_several_names(held) -> None:
    """A closed list takes each name of an item, in any case of letters."""
    for name in ("ITT", "itt", "Intention to treat"):
        examined = held(as_csv({**ROW, "Analysis set": name}))
        assert told(examined) == []
        sets = {
            t.object.value
            for t in examined.verdict.triples
            if t.predicate.value.endswith("analysisSet")
        }
        assert sets == {AIKG + "IntentionToTreat"}


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("PFS", "progression-free-survival"), ("OS", "overall-survival"),
        ("DFS", "disease-free-survival"), ("EFS", "event-free-survival"),
        ("TTP", "time-to-progression"), ("DoR", "duration-of-response"),
        ("ORR", "objective-response"), ("CBR", "clinical-benefit"), ("DCR", "disease-control"),
        ("clinical benefit >= 6 months", "clinical-benefit-6-months"),
        ("Clinical benefit rate ≥ 24 weeks", "clinical-benefit-24-weeks"),
        ("CBR at least 180 days", "clinical-benefit-180-days"),
    ],
)  # fmt: skip
def test_an_outcome_of_the_house_keeps_its_duration(held, name: str, outcome: str) -> None:
    """What each trial reports has a name; a clinical benefit is never one of another duration."""
    examined = held(as_csv({**ROW, "Outcome": name}))
    assert told(examined) == []
    measured = {
        triple.object.value
        for triple in examined.verdict.triples
        if triple.predicate.value == AIKG + "ofOutcome"
    }
    patients = f"{BASE}outcome/number-of-patients"
    assert measured - {patients} == {f"{BASE}outcome/{outcome}"}


def test_a_median_that_was_not_reached_and_an_open_limit(held) -> None:
    """Absence has kinds, each with its cell."""
    median = {
        **ROW, "Compared with": "", "Drugs compared with": "", "Measure": "median", "Unit": "mo",
        "Value": "24.8", "CI low": "22.1", "CI high": "not estimable", "p value": "", "p sign": "",
        "p sides": "", "As printed": "24.8 (22.1-NE)",
    }  # fmt: skip
    absent = {**median, "Value": "", "CI low": "", "CI high": "", "CI level": "", "Status":
              "not reached", "As printed": "NR", "Arm": "letrozole + placebo", "Figure": "F2",
              "Drugs": "letrozole 2.5 mg (once daily)", "Patients": "105"}  # fmt: skip
    assert told(held(as_csv(median, absent))) == []


def test_an_interaction_test_names_its_rows(held) -> None:
    """A test of interaction stands between the figures of two subgroups."""
    other = {**ROW, "Figure": "F2", "Subgroup": "bone only (TOY)", "Sites": "", "Patients": "103",
             "As printed": "0.36 (0.22-0.59)", "Value": "0.36", "CI low": "0.22",
             "CI high": "0.59", "Row": "2"}  # fmt: skip
    test = {h: ROW[h] for h in ("Trial", "Publication", "Arm", "Analysis set", "Outcome")} | {
        "Table": "2", "Row": "3", "Column": "1", "Measure": "hazard ratio", "As printed": "0.77",
        "p value": "0.77", "p sign": "=", "Interaction of": "F1; F2", "Modifier": "bone only",
        "Compared with": ROW["Compared with"],
    }  # fmt: skip
    assert told(held(as_csv(ROW, other, test))) == []


def test_what_is_said_once_of_a_trial_must_agree(held) -> None:
    """A trial has one phase, and an arm one regimen."""
    other = {**ROW, "Figure": "F2", "Row": "2", "Phase": "2", "Patients": "214",
             "Outcome": "overall survival"}  # fmt: skip
    assert told(held(as_csv(ROW, other))) == [("rule/said-twice", 3, "Phase")]


def test_an_edited_heading_is_told(held) -> None:
    """A heading is guessed; a column that is not the template's is not read, and is reported."""
    headings = ["Outcom" if h == "Outcome" else h for h in HEADINGS] + ["Remarks"]
    row = {**ROW, "Outcom": ROW["Outcome"], "Remarks": "none"}
    del row["Outcome"]
    report = held(as_csv(row, headings=headings)).report
    told_of = {f.code: f for f in report.findings}
    assert "“Outcome”" in told_of["rule/heading"].mend
    assert told_of["rule/unread-column"].severity == "Note"


def test_semicolons_are_read(held) -> None:
    """Where decimals have commas, spreadsheets part cells by semicolons."""
    assert told(held(as_csv(ROW, separator=";"))) == []


def test_what_a_spreadsheet_does_to_cells(held) -> None:
    """Formulas, dates in place of figures and merged cells are reported with their place."""
    spoilt = {**ROW, "Value": "=1-0.52", "Grade": datetime.datetime(2016, 4, 3)}
    codes = told(held(as_xlsx([spoilt]), XLSX))
    assert ("rule/formula", 2, "Value") in codes
    assert ("rule/date-for-value", 2, "Grade") in codes
    codes = told(held(as_xlsx([ROW, ROW], merge="A2:A3"), XLSX))
    assert ("rule/merged-cells", None, "A2:A3") in codes


def test_an_impossible_figure_that_is_recorded_does_not_block(held) -> None:
    """A true source may print what cannot be so, if the sheet says that it does."""
    share = {
        **{h: v for h, v in ROW.items() if not h.startswith(("CI", "p ", "Compared", "Drugs c"))},
        "Outcome": "objective response", "Measure": "crude proportion", "Value": "12",
        "Unit": "%", "As printed": "12%", "Patients": "20", "Status": "",
    }  # fmt: skip
    assert [code for code, *_ in told(held(as_csv(share)))] == ["check/impossible-percentage"]
    recorded = {**share, "Problem in the source": "12% of 20 people is not a whole number"}
    examined = held(as_csv(recorded))
    assert told(examined) == []
    assert any(f.recorded for f in examined.report.findings)


def refused() -> dict[str, tuple[bytes, str]]:
    """Return files that are not tables."""
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("word/document.xml", b"<a/>")
    return {
        "empty": (b"", "text/csv"),
        "of something else": (b"a,b\n1,2\n", "text/csv"),
        "binary": (b"Trial,\0", "text/csv"),
        "latin 1": (b"Trial,Outcome\nm\xe9dian,x\n", "text/csv"),
        "open quote": (b'Trial,Outcome\n"a,b\n', "text/csv"),
        "a workbook of before 2007": (b"\xd0\xcf\x11\xe0" * 99, XLSX),
        "another archive": (other.getvalue(), XLSX),
        "an empty workbook": (as_xlsx([])[:500], XLSX),
    }


@pytest.mark.parametrize(("body", "media_type"), refused().values(), ids=refused())
def test_what_is_no_table_is_refused(held, body: bytes, media_type: str) -> None:
    """It is reported in words, with advice."""
    with pytest.raises((SubmissionMalformed, SubmissionTooLarge)) as caught:
        held(body, media_type)
    assert caught.value.advice


def test_a_workbook_that_is_too_large_unpacked(held) -> None:
    """Its directory says so before anything is unpacked; ten times the limit of a file may be."""
    packed = io.BytesIO(as_xlsx([ROW]))
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/more.txt", " " * 500_000)
        size = sum(member.file_size for member in archive.infolist())
    with pytest.raises(SubmissionTooLarge, match="The workbook would be"):
        held(packed.getvalue(), XLSX, limits=Limits(bytes=(size - 1) // 10))
    assert told(held(packed.getvalue(), XLSX, limits=Limits(bytes=size // 10 + 1))) == []


def test_too_many_rows(held) -> None:
    """Reading stops at the limit."""
    with pytest.raises(SubmissionTooLarge, match="more than 10 rows"):
        held(as_csv(*[ROW] * 20), limits=Limits(rows=10))
    with pytest.raises(SubmissionTooLarge, match="more than 10 rows"):
        held(as_xlsx([ROW] * 20), XLSX, limits=Limits(rows=10))


def test_a_cell_that_is_too_long(held, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table is refused with the place of the cell, before any pattern reads it."""
    monkeypatch.setattr(extraction, "_LONGEST", 300)
    assert told(held(as_csv({**ROW, "Crossover": "x" * 300}))) == []
    with pytest.raises(SubmissionTooLarge, match=r"row 2, column Crossover .* 300 characters"):
        held(as_csv({**ROW, "Crossover": "x" * 301}))


SAID = {
    "what all people of the trial have in common": (
        {"Line": "second line", "Stage": "advanced stage", "Menopause": "postmenopausal",
         "Receptors": "HER2 negative; Hormone receptor positive",
         "Prior therapy": "tamoxifen; new: x"},
        """?trial :enrols [ :therapyLine :SecondLine ; :stage :AdvancedStage ;
             :menopausalStatus :Postmenopausal ;
             :receptorStatus :Her2Negative , :HormoneReceptorPositive ;
             :priorTherapy <https://w3id.org/aikg/drug/tamoxifen> , [ a :Drug ] ]""",
    ),
    "a loading dose": (
        {"Drugs": "new: x 250 mg (every 28 days, loading dose 500 mg)"},
        "?x :dose 250.0 ; :loadingDose 500.0 ; :doseUnit 'mg' ; :schedule 'every 28 days'",
    ),
    "a loading dose in another unit": (
        {"Drugs": "new: x 2 mg/kg (weekly, loading dose 4 mg)"},
        "?x :dose 2.0 ; :schedule 'weekly, loading dose 4 mg' "
        "FILTER NOT EXISTS { ?x :loadingDose ?l }",
    ),
    "the outcome that was planned first": (
        {"Outcome": "overall survival"},
        "?trial :hasPrimaryOutcome <https://w3id.org/aikg/outcome/overall-survival>",
    ),
    "another outcome": (
        {"Outcome": "overall survival", "Primary outcome": "no"},
        "?trial a :Trial FILTER NOT EXISTS { ?trial :hasPrimaryOutcome ?outcome }",
    ),
    "an analysis by its name": (
        {"Analysis": "interim"},
        "?f :ofAnalysis [ rdfs:label 'interim, data cut-off 2013-11-29, NCT00000000'@en ;"
        " :followUp 29.6 ]",
    ),
    "what visceral means": (
        {"Visceral means": "liver and/or lung"},
        "?g :inPopulation/:visceralMeans :LiverLung",
    ),
    "bone only, which is not visceral": (
        {"Sites": "bone only"}, "?g :inPopulation/:sites :BoneOnly , :NoVisceral"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "pattern"), SAID.values(), ids=SAID)
def test_what_trials_report_has_a_place(held, change: dict[str, str], pattern: str) -> None:
    """It is in the sheet, and then in the graph."""
    examined = held(as_csv({**ROW, **change}))
    assert told(examined) == []
    store = ox.Store()
    verdict = examined.verdict
    store.extend(
        ox.Quad(t.subject, t.predicate, t.object) for t in [*verdict.triples, *verdict.inferred]
    )
    assert bool(store.query(f"PREFIX : <{AIKG}> PREFIX rdfs: <{RDFS}> ASK {{ {pattern} }}"))


def test_what_the_graph_describes_is_not_described_again(held) -> None:
    """It is reported, once, and the figures stand."""
    report = held(as_csv({**ROW, "Trial": "EFECT", "Trial population": ""})).report
    found = [f for f in report.findings if f.code == "rule/known-node"]
    assert [f.place.heading for f in found] == ["Registry numbers"]
    assert {p.heading for p in found[0].also_at} == {
        "Primary outcome",
        "Design",
        "Phase",
        "Stopped early",
        "Line",
        "Stage",
        "Menopause",
        "Receptors",
    }


PLACES = {
    "finding": {"statedAt", "category", "basis", "derivedFrom", "byDerivation", "ofAnalysis",
                "ciLowStatus", "ciHighStatus"},
    "finding-analysed": set(),
    "study": {"statedAt", "sameDesignAs"},
    "arm": {"ofStudy", "receives", "receivesClass"},
    "population": {"statedAt", "within"},
    "group": {"ofStudy", "armNotNamed", "receives", "receivesClass", "statedSize",
              "sharesPatientsWith"},
    "analysis": {"ofStudy"},
    "component": {"gives", "givesAnyOf", "givesOneOf", "dose", "loadingDose", "doseUnit"},
    "outcome": {"statedAt", "composedOf", "broaderOutcome", "observedAt", "minimumDuration",
                "minimumDurationUnit", "minimumDurationBound", "betterWhen"},
}  # fmt: skip


@pytest.mark.parametrize(("shape", "elsewhere"), PLACES.items(), ids=PLACES)
def test_each_property_has_a_column(rules: Rules, shape: str, elsewhere: set[str]) -> None:
    """What a trialist reads off a paper has one; the rest follows from the row."""
    query = f"""PREFIX shape: <{BASE}shape/> PREFIX sh: <http://www.w3.org/ns/shacl#>
    SELECT ?path {{ shape:{shape} sh:property/sh:path ?path }}"""
    paths = {str(row[0]) for row in rules.shapes.shapes.query(query)}
    columns = {p.property for c in COLUMNS for p in c.parts} | {AIKG + n for n in elsewhere}
    assert {p for p in paths if p.startswith(AIKG)} - columns == set()


CELLS = st.one_of(
    st.sampled_from([*ROW.values(), "NR", "0,5", "=1", ";", "new: ", ""]), st.text(max_size=9)
)


@hypothesis(max_examples=25, deadline=None)
@given(rows=st.lists(st.dictionaries(st.sampled_from(HEADINGS), CELLS, min_size=1), max_size=3))
def test_whatever_cells_hold_there_is_a_verdict(held, rows) -> None:
    """No cell makes the reading fail; it reads what it can, and reports the rest."""
    try:
        body = as_csv(*rows)
        examined = held(body)
    except (AikgError, UnicodeEncodeError):
        return
    blocking = [f for f in examined.report.findings if f.blocks and f.code != "rule/nothing-said"]
    assert all(finding.place.line for finding in blocking)


def test_who_waits_is_told_how_far_it_is(shipped: ox.Store, rules: Rules) -> None:
    """Each thousandth row is reported while a table is read."""
    told_rows: list[int] = []
    body = as_csv(*[{**ROW, "Figure": f"F{number}"} for number in range(2001)])
    read(body, "text/csv", "f", "toy", store=shipped, cells=rules.cells, progress=told_rows.append)
    assert told_rows == [0, 1000, 2000]
