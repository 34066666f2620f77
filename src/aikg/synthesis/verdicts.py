"""Every code that an answer may carry, once, with its condition and its plain words.

A refusal forbids a number. A caveat stands beside one. A note is a caveat that holds of nearly all
evidence here: alone it leaves the verdict `permissible`. The table is `codes.tsv`;
`docs/reference/compare.md` prints it.
"""

from __future__ import annotations

import csv
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files

REFUSAL, CAVEAT, NOTE = "refusal", "caveat", "note"

PERMISSIBLE = "permissible"
WITH_CAVEATS = "permissible-with-caveats"
REFUSED = "refused"


@dataclass(frozen=True)
class Code:
    """One code.

    Attributes:
        name: The code.
        kind: `refusal`, `caveat` or `note`.
        condition: When it holds.
        words: The sentence for a reader; names in braces are filled in.
    """

    name: str
    kind: str
    condition: str
    words: str


@dataclass(frozen=True)
class Refusal:
    """One reason why a number is not drawn.

    Attributes:
        code: The code.
        names: What fills the words in.
        blocked_by: The passages, populations or studies that stand in the way.
    """

    code: str
    names: Mapping[str, str] = field(default_factory=dict)
    blocked_by: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The reason in words."""
        words = fill(self.code, self.names)
        return words[:1].upper() + words[1:]


def _read() -> dict[str, Code]:
    text = files(__package__).joinpath("codes.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return {
        row["code"]: Code(row["code"], row["kind"], row["condition"], row["words"]) for row in rows
    }


#: All codes, refusals first, in the order in which they are listed everywhere.
CODES = _read()


def fill(code: str, names: Mapping[str, str]) -> str:
    """Return the words of a code; a name that is not known is left out of them."""
    words = CODES[code].words
    fields = {name for _, name, _, _ in string.Formatter().parse(words) if name}
    return words.format_map({name: names.get(name, "…") for name in fields})


def ordered(codes: Iterable[str]) -> list[str]:
    """Return codes in the order of the table, each once."""
    wanted = set(codes)
    return [name for name in CODES if name in wanted]


def verdict_of(codes: Iterable[str]) -> str:
    """Return the verdict of an estimate that carries these caveats and notes."""
    heavy = any(CODES[code].kind == CAVEAT for code in codes)
    return WITH_CAVEATS if heavy else PERMISSIBLE
