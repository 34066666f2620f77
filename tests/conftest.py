"""What the tests share: the repository's own files, read and built once a process."""

from __future__ import annotations

import fcntl
import gc
import pickle
import shutil
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest

from aikg import build
from aikg.build import Built
from aikg.files import turtle
from aikg.files.turtle import Statement
from aikg.intake.verdict import Rules
from aikg.settings import Settings, from_environment

#: The fixtures of a running server are in a module of their own.
pytest_plugins = ["serving", "desk", "postgres"]

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "cases"
#: The good and the bad example of each shape and check, which their pages show.
EXAMPLES = ROOT / "cases"


# The graph stays in memory as objects: to look through all of it for garbage takes an eighth of the
# tests' time.
gc.set_threshold(100_000, 50, 100)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let endurance tests run as long as one likes; `make soak` asks for hundreds of rounds."""
    parser.addoption("--rounds", type=int, default=20, help="rounds of an endurance test")


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The repository's files, with a home of the test's own."""
    return replace(from_environment(), root=ROOT, home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def ontology() -> list[Statement]:
    """The statements of `ontology/`."""
    return turtle.read_folder(ROOT / "ontology", ROOT)


@pytest.fixture(scope="session")
def data() -> list[Statement]:
    """The statements of `data/turtle/`."""
    return turtle.read_folder(ROOT / "data" / "turtle", ROOT)


@pytest.fixture(scope="session")
def built(settings: Settings, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Built:
    """The graph, built from the repository's files and written to the test's home."""
    return build_once(settings, tmp_path_factory.getbasetemp(), worker_id, "built")


def build_once(settings: Settings, temporary: Path, worker_id: str, name: str) -> Built:
    """Build a graph; where pytest-xdist runs several processes, one builds, and others copy.

    Args:
        settings: The files, and the home that the graph is written to.
        temporary: The temporary folder of the process.
        worker_id: The name that pytest-xdist has for the process.
        name: The name of the copy that the processes share.
    """
    if worker_id == "master":
        return build.build(settings)
    shared = temporary.parent / name
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not shared.exists():
            result = build.build(settings)
            unfinished = shared.with_suffix(".unfinished")
            shutil.copytree(settings.home, unfinished)
            (unfinished / "built.pickle").write_bytes(pickle.dumps(result))
            unfinished.rename(shared)
            return result
    for file in (settings.graph.name, "aikg.owl"):
        shutil.copy(shared / file, settings.home)
    copied: Built = pickle.loads((shared / "built.pickle").read_bytes())  # noqa: S301  made above
    return copied


@pytest.fixture(scope="module")
def shipped(built: Built) -> ox.Store:
    """The published graph, as a store of the module's own."""
    store = ox.Store()
    store.extend(built.quads())
    return store


@pytest.fixture(scope="session")
def rules() -> Rules:
    """What a submission is held against."""
    return Rules.load(ROOT)
