"""The clients that run on Node or in a browser: Comunica, YASGUI; axe on the pages; the editor.

What they are is installed from `tests/node/`, by its lock file and without scripts; the browser is
the system's chromium.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from desk import Desk
from serving import Server

from aikg.names import PREFIXES
from aikg.web.sending import FILLED

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent / "node"
DRUGS = "SELECT ?drug { ?drug a <https://w3id.org/aikg/ontology/Drug> } ORDER BY ?drug"
EXEMESTANE = "https://w3id.org/aikg/drug/exemestane"


@pytest.fixture(scope="session")
def installed() -> None:
    """The clients, installed from the lock file."""
    lock, done = HERE / "package-lock.json", HERE / "node_modules" / ".package-lock.json"
    if not done.exists() or done.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit"], cwd=HERE, check=True)


@pytest.fixture(scope="module")
def server(site: Server, installed: None) -> Server:
    """The server on the whole graph."""
    return site


def node(script: str, *arguments: str) -> Any:
    """Run a script, and read what it prints."""
    command = ["node", str(HERE / script), *arguments]
    return json.loads(subprocess.check_output(command, timeout=300))


def test_comunica_finds_the_endpoint_by_its_description(server: Server) -> None:
    """It is given the address alone, and asks there what it is."""
    rows = node("comunica.js", DRUGS, server.url)
    assert {"drug": EXEMESTANE} in rows
    assert len(rows) > 5


def test_comunica_federates_with_the_endpoint(server: Server) -> None:
    """As the target of SERVICE."""
    rows = node("comunica.js", f"SELECT * {{ SERVICE <{server.url}> {{ {DRUGS[13:-14]} }} }}")
    assert {"drug": EXEMESTANE} in rows


@pytest.mark.parametrize(
    "asked",
    [
        "?sq a sh:SPARQLExecutable ; rdfs:comment ?comment ; sh:select|sh:ask|sh:construct ?query",
        "[] sh:namespace ?namespace ; sh:prefix ?prefix",
        "?cp void:class ?class ; void:propertyPartition ?pp . ?pp void:property ?property "
        "{ ?pp void:classPartition [ void:class ?of ] } UNION "
        "{ ?pp ext:datatypePartition [ ext:datatype ?datatype ] }",
    ],
    ids=["examples", "prefixes", "partitions"],
)
def test_an_editor_reads_the_service_description(server: Server, asked: str) -> None:
    """SIB's editor asks Comunica about the address as a file, if a query of its own has no row."""
    prefixes = {name: PREFIXES[name] for name in ("rdfs", "sh", "void")}
    prefixes["ext"] = "http://ldf.fi/void-ext#"
    query = "".join(f"PREFIX {name}: <{iri}> " for name, iri in prefixes.items())
    rows = node("comunica.js", f"{query} SELECT DISTINCT * {{ {asked} }}", server.url, "file")
    assert len(rows) >= 30


def test_yasgui_shows_an_answer(server: Server) -> None:
    """In a browser, from a page of another site."""
    rows = node("browser.js", "yasgui", server.url, DRUGS)
    assert any("exemestane" in row for row in rows)


def test_axe_finds_nothing_serious(server: Server) -> None:
    """On each kind of page, wide and at the width of a phone; none is wider than its window."""
    base = server.url.removesuffix("/sparql")
    paths = [
        "/", "/submissions/new", "/sparql", "/sparql?question=doses&view=bars",
        "/sparql?tag=safety",
        "/drug/exemestane", "/study/campos", "/ontology",
        "/claim/review-2010-conclusions-no-efficacy-difference", "/check/identity", "/nowhere",
        "/publication/review-2010", "/ontology/Drug", "/store?default", "/submissions",
        "/submissions/sign-in", "/validate", "/search?q=exemestane", "/resolve/chebi:4953",
        "/sparql?query=ASK", "/compare", "/compare?experimental=exemestan",
        "/compare?experimental=exemestane&reference=anastrozole&outcome=clinical-benefit",
        "/network?outcome=objective-response", "/evidence-map?outcome=objective-response",
        "/shape/finding-ci-low", "/rule/decimal-comma", "/graph/description/rules", "/drug",
        "/claim", "/docs/reference/model", "/search?q=xyzzy", "/outcome/objective-response",
    ]  # fmt: skip
    found = node("browser.js", "axe", *(base + path for path in paths))
    assert {page: problems for page, problems in found.items() if problems} == {}


@pytest.fixture(scope="session")
def editor() -> None:
    """The editor of the query page, made by its target."""
    subprocess.run(["make", "--silent", "editor"], cwd=HERE.parents[1], check=True)


def test_an_engineer_fixes_a_query_and_downloads_its_answer(server: Server, editor: None) -> None:
    """Four clicks, with scripts and without; the answer is in sight; completion is by position."""
    query = """PREFIX aikg: <https://w3id.org/aikg/ontology/>
SELECT ?drug { ?drug a aikg:Drug } ORDR BY ?drug"""
    seen = node("browser.js", "engineer", server.url.removesuffix("/sparql"), query)
    for one in (seen["scripts"], seen["plain"]):
        assert (one["clicks"], one["errors"], one["marked"]) == (4, [], "ORDR")
        assert one["top"] < 700
        assert one["rows"] > 5
        assert one["file"].startswith("query-")
        assert one["file"].endswith(".xlsx")
    assert seen["scripts"]["advice"].startswith("Line 2")
    assert seen["classes"][0].startswith("aikg:Drug")
    own = [option.split()[0] for option in seen["properties"][:12]]
    assert "aikg:hasTarget" in own or any(name.startswith("aikg:") for name in own)
    assert not any(name.startswith("drug:") for name in own), "properties, not things"
    assert seen["text"].startswith("PREFIX aikg: <https://w3id.org/aikg/ontology/>")


def test_a_trialist_sends_a_table_and_finds_it_again(
    desk: Desk, installed: None, tmp_path: Path
) -> None:
    """A mistake, its fix, the page as a draft, sent, found; with scripts and without; no scroll."""
    text = io.StringIO()
    csv.writer(text).writerows([FILLED.keys(), FILLED.values()])
    bad = tmp_path / "bad.csv"
    bad.write_text(text.getvalue().replace("exemestane 25 mg", "exemestone 25 mg"))
    modes = ("scripts", "plain")
    for mode in modes:
        own = text.getvalue().replace("INVENTED-1", f"INVENTED-{mode}")
        (tmp_path / f"invented-{mode}.csv").write_text(own)
    base, good = desk.server.url.removesuffix("/sparql"), str(tmp_path / "invented-MODE.csv")
    seen = node("browser.js", "trialist", base, desk.tokens["submit"], str(bad), good, *modes)
    for mode, one in seen.items():
        assert (one["clicks"], one["errors"], one["wide"]) == (8, [], []), mode
        assert "exemestone" in one["mistake"]
        assert "Did you mean" in one["mistake"]
        assert "A draft, not sent" in one["draft"]
        assert f"INVENTED-{mode}" in one["page"]
        assert "waiting" in one["sent"]
        assert f"invented-{mode}/1" in one["mine"]
        assert "A curator decides" in one["mine"]


def test_the_text_field_completes_from_the_vocabulary(server: Server) -> None:
    """Without the editor: arrow and Enter take a name, with its prefix; Ctrl+Enter asks."""
    seen = node(
        "browser.js", "editor", server.url + "?query=",
        "SELECT ?drug { ?drug a aikg:Dru", "ArrowDown", "Enter", " } #exemes", "Control+Enter",
    )  # fmt: skip
    assert "aikg:Drug drug" in seen["offers"][0]
    assert seen["offers"][3] == [], "nothing is offered in a comment"
    assert seen["text"].startswith("PREFIX aikg: <https://w3id.org/aikg/ontology/>\nSELECT ?drug")
    assert "a aikg:Drug }" in seen["text"]
    assert seen["rows"] > 5
    assert seen["errors"] == []


def test_the_search_helps_while_one_types(server: Server) -> None:
    """A brand, the beginning of a word, a typo; Enter finds, and a link leads there."""
    address = server.url.removesuffix("/sparql") + "/search"
    seen = node("browser.js", "search", address, "aroma", "joint pa", "arimidx")
    aroma, joint, slip = ([tuple(offer) for offer in offers] for offers in seen["offers"])
    assert ("Aromasin", "exemestane, Drug") in aroma
    assert any(label.startswith("arthralgia") for _, label in joint)
    assert slip[0][1] == "anastrozole, Drug"
    assert (seen["first"], seen["heading"]) == ("anastrozole", "anastrozole")
    assert seen["errors"] == []


def test_a_browser_is_led_on_from_an_identifier(server: Server) -> None:
    """A page for what is linked, and for what is obsolete; nothing serious on either."""
    base = server.url.removesuffix("/sparql")
    paths = ["/search?q=aromasin", "/resolve/atc:L02BG03", "/resolve/EFO:0003882"]
    found = node("browser.js", "axe", *(base + path for path in paths))
    assert {page: problems for page, problems in found.items() if problems} == {}


def test_no_cookie_of_a_curator_comes_to_an_unknown_user(desk: Desk, installed: None) -> None:
    """Two browsers with a profile each, ten pages; the unknown user reads all after each step."""
    paths = [
        "/", "/drug/exemestane", "/study/campos", "/ontology", "/ontology/Drug", "/sparql",
        "/sparql?question=doses", "/search?q=exemestane", "/resolve/chebi:4953", "/validate",
    ]  # fmt: skip
    base = desk.server.url.removesuffix("/sparql")
    seen = node("browser.js", "twoProfiles", base, desk.tokens["review"], *paths)
    of_curator, of_unknown = seen["cookiesSet"]
    assert of_unknown == seen["jar"] == []
    assert (seen["reads"], seen["differences"]) == (len(paths) * (len(paths) + 2), [])
    assert seen["unknown"] == [False] * (len(paths) + 2)
    assert seen["signedIn"] == [True, False]
    assert of_curator
    assert all(path.startswith("/submissions") for path in of_curator)
