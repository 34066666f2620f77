"""The job of a decision: how the graph would change by it, or when it is undone."""

from __future__ import annotations

import pyoxigraph as ox

from aikg.engine.publishing import Arguments, Knowledge, difference, settle_numbers
from aikg.errors import IdentifierUnknown
from aikg.intake import numbering
from aikg.intake.numbering import Numbering
from aikg.publication import adoption, decided
from aikg.publication.rereading import Settled
from aikg.rules import incremental
from aikg.rules.delta import Delta, apply


def decide(store: ox.Store, known: Knowledge, arguments: Arguments, body: bytes) -> Arguments:
    """Return what the graph gains and loses by a decision of a curator.

    With `undo`, it is taken back. With `settled`, no submission is read again. Otherwise `others`
    is as in `publishing.publish`.

    Raises:
        IdentifierUnknown: It is about a number that nothing states.
    """
    decision, undone = arguments["decision"], arguments.get("undo")
    stated = (
        decided.taken_back(decision, store)
        if undone
        else decided.quads(decision, store, known.rules.house)
    )
    also = (
        adoption.users(decision["said"], store, undone=bool(undone))
        if decision["kind"] == "adopt"
        else []
    )
    about = {quad for quad in stated if quad.graph_name == numbering.GRAPH}
    evidence = [quad for quad in stated if quad not in about]
    if undone:
        numbers, whole = Delta(removed=about), _changed(store, known, removed=evidence)
    else:
        numbers, whole = Delta(about), _changed(store, known, added=evidence)
        if not arguments.get("settled"):
            _require_stated(store, known, about)
    if arguments.get("settled"):
        apply(numbers, store)
        return difference(Settled(whole.then(numbers), {}))
    settled = settle_numbers(store, known, arguments, numbers, whole, also)
    return difference(settled) | {"said": decision["said"]}


def _changed(store: ox.Store, known: Knowledge, **quads: list[ox.Quad]) -> Delta[ox.Quad]:
    return incremental.change(store, known.follows, **quads)


def _require_stated(store: ox.Store, known: Knowledge, about: set[ox.Quad]) -> None:
    house = known.rules.house
    for number in numbering.numbers_in(about):
        if number.text not in house.numbers and not Numbering(store, house).stated_of(number):
            raise IdentifierUnknown(
                f"No published submission and no file states the number {number.text}.",
                advice="Check the number; see the graph of numbers for those that are stated.",
            )
