"""Sound files, spoilt at random, in every format: each is read or refused, and nothing is lost."""

from __future__ import annotations

import contextlib
import io
import re
import time
import zipfile
from functools import cache
from pathlib import Path
from random import Random

import pyoxigraph as ox
import pytest
from conftest import ROOT
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from invented import CASE, pieces
from processes import assert_unharmed, holder, workers
from serving import Server
from test_extraction import ROW, as_csv, as_ods, as_xlsx
from written import WRITERS, Page

from aikg.errors import AikgError, SubmissionMalformed, SubmissionTooLarge
from aikg.intake.cells import Cells
from aikg.intake.examination import read
from aikg.intake.formats import FORMATS
from aikg.intake.submission import Limits
from aikg.intake.verdict import Rules

ENDINGS = [form.endings[0] for form in FORMATS]
TYPES = {form.endings[0]: form.media_type for form in FORMATS}

#: What a byte, or some, may become: what opens and closes, what ends a text, not UTF-8.
INSERTS = [
    b"",
    b"<",
    b'"',
    b"[",
    b"{",
    b"}",
    b"\\",
    b"\x00",
    b"\xff",
    b"\r",
    b"]]>",
    b"&#0;",
    b"_:",
]
INSERTS += [b"\xed\xa0\x80", b"@", b"^^", b",,,", b'"""', b"-", b"1e999", b"\xf0\x9f\x98\x80"]

#: Where (in thousandths), how much is taken out, what is put in.
EDITS = st.lists(
    st.tuples(st.integers(0, 1000), st.integers(0, 40), st.sampled_from(INSERTS)),
    min_size=1,
    max_size=4,
)


@cache
def sound(ending: str) -> bytes:
    """Return a sound file of a format."""
    if ending == "csv":
        return as_csv(ROW)
    if ending == "xlsx":
        return as_xlsx([dict(ROW)])
    if ending == "ods":
        return as_ods([dict(ROW)])
    page = Page(Random(ending))
    (piece,) = (p for p in pieces()[0] if p.name == "checks/identity/caught.ttl")
    WRITERS[ending](piece.triples, CASE, page)
    return page.body


def spoilt(body: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """Return bytes with some of them changed."""
    for at, length, put in edits:
        begin = len(body) * at // 1000
        body = body[:begin] + put + body[begin + length :]
    return body


def spoilt_within(workbook: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """Return a workbook whose parts are changed, in an archive that is whole."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(written, "w") as new:
        names = old.namelist()
        chosen = names[edits[0][0] % len(names)]
        for name in names:
            part = old.read(name)
            new.writestr(name, spoilt(part, edits) if name == chosen else part)
    return written.getvalue()


def changed(ending: str, edits: list[tuple[int, int, bytes]], within: bool) -> bytes:
    """Spoil the sound file of a format."""
    spoil = spoilt_within if within and ending in {"xlsx", "ods"} else spoilt
    return spoil(sound(ending), edits)


@pytest.mark.filterwarnings("ignore::UserWarning")  # openpyxl says what it passes over
@pytest.mark.parametrize("ending", ENDINGS)
@hypothesis(max_examples=30, deadline=None)
@example(edits=[(604, 0, b"[")], within=False)  # an address that is none
@example(edits=[(800, 0, b"-")], within=True)  # a count of repeated rows that is none
@example(edits=[(56, 1, b"<")], within=False)  # a part of an archive that cannot be unpacked
@given(edits=EDITS, within=st.booleans())
def test_a_spoilt_file_is_read_or_refused(ending: str, edits, within: bool) -> None:
    """No parser raises what is not ours; what was read has its place."""
    body = changed(ending, edits, within)
    try:
        submission = read(body, TYPES[ending], "f", "case", store=ox.Store(), cells=cells())
    except AikgError:
        return
    assert all(submission.place(node).line for node in submission.nodes)


ATTRIBUTES = ["x", "-1", "0", "", "1e3", "NaN", "Infinity", "1.5", "9" * 20, "1e9999999", "1e-999"]


@pytest.mark.parametrize("text", ATTRIBUTES)
@pytest.mark.parametrize("name", ["columns-repeated", "rows-repeated", "value"])
def test_a_spoilt_attribute_is_read_or_refused(name: str, text: str) -> None:
    """A count or a stored number that is not one: the file or the cell is refused."""

    def put(part: bytes) -> bytes:
        return re.sub(rb'(%s=)"[^"]*"' % name.encode(), rb'\1"%s"' % text.encode(), part)

    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sound("ods"))) as old, zipfile.ZipFile(written, "w") as new:
        for part in old.namelist():
            new.writestr(part, put(old.read(part)))
    body = written.getvalue()
    try:
        found = read(body, TYPES["ods"], "f", "case", store=ox.Store(), cells=cells())
    except AikgError:
        return
    assert name == "value"
    assert {p.check for p in found.problems} >= {"cell-format"}


def with_words(paragraph: str) -> bytes:
    """An ODS file whose first cell has another content."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sound("ods"))) as old, zipfile.ZipFile(written, "w") as new:
        for part in old.namelist():
            content = re.sub(
                rb"(<text:p>)[^<]*", rb"\1" + paragraph.encode(), old.read(part), count=1
            )
            new.writestr(part, content)
    return written.getvalue()


@pytest.mark.parametrize("text", [*ATTRIBUTES, "999999999"])
def test_blanks_that_are_stored_as_a_number_are_counted_before_they_are_read(text: str) -> None:
    """A number that is not one, or of more blanks than a file may have bytes, is refused."""
    body = with_words(f'Trial<text:s text:c="{text}"/>')
    if text == "0":
        assert read(body, TYPES["ods"], "f", "case", store=ox.Store(), cells=cells()).triples
        return
    with pytest.raises((SubmissionMalformed, SubmissionTooLarge)):
        read(body, TYPES["ods"], "f", "case", store=ox.Store(), cells=cells())


@pytest.mark.parametrize(("deep", "read_"), [(10, True), (90, True), (100, False), (3000, False)])
def test_a_text_in_many_spans_is_read_or_refused(deep: int, read_: bool) -> None:
    """Within the bound on depth the text is read; beyond it the file is refused in words."""
    body = with_words("<text:span>" * deep + "Trial" + "</text:span>" * deep)
    if read_:
        assert read(body, TYPES["ods"], "f", "case", store=ox.Store(), cells=cells()).triples
        return
    with pytest.raises(SubmissionMalformed, match="nested"):
        read(body, TYPES["ods"], "f", "case", store=ox.Store(), cells=cells())


@cache
def cells() -> Cells:
    """Return what the cells of a table may hold."""
    return Rules.load(ROOT).cells


@pytest.fixture(scope="module")
def server(site: Server) -> Server:
    """The server on the whole graph."""
    return site


def send(server: Server, body: bytes, media_type: str) -> int:
    """Ask for a verdict; give the status."""
    headers = {"Content-Type": media_type}
    return server.send("POST", "/validate?name=case", headers, body).status


def left_behind(server: Server) -> set[Path]:
    """List the files that the processes of the server have open, but for sockets and pipes."""
    found = set()
    for pid in (server.process.pid, holder(server), *workers(server)):
        with contextlib.suppress(FileNotFoundError):  # the process has ended, or closed it, since
            for link in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(FileNotFoundError):
                    found.add(link.readlink())
    return {path for path in found if path.is_absolute() and path.is_file()}


@pytest.mark.parametrize("ending", ENDINGS)
@hypothesis(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(edits=EDITS, within=st.booleans())
def test_a_spoilt_file_harms_no_server(server: Server, ending: str, edits, within: bool) -> None:
    """A verdict or a refusal; the server's processes are as they were, and the next is answered."""
    before = left_behind(server)
    status = send(server, changed(ending, edits, within), TYPES[ending])
    assert status in {200, 400, 413}
    assert_unharmed(server)
    end = time.monotonic() + 10  # a worker that begins looks up its own size; what is left, stays
    while not left_behind(server) <= before and time.monotonic() < end:
        time.sleep(0.05)
    assert left_behind(server) <= before


def rows(count: int) -> bytes:
    """Write a workbook of so many rows."""
    with zipfile.ZipFile(io.BytesIO(as_xlsx([dict(ROW)]))) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    head, end = sheet.split("</sheetData>")
    more = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(3, count))
    parts["xl/worksheets/sheet1.xml"] = f"{head}{more}</sheetData>{end}".encode()
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for name, part in parts.items():
            new.writestr(name, part)
    return written.getvalue()


def entities() -> bytes:
    """Write a workbook whose sheet declares an entity."""
    doctype = '<!DOCTYPE x [<!ENTITY e "1">]>'
    with zipfile.ZipFile(io.BytesIO(as_xlsx([dict(ROW)]))) as old:
        parts = {name: old.read(name).decode() for name in old.namelist()}
    name = "xl/worksheets/sheet1.xml"
    body = parts[name].partition("?>")[2] if parts[name].startswith("<?xml") else parts[name]
    parts[name] = doctype + body.replace("<v>", "<v>&e;", 1)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as new:
        for part, text in parts.items():
            new.writestr(part, text)
    return written.getvalue()


MANY = {
    "too many rows of CSV": (as_csv(ROW) + b",\n" * 10 * Limits.rows, "csv", 413),
    "too many rows of a workbook": (rows(Limits.rows + 10), "xlsx", 413),
    "many lines that say nothing": (b"#\n" * Limits.triples, "ttl", 200),
    "too many triples": (b"<a><b>1.\n" * (Limits.triples + 1), "ttl", 413),
    "entities in a workbook": (entities(), "xlsx", 400),
}


@pytest.mark.parametrize(("body", "ending", "status"), MANY.values(), ids=MANY)
def test_what_is_too_much_is_refused(server: Server, body, ending: str, status: int) -> None:
    """It is read up to the limit, and no further."""
    assert send(server, body, TYPES[ending]) == status
    assert_unharmed(server)


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_empty_file(server: Server, ending: str) -> None:
    """It says nothing, or is not of its format; either is reported."""
    assert send(server, b"", TYPES[ending]) == (
        200 if ending in {"ttl", "trig", "nt", "nq"} else 400
    )
