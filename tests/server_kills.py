"""Kill servers and their database at random while clients publish, withdraw and read.

Several servers share a ledger in PostgreSQL. Each client works on any server, and reads its own
steps on any server by their version. Nothing that was acknowledged may be lost, no answer may be
older than the step of its client, and the graph has all of a submission or nothing. `make soak`
runs ten minutes with a synchronous standby, and restarts the primary or promotes the standby; a
test runs a few kills of one database.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import shutil
import tempfile
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import click
from desk import TURTLE, trial
from postgres import OWNER, Pair, free_port
from serving import Reply, Server, start

from aikg import settings
from aikg.graph import ensure_built
from aikg.ledger import tokens
from aikg.ledger.opening import open_ledger
from aikg.ledger.owner import migrate
from aikg.settings import Settings

GRAPH = "https://w3id.org/aikg/graph/submission/"
FORM = "application/x-www-form-urlencoded"
#: How long servers and database may take to be whole again, in seconds.
RECOVERY = 120.0
#: A submission that is in the graph, and one that is not any more.
IN, OUT = "published", "withdrawn"


class NoAnswer(Exception):
    """A request had no answer, or one that says nothing about its step."""


@dataclass
class Tally:
    """The counts of a run.

    Attributes:
        kills: How often each kind of process was killed.
        acknowledged: Steps with an answer.
        doubtful: Steps without one.
        reads: Reads of a client's own step.
        not_yet: Reads that were refused with 503 because the server had not the version yet.
        stale: Reads that were older than the client's own step.
        halves: Reads of a part of a submission.
        lost: Submissions that are not in a state that the answers allow.
    """

    kills: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    doubtful: int = 0
    reads: int = 0
    not_yet: int = 0
    stale: list[str] = field(default_factory=list)
    halves: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


class Fleet:
    """Servers that are killed and started again, each with its own home and port."""

    def __init__(self, shared: Settings, folder: Path, count: int) -> None:
        self.settings = replace(shared, publish_own=True, deadline=60.0)
        self.homes = [folder / f"home-{number}" for number in range(count)]
        self.ports = [free_port() for _ in self.homes]
        self._running: dict[int, tuple[Server, ExitStack]] = {}
        with closing(open_ledger(shared)) as database:
            self.token = tokens.create(database, "a test", "admin")
        for home in self.homes:
            home.mkdir()
            shutil.copy(shared.graph, home)

    def start(self, number: int) -> None:
        """Start a server; again, while it cannot start because the database does not answer."""
        end = time.monotonic() + RECOVERY
        while True:
            stack = ExitStack()
            try:
                running = start(self.settings, port=self.ports[number], home=self.homes[number])
                self._running[number] = stack.enter_context(running), stack
                return
            except (ValueError, AssertionError):
                stack.close()
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)

    def kill(self, number: int) -> None:
        """Kill a server, and start it again."""
        server, stack = self._running.pop(number)
        server.process.kill()
        server.process.wait(60)
        stack.close()
        self.start(number)

    def close(self) -> None:
        """End all servers."""
        for _, stack in self._running.values():
            stack.close()

    def ask(self, number: int, method: str, target: str, body: bytes = b"", **more: str) -> Reply:
        """Send a request to a server.

        Raises:
            NoAnswer: None came, or 503: the step may have been taken.
        """
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        headers |= {name.replace("_", "-"): value for name, value in more.items()}
        try:
            reply = Server(self.ports[number], None).send(method, target, headers, body or None)  # type: ignore[arg-type]
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(str(error)) from error
        if reply.status == 503:
            raise NoAnswer(json.loads(reply.body)["type"].rpartition("/")[2])
        return reply


class Client(threading.Thread):
    """Sends, publishes, reads and withdraws its own submissions, on any server."""

    def __init__(self, number: int, fleet: Fleet, tally: Tally, ended: threading.Event) -> None:
        super().__init__(name=f"client-{number}", daemon=True)
        self.fleet, self.tally, self.ended = fleet, tally, ended
        self.random, self.made = random.Random(f"client {number}"), 0
        #: The state of each submission by the answers.
        self.states: dict[str, str] = {}
        self.whole = 0

    def run(self) -> None:
        """Work until the end."""
        while not self.ended.is_set():
            self.made += 1
            name = f"{self.name}-{self.made}"
            with contextlib.suppress(NoAnswer):
                self._send(name)
                self._take(name, "publish", IN)
                if self.random.random() < 0.5:
                    self._take(name, "withdraw", OUT)

    def _any(self, method: str, target: str, body: bytes = b"", **more: str) -> Reply:
        return self.fleet.ask(
            self.random.randrange(len(self.fleet.ports)), method, target, body, **more
        )

    def _until(self, method: str, target: str, body: bytes = b"", **more: str) -> Reply:
        """Ask again until there is an answer."""
        end = time.monotonic() + RECOVERY
        while True:
            try:
                return self._any(method, target, body, **more)
            except NoAnswer as why:
                self.tally.not_yet += str(why) == "version-not-reached"
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def _send(self, name: str) -> None:
        target = f"/submissions?licence=CC-BY-4.0&name={name}"
        self._until("POST", target, trial(name), Content_Type=TURTLE)

    def state(self, name: str) -> str:
        """Return the state of a submission as the ledger has it."""
        return str(json.loads(self._until("GET", f"/submissions/{name}/1").body)["state"])

    def _take(self, name: str, verb: str, state: str) -> None:
        """Take a step, and read it on some servers; without an answer, look what became of it."""
        body = urllib.parse.urlencode({"why": "a test"}).encode()
        while True:
            try:
                target = f"/submissions/{name}/1/{verb}"
                reply = self._any("POST", target, body, Content_Type=FORM)
            except NoAnswer:
                self.tally.doubtful += 1
                time.sleep(0.2)
            else:
                if reply.status == 200:
                    self.states[name] = state
                    self.tally.acknowledged += 1
                    for _ in range(2):
                        self._read(name, reply.headers["AIKG-Version"])
                    return
                if reply.status != 409:
                    self.tally.lost.append(f"{name}: {verb} was answered {reply.status}")
                    return
            if self.state(name) == state:
                self.states[name] = state
                return
            if self.ended.is_set():
                raise NoAnswer(name)

    def _read(self, name: str, version: str) -> None:
        """Read a submission in the graph of any server, with all of our own steps."""
        count = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{GRAPH}{name}/1> {{ ?s ?p ?o }} }}"
        target = f"/sparql?format=csv&query={urllib.parse.quote(count)}"
        found = int(self._until("GET", target, AIKG_Version=version).body.split()[1])
        self.tally.reads += 1
        self._judge(name, found, version)

    def _judge(self, name: str, found: int, version: str) -> None:
        self.whole = self.whole or found
        if found not in (0, self.whole):
            self.tally.halves.append(f"{name} {found} at {version}")
        elif (found > 0) != (self.states[name] == IN):
            self.tally.stale.append(f"{name} {found} at {version}")


@contextmanager
def _working(clients: list[Client], ended: threading.Event) -> Iterator[None]:
    for client in clients:
        client.start()
    try:
        yield
    finally:
        ended.set()
        for client in clients:
            client.join(2 * RECOVERY)


def rounds(
    shared: Settings, pair: Pair, folder: Path, servers: int, count: int, seconds: float, kills: int
) -> Tally:
    """Let clients work while processes are killed; then compare all that was acknowledged.

    Args:
        shared: The settings of the servers, with the address of the ledger.
        pair: The database.
        folder: Where the homes of the servers are made.
        servers: How many servers.
        count: How many clients.
        seconds: How long, at least.
        kills: How many kills, at least.
    """
    tally, ended, chosen = Tally(), threading.Event(), random.Random("kills")
    fleet = Fleet(shared, folder, servers)
    try:
        for number in range(servers):
            fleet.start(number)
        clients = [Client(number, fleet, tally, ended) for number in range(count)]
        end = time.monotonic() + seconds
        with _working(clients, ended):
            while time.monotonic() < end or sum(tally.kills.values()) < kills:
                _wait_for_steps(tally, chosen.uniform(0, 3))
                if sum(tally.kills.values()) % 2:
                    tally.kills[pair.fail(chosen)] += 1
                else:
                    fleet.kill(chosen.randrange(servers))
                    tally.kills["server"] += 1
        _compare(fleet, clients, tally)
    finally:
        fleet.close()
    return tally


def _wait_for_steps(tally: Tally, seconds: float) -> None:
    """Wait until clients have had an answer since the last kill, and for some time after it.

    Raises:
        RuntimeError: No step was acknowledged for long: servers or database do not recover.
    """
    before, end = tally.acknowledged, time.monotonic() + RECOVERY
    while tally.acknowledged == before:
        if time.monotonic() > end:
            raise RuntimeError(f"no step was acknowledged for {RECOVERY} s: {tally}")
        time.sleep(0.05)
    time.sleep(seconds)


def _compare(fleet: Fleet, clients: list[Client], tally: Tally) -> None:
    """Compare ledger and graph of each server with what was acknowledged."""
    for client in clients:
        for name, state in client.states.items():
            if (found := client.state(name)) != state:
                # A step without an answer may have been taken after all.
                if found == OUT and state == IN:
                    client.states[name] = OUT
                else:
                    tally.lost.append(f"{name} is {found}, not {state}")
    last = clients[0]._until("GET", "/health").headers["AIKG-Version"]
    for number in range(len(fleet.ports)):
        for client in clients:
            for name in client.states:
                count = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{GRAPH}{name}/1> {{ ?s ?p ?o }} }}"
                target = f"/sparql?format=csv&query={urllib.parse.quote(count)}"
                reply = fleet.ask(number, "GET", target, AIKG_Version=last)
                client._judge(name, int(reply.body.split()[1]), f"{last} of server {number}")


@click.command()
@click.option("--seconds", default=600.0, help="How long.")
@click.option("--servers", default=3, help="How many servers.")
@click.option("--clients", default=10, help="How many clients.")
def main(seconds: float, servers: int, clients: int) -> None:
    """Kill servers and the primary of a pair of databases; exit with 1 if anything was lost."""
    from postgres import pair  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as made, pair() as databases:
        folder = Path(made)
        os.environ["PGPASSFILE"] = str(databases.passfile)
        migrate(databases.address(OWNER), "aikg_service")
        shared = replace(
            settings.from_environment(), home=folder, ledger=databases.address(), workers=2
        )
        ensure_built(shared)
        tally = rounds(shared, databases, folder, servers, clients, seconds, 3)
    for name, value in vars(tally).items():
        shown = value if isinstance(value, (int, dict)) else f"{len(value)} {value[:5]}"
        click.echo(f"{name}: {shown}")
    if tally.lost or tally.stale or tally.halves:
        raise click.exceptions.Exit(1)


if __name__ == "__main__":
    main()
