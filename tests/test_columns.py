"""The columns of the extraction sheet are data: each row of `columns.tsv` is whole."""

from __future__ import annotations

import pytest
from conftest import ROOT
from rdflib import RDFS, SH, URIRef
from test_shapes import all_shapes, ontology

from aikg.intake.columns import BY_HEADING, COLUMNS, PLAIN
from aikg.names import PREFIXES

LINES = (ROOT / "src" / "aikg" / "intake" / "columns.tsv").read_text().split("\n")


def test_the_table_has_one_form() -> None:
    """Each line has a cell for each column of the table, without blanks around it."""
    *lines, last = LINES
    assert not last
    assert {line.count("\t") for line in lines} == {lines[0].count("\t")}
    assert all(cell == " ".join(cell.split()) for line in lines for cell in line.split("\t"))
    assert len(BY_HEADING) == len(COLUMNS) == len(lines) - 1


@pytest.mark.parametrize("column", COLUMNS, ids=BY_HEADING)
def test_a_column_states_a_term_of_the_ontology(column) -> None:
    """Its property has a label there, and its shape is about that property."""
    assert column.read in {"", "row", "once"}
    assert column.meaning.endswith(".")
    if column.property and column.property.startswith(PREFIXES["aikg"]):
        assert (URIRef(column.property), RDFS.label, None) in ontology()
    if column.shape:
        assert (URIRef(column.shape), SH.path, URIRef(column.property)) in all_shapes()
    assert not column.read or column.property


def test_a_column_is_read_by_its_row_alone() -> None:
    """Most columns of a figure need no code: their row says what they state."""
    assert {"Value", "Unit", "Grade"} <= {column.heading for column in PLAIN["figure"]}
