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
def test_a_column_states_terms_of_the_ontology(column) -> None:
    """Its properties have labels there, and each shape is about its property."""
    assert column.read in {"", "row", "once", "parts"}
    assert column.meaning.endswith(".")
    for part in column.parts:
        if part.property.startswith(PREFIXES["aikg"]):
            assert (URIRef(part.property), RDFS.label, None) in ontology()
        if part.shape:
            assert (URIRef(part.shape), SH.path, URIRef(part.property)) in all_shapes()
    assert not column.read or column.parts
    assert len(column.parts) <= 1 or column.read == "parts"
    assert column.several or column.read != "parts"


def test_the_short_form_has_what_each_row_needs() -> None:
    """It has the columns of the common case, and every column that is needed."""
    short = [column.heading for column in COLUMNS if column.short]
    assert len(short) == 24
    assert {column.heading for column in COLUMNS if column.needed} <= set(short)


def test_a_column_is_read_by_its_row_alone() -> None:
    """Most columns of a figure need no code: their row says what they state."""
    assert {"Value", "Unit", "Grade"} <= {column.heading for column in PLAIN["figure"]}
