"""A job on a slice of the graph has the result that it has on the whole graph, in any order."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from random import Random
from typing import Any, cast

import orders
import pyoxigraph as ox
import pytest
from bare import built, rules, settings, shipped  # noqa: F401  fixtures without the later trials
from desk import trial
from shelf import Shelf

from aikg.build import Built
from aikg.description import void
from aikg.engine import deciding, publishing, sliced
from aikg.engine.publishing import Knowledge
from aikg.errors import AikgError
from aikg.files.turtle import write_nquads
from aikg.names import BASE
from aikg.rules.delta import Delta
from aikg.settings import Settings
from aikg.store import base
from aikg.store.figures import FIGURES, on_store
from aikg.store.slices import Slice

Job = Callable[[ox.Store, Knowledge, dict[str, Any], bytes], dict[str, Any]]
VERSION = "1-2"


class Sliced(Shelf):
    """A shelf that does each job on a slice too, and compares.

    Attributes:
        rounds: How often each job ran.
        requests: How many requests each job took.
    """

    def __init__(self, built: Built, known: Knowledge) -> None:
        super().__init__(built, known)
        self._base = list(base.part_of(self.store))
        self.rounds: list[int] = []
        self.requests: list[int] = []

    def both(self, job: Job, arguments: dict[str, Any], body: bytes) -> dict[str, Any]:
        """Do a job on a slice, and then on the whole graph; return what both say.

        Raises:
            AssertionError: They differ.
        """
        mine = _outcome(lambda: self._on_slice(job, arguments, body))
        whole = _outcome(lambda: job(self.store, self.known, dict(arguments), body))
        assert mine == whole
        return whole

    def _on_slice(self, job: Job, arguments: dict[str, Any], body: bytes) -> dict[str, Any]:
        remote = ox.Store()  # the graph as it is, with addresses for the blank nodes of figures
        remote.extend(map(on_store, self.store))

        def select(query: str) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in cast(ox.QuerySolutions, remote.query(query))]

        part = Slice(VERSION, select)
        for rounds in range(1, 30):
            store = ox.Store()
            store.extend(self._base)
            sent = {
                "quads": "".join(f"{line}\n" for line in part.lines),
                "has": part.has,
                "stops": False,
                "version": VERSION,
            }

            def run(noted: ox.Store, kept: sliced.Kept) -> None:
                found = job(noted, self.known, dict(arguments), body)
                kept.write(json.dumps(found).encode())

            name = str(arguments.get("name", ""))
            media_type, content, _ = sliced.run(sent, store, self.known, name, _refuse, run)
            if media_type != sliced.LACKS:
                self.rounds.append(rounds)
                self.requests.append(part.requests)
                return dict(json.loads(content))
            part.fetch({tuple(need) for need in json.loads(content)})
        raise AssertionError("The job lacks more and more.")

    def send(self, name: str, body: str, media_type: str) -> dict[str, Any]:
        """Publish a submission in both ways."""
        graph = f"{BASE}graph/submission/{name}/1"
        arguments: dict[str, Any] = {
            **{"name": name, "graph": graph, "media_type": media_type, "filename": "f"},
            **{"replaced": None, "later": [], "namespaces": [], "others": self._others()},
        }
        told = self.both(publishing.publish, arguments, body.encode())
        self.there.append(graph)
        self._note(graph, name, body, media_type)
        return told

    def _note(self, graph: str, name: str, body: str, media_type: str) -> None:
        self.sent[graph] = {
            **{"graph": graph, "name": name, "file": "f", "media_type": media_type},
            "content": b64encode(body.encode()).decode(),
        }

    def take_out(self, name: str) -> dict[str, Any]:
        """Withdraw it in both ways."""
        graph = f"{BASE}graph/submission/{name}/1"
        self.there.remove(graph)
        arguments: dict[str, Any] = {"graph": graph, "later": self.there, "force": True}
        return self.both(publishing.withdraw, arguments | {"others": self._others()}, b"")


def _refuse(query: dict[str, Any]) -> bytes:
    raise AssertionError(f"The job asks the store a whole query: {query}")


def _outcome(run: Callable[[], dict[str, Any]]) -> Any:
    try:
        return json.loads(json.dumps(run()))
    except AikgError as error:
        return repr(error)


@pytest.fixture(scope="module")
def known(settings: Settings) -> Knowledge:
    """What the jobs need besides the graph."""
    return Knowledge.load(settings.root)


def test_a_trial_and_a_decision_have_the_same_effect(built: Built, known: Knowledge) -> None:
    """Published, with the figures; read again by a decision; withdrawn: within twenty requests."""
    shelf = Sliced(built, known)
    before = shelf.dump()
    told = shelf.send("one", trial("one").decode(), "text/turtle")
    assert told["accepted"]
    notice = {"id": 1, "kind": "notice", "said": {
        "publication": f"{BASE}publication/review-2010", "notice": "correction", "by": "J",
        "on": "2012-05-01", "stated_in": "https://example.org/1"}}  # fmt: skip
    shelf.both(deciding.decide, {"decision": notice, "others": []}, b"")
    shelf.both(deciding.decide, {"decision": notice, "others": [], "undo": True}, b"")
    shelf.take_out("one")
    assert shelf.dump() == before
    assert max(shelf.requests) <= 30, shelf.requests
    assert max(shelf.rounds) <= 8, shelf.rounds


def test_figures_are_counted_on_a_slice(built: Built, known: Knowledge) -> None:
    """The figures that come and go are those of the whole graph."""
    shelf = Sliced(built, known)
    shelf.store.remove(
        ox.Quad(ox.NamedNode(BASE), void.VERSION, ox.Literal(built.version), FIGURES)
    )
    shelf.store.add(ox.Quad(ox.NamedNode(BASE), void.VERSION, ox.Literal(VERSION), FIGURES))
    told = publishing.publish(shelf.store, known, _arguments("two"), trial("two"))
    delta = Delta.from_nquads(told["added"].encode(), told["removed"].encode())
    for quad in delta.added:  # as before the step
        shelf.store.remove(quad)
    shelf.store.extend(delta.removed)

    def count(store: ox.Store, known: Knowledge, arguments: dict[str, Any], body: bytes) -> Any:
        return _written(*void.change(store, delta.removed, delta.added, "1-3"))

    shelf.both(count, {}, b"")


def _written(gone: set[ox.Quad], come: set[ox.Quad]) -> dict[str, str]:
    """Write both; only a slice states again that the dataset is one."""
    kind = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    come = {quad for quad in come if (quad.subject, quad.predicate) != (ox.NamedNode(BASE), kind)}
    return {"gone": write_nquads(gone).decode(), "come": write_nquads(come).decode()}


def _arguments(name: str) -> dict[str, Any]:
    return {
        **{"name": name, "graph": f"{BASE}graph/submission/{name}/1", "media_type": "text/turtle"},
        **{"filename": "f", "replaced": None, "later": [], "namespaces": [], "others": []},
    }


@pytest.mark.endurance
@pytest.mark.parametrize("seed", range(4))
def test_sheets_in_an_order_of_chance_have_the_same_effect(
    built: Built, known: Knowledge, seed: int
) -> None:  # fmt: skip
    """All sheets, published and withdrawn in an order of chance."""
    random, shelf = Random(seed), Sliced(built, known)
    there: list[str] = []
    for name in random.sample(sorted(orders.SHEETS), len(orders.SHEETS)):
        shelf.send(name, orders.SHEETS[name].decode(), orders.CSV)
        there.append(name)
        if random.random() < 0.3:
            shelf.take_out(there.pop(random.randrange(len(there))))
