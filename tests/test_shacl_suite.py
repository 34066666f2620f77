"""The W3C's test suite of SHACL core through our validator, and what our shapes use of it."""

from __future__ import annotations

import pytest
from conftest import ROOT
from rdflib import SH, Graph
from rdflib.term import Node
from shacl_suite import Case, cases
from test_shapes import CORE, all_shapes

#: What pyshacl is known to get wrong: it takes `sh:uniqueLang "1"^^xsd:boolean` for true, which by
#: the wording of SHACL asks for nothing.
KNOWN_FAILURES = {"property/uniqueLang-002"}

#: What a shape says to people; it asks for nothing.
FOR_PEOPLE = {SH.name}

#: What no test of the suite breaks, only our own cases (`finding/two-kinds.ttl`).
NEVER_BROKEN = {SH.qualifiedMaxCount}


@pytest.fixture(scope="module")
def suite() -> list[Case]:
    """The tests, from where `make .venv/dev` unpacked them."""
    found = sorted((ROOT / ".venv" / "shacl-suite").glob("*/test/resources/sht_tests/core"))
    assert found, "The suite is not there: `make .venv/dev` unpacks it."
    return list(cases(found[-1] / "manifest.ttl"))


@pytest.mark.filterwarnings("ignore:Parsing weird boolean")
def test_the_suite_passes_but_for_known_failures(suite: list[Case]) -> None:
    """Every other test gives exactly the results that the W3C expects."""
    assert len(suite) == 98
    assert {case.name for case in suite if not case.passes} == KNOWN_FAILURES


@pytest.mark.filterwarnings("ignore:Parsing weird boolean")
def test_our_shapes_use_only_what_passes(suite: list[Case]) -> None:
    """Each word of SHACL in our shapes stands in a test that passes; each constraint fails one."""
    passed = [case for case in suite if case.passes]
    used = words(all_shapes())
    assert used - FOR_PEOPLE <= set().union(*(words(case.shapes) for case in passed))
    seen_to_fail = {line[4] for case in passed for line in case.expected}
    asked = {str(CORE[word]) for word in (used & CORE.keys()) - {SH.property} - NEVER_BROKEN}
    assert asked <= seen_to_fail


def words(shapes: Graph) -> set[Node]:
    """Return the terms of SHACL in a graph."""
    return {term for triple in shapes for term in triple if str(term).startswith(str(SH))}
