"""The jobs of publication: judge a submission, and return how the graph would change by it.

Each runs on a worker's own copy of the graph. The change itself is made by `Engine.apply`, after
the ledger has it.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pyoxigraph as ox

from aikg.files.queries import Query, read_queries
from aikg.files.turtle import write_nquads
from aikg.intake import template, verdict
from aikg.intake.examination import examine, read
from aikg.intake.numbering import Numbering, quads
from aikg.intake.submission import ParsedSubmission
from aikg.intake.terms import node_of, value_of
from aikg.intake.texts import Examined, as_json
from aikg.links.lookup import Sources
from aikg.names import BASE, PREFIXES
from aikg.publication import change, decided
from aikg.publication.impact import Asked, impact
from aikg.publication.rereading import (
    Published,
    Settled,
    as_it_stands,
    moved,
    renamed,
    settle,
)
from aikg.rules import incremental
from aikg.rules.delta import Delta, apply
from aikg.sparql.labels import labels_of
from aikg.sparql.resources import write_rows

#: The arguments of a job, or its result; of the types of JSON.
Arguments: TypeAlias = dict[str, Any]

_OF_OUTCOME = ox.NamedNode(BASE + "ontology/ofOutcome")
_OF_STUDY = ox.NamedNode(BASE + "ontology/ofStudy")
_TYPE = ox.NamedNode(PREFIXES["rdf"] + "type")
_CONDUCT = ox.NamedNode(BASE + "ontology/ConductOutcome")
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
    """Read a file by each reader and judge one, so that every lazy import happens now."""
    files = {"ttl": _NOTHING} | {
        ending: body for (ending, long), body in known.sheets.items() if long
    }
    for ending, body in files.items():
        sent = {"name": "nothing", "media_type": None, "filename": f"nothing.{ending}"}
        if ending == "csv":
            _examine(ox.Store(), known, sent | {"namespaces": ()}, body)
        else:
            _read(ox.Store(), known, sent, body)


def receive(store: ox.Store, known: Knowledge, arguments: Arguments, body: bytes) -> Arguments:
    """Judge a submission, in the place of its version that is published."""
    if arguments["replaced"]:
        change.set_aside(store, known.follows, arguments["name"])
    return _verdict(_examine(store, known, arguments, body))


def publish(store: ox.Store, known: Knowledge, arguments: Arguments, body: bytes) -> Arguments:
    """Judge a submission, and return what the graph gains and loses when it is published.

    Where it joins trials or papers, others are read again; the argument `others` has them as they
    were sent. With the argument `renewed`, its
    statements stay as they are, unless a node has another address since the files changed.
    """
    found, settled = _publish(store, known, arguments, body)
    stated = _lines(settled.stated[arguments["graph"]])
    return _verdict(found) | difference(settled, arguments["graph"]) | {"statements": stated}


def preview(store: ox.Store, known: Knowledge, arguments: Arguments, body: bytes) -> Arguments:
    """Return what the page of a submission's trial would say, if the submission were published."""
    settled = _publish(store, known, arguments, body)[1]
    stated = settled.stated[arguments["graph"]]
    found = Counter(value_of(t) for t in stated if t.predicate == _OF_STUDY)
    nodes = [node for node, _ in found.most_common()] or [node_of(t) for t in stated][:1]
    node = arguments["node"] if arguments["node"] in nodes else next(iter(nodes), "")
    rows = io.BytesIO()
    write_rows(store, node, arguments["sections"], rows, lambda media_type: None)
    labels = labels_of(store, nodes)
    return {
        "node": node,
        "trials": {node: labels.get(node, node) for node in nodes},
        "answers": json.loads(rows.getvalue()),
    }


def withdraw(store: ox.Store, known: Knowledge, arguments: Arguments, body: bytes) -> Arguments:
    """Return what the graph gains and loses when a named graph goes.

    The graphs that refer to it go with it (`with_dependents`), or stay (`force`). Where it leaves
    trials or papers apart, others are read again, as in `publish`.
    """
    graph = arguments["graph"]
    used = change.users(store, graph, arguments["later"])
    dependents = _dependents(store, arguments)
    taken = dependents if arguments.get("with_dependents") else {}
    if used and not (arguments["force"] or taken):
        raise change.still_used(used, dependents)
    left = {user.graph for user in used} - set(taken)
    settled = _withdraw(store, known, arguments, (graph, *taken))
    return difference(settled) | {"users": sorted(left), "dependents": taken}


def _withdraw(
    store: ox.Store, known: Knowledge, arguments: Arguments, graphs: Iterable[str]
) -> Settled:
    gone = [quad for one in graphs for quad in change.statements(store, one)]
    numbering = Numbering(store, known.rules.house)
    numbers = Delta(removed={quad for one in graphs for quad in numbering.quads_of(one)})
    whole = incremental.change(store, known.follows, removed=gone)
    return settle_numbers(store, known, arguments, numbers, whole)


def settle_numbers(  # noqa: PLR0913, PLR0917  a step, and what it changes
    store: ox.Store,
    known: Knowledge,
    arguments: Arguments,
    numbers: Delta[ox.Quad],
    before: Delta[ox.Quad],
    also: Collection[str] = (),
) -> Settled:
    """Change what the graph says of numbers, after another change, and read others again.

    Args:
        store: The graph; it is changed.
        known: The rules.
        arguments: Those of the job.
        numbers: The change of what it says of numbers.
        before: The other change.
        also: The named graphs of more submissions to read again.
    """
    others = sorted({*moved(store, known.rules.house, numbers), *also})
    come, gone = decided.moved(store, known.rules.house, others)
    notices = incremental.change(store, known.follows, added=come, removed=gone)
    graphs = [graph for graph in others if not decided.is_decision(graph)]
    settled = settle(store, known.rules, known.follows, graphs, _sent(arguments))
    whole = before.then(numbers).then(notices).then(settled.delta)
    return Settled(whole, settled.stated)


def _sent(arguments: Arguments) -> list[Published]:
    return [Published.revive(one) for one in arguments.get("others", ())]


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
        difference = _publish(store, known, arguments, body)[1].delta
        look(outcomes)
        return difference

    look(outcomes)
    return impact(store, _asked(known, arguments), published, own)


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
        difference = _withdraw(store, known, arguments, (graph,)).delta
        look(outcomes)
        return difference

    others = {"users": [user.node for user in used], "dependents": _dependents(store, arguments)}
    look(outcomes)
    return impact(store, _asked(known, arguments), withdrawn, own) | others


def _outcomes(store: ox.Store, stated: Iterable[ox.Triple]) -> set[str]:
    """Return the outcomes of some statements about findings, and the broader ones.

    The outcomes of conduct, such as the number of patients, are left out: nobody compares them.
    """
    triples = list(stated)
    found = {value_of(t) for t in triples if t.predicate == _OF_OUTCOME}
    above = {value_of(t) for t in triples if t.predicate == _BROADER}
    for outcome in found:
        node = ox.NamedNode(outcome)
        quads = store.quads_for_pattern(node, _BROADER, None, ox.DefaultGraph())
        above |= {value_of(quad.triple) for quad in quads}
    conduct = store.quads_for_pattern(None, _TYPE, _CONDUCT, ox.DefaultGraph())
    return (found | above) - {node_of(quad.triple) for quad in conduct}


def _owner(arguments: Arguments, nodes: set[str]) -> Callable[[str], bool]:
    """Return a function: whether a node belongs to the submission or to its sender."""
    owned = ParsedSubmission(
        arguments["name"], "", "", [], registered=tuple(arguments["namespaces"])
    ).owns
    return lambda node: node in nodes or owned(node)


def _asked(known: Knowledge, arguments: Arguments) -> Asked:
    rules = known.rules
    questions = [] if arguments.get("on_store") else known.questions
    return Asked(questions, rules.checks, rules.joined_by_checks, rules.ontology)


def _publish(
    store: ox.Store, known: Knowledge, arguments: Arguments, body: bytes
) -> tuple[Examined, Settled]:
    graph, house = arguments["graph"], known.rules.house
    whole: Delta[ox.Quad] = Delta()
    gone: set[ox.Quad] = set()
    if arguments["replaced"]:
        kept = _read(store, known, arguments, body).nodes
        later = arguments["later"]
        whole = change.withdraw(store, known.follows, arguments["replaced"], later, kept)
        gone = set(Numbering(store, house).quads_of(arguments["replaced"]))
    apply(Delta(removed=gone), store)
    found = _examine(store, known, arguments, body)
    apply(Delta(gone), store)
    # All of it: published statements stay, even if the rules forbid them by now.
    stated = found.verdict.submission.triples
    numbers = Delta(set(quads(graph, found.verdict.submission.called)), gone)
    if arguments.get("renewed"):
        if Numbering(store, house).of_graph(graph):
            numbers = Delta()  # they were recorded, and are there
        apply(numbers, store)
        settled = Settled(numbers, {})
        stated = as_it_stands(store, known.rules, _sent(arguments), stated)
    elif not found.verdict.accepted:
        apply(numbers, store)
        settled = Settled(whole.then(numbers), {})
    else:
        settled = settle_numbers(store, known, arguments, numbers, whole)
        if settled.stated:  # judged as before, among what the others say now
            found = _examine(store, known, arguments, body)
        stated = renamed(store, house, found.verdict.submission.triples, arguments["name"])
    come = change.publish(store, known.follows, graph, stated)
    return found, Settled(settled.delta.then(come), settled.stated | {graph: stated})


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


def difference(settled: Settled, but: str = "") -> Arguments:
    """Return the change, and what each other submission says that was read again, as JSON."""
    added, removed = settled.delta.to_nquads()
    stated = {graph: _lines(triples) for graph, triples in settled.stated.items() if graph != but}
    return {"added": added.decode(), "removed": removed.decode(), "reread": stated}


def _lines(triples: Iterable[ox.Triple]) -> str:
    quads = (ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    return write_nquads(quads).decode()
