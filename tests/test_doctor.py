"""`aikg doctor`: each problem of an installation is named with its remedy."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from aikg.build import Built
from aikg.cli import doctor, main
from aikg.cli.doctor import examine
from aikg.ledger.sqlite import SQLite
from aikg.settings import Settings


def problems(settings: Settings) -> dict[str, str]:
    """List the topics with problems, each with its level."""
    found = [one for one in examine(settings) if one.level != "ok"]
    assert all(one.do and one.found for one in found)
    # Tests run as root, and on machines of any size.
    return {
        one.topic: one.level for one in found if one.topic not in {"user", "memory", "connections"}
    }


def test_an_installation_in_order_has_no_problem(built: Built, settings: Settings) -> None:
    """It starts the graph, too."""
    settings.home.chmod(0o700)
    assert problems(settings) == {}
    assert {one.topic for one in examine(settings)} >= {"graph", "ledger", "isolation"}


def damage(ledger: Path) -> None:
    """Overwrite the beginning of a ledger."""
    with ledger.open("r+b") as file:
        file.write(b"no ledger" * 10)


def age(ledger: Path, form: int) -> None:
    """Say that a ledger has another form."""
    with closing(sqlite3.connect(ledger)) as database:
        database.execute(f"PRAGMA user_version={form}")


@pytest.mark.parametrize(
    ("spoil", "level"),
    [
        (damage, "error"),
        (lambda path: age(path, 999), "error"),
        (lambda path: age(path, 1), "warning"),
    ],
)
def test_a_ledger_that_cannot_be_used_is_named(
    spoil: Callable[[Path], object],
    level: str,
    small: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Damaged, of a later program, or of an earlier one; nothing is changed by the look."""
    monkeypatch.setattr(doctor, "stamp_of", lambda root: "x y")
    settings = replace(small, home=tmp_path)
    tmp_path.chmod(0o700)
    SQLite(settings.ledger_file).close()
    spoil(settings.ledger_file)
    before = settings.ledger_file.read_bytes()
    assert problems(settings) == {"graph": "warning", "ledger": level}
    assert settings.ledger_file.read_bytes() == before


def test_each_setting_that_does_harm_is_named(small: Settings, tmp_path: Path) -> None:
    """A home of others, files that are missing, a public address without a proxy, open metrics."""
    tmp_path.chmod(0o755)
    (tmp_path / "file").touch()
    harmful = replace(small, home=tmp_path, url="https://a.example", metrics="0.0.0.0:9464")
    assert problems(harmful) == {
        "files": "error",
        "home": "warning",
        "proxy": "warning",
        "metrics": "warning",
    }
    assert problems(replace(small, home=tmp_path / "file" / "x"))["home"] == "error"


def test_the_command_fails_if_the_server_cannot_work(tmp_path: Path) -> None:
    """In JSON as well."""
    runner = CliRunner(env={"AIKG_ROOT": str(tmp_path), "AIKG_HOME": str(tmp_path)})
    for form in ("text", "json"):
        done = runner.invoke(main, ["doctor", "--format", form])
        assert done.exit_code == 1
        assert "AIKG_ROOT" in done.output
