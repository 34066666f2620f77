"""Checks: SPARQL queries in `queries/checks/` that return a row for each problem.

A shape describes one node. A check compares nodes, or counts them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pyoxigraph as ox

from aikg.files.queries import Query, read_queries
from aikg.rules.announcing import announce

#: The data issues that concern a node, or a group with findings of the same source.
_RECORDED = """
PREFIX aikg: <https://w3id.org/aikg/ontology/>
SELECT DISTINCT ?node ?issue WHERE {
  %s
  ?issue a aikg:DataIssue ; aikg:concerns ?node ; aikg:statedAt/aikg:inDocument ?document .
  ?node (^aikg:ofGroup)?/aikg:statedAt/aikg:inDocument ?document .
}
ORDER BY DESC(?issue)
"""

#: The levels, the most severe first (docs/reference/model.md): only an Error stops the build.
LEVELS = ("Error", "Check", "Note")


@dataclass(frozen=True, slots=True)
class Problem:
    """One rule that one node breaks: a row of a check, a result of a shape.

    Attributes:
        level: Error (cannot be true), Check (unlikely) or Note (cannot be tested).
        check: The name of the rule; for a check, its file's.
        node: The IRI of the node that the row is about.
        path: The wrong property, or None.
        value: The wrong value, or None.
        message: The problem, with the figures.
        advice: The remedy, from the check's header.
        recorded: The data issue of the same source that concerns the node, or None.
        kind: "check"; "shape"; or "rule" for one of `description/rules.ttl`.
        component: The constraint component of a shape, such as sh:MinCountConstraintComponent.
    """

    level: str
    check: str
    node: str
    path: str | None
    value: str | None
    message: str
    advice: str
    recorded: str | None = None
    kind: str = "check"
    component: str | None = None

    @property
    def code(self) -> str:
        """The address of its rule, below that of the project."""
        return f"{self.kind}/{self.check}"

    @property
    def stops(self) -> bool:
        """Whether it stops a build: it cannot be true, and no data issue records it."""
        return self.level == "Error" and self.recorded is None


def load(folder: Path) -> list[Query]:
    """Read the checks of a folder.

    Raises:
        MissingFolder: There is none.
        QueryMalformed: A check has no summary, no advice, or no level that is one of `LEVELS`.
    """
    return read_queries(folder, required=("summary", "level", "advice"))


def run(store: ox.Store, checks: Sequence[Query]) -> list[Problem]:
    """Run every check; return the worst level first, then by check and node.

    A row about a text in the place of a node is left out: the shape of the node that points at it
    reports it.

    Args:
        store: The graph with its inferred triples, in the default graph.
        checks: SELECT queries with the variables `?node` and `?message`, and optional `?path` and
            `?value` for a closer place.
    """
    known = recorded(store)
    problems = {
        Problem(
            level=check.header["level"],
            check=check.name,
            node=row["node"].value,
            path=_value(row, "path"),
            value=_value(row, "value"),
            # A query cannot word what a broken node leaves open, such as its label.
            message=_value(row, "message") or check.summary,
            advice=check.header["advice"],
            recorded=known.get(row["node"].value),
        )
        for check in checks
        for row in cast("ox.QuerySolutions", store.query(check.text))
        if isinstance(row["node"], ox.NamedNode)
    }
    return sorted(problems, key=lambda p: (LEVELS.index(p.level), p.check, p.node, p.message))


def names(store: ox.Store, checks: Sequence[Query]) -> list[Problem]:
    """Run only the checks of names, which need no inferred triples: `#+ about: names`."""
    return run(store, [check for check in checks if check.header.get("about") == "names"])


def recorded(store: ox.Store, nodes: Iterable[str] | None = None) -> dict[str, str]:
    """Return for each node, or some nodes, the data issue of the same source that concerns it."""
    known = [ox.NamedNode(node) for node in nodes or ()]  # which refuses all but addresses
    named = "" if nodes is None else f"VALUES ?node {{ {' '.join(map(str, known))} }}"
    announce(store, known)
    rows = cast("ox.QuerySolutions", store.query(_RECORDED % named))
    return {row["node"].value: row["issue"].value for row in rows}


def _value(row: ox.QuerySolution, name: str) -> str | None:
    try:
        term = row[name]
    except KeyError:
        return None
    return getattr(term, "value", None)
