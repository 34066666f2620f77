"""Kill the server's processes at random moments while clients submit, publish and withdraw.

Each home begins as one of version 0.1.0 that contains what the graph cannot take, and in each round
one of those that are sent is of that kind. After each kill every submission must be in the state
that was acknowledged last, or in the one that was asked for when the answer did not come; and the
graph holds all of it, or nothing. `make soak` runs some hundreds of rounds, a test eight.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import click
import old_homes
from desk import Desk, opened, trial
from terms import RDF, Term, json_ld

from aikg import settings
from aikg.graph import ensure_built
from aikg.settings import Settings

#: How many clients work at once.
CLIENTS = 3
#: After so many rounds another home is begun, so that a start never has much to bring back.
EACH = 50
#: A process is killed within so many seconds after the first step of a round is acknowledged; in
#: one round of five, within so many seconds after the round began.
WORK = 1.0
#: How long a server may take to be whole again, in seconds.
RECOVERY = 60.0

SUBMISSION = "https://w3id.org/aikg/submission/"
GRAPH = "https://w3id.org/aikg/graph/submission/"


@dataclass
class Expected:
    """The state of one submission, as known from the answers alone.

    Attributes:
        acknowledged: Its state by the last answer; None where none came.
        asked: What it becomes if the request whose answer is missing was heeded.
    """

    acknowledged: str | None = None
    asked: set[str | None] = field(default_factory=set)

    def allows(self, state: str | None) -> bool:
        """Return whether it may be in a state."""
        return state == self.acknowledged or state in self.asked


@dataclass
class Tally:
    """What the rounds found.

    Attributes:
        kills: How often each kind of process was killed.
        acknowledged: How many steps were acknowledged.
        doubtful: How many were asked for and not answered.
        lost: The submissions that are not in a state that the answers allow.
        halves: The submissions of which the graph holds a part.
        refused: How many submissions that the graph cannot take were refused when they were sent.
        opens: How often a home was opened; an opening that fails ends the rounds.
    """

    kills: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    doubtful: int = 0
    lost: list[str] = field(default_factory=list)
    halves: list[str] = field(default_factory=list)
    refused: int = 0
    opens: int = 0


class Client(threading.Thread):
    """Sends trials in, publishes and withdraws them, and notes what was acknowledged."""

    def __init__(self, desk: Desk, name: str, rng: random.Random, poisons: bool) -> None:
        super().__init__()
        self._desk, self._name, self._rng, self._poisons = desk, name, rng, poisons
        self.refused = 0
        #: Set when a step was acknowledged.
        self.answered = threading.Event()
        self.expected: dict[str, Expected] = {}
        self.stop = threading.Event()

    def run(self) -> None:
        """Work until it is stopped; where an answer is missing, go on with another trial."""
        number = 0
        while not self.stop.is_set():
            number += 1
            try:
                if self._poisons:
                    self._poisons = False
                    self._poison(f"{self._name}-poisoned")
                self._live(f"{self._name}-{number}")
            except (OSError, http.client.HTTPException):
                self.stop.wait(0.2)

    def _poison(self, name: str) -> None:
        """Send what the graph cannot take, and ask that it is published all the same."""
        address = f"{name}/1"
        expected = self.expected.setdefault(address, Expected())
        expected.asked = {"invalid", "received"}
        target = f"/submissions?licence=CC-BY-4.0&name={name}"
        body = json_ld([Term("A remark", RDF + "langString")], name)
        reply = self._desk.ask("POST", target, "submit", body, Content_Type="application/ld+json")
        if self.stop.is_set():
            return
        if reply.status == 422:
            self.expected[address] = Expected("invalid")
            self.refused += 1
        elif reply.status < 300:  # nothing allows the state that it has then
            self.expected[address] = Expected("invalid")
        self._desk.step("publish", address)

    def _live(self, name: str) -> None:
        first = f"{name}/1"
        if not self._take(first, "waiting", lambda: self._desk.submit(name), {"received"}):
            return
        if not self._take(first, "published", lambda: self._desk.step("publish", first)):
            return
        if self._rng.random() < 0.5:
            self._take(first, "withdrawn", lambda: self._desk.step("withdraw", first))
            return
        second = f"{name}/2"
        changed = trial(f"{name}, fixed")
        if self._take(second, "waiting", lambda: self._desk.submit(name, changed), {"received"}):
            self.expected[first].asked = {"superseded"}
            if self._take(second, "published", lambda: self._desk.step("publish", second)):
                self.expected[first] = Expected("superseded")

    def _take(self, address: str, state: str, request, also: set[str] = frozenset()) -> bool:  # type: ignore[assignment,no-untyped-def]
        expected = self.expected.setdefault(address, Expected())
        expected.asked = {state, *also}
        if request().status >= 300 or self.stop.is_set():
            return False
        self.expected[address] = Expected(state)
        self.answered.set()
        return True


def soak(configured: Settings, rounds: int, seed: int = 1) -> Tally:
    """Work and kill for a number of rounds."""
    tally, rng = Tally(), random.Random(seed)
    for first in range(0, rounds, EACH):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            old_homes.make("home-0.1.0-poisoned", home, configured.graph)
            numbers = range(first, min(first + EACH, rounds))
            unbounded = replace(configured, home=home, quota_undecided=10**6)
            _soak_home(unbounded, numbers, rng, tally)
    return tally


def _soak_home(
    configured: Settings, rounds: Sequence[int], rng: random.Random, tally: Tally
) -> None:
    """Work and kill on one home; each start of its server must bring back all that was sent."""
    expected: dict[str, Expected] = {}
    left = deque(rounds)
    while left:
        with opened(configured, configured.home) as desk:
            tally.opens += 1
            whole = _size_when_published(desk, f"calm-{left[0]}")
            _check(desk, expected, whole, tally)
            alive = True
            while alive and left:
                number = left.popleft()
                now = _round(desk, number, rng, tally)
                expected |= now
                alive = desk.server.process.poll() is None
                if alive:
                    _check(desk, now, whole, tally)
                _report(number + 1, tally)
    with opened(configured, configured.home) as desk:
        tally.opens += 1
        _check(desk, expected, whole, tally)


def _round(desk: Desk, number: int, rng: random.Random, tally: Tally) -> dict[str, Expected]:
    clients = [Client(desk, f"r{number}-{n}", rng, n == 0) for n in range(CLIENTS)]
    for client in clients:
        client.start()
    if rng.random() < 0.8:
        deadline = time.monotonic() + RECOVERY
        while not any(client.answered.is_set() for client in clients):
            if time.monotonic() > deadline:
                break
            time.sleep(0.01)
    time.sleep(rng.random() * WORK)
    kind, victim = rng.choice(_processes(desk))
    tally.kills[kind] += 1
    with contextlib.suppress(ProcessLookupError):
        os.kill(victim, signal.SIGKILL)
    if kind == "server":
        desk.server.process.wait(RECOVERY)
    else:
        time.sleep(rng.random() / 2)
    expected: dict[str, Expected] = {}
    for client in clients:
        client.stop.set()
    for client in clients:
        client.join()
        expected |= client.expected
        tally.refused += client.refused
    tally.acknowledged += sum(e.acknowledged is not None for e in expected.values())
    tally.doubtful += sum(bool(e.asked) for e in expected.values())
    return expected


def _processes(desk: Desk) -> list[tuple[str, int]]:
    """Return the server's processes by their kind; workers come and go, and are one kind."""
    server = desk.server.process.pid
    holders = _children(server)
    workers = [child for holder in holders for child in _children(holder)]
    found = [("server", server), *(("holder", pid) for pid in holders)]
    return found + [("worker", pid) for pid in workers[:1]]


def _children(pid: int) -> list[int]:
    try:
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def _size_when_published(desk: Desk, name: str) -> tuple[int, int]:
    """Publish a trial in peace, and give how much of it the graph holds then."""
    assert desk.submit(name).status == 201
    assert desk.step("publish", f"{name}/1").status == 200
    return _sizes(desk, [name])[f"{name}/1"], _spoken(desk, [name])[name]


def _sizes(desk: Desk, names: list[str]) -> Counter[str]:
    """Count what each named graph holds."""
    graphs = " ".join(f"<{GRAPH}{name}/{version}>" for name in names for version in (1, 2))
    rows = desk.select(
        f"SELECT ?g (COUNT(*) AS ?n) {{ VALUES ?g {{ {graphs} }} GRAPH ?g {{ ?s ?p ?o }} }} "
        "GROUP BY ?g"
    )
    return Counter({row["g"].removeprefix(GRAPH): int(row["n"]) for row in rows})


def _spoken(desk: Desk, names: list[str]) -> Counter[str]:
    """Count what the default graph says of the trial of each name, with what follows."""
    nodes = ("trial", "paper", "enrolled", "methods", "arm-letrozole", "group-all-letrozole")
    values = " ".join(f'(<{SUBMISSION}{n}/{node}> "{n}")' for n in names for node in nodes)
    rows = desk.select(
        f"SELECT ?n (COUNT(*) AS ?c) {{ VALUES (?s ?n) {{ {values} }} ?s ?p ?o }} GROUP BY ?n"
    )
    return Counter({row["n"]: int(row["c"]) for row in rows})


def _check(desk: Desk, expected: dict[str, Expected], whole: tuple[int, int], tally: Tally) -> None:
    """Hold the ledger and the graph against what was acknowledged."""
    states = _states(desk)
    tally.lost += [
        f"{address}: {states.get(address)}, acknowledged {known.acknowledged}, asked {known.asked}"
        for address, known in expected.items()
        if not known.allows(states.get(address))
    ]
    names = sorted({address.partition("/")[0] for address in expected})
    for part in (names[at : at + 100] for at in range(0, len(names), 100)):
        sizes, spoken = _sizes(desk, part), _spoken(desk, part)
        for name in part:
            shown = [states.get(f"{name}/{v}") == "published" for v in (1, 2)]
            held = [sizes[f"{name}/{v}"] for v in (1, 2)]
            right = [whole[0] * one for one in shown]
            if held != right or spoken[name] != whole[1] * any(shown):
                tally.halves.append(f"{name}: {held} of {right}, {spoken[name]} of {whole[1]}")


def _states(desk: Desk) -> dict[str, str]:
    deadline = time.monotonic() + RECOVERY
    while True:
        reply = desk.ask("GET", "/submissions", "review", Accept="application/json")
        if reply.status == 200 or time.monotonic() > deadline:
            return {one["submission"]: one["state"] for one in json.loads(reply.body)}
        time.sleep(0.2)


def _report(done: int, tally: Tally) -> None:
    if sys.stdout.isatty() or done % 10 == 0:
        sys.stdout.write(
            f"{done} rounds: {dict(tally.kills)}, {tally.acknowledged} acknowledged, "
            f"{tally.doubtful} in doubt, {len(tally.lost)} lost, "
            f"{len(tally.halves)} half visible, {tally.refused} refused, "
            f"{tally.opens} openings of a home\n"
        )
        sys.stdout.flush()


@click.command()
@click.option("--rounds", default=1000, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(rounds: int, seed: int) -> None:
    """Kill for a number of rounds, and return what was lost."""
    configured = settings.from_environment()
    ensure_built(configured)
    tally = soak(configured, rounds, seed)
    _report(0, tally)
    for line in (*tally.lost, *tally.halves):
        click.echo(line)
    raise SystemExit(bool(tally.lost or tally.halves))


if __name__ == "__main__":
    main()
