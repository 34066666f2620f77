"""`aikg doctor`: what is wrong with an installation, and what to do."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import platform
import resource
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from aikg import settings
from aikg.cli.console import format_option, say, say_json, stages
from aikg.errors import AikgError
from aikg.files.version import built_version, stamp, stamp_of
from aikg.ledger import overlay
from aikg.ledger.database import MIGRATIONS
from aikg.ledger.opening import open_ledger
from aikg.ledger.sqlite import UNFINISHED
from aikg.settings import Settings
from aikg.store.loading import connect
from aikg.store.updates import VERSION_QUERY

#: How long a store may take to answer, in seconds.
_PATIENCE = 10.0
#: The least free space for the ledger and its copies, in bytes.
_SPACE = 1 << 30


@dataclass(frozen=True)
class Finding:
    """A property of the installation.

    Attributes:
        level: `ok`, `warning` or `error`.
        topic: The examined thing, in a word.
        found: Its state, a sentence.
        do: The remedy; empty if all is well.
    """

    level: str
    topic: str
    found: str
    do: str = ""


@click.command()
@format_option("text", "json")
def doctor(form: str) -> None:
    """Look for problems of this installation, and say what to do about each.

    Nothing is changed. Exit status: 1 if the server cannot work.
    """
    configured = settings.from_environment()
    with stages() as progress:
        progress("look")
        found = list(examine(configured))
    if form == "json":
        say_json([asdict(one) for one in found])
    else:
        for one in found:
            say(f"{one.level}: {one.topic}: {one.found}")
            if one.do:
                say(f"  do: {one.do}")
    if any(one.level == "error" for one in found):
        raise click.exceptions.Exit(1)


def examine(configured: Settings) -> Iterator[Finding]:
    """Yield what is found, in the order in which a server needs it."""
    system = f"Python {platform.python_version()} on {platform.system()}"
    yield Finding("ok", "program", f"{system}, from {Path(__file__).parents[1]}.")
    for look in (_files, _home, _ledger, _engine, _limits, _network):
        try:
            yield from look(configured)
        except AikgError as error:
            yield Finding("error", look.__name__.strip("_"), str(error), error.advice)


def _files(configured: Settings) -> Iterator[Finding]:
    wanted, graph = stamp_of(configured.root), configured.graph
    version = wanted.partition(" ")[0]
    yield Finding("ok", "files", f"{configured.root} has version {version} of the data.")
    if (configured.root / "docs").is_dir():
        yield Finding("ok", "documentation", f"{configured.root / 'docs' / 'README.md'}")
    if stamp(graph) == wanted:
        yield Finding("ok", "graph", f"{graph} is up to date.")
    else:
        was = f"is of version {built_version(graph)}" if graph.exists() else "is not built"
        yield Finding("warning", "graph", f"{graph} {was}.", "Nothing; the next start builds it.")


def _home(configured: Settings) -> Iterator[Finding]:
    home = configured.home
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    if not os.access(there, os.W_OK | os.X_OK) or not there.is_dir():
        yield Finding(
            "error", "home", f"{home} cannot be written.", "Set AIKG_HOME to a folder of your own."
        )
        return
    if home.exists() and home.stat().st_mode & 0o077:
        yield Finding("warning", "home", f"Others can open {home}.", f"Run `chmod go= {home}`.")
    free = shutil.disk_usage(there).free
    level, do = ("ok", "") if free > _SPACE else ("warning", "Free some space: a step needs room.")
    yield Finding(level, "home", f"{home} has {free >> 20:,} MB free.", do)


def _ledger(configured: Settings) -> Iterator[Finding]:
    yield from _shared(configured) if configured.ledger else _file(configured)


def _shared(configured: Settings) -> Iterator[Finding]:
    with contextlib.closing(open_ledger(configured)) as database:
        wanted, found = stamp_of(configured.root).partition(" ")[0], overlay.files(database)
        erased = database.erased()
    yield Finding("ok", "ledger", "The ledger in PostgreSQL can be read.")
    if found not in (None, wanted):
        yield Finding(
            "warning",
            "ledger",
            f"It rests on version {found} of the files: a server from here decides nothing.",
            "When all servers have these files, run `aikg renew`.",
        )
    if not erased:
        yield Finding(
            "warning",
            "purge",
            "The tables of PostgreSQL may contain what was purged.",
            "Run `aikg erase` as the role that owns them; see docs/how-to/many-servers.md.",
        )


def _file(configured: Settings) -> Iterator[Finding]:
    path = configured.ledger_file
    if not path.exists():
        yield Finding("ok", "ledger", f"{path} is made at the first start.")
        return
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            (form,) = database.execute("PRAGMA user_version").fetchone()
            (state,) = database.execute("PRAGMA quick_check(1)").fetchone()
            unfinished = form and database.execute(*UNFINISHED).fetchone()
    except sqlite3.Error as error:
        state, form, unfinished = str(error), len(MIGRATIONS), None
    if state != "ok":
        yield Finding(
            "error", "ledger", f"{path} is damaged: {state}", "Restore a backup: `aikg restore`."
        )
    elif form > len(MIGRATIONS):
        yield Finding("error", "ledger", f"A later aikg wrote {path}.", "Update aikg.")
    elif form < len(MIGRATIONS):
        yield Finding(
            "warning",
            "ledger",
            f"{path} has form {form} of {len(MIGRATIONS)}.",
            "Make a backup; the next start changes the form, and keeps a copy.",
        )
    else:
        yield Finding("ok", "ledger", f"{path} can be read.")
    if unfinished:
        yield Finding(
            "warning",
            "purge",
            f"Since {unfinished[0]}, the write-ahead log of {path} contains what was purged.",
            "End each program that reads the ledger; the next step, or the next start, removes it.",
        )


def _engine(configured: Settings) -> Iterator[Finding]:
    if configured.store:
        yield from _store(configured)
        return
    if not configured.graph.exists():
        return
    from aikg.engine.client import Engine  # noqa: PLC0415  only this look starts a process

    with Engine(configured) as engine:
        isolation = engine.describe()["isolation"]
    if isolation == "full":
        yield Finding("ok", "isolation", "Each query runs within all limits.")
    else:
        yield Finding(
            "warning",
            "isolation",
            f"{isolation}.",
            "Serve unknown users from Linux, not from here.",
        )


def _store(configured: Settings) -> Iterator[Finding]:
    try:
        rows = connect(configured).select(VERSION_QUERY, _PATIENCE)[1]
    except AikgError as error:
        yield Finding("error", "store", str(error), error.advice)
        return
    if len(rows) == 1:
        version = getattr(rows[0][0], "value", "")
        yield Finding("ok", "store", f"The store has version {version} of the data.")
    else:
        yield Finding(
            "error", "store", "The store does not have a whole graph.", "Run `aikg store load`."
        )


def _limits(configured: Settings) -> Iterator[Finding]:
    from aikg.web.descriptors import affordable  # noqa: PLC0415  only this command needs it

    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    connections = affordable(configured, most if most != resource.RLIM_INFINITY else 1 << 30)
    if connections < configured.connections:
        yield Finding(
            "warning",
            "connections",
            f"{connections} connections can be open at once, and not {configured.connections}.",
            "Raise the limit of open files (`ulimit -Hn`, or LimitNOFILE of the systemd unit).",
        )
    with contextlib.suppress(ValueError, OSError):
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        if memory < configured.memory * 2:
            yield Finding(
                "warning",
                "memory",
                f"One query may use {configured.memory >> 20:,} MB of {memory >> 20:,} MB.",
                "Lower AIKG_MEMORY to less than half of the memory.",
            )


def _network(configured: Settings) -> Iterator[Finding]:
    if os.geteuid() == 0:
        yield Finding("warning", "user", "This is root.", "Run the server as a user of its own.")
    if configured.url.startswith("https:") and not configured.proxy:
        yield Finding(
            "warning",
            "proxy",
            "AIKG_URL is an https address, and no proxy is named: all its clients count as one.",
            "Set AIKG_PROXY to the IP address of the proxy.",
        )
    host = configured.metrics.rpartition(":")[0].strip("[]")
    with contextlib.suppress(ValueError):
        if not ipaddress.ip_address(host).is_loopback:
            yield Finding(
                "warning",
                "metrics",
                f"Other machines can read {configured.metrics}.",
                "Let a firewall permit only the machine with Prometheus, or name a port only.",
            )
