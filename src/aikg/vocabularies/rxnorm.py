"""RxNorm's files in its Rich Release Format: names and hierarchy."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pyoxigraph as ox

from aikg.vocabularies import reading
from aikg.vocabularies.packed import RXNORM, Source
from aikg.vocabularies.reading import Fault, Reading

#: The columns of RXNCONSO and RXNREL (RxNorm's technical documentation, section 12).
_CUI, _LANGUAGE, _SOURCE, _KIND, _NAME, _SUPPRESSED = 0, 1, 11, 12, 14, 16
_CUI_1, _CUI_2, _RELATION, _RELATION_SOURCE = 0, 4, 7, 10
#: The kinds of atoms that are synonyms.
_SYNONYMS = {"SY", "PSN", "TMSY"}


def read(source: Source, file: Reading) -> Iterator[ox.Triple]:
    """Read RXNCONSO.RRF, the names of RxNorm, or RXNREL.RRF, its hierarchy.

    Raises:
        Fault: A line has not the columns of the file.
    """
    is_names = source.name.upper().endswith(RXNORM[0])
    if not is_names and not source.name.upper().endswith(RXNORM[1]):
        raise Fault(1, f"of RxNorm's files only {' and '.join(RXNORM)} are read")
    least = 18 if is_names else 16
    with io.TextIOWrapper(io.BufferedReader(source), "utf-8", newline="\n") as text:
        for number, line in enumerate(text, 1):
            cells = line.rstrip("\r\n").split("|")
            if len(cells) < least:
                raise Fault(number, f"the line has {len(cells)} columns, and not {least}")
            yield from _named(cells, file) if is_names else _related(cells, file)


def _named(cells: list[str], file: Reading) -> Iterator[ox.Triple]:
    this = file.term(cells[_CUI], "rxnorm")
    used = (cells[_SOURCE], cells[_LANGUAGE], cells[_SUPPRESSED]) == ("RXNORM", "ENG", "N")
    if this is None or not used:
        file.left_out["rows of other sources, or suppressed"] += 1
        return
    is_synonym = cells[_KIND] in _SYNONYMS
    yield ox.Triple(this, reading.TYPE, reading.CONCEPT)
    predicate = reading.ALT_LABEL if is_synonym else reading.PREF_LABEL
    yield ox.Triple(this, predicate, ox.Literal(cells[_NAME]))
    yield ox.Triple(this, reading.NOTATION, ox.Literal(cells[_CUI]))


def _related(cells: list[str], file: Reading) -> Iterator[ox.Triple]:
    """Read a relation, which the second concept has to the first."""
    above, this = (file.term(cells[column], "rxnorm") for column in (_CUI_1, _CUI_2))
    is_hierarchy = cells[_RELATION] == "isa" and cells[_RELATION_SOURCE] == "RXNORM"
    if above is None or this is None or not is_hierarchy:
        file.left_out["relations that are not the hierarchy"] += 1
        return
    yield ox.Triple(this, reading.BROADER, above)
