"""The impact of a change of the graph: on answers, claims and findings of the audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import pyoxigraph as ox

from aikg.files.queries import Query
from aikg.intake.report import about_others
from aikg.names import shorten
from aikg.rules import checks, neighbourhood
from aikg.rules.delta import Delta, apply
from aikg.rules.reasoning import INFERRED

#: How many new and lost rows of each answer are shown.
SHOWN = 50


@dataclass(frozen=True)
class Asked:
    """The questions and checks that are asked before and after.

    Attributes:
        questions: The registered questions.
        checks: The checks.
        joins: What the checks read against the direction of a property.
        ontology: The terms, with what follows from them alone.
    """

    questions: Sequence[Query]
    checks: Sequence[Query]
    joins: Collection[neighbourhood.Path]
    ontology: Sequence[ox.Triple]


def impact(
    store: ox.Store,
    asked: Asked,
    change: Callable[[], Delta[ox.Quad]],
    own: Callable[[str], bool] = lambda node: False,
) -> dict[str, Any]:
    """Ask everything, change the graph, and ask everything again.

    The checks are asked about what the change touches: the rest has the findings that it had.

    Args:
        store: The graph.
        asked: The questions.
        change: Changes the store, and returns the difference.
        own: Says whether a node belongs to what is published or withdrawn.

    Returns:
        `questions`: those whose answer differs, each with its columns and the rows that come and
        go; `findings`: what the audit would find in addition, and no longer; `about_others`: what
        would follow about nodes of other sources, and no longer, claims and lines among them;
        `unchanged`: how many questions have the same answer.
    """
    before = [_answer(store, question) for question in asked.questions]
    difference = change()
    pairs = zip(asked.questions, before, strict=True)
    questions = [
        one
        for question, (_, rows) in pairs
        if (one := _differs(question, *_answer(store, question), rows))
    ]
    come, go = _findings(store, asked, difference)
    return {
        "questions": questions,
        "unchanged": len(asked.questions) - len(questions),
        "findings": {"come": sorted(come - go), "go": sorted(go - come)},
        "about_others": {
            "come": about_others(_followed(difference.added), own),
            "go": about_others(_followed(difference.removed), own),
        },
    }


def _followed(quads: Iterable[ox.Quad]) -> Iterator[ox.Triple]:
    return (quad.triple for quad in quads if quad.graph_name == INFERRED)


def _answer(store: ox.Store, question: Query) -> tuple[list[str], Counter[tuple[str, ...]]]:
    rows = cast(ox.QuerySolutions, store.query(question.text))
    names = [variable.value for variable in rows.variables]
    return names, Counter(tuple(map(_text, row)) for row in rows)


def _differs(
    question: Query,
    names: list[str],
    after: Counter[tuple[str, ...]],
    before: Counter[tuple[str, ...]],
) -> dict[str, Any] | None:
    come, go = list((after - before).elements()), list((before - after).elements())
    if not come and not go:
        return None
    return {
        "question": question.name,
        "summary": question.summary,
        "columns": names,
        "come": sorted(come)[:SHOWN],
        "go": sorted(go)[:SHOWN],
        "more": max(len(come) - SHOWN, 0) + max(len(go) - SHOWN, 0),
    }


#: Level, check, node and message.
_Found: TypeAlias = set[tuple[str, str, str, str]]


def _findings(store: ox.Store, asked: Asked, difference: Delta[ox.Quad]) -> tuple[_Found, _Found]:
    """Return the findings of the checks after the change and before it, about what it touches.

    Both are asked of the same part of the graph, so that what its edge makes them find cancels out.
    """
    quads = (*difference.added, *difference.removed)
    touched = {q.subject.value for q in quads if isinstance(q.subject, ox.NamedNode)}
    part = set(neighbourhood.around(store, touched, asked.joins))
    apply(difference.reversed(), store)
    part |= set(neighbourhood.around(store, touched, asked.joins))
    added, removed = (
        {quad for quad in some if quad.graph_name == ox.DefaultGraph()}
        for some in (difference.added, difference.removed)
    )
    return _found((part - removed) | added, asked), _found((part - added) | removed, asked)


def _found(quads: set[ox.Quad], asked: Asked) -> _Found:
    part = ox.Store()
    part.extend(ox.Quad(t.subject, t.predicate, t.object) for t in asked.ontology)
    part.extend(quads)
    return {(p.level, p.check, shorten(p.node), p.message) for p in checks.run(part, asked.checks)}


def _text(term: Any) -> str:
    if term is None:
        return ""
    return shorten(term.value) if isinstance(term, ox.NamedNode) else str(term.value)
