"""The figure of a row: its outcome, number, interval, test and analysis."""

from __future__ import annotations

import re

import pyoxigraph as ox

from aikg.intake import suggestions
from aikg.intake.rows import Reader, Row
from aikg.intake.statements import AIKG, decimal

_KINDS = {
    "efficacy outcome": "EfficacyOutcome",
    "adverse event": "AdverseEvent",
    "adherence outcome": "AdherenceOutcome",
    "conduct outcome": "ConductOutcome",
}
_NEW = re.compile(rf"new ({'|'.join(_KINDS)}): *(.+)", re.IGNORECASE)

#: What may stand in place of a limit of an interval.
_NO_LIMIT = {
    "not reached": "NotReached",
    "not estimable": "NotEstimable",
    "ne": "NotEstimable",
    "not reported": "NotReported",
}
_P = re.compile(r"([<>=]?) *(\d*\.?\d+)")

#: The cells that distinguish one analysis from another.
_ANALYSIS = ("Analysis", "Data cut-off", "Follow-up", "Follow-up unit")


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
        """Remember an outcome that some row calls new, so that each row may name it."""
        new = _NEW.fullmatch(outcome)
        if new:
            self._new.add(new[2].casefold())

    def read(self, row: Row) -> None:
        """State the figure of a row, and what belongs to it."""
        self._kind(row)
        self._say.say(row.node, "statedAt", row.passage, row.place("As printed"))
        self._outcome(row)
        self._reader.about(row, "figure", row.node)
        self._status(row)
        self._limit(row, "CI low", "ciLow")
        self._limit(row, "CI high", "ciHigh")
        self._p_value(row)
        self._analysis(row)
        self._patients(row)
        self._issue(row)
        self._refer(row, "Repeats", "restates")

    def _kind(self, row: Row) -> None:
        node, at = row.node, row.place("Arm")
        if "Interaction of" in row.cells:
            self._say.kind(node, "InteractionTest", row.place("Interaction of"))
            self._refer(row, "Interaction of", "comparesFinding")
            if "Modifier" in row.cells:
                text, place = row.text("Modifier"), row.place("Modifier")
                modifier = self._say.node("characteristic", text)
                self._say.label(modifier, text, place)
                self._say.say(node, "modifier", modifier, place)
        elif row.other is not None:
            self._say.kind(node, "Contrast", row.place("Compared with"))
            self._say.say(node, "experimental", row.group, at)
            self._say.say(node, "reference", row.other, row.place("Compared with"))
        else:
            self._say.kind(node, "GroupResult", at)
            self._say.say(node, "ofGroup", row.group, at)

    def _refer(self, row: Row, heading: str, name: str) -> None:
        """Point at the figures of other rows by their names."""
        for text in row.texts(heading):
            if self._say.has("finding", text):
                self._say.say(row.node, name, self._say.node("finding", text), row.place(heading))
            else:
                what = f"No row is called “{text}” in the column Figure."
                advice = f"Write {text} in the column Figure of the row that you mean."
                self._reader.wrong(row, heading, "unknown-figure", what, advice)

    def _outcome(self, row: Row) -> None:
        text, at = row.text("Outcome"), row.place("Outcome")
        new = _NEW.fullmatch(text)
        known = self._outcomes.get(text.casefold())
        if known:
            self._measured(row, ox.NamedNode(known))
        elif new or text.casefold() in self._new:
            name = new[2] if new else text
            node = self._say.node("outcome", name.casefold())
            self._measured(row, node)
            if new:
                self._say.describe(node, _KINDS[new[1].lower()], name, at)
                self._say.say(node, "statedAt", row.passage, at)
        elif text:
            asked = suggestions.question(text, [*self._outcomes, *sorted(self._new)])
            what = f"The graph contains no outcome called “{text}”."
            new_one = f"new efficacy outcome: {text}, or new adverse event: {text}."
            advice = f"{asked}If the outcome is new, write {new_one}"
            self._reader.wrong(row, "Outcome", "unknown-outcome", what, advice)

    def _measured(self, row: Row, outcome: ox.NamedNode) -> None:
        self._say.say(row.node, "ofOutcome", outcome, row.place("Outcome"))
        planned = self._reader.chosen(row, "Primary outcome")
        if planned == ox.Literal(True) and self._say.owns(row.trial):
            at = row.place("Primary outcome")
            self._say.say(row.trial, "hasPrimaryOutcome", outcome, at)

    def _status(self, row: Row) -> None:
        """A figure without a status is reported, unless its printed form is ambiguous."""
        printed = row.text("As printed")
        if "Status" in row.cells:
            return
        if printed.casefold() in {"nr", "n.r.", "na"} and "Value" not in row.cells:
            advice = "Look it up in the source's legend, and choose in the column Status: "
            options = "not reported, not reached, not estimable."
            self._reader.ambiguous(row, "Status", printed, advice + options)
        else:
            self._say.say(row.node, "status", "Reported", row.place("As printed"))

    def _limit(self, row: Row, heading: str, name: str) -> None:
        text = row.text(heading)
        if text.casefold() in _NO_LIMIT:
            status = _NO_LIMIT[text.casefold()]
            self._say.say(row.node, f"{name}Status", status, row.place(heading))
        elif text.casefold() in {"nr", "na"}:
            advice = "Write not reached, not estimable or not reported."
            self._reader.ambiguous(row, heading, text, advice)
        else:
            self._reader.read(row, heading, row.node)

    def _p_value(self, row: Row) -> None:
        match = _P.fullmatch(row.text("p value"))
        if match and match[1] and "p sign" not in row.cells:
            self._say.text(row.node, "pQualifier", match[1], row.place("p value"))
            digits = f"0{match[2]}" if match[2].startswith(".") else match[2]
            self._say.say(row.node, "pValue", decimal(digits), row.place("p value"))
        else:
            self._reader.read(row, "p value", row.node)

    def _analysis(self, row: Row) -> None:
        stated = [heading for heading in _ANALYSIS if heading in row.cells]
        if not stated:
            return
        at = row.place(stated[0])
        said = " ".join(row.text(heading) for heading in stated)
        title = f"{said if stated[0] == 'Analysis' else f'analysis of {said}'}, {row.text('Trial')}"
        node = self._say.describe(self._say.node("analysis", title), "Analysis", title, at)
        self._say.say(node, "ofStudy", row.trial, at)
        self._reader.about(row, "analysis", node)
        self._say.say(row.node, "ofAnalysis", node, at)

    def _patients(self, row: Row) -> None:
        """State the size of a group, which is a figure of its own in the same passage."""
        if "Patients" not in row.cells:
            return
        size, place = row.text("Patients"), row.place("Patients")
        node = self._say.node("finding", f"size {row.group.value} {size}")
        if not self._reader.read(row, "Patients", node, "value"):
            return
        self._say.kind(node, "GroupResult", place)
        self._say.say(node, "ofGroup", row.group, place)
        if "number of patients" in self._outcomes:
            self._say.say(node, "ofOutcome", self._outcomes["number of patients"], place)
        self._say.say(node, "measure", "Count", place)
        self._say.say(node, "status", "Reported", place)
        self._say.text(node, "unit", "{person}", place)
        self._say.text(node, "printed", size, place)
        self._say.say(node, "statedAt", row.passage, place)

    def _issue(self, row: Row) -> None:
        """State that the source prints something impossible."""
        text, at = row.text("Problem in the source"), row.place("Problem in the source")
        if not text:
            return
        node = self._say.node("issue", f"{row.node.value} {text}")
        self._say.describe(node, "DataIssue", text, at)
        self._say.say(node, "concerns", row.node, at)
        self._say.say(node, "statedAt", row.passage, at)
        if not self._reader.read(row, "Kind of problem", node):
            self._say.say(node, "issueKind", "Impossible", at)
