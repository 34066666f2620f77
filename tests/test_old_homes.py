"""A home of version 0.1.0 opens: its ledger is brought to the new form, after a copy of it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from stat import S_IMODE

import old_homes
import pytest
from desk import Desk, trial
from old_homes import ADMINISTRATOR, ANN, ANOTHER_ANN, BEN
from serving import start
from test_home import run
from test_submissions import known, told

from aikg.build import Built
from aikg.errors import ChangeRefused
from aikg.ledger import persons, records, steps, tokens
from aikg.ledger.database import MIGRATIONS
from aikg.ledger.sqlite import SQLite, saved_before
from aikg.ledger.steps import Actor
from aikg.settings import Settings

HOMES = ["home-0.1.0", "home-0.1.0-poisoned"]


def read(ledger: Path, sql: str) -> list[tuple]:
    """Ask a ledger as SQLite has it."""
    with closing(sqlite3.connect(ledger)) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize("name", HOMES)
def test_a_copy_is_made_before_the_form_of_a_ledger_changes(name: str, tmp_path: Path) -> None:
    """It is whole, of the old form, and readable by its owner alone; a second start makes none."""
    ledger = old_homes.make(name, tmp_path / "home")
    told = "SELECT name, version, state, content, statements FROM submission ORDER BY id"
    before = read(ledger, told)
    SQLite(ledger).close()
    saved = saved_before(ledger, 1)
    assert read(saved, "PRAGMA user_version") == [(1,)]
    assert read(ledger, "PRAGMA user_version") == [(len(MIGRATIONS),)]
    assert read(saved, told) == read(ledger, told) == before
    assert {S_IMODE(file.stat().st_mode) for file in ledger.parent.iterdir()} == {0o600}
    assert S_IMODE(ledger.parent.stat().st_mode) == 0o700
    made = saved.stat().st_mtime_ns
    SQLite(ledger).close()
    assert saved.stat().st_mtime_ns == made
    assert sorted(file.name for file in ledger.parent.iterdir()) == ["ledger.db", saved.name]


def test_of_several_who_open_an_old_ledger_at_once_one_changes_its_form(tmp_path: Path) -> None:
    """All of them open it; the copy is of the old form."""
    ledger = old_homes.make("home-0.1.0", tmp_path / "home")
    program = "import sys; from pathlib import Path; from aikg.ledger.sqlite import SQLite; "
    program += "SQLite(Path(sys.argv[1])).close()"
    opening = [subprocess.Popen([sys.executable, "-c", program, str(ledger)]) for _ in range(4)]
    assert [process.wait(120) for process in opening] == [0] * 4
    assert read(saved_before(ledger, 1), "PRAGMA user_version") == [(1,)]
    assert read(ledger, "PRAGMA user_version") == [(len(MIGRATIONS),)]
    assert read(ledger, "SELECT count(*) FROM person") == [(5,)]


def test_each_old_token_is_a_person_of_its_own(tmp_path: Path) -> None:
    """Two tokens of one label are two persons, until an administrator joins them."""
    database = SQLite(old_homes.make("home-0.1.0", tmp_path / "home"))
    found = tokens.find(database, old_homes.secret(ANN))
    other = tokens.find(database, old_homes.secret(ANOTHER_ANN))
    assert (found.label, found.holder) == (other.label, other.holder) == ("Ann", "Ann")
    assert found.person != other.person
    persons.join(database, other.person, found.person)
    assert tokens.find(database, old_homes.secret(ANOTHER_ANN)).person == found.person
    assert records.find(database, "gone", 1).person == found.person
    assert len(persons.every(database)) == 4
    database.close()


def test_who_began_a_name_owns_it(tmp_path: Path) -> None:
    """Also what an administrator sent for them; nobody owns what was purged."""
    database = SQLite(old_homes.make("home-0.1.0", tmp_path / "home"))
    owners = {s.address: s.person for s in records.in_states(database, *records.STATES)}
    assert owners == {
        "twice/1": ANN,
        "twice/2": ANN,
        "gone/1": ANOTHER_ANN,
        "erased/1": None,
        "secret/1": None,
        "waits/1": ANN,
        "waits/2": ANN,
        "refused/1": ANN,
        "wrong/1": ANN,
    }
    assert records.find(database, "waits", 2).token == ADMINISTRATOR
    events = records.history(database, records.find(database, "twice", 2))
    assert [event.person for event in events] == [ANN, ANN, None]
    assert (events[-1].by, tokens.find(database, old_homes.secret(BEN)).holder) == ("Ben", "Ben")
    database.close()


def test_without_room_for_the_copy_nothing_changes(tmp_path: Path) -> None:
    """The ledger stays in its old form, and no part of a copy is left."""
    ledger = old_homes.make("home-0.1.0", tmp_path / "home")
    saved_before(ledger, 1).mkdir()  # where nothing can be put
    with pytest.raises(Exception, match=r"ledger\.db"):
        SQLite(ledger)
    assert read(ledger, "PRAGMA user_version") == [(1,)]
    assert not [file for file in ledger.parent.iterdir() if ".part" in file.name]


def test_the_secret_of_sessions_is_in_no_ledger(tmp_path: Path) -> None:
    """That of an old home signs nothing any more; the new one lies in a file of its own."""
    database = SQLite(old_homes.make("home-0.1.0", tmp_path / "home"))
    secret = database.secret()
    assert database.secret() == secret
    database.copy(tmp_path / "home" / "copy.db")
    database.close()
    for file in (tmp_path / "home").iterdir():
        holds = {
            name for name in (secret, "the secret of a test") if name.encode() in file.read_bytes()
        }
        expected = {"session-secret": {secret}, "ledger.db.version-1": {"the secret of a test"}}
        assert holds == expected.get(file.name, set())


def test_a_purge_deletes_the_copy_of_a_migration(tmp_path: Path) -> None:
    """It holds what was purged; another step leaves it alone."""
    ledger = old_homes.make("home-0.1.0", tmp_path / "home")
    database = SQLite(ledger)
    admin = Actor("root", "f")
    steps.bring(
        database, records.find(database, "waits", 2), records.REJECTED, admin, "not evidence"
    )
    assert saved_before(ledger, 1).exists()
    steps.purge(database, records.find(database, "gone", 1), admin, "asked for")
    assert not saved_before(ledger, 1).exists()
    database.close()


def test_a_purge_that_is_not_recorded_deletes_no_copy(tmp_path: Path) -> None:
    """The step around it failed, as when the graph refuses a change."""
    ledger = old_homes.make("home-0.1.0", tmp_path / "home")
    with closing(SQLite(ledger)) as database:
        gone = records.find(database, "gone", 1)

        def refused() -> None:
            with database.transaction():
                steps.purge(database, gone, Actor("root", "f"), "asked for")
                raise ChangeRefused("of a test", advice="none")

        with pytest.raises(ChangeRefused):
            refused()
        assert records.find(database, "gone", 1) == gone
        steps.bring(database, records.find(database, "waits", 2), records.REJECTED, Actor("a", "f"))
        assert saved_before(ledger, 1).exists()


def test_a_server_opens_an_old_home(built: Built, settings: Settings, tmp_path: Path) -> None:
    """By itself, with all that was acknowledged; tokens in force stay so, the others do not."""
    home = tmp_path / "home"
    ledger = old_homes.make("home-0.1.0", home, settings.graph)
    before = dict(read(ledger, "SELECT name || '/' || version, state FROM submission"))
    named = {"ann": ANN, "another": ANOTHER_ANN, "review": BEN, "admin": ADMINISTRATOR, "old": 5}
    with start(settings, home=home) as server:
        desk = Desk(server, {name: old_homes.secret(n) for name, n in named.items()}, home)
        listed = desk.ask("GET", "/submissions", "review", Accept="application/json")
        assert {s["submission"]: s["state"] for s in json.loads(listed.body)} == before
        assert known(desk, "twice") > 0
        assert desk.ask("GET", "/submissions", "old").status == 401
        for reader, status in (("ann", 200), ("another", 404), (None, 404), ("review", 200)):
            assert desk.ask("GET", "/submissions/refused/1", reader).status == status
        assert "a private reason" not in desk.ask("GET", "/submissions/secret/1").body.decode()
        assert "retracted" in told(desk.ask("GET", "/submissions/gone/1"))["detail"]
        assert desk.submit("twice", trial("twice"), scope="another").status == 403
        assert told(desk.submit("twice", trial("twice"), scope="ann"))["submission"] == "twice/3"
        assert desk.step("publish", "twice/3").status == 200
        assert desk.step("publish", "waits/2").status == 200
    assert saved_before(ledger, 1).exists()
    with start(settings, home=home) as server:
        desk = Desk(server, desk.tokens, home)
        assert (desk.state("twice/3"), desk.state("waits/2")) == ("published", "published")


def test_a_backup_of_the_old_form_is_restored_and_stays_as_it_is(tmp_path: Path) -> None:
    """Only the restored ledger gets the new form."""
    saved = old_homes.make("home-0.1.0", tmp_path / "old").rename(tmp_path / "saved.db")
    with closing(sqlite3.connect(saved)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    before = saved.read_bytes()
    done = run(tmp_path / "new", "restore", str(saved))
    assert (done.returncode, "1 published" in done.stdout) == (0, True), done.stderr
    assert saved.read_bytes() == before
    ledger = tmp_path / "new" / "ledger.db"
    assert read(ledger, "PRAGMA user_version") == [(len(MIGRATIONS),)]
    assert {f.name for f in ledger.parent.iterdir()} == {"holder", "ledger.db"}
