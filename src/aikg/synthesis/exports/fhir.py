"""EBMonFHIR: a Bundle of FHIR R5 `Evidence`, one for each estimate, and what was refused."""

from __future__ import annotations

import json
from typing import Any

from aikg.names import BASE

Json = dict[str, Any]

#: HL7's code systems; SEVCO, which is to replace the first, is not used yet.
_STATISTIC = "http://terminology.hl7.org/CodeSystem/statistic-type"
_ATTRIBUTE = "http://terminology.hl7.org/CodeSystem/attribute-estimate-type"
_SYNTHESIS = "http://terminology.hl7.org/CodeSystem/synthesis-type"
_ROLE = "http://terminology.hl7.org/CodeSystem/variable-role"
_DIRECTNESS = "http://terminology.hl7.org/CodeSystem/directness"

_MEASURES = {
    "odds-ratio": "C16932",
    "risk-ratio": "C93152",
    "risk-difference": "0000424",
    "hazard-ratio": "C93150",
}
_PATHS = {
    "direct": "std-MA",
    "indirect": "indirect-NMA",
    "mixed": "combined-NMA",
    "network": "combined-NMA",
}


def write(answer: Json) -> dict[str, str]:
    """Return the Bundle as JSON."""
    entries = [{"resource": _evidence(each, answer)} for each in answer["estimates"]]
    if answer["refused"]:
        entries.append({"resource": _refusals(answer)})
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return {"evidence.json": json.dumps(bundle, indent=2, allow_nan=False) + "\n"}


def _concept(system: str, code: str, text: str) -> Json:
    return {"coding": [{"system": system, "code": code}], "text": text}


def _label(answer: Json, identifier: str | None) -> str:
    if identifier is None:
        return "all populations"
    return str(answer["labels"].get(identifier, identifier))


def _evidence(estimate: Json, answer: Json) -> Json:
    asked = answer["question"]
    return {
        "resourceType": "Evidence",
        "identifier": [{"system": BASE + "compare", "value": estimate["id"]}],
        "status": "draft" if estimate["caveats"] else "active",
        "description": answer["summary"],
        "note": [{"text": f"{estimate['verdict']}: {', '.join(estimate['caveats']) or 'none'}"}],
        "synthesisType": _concept(_SYNTHESIS, _PATHS[estimate["path"]], estimate["path"]),
        "variableDefinition": [
            _variable("population", _label(answer, asked["population"]), answer, estimate),
            _variable("exposure", _label(answer, asked["experimental"]), answer, estimate),
            _variable("referenceExposure", _label(answer, asked["reference"]), answer, estimate),
            _variable("measuredVariable", _label(answer, asked["outcome"]), answer, estimate),
        ],
        "statistic": [_statistic(estimate, answer)],
    }


def _variable(role: str, text: str, answer: Json, estimate: Json) -> Json:
    near = role == "population" and "setting-near" in estimate["caveats"]
    variable = {
        "variableRole": _concept(_ROLE, role, role),
        "description": text,
        "directnessMatch": _concept(_DIRECTNESS, "moderate" if near else "exact", "directness"),
    }
    return variable


def _statistic(estimate: Json, answer: Json) -> Json:
    """Return the estimate: its point, or its least with the greatest beside it."""
    interval = estimate["interval"]
    attributes: list[Json] = [
        {
            "type": _concept(_ATTRIBUTE, "C53324", "confidence interval"),
            "level": interval["level"],
            "range": {"low": {"value": interval["low"]}, "high": {"value": interval["high"]}},
        }
    ]
    for key, code in (("tau2", "0000421"), ("i2", "0000420"), ("q", "0000419"), ("p", "C44185")):
        found = estimate[key]
        if found and found["low"] is not None:
            attribute: Json = {"type": _concept(_ATTRIBUTE, code, key)}
            if found["low"] == found["high"]:
                attribute["quantity"] = {"value": found["low"]}
            else:
                ends = {end: {"value": found[end]} for end in ("low", "high")}
                attribute["range"] = ends
            attributes.append(attribute)
    sizes = {cell["id"]: cell["size"] or 0 for cell in answer["cells"]}
    people = sum(sizes.get(cell, 0) for cell in estimate["cells"])
    statistic: Json = {
        "statisticType": _concept(_STATISTIC, _MEASURES[estimate["measure"]], estimate["measure"]),
        "sampleSize": {"numberOfStudies": estimate["k"]},
        "attributeEstimate": attributes,
    }
    if people:
        statistic["sampleSize"]["numberOfParticipants"] = people
    value = estimate["point"]
    if value is None:
        value = estimate["estimate"]["low"]
        ends = {end: {"value": estimate["estimate"][end]} for end in ("low", "high")}
        note = "range of the estimate over all counts that may stand behind rounded percentages"
        attributes.append({"description": note, "range": ends})
        statistic["description"] = "The quantity is the least estimate; the range has all."
    statistic["quantity"] = {"value": value}
    return statistic


def _refusals(answer: Json) -> Json:
    return {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "information",
                "code": "not-supported",
                "details": {"text": " ".join(item["codes"])},
                "diagnostics": item["words"],
            }
            for item in answer["refused"]
        ],
    }
