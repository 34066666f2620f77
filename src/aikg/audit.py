"""The audit: what the checks find in the evidence, and what curators recorded, with its place.

A check speaks at one of three levels: Error (cannot be true), Check (unlikely), Note (cannot be
tested, and why). What no rule can find a curator records as a data issue; damage that the text
suffered when it was taken from the page comes last, for it is no fault of the source.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TextIO, cast

import pyoxigraph as ox

from aikg import build
from aikg.names import PREFIXES, shorten
from aikg.rules.validation import Progress, Verdict, examine
from aikg.settings import Settings

#: The level of what was recorded by hand; those of the checks are `checks.LEVELS`.
RECORDED = "Recorded"

_DAMAGE = "extraction damage"

_PREFIXES = f"PREFIX aikg: <{PREFIXES['aikg']}> PREFIX rdfs: <{PREFIXES['rdfs']}>"

_PLACES = (
    _PREFIXES
    + """
SELECT DISTINCT ?node ?passage ?section ?paragraph ?table ?row ?column ?mark WHERE {
  ?node aikg:statedAt? ?passage .
  ?passage aikg:inDocument ?document .
  OPTIONAL { ?passage aikg:section ?section }
  OPTIONAL { ?passage aikg:paragraph ?paragraph }
  OPTIONAL { ?passage aikg:tableNumber ?table }
  OPTIONAL { ?passage aikg:tableRow ?row }
  OPTIONAL { ?passage aikg:tableColumn ?column }
  OPTIONAL { ?passage aikg:footnoteMark ?mark }
}
ORDER BY ?node ?passage
"""
)

_ISSUES = (
    _PREFIXES
    + """
SELECT ?issue ?label ?kind ?hypothesis WHERE {
  ?issue a aikg:DataIssue ; rdfs:label ?label ; aikg:issueKind/rdfs:label ?kind .
  OPTIONAL { ?issue aikg:hypothesis ?hypothesis }
}
ORDER BY ?issue ?hypothesis
"""
)


@dataclass(frozen=True)
class Entry:
    """One line of the audit.

    Attributes:
        level: Error, Check or Note; Recorded where a curator found it, not a rule.
        found_by: The check; for what was recorded by hand, the kind of issue.
        node: What it is about, as a prefixed name.
        file: File and line.
        source_place: Table, row and column, or section and paragraph, in the source itself.
        message: What is wrong, with the arithmetic.
        advice: What to do about it.
        recorded: The data issue of the same source that concerns the node, or nothing.
        issue: What that issue says, which need not be what the check found.
        hypotheses: Every explanation that the issue lists; none is preferred.
    """

    level: str
    found_by: str
    node: str
    file: str
    source_place: str
    message: str
    advice: str
    recorded: str
    issue: str
    hypotheses: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """What an audit found.

    Attributes:
        entries: The worst level first; what was recorded by hand after it, damage of the text last.
        stops: How many errors are recorded by no data issue of their source.
    """

    entries: list[Entry]
    stops: int


@dataclass(frozen=True)
class _Issue:
    label: str
    kind: str
    hypotheses: tuple[str, ...]


def audit(
    paths: Sequence[Path], settings: Settings, progress: Progress = lambda stage: None
) -> Report:
    """Examine the graph's files, or files together with them; of the latter, only these are told.

    Raises:
        MissingFolder: A file cannot be read.
        TurtleSyntaxError: A file is not Turtle.
        GraphInvalid: A file breaks a shape.
        Inconsistent: What follows from a file contradicts the ontology.
    """
    progress("read")
    ontology, data, names = build.read_with(paths, settings.root)
    verdict = examine(ontology, data, settings.root, progress, names if paths else None)
    issues = _issues(verdict.store)
    places = _places(verdict.store)
    entries = _found(verdict, issues, places) + _recorded(verdict, issues, places)
    return Report(entries, sum(problem.stops for problem in verdict.problems))


def write(report: Report, form: str, output: TextIO) -> None:
    """Write a report as JSON, or as CSV with a hypothesis after the other in one cell."""
    if form == "json":
        json.dump([asdict(entry) for entry in report.entries], output, indent=2, ensure_ascii=False)
        output.write("\n")
        return
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(field.name for field in fields(Entry))
    for entry in report.entries:
        *cells, hypotheses = asdict(entry).values()
        writer.writerow([*cells, " | ".join(hypotheses)])


def _found(verdict: Verdict, issues: dict[str, _Issue], places: dict[str, str]) -> list[Entry]:
    return [
        Entry(
            level=problem.level,
            found_by=problem.check,
            node=shorten(problem.node),
            file=verdict.files.place(problem.node, problem.path, problem.value),
            source_place=places.get(problem.node, ""),
            message=problem.message,
            advice=problem.advice,
            recorded=shorten(problem.recorded) if problem.recorded else "",
            issue=issues[problem.recorded].label if problem.recorded else "",
            hypotheses=issues[problem.recorded].hypotheses if problem.recorded else (),
        )
        for problem in verdict.problems
    ]


def _recorded(verdict: Verdict, issues: dict[str, _Issue], places: dict[str, str]) -> list[Entry]:
    entries = [
        Entry(
            level=RECORDED,
            found_by=issue.kind,
            node=shorten(node),
            file=verdict.files.place(node),
            source_place=places.get(node, ""),
            message=issue.label,
            advice="",
            recorded="",
            issue="",
            hypotheses=issue.hypotheses,
        )
        for node, issue in issues.items()
        if verdict.files.holds(node)
    ]
    return sorted(entries, key=lambda entry: (entry.found_by == _DAMAGE, entry.node))


def _issues(store: ox.Store) -> dict[str, _Issue]:
    """Read the data issues, by their IRI."""
    issues: dict[str, _Issue] = {}
    for row in cast(ox.QuerySolutions, store.query(_ISSUES)):
        before = issues[row["issue"].value].hypotheses if row["issue"].value in issues else ()
        more = (row["hypothesis"].value,) if row["hypothesis"] else ()
        issues[row["issue"].value] = _Issue(row["label"].value, row["kind"].value, before + more)
    return issues


def _places(store: ox.Store) -> dict[str, str]:
    """Say of each node where its sources print it, as a reader would."""
    places: dict[str, list[str]] = {}
    for row in cast(ox.QuerySolutions, store.query(_PLACES)):
        parts = [f"Table {row['table'].value}"] if row["table"] else []
        for name, word in (
            ("section", ""),
            ("row", "row "),
            ("column", "column "),
            ("paragraph", "paragraph "),
            ("mark", "mark "),
        ):
            if row[name]:
                parts.append(f"{word}{row[name].value}")
        places.setdefault(row["node"].value, []).append(", ".join(parts))
    return {node: "; ".join(dict.fromkeys(found)) for node, found in places.items()}
