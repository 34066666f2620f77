"""The figure of a row: what was measured, the number, its interval, its test."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyoxigraph as ox

from aikg.intake import suggestions
from aikg.intake.rows import Reader, Row
from aikg.intake.statements import AIKG

_NEW = re.compile(
    r"new (efficacy outcome|adverse event|adherence outcome|conduct outcome): *(.+)", re.IGNORECASE
)
_KINDS = {
    "efficacy outcome": "EfficacyOutcome",
    "adverse event": "AdverseEvent",
    "adherence outcome": "AdherenceOutcome",
    "conduct outcome": "ConductOutcome",
}

#: What a limit of an interval may be in place of a number.
_NO_LIMIT = {
    "not reached": "NotReached",
    "not estimable": "NotEstimable",
    "ne": "NotEstimable",
    "not reported": "NotReported",
}
_P = re.compile(r"([<>=]?) *(\d*\.?\d+)")

#: The cells of a figure that are read as they are.
_PLAIN = (
    *("Measure", "Status", "As printed", "Value", "Unit", "Bound", "Hedge", "Grade", "Counts"),
    *("Range low", "Range high", "Range over", "CI level", "p sign", "p sides", "Direction"),
    *("Significance", "Assessed by", "Time point", "Time point unit"),
)


#: What tells one analysis from another.
_ANALYSIS = ("Analysis", "Data cut-off", "Follow-up", "Follow-up unit")


@dataclass(frozen=True, slots=True)
class Setting:
    """Of whom and where a figure is.

    Attributes:
        trial: The trial.
        passage: Where it is printed.
        group: Of whom it is.
        other: With whom they are compared, or None.
    """

    trial: ox.NamedNode
    passage: ox.NamedNode
    group: ox.NamedNode
    other: ox.NamedNode | None


class Figures:
    """Reads the figures of rows.

    Args:
        store: The published graph, whose outcomes cells may name.
        reader: Reads single cells.
    """

    def __init__(self, store: ox.Store, reader: Reader) -> None:
        self._reader = reader
        self._say = reader.statements
        self._outcomes = suggestions.named(store, [AIKG + "Outcome"])
        self._new: set[str] = set()

    def announce(self, outcome: str) -> None:
        """Take note of an outcome that some row says is new, so that each row may name it."""
        new = _NEW.fullmatch(outcome)
        if new:
            self._new.add(new[2].casefold())

    def read(self, row: Row, setting: Setting) -> None:
        """State the figure of a row, and what belongs to it."""
        node, at = row.node, row.place("As printed")
        self._kind(row, setting)
        self._say.say(node, "statedAt", setting.passage, at)
        self._outcome(row, setting)
        for heading in _PLAIN:
            self._reader.read(row, heading, node)
        if "Status" not in row.cells:
            self._status(row)
        for heading, name in (("CI low", "ciLow"), ("CI high", "ciHigh")):
            self._limit(row, heading, name)
        self._p_value(row)
        self._analysis(row, setting)
        self._patients(row, setting)
        self._issue(row, setting)
        if "Repeats" in row.cells:
            self._refer(row, "Repeats", "restates")

    def _kind(self, row: Row, setting: Setting) -> None:
        node, at = row.node, row.place("Arm")
        if "Interaction of" in row.cells:
            self._say.kind(node, "InteractionTest", row.place("Interaction of"))
            self._refer(row, "Interaction of", "comparesFinding")
            if "Modifier" in row.cells:
                place = row.place("Modifier")
                modifier = self._say.node("characteristic", row.text("Modifier"))
                self._say.label(modifier, row.text("Modifier"), place)
                self._say.say(node, "modifier", modifier, place)
        elif setting.other is not None:
            self._say.kind(node, "Contrast", row.place("Compared with"))
            self._say.say(node, "experimental", setting.group, at)
            self._say.say(node, "reference", setting.other, row.place("Compared with"))
        else:
            self._say.kind(node, "GroupResult", at)
            self._say.say(node, "ofGroup", setting.group, at)

    def _refer(self, row: Row, heading: str, name: str) -> None:
        """Point at the figures of other rows by their names."""
        for text in row.texts(heading):
            if self._say.has("finding", text):
                self._say.say(row.node, name, self._say.node("finding", text), row.place(heading))
            else:
                what = f"No row has {text} in the column Figure."
                advice = f"Write {text} into the column Figure of the row that is meant."
                self._reader.wrong(row, heading, row.node, "unknown-figure", what, advice)

    def _outcome(self, row: Row, setting: Setting) -> None:
        text, at = row.text("Outcome"), row.place("Outcome")
        new = _NEW.fullmatch(text)
        known = self._outcomes.get(text.casefold())
        if known:
            self._measured(row, setting, ox.NamedNode(known))
        elif new or text.casefold() in self._new:
            name = new[2] if new else text
            node = self._say.node("outcome", name.casefold())
            self._measured(row, setting, node)
            if new:
                self._say.kind(node, _KINDS[new[1].lower()], at)
                self._say.label(node, name, at)
                self._say.say(node, "statedAt", setting.passage, at)
        elif text:
            near = suggestions.near_label(text, [*self._outcomes, *sorted(self._new)])
            asked = f"Did you mean {near}? " if near else ""
            advice = (
                f"{asked}If it is new, write new efficacy outcome: {text}, or new adverse event: "
            )
            what = f"The graph knows no outcome called {text}."
            self._reader.wrong(
                row, "Outcome", row.node, "unknown-outcome", what, f"{advice}{text}."
            )

    def _measured(self, row: Row, setting: Setting, outcome: ox.NamedNode) -> None:
        self._say.say(row.node, "ofOutcome", outcome, row.place("Outcome"))
        planned = self._reader.chosen(row, "Primary outcome", row.node)
        if planned == ox.Literal(True) and setting.trial.value.startswith(self._say.base):
            at = row.place("Primary outcome")
            self._say.say(setting.trial, "hasPrimaryOutcome", outcome, at)

    def _status(self, row: Row) -> None:
        """What has a printed form and no status is reported, unless that form says otherwise."""
        printed = row.text("As printed").casefold()
        if printed in {"nr", "n.r.", "na"} and "Value" not in row.cells:
            self._reader.wrong(
                row,
                "Status",
                row.node,
                "not-reported-or-not-reached",
                f"“{row.text('As printed')}” may mean not reported, or not reached.",
                "Look it up in the source's legend, and choose in the column Status: not reported, "
                "not reached, not estimable.",
            )
        else:
            self._say.say(row.node, "status", self._say.term("Reported"), row.place("As printed"))

    def _limit(self, row: Row, heading: str, name: str) -> None:
        text = row.text(heading).casefold()
        if text in _NO_LIMIT:
            value = self._say.term(_NO_LIMIT[text])
            self._say.say(row.node, f"{name}Status", value, row.place(heading))
        elif text in {"nr", "na"}:
            what = f"“{row.text(heading)}” may mean not reported, or not reached."
            advice = "Write not reached, not estimable or not reported."
            self._reader.wrong(row, heading, row.node, "not-reported-or-not-reached", what, advice)
        elif text:
            self._reader.number(row, heading, row.node, name)

    def _p_value(self, row: Row) -> None:
        text = row.text("p value")
        match = _P.fullmatch(text)
        if match and match[1] and "p sign" not in row.cells:
            self._say.text(row.node, "pQualifier", match[1], row.place("p value"))
            digits = f"0{match[2]}" if match[2].startswith(".") else match[2]
            self._say.number(row.node, "pValue", digits, row.place("p value"))
        elif text:
            self._reader.read(row, "p value", row.node)

    def _analysis(self, row: Row, setting: Setting) -> None:
        stated = [heading for heading in _ANALYSIS if heading in row.cells]
        if not stated:
            return
        at = row.place(stated[0])
        said = " ".join(row.text(heading) for heading in stated)
        title = f"{said if stated[0] == 'Analysis' else f'analysis of {said}'}, {row.text('Trial')}"
        node = self._say.node("analysis", title)
        self._say.kind(node, "Analysis", at)
        self._say.label(node, title, at)
        self._say.say(node, "ofStudy", setting.trial, at)
        for cell in _ANALYSIS[1:]:
            self._reader.read(row, cell, node)
        self._say.say(row.node, "ofAnalysis", node, at)

    def _patients(self, row: Row, setting: Setting) -> None:
        """The size of a group is a figure of its own, of the same place."""
        if "Patients" not in row.cells:
            return
        place = row.place("Patients")
        size = row.text("Patients")
        node = self._say.node("finding", f"size {setting.group.value} {size}")
        if not self._reader.number(row, "Patients", node, "value"):
            return
        self._say.kind(node, "GroupResult", place)
        self._say.say(node, "ofGroup", setting.group, place)
        self._say.say(
            node, "ofOutcome", ox.NamedNode(self._outcomes["number of patients"]), place
        ) if "number of patients" in self._outcomes else None
        self._say.say(node, "measure", self._say.term("Count"), place)
        self._say.say(node, "status", self._say.term("Reported"), place)
        self._say.text(node, "unit", "{person}", place)
        self._say.text(node, "printed", size, place)
        self._say.say(node, "statedAt", setting.passage, place)

    def _issue(self, row: Row, setting: Setting) -> None:
        """Record that the source prints what cannot be so."""
        if "Problem in the source" not in row.cells:
            return
        text, at = row.text("Problem in the source"), row.place("Problem in the source")
        node = self._say.node("issue", f"{row.node.value} {text}")
        self._say.kind(node, "DataIssue", at)
        self._say.label(node, text, at)
        self._say.say(node, "concerns", row.node, at)
        self._say.say(node, "statedAt", setting.passage, at)
        if not self._reader.read(row, "Kind of problem", node):
            self._say.say(node, "issueKind", self._say.term("Impossible"), at)
