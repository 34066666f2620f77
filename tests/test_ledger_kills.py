"""Nothing that was acknowledged is lost, whichever process is killed, and when."""

from __future__ import annotations

import pytest
from ledger_kills import soak

from aikg.build import Built
from aikg.settings import Settings


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_and_nothing_is_half_visible(
    built: Built, settings: Settings
) -> None:
    """Eight rounds; `make soak` does more."""
    tally = soak(settings, rounds=8)
    assert (tally.lost, tally.halves) == ([], [])
    assert tally.acknowledged
    assert tally.refused
    assert tally.opens > 1
    assert sum(tally.kills.values()) == 8
