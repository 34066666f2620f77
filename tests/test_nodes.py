"""Every IRI opens: as a page for a person, as RDF for a program."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from urllib.parse import quote

import pyoxigraph as ox
import pytest
import rdflib
from serving import Reply, Server

from aikg.build import Built
from aikg.names import BASE, is_absolute
from aikg.settings import Settings
from aikg.sparql.formats import TRIPLES

HTML, TURTLE = {"Accept": "text/html"}, {"Accept": "text/turtle"}
EXEMESTANE = rdflib.URIRef(BASE + "drug/exemestane")


@pytest.fixture(scope="module")
def iris(built: Built, settings: Settings) -> list[str]:
    """Every IRI of this project that stands anywhere in the graphs."""
    found: set[str] = set()
    for quad in ox.parse(path=settings.graph, format=ox.RdfFormat.N_QUADS):
        terms = (quad.subject, quad.predicate, quad.object, quad.graph_name)
        found |= {term.value for term in terms if isinstance(term, ox.NamedNode)}
    return sorted(iri for iri in found if iri.startswith(BASE))


@pytest.fixture(scope="module")
def server(site: Server) -> Server:
    """The server on the whole graph."""
    return site


def page(server: Server, path: str) -> str:
    """Read a page as text with its tags, its white space made single."""
    reply = server.send("GET", path, HTML)
    assert (reply.status, reply.media_type) == (200, "text/html")
    return " ".join(reply.body.decode().split())


def text(markup: str) -> list[str]:
    """Return the texts between the tags."""
    return [part.strip() for part in re.split(r"<[^>]+>", markup) if part.strip()]


def opens(server: Server, iri: str) -> list[str]:
    """Open an IRI at its path in both ways; return what went wrong."""
    target = "/" + quote(iri.removeprefix(BASE), safe="/?=&")
    wrong = []
    for headers, media_type in ((HTML, "text/html"), (TURTLE, "text/turtle")):
        reply: Reply = server.send("GET", target, headers)
        if (reply.status, reply.media_type) != (200, media_type):
            wrong.append(f"{iri} as {media_type}: {reply.status} {reply.media_type}")
        elif media_type == "text/turtle" and not any(ox.parse(reply.body, ox.RdfFormat.TURTLE)):
            wrong.append(f"{iri} as {media_type}: no triple")
    return wrong


def wrong_among(server: Server, iris: Iterable[str]) -> list[str]:
    """Open many IRIs, some at once."""
    with ThreadPoolExecutor(4) as clients:
        return list(chain.from_iterable(clients.map(lambda iri: opens(server, iri), iris)))


def test_any_iri_opens(server: Server, iris: list[str]) -> None:
    """A sample, drawn anew each time, and one of each kind."""
    kinds = {
        iri.removeprefix(BASE).partition("/")[0]: iri for iri in random.sample(iris, len(iris))
    }
    chosen = {*kinds.values(), *random.sample(iris, 20)}
    with ThreadPoolExecutor(4) as clients:
        assert not [
            wrong for each in clients.map(lambda i: opens(server, i), chosen) for wrong in each
        ]


@pytest.mark.slow
def test_every_iri_opens(server: Server, iris: list[str]) -> None:
    """All of them, as HTML and as Turtle."""
    assert len(iris) > 1000
    with ThreadPoolExecutor(4) as clients:
        assert not [
            wrong for each in clients.map(lambda i: opens(server, i), iris) for wrong in each
        ]


def test_all_rules_are_listed(server: Server) -> None:
    """Each with what it asks and its level, those of cells first, with links to their pages."""
    shown = page(server, "/graph/description/rules")
    parts = re.findall(r'<th class="part".*?>(.*?)</th>', shown)
    assert [part.strip() for part in parts] == ["A file and its cells", "One node", "Several nodes"]
    for rule in ("rule/decimal-comma", "shape/finding-unit", "check/one-size"):
        assert f'href="/{rule}"' in shown


def test_the_page_of_a_drug_shows_its_evidence(server: Server) -> None:
    """Figures by outcome, with group, size, place and credited publication."""
    markup = page(server, "/drug/exemestane")
    assert "<h1>exemestane</h1>" in markup
    assert "steroidal aromatase inhibitor" in text(markup)
    (table,) = re.findall(r'<h2 id="drug-results">.*?</section>', markup)
    headings = ["Study", "Group", "Figure", "Place", "Credited to"]
    assert re.findall(r'<th scope="col">(.*?)</th>', table) == headings
    row = next(r for r in re.findall(r"<tr.*?</tr>", table) if "13.5%" in r)
    assert {"13.5%", "crude proportion · % · n = 207"} <= set(text(row))
    assert any(said.startswith("Table 1, row 4, column 4") for said in text(row))
    assert "/passage/review-2010-table-1-row-4-column-4" in row
    assert "objective response" in text(table)
    assert "half-life" in text(markup)


def test_the_page_of_a_trial_shows_arms_groups_and_findings(server: Server) -> None:
    """With their places; what is known to be wrong with it is said."""
    markup = page(server, "/study/campos")
    shown = text(markup)
    for said in (
        "Arms",
        "Arm A",
        "Groups of patients",
        "Results",
        "Known problems",
        "slow accrual",
    ):
        assert said in shown
    assert 'href="/passage/review-2010-table-1-row-7-column-4"' in markup


def test_the_page_of_a_claim_shows_what_the_authors_cite(server: Server) -> None:
    """Each finding with its figure and its place."""
    markup = page(server, "/claim/review-2010-conclusions-no-efficacy-difference")
    (table,) = re.findall(r'<h2 id="claim-findings">.*?</section>', markup)
    assert any("13.5%" in said for said in text(table))
    assert 'href="/passage/' in table


def test_the_page_of_a_claim_shows_its_status_its_lines_and_their_reasons(server: Server) -> None:
    """Each line with what it says, the figure that it comes from, and why it counts for no more."""
    markup = page(server, "/claim/review-2010-safety-tamoxifen-risks")
    assert {"Status", "undecided"} <= set(text(markup))
    (table,) = re.findall(r'<h2 id="claim-lines">.*?</section>', markup)
    assert {"Line", "Figure", "Subject", "Comparator", "Reasons", "supports"} <= set(text(table))
    assert 'class="chip open"' in markup
    assert "number of people not stated" in text(table)


def test_a_term_is_shown_with_its_definition(server: Server) -> None:
    """And what is of its kind."""
    shown = text(page(server, "/ontology/Drug"))
    assert any(said.endswith(".") and "substance" in said.lower() for said in shown)
    assert "exemestane" in shown


def test_shapes_checks_and_rules_open_too(server: Server) -> None:
    """A report that names one leads to it."""
    assert "sh:NodeShape" in page(server, "/shape/drug")
    assert "SELECT" in page(server, "/check/identity")
    assert "CONSTRUCT" in page(server, "/rule/subgroup")


@pytest.mark.parametrize("form", TRIPLES, ids=lambda form: form.ending)
def test_a_program_gets_rdf(server: Server, form: object) -> None:
    """By Accept with its own address in Content-Location, by ending, and by name."""
    media_type, ending = form.media_type, form.ending  # type: ignore[attr-defined]
    reply = server.send("GET", "/drug/exemestane", {"Accept": media_type})
    assert reply.media_type == media_type
    assert reply.headers["Content-Location"] == f"/drug/exemestane.{ending}"
    read = set()
    for other in (f"/drug/exemestane.{ending}", f"/drug/exemestane?format={ending}"):
        again = server.send("GET", other, HTML)
        assert again.media_type == media_type
        quads = ox.parse(again.body, ox.RdfFormat.from_media_type(media_type))
        read.add(frozenset(quad.triple for quad in quads))
    (triples,) = read
    names = {str(t.object.value) for t in triples if t.predicate.value.endswith("#label")}
    assert names == {"exemestane"}
    relations = re.findall(r'rel="([\w-]+)"', " ".join(reply.headers.get_all("Link") or []))
    assert {"cite-as", "license", "collection", "describes"} <= set(relations)


def test_a_format_with_graphs_tells_who_says_what(server: Server) -> None:
    """Stated and inferred triples stand in their graphs."""
    body = server.send("GET", "/drug/exemestane.nq", {}).body
    graphs = {quad.graph_name.value for quad in ox.parse(body, ox.RdfFormat.N_QUADS)}
    assert graphs >= {BASE + "graph/inferred", BASE + "graph/data/turtle/drugs/exemestane"}


def test_blank_nodes_belong_to_what_leads_to_them(server: Server) -> None:
    """The axioms of a class come whole."""
    reply = server.send("GET", "/ontology/AromataseInhibitor", TURTLE)
    described = rdflib.Graph().parse(data=reply.body, format="turtle")
    assert set(described.objects(predicate=rdflib.OWL.onProperty))


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("/drug/none", "text/html", 404),
        ("/drug/none", "text/turtle", 404),
        ("/drug/none.ttl", "*/*", 404),
        ("/drug/", "text/turtle", 404),
        ("/graph/none", "text/turtle", 404),
        ("/drug/exemestane", "image/png", 406),
        ("/drug/exemestane?format=csv", "text/html", 406),
        ("/drug/exemestane%22%3E%3Cscript%3E", "text/html", 404),
    ],
)
def test_what_is_not_there_is_told(server: Server, path: str, accept: str, status: int) -> None:
    """With the status of HTTP."""
    reply = server.send("GET", path, {"Accept": accept})
    assert reply.status == status
    assert b"<script>" not in reply.body


def test_a_page_names_its_data(server: Server) -> None:
    """By links in its header, for programs that begin at the page."""
    links = " ".join(server.send("HEAD", "/drug/exemestane", HTML).headers.get_all("Link") or [])
    assert '</drug/exemestane.ttl>; rel="describedby"; type="text/turtle"' in links


#: Pieces of addresses that people or programs make, and of addresses that no IRI can be.
PIECES = [*"abc%0fG:/?#[]@!$&'()*+,;=-._~\"<>\\^`{|} é", "\u202e", "\ufffe", "\U0001f600", "\ue000"]
PIECES += ["\ud7ff", "%41", "%zz", "//", "://", "http://", "urn:", "[::1]", ":80", BASE]


def is_parsed(iri: str) -> bool:
    """Return whether the engine's parser takes an IRI."""
    try:
        list(ox.parse(f"<{iri}> <urn:p> <urn:o> .", ox.RdfFormat.N_TRIPLES))
    except SyntaxError:
        return False
    return True


def test_an_absolute_iri_is_one_that_the_parser_takes() -> None:
    """No more and no fewer, but for a scheme with nothing behind it."""
    chosen = random.Random(11)
    made = {
        chosen.choice(["", "urn:", "http://", BASE])
        + "".join(chosen.choices(PIECES, k=chosen.randint(1, 8)))
        for _ in range(20_000)
    }
    absolute = {iri for iri in made if is_absolute(iri)}
    parsed = {iri for iri in made if is_parsed(iri)}
    assert len(absolute) > 500
    assert absolute - parsed == set()
    assert {iri for iri in parsed - absolute if not iri.endswith(":")} == set()


@pytest.mark.parametrize("name", ["%zz", "100%", "a[b", "]", "\ue000", "\ufffe"])
@pytest.mark.parametrize("ending", ["", ".ttl", "?format=turtle", "?format=fhir"])
def test_a_path_that_no_iri_can_have_is_not_found(server: Server, name: str, ending: str) -> None:
    """Each form of the page answers 404, as for any other name that nothing has."""
    for headers in (HTML, TURTLE):
        assert server.send("GET", f"/drug/{quote(name)}{ending}", headers).status == 404


def test_a_graph_that_no_iri_can_have_is_malformed(server: Server) -> None:
    """It is 400, with the text that was sent."""
    reply = server.send("GET", f"/store?graph={quote('https://a.example/%zz', safe='')}", TURTLE)
    assert reply.status == 400
    assert b"%zz" in reply.body
