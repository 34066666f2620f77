"""The verdict on what nobody thought of is that of validating the whole graph with it."""

from __future__ import annotations

import equality
import pytest

from aikg.build import Built
from aikg.settings import Settings


@pytest.mark.parametrize("seed", [1, 3], ids=["pieces", "papers"])
def test_a_slice_finds_what_the_whole_does(seed: int, built: Built, settings: Settings) -> None:
    """A graph of each kind with eight submissions; `make soak` invents thousands."""
    tally = equality.run(seed, settings.graph)
    assert tally.differences == []
    assert tally.submissions == equality.EACH
    assert tally.invalid
    assert len(tally.violated) >= 8


def test_a_slice_that_is_too_small_is_noticed(
    built: Built, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without what checks say that they join, the two ways differ."""
    monkeypatch.setitem(vars(equality.rules()), "joined_by_checks", frozenset())
    assert equality.run(2, settings.graph).differences
