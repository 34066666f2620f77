"""Bytes of any format that is read to a submission."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pyoxigraph as ox

from aikg.intake import extraction, rdf, roundtrip, sheets
from aikg.intake.cells import Cells
from aikg.intake.columns import HEADINGS
from aikg.intake.formats import CSV, recognise, unpack
from aikg.intake.submission import Limits, ParsedSubmission
from aikg.names import submission_namespace


def read(  # noqa: PLR0913  what is sent, and what its cells may name
    body: bytes,
    media_type: str | None,
    file: str,
    name: str,
    limits: Limits | None = None,
    *,
    store: ox.Store | None = None,
    cells: Cells | None = None,
    progress: Callable[[int], object] = lambda row: None,
) -> ParsedSubmission:
    """Read what was sent.

    Args:
        body: The bytes, which may be packed by gzip.
        media_type: What the sender calls them; where that says nothing, the file's ending counts.
        file: What the file is called in messages.
        name: The name of the submission, under which its nodes lie.
        limits: How much is read.
        store: The published graph, whose drugs, outcomes and trials the cells of a table may name.
        cells: What the cells of a table may hold.
        progress: Told each thousandth row of a table.

    Raises:
        NameMalformed: The submission cannot have that name.
        UnsupportedMediaType: The format is none that is read.
        SubmissionMalformed: The bytes are not of the format; with the place.
        SubmissionTooLarge: There is more than the limits allow.
    """
    limits = limits or Limits()
    submission_namespace(name)
    form = recognise(media_type, file)
    data = unpack(body, limits.bytes)
    if form.rdf is not None:
        return roundtrip.checked(rdf.read(data, form, file, name, limits), limits.statement)
    read_table = sheets.read_csv if form is CSV else sheets.read_xlsx
    with _no_collector():
        read_in = extraction.read(
            read_table(data, HEADINGS, limits),
            store or ox.Store(),
            cells or Cells(),
            name=name,
            file=file,
            form=form.name,
            progress=progress,
        )
        return roundtrip.checked(read_in, limits.statement)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Spare the search for cycles, which there are none of, among objects that only get more."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
