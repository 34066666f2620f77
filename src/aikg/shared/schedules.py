"""The grammar of doses and schedules: what people write in a cell, as one list of tokens.

A schedule outside the grammar is not an error: its component belongs to the submission.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from aikg.shared.spelling import NotShared, plain_number

#: Between the parts of a dose and its unit: "mg/d", "mg a day", "mg per day".
_PER = r"(?: */ *| +(?:a|per|each|every) +)"
_PERIODS = {
    "d": rf"(?:{_PER}(?:d|day)| +daily)",
    "wk": rf"(?:{_PER}(?:wk|week)| +weekly)",
    "mo": rf"(?:{_PER}(?:mo|month)| +monthly)",
}
_UNIT = re.compile(
    r"(?P<amount>mg|g|ug|mcg|\u03bcg|iu|ml)(?: */ *(?P<body>kg|m2|m\^2))?(?P<period>.*)"
)
_UNITS = {"mcg": "ug", "\u03bcg": "ug", "m^2": "m2"}

#: An amount given once in a period is an amount per period: `1 mg` once daily is `1 mg/d`.
_ONCE = {"once daily": "d", "weekly": "wk", "every 1 months": "mo"}

_DAY_LIST = r"d(?:ays?)?\.? ?\d+(?:(?: ?, ?(?:and )?| and | ?& ?)d?(?:ays?)?\.? ?\d+)*"


class _Form(NamedTuple):
    """A form of a token: what is written, its place in the list, and its one spelling."""

    pattern: re.Pattern[str]
    place: int
    token: Callable[[re.Match[str]], str]


def _days(match: re.Match[str]) -> str:
    days = sorted({int(day) for day in re.findall(r"\d+", match["days"])})
    rest = f", then every {int(match['then'])} days" if match["then"] else ""
    return f"days {', '.join(map(str, days))}{rest}"


def _every(match: re.Match[str]) -> str:
    number = int(match["number"] or 1)
    unit = {"d": "days", "w": "weeks", "m": "months"}[match["unit"][0]]
    if number == 1 and unit != "months":
        return "once daily" if unit == "days" else "weekly"
    return f"every {number} {unit}"


def _weeks_of(match: re.Match[str]) -> str:
    on = int(match["on"])
    return f"{on} weeks of {int(match['all']) if match['all'] else on + int(match['off'])}"


def _form(place: int, pattern: str, token: str | Callable[[re.Match[str]], str]) -> _Form:
    said = token if callable(token) else lambda _: token
    return _Form(re.compile(pattern), place, said)


#: Tried in this order at each place of a text.
_FORMS = (
    _form(
        3,
        rf"(?P<days>{_DAY_LIST})"
        r"(?:,? ?(?:and )?(?:then|thereafter)? ?(?:every|q) ?(?P<then>\d+) ?d(?:ays?)?"
        r"(?: thereafter)?)?",
        _days,
    ),
    _form(
        4,
        r"(?P<on>\d+) ?(?:weeks?|wk)(?: of (?:every )?(?P<all>\d+)(?: weeks?)?"
        r"| on,? (?:then )?(?P<off>\d+) ?(?:weeks?|wk) off)",
        _weeks_of,
    ),
    _form(
        1,
        r"(?:twice|two times|2 times|2x) ?(?:daily|a day|per day|each day|/d(?:ay)?)",
        "twice daily",
    ),
    _form(1, r"b\.?i\.?d\.?|bd", "twice daily"),
    _form(
        0,
        r"(?:once |one time |1 time |1x ?)(?:daily|a day|per day|each day|every day|/d(?:ay)?)",
        "once daily",
    ),
    _form(0, r"o\.?d\.?|q\.?d\.?|daily|(?:every|each) day|per day|a day", "once daily"),
    _form(
        2,
        r"once (?:weekly|a week|per week|each week|every week)|weekly|(?:every|each) week|qw",
        "weekly",
    ),
    _form(
        2,
        r"once (?:monthly|a month|per month|every month)|monthly|(?:every|each) month",
        "every 1 months",
    ),
    _form(
        2,
        r"(?:once )?(?:every|q) ?(?P<number>\d+)[ -]?(?P<unit>days?|weeks?|months?|d|w|wk|mo)",
        _every,
    ),
)
_SEPARATOR = re.compile(r" ?[,;] ?| and | (?=\S)|$")


@dataclass(frozen=True, slots=True)
class Dosing:
    """How much, and how often; a part that is not stated is "".

    Attributes:
        dose: The amount, in digits.
        loading: The first amount, in the same unit.
        unit: The unit of both, as UCUM spells it.
        schedule: The tokens, joined by "; ".
    """

    dose: str = ""
    loading: str = ""
    unit: str = ""
    schedule: str = ""

    def __str__(self) -> str:
        """Return it as labels have it."""
        amount = f"{self.dose} {self.unit}" if self.dose else ""
        loading = f"loading dose {self.loading} {self.unit}" if self.loading else ""
        said = ", ".join(part for part in (amount, loading) if part)
        return f"{said} ({self.schedule})".strip() if self.schedule else said


def dosing(dose: str = "", loading: str = "", unit: str = "", schedule: str = "") -> Dosing:
    """Return the one form of a dose and its schedule, whatever spelling they are written in.

    Raises:
        NotShared: A part is outside the grammar, or a dose stands without its unit.
    """
    if bool(dose or loading) != bool(unit):
        raise NotShared("A dose and its unit go together.")
    amount, first = plain_number(dose) if dose else "", plain_number(loading) if loading else ""
    measured, tokens = _unit(unit) if unit else "", _tokens(schedule) if schedule else []
    for token, period in _ONCE.items():
        if token in tokens and measured and _period_of(measured) in {"", period}:
            tokens.remove(token)
            measured = measured if _period_of(measured) else f"{measured}/{period}"
    return Dosing(amount, first, measured, "; ".join(tokens))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = re.sub("[\u2010-\u2015\u2212]", "-", plain)
    return " ".join(plain.split())


def _unit(text: str) -> str:
    match = _UNIT.fullmatch(_folded(text))
    period = match["period"] if match else ""
    named = [name for name, pattern in _PERIODS.items() if re.fullmatch(pattern, period)]
    if match is None or (period and not named):
        raise NotShared(f"“{text}” is not a unit of a dose.")
    parts = [_UNITS.get(part, part) for part in (match["amount"], match["body"], *named) if part]
    return "/".join(parts)


def _period_of(unit: str) -> str:
    last = unit.rpartition("/")[2]
    return last if last in _PERIODS else ""


def _tokens(text: str) -> list[str]:
    """Read a schedule from its start to its end."""
    rest, found = _folded(text).strip(" ;,."), set()
    while rest:
        for form in _FORMS:
            match = form.pattern.match(rest)
            parted = _SEPARATOR.match(rest, match.end()) if match else None
            if match and match.end() and parted:
                found.add((form.place, form.token(match)))
                rest = rest[parted.end() :]
                break
        else:
            raise NotShared(f"“{text}” is not a schedule that is read.")
    return [token for _, token in sorted(found)]
