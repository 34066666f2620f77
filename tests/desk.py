"""A server that takes submissions, with a token of each scope, for the tests that load this."""

from __future__ import annotations

import json
import shutil
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from conftest import CASES
from serving import Reply, Server, start

from aikg.build import Built
from aikg.ledger import tokens
from aikg.ledger.sqlite import SQLite
from aikg.settings import Settings

#: A trial as someone sends it, 93 triples; TRIAL stands for its name.
TRIAL = (CASES / "submissions" / "trial.ttl").read_bytes()
TURTLE = "text/turtle"


def trial(name: str) -> bytes:
    """Return a trial of its own."""
    return TRIAL.replace(b"TRIAL", name.encode())


@dataclass(frozen=True)
class Desk:
    """A server that takes submissions.

    Attributes:
        server: The server.
        tokens: A token of each scope.
        home: Its home.
    """

    server: Server
    tokens: dict[str, str]
    home: Path

    def ask(
        self,
        method: str,
        target: str,
        scope: str | None = None,
        body: bytes | None = None,
        **headers: str,
    ) -> Reply:
        """Send a request, with the token of a scope."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if scope:
            given.setdefault("Authorization", f"Bearer {self.tokens[scope]}")
        return self.server.send(method, target, given, body)

    def submit(self, name: str, body: bytes | None = None, scope: str = "submit") -> Reply:
        """Send a trial in."""
        target = f"/submissions?licence=CC-BY-4.0&name={name}"
        return self.ask("POST", target, scope, body or trial(name), Content_Type=TURTLE)

    def step(self, verb: str, address: str, scope: str = "review", why: str = "because") -> Reply:
        """Take a step with a submission."""
        form = "application/x-www-form-urlencoded"
        body = urllib.parse.urlencode({"why": why}).encode()
        return self.ask("POST", f"/submissions/{address}/{verb}", scope, body, Content_Type=form)

    def state(self, address: str) -> str:
        """Return the state of a submission."""
        reply = self.ask("GET", f"/submissions/{address}", "review", Accept="application/json")
        return str(json.loads(reply.body)["state"])

    def select(self, query: str) -> list[dict[str, str]]:
        """Ask a query; give the values of each row."""
        target = f"/sparql?query={urllib.parse.quote(query)}&format=json"
        answer: dict[str, Any] = json.loads(self.ask("GET", target).body)
        rows = answer["results"]["bindings"]
        return [{name: term["value"] for name, term in row.items()} for row in rows]

    def version(self) -> str:
        """Return the version of the data."""
        return str(json.loads(self.ask("GET", "/health").body)["version"])


@contextmanager
def opened(settings: Settings, home: Path, said: Path | None = None) -> Iterator[Desk]:
    """Run a server on a home, with new tokens; `said` is as `serving.start` has it."""
    database = SQLite(home / "ledger.db")
    made = {scope: tokens.create(database, f"Test {scope}", scope) for scope in tokens.SCOPES}
    database.close()
    with start(settings, home=home, said=said) as server:
        yield Desk(server, made, home)


@pytest.fixture(scope="module")
def desk(
    built: Built, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """A server that the tests of a module share; each sends what bears its own name."""
    home = tmp_path_factory.mktemp("desk")
    shutil.copy(settings.graph, home)
    with opened(replace(settings, submission_bytes=400_000), home) as running:
        yield running
