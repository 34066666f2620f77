"""Checks: each finds its bad case, and passes over what only looks like it."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import CASES, EXAMPLES, ROOT

from aikg.files import turtle
from aikg.files.turtle import Statement
from aikg.rules import checks, reasoning

CHECKS = {check.name: check for check in checks.load(ROOT / "queries" / "checks")}
FILES = sorted((EXAMPLES / "checks").rglob("*.ttl"))


def rows(check: str, statements: list[Statement]) -> list[checks.Problem]:
    """What a check finds in statements and in what follows from them."""
    store = turtle.store_of(statement.triple for statement in statements)
    inferred = reasoning.derive(store, ROOT / "queries" / "rules")
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in inferred)
    return checks.run(store, [CHECKS[check]])


@pytest.mark.parametrize("case", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_check_finds_the_nodes_that_its_case_calls_caught(
    case: Path, ontology: list[Statement]
) -> None:
    """A check finds in a case the nodes whose names begin with `caught`, and no others."""
    statements = turtle.read(case, ROOT)
    caught = {
        s.triple.subject.value
        for s in statements
        if s.triple.subject.value.rpartition("/")[2].startswith("caught")
    }
    assert bool(caught) == case.stem.startswith("caught")
    # An error that a data issue of its source records is shown, and stops nothing.
    problems = rows(case.parent.name, [*ontology, *statements])
    found = {p.node for p in problems if p.level != "Error" or p.stops}
    assert {node for node in found if "/submission/case/" in node} == caught


def test_each_check_has_a_case_that_it_catches_and_one_that_it_spares() -> None:
    """No check is there untested, and no folder of cases is without its check."""
    kinds = {(path.parent.name, path.stem.partition("-")[0]) for path in FILES}
    assert kinds == {(name, kind) for name in CHECKS for kind in ("caught", "spared")}


def test_no_case_lies_where_no_page_shows_it() -> None:
    """The cases of shapes and checks are the examples of their pages; they lie in cases/."""
    assert not [*(CASES / "checks").rglob("*.ttl"), *(CASES / "shapes").rglob("*.ttl")]


def test_each_check_has_a_level_that_the_report_knows() -> None:
    """The level of a check is one of Error, Check and Note."""
    assert {check.header["level"] for check in CHECKS.values()} <= set(checks.LEVELS)


def test_what_a_check_cannot_word_is_told_by_its_summary(tmp_path: Path) -> None:
    """A node may be so broken that the sentence about it has no value."""
    header = "#+ summary: A node has a name.\n#+ level: Error\n#+ advice: Name it.\n"
    text = "SELECT ?node ?message { ?node ?p ?o BIND(CONCAT(?name, ' is odd.') AS ?message) }"
    (tmp_path / "named.rq").write_text(header + text)
    store, node = ox.Store(), ox.NamedNode("https://example.org/node")
    store.add(ox.Quad(node, node, node))
    [problem] = checks.run(store, checks.load(tmp_path))
    assert (problem.node, problem.message) == (node.value, "A node has a name.")
