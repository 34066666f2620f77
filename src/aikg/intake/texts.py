"""A report as text, as JSON, and as a SHACL validation report (https://www.w3.org/TR/shacl/)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, cast

import pyoxigraph as ox

from aikg.characters import escaped_json, escaped_rdf, visible
from aikg.intake.places import Place
from aikg.intake.report import Finding, Report
from aikg.intake.terms import node_of, value_of
from aikg.intake.verdict import Verdict
from aikg.names import BASE, OTHER_PREFIXES, PREFIXES, RDF_TYPE

_SH = OTHER_PREFIXES["sh"]
#: Pointer Methods in RDF (https://www.w3.org/TR/Pointers-in-RDF10/): places in a text.
_PTR = "http://www.w3.org/2009/pointers#"

_SEVERITIES = {"Error": "Violation", "Check": "Warning", "Note": "Info"}
#: How many further places of one cause are listed.
_MOST = 8


@dataclass(frozen=True)
class Examined:
    """A verdict, and the report on it.

    Attributes:
        verdict: The verdict.
        report: The same in words.
    """

    verdict: Verdict
    report: Report

    def written(self, form: str) -> str:
        """Write the report as `text` or `json`, or in a syntax of RDF (see `as_rdf`)."""
        if form == "json":
            return as_json(self.report) + "\n"
        if form == "text":
            return as_text(self.report)
        return as_rdf(self.verdict, form).decode()


def summary(report: Report) -> str:
    """Return the verdict in one line."""
    counts = {
        word: sum(f.severity == level and f.blocks == blocks for f in report.findings)
        for word, level, blocks in (
            ("error", "Error", True),
            ("recorded error", "Error", False),
            ("check", "Check", False),
            ("note", "Note", False),
        )
    }
    told = [f"{n} {word}{'' if n == 1 else 's'}" for word, n in counts.items() if n]
    verdict = "valid" if report.accepted else "not valid"
    found, triples = ", ".join(told) or "no findings", report.triples
    return f"{report.file} is {verdict}: {found}, {triples:,} triple{'' if triples == 1 else 's'}"


def as_text(report: Report) -> str:
    """Write a report for a terminal, with hidden characters written out."""
    blocks = ["\n".join(map(visible, _lines(finding, report))) for finding in report.findings]
    if report.about_others:
        lines = (f"  {' '.join(three)}" for three in report.about_others)
        blocks.append("\n".join(["Inferred about nodes of others:", *map(visible, lines)]))
    return "\n\n".join([*blocks, visible(summary(report))]) + "\n"


def _lines(finding: Finding, report: Report) -> Iterator[str]:
    known = f", recorded as {finding.recorded}" if finding.recorded else ""
    yield f"{finding.severity}{known}  {finding.code}  {finding.place.after(report.file)}"
    yield f"  About:    {finding.about}"
    yield f"  Rule:     {finding.rule}"
    if finding.found:
        yield f"  Found:    {finding.found}"
    if finding.expected:
        yield f"  Expected: {finding.expected}"
    yield f"  Fix:      {finding.mend}"
    if finding.also_at:
        places = [str(place) for place in finding.also_at[:_MOST]]
        more = len(finding.also_at) - len(places)
        yield f"  Also at:  {'; '.join(places)}{f'; and {more} more' if more else ''}"
    yield f"  More:     {finding.more}"


def as_json(report: Report) -> str:
    """Write a report as JSON."""
    members = {"summary": summary(report), **asdict(report)}
    for member, finding in zip(members["findings"], report.findings, strict=True):
        member["blocks"] = finding.blocks
        member["place"] = _place(finding.place)
        member["also_at"] = [_place(place) for place in finding.also_at]
    return escaped_json(json.dumps(members, indent=2, ensure_ascii=False))


def _place(place: Place) -> dict[str, Any]:
    told = {name: value for name, value in asdict(place).items() if value is not None}
    return {"text": str(place), **told}


_RDF = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "rdfxml": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
    "nquads": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
}


def as_rdf(verdict: Verdict, form: str) -> bytes:
    """Write every problem as a result of a SHACL report, those of checks too.

    Data conform, as SHACL defines it, if there is no result at all, not even a warning or a note. A
    submission is valid if no result has the severity sh:Violation.

    Args:
        verdict: The verdict.
        form: One of the names of `aikg.sparql.formats.TRIPLES`.
    """
    prefixes = {"sh": _SH, "aikg": PREFIXES["aikg"], "ptr": _PTR}
    triples = list(_report(verdict))
    text = cast(bytes, ox.serialize(triples, format=_RDF[form], prefixes=prefixes)).decode()
    if form == "rdfxml":  # which cannot escape every character
        return text.encode()
    return (escaped_json if form == "jsonld" else escaped_rdf)(text).encode()


def _report(verdict: Verdict) -> Iterator[ox.Triple]:
    report = ox.BlankNode("report")
    yield _triple(report, RDF_TYPE, ox.NamedNode(_SH + "ValidationReport"))
    yield _triple(report, _SH + "conforms", ox.Literal(not verdict.problems))
    terms = {
        (node_of(triple), triple.predicate.value, value_of(triple)): triple.object
        for triple in [*verdict.inferred, *verdict.triples]
    }
    for number, problem in enumerate(verdict.problems):
        recorded = problem.recorded is not None and problem.level == "Error"
        severity = _SEVERITIES["Check" if recorded else problem.level]
        said = dict.fromkeys((problem.message, problem.advice))
        result = ox.BlankNode(f"result-{number + 1}")
        yield _triple(report, _SH + "result", result)
        yield _triple(result, RDF_TYPE, ox.NamedNode(_SH + "ValidationResult"))
        yield _triple(result, _SH + "focusNode", ox.NamedNode(problem.node))
        property_ = problem.path if problem.path and problem.path.startswith("http") else None
        if property_:
            yield _triple(result, _SH + "resultPath", ox.NamedNode(property_))
        if problem.value and (property_ or not problem.path):
            term = terms.get((problem.node, property_ or "", problem.value))
            yield _triple(result, _SH + "value", term or _term(problem.value))
        yield _triple(result, _SH + "sourceShape", ox.NamedNode(BASE + problem.code))
        component = problem.component or _SH + "SPARQLConstraintComponent"
        yield _triple(result, _SH + "sourceConstraintComponent", ox.NamedNode(component))
        yield _triple(result, _SH + "resultSeverity", ox.NamedNode(_SH + severity))
        yield _triple(result, _SH + "resultMessage", ox.Literal(" ".join(said), language="en"))
        place = verdict.submission.place(problem.node, problem.path, problem.value)
        for name, at in (("lineNumber", place.line), ("charNumber", place.column)):
            if at is not None:
                yield _triple(result, _PTR + name, ox.Literal(at))


def _triple(subject: ox.NamedNode | ox.BlankNode, predicate: str, value: Any) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(predicate), value)


def _term(value: str) -> ox.NamedNode | ox.Literal:
    if value.startswith(("http://", "https://")):
        try:
            return ox.NamedNode(value)
        except ValueError:
            pass
    return ox.Literal(value)
