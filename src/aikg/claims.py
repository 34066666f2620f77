"""The claims: the status of each under each margin, the lines behind it, and what files change."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

import pyoxigraph as ox

from aikg import build, questions
from aikg.files.version import version_of
from aikg.names import shorten
from aikg.rules import reasoning
from aikg.rules.validation import Progress, examine, store_of
from aikg.settings import Settings
from aikg.sparql.evaluation import select

_VERSION = """
PREFIX aikg: <https://w3id.org/aikg/ontology/>
PREFIX derivation: <https://w3id.org/aikg/derivation/>
SELECT ?version { derivation:claim-status aikg:version ?version }
"""


@dataclass(frozen=True)
class Line:
    """What one finding says on a claim.

    Attributes:
        direction: Supports, disputes or neutral.
        found_by: The rule, the authors, or both.
        finding: The finding, as a prefixed name.
        printed: Its figure, as the source prints it.
        outcome: What it measures.
        reasons: Why it decides nothing, or is to be read with care.
    """

    direction: str
    found_by: str
    finding: str
    printed: str
    outcome: str
    reasons: str


@dataclass(frozen=True)
class Assessed:
    """A claim under one margin, or under none.

    Attributes:
        claim: The claim, as a prefixed name.
        says: What it claims.
        margin: The margin, or nothing.
        status: Supported, disputed, contested, undecided, no data, not computed.
        was: The status without the files that were given, where it differs, or nothing.
        why: What the claim lacks.
        lines: What the findings say.
        rule: What gave the status, with its version.
        data: The version of the data that it is of, and the files that were given.
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
    """Give the status of each claim that findings can test, with the files given or without.

    Raises:
        MissingFolder: A file cannot be read.
        TurtleSyntaxError: A file is not Turtle.
        GraphInvalid: A file breaks a shape.
        Inconsistent: What follows from a file contradicts the ontology.
    """
    progress("read")
    ontology, data, _ = build.read_with(paths, settings.root)
    store = examine(ontology, data, settings.root, progress).store
    before = _before(settings) if paths else None
    version = " + ".join([version_of(settings.root), *(path.name for path in paths)])
    return _assessed(store, settings, before, version)


def write(assessed: Sequence[Assessed], form: str, output: TextIO) -> None:
    """Write as JSON, or as CSV with a row for each line."""
    if form == "json":
        json.dump([asdict(each) for each in assessed], output, indent=2, ensure_ascii=False)
        output.write("\n")
        return
    writer = csv.writer(output, lineterminator="\n")
    names = ["claim", "says", "margin", "status", "was", "why", *Line.__dataclass_fields__]
    writer.writerow([*names, "rule", "data"])
    for each in assessed:
        head = [each.claim, each.says, each.margin, each.status, each.was, each.why]
        for line in each.lines or (Line("", "", "", "", "", ""),):
            writer.writerow([*head, *asdict(line).values(), each.rule, each.data])


def _before(settings: Settings) -> dict[tuple[str, str], str]:
    """Give the statuses without any file, by claim and margin."""
    ontology, data, _ = build.read_with([], settings.root)
    store = store_of([*ontology, *data])
    inferred = reasoning.derive(store, settings.root / "queries" / "rules")
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in inferred)
    return {(e.claim, e.margin): e.status for e in _assessed(store, settings, None, "")}


def _assessed(
    store: ox.Store,
    settings: Settings,
    before: Mapping[tuple[str, str], str] | None,
    data: str,
) -> list[Assessed]:
    rule = _rule(store)
    lines: dict[tuple[str, str], list[Line]] = {}
    for row in _ask(store, settings, "claim-evidence"):
        line = Line(
            row["direction"],
            row["found_by"],
            row["finding"],
            row["printed"],
            row["outcome"],
            row["reasons"],
        )
        lines.setdefault((row["claim"], row["margin"]), []).append(line)
    found = []
    for row in _ask(store, settings, "claim-status"):
        key = row["claim"], row["margin"]
        was = "" if before is None else before.get(key, before.get((row["claim"], ""), "new"))
        found.append(
            Assessed(
                claim=row["claim"],
                says=row["says"],
                margin=row["margin"],
                status=row["status"],
                was="" if was == row["status"] else was,
                why=row["why"],
                lines=tuple(lines.get(key, ())),
                rule=rule,
                data=data,
            )
        )
    return found


def _rule(store: ox.Store) -> str:
    """Name what gives the statuses, with its version."""
    _, ((version,),) = select(store, _VERSION)
    return f"claim-status, version {version.value}"


def _ask(store: ox.Store, settings: Settings, name: str) -> list[dict[str, str]]:
    """Ask a registered question; names are prefixed, what is unbound is empty."""
    registered = questions.load(settings.root / "queries" / "competency")
    names, rows = select(store, questions.find(registered, name).text)
    return [dict(zip(names, map(_text, row), strict=True)) for row in rows]


def _text(term: object) -> str:
    value = str(getattr(term, "value", "")) if term is not None else ""
    return shorten(value) if isinstance(term, ox.NamedNode) else value
