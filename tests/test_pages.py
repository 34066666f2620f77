"""The pages: readable without a script, safe to show whatever the graph holds."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from serving import QUESTION
from werkzeug.test import TestResponse

from aikg.engine.client import Engine
from aikg.files.queries import read_queries
from aikg.settings import Settings
from aikg.web import create_app

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
#: Elements that HTML never closes.
VOID = {"meta", "link", "br", "input"}


class Page(HTMLParser):
    """A page as its elements, each with its attributes and the text within it."""

    def __init__(self, response: TestResponse) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._open: list[int] = []
        assert response.mimetype == "text/html"
        self.feed(response.text)
        assert not self._open, "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        self.elements.append((tag, dict(attrs), []))
        if tag not in VOID:
            self._open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        """Close the element that is open."""
        assert self.elements[self._open.pop()][0] == tag

    def handle_data(self, data: str) -> None:
        """Add text to every element that is open."""
        for index in self._open:
            self.elements[index][2].append(data)

    def texts(self, tag: str) -> list[str]:
        """Return the text in each element of a kind, its white space made single."""
        return [" ".join("".join(t).split()) for name, _, t in self.elements if name == tag]

    def values(self, tag: str, attribute: str) -> list[str]:
        """Return an attribute of each element of a kind."""
        return [
            a[attribute] or "" for name, a, _ in self.elements if name == tag and attribute in a
        ]


@pytest.fixture(scope="module")
def client(small: Settings) -> Iterator[FlaskClient]:
    """The application, without a server."""
    with Engine(small) as engine:
        registered = read_queries(small.root / "queries" / "competency")
        yield create_app(engine, registered).test_client()


def show(client: FlaskClient, query: str, status: int = 200) -> Page:
    """Ask as a browser does."""
    response = client.get("/sparql", query_string={"query": query}, headers={"Accept": HTML})
    assert response.status_code == status
    return Page(response)


def test_the_front_page_has_the_questions_and_the_size(client: FlaskClient) -> None:
    """Each question is a link to its answer."""
    page = Page(client.get("/"))
    assert "What are the drugs called?" in page.texts("a")
    assert "/sparql?question=drugs" in page.values("a", "href")
    assert any("1,505 triples" in text for text in page.texts("p"))


def test_the_form_needs_no_script(client: FlaskClient) -> None:
    """Without a query there is a form, its fields labelled, and all formats to choose from."""
    page = Page(client.get("/sparql", headers={"Accept": HTML}))
    assert set(page.values("form", "action")) == {"/search", "/sparql"}
    assert set(page.values("label", "for")) == {"find", "query", "format", "examples-find"}
    assert {"", "csv", "turtle"} <= set(page.values("option", "value"))
    assert not any(page.texts("script"))
    assert not page.texts("table")


def test_a_question_is_shown_with_its_answer(client: FlaskClient) -> None:
    """The rows come first, with names for the addresses; the query is folded below them."""
    response = client.get("/sparql?question=drugs", headers={"Accept": HTML})
    page = Page(response)
    assert page.texts("h1") == ["What are the drugs called?"]
    assert page.texts("textarea") == [" ".join(QUESTION.split())]
    assert page.texts("th") == ["drug", "label"]
    assert page.texts("td") == [
        "anastrozole", "anastrozole@en", "exemestane <i>é</i>", "exemestane <i>é</i>@en",
    ]  # fmt: skip
    assert any(text.startswith("2 rows") for text in page.texts("p"))
    assert {f"/sparql?question=drugs&format={f}" for f in ("json", "csv", "tsv")} <= set(
        page.values("a", "href")
    )


@pytest.mark.parametrize(
    ("term", "text", "link"),
    [
        ("<https://w3id.org/aikg/drug/x>", "drug:x", "/drug/x"),
        ("<http://www.w3.org/2002/07/owl#Class>", "owl:Class", "http://www.w3.org/2002/07/owl#"),
        ("<https://example.org/a>", "<https://example.org/a>", "https://example.org/a"),
        ("<javascript:alert(1)>", "<javascript:alert(1)>", None),
        ("<urn:x>", "<urn:x>", None),
        ("'<script>alert(1)</script>'", "<script>alert(1)</script>", None),
        ("'a'@fr", "a@fr", None),
        ("13.50", "13.5", None),
        ("<<( <urn:a> <urn:b> 'c' )>>", "<<( <urn:a> <urn:b> c )>>", None),
    ],
)
def test_a_term_is_readable_and_safe(
    client: FlaskClient, term: str, text: str, link: str | None
) -> None:
    """IRIs are short and lead somewhere, never to a script; literals keep language and datatype."""
    page = show(client, f"SELECT ?x {{ BIND({term} AS ?x) }}")
    assert page.texts("td") == [text]
    links = [title for title in page.values("a", "title") if not title.startswith("Sort by")]
    assert bool(links) == bool(link)
    assert not link or any(href.startswith(link) for href in page.values("a", "href"))


def test_an_unbound_variable_is_an_empty_cell(client: FlaskClient) -> None:
    """The row keeps its columns."""
    page = show(client, "SELECT ?a ?b { BIND(1 AS ?b) }")
    assert page.texts("td") == ["", "1"]


def test_yes_or_no(client: FlaskClient) -> None:
    """ASK is answered in a word."""
    assert "yes" in show(client, "ASK {}").texts("p")
    assert "no" in show(client, "ASK { <urn:no> ?p ?o }").texts("p")


def test_triples_are_shown_as_turtle(client: FlaskClient) -> None:
    """The prefixes stand apart, and the files are those of triples."""
    page = show(client, "CONSTRUCT { <https://w3id.org/aikg/drug/x> a <urn:x> } {}")
    assert page.texts("code")[1] == "drug:x a <urn:x> ."
    assert "@prefix drug: <https://w3id.org/aikg/drug/> ." in page.texts("code")[0]
    formats = [parse_qs(urlsplit(href).query).get("format") for href in page.values("a", "href")]
    assert ["ntriples"] in formats
    assert ["csv"] not in formats


@pytest.mark.parametrize(
    ("pattern", "rows", "says"),
    [
        ("{ <urn:s1> ?p ?o }", 1, "1 row."),
        ("{ ?s <urn:p> ?o } LIMIT 1000", 25, "1,000 rows."),
        ("{ ?s <urn:p> ?o . ?a <urn:p> ?b }", 25, "The first 10,000 rows; the files have all"),
        ("{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", 25, "The first "),
    ],
)
def test_a_page_shows_so_many_rows(client: FlaskClient, pattern: str, rows: int, says: str) -> None:
    """It has 25 at once; where there are more than it reads, it says so, and reads no more."""
    page = show(client, f"SELECT * {pattern}")
    assert len(page.texts("tr")) == rows + 1
    assert any(text.startswith(says) for text in page.texts("p"))


def test_a_mistake_keeps_the_query(client: FlaskClient) -> None:
    """The problem stands above the form, in which the query can be fixed."""
    page = show(client, "SELECT * { ?s aikg:value </textarea> }", status=400)
    assert page.texts("textarea") == ["SELECT * { ?s aikg:value </textarea> }"]
    assert any("the prefix aikg: is not declared" in text for text in page.texts("p"))
    assert "Write `PREFIX aikg: <https://w3id.org/aikg/ontology/>` before the query." in page.texts(
        "p"
    )


def test_an_unknown_page_is_a_page_for_a_browser(client: FlaskClient) -> None:
    """A problem has the same content as a page and as a document."""
    response = client.get("/nowhere", headers={"Accept": HTML})
    assert response.status_code == 404
    assert Page(response).texts("h1") == ["Unknown node"]
    assert client.get("/nowhere").mimetype == "application/problem+json"


def test_a_page_loads_nothing_from_elsewhere(client: FlaskClient) -> None:
    """The policy forbids it, and every file that a page names is there."""
    response = client.get("/", headers={"Accept": HTML})
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    files = Page(response).values("link", "href")
    assert files
    for file in files:
        with client.get(file) as reply:
            assert reply.status_code == 200


def test_a_mistake_of_ours_is_a_problem_too(client: FlaskClient, small: Settings) -> None:
    """What nobody foresaw is a 500 that gives nothing away."""

    class Broken:
        settings, version = small, ""

        def describe(self) -> None:
            raise ValueError("secret")

        def version_now(self) -> None:
            return None

    response = create_app(Broken(), []).test_client().get("/health")  # type: ignore[arg-type]
    assert (response.status_code, response.mimetype) == (500, "application/problem+json")
    assert "secret" not in response.text
