"""Names that steer a terminal or turn a line round, and files that are packed in parts."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from conftest import ROOT
from desk import TURTLE, Desk, opened, trial

from aikg import characters
from aikg.build import Built
from aikg.errors import NameMalformed, SubmissionMalformed
from aikg.intake import formats
from aikg.ledger import persons, tokens
from aikg.ledger.sqlite import SQLite
from aikg.settings import Settings

#: It clears a screen and sets its title, begins a line, uses a C1 control, turns text round.
NASTY = "paper\x1b[2J\x1b]0;title\x07\nError\x9b31m\u202egnorts\u2066\u200f\u2028"
#: The same as people see it, after the first word.
SEEN = r"paper\x1b[2J\x1b]0;title\x07\nError\x9b31m\u202egnorts\u2066\u200f\u2028"
#: Whatever a terminal or a browser would obey; ends of lines are counted apart.
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
#: Letters of any script, joined emoji, brackets of rich, quotation marks.
GOOD = (
    "étude.ttl",
    "試験 2013.ttl",
    "\u062a\u062c\u0631\u0628\u0629.ttl",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.ttl",
    "👩\u200d⚕️.ttl",
    'a "b"; c.ttl',
    "[bold]x.ttl",
)
NODE = "https://w3id.org/aikg/submission/old/paper"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"


@pytest.fixture(scope="module")
def old(
    built: Built, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """A server on a graph in which a node has the label already, from before it was refused."""
    home = tmp_path_factory.mktemp("old")
    shutil.copy(settings.graph, home)
    escaped = json.dumps(NASTY)
    with (home / "graph.nq").open("a", encoding="utf-8") as graph:
        graph.write(f"<{NODE}> <{LABEL}> {escaped}@en .\n")
        graph.write(f"<{NODE}> <{LABEL}> {escaped}@en <https://w3id.org/aikg/graph/old> .\n")
    with opened(settings, home) as desk:
        yield desk


def in_terminal(home: Path, *words: str) -> str:
    """Run `aikg` in a terminal; return all that it wrote there."""
    ours, its = pty.openpty()
    env = {**os.environ, "AIKG_HOME": str(home), "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "400"}
    command = [sys.executable, "-m", "aikg", *words]
    with subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=env, cwd=ROOT) as process:
        os.close(its)
        written = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the terminal's other end is closed
                break
            if not piece:
                break
            written += piece
        process.wait(120)
    os.close(ours)
    # A terminal turns each end of a line into two characters, and rich hides its cursor.
    return re.sub(
        r"\r\n|\r", "\n", re.sub("\x1b\\[\\?25[hl]|\x1b\\[2K|\x1b\\[1A", "", written.decode())
    )


QUERY = f"SELECT ?label {{ <{NODE}> <{LABEL}> ?label }}"


def test_one_nasty_label_in_every_output(old: Desk, tmp_path: Path) -> None:
    """A terminal and a page show it, a table for programs and JSON give it back as it is."""
    target = f"/sparql?query={urllib.parse.quote(QUERY)}"
    rows = list(csv.reader(io.StringIO(old.ask("GET", target + "&format=csv").body.decode(), "")))
    assert rows == [["label"], [NASTY]]
    (row,) = json.loads(old.ask("GET", target + "&format=json").body)["results"]["bindings"]
    assert row["label"]["value"] == NASTY
    for address in ("/submission/old/paper", target):
        page = old.ask("GET", address, Accept="text/html").body.decode()
        assert SEEN.replace(r"\n", "\n") in page
        assert not OBEYED.search(page)
    file = tmp_path / "label.rq"
    file.write_text(QUERY)
    for form in ("table", "csv", "json", "turtle"):
        if form == "turtle":
            file.write_text(QUERY.replace("SELECT ?label", "CONSTRUCT WHERE"))
        shown = in_terminal(old.home, "query", str(file), "--format", form)
        assert not OBEYED.search(shown), form
        assert (SEEN if form == "table" else "gnorts") in shown
        assert ("\nError" in shown) == (form == "csv"), "a table and a text show the end of a line"


def test_a_label_that_steers_is_refused_and_shown(desk: Desk, tmp_path: Path) -> None:
    """With its line and its character, in text, JSON and page, in a terminal as over HTTP."""
    escaped = json.dumps(NASTY)
    body = (
        trial("steers")
        + f":p a aikg:Publication ; <{LABEL}> {escaped}@en ; aikg:year 2016 .\n".encode()
    )
    last = body.count(b"\n")
    reply = desk.submit("steers", body)
    assert reply.status == 422
    (found,) = [f for f in json.loads(reply.body)["report"]["findings"] if f["blocks"]]
    assert (found["code"], found["place"]["line"]) == ("rule/hidden-character", last)
    assert "U+001B" in found["found"]
    for accept in ("text/plain", "application/json", "text/html", TURTLE, "application/ld+json"):
        told = desk.ask("POST", "/validate", None, body, Content_Type=TURTLE, Accept=accept)
        assert told.status == 200
        text = told.body.decode()
        assert not OBEYED.search(text), accept
        assert "gnorts" in text
        if accept == "application/json":
            found = [f["found"] for f in json.loads(text)["findings"] if f["blocks"]]
            assert NASTY in found[0], "JSON gives it back as it is"
    file = tmp_path / "steers.ttl"
    file.write_bytes(body)
    for form in ("text", "json", "turtle"):
        shown = in_terminal(desk.home, "validate", str(file), "--format", form)
        assert not OBEYED.search(shown), form
        assert "gnorts" in shown


@pytest.mark.parametrize("name", GOOD)
def test_a_file_of_any_letters_downloads_under_its_name(desk: Desk, name: str) -> None:
    """RFC 6266: `filename*` has it whole; 91ae9ed could not send it at all."""
    title = f"named-{GOOD.index(name)}"
    target = f"/submissions?licence=CC-BY-4.0&name={title}&filename={urllib.parse.quote(name)}"
    sent = desk.ask("POST", target, "submit", trial(title), Content_Type=TURTLE)
    assert sent.status == 201
    reply = desk.ask("GET", f"/submissions/{title}/1/bytes", "submit")
    assert (reply.status, reply.body) == (200, trial(title))
    disposition = str(reply.headers["Content-Disposition"])
    encoded = re.search(r"filename\*=UTF-8''(\S+)", disposition)
    plain = reply.headers.get_filename()
    assert disposition.startswith("attachment")
    assert (urllib.parse.unquote(encoded[1]) if encoded else plain) == name
    listed = in_terminal(
        desk.home,
        "review",
        "--server",
        f"http://127.0.0.1:{desk.server.port}",
        "--token",
        desk.tokens["review"],
    )
    assert name in listed or "👩" in name, "a terminal may break joined emoji"


@pytest.mark.parametrize(
    "character", "\x00\x07\t\n\r\x1b\x7f\x85\x9b\u200b\u200e\u202e\u2028\u2066\ufeff"
)
def test_a_file_name_that_steers_is_refused(desk: Desk, character: str) -> None:
    """Where something is sent in and where it is only judged, with the character in words."""
    name = urllib.parse.quote(f"a{character}b.ttl")
    target = f"/submissions?licence=CC-BY-4.0&name=steered&filename={name}"
    for address in (target, f"/validate?file={name}"):
        reply = desk.ask("POST", address, "submit", trial("steered"), Content_Type=TURTLE)
        assert reply.status == 400, address
        problem = json.loads(reply.body)
        assert f"U+{ord(character):04X}" in problem["detail"]
        assert not OBEYED.search(problem["detail"])


@pytest.mark.parametrize("label", ["Ann\x1b[2J", "Ann\nBen", "nnA\u202e"])
def test_a_person_whose_name_steers_is_not_made(tmp_path: Path, label: str) -> None:
    """Nor a token; those of any letters are."""
    database = SQLite(tmp_path / "ledger.db")
    with pytest.raises(NameMalformed, match="hidden character"):
        tokens.create(database, label, "submit")
    assert tokens.every(database) == persons.every(database) == []
    for good in ("Zoë Ångström-Neill", "\u0645\u06cc\u200c\u062e", "山田 花子"):
        tokens.create(database, good, "submit")
    assert len(persons.every(database)) == 3
    database.close()


PARTS = {
    "two members": lambda body: gzip.compress(body[:999]) + gzip.compress(body[999:]),
    "many members": lambda body: b"".join(
        gzip.compress(body[n : n + 7]) for n in range(0, len(body), 7)
    ),
    "an empty member first": lambda body: gzip.compress(b"") + gzip.compress(body),
}
BROKEN = {
    "text behind": lambda body: gzip.compress(body[:999]) + body[999:],
    "zeros behind": lambda body: gzip.compress(body) + bytes(512),
    "half a member behind": lambda body: gzip.compress(body) + gzip.compress(body)[:-9],
    "half a head behind": lambda body: gzip.compress(body) + b"\x1f",
}


@pytest.mark.parametrize("pack", PARTS.values(), ids=PARTS)
def test_a_file_in_several_members_is_read_whole(desk: Desk, pack, request) -> None:
    """91ae9ed read the first, and called the file valid."""
    name = "members-" + request.node.callspec.id.replace(" ", "-")
    plain = desk.ask("POST", f"/validate?name={name}", None, trial(name), Content_Type=TURTLE)
    packed = desk.ask(
        "POST", f"/validate?name={name}", None, pack(trial(name)), Content_Type=TURTLE
    )
    assert json.loads(packed.body)["triples"] == json.loads(plain.body)["triples"]
    sent = desk.submit(name, pack(trial(name)))
    assert sent.status == 201
    assert json.loads(sent.body)["report"]["triples"] == json.loads(plain.body)["triples"]


@pytest.mark.parametrize("pack", BROKEN.values(), ids=BROKEN)
def test_what_stands_behind_a_member_is_refused(desk: Desk, pack, tmp_path: Path) -> None:
    """At both addresses and by the command."""
    body = pack(trial("behind"))
    for target in ("/validate?name=behind", "/submissions?licence=CC-BY-4.0&name=behind"):
        reply = desk.ask("POST", target, "submit", body, Content_Type=TURTLE)
        assert reply.status == 400
        assert "gzip" in json.loads(reply.body)["detail"]
    file = tmp_path / "behind.ttl.gz"
    file.write_bytes(body)
    assert "packed by gzip" in in_terminal(desk.home, "validate", str(file))


def test_members_of_any_size_are_read_whole_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a member ends, within a piece or with it; too many are refused."""
    monkeypatch.setattr(formats, "_PIECE", 64)
    random = Random(5)
    for _ in range(200):
        parts = [random.randbytes(random.randint(0, 300)) for _ in range(random.randint(1, 5))]
        packed = [gzip.compress(part) for part in parts]
        whole = b"".join(packed)
        assert formats.unpack(whole, 10_000) == b"".join(parts)
        cut = random.randint(2, len(whole) - 1)
        ends = {len(b"".join(packed[:n])): b"".join(parts[:n]) for n in range(1, len(parts))}
        try:
            read = formats.unpack(whole[:cut], 10_000)
        except SubmissionMalformed:
            assert cut not in ends
        else:
            assert read == ends[cut]
    monkeypatch.setattr(formats, "_MEMBERS", 3)
    assert formats.unpack(gzip.compress(b"x") * 3, 10) == b"xxx"
    with pytest.raises(SubmissionMalformed, match="more than 3 members"):
        formats.unpack(gzip.compress(b"x") * 5, 10)


def test_what_is_escaped_means_the_same() -> None:
    """JSON gives back each character; what is good stays as it is."""
    for code in (*range(0x3000), *range(0xFEF0, 0x10000), *range(0xE0000, 0xE0080)):
        text = json.dumps(f"a{chr(code)}b", ensure_ascii=False)
        assert json.loads(characters.escaped_json(text)) == f"a{chr(code)}b"
        assert not characters.hidden(characters.visible(chr(code)))
    for name in GOOD:
        assert characters.hidden(name) is None
        assert characters.visible(name) == name


def test_every_command_prints_by_the_functions_that_show_what_is_hidden() -> None:
    """A command that printed by itself would hand a terminal what others named."""
    folder = ROOT / "src" / "aikg" / "cli"
    own = re.compile(r"click\.echo\(|click\.secho\(|(?<!\.)\bprint\(|sys\.stdout\.write")
    found = [path.name for path in folder.glob("*.py") if own.search(path.read_text())]
    assert found == ["console.py"]
