"""The decision of a curator: one for each version, never on one's own; a return has remarks."""

from __future__ import annotations

import json
import threading
import urllib.parse
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from desk import TURTLE, Desk, trial

from aikg.cli import main
from aikg.ledger import tokens
from aikg.ledger.sqlite import SQLite
from aikg.submissions.curation import Curation

FORM = "application/x-www-form-urlencoded"
REMARKS = [("row 3, column Value", "the paper prints 38"), ("", "<b>all</b> units")]


def back(
    desk: Desk, address: str, remarks: Any = REMARKS, why: str = "two <i>cells</i>\r\nand a row"
):
    """Return a submission to its sender, as the form of the page does."""
    fields = [("why", why)] + [
        (n, t) for pair in remarks for n, t in zip(("place", "remark"), pair, strict=True)
    ]
    body = urllib.parse.urlencode(fields).encode()
    return desk.ask("POST", f"/submissions/{address}/return", "review", body, Content_Type=FORM)


def shown(desk: Desk, address: str, scope: str = "submit", accept: str = "application/json"):
    """Read a submission."""
    return desk.ask("GET", f"/submissions/{address}", scope, Accept=accept)


def test_a_return_has_remarks_and_is_followed_by_a_corrected_version(desk: Desk) -> None:
    """The sender reads reason, places and texts; a new version takes the place; a purge removes."""
    desk.submit("back")
    returned = back(desk, "back/1")
    assert returned.status == 200
    found = json.loads(shown(desk, "back/1").body)
    assert found["state"] == "returned"
    assert [(r["place"], r["text"]) for r in found["remarks"]] == REMARKS
    assert found["history"][-1]["why"] == "two <i>cells</i>\nand a row"
    page = shown(desk, "back/1", accept="text/html").body.decode()
    assert "two &lt;i&gt;cells&lt;/i&gt;" in page
    assert "row 3, column Value" in page
    assert "&lt;b&gt;all&lt;/b&gt; units" in page
    assert "Send a corrected version" in page
    listed = desk.ask("GET", "/submissions", "submit", Accept="text/html").body.decode()
    assert "Change what the curator remarks" in listed
    assert desk.ask("GET", "/submissions/back/1").status == 404
    assert desk.step("publish", "back/1").status == 409
    assert desk.submit("back", trial("back").replace(b"20.6", b"20.7")).status == 201
    assert (desk.state("back/1"), desk.state("back/2")) == ("superseded", "waiting")
    differs = shown(desk, "back/2", "review", "text/html").body.decode()
    assert "Differences from back/1" in differs
    assert "20.7" in differs
    assert desk.step("purge", "back/1", "admin").status == 200
    purged = json.loads(shown(desk, "back/1", "admin").body)
    assert (purged.get("remarks") or []) == []


@pytest.mark.parametrize(
    ("remarks", "why"),
    [
        ([("C7", "x" * 1001)], "a"),
        ([("C" * 81, "x")], "a"),
        ([("C7", "a\x1bb")], "a"),
        ([("C\u202e7", "x")], "a"),
        ([("C7", "x")], ""),
    ],
)
def test_a_bad_remark_changes_nothing(desk: Desk, remarks: Any, why: str) -> None:
    """It is refused, and the submission waits."""
    desk.submit("kept")
    assert back(desk, "kept/1", remarks, why).status == 400
    assert desk.state("kept/1") == "waiting"
    assert json.loads(shown(desk, "kept/1").body)["remarks"] == []


def test_nobody_publishes_what_they_sent(desk: Desk) -> None:
    """Without their token; another curator does."""
    database = SQLite(desk.home / "ledger.db")
    person = tokens.find(database, desk.tokens["review"]).person
    second = tokens.create(database, "another", "admin", person)
    database.close()
    assert desk.submit("own", scope="review").status == 201
    for secret in (desk.tokens["review"], second):
        headers = {"Authorization": f"Bearer {secret}"}
        refused = desk.ask("POST", "/submissions/own/1/publish", None, b"", **headers)
        assert refused.status == 403
        assert "another curator" in json.loads(refused.body)["detail"]
    page = shown(desk, "own/1", "review", "text/html").body.decode()
    assert "another curator publishes it" in page
    assert "<button formnovalidate>Publish" not in page
    assert desk.state("own/1") == "waiting"
    assert desk.step("publish", "own/1", "admin").status == 200


@pytest.mark.parametrize(
    ("user", "own", "leaves"),
    [(1, False, True), (1, True, False), (2, False, False), ("root", False, False)],
)
def test_a_setting_lets_a_curator_publish_their_own(user: Any, own: bool, leaves: bool) -> None:
    """A user of the machine itself may in any case."""
    settings = SimpleNamespace(publish_own=own)
    home: Any = SimpleNamespace(files="0", engine=SimpleNamespace(settings=settings))
    token = tokens.Token(1, "a", user, "a", "review", "", None) if isinstance(user, int) else user
    assert Curation(home, token)._must_leave(SimpleNamespace(person=1)) == leaves  # type: ignore[arg-type]


def test_a_second_decision_is_told_who_decided(desk: Desk) -> None:
    """Three curators at once decide differently: one does, the others read who and when."""
    desk.submit("thrice")
    replies: list[Any] = []
    verbs = ("publish", "reject", "return")
    threads = [
        threading.Thread(target=lambda v=verb: replies.append(desk.step(v, "thrice/1")))
        for verb in verbs
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reply.status for reply in replies) == [200, 409, 409]
    state = desk.state("thrice/1")
    for reply in replies:
        if reply.status == 409:
            assert f"thrice/1 is {state} since 20" in json.loads(reply.body)["detail"]
            assert "by Test review" in json.loads(reply.body)["detail"]


def test_the_page_has_one_decision(desk: Desk) -> None:
    """Three buttons of one form, one reason; a sender sees none of it."""
    desk.submit("form")
    page = shown(desk, "form/1", "review", "text/html").body.decode()
    assert page.count('name="why"') == 1
    for action in ("publish", "return", "reject"):
        assert f'action="/submissions/form/1/{action}"' in page
    assert 'name="why"' not in shown(desk, "form/1", accept="text/html").body.decode()


def test_a_command_returns_a_submission(desk: Desk) -> None:
    """Over HTTP, with remarks; `aikg review` prints them."""
    desk.submit("commanded")
    server = ["--server", desk.server.url.removesuffix("/sparql"), "--token", desk.tokens["review"]]
    words = ["return", "commanded/1", "--why", "a unit", "--remark", "C7: not %", *server]
    done = CliRunner().invoke(main, words)
    assert (done.exit_code, done.stdout) == (0, "commanded/1 is returned\n")
    assert (
        "remark, C7: not %" in CliRunner().invoke(main, ["review", "commanded/1", *server]).stdout
    )
    page = desk.ask("POST", "/submissions", "submit", trial("commanded"), Content_Type=TURTLE)
    assert page.status == 400
