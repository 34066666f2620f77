"""/validate: a verdict for anyone who asks, whatever is sent; the next request is answered."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace

import pyoxigraph as ox
import pytest
from conftest import ROOT
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from aikg.build import Built
from aikg.engine.client import Engine
from aikg.intake.formats import FORMATS
from aikg.names import BASE
from aikg.settings import Settings
from aikg.web import create_app, nodes

FITS = """@prefix aikg: <https://w3id.org/aikg/ontology/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<paper> a aikg:Publication ;
    rdfs:label "a paper of the tests"@en ;
    aikg:year 2016 .
"""
FITS_NOT = FITS.replace("2016", '"2016"')
SECTIONS = nodes.load(ROOT / "queries" / "pages")
ADDRESS = "/validate?name=mine"
MINE = "https://w3id.org/aikg/submission/mine/"
#: The largest file that the narrow server takes.
MOST = 100_000


@pytest.fixture(scope="module")
def client(built: Built, settings: Settings) -> Iterator[FlaskClient]:
    """A client of the application on the whole graph; a failure of the server is an error."""
    with Engine(settings) as engine:
        yield create_app(engine, [], sections=SECTIONS).test_client()


@pytest.fixture(scope="module")
def narrow(built: Built, settings: Settings) -> Iterator[FlaskClient]:
    """A client of an application that takes small files only."""
    with Engine(replace(settings, submission_bytes=MOST)) as engine:
        yield create_app(engine, [], sections=SECTIONS).test_client()


def send(client: FlaskClient, body: str | bytes, media_type: str = "text/turtle", **options):
    """Send a body as it is."""
    address = options.pop("address", ADDRESS)
    headers = options.pop("headers", {})
    return client.post(address, data=body, content_type=media_type, headers=headers)


def test_a_file_that_takes_too_long_is_told_what_to_do_with_a_file(
    built: Built, settings: Settings
) -> None:
    """Its sender has no query that could be shortened."""
    many = FITS + "".join(f"<n{n}> aikg:value {n}.0 .\n" for n in range(100_000))
    with Engine(replace(settings, deadline=0.5)) as engine:
        answer = send(create_app(engine, [], sections=SECTIONS).test_client(), many)
    assert answer.status_code == 503
    assert answer.json["detail"] == "The examination was stopped at its deadline of 0.5 seconds."
    assert "aikg validate" in answer.json["advice"]


@pytest.mark.parametrize("form", ["csv", "xlsx", "csv?form=long", "xlsx?form=long"])
def test_the_template_comes_back_and_is_read(client: FlaskClient, form: str) -> None:
    """A worker, which may open no file, reads the sheet that it sent, and names its example row."""
    sheet = client.get(f"/template.{form}")
    answer = send(client, sheet.data, sheet.mimetype)
    assert answer.status_code == 200
    told = [finding["found"] for finding in answer.json["findings"]]
    assert "The example row of the template is still there." in told


def test_a_form_that_the_template_has_not(client: FlaskClient) -> None:
    """It is refused with the two that it has; the long one has more columns than the short one."""
    answer = client.get("/template.csv?form=wide")
    assert answer.status_code == 400
    assert "form=long" in answer.json["advice"]
    short, long = (client.get(f"/template.csv?form={form}").data for form in ("short", "long"))
    assert client.get("/template.csv").data == short
    assert len(short.splitlines()[0].split(b",")) < len(long.splitlines()[0].split(b","))


@pytest.mark.parametrize(
    "syntax", [f for f in FORMATS if f.name not in {"CSV", "XLSX", "ODS"}], ids=str
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_worker_reads_every_syntax(client: FlaskClient, syntax, pack) -> None:
    """The same statements have the same verdict, however they are written and packed."""
    graph = ox.RdfFormat.from_media_type(syntax.media_type)
    triples = [q.triple for q in ox.parse(FITS, ox.RdfFormat.TURTLE, base_iri=MINE)]
    answer = send(client, pack(ox.serialize(triples, format=graph)), syntax.media_type)
    assert (answer.status_code, answer.json["accepted"]) == (200, True)


def test_a_workbook_that_would_be_too_large_unpacked(narrow: FlaskClient) -> None:
    """Its directory says how large it is unpacked, before it is."""
    workbook = io.BytesIO()
    with zipfile.ZipFile(workbook, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * 10 * MOST)
        archive.writestr("xl/more.xml", b" ")
    template = narrow.get("/template.xlsx")
    assert send(narrow, workbook.getvalue(), template.mimetype).status_code == 413
    assert send(narrow, template.data, template.mimetype).status_code == 200


@pytest.mark.parametrize(("body", "accepted"), [(FITS, True), (FITS_NOT, False)])
def test_a_verdict_is_an_answer(client: FlaskClient, body: str, accepted: bool) -> None:
    """Whatever the verdict, the status is 200; the report is JSON unless another is asked."""
    response = send(client, body)
    assert response.status_code == 200
    report = json.loads(response.data)
    assert report["accepted"] is accepted
    if not accepted:
        (finding,) = report["findings"]
        assert finding["severity"] == "Error"
        assert finding["code"] == "shape/publication-year"
        assert (finding["place"]["line"], finding["place"]["column"]) == (5, 15)
        assert finding["about"] == "a paper of the tests"
        assert finding["found"] == "year: 2016"
        assert finding["expected"].startswith("a whole number")
        assert finding["more"] == "https://w3id.org/aikg/shape/publication-year"


@pytest.mark.parametrize(
    ("accept", "begin"),
    [
        ("application/json", b"{"),
        ("text/plain", b"Error"),
        ("text/turtle", b"@prefix"),
        ("application/ld+json", b"["),
        ("application/rdf+xml", b"<?xml"),
        ("application/n-triples", b"_:"),
        ("text/html", b"<!doctype html>"),
    ],
)
def test_the_report_in_the_form_that_is_asked(
    client: FlaskClient, accept: str, begin: bytes
) -> None:
    """The same report for programs, for a terminal, for RDF and for a browser."""
    response = send(client, FITS_NOT, headers={"Accept": accept})
    assert response.status_code == 200
    assert response.mimetype == accept
    assert response.data.startswith(begin)


def test_the_report_as_rdf_names_shape_and_line(client: FlaskClient) -> None:
    """A SHACL validation report, with the place in it."""
    response = send(client, FITS_NOT, headers={"Accept": "text/turtle"})
    store = ox.Store()
    store.load(response.data, format=ox.RdfFormat.TURTLE)
    query = """PREFIX sh: <http://www.w3.org/ns/shacl#>
    ASK { ?report a sh:ValidationReport ; sh:conforms false ; sh:result ?result .
      ?result sh:sourceShape <https://w3id.org/aikg/shape/publication-year> ;
        <http://www.w3.org/2009/pointers#lineNumber> 5 }"""
    assert bool(store.query(query))


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("aikg:year 16.5", '"16.5"^^xsd:decimal'),
        ("aikg:year 16", "16"),
        ('aikg:year "2016"', '"2016"'),
        ('aikg:year "2016"@en', '"2016"@en'),
        ("aikg:year <none>", f"<{MINE}none>"),
    ],
)
def test_the_report_as_rdf_has_the_terms(client: FlaskClient, statement: str, value: str) -> None:
    """A value of a result is the term of the data, with its datatype or language."""
    body = FITS.replace("aikg:year 2016", statement)
    answer = send(client, body, headers={"Accept": "application/n-triples"})
    store = ox.Store()
    store.load(answer.data, format=ox.RdfFormat.N_TRIPLES)
    query = f"""PREFIX sh: <http://www.w3.org/ns/shacl#> PREFIX aikg: <{BASE}ontology/>
    PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
    ASK {{ ?result sh:resultPath aikg:year ; sh:value ?value
      FILTER(sameTerm(?value, {value})) }}"""
    assert bool(store.query(query)), answer.data.decode()


def test_the_report_as_rdf_conforms_as_shacl_has_it(client: FlaskClient) -> None:
    """Data conform where there is no result; a note is a result, and does not block."""
    told = {}
    named = FITS.replace("<paper>", "<http://other/graph> { <paper>") + "}"
    for name, body in {"nothing": FITS, "a note": named}.items():
        accept = {"Accept": "application/n-triples"}
        text = send(client, body, "application/trig", headers=accept).data.decode()
        told[name] = 'shacl#conforms> "true"' in text, "shacl#Violation" in text
        assert json.loads(send(client, body, "application/trig").data)["accepted"]
    assert told == {"nothing": (True, False), "a note": (False, False)}


SENT = {
    "shape": (FITS_NOT, "shape/publication-year"),
    "check": (FITS + f"<paper> aikg:reports <{BASE}study/none> .", "check/unknown-node"),
    "rule": (f"<{BASE}drug/exemestane> a <x> .", "rule/own-nodes"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "code"), SENT.values(), ids=SENT)
def test_each_finding_links_to_the_page_of_its_rule(
    client: FlaskClient, body: str, code: str
) -> None:
    """In every form of the report, and the page has both examples."""
    address = BASE + code
    (finding,) = json.loads(send(client, body).data)["findings"]
    assert finding["more"] == address
    forms = {"text/plain": f"More:     {address}\n", "text/turtle": f"sh:sourceShape <{address}>",
             "text/html": f'href="/{code}"'}  # fmt: skip
    for accept, link in forms.items():
        assert link in send(client, body, headers={"Accept": accept}).text
    page = client.get(f"/{code}", headers={"Accept": "text/html"}).text
    assert "This breaks it" in page
    assert "This keeps it" in page


def test_a_browser_has_a_form_and_uploads_a_file(client: FlaskClient) -> None:
    """A form without a script: a file, or a text."""
    form = client.get("/validate")
    assert form.status_code == 200
    assert b'type="file"' in form.data
    sent = {"file": (io.BytesIO(FITS_NOT.encode()), "my trial.ttl"), "text": ""}
    response = client.post("/validate", data=sent, headers={"Accept": "text/html"})
    assert b"my trial.ttl is not valid" in response.data
    assert b"line 5, column 15" in response.data
    assert b"1 error, 3 triples" in response.data
    assert b'href="#send"' in response.data
    pasted = {"text": FITS, "type": "text/turtle"}
    response = client.post(
        "/validate",
        data=pasted,
        headers={"Accept": "text/html"},
        content_type="multipart/form-data",
    )
    assert b"my-trial is valid" in response.data
    assert b"a paper of the tests" in response.data
    wrong = {"text": "what I wrote <b>", "type": "text/csv", "name": "mine"}
    response = client.post(
        "/validate",
        data=wrong,
        headers={"Accept": "text/html"},
        content_type="multipart/form-data",
    )
    assert response.status_code == 400
    assert b"what I wrote &lt;b&gt;</textarea>" in response.data
    assert b'value="text/csv" selected' in response.data
    assert b'value="mine"' in response.data


BAD = {
    "syntax": ("<a> <b> .", "text/turtle", 400),
    "not utf-8": (b"<a> <b> '\xff' .", "text/turtle", 400),
    "doctype": ('<!DOCTYPE r [<!ENTITY a "x">]><r>&a;</r>', "application/rdf+xml", 400),
    "deep json": (b"[" * 101, "application/ld+json", 400),
    "context": ('{"@context": "http://c/"}', "application/ld+json", 400),
    "format": ("%PDF", "application/pdf", 415),
    "too large, unpacked": (gzip.compress(b"#" * (MOST + 1)), "text/turtle", 413),
    "too large": (b"#" * (3 * MOST), "text/turtle", 413),
}  # fmt: skip


@pytest.mark.parametrize(("body", "media_type", "status"), BAD.values(), ids=BAD)
def test_what_cannot_be_read_is_told_and_the_next_is_answered(
    narrow: FlaskClient, body: str | bytes, media_type: str, status: int
) -> None:
    """A problem document says what is wrong, where and what to do; nothing is left behind."""
    response = send(narrow, body, media_type)
    assert response.status_code == status, response.data
    problem = json.loads(response.data)
    assert problem["advice"]
    if status == 400:
        assert problem["line"]
    assert send(narrow, FITS).status_code == 200


def test_a_name_that_is_none(client: FlaskClient) -> None:
    """The name becomes part of addresses."""
    assert send(client, FITS, address="/validate?name=a/b").status_code == 400


def test_a_submission_under_another_name_is_told_once(client: FlaskClient) -> None:
    """One cause once: however many nodes have the other name."""
    base = "@base <https://w3id.org/aikg/submission/other/> .\n"
    body = base + FITS + FITS.replace("<paper>", "<paper-2>").replace("a paper", "another")
    report = json.loads(send(client, body).data)
    (finding,) = report["findings"]
    assert finding["code"] == "rule/own-nodes"
    assert "other" in finding["mend"]


PIECES = [*FITS_NOT.split(), "[", "]", "(", '"""', "{", "}", '{"@id": ', "<rdf:RDF>", "<![CDATA["]


@hypothesis(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    body=st.one_of(st.binary(max_size=80), st.lists(st.sampled_from(PIECES)).map(" ".join)),
    form=st.sampled_from(FORMATS),
)
def test_whatever_is_sent_no_worker_is_lost(client: FlaskClient, body, form) -> None:
    """No bytes of any format make the server fail."""
    response = send(client, body, form.media_type)
    assert response.status_code in {200, 400}
