"""Reading Turtle: the right line, the right name, and a clear error."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aikg.errors import MissingFolder, TurtleSyntaxError
from aikg.files import turtle

TRICKY = '''@prefix : <https://example.org/> .
:a :lists ( 1
    2 ) ; :text """first
second""" ;
    :node [ :p :o ;
        :q :r ] .

:b :p :a .
'''


def test_each_statement_has_its_line(tmp_path: Path) -> None:
    """Lists, long strings and nested nodes do not shift the lines."""
    path = tmp_path / "tricky.ttl"
    path.write_text(TRICKY)
    statements = turtle.read(path, tmp_path)
    lines = {s.triple.predicate.value.rpartition("/")[2]: s.line for s in statements}
    assert (lines["lists"], lines["text"], lines["node"]) == (2, 4, 6)
    assert statements[-1].place == "tricky.ttl:8"


def test_a_file_read_twice_gives_the_same_statements(tmp_path: Path) -> None:
    """Blank nodes are named after the file and their order in it, never at random."""
    path = tmp_path / "tricky.ttl"
    path.write_text(TRICKY)
    assert turtle.read(path, tmp_path) == turtle.read(path, tmp_path)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("<https://a> <https://b> <https://c>\n<https://d> .", "bad.ttl:2:"),
        ("@prefix x: <https://x/> .\nx:a y:b x:c .", "bad.ttl:2:"),
        ("<https://x/a> <https://x/b> 1.0..2 .", "bad.ttl:1:"),
        ('<https://x/a> <https://x/b> "open .\n', "bad.ttl:1:"),
    ],
)
def test_a_syntax_error_names_file_line_and_column(tmp_path: Path, text: str, place: str) -> None:
    """A file that is not Turtle is refused with its place, and with what to do."""
    path = tmp_path / "bad.ttl"
    path.write_text(text)
    with pytest.raises(TurtleSyntaxError, match=place) as caught:
        turtle.read(path, tmp_path)
    assert "aikg validate" in caught.value.advice


def test_bytes_that_are_not_utf8_are_a_syntax_error(tmp_path: Path) -> None:
    """A file in another encoding is refused, not guessed at."""
    path = tmp_path / "latin.ttl"
    path.write_bytes('<https://x/a> <https://x/b> "é" .'.encode("latin-1"))
    with pytest.raises(TurtleSyntaxError, match=r"latin\.ttl:1"):
        turtle.read(path, tmp_path)


def test_a_missing_file_and_an_empty_folder_are_named(tmp_path: Path) -> None:
    """What cannot be read is named."""
    with pytest.raises(MissingFolder, match=r"none\.ttl"):
        turtle.read(tmp_path / "none.ttl", tmp_path)
    with pytest.raises(MissingFolder, match="no Turtle file"):
        turtle.read_folder(tmp_path, tmp_path)


def test_all_syntax_errors_of_a_folder_are_told_at_once(tmp_path: Path) -> None:
    """Anyone who fixes a folder sees each file that needs it."""
    for name in ("one.ttl", "two.ttl"):
        (tmp_path / name).write_text("nonsense")
    with pytest.raises(TurtleSyntaxError) as caught:
        turtle.read_folder(tmp_path, tmp_path)
    assert "one.ttl:1" in str(caught.value)
    assert "two.ttl:1" in str(caught.value)


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), max_size=5))
def test_nquads_give_back_what_was_written(texts: list[str]) -> None:
    """Writing is sorted, free of repeats, and loses nothing."""
    node = ox.NamedNode("https://example.org/a")
    quads = [ox.Quad(node, node, ox.Literal(text)) for text in texts]
    written = turtle.write_nquads([*quads, *reversed(quads)])
    assert set(ox.parse(written, format=ox.RdfFormat.N_QUADS)) == set(quads)
    assert written == turtle.write_nquads(reversed(quads))


def test_a_line_longer_than_what_the_parser_asks_for(tmp_path: Path) -> None:
    """A long text, or a file without a line break, is read like another."""
    text = "x" * 100_000
    (tmp_path / "long.ttl").write_text(f'<urn:a> <urn:b> "{text}" .\n<urn:a> <urn:b> <urn:c> .\n')
    first, second = turtle.read(tmp_path / "long.ttl", tmp_path)
    assert first.triple.object.value == text
    assert (first.line, second.line) == (1, 2)
