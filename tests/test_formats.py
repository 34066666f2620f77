"""Content negotiation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MIMEAccept

from aikg.errors import NotAcceptable
from aikg.sparql.formats import SOLUTIONS, TRIPLES, Format, named, negotiate, preferred

TYPES = [f.media_type for f in (*SOLUTIONS, *TRIPLES)]
RANGES = st.sampled_from([*TYPES, "TEXT/csv", "*/*", "text/*", "image/*", "image/png", "*"])


@pytest.mark.parametrize(
    ("accept", "available", "name"),
    [
        (None, SOLUTIONS, "json"),
        ("", TRIPLES, "turtle"),
        ("*/*", SOLUTIONS, "json"),
        ("text/*", SOLUTIONS, "csv"),
        ("text/csv", SOLUTIONS, "csv"),
        ("TEXT/CSV", SOLUTIONS, "csv"),
        ("text/csv; charset=utf-8", SOLUTIONS, "csv"),
        ("text/csv, */*", SOLUTIONS, "csv"),
        ("text/csv;q=0.3, text/tab-separated-values;q=0.7", SOLUTIONS, "tsv"),
        ("application/sparql-results+json;q=0, */*", SOLUTIONS, "xml"),
        ("application/json", SOLUTIONS, "json"),
        ("application/json", TRIPLES, "jsonld"),
        ("application/xml", TRIPLES, "rdfxml"),
        ("image/png, */*;q=0.1", TRIPLES, "turtle"),
        ("text/html, image/gif, *; q=.2, */*; q=.2", SOLUTIONS, "json"),
        ("application/ld+json; profile=http://www.w3.org/ns/json-ld#flattened", TRIPLES, "jsonld"),
    ],
)
def test_accept_chooses(accept: str | None, available: tuple[Format, ...], name: str) -> None:
    """Quality decides, then being named, then our order; what is excluded is never chosen."""
    assert negotiate(accept, available).names[0] == name


@given(st.lists(st.tuples(RANGES, st.sampled_from([0, 0.2, 0.7, 1])), min_size=1, max_size=12))
def test_what_cannot_matter_is_left_out(ranges: list[tuple[str, float]]) -> None:
    """A long header is read sooner so, and decides as it does whole."""
    header = ", ".join(f"{name};q={quality}" for name, quality in ranges)
    assert preferred(header, TYPES) == MIMEAccept(ranges).best_match(TYPES)


@pytest.mark.parametrize("accept", ["image/png", "text/turtle", "*/*;q=0", "text/csv;q=0"])
def test_what_excludes_all_is_not_acceptable(accept: str) -> None:
    """The error lists every type that would do."""
    with pytest.raises(NotAcceptable) as caught:
        negotiate(accept, SOLUTIONS)
    assert all(f.media_type in caught.value.advice for f in SOLUTIONS)


@pytest.mark.parametrize("available", [SOLUTIONS, TRIPLES])
def test_every_name_finds_its_format(available: tuple[Format, ...]) -> None:
    """Short names, and media types, mean one format each, in any case."""
    for f in available:
        for name in (*f.names, f.media_type):
            assert named(name.upper(), available) is f


def test_an_unknown_name_is_not_acceptable() -> None:
    """A name of the other kind of answer is unknown too."""
    with pytest.raises(NotAcceptable, match="format=turtle"):
        named("turtle", SOLUTIONS)
