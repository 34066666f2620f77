"""Keys: the content of a shared node in one form, and the address that is made from it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable
from typing import TypeAlias

from aikg.names import BASE
from aikg.shared.numbers import Numbers
from aikg.shared.schedules import Dosing, dosing
from aikg.shared.spelling import NotShared, fold_name, plain_number, slug

#: Where shared nodes lie: below it the kind, then the readable part and the hash.
SHARED = BASE + "shared/"

#: The content of a node: its kind and version, then texts and lists of texts.
Key: TypeAlias = tuple[str | tuple[str, ...], ...]

#: How many bits of the hash the address has, at 5 bits a letter.
_LETTERS = 16

GIVES = ("gives", "givesAnyOf", "givesOneOf")
OUTCOME_KINDS = (
    *("EfficacyOutcome", "AdverseEvent", "PharmacologyOutcome", "AdherenceOutcome"),
    "ConductOutcome",
)
DURATION_UNITS = {"h": "hours", "d": "days", "wk": "weeks", "mo": "months", "a": "years"}

_LOCAL = r"[A-Za-z0-9][A-Za-z0-9._~-]*"
_TERM = re.compile("[A-Z][A-Za-z0-9]*")
_DAY = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])", re.ASCII)
#: A longer number is not one.
_LONGEST_NUMBER = 200
_NUMBERS = Numbers()


def written(key: Key) -> str:
    """Return a key as text: a JSON array."""
    return json.dumps(key, separators=(",", ":"), ensure_ascii=False)


def read(text: str) -> Key:
    """Read a key, and bring its content to the one form.

    Raises:
        NotShared: It is not the key of a shared node.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not found or not isinstance(found[0], str):
        raise NotShared("The key is not a JSON array that begins with a kind.")
    parts = [tuple(part) if isinstance(part, list) else part for part in found]
    flat = [item for part in parts for item in (part if isinstance(part, tuple) else (part,))]
    make = _MAKERS.get(found[0])
    if make is None or not all(isinstance(item, str) for item in flat):
        raise NotShared(f"The key is of no known kind: {', '.join(_MAKERS)}.")
    try:
        return make(*parts[1:])
    except (TypeError, AttributeError):
        raise NotShared(f"The key of {found[0]} has other parts than it must have.") from None


def address(key: Key) -> str:
    """Return the address of a node: its kind, a part to read, and the hash of its key.

    Both come from the key alone, so that a new label of the house moves no node.
    """
    digest = hashlib.sha256(written(key).encode()).digest()
    letters = base64.b32encode(digest).decode().lower()[:_LETTERS]
    content = key[2:] if kind_of(key) in {"component", "outcome"} else key[1:]
    texts = [t for part in content for t in ((part,) if isinstance(part, str) else part)]
    readable = slug(" ".join(map(_readable, texts)))
    return f"{SHARED}{kind_of(key)}/{readable}{'-' if readable else ''}{letters}"


def _readable(text: str) -> str:
    local = text.rpartition("/")[2] if text.startswith(BASE) else text
    return local[: -_LETTERS - 1] if is_shared(text) else local


def kind_of(key: Key) -> str:
    """Return the kind of a key: `drug`, `regimen`."""
    return str(key[0]).partition("/")[0]


def is_shared(iri: str) -> bool:
    """Say whether an address lies where shared nodes lie."""
    return iri.startswith(SHARED)


def drug(name: str) -> Key:
    """Return the key of a drug that the house does not have."""
    return "drug/1", fold_name(name)


def component(  # noqa: PLR0913, PLR0917  the parts of the key
    gives: str, drugs: Iterable[str], dose: str, loading: str, unit: str, schedule: str
) -> Key:
    """Return the key of a component of a regimen.

    Args:
        gives: The property, one of `GIVES`.
        drugs: The addresses of the drugs, or of the class.
        dose: Digits, or "".
        loading: Digits, or "".
        unit: Of both.
        schedule: How often, in any spelling that the grammar reads.

    Raises:
        NotShared: A part cannot be part of a shared node.
    """
    kind = {"gives": "drug", "givesAnyOf": "drug-class", "givesOneOf": "drug"}.get(gives)
    if kind is None:
        raise NotShared(f"“{gives}” is not one of {', '.join(GIVES)}.")
    given = _addresses(drugs, kind)
    if (len(given) > 1) != (gives == "givesOneOf"):
        raise NotShared("A component gives one drug or class, or a choice of two drugs or more.")
    taken: Dosing = dosing(dose, loading, unit, schedule)
    parts = (taken.dose, taken.loading, taken.unit, taken.schedule)
    return "component/1", gives, given, *parts


def regimen(components: Iterable[str]) -> Key:
    """Return the key of a regimen, from the addresses of its components."""
    return "regimen/1", _addresses(components, "component")


def outcome(kind: str, name: str, duration: str = "", unit: str = "", better: str = "") -> Key:
    """Return the key of an outcome that the house does not have.

    Args:
        kind: Its class, one of `OUTCOME_KINDS`.
        name: Its name without the duration.
        duration: The least duration that counts, in digits, or "".
        unit: Of the duration: one of `DURATION_UNITS`, or "".
        better: "Higher", "Lower" or "".

    Raises:
        NotShared: A part cannot be part of a shared node.
    """
    if kind not in OUTCOME_KINDS or better not in {"", "Higher", "Lower"}:
        raise NotShared("The kind of the outcome, or when it is better, is not on its list.")
    if bool(duration) != bool(unit) or (unit and unit not in DURATION_UNITS):
        raise NotShared("A minimum duration has a number and one of h, d, wk, mo and a.")
    least = plain_number(duration) if duration else ""
    return "outcome/1", kind, fold_name(name), least, unit, better


def population(trial: str, criteria: Iterable[str]) -> Key:
    """Return the key of a population: the people of a trial, or those whom all criteria include.

    Args:
        trial: The address of the trial whose people they are, or "".
        criteria: The addresses of two populations or more; none with a trial.

    Raises:
        NotShared: A part cannot be part of a shared node.
    """
    listed = list(criteria)
    if trial and not listed:
        return "population/1", _address(trial, "trial"), ()
    within = _addresses(listed, "population")
    if trial or len(within) < 2:
        raise NotShared("A population is the people of a trial, or within two populations or more.")
    return "population/1", "", within


def group(of: str | Iterable[str], people: str, counted: str, choice: str = "") -> Key:
    """Return the key of a group.

    Args:
        of: The addresses of its arms, or that of the whole trial.
        people: The address of its population.
        counted: The analysis set, a term of the ontology: `IntentionToTreat`.
        choice: The address of the drug that these people of the arm were given, or "".

    Raises:
        NotShared: A part cannot be part of a shared node.
    """
    whole = isinstance(of, str)
    of_part = _address(str(of), "trial") if whole else _addresses(of, "arm")
    if not _TERM.fullmatch(counted):
        raise NotShared(f"“{counted}” is not the name of an analysis set.")
    given = _address(choice, "drug") if choice else ""
    return "group/1", of_part, _address(people, "population"), counted, given


def trial(number: str) -> Key:
    """Return the key of a trial, from its first number."""
    return "trial/1", _number(number, "trial")


def publication(number: str) -> Key:
    """Return the key of a publication, likewise."""
    return "publication/1", _number(number, "publication")


def arm(trial: str, name: str) -> Key:
    """Return the key of an arm, from the address of its trial and its name."""
    return "arm/1", _address(trial, "trial"), fold_name(name)


def analysis(trial: str, name: str, cut_off: str = "") -> Key:
    """Return the key of an analysis.

    Args:
        trial: The address of its trial.
        name: Its name, or "" where its cut-off names it.
        cut_off: The day of the data cut-off, or "".

    Raises:
        NotShared: A part cannot be part of a shared node.
    """
    if cut_off and not _DAY.fullmatch(cut_off):
        raise NotShared(f"“{cut_off}” is not a day.")
    named = fold_name(name) if name or not cut_off else ""
    return "analysis/1", _address(trial, "trial"), named, cut_off


#: How each kind brings its parts to their one form.
_MAKERS: dict[str, Callable[..., Key]] = {
    "drug/1": drug,
    "component/1": component,
    "regimen/1": regimen,
    "outcome/1": outcome,
    "population/1": population,
    "group/1": group,
    "trial/1": trial,
    "publication/1": publication,
    "arm/1": arm,
    "analysis/1": analysis,
}


def _address(iri: str, kind: str) -> str:
    """Return the address of a part; that of a submission or outside this project is refused.

    Its owner could change it, and with it the node.
    """
    own = {"trial": "study"}.get(kind, kind)
    places = rf"(?:{own}|(?:shared|adopted)/{kind})"
    if not re.fullmatch(rf"{re.escape(BASE)}{places}/{_LOCAL}", iri):
        raise NotShared(f"<{iri}> is not a {kind} of the graph or a shared one.")
    return iri


def _addresses(iris: Iterable[str], kind: str) -> tuple[str, ...]:
    if isinstance(iris, str):
        raise TypeError
    found = tuple(sorted({_address(iri, kind) for iri in iris}))
    if not found:
        raise NotShared(f"There is no {kind}.")
    return found


def _number(text: str, about: str) -> str:
    number = _NUMBERS.read(text) if len(text) <= _LONGEST_NUMBER else None
    if number is None or number.about != about:
        raise NotShared(f"“{text}” is not a number of a {about}.")
    return number.text
