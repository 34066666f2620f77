"""Reads the figures of extraction sheets back by SPARQL, to be compared cell by cell.

This shares nothing with the reader of `aikg.intake`: each heading has a path of its own here, and a
heading without one fails the comparison. Only the address of a finding is taken as documented: the
name of its row in the column Figure, or the number of the row.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import pyoxigraph as ox

from aikg.names import BASE, OTHER_PREFIXES, PREFIXES

_DECLARED = "".join(
    f"PREFIX {name}: <{iri}>\n" for name, iri in (PREFIXES | OTHER_PREFIXES).items()
)
#: By what a node is called.
_NAMES = (
    "rdfs:label|skos:altLabel|aikg:acronym|aikg:armLabel|aikg:sharedKey|dcterms:title"
    "|dcterms:identifier|aikg:definitionStated"
)
_GROUP = "(aikg:ofGroup|aikg:experimental)"
_STUDY = f"{_GROUP}/(aikg:ofStudy|aikg:ofArm/aikg:ofStudy)"
_PEOPLE = f"{_STUDY}/aikg:enrols"
_DOCUMENT = "aikg:statedAt/aikg:inDocument"
_ISSUE = (
    f"(^aikg:concerns|{_GROUP}/^aikg:concerns|{_STUDY}/^aikg:concerns|{_DOCUMENT}/^aikg:concerns)"
)


@dataclass(frozen=True)
class Field:
    """How a heading is read back.

    Attributes:
        path: The property path from the finding.
        kind: `number`, `text`, `name` (of a node), `names` (each item of the cell), `parts` (each
            item of the cell is the name of a node or a text), `numbers`, `drugs`, `row`, `yes`.
        only: Whether the graph must have nothing else there.
    """

    path: str
    kind: str
    only: bool = True


def _own(name: str, kind: str) -> Field:
    return Field(f"aikg:{name}", kind)


def _shared(path: str, kind: str) -> Field:
    """Return a field of a node that other sources may describe too."""
    return Field(path, kind, only=False)


FIELDS = {
    "Trial": _shared(_STUDY, "name"),
    "Registry numbers": _shared(_STUDY, "identifiers"),
    "Design": _shared(f"{_STUDY}/a", "name"),
    "Pools": _shared(f"{_STUDY}/aikg:pools", "identifiers"),
    "Phase": _shared(f"{_STUDY}/aikg:phase", "number"),
    "Trial population": _shared(_PEOPLE, "name"),
    "Line": _shared(f"{_PEOPLE}/aikg:therapyLine", "name"),
    "Stage": _shared(f"{_PEOPLE}/aikg:stage", "name"),
    "Menopause": _shared(f"{_PEOPLE}/aikg:menopausalStatus", "name"),
    "Receptors": _shared(f"{_PEOPLE}/aikg:receptorStatus", "names"),
    "Prior therapy": _shared(f"{_PEOPLE}/aikg:priorTherapy", "names"),
    "No prior therapy": _shared(f"{_PEOPLE}/aikg:excludesPriorTherapy", "names"),
    "Publication": _shared(_DOCUMENT, "name"),
    "Publication identifiers": _shared(_DOCUMENT, "identifiers"),
    "Year": _shared(f"{_DOCUMENT}/aikg:year", "number"),
    "Table": Field("aikg:statedAt/aikg:tableNumber", "number"),
    "Row": Field("aikg:statedAt/aikg:tableRow", "number"),
    "Column": Field("aikg:statedAt/aikg:tableColumn", "number"),
    "Section": Field("aikg:statedAt/aikg:section", "text"),
    "Source seen": _own("sourceSeen", "name"),
    "Credited to": _own("attributedTo", "name"),
    "Arm": Field(f"{_GROUP}/(aikg:ofArm|aikg:ofStudy)", "arm"),
    "Drugs": _shared(f"{_GROUP}/aikg:ofArm/aikg:assignedRegimen/aikg:hasComponent", "drugs"),
    "Crossover": _shared(f"{_GROUP}/aikg:ofArm/aikg:crossoverStated", "text"),
    "Compared with": Field("aikg:reference/(aikg:ofArm|aikg:ofStudy)", "arm"),
    "Drugs compared with": _shared(
        "aikg:reference/aikg:ofArm/aikg:assignedRegimen/aikg:hasComponent", "drugs"
    ),
    "Subgroup": _shared(f"{_GROUP}/aikg:inPopulation/aikg:within?", "names"),
    "Compared subgroup": _shared("aikg:reference/aikg:inPopulation/aikg:within?", "names"),
    "Sites": _shared(f"{_GROUP}/aikg:inPopulation/aikg:sites", "name"),
    "Analysis set": Field(f"{_GROUP}/aikg:analysisSet", "name"),
    "Patients": _shared(f"{_GROUP}/aikg:statedSize", "number"),
    "Outcome": _own("ofOutcome", "outcome"),
    "Primary outcome": _shared(f"{_STUDY}/aikg:hasPrimaryOutcome", "primary"),
    "Endpoint definition": Field(
        "(aikg:responseCriteria|aikg:timeOrigin|aikg:definitionStated)", "parts"
    ),
    "Grade": _own("grade", "text"),
    "Event details": Field("(aikg:termLevel|aikg:ascertainment|aikg:causality)", "parts"),
    "Measure": _own("measure", "name"),
    "Status": _own("status", "name"),
    "As printed": _own("printed", "text"),
    "Value": _own("value", "number"),
    "Unit": _own("unit", "text"),
    "Count": _shared("^aikg:countOf", "count"),
    "Hedge": _own("hedge", "text"),
    "CI low": _own("ciLow", "number"),
    "CI high": _own("ciHigh", "number"),
    "CI level": _own("ciLevel", "number"),
    "p sign": _own("pQualifier", "text"),
    "p value": _own("pValue", "number"),
    "p sides": _own("pSides", "number"),
    "Test": Field("(aikg:test|aikg:adjustment|aikg:adjustedFor)", "parts"),
    "Hypothesis": Field("(aikg:testedHypothesis|aikg:hypothesisMet)", "parts"),
    "Direction": _own("directionStated", "name"),
    "Significance": _own("significanceStated", "name"),
    "Planned": _own("planStated", "name"),
    "Counts": _own("counts", "name"),
    "Assessed by": _own("assessedBy", "name"),
    "Time point": _own("timePoint", "number"),
    "Time point unit": _own("timePointUnit", "text"),
    "Analysis": Field("aikg:ofAnalysis", "analysis"),
    "Kind of analysis": _shared("aikg:ofAnalysis/aikg:analysisKind", "name"),
    "Supersedes": _shared("aikg:ofAnalysis/aikg:supersedes", "analysis"),
    "Data cut-off": _shared("aikg:ofAnalysis/aikg:dataCutOff", "text"),
    "Follow-up": _shared("aikg:ofAnalysis/aikg:followUp", "number"),
    "Follow-up unit": _shared("aikg:ofAnalysis/aikg:followUpUnit", "text"),
    "Maturity": _shared("aikg:ofAnalysis/aikg:maturity", "number"),
    "Figure": Field("a", "row"),
    "Interaction of": _own("comparesFinding", "rows"),
    "Modifier": _own("modifier", "name"),
    "Repeats": _own("restates", "rows"),
    "Problem in the source": _shared(_ISSUE, "name"),
    "Problem concerns": _shared("aikg:ofGroup", "concerns"),
    "Kind of problem": _shared(f"{_ISSUE}/aikg:issueKind", "name"),
}

#: Words beside a number in a cell that are not lost: words of a limit that is not there.
_NO_NUMBER = {"not estimable", "not reached", "not reported", "none"}
#: A test of interaction is about the groups of the figures that it compares.
_OF_A_GROUP = {"Trial", "Arm", "Compared with", "Subgroup", "Analysis set", "Registry numbers"}
#: How the label of the duration of an outcome is written.
_AT_LEAST = re.compile(r",? *(?:>=|\u2265|at least) *", re.IGNORECASE)
#: What may stand before a number of a trial or a paper.
_START = re.compile(r"^(doi|pmid|eudract|https?(doiorg|clinicaltrialsgovstudy))+")


@dataclass(frozen=True)
class Found:
    """A value at the end of a path, and the names of it."""

    value: str
    names: frozenset[str]


class Readback:
    """Reads the figures of one published sheet.

    Args:
        store: The graph.
        name: The name of the submission.
        body: The sheet.
        house: What the house calls a number: the registry numbers that curated nodes have.
    """

    def __init__(
        self, store: ox.Store, name: str, body: bytes, house: dict[str, str] | None = None
    ) -> None:
        self.store, self.base = store, f"{BASE}submission/{name}/finding/"
        self.rows = list(csv.DictReader(io.StringIO(body.decode())))
        self.house = house or {}
        self.new = {
            match[1].casefold()
            for row in self.rows
            if (match := re.fullmatch(r"new [a-z ]+: *(.+?)(?: \(.*\))?", row["Outcome"]))
        }

    def differences(self) -> Iterator[str]:
        """Yield each cell that the graph does not answer as it was written."""
        found = {
            heading: self._ask(FIELDS[heading].path)
            for heading in self._headings()
            if FIELDS[heading].kind not in {"row", "count", "concerns", "primary"}
        }
        for number, row in enumerate(self.rows, 2):
            node = self._finding(row.get("Figure") or f"row {number}")
            for heading, cell in row.items():
                if not cell:
                    continue
                if row.get("Interaction of") and heading in _OF_A_GROUP:
                    continue
                values = found.get(heading, {}).get(node, [])
                if not self._equal(heading, cell, values, node, row):
                    yield f"row {number}, {heading}: {cell!r} is {_shown(values)}"

    def cells(self) -> int:
        """Count the cells with a content."""
        return sum(1 for row in self.rows for cell in row.values() if cell)

    def _headings(self) -> list[str]:
        used = {heading for row in self.rows for heading, cell in row.items() if cell}
        missing = used - FIELDS.keys()
        assert not missing, f"no path is known for {missing}"
        return sorted(used)

    def _finding(self, name: str) -> str:
        return self.base + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")

    def _ask(self, path: str) -> dict[str, list[Found]]:
        """Return what a path has for each finding of the submission."""
        query = f"""{_DECLARED} SELECT ?f ?v ?n {{
          ?f aikg:measure ?any . FILTER(STRSTARTS(STR(?f), "{self.base}"))
          ?f {path} ?v . OPTIONAL {{ ?v {_NAMES} ?n }} }}"""
        names: dict[tuple[str, str], set[str]] = {}
        for row in self.store.query(query):  # type: ignore[union-attr]
            called = names.setdefault((row["f"].value, row["v"].value), set())
            if row["n"] is not None:
                called.add(row["n"].value.casefold())
        found: dict[str, list[Found]] = {}
        for (node, value), called in names.items():
            found.setdefault(node, []).append(Found(value, frozenset(called)))
        return found

    def _equal(
        self, heading: str, cell: str, values: list[Found], node: str, row: dict[str, str]
    ) -> bool:
        field = FIELDS[heading]
        if field.kind in {"row", "count", "concerns", "primary"}:
            return bool(getattr(self, f"_{field.kind}")(cell, node, row))
        if field.kind == "number" and cell.casefold() in _NO_NUMBER:
            status = self._ask(f"{field.path}Status").get(node, [])
            return [cell.casefold() in one.names for one in status] in ([True], [True, False])
        items = [cell] if field.kind in {"text", "name", "number", "arm", "analysis"} else [
            item.strip() for item in cell.split(";") if item.strip()
        ]  # fmt: skip
        one = getattr(self, f"_{field.kind}", self._name)
        answered = [[one(item, value) for value in values] for item in items]
        if not all(any(row_) for row_ in answered):
            return False
        return not field.only or all(any(column) for column in zip(*answered, strict=True))

    @staticmethod
    def _name(cell: str, found: Found) -> bool:
        return cell.casefold() in found.names

    @staticmethod
    def _names(cell: str, found: Found) -> bool:
        """A node of the submission's own has its trial after its name."""
        folded = cell.casefold()
        return any(name == folded or name.startswith(f"{folded}, ") for name in found.names)

    @staticmethod
    def _number(cell: str, found: Found) -> bool:
        return Decimal(cell.lstrip("<>= ").replace(",", "")) == Decimal(found.value)

    @staticmethod
    def _text(cell: str, found: Found) -> bool:
        return cell == found.value

    def _parts(self, cell: str, found: Found) -> bool:
        stated = {"shown": "true", "not shown": "false"}.get(cell, cell.removeprefix("for "))
        return self._name(cell, found) or stated == found.value

    def _identifiers(self, cell: str, found: Found) -> bool:
        """A number is stated, or it is one that the house has for the curated node."""
        plain = _START.sub("", _plain(cell))
        if found.value.startswith((f"{BASE}submission/", f"{BASE}shared/")):
            return plain in {_START.sub("", _plain(name)) for name in found.names}
        houses = {_START.sub("", _plain(n)): node for n, node in self.house.items()}
        return houses.get(plain, found.value) == found.value

    def _arm(self, cell: str, found: Found) -> bool:
        folded = cell.casefold()
        if folded == "all":
            return not self._is_a(found.value, "Arm")
        if found.value.startswith(f"{BASE}arm/"):  # of the house: it is known by its drugs
            query = f"""{_DECLARED} SELECT ?l {{ <{found.value}>
              aikg:assignedRegimen/aikg:hasComponent/aikg:gives/rdfs:label ?l }}"""
            drugs = {row["l"].value for row in self.store.query(query)}  # type: ignore[union-attr]
            named = {part.strip() for part in folded.split("+")} - {"placebo"}
            return folded in found.names or drugs == named
        return any(f'"{folded}"' in name or name.startswith(f"{folded}, ") for name in found.names)

    def _is_a(self, node: str, kind: str) -> bool:
        return bool(self.store.query(f"{_DECLARED} ASK {{ <{node}> a aikg:{kind} }}"))

    def _analysis(self, cell: str, found: Found) -> bool:
        folded = cell.casefold()
        return any(name.startswith(folded) or f'"{folded}' in name for name in found.names)

    def _drugs(self, cell: str, found: Found) -> bool:
        """Each component of the regimen is one of the cell, with drug and dose."""
        query = f"""{_DECLARED} SELECT ?drug ?dose ?loading {{
          <{found.value}> (aikg:gives|aikg:givesOneOf|aikg:givesAnyOf)/rdfs:label ?drug
          OPTIONAL {{ <{found.value}> aikg:dose ?dose }}
          OPTIONAL {{ <{found.value}> aikg:loadingDose ?loading }} }}"""
        for row in self.store.query(query):  # type: ignore[union-attr]
            numbers = [row[n].value for n in ("dose", "loading") if row[n] is not None]
            plain = [f"{Decimal(number).normalize():f}" for number in numbers]
            if row["drug"].value in cell and all(number in cell for number in plain):
                return True
        return False

    def _outcome(self, cell: str, found: Found) -> bool:
        match = re.fullmatch(r"new [a-z ]+: *(.+?)(?: \((?:higher|lower) is better\))?", cell)
        name = (match[1] if match else cell).casefold()
        plain = {_AT_LEAST.sub(" at least ", one) for one in found.names}
        return _AT_LEAST.sub(" at least ", name) in plain

    def _primary(self, cell: str, node: str, row: dict[str, str]) -> bool:
        """A statement about a curated trial is not repeated."""
        query = f"{_DECLARED} ASK {{ <{node}> aikg:ofOutcome ?o ; {_STUDY} ?t . "
        curated = f"FILTER(STRSTARTS(STR(?t), '{BASE}study/')) }}"
        return bool(
            self.store.query(f"{query} ?t aikg:hasPrimaryOutcome ?o }}")
            or self.store.query(query + curated)
        )

    def _rows(self, cell: str, found: Found) -> bool:
        return self._finding(cell) == found.value

    def _row(self, cell: str, node: str, row: dict[str, str]) -> bool:
        return node == self._finding(cell)

    def _count(self, cell: str, node: str, row: dict[str, str]) -> bool:
        """The count is a figure of its own: same group, outcome, grade and printed form."""
        number, _, size = cell.partition("/")
        query = f"""{_DECLARED} ASK {{ <{node}> aikg:ofGroup ?g ; aikg:ofOutcome ?o ;
          aikg:printed ?printed ; aikg:statedAt ?p .
          ?c aikg:ofGroup ?g ; aikg:ofOutcome ?o ; aikg:printed ?printed ; aikg:statedAt ?p ;
            aikg:measure aikg:Count ; aikg:unit "{{person}}" ; aikg:value ?n .
          FILTER(?n = {number.strip()})
          {f"?g aikg:statedSize ?size FILTER(?size = {size.strip()})" if size else ""} }}"""
        return bool(self.store.query(query))

    def _concerns(self, cell: str, node: str, row: dict[str, str]) -> bool:
        path = {"figure": "", "group": f"/{_GROUP}", "trial": f"/{_STUDY}",
                "publication": f"/{_DOCUMENT}"}[cell].lstrip("/")  # fmt: skip
        start = f"<{node}> {path} ?x" if path else f"BIND(<{node}> AS ?x)"
        return bool(
            self.store.query(
                f"{_DECLARED} ASK {{ {start} . ?issue aikg:concerns ?x ; rdfs:label ?l "
                f"FILTER(STR(?l) = {ox.Literal(row['Problem in the source'])}) }}"
            )
        )


def _plain(text: str) -> str:
    return "".join(re.findall(r"[a-z0-9]+", text.casefold()))


def _shown(values: list[Found]) -> str:
    return "; ".join(f"{one.value} ({', '.join(sorted(one.names)[:4])})" for one in values) or "-"
