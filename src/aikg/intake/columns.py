"""The columns of the extraction sheet: one row a figure, and what each cell says about what.

What a cell may hold is not written here: datatypes and closed lists are those of the shapes.
"""

from __future__ import annotations

from dataclasses import dataclass

from aikg.names import OTHER_PREFIXES, PREFIXES, RDF_TYPE, RDFS_LABEL

_AIKG, _DCTERMS = PREFIXES["aikg"], OTHER_PREFIXES["dcterms"]

#: The trial of the template's example row, which is no evidence.
EXAMPLE = "EXAMPLE-1"


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        heading: Its heading.
        about: What the cell describes: trial, publication, place, arm, group, outcome, figure.
        property: The property that the cell gives, or None where it only names something.
        meaning: What to write, for whoever fills the sheet.
        example: The cell of the example row.
        needed: Whether each row has it.
        shape: The shape that says what the cell may hold, where one does.
        several: Whether the cell may hold several values with semicolons between them.
    """

    heading: str
    about: str
    property: str | None
    meaning: str
    example: str = ""
    needed: bool = False
    shape: str | None = None
    several: bool = False


def _column(  # noqa: PLR0913  a row of the table below
    heading: str,
    about: str,
    name: str | None,
    meaning: str,
    example: str = "",
    *,
    shape: str | None = None,
    needed: bool = False,
    several: bool = False,
) -> Column:
    iri = None
    if name:
        iri = name if ":" in name else _AIKG + name
    shape = f"{PREFIXES['shape']}{shape}" if shape else None
    return Column(heading, about, iri, meaning, example, needed, shape, several)


COLUMNS = (
    _column(
        "Trial",
        "trial",
        RDFS_LABEL,
        "The short name of the trial, the same on each of its rows.",
        EXAMPLE,
        needed=True,
    ),
    _column(
        "Registry numbers",
        "trial",
        _DCTERMS + "identifier",
        "Numbers in registries of trials; once a trial is enough.",
        "NCT00000000; EudraCT 2000-000000-00",
        several=True,
    ),
    _column("Design", "trial", RDF_TYPE, "How people came into the arms.", "randomized trial"),
    _column("Phase", "trial", "phase", "1 to 4.", "3", shape="study-phase"),
    _column(
        "Trial population",
        "trial",
        "enrols",
        "Whom the trial enrolled, in words; once a trial is enough.",
        "postmenopausal women with advanced disease, first line (EXAMPLE-1)",
    ),
    _column(
        "Line",
        "trial population",
        "therapyLine",
        "Of treatment for advanced disease.",
        "first line",
        shape="population-therapy-line",
    ),
    _column(
        "Stage",
        "trial population",
        "stage",
        "Of the disease.",
        "advanced stage",
        shape="population-stage",
    ),
    _column(
        "Menopause",
        "trial population",
        "menopausalStatus",
        "If all are before it, or after.",
        "postmenopausal",
        shape="population-menopausal-status",
    ),
    _column(
        "Receptors",
        "trial population",
        "receptorStatus",
        "Of the tumours.",
        "estrogen receptor positive; HER2 negative",
        shape="population-receptor-status",
        several=True,
    ),
    _column(
        "Prior therapy",
        "trial population",
        "priorTherapy",
        "Drugs or drug classes that all have had.",
        several=True,
    ),
    _column(
        "Stopped early", "trial", "stoppedEarly", "yes or no.", "no", shape="study-stopped-early"
    ),
    _column("Reason for stopping", "trial", "reasonForStopping", "In a few words."),
    _column(
        "Publication",
        "publication",
        RDFS_LABEL,
        "The paper, abstract or registry entry that prints the figure.",
        "Author 2016 (EXAMPLE-1, primary paper)",
        needed=True,
    ),
    _column(
        "Publication identifiers",
        "publication",
        _DCTERMS + "identifier",
        "DOI, PubMed number and the like.",
        "doi:10.0000/example; PMID 00000000",
        several=True,
    ),
    _column("Year", "publication", "year", "Of publication.", "2016", shape="publication-year"),
    _column("Table", "place", "tableNumber", "Where it is printed.", "2", shape="passage-table"),
    _column("Row", "place", "tableRow", "Counted below the heading.", "1", shape="passage-row"),
    _column("Column", "place", "tableColumn", "From the left.", "3", shape="passage-column"),
    _column("Section", "place", "section", "In place of the table: Results, Figure 2 ..."),
    _column("Paragraph", "place", "paragraph", "Within the section.", shape="passage-paragraph"),
    _column(
        "Arm",
        "arm",
        "ofArm",
        "The name of the arm, the same on each row; all for the whole trial.",
        "letrozole + palbociclib",
        needed=True,
    ),
    _column(
        "Drugs",
        "arm",
        "assignedRegimen",
        "What the arm is given; once an arm is enough. A drug that the graph does not know "
        "is written with new: before it; loading dose 500 mg may stand in the brackets.",
        "letrozole 2.5 mg (once daily) + new: palbociclib 125 mg (once daily, 3 weeks of 4)",
    ),
    _column(
        "Crossover", "arm", "crossoverStated", "Whether its people may change over, in a few words."
    ),
    _column(
        "Compared with",
        "comparison",
        "reference",
        "For a ratio, a difference or a comparison: the other arm.",
        "letrozole + placebo",
    ),
    _column(
        "Drugs compared with",
        "comparison",
        "assignedRegimen",
        "What the other arm is given; once an arm is enough.",
        "letrozole 2.5 mg (once daily)",
    ),
    _column(
        "Subgroup",
        "group",
        "inPopulation",
        "Who of the trial population is meant, in words; empty for all.",
        "visceral disease (EXAMPLE-1)",
    ),
    _column("Sites", "subgroup", "sites", "Of the subgroup's disease.", shape="population-sites"),
    _column(
        "Visceral means",
        "subgroup",
        "visceralMeans",
        "Which sites the source calls visceral.",
        shape="population-visceral-means",
    ),
    _column(
        "Analysis set",
        "group",
        "analysisSet",
        "Who of them is counted.",
        "intention to treat",
        shape="group-analysis-set",
        needed=True,
    ),
    _column(
        "Patients",
        "group",
        "size",
        "How many people the arm has, in this subgroup and set.",
        "214",
    ),
    _column(
        "Outcome",
        "figure",
        "ofOutcome",
        "What is measured. One that the graph does not know is written as "
        "new efficacy outcome: ... or new adverse event: ...",
        "progression-free survival",
        needed=True,
    ),
    _column(
        "Primary outcome",
        "outcome",
        "hasPrimaryOutcome",
        "yes, if the trial was planned for this outcome first.",
        "yes",
    ),
    _column("Grade", "figure", "grade", "Of an adverse event, as printed: 3-4.", ""),
    _column(
        "Measure",
        "figure",
        "measure",
        "How the outcomes of the people became one figure.",
        "hazard ratio",
        shape="finding-measure",
        needed=True,
    ),
    _column(
        "Status",
        "figure",
        "status",
        "Empty for a figure that is reported. NR is asked: not reported, or not reached?",
        "reported",
        shape="finding-status",
    ),
    _column(
        "As printed",
        "figure",
        "printed",
        "The characters of the source.",
        "0.48 (0.34-0.67)",
        needed=True,
        shape="finding-printed",
    ),
    _column("Value", "figure", "value", "The number.", "0.48", shape="finding-value"),
    _column(
        "Unit", "figure", "unit", "%, mo, d, wk, a (years), {person}, {event}; none for a ratio."
    ),
    _column("Bound", "figure", "bound", "For more than, at most ...", shape="finding-bound"),
    _column("Hedge", "figure", "hedge", "A word such as about, if it is printed."),
    _column("Range low", "figure", "rangeLow", "Of a printed range.", shape="finding-range-low"),
    _column("Range high", "figure", "rangeHigh", "Of a printed range.", shape="finding-range-high"),
    _column("Range over", "figure", "rangeOver", "Over what it runs.", shape="finding-range-over"),
    _column(
        "CI low",
        "figure",
        "ciLow",
        "The lower confidence limit, or not reached, not estimable, not reported.",
        "0.34",
        shape="finding-ci-low",
    ),
    _column("CI high", "figure", "ciHigh", "The upper one.", "0.67", shape="finding-ci-high"),
    _column("CI level", "figure", "ciLevel", "In percent.", "95", shape="finding-ci-level"),
    _column("p sign", "figure", "pQualifier", "= < or >", "=", shape="finding-p-qualifier"),
    _column("p value", "figure", "pValue", "The number.", "0.0004", shape="finding-p-value"),
    _column("p sides", "figure", "pSides", "1 or 2.", "2", shape="finding-p-sides"),
    _column(
        "Direction",
        "figure",
        "directionStated",
        "For a comparison in words.",
        shape="finding-direction",
    ),
    _column(
        "Significance",
        "figure",
        "significanceStated",
        "What the source says of it.",
        shape="finding-significance",
    ),
    _column("Counts", "figure", "counts", "Persons or events.", shape="finding-counts"),
    _column(
        "Assessed by",
        "figure",
        "assessedBy",
        "Who judged the outcome.",
        "investigator",
        shape="finding-assessor",
    ),
    _column("Time point", "figure", "timePoint", "When it holds.", shape="finding-time-point"),
    _column(
        "Time point unit",
        "figure",
        "timePointUnit",
        "Of the time point.",
        shape="finding-time-point-unit",
    ),
    _column("Analysis", "analysis", RDFS_LABEL, "Its name, such as interim or final.", "final"),
    _column(
        "Data cut-off",
        "analysis",
        "dataCutOff",
        "The day on which the data were closed: 2015-02-26.",
        "2013-11-29",
        shape="analysis-cut-off",
    ),
    _column("Follow-up", "analysis", "followUp", "The median.", "29.6", shape="analysis-follow-up"),
    _column(
        "Follow-up unit",
        "analysis",
        "followUpUnit",
        "Of it.",
        "mo",
        shape="analysis-follow-up-unit",
    ),
    _column("Figure", "link", None, "A name for this row, if another row speaks of it.", "F1"),
    _column(
        "Interaction of",
        "link",
        "comparesFinding",
        "For an interaction test: the names of the rows whose effects it compares.",
        several=True,
    ),
    _column("Modifier", "link", "modifier", "What is tested for changing the effect."),
    _column(
        "Repeats", "link", "restates", "The name of the row that prints the same figure first."
    ),
    _column(
        "Problem in the source",
        "issue",
        "concerns",
        "If the source prints what cannot be so: what is wrong with it.",
    ),
    _column("Kind of problem", "issue", "issueKind", "Of which kind.", shape="data-issue-kind"),
)

BY_HEADING = {column.heading: column for column in COLUMNS}
HEADINGS = tuple(BY_HEADING)
