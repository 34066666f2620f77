"""Send a table in steps: a draft is its person's, is seen as its page, and is sent."""

from __future__ import annotations

import csv
import datetime
import io
import json
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from desk import TURTLE, Desk, trial

from aikg.errors import QuotaExceeded, UnknownSubmission
from aikg.ledger import drafts, persons, tokens
from aikg.ledger.database import Database
from aikg.ledger.sqlite import SQLite
from aikg.ledger.steps import Actor, Sent
from aikg.settings import Settings
from aikg.submissions import quota
from aikg.submissions.drafting import Drafting
from aikg.web.sending import FILLED

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
NEW, CHECK = "/submissions/new", "/submissions/check"


def check(desk: Desk, name: str, body: bytes | None = None, token: str | None = None):
    """Check a trial as a draft."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    target = f"{CHECK}?licence=CC-BY-4.0&name={name}"
    scope = None if token else "submit"
    return desk.ask("POST", target, scope, body or trial(name), Content_Type=TURTLE, **headers)


def mine(desk: Desk) -> dict[str, dict[str, Any]]:
    """Return what the sender's list says of each submission."""
    reply = desk.ask("GET", "/submissions?mine=true", "submit", Accept="application/json")
    return {one["submission"]: one for one in json.loads(reply.body)}


def test_a_draft_is_seen_and_sent_without_a_second_upload(desk: Desk) -> None:
    """The page says that it is a draft; the same bytes are sent; then there is no draft."""
    body = trial("seen")
    checked = check(desk, "seen", body)
    assert checked.status == 201
    address = checked.headers["Location"]
    page = desk.ask("GET", address, "submit", Accept="text/html")
    assert (page.status, page.headers["Cache-Control"]) == (200, "no-store")
    assert "ETag" not in page.headers
    text = page.body.decode()
    assert "A draft, not sent" in text
    assert "randomised trial, seen" in text
    assert "Send it" in text
    assert desk.select("SELECT * { ?s ?p ?o FILTER(CONTAINS(STR(?s), 'submission/seen/')) }") == []
    sent = desk.ask("POST", f"{address}/send", "submit")
    assert (sent.status, json.loads(sent.body)["state"]) == (201, "waiting")
    assert sent.headers["Location"] == "/submissions/seen/1"
    assert desk.ask("GET", "/submissions/seen/1/bytes", "submit").body == body
    assert desk.ask("GET", address, "submit").status == 404
    assert desk.ask("POST", f"{address}/send", "submit").status == 404


def test_a_sender_follows_what_was_sent(desk: Desk) -> None:
    """The list has the address, the state, what happens next, and what the curator said."""
    address = check(desk, "followed").headers["Location"]
    desk.ask("POST", f"{address}/send", "submit")
    waits = mine(desk)["followed/1"]
    assert (waits["state"], waits["why"]) == ("waiting", "")
    assert "curator decides" in waits["next"]
    desk.step("reject", "followed/1", why="not a <b>trial</b>")
    decided = mine(desk)["followed/1"]
    assert (decided["state"], decided["why"]) == ("rejected", "not a <b>trial</b>")
    for target in ("/submissions", "/submissions/followed/1"):
        text = desk.ask("GET", target, "submit", Accept="text/html").body.decode()
        assert "not a &lt;b&gt;trial&lt;/b&gt;" in text
    assert desk.ask("GET", "/submissions?mine=true").body == b"[]\n"


def test_the_row_that_the_page_shows_is_valid(desk: Desk) -> None:
    """Who copies it makes no mistake; each column is one of the short sheet."""
    text = io.StringIO()
    csv.writer(text).writerows([FILLED.keys(), FILLED.values()])
    body = text.getvalue().encode()
    reply = desk.ask("POST", "/validate", None, body, Content_Type="text/csv")
    assert json.loads(reply.body)["accepted"]
    head = desk.ask("GET", "/template.csv").body.decode("utf-8-sig").splitlines()[0]
    assert set(FILLED) <= set(next(csv.reader([head])))
    page = desk.ask("GET", NEW, Accept="text/html").body.decode()
    assert all(f"<td>{value}</td>" in page for value in FILLED.values())


def test_what_is_not_valid_is_not_kept(desk: Desk) -> None:
    """The report is the answer, as JSON and as a page with the form."""
    broken = trial("kept-not").replace(b"aikg:ofStudy :trial ;", b"", 1)
    reply = check(desk, "kept-not", broken)
    assert (reply.status, json.loads(reply.body)["type"].rpartition("/")[2]) == (
        422,
        "submission-invalid",
    )
    assert [f for f in json.loads(reply.body)["report"]["findings"] if f["blocks"]]
    target = f"{CHECK}?licence=CC-BY-4.0&name=kept-not"
    page = desk.ask("POST", target, "submit", broken, Content_Type=TURTLE, Accept="text/html")
    assert page.status == 422
    assert b"nothing of it was kept" in page.body.lower()
    assert b'name="file"' in page.body
    assert (
        "kept-not"
        not in desk.ask("GET", "/submissions", "submit", Accept="text/html").body.decode()
    )
    assert "kept-not/1" not in mine(desk)


@pytest.mark.parametrize(
    ("query", "body", "status"),
    [
        ("name=x&licence=none", b"x", 400),
        ("name=x&licence=CC-BY-4.0", b"", 400),
        ("name=X!&licence=CC-BY-4.0", None, 400),
        ("name=x&licence=CC-BY-4.0&orcid=1", None, 400),
        ("name=x&licence=CC-BY-4.0", b"not turtle", 400),
    ],
)
def test_a_bad_form_is_refused(desk: Desk, query: str, body: bytes | None, status: int) -> None:
    """The page has the form again, with what was written."""
    sent = trial("x") if body is None else body
    how = {"Content_Type": TURTLE, "Accept": "text/html"}
    reply = desk.ask("POST", f"{CHECK}?{query}", "submit", sent, **how)
    assert reply.status == status
    assert b'name="licence"' in reply.body


def test_before_sign_in_nothing_is_kept(desk: Desk) -> None:
    """The step asks to sign in; a file that comes all the same is refused."""
    page = desk.ask("GET", NEW, Accept="text/html").body.decode()
    assert 'name="file"' not in page
    assert "sign-in?then=/submissions/new" in page
    target = f"{CHECK}?licence=CC-BY-4.0&name=unknown"
    assert desk.ask("POST", target, None, trial("unknown"), Content_Type=TURTLE).status == 401


def test_a_draft_is_nobody_elses(desk: Desk) -> None:
    """Several senders: each finds their own; a curator sees each, and sends none."""
    database = SQLite(desk.home / "ledger.db")
    senders = {name: tokens.create(database, name, "submit") for name in ("ann", "ben", "cleo")}
    database.close()
    found = {name: check(desk, f"of-{name}", token=token) for name, token in senders.items()}
    order = [(owner, other) for owner in senders for other in senders]
    random.Random(7).shuffle(order)
    for owner, other in order:
        address = found[owner].headers["Location"]
        headers = {"Authorization": f"Bearer {senders[other]}"}
        own = owner == other
        assert desk.ask("GET", address, None, **headers).status == (200 if own else 404)
        for step in () if own else ("send", "discard"):
            assert desk.ask("POST", f"{address}/{step}", None, **headers).status == 404
        listed = desk.ask("GET", "/submissions", None, Accept="text/html", **headers).body.decode()
        assert (f"of-{owner}" in listed) == own
    address = found["ann"].headers["Location"]
    assert desk.ask("GET", address).status == 401
    seen = desk.ask("GET", address, "review", Accept="text/html")
    assert seen.status == 200
    assert b"Send it" not in seen.body
    assert desk.ask("POST", f"{address}/send", "review").status == 403
    own = {"Authorization": f"Bearer {senders['ann']}"}
    assert desk.ask("POST", f"{address}/discard", None, **own).status == 204
    assert desk.ask("GET", address, None, **own).status == 404


def test_the_same_bytes_are_found_where_they_are(desk: Desk) -> None:
    """A file that was sent is not checked again under another name; the error has its address."""
    desk.submit("once")
    reply = check(desk, "once-more", trial("once"))
    assert (reply.status, json.loads(reply.body)["present"]) == (409, "once/1")
    how = {"Content_Type": TURTLE, "Accept": "text/html"}
    target = f"{CHECK}?licence=CC-BY-4.0&name=once-more"
    assert (
        b'href="/submissions/once/1"'
        in desk.ask("POST", target, "submit", trial("once"), **how).body
    )
    assert check(desk, "once", trial("other"), desk.tokens["review"]).status == 403


def test_a_label_in_a_draft_is_only_text(desk: Desk) -> None:
    """On its page, in its list, and in the name of its file."""
    nasty = "<b>x</b>&</script>{{ 7*7 }}"
    body = trial("nasty").replace(b"randomised trial, nasty", nasty.encode())
    assert nasty.encode() in body
    target = f"{CHECK}?licence=CC-BY-4.0&name=nasty&filename=%3Cb%3Ex%3C%2Fb%3E.ttl"
    reply = desk.ask("POST", target, "submit", body, Content_Type=TURTLE)
    assert reply.status == 201
    for address in (reply.headers["Location"], "/submissions"):
        text = desk.ask("GET", address, "submit", Accept="text/html").body.decode()
        assert "<b>x" not in text
        assert "&lt;b&gt;x" in text


class Clock:
    """A time that the test moves."""

    def __init__(self) -> None:
        self.at = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)

    def __call__(self, later: datetime.timedelta = datetime.timedelta()) -> str:
        """Return the time, or a later one."""
        return (self.at + later).strftime("%Y-%m-%dT%H:%M:%SZ")


def keep(database: Database, person: int, name: str, clock: Clock) -> drafts.Draft:
    """Keep a draft of a hundred bytes."""
    sent = Sent(b"x" * 100, TURTLE, LICENCE, name=name)
    period = clock(), clock(drafts.LENGTH)
    return drafts.add(database, sent, person, "{}", period)


def test_a_draft_goes_after_a_day(tmp_path: Path) -> None:
    """Not before; a restart changes nothing; no bytes of it stay in the file."""
    clock, path = Clock(), tmp_path / "ledger.db"
    database = SQLite(path)
    secret = tokens.create(database, "Ann", "submit")
    token = tokens.find(database, secret)
    home: Any = SimpleNamespace(database=database, files="0", engine=None)
    kept = keep(database, token.person, "early", clock)
    clock.at += datetime.timedelta(hours=12)
    later = keep(database, token.person, "late", clock)
    database.close()
    home.database = database = SQLite(path)
    clock.at += datetime.timedelta(hours=11, minutes=59)
    assert [d.name for d in Drafting(home, token, clock).listing()] == ["late", "early"]
    assert drafts.content(database, kept) == b"x" * 100
    clock.at += datetime.timedelta(minutes=1)
    drafting = Drafting(home, token, clock)
    with pytest.raises(UnknownSubmission):
        drafting.find(kept.id)
    assert drafting.find(later.id) == later
    assert database.rows("SELECT count(*) AS n FROM draft")[0]["n"] == 1
    clock.at += datetime.timedelta(days=1)
    assert Drafting(home, token, clock).listing() == []
    database.close()
    assert b"x" * 100 not in path.read_bytes()


def test_drafts_count_in_the_quota_and_follow_their_person(tmp_path: Path) -> None:
    """The draft that is sent does not count twice; persons who are joined have one quota."""
    database, clock = SQLite(tmp_path / "ledger.db"), Clock()
    ann, ben = (tokens.find(database, tokens.create(database, n, "submit")) for n in ("a", "b"))
    settings = Settings(tmp_path, tmp_path, quota_bytes=250)
    sent = Sent(b"x" * 100, TURTLE, LICENCE, name="more")
    first = keep(database, ann.person, "one", clock)
    actor = Actor("a", "0", ann.id, ann.person)
    quota.check(database, settings, sent, actor)
    keep(database, ann.person, "two", clock)
    with pytest.raises(QuotaExceeded):
        quota.check(database, settings, sent, actor)
    quota.check(database, settings, sent, actor, first.id)
    persons.join(database, ann.person, ben.person)
    assert {d.name for d in drafts.of_person(database, ben.person, clock())} == {"one", "two"}
    database.close()
