"""The audit: the problems that checks find in the evidence, and those that curators recorded.

A check has one of three levels: Error (cannot be true), Check (unlikely), Note (cannot be tested,
and why). A curator records as a data issue what no rule can find. Damage that the text suffered
when it was taken from the page comes last, because it is not a fault of the source.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TextIO

import pyoxigraph as ox

from aikg import build
from aikg.intake.verdict import Progress, Verdict
from aikg.names import PREFIXES, shorten
from aikg.rules.checks import Problem
from aikg.settings import Settings
from aikg.sparql.evaluation import select

#: The level of a data issue that was recorded by hand; the checks have `checks.LEVELS`.
RECORDED = "Recorded"

_DAMAGE = "extraction damage"

_PREFIXES = f"PREFIX aikg: <{PREFIXES['aikg']}> PREFIX rdfs: <{PREFIXES['rdfs']}>"

#: Each variable is a part of a place, in the order in which a reader would say them.
_PLACES = f"""{_PREFIXES}
SELECT DISTINCT ?node ?Table ?section ?row ?column ?paragraph ?mark WHERE {{
  ?node aikg:statedAt? ?passage .
  ?passage aikg:inDocument ?document .
  OPTIONAL {{ ?passage aikg:section ?section }}
  OPTIONAL {{ ?passage aikg:paragraph ?paragraph }}
  OPTIONAL {{ ?passage aikg:tableNumber ?Table }}
  OPTIONAL {{ ?passage aikg:tableRow ?row }}
  OPTIONAL {{ ?passage aikg:tableColumn ?column }}
  OPTIONAL {{ ?passage aikg:footnoteMark ?mark }}
}}
ORDER BY ?node ?passage
"""

_ISSUES = f"""{_PREFIXES}
SELECT ?issue ?label ?kind ?hypothesis WHERE {{
  ?issue a aikg:DataIssue ; rdfs:label ?label ; aikg:issueKind/rdfs:label ?kind .
  OPTIONAL {{ ?issue aikg:hypothesis ?hypothesis }}
}}
ORDER BY ?issue ?hypothesis
"""


@dataclass(frozen=True)
class Entry:
    """One line of the audit.

    Attributes:
        level: Error, Check or Note; Recorded if a curator found it, not a rule.
        found_by: The check; for a recorded issue, its kind.
        node: The node that it is about, as a prefixed name.
        file: File and line.
        source_place: Table, row and column, or section and paragraph, in the source itself.
        message: The problem, with the arithmetic.
        advice: The remedy.
        recorded: The data issue of the same source that concerns the node, or nothing.
        issue: The label of that issue, which may be about something else than the check.
        hypotheses: Every explanation that the issue lists; none is preferred.
    """

    level: str
    found_by: str
    node: str
    file: str
    source_place: str
    message: str
    advice: str = ""
    recorded: str = ""
    issue: str = ""
    hypotheses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """The result of an audit.

    Attributes:
        entries: The worst level first; recorded issues after it, damage of the text last.
        stops: How many errors are recorded by no data issue of their source.
    """

    entries: list[Entry]
    stops: int


@dataclass(frozen=True)
class _Issue:
    label: str = ""
    kind: str = ""
    hypotheses: tuple[str, ...] = ()


def audit(
    paths: Sequence[Path], settings: Settings, progress: Progress = lambda stage: None
) -> Report:
    """Examine the graph's files, or files together with them; then report only on the latter.

    Raises:
        MissingFolder: A file cannot be read.
        TurtleSyntaxError: A file is not Turtle.
        GraphInvalid: A file breaks a shape, or contradicts the ontology.
    """
    curated, names = build.judge_with(paths, settings.root, progress)
    curated.refuse(names, checks=False)
    verdict = curated.of(names)
    issues, places = _issues(verdict.store), _places(verdict.store)
    found = [_found(problem, verdict, issues, places) for problem in verdict.problems]
    recorded = [
        Entry(
            RECORDED,
            issue.kind,
            shorten(node),
            _file(verdict, node),
            places.get(node, ""),
            issue.label,
            hypotheses=issue.hypotheses,
        )
        for node, issue in issues.items()
        if node in verdict.submission.nodes
    ]
    recorded.sort(key=lambda entry: (entry.found_by == _DAMAGE, entry.node))
    return Report(found + recorded, sum(problem.stops for problem in verdict.problems))


def write(report: Report, form: str, output: TextIO) -> None:
    """Write a report as JSON, or as CSV with all hypotheses in one cell."""
    if form == "json":
        json.dump([asdict(entry) for entry in report.entries], output, indent=2, ensure_ascii=False)
        output.write("\n")
        return
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(field.name for field in fields(Entry))
    for entry in report.entries:
        *cells, hypotheses = asdict(entry).values()
        writer.writerow([*cells, " | ".join(hypotheses)])


def _found(
    problem: Problem, verdict: Verdict, issues: dict[str, _Issue], places: dict[str, str]
) -> Entry:
    issue = issues.get(problem.recorded or "", _Issue())
    return Entry(
        level=problem.level,
        found_by=problem.check,
        node=shorten(problem.node),
        file=_file(verdict, problem.node, problem.path, problem.value),
        source_place=places.get(problem.node, ""),
        message=problem.message,
        advice=problem.advice,
        recorded=shorten(problem.recorded) if problem.recorded else "",
        issue=issue.label,
        hypotheses=issue.hypotheses,
    )


def _file(verdict: Verdict, node: str, path: str | None = None, value: str | None = None) -> str:
    submission = verdict.submission
    return submission.place(node, path, value).after(submission.file)


def _issues(store: ox.Store) -> dict[str, _Issue]:
    """Read the data issues, by their IRI."""
    issues: dict[str, _Issue] = {}
    for node, label, kind, hypothesis in select(store, _ISSUES)[1]:
        before = issues.get(node.value, _Issue()).hypotheses
        more = (hypothesis.value,) if hypothesis else ()
        issues[node.value] = _Issue(label.value, kind.value, before + more)
    return issues


def _places(store: ox.Store) -> dict[str, str]:
    """Return for each node its place in its sources, in a reader's words."""
    places: dict[str, list[str]] = {}
    (_, *words), rows = select(store, _PLACES)
    for node, *parts in rows:
        said = [
            part.value if word == "section" else f"{word} {part.value}"
            for word, part in zip(words, parts, strict=True)
            if part
        ]
        places.setdefault(node.value, []).append(", ".join(said))
    return {node: "; ".join(dict.fromkeys(found)) for node, found in places.items()}
