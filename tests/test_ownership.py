"""Nobody describes what is not theirs, and what is published can always be withdrawn."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from random import Random

import pyoxigraph as ox
import pytest
from conftest import ROOT
from desk import TURTLE, Desk, opened, trial

from aikg.build import Built
from aikg.engine import publishing
from aikg.engine.publishing import Knowledge
from aikg.errors import NamespaceRefused
from aikg.files.version import built_version
from aikg.intake import conduct
from aikg.intake.submission import ParsedSubmission
from aikg.iris import normalise, resembles_ours
from aikg.ledger import namespaces, records, steps, tokens
from aikg.ledger.sqlite import SQLite
from aikg.ledger.steps import LICENCES, Actor, Judgement, Sent
from aikg.links.identifiers import read_prefixes
from aikg.names import BASE, OTHER_PREFIXES, SUBMISSIONS
from aikg.rules.delta import Delta
from aikg.settings import Settings

LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
SEE_ALSO = "<http://www.w3.org/2000/01/rdf-schema#seeAlso>"
CHEBI = "http://purl.obolibrary.org/obo/CHEBI_2704"
#: The same place written in other ways, and places that people take for it.
SPELLINGS: dict[str, Callable[[str], str]] = {
    "scheme": lambda iri: iri.replace("https", "HTTPS"),
    "host": lambda iri: iri.replace("w3id", "W3ID"),
    "port": lambda iri: iri.replace(".org/", ".org:443/"),
    "empty port": lambda iri: iri.replace(".org/", ".org:/"),
    "escape": lambda iri: iri.replace("aikg", "%61ikg"),
    "escaped host": lambda iri: iri.replace("w3id", "w3i%64"),
    "dots": lambda iri: iri.replace("/aikg/", "/x/../aikg/./"),
    "escaped dots": lambda iri: iri.replace("/aikg/", "/x/%2E%2e/aikg/"),
    "http": lambda iri: iri.replace("https:", "http:"),
    "path": lambda iri: iri.replace("/aikg/", "/AIKG/"),
    "slashes": lambda iri: iri.replace("/aikg/", "//aikg/"),
    "dot at the end of the host": lambda iri: iri.replace(".org/", ".org./"),
    "user": lambda iri: iri.replace("//", "//me@"),
    "www": lambda iri: iri.replace("//", "//www."),
    "wide letters": lambda iri: iri.replace("w3id", "\uff573\uff49d"),
}
FOREIGN = {
    "a term of OBO": (CHEBI, "not registered for its sender"),
    "a class of OWL": (OTHER_PREFIXES["owl"] + "Class", "vocabulary owl"),
    "a property of RDFS": (LABEL, "vocabulary rdfs"),
    "a datatype": (OTHER_PREFIXES["xsd"] + "string", "vocabulary xsd"),
    "a drug": (BASE + "drug/exemestane", "belongs to this project"),
    "an unknown drug": (BASE + "drug/nobodys", "belongs to this project"),
    "a script": ("javascript:alert", "not registered for its sender"),
    "a name": ("urn:x:y", "not registered for its sender"),
    "another's address": ("https://lab.example/kg/a", "not registered"),
    "another submission": (SUBMISSIONS + "other/a", "submission other"),
    "out of its own": (SUBMISSIONS + "foreign/../other/a", "submission other"),
} | {
    f"ours, {name}": (spell(BASE + "drug/exemestane"), "resembles")
    for name, spell in SPELLINGS.items()
}


def told(reply) -> dict:
    """Read an answer in JSON."""
    return dict(json.loads(reply.body))


def stating(name: str, *nodes: str) -> bytes:
    """Return a trial that has a label for other nodes too, a line each."""
    more = "".join(f'<{node}> <{LABEL}> "mine {at}"@en .\n' for at, node in enumerate(nodes))
    return trial(name) + more.encode()


def seeing(name: str, node: str) -> bytes:
    """Return a trial that points at a node."""
    return trial(name) + f":paper {SEE_ALSO} <{node}> .\n".encode()


def paper(node: str) -> str:
    """Describe a publication in Turtle."""
    return f'<{node}> a aikg:Publication ; rdfs:label "of {node[-9:]}"@en ; aikg:year 2016 .\n'


def run(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `aikg` on a home."""
    env = {**os.environ, "AIKG_HOME": str(home), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "aikg", *words]
    return subprocess.run(
        command, capture_output=True, text=True, env=env, cwd=ROOT, check=False, timeout=120
    )


def person(home: Path, secret: str) -> int:
    """Return the number of the person whose token it is."""
    database = SQLite(home / "ledger.db")
    number = tokens.find(database, secret).person
    database.close()
    return number


@pytest.mark.parametrize(("node", "words"), FOREIGN.values(), ids=FOREIGN)
def test_a_node_of_nobodys_or_of_another_is_refused(desk: Desk, node: str, words: str) -> None:
    """At its line, with where it lies in words; 91ae9ed took what nothing described before."""
    body = stating("foreign", node)
    reply = desk.submit("foreign", body)
    assert reply.status == 422
    (found,) = [f for f in told(reply)["report"]["findings"] if f["blocks"]]
    assert (found["code"], found["node"]) == ("rule/own-nodes", node)
    assert found["place"]["line"] == body.count(b"\n")
    assert words in found["found"] + found["mend"]


def test_ones_own_nodes_spelt_otherwise_are_told_how_to_be_written(desk: Desk) -> None:
    """What names the same address in another form is not taken for another node."""
    for name, spell in SPELLINGS.items():
        node = spell(f"{SUBMISSIONS}spelt/a")
        reply = desk.submit("spelt", stating("spelt", node))
        assert reply.status == 422, name
        (found,) = [f for f in told(reply)["report"]["findings"] if f["blocks"]]
        if normalise(node) == f"{SUBMISSIONS}spelt/a":
            assert f"{SUBMISSIONS}spelt/" in found["mend"], name


NEAR = ("a", "a/b/c", "a#b", "a?b=c", "%7Ea", "a%2Fb", "caf\u00e9", "a/../b", "A:b")


def test_ones_own_nodes_of_any_form_are_taken(desk: Desk) -> None:
    """Whatever stands behind the submission's address, as long as it stays there."""
    prefixes = "@prefix aikg: <https://w3id.org/aikg/ontology/> .\n"
    prefixes += f"@prefix rdfs: <{OTHER_PREFIXES['rdfs']}> .\n"
    nodes = [f"{SUBMISSIONS}near/{part}" for part in NEAR]
    reply = desk.submit("near", (prefixes + "".join(map(paper, nodes))).encode())
    assert reply.status == 201, reply.body
    assert desk.step("publish", "near/1").status == 200
    assert {
        row["s"]
        for row in desk.select(
            f"SELECT ?s {{ GRAPH <{BASE}graph/submission/near/1> {{ ?s a ?c }} }}"
        )
    } == set(nodes)
    assert desk.step("withdraw", "near/1").status == 200


def test_of_ten_thousand_generated_addresses_none_outside_is_taken() -> None:
    """Each is spoilt several times over; the rule is held against the normal form."""
    random = Random(15)
    roots = [
        f"{SUBMISSIONS}mine/a",
        f"{SUBMISSIONS}other/a",
        f"{SUBMISSIONS}mine-too/a",
        f"{BASE}drug/exemestane",
        "https://lab.example/kg/a",
        "https://lab.example/kgs/a",
        "https://lab.example/other/a",
        CHEBI,
    ]
    mine = (f"{SUBMISSIONS}mine/", "https://lab.example/kg/")
    more: list[Callable[[str], str]] = [
        *SPELLINGS.values(),
        lambda iri: iri.replace("mine/", "mine/../"),
        lambda iri: iri.replace("mine/", "mine/%2e%2E/other/"),
        lambda iri: iri.replace("kg/", "kg/../other/"),
        lambda iri: iri.replace("lab.", "LAB."),
        lambda iri: iri.replace("mine", "m%69ne"),
        lambda iri: iri + "%7e",
        lambda iri: iri + "/.",
        lambda iri: iri + "#b",
    ]
    taken = 0
    for _ in range(10_000):
        iri = random.choice(roots)
        for spoil in random.sample(more, random.randint(0, 3)):
            iri = spoil(iri)
        triple = ox.Triple(ox.NamedNode(iri), ox.NamedNode(LABEL), ox.Literal("a", language="en"))
        sent = ParsedSubmission("mine", "f", "f", [triple], registered=mine[1:])
        allowed, problems, _ = conduct.split(sent)
        inside = any(normalise(iri).startswith(root) and iri.startswith(root) for root in mine)
        assert bool(allowed) == inside != bool(problems), iri
        if not inside and normalise(iri).startswith(BASE):
            assert resembles_ours(iri), iri
        taken += inside
    assert 500 < taken < 9_000


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HTTP://Lab.Example:80/%7ea/./b/../c", "http://lab.example/~a/c"),
        ("https://lab.example", "https://lab.example/"),
        ("https://lab.example/\u00e9", "https://lab.example/%c3%a9"),
        ("https://lab.example/a%2fb", "https://lab.example/a%2Fb"),
        ("https://lab.example/a/..", "https://lab.example/"),
        ("https://lab.example/../../a", "https://lab.example/a"),
    ],
)
def test_equivalent_addresses_have_one_form(one: str, other: str) -> None:
    """Section 6.2.2 of RFC 3986; what it keeps apart stays apart."""
    assert normalise(one) == normalise(other)
    for different in (
        "https://lab.example/a/b",
        "https://lab.example:444/",
        "https://lab.example/A",
    ):
        assert normalise(different) != normalise(one)


REFUSED = {
    "ours": BASE,
    "below ours": BASE + "submission/mine/",
    "above ours": "https://w3id.org/",
    "like ours": "https://w3id.org/AIKG/",
    "no https": "http://lab.example/kg/",
    "no path at its end": "https://lab.example/kg",
    "a host alone": "https://lab.example",
    "a query": "https://lab.example/kg?x=/",
    "a user": "https://me@lab.example/kg/",
    "not in its plain form": "https://LAB.example/kg/",
    "dots": "https://lab.example/a/../kg/",
    "no dot in its host": "https://lab/kg/",
    "a blank": "https://lab.example/k g/",
    "a vocabulary": "https://schema.org/",
    "a mapped vocabulary": "https://purl.obolibrary.org/obo/CHEBI_2704/",
    "above a mapped vocabulary": "https://purl.obolibrary.org/obo/",
    "not an address": "javascript:alert/",
}


def test_what_cannot_be_registered_is_told(tmp_path: Path) -> None:
    """Nor what another has, nor what lies around it or within; near misses are registered."""
    database = SQLite(tmp_path / "ledger.db")
    for label in ("Ann", "Ben"):
        tokens.create(database, label, "submit")
    known = read_prefixes(ROOT).namespaces
    for iri in REFUSED.values():
        with pytest.raises(NamespaceRefused):
            namespaces.add(database, iri, 1, "admin", known)
    assert namespaces.every(database) == []
    for iri in (
        "https://lab.example/kg/",
        "https://lab.example/terms#",
        "https://lab.example/kg/in/",
    ):
        assert namespaces.add(database, iri, 1, "admin", known).holder == "Ann"
    for iri in ("https://lab.example/kg/", "https://lab.example/", "https://lab.example/kg/mine/"):
        with pytest.raises(NamespaceRefused, match="registered already"):
            namespaces.add(database, iri, 2, "admin", known)
    for iri in (
        "https://lab.example/kgs/",
        "https://lab.example:8443/kg/",
        "https://w3id.org/lab/",
    ):
        namespaces.add(database, iri, 2, "admin", known)
    assert len(namespaces.of(database, 1)) == len(namespaces.of(database, 2)) == 3
    assert namespaces.of(database, None) == []
    database.close()


OWN = "https://lab.example/kg/"


def test_a_registered_namespace_is_its_senders_alone(
    built: Built, settings: Settings, tmp_path: Path
) -> None:
    """By command, while the server runs; in words for all others, and after it is removed."""
    shutil.copy(settings.graph, tmp_path)
    with opened(settings, tmp_path) as desk:
        number = person(tmp_path, desk.tokens["submit"])
        added = run(tmp_path, "namespace", "add", OWN, "--person", str(number))
        assert (added.returncode, "Test submit" in added.stdout) == (0, True)
        assert OWN in run(tmp_path, "namespace", "list").stdout
        assert run(tmp_path, "namespace", "add", BASE, "--person", str(number)).returncode == 1

        body = trial("lab") + paper(OWN + "p").encode()
        for scope, accepted in (("submit", True), ("review", False), (None, False)):
            verdict = desk.ask("POST", "/validate?name=lab", scope, body, Content_Type=TURTLE)
            assert told(verdict)["accepted"] is accepted, scope
        bad = desk.ask(
            "POST", "/validate", None, body, Content_Type=TURTLE, Authorization="Bearer x"
        )
        assert bad.status == 401
        assert desk.submit("lab-of-another", body, scope="review").status == 422
        assert desk.submit("lab", body).status == 201
        file = tmp_path / "lab.ttl"
        file.write_bytes(body)
        assert run(tmp_path, "validate", str(file)).returncode == 1
        mine = run(tmp_path, "validate", str(file), "--token", desk.tokens["submit"])
        assert mine.returncode == 0, mine.stdout + mine.stderr

        assert desk.step("publish", "lab/1").status == 200
        again = desk.ask("POST", "/validate?name=lab", "submit", body, Content_Type=TURTLE)
        assert told(again)["accepted"], "a new version is judged in the place of the old one"
        assert run(tmp_path, "namespace", "remove", OWN).returncode == 0
        assert desk.submit("lab-later", body.replace(b"kg/p", b"kg/q")).status == 422
        assert desk.step("withdraw", "lab/1").status == 200
        assert desk.select(f"SELECT ?p {{ <{OWN}p> ?p ?o }}") == []
        assert desk.step("purge", "lab/1", "admin").status == 200


def test_what_was_published_stays_when_the_registration_is_gone(built: Built) -> None:
    """Judged anew, as after a change of the files, nothing of it is lost."""
    known = Knowledge.load(ROOT)
    arguments = {
        "name": "lab",
        "graph": BASE + "graph/submission/lab/1",
        "media_type": TURTLE,
        "filename": "f",
        "replaced": None,
        "later": [],
        "namespaces": [],
    }
    body = trial("lab") + paper(OWN + "p").encode()
    answer = publishing.publish(ox.Store(), known, arguments, body)
    assert not answer["accepted"]
    assert f"<{OWN}p>" in answer["added"]


def test_a_node_inside_is_the_senders_whoever_mentioned_it_before(
    built: Built, settings: Settings, tmp_path: Path
) -> None:
    """An earlier mention holds nothing up; a later one does, until an administrator forces it."""
    shutil.copy(settings.graph, tmp_path)
    with opened(settings, tmp_path) as desk:
        run(
            tmp_path,
            "namespace",
            "add",
            OWN,
            "--person",
            str(person(tmp_path, desk.tokens["submit"])),
        )
        for name, body in (
            ("before", seeing("before", OWN + "p")),
            ("lab", trial("lab") + paper(OWN + "p").encode()),
        ):
            assert desk.submit(name, body).status == 201
            assert desk.step("publish", f"{name}/1").status == 200
        assert desk.step("withdraw", "lab/1").status == 200

        assert desk.submit("lab", trial("lab, again") + paper(OWN + "p").encode()).status == 201
        assert desk.step("publish", "lab/2").status == 200
        assert desk.submit("after", seeing("after", OWN + "p")).status == 201
        assert desk.step("publish", "after/1").status == 200
        # A new version of what is relied on is not younger than what relies on it.
        assert desk.submit("lab", trial("lab, third") + paper(OWN + "p").encode()).status == 201
        assert desk.step("publish", "lab/3").status == 200
        refused = desk.step("withdraw", "lab/3")
        assert refused.status == 409
        assert SUBMISSIONS + "after/paper" in told(refused)["detail"]
        assert "before" not in told(refused)["detail"]
        impact = desk.ask("GET", "/submissions/lab/3/impact", "review", Accept="application/json")
        assert told(impact)["users"] == [SUBMISSIONS + "after/paper"]
        forced = {"body": urllib.parse.urlencode({"why": "retracted", "force": "true"}).encode()}
        form = {"Content_Type": "application/x-www-form-urlencoded"}
        target = "/submissions/lab/3/withdraw"
        assert desk.ask("POST", target, "review", **forced, **form).status == 403
        reply = desk.ask("POST", target, "admin", **forced, **form)
        assert reply.status == 200
        why = told(reply)["history"][-1]["why"]
        assert why == "retracted Forced: after/1 still pointed at it."
        assert desk.select(f"SELECT ?o {{ <{OWN}p> ?p ?o }}") == []
        assert desk.step("withdraw", "after/1").status == 200
        assert desk.step("withdraw", "before/1").status == 200


def poison(home: Path, nodes: list[str]) -> None:
    """Publish what 91ae9ed let pass: it puts the quads into the ledger as that version did."""
    database = SQLite(home / "ledger.db")
    actor = Actor("Old", built_version(home / "graph.nq") or "")
    for at, node in enumerate(nodes):
        stated = f'<{node}> <{LABEL}> "poison {at}"@en'
        sent = Sent(f"{stated} .\n".encode(), TURTLE, LICENCES["CC-BY-4.0"], name=f"poison-{at}")
        one = steps.receive(database, sent, actor)
        one = steps.judge(database, one, actor, Judgement(records.WAITING, "{}", sent.content))
        quads = f"{stated} .\n{stated} <{one.graph}> .\n".encode()
        steps.publish(database, one, actor, "", Delta.from_lines(quads.decode(), ""), sent.content)
    database.close()


def test_what_an_older_version_published_of_others_can_be_withdrawn(
    built: Built, settings: Settings, tmp_path: Path
) -> None:
    """Terms that the graph itself uses, look-alikes and all; 91ae9ed answered 409 for ever."""
    shutil.copy(settings.graph, tmp_path)
    nodes = [CHEBI, LABEL, OTHER_PREFIXES["owl"] + "Class", OTHER_PREFIXES["xsd"] + "decimal"]
    nodes += ["http://w3id.org/aikg/drug/exemestane", "javascript:alert"]
    poison(tmp_path, nodes)
    with opened(settings, tmp_path) as desk:
        for at, node in enumerate(nodes):
            query = f'SELECT ?o {{ <{node}> <{LABEL}> ?o FILTER(STRSTARTS(?o, "poison")) }}'
            assert len(desk.select(query)) == 1
            assert desk.step("withdraw", f"poison-{at}/1").status == 200, node
            assert desk.select(query) == []
            assert desk.step("purge", f"poison-{at}/1", "admin").status == 200
