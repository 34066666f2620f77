"""The check of a store: its graph, its answers, and the probes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from aikg.errors import AikgError, SettingError, StoreRefused
from aikg.files.queries import Query, read_queries
from aikg.files.turtle import load_nquads
from aikg.files.version import built_version
from aikg.names import BASE, PREFIXES
from aikg.sparql.evaluation import select
from aikg.store.protocol import Store
from aikg.store.qualify import answers, manners, terms, traces, transactions
from aikg.store.qualify.answers import Compared
from aikg.store.qualify.probe import Finding, Tried, number_of, run
from aikg.store.qualify.traces import Traces

_VERSION = f"""SELECT ?version {{
  GRAPH <{BASE}.well-known/void> {{ ?dataset <{PREFIXES["dcat"]}version> ?version }} }}"""
_COUNTS = (
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }",
)
#: The kinds of queries that are compared, with their folders.
KINDS = {"question": "competency", "check": "checks", "rule": "rules"}


@dataclass(frozen=True)
class Result:
    """The result of a check.

    Attributes:
        findings: What each probe found, in the order of the table.
        compared: Each question, check and rule.
    """

    findings: list[Finding]
    compared: list[Compared]

    @property
    def qualifies(self) -> bool:
        """Whether aikg can be on the store: nothing fails, and everything was tried."""
        return not any(one.state in {"fails", "not tried"} for one in self.findings)

    @property
    def verdict(self) -> str:
        """The result in one line."""
        if self.qualifies:
            return "qualifies"
        counts = [sum(f.state == state for f in self.findings) for state in ("fails", "not tried")]
        words = [f"{n} {w}" for n, w in zip(counts, ("failed", "not tried"), strict=True) if n]
        return f"does not qualify: {', '.join(words)}"

    def as_json(self) -> dict[str, Any]:
        """Return all of it for programs."""
        return {
            "qualifies": self.qualifies,
            "verdict": self.verdict,
            "probes": [asdict(one) for one in self.findings],
            "queries": [asdict(one) for one in self.compared],
        }


@contextmanager
def writing(store: Store, write: bool) -> Iterator[Traces]:
    """Yield names to write under; what was written is removed at the end, however it ends.

    What a check that was killed has left is removed first.

    Raises:
        SettingError: The check is to write, and no address for updates is known.
    """
    if write:
        if not store.update_address:
            raise SettingError(
                "No address for updates is known.",
                advice="Name it, as in `--update http://127.0.0.1:3030/aikg/update`.",
            )
        traces.remove(store)
    try:
        yield Traces(store)
    finally:
        if write:
            _remove(store)


def _remove(store: Store) -> None:
    """Remove what was written.

    Raises:
        StoreRefused: Something may still be there.
    """
    try:
        traces.remove(store)
    except AikgError as error:
        raise StoreRefused(
            f"The store may still contain what the check wrote: {error}",
            advice="When the store answers again, run the command with --clean.",
        ) from error


def examine(
    tried: Tried, graph: Path, root: Path, write: bool, progress: Callable[[str], object]
) -> Result:
    """Compare the answers of a store with those of the embedded engine, and run the probes.

    Args:
        tried: The store, and where to write.
        graph: The built graph, as N-Quads.
        root: The folder with `queries/`.
        write: Whether the probes that write are run.
        progress: Called with the name of each stage.
    """
    embedded = ox.Store()
    load_nquads(embedded, graph)
    there = _has_graph(tried, embedded, built_version(graph) or "")
    findings, compared = [there], []
    for kind, folder in KINDS.items():
        progress(f"{kind}s")
        if there.state == "not tried":
            findings.append(Finding(f"{kind}s", "not tried", "the graph is not in the store"))
            continue
        queries = [(kind, query) for query in read_queries(root / "queries" / folder)]
        found = _compared(tried, embedded, queries, progress)
        compared += found
        findings.append(_summary(kind, found))
    probes = [*terms.PROBES, *transactions.PROBES, *manners.PROBES]
    for finding in _reported(run(probes, tried, write), progress):
        findings.append(finding)
    return Result(findings, compared)


def _compared(
    tried: Tried,
    embedded: ox.Store,
    queries: Sequence[tuple[str, Query]],
    progress: Callable[[str], object],
) -> list[Compared]:
    found = []
    for one in answers.compare(tried.store, embedded, queries, tried.patience):
        progress(f"{one.kind} {one.name}")
        found.append(one)
    return found


def _reported(found: Iterator[Finding], progress: Callable[[str], object]) -> Iterator[Finding]:
    for finding in found:
        progress(finding.probe)
        yield finding


def _has_graph(tried: Tried, embedded: ox.Store, version: str) -> Finding:
    """Say whether the built graph is in the store: its version, and how many triples it has."""
    probe = "the built graph is there"
    _, rows = tried.store.select(_VERSION, tried.patience)
    versions = {str(getattr(row[0], "value", row[0])) for row in rows}
    if version not in versions:
        has = f"version {', '.join(sorted(versions))}" if versions else "no graph of aikg"
        return Finding(
            probe,
            "not tried",
            f"the store has {has}, and the built graph has version {version}; load graph.nq first",
        )
    wanted = [int(select(embedded, query)[1][0][0].value) for query in _COUNTS]
    counts = [number_of(tried.store, query, tried.patience) for query in _COUNTS]
    found = (
        f"version {version}: {counts[0]:,} triples in the default graph, {counts[1]:,} in others"
    )
    if counts == wanted:
        return Finding(probe, "sound", found)
    return Finding(
        probe,
        "fails",
        f"{found}; the built graph has {wanted[0]:,} and {wanted[1]:,}",
        "Answers would be those of another graph.",
    )


def _summary(kind: str, compared: Sequence[Compared]) -> Finding:
    same = sum(one.state == "same" for one in compared)
    found = f"{same} of {len(compared)} are answered as by the embedded engine"
    words = {"different": "different", "repeated": "rows more than once", "failed": "no answer"}
    for state, word in words.items():
        if names := [one.name for one in compared if one.state == state]:
            found += f"; {word}: {', '.join(names)}"
    # The triples that a rule concludes are a set: it does not matter how often each comes.
    bad = {"different", "failed"} | (set() if kind == "rule" else {"repeated"})
    if not any(one.state in bad for one in compared):
        return Finding(f"{kind}s", "sound" if same == len(compared) else "note", found)
    consequence = {
        "question": "Questions and pages would show other answers.",
        "check": "Submissions would be judged by other findings.",
        "rule": "Other triples would be inferred.",
    }
    return Finding(f"{kind}s", "fails", found, consequence[kind])
