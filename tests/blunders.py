"""Mistakes that a tired person makes while copying a paper's figures into a sheet.

They were planted without a look at the rules and checks: the list says what people do, and not what
the program finds. Each kind picks its rows at random among the rows of real sheets.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from random import Random

from conftest import ROOT

Row = dict[str, str]
#: A row's place in the sheet (0 is the first below the headings) and a column.
Cell = tuple[int, str]
RATIOS = {"hazard ratio", "odds ratio", "risk ratio"}
LETTERS = str.maketrans("aeiou", "eioua")


@dataclass(frozen=True)
class Planted:
    """A sheet with one mistake.

    Attributes:
        sheet: The name of the sheet.
        headings: Its columns.
        rows: Its rows, with the mistake.
        cells: The cells that are wrong.
    """

    sheet: str
    headings: list[str]
    rows: list[Row]
    cells: list[Cell]


@cache
def sheets() -> dict[str, tuple[list[str], list[Row]]]:
    """Return headings and rows of each real sheet."""
    files = [*sorted((ROOT / "data" / "sheets").glob("*.csv"))]
    files += [ROOT / "docs" / "tutorials" / "trials" / f"{n}.csv" for n in ("bolero-2", "paloma-2")]
    found = {}
    for file in files:
        with file.open(encoding="utf-8", newline="") as text:
            reader = csv.DictReader(text)
            found[file.stem] = (list(reader.fieldnames or []), list(reader))
    return found


Change = Callable[[list[Row], int, Random], list[Cell] | None]
KINDS: dict[str, Change] = {}


def kind(name: str) -> Callable[[Change], Change]:
    """Name a kind of mistake."""

    def keep(change: Change) -> Change:
        KINDS[name] = change
        return change

    return keep


def variants(name: str, count: int) -> Iterator[Planted]:
    """Plant so many mistakes of a kind, in different cells; fewer where the sheets have no more."""
    draw = Random(name)
    places = [(sheet, at) for sheet, (_, rows) in sheets().items() for at in range(len(rows))]
    draw.shuffle(places)
    for sheet, at in places:
        headings, rows = sheets()[sheet]
        changed = [dict(row) for row in rows]
        cells = KINDS[name](changed, at, draw)
        if (
            cells
            and changed != rows
            and not any(rows[i].get("Problem in the source") for i, _ in cells)
        ):
            yield Planted(sheet, headings, changed, cells)
            count -= 1
        if not count:
            return


def number(row: Row) -> bool:
    """Say whether a row has a plain figure that the text printed begins with."""
    value = row.get("Value", "")
    return bool(re.fullmatch(r"[0-9.]+", value)) and row.get("As printed", "").startswith(value)


def retype(row: Row, value: str, printed: bool) -> list[str]:
    """Write another figure: in its own cell, or in the printed text too (misread)."""
    if printed:
        row["As printed"] = row["As printed"].replace(row["Value"], value, 1)
    row["Value"] = value
    return ["As printed", "Value"] if printed else ["Value"]


def transposed(text: str) -> str:
    """Exchange the last two digits that differ and are neighbours."""
    digits = [at for at, letter in enumerate(text) if letter.isdigit()]
    for before, after in reversed(list(pairwise(digits))):
        if text[before] != text[after]:
            letters = list(text)
            letters[before], letters[after] = letters[after], letters[before]
            return "".join(letters)
    return text


def shifted(text: str) -> str:
    """Move the decimal point one digit to the right, or write it before the last digit."""
    whole, _, part = text.partition(".")
    if not part:
        return f"{whole[:-1] or 0}.{whole[-1]}"
    return (f"{whole}{part[0]}.{part[1:]}".rstrip(".").lstrip("0")) or "0"


def figures(measures: set[str] | None, change: Callable[[str], str], printed: bool) -> Change:
    """Make a mistake in the figure of a row."""

    def plant(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
        row = rows[at]
        if not number(row) or (measures and row["Measure"] not in measures):
            return None
        return [(at, column) for column in retype(row, change(row["Value"]), printed)]

    return plant


for _name, _measures in (
    ("median", {"median"}),
    ("ratio", RATIOS),
    ("percentage", {"crude proportion"}),
    ("count", {"count"}),
):
    KINDS[f"digits of a {_name} exchanged, text right"] = figures(_measures, transposed, False)
    KINDS[f"digits of a {_name} exchanged, text too"] = figures(_measures, transposed, True)
    KINDS[f"decimal point of a {_name} moved, text right"] = figures(_measures, shifted, False)
    KINDS[f"decimal point of a {_name} moved, text too"] = figures(_measures, shifted, True)
KINDS["a minus before a ratio"] = figures(RATIOS, lambda text: f"-{text}", False)
KINDS["a digit twice in a count, text too"] = figures({"count"}, lambda text: text[0] + text, True)
KINDS["a digit lost in a count, text too"] = figures(
    {"count"}, lambda text: text[:-1] or text, True
)


def twin(rows: list[Row], at: int, *same: str) -> int | None:
    """Find the row of the other arm: equal in all that names the figure but the arm."""
    keys = ("Publication", "Outcome", "Measure", "Subgroup", "Grade", "Analysis set", *same)
    for other, row in enumerate(rows):
        if (
            row["Arm"] not in {rows[at]["Arm"], "all"}
            and not row.get("Compared with")
            and all(row.get(key) == rows[at].get(key) for key in keys)
        ):
            return other
    return None


def contrast(row: Row) -> bool:
    """Say whether a row compares two arms by a ratio with an interval."""
    return bool(row.get("Compared with")) and row["Measure"] in RATIOS and bool(row.get("CI low"))


@kind("figures of the two arms exchanged")
def _(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
    other = twin(rows, at)
    if rows[at]["Arm"] == "all" or rows[at].get("Compared with") or other is None:
        return None
    rows[at]["Arm"], rows[other]["Arm"] = rows[other]["Arm"], rows[at]["Arm"]
    for column in ("Drugs",):
        rows[at][column], rows[other][column] = rows[other][column], rows[at][column]
    return [(at, "Arm"), (other, "Arm"), (at, "Value"), (other, "Value")]


@kind("a row copied, its arm changed, its figure not")
def _(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
    other = twin(rows, at)
    if rows[at]["Arm"] == "all" or rows[at].get("Compared with") or other is None:
        return None
    for column in ("As printed", "Value", "CI low", "CI high", "Count"):
        if column in rows[at]:
            rows[other][column] = rows[at][column]
    return [(other, "Value"), (at, "Value")]


@kind("a row copied, its arm not changed")
def _(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
    other = twin(rows, at)
    if rows[at]["Arm"] == "all" or rows[at].get("Compared with") or other is None:
        return None
    rows[other]["Arm"], rows[other]["Drugs"] = rows[at]["Arm"], ""
    return [(other, "Arm"), (at, "Arm")]


@kind("arm and comparator of a ratio exchanged")
def _(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
    row = rows[at]
    if not contrast(row) or row["Arm"] == row["Compared with"]:
        return None
    row["Arm"], row["Compared with"] = row["Compared with"], row["Arm"]
    return [(at, "Arm"), (at, "Compared with"), (at, "Value")]


@kind("interval of another row, text right")
def _(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
    others = [row for row in rows if contrast(row) and row["CI low"] != rows[at].get("CI low")]
    if not contrast(rows[at]) or not others:
        return None
    other = draw.choice(others)
    rows[at]["CI low"], rows[at]["CI high"] = other["CI low"], other["CI high"]
    return [(at, "CI low"), (at, "CI high"), (at, "Value")]


@kind("interval of another row, text too")
def _(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
    others = [row for row in rows if contrast(row) and row["CI low"] != rows[at].get("CI low")]
    if not contrast(rows[at]) or not others:
        return None
    row, other = rows[at], draw.choice(others)
    row["CI low"], row["CI high"] = other["CI low"], other["CI high"]
    row["As printed"] = f"{row['Value']} ({row['CI low']}-{row['CI high']})"
    return [(at, "CI low"), (at, "CI high"), (at, "Value"), (at, "p value")]


def edge(column: str, change: Callable[[str], str], printed: bool) -> Change:
    """Make a mistake in one limit."""

    def plant(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
        row = rows[at]
        limit = row.get(column, "")
        if not re.fullmatch(r"[0-9]+\.[0-9]+", limit) or change(limit) == limit:
            return None
        if printed:
            row["As printed"] = row["As printed"].replace(limit, change(limit))
        row[column] = change(limit)
        return [(at, column), (at, "Value"), (at, "As printed")]

    return plant


for _column in ("CI low", "CI high"):
    KINDS[f"digits of {_column} exchanged, text right"] = edge(_column, transposed, False)
    KINDS[f"digits of {_column} exchanged, text too"] = edge(_column, transposed, True)
    KINDS[f"decimal point of {_column} moved, text too"] = edge(_column, shifted, True)


@kind("a percentage in the row of a count")
def _(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
    row = rows[at]
    if row["Measure"] != "crude proportion" or not row.get("Value", "").replace(".", "").isdigit():
        return None
    row["Measure"], row["Unit"], row["Counts"] = "count", "{person}", "persons"
    return [(at, "Measure"), (at, "Value"), (at, "Unit")]


@kind("the count of n (%) as the percentage")
def _(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
    row = rows[at]
    both = re.match(r"([0-9]+) \(([0-9.]+)%\)", row.get("As printed", ""))
    if not both or row["Measure"] != "crude proportion":
        return None
    row["Value"] = both[1]
    return [(at, "Value")]


@kind("a fraction in the row of a percentage")
def _(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
    row = rows[at]
    if row["Unit"] != "%" or not re.fullmatch(r"[0-9]{2}(\.[0-9])?", row["Value"]):
        return None
    row["Value"] = f"0.{row['Value'].replace('.', '')}"
    return [(at, "Value"), (at, "Unit")]


def other_text(column: str, texts: dict[str, str], also: str = "") -> Change:
    """Choose a wrong item of a list."""

    def plant(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
        if rows[at].get(column) not in texts:
            return None
        rows[at][column] = texts[rows[at][column]]
        return [(at, column), *([(at, also)] if also else [])]

    return plant


KINDS["weeks for months in one arm"] = other_text("Unit", {"mo": "wk"})
KINDS["years for months in one arm"] = other_text("Unit", {"mo": "a"})
KINDS["the unit of a median lost"] = other_text("Unit", {"mo": ""})
KINDS["the unit of a percentage lost"] = other_text("Unit", {"%": ""})
KINDS["the unit % at a count"] = other_text("Unit", {"{person}": "%"})
KINDS["a mean for a median"] = other_text("Measure", {"median": "mean"})
KINDS["an odds ratio for a hazard ratio"] = other_text("Measure", {"hazard ratio": "odds ratio"})
KINDS["level 90 for 95"] = other_text("CI level", {"95": "90"}, "p value")
KINDS["level 0.95"] = other_text("CI level", {"95": "0.95"})
KINDS["= for < before p"] = other_text("p sign", {"<": "="}, "p value")
KINDS["grade lost"] = other_text("Grade", {"3-4": ""})
KINDS["events for persons"] = other_text("Counts", {"persons": "events"}, "Unit")
KINDS["safety set for intention to treat"] = other_text(
    "Analysis set", {"intention to treat": "safety set"}
)
KINDS["weeks for months of follow-up"] = other_text("Follow-up unit", {"mo": "wk"})
KINDS["years for months of follow-up"] = other_text("Follow-up unit", {"mo": "a"})
KINDS["phase 2 for 3"] = other_text("Phase", {"3": "2"})
KINDS["survival for progression"] = other_text(
    "Outcome", {"progression-free survival": "overall survival"}, "Value"
)


@kind("weeks for months in all arms of one paper's outcome")
def _(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
    row = rows[at]
    if row["Unit"] != "mo":
        return None
    cells = []
    for number_, other in enumerate(rows):
        if all(other[key] == row[key] for key in ("Publication", "Outcome", "Unit")):
            cells.append((number_, "Unit"))
    for number_, _column in cells:
        rows[number_]["Unit"] = "wk"
    return cells


def p_value(change: Callable[[str], str]) -> Change:
    """Make a mistake in a p value, and in the text that has it."""

    def plant(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
        row = rows[at]
        p = row.get("p value", "")
        if not p or change(p) == p:
            return None
        row["p value"] = change(p)
        row["As printed"] = row["As printed"].replace(p, change(p))
        return [(at, "p value"), (at, "Value"), (at, "CI low"), (at, "Significance")]

    return plant


KINDS["a zero of p lost"] = p_value(lambda text: text.replace("0.0", "0.", 1))
KINDS["a zero too many in p"] = p_value(lambda text: text.replace("0.", "0.0", 1))
KINDS["digits of p exchanged"] = p_value(transposed)


@kind("p of another row")
def _(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
    others = {row["p value"] for row in rows if row.get("p value")} - {rows[at].get("p value")}
    if not rows[at].get("p value") or not others:
        return None
    rows[at]["p value"] = draw.choice(sorted(others))
    return [(at, "p value"), (at, "Value"), (at, "CI low"), (at, "Significance")]


def exchanged(outcome: str | None) -> Change:
    """Exchange the subgroups of two rows that differ in nothing else."""

    def plant(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
        row = rows[at]
        keys = ("Publication", "Arm", "Compared with", "Outcome", "Measure", "Analysis set")
        others = [
            n
            for n, other in enumerate(rows)
            if other.get("Subgroup") != row.get("Subgroup")
            and row.get("Subgroup")
            and other.get("Value") != row.get("Value")
            and all(other.get(key) == row.get(key) for key in keys)
        ]
        if not others or (outcome and row["Outcome"] != outcome):
            return None
        other = draw.choice(others)
        rows[at]["Subgroup"], rows[other]["Subgroup"] = (
            rows[other]["Subgroup"],
            rows[at]["Subgroup"],
        )
        return [(n, column) for n in (at, other) for column in ("Subgroup", "Value")]

    return plant


KINDS["subgroups of two rows exchanged"] = exchanged(None)
KINDS["sizes of two subgroups exchanged"] = exchanged("number of patients")


@kind("subgroup lost")
def _(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
    if not rows[at].get("Subgroup"):
        return None
    rows[at]["Subgroup"] = ""
    return [(at, "Subgroup"), (at, "Value")]


def respelt(column: str, change: Callable[[str], str], least: int = 2) -> Change:
    """Spell a name in another way in one row of several."""

    def plant(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
        text = rows[at].get(column, "")
        if (
            not text
            or text in {"all", "number of patients"}
            or change(text) == text
            or sum(row.get(column) == text for row in rows) < least
        ):
            return None
        rows[at][column] = change(text)
        return [(at, column)]

    return plant


def vowel(text: str) -> str:
    """Write one vowel of the longest word wrong."""
    word = max(re.findall(r"[a-z]+", text) or [""], key=len)
    middle = [at for at, letter in enumerate(word) if letter in "aeiou"][1:2]
    if len(word) < 6 or not middle:
        return text
    wrong = word[: middle[0]] + word[middle[0]].translate(LETTERS) + word[middle[0] + 1 :]
    return text.replace(word, wrong, 1)


for _column in ("Trial", "Arm", "Subgroup", "Outcome", "Publication", "Trial population"):
    _least = 1 if _column == "Trial population" else 2
    KINDS[f"{_column}: in capitals"] = respelt(_column, str.upper, _least)
    KINDS[f"{_column}: a vowel wrong"] = respelt(_column, vowel, _least)
    KINDS[f"{_column}: a hyphen for a blank"] = respelt(
        _column, lambda text: text.replace(" ", "-", 1), _least
    )
    KINDS[f"{_column}: plural"] = respelt(_column, lambda text: f"{text}s", _least)
KINDS["a drug misspelt"] = respelt("Drugs", vowel, 1)


@kind("filled down: the trial's number counted up")
def _(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
    trial = re.fullmatch(r"(.*?)([0-9]+)", rows[at]["Trial"])
    if not trial or not 0 < at < len(rows) - 3:
        return None
    for step in (1, 2):
        rows[at + step]["Trial"] = f"{trial[1]}{int(trial[2]) + step}"
    return [(at + 1, "Trial"), (at + 2, "Trial")]


def counted_up(column: str) -> Change:
    """Count a number up in the rows below, as a spreadsheet does that fills a series."""

    def plant(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
        same = [n for n in range(at, len(rows)) if rows[n].get(column, "").isdigit()][:4]
        if len(same) < 3 or same[0] != at:
            return None
        for step, row in enumerate(same):
            rows[row][column] = str(int(rows[at][column]) + step)
        return [(row, column) for row in same[1:]]

    return plant


KINDS["filled down: the level counted up"] = counted_up("CI level")
KINDS["filled down: the follow-up counted up"] = counted_up("Follow-up")


@kind("the column of values moved down by a row")
def _(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
    block = range(at, min(at + 5, len(rows)))
    values = [rows[n]["Value"] for n in block]
    if len(block) < 5 or not all(values) or len(set(values)) < 4:
        return None
    for n, value in zip(list(block)[1:], values, strict=False):
        rows[n]["Value"] = value
    return [(n, "Value") for n in list(block)[1:]]


def dose(change: Callable[[re.Match[str]], str]) -> Change:
    """Make a mistake in the first dose of a regimen."""

    def plant(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
        drugs = rows[at].get("Drugs", "")
        wrong = re.sub(r"([0-9.]+) (mg)", change, drugs, count=1)
        if wrong == drugs:
            return None
        rows[at]["Drugs"] = wrong
        return [(at, "Drugs")]

    return plant


KINDS["a dose ten times too high"] = dose(lambda m: f"{float(m[1]) * 10:g} mg")
KINDS["a dose without its decimal point"] = dose(lambda m: f"{m[1].replace('.', '')} mg")
KINDS["a dose in g"] = dose(lambda m: f"{m[1]} g")
KINDS["a dose in ug"] = dose(lambda m: f"{m[1]} ug")
KINDS["a dose of a tenth"] = dose(lambda m: f"{float(m[1]) / 10:g} mg")


def pattern(column: str, find: str, change: Callable[[re.Match[str]], str]) -> Change:
    """Make a mistake in a part of a cell."""

    def plant(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
        text = rows[at].get(column, "")
        wrong = re.sub(find, change, text, count=1)
        if wrong == text:
            return None
        rows[at][column] = wrong
        return [(at, column)]

    return plant


KINDS["year of a later century"] = pattern("Year", r"20([12])(.)", lambda m: f"20{m[2]}{m[1]}")
KINDS["year 1016"] = pattern("Year", r"^2", lambda m: "1")
KINDS["registry number with digits exchanged"] = pattern(
    "Registry numbers", r"NCT[0-9]+", lambda m: transposed(m[0])
)
KINDS["registry number without a digit"] = pattern(
    "Registry numbers", r"NCT([0-9]+)[0-9]", lambda m: f"NCT{m[1]}"
)
KINDS["O for 0 in a registry number"] = pattern("Registry numbers", r"NCT0", lambda m: "NCTO")
KINDS["ISRCTN with digits exchanged"] = pattern(
    "Registry numbers", r"ISRCTN[0-9]+", lambda m: transposed(m[0])
)
KINDS["DOI with digits exchanged"] = pattern(
    "Publication identifiers", r"doi:\S+[0-9]", lambda m: transposed(m[0])
)
KINDS["PMID without a digit"] = pattern(
    "Publication identifiers", r"PMID ([0-9]+)[0-9]", lambda m: f"PMID {m[1]}"
)
KINDS["cut-off ten years later"] = pattern("Data cut-off", r"^201", lambda m: "202")
KINDS["cut-off with day and month exchanged"] = pattern(
    "Data cut-off", r"-([0-9]+)-([0-9]+)", lambda m: f"-{m[2]}-{m[1]}"
)
KINDS["size of one arm too high by a digit"] = pattern(
    "Patients", r"^[0-9]", lambda m: f"{m[0]}{m[0]}"
)
KINDS["count of n (%) with digits exchanged"] = pattern(
    "Count", r"^[0-9]+", lambda m: transposed(m[0])
)
KINDS["count of n (%) without a digit"] = pattern("Count", r"^([0-9]+)[0-9]", lambda m: m[1])


@kind("not reached, and the figure of another row")
def _(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
    row = rows[at]
    if row.get("Status") != "not reached":
        return None
    row["Value"], row["Unit"] = "27.6", "mo"
    return [(at, "Status"), (at, "Value")]


@kind("the figure forgotten, the text there")
def _(rows: list[Row], at: int, draw: Random) -> list[Cell] | None:
    if not number(rows[at]):
        return None
    rows[at]["Value"] = ""
    return [(at, "Value"), (at, "As printed")]
