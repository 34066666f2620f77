"""A probe: one behaviour of a store, what was found, and what would go wrong in aikg."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from aikg.errors import AikgError, StoreRefused
from aikg.store.protocol import Store
from aikg.store.qualify.traces import Traces

#: `sound`: as aikg needs it. `fails`: aikg cannot be on this store. `note`: it can, and an operator
#: should know. `not tried`: this needs `--write`, or something before it failed.
State = Literal["sound", "fails", "note", "not tried"]


@dataclass(frozen=True)
class Finding:
    """What a probe found.

    Attributes:
        probe: The behaviour, in a few words.
        state: See `State`.
        found: What the store did.
        consequence: What would go wrong in aikg; empty if nothing would.
    """

    probe: str
    state: State
    found: str
    consequence: str = ""


@dataclass(frozen=True)
class Tried:
    """What a probe works on.

    Attributes:
        store: The store.
        traces: What the check writes; a probe that only reads does not use it.
        patience: How long one answer may take, in seconds.
    """

    store: Store
    traces: Traces
    patience: float


@dataclass(frozen=True)
class Probe:
    """One behaviour that is tried.

    Attributes:
        name: The behaviour, in a few words.
        consequence: What goes wrong in aikg if the store does not have it.
        run: Returns whether it has it, and what was found.
        writes: Whether it writes, into graphs of its own.
        needed: Whether aikg cannot be on a store without it.
    """

    name: str
    consequence: str
    run: Callable[[Tried], tuple[bool, str]]
    writes: bool = True
    needed: bool = True


class NotTried(Exception):
    """A probe cannot be run here; the message says why."""


def run(probes: list[Probe], tried: Tried, write: bool) -> Iterator[Finding]:
    """Run probes, one after the other; a probe that gets no answer fails."""
    for probe in probes:
        if probe.writes and not write:
            yield Finding(probe.name, "not tried", "this needs --write")
            continue
        try:
            good, found = probe.run(tried)
        except NotTried as reason:
            yield Finding(probe.name, "not tried", str(reason))
            continue
        except AikgError as error:
            good, found = False, str(error)
        if good:
            yield Finding(probe.name, "sound", found)
        else:
            state: State = "fails" if probe.needed else "note"
            yield Finding(probe.name, state, found, probe.consequence)


def row_of(store: Store, query: str, patience: float) -> tuple[object, ...]:
    """Answer a query whose answer has one row.

    Raises:
        StoreRefused: It has none, or several.
    """
    _, rows = store.select(query, patience)
    if len(rows) != 1:
        raise StoreRefused(
            f"An answer that has one row came with {len(rows)}.", advice="Report it to the store."
        )
    return rows[0]


def number_of(store: Store, query: str, patience: float) -> int:
    """Answer a query whose answer is one whole number; -1 for anything else in its place."""
    text = str(getattr(row_of(store, query, patience)[0], "value", ""))
    return int(text) if text.isdecimal() else -1


def refused(action: Callable[[], object]) -> str:
    """Return the words with which the store refuses an action; empty if it does it."""
    try:
        action()
    except StoreRefused as error:
        return str(error)
    return ""
