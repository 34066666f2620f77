"""What one person may leave with the ledger, and what is not kept at all."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

from desk import TURTLE, Desk, opened, trial
from test_submissions import told

from aikg.build import Built
from aikg.settings import Settings


def listed(desk: Desk) -> dict[str, str]:
    """Return the state of each submission."""
    reply = desk.ask("GET", "/submissions", "review", Accept="application/json")
    return {one["submission"]: one["state"] for one in json.loads(reply.body)}


def send(desk: Desk, name: str, body: bytes, media_type: str = TURTLE, scope: str = "submit"):
    """Send bytes in."""
    target = f"/submissions?licence=CC-BY-4.0&name={name}"
    return desk.ask("POST", target, scope, body, Content_Type=media_type)


def test_a_person_has_so_many_undecided_names(
    built: Built, settings: Settings, tmp_path: Path
) -> None:
    """A further name is refused; a new version, another person and a decision are not."""
    shutil.copy(settings.graph, tmp_path)
    with opened(replace(settings, quota_undecided=2), tmp_path) as desk:
        assert send(desk, "bad", b"<a> a <b> .").status == 422
        assert desk.submit("one").status == 201
        refused = desk.submit("two")
        assert refused.status == 403
        assert told(refused)["type"].endswith("/quota-exceeded")
        assert "not kept" in told(refused)["detail"]
        assert listed(desk) == {"bad/1": "invalid", "one/1": "waiting"}
        assert desk.submit("bad", trial("bad")).status == 201  # a corrected version
        assert desk.submit("one").status == 201  # the same bytes once more
        assert desk.submit("of-another", scope="review").status == 201
        assert desk.step("publish", "one/1").status == 200
        assert desk.submit("two").status == 201


def test_a_person_has_so_many_bytes(built: Built, settings: Settings, tmp_path: Path) -> None:
    """A published file does not count; the file that is refused leaves nothing."""
    shutil.copy(settings.graph, tmp_path)
    with opened(replace(settings, quota_bytes=3 * len(trial("one"))), tmp_path) as desk:
        assert desk.submit("one").status == 201
        assert desk.submit("two").status == 403
        assert listed(desk) == {"one/1": "waiting"}
        assert desk.step("publish", "one/1").status == 200
        assert desk.submit("two").status == 201


def test_what_cannot_be_read_is_not_kept(desk: Desk) -> None:
    """Of no format, not of its format, or too large; the next that can be read is version 1."""
    before = listed(desk)
    cases = [
        (b"\x89PNG\r\n", "image/png", 415),
        (b"\x89PNG\r\n", "application/octet-stream", 415),
        (b"no Turtle", TURTLE, 400),
        (b"{", "application/ld+json", 400),
        (b"<rdf:RDF", "application/rdf+xml", 400),
        (
            b"not a workbook",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            400,
        ),
        (b"\x1f\x8bnot gzip", TURTLE, 400),
    ]
    for body, media_type, status in cases:
        assert (send(desk, "unread", body, media_type).status, media_type) == (status, media_type)
    assert listed(desk) == before
    assert told(desk.submit("unread"))["submission"] == "unread/1"
