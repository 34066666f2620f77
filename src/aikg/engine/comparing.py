"""The job that compares treatments. Importing this module loads numpy.

Only a worker that was forked for comparisons imports it, before it can open no more files.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import pyoxigraph as ox

from aikg.engine.naming import look_up, make
from aikg.engine.publishing import Arguments, Knowledge, Look
from aikg.synthesis import changes, output, view
from aikg.synthesis.asking import Asker, Words

#: The media types of the formats that are one file; the others are packed.
_TYPES = {
    "json": "application/json",
    "page": "application/json",
    "csv": "text/csv",
    "svg": "image/svg+xml",
    "league": "image/svg+xml",
    "fhir": "application/fhir+json",
}
_PACKED = "application/zip"


def compare(
    store: ox.Store, known: Knowledge, version: str, arguments: Arguments
) -> tuple[str, bytes]:
    """Answer a comparison, a network or a map, and write it.

    Args:
        store: The graph.
        known: The queries.
        version: The version of the graph.
        arguments: `kind`, `words` (the fields of `Words`), and `format`: one of `output.FORMATS`,
            or `page` for what a page shows.

    Returns:
        The media type and the bytes; several files are one archive.

    Raises:
        ComparisonMalformed: The comparison cannot be asked for.
        ComparisonNameUnknown: A name is unknown or stands for several.
    """
    kind, form = arguments["kind"], arguments["format"]
    asker = Asker(
        lambda query: _rows(store, query),
        lambda: look_up(store, known, version),
        known.synthesis,
        version,
    )
    answer = output.answer(asker, kind, Words(**arguments["words"]))
    if form == "page":
        return _TYPES[form], output.as_json(view.page(answer, kind)).encode()
    files = output.write(answer, kind, form)
    if form in _TYPES:
        return _TYPES[form], next(iter(files.values())).encode()
    return _PACKED, _packed(files)


def with_comparisons(
    store: ox.Store, known: Knowledge, measure: Callable[[Look], Arguments]
) -> Arguments:
    """Measure an impact, and add the comparisons that change by it.

    Args:
        store: The graph, which `measure` changes.
        known: The queries.
        measure: Called with what looks at the graph before and after.

    Returns:
        What `measure` returns, with `comparisons`, as `changes.differences` describes.
    """
    seen: list[changes.Look] = []

    def look(outcomes: set[str]) -> None:
        asker = Asker(
            lambda query: _rows(store, query), lambda: make(store, known), known.synthesis, ""
        )
        seen.append(changes.Look(asker, outcomes))

    found = measure(look)
    return found | {"comparisons": changes.differences(*seen)}


def _rows(store: ox.Store, query: str) -> Iterable[tuple[str, ...]]:
    """Answer one of our own queries; a row is the text of its terms."""
    rows = cast(ox.QuerySolutions, store.query(query))
    return [tuple([_text(term) for term in row]) for row in rows]


def _text(term: Any) -> str:
    if term is None:
        return ""
    return str(term) if isinstance(term, ox.BlankNode) else term.value


def _packed(files: Mapping[str, str]) -> bytes:
    """Pack files into an archive that has the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text.encode(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
