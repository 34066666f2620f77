"""The terms of another vocabulary, by their identifiers."""

from __future__ import annotations

from dataclasses import dataclass, field

from aikg.errors import IdentifierMalformed
from aikg.links.identifiers import Identifier, Prefixes


@dataclass
class Term:
    """What a vocabulary says of one of its terms.

    Attributes:
        label: Its label; empty where the file gives none.
        synonyms: Its other names.
        obsolete: Whether it should not be used any more.
        replaced_by: What to use in its place, where the file says so.
    """

    label: str = ""
    synonyms: set[str] = field(default_factory=set)
    obsolete: bool = False
    replaced_by: str = ""


#: The terms of a file, by their identifiers.
Vocabulary = dict[Identifier, Term]


class Spelling:
    """Reads identifiers with a prefix, or without the one that all of a table share."""

    def __init__(self, prefixes: Prefixes, prefix: str | None) -> None:
        self._prefixes = prefixes
        self._prefix = prefix

    def __call__(self, text: str) -> Identifier | None:
        """Read an identifier; None where its vocabulary is not known."""
        whole = text if ":" in text or self._prefix is None else f"{self._prefix}:{text}"
        try:
            return self._prefixes.parse(whole)
        except IdentifierMalformed:
            return None
