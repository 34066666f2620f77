"""What people receive, as a trialist writes it: letrozole 2.5 mg (once daily) + new: x."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyoxigraph as ox

from aikg.intake import suggestions
from aikg.intake.columns import BY_HEADING
from aikg.intake.rows import Reader, Row
from aikg.intake.statements import AIKG, decimal

_NUMBER, _UNIT = r"\d+(?:\.\d+)?", r"[a-zA-Zµ]+(?:/[a-zA-Z0-9]+)*"
_PART = re.compile(
    rf"(?P<new>new: *)?(?P<drug>[^(]+?)(?: +(?P<dose>{_NUMBER}) *(?P<unit>{_UNIT}))?"
    r"(?: *\((?P<schedule>[^)]*)\))?",
    re.IGNORECASE,
)

#: In the brackets of a dose that others follow.
_LOADING = re.compile(
    rf"(?:^|,) *loading dose (?P<dose>{_NUMBER}) *(?P<unit>{_UNIT})? *(?=,|$)", re.IGNORECASE
)

#: "Per day", as people write it, is not part of the unit of a dose.
_UNITS = {"mg/d": "mg", "mg/day": "mg", "µg": "ug", "mcg": "ug"}


@dataclass(frozen=True, slots=True)
class Component:
    """One drug of a regimen, as it is written.

    Attributes:
        drug: Its name.
        new: Whether the cell says that it is new.
        dose: The dose in digits, or None.
        loading: The first dose in the same unit, where it is another, or None.
        unit: The unit of both, or None.
        schedule: How often and by which way, or None.
    """

    drug: str
    new: bool = False
    dose: str | None = None
    loading: str | None = None
    unit: str | None = None
    schedule: str | None = None

    @property
    def title(self) -> str:
        """The component in words."""
        loading = f"loading dose {self.loading}" if self.loading else None
        parts = (self.drug, self.dose, self.unit, self.schedule, loading)
        return " ".join(part for part in parts if part)


def components(text: str) -> list[Component] | None:
    """Read a regimen; return None if it cannot be understood."""
    found = [_PART.fullmatch(part.strip()) for part in re.split(r"\s\+\s|\s*;\s*|\s+plus\s+", text)]
    return [_component(match) for match in found if match] if all(found) else None


def _component(match: re.Match[str]) -> Component:
    unit, schedule, dose = _unit(match["unit"]), match["schedule"], None
    loading = _LOADING.search(schedule or "")
    # A loading dose in another unit stays part of the schedule.
    if loading and schedule and (not loading["unit"] or _unit(loading["unit"]) == unit):
        dose = loading["dose"]
        schedule = (schedule[: loading.start()] + schedule[loading.end() :]).strip(" ,")
    return Component(
        match["drug"].strip(), bool(match["new"]), match["dose"], dose, unit, schedule or None
    )


def _unit(text: str | None) -> str | None:
    return _UNITS.get((text or "").lower(), text)


class Treatments:
    """States the treatments that rows name.

    Args:
        store: The published graph, whose drugs and drug classes cells may name.
        reader: Reads single cells.
    """

    def __init__(self, store: ox.Store, reader: Reader) -> None:
        self._drugs = suggestions.named(store, [AIKG + "Drug"])
        self._classes = suggestions.named(store, [AIKG + "DrugClass"])
        self._reader = reader
        self._say = reader.statements

    def had_before(self, row: Row, heading: str, people: ox.NamedNode) -> None:
        """State the drugs or classes that all people of a population had before."""
        for text in row.texts(heading):
            for given in components(text) or ():
                name = BY_HEADING[heading].property or ""
                drug = self._drug(row, heading, people, name, given)
                if drug is not None:
                    self._say.say(people, name, drug, row.place(heading))

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
        regimen = self._say.describe(self._say.node("regimen", text), "Regimen", text, at)
        self._say.say(arm, "assignedRegimen", regimen, at)
        for given in parts:
            node = self._say.node("component", given.title)
            self._say.describe(node, "RegimenComponent", given.title, at)
            self._say.say(regimen, "hasComponent", node, at)
            self._gives(row, heading, node, given)

    def _gives(self, row: Row, heading: str, node: ox.NamedNode, given: Component) -> None:
        """State drug, dose and schedule of a component."""
        at, drug = row.place(heading), self._drug(row, heading, node, "gives", given)
        if drug is None:
            return
        is_class = drug.value in self._classes.values()
        self._say.say(node, "givesAnyOf" if is_class else "gives", drug, at)
        for name, digits in (("loadingDose", given.loading), ("dose", given.dose)):
            if digits and given.unit:
                self._say.say(node, name, decimal(digits), at)
                self._say.text(node, "doseUnit", given.unit, at)
        if given.schedule:
            self._say.text(node, "schedule", given.schedule, at)

    def _drug(
        self, row: Row, heading: str, node: ox.NamedNode, stated: str, given: Component
    ) -> ox.NamedNode | None:
        """Return the drug or drug class that is named; a new one is described."""
        name, at = given.drug, row.place(heading)
        known = self._drugs.get(name.casefold()) or self._classes.get(name.casefold())
        if known:
            return ox.NamedNode(known)
        if given.new:
            drug = self._say.describe(self._say.node("drug", name), "Drug", name, at)
            self._say.say(drug, "statedAt", row.passage, at)
            return drug
        asked = suggestions.question(name, [*self._drugs, *self._classes])
        what = f"The graph contains no drug called “{name}”."
        advice = f"{asked}If the drug is new, write new: {name}."
        self._say.wrong(node, stated, "unknown-drug", at, name, what, advice)
        return None
