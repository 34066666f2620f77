"""The outcome of a figure: one of the graph, in any of its names, or a new one."""

from __future__ import annotations

import re
from decimal import Decimal

import pyoxigraph as ox

from aikg.intake import suggestions
from aikg.intake.known import Known
from aikg.intake.rows import Reader, Row
from aikg.intake.sharing import Sharing
from aikg.intake.statements import AIKG, decimal
from aikg.names import SUBMISSIONS
from aikg.shared import keys

_KINDS = {
    "efficacy outcome": "EfficacyOutcome",
    "adverse event": "AdverseEvent",
    "adherence outcome": "AdherenceOutcome",
    "conduct outcome": "ConductOutcome",
}
_NEW = re.compile(
    rf"new ({'|'.join(_KINDS)}): *(.+?)(?: *\((higher|lower) is better\))?", re.IGNORECASE
)

#: The units of a duration as people write them.
_UNITS = {"day": "d", "d": "d", "week": "wk", "wk": "wk", "month": "mo", "mo": "mo"} | {
    "year": "a",
    "hour": "h",
    "h": "h",
}
#: How the label of such an outcome ends, where its duration is not stated.
_UNSTATED = ", minimum duration not stated"
_WORDS = {"d": "days", "wk": "weeks", "mo": "months", "a": "years", "h": "hours"}
_SIGNS = {
    ">=": r">=|≥|(?:(?:for|of|lasting) )?at least",
    ">": r">|(?:for )?(?:longer|more) than",
}
#: The minimum duration in the name of an outcome: "clinical benefit (>= 24 weeks)".
_DURATION = re.compile(
    r"(?P<base>.+?)(?: with stable disease)?[ ,]*\(?"
    rf"(?:(?P<least>{_SIGNS['>=']})|(?P<more>{_SIGNS['>']})) *"
    rf"(?P<number>\d+(?:\.\d+)?)[ -]*(?P<unit>{'|'.join(_UNITS)})s?\)?",
    re.IGNORECASE,
)


class Outcomes:
    """Finds the outcomes that rows name, and states the new ones.

    Args:
        store: The published graph.
        known: Finds what the graph describes.
        sharing: States shared nodes.
        reader: Reads single cells.
    """

    def __init__(self, store: ox.Store, known: Known, sharing: Sharing, reader: Reader) -> None:
        self._known = known
        self._sharing = sharing
        self._reader = reader
        self._say = reader.statements
        self._store = store
        self._names = suggestions.named(store, [AIKG + "Outcome"])
        self._new: dict[str, re.Match[str]] = {}

    @property
    def patients(self) -> str | None:
        """The outcome that counts the people of a group, where the graph has it."""
        return self._names.get("number of patients")

    def announce(self, row: Row) -> None:
        """Remember an outcome that some row calls new, so that each row may name it."""
        new = _NEW.fullmatch(row.text("Outcome"))
        if new:
            self._new.setdefault(new[2].casefold(), new)

    def read(self, row: Row) -> ox.NamedNode | None:
        """Return the outcome of a row; a new one is described, an unknown one reported."""
        text = row.text("Outcome")
        new = _NEW.fullmatch(text)
        name = new[2] if new else text
        known = self._names.get(name.casefold())
        if known and not (new and known.startswith((SUBMISSIONS, keys.SHARED))):
            return self._sharing.use(ox.NamedNode(known), row.place("Outcome"))
        duration = _DURATION.fullmatch(name)
        base = self._base(duration["base"]) if duration else None
        if duration and base:
            found = self._with_duration(base, duration)
            if found is None and not new and name.casefold() not in self._new:
                self._no_duration(row, base, duration)
            if found is not None or not new:
                return found or self._proposed(row, name)
        if new:
            return self._describe(row, new, duration, base)
        if name and name.casefold() not in self._new:
            self._unknown(row, name)
        return self._proposed(row, name)

    def _base(self, name: str) -> str | None:
        """Return the outcome without a duration that is meant by the name of one with it."""
        folded = name.casefold()
        return self._names.get(folded) or self._names.get(f"{folded}{_UNSTATED}")

    def _proposed(self, row: Row, name: str) -> ox.NamedNode | None:
        """Return the outcome that some row calls new, if one does."""
        folded = name.casefold()
        if folded not in self._new:
            return None
        return self._shared(row, self._new[folded]) or self._say.node("outcome", folded)

    def _shared(self, row: Row, new: re.Match[str]) -> ox.NamedNode | None:
        """Return a new outcome as a shared node, if its name and duration can be one."""
        kind, name, better = _KINDS[new[1].lower()], new[2], (new[3] or "").capitalize()
        least, unit = "", ""
        duration = _DURATION.fullmatch(name)
        if duration:
            unit, sign = _spelled(duration)
            base = self._base(duration["base"])
            name = self._known.label(ox.NamedNode(base)) if base else duration["base"]
            name, least = name.removesuffix(_UNSTATED), duration["number"]
            if sign == ">":
                return None
        return self._sharing.node(
            row.place("Outcome"), keys.outcome, kind, name, least, unit, better
        )

    def _with_duration(self, base: str, asked: re.Match[str]) -> ox.NamedNode | None:
        """Return the outcome of the graph that has the base, and exactly the duration asked for."""
        wanted = (Decimal(asked["number"]), *_spelled(asked))
        return next((node for node, *has in self._durations(base) if tuple(has) == wanted), None)

    def _durations(self, base: str) -> list[tuple[ox.NamedNode, Decimal, str, str]]:
        """Return the outcomes of a base with a minimum duration, its unit and its sign."""
        broad = ox.NamedNode(base)
        places = set(self._known.objects(broad, "observedAt"))
        found = []
        for node in self._known.subjects("broaderOutcome", broad):
            number = self._value(node, "minimumDuration")
            if number and set(self._known.objects(node, "observedAt")) == places:
                sign = self._value(node, "minimumDurationBound") or ">="
                unit = self._value(node, "minimumDurationUnit")
                found.append((node, Decimal(number), unit, sign))
        return found

    def _value(self, node: ox.NamedNode, name: str) -> str:
        found = self._store.quads_for_pattern(node, self._say.term(name), None, ox.DefaultGraph())
        return next((q.object.value for q in found if isinstance(q.object, ox.Literal)), "")

    def _no_duration(self, row: Row, base: str, asked: re.Match[str]) -> None:
        known = sorted({(unit, number, sign) for _, number, unit, sign in self._durations(base)})
        listed = [f"{sign} {number.normalize():f} {_WORDS[unit]}" for unit, number, sign in known]
        unit, sign = _spelled(asked)
        label = asked["base"]
        meant = f"{label} {sign} {asked['number']} {_WORDS[unit]}"
        has = f"“{label}” with {', '.join(listed) or 'no duration'}"
        what = f"The graph contains {has}, but not “{meant}”."
        advice = f"To propose it, write new efficacy outcome: {meant} (higher is better)."
        self._reader.wrong(row, "Outcome", "no-such-duration", what, advice)

    def _describe(
        self, row: Row, new: re.Match[str], duration: re.Match[str] | None, base: str | None
    ) -> ox.NamedNode:
        at, name = row.place("Outcome"), new[2]
        shared = self._shared(row, new)
        if shared is not None:
            return shared
        node = self._say.node("outcome", name.casefold())
        self._say.describe(node, _KINDS[new[1].lower()], name, at)
        self._say.say(node, "statedAt", row.passage, at)
        if new[3]:
            self._say.say(node, "betterWhen", new[3].capitalize(), at)
        if duration and base:
            unit, sign = _spelled(duration)
            self._say.say(node, "broaderOutcome", base, at)
            self._say.say(node, "minimumDuration", decimal(duration["number"]), at)
            self._say.text(node, "minimumDurationUnit", unit, at)
            self._say.text(node, "minimumDurationBound", sign, at)
        return node

    def _unknown(self, row: Row, name: str) -> None:
        asked = suggestions.question(name, [*self._names, *sorted(self._new)])
        what = f"The graph contains no outcome called “{name}”."
        new_one = f"new efficacy outcome: {name}, or new adverse event: {name}."
        advice = f"{asked}If the outcome is new, write {new_one}"
        self._reader.wrong(row, "Outcome", "unknown-outcome", what, advice)


def _spelled(duration: re.Match[str]) -> tuple[str, str]:
    """Return the unit and the sign of a duration, as the graph spells them."""
    return _UNITS[duration["unit"].lower().removesuffix("s")], ">=" if duration["least"] else ">"
