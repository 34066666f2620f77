"""Tables of terms: TSV and CSV, codes of ATC."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

import pyoxigraph as ox
import yaml

from aikg.vocabularies import reading, sssom
from aikg.vocabularies.packed import Source
from aikg.vocabularies.reading import Fault, Reading, obsolete

SEPARATORS = {".tsv": "\t", ".csv": ","}
#: The names that tables give to the columns that are read.
_COLUMNS = {
    "term": (
        *("curie", "id", "identifier", "code", "iri", "cls", "atc_code", "hgnc id"),
        *("ontology id", "class id"),
    ),
    "label": (
        *("label", "name", "term", "atc_name", "approved symbol", "preferred label"),
        "preferred_label",
    ),
    "new": ("replaced_by", "replcls", "replacement", "replacement term"),
    "parents": ("parents", "parent", "parent_id", "broader", "is_a", "superclasses"),
    "synonyms": ("synonyms", "synonym"),
    "definition": ("definition", "definitions"),
    "obsolete": ("obsolete", "is_obsolete", "deprecated"),
}
#: The ends of the codes of each level of ATC.
_LEVELS = (1, 3, 4, 5, 7)


def read_table(source: Source, file: Reading, ending: str) -> Iterator[ox.Triple]:
    """Read a row a term, or an SSSOM table.

    Raises:
        Fault: A row breaks the form of a table.
        UnicodeDecodeError: The text is not UTF-8.
    """
    with io.TextIOWrapper(io.BufferedReader(source), "utf-8-sig", newline="") as text:
        yield from _rows(text, file, SEPARATORS[ending])


def _rows(text: io.TextIOWrapper, file: Reading, separator: str) -> Iterator[ox.Triple]:
    metadata, skipped, first = _comments(text)
    rows = csv.reader(_then(first, text), delimiter=separator, strict=True)
    try:
        head = next(rows, [])
        names = [cell.strip().lstrip("?").lower() for cell in head]
        if set(sssom.COLUMNS) <= set(names):
            yield from sssom.read(rows, names, metadata, file)
        else:
            yield from _terms(rows, head, names, file)
    except csv.Error as error:
        raise Fault(skipped + rows.line_num, str(error)) from error


def _comments(text: io.TextIOWrapper) -> tuple[Mapping[str, Any], int, str]:
    """Read the lines before the head of an SSSOM table, which are metadata in YAML."""
    lines = []
    line = text.readline()
    while line.startswith("#"):
        lines.append(line.removeprefix("#"))
        line = text.readline()
    try:
        found = yaml.load("".join(lines), Loader=yaml.CSafeLoader) if lines else {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise Fault(mark.line + 1 if mark else 1, "the metadata are not YAML") from error
    return found if isinstance(found, dict) else {}, len(lines), line


def _then(first: str, text: io.TextIOWrapper) -> Iterator[str]:
    yield first
    yield from text


def _terms(
    rows: Iterator[list[str]], head: list[str], names: list[str], file: Reading
) -> Iterator[ox.Triple]:
    at = {
        column: next((i for i, name in enumerate(names) if name in known), None)
        for column, known in _COLUMNS.items()
    }
    if at["term"] is None and at["label"] is None:
        at["term"], at["label"] = 0, 1
        if len(head) > 1:
            yield from term(_cells(head, at), file)
    is_atc = "atc_code" in names or file.prefix == "atc"
    prefix = "atc" if is_atc else file.prefix
    at["term"] = first = at["term"] or 0
    least = max(first, at["label"] or at["new"] or 1)
    for row in rows:
        if len(row) <= least:
            file.left_out["rows that are too short"] += 1
            continue
        yield from term(_cells(row, at), file, prefix, is_atc)


def _cells(row: list[str], at: Mapping[str, int | None]) -> dict[str, str]:
    return {name: row[i].strip() for name, i in at.items() if i is not None and i < len(row)}


def term(
    cells: Mapping[str, str], file: Reading, prefix: str | None = None, is_atc: bool = False
) -> Iterator[ox.Triple]:
    """State what a row says of a term.

    Args:
        cells: The cells by the names of `_COLUMNS`; `term` at least.
        file: Counts a row whose identifier is not known.
        prefix: The vocabulary of identifiers without a prefix.
        is_atc: Whether the code says what is above it.
    """
    code = cells["term"]
    this = file.term(code, prefix)
    if this is None:
        file.left_out["rows whose identifier is not known"] += 1
        return
    label = cells.get("label", "")
    yield ox.Triple(this, reading.TYPE, reading.CONCEPT)
    if label:
        yield ox.Triple(this, reading.PREF_LABEL, ox.Literal(label))
    if not code.startswith("http"):
        yield ox.Triple(this, reading.NOTATION, ox.Literal(code))
    if "new" in cells:
        yield from obsolete(this, file.term(cells["new"], prefix))
    elif cells.get("obsolete", "").lower() in {"true", "1"} or label.lower()[:9] == "obsolete ":
        yield from obsolete(this)
    parents = [_above(code)] if is_atc else cells.get("parents", "").split("|")
    for parent in filter(None, parents):
        above = file.term(parent, prefix)
        if above is not None:
            yield ox.Triple(this, reading.BROADER, above)
    for column, predicate in (
        ("synonyms", reading.ALT_LABEL),
        ("definition", reading.DEFINITION),
    ):
        for value in filter(None, cells.get(column, "").split("|")):
            yield ox.Triple(this, predicate, ox.Literal(value))


def _above(code: str) -> str:
    """Return the group of an ATC code: its code is the beginning, up to the level above."""
    shorter = [level for level in _LEVELS if level < len(code)]
    return code[: shorter[-1]] if shorter else ""
