"""Who owns a name, and what others learn: that it is not free, and nothing more; a purge purges."""

from __future__ import annotations

import json
import random
import shutil
import urllib.parse
from collections.abc import Iterator

import pytest
from desk import Desk, opened, trial
from serving import Reply
from test_home import run
from test_submissions import known, told

from aikg.build import Built
from aikg.settings import Settings

#: What an address of a submission has below it.
PARTS = ("", "/bytes", "/statements")
SENDER = """PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?graph ?sender ?label { GRAPH <https://w3id.org/aikg/graph/provenance> {
  ?graph prov:wasAttributedTo ?sender . ?sender rdfs:label ?label } } ORDER BY ?graph"""


@pytest.fixture(scope="module")
def home(
    built: Built, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """A server whose ledger this module makes persons and tokens in."""
    folder = tmp_path_factory.mktemp("persons")
    shutil.copy(settings.graph, folder)
    with opened(settings, folder) as running:
        yield running


def token(home: Desk, label: str, *more: str, scope: str = "submit") -> str:
    """Make a token on the command line, and let it be used by its label."""
    secret = run(home.home, "token", "create", label, "--scope", scope, *more).stdout.strip()
    assert secret.startswith("aikg_")
    home.tokens[secret] = secret
    return secret


def hidden(home: Desk, name: str, address: str, reader: str | None) -> None:
    """Hold each answer about a submission against that about one that never was."""
    never = name[:-1] + ("x" if name[-1] != "x" else "y")
    for part in PARTS:
        for accept in ("application/json", "text/html", "*/*"):
            known_, unknown = (
                home.ask("GET", f"/submissions/{n}/{address}{part}", reader, Accept=accept)
                for n in (name, never)
            )
            assert (known_.status, unknown.status) == (404, 404)
            assert known_.body.replace(name.encode(), never.encode()) == unknown.body
    for path in ("submission/{}/paper", "graph/submission/{}/1"):
        replies = [home.ask("GET", "/" + path.format(n)) for n in (name, never)]
        assert [reply.status for reply in replies] == [404, 404]


def test_what_is_not_public_is_as_if_it_were_not(home: Desk) -> None:
    """In each state, for an unknown user and for another sender; its own sender sees it."""
    ann, bob = token(home, "Ann"), token(home, "Bob")
    broken = trial("hidden-invalid").replace(b"aikg:ofStudy :trial ;", b"", 1)
    home.submit("hidden-waiting", scope=ann)
    home.submit("hidden-invalid", broken, scope=ann)
    home.submit("hidden-rejected", scope=ann)
    home.step("reject", "hidden-rejected/1", why="the reason of a curator")
    home.submit("hidden-superseded", scope=ann)
    home.submit("hidden-superseded", trial("other"), scope=ann)
    for state in ("waiting", "invalid", "rejected", "superseded"):
        name = f"hidden-{state}"
        for reader in (None, bob):
            hidden(home, name, "1", reader)
        for reader in (ann, "review", "admin"):
            shown = home.ask("GET", f"/submissions/{name}/1", reader, Accept="application/json")
            assert (shown.status, told(shown)["state"]) == (200, state)


def test_what_was_never_public_does_not_become_so_by_a_purge(home: Desk) -> None:
    """Nor does the reason; a curator reads it. Of what was public, anyone reads it."""
    ann = token(home, "Ann")
    for name in ("erased-rejected", "erased-published"):
        home.submit(name, scope=ann)
    home.step("reject", "erased-rejected/1")
    home.step("publish", "erased-published/1")
    home.step("withdraw", "erased-published/1", why="withdrawn first")
    for name in ("erased-rejected", "erased-published"):
        assert home.step("purge", f"{name}/1", "admin", why="a private reason").status == 200
    for reader in (None, ann):
        hidden(home, "erased-rejected", "1", reader)
    for reader in ("review", "admin"):
        reply = home.ask("GET", "/submissions/erased-rejected/1", reader)
        assert (reply.status, "a private reason" in told(reply)["detail"]) == (410, True)
    public = home.ask("GET", "/submissions/erased-published/1")
    assert (public.status, "a private reason" in told(public)["detail"]) == (410, True)
    assert home.ask("GET", "/submission/erased-published/paper").status == 410


def test_identical_bytes_of_another_say_nothing(home: Desk) -> None:
    """Each is a submission of its own; the same person's are one, by whichever token they come."""
    number = run(home.home, "person", "add", "Ann").stdout.strip()
    ann, again = (token(home, f"Ann's {kind}", "--person", number) for kind in ("one", "two"))
    bob = token(home, "Bob")
    body = trial("identical")
    first = home.submit("identical-one", body, scope=ann)
    second = home.submit("identical-two", body, scope=bob)
    assert (first.status, second.status) == (201, 201)
    assert b"identical-one" not in second.body
    assert told(home.submit("identical-one", body, scope=again))["version"] == 1
    clash = home.submit("identical-three", body, scope=again)
    assert (clash.status, "identical-one/1" in told(clash)["detail"]) == (409, True)


def test_a_name_that_is_not_free_is_all_that_another_learns(home: Desk) -> None:
    """The answer is the same whatever became of it."""
    ann, bob = token(home, "Ann"), token(home, "Bob")
    names = [f"taken-{n}" for n in range(4)]
    for name in names:
        home.submit(name, scope=ann)
    home.step("publish", "taken-1/1")
    home.step("withdraw", "taken-1/1")
    home.step("reject", "taken-2/1")
    home.step("purge", "taken-2/1", "admin")
    home.step("publish", "taken-3/1")
    replies = [home.submit(name, trial(f"new {name}"), scope=bob) for name in names]
    assert {reply.status for reply in replies} == {403}
    said = {r.body.replace(n.encode(), b"taken") for r, n in zip(replies, names, strict=True)}
    assert len(said) == 1
    assert home.submit("taken-4", scope=bob).status == 201
    assert home.submit("taken-0", trial("again"), scope=ann).status == 201
    assert home.submit("taken-1", trial("again"), scope="admin").status == 201


def test_ownership_outlives_a_token(home: Desk) -> None:
    """Another token of the same person goes on; one of an equal label does not, until joined."""
    number = run(home.home, "person", "add", "Cleo").stdout.strip()
    old = token(home, "Cleo's first", "--person", number)
    home.submit("outlived", scope=old)
    listed = run(home.home, "token", "list").stdout
    row = next(line for line in listed.splitlines() if "Cleo's first" in line)
    assert run(home.home, "token", "revoke", row.strip("│ ").split()[0]).returncode == 0
    assert home.submit("outlived", trial("two"), scope=old).status == 401
    new = token(home, "Cleo's second", "--person", number)
    assert home.submit("outlived", trial("two"), scope=new).status == 201
    assert home.ask("GET", "/submissions/outlived/1", new).status == 200
    namesake = token(home, "Cleo")
    assert home.submit("outlived", trial("three"), scope=namesake).status == 403
    hidden(home, "outlived", "2", namesake)
    persons = run(home.home, "person", "list").stdout.splitlines()
    numbers = [line.strip("│ ").split()[0] for line in persons if "Cleo" in line]
    assert (len(numbers), number in numbers) == (2, True)
    (other,) = set(numbers) - {number}
    assert run(home.home, "person", "join", other, number).returncode == 0
    assert home.submit("outlived", trial("three"), scope=namesake).status == 201
    assert run(home.home, "person", "join", other, number).returncode == 1
    assert run(home.home, "token", "create", "x", "--scope", "submit", "--person", "99").returncode


def test_what_an_administrator_sends_for_a_person_is_theirs(home: Desk) -> None:
    """They see it, and go on with it; the name does not change hands."""
    ann = token(home, "Ann")
    home.submit("sent-for", scope=ann)
    assert home.submit("sent-for", trial("two"), scope="admin").status == 201
    assert home.ask("GET", "/submissions/sent-for/2", ann).status == 200
    assert home.submit("sent-for", trial("three"), scope=ann).status == 201


def test_equal_labels_are_two_in_the_graph(home: Desk) -> None:
    """Each sender has an address of its own in the provenance, with the same label."""
    for name, sender in (("namesake-1", token(home, "Dana")), ("namesake-2", token(home, "Dana"))):
        home.submit(name, scope=sender)
        home.step("publish", f"{name}/1")
    rows = [row for row in home.select(SENDER) if "namesake" in row["graph"]]
    assert [row["label"] for row in rows] == ["Dana", "Dana"]
    assert rows[0]["sender"] != rows[1]["sender"]


def test_a_withdrawn_name_gives_away_no_earlier_version(home: Desk) -> None:
    """Until then the version before is shown; a later publication does not open it again."""
    ann = token(home, "Ann")
    for version in (1, 2):
        home.submit("earlier", trial(f"version {version}"), scope=ann)
        home.step("publish", f"earlier/{version}")
    assert b"version 1" in home.ask("GET", "/submissions/earlier/1/bytes").body
    home.step("withdraw", "earlier/2", why="a wrong name in it")

    def closed(reader: str | None = None) -> list[Reply]:
        return [
            home.ask("GET", f"/submissions/earlier/{version}{part}", reader)
            for version in (1, 2)
            for part in PARTS
        ]

    assert {reply.status for reply in closed()} == {410}
    assert not any(b"version 1" in reply.body for reply in closed())
    assert {reply.status for reply in closed("review")} == {200}
    assert {reply.status for reply in closed(ann)} == {200}
    home.submit("earlier", trial("version 3"), scope=ann)
    home.step("publish", "earlier/3")
    assert {reply.status for reply in closed()} == {410}
    assert home.ask("GET", "/submissions/earlier/3/bytes").status == 200


def test_provenance_names_no_version_that_was_not_published(home: Desk) -> None:
    """The revision is of the version before it that was."""
    for version in (1, 2, 3):
        home.submit("revised", trial(f"revised {version}"))
        if version != 2:
            home.step("publish", f"revised/{version}")
    query = "SELECT ?b { GRAPH ?g { ?a <http://www.w3.org/ns/prov#wasRevisionOf> ?b } }"
    before = [r["b"] for r in home.select(query) if "/revised/" in r["b"]]
    assert before == ["https://w3id.org/aikg/graph/submission/revised/1"]


def test_after_a_purge_the_sender_comes_from_nowhere(home: Desk) -> None:
    """Not from a worker, a kept answer or a 304, in an order of chance; others' names stay."""
    order, asked = (
        random.Random(3),
        [
            f"/sparql?format=csv&query={urllib.parse.quote(SENDER)}",
            "/graph/provenance",
            "/store?graph=https%3A%2F%2Fw3id.org%2Faikg%2Fgraph%2Fprovenance",
        ],
    )
    stays = token(home, "Someone Who Stays")
    home.submit("stays", scope=stays)
    home.step("publish", "stays/1")
    for number in range(3):
        label = f"Vanishing Person {number}"
        sender, name = token(home, label), f"vanishing-{number}"
        home.submit(name, scope=sender)
        home.step("publish", f"{name}/1")
        home.submit(name, trial(f"{name}, two"), scope=sender)
        home.step("publish", f"{name}/2")
        assert home.step("withdraw", f"{name}/2").status == 200
        before = {target: home.ask("GET", target) for target in asked}
        assert all(label.encode() in reply.body for reply in before.values())
        version = home.version()
        addresses = [f"{name}/1", f"{name}/2"]
        for address in order.sample(addresses, 2):
            assert home.step("purge", address, "admin", why="asked for").status == 200
        for target in order.sample(asked, 3) * 4:
            tag = before[target].headers["ETag"]
            reply = home.ask("GET", target, **({"If_None_Match": tag} if tag else {}))
            assert (reply.status, label.encode() in reply.body) == (200, False)
            assert b"Someone Who Stays" in reply.body
        assert home.version() != version
        for address in addresses:
            assert label.encode() not in home.ask("GET", f"/submissions/{address}", "admin").body
    assert known(home, "stays") > 0
    assert json.loads(home.ask("GET", "/health").body)["version"] == home.version()
