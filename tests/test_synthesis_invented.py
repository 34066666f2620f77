"""Invented evidence, hundreds of ways: what must hold of every answer, whatever the trials say."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from evidence import AFTER_T, cell, evidence, question, ratio

from aikg.synthesis import output
from aikg.synthesis.answer import compare
from aikg.synthesis.effects import MEASURES
from aikg.synthesis.evidence import Evidence, Population, Question, Study
from aikg.synthesis.leagues import evidence_map, league

POPULATIONS = (
    AFTER_T,
    Population("population/first", lines=frozenset({"ontology/FirstLine"})),
    Population("population/silent"),
    Population("population/class", prior=frozenset({"drug-class/t"})),
)
CLASSES = {"drug/t": frozenset({"drug-class/t"})}


def invent(seed: int, order: int = 0) -> tuple[Evidence, Question]:
    """Invent one to seven trials of one to three arms, with figures good and bad."""
    draw = random.Random(seed)
    measure, correct = draw.choice(MEASURES), Fraction(draw.choice((0, 1)), 2)
    cells, ratios, studies = [], [], {}
    for number in range(draw.randint(1, 7)):
        name, people = f"S{number}", draw.choices(POPULATIONS, weights=(6, 1, 1, 2))[0]
        drugs = draw.sample(draw.choice(("ABC", "ABC", "ABCD")), draw.choice((1, 2, 2, 2, 2, 3)))
        pools = frozenset(f"study/S{i}" for i in range(number) if draw.random() < 0.1)
        studies[f"study/{name}"] = Study(f"study/{name}", pools=pools)
        if draw.random() < (0.1 if measure == "hazard-ratio" else 0.9):
            for drug in drugs:
                size = draw.randint(1, 90)
                count, share = draw.randint(0, size), draw.randint(0, 100)
                texts = (f"{count}/{size}", f"{share}%/{size}", f"NR/{size}", f"{share}%")
                text = draw.choices(texts, weights=(9, 2, 1, 1))[0]
                cells.append(cell(name, drug, text, people))
            continue
        for i, one in enumerate(drugs):
            for other in drugs[:i]:
                value, width = draw.uniform(0.1, 3), draw.uniform(1.05, 3)
                text = f"{value:.2f} ({value / width:.2f}-{value * width:.2f})"
                if draw.random() < 0.8:
                    ratios.append(ratio(name, f"{one} {other}", text, population=people))
    shuffling = random.Random(order)
    shuffling.shuffle(cells)
    shuffling.shuffle(ratios)
    found = evidence(cells, ratios, POPULATIONS, studies, classes=CLASSES)
    return found, question(measure=measure, correct=correct)


def swapped(asked: Question) -> Question:
    """Ask the other way round."""
    return question("A", "B", measure=asked.measure, correct=asked.correct)


def hold(estimate: dict[str, Any]) -> None:
    """Hold one estimate against what is true of every one."""
    whole, part = estimate["interval"], estimate["estimate"]
    assert whole["low"] <= part["low"] <= part["high"] <= whole["high"]
    assert sum(weight["low"] for weight in estimate["weights"]) <= 100.0001
    assert sum(weight["high"] for weight in estimate["weights"]) >= 99.9999
    assert 0 <= estimate["excludingNoDifference"] <= estimate["combinations"]


@pytest.mark.parametrize("seed", range(120))
def test_every_answer_holds_together(seed: int) -> None:
    """No error, no NaN, the same in any order, and the same turned round."""
    found, asked = invent(seed)
    with np.errstate(all="raise"):
        answer = compare(found, asked)
        whole = {
            "compare": answer,
            "network": league(found, asked),
            "map": evidence_map(found, asked),
        }
    for kind, each in whole.items():
        json.dumps(each, allow_nan=False)
        for form in output.FORMATS[kind]:
            assert output.write(each, kind, form)
    for estimate in answer["estimates"]:
        hold(estimate)
    assert json.dumps(compare(invent(seed, order=1)[0], asked)) == json.dumps(answer)
    back = compare(found, swapped(asked))
    assert [e["id"] for e in back["estimates"]] == [e["id"] for e in answer["estimates"]]
    assert [e["caveats"] for e in back["estimates"]] == [e["caveats"] for e in answer["estimates"]]
    codes = [sorted(map(str, (r["codes"] for r in each["refused"]))) for each in (back, answer)]
    assert codes[0] == codes[1]


def test_the_invented_trials_are_of_every_sort() -> None:
    """Else the test above would hold of nothing."""
    answers = [compare(*invent(seed)) for seed in range(120)]
    paths = {estimate["path"] for answer in answers for estimate in answer["estimates"]}
    assert paths == {"direct", "indirect", "mixed", "network"}
    codes = {code for a in answers for r in a["refused"] for code in r["codes"]}
    assert len(codes) > 10
