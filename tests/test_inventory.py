"""The inventory: all that the review states is in the data, and nothing else."""

from __future__ import annotations

import random
import re

import inventory
import pytest
from inventory import Mutation, Row

ROWS = inventory.rows()

#: The sections of the list of facts, as the names of passages have them.
SECTIONS = {
    "Abstract": "abstract",
    "Introduction": "introduction",
    "Methods": "methods",
    "Mechanism, metabolism, PK": "mechanism",
    "Clinical studies": "clinical-studies",
    "Table 1": "table-1",
    "Safety": "safety",
    "Table 2": "table-2",
    "Efficacy differences among AIs": "efficacy-differences",
    "Patient preference and compliance": "adherence",
    "Place in therapy": "place-in-therapy",
    "Conclusions and future directions": "conclusions",
}

#: The caption of a figure, and an absence: what Table 2 does not print stands in no cell of it.
IN_NO_SECTION = {"F055", "F217"}


@pytest.fixture(scope="module")
def mutation() -> Mutation:
    """The data, and the rows that rest on each triple."""
    return Mutation()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.number)
def test_a_fact_is_found_once(row: Row, mutation: Mutation) -> None:
    """The data match the pattern of a row in exactly one way."""
    assert row.solutions(mutation.store) == 1, row.words


def test_each_fact_is_found_by_what_it_says() -> None:
    """No pattern names a finding or a claim, or uses more than a basic graph pattern."""
    more = re.compile(r"\b(finding|claim):|FILTER|OPTIONAL|UNION|[\w>]/[\w<^]")
    said = {row.number: re.sub(r'"[^"]*"', '""', row.pattern) for row in ROWS}
    assert said
    assert [number for number, pattern in said.items() if more.search(pattern)] == []


def test_each_row_of_the_inventory_has_its_pattern() -> None:
    """No fact is without a pattern, and none has two."""
    numbered = [row.number for row in ROWS if row.number.startswith("F")]
    assert sorted(numbered) == sorted(fact["id"] for fact in inventory.facts())


def test_each_pattern_has_the_numbers_and_the_place_of_its_fact() -> None:
    """What the list says in figures, and in which section, the pattern asks for."""
    patterns = {row.number: row.pattern for row in ROWS}
    wrong = []
    for fact in inventory.facts():
        pattern = patterns[fact["id"]]
        for number in re.findall(r"\d+(?:\.\d+)?", fact["value"]):
            if not re.search(rf"(?<![\d.]){re.escape(number)}(?:\.0)?(?![\d.])", pattern):
                wrong.append((fact["id"], number))
        if fact["section"] in SECTIONS and fact["id"] not in IN_NO_SECTION:
            section = f"passage:review-2010-{SECTIONS[fact['section']]}-"
            if section not in pattern:
                wrong.append((fact["id"], section))
    assert wrong == []


def test_nothing_is_stated_that_the_inventory_lacks(mutation: Mutation) -> None:
    """Every triple of the data that carries a fact belongs to a row."""
    assert not [f"{place}: {t}" for t, place in mutation.triples.items() if not mutation.rows[t]]


def test_a_changed_fact_is_noticed(mutation: Mutation) -> None:
    """No change goes unnoticed, in a sample that is drawn anew; `make mutate` makes all."""
    seed = random.randrange(10**6)
    chosen = random.Random(seed).sample(sorted(mutation.triples, key=str), 400)
    assert not mutation.unnoticed(chosen), f"seed {seed}"
