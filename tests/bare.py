"""The graph without the later trials, for tests that send their sheets as an unknown user would.

A module that imports `settings`, `built`, `shipped` and `rules` from here has them in place of
those of conftest.py, and so have the fixtures that it uses. `root()` is the folder of their files.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from conftest import ROOT, build_once, shipped

from aikg.build import Built
from aikg.intake.verdict import Rules
from aikg.settings import Settings, from_environment
from tools.sheets import without_later

__all__ = ["built", "root", "rules", "settings", "shipped"]


@cache
def _copy() -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory()  # it goes with the process
    without_later(ROOT, Path(folder.name))
    return folder


def root() -> Path:
    """Return a copy of the files without the later trials; one a process."""
    return Path(_copy().name)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """These files, with a home of the test's own."""
    return replace(from_environment(), root=root(), home=tmp_path_factory.mktemp("bare"))


@pytest.fixture(scope="session")
def built(settings: Settings, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Built:
    """The graph, built from these files and written to the test's home."""
    return build_once(settings, tmp_path_factory.getbasetemp(), worker_id, "bare")


@pytest.fixture(scope="session")
def rules() -> Rules:
    """The rules for a submission."""
    return Rules.load(root())
