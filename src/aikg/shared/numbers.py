"""Numbers of trials and papers: registry numbers, DOIs, PubMed numbers, in any spelling.

Patterns are those of Bioregistry (`ontology/mappings/prefixes.json`) where it has the registry.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote

from aikg.errors import IdentifierMalformed
from aikg.links.forms import tidy
from aikg.links.identifiers import Prefixes
from aikg.shared.spelling import NotShared


class _Scheme(NamedTuple):
    """A registry.

    Attributes:
        name: What people call it.
        about: "trial" or "publication".
        begins: What a number of it begins with, however it is written; blanks and dashes are gone.
        rest: The pattern of what stands after that.
        canonical: What the canonical spelling begins with.
        prefix: The registry's prefix in Bioregistry, or "".
        looks: What a number looks like, in words.
    """

    name: str
    about: str
    begins: str
    rest: str
    canonical: str
    prefix: str
    looks: str


#: In the order in which a number names a node that has several.
_SCHEMES = (
    _Scheme(
        "ClinicalTrials.gov", "trial", "NCT", r"\d{8}", "NCT", "clinicaltrials", "NCT and 8 digits"
    ),
    _Scheme("ISRCTN", "trial", "ISRCTN", r"\d{8}", "ISRCTN", "isrctn", "ISRCTN and 8 digits"),
    _Scheme(
        "EudraCT",
        "trial",
        "",
        "",
        "EUDRACT",
        "",
        "4 digits, 6 digits and 2 digits with dashes between",
    ),
    _Scheme("CTIS", "trial", "", "", "CTIS", "", "4, 6, 2 and 2 digits with dashes between"),
    _Scheme("UMIN", "trial", "UMIN", r"\d+", "UMIN", "", "UMIN and digits"),
    _Scheme("jRCT", "trial", "JRCT", r"S?\d+", "JRCT", "", "jRCT and digits"),
    _Scheme("ACTRN", "trial", "ACTRN", r"\d+", "ACTRN", "", "ACTRN and digits"),
    _Scheme("DRKS", "trial", "DRKS", r"\d+", "DRKS", "", "DRKS and digits"),
    _Scheme("NTR", "trial", "NTR", r"\d+", "NTR", "", "NTR and digits"),
    _Scheme("ChiCTR", "trial", "CHICTR", r"[A-Z]{0,6}\d+", "CHICTR", "", "ChiCTR and digits"),
    _Scheme("DOI", "publication", "", "", "", "doi", "10., digits, a slash and more"),
    _Scheme(
        "PubMed",
        "publication",
        "(?:PMID|PUBMED(?:ID)?)",
        r"\d+",
        "PMID",
        "pubmed",
        "PMID and digits",
    ),
    _Scheme(
        "PubMed Central", "publication", "(?:PMCID)?PMC(?:ID)?", r"\d+", "PMC", "", "PMC and digits"
    ),
)
_BY_NAME = {scheme.name: at for at, scheme in enumerate(_SCHEMES)}

#: What people write before a number.
_INTRODUCTION = re.compile(
    r"(?i)^(?:clinical ?trials?(?:\.gov)?|registry|registration|trial)?[ :#-]*"
    r"(?:identifier|number|id|no\.?)?[ :#-]*"
)
_EUROPEAN = re.compile(
    r"(?i)(?P<named>eudra ?ct|euctr|eu ?ct|ctis)?[ :#-]*(?:number|no\.?|nr\.?)?[ :#-]*"
    r"(?P<year>\d{4}) ?- ?(?P<serial>\d{6}) ?- ?(?P<check>\d{2})"
    r"(?: ?[-/] ?(?P<more>\d{2}|[a-z]{2,3}))?"
)
_EUROPEAN_BROKEN = re.compile(
    r"(?i)(?:eudra ?ct|euctr|ctis)[ :#-]*(?:number|no\.?|nr\.?)?[ :#-]*\d"
)
_DOI = re.compile(r"(?i)(?:doi[ :.]*|(?:https?://)?(?:dx\.)?doi\.org/)*(?P<doi>10\..*)")
_NAMES_DOI = re.compile(r"(?i)doi[ :.]|(?:https?://)?(?:dx\.)?doi\.org/")
_ADDRESS = re.compile(r"(?i)(?:https?://|www\.)\S+|[a-z0-9.-]+\.(?:gov|org|com|eu|jp)/\S+")
_IN_ADDRESS = re.compile(
    r"(?i)NCT\d+|ISRCTN\d+|\d{4}-\d{6}-\d{2}(?:-\d{2}(?!\d))?|UMIN\d+|jRCTs?\d+|ACTRN\d+"
    r"|DRKS\d+|ChiCTR[A-Z-]*\d+|PMC\d+"
)
_PUBMED = re.compile(r"(?i)(?:pubmed\.ncbi\.nlm\.nih\.gov|/pubmed|abstract/MED)/(\d+)")


@dataclass(frozen=True, order=True)
class Number:
    """A number in its canonical spelling; numbers sort in the order in which they name a node.

    Attributes:
        rank: The place of its registry in that order.
        text: The spelling.
    """

    rank: int
    text: str

    @property
    def about(self) -> str:
        """What it numbers: "trial" or "publication"."""
        return _SCHEMES[self.rank].about

    @property
    def registry(self) -> str:
        """What people call its registry."""
        return _SCHEMES[self.rank].name


class Numbers:
    """Reads numbers.

    Args:
        prefixes: The patterns of Bioregistry; None where only our own are asked.
    """

    def __init__(self, prefixes: Prefixes | None = None) -> None:
        self._prefixes = prefixes

    def read(self, text: str) -> Number | None:
        """Read a number; None where it is of no registry that is known, such as a sponsor's.

        Raises:
            NotShared: It names a registry, and breaks the pattern of its numbers.
        """
        plain = unicodedata.normalize("NFKC", unquote(text))
        plain = re.sub("[\u2010-\u2015\u2212]", "-", " ".join(plain.split()))
        plain = tidy(plain).strip(" .;,[]").lstrip("(")
        doi = _DOI.fullmatch(plain)
        if doi:
            return self._doi(doi["doi"])
        if _NAMES_DOI.match(plain):
            raise _broken(plain, _SCHEMES[_BY_NAME["DOI"]])
        if _ADDRESS.fullmatch(plain):
            return self._address(plain)
        bare = _INTRODUCTION.sub("", plain)
        european = _EUROPEAN.fullmatch(bare)
        if european:
            return _european(european)
        if _EUROPEAN_BROKEN.match(bare):
            named = "CTIS" if bare.casefold().startswith("ctis") else "EudraCT"
            raise _broken(plain, _SCHEMES[_BY_NAME[named]])
        return self._plain(bare, plain)

    def _plain(self, bare: str, asked: str) -> Number | None:
        compact = re.sub("[ :#_/-]", "", bare).upper()
        for rank, scheme in enumerate(_SCHEMES):
            found = (
                re.fullmatch(rf"(?:{scheme.begins})(?P<rest>.*)", compact)
                if scheme.begins
                else None
            )
            if found is None or not re.match(r"[A-Z]*\d", found["rest"]):
                continue
            if re.fullmatch(scheme.rest, found["rest"], re.ASCII):
                rest = found["rest"]
                if scheme.about == "publication":
                    rest = rest.lstrip("0") or rest  # only zeros, as in an example, stay a number
                return self._known(rank, scheme, rest)
            if re.match(r"\d", found["rest"]):
                raise _broken(asked, scheme)
        return None

    def _known(self, rank: int, scheme: _Scheme, rest: str) -> Number:
        text = scheme.canonical + rest
        if self._prefixes and scheme.prefix:
            local = rest if scheme.prefix == "pubmed" else text
            try:
                self._prefixes.identifier(scheme.prefix, local)
            except IdentifierMalformed:
                raise _broken(text, scheme) from None
        return Number(rank, text)

    def _doi(self, doi: str) -> Number | None:
        lower = doi.lower().rstrip(".,;")
        registered = re.fullmatch(r"10\.1186/(isrctn\d+)", lower)
        if registered:
            return self._plain(registered[1], doi)
        scheme = _SCHEMES[_BY_NAME["DOI"]]
        if not re.fullmatch(r"10\.\d{2,9}/\S+", lower, re.ASCII):
            raise _broken(doi, scheme)
        return self._known(_BY_NAME["DOI"], scheme, lower)

    def _address(self, address: str) -> Number | None:
        """Read the one number that an address contains."""
        paper = _PUBMED.search(address)
        found = {match.upper() for match in _IN_ADDRESS.findall(address)}
        texts = [f"PMID{paper[1]}"] if paper else sorted(found)
        numbers = {number for text in texts if (number := self.read(text))}
        return numbers.pop() if len(numbers) == 1 else None


def _european(match: re.Match[str]) -> Number:
    """Distinguish the two registers by name and form: only CTIS has a fourth part of digits.

    Three parts without a name are read as EudraCT, whose pattern at
    https://registry.identifiers.org/registry/euclinicaltrials has them. No published rule was found
    by which the serial alone distinguishes the registers.
    """
    more = match["more"] or ""
    text = f"{match['year']}-{match['serial']}-{match['check']}"
    named = (match["named"] or "").casefold().replace(" ", "")
    newer = named in {"ctis", "euct"} or more.isdigit()
    name = "CTIS" if newer else "EudraCT"
    if newer and more and not more.isdigit():
        raise _broken(match[0], _SCHEMES[_BY_NAME[name]])
    return Number(_BY_NAME[name], _SCHEMES[_BY_NAME[name]].canonical + text)


def _broken(text: str, scheme: _Scheme) -> NotShared:
    return NotShared(f"“{text}” is not a number of {scheme.name}: {scheme.looks}.")


def canonical(text: str) -> str:
    """Return a number in its canonical spelling; another text stays as it is."""
    try:
        number = _OWN.read(text)
    except NotShared:
        return text
    return number.text if number else text


def is_number(text: str) -> bool:
    """Return whether a text is a number of a known registry, in its canonical spelling."""
    try:
        number = _OWN.read(text)
    except NotShared:
        return False
    return number is not None and number.text == text


_OWN = Numbers()


def components(sets: Iterable[Iterable[Number]]) -> Mapping[Number, frozenset[Number]]:
    """Return for each number all that name the same thing: sets that share one are joined."""
    joined: dict[Number, frozenset[Number]] = {}
    for numbers in sets:
        together = frozenset(numbers)
        for number in numbers:
            together |= joined.get(number, frozenset())
        for number in together:
            joined[number] = together
    return joined
