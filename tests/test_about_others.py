"""Inferences about nodes of other sources are shown, and evidence lines have keys of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import product

import pyoxigraph as ox
import pytest
from conftest import ROOT
from desk import TURTLE, Desk, trial

from aikg.build import Built
from aikg.names import PREFIXES
from aikg.rules import incremental
from aikg.settings import Settings

AIKG = PREFIXES["aikg"]
CAMPOS = "https://w3id.org/aikg/study/campos"
#: A trial with an arm that its sender assigns to a trial of the review.
INTRUDER = f"""
:invented a aikg:Arm ; rdfs:label "invented arm"@en ; aikg:ofStudy <{CAMPOS}> ;
  aikg:assignedRegimen regimen:letrozole .
""".encode()


def told(reply) -> dict:
    """Read an answer in JSON."""
    return dict(json.loads(reply.body))


def test_an_arm_in_anothers_trial_is_shown_by_what_follows(desk: Desk) -> None:
    """In the report, in the impact of publishing and of withdrawing, on pages and in the text."""
    name = "invented-arm"
    mine = f"<https://w3id.org/aikg/submission/{name}/invented>"
    sent = desk.submit(name, trial(name) + INTRUDER)
    assert sent.status == 201
    said = [tuple(three) for three in told(sent)["report"]["about_others"]]
    arms = {
        a["arm"]
        for a in desk.select(f"SELECT ?arm {{ ?arm <{AIKG}ofStudy> <{CAMPOS}> ; a <{AIKG}Arm> }}")
    }
    short = {f"arm:{arm.rpartition('/')[2]}" for arm in arms}
    assert len(short) > 1
    assert {(arm, "aikg:randomizedAgainst", mine) for arm in short} <= set(said)
    address = f"/submissions/{name}/1"
    impact = told(desk.ask("GET", f"{address}/impact", "review", Accept="application/json"))
    come = {tuple(three) for three in impact["about_others"]["come"]}
    assert set(said) <= come
    assert impact["about_others"]["go"] == []
    assert not any(node.startswith(mine[:-9]) for node, *_ in come), "its own nodes are not others"
    page = desk.ask("GET", f"{address}/impact", "review", Accept="text/html").body.decode()
    shown = desk.ask("GET", address, "review", Accept="text/html").body.decode()
    body = trial(name) + INTRUDER
    text = desk.ask(
        "POST", f"/validate?name={name}", None, body, Content_Type=TURTLE, Accept="text/plain"
    ).body.decode()
    html = desk.ask(
        "POST", f"/validate?name={name}", None, body, Content_Type=TURTLE, Accept="text/html"
    ).body.decode()
    env = {
        **os.environ,
        "AIKG_SERVER": f"http://127.0.0.1:{desk.server.port}",
        "AIKG_TOKEN": desk.tokens["review"],
    }
    command = [sys.executable, "-m", "aikg", "review", f"{name}/1", "--impact"]
    terminal = subprocess.run(
        command, capture_output=True, text=True, env=env, cwd=ROOT, check=True, timeout=120
    )
    for output in (page, shown, text, html, terminal.stdout):
        for arm in short:
            assert f"{arm} aikg:randomizedAgainst" in output
    assert desk.step("publish", f"{name}/1").status == 200
    leaving = told(desk.ask("GET", f"{address}/impact", "review", Accept="application/json"))
    assert {tuple(three) for three in leaving["about_others"]["go"]} == come
    assert desk.step("withdraw", f"{name}/1").status == 200


def test_a_trial_that_touches_nobody_says_nothing_of_others(desk: Desk) -> None:
    """The near miss: a trial with arms of its own only."""
    sent = desk.submit("touches-nobody")
    assert told(sent)["report"]["about_others"] == []


@pytest.fixture(scope="module")
def rules() -> incremental.InferenceRules:
    """The inferred triples."""
    return incremental.read_rules(ROOT / "queries" / "rules")


@pytest.fixture
def store(built: Built, settings: Settings) -> ox.Store:
    """The whole graph, to be changed."""
    store = ox.Store()
    store.bulk_load(path=str(settings.graph), format=ox.RdfFormat.N_QUADS)
    return store


def lines(store: ox.Store) -> dict[str, set[str]]:
    """Return the findings of each evidence line."""
    found: dict[str, set[str]] = {}
    path = ox.NamedNode(AIKG + "fromFinding")
    for quad in store.quads_for_pattern(None, path, None, ox.DefaultGraph()):
        found.setdefault(quad.subject.value, set()).add(quad.object.value)
    return found


def test_the_lines_of_the_review_keep_their_addresses(store: ox.Store) -> None:
    """The claim, `no-margin`, and the last part of the finding's address."""
    for line, findings in lines(store).items():
        claim, _, name = line.partition("/line/no-margin/")
        assert claim.startswith("https://w3id.org/aikg/claim/")
        assert f"https://w3id.org/aikg/finding/{name}" in findings


def copied(store: ox.Store, node: str, name: str) -> list[ox.Quad]:
    """Return what is stated of a node, of another that is called otherwise."""
    graph = ox.NamedNode("https://w3id.org/aikg/graph/submission/x/1")
    follows = {
        q.triple
        for q in store.quads_for_pattern(
            None, None, None, ox.NamedNode(PREFIXES["graph"] + "inferred")
        )
    }
    return [
        ox.Quad(ox.NamedNode(name), quad.predicate, quad.object, graph)
        for quad in store.quads_for_pattern(ox.NamedNode(node), None, None, ox.DefaultGraph())
        if quad.triple not in follows
    ]


@pytest.mark.parametrize(
    "spell",
    [
        "https://{}",
        "https://w3id.org/aikg/{}",
        "https://lab.example/{}",
    ],
)
def test_the_finding_of_another_has_a_line_of_its_own(
    store: ox.Store, rules: incremental.InferenceRules, spell: str
) -> None:
    """However its address is made to look; 91ae9ed cut off scheme and host, so that lines met."""
    before = lines(store)
    cited = {
        q.object.value
        for q in store.quads_for_pattern(
            None, ox.NamedNode(AIKG + "citesFinding"), None, ox.DefaultGraph()
        )
    }
    by_rule = ox.NamedNode(AIKG + "foundBy"), ox.NamedNode(AIKG + "FoundByRule")
    chosen = next(
        finding
        for line, findings in sorted(before.items())
        for finding in sorted(findings & cited)
        if line.endswith(finding.rpartition("/")[2])
        and ox.Quad(ox.NamedNode(line), *by_rule) in store
    )
    other = spell.format(chosen.rpartition("/")[2])
    incremental.change(store, rules, added=copied(store, chosen, other))
    after = lines(store)
    mine = {
        line
        for line, findings in after.items()
        if other in findings and not line.endswith(f"/{chosen.rpartition('/')[2]}")
    }
    assert mine, "it bears on the same claims"
    for line, findings in before.items():
        assert after[line] - findings <= {other}, "the review's own lines stay what they were"
        if chosen in findings and line.endswith(f"/{chosen.rpartition('/')[2]}"):
            assert chosen in after[line]
    cited_now = {
        q.subject.value
        for q in store.quads_for_pattern(
            None,
            ox.NamedNode(AIKG + "foundBy"),
            ox.NamedNode(AIKG + "CitedByAuthors"),
            ox.DefaultGraph(),
        )
    }
    assert not mine & cited_now, "the authors cite the review's finding, and no other"


def addresses(kind: str) -> list[str]:
    """Return our addresses, and external ones, that look like one another."""
    base = "https://w3id.org/aikg/"
    ours = [f"{base}{kind}/{name}" for name in ("review-a", "a", "a/b")]
    names = ("a", "a/submission/x", "line/no-margin/a", "submission/x/a")
    sent = [f"{base}submission/x/{name}" for name in names]
    hosts = ["https://a", "http://a", "https://review-a", "https://submission/x/a"]
    lab = [f"https://lab.example/{name}" for name in ("a", "A", "a%2Fb", "a/b")]
    return [*ours, *sent, *hosts, *lab]


def bound(path: str, begin: str, variable: str) -> str:
    """Return the part of a rule that makes a name."""
    text = (ROOT / "queries" / "rules" / "claims" / path).read_text()
    after = text[text.index(begin) :]
    return after[: after.index(" AS ?name)")] + f" AS ?{variable})"


def test_lines_of_any_two_findings_and_margins_differ() -> None:
    """Each pair of generated addresses has a key of its own, whatever stands in them."""
    name = bound("lines/drugs.rq", "BIND(IF(REGEX", "name")
    margin = bound("margins/under-margin.rq", "BIND(ENCODE_FOR_URI(", "by")
    keys: dict[str, tuple[str, str]] = {}
    pairs = list(product(addresses("finding"), addresses("margin")))
    for finding, of in pairs:
        values = f"VALUES (?finding ?margin) {{ (<{finding}> <{of}>) }}"
        query = f"SELECT ?key {{ {values} {name} {margin} BIND(CONCAT(?by, '/', ?name) AS ?key) }}"
        (row,) = ox.Store().query(query)
        keys.setdefault(row["key"].value, (finding, of))
    assert sorted(keys.values()) == sorted(pairs)


def test_all_rules_make_the_name_of_a_finding_alike() -> None:
    """A line that the rule found and one that the authors cite meet under one name."""
    files = [*(ROOT / "queries" / "rules" / "claims" / "lines").glob("*.rq")]
    paths = [f"lines/{file.name}" for file in files] + ["cited/cited-finding.rq"]
    assert len({bound(path, "BIND(IF(REGEX", "name") for path in paths}) == 1
