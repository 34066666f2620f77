"""The report in the form that was asked for, made where strangers' bytes may be read."""

from __future__ import annotations

from typing import IO, Any

import pyoxigraph as ox

from aikg.intake import texts
from aikg.intake.examination import examine
from aikg.intake.submission import Limits
from aikg.intake.verdict import Rules


def answer(
    store: ox.Store, rules: Rules, arguments: dict[str, Any], body: bytes, output: IO[bytes]
) -> None:
    """Examine a body and write the report.

    Args:
        store: The published graph.
        rules: What the body is held against.
        arguments: media_type, file, name, bytes (the most that are read), namespaces
            (registered for who asks) and form.
        body: What was sent.
        output: Where the report is written.
    """
    form = str(arguments["form"])
    examined = examine(
        store,
        body,
        media_type=arguments["media_type"],
        file=arguments["file"],
        name=arguments["name"],
        rules=rules,
        limits=Limits(bytes=arguments["bytes"]),
        namespaces=arguments["namespaces"],
    )
    if form == "json":
        output.write(texts.as_json(examined.report).encode())
    elif form == "text":
        output.write(texts.as_text(examined.report).encode())
    else:
        output.write(texts.as_rdf(examined.verdict, form))
