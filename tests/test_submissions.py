"""Evidence comes in over HTTP: it is judged, published, superseded and withdrawn, by who may."""

from __future__ import annotations

import base64
import http.cookiejar
import json
import re
import shutil
import signal
import threading
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest
from desk import TURTLE, Desk, opened, trial

from aikg import build
from aikg.build import Built
from aikg.files.version import SOURCES
from aikg.settings import Settings

SUBMISSION = "https://w3id.org/aikg/submission/"
FORM = "application/x-www-form-urlencoded"
#: What the files get more while a server is down.
REGIMEN = """
regimen:of-a-test a aikg:Regimen ;
    rdfs:label "letrozole, of a test"@en ;
    aikg:hasComponent component:letrozole ."""
RECEIVES = "<https://w3id.org/aikg/ontology/receives>"


def told(reply) -> dict:
    """Read an answer in JSON."""
    return dict(json.loads(reply.body))


def known(desk: Desk, name: str) -> int:
    """Count what the default graph says of a submission's nodes."""
    pattern = f'{{ ?s ?p ?o FILTER(STRSTARTS(STR(?s), "{SUBMISSION}{name}/")) }}'
    return int(desk.select(f"SELECT (COUNT(*) AS ?n) {pattern}")[0]["n"])


def test_a_life_from_sent_to_withdrawn(desk: Desk) -> None:
    """It waits unseen, is published with what follows, and goes without a trace but its story."""
    version = desk.version()
    sent = desk.submit("life")
    assert sent.status == 201
    assert sent.headers["Location"] == "/submissions/life/1"
    assert told(sent)["state"] == "waiting"
    assert (known(desk, "life"), desk.version()) == (0, version)

    published = desk.step("publish", "life/1", why="fits")
    assert published.status == 200
    received = f"SELECT ?d {{ <{SUBMISSION}life/group-all-letrozole> {RECEIVES} ?d }}"
    assert desk.select(received) == [{"d": "https://w3id.org/aikg/drug/letrozole"}]
    assert desk.version() != version
    story = [(e["state"], e["by"], e["why"]) for e in told(published)["history"]]
    assert story == [
        ("received", "Test submit", ""),
        ("waiting", "Test submit", ""),
        ("published", "Test review", "fits"),
    ]

    assert desk.step("withdraw", "life/1", why="retracted").status == 200
    assert known(desk, "life") == 0
    gone = desk.ask("GET", "/submissions/life/1")
    assert gone.status == 410
    assert "retracted" in told(gone)["detail"]
    assert desk.step("publish", "life/1").status == 409


def test_what_breaks_a_rule_is_kept_as_invalid_with_its_report(desk: Desk) -> None:
    """The answer is 422; the report has the line; a corrected version of the same name waits."""
    broken = trial("broken").replace(b"aikg:ofStudy :trial ;", b"", 1)
    reply = desk.submit("broken", broken)
    assert reply.status == 422
    problem = told(reply)
    assert problem["submission"] == "/submissions/broken/1"
    (finding,) = [f for f in problem["report"]["findings"] if f["blocks"]]
    assert finding["place"]["line"]
    assert "study" in finding["rule"].lower()
    assert desk.state("broken/1") == "invalid"
    assert told(desk.submit("broken"))["submission"] == "broken/2"
    assert (desk.state("broken/1"), desk.state("broken/2")) == ("superseded", "waiting")


def test_the_bytes_come_back_as_they_were_sent(desk: Desk) -> None:
    """For its sender and for curators at once, for all once it is published."""
    desk.submit("bytes")
    for scope in ("submit", "review"):
        reply = desk.ask("GET", "/submissions/bytes/1/bytes", scope)
        assert (reply.status, reply.body) == (200, trial("bytes"))
    assert desk.ask("GET", "/submissions/bytes/1/bytes").status == 404
    assert desk.ask("GET", "/submissions/bytes/1").status == 404
    desk.step("publish", "bytes/1")
    assert desk.ask("GET", "/submissions/bytes/1/bytes").body == trial("bytes")
    listed = json.loads(desk.ask("GET", "/submissions").body)
    assert {"bytes/1": "published"}.items() <= {s["submission"]: s["state"] for s in listed}.items()


def test_the_same_bytes_sent_twice_are_one_submission(desk: Desk) -> None:
    """A sender who lost the answer sends it again; another name leads to the first."""
    first, second = desk.submit("twice"), desk.submit("twice")
    assert (first.status, second.status) == (201, 201)
    assert told(first)["submission"] == told(second)["submission"] == "twice/1"
    other = desk.submit("thrice", trial("twice"))
    assert other.status == 409
    assert "twice/1" in told(other)["detail"]
    assert desk.submit("twice", scope="review").status == 403


def test_the_same_bytes_at_once_are_one_submission(desk: Desk) -> None:
    """Four requests, one submission."""
    replies: list = []
    threads = [
        threading.Thread(target=lambda: replies.append(desk.submit("at-once"))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [reply.status for reply in replies] == [201] * 4
    assert {told(reply)["submission"] for reply in replies} == {"at-once/1"}


def test_a_name_belongs_to_who_began_it(desk: Desk) -> None:
    """Another submitter is refused; an administrator may send a version for them."""
    desk.submit("mine")
    other = desk.submit("mine", trial("mine, again"), scope="review")
    assert other.status == 403
    assert desk.submit("mine", trial("mine, again"), scope="admin").status == 201


def test_of_two_curators_who_publish_at_once_one_does(desk: Desk) -> None:
    """The other learns that it is published already; the graph holds it once."""
    desk.submit("raced")
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(desk.step("publish", "raced/1").status))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 409, 409]
    assert desk.step("withdraw", "raced/1").status == 200
    assert known(desk, "raced") == 0


def pointing(name: str, at: str) -> bytes:
    """Return a trial whose people are a part of those of another."""
    line = b"aikg:within population:subsequent-line , population:metastatic-breast-cancer"
    return trial(name).replace(line, f"aikg:within <{SUBMISSION}{at}/enrolled>".encode(), 1)


def test_what_was_valid_and_is_no_longer_is_not_published(desk: Desk) -> None:
    """What it points at was withdrawn while it waited."""
    desk.submit("base")
    desk.step("publish", "base/1")
    assert desk.submit("follower", pointing("follower", "base")).status == 201
    assert desk.step("withdraw", "base/1").status == 200
    version = desk.version()
    reply = desk.step("publish", "follower/1")
    assert reply.status == 422
    assert "valid no longer" in told(reply)["detail"]
    assert told(reply)["report"]["findings"]
    assert (desk.state("follower/1"), desk.version()) == ("waiting", version)


def test_what_others_point_at_is_not_withdrawn(desk: Desk) -> None:
    """They are listed; once they are gone, it goes."""
    desk.submit("pillar")
    desk.step("publish", "pillar/1")
    desk.submit("leaning", pointing("leaning", "pillar"))
    desk.step("publish", "leaning/1")
    reply = desk.step("withdraw", "pillar/1")
    assert reply.status == 409
    assert f"{SUBMISSION}leaning/enrolled" in told(reply)["detail"]
    without = trial("pillar, smaller").replace(b":enrolled", b":people")
    assert desk.submit("pillar", without).status == 201
    assert desk.step("publish", "pillar/2").status == 409
    assert desk.step("withdraw", "leaning/1").status == 200
    assert desk.step("publish", "pillar/2").status == 200


def test_a_new_version_takes_the_place_of_the_old_one(desk: Desk) -> None:
    """What the old one said and the new one does not is gone, with what followed from it."""
    desk.submit("changed")
    desk.step("publish", "changed/1")
    other = trial("changed").replace(b"regimen:letrozole", b"regimen:exemestane")
    desk.submit("changed", other)
    impact = desk.ask("GET", "/submissions/changed/2/impact", "review", Accept="application/json")
    assert impact.status == 200
    assert desk.step("publish", "changed/2").status == 200
    received = f"SELECT ?d {{ <{SUBMISSION}changed/group-all-letrozole> {RECEIVES} ?d }}"
    assert desk.select(received) == [{"d": "https://w3id.org/aikg/drug/exemestane"}]
    assert desk.state("changed/1") == "superseded"
    assert desk.ask("GET", "/submissions/changed/1").status == 200


def test_provenance_says_from_whom_by_whom_and_by_which_rules(desk: Desk) -> None:
    """It can be asked for, of the version that is published and of the one before."""
    desk.submit("traced")
    desk.step("publish", "traced/1", why="first")
    desk.submit("traced", trial("traced, fixed"))
    desk.step("publish", "traced/2", why="second")
    rows = desk.select("""
      PREFIX prov: <http://www.w3.org/ns/prov#>
      PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
      SELECT ?graph ?sender ?curator ?why ?before ?ended { GRAPH ?g {
        ?graph prov:wasAttributedTo/rdfs:label ?sender ; prov:wasGeneratedBy ?step .
        ?step prov:wasAssociatedWith/rdfs:label ?curator ; rdfs:comment ?why ; prov:used ?rules .
        OPTIONAL { ?graph prov:wasRevisionOf ?before }
        OPTIONAL { ?graph prov:invalidatedAtTime ?ended }
      } FILTER(CONTAINS(STR(?graph), "/traced/")) } ORDER BY ?graph""")
    assert [(r["sender"], r["curator"], r["why"]) for r in rows] == [
        ("Test submit", "Test review", "first"),
        ("Test submit", "Test review", "second"),
    ]
    assert "ended" in rows[0]
    assert rows[1]["before"] == rows[0]["graph"]


def test_purged_means_gone_for_curators_too(desk: Desk) -> None:
    """Only an administrator does it, and only to what is not published; a tombstone stays."""
    desk.submit("purged")
    desk.step("publish", "purged/1")
    assert desk.step("purge", "purged/1", "admin").status == 409
    desk.step("withdraw", "purged/1")
    assert desk.step("purge", "purged/1", "review").status == 403
    assert desk.step("purge", "purged/1", "admin", why="court order").status == 200
    gone = desk.ask("GET", "/submissions/purged/1/bytes", "admin")
    assert gone.status == 410
    assert "court order" in told(gone)["detail"]
    assert "Test submit" not in gone.body.decode()


INTRUDERS = [
    pytest.param(
        b"<https://w3id.org/aikg/drug/exemestane> rdfs:comment 'poison'@en .",
        id="the review's drug",
    ),
    pytest.param(
        b"<https://w3id.org/aikg/finding/review-2010-table-1-row-4-orr> aikg:value 99.0 .",
        id="the review's finding",
    ),
    pytest.param(b"aikg:Drug rdfs:label 'potion'@en .", id="a term of the ontology"),
    pytest.param(b":Cure a <http://www.w3.org/2002/07/owl#Class> .", id="a term of its own"),
    pytest.param(
        b"<https://w3id.org/aikg/submission/other/paper> aikg:year 1999 .", id="another's node"
    ),
]


@pytest.mark.parametrize("intruder", INTRUDERS)
def test_who_speaks_of_what_is_not_theirs_is_refused(desk: Desk, intruder: bytes) -> None:
    """The submission is invalid, and says why at that line."""
    desk.submit("other")
    if desk.state("other/1") == "waiting":
        desk.step("publish", "other/1")
    body = trial("intruder") + intruder + b"\n"
    reply = desk.submit("intruder", body)
    assert reply.status == 422
    lines = {f["place"].get("line") for f in told(reply)["report"]["findings"] if f["blocks"]}
    assert body.count(b"\n") in lines


MISTAKES = [
    pytest.param("name=a", b"x", TURTLE, 400, "licence", id="no licence"),
    pytest.param("licence=MIT", b"x", TURTLE, 400, "CC-BY-4.0", id="another licence"),
    pytest.param("licence=CC-BY-4.0", b"", TURTLE, 400, "Nothing", id="nothing"),
    pytest.param("licence=CC-BY-4.0&name=A_b", b"x", TURTLE, 400, "hyphens", id="a bad name"),
    pytest.param(
        "licence=CC-BY-4.0&orcid=0000-0002-1825-0098", b"x", TURTLE, 400, "ORCID", id="check digit"
    ),
    pytest.param("licence=CC-BY-4.0", b"<a> <b", TURTLE, 400, "line", id="not Turtle"),
    pytest.param("licence=CC-BY-4.0", b"GIF89a", "image/gif", 415, "", id="a picture"),
    pytest.param("licence=CC-BY-4.0", b"#" * 400_001, TURTLE, 413, "", id="too large"),
]


@pytest.mark.parametrize(("parameters", "body", "media_type", "status", "words"), MISTAKES)
def test_a_mistake_says_what_to_do(
    desk: Desk, parameters: str, body: bytes, media_type: str, status: int, words: str
) -> None:
    """Each is a problem document, and nothing waits."""
    target = f"/submissions?{parameters}"
    reply = desk.ask("POST", target, "submit", body, Content_Type=media_type)
    assert (reply.status, reply.media_type) == (status, "application/problem+json")
    assert words in told(reply)["detail"] + told(reply)["advice"]


def test_a_step_without_a_reason_is_refused(desk: Desk) -> None:
    """A rejected or withdrawn version must say why, for ever."""
    desk.submit("unreasoned")
    assert desk.step("reject", "unreasoned/1", why="").status == 400
    assert desk.step("reject", "unreasoned/1", why="not evidence").status == 200
    assert desk.ask("GET", "/submissions/none/1").status == 404
    assert desk.ask("GET", "/submissions/unreasoned/1/publish", "review").status == 405


REFUSED = [
    pytest.param("POST", "/submissions?licence=CC-BY-4.0", None, 401, id="nobody sends"),
    pytest.param("POST", "/submissions/scoped/1/publish", "submit", 403, id="a sender publishes"),
    pytest.param("POST", "/submissions/scoped/1/purge", "review", 403, id="a curator purges"),
    pytest.param("GET", "/submissions/scoped/1/impact", "submit", 403, id="a sender asks impact"),
    pytest.param("GET", "/submissions/scoped/1/impact", None, 401, id="nobody asks impact"),
]


@pytest.mark.parametrize(("method", "target", "scope", "status"), REFUSED)
def test_a_token_of_too_narrow_a_scope_is_refused(
    desk: Desk, method: str, target: str, scope: str | None, status: int
) -> None:
    """The answer names the scope that is needed; 401 says how a token is sent."""
    reply = desk.ask(method, target, scope, b"x", Content_Type=TURTLE)
    assert reply.status == status
    assert "scope" in told(reply)["detail"]
    assert (reply.headers["WWW-Authenticate"] is not None) == (status == 401)


def test_a_token_is_taken_as_bearer_and_as_basic(desk: Desk) -> None:
    """Some tools know nothing but Basic; either part may be the token."""
    secret = desk.tokens["review"]
    for pair in (f"{secret}:", f"anyone:{secret}"):
        header = "Basic " + base64.b64encode(pair.encode()).decode()
        reply = desk.ask("GET", "/submissions", Authorization=header)
        assert len(json.loads(reply.body)) > 1


def test_guesses_are_counted_and_a_good_token_is_still_heeded(
    built: Built, settings: Settings, tmp_path: Path
) -> None:
    """From the eleventh on the answer is 429; a revoked token is a guess like another."""
    shutil.copy(settings.graph, tmp_path)
    with opened(settings, tmp_path) as desk:
        guesses = [
            desk.ask("GET", "/submissions", Authorization=f"Bearer aikg_{n}") for n in range(12)
        ]
        assert [reply.status for reply in guesses] == [401] * 10 + [429] * 2
        assert int(guesses[-1].headers["Retry-After"]) > 0
        assert desk.ask("GET", "/submissions", "review").status == 200


def browser() -> urllib.request.OpenerDirector:
    """Return a browser of our own: it keeps cookies and prefers pages."""
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    opener = urllib.request.build_opener(jar)
    opener.addheaders = [("Accept", "text/html")]
    return opener


def test_a_curator_works_in_a_browser_and_no_other_site_can(desk: Desk) -> None:
    """Signed in by a form; each form has a token of its own, without which nothing is done."""
    address = f"http://127.0.0.1:{desk.server.port}"
    visitor = browser()

    def page(path: str, fields: dict[str, str] | None = None) -> str:
        body = urllib.parse.urlencode(fields).encode() if fields else None
        return str(visitor.open(address + path, body, timeout=60).read().decode())

    def token_in(text: str) -> str:
        return re.findall(r'name="csrf_token" value="([^"]+)"', text)[0]

    forged = {"token": desk.tokens["review"]}
    with pytest.raises(urllib.error.HTTPError, match="403"):
        page("/submissions/sign-in", forged)
    page("/submissions/sign-in", forged | {"csrf_token": token_in(page("/submissions/sign-in"))})
    form = page("/submissions")
    assert "signed in as Test review" in form
    sent = {"text": trial("browsed").decode(), "name": "browsed", "licence": "CC0-1.0"}
    with pytest.raises(urllib.error.HTTPError, match="403"):
        page("/submissions", sent)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        page("/submissions", sent | {"csrf_token": "forged"})
    shown = page("/submissions", sent | {"csrf_token": token_in(form)})
    assert 'class="state waiting"' in shown
    with pytest.raises(urllib.error.HTTPError, match="403"):
        page("/submissions/browsed/1/publish", {"csrf_token": token_in(shown)})
    desk.submit("of-a-sender")
    shown = page("/submissions/of-a-sender/1")
    assert "What would change" in page("/submissions/of-a-sender/1/impact")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        page("/submissions/of-a-sender/1/publish", {"why": "forged"})
    published = page("/submissions/of-a-sender/1/publish", {"csrf_token": token_in(shown)})
    assert 'class="state published"' in published
    page("/submissions/sign-out", {"csrf_token": token_in(published)})
    assert "sign in" in page("/submissions")


def test_what_is_published_outlives_the_process_that_holds_the_graph(
    built: Built, settings: Settings, tmp_path: Path
) -> None:
    """The server is killed, and started again on the same home: all is as it was."""
    shutil.copy(settings.graph, tmp_path)
    with opened(settings, tmp_path) as desk:
        desk.submit("lasting")
        desk.submit("waiting-on")
        desk.step("publish", "lasting/1")
        version, size = desk.version(), known(desk, "lasting")
        desk.server.process.send_signal(signal.SIGKILL)
        desk.server.process.wait(60)
    with opened(settings, tmp_path) as desk:
        assert (desk.version(), known(desk, "lasting")) == (version, size)
        assert desk.state("waiting-on/1") == "waiting"
        assert desk.step("withdraw", "lasting/1").status == 200
        assert known(desk, "lasting") == 0


@pytest.mark.slow
def test_what_is_published_outlives_a_change_of_the_files(
    built: Built, settings: Settings, tmp_path: Path
) -> None:
    """Rebuilt and started again; what the new rules forbid is listed, and stays."""
    root, home = tmp_path / "root", tmp_path / "home"
    for source in SOURCES:
        shutil.copytree(settings.root / source, root / source)
    home.mkdir()
    moved = replace(settings, root=root, home=home)
    shutil.copy(settings.graph, home)
    with opened(moved, home) as desk:
        desk.submit("kept")
        desk.step("publish", "kept/1")
        before = known(desk, "kept")
    regimens = root / "data" / "turtle" / "regimens.ttl"
    regimens.write_text(regimens.read_text() + REGIMEN)
    files = build.build(moved).version
    with opened(moved, home) as desk:
        assert known(desk, "kept") == before
        assert desk.version().startswith(files)
        assert desk.select("SELECT ?p { <https://w3id.org/aikg/regimen/of-a-test> ?p ?o }")
        assert desk.step("withdraw", "kept/1").status == 200
        assert known(desk, "kept") == 0
