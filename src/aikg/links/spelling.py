"""Spellings of one name: normal forms, wordings, and typos."""

from __future__ import annotations

import re
import unicodedata

from rapidfuzz.distance import OSA

#: Greek letters, which chemists also write as words.
_GREEK = str.maketrans(
    {
        "\N{GREEK SMALL LETTER ALPHA}": "alpha",
        "\N{GREEK SMALL LETTER BETA}": "beta",
        "\N{GREEK SMALL LETTER GAMMA}": "gamma",
        "\N{GREEK SMALL LETTER DELTA}": "delta",
    }
)
#: Words that wordings of a name may lack: "polyp of the uterus", "uterus polyp".
_SMALL = {"of", "the", "to"}


def normalise(text: str) -> str:
    """Return the common form of spellings: no case, accents or marks; American spelling."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_GREEK))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    for british in ("œ", "æ", "oe", "ae"):
        letters = letters.replace(british, "e")
    return " ".join(re.findall(r"[^\W_]+", letters))


def loosen(key: str) -> str:
    """Return the common form of wordings: words in any order, singular, without small words.

    If a chemical's name has several numbers, their order is part of it.
    """
    parts = re.findall(r"[^\W\d_]+|\d+", key)
    words = [_singular(word) for word in parts if word not in _SMALL]
    return " ".join(words if sum(map(str.isdigit, words)) > 1 else sorted(words))


def _singular(word: str) -> str:
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    return word[:-3] + "y" if word.endswith("ies") else word[:-1]


def typos(form: str, key: str) -> int | None:
    """Count the typos that lead from a name (`key`) to a text (`form`); None if it is another name.

    A typo is a letter too many, too few, another, or two exchanged. It is never in a number, hardly
    ever the first letter, and a word of less than six letters has none.
    """
    if form[:1] != key[:1] or re.findall(r"\d+", form) != re.findall(r"\d+", key):
        return None
    written, meant = form.split(), key.split()
    if len(written) != len(meant):  # a space too many or too few
        written, meant = [form], [key]
    total = 0
    for one, other in zip(written, meant, strict=True):
        allowed = _allowed(min(len(one), len(other)))
        distance = OSA.distance(one, other, score_cutoff=allowed)
        if distance > allowed:
            return None
        total += distance
    return total if total <= _allowed(min(len(form), len(key))) else None


def _allowed(length: int) -> int:
    """Return how many typos a word of that length may have; a short one has none."""
    return 0 if length < 6 else 1 if length < 9 else 2
