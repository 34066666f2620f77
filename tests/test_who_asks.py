"""An answer that depends on who asks is nobody else's; a session ends, and then it is over."""

from __future__ import annotations

import json
import random
import re
import sqlite3
import urllib.parse
from contextlib import closing
from pathlib import Path

from desk import Desk
from test_home import run

#: Pages of every kind outside `/submissions`.
PAGES = [
    "/",
    "/drug/exemestane",
    "/study/campos",
    "/ontology",
    "/sparql",
    "/sparql?question=doses",
    "/sparql?query=ASK%7B%7D",
    "/search?q=exemestane",
    "/resolve/chebi:4953",
    "/validate",
]
FORM = "application/x-www-form-urlencoded"


class Browser:
    """A browser that keeps its cookies, and shows them; it honours no path of a cookie.

    So it sends a cookie to every page, as one would that got it for the whole site.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.cookies: dict[str, str] = {}
        #: Each `Set-Cookie` that came.
        self.received: list[str] = []

    def open(self, path: str, fields: dict[str, str] | None = None, **more: str):
        """Ask for a page, or send a form; follow where it leads."""
        headers = {"Accept": "text/html", **more}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = None
        if fields is not None:
            body, headers["Content-Type"] = urllib.parse.urlencode(fields).encode(), FORM
        reply = self._desk.server.send("POST" if body else "GET", path, headers, body)
        for line in reply.headers.get_all("Set-Cookie") or []:
            self.received.append(line)
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        if reply.status in (301, 303):
            return self.open(reply.headers["Location"])
        reply.headers["X-Path"] = path
        return reply

    def sign_in(self, scope: str) -> None:
        """Sign in at the address of old, which leads to the present one."""
        form = self.open("/sign-in")
        fields = {"token": self._desk.tokens[scope], "csrf_token": csrf(form)}
        assert self.open(form.headers["X-Path"], fields).status == 200
        assert self.signed_in

    def sign_out(self) -> None:
        """Press the button on the list of submissions."""
        page = self.open("/submissions")
        action = re.findall(r'action="([^"]*sign-out)"', page.body.decode())[0]
        self.open(action, {"csrf_token": csrf(page)})

    @property
    def signed_in(self) -> bool:
        """Whether the server says so."""
        return b"signed in as" in self.open("/submissions").body


def csrf(page) -> str:
    """Find the token of a form."""
    return re.findall(r'name="csrf_token" value="([^"]+)"', page.body.decode())[0]


def ledger(desk: Desk, sql: str) -> list[tuple]:
    """Ask, or change, the ledger beside the server."""
    with closing(sqlite3.connect(desk.home / "ledger.db", timeout=30)) as connection, connection:
        return connection.execute(sql).fetchall()


def test_an_unknown_user_never_receives_a_cookie_of_a_curator(desk: Desk) -> None:
    """The curator opens each page first, in an order of chance, and the unknown user then."""
    order = random.Random(15)
    for scope in ("review", "admin", "submit"):
        curator, unknown = Browser(desk), Browser(desk)
        curator.sign_in(scope)
        had = len(curator.received)
        for path in order.sample(PAGES, len(PAGES)):
            shown = curator.open(path)
            assert unknown.open(path).body == shown.body
            assert b"signed in" not in shown.body
        assert curator.received[had:] == [], "pages outside /submissions renew nothing"
        assert unknown.received == []
        assert not unknown.signed_in
        assert curator.signed_in


def test_pages_outside_submissions_do_not_read_the_session(desk: Desk) -> None:
    """Nor do they vary by it; with a cookie that means nothing they are the same too."""
    curator, odd = Browser(desk), Browser(desk)
    curator.sign_in("review")
    odd.cookies = dict.fromkeys(curator.cookies, "nonsense")
    for path in PAGES:
        plain = Browser(desk).open(path)
        for browser in (curator, odd):
            reply = browser.open(path)
            assert (reply.status, reply.body) == (200, plain.body)
            assert "cookie" not in (reply.headers["Vary"] or "").lower()


def test_a_public_page_is_kept_while_a_curator_is_signed_in(desk: Desk) -> None:
    """An unknown user who has it gets 304, also when the curator asked for it first."""
    curator = Browser(desk)
    curator.sign_in("review")
    for path in ("/drug/exemestane", "/sparql?question=doses"):
        tag = curator.open(path).headers["ETag"]
        assert tag
        again = Browser(desk).open(path, If_None_Match="", **{"If-None-Match": tag})
        assert (again.status, again.body) == (304, b"")
        assert again.headers["Cache-Control"] == "no-cache"


def test_signed_in_answers_are_stored_nowhere(desk: Desk) -> None:
    """With a session or a token, on pages, data, forms and errors alike."""
    desk.submit("stored")
    curator = Browser(desk)
    curator.sign_in("review")
    for path in ("/submissions", "/submissions/stored/1", "/submissions/none/1"):
        assert curator.open(path).headers["Cache-Control"] == "no-store"
        for scope in ("submit", "review"):
            reply = desk.ask("GET", path, scope)
            assert (reply.headers["Cache-Control"], reply.headers["ETag"]) == ("no-store", None)
    refused = desk.ask("POST", "/submissions/stored/1/publish", "submit", b"why=x")
    assert (refused.status, refused.headers["Cache-Control"]) == (403, "no-store")
    assert desk.ask("GET", "/drug/exemestane", "review").headers["Cache-Control"] == "no-store"
    assert desk.ask("GET", "/drug/exemestane").headers["Cache-Control"] != "no-store"


def test_a_token_in_the_header_works_on_every_page(desk: Desk) -> None:
    """The pages are as they are for all; under /submissions it shows what it may see."""
    desk.submit("in-header")
    for scope in ("submit", "review", "admin"):
        for path in PAGES:
            plain = desk.ask("GET", path)
            reply = desk.ask("GET", path, scope)
            assert (reply.status, reply.body) == (200, plain.body)
            assert reply.headers["Set-Cookie"] is None
        assert desk.ask("GET", "/submissions/in-header/1", scope).status == 200
    assert desk.step("reject", "in-header/1").status == 200


def test_the_cookie_belongs_to_the_submissions_alone(desk: Desk) -> None:
    """No script reads it, no other site sends it, no other page gets it."""
    curator = Browser(desk)
    curator.sign_in("review")
    assert curator.received
    for line in curator.received:
        parts = {part.strip().lower() for part in line.split(";")}
        assert {"path=/submissions", "httponly", "samesite=strict"} <= parts


def test_a_session_ends_at_sign_out_for_a_copy_of_its_cookie_too(desk: Desk) -> None:
    """Another browser of the same curator stays signed in."""
    curator, copy, other = Browser(desk), Browser(desk), Browser(desk)
    curator.sign_in("review")
    other.sign_in("review")
    copy.cookies = dict(curator.cookies)
    assert copy.signed_in
    curator.sign_out()
    assert not copy.signed_in
    assert not curator.signed_in
    assert other.signed_in


def test_a_session_has_an_end_that_does_not_move(desk: Desk) -> None:
    """Twelve hours after it began, whatever the browser does meanwhile; then it is over."""
    curator = Browser(desk)
    curator.sign_in("admin")
    hours = (
        "SELECT (julianday(expires) - julianday(created)) * 24, expires FROM session "
        "WHERE ended IS NULL ORDER BY created DESC, expires DESC LIMIT 1"
    )
    ((length, end),) = ledger(desk, hours)
    assert round(length, 3) == 12
    for path in ("/submissions", "/drug/exemestane", "/submissions/sign-in"):
        curator.open(path)
    assert ledger(desk, hours)[0][1] == end
    ledger(desk, "UPDATE session SET expires = '2000-01-01T00:00:00Z'")
    assert not curator.signed_in
    curator.sign_in("admin")


def test_an_operator_ends_all_sessions_at_once(desk: Desk) -> None:
    """While the server runs; tokens stay in force, and sign in again."""
    curators = [Browser(desk) for _ in range(3)]
    for curator, scope in zip(curators, desk.tokens, strict=True):
        curator.sign_in(scope)
    shown = run(desk.home, "token", "sessions").stdout
    assert all(f"Test {scope}" in shown for scope in desk.tokens)
    assert "sessions ended" in run(desk.home, "token", "sessions", "--end-all").stdout
    assert [curator.signed_in for curator in curators] == [False] * 3
    assert "Test" not in run(desk.home, "token", "sessions").stdout
    for curator, scope in zip(curators, desk.tokens, strict=True):
        assert desk.ask("GET", "/submissions", scope).status == 200
        curator.sign_in(scope)


def test_a_session_of_another_server_or_time_is_none(desk: Desk) -> None:
    """What a ledger or a guess knows of a session is not its cookie."""
    curator = Browser(desk)
    curator.sign_in("review")
    (name,) = curator.cookies
    (digest,) = ledger(desk, "SELECT id FROM session ORDER BY created DESC LIMIT 1")[0]
    for value in (digest, "", "x", curator.cookies[name][:-1], json.dumps({"id": digest})):
        forger = Browser(desk)
        forger.cookies = {name: value}
        assert not forger.signed_in
    assert curator.signed_in


def test_files_of_a_home_are_its_owners_alone(desk: Desk, tmp_path: Path) -> None:
    """The ledger with all that SQLite keeps beside it, the secret, a backup; the folder too."""
    assert desk.home.stat().st_mode & 0o777 == 0o700
    desk.submit("modes")
    files = {file.name: file.stat().st_mode & 0o777 for file in desk.home.iterdir()}
    private = {name: mode for name, mode in files.items() if name.startswith(("ledger", "session"))}
    assert {"ledger.db", "ledger.db-wal", "ledger.db-shm", "session-secret"} <= private.keys()
    assert set(private.values()) == {0o600}
    saved = tmp_path / "saved.db"
    done = run(desk.home, "backup", str(saved))
    assert (done.returncode, saved.stat().st_mode & 0o777) == (0, 0o600), done.stderr


def test_a_backup_holds_no_session_and_no_secret(desk: Desk, tmp_path: Path) -> None:
    """Who reads it cannot sign in by it; restored, nobody is signed in."""
    curator = Browser(desk)
    curator.sign_in("review")
    saved = tmp_path / "saved.db"
    assert run(desk.home, "backup", str(saved)).returncode == 0
    secret = (desk.home / "session-secret").read_bytes()
    assert secret not in saved.read_bytes()
    with closing(sqlite3.connect(saved)) as copy:
        assert copy.execute("SELECT count(*) FROM session").fetchone() == (0,)
        assert copy.execute("SELECT count(*) FROM token").fetchone() != (0,)
    assert curator.signed_in
