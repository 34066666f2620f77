"""The ledger: each step whole or not at all, tokens as hashes, nothing left of what is purged."""

from __future__ import annotations

import resource
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from stat import S_IMODE

import pytest
from postgres import emptied

from aikg.errors import (
    HomeHeld,
    LedgerUnreadable,
    NameMalformed,
    RequestMalformed,
    StateConflict,
    StorageFull,
    Unauthenticated,
    UnknownSubmission,
    UnknownToken,
)
from aikg.ledger import holding, overlay, private, records, steps, tokens
from aikg.ledger.database import MIGRATIONS, Database
from aikg.ledger.opening import open_ledger
from aikg.ledger.records import Submission
from aikg.ledger.sqlite import SQLite
from aikg.ledger.steps import Actor, Judgement, Sent
from aikg.rules.delta import Delta
from aikg.rules.reasoning import INFERRED
from aikg.settings import Settings

ANN = Actor("Ann", files="0123456789ab")
WAITS = Judgement(records.WAITING, "{}", b"<s:s> <p:p> <o:o> .\n")
CHANGE = Delta.from_lines("<s:s> <p:p> <o:o> .\n", "<s:s> <p:p> <o:old> .\n")
BACK = CHANGE.reversed()


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Database]:
    """An empty ledger in a file."""
    with closing(SQLite(tmp_path / "ledger.db")) as database:
        yield database


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty ledger, of each kind."""
    address = ""
    if request.param == "postgresql":
        address = emptied(request.getfixturevalue("postgres")).address()
    with closing(open_ledger(Settings(tmp_path, tmp_path, ledger=address))) as database:
        assert database.shared == bool(address)
        yield database


def sent(content: bytes = b"a drug", name: str | None = "paloma-2", **more: str) -> Sent:
    """Return something that somebody sends."""
    return Sent(
        content, "text/turtle", "https://creativecommons.org/licenses/by/4.0/", name, **more
    )


def waiting(ledger: Database, content: bytes = b"a drug") -> Submission:
    """Send something that is found to be well."""
    return steps.judge(ledger, steps.receive(ledger, sent(content), ANN), ANN, WAITS)


def states(ledger: Database, name: str = "paloma-2") -> list[str]:
    """Return the states of all versions, the newest first."""
    return [submission.state for submission in records.versions(ledger, name)]


def test_a_life_from_sent_to_withdrawn_is_written_down(ledger: Database) -> None:
    """Each state has its time, its actor, its reason, and the version of the files."""
    one = waiting(ledger)
    one = steps.publish(ledger, one, ANN, "fits", CHANGE, b"")
    assert (overlay.files(ledger), overlay.read(ledger)) == (ANN.files, CHANGE)
    assert overlay.version_of_data(ledger, ANN.files) == "0123456789ab-3"
    one = steps.bring(ledger, one, records.WITHDRAWN, ANN, "retracted", BACK)
    assert (overlay.files(ledger), overlay.read(ledger)) == (ANN.files, Delta())
    events = records.history(ledger, one)
    assert [event.state for event in events] == ["received", "waiting", "published", "withdrawn"]
    assert [event.why for event in events] == ["", "", "fits", "retracted"]
    assert {(event.by, event.files) for event in events} == {("Ann", ANN.files)}
    assert records.content(ledger, one) == b"a drug"


def test_a_new_version_supersedes_what_waits_and_what_is_published(ledger: Database) -> None:
    """Of one name, one version waits and one is published, at most."""
    waiting(ledger)
    two = waiting(ledger, b"two")
    assert states(ledger) == ["waiting", "superseded"]
    steps.publish(ledger, two, ANN, "", CHANGE, b"")
    three = waiting(ledger, b"three")
    assert states(ledger) == ["waiting", "published", "superseded"]
    steps.publish(ledger, three, ANN, "", CHANGE, b"")
    assert states(ledger) == ["published", "superseded", "superseded"]


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(lambda db, one: steps.publish(db, one, ANN, "", CHANGE, b""), id="publish"),
        pytest.param(lambda db, one: steps.bring(db, one, records.REJECTED, ANN), id="reject"),
        pytest.param(lambda db, one: steps.judge(db, one, ANN, WAITS), id="judge"),
    ],
)
def test_a_step_from_the_wrong_state_changes_nothing(ledger: Database, step) -> None:
    """A published version cannot be published, rejected or judged once more."""
    one = steps.publish(ledger, waiting(ledger), ANN, "", CHANGE, b"")
    before = (overlay.read(ledger), records.history(ledger, one))
    with pytest.raises(StateConflict, match="paloma-2/1 is published"):
        step(ledger, one)
    assert (overlay.read(ledger), records.history(ledger, one)) == before


def test_of_two_who_publish_at_once_one_does(ledger: Database) -> None:
    """The other learns that it was published already."""
    one, outcomes = waiting(ledger), []

    def publish() -> None:
        try:
            outcomes.append(steps.publish(ledger, one, ANN, "", CHANGE, b"").state)
        except StateConflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=publish) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict"] * 7 + ["published"]


def test_no_reader_waits_for_a_step(ledger: Database) -> None:
    """While a transaction is open, others read what the last one left."""
    secret = tokens.create(ledger, "Ann", "review")
    one = waiting(ledger)
    begun, read, in_order = threading.Event(), threading.Event(), []

    def publish() -> None:
        with ledger.transaction():
            steps.publish(ledger, one, ANN, "", CHANGE, b"")
            assert states(ledger) == ["published"]
            begun.set()
            in_order.append(read.wait(60))

    step = threading.Thread(target=publish)
    step.start()
    assert begun.wait(60)
    assert tokens.find(ledger, secret).label == "Ann"
    assert (states(ledger), overlay.read(ledger)) == (["waiting"], Delta())
    read.set()
    step.join()
    assert in_order == [True], "the readers were answered before the step ended"
    assert (states(ledger), overlay.read(ledger)) == (["published"], CHANGE)


def test_a_purge_leaves_no_byte_of_what_was_sent(file: Database) -> None:
    """Neither content, name of the file, ORCID, reasons nor statements stay in any of the files."""
    secret = b"the name of a patient"
    given = sent(secret, orcid="0000-0002-1825-0097", filename="patient.ttl")
    found = Judgement(records.WAITING, '{"at": "the name of a patient"}', secret)
    inferred = f'<s:s> <p:p> "the name of a patient" {INFERRED} .'
    change = Delta({'<s:s> <p:p> "the name of a patient" .', inferred}, set())
    one = steps.judge(file, steps.receive(file, given, Actor("Bob", "f")), ANN, found)
    one = steps.publish(file, one, Actor("Bob", "f"), "of the name of a patient", change, secret)
    assert records.followed(file, one) == b'<s:s> <p:p> "the name of a patient" .\n'
    with pytest.raises(StateConflict):
        steps.purge(file, one, ANN, "court order")
    one = steps.bring(
        file, one, records.WITHDRAWN, ANN, "has the name of a patient", change.reversed()
    )
    one = steps.purge(file, one, ANN, "court order")
    kept = b"".join(path.read_bytes() for path in file.path.parent.iterdir())
    for gone in (secret, b"0000-0002-1825-0097", b"patient.ttl", b"Bob"):
        assert gone not in kept
    assert [(e.state, e.why) for e in records.history(file, one)][-1] == ("purged", "court order")
    assert records.content(file, one) == b""


def purged_beside(ledger: Database, reader: sqlite3.Connection) -> bytes:
    """Purge a file while another program is in the middle of reading; return what was sent."""
    secret = b"the name of a patient"
    one = steps.judge(ledger, steps.receive(ledger, sent(secret), ANN), ANN, WAITS)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM submission").fetchone()
    steps.purge(ledger, steps.bring(ledger, one, records.REJECTED, ANN), ANN, "court order")
    return secret


def kept_beside(ledger: Database) -> bytes:
    """Return the bytes of all files of the ledger."""
    return b"".join(path.read_bytes() for path in ledger.path.parent.iterdir())


@pytest.mark.parametrize("by", ["waiting", "a later step", "opening it again"])
def test_a_purge_beside_a_reader_is_not_done_until_the_reader_ends(file: Database, by: str) -> None:
    """It says so, others go on meanwhile, and it is finished as soon as that can be."""
    with closing(sqlite3.connect(file.path, isolation_level=None)) as reader:
        secret = purged_beside(file, reader)
        assert not file.erase(patience=0.1)
        assert (file.erased(), secret in kept_beside(file)) == (False, True)
        tokens.create(file, "Ann", "submit")
        with closing(SQLite(file.path)) as second:
            assert not second.erased()
        if by == "waiting":
            waits = threading.Thread(target=file.erase)
            waits.start()
            tokens.create(file, "Ben", "submit")
        reader.execute("COMMIT")
    if by == "waiting":
        waits.join()
    elif by == "a later step":
        tokens.create(file, "Cyd", "submit")
    else:
        SQLite(file.path).close()
        assert file.erase()
    assert file.erased()
    assert secret not in kept_beside(file)


def test_a_purge_that_fails_leaves_nothing_to_finish(file: Database) -> None:
    """The row that says so goes with the transaction."""
    one = waiting(file)

    def fail() -> None:
        with file.transaction():
            steps.purge(file, steps.bring(file, one, records.REJECTED, ANN), ANN, "court order")
            raise OSError("of a test")

    with pytest.raises(OSError, match="of a test"):
        fail()
    assert file.erased()


@pytest.mark.parametrize("name", ["Paloma", "paloma_2", "a/b", "-a", "a--b", "", "x" * 61, "é"])
def test_a_name_that_is_no_part_of_an_iri_is_refused(ledger: Database, name: str) -> None:
    """And nothing is kept."""
    with pytest.raises(NameMalformed):
        steps.receive(ledger, sent(name=name), ANN)
    assert records.in_states(ledger, records.RECEIVED) == []


def test_without_a_name_each_gets_one(ledger: Database) -> None:
    """Two names that nobody chose differ."""
    one, two = (steps.receive(ledger, sent(name=None), ANN) for _ in range(2))
    assert one.name != two.name
    assert records.find(ledger, one.name, 1) == one
    with pytest.raises(UnknownSubmission):
        records.find(ledger, one.name, 2)


def test_the_same_bytes_are_found_while_they_can_be_published(ledger: Database) -> None:
    """A rejected file can be sent again."""
    one = waiting(ledger)
    assert records.same_content(ledger, sent().sha256, None) == one
    steps.bring(ledger, one, records.REJECTED, ANN, "not evidence")
    assert records.same_content(ledger, sent().sha256, None) is None


def test_a_token_is_shown_once_and_kept_as_a_hash(file: Database) -> None:
    """Anyone who reads the file cannot use it; a revoked token is not a token."""
    secret = tokens.create(file, "Ann", "review")
    token = tokens.find(file, secret)
    assert (token.label, token.scope) == ("Ann", "review")
    assert [token.allows(scope) for scope in tokens.SCOPES] == [True, True, False]
    files = b"".join(path.read_bytes() for path in file.path.parent.iterdir())
    assert secret.encode() not in files
    tokens.revoke(file, token.id)
    with pytest.raises(Unauthenticated):
        tokens.find(file, secret)
    with pytest.raises(UnknownToken):
        tokens.revoke(file, token.id)
    assert tokens.every(file)[0].revoked


def test_without_room_nothing_is_written_and_reading_goes_on(file: Database) -> None:
    """With room again, all is well; the limit is that of the kernel on the size of a file."""
    before = waiting(file)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(StorageFull, match="nothing was lost"):
            steps.receive(file, sent(b"x" * 500_000, "large"), ANN)
        assert records.versions(file, "paloma-2") == [before]
        assert records.versions(file, "large") == []
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert steps.receive(file, sent(b"x" * 500_000, "large"), ANN).version == 1


def test_a_copy_is_whole_and_opens(file: Database, tmp_path: Path) -> None:
    """It is made while the file is open, and never over a file that is there."""
    one = steps.publish(file, waiting(file), ANN, "", CHANGE, b"")
    file.copy(tmp_path / "copy.db")
    copy = SQLite(tmp_path / "copy.db")
    assert records.versions(copy, "paloma-2") == [one]
    assert overlay.read(copy) == overlay.read(file)
    copy.close()
    with pytest.raises(LedgerUnreadable):
        file.copy(tmp_path / "copy.db")


@pytest.mark.parametrize("content", [b"no database" * 100, b"SQLite format 3\0" + b"\0" * 200])
def test_a_file_that_is_no_ledger_is_named(tmp_path: Path, content: bytes) -> None:
    """And stays as it is."""
    path = tmp_path / "ledger.db"
    path.write_bytes(content)
    with pytest.raises(LedgerUnreadable, match=r"ledger\.db"):
        SQLite(path)
    assert path.read_bytes() == content


def test_a_ledger_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    """An older program does not touch what it does not know."""
    path = tmp_path / "ledger.db"
    SQLite(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(LedgerUnreadable, match="later version"):
        SQLite(path)


def test_a_home_is_held_by_one(tmp_path: Path) -> None:
    """The second learns who holds it; once it is free, anyone can."""
    server = "http://127.0.0.1:8080"
    with (
        holding.hold(tmp_path, server),
        pytest.raises(HomeHeld, match=server),
        holding.hold(tmp_path, "another"),
    ):
        pass
    with holding.hold(tmp_path, "another"):
        pass


@pytest.mark.parametrize(
    ("before", "after"),
    [(0o755, 0o700), (0o770, 0o700), (0o700, 0o700), (0o500, 0o500), (0o1777, 0o1777)],
)
def test_a_home_is_closed_to_others_unless_users_share_it(
    tmp_path: Path, before: int, after: int
) -> None:
    """A folder like `/tmp` stays open; what the owner may do stays as it was."""
    folder = tmp_path / "home"
    folder.mkdir()
    folder.chmod(before)
    private.folder(folder)
    assert S_IMODE(folder.stat().st_mode) == after
    folder.chmod(0o700)


def test_a_file_that_cannot_be_written_whole_leaves_the_old_one(tmp_path: Path) -> None:
    """Nor is a part of the new one left; a whole one is its owner's alone."""
    path = tmp_path / "secret"
    path.write_text("old")

    def write_in_part() -> None:
        with private.written(path) as part:
            part.write_text("new, in part")
            raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        write_in_part()
    assert (path.read_text(), list(tmp_path.iterdir())) == ("old", [path])
    with private.written(path) as part:
        part.write_text("new")
    assert (path.read_text(), S_IMODE(path.stat().st_mode)) == ("new", 0o600)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("0000-0002-1825-0097", "0000-0002-1825-0097"),
        ("https://orcid.org/0000-0002-1694-233X", "0000-0002-1694-233X"),
        ("", None),
        ("0000-0002-1825-0098", ...),
        ("0000-0002-1694-233x", ...),
        ("0000000218250097", ...),
        ("\u0660000-0002-1825-0097", ...),
        ("0000-0002-1825-0097\n", ...),
        ("Ann", ...),
    ],
)
def test_an_orcid_has_one_form_and_a_check_digit(text: str, kept: object) -> None:
    """However it is sent."""
    if kept is ...:
        with pytest.raises(RequestMalformed, match="not a valid ORCID"):
            sent(orcid=text)
    else:
        assert sent(orcid=text).orcid == kept
