"""A number of a spreadsheet as a person sees it, by the format of its cell.

Number formats: ISO/IEC 29500-1, 18.8.31. A format that is not known is named and not guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

#: Decimals, thousands, percent and exponent. A blank the size of a bracket may follow.
_FORMAT = re.compile(
    r"(?P<whole>#,##0|0|#|#,##)(?:\.(?P<needed>0*)(?P<further>[#?]*))?(?P<kind>%|E\+0+)?(?:_.)*"
)
_GENERAL = {"", "General", "@", "GENERAL", "Standard"}
#: A spreadsheet keeps 15 digits of what is typed; more come from arithmetic.
_DIGITS = 15
_WIDE = Context(prec=400)


@dataclass(frozen=True, slots=True)
class Shown:
    """A number as it is shown.

    Attributes:
        text: The characters that a person sees.
        number: The same number with digits and a point only; of 84% it is 84.
        stored: The number that is stored, in 15 digits, where that is not the one that is shown.
        percent: Whether it is shown in percent.
    """

    text: str
    number: str
    stored: str = ""
    percent: bool = False


def shown(value: float, code: str) -> Shown | None:
    """Return a number as its format shows it, or None for a format that is not known."""
    typed = Decimal(format(value, f".{_DIGITS}g") if isinstance(value, float) else value)
    if code in _GENERAL:
        text = plain(typed)
        return Shown(text, text)
    match = _FORMAT.fullmatch(code.replace("\\", "").partition(";")[0])
    if match is None or not _same_below_zero(code, value):
        return None
    least, most = (
        len(match["needed"] or ""),
        len((match["needed"] or "") + (match["further"] or "")),
    )
    kind = match["kind"] or ""
    if kind.startswith("E"):
        text = _scientific(typed, least, len(kind) - 2)
        number = plain(Decimal(text))
        return Shown(text, number, _more(typed, number))
    if kind:
        typed = typed.scaleb(2, _WIDE)
    number = _fixed(typed, least, most)
    text = number
    if "," in match["whole"]:
        whole, point, places = number.partition(".")
        text = f"{int(whole):,}{point}{places}" if int(whole) else number
    return Shown(text + ("%" if kind else ""), number, _more(typed, number), bool(kind))


def plain(number: Decimal) -> str:
    """Write a number without an exponent and without zeros at its end."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _same_below_zero(code: str, value: float) -> bool:
    """Return whether the format shows a number below zero, if it is one, as its negative."""
    sections = code.split(";")
    if value >= 0 or len(sections) == 1:
        return True
    return re.sub(r"\[[A-Za-z]+\]", "", sections[1]) == f"-{sections[0]}"


def _fixed(number: Decimal, least: int, most: int) -> str:
    """Round as spreadsheets do, half away from zero."""
    text = format(number.quantize(Decimal(1).scaleb(-most), ROUND_HALF_UP, _WIDE), "f")
    while most > least and text.endswith("0"):
        text, most = text[:-1], most - 1
    return text.rstrip(".")


def _scientific(number: Decimal, places: int, digits: int) -> str:
    rounded = Context(prec=places + 1, rounding=ROUND_HALF_UP).plus(number)
    mantissa, _, exponent = f"{rounded:.{places}E}".partition("E")
    return f"{mantissa}E{exponent[0]}{exponent[1:].zfill(digits)}"


def _more(typed: Decimal, number: str) -> str:
    return "" if typed == Decimal(number) else plain(typed)
