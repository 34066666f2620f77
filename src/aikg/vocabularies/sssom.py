"""SSSOM tables (https://mapping-commons.github.io/sssom/): links, with labels of their ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyoxigraph as ox

from aikg.names import OTHER_PREFIXES
from aikg.vocabularies import reading
from aikg.vocabularies.reading import Reading, node

#: The columns that make a table one of SSSOM.
COLUMNS = ("subject_id", "predicate_id", "object_id")
_MAPPING_SET = ox.NamedNode(OTHER_PREFIXES["sssom"] + "MappingSet")


def read(
    rows: Iterator[list[str]], names: list[str], metadata: Mapping[str, Any], file: Reading
) -> Iterator[ox.Triple]:
    """Read the rows of a table with its metadata; a row that denies a link is left out."""
    this = node(str(metadata.get("mapping_set_id") or "urn:x:mapping-set"))
    for key, predicate in (
        ("license", reading.LICENCE),
        ("mapping_set_title", reading.TITLE),
        ("mapping_set_version", reading.VERSION),
    ):
        if this is not None and metadata.get(key):
            value = str(metadata[key])
            address = node(value) if value.startswith("http") else None
            yield ox.Triple(this, reading.TYPE, _MAPPING_SET)
            yield ox.Triple(this, predicate, address or ox.Literal(value))
    prefixes = {str(key): str(value) for key, value in (metadata.get("curie_map") or {}).items()}
    for row in rows:
        cells = dict(zip(names, row, strict=False))
        terms = [_expand(cells.get(column, ""), prefixes, file) for column in COLUMNS]
        if None in terms or cells.get("predicate_modifier"):
            file.left_out["rows whose identifiers are not known, or that deny a link"] += 1
            continue
        subject, predicate_, value_ = terms
        yield ox.Triple(subject, predicate_, value_)  # type: ignore[arg-type]
        for term, column in ((subject, "subject_label"), (value_, "object_label")):
            if cells.get(column):
                yield ox.Triple(term, reading.LABEL, ox.Literal(cells[column]))  # type: ignore[arg-type]


def _expand(curie: str, prefixes: Mapping[str, str], file: Reading) -> ox.NamedNode | None:
    """Return the address of a CURIE: that of our links, or by the prefixes of the table."""
    prefix, colon, local = curie.strip().partition(":")
    if found := file.term(curie):
        return found
    known = prefixes.get(prefix) or OTHER_PREFIXES.get(prefix)
    return node(f"{known}{local}") if known and colon and local else None
