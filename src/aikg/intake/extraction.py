"""The extraction sheet as a submission: each row is a figure, and each cell states a part of it."""

from __future__ import annotations

from collections.abc import Callable

import pyoxigraph as ox

from aikg.errors import SubmissionTooLarge
from aikg.intake import suggestions
from aikg.intake.cells import Cells
from aikg.intake.columns import COLUMNS, EXAMPLE, HEADINGS, NEEDED
from aikg.intake.figures import Figures
from aikg.intake.known import Known, is_shared
from aikg.intake.near_names import NearNames
from aikg.intake.numbering import Numbering
from aikg.intake.people import People
from aikg.intake.places import Place
from aikg.intake.rows import Reader, Row
from aikg.intake.sharing import Before, Numbered, Sharing
from aikg.intake.sheets import Cell, Table
from aikg.intake.statements import Statements
from aikg.intake.submission import ParsedSubmission
from aikg.intake.treatments import Treatments
from aikg.names import OTHER_PREFIXES, RDFS_LABEL, submission_namespace
from aikg.shared.house import House

_POOLED = "pooled analysis"
_PLACE = tuple(column.heading for column in COLUMNS if column.about == "place")
#: The most characters of a cell: the patterns of cells take long on longer ones.
_LONGEST = 4_000
#: The status of a figure that the source does not print.
_UNPRINTED = "not stated here"
_TITLE = OTHER_PREFIXES["dcterms"] + "title"


def read(  # noqa: PLR0913  a table, the graph that it may name, and who is kept informed
    table: Table,
    store: ox.Store,
    cells: Cells,
    *,
    name: str,
    file: str,
    form: str,
    house: House | None = None,
    before: Before | None = None,
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
        house: The index of the curated nodes, which come before shared ones.
        before: See `Numbered`.
        progress: Called with the number of each thousandth row.
    """
    statements = Statements(submission_namespace(name))
    _check_headings(table, statements)
    reader = Reader(cells, statements)
    sheet = _Sheet(store, house or House(), reader, dict(reversed(table.headings)), before)
    rows = [sheet.open(number, found) for number, found in table.rows]
    for at, row in enumerate(rows):
        if at % 1000 == 0:
            progress(at)
        sheet.read(row)
    sheet.finish(rows)
    headings: dict[str, str] = {}
    for column in sorted(COLUMNS, key=lambda column: column.about != "figure"):
        for part in column.parts:
            headings.setdefault(part.property, column.heading)
    headings.pop(RDFS_LABEL)
    return ParsedSubmission(
        name,
        file,
        form,
        list(statements),
        statements.problems,
        headings,
        statements.places,
        columns={h: place.column or 1 for h, place in reversed(table.headings)},
        called=tuple(sheet.called),
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
    for lost in table.lost:
        where = f"{lost.place.line}:{lost.place.column}"
        found = (lost.message, lost.advice, lost.level)
        statements.wrong(node, "printed", lost.rule, lost.place, where, *found)
    for merged in table.merged:
        place = Place(None, 1, table.sheet, merged)
        advice = "Split them, and write the value in each row that it is for."
        wrong("merged-cells", place, f"The cells {merged} are merged.", advice)


class _Sheet:
    """States what rows say of trials, publications and passages, and their figures.

    Args:
        store: The published graph.
        house: The index of the curated nodes.
        reader: Reads single cells.
        headings: The place of each heading.
        before: See `Numbered`.
    """

    def __init__(
        self,
        store: ox.Store,
        house: House,
        reader: Reader,
        headings: dict[str, Place],
        before: Before | None,
    ) -> None:
        self._headings = headings
        self._say = reader.statements
        self._reader = reader
        self._known = Known(store)
        sharing = Sharing(house, store, reader.statements)
        numbering = Numbering(store, house)
        self._numbered = Numbered(self._known, sharing, reader, numbering, before)
        self.called = self._numbered.called
        treatments = Treatments(store, sharing, reader)
        self._near = NearNames(store, reader)
        self._people = People(self._known, sharing, reader, treatments)
        self._figures = Figures(store, self._known, self._numbered, reader)
        #: The trials of the sheet; those that pool others; those with a row that says which.
        self._trials: set[str] = set()
        self._pooled: set[str] = set()
        self._pooling: set[str] = set()

    def open(self, number: int, cells: dict[str, Cell]) -> Row:
        """Name the figure of a row, so that others can refer to it before it is read.

        Raises:
            SubmissionTooLarge: A cell is too long.
        """
        for cell in cells.values():
            if len(cell.text) > _LONGEST:
                raise SubmissionTooLarge(
                    f"The cell at {cell.place} has more than {_LONGEST:,} characters.",
                    advice="Shorten it, and send the table again.",
                )
        name = cells["Figure"].text if "Figure" in cells else ""
        twice = bool(name) and self._say.has("finding", name)
        node = self._say.node("finding", name or f"row {number}")
        row = Row(number, cells, node, self._headings)
        self._figures.announce(row)
        self._numbered.announce(row)
        self._trials.add(row.text("Trial"))
        if "Pools" in cells:
            self._pooling.add(row.text("Trial"))
        if "Pools" in cells or row.text("Design").casefold() == _POOLED:
            self._pooled.add(row.text("Trial"))
        if twice:
            what = f"Two rows are called “{name}”."
            self._reader.wrong(row, "Figure", "name-twice", what, "Use another name in each row.")
        return row

    def read(self, row: Row) -> None:
        """State everything that a row says."""
        self._check(row)
        self._reader.digits(row)
        row.paper, row.passage = self._passage(row)
        row.trial = self._trial(row)
        row.group = self._people.group(row, "Arm", "Drugs", "Subgroup")
        if "Compared with" in row.cells or "Compared subgroup" in row.cells:
            subgroup = "Compared subgroup" if "Compared subgroup" in row.cells else "Subgroup"
            drugs = "Drugs compared with" if "Compared with" in row.cells else "Drugs"
            row.other = self._people.group(row, "Compared with", drugs, subgroup)
        self._figures.read(row)

    def finish(self, rows: list[Row]) -> None:
        """Report what only all rows together show."""
        self._people.finish()
        self._near.report(rows)

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

    def _passage(self, row: Row) -> tuple[ox.NamedNode, ox.NamedNode]:
        """State publication and passage of a figure, and return both."""
        name, at = row.text("Publication") or "unnamed", row.place("Publication")
        paper = self._numbered.find(row, "publication")
        if paper is None:
            paper = self._say.describe(self._say.node("publication", name), "Publication", name, at)
            self._reader.about(row, "publication", paper)
        elif is_shared(paper):
            self._say.text(paper, _TITLE, name, at)
            self._reader.about(row, "publication", paper)
        else:
            self._reader.ignored(row, "Publication", "publication")
        node = self._say.node("passage", " ".join([name, *map(row.text, _PLACE)]))
        if not {"Table", "Section"} & row.cells.keys():
            what = "The row does not say where in the publication the figure is."
            advice = "Write the section, such as Abstract or Results; or table, row and column."
            self._reader.wrong(row, "Section", "needed", what, advice, node)
        stated = next((heading for heading in _PLACE if heading in row.cells), "Section")
        self._say.kind(node, "Passage", row.place(stated))
        self._say.say(node, "inDocument", paper, at)
        self._reader.about(row, "place", node)
        return paper, node

    def _trial(self, row: Row) -> ox.NamedNode:
        name, at = row.text("Trial") or "unnamed", row.place("Trial")
        known = self._numbered.find(row, "trial")
        if known is not None and is_shared(known):
            self._say.text(known, "acronym", name, at)
        elif known is not None:
            self._reader.ignored(row, "Trial", "trial", "trial population")
            return known
        trial = known or self._say.node("study", name)
        if known is None:
            kind = "PooledAnalysis" if name in self._pooled else "Trial"
            self._say.describe(trial, kind, name, at)
        self._say.say(trial, "statedAt", row.passage, at)
        self._reader.about(row, "trial", trial)
        row.trial = trial
        self._pools(row)
        self._people.enrol(row)
        return trial

    def _pools(self, row: Row) -> None:
        """State the trials that a pooled analysis pools: of the graph, or of the sheet."""
        at, name = row.place("Pools"), row.text("Trial")
        if name in self._pooled - self._pooling:
            what, advice = "No row says which trials are pooled.", "Write their labels or numbers."
            self._reader.wrong(row, "Pools", "needed", what, advice, row.trial)
        for text in row.texts("Pools"):
            trial = self._numbered.named(row, "trial", text, "Pools")
            if trial is None and text in self._trials and text != name:
                trial = self._say.node("study", text)
            if trial is not None:
                self._say.say(row.trial, "pools", trial, at)
                continue
            what = f"Neither the graph nor the sheet contains a trial called “{text}”."
            advice = "Write the label or a registry number of a trial, as the graph has it."
            self._reader.wrong(row, "Pools", "unknown-trial", what, advice, row.trial)
