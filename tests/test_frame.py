"""The frame of each page: menu, search, footer; lists, documentation, and the files for robots."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from xml.etree import ElementTree as ET  # our own answer

import pytest
from conftest import ROOT
from flask.testing import FlaskClient
from openpyxl import load_workbook

from aikg.build import Built
from aikg.engine.client import Engine
from aikg.files.queries import read_queries
from aikg.settings import Settings
from aikg.web import create_app, frame, nodes

HTML = {"Accept": "text/html"}
FOOTER = [
    *("CC BY 4.0", "Cite this", "@misc{aikg-", "TY - DATA", "not advice", "/docs"),
    *("Report a mistake", "ask there for a token", "/docs/reference/privacy"),
]
MENU = ["Drugs", "Trials", "Outcomes", "Compare", "Map", "Query", "Send a table"]


@pytest.fixture(scope="module")
def client(built: Built, settings: Settings) -> Iterator[FlaskClient]:
    """The application on the whole graph, with an address for mistakes."""
    with Engine(replace(settings, contact="curators@example.org")) as engine:
        registered = read_queries(ROOT / "queries" / "competency")
        yield create_app(
            engine, registered, None, nodes.load(ROOT / "queries" / "pages")
        ).test_client()


def read(client: FlaskClient, path: str) -> str:
    """Read a page, its white space made single."""
    reply = client.get(path, headers=HTML)
    assert reply.status_code == 200, path
    return " ".join(reply.text.split())


PAGES = ["/", "/drug", "/drug/exemestane", "/compare", "/sparql", "/validate", "/search", "/docs"]


@pytest.mark.parametrize("path", PAGES)
def test_each_page_has_the_frame(client: FlaskClient, path: str) -> None:
    """One search box, the menu, and a footer with all that a reader may need."""
    page = read(client, path)
    (menu,) = re.findall(r'<nav aria-label="Pages">(.*?)</nav>', page)
    assert re.findall(r">([^<]+)</a>", menu) == MENU
    assert page.count('role="search"') >= 1
    footer = page.partition('<footer class="site">')[2]
    assert [words for words in FOOTER if words not in footer] == []
    version = client.get("/health").json["version"]  # type: ignore[index]
    (report,) = re.findall(r'href="(mailto:[^"]+)"', footer)
    assert version in report
    assert f"aikg%3A%20a%20mistake%20at%20{path}" in report


def test_a_citation_survives_any_title() -> None:
    """Braces, line breaks and tags of a label stay text in BibTeX and RIS."""
    bad = "}\n<script>& 50 % _x\nER  - \u202e"
    cited = frame.cite(bad, "https://w3id.org/aikg/drug/x", "0123", "2026-11-29")
    assert cited.bibtex.count("{") == cited.bibtex.count("}")
    assert r"\& 50 \% \_x" in cited.bibtex
    assert [line for line in cited.ris.splitlines() if line.startswith("ER")] == ["ER  - "]
    assert "\u202e" not in cited.text


@pytest.mark.parametrize("contact", ["", "https://example.org/report"])
def test_the_address_for_mistakes_is_optional(settings: Settings, contact: str) -> None:
    """It may be a page, or none."""
    with Engine(replace(settings, contact=contact)) as engine:
        page = create_app(engine, []).test_client().get("/docs", headers=HTML).text
    assert "mailto:" not in page
    assert (f'href="{contact}"' in page) == bool(contact)


@pytest.mark.parametrize("kind", ["drug", "study", "outcome", "claim", "publication", "finding"])
def test_each_kind_has_a_list(client: FlaskClient, kind: str) -> None:
    """As a page with links, and as JSON."""
    page = read(client, f"/{kind}")
    nodes_ = client.get(f"/{kind}").json
    assert nodes_
    name = kind if kind in nodes_[0] else "node"
    assert len({row[name] for row in nodes_}) == len(nodes_), "each once"
    first = nodes_[0][name].removeprefix("https://w3id.org/aikg")
    assert f'href="{first}"' in page


def test_a_table_is_a_file(client: FlaskClient) -> None:
    """CSV and workbook have the same cells, with labels; no cell is a formula."""
    address = "/table/drug-results?node=drug/exemestane&format="
    reply = client.get(address + "csv")
    rows = list(csv.reader(io.StringIO(reply.text)))
    assert {"outcome", "outcome_label", "figure_label"} <= set(rows[0])
    assert "13.5%" in reply.text
    assert re.search(r'filename="drug-exemestane-drug-results-\w+\.csv"', str(reply.headers))
    book = load_workbook(io.BytesIO(client.get(address + "xlsx").data))
    cells = [["" if c.value is None else c.value for c in row] for row in book.active.iter_rows()]  # type: ignore[union-attr]
    assert cells == rows
    shown = client.get(address + "query", headers=HTML)
    assert shown.status_code == 303
    again = client.get(shown.headers["Location"] + "&format=csv")
    assert len(list(csv.reader(io.StringIO(again.text)))) == len(rows)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/table/none?node=drug/exemestane", 404),
        ("/table/drug-results?node=drug/none", 404),
        ("/table/drug-results?node=drug/exemestane&format=pdf", 406),
        ("/table/drug-results?node=%3E%20a", 400),
    ],
)
def test_a_table_that_is_not_there_is_a_clear_error(
    client: FlaskClient, address: str, status: int
) -> None:
    """With the status of HTTP, and advice."""
    reply = client.get(address)
    assert (reply.status_code, bool(reply.json["advice"])) == (status, True)  # type: ignore[index]


def test_the_documentation_is_on_the_site(client: FlaskClient) -> None:
    """Each page of it opens, and each link in it leads to a page or to a heading."""
    index = read(client, "/docs")
    pages = set(re.findall(r'href="(/docs/[^"#]+)"', index))
    assert "/docs/reference/privacy" in pages
    for path in sorted(pages):
        page = read(client, path)
        assert "<h1" in page
        assert "<script>" not in page
        for target, heading in re.findall(r'<a href="(/docs/[^"#]*)#([^"]+)"', page):
            assert f'id="{unescape(heading)}"' in read(client, target), (path, target, heading)
    assert client.get("/docs/none", headers=HTML).status_code == 404
    assert client.get("/docs/../pyproject", headers=HTML).status_code == 404


def test_robots_and_the_sitemap(client: FlaskClient) -> None:
    """Crawlers read pages, and run no query; the sitemap has an address for each main node."""
    rules = client.get("/robots.txt").text
    for path in ("/sparql", "/compare?", "/network?", "/evidence-map?"):
        assert f"Disallow: {path}\n" in rules
    addresses = [e.text or "" for e in ET.fromstring(client.get("/sitemap.xml").data).iter()]  # noqa: S314
    paths = {a.partition("//")[2].partition("/")[2] for a in addresses if a.strip()}
    assert {"", "drug", "drug/exemestane", "study/campos"} <= paths
    assert client.get("/favicon.ico").mimetype == "image/svg+xml"
