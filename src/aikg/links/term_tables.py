"""Vocabularies as tables (TSV, CSV) and as lists of records in JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

from aikg.links.identifiers import Identifier
from aikg.links.terms import Spelling, Term, Vocabulary

#: What stands between the cells, by the ending of the file.
TABLES = {".tsv": "\t", ".csv": ","}

#: How tables call what we read of them.
_IDENTIFIERS = (
    "curie",
    "id",
    "identifier",
    "code",
    "iri",
    "cls",
    "atc_code",
    "hgnc id",
    "ontology id",
)
_NAMES = ("label", "name", "term", "atc_name", "approved symbol")
_REPLACEMENTS = ("replaced_by", "replcls", "replacement", "replacement term")


def read_json(path: Path, parse: Spelling) -> Vocabulary:
    """Read a list of records with `id` and `name`, and maybe `synonyms` and `alt_ids`.

    Raises:
        OSError: It is not there.
        ValueError: It is no such list.
    """
    records = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
        raise ValueError("it is no list of records with `id` and `name`")
    found: Vocabulary = {}
    for record in records:
        identifier = _add(found, parse, str(record.get("id", "")), str(record.get("name") or ""))
        if identifier is not None:
            found[identifier].synonyms.update(record.get("synonyms", ()))
            for merged in filter(None, map(parse, record.get("alt_ids", ()))):
                found[merged] = Term(obsolete=True, replaced_by=identifier.curie)
    return found


def read_table(path: Path, parse: Spelling) -> Vocabulary:
    """Read a table with an identifier and a label a row, or with what replaces an identifier.

    Raises:
        OSError: It is not there.
        csv.Error: A row cannot be read.
    """
    found: Vocabulary = {}
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines, delimiter=TABLES[path.suffix.lower()])
        first = next(rows, [])
        head = [cell.strip().lstrip("?").lower() for cell in first]
        at, label, heir = (_column(head, n) for n in (_IDENTIFIERS, _NAMES, _REPLACEMENTS))
        if heir is not None and at is not None:
            return _read_obsolete(rows, parse, at, label, heir)
        if (at, label) == (None, None) and len(first) > 1:
            _add(found, parse, first[0], first[1])
        at, label = at or 0, label or 1
        for row in rows:
            if len(row) > max(at, label):
                _add(found, parse, row[at], row[label])
    return found


def _read_obsolete(
    rows: Iterator[list[str]], parse: Spelling, at: int, label: int | None, heir: int
) -> Vocabulary:
    """Read a list of obsolete terms, as ontologies report them."""
    found: Vocabulary = {}
    for row in rows:
        if len(row) > max(at, heir) and (identifier := parse(row[at].strip("<>"))):
            replaced_by = parse(row[heir].strip("<>"))
            found[identifier] = Term(
                label=row[label] if label is not None else "",
                obsolete=True,
                replaced_by=replaced_by.curie if replaced_by else row[heir],
            )
    return found


def _column(head: list[str], names: tuple[str, ...]) -> int | None:
    return next((head.index(name) for name in names if name in head), None)


def _add(found: Vocabulary, parse: Spelling, text: str, label: str) -> Identifier | None:
    """Add a term of a table, where labels begin with `obsolete` for want of a column for it."""
    if identifier := parse(text):
        obsolete = label.lower().startswith("obsolete ")
        found.setdefault(identifier, Term(label=label.strip(), obsolete=obsolete))
    return identifier
