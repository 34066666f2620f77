"""A graph into which tests publish by the jobs of the engine, without a server."""

from __future__ import annotations

import base64
from typing import Any

import pyoxigraph as ox
from desk import TURTLE

from aikg.build import Built
from aikg.engine import publishing
from aikg.engine.publishing import Knowledge
from aikg.files.turtle import write_nquads
from aikg.names import BASE, PREFIXES

AIKG = PREFIXES["aikg"]


class Shelf:
    """A graph into which submissions are published by the jobs that the engine runs."""

    def __init__(self, built: Built, known: Knowledge) -> None:
        self.store, self.known = ox.Store(), known
        self.store.extend(built.quads())
        self.there: list[str] = []
        self.sent: dict[str, dict[str, str]] = {}

    def publish(self, name: str, body: str, media_type: str = TURTLE) -> dict[str, Any]:
        """Publish a submission, whatever the verdict; return it."""
        graph = f"{BASE}graph/submission/{name}/1"
        told = {
            **{"name": name, "graph": graph, "media_type": media_type, "filename": "f"},
            **{"replaced": None, "later": [], "namespaces": []},
            "others": self._others(),
        }
        self.there.append(graph)
        answer = publishing.publish(self.store, self.known, told, body.encode())
        content = base64.b64encode(body.encode()).decode()
        self.sent[graph] = {
            **{"graph": graph, "name": name, "file": "f", "media_type": media_type},
            "content": content,
        }
        return answer

    def _others(self) -> list[dict[str, str]]:
        """Return all that is published as it was sent: the jobs choose what to read again."""
        return [self.sent[graph] for graph in self.there if graph in self.sent]

    def withdraw(self, name: str) -> dict[str, Any]:
        """Withdraw it, as a reviewer may."""
        graph = f"{BASE}graph/submission/{name}/1"
        self.there.remove(graph)
        told: dict[str, Any] = {"graph": graph, "later": self.there, "force": False}
        told["others"] = self._others()
        return publishing.withdraw(self.store, self.known, told, b"")

    def dump(self) -> bytes:
        """Return the whole graph."""
        return write_nquads(self.store)

    def select(self, query: str) -> list[dict[str, str]]:
        """Ask a query; return the values of each row."""
        found = self.store.query(f"PREFIX aikg: <{AIKG}> {query}")
        names = [variable.value for variable in found.variables]  # type: ignore[union-attr]
        return [{name: row[name].value for name in names if row[name]} for row in found]  # type: ignore

    def values(self, node: str, name: str) -> set[str]:
        """Return what the default graph has of a node."""
        found = self.store.quads_for_pattern(
            ox.NamedNode(node),
            ox.NamedNode(name if ":" in name else AIKG + name),
            None,
            ox.DefaultGraph(),
        )
        return {quad.object.value for quad in found if not isinstance(quad.object, ox.Triple)}


def blocking(told: dict[str, Any]) -> list[dict[str, Any]]:
    """The objections to a submission."""
    return [finding for finding in told["report"]["findings"] if finding["blocks"]]
