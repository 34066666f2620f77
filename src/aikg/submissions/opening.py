"""Opening a home: it is held, its graph is loaded, and the published submissions are applied."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aikg.engine.client import Engine
from aikg.engine.process import Change
from aikg.engine.remote import Step, StoreEngine
from aikg.errors import EngineUnavailable, FilesDiffer, SettingError
from aikg.files.version import built_version
from aikg.ledger import overlay
from aikg.ledger.database import Database
from aikg.ledger.holding import hold
from aikg.ledger.opening import open_ledger
from aikg.ledger.records import Submission
from aikg.publication.replay import replay
from aikg.settings import Settings
from aikg.submissions.following import Following
from aikg.submissions.home import Home
from aikg.submissions.renewal import renew

#: Called with each published submission that breaks a rule since the files changed.
Failing = Callable[[Submission, list[str]], object]


@contextmanager
def open_home(
    settings: Settings,
    holder: str,
    failing: Failing = lambda submission, found: None,
    *,
    renewing: bool = False,
) -> Iterator[Home]:
    """Hold a home, and open it on the graph that is built there.

    Args:
        settings: Where the home is.
        holder: Who holds it, for the message to others.
        failing: See `Failing`.
        renewing: Whether a ledger that servers share rests on the files of this home from then on.

    Raises:
        HomeHeld: Another program holds the home.
        LedgerUnreadable: The ledger cannot be opened.
        LedgerUnreachable: The ledger does not answer.
        EngineUnavailable: The graph cannot be loaded, or the store has another version of it.
        StoreUnreachable: The store does not answer.
    """
    files = built_version(settings.graph) or ""
    with (
        hold(settings.home, holder),
        contextlib.closing(open_ledger(settings)) as database,
    ):
        if settings.store:
            with _on_store(settings, database, files) as home:
                yield home
            return
        if database.shared:
            with _shared(settings, database, files, failing, renewing) as home:
                yield home
            return
        with _start(settings, database, files) as engine:
            home = Home(database, engine, files)
            if not overlay.stands_on(database, files):
                _renew(home, failing)
            home.purge_releases()  # a process that ended within a purge may have left some
            yield home


@contextmanager
def _shared(
    settings: Settings, database: Database, files: str, failing: Failing, renewing: bool
) -> Iterator[Home]:
    """Open a home whose ledger other servers share, and follow it."""
    following = Following(settings, files)
    with Engine(settings, following.changes) as engine:
        home = Home(database, engine, files, following)
        if not following.decides:
            with database.exclusive() if renewing else database.snapshot():
                _renew(home, failing, recorded=renewing)
        home.purge_releases()
        with following.running(engine, home.purge_releases):
            yield home


@contextmanager
def _on_store(settings: Settings, database: Database, files: str) -> Iterator[Home]:
    """Open a home whose graph is on a store outside, which has all steps of the ledger then."""
    if database.shared:
        raise SettingError(
            "AIKG_STORE and AIKG_LEDGER are both set, and no server uses both.",
            advice="Leave AIKG_LEDGER out: the ledger is a file of the home then.",
        )
    if not overlay.stands_on(database, files):
        raise FilesDiffer(
            f"The ledger rests on version {overlay.files(database)} of the files, and this "
            f"program has version {files}.",
            advice="Run `aikg store load`: it judges all that is published again.",
        )
    with StoreEngine(settings, lambda: _kept_step(settings)) as engine:
        engine.reach(overlay.version_of_data(database, files))
        home = Home(database, engine, files)
        home.purge_releases()
        yield home


def _kept_step(settings: Settings) -> Step | None:
    """Return the last step of the ledger, if the store may lack it."""
    with contextlib.closing(open_ledger(settings)) as database:
        kept = overlay.kept_step(database)
    if kept is None:
        return None
    before, version, added, removed = kept
    return Step(before, Change(added, removed, version))


def _renew(home: Home, failing: Failing, *, recorded: bool = True) -> None:
    for submission, found in renew(home, recorded=recorded):
        failing(submission, found)


def _start(settings: Settings, database: Database, files: str) -> Engine:
    """Start the graph with the overlay; without it, if the graph cannot take it."""
    try:
        return Engine(settings, lambda: _changes(settings, files))
    except EngineUnavailable:
        Engine(settings).close()  # raises the error again if the graph itself is the reason
        overlay.distrust(database)
        return Engine(settings, lambda: _changes(settings, files))


def _changes(settings: Settings, files: str) -> list[Change]:
    """Return the changes since the build; none if they stand on other files.

    They are read through a connection of their own: a step that waits for the graph is in a
    transaction, and has not recorded yet what it asks of the graph.
    """
    with contextlib.closing(open_ledger(settings)) as database:
        delta = replay(database, files)
        version = overlay.version_of_data(database, files)
    return [] if delta is None else [Change(*delta.to_nquads(), version)]
