"""What a change of the graph would change for whoever asks: answers, claims, audit findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pyoxigraph as ox

from aikg.files.queries import Query
from aikg.names import shorten
from aikg.rules import checks

#: How many rows of each answer are shown that come, or go.
SHOWN = 50


@dataclass(frozen=True)
class Asked:
    """What is asked before and after.

    Attributes:
        questions: The registered questions.
        checks: The checks.
    """

    questions: Sequence[Query]
    checks: Sequence[Query]


def impact(store: ox.Store, asked: Asked, change: Callable[[], object]) -> dict[str, Any]:
    """Ask everything, change the graph, and ask everything again.

    Args:
        store: The graph.
        asked: What is asked.
        change: Changes the store.

    Returns:
        `questions`: those whose answer differs, each with its columns and the rows that come and
        go; `findings`: what the audit would find in addition, and no longer; `unchanged`: how many
        questions have the same answer.
    """
    before = [_answer(store, question) for question in asked.questions]
    found = _findings(store, asked.checks)
    change()
    pairs = zip(asked.questions, before, strict=True)
    questions = [
        told
        for question, (_, rows) in pairs
        if (told := _differs(question, *_answer(store, question), rows))
    ]
    after = _findings(store, asked.checks)
    return {
        "questions": questions,
        "unchanged": len(asked.questions) - len(questions),
        "findings": {"come": sorted(after - found), "go": sorted(found - after)},
    }


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


def _findings(store: ox.Store, asked: Sequence[Query]) -> set[tuple[str, str, str, str]]:
    return {(p.level, p.check, shorten(p.node), p.message) for p in checks.run(store, asked)}


def _text(term: Any) -> str:
    if term is None:
        return ""
    return shorten(term.value) if isinstance(term, ox.NamedNode) else str(term.value)
