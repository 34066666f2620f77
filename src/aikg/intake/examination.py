"""From bytes to verdict and report: what the command line, the web and the ledger ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import pyoxigraph as ox

from aikg.intake import report, verdict
from aikg.intake.reading import read
from aikg.intake.report import Report
from aikg.intake.submission import Limits
from aikg.intake.verdict import Rules, Verdict


@dataclass(frozen=True)
class Examined:
    """What became of a submission.

    Attributes:
        verdict: What was found, and what the graph would have more.
        report: The same in words.
    """

    verdict: Verdict
    report: Report


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
    """Read what was sent, and say whether it fits, as if the whole graph were validated with it.

    Args:
        store: The published graph with what follows from it; it is as it was at the end.
        body: The bytes.
        media_type: What the sender calls them; where that says nothing, the file's ending counts.
        file: What the file is called in messages.
        name: The submission's name.
        rules: What it is held against; `Rules.load` reads them.
        limits: How much is read.
        namespaces: Those that are registered for its sender.
        progress: Told each thousandth row of a table.

    Raises:
        AikgError: The bytes cannot be read; see `reading.read`.
    """
    submission = read(
        body, media_type, file, name, limits, store=store, cells=rules.cells, progress=progress
    )
    submission = replace(submission, registered=tuple(namespaces))
    judged = verdict.judge(store, submission, rules)
    return Examined(judged, report.write(store, judged, rules, submission.headings))
