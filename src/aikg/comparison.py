"""Comparisons in this process, for the command line and for notebooks: no server is needed."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from aikg import graph, settings
from aikg.graph import data_frame
from aikg.intake.verdict import Rules
from aikg.links.lookup import LookUp, Sources
from aikg.publication import tentative
from aikg.rules import incremental
from aikg.settings import Settings
from aikg.sparql.evaluation import Request, deep, evaluate, select
from aikg.synthesis.asking import Asker, Words
from aikg.synthesis.excerpt import load

if TYPE_CHECKING:
    import pandas as pd


def asker(configured: Settings, files: Sequence[Path] = ()) -> Asker:
    """Open the graph for comparisons.

    Args:
        configured: The settings.
        files: Trials that are not published, as sheets or RDF; each is put beside the graph.

    Raises:
        GraphInvalid: A file breaks a rule; the message is the report.
    """
    opened = graph.open_graph(configured, with_vocabularies=False)
    store, version = opened.store, " + ".join([opened.version, *(path.name for path in files)])
    if files:
        rules = Rules.load(configured.root)
        follows = incremental.read_rules(configured.root / "queries" / "rules")
        for path in files:
            tentative.add(store, path, rules, follows)

    def rows(query: str) -> list[tuple[str, ...]]:
        _, found = select(store, query)
        return [tuple("" if term is None else _text(term) for term in row) for row in found]

    def as_json(query: str) -> bytes:
        answer = io.BytesIO()
        request = Request(query, format="json")
        deep(lambda: evaluate(store, request, answer, begin=lambda media_type: None))
        return answer.getvalue()

    root = configured.root
    return Asker(rows, lambda: LookUp(as_json, Sources.read(root)), load(root), version)


def _text(term: ox.NamedNode | ox.BlankNode | ox.Literal) -> str:
    return str(term) if isinstance(term, ox.BlankNode) else str(term.value)


@dataclass(frozen=True)
class Comparison:
    """The answer to one comparison.

    Attributes:
        answer: The answer, with the keys of `docs/reference/compare.md`.
    """

    answer: dict[str, Any]

    @property
    def summary(self) -> str:
        """The answer in five sentences."""
        return str(self.answer["summary"])

    @property
    def verdict(self) -> str:
        """The best verdict of its estimates, or `refused`."""
        return str(self.answer["verdict"])

    def _repr_markdown_(self) -> str:
        """Return what a notebook shows."""
        return f"**{self.verdict}**: {self.summary}"

    @property
    def estimates(self) -> pd.DataFrame:
        """A row for each estimate: ratios as ratios, differences in percentage points.

        `low` and `high` span all counts that may stand behind the figures, `ci_low` and `ci_high`
        all of their intervals.
        """
        names = ("id", "path", "setting", "figures", "measure", "model", "point")
        rows = [
            {name: each[name] for name in names}
            | {"low": each["estimate"]["low"], "high": each["estimate"]["high"]}
            | {"ci_low": each["interval"]["low"], "ci_high": each["interval"]["high"]}
            | {"k": each["k"], "combinations": each["combinations"]}
            | {"verdict": each["verdict"], "caveats": " ".join(each["caveats"])}
            for each in self.answer["estimates"]
        ]
        columns = ["low", "high", "ci_low", "ci_high", "k", "combinations", "verdict", "caveats"]
        return _frame(rows, [*names, *columns])

    @property
    def refused(self) -> pd.DataFrame:
        """A row for each estimate that is not computed, with its reason."""
        columns = ["path", "through", "studies", "figures", "codes", "words", "blockedBy"]
        return _frame([_joined(item) for item in self.answer["refused"]], columns)

    @property
    def cells(self) -> pd.DataFrame:
        """A row for each figure of a group, with the least and the greatest count behind it."""
        rows = [
            {name: cell[name] for name in ("study", "drug", "population", "outcome", "size")}
            | {"figures": source, "printed": figure["printed"], "finding": figure["finding"]}
            | _counts(figure["candidates"])
            | {"graph": cell["graph"]}
            for cell in self.answer["cells"]
            for source, figure in cell["figures"].items()
            if figure
        ]
        columns = ["study", "drug", "population", "outcome", "size", "figures", "printed"]
        return _frame(rows, [*columns, "finding", "counts", "least", "most", "graph"])


def _counts(candidates: Sequence[dict[str, Any]]) -> dict[str, int | None]:
    counts = [each["count"] for each in candidates]
    ends = {"least": min(counts, default=None), "most": max(counts, default=None)}
    return {"counts": len(counts)} | ends


def _joined(item: dict[str, Any]) -> dict[str, Any]:
    return {name: " ".join(v) if isinstance(v, list) else v for name, v in item.items()}


def _frame(rows: Iterable[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    return data_frame([[row[name] for name in columns] for row in rows], columns)


def compare(
    experimental: str,
    reference: str,
    *,
    outcome: str,
    population: str = "",
    files: Iterable[str | Path] = (),
    **more: Any,
) -> Comparison:
    """Compare two treatments, as `aikg compare` does.

    Args:
        experimental: The treatment whose effect is asked.
        reference: The treatment that it is compared with.
        outcome: The outcome.
        population: The patients; all without it.
        files: Trials that are not published, as sheets or RDF.
        more: `measure`, `figures`, `nodes`, `correct`, `curated`; see `Words`.

    Raises:
        ComparisonMalformed: The comparison cannot be asked for.
        ComparisonNameUnknown: A name is unknown or stands for several.
    """
    opened = asker(settings.from_environment(), [Path(file) for file in files])
    return Comparison(opened.compare(Words(outcome, experimental, reference, population, **more)))
