"""The tables beside the mappings, in TSV: rows with their places, and what is amiss in any."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from pathlib import Path

from aikg.errors import MappingInvalid
from aikg.links.sssom import SIGHTINGS

#: Where rows say when the sighting was, and where.
DATE, SEEN = "date", "see_also"
#: What stands between several sightings, as between the values of a cell in SSSOM.
SEVERAL = "|"

Row = dict[str, str]


def read(root: Path, file: Path, columns: Sequence[str]) -> list[tuple[str, Row]]:
    """Read the rows of a table, each with its `file:line`; where there is none, there are none.

    Raises:
        MappingInvalid: The columns are others.
    """
    path = root / file
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines, delimiter="\t", restval="", restkey="surplus")
        if tuple(reader.fieldnames or ()) != tuple(columns):
            raise invalid([f"{file}:1: the columns must be {', '.join(columns)}."])
        return [(f"{file}:{reader.line_num}", row) for row in reader]


def mistakes(row: Row, columns: Sequence[str], may_be_empty: Collection[str] = ()) -> Iterator[str]:
    """Yield what is amiss in a row of any table: cells, sightings, the date."""
    if row.get("surplus"):
        yield f"there are more than {len(columns)} columns."
    for column in columns:
        if not row[column].strip() and column not in may_be_empty:
            yield f"{column} is empty."
    for sighting in row.get(SEEN, "").split(SEVERAL):
        if sighting and not sighting.startswith(SIGHTINGS):
            yield f"the sighting {sighting} is neither a page nor a file of a package (pkg:...)."
    try:
        if row.get(DATE):
            date.fromisoformat(row[DATE])
    except ValueError:
        yield f"the date {row[DATE]} is not like 2026-11-25."


def invalid(faults: Sequence[str]) -> MappingInvalid:
    """Make the error that lists the faults of a table."""
    return MappingInvalid(
        "\n".join(faults), advice="Mend the rows, or leave out what is not certain."
    )
