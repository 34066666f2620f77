"""A server's home: it fills up, is backed up and restored, and commands work on it alone."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from desk import Desk, opened, trial

from aikg.build import Built
from aikg.files.queries import read_queries
from aikg.settings import Settings

#: All that has a name; blank nodes are called otherwise each time.
EVERYTHING = """SELECT * { GRAPH ?g { ?s ?p ?o } FILTER(!isBLANK(?s) && !isBLANK(?o)) }
ORDER BY ?g ?s ?p ?o"""

#: More than a file may grow to, or the small disk holds.
ROOM = 1_000_000


def run(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `aikg` on a home."""
    env = {**os.environ, "AIKG_HOME": str(home), "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "aikg", *words],
        capture_output=True,
        text=True,
        env=env,
        cwd=ROOT,
        check=False,
        timeout=120,
    )


@pytest.fixture
def home(built: Built, settings: Settings, tmp_path: Path) -> Path:
    """A home with the built graph and nothing else."""
    shutil.copy(settings.graph, tmp_path)
    return tmp_path


@pytest.fixture
def small_disk(built: Built, settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """A home on a disk of its own, which is nearly full."""
    disk = tmp_path / "disk"
    disk.mkdir()
    size = settings.graph.stat().st_size + 4 * ROOM
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
    try:
        if subprocess.run(mount, check=False, capture_output=True).returncode:
            pytest.skip("this user may not mount; the limit of size has its own test")
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    shutil.copy(settings.graph, disk)
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def check_without_room(desk: Desk, take: Callable[[], object], give: Callable[[], object]) -> None:
    """Take the room away and give it back; nothing that was answered for is lost."""
    assert desk.submit("before").status == 201
    take()
    large = trial("large") + (b"#" * 99 + b"\n") * (ROOM // 250)
    refused = [desk.submit("large", large), desk.submit("large", large)]
    assert [reply.status for reply in refused] == [507, 507]
    assert "nothing was lost" in json.loads(refused[0].body)["detail"]
    assert len(desk.select("SELECT ?s { ?s ?p ?o } LIMIT 3")) == 3
    assert desk.state("before/1") == "waiting"
    give()
    assert desk.submit("large", large).status == 201
    assert desk.step("publish", "before/1").status == 200
    assert desk.step("publish", "large/1").status == 200


@pytest.mark.slow
def test_a_full_disk_refuses_what_comes_and_reading_goes_on(
    settings: Settings, small_disk: Path
) -> None:
    """With room again all is well, without a restart."""
    filler = small_disk / "filler"

    def fill() -> None:
        free = shutil.disk_usage(small_disk).free
        filler.write_bytes(b"x" * (free - ROOM // 4))

    with opened(settings, small_disk) as desk:
        check_without_room(desk, fill, filler.unlink)


def test_a_limit_on_the_size_of_files_is_a_full_disk(settings: Settings, home: Path) -> None:
    """A quota has the same effect, and needs no right to mount."""
    with opened(settings, home) as desk:
        process = desk.server.process.pid
        _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)

        def limit(size: int) -> None:
            resource.prlimit(process, resource.RLIMIT_FSIZE, (size, hard))

        check_without_room(desk, lambda: limit(ROOM // 4), lambda: limit(hard))


def test_a_backup_of_a_running_server_gives_the_same_answers(
    settings: Settings, home: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Restored into an empty home, every question has the same bytes as answer."""
    other = tmp_path_factory.mktemp("other")
    saved = other / "saved.db"
    names = [question.name for question in read_queries(ROOT / "queries" / "competency")]

    def answers(desk: Desk) -> list[bytes]:
        questions = [f"/sparql?question={name}&format=csv" for name in names]
        everything = f"/sparql?format=csv&query={urllib.parse.quote(EVERYTHING)}"
        return [desk.ask("GET", target).body for target in [*questions, everything]]

    with opened(settings, home) as desk:
        desk.submit("saved")
        desk.step("publish", "saved/1")
        before, version = answers(desk), desk.version()
        done = run(home, "backup", str(saved))
        assert done.returncode == 0, done.stderr
        desk.submit("later")
    shutil.copy(home / "graph.nq", other)
    done = run(other, "restore", str(saved))
    assert (done.returncode, "1 published" in done.stdout) == (0, True), done.stderr
    with opened(settings, other) as desk:
        assert desk.version() == version
        assert answers(desk) == before
        assert desk.ask("GET", "/submissions/later/1").status == 404
    again = run(other, "restore", str(saved))
    assert again.returncode == 1
    assert "has a ledger" in again.stderr


def test_a_damaged_backup_is_not_restored(home: Path, tmp_path_factory) -> None:
    """It is named, and the home stays empty."""
    damaged = tmp_path_factory.mktemp("damaged") / "saved.db"
    damaged.write_bytes(b"SQLite format 3\0" + b"?" * 5000)
    done = run(home, "restore", str(damaged))
    assert done.returncode == 1
    assert "damaged" in done.stderr or "cannot be read" in done.stderr
    assert not (home / "ledger.db").exists()
    assert run(home, "restore", str(damaged.parent / "none.db")).returncode == 1


def test_commands_on_a_home_that_no_server_holds(home: Path, tmp_path_factory) -> None:
    """The whole life without a server; what is published is asked like all else."""
    folder = tmp_path_factory.mktemp("files")
    file = folder / "mine.ttl"
    file.write_bytes(trial("mine").replace(b"aikg:ofStudy :trial ;", b"", 1))
    broken = run(home, "submit", str(file), "--name", "mine", "--licence", "CC0-1.0")
    assert broken.returncode == 1
    assert "mine/1 is invalid" in broken.stdout
    file.write_bytes(trial("mine"))
    sent = run(home, "submit", str(file), "--name", "mine", "--licence", "CC0-1.0")
    assert "mine/2 is waiting" in sent.stdout, sent.stderr
    assert "mine/2" in run(home, "review").stdout
    assert "keep their answers" in run(home, "review", "mine/2", "--impact").stdout
    assert "mine/2 is published" in run(home, "publish", "mine/2", "--why", "fits").stdout
    query = folder / "ask.rq"
    query.write_text("SELECT * { <https://w3id.org/aikg/submission/mine/trial> ?p ?o }")
    assert "Randomized" in run(home, "query", str(query)).stdout
    exported = folder / "mine-exported.ttl"
    assert run(home, "export", "mine/2", "--output", str(exported)).returncode == 0
    assert "mine/2 is withdrawn" in run(home, "withdraw", "mine/2", "--why", "wrong").stdout
    assert "0 rows" in run(home, "query", str(query)).stdout
    assert run(home, "validate", str(exported), "--name", "mine").returncode == 0
    twice = run(home, "withdraw", "mine/2", "--why", "wrong")
    assert (twice.returncode, "is withdrawn" in twice.stderr) == (1, True)


def test_commands_to_a_server_need_its_token(settings: Settings, home: Path, tmp_path) -> None:
    """Without `--server` they are refused, and the server is named."""
    file = tmp_path / "sent.ttl"
    file.write_bytes(trial("sent"))
    submit = ("submit", str(file), "--name", "sent", "--licence", "CC-BY-4.0")
    with opened(settings, home) as desk:
        refused = run(home, *submit)
        server = f"http://127.0.0.1:{desk.server.port}"
        assert (refused.returncode, server in refused.stderr) == (1, True)
        without = run(home, *submit, "--server", server)
        assert (without.returncode, "token" in without.stderr) == (1, True)

        def at(scope: str) -> tuple[str, ...]:
            return ("--server", server, "--token", desk.tokens[scope])

        assert "sent/1 is waiting" in run(home, *submit, *at("submit")).stdout
        assert run(home, "publish", "sent/1", *at("submit")).returncode == 1
        assert "sent/1 is published" in run(home, "publish", "sent/1", *at("review")).stdout
        assert "published by Test review" in run(home, "review", "sent/1", *at("review")).stdout
        assert "1 row" in run(home, "review", *at("submit")).stdout
        gone = run(home, "withdraw", "sent/1", "--why", "wrong", *at("review"))
        assert "sent/1 is withdrawn" in gone.stdout
        nobody = run(home, "review", "--server", "http://127.0.0.1:9", "--token", "x")
        assert (nobody.returncode, "does not answer" in nobody.stderr) == (1, True)


def test_tokens_are_made_listed_and_revoked(home: Path) -> None:
    """The token is printed once; the list has none."""
    secret = run(home, "token", "create", "Ann", "--scope", "review").stdout.strip()
    assert secret.startswith("aikg_")
    listed = run(home, "token", "list").stdout
    assert "Ann" in listed
    assert secret not in listed
    assert run(home, "token", "revoke", "1").returncode == 0
    assert run(home, "token", "revoke", "1").returncode == 1


def test_a_wrong_orcid_is_refused_by_the_command_too(tmp_path: Path) -> None:
    """Before anything is kept; the web form uses the same rule."""
    file = tmp_path / "trial.ttl"
    file.write_text("<a> a <b> .")
    arguments = ("submit", str(file), "--licence", "CC-BY-4.0", "--orcid", "0000-0002-1825-0098")
    done = run(tmp_path / "home", *arguments)
    assert done.returncode == 1
    assert "not a valid ORCID" in done.stderr
    assert not (tmp_path / "home" / "ledger.db").exists()
