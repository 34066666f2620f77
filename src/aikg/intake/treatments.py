"""What people are given, and were given before: regimens, their drugs, new drugs."""

from __future__ import annotations

import pyoxigraph as ox

from aikg.intake.places import Place
from aikg.intake.regimens import Component, Regimens
from aikg.intake.rows import Reader, Row


class Treatments:
    """States the treatments that rows name.

    Args:
        store: The published graph, whose drugs and drug classes cells may name.
        reader: Reads single cells.
    """

    def __init__(self, store: ox.Store, reader: Reader) -> None:
        self._regimens = Regimens(store)
        self._reader = reader
        self._say = reader.statements

    def had_before(self, row: Row, people: ox.NamedNode, place: ox.NamedNode) -> None:
        """State what all people of a population have had."""
        at = row.place("Prior therapy")
        for text in row.texts("Prior therapy"):
            for given in self._regimens.read(text) or ():
                drug = self._drug(people, "priorTherapy", given, place, at)
                if drug is not None:
                    self._say.say(people, "priorTherapy", drug, at)

    def assign(self, row: Row, heading: str, arm: ox.NamedNode, place: ox.NamedNode) -> None:
        """State what an arm is given."""
        text, at = row.text(heading), row.place(heading)
        regimen = self._say.node("regimen", text)
        components = self._regimens.read(text)
        if components is None:
            what = f"“{text}” is no list of drugs that is understood."
            advice = "Write drug, dose, unit and (schedule), with + between drugs: "
            example = "letrozole 2.5 mg (once daily) + new: palbociclib 125 mg."
            self._reader.wrong(row, heading, arm, "regimen", what, advice + example)
            return
        self._say.kind(regimen, "Regimen", at)
        self._say.label(regimen, text, at)
        self._say.say(arm, "assignedRegimen", regimen, at)
        for component in components:
            self._component(row, heading, regimen, component, place)

    def _component(
        self,
        row: Row,
        heading: str,
        regimen: ox.NamedNode,
        given: Component,
        place: ox.NamedNode,
    ) -> None:
        at = row.place(heading)
        loading = f"loading dose {given.loading}" if given.loading else None
        parts = (given.drug, given.dose, given.unit, given.schedule, loading)
        title = " ".join(part for part in parts if part)
        node = self._say.node("component", title)
        self._say.kind(node, "RegimenComponent", at)
        self._say.label(node, title, at)
        self._say.say(regimen, "hasComponent", node, at)
        drug = self._drug(node, "gives", given, place, at)
        if drug is None:
            return
        self._say.say(node, "givesAnyOf" if given.is_class else "gives", drug, at)
        if given.loading and given.unit:
            self._say.number(node, "loadingDose", given.loading, at)
        if given.dose and given.unit:
            self._say.number(node, "dose", given.dose, at)
            self._say.text(node, "doseUnit", given.unit, at)
        if given.schedule:
            self._say.text(node, "schedule", given.schedule, at)

    def _drug(
        self, node: ox.NamedNode, name: str, given: Component, place: ox.NamedNode, at: Place
    ) -> ox.NamedNode | None:
        """Give the drug or drug class that is named; one that is new is described."""
        if given.known is not None:
            return given.known
        if given.new:
            drug = self._say.node("drug", given.drug)
            self._say.kind(drug, "Drug", at)
            self._say.label(drug, given.drug, at)
            self._say.say(drug, "statedAt", place, at)
            return drug
        near = self._regimens.near(given.drug)
        asked = f"Did you mean {near}? " if near else ""
        advice = f"{asked}If it is a drug that the graph does not know, write new: {given.drug}."
        what = f"The graph knows no drug called {given.drug}."
        self._say.wrong(node, name, "unknown-drug", at, given.drug, what, advice)
        return None
