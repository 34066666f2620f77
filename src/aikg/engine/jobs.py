"""What a worker can be asked to do: a table of functions.

A job runs on the worker's own copy of the graph and may change that copy, which dies with the
worker. It has the worker's limits: it can open no file and no socket, so whatever it imports must
be imported when this module is.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Protocol

import pyoxigraph as ox

from aikg.engine.publishing import PUBLISHING, Knowledge, Publish, warm_up
from aikg.errors import MissingFolder
from aikg.intake import answering, template
from aikg.intake.verdict import Rules
from aikg.publication import change
from aikg.sparql import grammar
from aikg.sparql.evaluation import Request, evaluate
from aikg.sparql.resources import write_graph, write_node, write_rows


class Begin(Protocol):
    """Called once with the answer's media type, before its first piece is written."""

    def __call__(self, media_type: str, *, repeatable: bool = False) -> None:
        """Begin; `repeatable` where the same request on the same version has the same answer."""


#: The graph, the arguments (of JSON), the body, where the answer is written, and its beginning.
Job = Callable[[ox.Store, dict[str, Any], bytes, IO[bytes], Begin], None]


def answer_query(
    store: ox.Store, arguments: dict[str, Any], body: bytes, output: IO[bytes], begin: Begin
) -> None:
    """Answer the query that the body is; the arguments are the other fields of a Request."""
    query = body.decode()
    repeatable = grammar.is_repeatable(query)
    evaluate(
        store,
        Request(query, **arguments),
        output,
        begin=lambda media_type: begin(media_type, repeatable=repeatable),
    )


def read_graph(
    store: ox.Store, arguments: dict[str, Any], body: bytes, output: IO[bytes], begin: Begin
) -> None:
    """Write the graph that the arguments name, or all, in the format that they choose."""
    write_graph(store, arguments["graph"], arguments["format"], arguments["accept"], output, begin)


def read_node(
    store: ox.Store, arguments: dict[str, Any], body: bytes, output: IO[bytes], begin: Begin
) -> None:
    """Write the description of the node that the arguments name, in the format they choose."""
    write_node(
        store,
        arguments["node"],
        arguments["format"],
        arguments["accept"],
        output,
        begin=lambda media_type: begin(media_type, repeatable=True),
    )


def read_rows(
    store: ox.Store, arguments: dict[str, Any], body: bytes, output: IO[bytes], begin: Begin
) -> None:
    """Answer the queries of our own that the body lists, about the node that is named."""
    write_rows(
        store,
        arguments["node"],
        json.loads(body),
        output,
        begin=lambda media_type: begin(media_type, repeatable=True),
    )


JOBS: dict[str, Job] = {
    "query": answer_query,
    "graph": read_graph,
    "node": read_node,
    "rows": read_rows,
}

#: The jobs that leave the graph as it was; after any other its worker ends.
READ_ONLY = {"query", "graph", "node", "rows"}


def prepare(root: Path) -> None:
    """Read what checking and publishing need, before a worker is forked that may open no file.

    Where a folder is missing, as under a graph that was not built here, those jobs say so.
    """
    try:
        known = Knowledge.load(root)
    except MissingFolder as error:
        JOBS.update({name: _refusing(error) for name in (*PUBLISHING, "check", "template")})
    else:
        warm_up(known)
        JOBS.update({name: _publishing(known, job) for name, job in PUBLISHING.items()})
        JOBS["check"] = _checking(known)
        JOBS["template"] = _template(known.rules)


def _publishing(known: Knowledge, publish: Publish) -> Job:
    def job(
        store: ox.Store, arguments: dict[str, Any], body: bytes, output: IO[bytes], begin: Begin
    ) -> None:
        answer = publish(store, known, arguments, body)
        begin("application/json")
        output.write(json.dumps(answer).encode())

    return job


def _checking(known: Knowledge) -> Job:
    """Examine what was sent, and report in the form that the arguments name.

    It is judged in the place of what is published under its name.
    """

    def job(
        store: ox.Store, arguments: dict[str, Any], body: bytes, output: IO[bytes], begin: Begin
    ) -> None:
        report = io.BytesIO()
        change.set_aside(store, known.follows, arguments["name"])
        answering.answer(store, known.rules, arguments, body, report)
        begin(arguments["form"])
        output.write(report.getvalue())

    return job


def _template(rules: Rules) -> Job:
    """Write the extraction sheet, with the lists of the ontology that is in force."""
    sheets = {"csv": template.as_csv(), "xlsx": template.as_xlsx(rules.cells)}

    def job(
        store: ox.Store, arguments: dict[str, Any], body: bytes, output: IO[bytes], begin: Begin
    ) -> None:
        begin(arguments["form"])
        output.write(sheets[arguments["form"]])

    return job


def _refusing(error: MissingFolder) -> Job:
    def job(
        store: ox.Store, arguments: dict[str, Any], body: bytes, output: IO[bytes], begin: Begin
    ) -> None:
        raise error

    return job
