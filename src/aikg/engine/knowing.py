"""The jobs that need the rules and the vocabularies besides the graph.

The process with the graph imports this module before it forks the first worker for such a job.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from aikg.engine import deciding, naming, publishing
from aikg.engine.jobs import COMPARING_JOBS, Job, Task
from aikg.engine.publishing import Arguments, Knowledge
from aikg.intake.examination import examine
from aikg.intake.submission import Limits
from aikg.links.lookup import LookUp
from aikg.publication import change
from aikg.publication.rereading import OthersNeeded

#: What an impact leaves out where only a part of the graph is here.
NOT_ASKED = ["questions", "comparisons"]


def load(root: Path) -> Knowledge:
    """Read what these jobs need, and import all that they will.

    Raises:
        MissingFolder: A folder is not there.
    """
    known = Knowledge.load(root)
    publishing.warm_up(known)
    return known


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
        if task.arguments.get("on_store"):
            _answer(task, lambda: measured() | {"comparisons": {}, "not_asked": NOT_ASKED})
            return
        _answer(task, partial(comparing.with_comparisons, task.store, task.known, measured))

    return run


JOBS = {
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
