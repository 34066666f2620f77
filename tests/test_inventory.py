"""The inventory: all that the review states is in the data, and nothing else."""

from __future__ import annotations

import random
import re

import inventory
import pytest
from inventory import Mutation, Row

ROWS = inventory.rows()


@pytest.fixture(scope="module")
def mutation() -> Mutation:
    """The data, and the rows that rest on each triple."""
    return Mutation()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.number)
def test_a_fact_is_found_once(row: Row, mutation: Mutation) -> None:
    """The data match the pattern of a row in exactly one way."""
    assert row.solutions(mutation.store) == 1, row.words


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.number)
def test_a_fact_is_found_by_what_it_says(row: Row) -> None:
    """No pattern names a finding or a claim, or uses more than a basic graph pattern."""
    said = re.sub(r'"[^"]*"', '""', row.pattern)
    assert not re.search(r"\b(finding|claim):|FILTER|OPTIONAL|UNION|[\w>]/[\w<^]", said)


def test_each_row_of_the_inventory_has_its_pattern() -> None:
    """No fact is without a pattern, and none has two."""
    numbered = [row.number for row in ROWS if row.number.startswith("F")]
    assert sorted(numbered) == sorted(inventory.numbers())


def test_nothing_is_stated_that_the_inventory_lacks(mutation: Mutation) -> None:
    """Every triple of the data that carries a fact belongs to a row."""
    assert not [f"{place}: {t}" for t, place in mutation.triples.items() if not mutation.rows[t]]


def test_a_changed_fact_is_noticed(mutation: Mutation) -> None:
    """No change goes unnoticed, in a sample that is drawn anew; `make mutate` makes all."""
    seed = random.randrange(10**6)
    chosen = random.Random(seed).sample(sorted(mutation.triples, key=str), 400)
    assert not mutation.unnoticed(chosen), f"seed {seed}"
