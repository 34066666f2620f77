"""The forms in which people paste identifiers: addresses of pages, bare numbers, lists.

The forms are a table, `ontology/mappings/addresses.tsv`. Each is an address or a word with `{}` for
the identifier. Parameters, a fragment and a longer path may follow an address.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

#: The table, below the root.
FILE = Path("ontology", "mappings", "addresses.tsv")

#: A DOI has slashes; what else an identifier may consist of.
_DOI, _OTHER = r"10\.\d{2,9}/[^?#\s]+", r"[^/?#&\s,;]+"
#: A bare DOI may have any character but a space.
_BARE_DOI = r"10\.\d{2,9}/\S+"
_ADDRESS = re.compile(r"[\w-]+(?:\.[\w-]+)+/")
_ESCAPES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}
#: Separators of a list. A comma separates where an identifier begins after it. The semicolon in
#: `3.0.CO;2-X`, the end of many old DOIs, belongs to the DOI.
_SEPARATOR = re.compile(
    r"\s*[\n|]\s*|\s*;\s*(?!(?<=\.CO;)\d-)"
    r"|\s*,\s*(?=<?(?:https?://|www\.|doi\b|10\.\d{2,9}/|PMID|PMC\d|PubMed\b|NCT\d|ISRCTN\d"
    r"|EUDRA|\d{4}-\d{6}-\d\d|[A-Z][\w.]*:\S))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Form:
    """A form of the identifiers of a vocabulary.

    Attributes:
        prefix: The vocabulary, as Bioregistry calls it.
        form: The form, with `{}` for the identifier.
        example: A text of that form.
        seen_in: Where the form was seen.
    """

    prefix: str
    form: str
    example: str
    seen_in: str

    def pattern(self) -> re.Pattern[str]:
        """Return the expression that a whole text of this form matches; group 1 is the identifier.

        The text has no scheme.
        """
        before = self.form.removesuffix("{}")
        if not _ADDRESS.match(before):
            word = rf"{re.escape(before.strip())}[\s:#.=]*" if before else ""
            return re.compile(f"{word}({_BARE_DOI if self.prefix == 'doi' else _OTHER})", re.I)
        address, has_query, name = before.partition("?")
        start = rf"(?:www\.)?{re.escape(address)}"
        if has_query:
            return re.compile(rf"{start}\?(?:[^#]*&)?{re.escape(name)}([^&#]+)(?:[&#].*)?", re.I)
        if self.prefix == "doi":
            return re.compile(rf"{start}({_DOI})(?:[?#].*)?", re.I)
        return re.compile(rf"{start}({_OTHER})(?:[/?#].*)?", re.I)


class Forms:
    """Reads pasted texts.

    Args:
        forms: The forms, in the order in which they are tried.
    """

    def __init__(self, forms: list[Form]) -> None:
        self.forms = forms
        self._patterns = [(form.prefix, form.pattern()) for form in forms]

    def read(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield each vocabulary and identifier that a text may mean, by its form alone."""
        plain = re.sub(r"^https?://", "", text, flags=re.IGNORECASE)
        for prefix, pattern in self._patterns:
            if match := pattern.fullmatch(plain):
                yield prefix, unquote(match[1])


def read_forms(root: Path) -> Forms:
    """Read the table of a checkout; without one there are no forms."""
    path = root / FILE
    if not path.is_file():
        return Forms([])
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return Forms([Form(r["prefix"], r["form"], r["example"], r["see_also"]) for r in rows])


def tidy(text: str) -> str:
    """Return a pasted text without what surrounds it: brackets, quotation marks, a full stop."""
    text = text.strip()
    for escape, character in _ESCAPES.items():
        text = text.replace(escape, character)
    before = None
    while text != before:
        before = text
        text = text.strip(" \t\r\n\"'\u201c\u201d\u2018\u2019").rstrip(".,;")
        for opening, closing in ("<>", "()", "[]"):
            if text.startswith(opening) and text.endswith(closing):
                text = text[1:-1]
            elif text.endswith(closing) and text.count(closing) > text.count(opening):
                text = text[:-1]
    return text


def separate(text: str) -> list[str]:
    """Return the identifiers of a list; a text without a separator is the only one."""
    return [part for part in _SEPARATOR.split(text) if part.strip()]
