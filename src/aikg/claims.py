"""The claims: the status of each under each margin, its evidence lines, and the effect of files."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, TextIO

import pyoxigraph as ox

from aikg import build
from aikg.files import turtle
from aikg.files.queries import find_query, read_queries
from aikg.files.version import version_of
from aikg.intake.verdict import Progress
from aikg.rules import reasoning
from aikg.settings import Settings
from aikg.sparql.evaluation import as_text, select

_VERSION = """
PREFIX aikg: <https://w3id.org/aikg/ontology/>
PREFIX derivation: <https://w3id.org/aikg/derivation/>
SELECT ?version { derivation:claim-status aikg:version ?version }
"""

#: How many claims are marked as those to read first.
_FIRST = 3
#: Where the questions take the year of the claim, and what stands there if a year is given.
_YEARS = {
    "?own aikg:year ?said .": "BIND({} AS ?said)",
    "(MIN(?when) AS ?year)": "({} AS ?year)",
}


@dataclass(frozen=True)
class Line:
    """The evidence of one finding on a claim.

    Attributes:
        direction: Supports, disputes or neutral.
        found_by: The rule, the authors, or both.
        finding: The finding, as a prefixed name.
        printed: Its figure, as the source prints it.
        outcome: What it measures.
        reasons: Why it decides nothing, or needs care.
        study: The trial of the finding.
        measure: How the results of people became one figure.
        unit: Its unit.
        patients: The number of people in the group; in both, of a comparison.
        time: The time point.
        analysis: The analysis of the trial.
        assessed_by: Who judged the outcome.
        grade: The grade of an adverse event.
        interval: The confidence interval with its level.
        p: The p value with its sign and sides.
    """

    direction: str = ""
    found_by: str = ""
    finding: str = ""
    printed: str = ""
    outcome: str = ""
    reasons: str = ""
    study: str = ""
    measure: str = ""
    unit: str = ""
    patients: str = ""
    time: str = ""
    analysis: str = ""
    assessed_by: str = ""
    grade: str = ""
    interval: str = ""
    p: str = ""

    @property
    def figure(self) -> str:
        """The figure in a line of text, with what makes it that figure."""
        parts = {
            "": self.measure,
            "unit ": self.unit,
            "n = ": self.patients,
            "at ": self.time,
            "analysis: ": self.analysis,
            "assessed by ": self.assessed_by,
            "grade ": self.grade,
            "interval ": self.interval,
            "p ": self.p,
            "of ": self.study,
        }
        said = ", ".join(name + text for name, text in parts.items() if text)
        return f"{self.printed} {self.outcome}{f' ({said})' if said else ''}"


@dataclass(frozen=True)
class Assessed:
    """A claim under one margin, or under none.

    Attributes:
        claim: The claim, as a prefixed name.
        says: Its text.
        margin: The margin, or nothing.
        status: Supported, disputed, contested, undecided, no data, not computed.
        was: The status without the given files, if it differs, or nothing.
        why: What the claim lacks.
        lines: The evidence lines.
        rule: The rule behind the status, with its version.
        data: The version of the data, and the given files.
    """

    claim: str
    says: str
    margin: str
    status: str
    was: str
    why: str
    lines: tuple[Line, ...]
    rule: str
    data: str


def assess(
    paths: Sequence[Path], settings: Settings, progress: Progress = lambda stage: None
) -> list[Assessed]:
    """Return the status of each claim that findings can test, with or without the given files.

    Raises:
        MissingFolder: A file cannot be read.
        TurtleSyntaxError: A file is not Turtle.
        GraphInvalid: A file breaks a shape, or contradicts the ontology.
    """
    store = build.store_with(paths, settings.root, progress)
    before = _before(settings) if paths else None
    version = " + ".join([version_of(settings.root), *(path.name for path in paths)])
    return _assessed(store, settings, before, version)


@dataclass(frozen=True)
class Change:
    """A claim of which something changed.

    Attributes:
        claim: The claim, as a prefixed name.
        says: Its text.
        margin: The margin, or nothing.
        state: The status now; of an expectation, whether it was met.
        sentence: What changed, in words.
        trials: The trials that reported since, as one text.
        figures: The figures that an expectation is judged by, as one text, or nothing.
        first: Whether it is one of the few to read first.
    """

    claim: str
    says: str
    margin: str
    state: str
    sentence: str
    trials: str
    figures: str = ""
    first: bool = False


def changes(
    paths: Sequence[Path], settings: Settings, year: int, progress: Progress = lambda stage: None
) -> list[Change]:
    """Return each claim of which something has changed since a year, those to read first before.

    First are changed statuses, then expectations that were not met, then those that were met, then
    claims with more evidence; among equals those of more trials. Of claims with the same trials
    only one is among the first.

    Raises:
        MissingFolder: A file cannot be read.
        TurtleSyntaxError: A file is not Turtle.
        GraphInvalid: A file breaks a shape, or contradicts the ontology.
    """
    store = build.store_with(paths, settings.root, progress)
    ranked: list[tuple[tuple[int, int, str, str], Change]] = []
    for row in _ask(store, settings, "claims-over-time", year):
        if row["then"] != row["now"] or row["lines_since"] != "0":
            said: dict[str, Any] = {n: row[n] for n in ("claim", "says", "margin", "sentence")}
            found = Change(**said, state=row["now"], trials=row["trials_since"])
            ranked.append((_rank(0 if row["then"] != row["now"] else 3, found), found))
    for row in _ask(store, settings, "expectations", year):
        if row["trials"]:
            names = ("claim", "says", "state", "sentence", "trials", "figures")
            said = {name: row[name] for name in names}
            found = Change(**said, margin="")
            ranked.append((_rank(1 if row["state"] == "not met" else 2, found), found))
    return _with_first([found for _, found in sorted(ranked, key=lambda pair: pair[0])])


def _rank(kind: int, found: Change) -> tuple[int, int, str, str]:
    return kind, -len(found.trials.split(", ")), found.claim, found.margin


def _with_first(ranked: Sequence[Change]) -> list[Change]:
    """Mark the first few, each of other trials than those before it."""
    chosen: dict[str, Change] = {}
    for found in ranked:
        if len(chosen) < _FIRST:
            chosen.setdefault(found.trials, found)
    first = [replace(found, first=True) for found in chosen.values()]
    return first + [found for found in ranked if found not in chosen.values()]


def write_changes(found: Sequence[Change], form: str, output: TextIO) -> None:
    """Write as JSON, or as CSV with a row for each claim."""
    if form == "json":
        json.dump([asdict(each) for each in found], output, indent=2, ensure_ascii=False)
        output.write("\n")
        return
    writer = csv.DictWriter(output, [f.name for f in fields(Change)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(each) for each in found)


def write(assessed: Sequence[Assessed], form: str, output: TextIO) -> None:
    """Write as JSON, or as CSV with a row for each line."""
    if form == "json":
        json.dump([asdict(each) for each in assessed], output, indent=2, ensure_ascii=False)
        output.write("\n")
        return
    writer = csv.writer(output, lineterminator="\n")
    head = ("claim", "says", "margin", "status", "was", "why")
    writer.writerow([*head, *(field.name for field in fields(Line)), "rule", "data"])
    for each in assessed:
        for line in each.lines or (Line(),):
            cells = (getattr(each, name) for name in head)
            writer.writerow([*cells, *asdict(line).values(), each.rule, each.data])


def _before(settings: Settings) -> dict[tuple[str, str], str]:
    """Return the statuses without any file, by claim and margin."""
    store = turtle.store_of(s.triple for s in build.read_sources(settings.root))
    inferred = reasoning.derive(store, settings.root / "queries" / "rules")
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in inferred)
    return {(e.claim, e.margin): e.status for e in _assessed(store, settings, None, "")}


def _assessed(
    store: ox.Store,
    settings: Settings,
    before: Mapping[tuple[str, str], str] | None,
    data: str,
) -> list[Assessed]:
    _, ((version,),) = select(store, _VERSION)
    lines: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for row in _ask(store, settings, "claim-evidence"):
        line = Line(**{field.name: row[field.name] for field in fields(Line)})
        lines[row["claim"], row["margin"]].append(line)
    found = []
    for row in _ask(store, settings, "claim-status"):
        key = row["claim"], row["margin"]
        was = "" if before is None else before.get(key, before.get((row["claim"], ""), "new"))
        found.append(
            Assessed(
                **{name: row[name] for name in ("claim", "says", "margin", "status", "why")},
                was="" if was == row["status"] else was,
                lines=tuple(lines[key]),
                rule=f"claim-status, version {version.value}",
                data=data,
            )
        )
    return found


def _ask(
    store: ox.Store, settings: Settings, name: str, year: int | None = None
) -> list[dict[str, str]]:
    """Answer a registered question; an unbound variable is empty.

    Args:
        store: The graph.
        settings: Where the questions are.
        name: The question.
        year: Later is what came after this year, not after the year of the claim.
    """
    registered = read_queries(settings.root / "queries" / "competency")
    text = find_query(registered, name).text
    for said, given in _YEARS.items() if year is not None else ():
        text = text.replace(said, given.format(year))
    names, rows = select(store, text)
    return [dict(zip(names, map(as_text, row), strict=True)) for row in rows]
