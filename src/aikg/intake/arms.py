"""The arms that rows name: of a trial of the sheet, of a numbered trial, or of one of the house."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pyoxigraph as ox

from aikg.intake.known import Known, is_shared
from aikg.intake.rows import Reader, Row
from aikg.intake.sharing import Sharing, folded
from aikg.intake.treatments import Treatments
from aikg.links.spelling import normalise, typos
from aikg.shared import keys

_NEW = re.compile(r"new arm: *(?P<name>.+)", re.IGNORECASE)


@dataclass
class _Arm:
    """An arm of a numbered trial, as rows name it."""

    row: Row
    heading: str
    name: str
    new: bool
    treated: bool = False


@dataclass
class _Trial:
    """What the graph and the sheet have of the arms of a numbered trial."""

    named: dict[ox.NamedNode, _Arm] = field(default_factory=dict)


class Arms:
    """States arms, or finds those of the graph.

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
        self._reader = reader
        self._say = reader.statements
        self._treatments = treatments
        self._trials: dict[ox.NamedNode, _Trial] = {}
        self._matched: dict[tuple[ox.NamedNode, str], ox.NamedNode | None] = {}

    def read(self, row: Row, heading: str, drugs: str) -> ox.NamedNode:
        """Return the arm that a row names in a column.

        Args:
            row: The row.
            heading: The column with the name of the arm.
            drugs: The column with its drugs.
        """
        text, at = row.text(heading), row.place(heading)
        new = _NEW.fullmatch(text)
        name = new["name"] if new else text
        own = self._say.owns(row.trial) or self._known.of_submission(row.trial)
        house = not own and not is_shared(row.trial) and not new
        if house:
            known = self._of_house(row, drugs, name)
            if known is not None:
                self._reader.ignored(row, heading, "arm" if heading == "Arm" else drugs)
                return known
        arm = None if own else self._sharing.node(at, keys.arm, row.trial, name)
        if arm is None:
            title = f"{name}, {row.text('Trial')}"
            arm = self._say.describe(self._say.node("arm", title), "Arm", title, at)
            self._say.say(arm, "ofStudy", row.trial, at)
        elif house:
            self._which_of_house(row, heading, name, arm)
        else:
            self._remember(arm, _Arm(row, heading, name, bool(new)), drugs)
        if heading == "Arm":
            self._reader.about(row, "arm", arm)
        if drugs in row.cells and self._reader.agrees(row, drugs, arm, "Drugs"):
            self._treatments.assign(row, drugs, arm)
        return arm

    def _remember(self, arm: ox.NamedNode, said: _Arm, drugs: str) -> None:
        trial = self._trials.setdefault(said.row.trial, _Trial())
        first = trial.named.setdefault(arm, said)
        first.new = first.new or said.new
        first.treated = first.treated or drugs in said.row.cells

    def _of_house(self, row: Row, drugs: str, name: str) -> ox.NamedNode | None:
        """Return the one arm of a curated trial that is meant, by its name or its drugs."""
        at = (row.trial, folded(name))
        if at not in self._matched or (self._matched[at] is None and drugs in row.cells):
            arms = [a for a in self._known.subjects("ofStudy", row.trial) if self._is_arm(a)]
            matches = [arm for arm in arms if folded(name) in self._names(arm)]
            given = self._treatments.drugs_of(row.text(drugs) or name)
            matches = matches or [arm for arm in arms if given and self._receives(arm) == given]
            self._matched[at] = matches[0] if len(matches) == 1 else None
        return self._matched[at]

    def _which_of_house(self, row: Row, heading: str, name: str, arm: ox.NamedNode) -> None:
        arms = [a for a in self._known.subjects("ofStudy", row.trial) if self._is_arm(a)]
        label = self._known.label(row.trial)
        what = f"“{name}” is not the name or the drugs of one arm of “{label}”."
        self._which(row, heading, what, [a for a in arms if a != arm], arm)

    def _is_arm(self, node: ox.NamedNode) -> bool:
        return self._known.is_a(node, "Arm")

    def _names(self, arm: ox.NamedNode) -> set[str]:
        texts = {self._known.label(arm), *self._known.values(arm, "armLabel")}
        return {folded(text) for text in texts if text}

    def _receives(self, arm: ox.NamedNode) -> set[str]:
        return {
            drug.value
            for regimen in self._known.objects(arm, "assignedRegimen")
            for component in self._known.objects(regimen, "hasComponent")
            for gives in keys.GIVES
            for drug in self._known.objects(component, gives)
        }

    def _which(
        self,
        row: Row,
        heading: str,
        what: str,
        arms: list[ox.NamedNode],
        meant: ox.NamedNode | None = None,
    ) -> None:
        listed = "; ".join(sorted(f"“{self._called(arm)}”{self._drugs(arm)}" for arm in arms))
        advice = f"Write one of its arms: {listed}. For another arm write new arm: NAME."
        place, text, node = row.place(heading), row.text(heading), meant or row.node
        self._say.wrong(node, "assignedRegimen", "which-arm", place, text, what, advice)

    def _called(self, arm: ox.NamedNode) -> str:
        key = self._sharing.key(arm) if is_shared(arm) else None
        return str(key[2]) if key else self._known.label(arm)

    def _drugs(self, arm: ox.NamedNode) -> str:
        regimens = [self._known.label(one) for one in self._known.objects(arm, "assignedRegimen")]
        return f" ({regimens[0]})" if regimens else ""

    def finish(self) -> None:
        """Hold the arms of numbered trials against those that the graph has."""
        for trial, said in self._trials.items():
            there = [a for a in self._known.subjects("ofStudy", trial) if self._is_arm(a)]
            treated = [a for a in there if any(self._known.objects(a, "assignedRegimen"))]
            for arm, one in said.named.items():
                if arm not in there:
                    own = any(other.treated for other in said.named.values())
                    self._unknown(arm, one, there, treated, own)

    def _unknown(
        self,
        arm: ox.NamedNode,
        said: _Arm,
        there: list[ox.NamedNode],
        treated: list[ox.NamedNode],
        own: bool,
    ) -> None:
        """Ask about an arm that the graph does not have, or show it to the curator."""
        others = [*there, *(a for a, s in self._trials[said.row.trial].named.items() if s.treated)]
        near = [a for a in others if a != arm and _near(said.name, self._called(a))]
        label = self._known.label(said.row.trial) or said.row.text("Trial")
        if said.new:
            self._reader.wrong(
                *(said.row, said.heading, "joined", f"“{said.name}” is a new arm of “{label}”."),
                *("If it is an arm that the trial has, write its name.", None, "Note"),
            )
        elif not said.treated and (near or treated or own):
            what = f"No row states the drugs of “{said.name}”, and “{label}” has no such arm."
            known = sorted({*others}, key=lambda a: a.value)
            self._which(said.row, said.heading, what, known, arm)
        elif near and there:
            what = f"“{said.name}” is nearly the name of another arm of “{label}”."
            self._which(said.row, said.heading, what, there, arm)


def _near(one: str, other: str) -> bool:
    return bool(typos(normalise(one), normalise(other)))
