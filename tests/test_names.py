"""One rule for a submission's name: the same answer by each way in, and in both forms."""

from __future__ import annotations

import json
import re
import urllib.parse
import uuid
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT
from desk import TURTLE, Desk, trial

from aikg import cli
from aikg.errors import AikgError
from aikg.names import LONGEST_NAME, name_after, submission_namespace

GOOD = ["a", "a-b", "2016-a-1", "a" * 60, "a-" * 29 + "ab"]
BAD = ["a--b", "-a", "a-", "a" * 61, "a" * 65, "A", "a b", "a_b", "../x", "a/b", "ä", "a\n"]


def of_problem(reply) -> tuple[str, str, str]:
    """Return code, message and advice of a problem document."""
    problem = json.loads(reply.body)
    return problem["type"].rpartition("/")[2], problem["detail"], problem["advice"]


def in_form(**fields: str) -> tuple[bytes, str]:
    """Write the body of a form that a browser sends, and its type."""
    border = uuid.uuid4().hex
    parts = "".join(
        f'--{border}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return f"{parts}--{border}--\r\n".encode(), f"multipart/form-data; boundary={border}"


def by_command(desk: Desk, *words: str, code: int):
    """Run a command in the home of a server; return its output."""
    done = CliRunner().invoke(cli.main, list(words), env={"AIKG_HOME": str(desk.home)})
    assert done.exit_code == code, done.output
    return done


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A trial in a file."""
    path = tmp_path / "trial.ttl"
    path.write_bytes(trial("mine"))
    return path


@pytest.mark.parametrize("name", BAD)
def test_a_bad_name_is_refused_alike_everywhere(desk: Desk, file: Path, name: str) -> None:
    """91ae9ed validated `a--b` and 61 letters, and the ledger refused both."""
    query = urllib.parse.urlencode({"name": name, "licence": "CC-BY-4.0"})
    body, kind = in_form(name=name, text="<a> <b> <c> .", type=TURTLE, licence="CC-BY-4.0")
    replies = [
        desk.ask("POST", f"/validate?{query}", None, trial("x"), Content_Type=TURTLE),
        desk.ask("POST", "/validate", None, body, Content_Type=kind, Accept="application/json"),
        desk.ask("POST", f"/submissions?{query}", "submit", trial("x"), Content_Type=TURTLE),
        desk.ask("POST", "/submissions", "submit", body, Content_Type=kind),
    ]
    with pytest.raises(AikgError) as caught:
        submission_namespace(name)
    expected = ("name-malformed", str(caught.value), caught.value.advice)
    assert [reply.status for reply in replies] == [400] * 4
    assert [of_problem(reply) for reply in replies] == [expected] * 4
    words = ("validate", str(file), "--name", name, "--format", "json")
    problem = json.loads(by_command(desk, *words, code=1).stdout)["problem"]
    assert (problem["code"], problem["detail"], problem["advice"]) == expected


@pytest.mark.parametrize("name", GOOD)
def test_a_good_name_is_accepted_everywhere(desk: Desk, file: Path, name: str) -> None:
    """Up to 60 letters, digits and single hyphens."""
    query = urllib.parse.urlencode({"name": name, "licence": "CC-BY-4.0"})
    answer = desk.ask("POST", f"/validate?{query}", None, trial(name), Content_Type=TURTLE)
    sent = desk.ask("POST", f"/submissions?{query}", "submit", trial(name), Content_Type=TURTLE)
    assert (answer.status, json.loads(answer.body)["accepted"]) == (200, True)
    assert (sent.status, json.loads(sent.body)["name"]) == (201, name)
    file.write_bytes(trial(name))
    done = by_command(desk, "validate", str(file), "--name", name, "--format", "json", code=0)
    assert json.loads(done.stdout)["name"] == name


def test_a_file_with_a_long_name(desk: Desk, tmp_path: Path) -> None:
    """Of 64 letters, 60 become the submission's name; 91ae9ed took 64, which no ledger keeps."""
    path = tmp_path / f"{'f' * 64}.ttl"
    path.write_bytes(trial("f" * 60))
    target = f"/validate?file={path.name}"
    answer = desk.ask("POST", target, None, path.read_bytes(), Content_Type=TURTLE)
    done = by_command(desk, "validate", str(path), "--format", "json", code=0)
    named = [json.loads(answer.body)["name"], json.loads(done.stdout)["name"]]
    assert named == ["f" * 60] * 2
    target = f"/submissions?licence=CC-BY-4.0&filename={path.name}"
    sent = desk.ask("POST", target, "submit", trial("f-64"), Content_Type=TURTLE)
    assert sent.status == 201
    for odd in ("---.ttl", "試.xlsx", "a" * 59 + "-b.csv", r"C:\x\y z.ttl", ""):
        assert submission_namespace(name_after(odd))


def test_both_forms_state_the_rule(desk: Desk) -> None:
    """A browser refuses what the server refuses."""
    for address, scope in (("/validate", None), ("/submissions/new", "submit")):
        page = desk.ask("GET", address, scope, Accept="text/html").body.decode()
        field = re.search(r'<input id="name"[^>]*>', page)[0]
        pattern = re.search(r'pattern="([^"]*)"', field)[1]
        longest = int(re.search(r'maxlength="(\d+)"', field)[1])
        assert longest == LONGEST_NAME
        for name in (*GOOD, *BAD):
            by_browser = bool(re.fullmatch(pattern, name)) and len(name) <= longest
            assert by_browser == (name in GOOD), (address, name)


def test_validate_writes_json_for_every_file(desk: Desk, file: Path, tmp_path: Path) -> None:
    """A file of the graph, a valid one, one that is not Turtle, and one that is not there."""
    broken = tmp_path / "broken.ttl"
    broken.write_text("<a> <b>")
    missing = tmp_path / "missing.ttl"
    own = str(ROOT / "data" / "turtle" / "drugs" / "exemestane.ttl")
    words = ("validate", own, str(file), str(broken), str(missing), "--format", "json")
    text = by_command(desk, *words, code=1).stdout
    said, decoder = [], json.JSONDecoder()
    while text.strip():
        one, end = decoder.raw_decode(text.lstrip())
        said.append(one)
        text = text.lstrip()[end:]
    relative = Path(own).relative_to(ROOT).as_posix()
    assert [one["file"] for one in said] == [relative, str(file), str(broken), str(missing)]
    assert [one["accepted"] for one in said] == [True, True, False, False]
    assert [one.get("problem", {}).get("code") for one in said] == [
        None,
        None,
        "submission-malformed",
        "missing-folder",
    ]
    assert said[2]["problem"]["line"] == 1
