"""A submission that others point at goes with them, in one step, or not at all."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from desk import TURTLE, opened, trial
from test_home import run
from test_submissions import known, pointing

from aikg.build import Built
from aikg.errors import ChangeRefused, StillUsed
from aikg.ledger import records
from aikg.ledger.steps import Actor, Sent
from aikg.settings import Settings
from aikg.submissions.home import Home
from aikg.submissions.opening import open_home

LICENCE = "https://creativecommons.org/licenses/by/4.0/"


def publish(home: Home, name: str, body: bytes) -> None:
    """Send a file and publish it."""
    actor = Actor("a test", home.files)
    received = home.receive(Sent(body, TURTLE, LICENCE, name), actor)
    assert home.publish(received, actor).state == records.PUBLISHED


def states(home: Home) -> dict[str, str]:
    """Return the state of each submission."""
    found = records.in_states(home.database, *records.STATES)
    return {one.address: one.state for one in found}


def test_all_dependents_go_in_one_step(
    built: Built, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal lists them with their findings; each gets an event; the others stay."""
    shutil.copy(settings.graph, tmp_path)
    with open_home(replace(settings, home=tmp_path, workers=2), "a test") as home:
        publish(home, "bystander", trial("bystander"))
        alone = home.engine.describe()["triples"]
        publish(home, "pillar", trial("pillar"))
        publish(home, "leaning", pointing("leaning", "pillar"))
        publish(home, "third", pointing("third", "leaning"))
        pillar = records.find(home.database, "pillar", 1)
        actor = Actor("Ben", home.files)
        number = trial("x").count(b"a aikg:Finding")
        counted = f"leaning/1 ({number} findings), third/1 ({number} findings)"
        with pytest.raises(StillUsed) as refusal:
            home.withdraw(pillar, actor, "retracted")
        assert f"With it would go {counted}." in str(refusal.value)
        impact = home.impact(pillar)["dependents"]
        assert [graph.rpartition("submission/")[2] for graph in impact] == ["leaning/1", "third/1"]
        before = states(home)
        with monkeypatch.context() as patched:

            def refuse(**_: object) -> None:
                raise ChangeRefused("of a test", advice="none")

            patched.setattr(home.engine, "rehearse", refuse)
            with pytest.raises(ChangeRefused):
                home.withdraw(pillar, actor, "retracted", with_dependents=True)
        assert states(home) == before
        home.withdraw(pillar, actor, "retracted", with_dependents=True)
        gone = ("pillar/1", "leaning/1", "third/1")
        assert states(home) == dict.fromkeys(gone, "withdrawn") | {"bystander/1": "published"}
        whys = {}
        for address in gone:
            one = records.find(home.database, address.partition("/")[0], 1)
            event = records.history(home.database, one)[-1]
            whys[address] = (event.by, event.why)
        assert whys == {
            "pillar/1": ("Ben", f"retracted With it: {counted}."),
            "leaning/1": ("Ben", "Withdrawn with pillar/1."),
            "third/1": ("Ben", "Withdrawn with pillar/1."),
        }
        # Provenance is not in the default graph, so nothing of the three is left there.
        assert home.engine.describe()["triples"] == alone


def test_a_curator_withdraws_dependents_by_command(
    built: Built, settings: Settings, tmp_path: Path
) -> None:
    """The command sends it to a server; a token of scope review is enough."""
    shutil.copy(settings.graph, tmp_path)
    with opened(settings, tmp_path) as desk:
        for name, body in (("pillar", trial("pillar")), ("leaning", pointing("leaning", "pillar"))):
            assert desk.submit(name, body).status == 201
            assert desk.step("publish", f"{name}/1").status == 200
        server = desk.server.url.removesuffix("/sparql")
        there = ("--server", server, "--token", desk.tokens["review"], "--why", "retracted")
        refused = run(tmp_path, "withdraw", "pillar/1", *there)
        assert (refused.returncode, "leaning/1 (" in refused.stderr) == (1, True)
        done = run(tmp_path, "withdraw", "pillar/1", "--with-dependents", *there)
        assert done.returncode == 0, done.stderr
        assert "pillar/1 is withdrawn" in done.stdout
        assert "With it: leaning/1 (" in done.stdout
        assert (known(desk, "pillar"), known(desk, "leaning")) == (0, 0)
        assert desk.state("leaning/1") == "withdrawn"
