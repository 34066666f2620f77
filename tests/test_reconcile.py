"""Lists of names over HTTP: `/names`, and the Reconciliation Service API as its schemas ask."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from conftest import CASES, ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving import Reply, Server

from aikg.links.forms import read_forms
from aikg.links.lookup import COLUMNS
from aikg.web.reconcile import BATCH, NAMES

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TEXT = {"Content-Type": "text/plain; charset=utf-8"}
TSV = "text/tab-separated-values"


@pytest.fixture(scope="module")
def server(site: Server) -> Server:
    """The server on the whole graph."""
    return site


def messy() -> list[str]:
    """Names that were made from outside sources, and codes in each form that people paste."""
    found = []
    for file in ("names.tsv", "names-2.tsv", "names-3.tsv"):
        with (CASES / "links" / file).open(encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            found += [row["name"] for row in rows]
    return found + [form.example for form in read_forms(ROOT).forms]


def post(server: Server, content: dict[str, Any], field: str = "queries") -> Reply:
    """Post a batch as OpenRefine does."""
    return server.send("POST", "/reconcile", FORM, urlencode({field: json.dumps(content)}).encode())


def ask(server: Server, *texts: str, **others: Any) -> list[list[dict[str, Any]]]:
    """Ask for texts, and return the candidates of each; the answer has the form of the schema."""
    batch = {f"q{at}": {"query": text} | others for at, text in enumerate(texts)}
    reply = post(server, batch)
    assert (reply.status, reply.media_type) == (200, "application/json"), reply.body
    answer = json.loads(reply.body)
    assert list(answer) == list(batch)
    for found in answer.values():
        check_candidates(found)
    return [found["result"] for found in answer.values()]


def check_named(one: Any) -> None:
    """Check an object with `id` and `name`, and no member that is null."""
    assert isinstance(one["id"], str)
    assert isinstance(one["name"], str)
    assert one["name"]
    assert None not in one.values()


def check_candidates(found: dict[str, Any]) -> None:
    """Check the answer to a query: required members and types, and at most one match, the first."""
    for one in found["result"]:
        check_named(one)
        assert isinstance(one["score"], int | float)
        assert not isinstance(one["score"], bool)
        assert isinstance(one["match"], bool)
        assert isinstance(one.get("description", ""), str)
        for kind in one.get("type", []):
            check_named(kind)
        assert re.fullmatch(r"[a-z-]+/[\w./-]+", one["id"], re.IGNORECASE)
    scores = [one["score"] for one in found["result"]]
    assert scores == sorted(scores, reverse=True)
    matches = [at for at, one in enumerate(found["result"]) if one["match"]]
    assert matches in ([], [0])
    if matches and len(scores) > 1:
        assert scores[0] > scores[1]


def test_the_manifest_is_of_both_versions(server: Server) -> None:
    """It has what each schema requires, and another site's page may read it."""
    reply = server.send("GET", "/reconcile", {"Origin": "https://example.org"})
    manifest = json.loads(reply.body)
    assert {"0.1", "0.2"} == set(manifest["versions"])
    for name in ("name", "identifierSpace", "schemaSpace"):
        assert isinstance(manifest[name], str)
    assert "{{id}}" in manifest["view"]["url"]
    assert "{{id}}" in manifest["preview"]["url"]
    assert all(isinstance(manifest["preview"][side], int) for side in ("width", "height"))
    for one in manifest["defaultTypes"]:
        check_named(one)
    assert set(manifest["suggest"]) == {"entity", "property", "type"}
    assert "${id}" in manifest["suggest"]["entity"]["flyout_service_path"]
    assert manifest["extend"]["property_settings"] == []
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in reply.headers
    assert server.send("GET", "/reconcile?callback=f", {}).body == reply.body, "no JSONP"
    view = manifest["view"]["url"].replace("{{id}}", "drug/anastrozole").split("/", 3)[3]
    assert server.send("GET", f"/{view}", {"Accept": "text/html"}).status == 200


def test_a_list_and_a_batch_choose_the_same(server: Server) -> None:
    """As the command does: the first candidate with 90 or more is the term of the list."""
    names = messy()
    assert len(names) > 150
    reply = server.send("POST", "/names?format=json", TEXT, "\n".join(names).encode())
    rows = json.loads(reply.body)
    assert [row["name"] for row in rows] == names
    assert set(rows[0]) == set(COLUMNS)
    found: list[list[dict[str, Any]]] = []
    for at in range(0, len(names), BATCH):
        found += ask(server, *names[at : at + BATCH])
    for row, candidates in zip(rows, found, strict=True):
        best = candidates[0] if candidates and candidates[0]["score"] >= 90 else None
        chosen = best["id"].replace("/", ":", 1) if best else ""
        assert chosen == row["ours"], row
        matched = bool(best and best["match"])
        assert matched == (row["how"] in {"identifier", "name", "wording"}), row
    assert sum(bool(row["ours"]) for row in rows) > 100


def test_a_list_is_a_table(server: Server) -> None:
    """TSV is the default; blanks, empty lines and further cells do not count."""
    body = "\ufeff  Aromasin \r\n\r\ndrug:letrozole\tother\nNCT00066573\nvorozole\n".encode()
    reply = server.send("POST", "/names", TEXT, body)
    assert (reply.status, reply.media_type) == (200, TSV)
    table = list(csv.DictReader(io.StringIO(reply.body.decode()), delimiter="\t"))
    assert [(row["name"], row["ours"], row["how"]) for row in table] == [
        ("Aromasin", "drug:exemestane", "name"),
        ("drug:letrozole", "drug:letrozole", "identifier"),
        ("NCT00066573", "study:ma-27", "identifier"),
        ("vorozole", "", "stranger"),
    ]
    same = server.send(
        "POST", "/names", FORM, urlencode({"names": body.decode("utf-8-sig")}).encode()
    )
    assert same.body == reply.body
    by_type = server.send(
        "POST", "/names", {"Content-Type": TSV, "Accept": "application/json"}, body
    )
    assert [row["ours"] for row in json.loads(by_type.body)] == [row["ours"] for row in table]


def test_types_filter_and_are_counted(server: Server) -> None:
    """OpenRefine guesses types from those of the candidates, and then asks for one."""
    ((first, *_),) = ask(server, "exemestane", limit=3)
    assert first["type"] == [{"id": "Drug", "name": "Drug"}]
    (none,) = ask(server, "exemestane", type="Study", type_strict="should")
    assert not any(one["match"] for one in none)
    assert {kind["id"] for one in none for kind in one["type"]} <= {"Study"}
    (either,) = ask(server, "exemestane", type=["Study", "Drug"])
    assert either[0]["id"] == "drug/exemestane"
    (few,) = ask(server, "e", limit=2)
    assert len(few) <= 2


def test_an_identifier_as_property_decides(server: Server) -> None:
    """It confirms a name, stands for it, and forbids a match where it means another thing."""
    reply = post(
        server,
        {
            "same": {"query": "aromasin", "properties": [{"pid": "atc", "v": "L02BG06"}]},
            "alone": {"properties": [{"pid": "atc", "v": ["L02BG06"]}]},
            "other": {"query": "aromasin", "properties": [{"pid": "atc", "v": "L02BG04"}]},
            "unknown": {"query": "aromasin", "properties": [{"pid": "colour", "v": {"id": "x"}}]},
        },
    )
    found = json.loads(reply.body)
    for name in ("same", "alone", "unknown"):
        assert found[name]["result"][0]["id"] == "drug/exemestane"
        assert found[name]["result"][0]["match"]
    assert not any(one["match"] for one in found["other"]["result"])
    assert {"drug/exemestane", "drug/letrozole"} <= {x["id"] for x in found["other"]["result"]}


def test_names_are_completed(server: Server) -> None:
    """Entities, types and properties, each in the form of its schema."""
    for kind, prefix, wanted in (
        ("entity", "exem", "drug/exemestane"),
        ("type", "dru", "Drug"),
        ("property", "at", "atc"),
    ):
        reply = server.send("GET", f"/reconcile/suggest/{kind}?prefix={prefix}", {})
        found = json.loads(reply.body)["result"]
        assert wanted in [one["id"] for one in found]
        for one in found:
            check_named(one)


def test_values_are_added_to_a_table(server: Server) -> None:
    """Each entity has a row, each property a list, also where there is nothing."""
    proposed = json.loads(server.send("GET", "/reconcile/properties?type=Drug", {}).body)
    assert {"atc", "CHEBI", "label"} <= {one["id"] for one in proposed["properties"]}
    asked = {"ids": ["drug/anastrozole", "drug/nobody"],
             "properties": [{"id": "atc"}, {"id": "label"}, {"id": "CHEBI"}]}  # fmt: skip
    answer = json.loads(post(server, asked, "extend").body)
    assert [one["id"] for one in answer["meta"]] == ["atc", "label", "CHEBI"]
    for one in answer["meta"]:
        check_named(one)
    assert answer["rows"] == {
        "drug/anastrozole": {
            "atc": [{"str": "L02BG03"}],
            "label": [{"str": "anastrozole"}],
            "CHEBI": [{"str": "2704"}],
        },
        "drug/nobody": {"atc": [], "label": [], "CHEBI": []},
    }


def test_only_the_preview_may_be_framed(server: Server) -> None:
    """It has no form, script or cookie; every other page refuses a frame."""
    reply = server.send("GET", "/reconcile/preview?id=drug/exemestane", {"Accept": "text/html"})
    assert (reply.status, reply.media_type) == (200, "text/html")
    assert reply.headers.get_all("Content-Security-Policy") == [
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors *"
    ]
    assert b"<form" not in reply.body
    assert b"<script" not in reply.body
    assert "Set-Cookie" not in reply.headers
    assert b'href="/drug/exemestane"' in reply.body
    for path in ("/drug/exemestane", "/reconcile/previews", "/reconcile/flyout?id=drug/exemestane"):
        others = server.send("GET", path, {"Accept": "text/html"})
        assert "frame-ancestors 'none'" in others.headers["Content-Security-Policy"]
    flyout = json.loads(server.send("GET", "/reconcile/flyout?id=drug/exemestane", {}).body)
    assert flyout["id"] == "drug/exemestane"
    assert "exemestane" in flyout["html"]
    nobody = quote("drug/<script>", safe="")
    assert server.send("GET", f"/reconcile/preview?id={nobody}", {}).status == 404


@pytest.mark.parametrize(
    ("path", "headers", "body", "status", "says"),
    [
        ("/names", TEXT, b"x\n" * (NAMES + 1), 413, "at most 5,000"),
        ("/names", TEXT, b"x" * 1_100_000, 413, ""),
        ("/names", TEXT, b"\xff", 400, "not in UTF-8"),
        ("/names", FORM, b"aromasin", 400, "no field `names`"),
        ("/names", {"Content-Type": "application/pdf"}, b"x", 415, "application/pdf"),
        ("/names?format=xml", TEXT, b"x", 406, "format=xml"),
        ("/reconcile", FORM, b"queries=%5B%5D", 400, "not an object of JSON"),
        ("/reconcile", FORM, b"queries=%7B", 400, "not an object of JSON"),
        ("/reconcile", FORM, b'queries={"q0":1}', 400, "q0 is not an object"),
        ("/reconcile", FORM, b'queries={"q0":{}}', 400, "q0 has no `query`"),
        ("/reconcile", FORM, b'queries={"q0":{"query":"x","limit":NaN}}', 400, "JSON"),
        ("/reconcile", FORM, b'queries={"q0":{"query":"x","limit":"3"}}', 400, "`limit`"),
        ("/reconcile", FORM, b'queries={"q0":{"query":"x","properties":[{}]}}', 400, "`pid`"),
        ("/reconcile", FORM, b'extend={"ids":1,"properties":[]}', 400, "`ids`"),
        ("/reconcile", FORM, b'extend={"ids":[],"properties":[1]}', 400, "`properties`"),
    ],
)
def test_a_bad_request_is_refused_with_words(
    server: Server, path: str, headers: dict[str, str], body: bytes, status: int, says: str
) -> None:
    """The message names the bound or the member, and the server goes on."""
    reply = server.send("POST", path, headers, body)
    assert reply.status == status, reply.body
    problem = json.loads(reply.body)
    assert says in problem["detail"]
    assert problem["advice"]


def test_a_batch_is_bounded(server: Server) -> None:
    """Fifty queries and 64,000 bytes are answered, one more is 413 with the bound."""
    most = {f"q{at}": {"query": "letrozole"} for at in range(BATCH)}
    assert len(json.loads(post(server, most).body)) == BATCH
    over = post(server, most | {"more": {"query": "letrozole"}})
    assert (over.status, "at most 50" in json.loads(over.body)["detail"]) == (413, True)
    long = post(server, {"q0": {"query": "x" * 64_000}})
    assert (long.status, "64,000 bytes" in json.loads(long.body)["detail"]) == (413, True)
    ids = {"ids": ["drug/x"] * (BATCH + 1), "properties": []}
    assert post(server, ids, "extend").status == 413


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(min_size=1, max_size=80), min_size=1, max_size=12))
def test_any_text_of_a_cell_has_an_answer_of_the_form(server: Server, texts: list[str]) -> None:
    """Blanks around it, control characters, long ones: candidates, or none."""
    named = [text for text in texts if text.strip()]
    ask(server, "  anastrozole \t", "x" * 3_000, "<script>", *named)
