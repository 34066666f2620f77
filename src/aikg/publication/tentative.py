"""A file that nobody has published, put beside the evidence in a copy of the graph."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox

from aikg.errors import GraphInvalid, MissingFolder
from aikg.intake.examination import examine
from aikg.intake.texts import as_text
from aikg.intake.verdict import Rules
from aikg.names import PREFIXES, name_after
from aikg.publication import change
from aikg.rules.incremental import InferenceRules

#: How the named graph of such a file begins.
FILES = PREFIXES["graph"] + "file/"


def add(store: ox.Store, path: Path, rules: Rules, follows: InferenceRules) -> None:
    """Judge a file as a submission, and publish it in a graph of this process.

    It may have any format of a submission: a sheet or RDF. It takes the place of the published
    submission with its name.

    Args:
        store: The graph; it is changed.
        path: The file.
        rules: The rules for a submission.
        follows: The rules of inference.

    Raises:
        MissingFolder: The file cannot be read.
        AikgError: Its format cannot be read; see `intake.examination.read`.
        GraphInvalid: It breaks a rule; the message is the report.
    """
    try:
        body = path.read_bytes()
    except OSError as error:
        raise MissingFolder(
            f"{path} cannot be read: {error.strerror}.", advice="Check the name of the file."
        ) from error
    name = name_after(path.name)
    change.set_aside(store, follows, name)
    found = examine(store, body, media_type=None, file=path.name, name=name, rules=rules)
    if not found.verdict.accepted:
        raise GraphInvalid(
            as_text(found.report).rstrip(),
            advice=f"Fix each error; `aikg validate {path}` shows them again.",
        )
    change.publish(store, follows, FILES + name, found.verdict.submission.triples)
