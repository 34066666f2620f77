"""Identifiers of other vocabularies, in every form in which people write them.

The prefixes are those of Bioregistry (https://bioregistry.io), in its format for exchange, an
extended prefix map: `ontology/mappings/prefixes.json`.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from aikg.errors import IdentifierMalformed, MissingFolder
from aikg.links.forms import Forms, read_forms, separate, tidy
from aikg.names import OWN_PREFIXES

if TYPE_CHECKING:
    import curies

#: The prefixes, below the root.
FILE = Path("ontology", "mappings", "prefixes.json")

#: The characters after which the local part of an address may begin.
_BEFORE_LOCAL = "/#:_="
_ADVICE = "Write prefix and number, like CHEBI:2704 or atc:L02BG03, or the term's whole address."


@dataclass(frozen=True, order=True)
class Identifier:
    """An identifier of another vocabulary.

    Attributes:
        prefix: The vocabulary, as Bioregistry calls it.
        local: The part after the prefix: `2704`.
        iri: The address of the term: `http://purl.obolibrary.org/obo/CHEBI_2704`.
    """

    prefix: str
    local: str
    iri: str

    @property
    def curie(self) -> str:
        """The short form: `CHEBI:2704`."""
        return f"{self.prefix}:{self.local}"


class Prefixes:
    """The known vocabularies, each with the pattern of its identifiers.

    Args:
        converter: The vocabularies.
        forms: The forms in which their identifiers are pasted.
    """

    def __init__(self, converter: curies.Converter, forms: Forms | None = None) -> None:
        self._converter = converter
        self.forms = forms or Forms([])
        self._lower = {
            name.lower(): record.prefix
            for record in converter.records
            for name in (record.prefix, *record.prefix_synonyms)
        }
        self._patterns = {r.prefix: r.pattern for r in converter.records if r.pattern}
        # The converter makes these anew each time.
        self._namespaces, self._prefixes = converter.bimap, converter.reverse_prefix_map

    @classmethod
    def none(cls) -> Prefixes:
        """Return the knowledge of no vocabulary."""
        import curies  # noqa: PLC0415

        return cls(curies.Converter([]))

    @property
    def known(self) -> list[str]:
        """The prefixes, in alphabetical order."""
        return sorted(self._converter.get_prefixes(), key=str.lower)

    @property
    def namespaces(self) -> list[str]:
        """What the addresses of terms begin with, in all forms that are known."""
        return sorted(
            {
                address
                for record in self._converter.records
                for address in (record.uri_prefix, *record.uri_prefix_synonyms)
            }
        )

    def namespace(self, prefix: str) -> str:
        """Return the part of an address before the local part; the prefix must be known."""
        return self._namespaces[prefix]

    def parse(self, text: str) -> Identifier:
        """Read a CURIE, an address or a bare number, as people paste them.

        Prefixes may be doubled, and in upper or lower case.

        Raises:
            IdentifierMalformed: The prefix is unknown, the part after it breaks its pattern, or the
                text has several identifiers.
        """
        text = tidy(text)
        if re.match(r"https?%3A", text, re.IGNORECASE):
            text = unquote(text)
        if len(separate(text)) > 1:
            raise IdentifierMalformed(
                f"{text!r} has several identifiers.", advice="Send one identifier at a time."
            )
        if found := self._pasted(text):
            return found
        text = unquote(text)
        reference = self._converter.parse_uri(text) or self._parse_curie(text)
        if reference is None:
            raise IdentifierMalformed(_unknown(text), advice=self._advise(text))
        return self.identifier(*reference)

    def curie(self, text: str) -> Identifier | None:
        """Read a CURIE in any case of its letters; None if its vocabulary is not known."""
        before, _, local = text.strip().partition(":")
        prefix = self._lower.get(before.lower())
        if prefix is None or not local:
            return None
        try:
            return self.identifier(prefix, local)
        except IdentifierMalformed:
            return None

    def canonical(self, iri: str) -> str:
        """Return the address that our links have for a term; any other address as it is.

        The forms of an address are those of Bioregistry.
        """
        start = iri[: max(map(iri.rfind, _BEFORE_LOCAL)) + 1]
        prefix = self._prefixes.get(start)
        if prefix is None or self._namespaces[prefix] == start:
            return iri
        try:
            return self.identifier(prefix, iri[len(start) :]).iri
        except IdentifierMalformed:
            return iri

    def parse_all(self, text: str) -> list[Identifier]:
        """Read a text of one or several identifiers; see `parse` and `forms.separate`.

        Raises:
            IdentifierMalformed: One of them is not valid.
        """
        return list(dict.fromkeys(self.parse(part) for part in separate(tidy(text)) or [text]))

    def _pasted(self, text: str) -> Identifier | None:
        """Read a text by the table of forms; None if it has none of them."""
        for prefix, local in self.forms.read(text):
            with suppress(IdentifierMalformed):
                return self.identifier(prefix, local)
        return None

    def identifier(self, prefix: str, local: str) -> Identifier:
        """Return the identifier of a known prefix, in its canonical form.

        Raises:
            IdentifierMalformed: The local part breaks the pattern of its vocabulary.
        """
        local = local.removesuffix("/")
        before, colon, after = local.partition(":")
        if colon and self._lower.get(before.lower()) == prefix:
            local = after  # the banana: CHEBI:CHEBI:2704
        pattern = self._patterns.get(prefix, "")
        for spelling in (local, local.upper()):
            if spelling and re.search(pattern, spelling):
                return Identifier(prefix, spelling, self.namespace(prefix) + spelling)
        raise IdentifierMalformed(
            f"{prefix}:{local} is not a valid identifier of {prefix}: "
            + (f"the part after the prefix must match {pattern}." if local else "no number."),
            advice="Check the number against the page where it was found.",
        )

    def _parse_curie(self, text: str) -> tuple[str, str] | None:
        prefix, colon, local = text.partition(":")
        found = self._lower.get(prefix.strip().lower()) if colon else None
        return (found, local.strip()) if found else None

    def _advise(self, text: str) -> str:
        if "://" in text or ":" not in text:
            return _ADVICE
        return f"The known prefixes are {', '.join(self.known)}."


def read_prefixes(root: Path) -> Prefixes:
    """Read the prefix map of a checkout.

    Raises:
        MissingFolder: The file is not there.
    """
    path = root / FILE
    if not path.is_file():
        raise MissingFolder(
            f"{FILE} is not in {root}.",
            advice="Run the command in a checkout of aikg, or set AIKG_ROOT to one.",
        )
    return Prefixes(_converter(path.read_bytes()), read_forms(root))


@cache  # to index the addresses takes longer than all else about a prefix map
def _converter(content: bytes) -> curies.Converter:
    import curies  # noqa: PLC0415  the process that speaks HTTP needs none, and its models take memory

    return curies.load_extended_prefix_map(json.loads(content))


def expand_own(curie: str) -> str | None:
    """Return the address of our own short name, `drug:exemestane`; None for another prefix."""
    prefix, _, local = curie.partition(":")
    namespace = OWN_PREFIXES.get(prefix)
    return namespace + local if namespace and local else None


def _unknown(text: str) -> str:
    if "://" in text:
        return f"{text!r} is not an address of a known vocabulary."
    prefix, colon, _ = text.partition(":")
    if colon:
        return f"{text!r} has the unknown prefix {prefix!r}."
    return f"{text!r} has no prefix."
