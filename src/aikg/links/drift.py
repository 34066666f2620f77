"""What has happened to the terms of others since their labels were seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass

from aikg.links.sssom import Mapping
from aikg.links.terms import Term, Vocabulary

#: What must be mended; what only says that a label is spelt otherwise.
MEND, NOTE = "Mend", "Note"


@dataclass(frozen=True)
class Remark:
    """Something about a row.

    Attributes:
        level: `Mend` or `Note`.
        place: `file:line` of the row.
        message: What is the matter, as a sentence.
    """

    level: str
    place: str
    message: str


def compare(mappings: Sequence[Mapping], files: Dictionary[str, Vocabulary]) -> Iterator[Remark]:
    """Hold rows against vocabulary files, by their names; several may hold one vocabulary."""
    for name, terms in files.items():
        for row in mappings:
            if row.object in terms:
                yield from _compare(row, terms[row.object], name)
    whole = [terms for terms in files.values() if not all(t.obsolete for t in terms.values())]
    whose = {main_prefix(terms) for terms in whole}
    for row in mappings:
        if row.object.prefix in whose and not any(row.object in t for t in files.values()):
            yield Remark(MEND, row.place, f"{row.object.curie} is in none of the files given.")


def main_prefix(terms: Vocabulary) -> str:
    """Give the prefix of which a file has most terms: what it lacks of that one is amiss."""
    return Counter(identifier.prefix for identifier in terms).most_common(1)[0][0]


def _compare(row: Mapping, term: Term, name: str) -> Iterator[Remark]:
    if term.obsolete:
        use = f"; use {term.replaced_by}" if term.replaced_by else ""
        yield Remark(MEND, row.place, f"{row.object.curie} is obsolete in {name}{use}.")
    elif term.label and term.label != row.object_label:
        known = {synonym.casefold() for synonym in term.synonyms} | {term.label.casefold()}
        level = NOTE if row.object_label.casefold() in known else MEND
        yield Remark(
            level,
            row.place,
            f"{row.object.curie} is called {term.label!r} in {name}, "
            f"and {row.object_label!r} in the row.",
        )
