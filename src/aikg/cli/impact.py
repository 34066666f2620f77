"""What a submission would change, for `aikg review --impact`."""

from __future__ import annotations

from typing import Any

from aikg.cli.console import say
from aikg.publication import change


def print_impact(found: dict[str, Any]) -> None:
    """Print the answers, findings of the audit and comparisons that would change."""
    for node in found.get("users", ()):
        say(f"refers to it: {node}")
    if found.get("dependents"):
        say(f"would go with it: {change.counted(found['dependents'])}")
    for question in found["questions"]:
        say(f"{question['question']}: {question['summary']}")
        for sign, rows in (("-", question["go"]), ("+", question["come"])):
            for row in rows:
                say(f"  {sign} {' | '.join(row)}")
    for sign, findings in (("-", found["findings"]["go"]), ("+", found["findings"]["come"])):
        for level, check, node, message in findings:
            say(f"audit {sign} {level} {check}, {node}: {message}")
    for sign in ("go", "come"):
        for three in found["about_others"][sign]:
            say(f"about others {'+' if sign == 'come' else '-'} {' '.join(three)}")
    if found.get("not_asked"):
        say(f"not asked, because the graph is on a store: {', '.join(found['not_asked'])}")
        return
    _print_comparisons(found["comparisons"])
    say(f"{found['unchanged']} questions keep their answers")


def _print_comparisons(found: dict[str, Any]) -> None:
    """Print the comparisons that change, each before and after."""
    labels = found["labels"]
    for row in found["changed"]:
        one, other, outcome = (
            labels.get(row[name], row[name]) for name in ("experimental", "reference", "outcome")
        )
        say(f"{one} against {other} on {outcome}, {row['measure'].replace('-', ' ')}:")
        for sign, side in (("-", row["before"]), ("+", row["after"])):
            for line in _side(side):
                say(f"  {sign} {line}")
    say(f"{found['unchanged']} comparisons stay as they are")
    if found["left_out"]:
        say(f"{found['left_out']} comparisons were left out: there are too many")


def _side(side: dict[str, Any] | None) -> list[str]:
    if side is None:
        return ["no trial of this pair"]
    if not side["estimates"]:
        return [f"not computed: {', '.join(side['refused'])}"]
    return [
        f"{each['id']}, {each['setting'] or 'setting not stated'}: "
        f"{_span(each['estimate'])} ({each['interval']['low']:.3g} to "
        f"{each['interval']['high']:.3g}), trials: {each['k']}"
        for each in side["estimates"]
    ]


def _span(span: dict[str, float]) -> str:
    low, high = f"{span['low']:.3g}", f"{span['high']:.3g}"
    return low if low == high else f"{low} to {high}"
