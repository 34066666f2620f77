"""The people that figures are about: trial populations, subgroups, arms and groups."""

from __future__ import annotations

import pyoxigraph as ox

from aikg.intake.known import Known
from aikg.intake.rows import Reader, Row
from aikg.intake.treatments import Treatments

_WHOLE = {"all", "all arms", "both arms", "whole trial"}


class People:
    """States populations, arms and groups.

    Args:
        known: Finds what the graph describes.
        reader: Reads single cells.
        treatments: States what arms receive.
    """

    def __init__(self, known: Known, reader: Reader, treatments: Treatments) -> None:
        self._known = known
        self._reader = reader
        self._say = reader.statements
        self._treatments = treatments

    def enrol(self, row: Row) -> None:
        """State whom a trial enrolled."""
        heading = "Trial population"
        if heading in row.cells and self._reader.agrees(row, heading, row.trial):
            enrolled = self._described(row, heading, row.text(heading), None)
            self._say.say(row.trial, "enrols", enrolled, row.place(heading))
        people = self._enrolled(row.trial)
        if people is not None and not self._say.owns(people):
            self._reader.ignored(row, heading, "trial population")
        elif people is not None:
            self._reader.about(row, "trial population", people)
            for before in ("Prior therapy", "No prior therapy"):
                self._treatments.had_before(row, before, people)

    def group(self, row: Row, heading: str, drugs: str, subgroup: str) -> ox.NamedNode:
        """State the group of people that a figure is about, or is compared with.

        Args:
            row: The row.
            heading: The column with the arm; where it is empty, the arm of the row.
            drugs: The column with the drugs of the arm.
            subgroup: The column with the subgroup.
        """
        at, armed = row.place(heading), heading if heading in row.cells else "Arm"
        name, counted = row.text(armed) or "unnamed", row.text("Analysis set")
        people, who = self._population(row, subgroup)
        given = self._treatments.given(row) if armed == heading == "Arm" else None
        chosen = f", given {row.text('Given drug')}" if given else ""
        title = f"{name}{chosen}, {who}, {counted}, {row.text('Trial')}"
        group = self._say.describe(self._say.node("group", title), "Group", title, at)
        if given:
            self._say.say(group, "givenOfChoice", given, row.place("Given drug"))
        if name.casefold() in _WHOLE:
            self._say.say(group, "ofStudy", row.trial, at)
        else:
            self._say.say(group, "ofArm", self._arm(row, armed, drugs), at)
        if people is None:
            what = "No row says whom the trial enrolled."
            advice = "Describe the people in the column Trial population, in one row of the trial."
            self._reader.wrong(row, "Trial population", "needed", what, advice, group)
        else:
            stated = row.place(subgroup if subgroup in row.cells else "Trial")
            self._say.say(group, "inPopulation", people, stated)
        if not counted:  # reported for the row; the shape would report it again
            self._say.say(group, "analysisSet", "UnstatedSet", at)
        self._reader.read(row, "Analysis set", group)
        return group

    def _enrolled(self, trial: ox.NamedNode) -> ox.NamedNode | None:
        name = self._reader.given(trial, "Trial population")
        if name is not None:
            return self._known.find("Population", name) or self._say.node("population", name)
        return next(self._known.objects(trial, "enrols"), None)

    def _population(self, row: Row, heading: str) -> tuple[ox.NamedNode | None, str]:
        """Return the people of a subgroup, or all of the trial, and what they are called."""
        enrolled, criteria = self._enrolled(row.trial), row.texts(heading)
        if not criteria:
            return enrolled, "all"
        definition = row.text("Subgroup definition") if heading == "Subgroup" else ""
        who = "; ".join(criteria) + (f" ({definition})" if definition else "")
        known = [self._known.find("Population", name) for name in criteria]
        if known == [None]:
            people = self._described(row, heading, who, enrolled)
        elif len(known) == 1 and known[0] and not definition and self._of_trial(row, known[0]):
            people = known[0]
        else:
            people = self._described(row, heading, f"{who}, {row.text('Trial')}", enrolled)
            for name, criterion in zip(criteria, known, strict=True):
                wider = criterion or self._described(row, heading, name, enrolled)
                self._say.say(people, "within", wider, row.place(heading))
        if heading == "Subgroup" and self._say.owns(people):
            self._reader.about(row, "subgroup", people)
        elif heading == "Subgroup":
            self._reader.ignored(row, "Subgroup", "subgroup")
        return people, who

    def _of_trial(self, row: Row, people: ox.NamedNode) -> bool:
        """Return whether a population of the graph is one of the trial's own."""
        groups = self._known.subjects("inPopulation", people)
        of = {trial for group in groups for trial in self._known.objects(group, "ofStudy")}
        arms = (
            a
            for g in self._known.subjects("inPopulation", people)
            for a in self._known.objects(g, "ofArm")
        )
        of |= {trial for arm in arms for trial in self._known.objects(arm, "ofStudy")}
        enrolled = self._enrolled(row.trial)
        return row.trial in of or enrolled in {people, *self._known.objects(people, "within")}

    def _described(
        self, row: Row, heading: str, name: str, wider: ox.NamedNode | None
    ) -> ox.NamedNode:
        """Return the population with a name, which may be one of the graph."""
        at, known = row.place(heading), self._known.find("Population", name)
        if known is not None:
            return known
        people = self._say.describe(self._say.node("population", name), "Population", name, at)
        self._say.say(people, "statedAt", row.passage, at)
        if wider is not None:
            self._say.say(people, "within", wider, at)
        return people

    def _arm(self, row: Row, heading: str, drugs: str) -> ox.NamedNode:
        title, at = f"{row.text(heading)}, {row.text('Trial')}", row.place(heading)
        arm = self._say.describe(self._say.node("arm", title), "Arm", title, at)
        self._say.say(arm, "ofStudy", row.trial, at)
        if heading == "Arm":
            self._reader.about(row, "arm", arm)
        if drugs in row.cells and self._reader.agrees(row, drugs, arm, "Drugs"):
            self._treatments.assign(row, drugs, arm)
        return arm
