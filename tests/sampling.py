"""Cases of a long test: some are run by `make test`, all by `make soak`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest


def some(cases: Sequence[Any], each: int) -> list[Any]:
    """Leave every case but each n-th to `make soak`."""
    return [
        case if number % each == 0 else pytest.param(case, marks=pytest.mark.endurance)
        for number, case in enumerate(cases)
    ]
