"""The page of a node: a sentence, a drawing, and its sections, the later ones folded."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aikg.engine.client import Engine
from aikg.files.queries import Query
from aikg.names import BASE, PREFIXES
from aikg.web import arms, forest, sections
from aikg.web.sections import Row, Section

#: Each section's query with its answer, by name.
Found = Mapping[str, tuple[Query, dict[str, Any]]]

_AIKG = PREFIXES["aikg"]
#: The height that the tables of a page may have before a reader opens one, and that of one table,
#: in pixels at a width of 1280.
_HEIGHT, _OF_ONE = 3000, 950
#: The height of a line of text and of the edges of a row; the width of all columns in letters.
_LINE, _EDGES, _LETTERS = 21, 16, 150
#: What colours the status of a claim.
STATUSES = {"supported": "good", "disputed": "bad", "contested": "bad", "undecided": "open"}
#: The sections of comparisons, which a forest plot shows first.
_PLOTTED = ("drug-comparisons", "outcome-comparisons", "study-comparisons")
#: Sections that few readers need at first.
_FOLDED = {"study-arms", "study-groups", "drug-regimens", "other-vocabularies", "claim-findings"}
#: Columns of results that only the arms beside each other need.
_HIDDEN = {"study-groups": ("arm",), "study-issues": ("about",)}


@dataclass(frozen=True)
class Shown:
    """A section on a page.

    Attributes:
        table: Its table.
        most: How many of its rows are seen before a reader asks for all.
        folded: Whether the whole section is folded.
        drawing: A drawing above the table, or None.
    """

    table: Section
    most: int
    folded: bool
    drawing: str | None = None


def lay_out(
    found: Mapping[str, tuple[Query, dict[str, Any]]], statements: Sequence[Row]
) -> dict[str, Any]:
    """Return the sections of a page, its arms, its status and its sentence.

    Args:
        found: Each section's query with its answer, by name.
        statements: The statements about the node.
    """
    rows = {name: answer["results"]["bindings"] for name, (_, answer) in found.items()}
    beside = arms.side_by_side(rows, _first(statements, "enrols"))
    status = _status(rows.pop("claim-status", []))
    left = float(_HEIGHT)
    if beside:
        left -= 60 * min(len(beside.lines), 24)
    shown = []
    for name, (query, answer) in found.items():
        if not rows.get(name):
            continue
        table = sections.section(query, _reduced(name, answer))
        drawing = None
        if name in _PLOTTED:
            drawing = forest.draw(name, f"{query.summary}, as printed", rows[name])
            left -= 430 if drawing else 0
        most, height = _seen(table, min(left, _OF_ONE))
        folded = height == 0 or name in _FOLDED or (name == "study-results" and beside is not None)
        left -= 0 if folded else height + 90
        shown.append(Shown(table, most, folded, drawing))
    return {"sections": shown, "arms": beside, "status": status}


def _reduced(name: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer without the columns that its table does not show, and each row once."""
    hidden = {*_HIDDEN.get(name, ()), *(f"{column}_label" for column in _HIDDEN.get(name, ()))}
    if name == "claim-lines":
        return _lines(answer)
    if not hidden:
        return answer
    rows = answer["results"]["bindings"]
    for column in hidden:
        rows = arms.once(rows, column)
    names = [column for column in answer["head"]["vars"] if column not in hidden]
    return {"head": {"vars": names}, "results": {"bindings": rows}}


def _lines(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the lines of a claim, each finding once in each direction, with all its opposites."""
    merged: dict[tuple[str, ...], Row] = {}
    for row in answer["results"]["bindings"]:
        key = tuple(
            row.get(name, {}).get("value", "") for name in ("line_label", "figure", "outcome")
        )
        line = merged.setdefault(key, row)
        for column in ("subject", "comparator", "of", "reasons"):
            _join(line, row, column)
    return {"head": answer["head"], "results": {"bindings": list(merged.values())}}


def _join(line: Row, row: Row, column: str) -> None:
    name = column if column == "reasons" else f"{column}_label"
    text, more = line.get(name, {}).get("value", ""), row.get(name, {}).get("value", "")
    if more and more not in text:
        line[name] = {"type": "literal", "value": f"{text}; {more}" if text else more}


def _status(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the status of a claim under each margin, with all its reasons."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        word = row["assessment_label"]["value"]
        one = found.setdefault(
            row["assessment"]["value"],
            {"word": word, "row": row, "because": [], "colour": STATUSES.get(word, "none")},
        )
        reason = row.get("because", {}).get("value")
        if reason and reason not in one["because"]:
            one["because"].append(reason)
    return list(found.values())


def _first(statements: Iterable[Row], name: str) -> str:
    return next(
        (
            str(row["value"]["value"])
            for row in statements
            if row["property"]["value"] == _AIKG + name
        ),
        "",
    )


def _seen(table: Section, height: float) -> tuple[int, float]:
    """Return how many rows of a table have room in a height, and the height that they take."""
    letters = max(8, _LETTERS // max(1, len(table.columns)))
    seen, taken = 0, 40.0
    if height < 200:
        return 0, 0
    for _, rows in table.parts:
        taken += 40 if table.by else 0
        for row in rows:
            lines = max((_lines_of(row, name, letters) for name in table.columns), default=1)
            taken += lines * _LINE + _EDGES
            if taken > height and seen:
                return seen, height
            seen += 1
    return seen, taken


def _lines_of(row: Row, column: str, letters: int) -> int:
    term = row.get(f"{column}_label") or row.get(column)
    text = str(term["value"]) if term else ""
    below = math.ceil(len(sections.details(row, column)) / letters)
    return max(1, text.count("\n") + math.ceil(len(text) / letters) + below)


def names_of(engine: Engine, answers: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Return the label of each of our nodes that stands in a row without one, by its IRI."""
    bare = {
        str(term["value"])
        for answer in answers
        for row in answer["results"]["bindings"]
        for name, term in row.items()
        if term["type"] == "uri" and f"{name}_label" not in row and term["value"].startswith(BASE)
    }
    if not bare:
        return {}
    answer = engine.run("labels", {}, json.dumps(sorted(bare)).encode())
    found: dict[str, str] = json.loads(answer.read())
    return found
