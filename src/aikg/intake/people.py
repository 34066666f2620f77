"""The people that figures are about: trial populations, subgroups, arms and groups."""

from __future__ import annotations

import pyoxigraph as ox

from aikg.intake.arms import Arms
from aikg.intake.known import Known, is_shared
from aikg.intake.rows import Reader, Row
from aikg.intake.sharing import Sharing
from aikg.intake.statements import AIKG
from aikg.intake.treatments import Treatments
from aikg.shared import keys

_WHOLE = {"all", "all arms", "both arms", "whole trial"}


class People:
    """States populations, arms and groups.

    Args:
        known: Finds what the graph describes.
        sharing: States shared nodes.
        reader: Reads single cells.
        treatments: States what arms receive.
    """

    def __init__(
        self, known: Known, sharing: Sharing, reader: Reader, treatments: Treatments
    ) -> None:
        self._known = known
        self._sharing = sharing
        self._arms = Arms(known, sharing, reader, treatments)
        self._reader = reader
        self._say = reader.statements
        self._treatments = treatments

    def enrol(self, row: Row) -> None:
        """State whom a trial enrolled."""
        heading = "Trial population"
        if is_shared(row.trial):
            self._enrol_numbered(row, heading)
            return
        if heading in row.cells and self._reader.agrees(row, heading, row.trial):
            enrolled = self._described(row, heading, row.text(heading), None)
            self._say.say(row.trial, "enrols", enrolled, row.place(heading))
        people = self._enrolled(row)
        if people is not None and not self._say.owns(people):
            self._reader.ignored(row, heading, "trial population")
        elif people is not None:
            self._characterize(row, people)

    def _characterize(self, row: Row, people: ox.NamedNode) -> None:
        self._reader.about(row, "trial population", people)
        for before in ("Prior therapy", "No prior therapy"):
            self._treatments.had_before(row, before, people)

    def _enrol_numbered(self, row: Row, heading: str) -> None:
        """State the people of a numbered trial, who are the same for each source of it."""
        at, people = row.place("Trial"), self._enrolled(row)
        if people is None:
            return
        self._say.say(row.trial, "enrols", people, at)
        self._characterize(row, people)
        if heading in row.cells and self._reader.agrees(row, heading, row.trial):
            known = self._known.find("Population", row.text(heading))
            if known is not None and not is_shared(known) and not self._known.of_submission(known):
                self._say.say(people, "within", known, row.place(heading))
            else:
                self._say.text(people, "definitionStated", row.text(heading), row.place(heading))

    def finish(self) -> None:
        """Report what only all rows together show."""
        self._arms.finish()

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
        shared = self._shared_group(row, armed, drugs, people, given)
        if shared is not None:
            return shared
        chosen = f", given {row.text('Given drug')}" if given else ""
        title = f"{name}{chosen}, {who}, {counted}, {row.text('Trial')}"
        title = title if self._say.owns(row.trial) else self._say.apart(title)
        group = self._say.describe(self._say.node("group", title), "Group", title, at)
        if given:
            self._say.say(group, "givenOfChoice", given, row.place("Given drug"))
        if name.casefold() in _WHOLE:
            self._say.say(group, "ofStudy", row.trial, at)
        else:
            self._say.say(group, "ofArm", self._arms.read(row, armed, drugs), at)
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

    def _shared_group(
        self,
        row: Row,
        armed: str,
        drugs: str,
        people: ox.NamedNode | None,
        given: ox.NamedNode | None,
    ) -> ox.NamedNode | None:
        """Return the group of a numbered or curated trial, if all its parts are shared."""
        counted = self._reader.cells.item("Analysis set", row.text("Analysis set"))
        if people is None or self._say.owns(row.trial) or self._say.owns(people):
            return None
        whole = row.text(armed).casefold() in _WHOLE
        of = row.trial if whole else [self._arms.read(row, armed, drugs)]
        term = counted.value.removeprefix(AIKG) if counted else "UnstatedSet"
        if counted is None and "Analysis set" in row.cells:
            return None
        choice = given or ""
        return self._sharing.node(row.place(armed), keys.group, of, people, term, choice)

    def _enrolled(self, row: Row) -> ox.NamedNode | None:
        trial = row.trial
        if is_shared(trial):
            return self._sharing.node(row.place("Trial"), keys.population, trial, [])
        name = self._reader.given(trial, "Trial population")
        if name is not None:
            return self._known.find("Population", name) or self._say.node("population", name)
        return next(self._known.objects(trial, "enrols"), None)

    def _population(self, row: Row, heading: str) -> tuple[ox.NamedNode | None, str]:
        """Return the people of a subgroup, or all of the trial, and what they are called."""
        enrolled, criteria = self._enrolled(row), row.texts(heading)
        if not criteria:
            return enrolled, "all"
        definition = row.text("Subgroup definition") if heading == "Subgroup" else ""
        who = "; ".join(criteria) + (f" ({definition})" if definition else "")
        if not self._say.owns(row.trial):
            return self._of_known_trial(row, heading, enrolled, definition), who
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

    def _of_known_trial(
        self, row: Row, heading: str, enrolled: ox.NamedNode | None, definition: str
    ) -> ox.NamedNode | None:
        """Return the subgroup of a trial that others describe too: shared if its criteria are."""
        at, criteria = row.place(heading), row.texts(heading)
        known = [self._criterion(name) for name in criteria]
        used = [self._sharing.use(one, at) for one in (enrolled, *known) if one is not None]
        shared = None
        if None not in (enrolled, *known) and not definition:
            if len(known) == 1 and known[0] and self._of_trial(row, known[0]):
                shared = known[0]
            else:
                shared = self._sharing.node(at, keys.population, "", used)
        if shared is not None:
            self._reader.ignored(row, heading, "subgroup")
            return shared
        who = "; ".join(criteria) + (f" ({definition})" if definition else "")
        people = self._own(row, heading, f"{who}, {row.text('Trial')}")
        for wider in used:
            self._say.say(people, "within", wider, at)
        for name in (name for name, one in zip(criteria, known, strict=True) if one is None):
            if len(criteria) > 1:
                part = self._own(row, heading, f"{name}, {row.text('Trial')}")
                self._say.say(people, "within", part, at)
        if heading == "Subgroup":
            self._reader.about(row, "subgroup", people)
        return people

    def _criterion(self, name: str) -> ox.NamedNode | None:
        """Return the curated population with a name."""
        found = self._known.find("Population", name)
        return None if found is None or self._known.of_submission(found) else found

    def _own(self, row: Row, heading: str, name: str) -> ox.NamedNode:
        at, label = row.place(heading), self._say.apart(name)
        people = self._say.describe(self._say.node("population", name), "Population", label, at)
        self._say.say(people, "statedAt", row.passage, at)
        return people

    def _of_trial(self, row: Row, people: ox.NamedNode) -> bool:
        """Return whether a population of the graph is one of the trial's own."""
        groups = [
            group
            for group in self._known.subjects("inPopulation", people)
            if not self._known.of_submission(group) and not is_shared(group)
        ]
        of = {trial for group in groups for trial in self._known.objects(group, "ofStudy")}
        arms = (arm for group in groups for arm in self._known.objects(group, "ofArm"))
        of |= {trial for arm in arms for trial in self._known.objects(arm, "ofStudy")}
        enrolled = self._enrolled(row)
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
