"""What spreadsheet programs write is read as a person sees it, or named."""

from __future__ import annotations

import csv
import datetime
import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyoxigraph as ox
import pytest
import xlsxwriter
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.chart import BarChart
from openpyxl.comments import Comment
from test_extraction import ROW as EXAMPLE
from test_extraction import as_xlsx

from aikg.errors import SubmissionMalformed
from aikg.intake.examination import read
from aikg.intake.shown import plain, shown
from aikg.intake.submission import ParsedSubmission
from aikg.intake.verdict import Rules
from aikg.names import PREFIXES

AIKG = PREFIXES["aikg"]
Look = Callable[..., ParsedSubmission]
SHEET = ROOT / "docs" / "tutorials" / "trials" / "paloma-2.csv"


#: A row without a figure besides its own.
ROW = {**EXAMPLE, "Patients": ""}


@pytest.fixture(scope="module")
def look(shipped: ox.Store, rules: Rules) -> Look:
    """Read a table."""

    def read_in(body: bytes, file: str = "s.xlsx") -> ParsedSubmission:
        return read(body, None, file, "x", store=shipped, cells=rules.cells, house=rules.house)

    return read_in


def values(found: ParsedSubmission, name: str) -> set[str]:
    """Return the values of a property."""
    return {t.object.value for t in found.triples if t.predicate.value == AIKG + name}


def told(found: ParsedSubmission) -> list[tuple[str, str, str | None]]:
    """Return level, rule and column of each problem that reading found."""
    return [
        (p.level, p.check, found.place(p.node, p.path, p.value).heading) for p in found.problems
    ]


def one_cell(heading: str, value: Any, code: str, **others: Any) -> bytes:
    """Make a workbook of one row, with a number in a format."""
    book = Workbook()
    sheet = book.active
    row = {**ROW, **others, heading: value}
    sheet.append(list(row))
    sheet.append([text or None for text in row.values()])
    sheet.cell(2, list(row).index(heading) + 1).number_format = code
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


SHOWN = [
    (0.84, "0%", "84%", "84"),
    (0.845, "0%", "85%", "85"),
    (0.054, "0.0%", "5.4%", "5.4"),
    (3.2, "0.00", "3.20", "3.20"),
    (2.675, "0.00", "2.68", "2.68"),
    (-0.5, "0.0", "-0.5", "-0.5"),
    (4170, "#,##0", "4,170", "4170"),
    (1234.5, "#,##0.00", "1,234.50", "1234.50"),
    (0.5, "#,##0", "1", "1"),
    (0.00002, "General", "0.00002", "0.00002"),
    (0.000002, "0.00E+00", "2.00E-06", "0.000002"),
    (1e16, "General", "10000000000000000", "10000000000000000"),
    (0.1 + 0.2, "General", "0.3", "0.3"),
    (0.57999999999999996, "General", "0.58", "0.58"),
    (3.0, "General", "3", "3"),
    (3.25, "0.0#", "3.25", "3.25"),
    (3.2, "0.0##", "3.2", "3.2"),
    (3, "0_ ", "3", "3"),
    (-3.5, "0.0;[Red]-0.0", "-3.5", "-3.5"),
]
UNKNOWN = ["# ?/?", '0.0" months"', "[>1]0;0.0", "$#,##0", "0.0,", "0;(0)", "[h]:mm", "@@", "0.0,%"]


@pytest.mark.parametrize(("value", "code", "text", "number"), SHOWN)
def test_a_number_is_read_as_it_is_shown(value: float, code: str, text: str, number: str) -> None:
    """Decimals, thousands, percent and exponent are those that a person sees."""
    found = shown(value, code)
    assert found is not None
    assert (found.text, found.number) == (text, number)


@given(st.decimals("-1000", "1000", places=3), st.integers(0, 5), st.booleans())
def test_a_typed_figure_is_shown_as_typed(figure, places: int, percent: bool) -> None:
    """A figure that has no more decimals than its format shows is read as it was typed."""
    figure = round(figure, min(places, 3))
    code = ("0." + "0" * places if places else "0") + ("%" if percent else "")
    stored = float(figure) / 100 if percent else float(figure)
    found = shown(stored, code)
    assert found is not None
    assert (float(found.number), found.stored) == (float(figure), "")
    assert found.text.rstrip("%") == f"{figure:.{places}f}" or not figure


@pytest.mark.parametrize("code", UNKNOWN)
def test_another_format_is_named_and_not_guessed(code: str, look: Look) -> None:
    """The error stands at the cell, and has the format; the figure is not read."""
    found = look(one_cell("Value", -3.5, code))
    (problem,) = [p for p in found.problems if p.check == "cell-format"]
    assert f"“{code}”" in problem.message or code == "[h]:mm"
    assert values(found, "value") == set()


def test_percent_is_read_as_shown(look: Look) -> None:
    """84% of a cell that stores 0.84 is 84 where the unit is %; elsewhere it is asked."""
    found = look(one_cell("Value", 0.84, "0%", Unit="%", **{"CI low": "", "CI high": ""}))
    assert (values(found, "value"), told(found)) == ({"84.0"}, [])
    for heading, unit in (("Value", ""), ("Year", "%"), ("p value", "%")):
        body = one_cell(heading, 0.84, "0%", Unit=unit)
        found = look(body)
        assert ("Error", "number", heading) in told(found)
    printed = look(one_cell("As printed", 0.84, "0.0%"))
    assert values(printed, "printed") == {"84.0%"}


def test_digits_that_are_not_shown_are_told(look: Look) -> None:
    """The shown number is read; a note has both."""
    found = look(one_cell("Value", 0.4836, "0.00"))
    assert values(found, "value") == {"0.48"}
    assert told(found) == [("Note", "stored-digits", "Value")]
    assert "0.48, which is read, and stores 0.4836" in found.problems[0].message


@pytest.mark.parametrize("text", ["=0.48", "=A1", "=SUM(A1:A2)"])
def test_a_formula_stays_an_error(text: str, look: Look) -> None:
    """With or without a stored value."""
    found = look(one_cell("Value", text, "General"))
    assert told(found) == [("Error", "formula", "Value")]
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as made:
        sheet = made.add_worksheet()
        for at, (heading, cell) in enumerate(ROW.items()):
            sheet.write_string(0, at, heading)
            if heading == "Value":
                sheet.write_formula(1, at, text, None, 0.48)
            elif cell:
                sheet.write_string(1, at, cell)
    assert told(look(book.getvalue())) == told(found)


def replaced(body: bytes, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> bytes:
    """Change the parts of a workbook."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(written, "w") as new:
        for name in old.namelist():
            part = change(name, old.read(name))
            if part is not None:
                new.writestr(*part)
    return written.getvalue()


def test_line_ends_and_escaped_characters(look: Look) -> None:
    """A cell with the line end of Windows has one line end."""
    found = look(one_cell("Reason for stopping", "slow_x000D_\naccrual _x005F_x000D_ x", "@"))
    assert values(found, "reasonForStopping") == {"slow\naccrual _x000D_ x"}


def sheets(*others: tuple[str, str, list[list[str]]], first: bool = True) -> bytes:
    """Make a workbook with further sheets: title, state, rows; the figures first or last."""
    book = Workbook()
    sheet = book.active
    sheet.title = "figures"
    sheet.append(list(ROW))
    sheet.append([text or None for text in ROW.values()])
    for title, state, rows in others:
        further = book.create_sheet(title, None if first else 0)
        further.sheet_state = state
        for row in rows:
            further.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


FIGURES = [list(ROW), [text or None for text in ROW.values()]]


@pytest.mark.parametrize(
    ("others", "level"),
    [
        (("old", "hidden", FIGURES), "Note"),
        (("old", "veryHidden", FIGURES), "Note"),
        (("Sheet2", "visible", FIGURES), "Error"),
        (("notes", "visible", [["a remark"]]), "Note"),
        (("empty", "visible", []), None),
        (("Lists", "visible", [["Design"]]), None),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_one_sheet_is_read_and_the_others_are_told(
    others: tuple, level: str | None, first: bool, look: Look
) -> None:
    """The sheet of figures is found by its name in any case; a further one is reported."""
    found = look(sheets(others, first=first))
    assert values(found, "value") == {ROW["Value"]}
    assert told(found) == ([(level, "another-sheet", str(others[2][0][0]))] if level else [])


def test_merged_cells_count_on_their_own_sheet(look: Look) -> None:
    """Those of another sheet do not concern the figures."""
    book = Workbook()
    notes = book.active
    notes.append(["a", "b"])
    notes.merge_cells("A1:B1")
    sheet = book.create_sheet("Figures")
    for row in FIGURES:
        sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    rules = [rule for _, rule, _ in told(look(written.getvalue()))]
    assert rules == ["another-sheet"]
    merged = look(as_xlsx([ROW, ROW], merge="A2:A3"))
    assert "merged-cells" in [rule for _, rule, _ in told(merged)]


def test_a_chart_first_and_comments(look: Look) -> None:
    """A sheet that is a chart has no cells; its comments are reported, those on headings not."""
    book = Workbook()
    sheet = book.active
    for row in FIGURES:
        sheet.append(row)
    chart = book.create_chartsheet(index=0)
    chart.add_chart(BarChart())
    sheet["A1"].comment = Comment("help", "x")
    written = io.BytesIO()
    book.save(written)
    found = look(written.getvalue())
    assert (values(found, "value"), told(found)) == ({ROW["Value"]}, [])
    sheet["B2"].comment = Comment("I doubt this", "x")
    written = io.BytesIO()
    book.save(written)
    found = look(written.getvalue())
    assert [(level, rule) for level, rule, _ in told(found)] == [("Note", "another-sheet")]


def test_parts_of_other_names_and_prefixes(look: Look) -> None:
    """The parts of a workbook may have any name, and its elements any prefix."""

    def renamed(name: str, part: bytes) -> tuple[str, bytes]:
        for old, new in (("workbook.xml", "book.xml"), ("sheet1.xml", "data7.xml")):
            name = name.replace(old, new)
            part = part.replace(old.encode(), new.encode())
        return name, part

    body = replaced(as_xlsx([ROW, ROW], merge="A2:A3"), renamed)
    found = look(body)
    assert "merged-cells" in [rule for _, rule, _ in told(found)]
    assert values(found, "value") == {ROW["Value"]}


def test_strict_open_xml_is_named(look: Look) -> None:
    """Another edition of the standard, with other namespaces."""

    def strict(name: str, part: bytes) -> tuple[str, bytes]:
        schemas = b"http://schemas.openxmlformats.org/"
        part = part.replace(schemas + b"spreadsheetml/2006/", b"http://purl.oclc.org/ooxml/x/")
        old = schemas + b"officeDocument/2006/"
        return name, part.replace(old, b"http://purl.oclc.org/ooxml/officeDocument/")

    with pytest.raises(SubmissionMalformed, match="Strict Open XML"):
        look(replaced(as_xlsx([ROW]), strict))


@pytest.mark.parametrize("value", [datetime.datetime(2013, 11, 29, 12, 30), datetime.time(3, 4)])
def test_a_time_of_day_is_not_dropped(value: object, look: Look) -> None:
    """A day with a time is not a day."""
    found = look(one_cell("Data cut-off", value, "yyyy-mm-dd"))
    assert told(found) == [("Error", "no-day", "Data cut-off")]


def as_csv(rows: list[list[str]], separator: str = ",") -> str:
    """Write rows as CSV."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue()


def test_one_cell_too_many_is_told_once(look: Look) -> None:
    """The row is not read, since its cells are not under their headings."""
    rows = [
        list(ROW),
        list(ROW.values()),
        [*list(ROW.values())[:3], "more", *list(ROW.values())[3:]],
    ]
    found = look(as_csv(rows).encode(), "s.csv")
    (problem,) = found.problems
    assert (problem.check, problem.level) == ("row-length", "Error")
    assert found.place(problem.node, problem.path, problem.value).line == 3
    rows = [list(ROW), [*list(ROW.values())[:3], "more", *list(ROW.values())[3:]], [""] * 99]
    assert told(look(as_csv(rows).encode(), "s.csv")) == [("Error", "row-length", None)]
    quoted = {**ROW, "Reason for stopping": "slow accrual, no funds; 3"}
    assert told(look(as_csv([list(quoted), list(quoted.values())]).encode(), "s.csv")) == []


def test_whole_numbers_with_zeros_behind_the_point(look: Look) -> None:
    """Programs write 3.0 for 3 where a column has empty cells; 3.5 stays an error."""
    row = {**ROW, "Phase": "3.0", "Year": "2016.0", "Patients": "214.0", "Table": "2.0"}
    found = look(as_csv([list(row), list(row.values())]).encode(), "s.csv")
    assert (values(found, "year"), values(found, "phase"), told(found)) == ({"2016"}, {"3"}, [])
    row = {**ROW, "Year": "2016.5"}
    found = look(as_csv([list(row), list(row.values())]).encode(), "s.csv")
    assert told(found) == [("Error", "number", "Year")]


def test_a_column_without_heading_is_told_once(look: Look) -> None:
    """Such as the numbers of rows that pandas writes."""
    frame = pd.DataFrame([ROW, {**ROW, "Figure": "F2"}])
    found = look(frame.to_csv().encode(), "s.csv")
    assert told(found)[0] == ("Note", "unread-column", None)
    assert len([rule for _, rule, _ in told(found) if rule == "unread-column"]) == 1


# The sheet of docs/tutorials/two-trials.md in the dialects of spreadsheet programs.


def typed(text: str) -> Any:
    """Return what a person who types a text has in the cell: a number, where it is like one."""
    if re.fullmatch(r"-?(0|[1-9]\d*)(\.\d*[1-9])?", text):
        return float(text) if "." in text else int(text)
    return text or None


def by_openpyxl(rows: list[list[str]], _: Path) -> tuple[bytes, str]:
    """Save with openpyxl."""
    book = Workbook()
    for row in rows:
        book.active.append([typed(text) for text in row])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue(), "s.xlsx"


def by_xlsxwriter(rows: list[list[str]], _: Path) -> tuple[bytes, str]:
    """Save with XlsxWriter, which makes an empty formula of =."""
    written = io.BytesIO()
    with xlsxwriter.Workbook(written) as book:
        sheet = book.add_worksheet("FIGURES")
        for number, row in enumerate(rows):
            for at, text in enumerate(row):
                sheet.write(number, at, typed(text))
    return written.getvalue(), "s.xlsx"


def by_pandas(rows: list[list[str]], engine: Any) -> tuple[bytes, str]:
    """Read with pandas, which guesses types, and save."""
    frame = pd.read_csv(io.StringIO(as_csv(rows)), keep_default_na=False, na_values=[""])
    written = io.BytesIO()
    if engine == "csv":
        frame.to_csv(written, index=False)
        return written.getvalue(), "s.csv"
    frame.to_excel(written, index=False, engine=engine)
    return written.getvalue(), "s.xlsx"


def by_soffice(rows: list[list[str]], folder: Path, kind: str) -> tuple[bytes, str]:
    """Open a workbook with LibreOffice, and save it as another kind of file."""
    source = folder / "sheet.xlsx"
    source.write_bytes(by_openpyxl(rows, folder)[0])
    subprocess.run(
        [
            *(SOFFICE, f"-env:UserInstallation=file://{folder}/profile", "--headless"),
            *("--convert-to", kind, "--outdir", str(folder / "out"), str(source)),
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )
    (saved,) = (folder / "out").iterdir()
    return saved.read_bytes(), saved.name


SOFFICE = shutil.which("soffice") or ""
with_soffice = pytest.mark.skipif(not SOFFICE, reason="LibreOffice is not installed")
DIALECTS: dict[str, Callable[[list[list[str]], Path], tuple[bytes, str]]] = {
    "openpyxl": by_openpyxl,
    "XlsxWriter": by_xlsxwriter,
    "pandas with openpyxl": lambda rows, _: by_pandas(rows, "openpyxl"),
    "pandas with XlsxWriter": lambda rows, _: by_pandas(rows, "xlsxwriter"),
    "pandas as CSV": lambda rows, _: by_pandas(rows, "csv"),
    "semicolons": lambda rows, _: (as_csv(rows, ";").encode(), "s.csv"),
    "sep=;": lambda rows, _: (f"sep=;\r\n{as_csv(rows, ';')}".encode("utf-8-sig"), "s.csv"),
    "tabs": lambda rows, _: (as_csv(rows, "\t").encode(), "s.tsv"),
    "UTF-16": lambda rows, _: (as_csv(rows, "\t").encode("utf-16"), "s.csv"),
    "UTF-16 big endian": lambda rows, _: (
        b"\xfe\xff" + as_csv(rows, "\t").encode("utf-16-be"),
        "s.csv",
    ),
}
OFFICE: dict[str, Callable[[list[list[str]], Path], tuple[bytes, str]]] = {
    "LibreOffice as XLSX": lambda rows, folder: by_soffice(
        rows, folder, "xlsx:Calc MS Excel 2007 XML"
    ),
    "LibreOffice as CSV": lambda rows, folder: by_soffice(rows, folder, "csv"),
    "LibreOffice as ODS": lambda rows, folder: by_soffice(rows, folder, "ods"),
}


def by_value(triple: ox.Triple) -> tuple[str, str, str]:
    """Return a triple as text, a number without the zeros at its end, which pandas drops."""
    value = str(triple.object)
    if isinstance(triple.object, ox.Literal) and triple.object.datatype.value.endswith("decimal"):
        value = plain(Decimal(triple.object.value))
    return str(triple.subject), str(triple.predicate), value


@pytest.mark.parametrize(
    "write",
    [
        *(pytest.param(write, id=name) for name, write in DIALECTS.items()),
        *(pytest.param(write, id=name, marks=with_soffice) for name, write in OFFICE.items()),
    ],
)
@pytest.mark.parametrize("trial", ["bolero-2", "paloma-2"])
def test_the_same_sheet_has_the_same_triples(
    write: Callable[[list[list[str]], Path], tuple[bytes, str]],
    trial: str,
    shipped: ox.Store,
    rules: Rules,
    tmp_path: Path,
) -> None:
    """Whichever program a sheet was saved with; nothing is reported of it that the CSV has not."""
    original = SHEET.with_stem(trial).read_bytes()
    rows = list(csv.reader(io.StringIO(original.decode("utf-8-sig"))))
    body, file = write(rows, tmp_path)
    found = read(body, None, file, trial, store=shipped, cells=rules.cells, house=rules.house)
    wanted = read(
        original, None, "s.csv", trial, store=shipped, cells=rules.cells, house=rules.house
    )
    assert {by_value(t) for t in found.triples} == {by_value(t) for t in wanted.triples}
    assert told(found) == told(wanted)
