"""A desk on a home: the home is held, the graph is loaded, and what was published is applied."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aikg.engine.client import Engine
from aikg.engine.process import Change
from aikg.files.version import built_version
from aikg.ledger import home
from aikg.ledger.database import Database
from aikg.ledger.records import Submission
from aikg.ledger.steps import Actor
from aikg.publication.replay import replay
from aikg.settings import Settings
from aikg.submissions.desk import Desk

#: Told of each published submission that breaks a rule since the files have changed.
Failing = Callable[[Submission, list[str]], object]


@contextmanager
def open_desk(
    settings: Settings, holder: str, failing: Failing = lambda submission, found: None
) -> Iterator[Desk]:
    """Hold a home and open a desk on it, on the graph that is built there.

    Args:
        settings: Where the home is.
        holder: What others are told who holds it.
        failing: See `Failing`.

    Raises:
        HomeHeld: Another program holds the home.
        LedgerUnreadable: The ledger cannot be opened.
        EngineUnavailable: The graph cannot be loaded.
    """
    with home.hold(settings.home, holder):
        database = Database(settings.ledger)
        try:
            files = built_version(settings.graph) or ""
            with Engine(settings, lambda: _changes(settings, files)) as engine:
                desk = Desk(database, engine, files)
                held = replay(database, files)
                if held is None:
                    for submission, found in desk.renew():
                        failing(submission, found)
                elif held.refused:
                    desk.repair(held.refused)
                yield desk
        finally:
            database.close()


def operator(desk: Desk, name: str) -> Actor:
    """Give the actor for who works at the machine itself."""
    return Actor(name, desk.files)


def _changes(settings: Settings, files: str) -> list[Change]:
    """Give the changes since the build; none while they stand on other files.

    They are read through a connection of their own: a step that waits for the graph has not
    recorded yet what it asks of the graph, and holds the other one.
    """
    with contextlib.closing(Database(settings.ledger)) as database:
        held = replay(database, files)
    return [Change(held.added, held.removed, held.version)] if held else []
