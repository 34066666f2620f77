"""The query page: the answer first, in parts, as bars, with names; fixes; files; code."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import nullcontext

import openpyxl
import pyoxigraph as ox
import pytest
from conftest import ROOT
from flask.testing import FlaskClient
from serving import BASE, LABEL, QUESTION, Server
from test_pages import HTML, Page, show

from aikg.engine.client import Engine
from aikg.errors import AnswerTooLarge
from aikg.files.queries import read_queries
from aikg.settings import Settings
from aikg.sparql import tables
from aikg.sparql.evaluation import Request
from aikg.sparql.tables import harmless
from aikg.web import create_app
from aikg.web.snippets import curl, python, r

ROWS = "SELECT ?s ?n { ?s <urn:p> ?o BIND(xsd:integer(?o) AS ?n) }"
ROWS = "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> " + ROWS
DRUGS = f"""SELECT ?drug ?value {{
  ?drug a <{BASE}ontology/Drug> OPTIONAL {{ ?drug <{BASE}ontology/value> ?value }} }}"""
#: A text with everything that a shell, Python, R or a page could read as its own.
NASTY = (
    "SELECT ('$(exit 9) `exit 9` \\\\ \\n ${HOME} \"&\" </pre><b>é😀 #{x}\t' AS ?x)\n{ } # it's\n"
)


@pytest.fixture(scope="module")
def client(small: Settings) -> Iterator[FlaskClient]:
    """The application on the small graph, without a server."""
    with Engine(small) as engine:
        registered = read_queries(small.root / "queries" / "competency")
        yield create_app(engine, registered).test_client()


def ask(client: FlaskClient, **given: str) -> Page:
    """Ask for a page with some parameters."""
    response = client.get("/sparql", query_string=given, headers={"Accept": HTML})
    assert response.status_code == 200
    return Page(response)


def test_the_answer_stands_before_the_query(client: FlaskClient) -> None:
    """The query, the code and the examples are folded."""
    text = client.get("/sparql?question=drugs", headers={"Accept": HTML}).text
    assert text.index("<table") < text.index("<textarea")
    assert text.index("<h1") < text.index("<table") < text.index("<details")


def test_rows_are_sorted_filtered_and_in_parts(client: FlaskClient) -> None:
    """Numbers by their value; a page after the last is the last; each link keeps the rest."""
    first = ask(client, query=ROWS, sort="n")
    assert first.texts("td")[1:6:2] == ["0", "1", "2"]
    assert "Page 1 of 60" in first.texts("span")
    (following,) = [href for href in first.values("a", "href") if "page=2" in href]
    assert "sort=n" in following
    last = ask(client, query=ROWS, sort="n", order="desc", page="2")
    assert last.texts("td")[1] == "1474"
    assert ask(client, query=ROWS, sort="n", page="99").texts("td")[1] == "1475"
    found = ask(client, query=ROWS, contains="149", sort="n")
    assert found.texts("td")[1::2] == ["149", "1149", *map(str, range(1490, 1500))]
    assert any("12 of them contain" in text for text in found.texts("p"))


@pytest.mark.parametrize("given", [{"sort": "nothing"}, {"page": "0"}, {"page": "x"}])
def test_a_view_that_is_not_valid_is_refused(client: FlaskClient, given: dict[str, str]) -> None:
    """The query stays in the form."""
    asked = {"query": ROWS, **given}
    response = client.get("/sparql", query_string=asked, headers={"Accept": HTML})
    assert response.status_code == 400
    assert Page(response).texts("textarea") == [ROWS]


def test_names_stand_for_addresses_until_they_are_switched_off(client: FlaskClient) -> None:
    """On the page, in CSV and in a workbook."""
    assert "anastrozole" in ask(client, query=DRUGS).texts("td")
    page = ask(client, query=DRUGS, labels="0")
    assert "drug:anastrozole" in page.texts("td")
    assert "Show names" in page.texts("a")
    for labels in ("", "1"):
        reply = client.get(
            "/sparql", query_string={"query": DRUGS, "format": "csv", "labels": labels}
        )
        head, *rows = list(csv.reader(io.StringIO(reply.text)))
        assert head == (["drug", "drug_label", "value"] if labels else ["drug", "value"])
        assert all(row[0].startswith(BASE) for row in rows)
    assert [f"{BASE}drug/exemestane", "exemestane <i>é</i>", "13.5"] in rows


def test_a_workbook_has_numbers_and_no_formula(client: FlaskClient) -> None:
    """Texts that a spreadsheet would obey stay texts; the second sheet says what the first is."""
    query = """SELECT * { VALUES (?n ?text) { (1.25 "=1+1") (3 "@SUM(1)") (UNDEF "a\\u202Eb") } }"""
    reply = client.get("/sparql", query_string={"query": query, "format": "xlsx"})
    assert reply.headers["Content-Disposition"].endswith(".xlsx")
    people = {"query": query, "format": "csv", "labels": "1"}
    text = client.get("/sparql", query_string=people).text
    assert text.splitlines()[1:3] == ["1.25,'=1+1", "3,'@SUM(1)"]
    book = openpyxl.load_workbook(io.BytesIO(reply.data))
    rows = [[(cell.value, cell.data_type) for cell in row] for row in book["answer"].rows]
    assert rows[1:] == [
        [(1.25, "n"), ("=1+1", "s")],
        [(3, "n"), ("@SUM(1)", "s")],
        [(None, "n"), ("a\\u202eb", "s")],
    ]
    about = {row[0].value: row[1].value for row in book["about"].rows}
    assert about["query"].startswith("SELECT * {")
    assert about["version"] == "0123456789ab"


@pytest.mark.parametrize(("rows", "enough"), [(2, True), (3, False)])
def test_a_sheet_has_room_for_so_many_rows(
    rows: int, enough: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One more is refused before anything is written: the request asks for too much."""
    monkeypatch.setattr(tables, "MOST_ROWS", 2)
    store, output = ox.Store(), io.BytesIO()
    for number in range(rows):
        store.add(ox.Quad(*(ox.NamedNode(f"urn:{number}"),) * 3))
    asked = Request("SELECT * { ?s ?p ?o }", format="xlsx")
    refused = nullcontext() if enough else pytest.raises(AnswerTooLarge, match="more than 2 rows")
    with refused as caught:
        tables.write_table(store, asked, False, [], output, lambda media_type: None)
    assert bool(output.getvalue()) == enough
    assert enough or caught.value.status == 400


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"query": "ASK {}", "format": "xlsx"}, 406),
        ({"query": "SELECT * {}", "format": "json", "labels": "1"}, 400),
        ({"query": "SELECT * { ?s drug:x ?o }", "format": "xlsx"}, 400),
        ({"query": "SELECT * {}", "format": "xlsx", "timeout": "soon"}, 400),
    ],
)
def test_a_table_that_cannot_be_made_is_refused(
    client: FlaskClient, given: dict[str, str], status: int
) -> None:
    """With a problem document that says what to do."""
    reply = client.get("/sparql", query_string=given)
    assert (reply.status_code, bool(reply.json["advice"])) == (status, True)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1+cmd", "'+1+cmd"),
        ("@x", "'@x"),
        ("-a", "'-a"),
        ("-0.5", "-0.5"),
        ("+1e-3", "+1e-3"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_a_text_is_no_formula(text: str, cell: str) -> None:
    """A number with a sign stays as it is."""
    assert harmless(text) == cell


def test_a_file_is_called_after_its_question_and_version(client: FlaskClient) -> None:
    """A question by its name, another query by a digest; never `sparql`."""
    names = {}
    for form in ("csv", "tsv", "json", "xml", "xlsx"):
        reply = client.get(f"/sparql?question=drugs&format={form}")
        assert reply.headers["Content-Disposition"].startswith("attachment")
        names[form] = reply.headers["Content-Disposition"].partition("filename=")[2]
    assert names == {form: f"drugs-0123456789ab.{form}" for form in names}
    query = {"query": "CONSTRUCT { <urn:a> <urn:b> <urn:c> } {}"}
    reply = client.get("/sparql", query_string=query | {"format": "turtle"})
    name = reply.headers["Content-Disposition"].partition("filename=")[2]
    assert name.startswith("query-")
    assert name.endswith("-0123456789ab.ttl")


def test_bars_have_the_values_of_the_table(client: FlaskClient) -> None:
    """As long as their share, from zero; without a column of numbers there are none."""
    query = "SELECT ?who ?n { VALUES (?who ?n) { ('a' 10) ('b' -5) ('<i>' 0) } }"
    page = ask(client, query=query, view="bars")
    widths = [float(width) for width in page.values("rect", "width")]
    assert widths[0] == pytest.approx(2 * widths[1])
    assert page.texts("title")[1:] == ["a: 10", "b: -5", "<i>: 0"]
    assert not ask(client, query="SELECT ('a' AS ?x) {}", view="bars").values("rect", "width")


def test_examples_are_found_by_tag_and_by_word(shared_engine: Engine) -> None:
    """All of them without, some with; none says so."""
    examples = create_app(shared_engine, read_queries(ROOT / "queries" / "competency"))

    def links(address: str) -> int:
        page = Page(examples.test_client().get(address, headers={"Accept": HTML}))
        return sum("/sparql?question=" in href for href in page.values("a", "href"))

    everything = links("/sparql")
    safety, found = links("/sparql?tag=safety"), links("/sparql?find=visceral")
    assert 0 < safety < everything
    assert 0 < found < everything
    assert 0 < links("/sparql?find=VISCERAL+table&tag=efficacy") < found
    assert links("/sparql?find=zzz") == 0


@pytest.mark.parametrize(
    ("query", "does", "fixed"),
    [
        (
            "SELECT * { ?s aikg:value ?o }",
            "Add PREFIX aikg: <https://w3id.org/aikg/ontology/>, and ask",
            "PREFIX aikg: <https://w3id.org/aikg/ontology/>\nSELECT * { ?s aikg:value ?o }",
        ),
        ("SELCT * {} ", "Write SELECT in place of SELCT, and ask", "SELECT * {} "),
        (
            "SELECT *\n{}\nLIMT 5 # LIMT",
            "Write LIMIT in place of LIMT, and ask",
            "SELECT *\n{}\nLIMIT 5 # LIMT",
        ),
        (
            "SELECT * { ?s aikgg:value ?o }",
            "Write aikg: in place of aikgg:, and ask",
            "SELECT * { ?s aikg:value ?o }",
        ),
        ("SELECT * { ?s ", None, None),
        ("SELECT * { ?s <b>x ?o }", None, None),
    ],
)
def test_the_place_is_marked_and_the_fix_is_a_button(
    client: FlaskClient, query: str, does: str | None, fixed: str | None
) -> None:
    """No script is needed; a mistake without a known fix has no button."""
    page = show(client, query, status=400)
    assert page.texts("mark") or query.endswith(" ")
    assert (
        (does in page.texts("button"))
        if does
        else not any(", and ask" in b for b in page.texts("button"))
    )
    values = [
        a["value"] for name, a, _ in page.elements if name == "input" and a.get("name") == "query"
    ]
    assert values == ([fixed] if fixed else [])


def test_code_asks_the_same_query_whatever_its_text(server: Server) -> None:
    """A shell and Python run it; nothing in the query is obeyed, and it arrives as it is."""
    asked = [("query", NASTY), ("format", "csv")]
    data = urllib.parse.urlencode(asked).encode()
    expected = urllib.request.urlopen(server.url, data).read()
    assert b"exit 9" in expected
    for text in (NASTY, NASTY + "# \x1b[2J"):
        said = curl(server.url, [("query", text), ("format", "csv")])
        assert "\x1b" not in said
        if shutil.which("curl"):
            assert (
                subprocess.check_output(["bash", "-c", said.replace("curl ", "curl -s ", 1)])
                == expected
            )
    names: dict[str, object] = {}
    exec(compile(python(server.url, asked), "snippet", "exec"), names)  # noqa: S102  our own
    assert dict(names["parameters"])["query"] == NASTY  # type: ignore[call-overload]
    written = r(server.url, asked)
    assert written.isascii()
    assert "\\U{1f600}" in written


def test_a_form_sends_other_ends_of_lines(client: FlaskClient) -> None:
    """They count as those that were typed; a hidden character stays in the query of each form."""
    text = QUESTION.replace("\n", "\r\n")
    assert ask(client, query=text).texts("h1") == ["What are the drugs called?"]
    query = "SELECT ('\x1b' AS ?x)\r\n{} LIMT 5"
    page = show(client, query, status=400)
    assert page.texts("mark") == ["LIMT"]
    fixed = [a["value"] for _, a, _ in page.elements if a.get("type") == "hidden"]
    assert fixed == ["SELECT ('\x1b' AS ?x)\n{} LIMIT 5"]


def test_a_page_shows_code_as_text(client: FlaskClient) -> None:
    """The snippet of a query with markup is markup nowhere."""
    text = client.get("/sparql", query_string={"query": NASTY}, headers={"Accept": HTML}).text
    assert "</pre><b>" not in text
    assert "&lt;/pre&gt;&lt;b&gt;" in text


def test_a_label_is_only_text_in_each_new_output(client: FlaskClient) -> None:
    """In cells, in bars and their titles, in CSV and in the workbook."""
    query = f"""SELECT ?drug ?n {{
      ?drug <{LABEL}> ?label BIND(1 AS ?n) FILTER(CONTAINS(?label, "<i>")) }}"""
    asked = {"query": query, "view": "bars"}
    text = client.get("/sparql", query_string=asked, headers={"Accept": HTML}).text
    assert "<i>" not in text
    assert text.count("exemestane &lt;i&gt;") >= 3
