"""The impact shown to a curator is the change that publication makes."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from conftest import CASES, ROOT

from aikg.build import Built
from aikg.engine import publishing
from aikg.engine.publishing import Arguments, Knowledge
from aikg.names import shorten
from aikg.rules import checks
from aikg.settings import Settings

IWATA = (CASES / "submissions" / "iwata-2013.ttl").read_bytes()
TRIAL = (CASES / "submissions" / "trial.ttl").read_bytes()
#: A second figure of a group of the review's, and a figure out of a number that does not match.
SENT = {
    "a trial": TRIAL,
    "a figure of the review's group": IWATA
    + b"""
:n a aikg:GroupResult ; aikg:ofGroup <https://w3id.org/aikg/group/campos-exemestane-itt> ;
    aikg:ofOutcome outcome:number-of-patients ; aikg:measure aikg:Count ; aikg:value 65.0 ;
    aikg:status aikg:Reported ; aikg:unit "{person}" ; aikg:printed "65" ; aikg:statedAt :abstract .
""",
}


@pytest.fixture(scope="module")
def known() -> Knowledge:
    """The rules and the questions of the repository."""
    return Knowledge.load(ROOT)


@pytest.fixture
def store(built: Built, settings: Settings) -> ox.Store:
    """The whole graph, to be changed."""
    store = ox.Store()
    store.bulk_load(path=str(settings.graph), format=ox.RdfFormat.N_QUADS)
    return store


def audit(store: ox.Store, known: Knowledge) -> set[tuple[str, str, str, str]]:
    """Ask every check about everything."""
    found = checks.run(store, known.rules.checks)
    return {(p.level, p.check, shorten(p.node), p.message) for p in found}


@pytest.mark.slow
@pytest.mark.parametrize("sent", SENT.values(), ids=SENT)
def test_the_findings_that_come_and_go_are_those_of_the_whole_audit(
    store: ox.Store, known: Knowledge, sent: bytes
) -> None:
    """On publishing and on withdrawing; the checks are asked about a part of the graph only."""
    told: Arguments = {
        "name": "sent",
        "graph": "https://w3id.org/aikg/graph/submission/sent/1",
        "media_type": "text/turtle",
        "filename": "sent.ttl",
        "replaced": None,
        "namespaces": [],
        "later": [],
    }
    before = audit(store, known)
    shown = publishing.impact_of_publishing(store, known, told, sent)["findings"]
    publishing.publish(store, known, told, sent)
    after = audit(store, known)
    assert shown == {"come": sorted(after - before), "go": sorted(before - after)}
    back = publishing.impact_of_withdrawing(store, known, told, b"")["findings"]
    assert back == {"come": shown["go"], "go": shown["come"]}
    assert shown["come"], "each of these has something to show"
