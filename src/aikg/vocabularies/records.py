"""A list of records in JSON, one record after the other: `[{"id": ..., "name": ...}, ...]`."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox

from aikg.vocabularies import reading, tables
from aikg.vocabularies.packed import Source
from aikg.vocabularies.reading import Fault, Reading, obsolete

#: How many characters are read at once, and how many a record may have.
_PIECE, _MOST = 1 << 16, 1 << 22
_LIST = "it is not a list of records with `id` and `name`"
_BLANK = re.compile(r"[ \t\r\n]*")


def read(source: Source, file: Reading) -> Iterator[ox.Triple]:
    """Read records with `id` and `name`.

    A record may have `synonyms`, `alt_ids`, and in `relations` the terms above as `is_a`.

    Raises:
        Fault: It is not such a list.
        UnicodeDecodeError: The text is not UTF-8.
    """
    with io.TextIOWrapper(io.BufferedReader(source), "utf-8-sig") as text:
        for record in _Records(text):
            yield from _statements(record, file)


class _Records:
    """Reads a list piece by piece, so that only a few records are in memory."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text, self._buffer, self._at = text, "", 0
        self._lines_before = 1
        self._decoder = json.JSONDecoder()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        self._expect("[", _LIST)
        while self._peek() != "]":
            record = self._value()
            if not isinstance(record, dict):
                raise self._fault(_LIST)
            yield record
            if self._peek() == "]":
                break
            self._expect(",", "it has no comma, and no end of the list, after a record")
            if self._peek() == "]":
                raise self._fault("it has a comma, and no record after it")
        self._at += 1
        if self._peek():
            raise self._fault("it has more after the list")

    def _expect(self, character: str, otherwise: str) -> None:
        if self._peek() != character:
            raise self._fault(otherwise)
        self._at += 1

    def _peek(self) -> str:
        """Return the next character that is not blank; nothing at the end."""
        while True:
            blank = _BLANK.match(self._buffer, self._at)
            self._at = blank.end() if blank else self._at
            if self._at < len(self._buffer) or not self._fill():
                return self._buffer[self._at : self._at + 1]

    def _value(self) -> Any:
        while True:
            try:
                value, self._at = self._decoder.raw_decode(self._buffer, self._at)
                return value
            except json.JSONDecodeError as error:
                if len(self._buffer) - self._at > _MOST or not self._fill():
                    self._at = error.pos
                    raise self._fault(error.msg) from error

    def _fill(self) -> bool:
        """Read on, and forget what was used."""
        piece = self._text.read(_PIECE)
        if piece:
            self._lines_before += self._buffer.count("\n", 0, self._at)
            self._buffer, self._at = self._buffer[self._at :] + piece, 0
        return bool(piece)

    def _fault(self, reason: str) -> Fault:
        return Fault(self._lines_before + self._buffer.count("\n", 0, self._at), reason)


def _statements(record: dict[str, Any], file: Reading) -> Iterator[ox.Triple]:
    related = record.get("relations")
    above = related.get("is_a") if isinstance(related, dict) else None
    row = {
        "term": str(record.get("id", "")),
        "label": str(record.get("name") or ""),
        "parents": "|".join(map(str, above or ())),
    }
    yield from tables.term(row, file)
    this = file.term(row["term"])
    if this is None:
        return
    for name in record.get("synonyms") or ():
        yield ox.Triple(this, reading.ALT_LABEL, ox.Literal(str(name)))
    for old in record.get("alt_ids") or ():
        if merged := file.term(str(old)):
            yield from obsolete(merged, this)
