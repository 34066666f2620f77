"""The extraction sheet as a submission: each row is a figure, and each cell states a part of it."""

from __future__ import annotations

from collections.abc import Callable

import pyoxigraph as ox

from aikg.intake import suggestions
from aikg.intake.cells import Cells
from aikg.intake.columns import COLUMNS, EXAMPLE, HEADINGS, NEEDED
from aikg.intake.figures import Figures
from aikg.intake.places import Place
from aikg.intake.rows import Reader, Row
from aikg.intake.sheets import Cell, Table
from aikg.intake.statements import AIKG, Statements
from aikg.intake.submission import ParsedSubmission
from aikg.intake.treatments import Treatments
from aikg.names import RDF_TYPE, RDFS_LABEL, submission_namespace

_WHOLE = {"all", "all arms", "both arms", "whole trial"}
_PLACE = tuple(column.heading for column in COLUMNS if column.about == "place")
#: The status of a figure that the source does not print.
_UNPRINTED = "not stated here"


def read(  # noqa: PLR0913  a table, the graph that it may name, and who is kept informed
    table: Table,
    store: ox.Store,
    cells: Cells,
    *,
    name: str,
    file: str,
    form: str,
    progress: Callable[[int], object] = lambda row: None,
) -> ParsedSubmission:
    """Read a table.

    Args:
        table: The table.
        store: The published graph, whose drugs, outcomes, populations and trials cells may name.
        cells: What cells may contain.
        name: The name of the submission.
        file: The name of the file in messages.
        form: The name of its format.
        progress: Called with the number of each thousandth row.
    """
    statements = Statements(submission_namespace(name))
    _check_headings(table, statements)
    sheet = _Sheet(store, Reader(cells, statements), dict(reversed(table.headings)))
    rows = [sheet.open(number, found) for number, found in table.rows]
    for at, row in enumerate(rows):
        if at % 1000 == 0:
            progress(at)
        sheet.read(row)
    headings: dict[str, str] = {}
    for column in sorted(COLUMNS, key=lambda column: column.about != "figure"):
        if column.property and column.property != RDFS_LABEL:
            headings.setdefault(column.property, column.heading)
    return ParsedSubmission(
        name, file, form, list(statements), statements.problems, headings, statements.places
    )


def _check_headings(table: Table, statements: Statements) -> None:
    """Report what is wrong with the table as a whole."""
    known, seen = set(HEADINGS), [heading for heading, _ in table.headings if heading]
    node = ox.NamedNode(f"{statements.base}table")

    def wrong(rule: str, place: Place, what: str, advice: str, level: str = "Error") -> None:
        statements.wrong(node, "printed", rule, place, place.heading or "", what, advice, level)

    for at, (heading, place) in enumerate(table.headings):
        near = suggestions.question(heading, known - set(seen))
        if heading in known and heading in [other for other, _ in table.headings[:at]]:
            what = f"There are two columns “{heading}”."
            wrong("column-twice", place, what, "Keep one of the columns.")
        elif heading and heading not in known and near:
            what = f"“{heading}” is not a heading of the template."
            wrong("heading", place, what, f"{near}Write it as in the template.")
        elif heading and heading not in known:
            what = f"The template has no column “{heading}”; the column is ignored."
            advice = "Move its content to a column of the template."
            wrong("unread-column", place, what, advice, "Note")
    for column in COLUMNS:
        if column.needed and column.heading not in seen:
            place = Place(1, 1, table.sheet, column.heading)
            what = f"There is no column “{column.heading}”."
            wrong("heading", place, what, "Put it back, with its heading as in the template.")
    for merged in table.merged:
        place = Place(None, 1, table.sheet, merged)
        advice = "Split them, and write the value in each row that it is for."
        wrong("merged-cells", place, f"The cells {merged} are merged.", advice)


class _Sheet:
    """States what rows have in common: trials, publications, arms and groups.

    Args:
        store: The published graph.
        reader: Reads single cells.
        headings: The place of each heading.
    """

    def __init__(self, store: ox.Store, reader: Reader, headings: dict[str, Place]) -> None:
        self._store = store
        self._headings = headings
        self._say = reader.statements
        self._reader = reader
        self._treatments = Treatments(store, reader)
        self._figures = Figures(store, reader)
        self._looked_up: dict[tuple[str, str], ox.NamedNode | None] = {}

    def open(self, number: int, cells: dict[str, Cell]) -> Row:
        """Name the figure of a row, so that others can refer to it before it is read."""
        name = cells["Figure"].text if "Figure" in cells else ""
        if "Outcome" in cells:
            self._figures.announce(cells["Outcome"].text)
        twice = bool(name) and self._say.has("finding", name)
        node = self._say.node("finding", name or f"row {number}")
        row = Row(number, cells, node, self._headings)
        if twice:
            what = f"Two rows are called “{name}”."
            self._reader.wrong(row, "Figure", "name-twice", what, "Use another name in each row.")
        return row

    def read(self, row: Row) -> None:
        """State everything that a row says."""
        self._check(row)
        row.passage = self._passage(row)
        row.trial = self._trial(row)
        people = self._population(row)
        row.group = self._group(row, "Arm", "Drugs", people)
        if "Compared with" in row.cells:
            row.other = self._group(row, "Compared with", "Drugs compared with", people)
        self._figures.read(row)

    def _check(self, row: Row) -> None:
        """Report what a row lacks."""
        unprinted = row.text("Status").casefold() == _UNPRINTED
        for column in NEEDED:
            heading = column.heading
            if heading not in row.cells and not (heading == "As printed" and unprinted):
                what, advice = f"“{heading}” is empty.", f"Fill in the cell: {column.meaning}"
                self._reader.wrong(row, heading, "needed", what, advice)
        if row.text("Trial") == EXAMPLE:
            what = "The example row of the template is still there."
            self._reader.wrong(row, "Trial", "example-row", what, "Delete the row.")

    def _passage(self, row: Row) -> ox.NamedNode:
        name, at = row.text("Publication") or "unnamed", row.place("Publication")
        paper = self._known("Publication", name)
        if paper is None:
            paper = self._say.describe(self._say.node("publication", name), "Publication", name, at)
            self._reader.about(row, "publication", paper)
        else:
            self._ignored(row, "Publication", "publication")
        node = self._say.node("passage", " ".join([name, *map(row.text, _PLACE)]))
        self._say.kind(node, "Passage", at)
        self._say.say(node, "inDocument", paper, at)
        self._reader.about(row, "place", node)
        return node

    def _ignored(self, row: Row, named: str, *subjects: str) -> None:
        """Report the cells that are ignored, since the graph describes the node already."""
        what = f"The graph describes “{row.text(named)}” already, and this cell is ignored."
        advice = "Leave the cell empty. A figure may contradict those that the graph contains."
        for column in COLUMNS:
            heading = column.heading
            if column.about in subjects and heading != named and heading in row.cells:
                place, text = row.place(heading), row.text(heading)
                found = ("known-node", place, text, what, advice, "Note")
                self._say.wrong(row.node, "printed", *found)

    def _trial(self, row: Row) -> ox.NamedNode:
        name, at = row.text("Trial") or "unnamed", row.place("Trial")
        known = self._known("Study", name)
        if known is not None:
            self._ignored(row, "Trial", "trial", "trial population")
            return known
        trial = self._say.describe(self._say.node("study", name), "Trial", name, at)
        self._say.say(trial, "statedAt", row.passage, at)
        self._reader.about(row, "trial", trial)
        if "Trial population" in row.cells:
            enrolled = self._described(row, "Trial population")
            self._reader.remember(row, "Trial population", trial)
            self._say.say(trial, "enrols", enrolled, row.place("Trial population"))
        people = self._enrolled(trial)
        if people is not None:
            self._reader.about(row, "trial population", people)
            self._treatments.had_before(row, "Prior therapy", people)
        return trial

    def _population(self, row: Row) -> ox.NamedNode | None:
        enrolled = self._enrolled(row.trial)
        if "Subgroup" not in row.cells:
            return enrolled
        subgroup = self._described(row, "Subgroup", enrolled)
        self._reader.about(row, "subgroup", subgroup)
        return subgroup

    def _enrolled(self, trial: ox.NamedNode) -> ox.NamedNode | None:
        name = self._reader.given(trial, "Trial population")
        if name is not None:
            return self._known("Population", name) or self._say.node("population", name)
        found = self._store.quads_for_pattern(trial, self._say.term("enrols"), None, None)
        return next((q.object for q in found if isinstance(q.object, ox.NamedNode)), None)

    def _described(self, row: Row, heading: str, wider: ox.NamedNode | None = None) -> ox.NamedNode:
        """Return the population that a cell describes, which may be one of the graph."""
        name, at = row.text(heading), row.place(heading)
        known = self._known("Population", name)
        if known is not None:
            return known
        people = self._say.describe(self._say.node("population", name), "Population", name, at)
        self._say.say(people, "statedAt", row.passage, at)
        if wider is not None:
            self._say.say(people, "within", wider, at)
        return people

    def _group(
        self, row: Row, heading: str, drugs: str, people: ox.NamedNode | None
    ) -> ox.NamedNode:
        name, at = row.text(heading) or "unnamed", row.place(heading)
        who, counted = row.text("Subgroup") or "all", row.text("Analysis set")
        title = f"{name}, {who}, {counted}, {row.text('Trial')}"
        group = self._say.describe(self._say.node("group", title), "Group", title, at)
        if name.casefold() in _WHOLE:
            self._say.say(group, "ofStudy", row.trial, at)
        else:
            self._say.say(group, "ofArm", self._arm(row, heading, drugs), at)
        if people is None:
            what = "No row says whom the trial enrolled."
            advice = "Describe the people in the column Trial population, in one row of the trial."
            self._reader.wrong(row, "Trial population", "needed", what, advice, group)
        else:
            stated = row.place("Subgroup" if "Subgroup" in row.cells else "Trial")
            self._say.say(group, "inPopulation", people, stated)
        if not counted:  # reported for the row; the shape would report it again
            self._say.say(group, "analysisSet", "UnstatedSet", at)
        self._reader.read(row, "Analysis set", group)
        return group

    def _arm(self, row: Row, heading: str, drugs: str) -> ox.NamedNode:
        title, at = f"{row.text(heading)}, {row.text('Trial')}", row.place(heading)
        arm = self._say.describe(self._say.node("arm", title), "Arm", title, at)
        self._say.say(arm, "ofStudy", row.trial, at)
        if heading == "Arm":
            self._reader.about(row, "arm", arm)
        if drugs in row.cells and self._reader.agrees(row, drugs, arm, "Drugs"):
            self._treatments.assign(row, drugs, arm)
        return arm

    def _known(self, kind: str, name: str) -> ox.NamedNode | None:
        """Return the node of the graph that has a name; most rows repeat the last one's."""
        if (kind, name) not in self._looked_up:
            self._looked_up[kind, name] = self._look_up(kind, name)
        return self._looked_up[kind, name]

    def _look_up(self, kind: str, name: str) -> ox.NamedNode | None:
        """Find the node of the graph that has a name, as label or acronym."""
        names = (
            (ox.NamedNode(RDFS_LABEL), ox.Literal(name, language="en")),
            (self._say.term("acronym"), ox.Literal(name)),
        )
        kind_of = (ox.NamedNode(RDF_TYPE), ox.NamedNode(AIKG + kind), ox.DefaultGraph())
        for path, value in names:
            for quad in self._store.quads_for_pattern(None, path, value, ox.DefaultGraph()):
                node = quad.subject
                if isinstance(node, ox.NamedNode) and ox.Quad(node, *kind_of) in self._store:
                    return node
        return None
