"""The analyses that rows name: interim, final, by their data cut-off."""

from __future__ import annotations

import re

import pyoxigraph as ox

from aikg.intake.columns import COLUMNS
from aikg.intake.known import Known, is_shared
from aikg.intake.places import Place
from aikg.intake.rows import Reader, Row
from aikg.intake.sharing import Sharing, folded
from aikg.intake.spellings import without_zeros
from aikg.links.spelling import typos
from aikg.names import OTHER_PREFIXES
from aikg.shared import keys

_HEADINGS = tuple(column.heading for column in COLUMNS if column.about == "analysis")
_DATE = ox.NamedNode(OTHER_PREFIXES["xsd"] + "date")
_CUT_OFF, _FOLLOW_UP = "Data cut-off", "Follow-up"
#: The name of an analysis, and the day on which its data were closed.
_DATED = re.compile(r"(?P<name>.+?),? +(?P<day>\d{4}-\d\d-\d\d)")


class Analyses:
    """States analyses.

    The name, and the cut-off where rows state several under one name, distinguish two of them.

    Args:
        known: Finds what the graph describes.
        sharing: States shared nodes.
        reader: Reads single cells.
    """

    def __init__(self, known: Known, sharing: Sharing, reader: Reader) -> None:
        self._known = known
        self._sharing = sharing
        self._reader = reader
        self._say = reader.statements
        #: What rows state under a name of a trial: cut-off, and follow-up with its unit.
        self._stated: dict[tuple[str, str], dict[tuple[str, str], None]] = {}

    def announce(self, row: Row) -> None:
        """Remember the cut-off and the follow-up that a row states of its analysis."""
        if _name(row):
            stated = self._stated.setdefault(_key(row, _name(row)), {})
            stated[row.text(_CUT_OFF), _follow_up(row)] = None

    def read(self, row: Row) -> None:
        """State the analysis of a row, if it has one."""
        stated = [heading for heading in _HEADINGS if heading in row.cells]
        if not stated:
            return
        at = row.place(stated[0])
        node = self._node(row, _name(row), (row.text(_CUT_OFF), _follow_up(row)), at)
        self._reader.about(row, "analysis", node)
        self._say.say(row.node, "ofAnalysis", node, at)
        for name in row.texts("Supersedes"):
            self._supersede(row, node, name)

    def _node(self, row: Row, name: str, own: tuple[str, str], at: Place) -> ox.NamedNode:
        """Return an analysis; that of a numbered or curated trial is shared."""
        cut_off, follow_up = self._apart(row, name, own)
        shared = None
        if not self._say.owns(row.trial) and not self._known.of_submission(row.trial):
            called = " ".join(part for part in (name, follow_up) if part)
            shared = self._sharing.node(at, keys.analysis, row.trial, called, cut_off)
        if shared is not None:
            if _CUT_OFF in row.cells:
                closed = ox.Literal(cut_off, datatype=_DATE)
                self._say.move(shared, "dataCutOff", closed, at, row.place(_CUT_OFF))
            return shared
        title = self._title(row, name, own)
        node = self._say.describe(self._say.node("analysis", title), "Analysis", title, at)
        self._say.say(node, "ofStudy", row.trial, at)
        return node

    def _title(self, row: Row, name: str, own: tuple[str, str]) -> str:
        """Return the label of an analysis of the submission's own, which distinguishes it."""
        said = " ".join(
            part for part in (name or "analysis of", *self._apart(row, name, own)) if part
        )
        return f"{said}, {row.text('Trial')}"

    def _apart(self, row: Row, name: str, own: tuple[str, str]) -> tuple[str, str]:
        """Return cut-off and follow-up, where they distinguish an analysis from others."""
        cut_off, follow_up = own
        if name:
            stated = self._stated[_key(row, name)]
            cut_offs = {one for one, _ in stated if one}
            cut_off = next(iter(cut_offs)) if len(cut_offs) == 1 else cut_off
            follow_ups = {other for one, other in stated if other and one in {cut_off, ""}}
            follow_up = follow_up if len(follow_ups) > 1 else ""
        return cut_off, follow_up

    def _supersede(self, row: Row, node: ox.NamedNode, name: str) -> None:
        """State which analysis a row's replaces: of the sheet, of the house, or of another source.

        That of another source is found by its name alone, so an addition may come before the report
        that it adds to.
        """
        at, stated = row.place("Supersedes"), self._stated.get(_key(row, name), {})
        titles = {self._title(row, name, own) for own in stated}
        known = self._known.find("Analysis", f"{name}, {row.text('Trial')}")
        if len(titles) == 1:
            earlier: ox.NamedNode | None = self._node(row, name, next(iter(stated)), at)
        elif titles:
            what = f"{len(titles)} analyses are called “{name}”: {'; '.join(sorted(titles))}."
            advice = "Use another name in the column Analysis for each of them."
            self._reader.wrong(row, "Supersedes", "unknown-analysis", what, advice, node)
            return
        elif known is not None and not is_shared(known):
            earlier = known
        else:
            earlier = self._elsewhere(row, node, name)
        if earlier is not None:
            self._say.say(node, "supersedes", earlier, at)

    def _elsewhere(self, row: Row, node: ox.NamedNode, name: str) -> ox.NamedNode | None:
        """State the analysis of a numbered or curated trial that no row of the sheet describes."""
        match = _DATED.fullmatch(name)
        called, cut_off = (match["name"], match["day"]) if match else (name, "")
        earlier = None
        if not self._say.owns(row.trial) and not self._known.of_submission(row.trial):
            at = row.place("Supersedes")
            earlier = self._sharing.node(at, keys.analysis, row.trial, called, cut_off)
        there = {one: key for one in self._of(row.trial) if (key := self._sharing.key(one))}
        if earlier is not None and earlier in there:
            return earlier
        listed = "; ".join(sorted(" ".join(map(str, key[2:])).strip() for key in there.values()))
        what = f"No analysis of {row.text('Trial')} is called “{name}”."
        advice = "Write the name of an analysis, as in the column Analysis."
        if listed:
            what = f"{what[:-1]}; the graph has: {listed}."
            advice = "Write one of these with its day, as in: final 2013-10-03."
        # A name without a typo (0) is that of an analysis with another day.
        near = earlier is None or any(typos(folded(called), str(key[2])) for key in there.values())
        level = "Error" if near else "Check"
        self._reader.wrong(row, "Supersedes", "unknown-analysis", what, advice, node, level)
        return earlier

    def _of(self, trial: ox.NamedNode) -> list[ox.NamedNode]:
        """Return the shared analyses of a trial that the graph has."""
        found = self._known.subjects("ofStudy", trial)
        return [one for one in found if is_shared(one) and self._known.is_a(one, "Analysis")]


def _name(row: Row) -> str:
    return row.text("Analysis") or row.text("Kind of analysis")


def _key(row: Row, name: str) -> tuple[str, str]:
    return row.text("Trial"), name.casefold()


def _follow_up(row: Row) -> str:
    return f"{without_zeros(row.text(_FOLLOW_UP))} {row.text('Follow-up unit')}".strip()
