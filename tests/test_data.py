"""The data, one test a file: in its one form, with our prefixes, and without loss in the store."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import ROOT

from aikg.files import turtle
from aikg.names import PREFIXES
from aikg.settings import Settings

FOLDERS = ("ontology", "data", "shapes")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.ttl"))
PREFIX = re.compile(r"@prefix ([\w-]*): <([^>]*)> \.")


def name(path: Path) -> str:
    """How a test of a file is called."""
    return str(path.relative_to(ROOT))


def test_turtle_is_in_its_one_form() -> None:
    """`make format` puts it there."""
    script = Path(sys.executable).with_name("turtlefmt")
    done = subprocess.run(
        [script, "--check", *FOLDERS, "tests"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file_uses_the_prefixes_that_all_use(path: Path) -> None:
    """One namespace has one prefix, and none is declared that the file does not use."""
    text = path.read_text()
    declared = dict(PREFIX.findall(text))
    assert declared.items() <= PREFIXES.items()
    body = PREFIX.sub("", text)
    assert not [p for p in declared if not re.search(rf"(?<![\w-]){re.escape(p)}:", body)]


@pytest.mark.parametrize("path", sorted((ROOT / "data").rglob("*.ttl")), ids=name)
def test_data_have_no_blank_nodes(path: Path) -> None:
    """What nobody can name, nobody can cite, correct or withdraw."""
    for statement in turtle.read(path, ROOT):
        assert isinstance(statement.triple.subject, ox.NamedNode), statement.place
        assert not isinstance(statement.triple.object, ox.BlankNode), statement.place


@pytest.mark.parametrize("path", sorted((ROOT / "data").rglob("*.ttl")), ids=name)
def test_a_figure_is_printed_as_the_number_that_stands_beside_it(path: Path) -> None:
    """The number stands in the printed form, without commas, unless it is printed in words."""
    values: dict[object, list[str]] = {}
    printed: dict[object, str] = {}
    for statement in turtle.read(path, ROOT):
        triple = statement.triple
        if triple.predicate.value in (PREFIXES["aikg"] + "value", PREFIXES["aikg"] + "rangeLow"):
            values.setdefault(triple.subject, []).append(triple.object.value)
        if triple.predicate.value == PREFIXES["aikg"] + "printed":
            printed[triple.subject] = re.sub(r"(?<=\d),(?=\d{3}\b)", "", triple.object.value)
    for subject, numbers in values.items():
        # A computed figure stands in no document, and is printed nowhere.
        for number in numbers if re.search(r"\d", printed.get(subject, "")) else ():
            digits = re.escape(number.removesuffix(".0")) + r"(\.0)?"
            assert re.search(rf"(?<![\d.]){digits}(?![\d.]*\d)", printed[subject]), subject


def test_what_the_store_gives_back_has_the_values_that_were_read(settings: Settings) -> None:
    """The store may write 38.0 as 38; it may not change a value or a printed form."""
    for path in FILES:
        quads = [s.quad for s in turtle.read(path, ROOT)]
        store = ox.Store()
        store.extend(quads)
        kept = {(q.subject, q.predicate, _value(q.object)) for q in store}
        assert kept == {(q.subject, q.predicate, _value(q.object)) for q in quads}


def _value(term: object) -> object:
    if isinstance(term, ox.Literal) and term.datatype.value.endswith(("decimal", "integer")):
        return float(term.value)
    return term
