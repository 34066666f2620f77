"""The arms of a trial side by side: each outcome a row, each arm a column, with the difference."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from aikg.synthesis.counts import candidates, decimals_of
from aikg.synthesis.proportions import newcombe
from aikg.web.sections import Row

#: The most arms that stand side by side; a trial with more has a plain table.
MOST_ARMS = 4
#: What makes a figure that figure, besides its outcome, its people and its arm.
_DETAILS = ("measure", "unit", "time", "analysis", "assessed_by", "grade")
_NUMBER = re.compile(r"\d+(?:[.\u00b7]\d+)?")
#: The most people of an arm for which all counts behind a percentage are tried.
_MOST_PEOPLE = 100_000


@dataclass
class Line:
    """One outcome, measured in one way, in people who were chosen in one way.

    Attributes:
        outcome: The row that names the outcome.
        people: What the people are called where they are a part of the trial's, or "".
        details: Measure, unit, time, analysis, assessor and grade, as far as they are stated.
        cells: The rows of each arm, by the IRI of the arm.
        contrasts: The comparisons that a source prints of these arms.
        difference: The difference that is computed here, in words; or "".
    """

    outcome: Row
    people: str
    details: list[str]
    cells: dict[str, list[Row]] = field(default_factory=dict)
    contrasts: list[Row] = field(default_factory=list)
    difference: str = ""


@dataclass(frozen=True)
class Arms:
    """The arms of a trial, and its results.

    Attributes:
        arms: What each arm is called, by its IRI.
        lines: The results, in the order of the outcomes.
        flags: The known problems of a figure, by the IRI of the figure.
    """

    arms: dict[str, str]
    lines: list[Line]
    flags: Mapping[str, list[Row]]


def side_by_side(rows: Mapping[str, Sequence[Row]], whole: str) -> Arms | None:
    """Put the results of a trial's arms side by side; None if it has no two arms with results.

    Args:
        rows: The rows of the sections of a trial's page, by the name of the section.
        whole: The IRI of the people that the trial enrolled, or "".
    """
    results, arms = rows.get("study-results", ()), rows.get("study-arms", ())
    people, issues = rows.get("study-groups", ()), rows.get("study-issues", ())
    groups = {_of(row, "group"): row for row in people}
    used = {_of(groups.get(_of(row, "group"), {}), "arm") for row in results} - {""}
    named = sorted((_of(a, "regimen_label") or _of(a, "arm_label"), _of(a, "arm")) for a in arms)
    columns = {arm: name for name, arm in named if arm in used}
    if not 2 <= len(columns) <= MOST_ARMS:
        return None
    lines: dict[tuple[str, ...], Line] = {}
    by_group: dict[tuple[str, ...], Line] = {}
    for row in results:
        group = groups.get(_of(row, "group"), {})
        if _of(group, "arm") not in columns:
            continue
        who = (_of(group, "population"), _of(group, "analysis_set"))
        key = (_of(row, "outcome"), *who, *_details(row, True))
        line = lines.setdefault(key, Line(row, _people(group, whole), _details(row)))
        cell = line.cells.setdefault(_of(group, "arm"), [])
        if not any(_of(row, "figure_label") == _of(other, "figure_label") for other in cell):
            cell.append(row)
        by_group[_of(row, "outcome"), _of(row, "group"), *_details(row, True)[2:]] = line
    _add_contrasts(rows.get("study-comparisons", ()), by_group, lines)
    for line in lines.values():
        line.difference = _difference(line, list(columns))
    flags: dict[str, list[Row]] = {}
    for row in issues:
        if "about" in row:
            flags.setdefault(row["about"]["value"], []).append(row)
    return Arms(columns, list(lines.values()), flags)


def _of(row: Row, name: str) -> str:
    return str(row.get(name, {}).get("value", ""))


def _details(row: Row, all_: bool = False) -> list[str]:
    found = [_of(row, name) for name in _DETAILS]
    words = [f"grade {text}" if name == "grade" and text else text
             for name, text in zip(_DETAILS, found, strict=True)]  # fmt: skip
    return found if all_ else [word for word in words if word and word != "crude proportion"]


def _people(group: Row, whole: str) -> str:
    """Return how the people of a group differ from all who were enrolled."""
    people = "" if _of(group, "population") == whole else _of(group, "population_label")
    return "; ".join(filter(None, (people, _of(group, "analysis_set"))))


def _add_contrasts(
    contrasts: Iterable[Row],
    by_group: Mapping[tuple[str, ...], Line],
    lines: dict[tuple[str, ...], Line],
) -> None:
    """Put each printed comparison beside the figures of both its groups, or into its own line."""
    for row in contrasts:
        rest = _details(row, True)[2:]
        one, other = (
            by_group.get((_of(row, "outcome"), _of(row, side), *rest))
            for side in ("group", "against")
        )
        line = one if one is other else None
        if line is None:
            key = (_of(row, "outcome"), _of(row, "group"), _of(row, "against"), *rest)
            people = f"{_of(row, 'group_label')} against {_of(row, 'against_label')}"
            line = lines.setdefault(key, Line(row, people, _details(row)[1:]))
        line.contrasts.append(row)


def _difference(line: Line, arms: Sequence[str]) -> str:
    """Return the difference of two percentages with its interval, or "" where there is none.

    A percentage is rounded, so each count that prints like it is tried; the widest limits count.
    """
    cells = [line.cells.get(arm, []) for arm in arms]
    if len(arms) != 2 or any(len(cell) != 1 for cell in cells):
        return ""
    first, second = (_counts(cell[0]) for cell in cells)
    if not first or not second:
        return ""
    pairs = [(one, other) for one in first for other in second]
    points = sorted({round(100 * (a / n - c / m), 1) for (a, n), (c, m) in pairs})
    found = [newcombe(*one, *other) for one, other in pairs]
    low, high = min(low for low, _ in found), max(high for _, high in found)
    shown = " to ".join(dict.fromkeys(f"{p:+.1f}" for p in (points[0], points[-1])))
    return f"{shown} points ({100 * low:+.0f} to {100 * high:+.0f})"


def _counts(row: Row) -> list[tuple[int, int]]:
    """Return the counts that print as a percentage of a row, each with the number of people."""
    size, printed = _of(row, "patients"), _of(row, "figure_label")
    match = _NUMBER.search(printed)
    if not size.isdigit() or _of(row, "unit") != "%" or match is None:
        return []
    people, value = int(size), Fraction(match[0].replace("\u00b7", "."))
    if not 0 < people <= _MOST_PEOPLE or value > 100:
        return []
    decimals = decimals_of(printed, value) or 0
    found = [candidate.count for candidate in candidates(value, decimals, people)]
    ends = sorted({found[0], found[-1]}) if found else []
    return [(count, people) for count in ends]


def once(rows: Iterable[Row], without: str) -> list[Row]:
    """Return rows that differ in more than one variable, without that variable."""
    seen: dict[str, Row] = {}
    for row in rows:
        rest: dict[str, Any] = {name: term for name, term in row.items() if name != without}
        seen.setdefault(str(sorted((k, v["value"]) for k, v in rest.items())), rest)
    return list(seen.values())
