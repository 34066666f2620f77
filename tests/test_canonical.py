"""The graph in one form: equal numbers are the same characters."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from rdflib import URIRef

from aikg.build import Built
from aikg.files import turtle
from aikg.files.canonical import canonical
from aikg.files.queries import Query
from aikg.names import OTHER_PREFIXES, PREFIXES
from aikg.rules.delta import Delta
from tools.number_lint import faults, lint_numbers

XSD = OTHER_PREFIXES["xsd"]
NUMERIC = {f"{XSD}{name}" for name in ("integer", "decimal", "double", "float")}
S, P = ox.NamedNode("http://example.org/s"), ox.NamedNode("http://example.org/p")


def literal(text: str, name: str) -> ox.Literal:
    """Return a literal of a datatype of XSD."""
    return ox.Literal(text, datatype=ox.NamedNode(XSD + name))


@pytest.mark.parametrize(
    ("name", "forms", "wanted"),
    [
        ("decimal", ["64", "64.", "64.0", "+64.00", "064.0"], "64.0"),
        ("decimal", [".5", "0.5", "00.50", "+.5"], "0.5"),
        ("decimal", ["0", "-0", "-0.0", "+.0", "0."], "0.0"),
        ("decimal", ["-1.250", "-01.25"], "-1.25"),
        ("decimal", ["170141183460469231731.687303715884105727"], None),
        ("integer", ["7", "+7", "007"], "7"),
        ("integer", ["0", "-0", "+00"], "0"),
        ("nonNegativeInteger", ["10", "010"], "10"),
        ("double", ["0.9", "9e-1", ".90", "09.0E-01", "+0.9E0"], "9.0E-1"),
        ("double", ["1200", "1.2e3", "12E+2"], "1.2E3"),
        ("double", ["0", "0.0e5", ".0"], "0.0E0"),
        ("float", ["-0.05", "-5E-2"], "-5.0E-2"),
        ("decimal", ["", ".", "+", "1e3", " 1", "1,5", "NaN", "\u0661"], None),
        ("integer", ["1.0", "", "x"], None),
        ("double", ["INF", "-INF", "NaN", "1e", "1e99999", "0x1"], None),
        ("string", ["1.50"], None),
        ("date", ["2020-01-01"], None),
    ],
)
def test_one_value_has_one_form(name: str, forms: list[str], wanted: str | None) -> None:
    """None: the term stays as it is, because it has its form, or is not a number."""
    for form in forms:
        assert canonical(literal(form, name)) == literal(wanted or form, name)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-1e9, max_value=1e9))
def test_the_engine_reads_the_form_as_the_same_number(number: object) -> None:
    """The value stays, and a second time changes nothing."""
    before = literal(f"{number:f}", "decimal")
    after = canonical(before)
    assert canonical(after) == after
    store = ox.Store()
    store.extend([ox.Quad(S, P, before), ox.Quad(S, P, after)])
    assert len(store) == 1


def test_other_terms_stay() -> None:
    """Nodes, texts and tags of languages are not numbers."""
    for term in (S, ox.BlankNode("b"), ox.Literal("1.50"), ox.Literal("1.50", language="en")):
        assert canonical(term) is term


def test_equal_numbers_are_written_alike(built: Built) -> None:
    """In the whole graph, two numbers of one datatype and one value have the same characters."""
    written = turtle.write_nquads(built.quads())
    forms: dict[tuple[str, float], set[str]] = {}
    for quad in ox.parse(written, format=ox.RdfFormat.N_QUADS):
        term = quad.object
        if isinstance(term, ox.Literal) and term.datatype.value in NUMERIC:
            forms.setdefault((term.datatype.value, float(term.value)), set()).add(term.value)
    assert len(forms) > 500
    assert not [texts for texts in forms.values() if len(texts) > 1]
    # The files and the rules write them differently: what was written alike was not alike before.
    raw = [q.object for q in built.quads() if isinstance(q.object, ox.Literal)]
    assert {"64", "64.0"} <= {term.value for term in raw if term.datatype.value == XSD + "decimal"}


def test_a_change_is_written_in_the_form_of_the_graph() -> None:
    """Else a line that a withdrawal removes would not be a line of the graph."""
    quad = ox.Quad(S, P, literal("64", "decimal"))
    added, removed = Delta({quad}, set()).to_nquads()
    assert added == turtle.write_nquads([quad]) == turtle.write_nquads([quad, quad])
    assert b'"64.0"' in added
    assert not removed


QUERY = f"PREFIX : <{PREFIXES['aikg']}> PREFIX xsd: <{XSD}>\nSELECT * WHERE {{ %s }}"
PROPERTIES = {URIRef(f"{PREFIXES['aikg']}{name}") for name in ("value", "size")}


def linted(pattern: str, folder: Path) -> list[tuple[int, str]]:
    """Lint a query of one pattern."""
    path = folder / "one.rq"
    path.write_text(QUERY % pattern)
    query = Query("one", {}, path.read_text(), path)
    return list(lint_numbers(query, PROPERTIES))


@pytest.mark.parametrize(
    "pattern",
    [
        "?s :value ?v BIND(STR(?v) AS ?t)",
        "?s :ofGroup/:size ?v BIND(CONCAT('n = ', STR(?v)) AS ?t)",
        "?s (:size|:value) ?v FILTER(STR(?v) = '1')",
        "?s :value ?v FILTER EXISTS { ?o :value ?w FILTER(STR(?w) = 'x') }",
        "?s :value ?v BIND(?v AS ?w) BIND(STR(?w) AS ?t)",
        "?s :value ?v BIND(IF(?v > 1, ?v, 0.0) AS ?w) BIND(STR(COALESCE(?w, '')) AS ?t)",
        "?s :value ?v BIND(STR(ROUND(?v / 3)) AS ?t)",
        "?s ?p ?o BIND(STR(STRLEN(STR(?o))) AS ?t)",
        "{ SELECT (COUNT(*) AS ?n) { ?s ?p ?o } } BIND(STR(?n) AS ?t)",
        "{ SELECT (MAX(?v) AS ?n) { ?s :value ?v } } BIND(STR(?n) AS ?t)",
        "{ SELECT (GROUP_CONCAT(STR(?v)) AS ?n) { ?s :value ?v } }",
        "VALUES ?v { 1 2.5 } BIND(STR(?v) AS ?t)",
        "?s ?p ?o BIND(STR(xsd:decimal(?o)) AS ?t)",
    ],
)
def test_a_text_of_a_number_by_str_is_named(pattern: str, tmp_path: Path) -> None:
    """The message has the line, and the remedy."""
    ((line, message),) = linted(pattern, tmp_path)
    assert line == 2
    assert "xsd:string in place of STR" in message


@pytest.mark.parametrize(
    "pattern",
    [
        "?s :value ?v BIND(xsd:string(?v) AS ?t)",
        "?s :value ?v ; :label ?l BIND(STR(?l) AS ?t)",
        "?s :value ?v FILTER(STR(?s) > 'a')",
        "?s :value ?v BIND(IF(?v > 1, ?s, :none) AS ?w) BIND(STR(?w) AS ?t)",
        "{ SELECT (MIN(STR(?s)) AS ?n) { ?s :value ?v } }",
        "VALUES (?v ?w) { (1 'a') } BIND(STR(?w) AS ?t)",
    ],
)
def test_other_texts_are_left(pattern: str, tmp_path: Path) -> None:
    """Near misses: texts of nodes and labels, and the text that XPath defines."""
    assert linted(pattern, tmp_path) == []


def test_the_queries_have_no_fault() -> None:
    """`make check` runs the same."""
    assert list(faults(ROOT)) == []
