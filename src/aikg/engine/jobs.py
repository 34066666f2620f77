"""What a worker can be asked to do: one table of jobs, all of one signature.

A job runs on the worker's own copy of the graph and may change that copy, which dies with the
worker. It has the worker's limits: it can open no file and no socket, so whatever it imports must
be imported when this module is.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import IO, Any, Protocol, cast

import pyoxigraph as ox

from aikg.engine import deciding, naming, publishing
from aikg.engine.publishing import Arguments, Knowledge
from aikg.errors import MissingFolder
from aikg.intake.examination import examine
from aikg.intake.submission import Limits
from aikg.links.lookup import LookUp
from aikg.publication import change
from aikg.publication.rereading import OthersNeeded
from aikg.sparql import grammar
from aikg.sparql.evaluation import Request, evaluate
from aikg.sparql.labels import labels_of
from aikg.sparql.resources import write_graph, write_node, write_rows
from aikg.sparql.tables import write_table

#: The module with the jobs that need numpy; only the workers that do them import it.
COMPARING_JOBS = "aikg.engine.comparing"


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


@dataclass(frozen=True)
class Task:
    """What a worker is asked.

    Attributes:
        store: The worker's copy of the graph.
        knowledge: What jobs need besides; an error where the files that it is read from are
            missing, as under a graph that was not built here.
        version: The version of the graph.
        arguments: Of the types of JSON.
        body: Untrusted bytes.
        output: Where the answer is written.
    """

    store: ox.Store
    knowledge: Knowledge | MissingFolder
    version: str
    arguments: Arguments
    body: bytes
    output: Output

    @property
    def known(self) -> Knowledge:
        """What the job needs besides the graph.

        Raises:
            MissingFolder: It could not be read.
        """
        if isinstance(self.knowledge, MissingFolder):
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


def compare(task: Task) -> None:
    """Compare treatments, as the arguments ask; only a worker that has loaded numpy can."""
    comparing = importlib.import_module(COMPARING_JOBS)
    found = comparing.compare(task.store, task.known, task.version, task.arguments)
    task.answer(*found, repeatable=True)


def _named(
    write: Callable[[LookUp, Arguments, bytes], tuple[str, bytes]],
) -> Callable[[Task], None]:
    """Make a job of a function that asks the look-up of names."""

    def run(task: Task) -> None:
        names = naming.look_up(task.store, task.known, task.version)
        task.answer(*write(names, task.arguments, task.body), repeatable=True)

    return run


def write_template(task: Task) -> None:
    """Write the extraction sheet, with the lists of the ontology that is in force."""
    form = task.arguments["form"]
    task.answer(form, task.known.sheets[form, task.arguments["long"]])


def check(task: Task) -> None:
    """Validate a file, and write the report in the form that the arguments name.

    It replaces the published version of its name in the worker's copy of the graph.
    """
    arguments, form = task.arguments, str(task.arguments["form"])
    change.set_aside(task.store, task.known.follows, arguments["name"])
    examined = examine(
        task.store,
        task.body,
        media_type=arguments["media_type"],
        file=arguments["file"],
        name=arguments["name"],
        rules=task.known.rules,
        limits=Limits(bytes=arguments["bytes"]),
        namespaces=arguments["namespaces"],
    )
    task.answer(form, examined.written(form).encode())


def _as_json(
    publish: Callable[[ox.Store, Knowledge, Arguments, bytes], dict[str, Any]],
) -> Callable[[Task], None]:
    """Make a job of a function whose result is the answer, in JSON."""

    def run(task: Task) -> None:
        _answer(task, partial(publish, task.store, task.known, task.arguments, task.body))

    return run


def _answer(task: Task, ask: Callable[[], dict[str, Any]]) -> None:
    """Answer in JSON: the result, or which submissions the job needs and the ledger has."""
    try:
        found = ask()
    except OthersNeeded as needed:
        found = {"needs": needed.graphs}
    task.answer("application/json", json.dumps(found).encode())


def _impact(measure: Callable[..., dict[str, Any]]) -> Callable[[Task], None]:
    """Make a job of a function that measures an impact; the comparisons that change are added."""

    def run(task: Task) -> None:
        comparing = importlib.import_module(COMPARING_JOBS)
        measured = partial(measure, task.store, task.known, task.arguments, task.body)
        _answer(task, partial(comparing.with_comparisons, task.store, task.known, measured))

    return run


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
    "query": Job(answer_query, keeps=True),
    "table": Job(answer_table, keeps=True),
    "labels": Job(read_labels, keeps=True),
    "graph": Job(read_graph, keeps=True),
    "node": Job(read_node, keeps=True),
    "rows": Job(read_rows, keeps=True),
    "compare": Job(compare, keeps=True),
    "names": Job(_named(naming.link), keeps=True),
    "reconcile": Job(_named(naming.reconcile), keeps=True),
    "crosswalk": Job(_named(naming.describe), keeps=True),
    "template": Job(write_template, keeps=True),
    "check": Job(check),
    "receive": Job(_as_json(publishing.receive)),
    "preview": Job(_as_json(publishing.preview)),
    "publish": Job(_as_json(publishing.publish)),
    "decide": Job(_as_json(deciding.decide)),
    "withdraw": Job(_as_json(publishing.withdraw)),
    "impact-of-publishing": Job(_impact(publishing.impact_of_publishing)),
    "impact-of-withdrawing": Job(_impact(publishing.impact_of_withdrawing)),
}
