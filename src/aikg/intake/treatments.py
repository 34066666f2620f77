"""What people receive, as a trialist writes it: letrozole 2.5 mg (once daily) + new: x."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyoxigraph as ox

from aikg.intake import suggestions
from aikg.intake.columns import BY_HEADING
from aikg.intake.rows import Reader, Row
from aikg.intake.sharing import Sharing
from aikg.intake.statements import AIKG, decimal
from aikg.names import SUBMISSIONS
from aikg.shared import keys
from aikg.shared.schedules import dosing
from aikg.shared.spelling import NotShared, plain_number

_NUMBER = r"\d+(?:[.,·]\d+)?"
_UNIT = (
    r"[a-zA-Zµμ]+(?:/[a-zA-Z0-9]+)*"
    r"(?: +(?:a|per) +(?:day|week|month)| +(?:daily|weekly|monthly))?"
)
_PART = re.compile(
    rf"(?P<new>new: *)?(?P<drug>[^(]+?)(?: +(?P<dose>{_NUMBER}) *(?P<unit>{_UNIT}))?"
    r"(?: *\((?P<schedule>[^)]*)\))?",
    re.IGNORECASE,
)

#: In the brackets of a dose that others follow.
_LOADING = re.compile(
    rf"(?:^|,) *loading dose (?P<dose>{_NUMBER}) *(?P<unit>{_UNIT})? *(?=,|$)", re.IGNORECASE
)


#: Between the drugs of a regimen, and between those of a choice; neither within brackets.
_TOGETHER = re.compile(r"(?:\s\+\s|\s*;\s*|\s+plus\s+)(?![^(]*\))")
_CHOICE = re.compile(r"\s+or\s+(?![^(]*\))")


@dataclass(frozen=True, slots=True)
class Component:
    """One drug of a regimen, or a choice of drugs, as it is written.

    Attributes:
        drugs: Each name, and whether the cell says that it is new.
        title: The component in words.
        dose: The dose in digits, or None.
        loading: The first dose in the same unit, where it is another, or None.
        unit: The unit of both, or None.
        schedule: How often and by which way, or None.
    """

    drugs: tuple[tuple[str, bool], ...]
    title: str
    dose: str | None = None
    loading: str | None = None
    unit: str | None = None
    schedule: str | None = None


def components(text: str) -> list[Component] | None:
    """Read a regimen; return None if it cannot be understood."""
    found = [_component(part) for part in _TOGETHER.split(text)]
    return None if None in found else [given for given in found if given]


def _component(text: str) -> Component | None:
    matches = [_PART.fullmatch(part.strip()) for part in _CHOICE.split(text)]
    if None in matches:
        return None
    drugs = tuple((match["drug"].strip(), bool(match["new"])) for match in matches if match)
    if len(drugs) > 1:  # the doses are part of its name alone
        return Component(drugs, re.sub("(?i)new: *", "", text.strip()))
    return _single(drugs, next(match for match in matches if match))


def _single(drugs: tuple[tuple[str, bool], ...], match: re.Match[str]) -> Component:
    unit, schedule, dose = _unit(match["unit"]), match["schedule"], None
    loading = _LOADING.search(schedule or "")
    # A loading dose in another unit stays part of the schedule.
    if loading and schedule and (not loading["unit"] or _unit(loading["unit"]) == unit):
        dose = loading["dose"]
        schedule = (schedule[: loading.start()] + schedule[loading.end() :]).strip(" ,")
    extra = f"loading dose {dose}" if dose else None
    words = (drugs[0][0], match["dose"], unit, schedule, extra)
    title = " ".join(word for word in words if word)
    return Component(drugs, title, match["dose"], dose, unit, schedule or None)


def _unit(text: str | None) -> str | None:
    """Return a unit of a dose as UCUM spells it, or the text itself."""
    try:
        return dosing("1", unit=text).unit if text else None
    except NotShared:
        return text


class Treatments:
    """States the treatments that rows name.

    Args:
        store: The published graph, whose drugs and drug classes cells may name.
        sharing: States shared nodes.
        reader: Reads single cells.
    """

    def __init__(self, store: ox.Store, sharing: Sharing, reader: Reader) -> None:
        self._sharing = sharing
        self._drugs = suggestions.named(store, [AIKG + "Drug"])
        self._classes = suggestions.named(store, [AIKG + "DrugClass"])
        self._reader = reader
        self._say = reader.statements

    def had_before(self, row: Row, heading: str, people: ox.NamedNode) -> None:
        """State drugs or classes that all people of a population had before, or that none had."""
        for text in row.texts(heading):
            for name, new in _named(text):
                stated = BY_HEADING[heading].property or ""
                drug = self._drug(row, heading, people, stated, name, new)
                if drug is not None:
                    self._say.say(people, stated, drug, row.place(heading))

    def given(self, row: Row) -> ox.NamedNode | None:
        """Return the drug that the people of a group got, where their arm had a choice."""
        for name, new in _named(row.text("Given drug")):
            return self._drug(row, "Given drug", row.node, "givenOfChoice", name, new)
        return None

    def assign(self, row: Row, heading: str, arm: ox.NamedNode) -> None:
        """State what an arm receives."""
        text, at = row.text(heading), row.place(heading)
        parts = components(text)
        if parts is None:
            advice = "Write drug, dose, unit and (schedule), with + between drugs: "
            example = "letrozole 2.5 mg (once daily) + new: palbociclib 125 mg."
            what = f"“{text}” is not a valid list of drugs."
            self._reader.wrong(row, heading, "regimen", what, advice + example, arm)
            return
        nodes = [self._component(row, heading, arm, given) for given in parts]
        found = [node for node in nodes if node is not None]
        if len(found) < len(parts):
            return
        regimen = self._sharing.node(at, keys.regimen, found)
        if regimen is None:
            label = self._say.apart(text)
            regimen = self._say.describe(self._say.node("regimen", text), "Regimen", label, at)
            for node in found:
                self._say.say(regimen, "hasComponent", node, at)
        self._say.say(arm, "assignedRegimen", regimen, at)

    def drugs_of(self, text: str) -> set[str]:
        """Return the addresses of the known drugs that a text names, or of none if one is not."""
        named = _named(text)
        found = {self._drugs.get(name.casefold()) for name, _ in named}
        return {drug for drug in found if drug} if None not in found else set()

    def _component(
        self, row: Row, heading: str, arm: ox.NamedNode, given: Component
    ) -> ox.NamedNode | None:
        """Return the component of a regimen; None where one of its drugs is unknown."""
        at = row.place(heading)
        found = [self._drug(row, heading, arm, "assignedRegimen", *drug) for drug in given.drugs]
        drugs = [drug for drug in found if drug is not None]
        if len(drugs) < len(given.drugs):
            return None
        classes = {drug for drug in drugs if drug.value in self._classes.values()}
        gives = "givesOneOf" if len(drugs) > 1 else "givesAnyOf" if classes else "gives"
        dose = (given.dose or "", given.loading or "", given.unit or "", given.schedule or "")
        shared = None
        if len(drugs) == 1 or " or ".join(name for name, _ in given.drugs) == given.title:
            shared = self._sharing.node(at, keys.component, gives, drugs, *dose)
        return shared or self._own(row, heading, gives, drugs, given)

    def _own(
        self, row: Row, heading: str, gives: str, drugs: list[ox.NamedNode], given: Component
    ) -> ox.NamedNode:
        """Describe a component of the submission's own, with words that no other one has."""
        at, node = row.place(heading), self._say.node("component", given.title)
        self._say.describe(node, "RegimenComponent", self._say.apart(given.title), at)
        what = f"“{given.title}” has words that are not read as a dose or a schedule."
        advice = "The regimen stays the submission's own. Write (once daily) or (days 0, 14, 28)."
        self._reader.wrong(row, heading, "own-regimen", what, advice, node, "Note")
        for drug in drugs:
            self._say.say(node, gives, drug, at)
        for name, digits in (("loadingDose", given.loading), ("dose", given.dose)):
            number = _number(digits or "")
            if digits and number is None:
                what = f"“{digits}” has a comma, which may separate decimals or thousands."
                advice = "Write the dose with a point, or without separators."
                self._reader.wrong(row, heading, "decimal-comma", what, advice, node)
            elif number and given.unit:
                self._say.say(node, name, decimal(number), at)
                self._say.text(node, "doseUnit", given.unit, at)
        if given.schedule:
            self._say.text(node, "schedule", given.schedule, at)
        return node

    def _drug(  # noqa: PLR0913, PLR0917  a drug, its cell, and what it is for
        self, row: Row, heading: str, node: ox.NamedNode, stated: str, name: str, new: bool
    ) -> ox.NamedNode | None:
        """Return the drug or drug class that is named; a new drug is described."""
        at, folded = row.place(heading), name.casefold()
        known = self._drugs.get(folded) or self._class(folded.removeprefix("any "))
        if known and not (new and known.startswith(SUBMISSIONS)):
            return self._sharing.use(ox.NamedNode(known), at)
        if new:
            drug = self._sharing.node(at, keys.drug, name)
            if drug is not None:
                return drug
            drug = self._say.describe(self._say.node("drug", name), "Drug", name, at)
            self._say.say(drug, "statedAt", row.passage, at)
            return drug
        asked = suggestions.question(name, [*self._drugs, *self._classes])
        what = f"The graph contains no drug called “{name}”."
        advice = f"{asked}If the drug is new, write new: {name}."
        self._say.wrong(node, stated, "unknown-drug", at, name, what, advice)
        return None

    def _class(self, folded: str) -> str | None:
        """Return the drug class with a name, in the singular or the plural."""
        return self._classes.get(folded) or self._classes.get(f"{folded}s")


def _number(digits: str) -> str | None:
    """Return the one form of a number, or None where it is not one or may be two."""
    try:
        return plain_number(digits)
    except NotShared:
        return None


def _named(text: str) -> list[tuple[str, bool]]:
    """Return the drugs that a text names, each with whether it is new."""
    return [drug for given in components(text) or () for drug in given.drugs]
