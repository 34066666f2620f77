"""One sentence on a node, made from its statements and its sections."""

from __future__ import annotations

from collections.abc import Sequence

from aikg.names import PREFIXES, RDF_TYPE
from aikg.web.layout import Found
from aikg.web.sections import Row

_AIKG = PREFIXES["aikg"]
#: Classes that say nothing beside a narrower one.
_WIDE = {"study", "drug", "outcome", "trial", "publication", "group", "finding", "population"}


def of(statements: Sequence[Row], found: Found) -> str:
    """Return a sentence, or "" where there is nothing to say beyond the name."""
    kinds = {row["value"]["value"].removeprefix(_AIKG) for row in _about(statements, RDF_TYPE)}
    for kind, write in (
        ("Study", _study), ("Drug", _drug), ("Outcome", _outcome), ("Claim", _claim),
    ):  # fmt: skip
        if kind in kinds:
            return write(statements, found)
    return ""


def _study(statements: Sequence[Row], found: Found) -> str:
    regimens = list(dict.fromkeys(_texts(found, "study-arms", "regimen_label")))
    parts = [_kind(statements) or "A study"]
    if regimens:
        parts.append(f" of {' against '.join(regimens)}")
    if people := _labels(statements, "enrols"):
        parts.append(f", in {people[0]}")
    parts.append(".")
    if _values(statements, "stoppedEarly") == ["true"]:
        why = _values(statements, "reasonForStopping") or _labels(statements, "reasonForStopping")
        parts.append(f" It was stopped early{': ' + why[0] if why else ''}.")
    figures = len(_rows(found, "study-results")) + len(_rows(found, "study-comparisons"))
    if figures:
        parts.append(f" The graph has {figures} figures of it.")
    return "".join(parts)


def _drug(statements: Sequence[Row], found: Found) -> str:
    others = _rows(found, "drug-compared")
    parts = [f"{_kind(statements) or 'A drug'}."]
    if others:
        names = [f"{row['drug_label']['value']} ({row['trials']['value']})" for row in others]
        parts.append(f" Trials compare it with {_listed(names)}.")
    return "".join(parts)


def _outcome(statements: Sequence[Row], found: Found) -> str:
    rows = [*_rows(found, "outcome-results"), *_rows(found, "outcome-comparisons")]
    studies = {row["study"]["value"] for row in rows if "study" in row}
    parts = [_kind(statements) or "An outcome"]
    if rows:
        parts.append(f": {len(rows)} figures of {len(studies)} studies")
    return "".join((*parts, "."))


def _claim(statements: Sequence[Row], found: Found) -> str:
    words = _labels(statements, "claimType")
    lines = _rows(found, "claim-lines")
    said = f"A claim of a source{' (' + words[0] + ')' if words else ''}."
    if not lines:
        return f"{said} No figure here bears on it."
    figures = {row["figure"]["value"] for row in lines if "figure" in row}
    return f"{said} {len(figures)} figure{'' if len(figures) == 1 else 's'} bear on it."


def _kind(statements: Sequence[Row]) -> str:
    """Return the narrowest class of a node, as the beginning of a sentence."""
    labels = [
        row["value_label"]["value"]
        for row in _about(statements, RDF_TYPE)
        if "value_label" in row and row["value_label"]["value"] not in _WIDE
    ]
    if not labels:
        return ""
    label = str(max(labels, key=len))
    return f"{'An' if label[:1] in 'aeiou' else 'A'} {label}"


def _about(statements: Sequence[Row], iri: str) -> list[Row]:
    return [row for row in statements if row["property"]["value"] == iri]


def _labels(statements: Sequence[Row], name: str) -> list[str]:
    rows = _about(statements, _AIKG + name)
    return [str(row["value_label"]["value"]) for row in rows if "value_label" in row]


def _values(statements: Sequence[Row], name: str) -> list[str]:
    rows = _about(statements, _AIKG + name)
    terms = [row["value"] for row in rows if row["value"]["type"] == "literal"]
    return list(dict.fromkeys(str(term["value"]) for term in terms))


def _rows(found: Found, name: str) -> list[Row]:
    return list(found[name][1]["results"]["bindings"]) if name in found else []


def _texts(found: Found, name: str, column: str) -> list[str]:
    return [str(row[column]["value"]) for row in _rows(found, name) if column in row]


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
