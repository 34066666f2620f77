"""Each installed package is pinned with a hash; the audit finds what advisories are about."""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path

import pytest
from conftest import ROOT
from packaging.utils import canonicalize_name
from packaging.version import Version

from tools import advisories

FILES = ["constraints.txt", "requirements.txt", "tools/requirements.txt", "tools/sssom.txt"]
#: This project itself, and what every environment is made with.
BESIDE = {"aikg", "pip", "setuptools"}  # Python 3.11 makes it with setuptools


def entries(file: str) -> dict[tuple[str, str], str]:
    """Read a file of pins: name and version, with the lines of each."""
    blocks = re.split(r"\n(?=\S)", (ROOT / file).read_text().strip())
    read = {}
    for block in blocks:
        name, version = re.match(r"([\w.-]+)==(\S+)", block).groups()  # type: ignore[union-attr]
        read[canonicalize_name(name), version] = block
    return read


@pytest.mark.parametrize("file", FILES)
def test_every_pin_has_a_hash(file: str) -> None:
    """One at least; and no address of a registry."""
    for pin, block in entries(file).items():
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", block), pin
    assert "://" not in (ROOT / file).read_text()
    assert "index-url" not in (ROOT / file).read_text()


def test_what_is_installed_is_pinned() -> None:
    """Each package of this environment has its version in the pins."""
    installed = {(canonicalize_name(d.name), d.version) for d in metadata.distributions()}
    unpinned = installed - set(entries("constraints.txt"))
    assert {name for name, _ in unpinned} <= BESIDE


def test_a_server_and_its_tests_have_the_same_pins() -> None:
    """What a server installs is a part of what the tests run on."""
    every = entries("constraints.txt")
    assert entries("requirements.txt").items() <= every.items()


def test_nothing_is_installed_without_its_hash() -> None:
    """Each command of the Makefile that installs checks hashes, or installs nothing else."""
    text = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    commands = re.findall(r"pip (?:\$\(INSTALL\)|install|download).*", text)
    assert len(commands) >= 5
    for command in commands:
        assert "--require-hashes" in command or "--no-deps --no-build-isolation -e ." in command


AFFECTED = {
    "package": {"ecosystem": "PyPI", "name": "Some.Package"},
    "ranges": [
        {"type": "GIT", "events": [{"introduced": "0"}]},
        {
            "type": "ECOSYSTEM",
            "events": [{"introduced": "2.0"}, {"fixed": "1.10"}, {"introduced": "0"}],
        },
        {"type": "ECOSYSTEM", "events": [{"introduced": "4.0"}, {"last_affected": "4.2"}]},
    ],
    "versions": ["1.12.0", "not a version"],
}


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ("0.1", True), ("1.9", True), ("1.10", False), ("1.11", False), ("1.12", True),
        ("2.0rc1", False), ("2.0", True), ("3.5", True), ("4.2", True),
    ],
)  # fmt: skip
def test_a_version_in_a_range_is_affected(version: str, affected: bool) -> None:
    """From each "introduced" to the next "fixed", by the order of versions and not of letters."""
    assert advisories.is_affected(Version(version), AFFECTED) == affected


def test_the_last_affected_version_is_the_last() -> None:
    """The one after it is not affected."""
    only = AFFECTED | {"ranges": AFFECTED["ranges"][2:], "versions": []}
    assert advisories.is_affected(Version("4.2"), only)
    assert not advisories.is_affected(Version("4.2.1"), only)
    assert not advisories.is_affected(Version("3.9"), only)


def test_an_audit_names_what_is_affected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It fails with name, advisory and remedy; with nothing to check it fails otherwise."""
    pins = tmp_path / "pins.txt"
    pins.write_text("some-package==1.9 ; python_version < '3' \\\n  --hash=x\nother==1.0\n")
    folder = tmp_path / "advisories"
    folder.mkdir()
    assert advisories.main([str(folder), str(pins)]) == 2
    advisory = {"id": "A-1", "modified": "2026-01-02T00:00:00Z", "affected": [AFFECTED]}
    (folder / "a.json").write_text(json.dumps(advisory))
    withdrawn = {"id": "A-2", "withdrawn": "2026-01-01T00:00:00Z", "affected": [AFFECTED]}
    (folder / "b.yaml").write_text(json.dumps(withdrawn))
    assert advisories.main([str(folder), str(pins)]) == 1
    told = capsys.readouterr().out
    assert "some-package 1.9: A-1, fixed in 1.10" in told
    assert "A-2" not in told
    pins.write_text("some-package==1.10\n")
    assert advisories.main([str(folder), str(pins)]) == 0
