"""The jobs of publication: judge a submission, and return how the graph would change by it.

Each runs on a worker's own copy of the graph. The change itself is made by `Engine.apply`, after
the ledger has it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pyoxigraph as ox

from aikg.files.queries import Query, read_queries
from aikg.files.turtle import write_nquads
from aikg.intake import template, verdict
from aikg.intake.examination import examine, read
from aikg.intake.submission import ParsedSubmission
from aikg.intake.terms import node_of, value_of
from aikg.intake.texts import Examined, as_json
from aikg.links.lookup import Sources
from aikg.names import BASE
from aikg.publication import change
from aikg.publication.impact import Asked, impact
from aikg.rules import incremental
from aikg.rules.delta import Delta

#: The arguments of a job, or its result; of the types of JSON.
Arguments: TypeAlias = dict[str, Any]

_OF_OUTCOME = ox.NamedNode(BASE + "ontology/ofOutcome")
_BROADER = ox.NamedNode(BASE + "ontology/broaderOutcome")
#: A statement that breaks a shape.
_NOTHING = f"<a> a <{BASE}ontology/Drug> .".encode()


@dataclass(frozen=True)
class Knowledge:
    """The data of the jobs besides the graph, read before any worker is forked.

    Attributes:
        rules: The rules for a submission.
        follows: The rules of inference, ready to be asked about single nodes.
        questions: The registered questions.
        names: The files of the look-up of names.
        synthesis: The queries of a comparison, by name.
        sheets: The extraction sheet, by the ending of its file and whether it is the long form.
    """

    rules: verdict.Rules
    follows: incremental.InferenceRules
    questions: list[Query]
    names: Sources
    synthesis: dict[str, str]
    sheets: dict[tuple[str, bool], bytes]

    @classmethod
    def load(cls, root: Path) -> Knowledge:
        """Read it from the files below a root.

        Raises:
            MissingFolder: A folder is not there.
        """
        rules = verdict.Rules.load(root)
        return cls(
            rules,
            incremental.read_rules(root / "queries" / "rules"),
            read_queries(root / "queries" / "competency"),
            Sources.read(root),
            {one.name: one.text for one in read_queries(root / "queries" / "synthesis")},
            {("csv", long): template.as_csv(long) for long in (False, True)}
            | {("xlsx", long): template.as_xlsx(rules.cells, long) for long in (False, True)},
        )


def warm_up(known: Knowledge) -> None:
    """Judge a file of each reader, so that every lazy import happens now."""
    for (ending, _), body in {("ttl", True): _NOTHING, **known.sheets}.items():
        sent = {"name": "nothing", "media_type": None, "filename": f"nothing.{ending}"}
        _examine(ox.Store(), known, sent | {"namespaces": ()}, body)


def receive(store: ox.Store, known: Knowledge, arguments: Arguments, body: bytes) -> Arguments:
    """Judge a submission, in the place of its version that is published."""
    if arguments["replaced"]:
        quads = change.statements(store, arguments["replaced"])
        incremental.change(store, known.follows, removed=quads)
    return _verdict(_examine(store, known, arguments, body))


def publish(store: ox.Store, known: Knowledge, arguments: Arguments, body: bytes) -> Arguments:
    """Judge a submission, and return what the graph gains and loses when it is published."""
    found, difference = _publish(store, known, arguments, body)
    return _verdict(found) | _difference(difference)


def withdraw(store: ox.Store, known: Knowledge, arguments: Arguments, body: bytes) -> Arguments:
    """Return what the graph gains and loses when a named graph goes.

    The graphs that refer to it go with it (`with_dependents`), or stay (`force`).
    """
    graph = arguments["graph"]
    used = change.users(store, graph, arguments["later"])
    dependents = _dependents(store, arguments)
    taken = dependents if arguments.get("with_dependents") else {}
    if used and not (arguments["force"] or taken):
        raise change.still_used(used, dependents)
    gone = [quad for one in (graph, *taken) for quad in change.statements(store, one)]
    left = {user.graph for user in used} - set(taken)
    difference = _difference(incremental.change(store, known.follows, removed=gone))
    return difference | {"users": sorted(left), "dependents": taken}


def _dependents(store: ox.Store, arguments: Arguments) -> dict[str, int]:
    """Return the graphs that would refer to nothing, by the periods of all published graphs."""
    periods = arguments.get("periods", {})

    def later(graph: str) -> list[str]:
        began = periods[graph][0] if graph in periods else 0
        return [one for one, (_, published) in periods.items() if published > began]

    return change.dependents(store, arguments["graph"], later)


#: Called with the outcomes that a change is about, before it and after it.
Look: TypeAlias = Callable[[set[str]], None]


def impact_of_publishing(
    store: ox.Store,
    known: Knowledge,
    arguments: Arguments,
    body: bytes,
    look: Look = lambda outcomes: None,
) -> Arguments:
    """Return the changes of answers and audit findings, and the consequences for other nodes."""
    read_in = _read(store, known, arguments, body)
    own, outcomes = _owner(arguments, read_in.nodes), _outcomes(store, read_in.triples)
    if arguments["replaced"]:
        replaced = change.statements(store, arguments["replaced"])
        outcomes |= _outcomes(store, [quad.triple for quad in replaced])

    def published() -> Delta[ox.Quad]:
        difference = _publish(store, known, arguments, body)[1]
        look(outcomes)
        return difference

    look(outcomes)
    return impact(store, _asked(known), published, own)


def impact_of_withdrawing(
    store: ox.Store,
    known: Knowledge,
    arguments: Arguments,
    body: bytes,
    look: Look = lambda outcomes: None,
) -> Arguments:
    """Return the changes of answers and audit findings, and the nodes that refer to lost nodes."""
    graph = arguments["graph"]
    used = change.users(store, graph, arguments["later"])
    stated = [quad.triple for quad in change.statements(store, graph)]
    own, outcomes = _owner(arguments, set(map(node_of, stated))), _outcomes(store, stated)

    def withdrawn() -> Delta[ox.Quad]:
        difference = change.withdraw(store, known.follows, graph, later=())
        look(outcomes)
        return difference

    others = {"users": [user.node for user in used], "dependents": _dependents(store, arguments)}
    look(outcomes)
    return impact(store, _asked(known), withdrawn, own) | others


def _outcomes(store: ox.Store, stated: Iterable[ox.Triple]) -> set[str]:
    """Return the outcomes of some statements about findings, and the broader ones."""
    triples = list(stated)
    found = {value_of(t) for t in triples if t.predicate == _OF_OUTCOME}
    above = {value_of(t) for t in triples if t.predicate == _BROADER}
    for outcome in found:
        node = ox.NamedNode(outcome)
        quads = store.quads_for_pattern(node, _BROADER, None, ox.DefaultGraph())
        above |= {value_of(quad.triple) for quad in quads}
    return found | above


def _owner(arguments: Arguments, nodes: set[str]) -> Callable[[str], bool]:
    """Return a function: whether a node belongs to the submission or to its sender."""
    owned = ParsedSubmission(
        arguments["name"], "", "", [], registered=tuple(arguments["namespaces"])
    ).owns
    return lambda node: node in nodes or owned(node)


def _asked(known: Knowledge) -> Asked:
    rules = known.rules
    return Asked(known.questions, rules.checks, rules.joined_by_checks, rules.ontology)


def _publish(
    store: ox.Store, known: Knowledge, arguments: Arguments, body: bytes
) -> tuple[Examined, Delta[ox.Quad]]:
    gone: Delta[ox.Quad] = Delta()
    if arguments["replaced"]:
        kept = _read(store, known, arguments, body).nodes
        gone = change.withdraw(
            store, known.follows, arguments["replaced"], arguments["later"], kept
        )
    found = _examine(store, known, arguments, body)
    # All of it: published statements stay, even if the rules forbid them by now.
    stated = found.verdict.submission.triples
    come = change.publish(store, known.follows, arguments["graph"], stated)
    return found, gone.then(come)


def _read(store: ox.Store, known: Knowledge, arguments: Arguments, body: bytes) -> ParsedSubmission:
    sent = arguments["media_type"], arguments["filename"], arguments["name"]
    return read(body, *sent, store=store, cells=known.rules.cells, house=known.rules.house)


def _examine(store: ox.Store, known: Knowledge, arguments: Arguments, body: bytes) -> Examined:
    return examine(
        store,
        body,
        media_type=arguments["media_type"],
        file=arguments["filename"],
        name=arguments["name"],
        rules=known.rules,
        namespaces=arguments["namespaces"],
    )


def _verdict(found: Examined) -> Arguments:
    return {
        "accepted": found.verdict.accepted,
        "report": json.loads(as_json(found.report)),
        "statements": _lines(found.verdict.triples),
    }


def _difference(difference: Delta[ox.Quad]) -> Arguments:
    added, removed = difference.to_nquads()
    return {"added": added.decode(), "removed": removed.decode()}


def _lines(triples: Iterable[ox.Triple]) -> str:
    quads = (ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    return write_nquads(quads).decode()
