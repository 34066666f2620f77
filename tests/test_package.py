"""The wheel and the source distribution: an installed aikg works where no checkout is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import ROOT

from aikg.build import Built
from aikg.settings import Settings, from_environment


def build(kind: str, source: Path, folder: Path) -> Path:
    """Build a wheel or an sdist without a network, by the backend that is installed."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (made,) = folder.iterdir()
    return made


def contents(wheel: Path) -> dict[str, bytes]:
    """Read the files of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@dataclass(frozen=True)
class Place:
    """An environment with the wheel, an empty folder to work in, and an empty home of the user.

    The packages that aikg needs are those of the tests, so that no network is needed.
    """

    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        """No variable of aikg, and no path to the checkout."""
        return {"HOME": str(self.folder / "user"), "PATH": "/usr/bin:/bin", "NO_COLOR": "1"}

    def command(self, *words: str) -> list[str]:
        """Return a command of the environment."""
        return [str(self.folder / "venv" / "bin" / words[0]), *words[1:]]

    def run(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command in the empty folder."""
        return subprocess.run(
            self.command(*words),
            cwd=self.folder / "work",
            env=self.variables,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def place(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The wheel, installed with pip."""
    folder = tmp_path_factory.mktemp("place")
    for name in ("user", "work"):
        (folder / name).mkdir()
    made = [sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")]
    subprocess.run(made, check=True)
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (packages / "needed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "venv" / "bin" / "python")]
    subprocess.run([*pip, "install", "-q", "--no-deps", str(wheel)], check=True)
    return Place(folder)


def test_the_source_distribution_makes_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    """Nothing that the wheel needs is missing in it, and nothing depends on the folder."""
    sources = build("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(sources) as archive:
        archive.extractall(tmp_path, filter="data")
    again = build("wheel", tmp_path / sources.name.removesuffix(".tar.gz"), tmp_path / "again")
    assert contents(again) == contents(wheel)


def test_the_wheel_contains_the_files_of_the_graph(wheel: Path) -> None:
    """Those that the build reads, the sheets, the documentation, and the licence of the data."""
    names = contents(wheel).keys()
    assert "aikg/shipped/LICENSE-DATA" in names
    for folder in ("ontology", "data", "shapes", "queries", "cases", "description", "docs"):
        assert {f"aikg/shipped/{name}" for name in files(ROOT, folder)} <= names
    assert files(ROOT / "src", "aikg") <= names


def files(root: Path, folder: str) -> set[str]:
    """List the files of a folder that are not made by Python."""
    found = (path for path in (root / folder).rglob("*") if path.is_file())
    return {
        path.relative_to(root).as_posix() for path in found if path.parent.name != "__pycache__"
    }


@pytest.mark.slow
def test_an_installed_server_answers_from_an_empty_home(place: Place) -> None:
    """It builds the graph in the user's folder for data, and has the README's answer."""
    with subprocess.Popen(
        place.command("aikg", "serve", "--port", "0"),
        cwd=place.folder / "work",
        env=place.variables,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout
            address = process.stdout.readline().split()[2].rstrip(",")
            asked = f"{address}?question=review-table-1&format=csv"
            with urllib.request.urlopen(asked) as answer:
                assert len(answer.read().splitlines()) == 9
            with urllib.request.urlopen(address.replace("sparql", "static/aikg.css")) as style:
                assert style.status == 200
        finally:
            process.terminate()
            process.wait(60)
    (graph,) = place.folder.rglob("graph.nq")
    assert graph.parent == place.folder / "user" / ".local" / "share" / "aikg"
    assert not any((place.folder / "work").iterdir())


@pytest.fixture
def beside(place: Place, built: Built, settings: Settings) -> Iterator[Place]:
    """The place, whose home has the graph that the tests built: the same program and files."""
    home = place.folder / "user" / ".local" / "share" / "aikg"
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "graph.nq").exists():
        (home / "graph.nq").write_bytes(settings.graph.read_bytes())
    yield place
    for file in (place.folder / "work").iterdir():
        file.unlink()


def test_the_commands_of_the_readme_work(beside: Place) -> None:
    """The README's question, a template, a report, and a look at where the program reads from."""
    readme = (ROOT / "README.md").read_text()
    ((query, answer),) = re.findall(r"```sparql\n(.*?)```.*?```csv\n(.*?)```", readme, re.DOTALL)
    asked = beside.run("aikg", "query", "-", "--format", "csv", stdin=query)
    assert asked.stdout.replace("\r\n", "\n") == answer, asked.stderr
    assert beside.run("aikg", "template", "sheet.xlsx").returncode == 0
    (beside.folder / "work" / "trial.ttl").write_text("<urn:a> <urn:b> <urn:c> .\n")
    judged = beside.run("aikg", "validate", "trial.ttl", "--format", "json")
    assert json.loads(judged.stdout)["accepted"] is False
    where = "from aikg.settings import from_environment as f; print(f().root, f().home)"
    root, home = beside.run("python", "-c", where).stdout.split()
    assert str(beside.folder) in root
    assert home == str(beside.folder / "user" / ".local" / "share" / "aikg")


def test_a_checkout_has_its_own_files_and_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """`AIKG_ROOT` names another one; its home is in it, unless `AIKG_HOME` names one."""
    for name in ("AIKG_ROOT", "AIKG_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert (from_environment().root, from_environment().home) == (ROOT, ROOT / "var")
    monkeypatch.setenv("AIKG_ROOT", os.sep + "other")
    assert from_environment().home == Path(os.sep, "other", "var")
    monkeypatch.setenv("AIKG_HOME", os.sep + "kept")
    assert from_environment().home == Path(os.sep, "kept")
