"""What a worker can be asked to do: one table of jobs, all of one signature.

A job runs on the worker's own copy of the graph and may change that copy, which dies with the
worker. It has the worker's limits: it can open no file and no socket, so whatever it imports must
be imported when this module is.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING, Any, Protocol, cast

import pyoxigraph as ox

from aikg.description import void
from aikg.engine import sliced
from aikg.errors import AikgError, JobFailed
from aikg.files.turtle import write_nquads
from aikg.rules.delta import Delta
from aikg.sparql import grammar
from aikg.sparql.evaluation import Request, ask, evaluate, write_solutions
from aikg.sparql.exact import write_triples
from aikg.sparql.formats import SOLUTIONS, TRIPLES, choose
from aikg.sparql.labels import labels_of
from aikg.sparql.resources import write_graph, write_node, write_rows
from aikg.sparql.tables import LABELLED, write_table

if TYPE_CHECKING:
    from aikg.engine.publishing import Knowledge

#: The module with the jobs that need the rules, and that with those that need numpy; see `kinds`.
KNOWING_JOBS, COMPARING_JOBS = "aikg.engine.knowing", "aikg.engine.comparing"


class Output(Protocol):
    """Where a job writes its answer."""

    def begin(self, media_type: str, *, repeatable: bool = False) -> None:
        """Take the answer's type once, before the first piece.

        Args:
            media_type: The type.
            repeatable: Whether the same request on the same version has the same answer.
        """

    def write(self, content: bytes) -> int:
        """Take a piece of the answer."""

    def ask(self, query: dict[str, Any]) -> bytes:
        """Ask the client for the answer of a query on a store outside, as SPARQL JSON."""


@dataclass(frozen=True)
class Task:
    """What a worker is asked.

    Attributes:
        store: The worker's copy of the graph.
        knowledge: What some jobs need besides; an error where it could not be read; None in a
            worker for other jobs.
        version: The version of the graph.
        arguments: Of the types of JSON.
        body: Untrusted bytes.
        output: Where the answer is written.
    """

    store: ox.Store
    knowledge: Knowledge | AikgError | None
    version: str
    arguments: dict[str, Any]
    body: bytes
    output: Output

    @property
    def known(self) -> Knowledge:
        """What the job needs besides the graph.

        Raises:
            AikgError: It could not be read.
        """
        if self.knowledge is None:
            raise JobFailed("The worker was not made for this job.", advice="Please report it.")
        if isinstance(self.knowledge, AikgError):
            raise self.knowledge
        return self.knowledge

    @property
    def file(self) -> IO[bytes]:
        """The output, for libraries that write to a file."""
        return cast(IO[bytes], self.output)

    def answer(self, media_type: str, content: bytes, *, repeatable: bool = False) -> None:
        """Write the whole answer."""
        self.output.begin(media_type, repeatable=repeatable)
        self.output.write(content)


def parse_query(task: Task) -> None:
    """Parse the query that the body is, and answer the media type that its answer will have.

    The arguments are those of `query`, or those of `table` where `table` is true.
    """
    given = dict(task.arguments)
    is_table = given.pop("table", False)
    request = Request(task.body.decode(), **given)
    is_rows = not isinstance(ask(ox.Store(), request), ox.QueryTriples)
    forms = LABELLED if is_table else SOLUTIONS if is_rows else TRIPLES
    task.answer("text/plain", choose(request.format, request.accept, forms).media_type.encode())


def write_answer(task: Task) -> None:
    """Write an answer of a store, SPARQL JSON or N-Triples, in the format of the arguments.

    It is one of `exact.NARROW`, which cannot carry every answer.
    """
    media_type = task.arguments["media_type"]
    if any(form.media_type == media_type for form in SOLUTIONS):
        found = ox.parse_query_results(task.body, format=ox.QueryResultsFormat.JSON)
        write_solutions(found, media_type, task.file, task.output.begin)
    else:
        quads = ox.parse(task.body, format=ox.RdfFormat.N_TRIPLES)
        write_triples((quad.triple for quad in quads), media_type, task.file, task.output.begin)


def count_figures(task: Task) -> None:
    """Answer by what the figures of the graph change with a change, as N-Quads."""
    arguments = task.arguments
    delta = Delta.from_nquads(arguments["added"].encode(), arguments["removed"].encode())
    gone, come = void.change(task.store, delta.removed, delta.added, arguments["version"])
    found = {"added": write_nquads(come).decode(), "removed": write_nquads(gone).decode()}
    task.answer("application/json", json.dumps(found).encode())


def answer_query(task: Task) -> None:
    """Answer the query that the body is; the arguments are the other fields of a Request."""
    query = task.body.decode()
    begin = partial(task.output.begin, repeatable=grammar.is_repeatable(query))
    evaluate(task.store, Request(query, **task.arguments), task.file, begin)


def answer_table(task: Task) -> None:
    """Answer the query that the body is as a table for people, with labels if they are asked for.

    The arguments are the other fields of a Request, `labels`, and `about` for a workbook.
    """
    query, arguments = task.body.decode(), dict(task.arguments)
    labels, about = arguments.pop("labels"), [tuple(line) for line in arguments.pop("about")]
    about.append(("version", task.version))
    begin = partial(task.output.begin, repeatable=grammar.is_repeatable(query))
    write_table(task.store, Request(query, **arguments), labels, about, task.file, begin)


def read_labels(task: Task) -> None:
    """Return the label of each node that the body lists, by its IRI."""
    found = labels_of(task.store, json.loads(task.body))
    task.answer("application/json", json.dumps(found).encode(), repeatable=True)


def read_graph(task: Task) -> None:
    """Write the graph that the arguments name, or all, in the format that they choose."""
    name, form, accept = (task.arguments[name] for name in ("graph", "format", "accept"))
    write_graph(task.store, name, form, accept, task.file, task.output.begin)


def read_node(task: Task) -> None:
    """Write the description of the node that the arguments name, in the format they choose."""
    node, form, accept = (task.arguments[name] for name in ("node", "format", "accept"))
    begin = partial(task.output.begin, repeatable=True)
    write_node(task.store, node, form, accept, task.file, begin)


def read_rows(task: Task) -> None:
    """Answer our own queries, which the body lists, about the node that is named."""
    queries, begin = json.loads(task.body), partial(task.output.begin, repeatable=True)
    write_rows(task.store, task.arguments["node"], queries, task.file, begin)


@dataclass(frozen=True)
class Job:
    """A job.

    Attributes:
        run: Does it.
        keeps: Whether the graph is as it was afterwards; if not, the worker ends.
    """

    run: Callable[[Task], None]
    keeps: bool = False


JOBS = {
    "parse": Job(parse_query, keeps=True),
    "written": Job(write_answer, keeps=True),
    "figures": Job(count_figures),
    "query": Job(answer_query, keeps=True),
    "table": Job(answer_table, keeps=True),
    "labels": Job(read_labels, keeps=True),
    "graph": Job(read_graph, keeps=True),
    "node": Job(read_node, keeps=True),
    "rows": Job(read_rows, keeps=True),
}


def find(name: str) -> Job:
    """Return the job of a name; one that reports why its module could not be loaded, if so."""
    if name in JOBS:
        return JOBS[name]
    knowing = sys.modules.get(KNOWING_JOBS)
    return knowing.JOBS[name] if knowing else Job(_report, keeps=True)


def do(job: Job, task: Task) -> None:
    """Do a job on the graph, or on the slice of one that the arguments have."""
    part = task.arguments.get("slice")
    if part is None:
        job.run(task)
        return
    arguments = {name: value for name, value in task.arguments.items() if name != "slice"}

    def run(store: ox.Store, kept: sliced.Kept) -> None:
        job.run(Task(store, task.knowledge, part["version"], arguments, task.body, kept))

    about = part, task.store, task.knowledge, str(arguments.get("name", "")), task.output.ask
    media_type, content, repeatable = sliced.run(*about, run)
    task.answer(media_type, content, repeatable=repeatable)


def _report(task: Task) -> None:
    """Raise the error of what could not be loaded."""
    _ = task.known


class _Nowhere:
    """An output that keeps nothing."""

    def begin(self, media_type: str, *, repeatable: bool = False) -> None:
        """Take the type."""

    def write(self, content: bytes) -> int:
        """Take a piece."""
        return len(content)

    def ask(self, query: dict[str, Any]) -> bytes:
        """Return nothing."""
        return b""

    def flush(self) -> None:
        """Do nothing."""


def warm_up() -> None:
    """Write an answer in each format, so that every lazy import happens before a worker exists."""
    store, query = ox.Store(), b"SELECT (1 AS ?a) (<urn:a> AS ?b) {}"
    for job, body, formats, others in (
        ("query", query, SOLUTIONS, {}),
        ("query", b"CONSTRUCT { <urn:a> <urn:b> 1 } {}", TRIPLES, {}),
        ("table", query, LABELLED, {"labels": True, "about": []}),
    ):
        for form in formats:
            arguments = {"format": form.names[0], **others}
            JOBS[job].run(Task(store, None, "", arguments, body, _Nowhere()))
