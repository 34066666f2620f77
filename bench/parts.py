"""What `make bench` measures, part by part; a new part is a function here and a row in `PARTS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import click

from bench import (
    answers,
    hostile,
    latency,
    loading,
    many,
    publication,
    streaming,
    throughput,
    validation,
)
from bench.report import Section
from bench.servers import CONTROL, OURS, RDFLIB, Server
from bench.setting import LARGE, Setting, running

#: Measures on a graph; the second argument: whether in a hurry.
Part = Callable[[Setting, bool], Sequence[Section]]

#: At this size and above, what needs a million rows is measured.
MILLION = 1_000_000


def queries(setting: Setting, quick: bool) -> Sequence[Section]:
    """New and repeated queries, of all servers, after a look at whether they agree."""
    few = {RDFLIB: 1 if quick else 3}
    with running(setting) as servers:
        names = [*(server.name for server in servers), latency.IN_PROCESS]
        report_disagreements(servers, setting)
        count = 3 if quick or setting.size >= LARGE else 7 if setting.size >= MILLION else 15
        new = latency.rounds(servers, setting, count, few)
        again = latency.rounds(servers, setting, count, few, repeat=True)
    others = [name for name in names if name != CONTROL]
    return [
        latency.new_queries(new, setting.workload, names),
        latency.repeated_queries(again, setting.workload, others),
    ]


def report_disagreements(servers: Sequence[Server], setting: Setting) -> None:
    """Show which queries a server answers in another way, or not at all.

    Raises:
        RuntimeError: Ours answers otherwise than the control: no time of it means anything.
    """
    found = answers.disagreements(servers, setting.workload)
    for line in found:
        click.echo(f"  {line}")
    if any(line.startswith(f"{OURS}:") for line in found):
        raise RuntimeError("aikg and the control disagree: see the lines above.")


def requests(setting: Setting, quick: bool) -> Sequence[Section]:
    """Requests a second, of all servers but the slowest, which wrk would only queue at."""
    with running(setting, leave=(RDFLIB,)) as servers:
        folder, count = setting.data.home, 1 if quick else 5
        section = throughput.measure(servers, setting.workload, folder, count, 1 if quick else 2)
    if section is None:
        click.echo("  left out: wrk is not installed (Debian: apt-get install wrk)")
        return []
    return [section]


def several(setting: Setting, quick: bool) -> Sequence[Section]:
    """Requests a second of several servers."""
    section = many.measure(setting, 1 if quick else 5, 1 if quick else 2)
    if section is None:
        click.echo("  left out: wrk or nginx is not installed (Debian: apt-get install wrk nginx)")
        return []
    return [section]


def streams(setting: Setting, quick: bool) -> Sequence[Section]:
    """A million rows in each format."""
    if setting.size < MILLION or quick:
        return []
    with running(setting, only=(OURS, CONTROL)) as (control, ours):
        return [streaming.measure(ours, control)]


def deadlines(setting: Setting, quick: bool) -> Sequence[Section]:
    """Long queries with short deadlines."""
    with running(setting, only=(OURS, CONTROL)) as (_, ours):
        overshoot = hostile.overshoot(ours, 16 if quick else 100)
    with running(setting, only=(OURS, CONTROL)) as (_, ours):
        return [overshoot, hostile.neighbours([ours], setting.workload, 100 if quick else 400)]


def loads(setting: Setting, quick: bool) -> Sequence[Section]:
    """From a file to an engine that answers."""
    return [loading.measure(setting, 1 if quick or setting.size >= LARGE else 5)]


def starts(setting: Setting, quick: bool) -> Sequence[Section]:
    """From the command to the first answer, on the shipped graph; not on the generated one."""
    return [loading.first_answer(setting.shipped, 2 if quick else 7)]


def publications(setting: Setting, quick: bool) -> Sequence[Section]:
    """Evidence comes in, on the shipped graph and on the generated one."""
    return [publication.measure(setting, 3 if quick else 9)]


def verdicts(setting: Setting, quick: bool) -> Sequence[Section]:
    """The verdict on a file, in graphs of other sizes; and tables."""
    sizes = validation.SIZES[: 2 if quick else None]
    return [
        validation.verdicts(setting, sizes, 5 if quick else 31),
        validation.tables(setting, 1 if quick else 5),
    ]


#: The parts, by the name that `--only` takes.
PARTS: Mapping[str, Part] = {
    "queries": queries,
    "requests": requests,
    "several": several,
    "streams": streams,
    "deadlines": deadlines,
    "loads": loads,
    "starts": starts,
    "publications": publications,
    "verdicts": verdicts,
}
#: Measured once, on the first size, as the size plays no part or the part has sizes of its own.
ONCE = ("starts", "verdicts", "several")
