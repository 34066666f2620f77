"""The analyses that rows name: interim, final, by their data cut-off."""

from __future__ import annotations

import pyoxigraph as ox

from aikg.intake.columns import COLUMNS
from aikg.intake.known import Known, is_shared
from aikg.intake.places import Place
from aikg.intake.rows import Reader, Row
from aikg.intake.sharing import Sharing, folded
from aikg.intake.spellings import without_zeros
from aikg.shared import keys

_HEADINGS = tuple(column.heading for column in COLUMNS if column.about == "analysis")
_CUT_OFF, _FOLLOW_UP = "Data cut-off", "Follow-up"


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
        stated = self._stated.get(_key(row, name), {})
        titles = {self._title(row, name, own) for own in stated}
        known = self._known.find("Analysis", f"{name}, {row.text('Trial')}") or self._named(
            row, name
        )
        if len(titles) == 1:
            earlier = self._node(row, name, next(iter(stated)), row.place("Supersedes"))
            self._say.say(node, "supersedes", earlier, row.place("Supersedes"))
        elif known is not None and not titles:
            earlier = self._sharing.use(known, row.place("Supersedes"))
            self._say.say(node, "supersedes", earlier, row.place("Supersedes"))
        else:
            trial = row.text("Trial")
            what = f"No analysis of {trial} is called “{name}”."
            advice = "Write the name of an analysis, as in the column Analysis."
            if titles:
                what = f"{len(titles)} analyses are called “{name}”: {'; '.join(sorted(titles))}."
                advice = "Use another name in the column Analysis for each of them."
            self._reader.wrong(row, "Supersedes", "unknown-analysis", what, advice, node)

    def _named(self, row: Row, name: str) -> ox.NamedNode | None:
        """Return the one shared analysis of the trial with a name."""
        found = [
            node
            for node in self._known.subjects("ofStudy", row.trial)
            if self._known.is_a(node, "Analysis") and is_shared(node)
        ]
        meant = [one for one in found if (key := self._sharing.key(one)) and key[2] == folded(name)]
        return meant[0] if len(meant) == 1 else None


def _name(row: Row) -> str:
    return row.text("Analysis") or row.text("Kind of analysis")


def _key(row: Row, name: str) -> tuple[str, str]:
    return row.text("Trial"), name.casefold()


def _follow_up(row: Row) -> str:
    return f"{without_zeros(row.text(_FOLLOW_UP))} {row.text('Follow-up unit')}".strip()
