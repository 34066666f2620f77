"""One form for names and numbers, whatever spelling people write them in."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

#: A longer name is a text, and a shared node contains no free text.
LONGEST_NAME = 120

#: Dashes and minus signs outside the Unicode category Pd, and quotation marks outside Pi and Pf.
_MORE_DASHES = "\u2212\u2043\u02d7\u2796"
_MORE_QUOTES = "\"'`\u201a\u201e\u2032\u2033\u02b9\u02ba\u00b4\u301d\u301e\u301f"

_NUMBER = re.compile(r"\+?(\d{1,9})(?:([.,\u00b7])(\d{1,9}))?", re.ASCII)


class NotShared(ValueError):
    """The content cannot be part of a shared node; the message is a sentence that says why."""


def fold_name(text: str) -> str:
    """Return the one form of a name: no capitals, one blank, plain dashes, no quotation marks.

    Raises:
        NotShared: The name is empty, too long, or has characters that nobody sees.
    """
    folded, before = text, None
    while folded != before:  # to fold letters can bring new ones to fold
        before = folded
        folded = unicodedata.normalize("NFKC", folded).casefold()
    name = " ".join("".join(map(_plain, folded)).split())
    while name.endswith("."):
        name = name[:-1].rstrip()
    if not name:
        raise NotShared("A name is empty.")
    if len(name) > LONGEST_NAME:
        raise NotShared(f"A name is longer than {LONGEST_NAME} characters.")
    unseen = next((char for char in name if unicodedata.category(char).startswith("C")), None)
    if unseen is not None:
        raise NotShared(f"A name contains the hidden character U+{ord(unseen):04X}.")
    return name


def _plain(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Pd" or char in _MORE_DASHES:
        return "-"
    if category in {"Pi", "Pf"} or char in _MORE_QUOTES:
        return ""
    return char


def plain_number(text: str) -> str:
    """Return the one form of a number above zero: `2.50` and `2,5` are `2.5`, `500.0` is `500`.

    Raises:
        NotShared: It is not such a number, or a comma may part decimals or thousands.
    """
    match = _NUMBER.fullmatch(unicodedata.normalize("NFC", text).strip())
    if match is None:
        raise NotShared(f"“{text}” is not a number.")
    whole, mark, rest = match.groups()
    thousands = mark in {",", "\u00b7"} and len(rest) == 3 and whole.strip("0")
    if thousands:
        raise NotShared(f"“{text}” may part decimals or thousands.")
    value = Decimal(f"{whole}.{rest or 0}")
    if not value:
        raise NotShared(f"“{text}” is not above zero.")
    return format(value.normalize(), "f")


def slug(text: str, longest: int = 40) -> str:
    """Return the readable part of an address, in ASCII; it may be empty."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", plain).strip("-")[:longest].strip("-")
