"""The figure of a row: its kind, number, interval and test, and the figures beside it."""

from __future__ import annotations

import re

import pyoxigraph as ox

from aikg.intake.analyses import Analyses
from aikg.intake.known import Known, is_shared
from aikg.intake.outcomes import Outcomes
from aikg.intake.places import Place
from aikg.intake.rows import Reader, Row
from aikg.intake.sharing import Numbered
from aikg.intake.spellings import without_zeros
from aikg.intake.statements import decimal

#: What may stand in place of a limit of an interval.
_NO_LIMIT = {
    "not reached": "NotReached",
    "not estimable": "NotEstimable",
    "ne": "NotEstimable",
    "not reported": "NotReported",
    "none": "NotApplicable",
}
_LIMITS = {"CI low": "ciLowStatus", "CI high": "ciHighStatus"}
_P = re.compile(r"([<>=]?) *(\d*\.?\d+)")
_COUNT = re.compile(r"(\d+)(?: */ *(\d+))?")

#: What a count beside a percentage shares with it.
_SHARED = (
    *("statedAt", "attributedTo", "sourceSeen", "ofGroup", "ofOutcome", "ofAnalysis", "printed"),
    *("grade", "termLevel", "ascertainment", "causality", "assessedBy", "planStated"),
    *("timePoint", "timePointUnit", "responseCriteria", "timeOrigin", "definitionStated"),
)


class Figures:
    """Reads the figures of rows.

    Args:
        store: The published graph, whose outcomes cells may name.
        known: Finds what the graph describes.
        numbered: Finds trials and papers by their numbers.
        reader: Reads single cells.
    """

    def __init__(self, store: ox.Store, known: Known, numbered: Numbered, reader: Reader) -> None:
        sharing = numbered.sharing
        self._reader = reader
        self._say = reader.statements
        self._numbered = numbered
        self._known = known
        self._outcomes = Outcomes(store, known, sharing, reader)
        self._analyses = Analyses(known, sharing, reader)
        self._kinds: dict[str, str] = {}

    def announce(self, row: Row) -> None:
        """Remember what a row names, so that rows above it may name it too."""
        self._outcomes.announce(row)
        self._analyses.announce(row)
        if "Kind of problem" in row.cells:
            self._kinds.setdefault(row.text("Problem in the source"), row.text("Kind of problem"))

    def read(self, row: Row) -> None:
        """State the figure of a row, and what belongs to it."""
        self._count(row)
        self._kind(row)
        self._say.say(row.node, "statedAt", row.passage, row.place("As printed"))
        self._outcome(row)
        self._reader.about(row, "figure", row.node)
        self._status(row)
        self._interval(row)
        self._p_value(row)
        self._analyses.read(row)
        self._credit(row)
        if self._reader.readable(row, "Patients", row.node):
            self._size(row, "Patients", without_zeros(row.figure("Patients")))
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
            compared = row.place("Compared with")
            self._say.kind(node, "Contrast", compared)
            self._say.say(node, "experimental", row.group, at)
            self._say.say(node, "reference", row.other, compared)
            if row.other == row.group:
                what = "The row compares a group with itself."
                advice = "Name the other arm, or the other subgroup in Compared subgroup."
                said = row.text("Compared with")
                self._say.wrong(node, "experimental", "same-group", compared, said, what, advice)
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
        outcome = self._outcomes.read(row)
        if outcome is None:
            return
        self._say.say(row.node, "ofOutcome", outcome, row.place("Outcome"))
        planned = self._reader.chosen(row, "Primary outcome")
        if planned != ox.Literal(True):
            return
        if self._say.owns(row.trial) or is_shared(row.trial):
            at = row.place("Primary outcome")
            self._say.say(row.trial, "hasPrimaryOutcome", outcome, at)
        elif outcome not in set(self._known.objects(row.trial, "hasPrimaryOutcome")):
            self._reader.ignored(row, "Trial", "outcome")

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

    def _interval(self, row: Row) -> None:
        for heading, name in _LIMITS.items():
            text = row.text(heading)
            if text.casefold() in _NO_LIMIT:
                self._say.say(row.node, name, _NO_LIMIT[text.casefold()], row.place(heading))
            elif text.casefold() in {"nr", "na"}:
                advice = "Write not reached, not estimable or not reported."
                self._reader.ambiguous(row, heading, text, advice)
            else:
                self._reader.read(row, heading, row.node)
        if "CI level" not in row.cells and any(heading in row.cells for heading in _LIMITS):
            what = "The interval has no level."
            self._reader.wrong(row, "CI level", "needed", what, "Write its level in percent: 95.")

    def _p_value(self, row: Row) -> None:
        match = _P.fullmatch(row.text("p value"))
        if match and "p sign" not in row.cells:
            at = row.place("p value")
            self._say.text(row.node, "pQualifier", match[1] or "=", at)
            digits = f"0{match[2]}" if match[2].startswith(".") else match[2]
            self._say.say(row.node, "pValue", decimal(digits), at)
        else:
            self._reader.read(row, "p value", row.node)

    def _credit(self, row: Row) -> None:
        """State the publication whose figure another document prints."""
        name, at = row.text("Credited to"), row.place("Credited to")
        if not name:
            return
        paper = self._numbered.find(row, "publication", "Credited to")
        if paper is None:
            paper = self._say.node("publication", name)
            self._say.describe(paper, "Publication", name, at)
        self._say.say(row.node, "attributedTo", paper, at)

    def _count(self, row: Row) -> None:
        """State the count beside a percentage: the same figure, counted in people."""
        if not self._reader.readable(row, "Count", row.node):
            return
        match, at = _COUNT.fullmatch(without_zeros(row.figure("Count"))), row.place("Count")
        if match is None or row.other is not None or "Interaction of" in row.cells:
            what = f"“{row.text('Count')}” is not a count of the people of one group."
            advice = "Write a whole number, or two: 144/654. Leave it empty for a comparison."
            self._reader.wrong(row, "Count", "count", what, advice)
            return
        node = self._say.node("finding", f"count of {row.node.value}")
        self._say.repeat(row.node, node, _SHARED)
        self._say.kind(node, "GroupResult", at)
        self._counted(node, match[1], at)
        self._say.say(node, "counts", "Persons", at)
        if match[2]:
            self._size(row, "Count", match[2])

    def _size(self, row: Row, heading: str, size: str) -> None:
        """State the size of a group, which is a figure of its own in the same passage."""
        node = self._say.node("finding", f"size {row.group.value} {size} {row.paper.value}")
        number, at = self._reader.value(row, heading, node, size), row.place(heading)
        if number is None:
            return
        self._say.kind(node, "GroupResult", at)
        self._say.say(node, "ofGroup", row.group, at)
        if self._outcomes.patients:
            self._say.say(node, "ofOutcome", self._outcomes.patients, at)
        self._counted(node, size, at)
        self._say.text(node, "printed", size, at)
        self._say.say(node, "statedAt", row.passage, at)

    def _counted(self, node: ox.NamedNode, number: str, at: Place) -> None:
        self._say.say(node, "value", decimal(number), at)
        self._say.say(node, "measure", "Count", at)
        self._say.say(node, "status", "Reported", at)
        self._say.text(node, "unit", "{person}", at)

    def _issue(self, row: Row) -> None:
        """State that the source prints something impossible; equal words are one problem."""
        text, at = row.text("Problem in the source"), row.place("Problem in the source")
        if not text:
            return
        node = self._say.describe(self._say.node("issue", text), "DataIssue", text, at)
        subjects = {"group": row.group, "trial": row.trial, "publication": row.paper}
        concerned = self._reader.chosen(row, "Problem concerns")
        named = concerned.value if concerned is not None else "figure"
        self._say.say(node, "concerns", subjects.get(named, row.node), at)
        self._say.say(node, "statedAt", row.passage, at)
        if text not in self._kinds:
            self._say.say(node, "issueKind", "Impossible", at)
        elif "Kind of problem" in row.cells and self._reader.agrees(row, "Kind of problem", node):
            self._reader.read(row, "Kind of problem", node)
