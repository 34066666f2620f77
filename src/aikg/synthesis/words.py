"""An answer in five sentences: what was compared, what came out, what it allows, what forbids."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from aikg.synthesis.effects import is_ratio
from aikg.synthesis.evidence import Evidence, Question
from aikg.synthesis.verdicts import CODES, NOTE

#: What every answer says of where its evidence comes from.
SEARCH = (
    "No systematic search was made, and the later trials were chosen by hand: "
    "the answer rests on what this graph contains."
)

#: How the sentence on refusals begins; a page has a table of them instead.
NOT_COMPUTED = "Not computed: "

_NO_DIFFERENCE = "No difference was shown; that does not show that there is none."
_FEW_TRIALS = "There are few trials: a large p value does not show agreement."


def measure_name(measure: str) -> str:
    """Return a measure in words: "odds ratio"."""
    return measure.replace("-", " ")


def figure(value: float | None) -> str:
    """Return a number for readers: three significant digits."""
    if value is None or not math.isfinite(value):
        return "not defined"
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(digits, 4)}f}"


def between(span: dict[str, Any]) -> str:
    """Return a span in words: one number, or two."""
    low, high = figure(span["low"]), figure(span["high"])
    return low if low == high else f"between {low} and {high}"


def p_value(span: dict[str, Any] | None) -> str:
    """Return p values in words, or nothing."""
    if span is None:
        return ""
    low, high = (f"{value:.3f}" if value >= 0.001 else "< 0.001" for value in span.values())
    if low == high:
        return f"p {'' if low.startswith('<') else '= '}{low}"
    return f"p from {low} to {high}"


def summary(answer: dict[str, Any], evidence: Evidence, question: Question) -> str:
    """Return the answer in at most five sentences, and where its evidence comes from."""
    one, other = evidence.name(question.experimental), evidence.name(question.reference)
    whom = f" in {evidence.name(question.population)}" if question.population else ""
    outcome = evidence.name(question.outcome)
    main = _main(answer)
    if main and not question.population:
        whom = f" in {patients(main, evidence.name)}"
    if main is None:
        opening = f"Nothing here allows a comparison of {one} with {other} on {outcome}{whom}."
        return " ".join([opening, *_refused(answer), SEARCH])
    setting = f", {main['setting']}" if main["setting"] else ""
    opening = (
        f"{one} was compared with {other} on {outcome}{whom}{setting}, {_path(main, evidence)}."
    )
    sentences = [opening[0].upper() + opening[1:], _result(main, one, other, question)]
    sentences += [_allows(main, one, other, question), *_others(main, answer), *_caveats(main)]
    sentences += _refused(answer)
    return " ".join([*sentences, SEARCH])


def _main(answer: dict[str, Any]) -> dict[str, Any] | None:
    """Return the estimate that the summary is about.

    Direct goes before mixed before indirect, and all people of a trial before a subgroup.
    """
    order = ("direct", "mixed", "indirect", "network")
    estimates: list[dict[str, Any]] = answer["estimates"]
    return min(
        estimates,
        key=lambda e: (order.index(e["path"]), "subgroup" in e["caveats"]),
        default=None,
    )


def patients(estimate: dict[str, Any], name: Callable[[str], str]) -> str:
    """Return whose figures an estimate is from: each population, or how many there are."""
    names = list(dict.fromkeys(name(each) for each in estimate["populations"]))
    return " and ".join(names) if len(names) < 3 else f"{len(names)} groups of patients"


def _others(main: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    """Say that other patients have estimates of their own."""
    others = {tuple(e["populations"]) for e in answer["estimates"] if e["path"] == main["path"]}
    count = len(others - {tuple(main["populations"])})
    if not count:
        return []
    return [f"{count} more group{'' if count == 1 else 's'} of patients "
            f"{'is' if count == 1 else 'are'} listed apart."]  # fmt: skip


def _path(main: dict[str, Any], evidence: Evidence) -> str:
    trials = f"{main['k']} trial{'' if main['k'] == 1 else 's'}"
    if main["path"] == "direct":
        return f"directly, in {trials}"
    through = " and ".join(evidence.name(node) for node in main["through"])
    if main["path"] == "indirect":
        return f"indirectly through {through}, in {trials}"
    if main["path"] == "mixed":
        return f"directly and through {through}, in {trials}"
    return f"in a network of {trials}"


def _result(main: dict[str, Any], one: str, other: str, question: Question) -> str:
    name = measure_name(question.measure)
    varied = (
        ""
        if main["combinations"] == 1 or not main["atLow"]["counts"]
        else (" whichever counts stand behind the rounded percentages")
    )
    if not main["atLow"]["counts"] and main["combinations"] > 1:
        varied = " within the rounding of the printed figures"
    interval = main["interval"]
    unit = "" if is_ratio(question.measure) else " percentage points"
    text = f"the {name} is {between(main['estimate'])}{unit}"
    text += f" (95% interval {figure(interval['low'])} to {figure(interval['high'])}"
    text += f"; {p_value(main['p'])})" if main["p"] else ")"
    risks = main["risks"]
    if question.experimental in risks and question.reference in risks:
        frequencies = (
            f"{_hundred(risks[question.experimental])} of 100 people on {one} and "
            f"{_hundred(risks[question.reference])} of 100 on {other} had the event; "
        )
        text = frequencies + text
    return f"{text[0].upper()}{text[1:]}{varied}."


def _hundred(span: dict[str, Any]) -> str:
    low, high = round(span["low"]), round(span["high"])
    return str(low) if low == high else f"{low} to {high}"


def _allows(main: dict[str, Any], one: str, other: str, question: Question) -> str:
    """Say what the interval allows, both ways."""
    low, high = main["interval"]["low"], main["interval"]["high"]
    null = 1.0 if is_ratio(question.measure) else 0.0
    if is_ratio(question.measure):
        thing = {"odds-ratio": "odds", "hazard-ratio": "hazard"}.get(question.measure, "risk")
        unit = f"times the {thing} of {other}"
    else:
        unit = "percentage points"
    text = f"The interval allows from {figure(low)} to {figure(high)} {unit}."
    if low is None or high is None or low <= null <= high:
        return f"{text} {_NO_DIFFERENCE}"
    return text


def _caveats(main: dict[str, Any]) -> list[str]:
    """Return the first three caveats in words, as one sentence each."""
    heavy = [code for code in main["caveats"] if CODES[code].kind != NOTE]
    texts = [CODES[code].words.format() for code in (heavy or main["caveats"])[:3]]
    return [" ".join(texts)] if texts else []


def _refused(answer: dict[str, Any]) -> list[str]:
    texts = dict.fromkeys(item["words"] for item in answer["refused"])
    if not texts:
        return []
    first = list(texts)[:3]
    rest = len(texts) - len(first)
    more = f" {rest} more reason{' is' if rest == 1 else 's are'} listed." if rest else ""
    return [NOT_COMPUTED + " ".join(first) + more]


def inconsistency(p: float) -> str:
    """Return what a test of direct against indirect evidence says."""
    if p < 0.05:
        return f"Direct and indirect evidence differ more than chance explains. {_FEW_TRIALS}"
    return _FEW_TRIALS
