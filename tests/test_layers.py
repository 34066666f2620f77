"""The layers: a module knows only those below it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from conftest import ROOT


def lint() -> subprocess.CompletedProcess[str]:
    """Run import-linter as `make check` does."""
    script = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([script], cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_import_contracts_are_kept() -> None:
    """Every module has its layer, and imports downwards only."""
    done = lint()
    assert done.returncode == 0, done.stdout + done.stderr
