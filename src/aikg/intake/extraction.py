"""The extraction sheet as a submission: each row a figure, each cell a statement of its place."""

from __future__ import annotations

from collections.abc import Callable

import pyoxigraph as ox

from aikg.intake import suggestions
from aikg.intake.cells import Cells
from aikg.intake.columns import BY_HEADING, COLUMNS, EXAMPLE, HEADINGS
from aikg.intake.figures import Figures, Setting
from aikg.intake.places import Place
from aikg.intake.rows import Reader, Row
from aikg.intake.sheets import Table
from aikg.intake.statements import AIKG, Statements
from aikg.intake.submission import Submission, namespace
from aikg.intake.treatments import Treatments
from aikg.names import RDFS_LABEL

_WHOLE = {"all", "all arms", "both arms", "whole trial"}
#: The status of a figure that the source does not print at all.
_UNPRINTED = "not stated here"


def read(  # noqa: PLR0913  a table, what it is held against, and who is told
    table: Table,
    store: ox.Store,
    cells: Cells,
    *,
    name: str,
    file: str,
    form: str,
    progress: Callable[[int], object] = lambda row: None,
) -> Submission:
    """Read a table.

    Args:
        table: The table.
        store: The published graph, whose drugs, outcomes, populations and trials cells may name.
        cells: What cells may hold.
        name: The name of the submission.
        file: What the file is called in messages.
        form: The name of its format.
        progress: Told each thousandth row.
    """
    statements = Statements(namespace(name))
    _check_headings(table, statements)
    sheet = _Sheet(store, cells, statements, dict(reversed(table.headings)))
    rows = [sheet.open(number, found) for number, found in table.rows]
    for at, row in enumerate(rows):
        if at % 1000 == 0:
            progress(at)
        sheet.read(row)
    headings = {c.property: c.heading for c in COLUMNS if c.property and c.about == "figure"}
    headings |= {
        c.property: c.heading for c in COLUMNS if c.property and c.property not in headings
    }
    headings.pop(RDFS_LABEL)
    return Submission(
        name, file, form, list(statements), statements.problems, headings, statements.places
    )


def _check_headings(table: Table, statements: Statements) -> None:
    """Tell what is wrong with the table as a whole."""
    known, seen = set(HEADINGS), [heading for heading, _ in table.headings if heading]
    node = ox.NamedNode(f"{statements.base}table")

    def wrong(rule: str, place: Place, what: str, advice: str, level: str = "Error") -> None:
        statements.wrong(node, "printed", rule, place, place.heading or "", what, advice, level)

    for at, (heading, place) in enumerate(table.headings):
        near = suggestions.near_label(heading, known - set(seen))
        if heading in known and heading in [h for h, _ in table.headings[:at]]:
            wrong("column-twice", place, f"“{heading}” stands twice.", "Keep one of the columns.")
        elif heading and heading not in known and near:
            what = f"“{heading}” is no heading of the template."
            wrong("heading", place, what, f"Did you mean “{near}”? Write it as the template does.")
        elif heading and heading not in known:
            what = f"The column “{heading}” is none of the template's, and is not read."
            wrong("unread-column", place, what, "Say it in one of the template's columns.", "Note")
    for column in COLUMNS:
        if column.needed and column.heading not in seen:
            place = Place(1, 1, table.sheet, column.heading)
            what = f"There is no column “{column.heading}”."
            wrong("heading", place, what, "Put it back, with its heading as in the template.")
    for merged in table.merged:
        place = Place(None, 1, table.sheet, merged)
        advice = "Part them, and write the value into each row that it is for."
        wrong("merged-cells", place, f"The cells {merged} are merged.", advice)


class _Sheet:
    """What the rows of a sheet have in common: trials, publications, arms and groups."""

    def __init__(
        self, store: ox.Store, cells: Cells, statements: Statements, headings: dict[str, Place]
    ) -> None:
        self._store = store
        self._headings = headings
        self._say = statements
        self._reader = Reader(cells, statements)
        self._treatments = Treatments(store, self._reader)
        self._figures = Figures(store, self._reader)
        self._given: dict[tuple[ox.NamedNode, str], str] = {}
        self._looked_up: dict[tuple[str, str], ox.NamedNode | None] = {}

    def open(self, number: int, cells: dict) -> Row:  # type: ignore[type-arg]
        """Name the figure of a row, so that others can speak of it before it is read."""
        name = cells["Figure"].text if "Figure" in cells else ""
        if "Outcome" in cells:
            self._figures.announce(cells["Outcome"].text)
        twice = bool(name) and self._say.has("finding", name)
        node = self._say.node("finding", name or f"row {number}")
        row = Row(number, cells, node, self._headings)
        if twice:
            advice = "Give each row its own name."
            self._reader.wrong(
                row, "Figure", row.node, "name-twice", f"Two rows are {name}.", advice
            )
        return row

    def read(self, row: Row) -> None:
        """State all that a row says."""
        unprinted = row.text("Status").casefold() == _UNPRINTED
        for column in COLUMNS:
            if column.heading == "As printed" and unprinted:
                continue
            if column.needed and column.heading not in row.cells:
                what = f"“{column.heading}” is empty."
                advice = f"Fill it in: {column.meaning}"
                self._reader.wrong(row, column.heading, row.node, "needed", what, advice)
        if row.text("Trial") == EXAMPLE:
            what = "The example row of the template is still there."
            self._reader.wrong(row, "Trial", row.node, "example-row", what, "Delete the row.")
        place = self._passage(row)
        trial = self._trial(row, place)
        people = self._population(row, trial, place)
        group = self._group(row, "Arm", "Drugs", trial, people, place)
        other = None
        if "Compared with" in row.cells:
            other = self._group(row, "Compared with", "Drugs compared with", trial, people, place)
        self._figures.read(row, Setting(trial, place, group, other))

    def _once(self, row: Row, node: ox.NamedNode, heading: str) -> None:
        """State what is given once of a node; given twice it must be the same."""
        if heading not in row.cells:
            return
        before = self._given.setdefault((node, heading), row.text(heading))
        if before == row.text(heading):
            self._reader.read(row, heading, node)
        else:
            what = f"“{row.text(heading)}” here, and “{before}” in a row above."
            advice = "Write the same in each row, or in one row only."
            self._reader.wrong(row, heading, node, "said-twice", what, advice)

    def _each(self, row: Row, node: ox.NamedNode, heading: str) -> None:
        """State each of several values."""
        for text in row.texts(heading):
            name = BY_HEADING[heading].property or ""
            self._say.text(node, name, text, row.place(heading))

    def _passage(self, row: Row) -> ox.NamedNode:
        name, at = row.text("Publication") or "unnamed", row.place("Publication")
        paper = self._known("Publication", name) or self._say.node("publication", name)
        where = [row.text(h) for h in ("Table", "Row", "Column", "Section", "Paragraph")]
        node = self._say.node("passage", " ".join([name, *where]))
        if paper.value.startswith(self._say.base):
            self._say.kind(paper, "Publication", at)
            self._say.label(paper, name, at)
            self._each(row, paper, "Publication identifiers")
            self._once(row, paper, "Year")
        else:
            self._pass_over(row, "Publication", "publication")
        self._say.kind(node, "Passage", at)
        self._say.say(node, "inDocument", paper, at)
        for heading in ("Table", "Row", "Column", "Section", "Paragraph"):
            self._reader.read(row, heading, node)
        return node

    def _pass_over(self, row: Row, named: str, *about: str) -> None:
        """Tell what of a row is not read, since the graph has described the node already."""
        for column in COLUMNS:
            if column.about in about and column.heading != named and column.heading in row.cells:
                what = f"The graph describes {row.text(named)} already."
                advice = "What the table says of it is not read; a finding may contradict another."
                node, place = row.node, row.place(column.heading)
                text = row.text(column.heading)
                self._say.wrong(
                    node, "printed", "known-node", place, text, what, advice, level="Note"
                )

    def _trial(self, row: Row, place: ox.NamedNode) -> ox.NamedNode:
        name, at = row.text("Trial") or "unnamed", row.place("Trial")
        known = self._known("Study", name)
        if known is not None:
            self._pass_over(row, "Trial", "trial", "trial population")
            return known
        trial = self._say.node("study", name)
        self._say.kind(trial, "Trial", at)
        self._say.label(trial, name, at)
        self._say.say(trial, "statedAt", place, at)
        self._each(row, trial, "Registry numbers")
        for heading in ("Design", "Phase", "Stopped early", "Reason for stopping"):
            self._once(row, trial, heading)
        if "Trial population" in row.cells:
            enrolled = self._described(row, "Trial population", None, place)
            self._given.setdefault((trial, "Trial population"), row.text("Trial population"))
            self._say.say(trial, "enrols", enrolled, row.place("Trial population"))
        people = self._enrolled(trial)
        if people is not None:
            self._characterize(row, people, place)
        return trial

    def _characterize(self, row: Row, people: ox.NamedNode, place: ox.NamedNode) -> None:
        """State what all people of a trial have in common."""
        for heading in ("Line", "Stage", "Menopause", "Receptors"):
            self._once(row, people, heading)
        self._treatments.had_before(row, people, place)

    def _population(
        self, row: Row, trial: ox.NamedNode, place: ox.NamedNode
    ) -> ox.NamedNode | None:
        enrolled = self._enrolled(trial)
        if "Subgroup" not in row.cells:
            return enrolled
        subgroup = self._described(row, "Subgroup", enrolled, place)
        for heading in ("Sites", "Visceral means"):
            self._once(row, subgroup, heading)
        return subgroup

    def _enrolled(self, trial: ox.NamedNode) -> ox.NamedNode | None:
        name = self._given.get((trial, "Trial population"))
        if name is not None:
            return self._known("Population", name) or self._say.node("population", name)
        found = self._store.quads_for_pattern(trial, self._say.term("enrols"), None, None)
        return next((q.object for q in found if isinstance(q.object, ox.NamedNode)), None)

    def _described(
        self, row: Row, heading: str, wider: ox.NamedNode | None, place: ox.NamedNode
    ) -> ox.NamedNode:
        """Give the population that a cell describes; one that the graph knows is that one."""
        name, at = row.text(heading), row.place(heading)
        known = self._known("Population", name)
        if known is not None:
            return known
        people = self._say.node("population", name)
        self._say.kind(people, "Population", at)
        self._say.label(people, name, at)
        self._say.say(people, "statedAt", place, at)
        if wider is not None:
            self._say.say(people, "within", wider, at)
        return people

    def _group(  # noqa: PLR0913, PLR0917  who is meant, in all its parts
        self,
        row: Row,
        heading: str,
        drugs: str,
        trial: ox.NamedNode,
        people: ox.NamedNode | None,
        place: ox.NamedNode,
    ) -> ox.NamedNode:
        name, at = row.text(heading) or "unnamed", row.place(heading)
        who = row.text("Subgroup") or "all"
        counted = row.text("Analysis set")
        title = f"{name}, {who}, {counted}, {row.text('Trial')}"
        group = self._say.node("group", title)
        self._say.kind(group, "Group", at)
        self._say.label(group, title, at)
        if name.casefold() in _WHOLE:
            self._say.say(group, "ofStudy", trial, at)
        else:
            self._say.say(group, "ofArm", self._arm(row, heading, drugs, trial, place), at)
        if people is not None:
            self._say.say(
                group, "inPopulation", people, row.place("Subgroup" if who != "all" else "Trial")
            )
        else:
            what = "Nowhere is it said whom the trial enrolled."
            advice = "Describe them in the column Trial population, in one row of the trial."
            self._reader.wrong(row, "Trial population", group, "needed", what, advice)
        if "Analysis set" in row.cells:
            self._reader.read(row, "Analysis set", group)
        else:  # told of the row; here the shape would tell it again
            self._say.say(group, "analysisSet", self._say.term("UnstatedSet"), at)
        return group

    def _arm(
        self, row: Row, heading: str, drugs: str, trial: ox.NamedNode, place: ox.NamedNode
    ) -> ox.NamedNode:
        title, at = f"{row.text(heading)}, {row.text('Trial')}", row.place(heading)
        arm = self._say.node("arm", title)
        self._say.kind(arm, "Arm", at)
        self._say.label(arm, title, at)
        self._say.say(arm, "ofStudy", trial, at)
        if heading == "Arm":
            self._once(row, arm, "Crossover")
        if drugs in row.cells:
            before = self._given.setdefault((arm, "Drugs"), row.text(drugs))
            if before == row.text(drugs):
                self._treatments.assign(row, drugs, arm, place)
            else:
                what = f"“{row.text(drugs)}” here, and “{before}” in a row above."
                advice = "Write the same in each row, or in one row only."
                self._reader.wrong(row, drugs, arm, "said-twice", what, advice)
        return arm

    def _known(self, kind: str, name: str) -> ox.NamedNode | None:
        """Give the node of the graph that bears a name; most rows name what the last one did."""
        if (kind, name) not in self._looked_up:
            self._looked_up[kind, name] = self._look_up(kind, name)
        return self._looked_up[kind, name]

    def _look_up(self, kind: str, name: str) -> ox.NamedNode | None:
        """Find the node of the graph that bears a name, as label or acronym."""
        label = ox.NamedNode(RDFS_LABEL)
        acronym = self._say.term("acronym")
        pairs = (
            (label, ox.Literal(name, language="en")),
            (acronym, ox.Literal(name)),
        )
        for path, value in pairs:
            for quad in self._store.quads_for_pattern(None, path, value, ox.DefaultGraph()):
                typed = ox.Quad(
                    quad.subject,
                    ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"),
                    ox.NamedNode(AIKG + kind),
                )
                if typed in self._store and isinstance(quad.subject, ox.NamedNode):
                    return quad.subject
        return None
