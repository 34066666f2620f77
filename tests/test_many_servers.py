"""Many servers, one ledger in PostgreSQL: each step is seen by all, and is taken once."""

from __future__ import annotations

import json
import random
import re
import shutil
import time
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import test_ledger
from click.testing import CliRunner
from desk import Desk
from postgres import OWNER, PASSWORD, Cluster, Pair, emptied, free_port
from serving import Reply, start

from aikg.build import Built
from aikg.cli import main
from aikg.errors import AikgError, LedgerUnreadable, RequestMalformed, SettingError
from aikg.ledger import announced, overlay, steps, tokens
from aikg.ledger.opening import open_ledger
from aikg.ledger.sqlite import SQLite
from aikg.rules.delta import Delta
from aikg.settings import Settings, from_environment
from aikg.web.versions import includes

HEADER = "AIKG-Version"
#: How many undecided submissions a person may have here.
QUOTA = 6
GRAPH = "https://w3id.org/aikg/graph/submission/"


@dataclass
class Servers:
    """Servers that share a ledger.

    Attributes:
        cluster: The database.
        desks: The servers, each with the same tokens.
        said: What each writes to standard error.
        settings: Those of the first.
    """

    cluster: Cluster
    desks: list[Desk]
    said: list[Path]
    settings: Settings

    def known(self, desk: Desk, name: str, version: str) -> tuple[int, int]:
        """Return the status of a query with a version, and how many triples a trial has."""
        query = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{GRAPH}{name}/1> {{ ?s ?p ?o }} }}"
        target = f"/sparql?format=csv&query={urllib.parse.quote(query)}"
        reply = desk.ask("GET", target, AIKG_Version=version)
        return reply.status, int(reply.body.split()[1]) if reply.status == 200 else -1


def home_of(folder: Path, built: Path, version: str = "") -> Path:
    """Make a home with a built graph; of another version of the files, if one is named."""
    folder.mkdir()
    shutil.copy(built, folder)
    if version:
        copy = folder / built.name
        first, rest = copy.read_text().split("\n", 1)
        copy.write_text(re.sub(r"^# aikg \S+", f"# aikg {version}", first) + "\n" + rest)
    return folder


@pytest.fixture(scope="module")
def servers(
    built: Built, settings: Settings, postgres: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Servers]:
    """Two servers on an empty ledger, and a token of each scope."""
    folder = tmp_path_factory.mktemp("many")
    shared = replace(settings, ledger=emptied(postgres).address(), workers=2, deadline=60.0)
    shared = replace(shared, quota_undecided=QUOTA)
    with closing(open_ledger(shared)) as database:
        made = {scope: tokens.create(database, f"Test {scope}", scope) for scope in tokens.SCOPES}
    with ExitStack() as stack:
        desks, said = [], []
        for number in range(2):
            home = home_of(folder / f"home-{number}", settings.graph)
            said.append(folder / f"said-{number}")
            running = stack.enter_context(start(shared, home=home, said=said[-1]))
            desks.append(Desk(running, made, home))
        yield Servers(postgres, desks, said, replace(shared, home=desks[0].home))


def version_of(reply: Reply) -> str:
    """Return the version that an answer names."""
    return str(reply.headers[HEADER])


def test_a_step_on_one_server_is_read_on_the_other_at_once(servers: Servers) -> None:
    """Publications and withdrawals on either, each read on both by its version, all or nothing."""
    chosen, sizes = random.Random(22), {}
    for number in range(4):
        one, other = chosen.sample(servers.desks, 2)
        name = f"many-{number}"
        assert one.submit(name).status == 201
        published = other.step("publish", f"{name}/1")
        assert published.status == 200, published.body
        sizes[name] = [servers.known(desk, name, version_of(published)) for desk in servers.desks]
    assert len({size for each in sizes.values() for size in each}) == 1
    (status, triples) = sizes["many-0"][0]
    assert (status, triples > 80) == (200, True)
    withdrawn = servers.desks[0].step("withdraw", "many-1/1")
    assert servers.known(servers.desks[1], "many-1", version_of(withdrawn)) == (200, 0)
    again = servers.desks[1].step("withdraw", "many-1/1")
    assert (again.status, json.loads(again.body)["type"].rpartition("/")[2]) == (
        409,
        "state-conflict",
    )


def test_a_version_that_is_not_there_is_never_answered_by_an_older_one(servers: Servers) -> None:
    """503 with Retry-After, also for an answer that the cache has; a malformed one is 400."""
    desk = servers.desks[0]
    plain = desk.ask("GET", "/drug/exemestane?format=turtle")
    files, _, event = version_of(plain).partition("-")
    for wanted in (f"{files}-{int(event.partition('.')[0] or 0) + 1000}", "0123456789ab-1"):
        reply = desk.ask("GET", "/drug/exemestane?format=turtle", AIKG_Version=wanted)
        assert (reply.status, reply.headers["Retry-After"]) == (503, "1")
        assert json.loads(reply.body)["type"].endswith("version-not-reached")
    assert desk.ask("GET", "/health", AIKG_Version="no version!").status == 400
    same = desk.ask("GET", "/drug/exemestane?format=turtle", AIKG_Version=version_of(plain))
    assert (same.status, same.body) == (200, plain.body)


@pytest.mark.parametrize(
    ("present", "asked", "expected"),
    [
        ("ab-12", "ab-12", True),
        ("ab-12", "ab-9", True),
        ("ab-12", "ab", True),
        ("ab", "ab-1", False),
        ("ab-12", "ab-12.1", False),
        ("ab-13.1", "ab-12.2", False),
        ("ab-13.2", "ab-12.2", True),
        ("cd-13", "ab-12", False),
        ("ab-12+ef", "ab-12+ef", True),
        ("ab-12.1+ef", "ab-9+ef", True),
        ("ab-12+ef", "ab-13+ef", False),
        ("ab+ef", "ab+ef", True),
        ("ab-12", "ab-12+ef", False),
        ("ab-12+ef", "ab-12", False),
    ],
)
def test_a_version_includes_another_if_it_has_all_its_steps(
    present: str, asked: str, expected: bool
) -> None:
    """On the same files and vocabularies; numbers are compared as numbers."""
    assert includes(present, asked) == expected
    with pytest.raises(RequestMalformed):
        includes(present, f"{asked} ")


def form(desk: Desk, path: str, cookie: str, **fields: str) -> Reply:
    """Send the form of a page."""
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    headers |= {"Accept": "text/html"}
    return desk.server.send("POST", path, headers, urllib.parse.urlencode(fields).encode())


def cookie_of(reply: Reply) -> str:
    """Return the cookie of an answer."""
    return str(reply.headers["Set-Cookie"]).partition(";")[0]


def test_a_browser_signs_in_on_one_server_and_works_on_the_other(servers: Servers) -> None:
    """The session, and the token of a form, are those of all servers; so is the end."""
    one, other = servers.desks
    page = one.ask("GET", "/submissions/sign-in", Accept="text/html")
    (token,) = set(re.findall(rb'name="csrf_token" value="([^"]+)"', page.body))
    fields = {"csrf_token": token.decode(), "token": one.tokens["review"]}
    signed = form(other, "/submissions/sign-in", cookie_of(page), **fields)
    assert signed.status == 303
    cookie = cookie_of(signed)
    page = one.ask("GET", "/submissions", Accept="text/html", Cookie=cookie)
    assert b"sign-out" in page.body
    (token, *_) = re.findall(rb'name="csrf_token" value="([^"]+)"', page.body)
    cookie = cookie_of(page)
    ended = form(other, "/submissions/sign-out", cookie, csrf_token=token.decode())
    assert ended.status == 303
    page = one.ask("GET", "/submissions", Accept="text/html", Cookie=cookie)
    assert b"sign-out" not in page.body


def test_invalid_tokens_are_counted_by_all_servers_together(servers: Servers) -> None:
    """Ten are refused as unknown, wherever they come; the next ones have to wait."""
    wrong = {"Authorization": "Bearer aikg_of-nobody-at-all-0000000000"}
    found = [
        servers.desks[number % 2].ask("GET", "/submissions", **wrong).status for number in range(13)
    ]
    assert found == [401] * 10 + [429] * 3


def test_the_quota_of_a_person_holds_on_all_servers_together(servers: Servers) -> None:
    """Of files that come at once on both, no more are kept than the quota allows."""
    with closing(open_ledger(servers.settings)) as database:
        secret = tokens.create(database, "Dee", "submit")
    desks = [replace(desk, tokens={"submit": secret}) for desk in servers.desks]
    names = [f"quota-{number}" for number in range(2 * QUOTA)]

    def send(name: str) -> int:
        desk = desks[names.index(name) % 2]
        return desk.submit(name, f'<> <urn:a-note> "{name}" .'.encode()).status

    with ThreadPoolExecutor(4) as pool:
        found = sorted(pool.map(send, names))
    assert found == [201] * QUOTA + [403] * QUOTA


def state_of(desk: Desk) -> dict:
    """Return what a server says of the ledger."""
    return dict(json.loads(desk.ask("GET", "/health").body)["ledger"])


def test_a_server_says_which_releases_it_lacks(servers: Servers) -> None:
    """Those that the ledger names, and that are not in its home."""
    desk = servers.desks[0]
    (desk.home / "releases" / "2026-11").mkdir(parents=True)
    with closing(open_ledger(servers.settings)) as database:
        for version in ("2026-12", "2026-11", "2026-12"):
            announced.add(database, version)
    end = time.monotonic() + 30
    while (
        found := json.loads(desk.ask("GET", "/health").body)["ledger"]["missing_releases"]
    ) == []:
        assert time.monotonic() < end
        time.sleep(0.1)
    (desk.home / "releases" / "2026-11").rmdir()
    assert found == ["2026-12"]
    with closing(open_ledger(servers.settings)) as database, database.transaction():
        database.write("DELETE FROM fact WHERE name >= 'release ' AND name < 'release!'")


def test_without_the_ledger_reading_goes_on_and_writing_is_refused(servers: Servers) -> None:
    """Both servers say so, write again as soon as it answers, and print no password."""
    desk, other = servers.desks
    assert desk.submit("waits").status == 201
    before = desk.ask("GET", "/health")
    state = {"kind": "postgresql", "reachable": True, "decides": True, "missing_releases": []}
    assert json.loads(before.body)["ledger"] == state
    printed = [before.body]
    servers.cluster.stop()
    try:
        read = [desk.ask("GET", "/drug/exemestane", Accept="text/html"), desk.ask("GET", "/")]
        assert [reply.status for reply in read] == [200, 200]
        refused = [desk.step("publish", "waits/1"), other.submit("new")]
        assert [(r.status, "Retry-After" in r.headers) for r in refused] == [(503, True)] * 2
        end = time.monotonic() + 30
        while json.loads((health := desk.ask("GET", "/health")).body)["ledger"]["reachable"]:
            assert time.monotonic() < end
            time.sleep(0.1)
        assert (health.status, json.loads(health.body)["ledger"]["decides"]) == (200, False)
        assert desk.ask("GET", "/health/ready").status == 200
        printed += [reply.body for reply in (*read, *refused, health)]
    finally:
        servers.cluster.start()
    end = time.monotonic() + 30
    while (done := other.step("publish", "waits/1")).status == 503:
        assert time.monotonic() < end, done.body
        time.sleep(0.2)
    assert done.status == 200
    assert servers.known(desk, "waits", version_of(done))[1] > 80
    printed += [path.read_bytes() for path in servers.said]
    assert not [text for text in printed if PASSWORD.encode() in text]


def test_a_server_with_other_files_reads_and_decides_nothing_until_the_ledger_moves(
    servers: Servers, tmp_path: Path
) -> None:
    """It serves all that is published, under its own version; a renewal turns the roles round."""
    from aikg.submissions.opening import open_home  # noqa: PLC0415  only this test needs it

    desk = servers.desks[0]
    assert desk.submit("rolls").status == 201
    published = desk.step("publish", "rolls/1")
    graph = desk.home / "graph.nq"
    later = "fedcba987654"
    home = home_of(tmp_path / "later", graph, later)
    with start(replace(servers.settings, home=home), home=home) as running:
        new = Desk(running, desk.tokens, home)
        health = json.loads(new.ask("GET", "/health").body)
        assert health["version"].startswith(f"{later}-")
        assert (health["ledger"]["reachable"], health["ledger"]["decides"]) == (True, False)
        assert servers.known(new, "rolls", health["version"])[1] > 80
        assert new.ask("GET", "/health", AIKG_Version=version_of(published)).status == 503
        refused = new.step("withdraw", "rolls/1")
        assert (refused.status, b"files-differ" in refused.body) == (503, True)
        other = home_of(tmp_path / "renews", graph, later)
        with open_home(replace(servers.settings, home=other), "a test", renewing=True):
            pass
        end = time.monotonic() + 30
        while not json.loads(new.ask("GET", "/health").body)["ledger"]["decides"]:
            assert time.monotonic() < end
            time.sleep(0.1)
        assert desk.step("withdraw", "rolls/1").status == 503
        assert servers.known(desk, "rolls", "")[1] > 80, "the older server reads on"
        withdrawn = new.step("withdraw", "rolls/1")
        assert withdrawn.status == 200
        assert servers.known(new, "rolls", version_of(withdrawn)) == (200, 0)


def test_nothing_acknowledged_is_lost_while_servers_and_database_are_killed(
    built: Built, postgres: Cluster, settings: Settings, tmp_path: Path
) -> None:
    """Nor is a client's own step read late, or a part of it; `make soak` runs ten minutes."""
    import server_kills  # noqa: PLC0415  the driver is optional

    shared = replace(settings, ledger=emptied(postgres).address(), workers=2, deadline=60.0)
    tally = server_kills.rounds(shared, Pair(postgres), tmp_path, 2, 2, seconds=0, kills=2)
    assert (tally.lost, tally.stale, tally.halves) == ([], [], [])
    assert tally.kills == {"server": 1, "primary": 1}
    assert tally.acknowledged > 1
    assert tally.reads > 2


def test_a_ledger_of_an_earlier_form_is_migrated_by_its_owner_only(
    postgres: Cluster, tmp_path: Path
) -> None:
    """The servers' role may not make tables; what it meets is explained, without an address."""
    from aikg.ledger import owner as module  # noqa: PLC0415  the driver is optional

    emptied(postgres).run("CREATE DATABASE fresh OWNER aikg_owner")
    address = postgres.address(database="fresh")
    with pytest.raises(LedgerUnreadable, match="has form 0") as found:
        open_ledger(Settings(tmp_path, tmp_path, ledger=address))
    assert "aikg migrate" in found.value.advice
    with pytest.raises(LedgerUnreadable, match="InsufficientPrivilege") as found:
        module.migrate(address)
    assert PASSWORD not in str(found.value)
    owner = postgres.address(OWNER, "fresh")
    assert [module.migrate(owner, "aikg_service") for _ in range(2)] == [0, len(module.MIGRATIONS)]
    open_ledger(Settings(tmp_path, tmp_path, ledger=address)).close()
    with pytest.raises(LedgerUnreadable, match="does not own"):
        module.erase(address)
    module.erase(owner)


def test_a_quad_of_any_length_is_kept_and_u0000_is_refused(
    postgres: Cluster, tmp_path: Path
) -> None:
    """PostgreSQL has a bound on the rows of an index, and cannot keep that character."""
    long = f'<s:s> <p:p> "{"x" * 100_000}" .'
    settings = Settings(tmp_path, tmp_path, ledger=emptied(postgres).address())
    with closing(open_ledger(settings)) as database:
        for _ in range(2):
            with database.transaction():
                overlay.change(database, "f", Delta({long, "<s:s> <p:p> <o:o> ."}))
        assert overlay.read(database).added == {long, "<s:s> <p:p> <o:o> ."}
        with database.transaction():
            overlay.change(database, "f", Delta(set(), {long}))
        assert overlay.read(database).added == {"<s:s> <p:p> <o:o> ."}
        with pytest.raises(RequestMalformed, match=re.escape("U+0000")):
            database.rows("SELECT quad FROM overlay WHERE quad = ?", ("a\0b",))


@pytest.mark.parametrize("state", ["it answers", "another password", "it does not answer"])
def test_no_command_prints_a_password(
    postgres: Cluster,
    built: Built,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    state: str,
) -> None:
    """Neither the password nor the file with it; nor the stack of an error."""
    secrets = [PASSWORD, "passwords", "another-one"]
    address = emptied(postgres).address()
    if state == "another password":
        other = tmp_path / "passwords"
        other.write_text("*:*:*:*:another-one\n")
        other.chmod(0o600)
        monkeypatch.setenv("PGPASSFILE", str(other))
    elif state == "it does not answer":
        address = address.replace(str(postgres.port), str(free_port()))
    environment = {
        "AIKG_LEDGER": address,
        "AIKG_HOME": str(home_of(tmp_path / "home", settings.graph)),
    }
    commands = ("token list", "person list", "doctor", "doctor --format json", "backup copy.db")
    for command in (*commands, "restore copy.db", "migrate", "erase"):
        found = CliRunner().invoke(main, command.split(), env=environment)
        said = found.output + found.stderr + repr(found.exception)
        assert not [secret for secret in secrets if secret in said], command
        assert found.exception is None or isinstance(found.exception, (SystemExit, AikgError)), said
        if state != "it answers" and command != "restore copy.db":
            assert found.exit_code == 1, command


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ann:hidden@db.example.org/aikg",
        "postgresql://db.example.org/aikg?user=ann&password=hidden",
        "postgresql://db.example.org/aikg?PASSWORD=hidden",
        "mysql://ann:hidden@db.example.org/aikg",
        "host=db.example.org password=hidden",
        "hidden",
    ],
)
def test_an_address_with_a_password_is_refused_and_never_repeated(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """Nor is one that is not of PostgreSQL."""
    monkeypatch.setenv("AIKG_LEDGER", address)
    with pytest.raises(SettingError) as found:
        from_environment()
    assert "hidden" not in str(found.value) + found.value.advice + str(found.value.members)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://aikg_service@db1,db2:5433/aikg?target_session_attrs=read-write",
        "postgres:///aikg?service=aikg&sslmode=verify-full",
    ],
)
def test_an_address_without_a_password_is_taken(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """With several hosts, a service, options."""
    monkeypatch.setenv("AIKG_LEDGER", address)
    assert from_environment().ledger == address


def test_an_owner_fills_an_empty_ledger_with_that_of_a_file(
    postgres: Cluster, tmp_path: Path
) -> None:
    """Submissions, events, persons, tokens and overlay; the counters go on from there."""
    from aikg.ledger import owner  # noqa: PLC0415  the driver is optional

    steps_of = test_ledger.waiting
    with closing(SQLite(tmp_path / "ledger.db")) as file:
        secret = tokens.create(file, "Ann", "review")
        one = steps.publish(file, steps_of(file), test_ledger.ANN, "", test_ledger.CHANGE, b"")
        tables = {name: file.rows(f"SELECT * FROM {name}") for name in owner._TABLES}  # noqa: S608
    address = emptied(postgres).address(OWNER)
    assert owner.take_over(address, tmp_path / "ledger.db") == 1
    assert not [path for path in tmp_path.iterdir() if "taken" in path.name]
    with closing(open_ledger(Settings(tmp_path, tmp_path, ledger=postgres.address()))) as database:
        for name, rows in tables.items():
            found = database.rows(f"SELECT * FROM {name}")  # noqa: S608
            assert [{key: row[key] for key in rows[0]} for row in found if rows] == rows
        assert tokens.find(database, secret).label == "Ann"
        assert overlay.files(database) == test_ledger.ANN.files
        two = steps_of(database, b"another")
        assert (two.id, two.version) == (one.id + 1, 2)
    with pytest.raises(LedgerUnreadable, match="rows already"):
        owner.take_over(address, tmp_path / "ledger.db")
