"""From bytes to a verdict with its report, for the command line, the web and the ledger."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pyoxigraph as ox

from aikg.intake import extraction, rdf, report, roundtrip
from aikg.intake.cells import Cells
from aikg.intake.columns import HEADINGS
from aikg.intake.formats import ODS, XLSX, recognise, unpack
from aikg.intake.numbering import called_in
from aikg.intake.opendocument import read_ods
from aikg.intake.sharing import Before
from aikg.intake.sheets import read_csv
from aikg.intake.submission import Limits, ParsedSubmission
from aikg.intake.texts import Examined
from aikg.intake.verdict import Rules, judge
from aikg.intake.workbook import read_xlsx
from aikg.names import submission_namespace
from aikg.shared.house import House


def examine(  # noqa: PLR0913  what is sent, and what it is held against
    store: ox.Store,
    body: bytes,
    *,
    media_type: str | None,
    file: str,
    name: str,
    rules: Rules,
    limits: Limits | None = None,
    namespaces: Iterable[str] = (),
    progress: Callable[[int], object] = lambda row: None,
) -> Examined:
    """Read a submission and judge it, as if the whole graph were validated with it.

    Args:
        store: The published graph with the inferred triples. It is the same afterwards.
        body: See `read`.
        media_type: See `read`.
        file: See `read`.
        name: See `read`.
        rules: The rules; `Rules.load` reads them.
        limits: How much is read.
        namespaces: The namespaces that are registered for the sender.
        progress: Called with each thousandth row of a table.

    Raises:
        AikgError: The bytes cannot be read; see `read`.
    """
    submission = read(
        body,
        media_type,
        file,
        name,
        limits,
        store=store,
        cells=rules.cells,
        house=rules.house,
        progress=progress,
    )
    verdict = judge(store, replace(submission, registered=tuple(namespaces)), rules)
    return Examined(verdict, report.write(verdict, rules, store))


def read(  # noqa: PLR0913  what is sent, and what its cells may name
    body: bytes,
    media_type: str | None,
    file: str,
    name: str,
    limits: Limits | None = None,
    *,
    store: ox.Store | None = None,
    cells: Cells | None = None,
    house: House | None = None,
    before: Before | None = None,
    progress: Callable[[int], object] = lambda row: None,
) -> ParsedSubmission:
    """Read a submission.

    Args:
        body: The bytes, which may be packed by gzip.
        media_type: The sender's name of the format. If it names none, the file's ending counts.
        file: The name of the file in messages.
        name: The name of the submission, under which its nodes lie.
        limits: How much is read.
        store: The published graph, whose drugs, outcomes and trials the cells of a table may name.
        cells: The values that the cells of a table may contain.
        house: The index of the curated nodes, which come before shared ones.
        before: What the submission called trials and papers when it was read before.
        progress: Called with each thousandth row of a table.

    Raises:
        NameMalformed: The submission cannot have that name.
        UnsupportedMediaType: The format is not one that is read.
        SubmissionMalformed: The bytes are not of the format; with the place.
        SubmissionTooLarge: There is more than the limits allow.
    """
    limits = limits or Limits()
    submission_namespace(name)
    form = recognise(media_type, file)
    data = unpack(body, limits.bytes)
    if form.rdf is not None:
        found = rdf.read(data, form, file, name, limits)
        found = replace(found, called=tuple(called_in(found.triples)))
        return roundtrip.checked(found, limits.statement)
    read_table = {XLSX: read_xlsx, ODS: read_ods}.get(form, read_csv)
    with _no_collector():
        read_in = extraction.read(
            read_table(data, HEADINGS, limits),
            store or ox.Store(),
            cells or Cells(),
            name=name,
            file=file,
            form=form.name,
            house=house,
            before=before,
            progress=progress,
        )
        return roundtrip.checked(read_in, limits.statement)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Switch the search for cycles off: reading makes many objects, and no cycle of them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
