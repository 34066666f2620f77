"""The verdict on what nobody thought of is that of validating the whole graph with it."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import equality
import pytest
from conftest import ROOT

from aikg.build import Built
from aikg.settings import Settings


@pytest.mark.parametrize(("seed", "violated"), [(1, 50), (3, 4)], ids=["pieces", "papers"])
def test_a_slice_finds_what_the_whole_does(
    seed: int, violated: int, built: Built, settings: Settings
) -> None:
    """A graph of each kind with eight submissions; `make soak` invents thousands."""
    tally = equality.run(seed, settings.graph)
    assert tally.differences == []
    assert tally.submissions == equality.EACH
    assert tally.invalid
    assert len(tally.violated) >= violated


def test_a_slice_that_is_too_small_is_noticed(
    built: Built, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without what checks say that they join, the two ways differ."""
    monkeypatch.setitem(vars(equality.rules()), "joined_by_checks", frozenset())
    assert equality.run(2, settings.graph).differences


def test_a_seed_names_its_submissions(built: Built, settings: Settings) -> None:
    """A difference can be looked at again in another process, in which sets have another order."""
    told = "import equality, sys; print(*map(equality.invent, (1, 3), 2 * sys.argv[1:]))"
    said = {
        subprocess.run(
            (sys.executable, "-c", told, settings.graph),
            env={"PYTHONHASHSEED": order, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for order in ("1", "2")
    }
    assert len(said) == 1


def test_a_full_run_breaks_each_constraint_often() -> None:
    """More often than asked: a statement that is changed may take the violation away."""
    turns = range(equality.ROUNDS * 2 // 3)
    submitted = Counter(piece.breaks for turn in turns for piece in equality.in_turn(turn))
    often = {name for name, times in submitted.items() if times >= 1.25 * equality.OFTEN}
    assert equality.constraints() - often == {equality.CONTRADICTION}
