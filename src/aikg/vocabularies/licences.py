"""Whether a vocabulary may be passed on in dumps and releases."""

from __future__ import annotations

import re

from aikg.errors import VocabularyUnreadable

#: Licences that let anyone pass a changed copy on.
_OPEN = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/(?:publicdomain/(?:zero|mark)/|licenses/by(?:-sa)?/).*"
    r"|CC0(?:[- ]1\.0)?|CC[- ]BY(?:-SA)?[- ]\d\.\d|Apache-2\.0|MIT",
    re.IGNORECASE,
)
#: The vocabularies whose providers forbid it.
CLOSED = {"atc": "ATC", "meddra": "MedDRA"}


def passes_on(licence: str, closed: str | None, chosen: bool | None, name: str) -> bool:
    """Return whether dumps and releases may contain a vocabulary.

    Args:
        licence: The address or the name of its licence.
        closed: The prefix of a provider who forbids it, of which most of its terms are, or None.
        chosen: What the operator has chosen; None: what the licence says.
        name: The name of the vocabulary, for the message.

    Raises:
        VocabularyUnreadable: The operator has chosen to pass on what may not be.
    """
    if closed and chosen:
        raise VocabularyUnreadable(
            f"{name} has mostly terms of {CLOSED[closed]}, whose licence forbids passing it on.",
            advice="Leave out --pass-on. Queries can use the vocabulary all the same.",
        )
    if closed or chosen is False:
        return False
    return bool(chosen) or bool(_OPEN.fullmatch(licence.strip()))
